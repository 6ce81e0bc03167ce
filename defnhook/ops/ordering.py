"""Sorting, and what is found in sorted arrays."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.kinds import AlongAxis, Composite, Written
from defnhook.ops.order_derivatives import (
    interpolated_jvp,
    interpolated_vjp,
    middle_jvp,
    middle_vjp,
    quantile_jvp,
    quantile_vjp,
    rearranged_jvp,
    rearranged_vjp,
)
from defnhook.ops.shaping import behind, operand, refuse_out, sample
from defnhook.ops.steps import Shape, leave, reduced_shape, same_shape, step

_PLACES = "its result is an index. Differentiate the elements at these places instead."
_TRUTH = "its result is a truth value. Differentiate the elements instead."


def _kind(kind: Any, order: Any, stable: Any) -> Any:
    """How to sort; NumPy tells what is wrong with the keywords."""
    np.sort(np.zeros(1), kind=kind, order=order, stable=stable)
    return "stable" if stable else kind


def _line(a: Any, axis: Any) -> tuple[Any, int]:
    """The array and the axis along which it is sorted: all of it in C order where ``axis`` is None."""
    a = operand(a)
    if axis is None:
        return np.ravel(a), 0
    return a, normalize_axis_index(operator.index(axis), a.ndim)


def _check_axis_of_number(axis: Any) -> None:
    if axis is not None:
        normalize_axis_index(operator.index(axis), 1)


# -- sorting


def sort_along(a: Any, *, axis: int, kind: Any) -> Any:
    return np.sort(a, axis=axis, kind=kind)


def argsort_along(a: Any, *, axis: int, kind: Any) -> Any:
    return np.argsort(a, axis=axis, kind=kind)


def lexsort_along(*keys: Any, axis: int) -> Any:
    return np.lexsort(keys, axis=axis)


sorted_along = step(
    sort_along,
    same_shape,
    vjp=rearranged_vjp,
    jvp=rearranged_jvp,
    parameters=("axis", "kind"),
    batch=AlongAxis(),
)
argsorted_along = step(argsort_along, same_shape, _PLACES, parameters=("axis", "kind"), batch=AlongAxis())
lexsorted_along = step(lexsort_along, same_shape, _PLACES, parameters=("axis",))


def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    kind = _kind(kind, order, stable)
    line, axis = _line(a, axis)
    return leave(sorted_along, line, axis=axis, kind=kind)


def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    kind, a = _kind(kind, order, stable), operand(a)
    if not a.ndim:
        _check_axis_of_number(axis)
    line, axis = _line(a, axis if a.ndim else None)
    return leave(argsorted_along, line, axis=axis, kind=kind)


def _lexsort(keys: Any, axis: Any = -1) -> Any:
    parts = [operand(key) for key in keys]
    if not parts:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    if any(part.shape != parts[0].shape for part in parts):
        raise ValueError("all keys need to be the same shape")
    if not parts[0].ndim:
        return np.lexsort([np.zeros(())], axis=axis)
    axis = normalize_axis_index(operator.index(axis), parts[0].ndim)
    return leave(lexsorted_along, *parts, axis=axis)


def _sort_complex(a: Any) -> Any:
    line = _sort(a)
    if line.dtype.kind == "c":
        return line
    return line.astype(np.complex64 if line.dtype.char in "bBhH" else np.complex128)


sort = Composite(np.sort, expand=_sort)
sort_complex = Composite(np.sort_complex, expand=_sort_complex)
argsort = Composite(np.argsort, methods=("argsort",), expand=_argsort)
lexsort = Composite(np.lexsort, expand=_lexsort)

# -- partitions


def partition_along(a: Any, *, kth: tuple[int, ...], axis: int) -> Any:
    return np.partition(a, kth, axis=axis)


def argpartition_along(a: Any, *, kth: tuple[int, ...], axis: int) -> Any:
    return np.argpartition(a, kth, axis=axis)


partitioned_along = step(
    partition_along,
    same_shape,
    vjp=rearranged_vjp,
    jvp=rearranged_jvp,
    parameters=("kth", "axis"),
    batch=AlongAxis(),
    example=lambda a, *, kth, axis: np.sort(a, axis),
)
argpartitioned_along = step(
    argpartition_along,
    same_shape,
    _PLACES,
    parameters=("kth", "axis"),
    batch=AlongAxis(),
    example=lambda a, *, kth, axis: np.argsort(a, axis),
)


def _places(kth: Any, kind: Any, order: Any) -> tuple[int, ...]:
    """Which elements are to stand where they stand in the sorted array."""
    if not isinstance(kth, int | float | list | tuple | np.ndarray | np.generic):
        kth = operator.index(kth)
    places = np.asarray(kth)
    np.partition(np.zeros(1), np.zeros_like(places), kind=kind, order=order)
    return tuple(int(place) for place in places.flat)


def _check_places(kth: tuple[int, ...], a: Any, axis: int) -> None:
    extent = a.shape[axis]
    outside = [place for place in kth if not -extent <= place < extent]
    if outside and a.size:
        raise ValueError(f"kth(={outside[0]}) out of bounds ({extent})")


def _partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    line, axis = _line(a, axis)
    kth = _places(kth, kind, order)
    _check_places(kth, line, axis)
    return leave(partitioned_along, line, kth=kth, axis=axis)


def _argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    kth, a = _places(kth, kind, order), operand(a)
    if not a.ndim:
        _check_axis_of_number(axis)
    line, axis = _line(a, axis if a.ndim else None)
    _check_places(kth, line, axis)
    return leave(argpartitioned_along, line, kth=kth, axis=axis)


partition = Composite(np.partition, expand=_partition)
argpartition = Composite(np.argpartition, methods=("argpartition",), expand=_argpartition)

# -- medians and quantiles


def _axes(axis: Any) -> Any:
    """One axis or several, as what does not change."""
    return axis if axis is None or hasattr(axis, "__index__") else tuple(axis)


def median_along(a: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.median(a, axis=axis, keepdims=keepdims)


def nanmedian_along(a: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.nanmedian(a, axis=axis, keepdims=keepdims)


medians = step(
    median_along,
    reduced_shape,
    vjp=middle_vjp(np.median),
    jvp=middle_jvp(np.median),
    parameters=("axis", "keepdims"),
    batch=AlongAxis(),
)
nanmedians = step(
    nanmedian_along,
    reduced_shape,
    vjp=middle_vjp(np.nanmedian),
    jvp=middle_jvp(np.nanmedian),
    parameters=("axis", "keepdims"),
    batch=AlongAxis(),
)


def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    refuse_out(out)
    return leave(medians, operand(a), axis=_axes(axis), keepdims=keepdims is True or keepdims == 1)


def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    refuse_out(out)
    return leave(nanmedians, operand(a), axis=_axes(axis), keepdims=keepdims is True or keepdims == 1)


def quantiles_along(*operands: Any, function: Any, axis: Any, method: Any, keepdims: bool) -> Any:
    a, q, *rest = operands
    weights = rest[0] if rest else None
    return function(a, q, axis=axis, method=method, keepdims=keepdims, weights=weights)


def _quantile_shape(a: Shape, q: Shape, *weights: Shape, axis: Any, keepdims: bool, **rest: Any) -> Shape:
    return (*q, *reduced_shape(a, axis, keepdims))


def _quantile_example(*operands: Any, **keywords: Any) -> Any:
    """With shapes that fit, of weights too; what NumPy refuses for all values it refuses at run time."""
    a, q, *rest = operands
    a = np.ones_like(a, shape=[extent or 1 for extent in a.shape])
    places, weights = np.zeros_like(q), [np.ones_like(a) for _ in rest]
    try:
        return quantiles_along(np.ones_like(a), places, *weights, **keywords)
    except TypeError:
        return quantiles_along(np.ones_like(a, np.float64), places, *weights, **keywords)


def _quantiles_batch(mapped: tuple[bool, ...], a: Any, q: Any, *weights: Any, axis: Any, **rest: Any) -> Any:
    """Of many arrays the same quantiles, along the same axes."""
    if mapped != (True, False):
        return None
    made = leave(quantiles, a, q, axis=behind(axis, a.ndim - 1), **rest)
    return np.moveaxis(made, q.ndim, 0)


quantiles = step(
    quantiles_along,
    _quantile_shape,
    vjp=quantile_vjp,
    jvp=quantile_jvp,
    parameters=("function", "axis", "method", "keepdims"),
    example=_quantile_example,
    batch=_quantiles_batch,
)


def _quantile_of(function: Any) -> Any:
    def expand(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
    ) -> Any:
        refuse_out(out)
        a = operand(a)
        if a.dtype.kind == "c":
            raise TypeError("a must be an array of real numbers")
        highest = {np.nanquantile: 1, np.nanpercentile: 100}.get(function)
        valid = not isinstance(sample(q), int | float) or 0 <= q <= (highest or 0)
        unweighted = weights is None or (method == "inverted_cdf" and operand(weights).shape == a.shape)
        if highest and valid and unweighted and 0 in a.shape:
            return np.nanmean(a, axis=axis, keepdims=keepdims)
        if a.dtype.kind == "f" and isinstance(sample(q), int | float):
            q = np.multiply(q, a.dtype.type(1))
        arrays = [a, operand(q), *([] if weights is None else [operand(weights)])]
        keep = keepdims is True or keepdims == 1
        return leave(quantiles, *arrays, function=function, axis=_axes(axis), method=method, keepdims=keep)

    return expand


median = Composite(np.median, expand=_median)
nanmedian = Composite(np.nanmedian, expand=_nanmedian)
quantile = Composite(np.quantile, expand=_quantile_of(np.quantile))
percentile = Composite(np.percentile, expand=_quantile_of(np.percentile))
nanquantile = Composite(np.nanquantile, expand=_quantile_of(np.nanquantile))
nanpercentile = Composite(np.nanpercentile, expand=_quantile_of(np.nanpercentile))

# -- searches


def search_in_numpy(a: Any, v: Any, *, left: bool) -> Any:
    return np.searchsorted(a, v, "left" if left else "right")


def is_among(element: Any, among: Any, *, invert: bool) -> Any:
    return np.isin(element, among, invert=invert)


def _keys_of_all(place: int) -> Any:
    """One call for the keys of all elements, where these look in the same arrays."""

    def batch(mapped: tuple[bool, ...], *operands: Any, **parameters: Any) -> Any:
        if not mapped[place] or sum(mapped) > 1:
            return None
        return leave((interpolated_in_numpy, searched_in_numpy)[place], *operands, **parameters)

    return batch


found_among = step(is_among, same_shape, _TRUTH, parameters=("invert",))
searched_in_numpy = step(
    search_in_numpy, lambda a, v, *, left: v, _PLACES, parameters=("left",), batch=_keys_of_all(1)
)


def interpolate_in_numpy(x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    return np.interp(x, xp, fp, np.asarray(left).item(), np.asarray(right).item())


interpolated_in_numpy = step(
    interpolate_in_numpy, same_shape, vjp=interpolated_vjp, jvp=interpolated_jvp, batch=_keys_of_all(0)
)
searchsorted = Written(np.searchsorted, methods=("searchsorted",), source="searching.searchsorted")
digitize = Written(np.digitize, source="searching.digitize")
isin = Written(np.isin, source="searching.isin")
interp = Written(np.interp, source="searching.interp")
