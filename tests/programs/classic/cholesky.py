# defn
"""The factor L of a symmetric matrix L L^T, in place, row by row."""

import numpy as np


def cholesky(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])


def positive(n, dtype=np.float64):  # defn: off
    half = np.random.default_rng(n).normal(size=(n, n))
    return (half @ half.T + n * np.eye(n)).astype(dtype)


def cases():  # defn: off
    return [
        ("cholesky", (positive(6),), {}),
        ("cholesky", (positive(5, np.float32),), {}),
        ("cholesky", (positive(1),), {}),
        ("cholesky", (np.asfortranarray(positive(4)),), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "cholesky": lambda: (positive(200),),
}
