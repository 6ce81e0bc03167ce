"""Statistics that leave out what is not a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.ops.composites import ABSENT, given, quotient, squared_size
from defnhook.ops.kinds import AlongAxis, Composite
from defnhook.ops.reductions import spread
from defnhook.ops.shaping import operand, refuse_out
from defnhook.ops.steps import leave, reduced_shape, same_shape, step


def present(a: Any, value: Any) -> Any:
    """The array with ``value`` in place of what is not a number."""
    return np.where(np.isnan(a), a.dtype.type(value), a) if a.dtype.kind in "fc" else a


def chosen(initial: Any, where: Any) -> dict[str, Any]:
    """The keywords of a reduction that were given."""
    pairs = {"initial": initial, "where": where}
    return {name: value for name, value in pairs.items() if value is not ABSENT}


def _nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = ABSENT,
    initial: Any = ABSENT,
    where: Any = ABSENT,
) -> Any:
    refuse_out(out)
    keep = given(keepdims, False)
    return np.sum(present(operand(a), 0), axis=axis, dtype=dtype, keepdims=keep, **chosen(initial, where))


def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = ABSENT,
    initial: Any = ABSENT,
    where: Any = ABSENT,
) -> Any:
    refuse_out(out)
    keep = given(keepdims, False)
    return np.prod(present(operand(a), 1), axis=axis, dtype=dtype, keepdims=keep, **chosen(initial, where))


def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    refuse_out(out)
    return np.cumsum(present(operand(a), 0), axis=axis, dtype=dtype)


def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    refuse_out(out)
    return np.cumprod(present(operand(a), 1), axis=axis, dtype=dtype)


MANY = 1000  # elements; NumPy's own maximum without NaN is faster for more of them


def extreme_by(a: Any, *, function: Any, axis: Any, keepdims: bool) -> Any:
    return function(a, axis=axis, keepdims=keepdims)


def _share(r: Any, a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """The part of the derivative that each element has, and the axes; none where no element is a number."""
    axes = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
    reached = a == spread(r, a.shape, axes)
    count = np.sum(reached, axis=axes, keepdims=True, dtype=a.dtype)
    return reached / np.where(count == 0, 1, count), axes


def _extreme_vjp(g: Any, r: Any, a: Any, *, function: Any, axis: Any, keepdims: bool) -> tuple[Any]:
    share, axes = _share(r, a, axis)
    return (spread(g, a.shape, axes) * share,)


def _extreme_jvp(tangents: tuple[Any], r: Any, a: Any, *, function: Any, axis: Any, keepdims: bool) -> Any:
    share, axes = _share(r, a, axis)
    return np.sum(tangents[0] * share, axis=axes, keepdims=keepdims)


extremes = step(
    extreme_by,
    lambda a, *, function, axis, keepdims: reduced_shape(a, axis, keepdims),
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
    parameters=("function", "axis", "keepdims"),
    batch=AlongAxis(),
)


def _extreme(function: Any, fold: Any, beyond: float) -> Any:
    def expand(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = ABSENT,
        initial: Any = ABSENT,
        where: Any = ABSENT,
    ) -> Any:
        refuse_out(out)
        initial = ABSENT if initial is None else initial
        a, keep, keywords = operand(a), bool(given(keepdims, False)), chosen(initial, where)
        if a.dtype.kind not in "fc":
            return fold(a, axis=axis, keepdims=keep, **keywords)
        if not keywords and a.size > MANY and not getattr(a, "in_block", False):
            return leave(extremes, a, function=function, axis=axis, keepdims=keep)
        least = complex(beyond, beyond) if a.dtype.kind == "c" else beyond
        found = fold(present(a, least), axis=axis, keepdims=keep, **keywords)
        if initial is not ABSENT:
            return found
        nothing = np.all(np.isnan(a), axis=axis, keepdims=keep)
        value = found.dtype.type(np.nan) if a.dtype.kind == "f" else fold(a, axis=axis, keepdims=keep)
        return np.where(nothing, value, found)[()]

    return expand


nansum = Composite(np.nansum, expand=_nansum)
nanprod = Composite(np.nanprod, expand=_nanprod)
nancumsum = Composite(np.nancumsum, expand=_nancumsum)
nancumprod = Composite(np.nancumprod, expand=_nancumprod)
nanmax = Composite(np.nanmax, expand=_extreme(np.nanmax, np.max, -np.inf))
nanmin = Composite(np.nanmin, expand=_extreme(np.nanmin, np.min, np.inf))

# -- averages


def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = ABSENT,
    *,
    where: Any = ABSENT,
) -> Any:
    refuse_out(out)
    a = operand(a)
    if a.dtype.kind not in "fc":
        return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    _check_inexact(dtype)
    keep = given(keepdims, False)
    count = np.sum(there(a), axis=axis, dtype=np.intp, keepdims=keep, **chosen(ABSENT, where))
    total = _nansum(a, axis=axis, dtype=dtype, keepdims=keep, where=where)
    return quotient(total, count)


def there(a: Any) -> Any:
    """Where an element is a number."""
    return np.logical_not(np.isnan(a))


def _check_inexact(dtype: Any) -> None:
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError("If a is inexact, then dtype must be inexact")


def _nanvar(
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
    a = operand(a)
    if a.dtype.kind not in "fc":
        keywords = {"keepdims": keepdims, "where": where, "mean": mean, "correction": correction}
        return np.var(a, axis=axis, dtype=dtype, ddof=ddof, **keywords)
    _check_inexact(dtype)
    if correction is not ABSENT and ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    counted, chosen_ones = there(a), chosen(ABSENT, where)
    if given(mean, None) is None:
        count = np.sum(counted, axis=axis, dtype=np.intp, keepdims=True, **chosen_ones)
        mean = quotient(_nansum(a, axis=axis, dtype=dtype, keepdims=True, where=where), count)
    deviation = np.where(counted, (a - mean).astype(a.dtype, copy=False), a.dtype.type(0))
    keep = given(keepdims, False)
    squares = np.sum(squared_size(deviation), axis=axis, dtype=dtype, keepdims=keep, **chosen_ones)
    count = np.sum(counted, axis=axis, dtype=np.intp, keepdims=keep, **chosen_ones)
    left = count - given(correction, ddof)
    found = np.where(left > 0, quotient(squares, left), squares.dtype.type(np.nan))
    return found.astype(squares.dtype, copy=False)[()]


def _nanstd(a: Any, *args: Any, **keywords: Any) -> Any:
    variance = _nanvar(a, *args, **keywords)
    return np.sqrt(variance).astype(variance.dtype, copy=False)


nanmean = Composite(np.nanmean, expand=_nanmean)
nanvar = Composite(np.nanvar, expand=_nanvar)
nanstd = Composite(np.nanstd, expand=_nanstd)

# -- places


def refuse_no_numbers(nothing: Any) -> Any:
    """What it is given; an error where an element is true."""
    if np.any(nothing):
        raise ValueError("All-NaN slice encountered")
    return nothing


numbers_refused = step(
    refuse_no_numbers,
    same_shape,
    "its result is a truth value. Differentiate the elements instead.",
    example=lambda nothing: nothing,
)


def _place(find: Any, beyond: float) -> Any:
    def expand(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = ABSENT) -> Any:
        refuse_out(out)
        a, keep = operand(a), given(keepdims, False)
        if a.dtype.kind not in "fc":
            return find(a, axis=axis, keepdims=keep)
        place = find(present(a, beyond), axis=axis, keepdims=keep)
        nothing = leave(numbers_refused, np.all(np.isnan(a), axis=axis, keepdims=keep))
        return place - nothing

    return expand


nanargmax = Composite(np.nanargmax, expand=_place(np.argmax, -np.inf))
nanargmin = Composite(np.nanargmin, expand=_place(np.argmin, np.inf))
