"""Operands for the tests of the table: special values, shapes and layouts; and the tolerances."""

from __future__ import annotations

import numpy as np

DTYPES = [np.dtype(c) for c in "?bhilBHILefdFD"]

# How far a loop may be from NumPy's result, in units in the last place of it. What is not listed is exact.
ULP = {
    "absolute": {"c": 2},
    "multiply": {"c": 4},
    "square": {"c": 4},
    "logaddexp2": {"f": 8},
    "power": {"f": 4},
    "float_power": {"f": 4},
    **{name: {"f": 4} for name in "exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh".split()},
    **{name: {"f": 4} for name in "arcsin arccos arctan arcsinh arccosh arctanh arctan2 cbrt hypot".split()},
    **{name: {"f": 2} for name in "deg2rad rad2deg logaddexp".split()},
    "sum": {"f": 64, "c": 64},
    "prod": {"f": 64, "c": 64},
}

# Whose zeros may have either sign.
UNSIGNED_ZERO = {"maximum", "minimum", "fmax", "fmin", "max", "min", "sum", "multiply", "square"}

DERIVATIVE_TOLERANCE = 2e-7  # relative, central differences in float64
COMPOSITE_TOLERANCE = {"e": 4e-3, "f": 2e-6, "d": 1e-14, "F": 2e-6, "D": 1e-14}


def special_values(dtype):
    """The values at which arithmetic goes wrong, and some ordinary ones."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        small = [0, 1, 2, 3, 7, 8, 31, 32, 63, 64] + [-1, -2, -3, -8] * (dtype.kind == "i")
        return np.array([info.min, info.max, info.max - 1, *small], dtype)
    real = np.dtype(dtype.char.lower())
    info = np.finfo(real)
    values = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.5, 3.0, min(1e10, float(info.max)), np.inf, -np.inf, np.nan]
    values = np.array([*values, info.max, info.tiny, -info.smallest_subnormal], real)
    if dtype.kind == "f":
        return values
    with np.errstate(all="ignore"):
        return (values[:, None] + 1j * np.array([0.0, 1.0, -2.5], real)).ravel().astype(dtype)


def ordinary(dtype, shape, seed=0):
    """Drawn values, small enough that sums and products of a few stay finite and exact in integers."""
    rng = np.random.default_rng(seed)
    if dtype.kind == "b":
        return np.asarray(rng.integers(0, 2, shape), dtype)
    if dtype.kind in "iu":
        return np.asarray(rng.integers(0 if dtype.kind == "u" else -5, 6, shape), dtype)
    values = rng.uniform(-3, 3, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(-3, 3, shape)
    return np.asarray(values, dtype)


def layouts(array):
    """The same elements as they come: rows, columns, reversed, strided."""
    yield array
    yield np.asfortranarray(array)
    yield array[::-1] if array.ndim else array
    yield np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array


SHAPES = [(), (1,), (0,), (5,), (3, 4), (1, 4), (3, 1), (2, 0, 3), (2, 3, 4)]
PAIRS = [
    ((), ()),
    ((), (5,)),
    ((1,), (5,)),
    ((0,), (1,)),
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((2, 1, 4), (3, 1)),
    ((2, 3, 4), ()),
]
