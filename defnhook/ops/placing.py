"""Elements put into an array that is there: the functions that change their first argument."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite
from defnhook.ops.layouts import is_c_contiguous
from defnhook.ops.picking import along_axis, check_mode, in_mode, take, whole
from defnhook.ops.shaping import forbid, operand, sample


def _target(a: Any, name: str) -> None:
    if not hasattr(a, "dtype") or isinstance(a, np.generic):
        raise TypeError(f"{name}: the first argument must be an array, not {type(a).__name__}")


def _coordinates(places: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Where in an array of this shape the elements are, that are counted in C order from 0."""
    found: list[Any] = []
    for extent in shape[::-1]:
        found.insert(0, places % extent)
        places = places // extent
    return tuple(found)


def _cycled(values: Any, count: int) -> Any:
    """So many values, taken round and round."""
    return values if values.size in (1, count) else np.resize(values, (count,))


def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    _target(a, "put")
    check_mode(mode)
    places, values = np.ravel(whole(ind)), np.ravel(operand(v)).astype(a.dtype, copy=False)
    if places.size and not a.size:
        raise IndexError("cannot replace elements of an empty array")
    if not places.size or not values.size:
        return
    size = a.size
    places = in_mode(places, size, mode)
    if mode == "raise":
        outside = np.any((places < -size) | (places >= size))
        forbid(outside, IndexError, f"an index is out of bounds for axis 0 with size {size}")
        places = np.where(places < 0, places + size, places)
    _set_counted(a, places, _cycled(values, places.size))


def _set_counted(a: Any, places: Any, values: Any) -> None:
    """Values put at places that are counted in C order from 0."""
    a = a if a.ndim else np.reshape(a, (1,))
    a[_coordinates(places, a.shape) if a.ndim > 1 else places] = values


def _put_method(a: Any, /, indices: Any, values: Any, mode: Any = "raise") -> None:
    _put(a, indices, values, mode)


def _values(given: Any, a: Any) -> Any:
    """Values in the dtype of the array they are put into; arrays have to fit it."""
    values = operand(given)
    is_array = (
        values is given and not isinstance(given, np.generic) and getattr(given, "kind", "array") == "array"
    )
    if is_array and not np.can_cast(values.dtype, a.dtype, "safe"):
        raise TypeError(
            f"Cannot cast array data from {values.dtype!r} to {a.dtype!r} according to the rule 'safe'"
        )
    return np.ravel(values).astype(a.dtype, copy=False)


def _masked(a: Any, mask: Any, name: str) -> Any:
    mask = operand(mask)
    if mask.size != a.size:
        raise ValueError(f"{name}: mask and data must be the same size")
    return np.reshape(mask, a.shape).astype(np.bool_, copy=False)


def _putmask(a: Any, /, mask: Any, values: Any) -> None:
    _target(a, "putmask")
    mask, values = _masked(a, mask, "putmask"), _values(values, a)
    if values.size and a.size:
        filled = np.reshape(values, ()) if values.size == 1 else np.resize(values, a.shape)
        np.copyto(a, filled, where=mask)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    _target(arr, "place")
    mask, values = _masked(arr, mask, "place"), _values(vals, arr)
    if not values.size:
        forbid(np.any(mask), ValueError, "Cannot insert from an empty array!")
        return
    if values.size > 1:
        number = np.cumsum(np.ravel(mask)) - 1
        values = np.reshape(take.expand(values, number % values.size), arr.shape)
    np.copyto(arr, np.reshape(values, values.shape if arr.ndim else ()), where=mask)


def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    if not hasattr(dst, "dtype") or isinstance(dst, np.generic) or getattr(dst, "kind", "array") != "array":
        raise TypeError("copyto() argument 1 must be numpy.ndarray")
    kind = sample(src)
    example = np.zeros((), kind) if isinstance(kind, np.dtype) else kind
    np.copyto(np.zeros((), dst.dtype), example, casting=casting)
    if where is True:
        dst[...] = operand(src) if isinstance(src, list | tuple) else src
        return
    mask = operand(where)
    if mask.dtype.kind != "b":
        raise TypeError(
            f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule 'safe'"
        )
    source = operand(src).astype(dst.dtype, copy=False)
    if np.broadcast_shapes(tuple(dst.shape), tuple(source.shape)) != tuple(dst.shape):
        raise ValueError(f"could not broadcast input array from shape {source.shape} into shape {dst.shape}")
    dst[...] = np.where(np.broadcast_to(mask, dst.shape), source, dst)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    _target(arr, "put_along_axis")
    if axis is not None:
        arr[along_axis(arr, indices, axis)] = values
        return
    if indices.ndim != 1:
        raise ValueError("when axis=None, `indices` must have a single dimension.")
    if not is_c_contiguous(arr):
        raise ValueError("assignment destination is read-only")
    size = arr.size
    outside = np.any((indices < -size) | (indices >= size))
    forbid(outside, IndexError, f"an index is out of bounds for size {size}")
    _set_counted(arr, np.where(indices < 0, indices + size, indices), values)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    extents = [operator.index(extent) for extent in a.shape]
    step = extents[1] + 1 if a.ndim == 2 else sum(extents[0] ** power for power in range(a.ndim))
    end = extents[1] * extents[1] if a.ndim == 2 and not wrap else a.size
    places = np.arange(min(end, a.size))[::step]
    values = np.ravel(operand(val))
    if not places.size:
        return
    if not values.size:
        raise ValueError("Error setting single item of array.")
    a[tuple(np.unravel_index(places, extents))] = np.resize(values, places.shape)


copyto = Composite(np.copyto, expand=_copyto)
put = Composite(np.put, expand=_put)
method_put = Composite(np.ndarray.put, methods=("put",), expand=_put_method)
putmask = Composite(np.putmask, expand=_putmask)
place = Composite(np.place, expand=_place)
put_along_axis = Composite(np.put_along_axis, expand=_put_along_axis)
fill_diagonal = Composite(np.fill_diagonal, expand=_fill_diagonal)
