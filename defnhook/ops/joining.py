"""Arrays put together, taken apart and repeated."""

from __future__ import annotations

import math
import operator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.kinds import Composite
from defnhook.ops.layouts import is_fortran
from defnhook.ops.shaping import as_array, known, operand, traced

# -- axes


def _atleast_3d(*arrays: Any) -> Any:
    results = tuple(_in_depth(operand(a)) for a in arrays)
    return results[0] if len(results) == 1 else results


def _in_depth(a: Any) -> Any:
    """With an axis of length 1 behind, and one before where there is only one."""
    shape = tuple(a.shape)
    return a if a.ndim >= 3 else np.reshape(a, ((1, 1, 1), (1, *shape, 1), (*shape, 1))[a.ndim])


def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    start = operator.index(start)
    axis = normalize_axis_index(axis, a.ndim)
    place = start + a.ndim if start < 0 else start
    if not 0 <= place <= a.ndim:
        raise np.exceptions.AxisError(
            f"'start' arg requires {-a.ndim} <= start < {a.ndim + 1}, but {start} was passed in"
        )
    place -= axis < place
    if place == axis:
        return a[...]
    axes = [each for each in range(a.ndim) if each != axis]
    axes.insert(place, axis)
    return np.transpose(a, axes)


def _rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    m, axes, k = operand(m), tuple(axes), operator.index(k) % 4
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    if axes[0] == axes[1] or abs(axes[0] - axes[1]) == m.ndim:
        raise ValueError("Axes must be different.")
    if any(not -m.ndim <= axis < m.ndim for axis in axes):
        raise ValueError(f"Axes={axes} out of range for array of ndim={m.ndim}.")
    if k == 0:
        return m[:]
    if k == 2:
        return np.flip(np.flip(m, axes[0]), axes[1])
    return np.swapaxes(np.flip(m, axes[1]), *axes) if k == 1 else np.flip(np.swapaxes(m, *axes), axes[1])


def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    arrays = tuple(as_array(a) for a in args)
    shape = np.broadcast_shapes(*[tuple(a.shape) for a in arrays])
    return tuple(a if tuple(a.shape) == shape else np.broadcast_to(a, shape) for a in arrays)


atleast_3d = Composite(np.atleast_3d, expand=_atleast_3d)
rollaxis = Composite(np.rollaxis, expand=_rollaxis)
rot90 = Composite(np.rot90, expand=_rot90)
broadcast_arrays = Composite(np.broadcast_arrays, expand=_broadcast_arrays)

# -- joining


def _dstack(tup: Any) -> Any:
    return np.concatenate([_in_depth(operand(a)) for a in tup], axis=2)


def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    arr, values = operand(arr), operand(values)
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)), axis=0)
    return np.concatenate((arr, values), axis=axis)


def _depth(arrays: Any, path: str = "arrays") -> int:
    """How deep lists of blocks are nested."""
    if isinstance(arrays, tuple):
        raise TypeError(f"{path} is a tuple. Only lists can be used to arrange blocks.")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError(f"List at {path} cannot be empty")
    depths = {_depth(item, f"{path}[{place}]") for place, item in enumerate(arrays)}
    if len(depths) > 1:
        raise ValueError(f"List depths are mismatched under {path}.")
    return 1 + depths.pop()


def _leaves(arrays: Any) -> list[Any]:
    return (
        [leaf for item in arrays for leaf in _leaves(item)] if isinstance(arrays, list) else [operand(arrays)]
    )


def _blocks(arrays: Any, ndim: int, axis: int) -> Any:
    if not isinstance(arrays, list):
        a = operand(arrays)
        return np.reshape(a, (1,) * (ndim - a.ndim) + tuple(a.shape))
    return np.concatenate([_blocks(item, ndim, axis + 1) for item in arrays], axis=axis)


def _block(arrays: Any) -> Any:
    depth = _depth(arrays)
    ndim = max(depth, *(leaf.ndim for leaf in _leaves(arrays)))
    return _blocks(arrays, ndim, ndim - depth) if depth else np.copy(as_array(arrays), "C")


