# defn
"""The general matrix product of BLAS: C becomes alpha A B + beta C."""

import numpy as np


def gemm(alpha, beta, C, A, B):
    C *= beta
    C += alpha * A @ B


def arguments(rows, inner, columns, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(rows)
    A, B, C = (rng.normal(size=s).astype(dtype) for s in ((rows, inner), (inner, columns), (rows, columns)))
    return 1.5, 1.2, C, A, B


def cases():  # defn: off
    return [
        ("gemm", arguments(4, 5, 6), {}),
        ("gemm", arguments(3, 1, 2, np.float32), {}),
        ("gemm", arguments(1, 4, 1), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "gemm": lambda: arguments(1000, 900, 800),
}
