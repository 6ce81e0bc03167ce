"""New arrays: constants, ranges and arrays like another."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite, NoGradient, Structural
from defnhook.ops.layouts import is_fortran, memory_order
from defnhook.ops.shaping import check_device, operand, sample, sum_to, traced

full = Structural(
    np.full,
    rule="full",
    vjp=lambda g, r, fill_value, **_: (sum_to(g, fill_value.shape),),
)
empty = Structural(
    np.empty,
    rule="empty",
    vjp=NoGradient("what it holds is not said before it is written. Use np.zeros instead."),
)
arange = Structural(
    np.arange,
    rule="iota",
    vjp=NoGradient("its result is a range of fixed numbers. Multiply np.arange(n) by the step instead."),
)


def filled(shape: Any, value: Any, dtype: Any, order: str, like: Any) -> Any:
    """``np.full`` in either memory order; ``np.empty`` where the value is None."""
    if order == "C":
        return np.empty(shape, dtype, like=like) if value is None else np.full(shape, value, dtype, like=like)
    if order != "F":
        raise ValueError("only 'C' or 'F' order is permitted")
    extents = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    return np.transpose(filled(extents[::-1], value, dtype, "C", like))


def _zeros(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    check_device(device)
    return filled(shape, 0, np.dtype(dtype), order, like)


def _ones(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    check_device(device)
    return filled(shape, 1, np.dtype(dtype), order, like)


def made_like(a: Any, value: Any, dtype: Any, order: str, shape: Any) -> Any:
    """An array of ``a``'s shape, dtype and memory order, except for what is given."""
    a = operand(a)
    like = traced(a, value)
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    shape = a.shape if shape is None else shape if isinstance(shape, tuple | list) else (shape,)
    if order == "A":
        order = "F" if is_fortran(a) else "C"
    if order not in ("C", "F", "K", None):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if order in ("C", "F") or len(shape) != a.ndim or a.ndim < 2:
        return filled(shape, value, dtype, "F" if order == "F" else "C", like)
    axes = memory_order(a)
    if value is not None and operand(value).ndim:
        value = np.transpose(np.broadcast_to(value, shape), axes)
    result = filled(tuple(shape[axis] for axis in axes), value, dtype, "C", like)
    return np.transpose(result, tuple(axes.index(place) for place in range(a.ndim)))


def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    check_device(device)
    return made_like(a, fill_value, dtype, order, shape)


def _zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    check_device(device)
    return made_like(a, 0, dtype, order, shape)


def _ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    check_device(device)
    return made_like(a, 1, dtype, order, shape)


def _empty_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    check_device(device)
    return made_like(a, None, dtype, order, shape)


zeros = Composite(np.zeros, expand=_zeros, makes=True)
ones = Composite(np.ones, expand=_ones, makes=True)
full_like = Composite(np.full_like, expand=_full_like)
zeros_like = Composite(np.zeros_like, expand=_zeros_like)
ones_like = Composite(np.ones_like, expand=_ones_like)
empty_like = Composite(np.empty_like, expand=_empty_like)

# -- ranges and patterns


def _linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: Any = 0,
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    check_device(device)
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    inner = np.linspace(_zero_like(start), _zero_like(stop), 1).dtype
    start, stop = (operand(value).astype(inner) for value in (start, stop))
    delta = stop - start
    like = traced(like, start, stop)
    place = np.reshape(np.arange(num, like=like), (-1,) + (1,) * delta.ndim)
    number = place.astype(inner)
    parts = num - 1 if endpoint else num
    step = delta / parts if parts > 0 else math.nan
    values = number * delta
    if parts > 0:
        none = step == 0 if delta.ndim == 0 else np.any(step == 0)
        values = np.where(none, number / parts * delta, number * step)
    values = values + start
    if endpoint and num > 1:
        values = np.where(place == num - 1, stop, values)
    if axis != 0:
        values = np.moveaxis(values, 0, axis)
    if dtype is not None:
        values = (np.floor(values) if np.dtype(dtype).kind in "iu" else values).astype(dtype, copy=False)
    return (values, step) if retstep else values


def _zero_like(value: Any) -> Any:
    """A number that stands for another where NumPy is asked for a dtype."""
    kind = sample(value)
    return kind.type(0) if isinstance(kind, np.dtype) else kind


def _eye(
    N: Any,
    M: Any = None,
    k: Any = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    check_device(device)
    if order not in ("C", "F"):
        raise ValueError("only 'C' or 'F' order is permitted")
    if order == "F":
        return np.transpose(_eye(N if M is None else M, N, -operator.index(k), dtype, like=like))
    rows, columns = _places(N, M, k, like)
    return (rows == columns).astype(np.dtype(dtype))


def _places(N: Any, M: Any, k: Any, like: Any) -> tuple[Any, Any]:
    """The row numbers, as a column, and the column numbers less ``k``."""
    rows = np.arange(operator.index(N), like=like)
    columns = np.arange(operator.index(N if M is None else M), like=like)
    return rows[:, None], columns - operator.index(k)


def _identity(n: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return _eye(n, dtype=dtype, like=like)


def _tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, *, like: Any = None) -> Any:
    rows, columns = _places(N, M, k, like)
    return (rows >= columns).astype(np.dtype(dtype))


def _lower(m: Any, k: int) -> Any:
    """Which elements of a matrix lie on or below a diagonal."""
    if not m.ndim:
        raise TypeError("an array of at least one dimension is needed")
    return _tri(m.shape[-2:][0], m.shape[-1], k, np.bool_, like=traced(m))


def _tril(m: Any, k: Any = 0) -> Any:
    m = operand(m)
    return np.where(_lower(m, operator.index(k)), m, np.zeros(1, m.dtype))


def _triu(m: Any, k: Any = 0) -> Any:
    m = operand(m)
    return np.where(_lower(m, operator.index(k) - 1), np.zeros(1, m.dtype), m)


linspace = Composite(np.linspace, expand=_linspace, makes=True)
eye = Composite(np.eye, expand=_eye, makes=True)
identity = Composite(np.identity, expand=_identity, makes=True)
tri = Composite(np.tri, expand=_tri, makes=True)
tril = Composite(np.tril, expand=_tril)
triu = Composite(np.triu, expand=_triu)
