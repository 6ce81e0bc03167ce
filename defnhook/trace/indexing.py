"""Basic indexing of traced values: integers, slices, ``...`` and ``None``, as a slice and a reshape."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.errors import DefnValueError
from defnhook.graph import RESHAPE, ArrayType
from defnhook.trace import positions
from defnhook.trace.layout import tiny, view_of
from defnhook.trace.primitives import cast, make
from defnhook.trace.storage import Literal, Range, narrowed, window_of
from defnhook.trace.tensor import Tensor, describe, order_of


@dataclass(frozen=True, slots=True)
class Located:
    """The part of an array that an index means.

    ``ranges`` gives start, step and length an axis, ``literal`` whether start and length were left to NumPy, ``axes``
    the axis of the array behind each axis of the part, None for a new one.
    """

    items: tuple[Any, ...]
    ranges: tuple[Range, ...]
    literal: tuple[Literal, ...]
    axes: tuple[int | None, ...]
    is_element: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(1 if axis is None else self.ranges[axis][2] for axis in self.axes)

    @property
    def is_static(self) -> bool:
        """Whether the part is known while tracing."""
        return not any(map(_is_traced, self.items))


def getitem(x: Tensor, index: Any) -> Tensor:
    """``x[index]`` for integers, slices, ``...`` and ``None``."""
    if x.kind == "python":
        raise TypeError(f"'{x.type}' object is not subscriptable")
    found = locate(x, index)
    picked = _window(x, found)
    kept = [axis for axis in found.axes if axis is not None]
    plain = len(found.axes) == len(kept)
    order = _kept_order(picked, kept) if plain else order_of(_tiny_index(x, found.items))
    type_ = ArrayType(found.shape, x.dtype, "scalar" if found.is_element else "array", order)
    view = None if found.is_element or x.storage is None else (x.storage, _levels(x, found, type_))
    alias = None if found.is_element else _alias(x, found)
    result = make(RESHAPE, (picked,), type_, alias, view)
    return cast(result, x.dtype, copy=True) if not found.is_element and _holds_array(index) else result


def _holds_array(index: Any) -> bool:
    """Whether one of the integers of an index is an array without axes, by which NumPy selects a copy."""
    items = index if isinstance(index, tuple) else (index,)
    return any(
        isinstance(item, Tensor | np.ndarray) and getattr(item, "kind", "array") == "array" for item in items
    )


def _window(x: Tensor, found: Located) -> Tensor:
    """The slice alone, with all axes."""
    return Tensor(window_of(x.node, found.ranges, found.literal, whole_too=True))


def place_of(x: Tensor, index: Any) -> Tensor:
    """The part of an array that an assignment to ``x[index]`` replaces, as a view even where it is one element."""
    found = locate(x, index)
    if not found.is_element:
        return _view(x, found)
    type_ = ArrayType((), x.dtype)
    node = window_of(x.node, found.ranges, found.literal)
    element = make(RESHAPE, (Tensor(node),), type_).node
    return Tensor(element, None, (x.storage, _levels(x, found, type_)))


def _view(x: Tensor, found: Located) -> Tensor:
    picked = _window(x, found)
    type_ = ArrayType(found.shape, x.dtype, "array")
    return make(RESHAPE, (picked,), type_, None, (x.storage, _levels(x, found, type_)))


def _levels(x: Tensor, found: Located, type_: ArrayType) -> Any:
    return narrowed(x.levels, x.shape, found.ranges, found.literal, found.axes, type_)


def _alias(x: Tensor, found: Located) -> Any:
    """The view of an argument; one whose place is known only at run time has its strides alone."""
    if found.is_static and not any(map(positions.is_run_time, found.shape)):
        return view_of(x, lambda a: a[found.items])
    alias = view_of(x, lambda a: a[_anywhere(found.items)])
    return None if alias is None else positions.without_source(alias, found.shape)


def _anywhere(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index of the same sort that is known while tracing."""
    return tuple(
        0 if isinstance(item, Tensor | int) else slice(None) if isinstance(item, slice) else item
        for item in items
    )


