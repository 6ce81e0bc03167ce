"""What the files of this folder ask while they are traced: plain Python about axes, shapes and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.layouts import reading_order

F = TypeVar("F", bound=Callable[..., Any])


def while_traced(function: F) -> F:
    """Let a function run while its caller is traced, as ``defnhook.transform`` does."""
    function.__defn_transform__ = True  # type: ignore[attr-defined]
    return function


@while_traced
def normalized(axis: Any, ndim: int) -> int:
    """An axis counted from the front; raises NumPy's ``AxisError`` where there is none."""
    return normalize_axis_index(axis, ndim)


@while_traced
def memory_order(a: Any) -> tuple[int, ...]:
    """The axes of a traced array from the outermost in memory to the innermost, as results of functions have them."""
    return reading_order(a)


@while_traced
def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    return tuple(order.index(place) for place in range(len(order)))


@while_traced
def broadcast_together(*shapes: tuple[int, ...]) -> bool:
    """Whether arrays of these shapes broadcast to a common one."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


@while_traced
def goes_left(side: Any) -> bool:
    """Whether a search finds the place before equal elements; NumPy tells what is no side."""
    return int(np.searchsorted([0], 0, side)) == 0


@while_traced
def checked_kind(kind: Any, element: Any, among: Any) -> None:
    """Raise what NumPy raises where there is no such kind of search."""
    np.isin(np.zeros(1, element), np.zeros(1, among), kind=kind)


@while_traced
def is_transformed(a: Any) -> bool:
    """Whether a derivative or a map is made of the call: one of a step in NumPy is shorter than one of a search."""
    return bool(a.is_transformed)


@while_traced
def is_argument(a: Any) -> bool:
    """Whether an array is an argument of what is traced or a view of one, so that reading it computes nothing."""
    return bool(a.is_argument)


@while_traced
def is_mapped(a: Any) -> bool:
    """Whether the call is made for many elements at once."""
    return bool(a.is_mapped)


@while_traced
def in_block(a: Any) -> bool:
    """Whether the call stands in a native loop or branch, where no step in NumPy has a place."""
    return bool(a.in_block)
