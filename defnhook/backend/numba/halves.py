"""The bits of float16 and back: one instruction where the processor has it, whole-number arithmetic elsewhere."""

from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

HALF, SINGLE, DOUBLE = ir.HalfType(), ir.FloatType(), ir.DoubleType()
SHORT, LONG = ir.IntType(16), ir.IntType(64)
DROPPED = 2**29 - 1


def _has_conversion() -> bool:
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    return bool(llvmlite.binding.get_host_cpu_features().get("f16c", False))


# -- by instruction


def _narrowed(builder: Any, value: Any) -> Any:
    """A float as a float32 that rounds to the same float16: of the bits a float64 has more, whether one is set."""
    if value.type == SINGLE:
        return value
    bits = builder.bitcast(value, LONG)
    lost = builder.icmp_unsigned("!=", builder.and_(bits, LONG(DROPPED)), LONG(0))
    marked = builder.or_(builder.and_(bits, LONG(~DROPPED)), builder.select(lost, LONG(DROPPED + 1), LONG(0)))
    return builder.fptrunc(builder.bitcast(marked, DOUBLE), SINGLE)


@intrinsic
def narrowed(context: Any, x: Any) -> Any:
    """A float as a float32 that rounds to the same float16."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _narrowed(builder, arguments[0])

    return types.float32(x), generate


@intrinsic
def from_half(context: Any, bits: Any) -> Any:
    """The float16 of 16 bits, as a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fpext(builder.bitcast(arguments[0], HALF), SINGLE)

    return types.float32(types.uint16), generate


@intrinsic
def to_half(context: Any, x: Any) -> Any:
    """The 16 bits of a float rounded to float16."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(builder.fptrunc(_narrowed(builder, arguments[0]), HALF), SHORT)

    return types.uint16(x), generate


@intrinsic
def rounded_half(context: Any, x: Any) -> Any:
    """A float rounded once to float16, as a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fpext(builder.fptrunc(_narrowed(builder, arguments[0]), HALF), SINGLE)

    return types.float32(x), generate


# -- by arithmetic


def widened_bits(bits: Any) -> Any:
    """The float16 of 16 bits as a float32."""
    magnitude = np.uint32(np.uint32(bits & 0x7FFF) << np.uint32(13))
    scaled = np.float32(magnitude.view(np.float32) * np.float32(2.0**112)).view(np.uint32)
    special = np.uint32(magnitude | np.uint32(0x7F800000))
    found = special if magnitude >= np.uint32(0x0F800000) else scaled
    return np.uint32(found | np.uint32(np.uint32(bits & 0x8000) << np.uint32(16))).view(np.float32)


def rounded_bits(x: Any) -> Any:
    """The 16 bits of a float32 rounded to float16: to the nearest, of two to the even."""
    bits = np.float32(x).view(np.uint32)
    magnitude = np.uint32(bits & np.uint32(0x7FFFFFFF))
    small = np.uint32(
        np.float32(magnitude.view(np.float32) + np.float32(0.5)).view(np.uint32) - np.uint32(0x3F000000)
    )
    odd = np.uint32((magnitude >> np.uint32(13)) & np.uint32(1))
    normal = np.uint32(np.uint32(magnitude - np.uint32(0x37FFF001) + odd) >> np.uint32(13))
    found = small if magnitude < np.uint32(0x38800000) else normal
    found = np.uint32(0x7C00) if magnitude >= np.uint32(0x477FF000) else found
    found = np.uint32(0x7E00) if magnitude > np.uint32(0x7F800000) else found
    return np.uint16(found | np.uint32((bits >> np.uint32(16)) & np.uint32(0x8000)))


wide = numba.njit(widened_bits)
short = numba.njit(rounded_bits)


@numba.njit  # type: ignore[untyped-decorator]
def short_of(x: Any) -> Any:
    """The 16 bits of a float rounded to float16."""
    return short(narrowed(x))


@numba.njit  # type: ignore[untyped-decorator]
def rounded(x: Any) -> Any:
    """A float rounded once to float16, as a float32."""
    return wide(short(narrowed(x)))


BY_INSTRUCTION = {"from_half": from_half, "to_half": to_half, "rounded_half": rounded_half}
BY_ARITHMETIC = {"from_half": wide, "to_half": short_of, "rounded_half": rounded}
HALVES = BY_INSTRUCTION if _has_conversion() else BY_ARITHMETIC
