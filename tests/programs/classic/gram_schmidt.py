# defn
"""An orthonormal basis of the columns of a matrix, which is used up."""

import numpy as np


def gram_schmidt(A):
    n = A.shape[1]
    Q = np.zeros_like(A)
    R = np.zeros((n, n), dtype=A.dtype)
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def matrix(n, m, dtype=np.float64):  # defn: off
    return (np.random.default_rng(n).normal(size=(n, m)) + np.eye(n, m)).astype(dtype)


def cases():  # defn: off
    return [
        ("gram_schmidt", (matrix(6, 4),), {}),
        ("gram_schmidt", (matrix(4, 3, np.float32),), {}),
        ("gram_schmidt", (matrix(3, 1),), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "gram_schmidt": lambda: (matrix(200, 120),),
}
