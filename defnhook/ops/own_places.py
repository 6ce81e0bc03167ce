# defn
"""Functions that NumPy lacks: parts of arrays at places known only at run time, and padding with gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Written
from defnhook.ops.own_static import (
    axis_of,
    checked_coordinates,
    checked_fits,
    checked_starts,
    checked_whole,
    common_dtype,
    cut,
    is_static,
    pad_config,
    padded_shape,
    padding_places,
    spread_places,
)


def pad(x: Any, value: Any, padding: Any) -> Any:
    """Put a value around the elements and between them; negative margins cut elements off.

    Parameters
    ----------
    x
        An array.
    value
        One number, which is converted to the dtype of ``x``.
    padding
        For each axis ``(low, high, interior)``: how many are put before it, after it, and between two elements.
        ``low`` and ``high`` may be negative; all are known while tracing.

    Returns
    -------
    padded
        A new array of the dtype of ``x``; ``low + n + (n - 1) * interior + high`` long along an axis of ``n``.

    Raises
    ------
    TypeError, ValueError
        Where ``padding`` has not three integers for each axis, or ``interior`` is negative.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.pad([1, 2, 3], 0, [(-1, 2, 1)]).tolist()
    [0, 2, 0, 3, 0, 0]
    """
    x = np.asarray(x)
    config = pad_config(padding, x.ndim)
    there, here = padding_places(x.shape, config)
    padded = np.full(padded_shape(x.shape, config), value, x.dtype)
    padded[there] = x[here]
    return padded


def slice_along_axis(x: Any, start: Any, length: int, axis: int = 0, stride: int = 1) -> Any:
    """``length`` elements along an axis from ``start`` on, which may be known only at run time.

    Parameters
    ----------
    x
        An array of at least one axis.
    start
        An integer. It is moved so far that all elements lie in the array.
    length
        How many places of the axis are covered, known while tracing.
    axis
        The axis.
    stride
        Every how many places one element is taken.

    Returns
    -------
    part
        A new array, ``ceil(length / stride)`` long along the axis.

    Raises
    ------
    TypeError, ValueError
        Where ``length`` is more than the axis has, or ``stride`` is not at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.slice_along_axis(np.arange(10), 8, 4).tolist()
    [6, 7, 8, 9]
    """
    x = np.asarray(x)
    place = axis_of(axis, x.ndim)
    length, stride = checked_whole("length", length, 0), checked_whole("stride", stride, 1)
    checked_fits("length", length, x.shape[place])
    last = x.shape[place] - length
    if is_static(start):
        first = min(max(int(start), 0), last)
        return x[cut(x.ndim, place, slice(first, first + length, stride))].copy()
    first = np.minimum(np.maximum(start, 0), last)
    return np.take(x, first + np.arange(0, length, stride), axis=place)


def put_slice(x: Any, start_indices: Any, values: Any) -> Any:
    """A copy of an array with a block of other values in it.

    Parameters
    ----------
    x
        An array.
    start_indices
        An integer for each axis: where the block begins. Each is moved so far that the block lies in the array.
    values
        The block: as many axes as ``x``, none longer.

    Returns
    -------
    changed
        A new array of the shape of ``x``, and the dtype to which ``x`` and ``values`` promote.

    Raises
    ------
    ValueError
        Where there is not one index for each axis, or the block is larger than the array.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.put_slice(np.zeros(5), [9], [1.0, 2.0]).tolist()
    [0.0, 0.0, 0.0, 1.0, 2.0]
    """
    x, values = np.asarray(x), np.asarray(values)
    checked_starts(start_indices, x.shape, values.shape)
    changed = x.astype(common_dtype(x, values))
    places = [
        np.minimum(np.maximum(start_indices[axis], 0), x.shape[axis] - values.shape[axis])
        + spread_places(values.shape, axis)
        for axis in range(x.ndim)
    ]
    changed[tuple(places)] = values
    return changed


def coordinates(x: Any, indices: Any) -> Any:
    """The indices along each of the first axes, from the last axis of an array of places."""
    indices = np.asarray(indices)
    checked_coordinates(indices.shape, indices.dtype, x.ndim)
    return tuple(indices[..., place] for place in range(indices.shape[-1]))


def indexed_add(x: Any, indices: Any, updates: Any) -> Any:
    """A copy of an array with numbers added at some places, each as often as its place is given.

    Parameters
    ----------
    x
        An array.
    indices
        Integers, ``(..., k)``: along the last axis the indices of one place along the first ``k`` axes of ``x``.
    updates
        What is added: it broadcasts to ``x[indices[..., 0], indices[..., 1], ...]``.

    Returns
    -------
    changed
        A new array of the shape of ``x``, and the dtype to which ``x`` and ``updates`` promote.

    Raises
    ------
    TypeError, ValueError, IndexError
        Where ``indices`` are no integers, or too many for a place, or one is out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.indexed_add(np.zeros(3), [[1], [1], [2]], [1.0, 2.0, 4.0]).tolist()
    [0.0, 3.0, 4.0]
    """
    x, updates = np.asarray(x), np.asarray(updates)
    places = coordinates(x, indices)
    changed = x.astype(common_dtype(x, updates))
    np.add.at(changed, places, updates)
    return changed


def indexed_put(x: Any, indices: Any, updates: Any) -> Any:
    """A copy of an array with other elements at some places; of several for one place the last one stays.

    Parameters
    ----------
    x
        An array.
    indices
        Integers, ``(..., k)``: along the last axis the indices of one place along the first ``k`` axes of ``x``.
    updates
        What is put there: it broadcasts to ``x[indices[..., 0], indices[..., 1], ...]``.

    Returns
    -------
    changed
        A new array of the shape of ``x``, and the dtype to which ``x`` and ``updates`` promote.

    Raises
    ------
    TypeError, ValueError, IndexError
        Where ``indices`` are no integers, or too many for a place, or one is out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.indexed_put(np.zeros((2, 2)), [[0, 1], [1, 0]], [5.0, 6.0]).tolist()
    [[0.0, 5.0], [6.0, 0.0]]
    """
    x, updates = np.asarray(x), np.asarray(updates)
    places = coordinates(x, indices)
    changed = x.astype(common_dtype(x, updates))
    changed[places] = updates
    return changed


_FILE = "ops/own_places"
PAD = Written(pad, source=f"{_FILE}.pad")
SLICE_ALONG_AXIS = Written(slice_along_axis, source=f"{_FILE}.slice_along_axis")
PUT_SLICE = Written(put_slice, source=f"{_FILE}.put_slice")
INDEXED_ADD = Written(indexed_add, source=f"{_FILE}.indexed_add")
INDEXED_PUT = Written(indexed_put, source=f"{_FILE}.indexed_put")
