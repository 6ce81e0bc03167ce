# defn
"""Functions that NumPy lacks: of bits, of weights, and of the order of elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Written
from defnhook.ops.own_static import axes_of, axis_of, checked_kinds, checked_whole, float_of, held, unsigned


def population_count(x: Any) -> Any:
    """How many bits of each integer are set, those of the two's complement of a negative one.

    Parameters
    ----------
    x
        Integers, of any shape.

    Returns
    -------
    count
        uint8, of the shape of ``x``.

    Raises
    ------
    TypeError
        Where ``x`` does not hold integers.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.population_count(np.array([7, -1], np.int8)).tolist()
    [3, 8]
    """
    x = np.asarray(x)
    checked_kinds("x", x, "iu", "integers")
    return np.bitwise_count(x.astype(unsigned(x.dtype)))


def count_leading_zeros(x: Any) -> Any:
    """How many bits of each integer come before the first one that is set; all of them for 0.

    Parameters
    ----------
    x
        Integers, of any shape.

    Returns
    -------
    count
        uint8, of the shape of ``x``.

    Raises
    ------
    TypeError
        Where ``x`` does not hold integers.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> ops.count_leading_zeros(np.array([0, 1, 255], np.uint8)).tolist()
    [8, 7, 0]
    """
    x = np.asarray(x)
    checked_kinds("x", x, "iu", "integers")
    dtype = unsigned(x.dtype)
    bits = x.astype(dtype)
    for shift in (1, 2, 4, 8, 16, 32):
        if shift < 8 * dtype.itemsize:
            bits = bits | (bits >> dtype.type(shift))
    return np.bitwise_count(~bits)


def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))``, without overflow.

    Parameters
    ----------
    x
        Real numbers, of any shape.

    Returns
    -------
    y
        Of the shape of ``x`` and its dtype; float64 for integers.

    Raises
    ------
    TypeError
        Where ``x`` does not hold real numbers.

    Examples
    --------
    >>> from defnhook import ops
    >>> float(ops.sigmoid(0.0))
    0.5
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    x = x.astype(float_of(x.dtype), copy=False)
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, np.ones_like(small)) / (1 + small)


def logsumexp(x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(weights * exp(x)))`` along axes, without overflow.

    Parameters
    ----------
    x
        Real numbers, of any shape.
    axis
        An axis or several; all of them for None.
    weights
        Factors of the exponentials, which broadcast to the shape of ``x``; 1 for None.
    keepdims
        Whether the axes stay, with the length 1.

    Returns
    -------
    y
        The axes folded away; of the dtype of ``x``, float64 for integers. Where a sum is negative, NaN.

    Raises
    ------
    TypeError, ValueError
        Where ``x`` does not hold real numbers, or an axis that is folded away is empty.

    Examples
    --------
    >>> from defnhook import ops
    >>> round(float(ops.logsumexp([1000.0, 1000.0], weights=[0.25, 0.75])), 6)
    1000.0
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    x = x.astype(float_of(x.dtype), copy=False)
    axes = axes_of(axis, x.ndim)
    largest = held(np.max(x, axis=axes, keepdims=True))
    shift = np.where(np.isfinite(largest), largest, np.zeros_like(largest))
    terms = np.exp(x - shift)
    if weights is not None:
        terms = terms * np.asarray(weights).astype(x.dtype)
    total = np.log(np.sum(terms, axis=axes, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axes)[()]


def weighted_mean(x: Any, weights: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``sum(x * weights) / sum(weights)`` along axes.

    Parameters
    ----------
    x
        Numbers, of any shape.
    weights
        Of the shape of ``x``, or of that of the axes.
    axis
        An axis or several; all of them for None.
    keepdims
        Whether the axes stay, with the length 1.

    Returns
    -------
    mean
        What ``np.average`` gives.

    Raises
    ------
    TypeError, ValueError, ZeroDivisionError
        As ``np.average`` raises: for shapes that do not fit, and weights whose sum is 0.

    Examples
    --------
    >>> from defnhook import ops
    >>> float(ops.weighted_mean([1.0, 5.0], [3.0, 1.0]))
    2.0
    """
    x, weights = np.asarray(x), np.asarray(weights)
    return np.average(x, axis=axis, weights=weights, keepdims=keepdims)  # type: ignore[call-overload]


