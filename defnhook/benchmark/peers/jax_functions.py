"""The functions as one writes them for JAX."""

from functools import partial

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402
from jax.nn import log_softmax, logsumexp  # noqa: E402
from jax.scipy.special import erf  # noqa: E402

COEFFICIENTS = (0.5, -1.25, 0.75, 2.0, -0.5, 1.5, -2.25, 0.125, 1.0, -0.75, 0.25, 1.75, -1.0)


@jax.jit
def softmax(t):
    return jnp.exp(t) / jnp.sum(jnp.exp(t))


cumulative_sum = jax.jit(jnp.cumsum)


@jax.jit
def histogram(x):
    return jnp.histogram(x, bins=100, range=(-4.0, 4.0))[0]


convolution_1d = jax.jit(partial(jnp.convolve, mode="valid"))


def layer_norm(x, axis):
    return (x - jnp.mean(x, axis, keepdims=True)) / jnp.sqrt(jnp.var(x, axis, keepdims=True) + 1e-5)


def rms_norm(x, axis):
    return x / jnp.sqrt(jnp.mean(x * x, axis, keepdims=True) + 1e-5)


softmax_rows = jax.jit(partial(jax.nn.softmax, axis=1))
softmax_columns = jax.jit(partial(jax.nn.softmax, axis=0))
log_softmax_rows = jax.jit(partial(log_softmax, axis=1))
log_softmax_columns = jax.jit(partial(log_softmax, axis=0))
logsumexp_rows = jax.jit(partial(logsumexp, axis=1))
logsumexp_columns = jax.jit(partial(logsumexp, axis=0))
layer_norm_rows = jax.jit(partial(layer_norm, axis=1))
layer_norm_columns = jax.jit(partial(layer_norm, axis=0))
rms_norm_rows = jax.jit(partial(rms_norm, axis=1))
rms_norm_columns = jax.jit(partial(rms_norm, axis=0))
cumulative_sum_rows = jax.jit(partial(jnp.cumsum, axis=1))


@jax.jit
def standardize(x):
    return (x - jnp.mean(x, axis=0)) / jnp.std(x, axis=0)


@jax.jit
def variance_of_transposed(x):
    return jnp.var(x.T, axis=1)


@jax.jit
def black_scholes(spot, strike, years):
    rate, volatility = 0.02, 0.3
    spread = volatility * jnp.sqrt(years)
    d1 = (jnp.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    paid = strike * jnp.exp(-rate * years)
    call = spot * 0.5 * (1 + erf(d1 / 2**0.5)) - paid * 0.5 * (1 + erf(d2 / 2**0.5))
    return call, call - spot + paid


@jax.jit
def haversine(latitude, longitude, to_latitude, to_longitude):
    north = jnp.sin((to_latitude - latitude) / 2) ** 2
    east = jnp.sin((to_longitude - longitude) / 2) ** 2
    return 12742.0 * jnp.arcsin(jnp.sqrt(north + jnp.cos(latitude) * jnp.cos(to_latitude) * east))


@jax.jit
def mandelbrot_step(x, y, cx, cy):
    inside = x * x + y * y <= 4.0
    return jnp.where(inside, x * x - y * y + cx, x), jnp.where(inside, 2 * x * y + cy, y)


gelu = jax.jit(jax.nn.gelu)


@jax.jit
def adam(weight, gradient, first, second, rate):
    first = 0.9 * first + 0.1 * gradient
    second = 0.999 * second + 0.001 * gradient**2
    return weight - rate * (first / 0.1) / (jnp.sqrt(second / 0.001) + 1e-8), first, second


@jax.jit
def polynomial(x):
    y = COEFFICIENTS[0] * x
    for coefficient in COEFFICIENTS[1:-1]:
        y = (y + coefficient) * x
    return y + COEFFICIENTS[-1]


@jax.jit
def squared_distances(points):
    return jnp.sum((points[:, None, :] - points[None, :, :]) ** 2, axis=2)


@jax.jit
def rbf_kernel(points):
    return jnp.exp(-0.5 * squared_distances(points))


@jax.jit
def nearest_centre(points, centres):
    return jnp.argmin(jnp.sum((points[:, None, :] - centres) ** 2, axis=2), axis=1)


@jax.jit
def jacobi_2d(u):
    inner = 0.2 * (u[1:-1, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1])
    return u.at[1:-1, 1:-1].set(inner)


def laplacian(u):
    return u[:-2, 1:-1] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1] + u[1:-1, 2:] + u[2:, 1:-1]


