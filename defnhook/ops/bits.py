"""Bits packed into bytes, and bytes unpacked into bits."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import operand
from defnhook.ops.steps import Shape, leave, step

_WHOLE = "its operand and its result are bits. Differentiate what decides on them instead."


def pack_along(a: Any, *, axis: int, bitorder: Any) -> Any:
    return np.packbits(a, axis, bitorder)


def unpack_along(a: Any, *, axis: int, count: Any, bitorder: Any) -> Any:
    return np.unpackbits(a, axis, count, bitorder)


def _packed_shape(a: Shape, *, axis: int, bitorder: str) -> Shape:
    return (*a[:axis], -(-a[axis] // 8), *a[axis + 1 :])


def _unpacked_shape(a: Shape, *, axis: int, count: int | None, bitorder: str) -> Shape:
    bits = 8 * a[axis]
    extent = bits if count is None else count if count >= 0 else bits + count
    if extent < 0:
        raise ValueError("-count larger than number of elements")
    return (*a[:axis], extent, *a[axis + 1 :])


packed_along = step(
    pack_along,
    _packed_shape,
    _WHOLE,
    parameters=("axis", "bitorder"),
    example=lambda a, *, axis, bitorder: np.zeros_like(a, np.packbits(a, axis, bitorder).dtype, order="A"),
)
unpacked_along = step(
    unpack_along,
    _unpacked_shape,
    _WHOLE,
    parameters=("axis", "count", "bitorder"),
    example=lambda a, *, axis, count, bitorder: np.unpackbits(a, axis, None, bitorder),
)


def _line(a: Any, axis: Any) -> tuple[Any, int]:
    a = operand(a)
    if axis is None:
        return np.ravel(a), 0
    axis = normalize_axis_index(operator.index(axis), max(a.ndim, 1))
    return (a, axis) if a.ndim else (np.ravel(a), 0)


def _packbits(a: Any, /, axis: Any = None, bitorder: Any = "big") -> Any:
    line, axis = _line(a, axis)
    return leave(packed_along, line, axis=axis, bitorder=bitorder)


def _unpackbits(a: Any, /, axis: Any = None, count: Any = None, bitorder: Any = "big") -> Any:
    line, axis = _line(a, axis)
    count = None if count is None else operator.index(count)
    return leave(unpacked_along, line, axis=axis, count=count, bitorder=bitorder)


packbits = Composite(np.packbits, expand=_packbits)
unpackbits = Composite(np.unpackbits, expand=_unpackbits)