def locate(x: Tensor, index: Any) -> Located:
    """What an index means for an array; raises what NumPy raises."""
    items = [_index_item(item) for item in (index if isinstance(index, tuple) else (index,))]
    traced = any(map(_is_traced, items))
    is_element = (
        bool(items) and all(isinstance(item, int | Tensor) for item in items) and len(items) == x.ndim
    )
    if not traced and not any(map(positions.is_run_time, x.shape)):
        is_element = not isinstance(np.broadcast_to(np.empty((), x.dtype), x.shape)[tuple(items)], np.ndarray)
    expanded = _expand_ellipsis(items, x.ndim)
    ranges, literal, kept = _ranges(expanded, x.shape)
    return Located(tuple(items), ranges, literal, _view_axes(expanded, kept), is_element)


def _is_traced(item: Any) -> bool:
    if isinstance(item, slice):
        return any(isinstance(part, Tensor) for part in (item.start, item.stop, item.step))
    return isinstance(item, Tensor)


def _view_axes(items: list[Any], kept: list[int]) -> tuple[int | None, ...]:
    """The axis of the array behind each axis of the view."""
    places = iter(kept)
    return tuple(
        None if item is None else next(places) for item in items if not isinstance(item, int | Tensor)
    )


def _tiny_index(x: Tensor, items: tuple[Any, ...]) -> Any:
    return tiny(x)[_anywhere(items)] if x.type.size else np.empty(0)


def _kept_order(picked: Tensor, kept: list[int]) -> tuple[int, ...]:
    place = {axis: number for number, axis in enumerate(kept)}
    return tuple(place[axis] for axis in picked.type.order if axis in place)


def _index_item(item: Any) -> Any:
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        start, stop = (None if part is None else _number(part) for part in (item.start, item.stop))
        return slice(start, stop, None if item.step is None else operator.index(item.step))
    if isinstance(item, Tensor) and not item.ndim and item.dtype.kind in "iu":
        return _number(item)
    if isinstance(item, int | np.integer) and not isinstance(item, bool):
        return operator.index(item)
    if not isinstance(item, Tensor | np.ndarray | list | bool | np.bool_):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays "
            "are valid indices"
        )
    raise DefnValueError(
        f"an index may hold integers, slices, ... and None; this one holds {describe(item)}. "
        "Select with np.where(mask, x, 0), or index outside the marked function."
    )


def _number(item: Any) -> Any:
    """An integer of an index: static where the arguments alone decide it outside of loops and branches."""
    if not isinstance(item, Tensor):
        return operator.index(item)
    if item.dtype.kind not in "iu" or item.ndim:
        return operator.index(item)
    return positions.settled(item)


def _expand_ellipsis(items: list[Any], ndim: int) -> list[Any]:
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    fill = [slice(None)] * (ndim - used)
    places = [place for place, item in enumerate(items) if item is Ellipsis]
    if places:
        return [*items[: places[0]], *fill, *items[places[0] + 1 :]]
    return [*items, *fill]


def _ranges(
    items: list[Any], shape: tuple[int, ...]
) -> tuple[tuple[Range, ...], tuple[Literal, ...], list[int]]:
    """Start, step and length an axis; whether start and length were left to NumPy; the axes that stay."""
    ranges: list[Range] = []
    literal: list[Literal] = []
    kept = []
    axis = 0
    for item in items:
        if item is None:
            continue
        if isinstance(item, slice):
            ranges.append(positions.sliced(item, shape[axis]))
            literal.append((item.start is None, item.start is None and item.stop is None))
            kept.append(axis)
        else:
            ranges.append((positions.placed(item, shape[axis], axis), 1, 1))
            literal.append((False, False))
        axis += 1
    return tuple(ranges), tuple(literal), kept
