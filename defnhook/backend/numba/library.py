"""The functions of the emitter's library as LLVM, under the names that kernels import."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from defnhook.backend.numba.halves import HALVES
from defnhook.backend.numba.integers import INTEGERS
from defnhook.backend.numba.intrinsics import defined, widen
from defnhook.backend.numba.team import linger, next_slice
from defnhook.emit.library import interleaved
from defnhook.emit.vector_math import FUNCTIONS
from defnhook.emit.vector_math.lowering import lower, symbol


def _has_fma() -> bool:
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    return bool(llvmlite.binding.get_host_cpu_features().get("fma", False))


# -- vector math: LLVM text, made once a process and linked where it is called

_LIBRARIES: dict[str, Any] = {}
_FLOATS = {"f32": (ir.FloatType(), types.float32), "f64": (ir.DoubleType(), types.float64)}


def _vector_function(function: Callable[..., Any]) -> Any:
    llvm_type, numba_type = _FLOATS[function.__name__[-3:]]
    count = function.__code__.co_argcount

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        widen(builder)
        name = symbol(function)
        callee = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(llvm_type, [llvm_type] * count), name
        )
        library = _LIBRARIES.get(name)
        if library is None:
            module = llvmlite.binding.parse_assembly(lower(function, fused=_has_fma()))
            module.verify()
            library = context.codegen().create_library(name)
            library.add_llvm_module(module)
            library.finalize()
            _LIBRARIES[name] = library
        context.active_code_library.add_linking_library(library)
        return builder.call(callee, arguments)

    if count == 1:

        def typed(context: Any, x: Any) -> Any:
            return numba_type(numba_type), generate

        return defined(typed, function.__name__)

    def typed_pair(context: Any, x: Any, y: Any) -> Any:
        return numba_type(numba_type, numba_type), generate

    return defined(typed_pair, function.__name__)


# -- one instruction or LLVM intrinsic each


def _llvm_unary(name: str, instruction: str) -> Any:
    def typed(context: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            widen(builder)
            return builder.call(
                builder.module.declare_intrinsic(f"llvm.{instruction}", [arguments[0].type]), arguments
            )

        return x(x), generate

    return defined(typed, name)


def _llvm_binary(name: str, instruction: str) -> Any:
    def typed(context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            widen(builder)
            kind = arguments[0].type
            declared = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(kind, [kind, kind]),
                f"llvm.{instruction}.{'f32' if isinstance(kind, ir.FloatType) else 'f64'}",
            )
            return builder.call(declared, arguments)

        return x(x, x), generate

    return defined(typed, name)


def _reassociable(name: str, instruction: str) -> Any:
    def typed(context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            widen(builder)
            return getattr(builder, instruction)(*arguments, flags=("reassoc", "nsz"))

        return x(x, x), generate

    return defined(typed, name)


def _test(name: str, build: Callable[[Any, Any], Any], result: Any = types.boolean) -> Any:
    """A function of one float; without a ``result``, of the type of its argument."""

    def typed(context: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return build(builder, arguments[0])

        return (result or x)(x), generate

    return defined(typed, name)


def _magnitude(builder: Any, x: Any) -> Any:
    return builder.call(builder.module.declare_intrinsic("llvm.fabs", [x.type]), [x])


def _is_infinite(builder: Any, x: Any) -> Any:
    return builder.fcmp_ordered("==", _magnitude(builder, x), ir.Constant(x.type, math.inf))


def _is_finite(builder: Any, x: Any) -> Any:
    return builder.fcmp_ordered("<", _magnitude(builder, x), ir.Constant(x.type, math.inf))


def _sign_bit(builder: Any, x: Any) -> Any:
    bits = ir.IntType(32 if isinstance(x.type, ir.FloatType) else 64)
    return builder.icmp_signed("<", builder.bitcast(x, bits), ir.Constant(bits, 0))


def _taken_apart(builder: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """The bits of a float made normal, whether it had to be, whether it is 0 or not finite, and its field."""
    narrow = isinstance(x.type, ir.FloatType)
    integer, fraction, bias = (ir.IntType(32), 23, 127) if narrow else (ir.IntType(64), 52, 1023)
    size = _magnitude(builder, x)
    small = builder.fcmp_ordered("<", size, ir.Constant(x.type, 2.0 ** (1 - bias)))
    lifted = builder.fmul(x, ir.Constant(x.type, 2.0 ** (fraction + 1)))
    bits = builder.bitcast(builder.select(small, lifted, x), integer)
    zero = builder.fcmp_ordered("==", x, ir.Constant(x.type, 0.0))
    without = builder.or_(zero, builder.not_(_is_finite(builder, x)))
    return bits, small, without, (integer, fraction, bias)


def _mantissa(builder: Any, x: Any) -> Any:
    bits, _, without, (integer, fraction, bias) = _taken_apart(builder, x)
    kept = builder.and_(bits, ir.Constant(integer, ~((2 * bias + 1) << fraction)))
    halves = builder.or_(kept, ir.Constant(integer, (bias - 1) << fraction))
    return builder.select(without, x, builder.bitcast(halves, x.type))


def _exponent(builder: Any, x: Any) -> Any:
    bits, small, without, (integer, fraction, bias) = _taken_apart(builder, x)
    shifted = builder.lshr(bits, ir.Constant(integer, fraction))
    field = builder.and_(shifted, ir.Constant(integer, 2 * bias + 1))
    start = builder.select(small, ir.Constant(integer, bias + fraction), ir.Constant(integer, bias - 1))
    number = builder.select(without, ir.Constant(integer, 0), builder.sub(field, start))
    return number if integer.width == 32 else builder.trunc(number, ir.IntType(32))


def _bits_of(builder: Any, x: Any) -> tuple[Any, Any]:
    integer = ir.IntType(32 if isinstance(x.type, ir.FloatType) else 64)
    return integer, builder.bitcast(x, integer)


def _nextafter(builder: Any, x: Any, y: Any) -> Any:
    """One bit more where the next number is larger in size, one less where it is smaller; the least one beside 0."""
    integer, bits = _bits_of(builder, x)
    zero, one = ir.Constant(x.type, 0.0), ir.Constant(integer, 1)
    away = builder.icmp_unsigned("==", builder.fcmp_ordered("<", x, y), builder.fcmp_ordered(">", x, zero))
    stepped = builder.select(away, builder.add(bits, one), builder.sub(bits, one))
    sign = builder.and_(builder.bitcast(y, integer), ir.Constant(integer, 1 << (integer.width - 1)))
    stepped = builder.select(builder.fcmp_ordered("==", x, zero), builder.or_(sign, one), stepped)
    same = builder.fcmp_ordered("==", x, y)
    found = builder.select(same, y, builder.bitcast(stepped, x.type))
    return builder.select(builder.fcmp_unordered("uno", x, y), builder.fadd(x, y), found)


def _spacing(builder: Any, x: Any) -> Any:
    """How far it is to the next number of larger size; infinities and what is no number have none."""
    integer, bits = _bits_of(builder, builder.fadd(x, ir.Constant(x.type, 0.0)))
    further = builder.bitcast(builder.add(bits, ir.Constant(integer, 1)), x.type)
    ends = builder.not_(_is_finite(builder, x))
    return builder.select(ends, ir.Constant(x.type, math.nan), builder.fsub(further, x))


def _float_binary(name: str, build: Callable[..., Any]) -> Any:
    def typed(context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            widen(builder)
            return build(builder, *arguments)

        return x(x, x), generate

    return defined(typed, name)


@intrinsic
def select(context: Any, condition: Any, x: Any, y: Any) -> Any:
    """``x if condition else y`` without a branch."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return x(types.boolean, x, x), generate


