"""Elements taken by their places, and choices between arrays."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.lib.stride_tricks import sliding_window_view as windows_of

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import (
    forbid,
    holds_traced,
    known,
    lifted,
    operand,
    refuse_keyword,
    refuse_out,
    sample,
    traced,
)

MODES = ("raise", "wrap", "clip")


def whole(indices: Any) -> Any:
    """Places as most of NumPy's functions take them: numbers and lists of them are cut off to integers."""
    if not hasattr(indices, "dtype") and not holds_traced(indices):
        return np.asarray(indices, np.intp)
    return safely_whole(indices)


def safely_whole(indices: Any) -> Any:
    """Integers, or what casts safely to them; those known while tracing as an array of NumPy's."""
    found = getattr(indices, "elements", None)
    indices = operand(indices) if found is None else np.asarray(found)
    if not np.can_cast(indices.dtype, np.intp, "safe"):
        raise TypeError(
            f"Cannot cast array data from {indices.dtype!r} to {np.dtype(np.intp)!r} according to the rule 'safe'"
        )
    return indices.astype(np.intp, copy=False)


def check_mode(mode: Any) -> None:
    """Raise for a mode that NumPy lacks."""
    if mode not in MODES:
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


def in_mode(places: Any, extent: int, mode: Any) -> Any:
    """Places made to lie inside an axis, in one of NumPy's modes."""
    check_mode(mode)
    if mode == "wrap":
        return np.remainder(places, extent)
    return np.minimum(np.maximum(places, 0), extent - 1) if mode == "clip" else places


def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    refuse_out(out)
    check_mode(mode)
    places = whole(indices)
    a = lifted(operand(a), places)
    single = not places.ndim
    if single and axis is None and a.ndim > 1 and isinstance(places, np.ndarray | np.generic):
        return _counted(a, in_mode(int(places), a.size, mode))
    if axis is None or (not a.ndim and axis in (0, -1)):
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(operator.index(axis), a.ndim)
    extent = a.shape[axis]
    if not extent and places.size:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    if extent or mode == "raise":
        places = in_mode(places, extent, mode)
    place = int(places) if single and isinstance(places, np.ndarray | np.generic) else places
    found = a[(*(slice(None),) * axis, place)]
    return found.astype(a.dtype, order="C", copy=single) if found.ndim else found


def _counted(a: Any, place: Any) -> Any:
    """The element of an array at a place that is counted in C order, known while tracing."""
    if not a.size:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    if not -a.size <= place < a.size:
        raise IndexError(f"index {place} is out of bounds for size {a.size}")
    return a[tuple(map(int, np.unravel_index(place % a.size, tuple(a.shape))))]


def _open(shape: Sequence[int], place: int, like: Any) -> Any:
    """The places along one axis, to broadcast against those of the others."""
    return np.reshape(np.arange(shape[place], like=like), (-1,) + (1,) * (len(shape) - 1 - place))


def along_axis(a: Any, indices: Any, axis: Any) -> Any:
    """The index that pairs each place along an axis with its own row."""
    axis = normalize_axis_index(axis, a.ndim)
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if a.ndim != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    like = traced(a, indices)
    return tuple(indices if place == axis else _open(a.shape, place, like) for place in range(a.ndim))


def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        if indices.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        arr, axis = np.ravel(arr), 0
    return arr[along_axis(arr, indices, axis)]


take = Composite(np.take, methods=("take",), expand=_take)
take_along_axis = Composite(np.take_along_axis, expand=_take_along_axis)

# -- conditions


def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    refuse_out(out)
    condition, a = operand(condition), operand(a)
    if condition.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    if axis is None or (not a.ndim and axis in (0, -1)):
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(operator.index(axis), a.ndim)
    if is_unknown(condition) and condition.shape[0] == a.shape[axis] and not axis:
        return a[condition != 0]
    return np.take(a, np.flatnonzero(known(condition, "as the elements to keep")), axis)


def is_unknown(value: Any) -> bool:
    """Whether only run time knows the elements."""
    return traced(value) is not None and getattr(value, "elements", None) is None


def _compress_method(a: Any, /, condition: Any, axis: Any = None, out: Any = None) -> Any:
    return _compress(condition, a, axis, out)


