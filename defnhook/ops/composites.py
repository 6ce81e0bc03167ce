"""Functions written over other entries: statistics, clipping, rounding, neighbours."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.ops.kinds import Composite, Library
from defnhook.ops.layouts import is_fortran
from defnhook.ops.shaping import folding_dtype, operand, refuse_out, sample, traced

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
    half = dtype is None and a.dtype == np.float16
    dtype = folding_dtype(a.dtype) if half else float_dtype(a, dtype)
    total = np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    mean = quotient(total, count_of(a, axis, keepdims, where))
    return mean.astype(np.float16) if half else mean


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
    if variance.ndim and variance.dtype.kind in "biu":
        np.sqrt(np.zeros(0, variance.dtype), out=np.zeros(0, variance.dtype))
    return np.sqrt(variance).astype(variance.dtype, copy=False)


mean = Composite(np.mean, methods=("mean",), expand=_mean)
var = Composite(np.var, expand=_var)
std = Composite(np.std, expand=_std)


def _without_correction(expand: Any) -> Any:
    """The methods lack a keyword that the functions have."""

    def method(a: Any, /, *args: Any, **keywords: Any) -> Any:
        if "correction" in keywords:
            raise TypeError(f"{expand.__name__}() got an unexpected keyword argument 'correction'")
        return expand(a, *args, **keywords)

    return method


method_var = Composite(np.ndarray.var, methods=("var",), expand=_without_correction(_var))
method_std = Composite(np.ndarray.std, methods=("std",), expand=_without_correction(_std))


def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = ABSENT) -> Any:
    refuse_out(out)
    keepdims = given(keepdims, False)
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    a = operand(a)
    truth = a if a.dtype.kind == "b" else a != 0
    return np.sum(truth, axis=axis, dtype=np.intp, keepdims=keepdims)


def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = ABSENT
) -> Any:
    a, keepdims = operand(a), given(keepdims, False)
    axes = None if axis is None else normalize_axis_tuple(axis, a.ndim, argname="axis")
    if weights is None:
        result = np.mean(a, axis=axes, keepdims=keepdims)
        if not math.prod(result.shape):
            raise ZeroDivisionError("division by zero")
        total = np.full(result.shape, count_of(a, axes, keepdims, True), result.dtype, like=traced(a))
        return (result, total[()]) if returned else result
    weights = _aligned_weights(operand(weights), a, axes)
    integers = (np.float64,) if a.dtype.kind in "biu" else ()
    dtype = np.result_type(a.dtype, weights.dtype, *integers)
    total = checked_total(np.sum(weights, axis=axes, dtype=dtype, keepdims=keepdims))
    products = a.astype(dtype, copy=False) * weights.astype(dtype, copy=False)
    result = np.sum(products, axis=axes, keepdims=keepdims) / total
    if not returned:
        return result
    return result, total if total.shape == result.shape else np.copy(np.broadcast_to(total, result.shape))


def divisor(total: Any) -> Any:
    """The sum of the weights itself; NumPy refuses to divide by zero here."""
    if np.any(total == 0.0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return total


def checked_total(total: Any) -> Any:
    like = traced(total)
    return divisor(total) if like is None else like.__array_function__(divisor, (type(like),), (total,), {})


def _aligned_weights(weights: Any, a: Any, axes: Any) -> Any:
    """The weights in the shape of ``a``, or one that broadcasts to it."""
    if weights.shape == a.shape:
        return weights
    if axes is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    if weights.shape != tuple(a.shape[axis] for axis in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    ordered = np.transpose(weights, sorted(range(len(axes)), key=axes.__getitem__))
    return np.reshape(ordered, tuple(n if place in axes else 1 for place, n in enumerate(a.shape)))


ptp = Composite(np.ptp, expand=_ptp)
count_nonzero = Composite(np.count_nonzero, expand=_count_nonzero)
average = Composite(np.average, expand=_average)
checked_divisor = Library(
    divisor, shape=lambda a: a, vjp=lambda g, r, a: (g,), jvp=lambda tangents, r, a: tangents[0]
)

# -- clipping and rounding


def _clip_method(a: Any, /, min: Any = None, max: Any = None, out: Any = None, **keywords: Any) -> Any:
    refuse_out(out)
    a = operand(a)
    if a.dtype.kind in "iu":
        limits = np.iinfo(a.dtype)
        min = None if type(min) is int and min <= limits.min else min
        max = None if type(max) is int and max >= limits.max else max
    bounds = [bound for bound in (min, max) if bound is not None]
    if not bounds:
        return np.positive(a, **keywords)
    keywords = {"dtype": np.result_type(a.dtype, *map(sample, bounds)), **keywords}
    if min is not None:
        a = np.maximum(a, min, **keywords)
    return a if max is None else np.minimum(a, max, **keywords)


def _clip(
    a: Any,
    a_min: Any = ABSENT,
    a_max: Any = ABSENT,
    out: Any = None,
    *,
    min: Any = ABSENT,
    max: Any = ABSENT,
    **keywords: Any,
) -> Any:
    if a_min is ABSENT and a_max is ABSENT:
        return _clip_method(a, given(min, None), given(max, None), out, **keywords)
    for name, value in (("a_min", a_min), ("a_max", a_max)):
        if value is ABSENT:
            raise TypeError(f"clip() missing 1 required positional argument: '{name}'")
    if min is not ABSENT or max is not ABSENT:
        raise ValueError(
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden."
        )
    return _clip_method(a, a_min, a_max, out, **keywords)


def _round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    refuse_out(out)
    a, decimals = operand(a), operator.index(decimals)
    kind = a.dtype.kind
    if kind in "iu" and decimals >= 0:
        return a.astype(a.dtype)[()] if a.ndim == 0 else a.astype(a.dtype)
    if decimals == 0:
        return np.rint(a)
    if kind == "b":
        raise TypeError("np.round of truth values takes decimals=0 only")
    scale = 10.0 ** abs(decimals)
    rounded = np.rint(a * scale) / scale if decimals > 0 else np.rint(a / scale) * scale
    order = "K" if kind == "c" else "F" if is_fortran(a) else "C"
    return rounded.astype(a.dtype, order=order, copy=False)


clip = Composite(np.clip, expand=_clip)
method_clip = Composite(np.ndarray.clip, methods=("clip",), expand=_clip_method)
round = Composite(np.round, aliases=(np.around,), methods=("round",), expand=_round)
divmod = Composite(np.divmod, expand=lambda x, y, /: (np.floor_divide(x, y), np.remainder(x, y)))

# -- neighbours


def _diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = ABSENT, append: Any = ABSENT) -> Any:
    n = operator.index(n)
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    a = operand(a)
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(axis, a.ndim)
    parts = [_edge(prepend, a, axis), a, _edge(append, a, axis)]
    present = [part for part in parts if part is not ABSENT]
    if len(present) > 1:
        a = np.concatenate(present, axis)
    before = (slice(None),) * axis
    for _ in range(n):
        later, earlier = a[(*before, slice(1, None))], a[(*before, slice(None, -1))]
        a = np.not_equal(later, earlier) if a.dtype.kind == "b" else np.subtract(later, earlier)
    return a


def _edge(value: Any, a: Any, axis: int) -> Any:
    if value is ABSENT or operand(value).ndim:
        return value
    return np.broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


def _whole(number: Any) -> int:
    return int(number) if isinstance(number, float) else operator.index(number)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    a = operand(a)
    if axis is None:
        return np.reshape(_roll(np.ravel(a), shift, 0), a.shape)
    axes = normalize_axis_tuple(axis, a.ndim, allow_duplicate=True)
    shift = (
        tuple(map(_whole, shift))
        if hasattr(shift, "__len__") and getattr(shift, "ndim", 1) != 0
        else _whole(shift)
    )
    shifts, places = np.broadcast_arrays(shift, axes)
    if shifts.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    offsets = dict.fromkeys(range(a.ndim), 0)
    for amount, place in zip(shifts.flat, places.flat, strict=True):
        offsets[int(place)] += int(amount)
    moved = {place: offset for place, offset in offsets.items() if offset % (a.shape[place] or 1)}
    for place, offset in moved.items():
        cut = a.shape[place] - offset % a.shape[place]
        before = (slice(None),) * place
        a = np.concatenate([a[(*before, slice(cut, None))], a[(*before, slice(None, cut))]], axis=place)
    return a if moved else np.copy(a)


diff = Composite(np.diff, expand=_diff)
roll = Composite(np.roll, expand=_roll)
