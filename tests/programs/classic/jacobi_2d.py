# defn
"""Jacobi sweeps over a plate: from one array into another and back, and with two arrays that change places."""

import numpy as np


def jacobi_2d(steps, A, B):
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])


def relax(u, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = (u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1]) / 4
        u, v = v, u
    return u


def arguments(steps, n, m, dtype=np.float64):  # defn: off
    A, B = np.random.default_rng(n).normal(size=(2, n, m)).astype(dtype)
    return steps, A, B


def plate(n, m):  # defn: off
    u = np.zeros((n, m))
    u[0] = 1.0
    return u


def cases():  # defn: off
    return [
        ("jacobi_2d", arguments(3, 6, 7), {}),
        ("jacobi_2d", arguments(2, 5, 5, np.float32), {}),
        ("jacobi_2d", arguments(1, 2, 4), {}),
        ("relax", (plate(6, 5), 4), {}),
        ("relax", (plate(6, 5), 5), {}),
        ("relax", (plate(4, 4), 0), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "jacobi_2d": lambda: arguments(20, 500, 500),
    "relax": lambda: (plate(500, 500), 40),
}