dstack = Composite(np.dstack, expand=_dstack)
append = Composite(np.append, expand=_append)
block = Composite(np.block, expand=_block)

# -- splitting


def _cuts(sections: Any, extent: Any) -> list[Any]:
    """Where the parts begin and end."""
    sections = known(sections, "as the places to split at")
    if hasattr(sections, "__len__"):
        return [0, *sections, extent]
    count = operator.index(sections) if not isinstance(sections, float) else int(sections)
    if count <= 0:
        raise ValueError("number sections must be larger than 0.")
    each, more = divmod(extent, count)
    return [place * each + min(place, more) for place in range(count + 1)]


def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    extent = ary.shape[axis] if hasattr(ary, "shape") else len(ary)
    a, cuts = operand(ary), _cuts(indices_or_sections, extent)
    before = (slice(None),) * normalize_axis_index(operator.index(axis), a.ndim)
    return [a[(*before, slice(start, stop))] for start, stop in pairwise(cuts)]


def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    if not hasattr(indices_or_sections, "__len__") and ary.shape[axis] % operator.index(indices_or_sections):
        raise ValueError("array split does not result in an equal division")
    return _array_split(ary, indices_or_sections, axis)


def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    if not operand(ary).ndim:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return _split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if operand(ary).ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return _split(ary, indices_or_sections, 0)


def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if operand(ary).ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return _split(ary, indices_or_sections, 2)


def _unstack(x: Any, /, *, axis: Any = 0) -> Any:
    if not x.ndim:
        raise ValueError("Input array must be at least 1-d.")
    x = np.moveaxis(x, axis, 0)
    return tuple(x[place, ...] if x.ndim > 1 else x[place] for place in range(x.shape[0]))


array_split = Composite(np.array_split, expand=_array_split)
split = Composite(np.split, expand=_split)
hsplit = Composite(np.hsplit, expand=_hsplit)
vsplit = Composite(np.vsplit, expand=_vsplit)
dsplit = Composite(np.dsplit, expand=_dsplit)
if hasattr(np, "unstack"):  # from NumPy 2.1 on
    unstack = Composite(np.unstack, expand=_unstack)

# -- repeating


def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    a, counts = operand(a), known(repeats, "as numbers of repetitions")
    if axis is None or (not a.ndim and axis in (0, -1)):
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(operator.index(axis), a.ndim)
    n = a.shape[axis]
    if np.size(counts) != 1:
        return np.take(a, np.repeat(np.arange(n), counts), axis)
    count = len(np.repeat(np.zeros(min(n, 1)), counts))
    shape = tuple(a.shape)
    spread = np.broadcast_to(np.expand_dims(a, axis + 1), (*shape[: axis + 1], count, *shape[axis + 1 :]))
    return np.reshape(spread.copy(), (*shape[:axis], n * count, *shape[axis + 1 :]))


_FEW = 4  # So many slices or copies are put together one by one.


def _tile(A: Any, reps: Any) -> Any:
    a, reps = operand(A), known(reps, "as numbers of repetitions")
    counts = tuple(reps) if hasattr(reps, "__len__") else (reps,)
    ndim = max(len(counts), a.ndim)
    counts = (1,) * (ndim - len(counts)) + tuple(map(operator.index, counts))
    shape = (1,) * (ndim - a.ndim) + tuple(a.shape)
    if all(count == 1 for count in counts):
        return np.reshape(np.copy(as_array(a)), shape)
    if 0 in shape:
        return np.zeros_like(a, shape=tuple(n * count for n, count in zip(shape, counts, strict=True)))
    if min(counts) < 0:
        raise ValueError("negative dimensions are not allowed")
    a = np.reshape(a, shape)
    if ndim == 1 and 0 < counts[0] <= _FEW:
        return np.concatenate([a] * counts[0])
    pairs = tuple(zip(counts, shape, strict=True))
    single = np.reshape(a, tuple(extent for n in shape for extent in (1, n)))
    spread = np.broadcast_to(single, tuple(extent for pair in pairs for extent in pair))
    return np.reshape(spread.copy(), tuple(count * n for count, n in pairs))


