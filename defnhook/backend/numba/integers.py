"""Whole numbers: division never traps, shifts of any count are defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types

from defnhook.backend.numba.intrinsics import defined, widen

ZERO = np.uint64(0)


def _integer_binary(name: str, build: Callable[..., Any]) -> Any:
    def typed(context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return build(builder, *arguments, signature.args[0].signed)

        return x(x, x), generate

    return defined(typed, name)


def _divided(builder: Any, x: Any, y: Any, signed: bool) -> tuple[Any, Any, Any, Any]:
    """Quotient and remainder toward zero by a divisor that is safe; whether it was zero; the safe divisor."""
    zero, one = ir.Constant(x.type, 0), ir.Constant(x.type, 1)
    by_zero = builder.icmp_unsigned("==", y, zero)
    unsafe = by_zero
    if signed:
        unsafe = builder.or_(by_zero, builder.icmp_signed("==", y, ir.Constant(x.type, -1)))
    divisor = builder.select(unsafe, one, y)
    quotient = builder.sdiv(x, divisor) if signed else builder.udiv(x, divisor)
    if signed:
        minus = builder.icmp_signed("==", y, ir.Constant(x.type, -1))
        quotient = builder.select(minus, builder.neg(x), quotient)
    rest = builder.sub(x, builder.mul(quotient, builder.select(by_zero, one, y)))
    return quotient, rest, by_zero, y


def _steps_down(builder: Any, rest: Any, y: Any) -> Any:
    zero = ir.Constant(y.type, 0)
    differs = builder.icmp_signed("<", builder.xor(rest, y), zero)
    return builder.and_(builder.icmp_signed("!=", rest, zero), differs)


def _floor_divide(builder: Any, x: Any, y: Any, signed: bool) -> Any:
    quotient, rest, by_zero, divisor = _divided(builder, x, y, signed)
    if signed:
        down = builder.zext(_steps_down(builder, rest, divisor), x.type)
        quotient = builder.sub(quotient, down)
    return builder.select(by_zero, ir.Constant(x.type, 0), quotient)


def _modulo(builder: Any, x: Any, y: Any, signed: bool) -> Any:
    _, rest, by_zero, divisor = _divided(builder, x, y, signed)
    if signed:
        rest = builder.select(_steps_down(builder, rest, divisor), builder.add(rest, divisor), rest)
    return builder.select(by_zero, ir.Constant(x.type, 0), rest)


def _remainder(builder: Any, x: Any, y: Any, signed: bool) -> Any:
    _, rest, by_zero, _ = _divided(builder, x, y, signed)
    return builder.select(by_zero, ir.Constant(x.type, 0), rest)


def _shift_left(builder: Any, x: Any, y: Any, signed: bool) -> Any:
    width = ir.Constant(x.type, x.type.width)
    inside = builder.icmp_unsigned("<", y, width)
    shifted = builder.shl(x, builder.select(inside, y, ir.Constant(x.type, 0)))
    return builder.select(inside, shifted, ir.Constant(x.type, 0))


def _shift_right(builder: Any, x: Any, y: Any, signed: bool) -> Any:
    width = ir.Constant(x.type, x.type.width)
    inside = builder.icmp_unsigned("<", y, width)
    last = ir.Constant(x.type, x.type.width - 1)
    if signed:
        return builder.ashr(x, builder.select(inside, y, last))
    shifted = builder.lshr(x, builder.select(inside, y, ir.Constant(x.type, 0)))
    return builder.select(inside, shifted, ir.Constant(x.type, 0))


@numba.njit(cache=False)  # type: ignore[untyped-decorator]
def int_power(x: Any, y: Any) -> Any:
    """An integer to a power that is not negative, by repeated squaring."""
    result = x ^ x | type(x)(1)
    while y > 0:
        if y & 1:
            result = type(x)(result * x)
        x = type(x)(x * x)
        y = type(y)(y >> 1)
    return result


def _integer_unary(name: str, build: Callable[..., Any]) -> Any:
    def typed(context: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            widen(builder)
            return build(builder, *arguments, signature.args[0].signed)

        return x(x), generate

    return defined(typed, name)


def _bits_set(builder: Any, x: Any, signed: bool) -> Any:
    if signed:
        below = builder.icmp_signed("<", x, ir.Constant(x.type, 0))
        x = builder.select(below, builder.neg(x), x)
    return builder.ctpop(x)


trailing_zeros = _integer_unary(
    "trailing_zeros", lambda builder, x, _: builder.cttz(x, ir.Constant(ir.IntType(1), 0))
)


@numba.njit(cache=False)  # type: ignore[untyped-decorator]
def _common(a: Any, b: Any) -> Any:
    """The greatest common divisor of two unsigned integers, by halving and subtracting."""
    if a == ZERO or b == ZERO:
        return a | b
    shift = trailing_zeros(a | b)
    a >>= trailing_zeros(a)
    while b != ZERO:
        b >>= trailing_zeros(b)
        less = min(a, b)
        b = max(a, b) - less
        a = less
    return a << shift


@numba.njit(cache=False)  # type: ignore[untyped-decorator]
def _size(x: Any) -> Any:
    return ZERO - np.uint64(x) if x < 0 else np.uint64(x)


@numba.njit(cache=False)  # type: ignore[untyped-decorator]
def int_gcd(x: Any, y: Any) -> Any:
    """The greatest common divisor of two integers."""
    return type(x)(_common(_size(x), _size(y)))


@numba.njit(cache=False)  # type: ignore[untyped-decorator]
def int_lcm(x: Any, y: Any) -> Any:
    """The least common multiple of two integers."""
    a, b = _size(x), _size(y)
    divisor = _common(a, b)
    return type(x)(ZERO if divisor == ZERO else a // divisor * b)


def _overflows(name: str, operation: str) -> Any:
    """Whether an operation on two signed integers leaves their bits."""

    def typed(context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.extract_value(getattr(builder, operation)(*arguments), 1)

        return types.boolean(x, x), generate

    return defined(typed, name)


INTEGERS: dict[str, Any] = {
    "add_overflows": _overflows("add_overflows", "sadd_with_overflow"),
    "bits_set": _integer_unary("bits_set", _bits_set),
    "int_floor_divide": _integer_binary("int_floor_divide", _floor_divide),
    "int_fmod": _integer_binary("int_fmod", _remainder),
    "int_gcd": int_gcd,
    "int_lcm": int_lcm,
    "int_mod": _integer_binary("int_mod", _modulo),
    "int_power": int_power,
    "multiply_overflows": _overflows("multiply_overflows", "smul_with_overflow"),
    "shift_left": _integer_binary("shift_left", _shift_left),
    "shift_right": _integer_binary("shift_right", _shift_right),
    "subtract_overflows": _overflows("subtract_overflows", "ssub_with_overflow"),
}
