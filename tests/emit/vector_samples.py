"""What the vector math is measured against: correctly rounded results, and points where errors show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import scipy.special

from defnhook.emit.vector_math import FUNCTIONS

PRECISION = 160


def quantile(share: Any) -> Any:
    """Below what lies a share of a normal distribution, to as many bits as a small share needs."""
    if not 0 < share < 1:
        return {0: -mpmath.inf, 1: mpmath.inf}.get(share)
    with mpmath.workprec(PRECISION + max(0, -2 * int(mpmath.log(share, 2)))):
        return mpmath.sqrt(2) * mpmath.erfinv(2 * share - 1)


def log_of_share(x: Any) -> Any:
    """The logarithm of the share of a normal distribution below x."""
    return mpmath.log(mpmath.erfc(-x / mpmath.sqrt(2)) / 2)


EXACT: dict[str, Callable[..., Any]] = {
    "arccos": mpmath.acos,
    "arccosh": mpmath.acosh,
    "arcsin": mpmath.asin,
    "arcsinh": mpmath.asinh,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "arctanh": mpmath.atanh,
    "beta": mpmath.beta,
    "betaln": lambda x, y: mpmath.log(abs(mpmath.beta(x, y))),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "cos": mpmath.cos,
    "cosh": mpmath.cosh,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfcinv": lambda x: 0 if x == 1 else -quantile(x / 2) / mpmath.sqrt(2),
    "erfinv": lambda x: mpmath.erfinv(x) if abs(x) < 1 else mpmath.nan,
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expit": lambda x: 1 / (1 + mpmath.exp(-x)),
    "expm1": mpmath.expm1,
    "gamma": mpmath.gamma,
    "gammaln": lambda x: mpmath.re(mpmath.loggamma(x)),
    "hypot": mpmath.hypot,
    "i0": lambda x: mpmath.besseli(0, x),
    "i0e": lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x),
    "i1": lambda x: mpmath.besseli(1, x),
    "i1e": lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x),
    "log": mpmath.log,
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "logaddexp": lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
    "log_ndtr": lambda x: mpmath.log1p(-mpmath.erfc(x / mpmath.sqrt(2)) / 2) if x > -1 else log_of_share(x),
    "ndtr": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "ndtri": quantile,
    "power": mpmath.power,
    "psi": mpmath.digamma,
    "rgamma": mpmath.rgamma,
    "sin": mpmath.sin,
    "sinh": mpmath.sinh,
    "tan": mpmath.tan,
    "tanh": mpmath.tanh,
}

# Where the results are finite and the errors large: (low, high) of uniform samples, for float64.
RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    "arccos": ((-1, 1), (0.4, 0.6), (0.99999, 1)),
    "arccosh": ((1, 1.0001), (1, 3), (1.4, 1.6), (1, 1e10)),
    "arcsin": ((-1, 1), (0.4, 0.6), (0.99999, 1)),
    "arcsinh": ((-2, 2), (0.5, 1.2), (-1e10, 1e10)),
    "arctan": ((-2, 2), (0.9, 1.4), (-1e5, 1e5)),
    "arctanh": ((-1, 1), (0.45, 0.6), (0.99999, 1)),
    "cbrt": ((-8, 8), (1e-310, 1e-300)),
    "cos": ((-4, 4), (-1e5, 1e5), (0, 1e300)),
    "cosh": ((-2, 2), (10, 30), (-711, 711)),
    "erf": ((-1.2, 1.2), (0.9, 1.1), (-6, 6)),
    "erfc": ((-1, 1), (0.45, 1.2), (-6, 28)),
    "erfcinv": ((0, 2), (0.1, 0.2), (0, 1e-10)),
    "erfinv": ((-1, 1), (-0.01, 0.01), (0.8, 0.9), (0.999, 1)),
    "exp": ((-1, 1), (-750, -700), (-700, 710)),
    "exp2": ((-1, 1), (-1076, -1000), (-1000, 1025)),
    "expit": ((-2, 2), (-40, 40), (-750, -690)),
    "expm1": ((-1.5, 1.5), (-40, 40), (700, 710)),
    **dict.fromkeys(("i0", "i0e", "i1", "i1e"), ((-2, 2), (2, 6), (-16, -5), (10, 100), (-700, 700))),
    **dict.fromkeys(("gamma", "rgamma"), ((0, 1), (1, 4), (3, 8), (4, 171.6), (-1, 0), (-4, -1), (-150, -4))),
    "gammaln": ((0, 0.8), (0.7, 1.4), (1.9, 5), (3, 100), (-1, 0), (-170, -30), (0, 1e305)),
    "log": ((0.5, 2), (0.99, 1.01), (0, 1e300), (0, 1e-308)),
    "log_ndtr": ((-3, 3), (-40, -1), (-1, 9), (-1e4, -30)),
    "ndtr": ((-3, 3), (-38, -1), (-1, 9)),
    "ndtri": ((0, 1), (0.05, 0.1), (0, 1e-10)),
    "log10": ((0.5, 2), (0.99, 1.01), (0, 1e300), (0, 1e-308)),
    "log1p": ((-1, 1), (-0.3, 0.5), (-1e-3, 1e-3), (0, 1e300)),
    "log2": ((0.5, 2), (0.99, 1.01), (0, 1e300), (0, 1e-308)),
    "psi": ((0, 0.8), (1, 2), (1.46, 1.47), (2, 6), (3, 1e5), (-0.45, 0), (-0.52, -0.49)),
    "sin": ((-4, 4), (-1e5, 1e5), (0, 1e300)),
    "sinh": ((-2, 2), (10, 30), (-711, 711)),
    "tan": ((-4, 4), (-1e5, 1e5), (0, 1e300)),
    "tanh": ((-1, 1), (0.5, 0.7), (-22, 22)),
}

# The float64 that come closest to a multiple of pi/2, among all and below 1e5.
NEAR_MULTIPLES = (6381956970095103 * 2.0**797, 5.319372648326541e255, 14.137166941154069, 97389.3722612836)


def base(name: str) -> str:
    """The function's name without its dtype."""
    return name.rpartition("_")[0]