def _resize(a: Any, new_shape: Any) -> Any:
    extents = new_shape if isinstance(new_shape, tuple | list) else (new_shape,)
    shape = tuple(map(operator.index, extents))
    a = np.ravel(operand(a))
    if any(extent < 0 for extent in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    size = math.prod(shape)
    if not a.size or not size:
        return np.zeros_like(a, shape=shape)
    if size > a.size * _FEW:
        return np.reshape(np.take(a, np.arange(size, like=traced(a)) % a.size), shape)
    whole, rest = divmod(size, a.size)
    return np.reshape(np.concatenate([*[a] * whole, a[:rest]]), shape)


repeat = Composite(np.repeat, methods=("repeat",), expand=_repeat)
tile = Composite(np.tile, expand=_tile)
resize = Composite(np.resize, expand=_resize)

# -- elements taken out and put in between


def _on_axis(arr: Any, axis: Any) -> tuple[Any, int]:
    """The array and the axis that is meant: of all elements in a row where none is given."""
    a = operand(arr)
    if axis is None:
        return np.ravel(a), 0
    return a, normalize_axis_index(operator.index(axis), a.ndim)


def _edited(a: Any, original: Any) -> Any:
    """In the memory order of what NumPy makes of an array with other elements along an axis."""
    return a.astype(a.dtype, order="F" if is_fortran(original) else "C", copy=False)


def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    a, place = _on_axis(arr, axis)
    obj = known(obj, "as places to delete")
    kept = np.delete(np.arange(a.shape[place]), obj)
    if isinstance(obj, slice) or (np.size(obj) == 1 and np.asarray(obj).dtype.kind != "b"):
        return _edited(_picked(a, kept, place), a)
    return a[(*(slice(None),) * place, kept)]


def _picked(a: Any, places: Any, axis: int) -> Any:
    """The elements at some places of an axis: as slices where few are enough."""
    before = (slice(None),) * axis
    starts = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
    if len(starts) > _FEW + 1:
        return np.take(a, places, axis)
    runs = [(places[i:j][0], j - i) for i, j in pairwise(starts) if j > i]
    slices = [a[(*before, slice(int(start), int(start) + length))] for start, length in runs]
    return np.concatenate(slices or [a[(*before, slice(0, 0))]], axis=axis)


def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    a, axis = _on_axis(arr, axis)
    obj = known(obj, "as places to insert at")
    row = np.insert(np.arange(a.shape[axis]), obj, _NEW)
    places = np.asarray(range(a.shape[axis])[obj] if isinstance(obj, slice) else obj)
    if places.dtype.kind == "b" and places.ndim:
        places = np.flatnonzero(places)
    values = operand(values)
    if places.size != 1:
        new = _new_elements(a, values, axis, places.size)
        row[row == _NEW] = a.shape[axis] + np.argsort(np.argsort(places, kind="stable"))
        return _edited(np.take(np.concatenate([a, new], axis=axis), row, axis), a)
    values = np.reshape(values, (1,) * (a.ndim - values.ndim) + tuple(values.shape))
    values = values if places.ndim else np.moveaxis(values, 0, axis)
    before, at = (slice(None),) * axis, int(np.flatnonzero(row == _NEW)[0])
    new = _new_elements(a, values, axis, values.shape[axis])
    return _edited(np.concatenate([a[(*before, slice(0, at))], new, a[(*before, slice(at, None))]], axis), a)


def _new_elements(a: Any, values: Any, axis: int, count: int) -> Any:
    """What is put in between, as long as ``count`` along the axis."""
    shape = (*a.shape[:axis], count, *a.shape[axis + 1 :])
    return np.broadcast_to(values.astype(a.dtype), shape)


_NEW = -1

delete = Composite(np.delete, expand=_delete)
insert = Composite(np.insert, expand=_insert)
