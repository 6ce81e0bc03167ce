# defn
"""Functions that NumPy lacks: what a window sees as it moves over an array, and convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Written
from defnhook.ops.own_places import pad
from defnhook.ops.own_static import (
    checked_callable,
    checked_kernel,
    checked_kinds,
    checked_reach,
    common_dtype,
    conv_shapes,
    cut,
    doublings,
    for_each,
    highest,
    lowest,
    margins,
    mean_dtype,
    offsets,
    product,
    spans,
    steps,
    total_dtype,
    window_sizes,
)


def window_sum(x: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """The sum of what a window sees at each of its places.

    Parameters
    ----------
    x
        Numbers, of any shape.
    window
        How many elements the window has along each axis: one integer for all, or one for each.
    strides
        How far it moves along each axis, likewise.
    padding
        ``"valid"`` (windows that lie within the array), ``"same"`` (``ceil(n / stride)`` windows along an axis of
        ``n``), or for each axis a pair: how many 0 are put before it and after it.
    dilation
        How far the elements of the window are apart, likewise.

    Returns
    -------
    sums
        One element for each window; of the dtype that ``np.sum`` gives.

    Raises
    ------
    TypeError, ValueError
        Where one of these is no integer, less than 1, or not as many as there are axes.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.window_sum(np.arange(6), 3, strides=2, padding="same").tolist()
    [3, 9, 9]
    """
    x = np.asarray(x)
    dtype = total_dtype(x.dtype)
    return in_windows(x.astype(dtype, copy=False), dtype.type(0), np.add, window, strides, padding, dilation)


def window_prod(x: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """The product of what a window sees at each of its places; parameters as for ``window_sum``, padded with 1.

    Returns
    -------
    products
        One element for each window; of the dtype that ``np.prod`` gives.

    Raises
    ------
    TypeError, ValueError
        As ``window_sum`` raises.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.window_prod([1, 2, 3, 4], 2).tolist()
    [2, 6, 12]
    """
    x = np.asarray(x)
    dtype = total_dtype(x.dtype)
    return in_windows(
        x.astype(dtype, copy=False), dtype.type(1), np.multiply, window, strides, padding, dilation
    )


def window_max(x: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """The largest of what a window sees at each of its places; parameters as for ``window_sum``.

    Returns
    -------
    maxima
        One element for each window, of the dtype of ``x``; NaN where the window sees one. The padding is never
        greater than an element.

    Raises
    ------
    TypeError, ValueError
        As ``window_sum`` raises; where ``x`` does not hold real numbers.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.window_max([3, 1, 2, 5], 2, strides=2).tolist()
    [3, 5]
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    return in_windows(x, lowest(x.dtype), np.maximum, window, strides, padding, dilation)