def dtype(name: str) -> np.dtype[Any]:
    """The dtype in a function's name."""
    return np.dtype("f" + str(int(name[-2:]) // 8))


def arity(name: str) -> int:
    """How many arguments a function takes."""
    return FUNCTIONS[name].__code__.co_argcount


def reference(name: str) -> Callable[..., Any]:
    """The function of NumPy or SciPy that a function stands for."""
    found = getattr(np, base(name), None)
    return found if isinstance(found, np.ufunc) else getattr(scipy.special, base(name))


def special_values(kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Zeros, infinities, NaN, subnormals, the ends of the range, and small integers."""
    limits = np.finfo(kind)
    values = [
        0.0,
        np.inf,
        0.5,
        1,
        1.5,
        2,
        3,
        4,
        100,
        1000,
        limits.max,
        limits.tiny,
        limits.smallest_subnormal,
    ]
    values += [limits.eps, 1 + limits.eps, 1 - limits.epsneg]
    return np.array([*values, *(-value for value in values), np.nan], dtype=kind)


def over_exponents(kind: np.dtype[Any], count: int, random: np.random.Generator) -> np.ndarray[Any, Any]:
    """Finite numbers of every exponent and both signs, in no order."""
    unsigned = np.dtype(f"u{kind.itemsize}")
    bits = np.linspace(0, float(np.iinfo(unsigned).max) * 0.999, count).astype(unsigned)
    numbers = (bits + random.integers(0, 1000, count, dtype=unsigned)).view(kind)
    return random.permutation(numbers[np.isfinite(numbers)])


def pairs(name: str, kind: np.dtype[Any], count: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Arguments of a function of two: of all sizes, of like size, and with results inside the range."""
    if base(name) in ("beta", "betaln"):
        high = np.repeat([3.0, 40.0, 85.0], count)
        return random.uniform(0, high).astype(kind), random.uniform(0, high[::-1]).astype(kind)
    wide = over_exponents(kind, count, random)
    x = np.concatenate([wide, random.standard_normal(count), random.uniform(0.5, 2, count)]).astype(kind)
    scale = 300.0 if base(name) == "power" else 1.0
    y = np.concatenate([random.permutation(wide), *random.standard_normal((2, count)) * scale]).astype(kind)
    return (np.abs(x) if base(name) == "power" else x), y


def size_of_terms(name: str, *arguments: Any) -> Any:
    """How large what a function of two adds up is, where that may be more than the result."""
    if base(name) == "logaddexp":
        return np.maximum(*map(np.abs, arguments))
    return 1.0 + np.abs(arguments[0]) + np.abs(arguments[1]) if base(name) == "betaln" else 0.0


def hard_points(name: str, count: int, random: np.random.Generator) -> tuple[Any, ...]:
    """Arguments of a float64 function near the places where its method changes, and of every exponent."""
    if arity(name) == 2:
        return pairs(name, np.dtype("f8"), count // 3, random)
    parts = [random.uniform(low, high, count) for low, high in RANGES[base(name)]]
    parts.append(over_exponents(np.dtype("f8"), count, random))
    if base(name) in ("sin", "cos", "tan"):
        parts.append(random.integers(1, 63000, count) * (np.pi / 2))
        parts.append(np.array(NEAR_MULTIPLES))
    x = np.concatenate(parts)
    if base(name) in ("erfcinv", "ndtri"):
        x = x[(x > 1e-40) & (x < 2)][:: 1 + len(x) // 1200].copy()
    if base(name) in ("gamma", "rgamma"):
        x = x[(np.abs(x) < 170) | (np.abs(x) > 190)]  # SciPy's is 0 in between, where results are subnormal
        x = x[np.abs(x) > 1e-308]  # and 1 / x is infinite
    if base(name) == "gammaln":
        x = x[(np.abs(x) > 1e-308) & ((x > -2) | (x < -20))]  # infinite where 1 / x is; between are roots
    if base(name) == "psi":
        x = x[x > -1]  # roots are below
    return (x[np.abs(x) < 1e4] if base(name) in ("erfc", "ndtr", "log_ndtr") else x,)


def exact(name: str, *arguments: float) -> Any:
    """The result to 160 bits, or None outside the function's domain."""
    with mpmath.workprec(PRECISION):
        try:
            value = EXACT[base(name)](*(mpmath.mpf(float(argument)) for argument in arguments))
        except (ValueError, ZeroDivisionError):
            return None
        return None if isinstance(value, mpmath.mpc) or mpmath.isnan(value) else value


def error_in_ulp(got: float, expected: Any, scale: float = 0.0) -> float:
    """The distance of a float64 from the exact result, in ULP of that result or of `scale`."""
    rounded = float(expected)
    if np.isinf(rounded) or mpmath.isinf(expected):
        return 0.0 if got == rounded else np.inf
    if not np.isfinite(got):
        return np.inf
    with mpmath.workprec(PRECISION):
        return float(abs(mpmath.mpf(float(got)) - expected) / float(np.spacing(max(abs(rounded), scale))))


def errors_in_ulp(got: Any, wide: Any) -> Any:
    """The distances of float32 results from float64 ones, in ULP; infinite where one is not finite."""
    expected = wide.astype(np.float32)
    spacing = np.spacing(np.minimum(np.abs(expected), np.finfo(np.float32).max)).astype(np.float64)
    errors = np.abs(got.astype(np.float64) - wide) / spacing
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    finite = np.isfinite(got) & np.isfinite(expected)
    return np.where(finite, errors, np.where(same, 0.0, np.inf))
