"""Random numbers of the usual distributions, each a function of random bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from defnhook.ops.kinds import Composite
from defnhook.ops.random_bits import Shape, drawn, dtype_of, finished, shape_of, split
from defnhook.ops.shaping import operand, traced

FLOAT = "float32 or float64"
UNSIGNED: dict[int, np.dtype[Any]] = {4: np.dtype(np.uint32), 8: np.dtype(np.uint64)}
ROOT_TWO = math.sqrt(2.0)


def parameter(name: str, value: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """A parameter of a distribution, of the dtype of the result; it has to broadcast to its shape."""
    value = operand(value)
    if value.dtype.kind not in "biuf" or (dtype.kind in "iu" and value.dtype.kind == "f"):
        kind = "an integer" if dtype.kind in "iu" else "a real number"
        raise TypeError(f"{name} must be {kind} or an array of such, not {value.dtype}")
    refuse_shape(name, tuple(value.shape), shape)
    value = value.astype(dtype, copy=False)
    return np.reshape(value, (1,)) if traced(value) is None and not value.ndim else value


def refuse_shape(name: str, given: Shape, shape: Shape) -> None:
    """Raise where a parameter does not broadcast to the shape of the result."""
    try:
        fits = np.broadcast_shapes(given, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name} of the shape {given} does not broadcast to the shape {shape}")


def unit_interval(bits: Any, dtype: np.dtype[Any]) -> Any:
    """Random bits as multiples of the precision of a dtype in [0, 1): the mantissa of a number in [1, 2), less 1."""
    info, unsigned = np.finfo(dtype), UNSIGNED[dtype.itemsize]
    one = dtype.type(1).view(unsigned)
    return ((bits >> unsigned.type(8 * dtype.itemsize - info.nmant)) | one).view(dtype) - dtype.type(1)


def between(key: Any, shape: Shape, dtype: np.dtype[Any], minval: Any, maxval: Any) -> Any:
    """Uniform numbers in an array, which has at least one axis where nothing is traced."""
    unit = unit_interval(drawn(key, shape, UNSIGNED[dtype.itemsize]), dtype)
    if isinstance(minval, float) and isinstance(maxval, float) and (minval, maxval) == (0.0, 1.0):
        return unit
    low, high = (
        parameter(name, value, shape, dtype) for name, value in (("minval", minval), ("maxval", maxval))
    )
    return np.maximum(low, unit * (high - low) + low)


def uniform(key: Any, shape: Any = (), dtype: Any = np.float64, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    """Uniform numbers in ``[minval, maxval)``.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    shape
        The shape of the result: an integer or a tuple, known while tracing.
    dtype
        float32 or float64.
    minval, maxval
        Numbers, or arrays that broadcast to ``shape``. Where ``maxval`` is less, the result is ``minval``.

    Returns
    -------
    numbers
        An array of that shape and dtype; a number where ``shape`` is ``()``.
        They are made as JAX's ``uniform`` makes them.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> random.uniform(random.key(0), 3, np.float32)
    array([0.947667  , 0.9785799 , 0.33229148], dtype=float32)
    """
    shape = shape_of(shape)
    return finished(between(key, shape, dtype_of(dtype, "f", FLOAT), minval, maxval), shape)


def normal_array(key: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Normal numbers in an array, which has at least one axis where nothing is traced."""
    lowest = float(np.nextafter(dtype.type(-1), dtype.type(0)))
    return dtype.type(ROOT_TWO) * sp.erfinv(between(key, shape, dtype, lowest, 1.0))


def normal(key: Any, shape: Any = (), dtype: Any = np.float64) -> Any:
    """Numbers of the standard normal distribution: ``sqrt(2) erfinv(u)`` of uniform ``u`` in (-1, 1).

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    shape
        The shape of the result: an integer or a tuple, known while tracing.
    dtype
        float32 or float64.

    Returns
    -------
    numbers
        An array of that shape and dtype; a number where ``shape`` is ``()``. They are made as JAX's ``normal`` makes
        them, but for the rounding of ``erfinv``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> bool(abs(np.mean(random.normal(random.key(0), 10000))) < 0.02)
    True
    """
    shape = shape_of(shape)
    return finished(normal_array(key, shape, dtype_of(dtype, "f", FLOAT)), shape)


def exponential(key: Any, shape: Any = (), dtype: Any = np.float64) -> Any:
    """Numbers of the exponential distribution of mean 1: ``-log(1 - u)`` of uniform ``u``.

    Parameters, result and errors are those of :func:`normal`.

    Examples
    --------
    >>> from defnhook import random
    >>> random.exponential(random.key(0), (2, 3)).shape
    (2, 3)
    """
    shape, dtype = shape_of(shape), dtype_of(dtype, "f", FLOAT)
    return finished(-np.log1p(-between(key, shape, dtype, 0.0, 1.0)), shape)