def window_min(x: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """The smallest of what a window sees at each of its places; parameters as for ``window_sum``.

    Returns
    -------
    minima
        One element for each window, of the dtype of ``x``; NaN where the window sees one. The padding is never
        less than an element.

    Raises
    ------
    TypeError, ValueError
        As ``window_sum`` raises; where ``x`` does not hold real numbers.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.window_min([3, 1, 2, 5], 2, strides=2).tolist()
    [1, 2]
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    return in_windows(x, highest(x.dtype), np.minimum, window, strides, padding, dilation)


def window_mean(x: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """The sum of what a window sees, divided by its size, the padding included; parameters as for ``window_sum``.

    Returns
    -------
    means
        One element for each window; of the dtype that ``np.mean`` gives.

    Raises
    ------
    TypeError, ValueError
        As ``window_sum`` raises.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.window_mean([1.0, 3.0, 5.0], 2).tolist()
    [2.0, 4.0]
    """
    x = np.asarray(x)
    dtype = mean_dtype(x.dtype)
    total = window_sum(x.astype(dtype, copy=False), window, strides, padding, dilation)
    return total / dtype.type(product(for_each("window", window, x.ndim)))


def in_windows(
    x: Any, neutral: Any, combine: Any, window: Any, strides: Any, padding: Any, dilation: Any
) -> Any:
    """Fold the windows along one axis after the other, each out of windows of half the size."""
    sizes, moves, gaps = window_sizes(window, strides, dilation, x.ndim)
    edges = margins(padding, x.shape, spans(sizes, gaps), moves)
    found = pad(x, neutral, edges)
    checked_reach("window", spans(sizes, gaps), found.shape)
    for axis in range(x.ndim):
        alone = found
        for offset, alike in doublings(sizes[axis], gaps[axis]):
            other = (found if alike else alone)[cut(x.ndim, axis, slice(offset, None))]
            found = combine(found[cut(x.ndim, axis, slice(0, other.shape[axis]))], other)
        if moves[axis] > 1:
            found = found[cut(x.ndim, axis, slice(None, None, moves[axis]))]
    return found


def windows_of(name: str, x: Any, first: int, sizes: Any, moves: Any, gaps: Any) -> Any:
    """A view: the places of a window over the axes from ``first`` on, and then what it sees there."""
    reach = spans(sizes, gaps)
    checked_reach(name, reach, x.shape[first:])
    axes = tuple(range(first, x.ndim))
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, axis=axes)
    return seen[steps(first, moves, gaps)]


def window_reduce(
    x: Any, initial: Any, f: Any, window: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1
) -> Any:
    """Fold what a window sees at each of its places with a function; other parameters as for ``window_sum``.

    Parameters
    ----------
    x
        An array of at least one axis.
    initial
        The first value of the fold, and what the array is padded with: one number.
    f
        ``f(folded, elements)``: it combines two arrays of one shape element by element.

    Returns
    -------
    folded
        One element for each window, of the dtype to which ``x`` and ``initial`` promote.

    Raises
    ------
    TypeError, ValueError
        As ``window_sum`` raises; where ``f`` is no function.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.window_reduce([1, 5, 2, 4], 0, lambda a, b: np.maximum(a, b), 2).tolist()
    [5, 5, 4]
    """
    x = np.asarray(x)
    checked_callable("f", f)
    dtype = common_dtype(x, initial)
    sizes, moves, gaps = window_sizes(window, strides, dilation, x.ndim)
    filled = pad(x.astype(dtype, copy=False), initial, margins(padding, x.shape, spans(sizes, gaps), moves))
    seen = windows_of("window", filled, 0, sizes, moves, gaps)
    rows = np.reshape(seen, (*seen.shape[: x.ndim], -1))
    folded = np.full(rows.shape[:-1], initial, dtype)
    for place in range(rows.shape[-1]):
        folded = f(folded, rows[..., place]).astype(dtype, copy=False)
    return folded


def conv(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    input_dilation: Any = 1,
    kernel_dilation: Any = 1,
    feature_groups: int = 1,
) -> Any:
    """Move kernels over the spatial axes of a batch of arrays and sum the products; kernels are not flipped.

    Parameters
    ----------
    x
        Numbers, ``(batch, channels, *space)``, with any number of spatial axes.
    kernel
        Numbers, ``(out, channels // feature_groups, *window)``.
    strides
        How far the kernels move along each spatial axis: one integer for all, or one for each.
    padding
        ``"valid"``, ``"same"`` (``ceil(n / stride)`` places along an axis of ``n``), or for each spatial axis a pair:
        how many 0 are put before it and after it.
    input_dilation
        How far the elements of ``x`` are moved apart, with 0 between them.
    kernel_dilation
        How far the elements of the kernels are moved apart.
    feature_groups
        Into how many groups the channels are divided, each with kernels of its own.

    Returns
    -------
    y
        ``(batch, out, *places)``, of the dtype to which ``x`` and ``kernel`` promote.

    Raises
    ------
    TypeError, ValueError
        Where shapes do not fit, or one of the numbers is no integer, or less than 1.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> x, kernel = np.arange(5.0).reshape(1, 1, 5), np.array([[[1.0, 0.0, -1.0]]])
    >>> ops.conv(x, kernel).tolist()
    [[[-2.0, -2.0, -2.0]]]
    """
    x, kernel = np.asarray(x), np.asarray(kernel)
    groups = checked_kernel(x.shape, kernel.shape, feature_groups)
    moves, between, gaps = conv_shapes(strides, input_dilation, kernel_dilation, x.ndim - 2)
    dtype = common_dtype(x, kernel)
    if any(gap > 1 for gap in between):
        x = pad(x, 0, ((0, 0, 0), (0, 0, 0), *[(0, 0, gap - 1) for gap in between]))
    edges = margins(padding, x.shape[2:], spans(kernel.shape[2:], gaps), moves)
    if any(edge != (0, 0, 0) for edge in edges):
        x = pad(x, 0, ((0, 0, 0), (0, 0, 0), *edges))
    return correlated(x.astype(dtype, copy=False), kernel.astype(dtype, copy=False), groups, moves, gaps)


FEW = 32  # elements of a window; more of them are seen through one view


def correlated(x: Any, kernel: Any, groups: int, moves: Any, gaps: Any) -> Any:
    """One matrix product for each array and group: kernels by what they see at all places."""
    window = kernel.shape[2:]
    checked_reach("kernel", spans(window, gaps), x.shape[2:])
    parts = offsets(x.shape[2:], window, moves, gaps)
    if len(parts) <= FEW:
        seen = np.stack([x[part] for part in parts], axis=2)
        places = seen.shape[3:]
    else:
        count = len(window)
        seen = windows_of("kernel", x, 2, window, moves, gaps)
        places = seen.shape[2 : 2 + count]
        seen = np.transpose(seen, (0, 1, *range(2 + count, 2 + 2 * count), *range(2, 2 + count)))
    inner = kernel.shape[1] * product(kernel.shape[2:])
    columns = np.reshape(seen, (x.shape[0], groups, inner, product(places)))
    rows = np.reshape(kernel, (groups, kernel.shape[0] // groups, inner))
    return np.reshape(np.matmul(rows, columns), (x.shape[0], kernel.shape[0], *places))


_FILE = "ops/own_windows"
WINDOW_SUM = Written(window_sum, source=f"{_FILE}.window_sum")
WINDOW_PROD = Written(window_prod, source=f"{_FILE}.window_prod")
WINDOW_MAX = Written(window_max, source=f"{_FILE}.window_max")
WINDOW_MIN = Written(window_min, source=f"{_FILE}.window_min")
WINDOW_MEAN = Written(window_mean, source=f"{_FILE}.window_mean")
WINDOW_REDUCE = Written(window_reduce, source=f"{_FILE}.window_reduce")
CONV = Written(conv, source=f"{_FILE}.conv")
