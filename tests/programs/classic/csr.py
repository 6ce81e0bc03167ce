# defn
"""A sparse matrix in compressed rows times a vector: slices whose bounds are data, and plain loops."""

import numpy as np


def csr_matvec(starts, columns, values, x):
    y = np.empty(len(starts) - 1, dtype=values.dtype)
    for i in range(len(y)):
        row = slice(starts[i], starts[i + 1])
        y[i] = values[row] @ x[columns[row]]
    return y


def csr_matvec_slices(starts, columns, values, x):
    rows = starts.size - 1
    y = np.zeros(rows, dtype=values.dtype)
    for i in range(rows):
        y[i] = np.sum(values[starts[i] : starts[i + 1]] * x[columns[starts[i] : starts[i + 1]]])
    return y


def csr_matvec_loops(starts, columns, values, x):
    y = np.zeros(len(starts) - 1)
    for i in range(len(starts) - 1):
        total = 0.0
        for k in range(starts[i], starts[i + 1]):
            total += values[k] * x[columns[k]]
        y[i] = total
    return y


def matrix(rows, columns, density, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(rows)
    dense = rng.normal(size=(rows, columns)) * (rng.uniform(size=(rows, columns)) < density)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(dense, axis=1))])
    return (
        starts,
        np.nonzero(dense)[1].copy(),
        dense[dense != 0].astype(dtype),
        rng.normal(size=columns).astype(dtype),
    )


def cases():  # defn: off
    names = ("csr_matvec", "csr_matvec_slices", "csr_matvec_loops")
    matrices = ((6, 7, 0.4), (5, 5, 0.1), (3, 4, 0.0))
    single = ("csr_matvec_slices", matrix(4, 6, 0.5, np.float32), {})
    return [single, *((name, matrix(*sizes), {}) for name in names for sizes in matrices)]


CASES = cases()
BENCHMARKS = {
    "csr_matvec": lambda: matrix(6_000, 1_000, 0.02),
    "csr_matvec_slices": lambda: matrix(6_000, 1_000, 0.02),
    "csr_matvec_loops": lambda: matrix(6_000, 1_000, 0.02),
}
