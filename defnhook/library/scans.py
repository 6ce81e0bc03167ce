# defn
"""Running sums and products: each element from the one before."""

import numpy as np

from defnhook.library.static import inverse, memory_order, normalized


def cumsum(a, axis=None, dtype=None, out=None):
    a = np.asarray(a)
    return running(a, axis, np.sum(a, dtype=dtype).dtype, np.add)


def cumprod(a, axis=None, dtype=None, out=None):
    a = np.asarray(a)
    return running(a, axis, np.prod(a, dtype=dtype).dtype, np.multiply)


def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    x = np.asarray(x)
    return cumulative(x, axis, include_initial, np.sum(x, dtype=dtype).dtype, np.add, 0)


def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    x = np.asarray(x)
    return cumulative(x, axis, include_initial, np.prod(x, dtype=dtype).dtype, np.multiply, 1)


def cumulative(x, axis, include_initial, dtype, combine, initial):
    x = np.atleast_1d(x)
    if axis is None:
        if x.ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        axis = 0
    found = running(x, axis, dtype, combine)
    if not include_initial:
        return found
    shape = [1 if place == axis % x.ndim else extent for place, extent in enumerate(x.shape)]
    return np.concatenate([np.full(shape, initial, dtype), found], axis=axis)


def running(a, axis, dtype, combine):
    """Every partial result along an axis, or along all of them in C order where ``axis`` is None."""
    if axis is not None:
        axis = normalized(axis, max(a.ndim, 1))
    if axis is None or a.ndim <= 1:
        row = np.ravel(a).astype(dtype)
        write_running(row, combine)
        return row
    order = memory_order(a)
    found = np.transpose(a, order).astype(dtype, order="C")
    place = order.index(axis)
    if place == a.ndim - 1:
        rows = found.reshape(-1, a.shape[axis])
        for row in range(len(rows)):
            write_running(rows[row], combine)
    else:
        lines = np.moveaxis(found, place, 0)
        for line in range(1, len(lines)):
            lines[line] = combine(lines[line - 1], lines[line])
    return np.transpose(found, inverse(order))


def write_running(row, combine):
    """Partial results in the place of the elements of one axis."""
    if len(row):
        total = row[0]
        for place in range(1, len(row)):
            total = combine(total, row[place])
            row[place] = total