def mode(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The most frequent element along an axis, the smallest of several.

    Parameters
    ----------
    x
        Real numbers, of any shape. NaN are all different, and greater than the others.
    axis
        One axis; all elements together for None.
    keepdims
        Whether the axis stays, with the length 1.

    Returns
    -------
    mode
        Of the dtype of ``x``.

    Raises
    ------
    TypeError, ValueError
        Where ``x`` does not hold real numbers, or the axis is empty.

    Examples
    --------
    >>> from defnhook import ops
    >>> int(ops.mode([3, 1, 3, 1, 2]))
    1
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    if axis is None:
        shape = (1,) * x.ndim
        found = mode_of_rows(np.sort(np.ravel(x)))
        return np.reshape(found, shape) if keepdims else found[0]
    place = axis_of(axis, x.ndim)
    found = np.moveaxis(mode_of_rows(np.sort(np.moveaxis(x, place, -1), axis=-1)), -1, place)
    return found if keepdims else np.squeeze(found, axis=place)[()]


def mode_of_rows(ordered: Any) -> Any:
    """The first of the longest runs of equal elements in each row."""
    count = ordered.shape[-1]
    if count == 0:
        raise ValueError("x has no elements along the axis; pass at least one")
    places = np.broadcast_to(np.arange(1, count), (*ordered.shape[:-1], count - 1))
    starts = np.where(ordered[..., 1:] != ordered[..., :-1], places, 0)
    first = np.zeros((*ordered.shape[:-1], 1), np.int64)
    lengths = np.arange(count) - np.maximum.accumulate(np.concatenate((first, starts), axis=-1), axis=-1)
    best = np.argmax(lengths, axis=-1, keepdims=True)
    return np.take_along_axis(ordered, best, axis=-1)


def top_k(x: Any, k: int, axis: int = -1) -> Any:
    """The ``k`` largest elements along an axis, from the largest down, and where they are.

    Parameters
    ----------
    x
        Real numbers, of at least one axis. NaN count as the largest.
    k
        How many, known while tracing.
    axis
        The axis.

    Returns
    -------
    values, indices
        Both with ``k`` elements along the axis: of the dtype of ``x``, and int64. Of equal elements those with the
        smaller indices come first.

    Raises
    ------
    TypeError, ValueError
        Where ``x`` does not hold real numbers, or ``k`` is negative or more than there are.

    Examples
    --------
    >>> from defnhook import ops
    >>> values, indices = ops.top_k([3, 9, 4, 9], 3)
    >>> values.tolist(), indices.tolist()
    ([9, 9, 4], [1, 3, 2])
    """
    x = np.asarray(x)
    checked_kinds("x", x, "biuf", "real numbers")
    place = axis_of(axis, x.ndim)
    k = checked_whole("k", k, 0)
    rows = np.moveaxis(x, place, -1)
    count = rows.shape[-1]
    if k > count:
        raise ValueError(f"k is {k}, but the axis has {count} elements; pass a smaller k")
    rising = np.argsort(rows[..., ::-1], axis=-1, kind="stable")
    indices = count - 1 - rising[..., ::-1][..., :k]
    values = np.take_along_axis(rows, indices, axis=-1)
    return np.moveaxis(values, -1, place), np.moveaxis(indices, -1, place)


_FILE = "ops/own_numbers"
POPULATION_COUNT = Written(population_count, source=f"{_FILE}.population_count")
COUNT_LEADING_ZEROS = Written(count_leading_zeros, source=f"{_FILE}.count_leading_zeros")
SIGMOID = Written(sigmoid, source=f"{_FILE}.sigmoid")
LOGSUMEXP = Written(logsumexp, source=f"{_FILE}.logsumexp")
WEIGHTED_MEAN = Written(weighted_mean, source=f"{_FILE}.weighted_mean")
MODE = Written(mode, source=f"{_FILE}.mode")
TOP_K = Written(top_k, source=f"{_FILE}.top_k")
