"""Random choices among given elements: categories, permutations and samples."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.kinds import Composite
from defnhook.ops.random_bits import Shape, drawn, finished, shape_of, split
from defnhook.ops.random_numbers import between, gumbel_array, integers
from defnhook.ops.shaping import known, operand, traced


def is_count(value: Any) -> bool:
    """Whether what is drawn from are the numbers below an integer."""
    found = operand(value)
    return not found.ndim and found.dtype.kind in "iu"


def count_of(name: str, value: Any) -> int:
    """An integer that says how many numbers there are to draw from."""
    count = operator.index(known(value, f"for the {name} of random numbers"))
    if count < 0:
        raise ValueError(f"{name} must not be negative, but is {count}")
    return count


def source_of(name: str, value: Any, axis: Any) -> tuple[Any, int]:
    """An array to draw from, and the axis along which its elements lie."""
    a = operand(value)
    if not a.ndim:
        raise TypeError(f"{name} must be an integer or an array, not a number of the dtype {a.dtype}")
    return a, normalize_axis_index(operator.index(axis), a.ndim, "axis")


def taken(a: Any, places: Any, axis: int) -> Any:
    """The elements at some places along an axis."""
    return a[(*(slice(None),) * axis, places)]


def order(key: Any, count: int) -> Any:
    """The numbers below ``count`` in random order: sorted by random words, as often as makes ties harmless."""
    rounds = math.ceil(3 * math.log(max(1, count)) / math.log(2**32 - 1))
    found = np.arange(count, dtype=np.int64, like=traced(key))
    for _ in range(rounds):
        keys = split(key)
        key, once = keys[0], keys[1]
        found = found[np.argsort(drawn(once, (count,), np.dtype(np.uint32)), kind="stable")]
    return found


def permutation(key: Any, x: Any, axis: Any = 0) -> Any:
    """The elements of an array in random order, or the numbers below an integer.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    x
        An array; or an integer, known while tracing.
    axis
        The axis along which the array is reordered.

    Returns
    -------
    permuted
        A new array of the shape and dtype of ``x``; for an integer the numbers below it as int64. The order is found as
        JAX's ``permutation`` finds it.

    Raises
    ------
    TypeError, ValueError
        Where ``key`` is no key, or ``x`` a number that is no integer, or negative.
    numpy.exceptions.AxisError
        Where ``x`` has no such axis.

    Examples
    --------
    >>> from defnhook import random
    >>> sorted(random.permutation(random.key(0), 5).tolist())
    [0, 1, 2, 3, 4]
    """
    if is_count(x):
        return order(key, count_of("x", x))
    a, place = source_of("x", x, axis)
    return taken(a, order(key, a.shape[place]), place)


def shuffle(key: Any, x: Any, axis: Any = 0) -> Any:
    """The elements of an array in random order, in a new array: ``x`` is left as it is.

    Parameters, result and errors are those of :func:`permutation`, except that ``x`` is always an array.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> sorted(random.shuffle(random.key(0), np.array([1.5, 2.5, 3.5])).tolist())
    [1.5, 2.5, 3.5]
    """
    if not operand(x).ndim:
        raise TypeError("x must be an array, not a number")
    return permutation(key, x, axis)


def categorical(key: Any, logits: Any, axis: Any = -1, shape: Any = None) -> Any:
    """Places along an axis, each with a probability proportional to the exponential of its logit.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    logits
        Logarithms of probabilities, up to a constant: an array of floats.
    axis
        The axis along which they lie.
    shape
        The shape of the result: an integer or a tuple, known while tracing, that ends in the shape of ``logits``
        without ``axis``; that shape itself where it is left out.

    Returns
    -------
    places
        An int64 array of that shape; a number where it is ``()``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.
    numpy.exceptions.AxisError
        Where ``logits`` has no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> random.categorical(random.key(0), np.log([0.1, 0.8, 0.1]), shape=6).shape
    (6,)
    """
    logits, place = source_of("logits", logits, axis)
    if logits.dtype not in (np.float32, np.float64):
        raise TypeError(f"logits must be float32 or float64, not {logits.dtype}")
    batch = (*logits.shape[:place], *logits.shape[place + 1 :])
    shape = batch if shape is None else shape_of(shape)
    prefix = shape[: len(shape) - len(batch)]
    if (*prefix, *batch) != shape:
        raise ValueError(f"shape must end in {batch}, the shape of logits without its axis, but is {shape}")
    noise = gumbel_array(key, (*prefix, *logits.shape), logits.dtype)
    return np.argmax(noise + logits, axis=place - logits.ndim)


def choice(key: Any, a: Any, shape: Any = (), replace: bool = True, p: Any = None, axis: Any = 0) -> Any:
    """A sample of the elements of an array, or of the numbers below an integer.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    a
        An array; or an integer, known while tracing.
    shape
        The shape of the sample: an integer or a tuple, known while tracing.
    replace
        Whether an element may be drawn more than once.
    p
        A probability for each element, up to a common factor; all are equally likely where it is left out.
    axis
        The axis of the array along which the elements lie.

    Returns
    -------
    sample
        An array of the dtype of ``a`` whose shape has ``shape`` in place of the axis; of an integer, an int64 array. A
        number where that shape is ``()``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type or shape, where there is nothing to draw from, or where more elements
        than there are shall be drawn without replacement; the message names the argument.
    numpy.exceptions.AxisError
        Where ``a`` has no such axis.

    Examples
    --------
    >>> from defnhook import random
    >>> len(set(random.choice(random.key(0), 10, 4, replace=False).tolist()))
    4
    """
    shape = shape_of(shape)
    array, place = (None, 0) if is_count(a) else source_of("a", a, axis)
    count = count_of("a", a) if array is None else array.shape[place]
    check_sample(shape, count, bool(replace))
    places = chosen(key, shape, count, bool(replace), None if p is None else chances(p, count))
    return finished(places, shape) if array is None else taken(array, finished(places, shape), place)


def check_sample(shape: Shape, count: int, replace: bool) -> None:
    """Raise where there are too few elements for a sample."""
    size = math.prod(shape)
    if size and not count:
        raise ValueError("a must not be empty where something is drawn from it")
    if not replace and size > count:
        raise ValueError(f"shape {shape} asks for more than the {count} elements of a, without replacement")


def chances(p: Any, count: int) -> Any:
    """The probabilities of a choice as floats."""
    p = operand(p)
    if p.dtype.kind not in "biuf":
        raise TypeError(f"p must be an array of real numbers, not {p.dtype}")
    if tuple(p.shape) != (count,):
        raise ValueError(f"p must have one number for each of the {count} elements, but has {tuple(p.shape)}")
    return p if p.dtype in (np.float32, np.float64) else p.astype(np.float64)


def chosen(key: Any, shape: Shape, count: int, replace: bool, p: Any) -> Any:
    """The places of a sample."""
    if replace and p is None:
        return integers(key, shape, 0, count, np.dtype(np.int64))
    if replace:
        sums = np.cumsum(p)
        limits = sums[-1] * (1 - between(key, shape, p.dtype, 0.0, 1.0))
        return np.searchsorted(sums, limits)
    if p is None:
        places = order(key, count)
    else:
        places = np.argsort(-gumbel_array(key, (count,), p.dtype) - np.log(p))
    return np.reshape(places[: math.prod(shape)], shape)


PERMUTATION = Composite(permutation, expand=permutation)
SHUFFLE = Composite(shuffle, expand=shuffle)
CATEGORICAL = Composite(categorical, expand=categorical)
CHOICE = Composite(choice, expand=choice)
