# defn
"""A matrix factored in place into a lower and an upper one, and a system solved with them."""

import numpy as np


def lu(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


def solve(A, b):
    n = A.shape[0]
    lu(A)
    y = np.zeros_like(b)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    x = np.zeros_like(b)
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def matrix(n, dtype=np.float64):  # defn: off
    return (np.random.default_rng(n).normal(size=(n, n)) + n * np.eye(n)).astype(dtype)


def vector(n, dtype=np.float64):  # defn: off
    return np.random.default_rng(n + 1).normal(size=n).astype(dtype)


def cases():  # defn: off
    return [
        ("lu", (matrix(6),), {}),
        ("lu", (matrix(5, np.float32),), {}),
        ("lu", (matrix(1),), {}),
        ("solve", (matrix(5), vector(5)), {}),
        ("solve", (matrix(4, np.float32), vector(4, np.float32)), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "lu": lambda: (matrix(150),),
    "solve": lambda: (matrix(150), vector(150)),
}
