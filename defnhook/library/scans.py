# defn
"""Running sums and products: each element from the one before."""

import numpy as np

from defnhook.library.static import inverse, is_argument, is_transformed, memory_order, normalized


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
        return running_line(np.ravel(a), dtype, combine)
    order = memory_order(a)
    found = np.transpose(a, order).astype(dtype, order="C")
    place = order.index(axis)
    if place == a.ndim - 1:
        write_rows(found.reshape(-1, a.shape[axis]), combine)
    else:
        write_lines(np.moveaxis(found, place, 0), combine)
    return np.transpose(found, inverse(order))


def running_line(line, dtype, combine):
    """Partial results of one axis. An argument is read where it lies; anything else gives its place to the results."""
    if not len(line) or is_transformed(line) or not is_argument(line):
        found = line.astype(dtype)
        write_running(found, found, combine)
    else:
        found = np.empty(len(line), dtype)
        found[0] = line[0]
        write_running(found, line, combine)
    return found


def write_rows(rows, combine):
    """Partial results along the rows of a matrix, of four rows at a time: no sum waits for another row's.

    Two to five rows remain, so that the loop over them is the same for every number of rows.
    """
    together = 0 if is_transformed(rows) or not rows.shape[1] else max((len(rows) - 2) // 4 * 4, 0)
    for row in range(0, together, 4):
        a, b, c, d = [rows[row + k, 0] for k in range(4)]
        for place in range(1, rows.shape[1]):
            a, b = combine(a, rows[row, place]), combine(b, rows[row + 1, place])
            c, d = combine(c, rows[row + 2, place]), combine(d, rows[row + 3, place])
            rows[row, place], rows[row + 1, place] = a, b
            rows[row + 2, place], rows[row + 3, place] = c, d
    for row in range(together, len(rows)):
        write_running(rows[row], rows[row], combine)


def write_lines(lines, combine):
    """Partial results along the first axis of an array, in the place of its elements."""
    for line in range(1, len(lines)):
        lines[line] = combine(lines[line - 1], lines[line])


def write_running(found, line, combine):
    """Partial results of the elements of one axis, of which the first is there."""
    if len(line):
        total = found[0]
        for place in range(1, len(line)):
            total = combine(total, line[place].astype(found.dtype))
            found[place] = total
