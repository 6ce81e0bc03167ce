# defn
"""Jacobi sweeps over a rod, from one array into another and back."""

import numpy as np


def jacobi_1d(steps, A, B):
    for _ in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])


def arguments(steps, n, dtype=np.float64):  # defn: off
    A, B = np.random.default_rng(n).normal(size=(2, n)).astype(dtype)
    return steps, A, B


def cases():  # defn: off
    return [
        ("jacobi_1d", arguments(4, 11), {}),
        ("jacobi_1d", arguments(3, 8, np.float32), {}),
        ("jacobi_1d", arguments(0, 6), {}),
        ("jacobi_1d", arguments(2, 3), {}),
        ("jacobi_1d", arguments(2, 2), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "jacobi_1d": lambda: arguments(500, 20_000),
}