def gumbel_array(key: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Gumbel numbers in an array, which has at least one axis where nothing is traced."""
    tiny = float(np.finfo(dtype).tiny)
    return -np.log(-np.log(between(key, shape, dtype, tiny, 1.0)))


def gumbel(key: Any, shape: Any = (), dtype: Any = np.float64) -> Any:
    """Numbers of the standard Gumbel distribution: ``-log(-log(u))`` of uniform ``u``.

    Parameters, result and errors are those of :func:`normal`.

    Examples
    --------
    >>> from defnhook import random
    >>> random.gumbel(random.key(0), (2, 3)).shape
    (2, 3)
    """
    shape = shape_of(shape)
    return finished(gumbel_array(key, shape, dtype_of(dtype, "f", FLOAT)), shape)


def bernoulli(key: Any, p: Any = 0.5, shape: Any = None) -> Any:
    """Truth values that are true with the probability ``p``: whether a uniform number is less.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    p
        A number, or an array that broadcasts to ``shape``. Its dtype, float64 if that is no float, is the dtype of the
        uniform numbers.
    shape
        The shape of the result: an integer or a tuple, known while tracing; that of ``p`` where it is left out.

    Returns
    -------
    truth
        A bool array of that shape; a truth value where it is ``()``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.

    Examples
    --------
    >>> from defnhook import random
    >>> random.bernoulli(random.key(0), 0.9, 4)
    array([ True,  True, False,  True])
    """
    value = operand(p)
    shape = tuple(value.shape) if shape is None else shape_of(shape)
    dtype = value.dtype if value.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    chance = parameter("p", value, shape, dtype)
    return finished(between(key, shape, dtype, 0.0, 1.0) < chance, shape)


def randint(key: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = np.int64) -> Any:
    """Integers in ``[minval, maxval)``, the remainders of twice as many random bits as the dtype has.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    shape
        The shape of the result: an integer or a tuple, known while tracing.
    minval, maxval
        Integers of the range of ``dtype``, or arrays of such that broadcast to ``shape``. Where ``maxval`` is not
        greater, the result is ``minval``.
    dtype
        An integer dtype.

    Returns
    -------
    integers
        An array of that shape and dtype; a number where ``shape`` is ``()``.
        They are made as JAX's ``randint`` makes them.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype, shape or range; the message names it.

    Examples
    --------
    >>> from defnhook import random
    >>> bool((random.randint(random.key(0), 100, -3, 3) < 3).all())
    True
    """
    shape, dtype = shape_of(shape), dtype_of(dtype, "iu", "an integer dtype")
    return finished(integers(key, shape, minval, maxval, dtype), shape)


def integers(key: Any, shape: Shape, minval: Any, maxval: Any, dtype: np.dtype[Any]) -> Any:
    """Integers in an array, which has at least one axis where nothing is traced."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    low = parameter("minval", in_range("minval", minval, dtype), shape, dtype)
    high = parameter("maxval", in_range("maxval", maxval, dtype), shape, dtype)
    start, one = low.astype(unsigned), unsigned.type(1)
    span = np.where(high > low, high.astype(unsigned) - start, one)
    half = unsigned.type(1 << (4 * unsigned.itemsize)) % span
    keys = split(key)
    upper, lower = (drawn(keys[place], shape, unsigned) for place in range(2))
    offset = (upper % span * (half * half % span) + lower % span) % span
    return (start + offset).astype(dtype)


def in_range(name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """A bound, which a Python integer has to be in the range of the dtype for."""
    limits = np.iinfo(dtype)
    if isinstance(value, int) and not limits.min <= value <= limits.max:
        raise ValueError(f"{name} must be in the range of {dtype}, but is {value}")
    return value


def multivariate_normal(key: Any, mean: Any, cov: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Vectors of a normal distribution: ``mean + L z`` with standard normal ``z`` and the Cholesky factor L of ``cov``.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    mean
        An array of the shape ``(..., n)``.
    cov
        An array of the shape ``(..., n, n)``, symmetric and positive definite; the lower triangle is read.
    shape
        The shape of the result without its last axis, to which those of ``mean`` and ``cov`` broadcast: an integer or a
        tuple, known while tracing. Theirs broadcast together where it is left out.
    dtype
        float32 or float64; by default that of ``mean`` and ``cov`` together.

    Returns
    -------
    vectors
        An array of the shape ``(*shape, n)``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.
    numpy.linalg.LinAlgError
        Where ``cov`` is not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> random.multivariate_normal(random.key(0), np.zeros(2), np.eye(2), 5).shape
    (5, 2)
    """
    mean, cov = operand(mean), operand(cov)
    if mean.ndim < 1:
        raise ValueError("mean must have at least one axis")
    size = mean.shape[-1]
    if cov.ndim < 2 or tuple(cov.shape[-2:]) != (size, size):
        raise ValueError(f"cov must have the shape (..., {size}, {size}), but has {tuple(cov.shape)}")
    together = np.result_type(mean.dtype, cov.dtype)
    default = together if together.kind == "f" else np.float64
    dtype = dtype_of(default if dtype is None else dtype, "f", FLOAT)
    before = np.broadcast_shapes(tuple(mean.shape[:-1]), tuple(cov.shape[:-2]))
    shape = before if shape is None else shape_of(shape)
    refuse_shape("mean", tuple(mean.shape[:-1]), shape)
    refuse_shape("cov", tuple(cov.shape[:-2]), shape)
    factor = np.linalg.cholesky(cov.astype(dtype, copy=False))
    numbers = normal_array(key, (*shape, size), dtype)
    return mean.astype(dtype, copy=False) + np.matmul(factor, numbers[..., None])[..., 0]


UNIFORM = Composite(uniform, expand=uniform)
NORMAL = Composite(normal, expand=normal)
EXPONENTIAL = Composite(exponential, expand=exponential)
GUMBEL = Composite(gumbel, expand=gumbel)
BERNOULLI = Composite(bernoulli, expand=bernoulli)
RANDINT = Composite(randint, expand=randint)
MULTIVARIATE_NORMAL = Composite(multivariate_normal, expand=multivariate_normal)
