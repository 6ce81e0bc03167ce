# defn
"""Activations of neural networks, and the functions they are made of."""

import math

import numpy as np

SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


def relu(x):
    return np.maximum(x, 0)


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x**3)))


def swish(x, beta=1.0):
    return x * sigmoid(beta * x)


def softplus(x):
    return np.logaddexp(x, 0)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def mish(x):
    return x * np.tanh(np.log1p(np.exp(x)))


def hard_swish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def all_of_them(x):
    return {
        f.__name__: f(x) for f in (relu, leaky_relu, sigmoid, gelu, swish, softplus, elu, mish, hard_swish)
    }


def cases():  # defn: off
    x = np.linspace(-4, 4, 9)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, -700.0, 700.0])
    return [
        ("all_of_them", (x,), {}),
        ("all_of_them", (x.astype("f4"),), {}),
        ("all_of_them", (special,), {}),
        ("all_of_them", (special.astype("f4"),), {}),
        ("all_of_them", (np.arange(-3, 4),), {}),
        ("all_of_them", (np.array(0.5),), {}),
        ("all_of_them", (np.float32(0.5),), {}),
        ("all_of_them", (0.5,), {}),
        ("relu", (np.arange(-3, 4, dtype="i1"),), {}),
        ("leaky_relu", (x.reshape(3, 3).T, 0.2), {}),
        ("swish", (x.astype("f4"), 2), {}),
        ("gelu", (2,), {}),
    ]


CASES = cases()
