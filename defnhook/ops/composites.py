"""Functions written over other entries: statistics, rounding, clipping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import operand, refuse_out

ABSENT: Any = np._NoValue


def given(value: Any, default: Any) -> Any:
    """A keyword's value, or its default where it was left out."""
    return default if value is ABSENT else value


# -- statistics


def count_of(a: Any, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements go into each element of a reduction."""
    if where is True:
        axes = range(a.ndim) if axis is None else normalize_axis_tuple(axis, a.ndim)
        return math.prod(a.shape[place] for place in axes)
    return np.sum(np.broadcast_to(where, a.shape), axis=axis, dtype=np.intp, keepdims=keepdims)


def quotient(total: Any, count: Any) -> Any:
    """``total / count`` in the dtype of the total, as NumPy's mean and var have it."""
    if isinstance(count, int | float | np.number):
        count = float(count)
    return (total / count).astype(total.dtype, copy=False)


def float_dtype(a: Any, dtype: Any) -> Any:
    """Integers and truth values are averaged in float64."""
    return np.dtype(np.float64) if dtype is None and a.dtype.kind in "biu" else dtype


def _mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = ABSENT,
    *,
    where: Any = ABSENT,
) -> Any:
    refuse_out(out)
    a, keepdims, where = operand(a), given(keepdims, False), given(where, True)
    total = np.sum(a, axis=axis, dtype=float_dtype(a, dtype), keepdims=keepdims, where=where)
    return quotient(total, count_of(a, axis, keepdims, where))


def squared_size(deviation: Any) -> Any:
    if deviation.dtype.kind == "c":
        return np.square(np.real(deviation)) + np.square(np.imag(deviation))
    return np.square(deviation)


def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = ABSENT,
    *,
    where: Any = ABSENT,
    mean: Any = ABSENT,
    correction: Any = ABSENT,
) -> Any:
    refuse_out(out)
    a, keepdims, where = operand(a), given(keepdims, False), given(where, True)
    if correction is not ABSENT and ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    dtype = float_dtype(a, dtype)
    centre = given(mean, None)
    if centre is None:
        total = np.sum(a, axis=axis, dtype=dtype, keepdims=True, where=where)
        centre = quotient(total, count_of(a, axis, True, where))
    squares = np.sum(squared_size(a - centre), axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    count = count_of(a, axis, keepdims, where) - given(correction, ddof)
    return quotient(squares, np.maximum(count, 0))


def _std(a: Any, *args: Any, **keywords: Any) -> Any:
    variance = _var(a, *args, **keywords)
    return np.sqrt(variance).astype(variance.dtype, copy=False)


mean = Composite(np.mean, methods=("mean",), expand=_mean)
var = Composite(np.var, methods=("var",), expand=_var)
std = Composite(np.std, methods=("std",), expand=_std)
