"""Basic indexing of traced values: integers, slices, ``...`` and ``None``, as a slice and a reshape."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from defnhook.errors import DefnValueError
from defnhook.graph import RESHAPE, SLICE, ArrayType
from defnhook.trace.layout import tiny, view_of
from defnhook.trace.primitives import make
from defnhook.trace.storage import narrowed
from defnhook.trace.tensor import Tensor, describe, order_of


def getitem(x: Tensor, index: Any) -> Tensor:
    """``x[index]`` for integers, slices, ``...`` and ``None``."""
    if x.kind == "python":
        raise TypeError(f"'{x.type}' object is not subscriptable")
    items = [_index_item(item) for item in (index if isinstance(index, tuple) else (index,))]
    plain = tuple(items)
    result = np.broadcast_to(np.empty((), x.dtype), x.shape)[plain]
    expanded = _expand_ellipsis(items, x.ndim)
    ranges, literal, kept = _ranges(expanded, x.shape)
    lengths = tuple(length for _, _, length in ranges)
    scalar = not isinstance(result, np.ndarray)
    alias = None if scalar else view_of(x, lambda a: a[plain])
    picked = make(
        SLICE, (x,), ArrayType(lengths, x.dtype, "array", x.type.order), None, ranges=ranges, literal=literal
    )
    shape = tuple(np.shape(result))
    kind = "scalar" if scalar else "array"
    order = (
        _kept_order(picked, kept) if scalar or len(shape) == len(kept) else order_of(_tiny_index(x, items))
    )
    type_ = ArrayType(shape, x.dtype, kind, order)  # type: ignore[arg-type]
    view = None
    if x.storage is not None and not scalar:
        axes = _view_axes(expanded, kept)
        view = (x.storage, narrowed(x.levels, x.shape, ranges, literal, axes, type_))
    return make(RESHAPE, (picked,), type_, alias, view)


def place_of(x: Tensor, index: Any) -> Tensor:
    """The part of an array that an assignment to ``x[index]`` replaces, as a view even where it is one element."""
    found = getitem(x, index)
    if found.storage is not None:
        return found
    items = [_index_item(item) for item in (index if isinstance(index, tuple) else (index,))]
    ranges, literal, _ = _ranges(_expand_ellipsis(items, x.ndim), x.shape)
    type_ = ArrayType((), x.dtype)
    return Tensor(found.node, None, (x.storage, narrowed(x.levels, x.shape, ranges, literal, (), type_)))


def _view_axes(items: list[Any], kept: list[int]) -> tuple[int | None, ...]:
    """The axis of the array behind each axis of the view."""
    places = iter(kept)
    return tuple(None if item is None else next(places) for item in items if not isinstance(item, int))


def _tiny_index(x: Tensor, items: list[Any]) -> Any:
    simple = tuple(
        0 if isinstance(item, int) else (slice(None) if isinstance(item, slice) else item) for item in items
    )
    return tiny(x)[simple] if x.size else np.empty(0)


def _kept_order(picked: Tensor, kept: list[int]) -> tuple[int, ...]:
    place = {axis: number for number, axis in enumerate(kept)}
    return tuple(place[axis] for axis in picked.type.order if axis in place)


def _index_item(item: Any) -> Any:
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return slice(
            *[None if part is None else operator.index(part) for part in (item.start, item.stop, item.step)]
        )
    if isinstance(item, Tensor) and item.kind == "python" and item.dtype.kind == "i":
        return operator.index(item)
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


def _expand_ellipsis(items: list[Any], ndim: int) -> list[Any]:
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    fill = [slice(None)] * (ndim - used)
    if Ellipsis in items:
        place = items.index(Ellipsis)
        return [*items[:place], *fill, *items[place + 1 :]]
    return [*items, *fill]


def _ranges(
    items: list[Any], shape: tuple[int, ...]
) -> tuple[tuple[tuple[int, int, int], ...], tuple[tuple[bool, bool], ...], list[int]]:
    """Start, step and length an axis; whether start and length were left to NumPy; the axes that stay."""
    ranges, literal, kept = [], [], []
    axis = 0
    for item in items:
        if item is None:
            continue
        extent = shape[axis]
        if isinstance(item, slice):
            start, stop, step = item.indices(extent)
            length = len(range(start, stop, step))
            ranges.append((start if length else 0, step, length))
            literal.append((item.start is None, item.start is None and item.stop is None))
            kept.append(axis)
        else:
            ranges.append((item + extent if item < 0 else item, 1, 1))
            literal.append((False, False))
        axis += 1
    return tuple(ranges), tuple(literal), kept
