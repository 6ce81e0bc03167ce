# defn
"""Thomas's elimination for a tridiagonal system."""

import numpy as np


def thomas(lower, diagonal, upper, right):
    n = len(right)
    c = np.zeros(n)
    d = np.zeros(n)
    c[0] = upper[0] / diagonal[0]
    d[0] = right[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / pivot
        d[i] = (right[i] - lower[i] * d[i - 1]) / pivot
    x = np.zeros(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return x


def thomas_in_place(lower, diagonal, upper, right):
    for i in range(1, len(right)):
        factor = lower[i] / diagonal[i - 1]
        diagonal[i] -= factor * upper[i - 1]
        right[i] -= factor * right[i - 1]
    right[-1] /= diagonal[-1]
    for i in reversed(range(len(right) - 1)):
        right[i] = (right[i] - upper[i] * right[i + 1]) / diagonal[i]


def system(n, dtype=np.float64):  # defn: off
    lower, upper, right = np.random.default_rng(n).uniform(-1, 1, size=(3, n))
    return tuple(a.astype(dtype) for a in (lower, 4 + lower - upper, upper, right))


def cases():  # defn: off
    return [
        ("thomas", system(7), {}),
        ("thomas", system(5, np.float32), {}),
        ("thomas", system(1), {}),
        ("thomas_in_place", system(7), {}),
        ("thomas_in_place", system(6, np.float32), {}),
        ("thomas_in_place", system(1), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "thomas": lambda: system(100_000),
    "thomas_in_place": lambda: system(100_000),
}
