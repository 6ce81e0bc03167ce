# defn
"""Durbin's recursion for the equations of Yule and Walker: slices that grow, forward and reversed."""

import numpy as np


def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[k - 1 :: -1], y[:k])) / beta
        y[:k] += alpha * y[k - 1 :: -1]
        y[k] = alpha
    return y


def correlations(n, dtype=np.float64):  # defn: off
    return (0.5 ** np.arange(1, n + 1) * np.random.default_rng(n).uniform(0.8, 1, n)).astype(dtype)


def cases():  # defn: off
    return [
        ("durbin", (correlations(7),), {}),
        ("durbin", (correlations(5, np.float32),), {}),
        ("durbin", (correlations(1),), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "durbin": lambda: (correlations(2_000),),
}
