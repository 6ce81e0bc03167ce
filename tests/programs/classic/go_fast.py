# defn
"""A loop down the diagonal of a matrix, and its sum added to the matrix."""

import numpy as np


def go_fast(a):
    trace = 0.0
    for i in range(a.shape[0]):
        trace += np.tanh(a[i, i])
    return a + trace


def matrix(n, dtype=np.float64):  # defn: off
    return np.arange(n * n).reshape(n, n).astype(dtype) / n**2


def cases():  # defn: off
    return [
        ("go_fast", (matrix(6),), {}),
        ("go_fast", (matrix(4, np.float32),), {}),
        ("go_fast", (np.arange(16).reshape(4, 4),), {}),
        ("go_fast", (matrix(3)[:0],), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "go_fast": lambda: (matrix(2000),),
}
