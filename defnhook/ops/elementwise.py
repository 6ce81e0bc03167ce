"""Elementwise entries: arithmetic, comparisons, bits, rounding, logarithms and the rest of NumPy's ufuncs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from defnhook.ops.kinds import Elementwise, Flat, Guarded

LN2 = math.log(2.0)
LN10 = math.log(10.0)

GREATER = "select({x} > {y}, {x}, {y})"
LESSER = "select({x} < {y}, {x}, {y})"


def share(other: Any, operand: Any, wins: Any) -> Any:
    """What an operand of a maximum has of the derivative: 1 where it wins, a half where both are equal."""
    return np.where(operand == other, np.full_like(operand, 0.5), wins)


def power_partials(r: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """d(x**y) is y x**(y-1) dx + x**y log(x) dy, and 0 where y or x is 0."""
    return y * np.power(x, np.where(y == 0, 1, y - 1)), r * np.log(np.where(x == 0, 1, x))


# -- arithmetic

add = Elementwise(np.add, loop={"b": "{x} | {y}", "iufc": "{x} + {y}"}, partials=lambda r, x, y: (1, 1))
subtract = Elementwise(np.subtract, loop={"iufc": "{x} - {y}"}, partials=lambda r, x, y: (1, -1))
multiply = Elementwise(
    np.multiply, loop={"b": "{x} & {y}", "iufc": "{x} * {y}"}, partials=lambda r, x, y: (y, x)
)
divide = Elementwise(
    np.divide,
    loop="{x} / {y}",
    partials=lambda q, x, y: (1 / y, -q / y),
    domain=(0.5, 3.0),
    cost=4,
)
floor_divide = Elementwise(
    np.floor_divide,
    loop={"iu": "int_floor_divide({x}, {y})", "f": "floor_divide_f({x}, {y})"},
    partials=Flat(),
    cost=12,
)
remainder = Elementwise(
    np.remainder,
    loop={"iu": "int_mod({x}, {y})", "f": "floor_mod_f({x}, {y})"},
    partials=lambda r, x, y: (1, -np.floor_divide(x, y)),
    cost=12,
)
fmod = Elementwise(
    np.fmod,
    loop={"iu": "int_fmod({x}, {y})", "f": "fmod({x}, {y})"},
    partials=lambda r, x, y: (1, -np.trunc(x / y)),
    cost=12,
)
power = Elementwise(
    np.power,
    loop={"iu": "int_power({x}, {y})", "f": "power({x}, {y})"},
    guarded={
        "i": Guarded(
            fault=lambda x, y: y < 0,
            error=ValueError,
            message="Integers to negative integer powers are not allowed.",
        )
    },
    partials=power_partials,
    domain=(0.5, 3.0),
    cost=20,
)
float_power = Elementwise(
    np.float_power, loop="power({x}, {y})", partials=power_partials, domain=(0.5, 3.0), cost=20
)
negative = Elementwise(np.negative, loop={"iufc": "-{x}"}, partials=lambda r, x: (-1,))
positive = Elementwise(np.positive, loop={"iufc": "{x}"}, partials=lambda r, x: (1,))
absolute = Elementwise(
    np.absolute,
    loop={
        "bu": "{x}",
        "i": "select({x} < {i}(0), {i}(-{x}), {x})",
        "f": "fabs({x})",
        "c": "hypot(real({x}), imag({x}))",
    },
    partials=lambda r, x: (np.sign(x),),
)
fabs = Elementwise(np.fabs, loop="fabs({x})", partials=lambda r, x: (np.sign(x),))
sign = Elementwise(
    np.sign,
    loop={
        "u": "select({x} > {i}(0), {i}(1), {i}(0))",
        "i": "select({x} > {i}(0), {i}(1), select({x} < {i}(0), {i}(-1), {i}(0)))",
        "f": "select({x} > {i}(0), {i}(1), select({x} < {i}(0), {i}(-1), "
        "select({x} == {i}(0), {i}(0), {x})))",
    },
    partials=Flat(),
)
square = Elementwise(np.square, loop={"iufc": "{x} * {x}"}, partials=lambda r, x: (2 * x,))
reciprocal = Elementwise(
    np.reciprocal, loop={"f": "{i}(1) / {x}"}, partials=lambda r, x: (-r * r,), domain=(0.5, 3.0), cost=4
)

# -- roots and powers of numbers

sqrt = Elementwise(np.sqrt, loop="sqrt({x})", partials=lambda r, x: (0.5 / r,), domain=(0.5, 3.0), cost=5)
cbrt = Elementwise(
    np.cbrt, loop="cbrt({x})", partials=lambda r, x: (1 / (3 * r * r),), domain=(0.5, 3.0), cost=15
)
hypot = Elementwise(np.hypot, loop="hypot({x}, {y})", partials=lambda r, x, y: (x / r, y / r), cost=15)

# -- exponentials and logarithms

exp = Elementwise(np.exp, loop="exp({x})", partials=lambda r, x: (r,), cost=12)
exp2 = Elementwise(np.exp2, loop="exp2({x})", partials=lambda r, x: (r * LN2,), cost=12)
expm1 = Elementwise(np.expm1, loop="expm1({x})", partials=lambda r, x: (np.exp(x),), cost=15)
log = Elementwise(np.log, loop="log({x})", partials=lambda r, x: (1 / x,), domain=(0.5, 3.0), cost=12)
log2 = Elementwise(
    np.log2, loop="log2({x})", partials=lambda r, x: (1 / (x * LN2),), domain=(0.5, 3.0), cost=12
)
log10 = Elementwise(
    np.log10, loop="log10({x})", partials=lambda r, x: (1 / (x * LN10),), domain=(0.5, 3.0), cost=12
)
log1p = Elementwise(
    np.log1p, loop="log1p({x})", partials=lambda r, x: (1 / (1 + x),), domain=(-0.5, 3.0), cost=15
)
logaddexp = Elementwise(
    np.logaddexp,
    loop="logaddexp({x}, {y})",
    partials=lambda r, x, y: (np.exp(x - r), np.exp(y - r)),
    cost=25,
)
logaddexp2 = Elementwise(
    np.logaddexp2,
    loop="select({x} == {y}, {x} + {i}(1), "
    "maximum({x}, {y}) + {i}(1.4426950408889634) * log1p(exp2(-fabs({x} - {y}))))",
    partials=lambda r, x, y: (np.exp2(x - r), np.exp2(y - r)),
    cost=25,
)

# -- circular and hyperbolic functions

sin = Elementwise(np.sin, loop="sin({x})", partials=lambda r, x: (np.cos(x),), cost=15)
cos = Elementwise(np.cos, loop="cos({x})", partials=lambda r, x: (-np.sin(x),), cost=15)
tan = Elementwise(np.tan, loop="tan({x})", partials=lambda r, x: (1 + r * r,), domain=(-1.2, 1.2), cost=20)
arcsin = Elementwise(
    np.arcsin,
    loop="arcsin({x})",
    partials=lambda r, x: (1 / np.sqrt(-(x - 1) * (1 + x)),),  # on the branch cut the sign of zero counts
    domain=(-0.9, 0.9),
    cost=15,
)
arccos = Elementwise(
    np.arccos,
    loop="arccos({x})",
    partials=lambda r, x: (-1 / np.sqrt(-(x - 1) * (1 + x)),),
    domain=(-0.9, 0.9),
    cost=15,
)
arctan = Elementwise(np.arctan, loop="arctan({x})", partials=lambda r, x: (1 / (1 + x * x),), cost=15)
arctan2 = Elementwise(
    np.arctan2,
    loop="arctan2({x}, {y})",
    partials=lambda r, x, y: (y / (x * x + y * y), -x / (x * x + y * y)),
    domain=(0.5, 3.0),
    cost=20,
)
sinh = Elementwise(np.sinh, loop="sinh({x})", partials=lambda r, x: (np.cosh(x),), cost=20)
cosh = Elementwise(np.cosh, loop="cosh({x})", partials=lambda r, x: (np.sinh(x),), cost=20)
tanh = Elementwise(np.tanh, loop="tanh({x})", partials=lambda r, x: ((1 - r) * (1 + r),), cost=15)
arcsinh = Elementwise(
    np.arcsinh, loop="arcsinh({x})", partials=lambda r, x: (1 / np.sqrt(1 + x * x),), cost=20
)


def _root_beyond_one(x: Any) -> Any:
    """The square root of ``x**2 - 1``, on the side of the branch cut on which a complex number lies."""
    if x.dtype.kind == "c":
        return np.sqrt(x - 1) * np.sqrt(x + 1)
    return np.sqrt((x - 1) * (x + 1))


arccosh = Elementwise(
    np.arccosh,
    loop="arccosh({x})",
    partials=lambda r, x: (1 / _root_beyond_one(x),),
    domain=(1.2, 4.0),
    cost=20,
)
arctanh = Elementwise(
    np.arctanh,
    loop="arctanh({x})",
    partials=lambda r, x: (1 / ((1 - x) * (1 + x)),),
    domain=(-0.9, 0.9),
    cost=20,
)
deg2rad = Elementwise(
    np.deg2rad,
    aliases=(np.radians,),
    loop="{x} * ({i}(3.141592653589793) / {i}(180))",
    partials=lambda r, x: (math.pi / 180,),
)
rad2deg = Elementwise(
    np.rad2deg,
    aliases=(np.degrees,),
    loop="{x} * ({i}(180) / {i}(3.141592653589793))",
    partials=lambda r, x: (180 / math.pi,),
)

# -- rounding

floor = Elementwise(np.floor, loop={"biu": "{x}", "f": "floor({x})"}, partials=Flat())
ceil = Elementwise(np.ceil, loop={"biu": "{x}", "f": "ceil({x})"}, partials=Flat())
trunc = Elementwise(np.trunc, loop={"biu": "{x}", "f": "trunc({x})"}, partials=Flat())
rint = Elementwise(np.rint, loop="rint({x})", partials=Flat())

# -- the greater and the lesser

maximum = Elementwise(
    np.maximum,
    loop={"b": "{x} | {y}", "iu": GREATER, "f": "maximum({x}, {y})"},
    partials=lambda r, x, y: (share(y, x, x > y), share(x, y, y > x)),
)
minimum = Elementwise(
    np.minimum,
    loop={"b": "{x} & {y}", "iu": LESSER, "f": "minimum({x}, {y})"},
    partials=lambda r, x, y: (share(y, x, x < y), share(x, y, y < x)),
)
fmax = Elementwise(
    np.fmax,
    loop={"b": "{x} | {y}", "iu": GREATER, "f": "fmaximum({x}, {y})"},
    partials=lambda r, x, y: (share(y, x, (x > y) | (y != y)), share(x, y, (y > x) | (x != x))),
)
fmin = Elementwise(
    np.fmin,
    loop={"b": "{x} & {y}", "iu": LESSER, "f": "fminimum({x}, {y})"},
    partials=lambda r, x, y: (share(y, x, (x < y) | (y != y)), share(x, y, (y < x) | (x != x))),
)

# -- what a float is made of

isnan = Elementwise(
    np.isnan,
    loop={"biu": "{i}(0)", "f": "isnan({x})", "c": "isnan(real({x})) | isnan(imag({x}))"},
    partials=Flat(),
)
isinf = Elementwise(
    np.isinf,
    loop={"biu": "{i}(0)", "f": "isinf({x})", "c": "isinf(real({x})) | isinf(imag({x}))"},
    partials=Flat(),
)
isfinite = Elementwise(
    np.isfinite,
    loop={"biu": "{i}(1)", "f": "isfinite({x})", "c": "isfinite(real({x})) & isfinite(imag({x}))"},
    partials=Flat(),
)
signbit = Elementwise(np.signbit, loop="signbit({x})", partials=Flat())
copysign = Elementwise(
    np.copysign,
    loop="copysign({x}, {y})",
    partials=lambda r, x, y: (np.copysign(1, x) * np.copysign(1, y), 0),
)
heaviside = Elementwise(
    np.heaviside,
    loop="select({x} > {i}(0), {i}(1), select({x} < {i}(0), {i}(0), select({x} == {i}(0), {y}, {x})))",
    partials=lambda r, x, y: (0, x == 0),
)
conjugate = Elementwise(
    np.conjugate,
    methods=("conj", "conjugate"),
    loop={"iuf": "{x}", "c": "conj({x})"},
    partials=lambda r, x: (1,),
)
real = Elementwise(np.real, loop={"biuf": "{x}", "c": "real({x})"}, partials=lambda r, x: (1,))
imag = Elementwise(np.imag, loop={"biuf": "{i}(0)", "c": "imag({x})"}, partials=lambda r, x: (0,))

# -- comparisons and truth

equal = Elementwise(np.equal, loop={"biufc": "{x} == {y}"}, partials=Flat())
not_equal = Elementwise(np.not_equal, loop={"biufc": "{x} != {y}"}, partials=Flat())
less = Elementwise(np.less, loop="{x} < {y}", partials=Flat())
less_equal = Elementwise(np.less_equal, loop="{x} <= {y}", partials=Flat())
greater = Elementwise(np.greater, loop="{x} > {y}", partials=Flat())
greater_equal = Elementwise(np.greater_equal, loop="{x} >= {y}", partials=Flat())
logical_and = Elementwise(np.logical_and, loop="{i}({x}) & {i}({y})", partials=Flat())
logical_or = Elementwise(np.logical_or, loop="{i}({x}) | {i}({y})", partials=Flat())
logical_xor = Elementwise(np.logical_xor, loop="{i}({x}) != {i}({y})", partials=Flat())
logical_not = Elementwise(np.logical_not, loop="not {i}({x})", partials=Flat())
where = Elementwise(
    np.where,
    loop="select({x}, {y}, {z})",
    partials=lambda r, c, x, y: (0, c, np.logical_not(c)),
)

# -- bits

bitwise_and = Elementwise(np.bitwise_and, loop="{x} & {y}", partials=Flat())
bitwise_or = Elementwise(np.bitwise_or, loop="{x} | {y}", partials=Flat())
bitwise_xor = Elementwise(np.bitwise_xor, loop="{x} ^ {y}", partials=Flat())
invert = Elementwise(np.invert, loop={"b": "not {x}", "iu": "~{x}"}, partials=Flat())
left_shift = Elementwise(np.left_shift, loop="shift_left({x}, {y})", partials=Flat())
right_shift = Elementwise(np.right_shift, loop="shift_right({x}, {y})", partials=Flat())