@intrinsic
def weighted(context: Any, weight: Any, x: Any) -> Any:
    """A product that is 0 where either factor is, whatever the other is there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(arguments[0].type, 0.0)
        first, second = (builder.fcmp_unordered("!=", factor, zero) for factor in arguments)
        return builder.select(builder.and_(first, second), builder.fmul(*arguments), zero)

    return x(x, x), generate


@intrinsic
def from_bits(context: Any, bits: Any) -> Any:
    """The float64 of 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(bits), generate


@intrinsic
def to_bits(context: Any, value: Any) -> Any:
    """The 64 bits of a float64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(value), generate


# -- complex numbers


@intrinsic
def real(context: Any, z: Any) -> Any:
    """The real part."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_value(arguments[0], 0)

    return z.underlying_float(z), generate


@intrinsic
def imag(context: Any, z: Any) -> Any:
    """The imaginary part."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_value(arguments[0], 1)

    return z.underlying_float(z), generate


@intrinsic
def conj(context: Any, z: Any) -> Any:
    """The complex conjugate."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (value,) = arguments
        return builder.insert_value(value, builder.fneg(builder.extract_value(value, 1)), 1)

    return z(z), generate


# -- division of floats, rounded down


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def fmod(x: Any, y: Any) -> Any:
    """C's remainder, which has the sign of ``x``."""
    return type(x)(np.fmod(x, y))


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def floor_mod_f(x: Any, y: Any) -> Any:
    """The remainder of a division rounded down, which has the sign of ``y``."""
    rest = type(x)(np.fmod(x, y))
    if y == 0:
        return rest
    if rest == 0:
        return type(x)(math.copysign(0.0, y))
    if (y < 0) != (rest < 0):
        rest = type(x)(rest + y)
    return rest


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def floor_divide_f(x: Any, y: Any) -> Any:
    """A quotient rounded down, from the exact remainder."""
    if y == 0:
        return type(x)(x / y)
    rest = type(x)(np.fmod(x, y))
    quotient = type(x)((x - rest) / y)
    if rest != 0 and (y < 0) != (rest < 0):
        quotient = type(x)(quotient - 1)
    if quotient == 0:
        return type(x)(math.copysign(0.0, x / y))
    whole = type(x)(np.floor(quotient))
    return type(x)(whole + 1) if quotient - whole > 0.5 else whole


