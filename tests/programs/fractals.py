# defn
"""Iterated maps with a fixed number of steps, and special functions by series."""

import numpy as np


def logistic_map(x, r, steps):
    for _ in range(steps):
        x = r * x * (1 - x)
    return x


def newton_sqrt(a, steps=4):
    x = np.where(a > 1, a, np.ones_like(a))
    for _ in range(steps):
        x = 0.5 * (x + a / x)
    return x


def escape_counts(c, steps):
    z, count = np.zeros_like(c), np.zeros(c.shape, np.int64)
    for _ in range(steps):
        z = z * z + c
        inside = z.real * z.real + z.imag * z.imag < 4
        count = count + inside
    return count


def exp_series(x, terms):
    total, term = 1.0, 1.0
    for k in range(1, terms):
        term = term * x / k
        total = total + term
    return total


def chebyshev(x, n):
    before, now = np.ones_like(x), x
    for _ in range(n - 1):
        before, now = now, 2 * x * now - before
    return now


def bernstein(t, points):
    n = len(points) - 1
    return sum(binomial(n, k) * t**k * (1 - t) ** (n - k) * point for k, point in enumerate(points))


def binomial(n, k):
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result


def cases():  # defn: off
    x = np.linspace(0.1, 0.9, 5)
    plane = np.linspace(-2, 1, 5) + 1j * np.linspace(-1, 1, 4)[:, None]
    return [
        ("logistic_map", (x, 3.7, 4), {}),
        ("logistic_map", (x.astype("f4"), 3.7, 4), {}),
        ("logistic_map", (0.5, 3.7, 4), {}),
        ("newton_sqrt", (10 * x,), {}),
        ("newton_sqrt", (np.float32(10) * x.astype("f4"),), {}),
        ("escape_counts", (plane, 3), {}),
        ("escape_counts", (plane.astype("c8"), 3), {}),
        ("exp_series", (x, 6), {}),
        ("exp_series", (1, 6), {}),
        ("chebyshev", (x, 5), {}),
        ("chebyshev", (x.astype("f4"), 1), {}),
        ("bernstein", (x, [0.0, 1.0, 0.5]), {}),
        ("bernstein", (x[:, None], [np.zeros(2), np.ones(2)]), {}),
        ("binomial", (5, 2), {}),
    ]


CASES = cases()