@jax.jit
def gray_scott(u, v):
    inner_u, inner_v = u[1:-1, 1:-1], v[1:-1, 1:-1]
    uvv = inner_u * inner_v * inner_v
    next_u = u.at[1:-1, 1:-1].add(0.16 * laplacian(u) - uvv + 0.035 * (1 - inner_u))
    return next_u, v.at[1:-1, 1:-1].add(0.08 * laplacian(v) + uvv - 0.1 * inner_v)


@jax.jit
def box_blur_3d(x):
    return lax.reduce_window(x, 0.0, lax.add, (3, 3, 3), (1, 1, 1), "valid") / 27


@jax.jit
def convolution_2d(image, kernel):
    return lax.conv(image[None, None], kernel[None, None], (1, 1), "valid")[0, 0]


@jax.jit
def attention(q, k, v):
    return jax.nn.softmax(q @ k.T / q.shape[1] ** 0.5, axis=1) @ v


@jax.jit
def mlp(weights, x):
    w1, b1, w2, b2, w3, b3 = weights
    return jnp.tanh(jnp.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3


def mlp_loss(weights, x, target):
    return -jnp.mean(jnp.sum(log_softmax(mlp(weights, x), axis=1) * target, axis=1))


def logistic_loss(w, x, y):
    z = x @ w
    return jnp.mean(jnp.logaddexp(0, z) - y * z)


def lennard_jones(positions):
    difference = positions[:, None, :] - positions[None, :, :]
    squares = jnp.sum(difference * difference, axis=2) + jnp.eye(len(positions), dtype=positions.dtype)
    inverse = 1 / squares**3
    return 2 * jnp.sum(inverse * inverse - inverse)


def gaussian_process(logarithms, x, y):
    scale, length, noise = jnp.exp(logarithms)
    squares = (x[:, None] - x[None, :]) ** 2
    covariance = scale * jnp.exp(-0.5 * squares / length**2) + noise * jnp.eye(len(x), dtype=x.dtype)
    factor = jnp.linalg.cholesky(covariance)
    solved = jax.scipy.linalg.cho_solve((factor, True), y)
    return 0.5 * y @ solved + jnp.sum(jnp.log(jnp.diag(factor)))


def predator_and_prey(state, rates):
    prey, predators = state
    meetings = prey * predators
    return jnp.array([rates[0] * prey - rates[1] * meetings, rates[2] * meetings - rates[3] * predators])


def runge_kutta(rates, state):
    step = 0.05

    def advance(state, _):
        k1 = predator_and_prey(state, rates)
        k2 = predator_and_prey(state + step / 2 * k1, rates)
        k3 = predator_and_prey(state + step / 2 * k2, rates)
        k4 = predator_and_prey(state + step * k3, rates)
        return state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return jnp.sum(lax.scan(advance, state, length=200)[0] ** 2)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


mlp_gradient = jax.jit(jax.value_and_grad(mlp_loss))
logistic_gradient = jax.jit(jax.value_and_grad(logistic_loss))
lennard_jones_forces = jax.jit(jax.value_and_grad(lennard_jones))
gaussian_process_gradient = jax.jit(jax.value_and_grad(gaussian_process))
runge_kutta_sensitivities = jax.jit(jax.value_and_grad(runge_kutta))


@jax.jit
def rosenbrock_hvp(x, direction):
    return jax.jvp(jax.grad(rosenbrock), (x,), (direction,))[1]


increment = jax.jit(lambda x: x + 1)
