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
    "i0": {"f": 8},
    **{name: {"f": 2} for name in "deg2rad rad2deg logaddexp".split()},
    "sum": {"f": 64, "c": 64},
    "prod": {"f": 64, "c": 64},
}

# The same for the functions of scipy.special, in float32 and in float64. Where these are many, SciPy is off by more
# than the loop is: in erfc, in cosm1, in log_ndtr, and in ndtr the further the smaller the share.
SPECIAL_ULP = {
    "erf": (2, 3),
    "erfc": (2, 12),
    "erfinv": (4, 8),
    "erfcinv": (4, 8),
    "ndtr": (2, 2000),
    "ndtri": (2, 8),
    "log_ndtr": (2, 2000),
    "expit": (4, 4),
    "logit": (5, 8),
    "log_expit": (4, 4),
    "exp10": (4, 4),
    "exp2": (4, 4),
    "expm1": (4, 4),
    "log1p": (4, 4),
    "cbrt": (4, 4),
    "cosm1": (6, 64),
    "exprel": (4, 4),
    "xlogy": (4, 4),
    "xlog1py": (4, 4),
    "entr": (4, 4),
    "rel_entr": (8, 8),
    "huber": (4, 4),
    "beta": (2, 20000),
    "gamma": (2, 12),
    "rgamma": (2, 12),
    "i0": (2, 8),
    "i0e": (2, 8),
    "i1": (2, 20),
    "i1e": (2, 16),
}

# Whose terms cancel, so that not the result but what it is computed from says how far it may be off.
CANCELS = {"logaddexp", "logaddexp2", "kl_div", "betaln", "gammaln", "loggamma", "psi"}

# How far the results of all other kinds may be off, in rounding errors at the largest value of results and arguments.
ROUNDING = 256


def ulp_of(name, dtype):
    """The units in the last place that an elementwise result of a dtype may be off."""
    if name in SPECIAL_ULP and name not in ULP:
        return SPECIAL_ULP[name][dtype == np.float64]
    return max(ULP.get(name, {"": 0}).values())


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