def _extract(condition: Any, arr: Any) -> Any:
    condition, a = np.ravel(operand(condition)), np.ravel(operand(arr))
    if is_unknown(condition) and condition.shape == a.shape:
        return a[condition != 0]
    return np.take(a, np.flatnonzero(known(condition, "as the elements to keep")))


compress = Composite(np.compress, expand=_compress)
method_compress = Composite(np.ndarray.compress, methods=("compress",), expand=_compress_method)
extract = Composite(np.extract, expand=_extract)


def _ix_(*args: Any) -> Any:
    found = []
    for place, sequence in enumerate(args):
        new = operand(sequence)
        if new.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if new.dtype.kind == "b":
            new = np.flatnonzero(known(new, "as places of an index"))
        elif not new.size and not hasattr(sequence, "dtype"):
            new = new.astype(np.intp)
        found.append(np.reshape(new, (1,) * place + (-1,) + (1,) * (len(args) - 1 - place)))
    return tuple(found)


ix_ = Composite(np.ix_, expand=_ix_)

# -- one of several arrays at each place


def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    refuse_out(out)
    places = safely_whole(a)
    listed = list(choices) if isinstance(choices, list | tuple) else [*operand(choices)]
    kinds = [np.zeros(1, kind) if isinstance(kind := sample(each), np.dtype) else kind for each in listed]
    dtype = np.choose(np.zeros(1, np.intp), kinds).dtype
    arrays = [operand(each).astype(dtype, copy=False) for each in listed]
    shape = np.broadcast_shapes(*[tuple(each.shape) for each in (places, *arrays)])
    if mode == "raise" and 0 not in shape:
        outside = np.any((places < 0) | (places >= len(listed)))
        forbid(outside, ValueError, "invalid entry in choice array")
    places = in_mode(places, len(listed), mode)
    result = np.where(places == 0, arrays[0], arrays[0])
    for number, each in enumerate(arrays[1:], 1):
        result = np.where(places == number, each, result)
    return result.astype(dtype, order="C", copy=False) if result.ndim else result[()]


def _choose_method(a: Any, /, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    return _choose(a, choices, out, mode)


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    values = [*choicelist, default]
    arrays = [operand(value) for value in values]
    dtype = np.result_type(
        *[v if type(v) in (int, float, complex) else a.dtype for v, a in zip(values, arrays, strict=True)]
    )
    conditions = [operand(condition) for condition in condlist]
    for place, condition in enumerate(conditions):
        if condition.dtype.kind != "b":
            raise TypeError(f"invalid entry {place} in condlist: should be boolean ndarray")
    for choice in arrays[:-1]:
        if not np.can_cast(choice.dtype, dtype, "same_kind"):
            raise TypeError(
                f"Cannot cast array data from {choice.dtype!r} to {dtype!r} according to 'same_kind'"
            )
    shape = np.broadcast_shapes(*[tuple(each.shape) for each in (*conditions, *arrays[:-1])])
    result = np.broadcast_to(arrays[-1].astype(dtype), shape)
    for condition, choice in zip(conditions[::-1], arrays[-2::-1], strict=True):
        result = np.where(condition, choice.astype(dtype), result)
    return result


choose = Composite(np.choose, methods=("choose",), expand=_choose)
select = Composite(np.select, expand=_select)

# -- windows


def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    refuse_keyword("writeable", writeable, (False,), "Write to x itself.")
    x = operand(x)
    if traced(x) is None:
        return windows_of(x, window_shape, axis)
    example = np.broadcast_to(np.empty((), np.bool_), tuple(x.shape))
    shape = windows_of(example, known(window_shape, "as the shape of a window"), axis).shape
    lengths = shape[x.ndim :]
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    for place, length in zip(axes, lengths, strict=True):
        place = normalize_axis_index(operator.index(place), x.ndim)
        count = x.shape[place] - length + 1
        starts = np.reshape(np.arange(count, like=traced(x)), (-1, 1))
        found = x[(*(slice(None),) * place, starts + np.arange(length, like=traced(x)))]
        x = np.moveaxis(found, place + 1, -1)
    return x


sliding_window_view = Composite(windows_of, expand=_sliding_window_view)
