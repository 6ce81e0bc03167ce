# defn
"""Two updates of rank one to a matrix, then products with the new matrix and with its transpose."""

import numpy as np


def gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    A += np.outer(u1, v1)
    A += np.outer(u2, v2)
    x += beta * (A.T @ y)
    x += z
    w += alpha * (A @ x)


def arguments(n, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(n)
    A = rng.normal(size=(n, n)).astype(dtype)
    u1, v1, u2, v2, w, x, y, z = rng.normal(size=(8, n)).astype(dtype)
    return 1.5, 1.2, A, u1, v1, u2, v2, w, x, y, z


def cases():  # defn: off
    return [
        ("gemver", arguments(5), {}),
        ("gemver", arguments(7, np.float32), {}),
        ("gemver", arguments(1), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "gemver": lambda: arguments(1500),
}
