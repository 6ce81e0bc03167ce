"""What floats are made of, what is close to what, angles, and the divisors and bits of whole numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Composite, Elementwise, Flat, Written
from defnhook.ops.layouts import is_fortran
from defnhook.ops.shaping import operand, traced

# -- parts and neighbours

nextafter = Elementwise(
    np.nextafter, loop={"f": "nextafter({x}, {y})"}, partials=lambda r, x, y: (1, 0), cost=5
)
spacing = Elementwise(np.spacing, loop={"f": "spacing({x})"}, partials=Flat(), cost=4)
ldexp = Elementwise(
    np.ldexp,
    loop={},
    partials=lambda r, x, n: (np.ldexp(np.ones_like(x), n), 0),
    cost=10,
)


def mantissa(x: Any) -> Any:
    """The first part of ``np.frexp``."""
    return np.frexp(x)[0]


def exponent(x: Any) -> Any:
    """The second part of ``np.frexp``."""
    return np.frexp(x)[1]


mantissas = Elementwise(
    mantissa,
    loop="mantissa({x})",
    partials=lambda r, x: (np.where(x == 0, 1, r / np.where(x == 0, 1, x)),),
    cost=10,
)
exponents = Elementwise(exponent, loop="exponent({x})", partials=Flat(), cost=10)


def _of_function(function: Any, x: Any) -> Any:
    """The operand in the dtype that a function computes in."""
    x = operand(x)
    with np.errstate(all="ignore"):
        return x.astype(function(np.ones((), x.dtype))[0].dtype, copy=False)


def _single(x: Any) -> Any:
    return x[()] if x.ndim == 0 else x


def _frexp(x: Any, /) -> Any:
    parts = _of_function(np.frexp, x)
    apply = traced(parts)
    if apply is None:
        return np.frexp(parts)
    call = apply.__array_function__
    return tuple(_single(call(part, (type(apply),), (parts,), {})) for part in (mantissa, exponent))


def _modf(x: Any, /) -> Any:
    x = _of_function(np.modf, x)
    whole = np.trunc(x)
    return np.copysign(np.where(np.isinf(x), 0, x - whole), x), whole


frexp = Composite(np.frexp, expand=_frexp)
modf = Composite(np.modf, expand=_modf)
fix = Composite(np.fix, expand=lambda x: np.trunc(x))

# -- infinities and what is no number


def _is_infinite(x: Any, negative: bool) -> Any:
    x = operand(x)
    if x.dtype.kind == "c":
        raise TypeError(
            f"This operation is not supported for {x.dtype} values because it would be ambiguous."
        )
    sign = np.signbit(x)
    return np.logical_and(np.isinf(x), sign if negative else np.logical_not(sign))


isposinf = Composite(np.isposinf, expand=lambda x: _is_infinite(x, False))
isneginf = Composite(np.isneginf, expand=lambda x: _is_infinite(x, True))


def _replaced(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    limits = np.finfo(x.dtype)
    highest = limits.max if posinf is None else posinf
    lowest = limits.min if neginf is None else neginf
    finite = np.where(x == np.inf, highest, np.where(x == -np.inf, lowest, x))
    return np.where(np.isnan(x), nan, finite).astype(x.dtype, copy=False)


def _is_array(x: Any) -> bool:
    return hasattr(x, "dtype") and not isinstance(x, np.generic) and getattr(x, "kind", "array") == "array"


def _nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if not copy and copy is not None and not _is_array(x):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    x = operand(x)
    if x.dtype.kind not in "fc":
        return _single(np.copy(x) if copy else x)
    if x.dtype.kind == "c":
        if not copy:
            raise DefnTypeError("nan_to_num(copy=False) takes real arrays inside a marked function")
        return _replaced(np.real(x), nan, posinf, neginf) + 1j * _replaced(np.imag(x), nan, posinf, neginf)
    found = _replaced(x, nan, posinf, neginf)
    if not copy and x.ndim:
        x[...] = found
        return x
    return _single(found)


nan_to_num = Composite(np.nan_to_num, expand=_nan_to_num)

# -- closeness


def _isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    x, y, rtol, atol = (each if _is_number(each) else operand(each) for each in (a, b, rtol, atol))
    if _is_number(y):
        y = float(y) if isinstance(y, int) else y
    elif y.dtype.kind in "biu":
        y = y.astype(np.result_type(y.dtype, 1.0))
    near = np.less_equal(np.absolute(x - y), atol + rtol * np.absolute(y))
    result = np.bitwise_or(np.bitwise_and(near, np.isfinite(y)), np.equal(x, y))
    if equal_nan:
        result = np.bitwise_or(result, np.bitwise_and(np.isnan(x), np.isnan(y)))
    return _single(result)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, np.generic)


isclose = Composite(np.isclose, expand=_isclose)
allclose = Written(np.allclose, source="truth.allclose")
array_equal = Written(np.array_equal, source="truth.array_equal")
array_equiv = Written(np.array_equiv, source="truth.array_equiv")

# -- real, complex, and how they lie in memory


def _iscomplex(x: Any) -> Any:
    x = operand(x)
    return _single(np.imag(x) != 0 if x.dtype.kind == "c" else np.zeros(x.shape, bool, like=traced(x)))


def _isscalar(element: Any) -> bool:
    return (
        bool(np.isscalar(element))
        if traced(element) is None
        else getattr(element, "kind", "array") != "array"
    )


iscomplex = Composite(np.iscomplex, expand=_iscomplex)
isreal = Written(np.isreal, source="truth.isreal")
iscomplexobj = Composite(np.iscomplexobj, expand=lambda x: operand(x).dtype.kind == "c")
isrealobj = Composite(np.isrealobj, expand=lambda x: operand(x).dtype.kind != "c")
isfortran = Composite(np.isfortran, expand=lambda a: is_fortran(a))
isscalar = Composite(np.isscalar, expand=_isscalar)


def _angle(z: Any, deg: Any = False) -> Any:
    z = operand(z)
    found = np.arctan2(np.imag(z), np.real(z)) if z.dtype.kind == "c" else np.arctan2(0, z)
    return found * (180 / math.pi) if deg else found


def _sinc(x: Any) -> Any:
    x = math.pi * operand(x)
    least = np.finfo(x.dtype).eps if x.dtype.kind == "f" else 1e-20
    y = np.where(x != 0, x, least).astype(x.dtype, copy=False)
    return np.sin(y) / y


angle = Composite(np.angle, expand=_angle)
sinc = Composite(np.sinc, expand=_sinc)


def i0_partials(r: Any, x: Any) -> tuple[Any]:
    """The modified Bessel function of order 1, which NumPy lacks."""
    from scipy.special import i1

    return (i1(x),)


# Infinite where NumPy's exponential is.
i0 = Elementwise(
    np.i0,
    loop={"f": "select(exp(fabs({x})) < {i}(1e999), i0({x}), i0({x}) * {i}(1e999))"},
    partials=i0_partials,
    cost=50,
)

# -- whole numbers

gcd = Elementwise(np.gcd, loop={"iu": "int_gcd({x}, {y})"}, partials=Flat(), cost=50)
lcm = Elementwise(np.lcm, loop={"iu": "int_lcm({x}, {y})"}, partials=Flat(), cost=60)
bitwise_count = Elementwise(np.bitwise_count, loop={"iu": "{i}(bits_set({x}))"}, partials=Flat(), cost=4)
