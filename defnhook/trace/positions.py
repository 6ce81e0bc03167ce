"""Places along an axis: where an index or a slice falls, known while tracing or at run time."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from defnhook.trace import primitives
from defnhook.trace.context import require_current
from defnhook.trace.numbers import choose, from_front, interval_of, misses
from defnhook.trace.sizes import is_run_time, length_between, size_value
from defnhook.trace.storage import Range
from defnhook.trace.tensor import Alias, Tensor

__all__ = ["is_run_time", "placed", "settled", "sliced", "without_source"]


def settled(item: Tensor) -> Any:
    """An integer of an index: a number where arguments alone decide it outside of loops and branches."""
    if item.is_demandable and not require_current().region.inside:
        return operator.index(item)
    if item.node.op.name == "constant":
        return operator.index(item.node.params["value"])
    return item if item.kind == "python" else primitives.host(operator.index, item)


def placed(item: Any, extent: int, axis: int) -> Any:
    """An index as a place counted from 0, checked: a number, or a node where only run time knows it."""
    if isinstance(item, int) and not is_run_time(extent) and -extent <= item < extent:
        return item + extent if item < 0 else item
    number = item if isinstance(item, Tensor) else primitives.constant(item)
    size = size_value(extent)
    _check_place(number, size, axis)
    return _start(number if interval_of(number)[0] >= 0 else from_front(number, size))


def _start(number: Any) -> Any:
    """A place as a number, or as a node."""
    if not isinstance(number, Tensor):
        return number
    node = number.node
    return int(node.params["value"]) if node.op.name == "constant" else node


def _check_place(number: Tensor, size: Any, axis: int) -> None:
    from defnhook.trace.conditions import check
    from defnhook.trace.runtime import greater_equal, less, negative

    low, high = interval_of(number)
    least, _ = interval_of(size)
    message = f"index {{0}} is out of bounds for axis {axis} with size {{1}}"
    if high >= least and low < -least:
        _raise_if(check, misses(number, size), message, number, size)
    elif high >= least:
        _raise_if(check, greater_equal(number, size), message, number, size)
    elif low < -least:
        _raise_if(check, less(number, negative(size)), message, number, size)


def _raise_if(check: Any, test: Any, message: str, number: Any, size: Any) -> None:
    if isinstance(test, Tensor) and test.node.op.name == "constant":
        test = bool(test.node.params["value"])
    if isinstance(test, Tensor):
        check(test, IndexError, message, number, size)
    elif test and require_current().region.inside:
        check(primitives.constant(True), IndexError, message, number, size)
    elif test:
        value = number.node.params["value"] if isinstance(number, Tensor) else number
        raise IndexError(message.format(value, size))


def sliced(item: slice, extent: int) -> Range:
    """Start, step and length of a slice."""
    traced = any(isinstance(part, Tensor) for part in (item.start, item.stop)) or is_run_time(extent)
    if not traced:
        start, stop, step = item.indices(extent)
        length = len(range(start, stop, step))
        return (start if length else 0, step, length)
    return _traced_slice(item, extent)


def _traced_slice(item: slice, extent: int) -> Range:
    """A slice whose bounds or whose axis only run time knows, cut off at the ends as Python does it."""
    if item.start is None and item.stop is None and item.step in (None, 1):
        return (0, 1, extent)
    step = 1 if item.step is None else item.step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    from defnhook.trace.runtime import subtract

    size = size_value(extent)
    least, most = (0, size) if step > 0 else (-1, subtract(size, 1))
    first, last = (least, most) if step > 0 else (most, least)
    start = first if item.start is None else _cut(item.start, size, least, most)
    stop = last if item.stop is None else _cut(item.stop, size, least, most)
    return _range(start, stop, step, extent)


def _range(start: Any, stop: Any, step: int, extent: int) -> Range:
    if not isinstance(start, Tensor) and not isinstance(stop, Tensor):
        length = len(range(start, stop, step))
        return (start if length else 0, step, length)
    return (_start(start), step, length_between(start, stop, step))


def _cut(bound: Any, size: Any, least: Any, most: Any) -> Any:
    """One bound of a slice: counted from the end where negative, and brought between ``least`` and ``most``."""
    from defnhook.trace.runtime import add, less

    low, high = interval_of(bound)
    if low < 0:
        moved = add(bound, size)
        bound = moved if high < 0 else _chosen(less(bound, 0), moved, bound)
    return at_most(at_least(bound, least), most)


def _chosen(test: Any, then: Any, otherwise: Any) -> Any:
    if isinstance(test, Tensor):
        return choose(test, then, otherwise)
    return then if test else otherwise


def at_least(value: Any, bound: Any) -> Any:
    """The greater of two numbers, left out where the bounds say which it is."""
    if interval_of(value)[0] >= interval_of(bound)[1]:
        return value
    return _extreme(max, value, bound)


def at_most(value: Any, bound: Any) -> Any:
    """The lesser of two numbers, left out where the bounds say which it is."""
    if interval_of(value)[1] <= interval_of(bound)[0]:
        return value
    return _extreme(min, value, bound)


def _extreme(function: Any, *values: Any) -> Any:
    if any(isinstance(value, Tensor) for value in values):
        return primitives.host(function, *values)
    return function(*values)


def without_source(alias: Alias, shape: tuple[int, ...]) -> Alias:
    """How a view at a place known only at run time lies in memory."""
    view = alias.view
    strides = view.strides
    return Alias(None, (), as_strided(np.empty(1, view.dtype), shape, strides))
