"""The functions as one writes them for ``torch.compile``."""

import torch
from torch.func import grad, grad_and_value, jvp
from torch.nn.functional import conv1d, conv2d, conv3d
from torch.nn.functional import gelu as torch_gelu

# One compilation for every shape and dtype that is measured.
torch._dynamo.config.recompile_limit = 64

COEFFICIENTS = (0.5, -1.25, 0.75, 2.0, -0.5, 1.5, -2.25, 0.125, 1.0, -0.75, 0.25, 1.75, -1.0)


def compiled(function):
    """A function compiled anew for every shape."""
    return torch.compile(function, dynamic=False)


@compiled
def softmax(t):
    return torch.exp(t) / torch.sum(torch.exp(t))


cumulative_sum = compiled(lambda x: torch.cumsum(x, 0))
cumulative_sum_rows = compiled(lambda x: torch.cumsum(x, 1))


def histogram(x):
    return torch.histc(x, 100, -4.0, 4.0)


@compiled
def convolution_1d(x, kernel):
    return conv1d(x[None, None], kernel.flip(0)[None, None])[0, 0]


def layer_norm(x, axis):
    variance, mean = torch.var_mean(x, axis, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


def rms_norm(x, axis):
    return x * torch.rsqrt(torch.mean(x * x, axis, keepdim=True) + 1e-5)


softmax_rows = compiled(lambda x: torch.softmax(x, 1))
softmax_columns = compiled(lambda x: torch.softmax(x, 0))
log_softmax_rows = compiled(lambda x: torch.log_softmax(x, 1))
log_softmax_columns = compiled(lambda x: torch.log_softmax(x, 0))
logsumexp_rows = compiled(lambda x: torch.logsumexp(x, 1))
logsumexp_columns = compiled(lambda x: torch.logsumexp(x, 0))
layer_norm_rows = compiled(lambda x: layer_norm(x, 1))
layer_norm_columns = compiled(lambda x: layer_norm(x, 0))
rms_norm_rows = compiled(lambda x: rms_norm(x, 1))
rms_norm_columns = compiled(lambda x: rms_norm(x, 0))


@compiled
def standardize(x):
    deviation, mean = torch.std_mean(x, 0, correction=0)
    return (x - mean) / deviation


@compiled
def variance_of_transposed(x):
    return torch.var(x.T, 1, correction=0)


@compiled
def black_scholes(spot, strike, years):
    rate, volatility = 0.02, 0.3
    spread = volatility * torch.sqrt(years)
    d1 = (torch.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    paid = strike * torch.exp(-rate * years)
    call = spot * 0.5 * (1 + torch.erf(d1 / 2**0.5)) - paid * 0.5 * (1 + torch.erf(d2 / 2**0.5))
    return call, call - spot + paid


@compiled
def haversine(latitude, longitude, to_latitude, to_longitude):
    north = torch.sin((to_latitude - latitude) / 2) ** 2
    east = torch.sin((to_longitude - longitude) / 2) ** 2
    return 12742.0 * torch.asin(torch.sqrt(north + torch.cos(latitude) * torch.cos(to_latitude) * east))


@compiled
def mandelbrot_step(x, y, cx, cy):
    inside = x * x + y * y <= 4.0
    return torch.where(inside, x * x - y * y + cx, x), torch.where(inside, 2 * x * y + cy, y)


gelu = compiled(lambda x: torch_gelu(x, approximate="tanh"))


@compiled
def adam(weight, gradient, first, second, rate):
    first = 0.9 * first + 0.1 * gradient
    second = 0.999 * second + 0.001 * gradient**2
    return weight - rate * (first / 0.1) / (torch.sqrt(second / 0.001) + 1e-8), first, second


@compiled
def polynomial(x):
    y = COEFFICIENTS[0] * x
    for coefficient in COEFFICIENTS[1:-1]:
        y = (y + coefficient) * x
    return y + COEFFICIENTS[-1]


def squares_between(points):
    return torch.sum((points[:, None, :] - points[None, :, :]) ** 2, 2)


squared_distances = compiled(squares_between)


@compiled
def rbf_kernel(points):
    return torch.exp(-0.5 * squares_between(points))


@compiled
def nearest_centre(points, centres):
    return torch.argmin(torch.sum((points[:, None, :] - centres) ** 2, 2), 1)


@compiled
def jacobi_2d(u):
    v = u.clone()
    v[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1])
    return v


def laplacian(u):
    return u[:-2, 1:-1] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1] + u[1:-1, 2:] + u[2:, 1:-1]


@compiled
def gray_scott(u, v):
    inner_u, inner_v = u[1:-1, 1:-1], v[1:-1, 1:-1]
    uvv = inner_u * inner_v * inner_v
    next_u, next_v = u.clone(), v.clone()
    next_u[1:-1, 1:-1] += 0.16 * laplacian(u) - uvv + 0.035 * (1 - inner_u)
    next_v[1:-1, 1:-1] += 0.08 * laplacian(v) + uvv - 0.1 * inner_v
    return next_u, next_v


@compiled
def box_blur_3d(x):
    return conv3d(x[None, None], torch.ones((1, 1, 3, 3, 3), dtype=x.dtype))[0, 0] / 27


@compiled
def convolution_2d(image, kernel):
    return conv2d(image[None, None], kernel[None, None])[0, 0]


@compiled
def attention(q, k, v):
    return torch.softmax(q @ k.T / q.shape[1] ** 0.5, 1) @ v


def network(weights, x):
    w1, b1, w2, b2, w3, b3 = weights
    return torch.tanh(torch.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3


mlp = compiled(network)


def mlp_loss(weights, x, target):
    return -torch.mean(torch.sum(torch.log_softmax(network(weights, x), 1) * target, 1))


def logistic_loss(w, x, y):
    z = x @ w
    return torch.mean(torch.nn.functional.softplus(z) - y * z)


def lennard_jones(positions):
    squares = squares_between(positions) + torch.eye(len(positions), dtype=positions.dtype)
    inverse = 1 / squares**3
    return 2 * torch.sum(inverse * inverse - inverse)


def gaussian_process(logarithms, x, y):
    scale, length, noise = torch.exp(logarithms)
    squares = (x[:, None] - x[None, :]) ** 2
    covariance = scale * torch.exp(-0.5 * squares / length**2) + noise * torch.eye(len(x), dtype=x.dtype)
    factor = torch.linalg.cholesky(covariance)
    solved = torch.cholesky_solve(y[:, None], factor)[:, 0]
    return 0.5 * y @ solved + torch.sum(torch.log(torch.diag(factor)))


def rosenbrock(x):
    return torch.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def value_and_gradient(function):
    """Both, compiled, the value first."""
    both = grad_and_value(function)
    return compiled(lambda *arguments: both(*arguments)[::-1])


mlp_gradient = value_and_gradient(mlp_loss)
logistic_gradient = value_and_gradient(logistic_loss)
lennard_jones_forces = value_and_gradient(lennard_jones)
gaussian_process_gradient = value_and_gradient(gaussian_process)


@compiled
def rosenbrock_hvp(x, direction):
    return jvp(grad(rosenbrock), (x,), (direction,))[1]


increment = compiled(lambda x: x + 1)
