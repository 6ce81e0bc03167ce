"""New arrays after a pattern: grids, scales, diagonals, places of a triangle, windows."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.ops.creation import linspace as line
from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import forbid, known, operand, traced

# -- scales


def _logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: Any = 0,
    *,
    like: Any = None,
) -> Any:
    if not isinstance(base, int | float) and np.ndim(base):
        ends = [operand(value) for value in (start, stop, base)]
        ndim = max(end.ndim for end in ends)
        start, stop, base = (np.reshape(end, (1,) * (ndim - end.ndim) + tuple(end.shape)) for end in ends)
        base = np.expand_dims(base, axis)
    exponents = line.expand(start, stop, num, endpoint, axis=axis, like=like)
    powers = np.power(base, exponents)
    return powers if dtype is None else powers.astype(dtype, copy=False)


def _geomspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: Any = 0,
    *,
    like: Any = None,
) -> Any:
    start, stop, num = operand(start), operand(stop), operator.index(num)
    forbid(np.any(start == 0), ValueError, "Geometric sequence cannot include zero")
    forbid(np.any(stop == 0), ValueError, "Geometric sequence cannot include zero")
    inner = np.result_type(start.dtype, stop.dtype, float(num), np.dtype(dtype))
    start, stop = np.broadcast_arrays(start.astype(inner), stop.astype(inner))
    sign = np.sign(start)
    first, last = start / sign, stop / sign
    values = _logspace(np.log10(first), np.log10(last), num, endpoint, 10.0, inner, like=like)
    parts = [first[None], values[1:-1] if endpoint else values[1:]]
    if endpoint and num > 1:
        parts.append(last[None])
    values = (np.concatenate(parts) if num > 0 else values) * sign
    values = values if axis == 0 else np.moveaxis(values, 0, axis)
    return values.astype(inner if dtype is None else np.dtype(dtype), copy=False)


logspace = Composite(np.logspace, expand=_logspace, makes=True)
geomspace = Composite(np.geomspace, expand=_geomspace, makes=True)

# -- grids


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    vectors = [operand(x) for x in xi]
    grids = [
        np.reshape(x, tuple(-1 if place == axis else 1 for place in range(len(xi))))
        for x, axis in zip(vectors, axes, strict=True)
    ]
    if not sparse and grids:
        grids = list(np.broadcast_arrays(*grids))
    if copy:
        return tuple(_in_rows(grid) for grid in grids)
    return list(grids) if sparse or not grids else tuple(grids)


def _in_rows(a: Any) -> Any:
    return a.astype(a.dtype, order="C")


def _indices(dimensions: Any, dtype: Any = int, sparse: bool = False, *, like: Any = None) -> Any:
    shape, dtype = tuple(map(operator.index, dimensions)), np.dtype(dtype)
    grids = [
        np.reshape(np.arange(extent, dtype=dtype, like=like), (-1,) + (1,) * (len(shape) - 1 - axis))
        for axis, extent in enumerate(shape)
    ]
    if sparse:
        return tuple(np.reshape(g, (1,) * axis + tuple(g.shape)) for axis, g in enumerate(grids))
    if not shape:
        return np.zeros((0,), dtype, like=like)
    return np.stack([np.broadcast_to(grid, shape) for grid in grids])


meshgrid = Composite(np.meshgrid, expand=_meshgrid)
indices = Composite(np.indices, expand=_indices, makes=True)


# -- diagonals


def _diagflat(v: Any, k: Any = 0) -> Any:
    v, k = np.ravel(operand(v)), operator.index(k)
    n = v.shape[0] + abs(k)
    result = np.zeros((n, n), v.dtype, like=traced(v))
    row = np.arange(v.shape[0], like=traced(v))
    result[row + max(-k, 0), row + max(k, 0)] = v
    return result


def _diag(v: Any, k: Any = 0) -> Any:
    v = operand(v)
    if v.ndim not in (1, 2):
        raise ValueError("Input must be 1- or 2-d.")
    return _diagflat(v, k) if v.ndim == 1 else np.diagonal(v, k)


def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    x = operand(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    x = x.astype(np.promote_types(x.dtype, int), copy=False)
    count = operator.index(x.shape[0] if N is None else N)
    if count < 1:
        return np.zeros_like(x, shape=(x.shape[0], count))
    powers = [np.ones_like(x), *itertools.accumulate([x] * (count - 1), operator.mul)]
    return np.stack(powers if increasing else powers[::-1], axis=1)


diagflat = Composite(np.diagflat, expand=_diagflat)
diag = Composite(np.diag, expand=_diag)
vander = Composite(np.vander, expand=_vander)

# -- what NumPy computes while tracing, from numbers that are known then


def fixed(function: Callable[..., Any]) -> Composite:
    """A function of numbers known while tracing: its results are constants."""
    purpose = f"by np.{function.__name__}"

    @functools.wraps(function)
    def expand(*args: Any, **keywords: Any) -> Any:
        values = {name: known(value, purpose) for name, value in keywords.items()}
        return function(*[known(value, purpose) for value in args], **values)

    return Composite(function, expand=expand)


tril_indices = fixed(np.tril_indices)
triu_indices = fixed(np.triu_indices)
diag_indices = fixed(np.diag_indices)
mask_indices = fixed(np.mask_indices)
bartlett = fixed(np.bartlett)
blackman = fixed(np.blackman)
hamming = fixed(np.hamming)
hanning = fixed(np.hanning)
kaiser = fixed(np.kaiser)


def _of_matrix(function: Callable[..., Any]) -> Callable[..., Any]:
    """The places in a matrix of the shape of another one."""

    def expand(arr: Any, k: Any = 0) -> Any:
        arr = operand(arr)
        if arr.ndim != 2:
            raise ValueError("input array must be 2-d")
        return function(arr.shape[-2], k, arr.shape[-1])

    return expand


def _diag_indices_from(arr: Any) -> Any:
    arr = operand(arr)
    if arr.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    if len(set(arr.shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    return np.diag_indices(arr.shape[0], arr.ndim)


tril_indices_from = Composite(np.tril_indices_from, expand=_of_matrix(tril_indices.expand))
triu_indices_from = Composite(np.triu_indices_from, expand=_of_matrix(triu_indices.expand))
diag_indices_from = Composite(np.diag_indices_from, expand=_diag_indices_from)