# -- arrays in another shape


def _view(name: str) -> Any:
    def typed(context: Any, array: Any, shape: Any) -> Any:
        result = types.Array(array.dtype, len(shape), "C")

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            extents = cgutils.unpack_tuple(builder, arguments[1], len(shape))
            wide = context.get_value_type(types.intp)
            extents = [builder.zext(e, wide) if e.type.width < wide.width else e for e in extents]
            return _array_over(context, builder, array, arguments[0], result, extents)

        return result(array, shape), generate

    return defined(typed, name)


def _array_over(context: Any, builder: Any, kind: Any, value: Any, result: Any, extents: list[Any]) -> Any:
    source = arrayobj.make_array(kind)(context, builder, value)
    target = arrayobj.make_array(result)(context, builder)
    strides = [source.itemsize]
    for extent in reversed(extents[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    arrayobj.populate_array(
        target,
        source.data,
        cgutils.pack_array(builder, extents),
        cgutils.pack_array(builder, strides),
        source.itemsize,
        None,
    )
    return target._getvalue()


def _with_strides(name: str, rows: bool) -> Any:
    """An array whose strides LLVM takes for sums of two unknowns.

    For a stride that is one unknown number, the loop vectorizer makes vectors for the stride 1 only, and that in bytes.
    What is added is the size of an element as NumPy has it, less the same as known here.
    """

    def typed(context: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source = arrayobj.make_array(array)(context, builder, arguments[0])
            size = source.itemsize.type(context.get_abi_sizeof(context.get_data_type(array.dtype)))
            nothing = builder.sub(source.itemsize, size)
            strides = [builder.add(n, nothing) for n in cgutils.unpack_tuple(builder, source.strides)]
            target = arrayobj.make_array(result)(context, builder)
            arrayobj.populate_array(
                target,
                source.data,
                source.shape,
                cgutils.pack_array(builder, [*strides[:-1], size] if rows else strides),
                size,
                None,
            )
            return target._getvalue()

        result = array.copy(layout="A")
        return result(array), generate

    return defined(typed, name)


@intrinsic
def flat(context: Any, array: Any) -> Any:
    """A contiguous array as one axis, without a copy."""
    result = types.Array(array.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = arrayobj.make_array(array)(context, builder, arguments[0])
        return _array_over(context, builder, array, arguments[0], result, [source.nitems])

    return result(array), generate


LIBRARY: dict[str, Any] = {
    **{name: _vector_function(function) for name, function in FUNCTIONS.items()},
    **HALVES,
    **INTEGERS,
    "ceil": _llvm_unary("ceil", "ceil"),
    "conj": conj,
    "copysign": _llvm_binary("copysign", "copysign"),
    "exponent": _test("exponent", _exponent, types.int32),
    "fabs": _llvm_unary("fabs", "fabs"),
    "fast_add": _reassociable("fast_add", "fadd"),
    "fast_multiply": _reassociable("fast_multiply", "fmul"),
    "flat": flat,
    "floor": _llvm_unary("floor", "floor"),
    "floor_divide_f": floor_divide_f,
    "floor_mod_f": floor_mod_f,
    "fmaximum": _llvm_binary("fmaximum", "maxnum"),
    "fminimum": _llvm_binary("fminimum", "minnum"),
    "fmod": fmod,
    "from_bits": from_bits,
    "imag": imag,
    "in_rows": _with_strides("in_rows", rows=True),
    "isfinite": _test("isfinite", _is_finite),
    "isinf": _test("isinf", _is_infinite),
    "isnan": _test("isnan", lambda builder, x: builder.fcmp_unordered("uno", x, x)),
    "interleaved": interleaved,
    "linger": linger,
    "mantissa": _test("mantissa", _mantissa, None),
    "maximum": _llvm_binary("maximum", "maximum"),
    "minimum": _llvm_binary("minimum", "minimum"),
    "next_slice": next_slice,
    "nextafter": _float_binary("nextafter", _nextafter),
    "real": real,
    "reshaped": _view("reshaped"),
    "rint": _llvm_unary("rint", "rint"),
    "select": select,
    "signbit": _test("signbit", _sign_bit),
    "spacing": _test("spacing", _spacing, None),
    "sqrt": _llvm_unary("sqrt", "sqrt"),
    "strided": _with_strides("strided", rows=False),
    "to_bits": to_bits,
    "trunc": _llvm_unary("trunc", "trunc"),
    "weighted": weighted,
}
