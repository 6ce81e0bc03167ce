# defn
"""What ``python -m defnhook bench`` measures, as one writes it in NumPy."""

import numpy as np
from scipy.linalg import cho_solve
from scipy.special import erf

COEFFICIENTS = (0.5, -1.25, 0.75, 2.0, -0.5, 1.5, -2.25, 0.125, 1.0, -0.75, 0.25, 1.75, -1.0)


# -- one axis


def softmax(t):
    return np.exp(t) / np.sum(np.exp(t))


def cumulative_sum(x):
    return np.cumsum(x)


def histogram(x):
    return np.histogram(x, bins=100, range=(-4.0, 4.0))[0]


def convolution_1d(x, kernel):
    return np.convolve(x, kernel, mode="valid")


# -- along rows and along columns


def softmax_along(x, axis):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax_along(x, axis):
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def logsumexp_along(x, axis):
    largest = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(largest, axis) + np.log(np.sum(np.exp(x - largest), axis=axis))


def layer_norm_along(x, axis):
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=axis, keepdims=True) + 1e-5)


def rms_norm_along(x, axis):
    return x / np.sqrt(np.mean(x * x, axis=axis, keepdims=True) + 1e-5)


def softmax_rows(x):
    return softmax_along(x, 1)


def softmax_columns(x):
    return softmax_along(x, 0)


def log_softmax_rows(x):
    return log_softmax_along(x, 1)


def log_softmax_columns(x):
    return log_softmax_along(x, 0)


def logsumexp_rows(x):
    return logsumexp_along(x, 1)


def logsumexp_columns(x):
    return logsumexp_along(x, 0)


def layer_norm_rows(x):
    return layer_norm_along(x, 1)


def layer_norm_columns(x):
    return layer_norm_along(x, 0)


def rms_norm_rows(x):
    return rms_norm_along(x, 1)


def rms_norm_columns(x):
    return rms_norm_along(x, 0)


def cumulative_sum_rows(x):
    return np.cumsum(x, axis=1)


def standardize(x):
    return (x - np.mean(x, axis=0)) / np.std(x, axis=0)


def variance_of_transposed(x):
    return np.var(x.T, axis=1)


# -- elementwise chains


def black_scholes(spot, strike, years):
    rate, volatility = 0.02, 0.3
    spread = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    paid = strike * np.exp(-rate * years)
    call = spot * 0.5 * (1 + erf(d1 / 2**0.5)) - paid * 0.5 * (1 + erf(d2 / 2**0.5))
    return call, call - spot + paid


def haversine(latitude, longitude, to_latitude, to_longitude):
    north = np.sin((to_latitude - latitude) / 2) ** 2
    east = np.sin((to_longitude - longitude) / 2) ** 2
    return 12742.0 * np.arcsin(np.sqrt(north + np.cos(latitude) * np.cos(to_latitude) * east))


def mandelbrot_step(x, y, cx, cy):
    inside = x * x + y * y <= 4.0
    return np.where(inside, x * x - y * y + cx, x), np.where(inside, 2 * x * y + cy, y)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


def adam(weight, gradient, first, second, rate):
    first = 0.9 * first + 0.1 * gradient
    second = 0.999 * second + 0.001 * gradient**2
    return weight - rate * (first / 0.1) / (np.sqrt(second / 0.001) + 1e-8), first, second


def polynomial(x):
    y = COEFFICIENTS[0] * x
    for coefficient in COEFFICIENTS[1:-1]:
        y = (y + coefficient) * x
    return y + COEFFICIENTS[-1]


# -- pairs of points


def squared_distances(points):
    return np.sum((points[:, None, :] - points[None, :, :]) ** 2, axis=2)


def rbf_kernel(points):
    return np.exp(-0.5 * squared_distances(points))


def nearest_centre(points, centres):
    return np.argmin(np.sum((points[:, None, :] - centres) ** 2, axis=2), axis=1)


# -- stencils


def jacobi_2d(u):
    v = u.copy()
    v[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1])
    return v


def laplacian(u):
    return u[:-2, 1:-1] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1] + u[1:-1, 2:] + u[2:, 1:-1]


def gray_scott(u, v):
    inner_u, inner_v = u[1:-1, 1:-1], v[1:-1, 1:-1]
    uvv = inner_u * inner_v * inner_v
    next_u, next_v = u.copy(), v.copy()
    next_u[1:-1, 1:-1] += 0.16 * laplacian(u) - uvv + 0.035 * (1 - inner_u)
    next_v[1:-1, 1:-1] += 0.08 * laplacian(v) + uvv - 0.1 * inner_v
    return next_u, next_v


def box_blur_3d(x):
    n, m, k = x.shape
    total = np.zeros((n - 2, m - 2, k - 2), dtype=x.dtype)
    for i in range(3):
        for j in range(3):
            for h in range(3):
                total += x[i : i + n - 2, j : j + m - 2, h : h + k - 2]
    return total / 27


def convolution_2d(image, kernel):
    n, m = image.shape
    total = np.zeros((n - 4, m - 4), dtype=image.dtype)
    for i in range(5):
        for j in range(5):
            total += kernel[i, j] * image[i : i + n - 4, j : j + m - 4]
    return total


# -- with matrix products


def attention(q, k, v):
    return softmax_along(q @ k.T / q.shape[1] ** 0.5, 1) @ v


def mlp(weights, x):
    w1, b1, w2, b2, w3, b3 = weights
    return np.tanh(np.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3


# -- what gradients are taken of


def mlp_loss(weights, x, target):
    scores = log_softmax_along(mlp(weights, x), 1)
    return -np.mean(np.sum(scores * target, axis=1))


def logistic_loss(w, x, y):
    z = x @ w
    return np.mean(np.logaddexp(0, z) - y * z)


def lennard_jones(positions):
    difference = positions[:, None, :] - positions[None, :, :]
    squares = np.sum(difference * difference, axis=2) + np.eye(len(positions), dtype=positions.dtype)
    inverse = 1 / squares**3
    return 2 * np.sum(inverse * inverse - inverse)


def gaussian_process(logarithms, x, y):
    scale, length, noise = np.exp(logarithms)
    squares = (x[:, None] - x[None, :]) ** 2
    covariance = scale * np.exp(-0.5 * squares / length**2) + noise * np.eye(len(x), dtype=x.dtype)
    factor = np.linalg.cholesky(covariance)
    return 0.5 * y @ cho_solve((factor, True), y) + np.sum(np.log(np.diag(factor)))


def predator_and_prey(state, rates):
    prey, predators = state
    return np.array(
        [rates[0] * prey - rates[1] * prey * predators, rates[2] * prey * predators - rates[3] * predators]
    )


def runge_kutta(rates, state):
    step = 0.05
    for _ in range(200):
        k1 = predator_and_prey(state, rates)
        k2 = predator_and_prey(state + step / 2 * k1, rates)
        k3 = predator_and_prey(state + step / 2 * k2, rates)
        k4 = predator_and_prey(state + step * k3, rates)
        state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(state**2)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


# -- the cost of a call


def increment(x):
    return x + 1
