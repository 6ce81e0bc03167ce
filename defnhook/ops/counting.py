"""Histograms, covariances, and places in arrays as one number or one number an axis."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite, Plain, Written
from defnhook.ops.shaping import operand, traced
from defnhook.ops.steps import Shape, leave, same_shape, step

# -- histograms


def count_in_bins(a: Any, edges: Any, *weights: Any, even: bool, range: Any) -> Any:
    """Even bins are those that NumPy makes of the range: its edges would round otherwise between the first and last."""
    if not even:
        return np.histogram(a, edges, None, None, *weights)[0]
    return np.histogram(a, len(edges) - 1, range, None, *weights)[0]


def _count_evenly(a: Any, edges: Any) -> Any:
    return np.histogram(a, edges)[0]


def edges_of_bins(a: Any, *, bins: int, range: Any) -> Any:
    return np.histogram_bin_edges(a, bins, range)


def checked_edges(edges: Any) -> Any:
    """The edges themselves; an error where they do not increase."""
    np.histogram_bin_edges(np.zeros(0), edges)
    return edges


def automatic_edges(a: Any, bins: Any) -> Any:
    return np.histogram_bin_edges(a, bins)


def _counts_example(a: Any, edges: Any, *weights: Any, **parameters: Any) -> Any:
    return np.histogram(a, 1, (0, 1), None, *weights)[0]


def _weights_vjp(g: Any, r: Any, a: Any, edges: Any, *weights: Any, **parameters: Any) -> tuple[Any, ...]:
    """Elements move from bin to bin in jumps; their weights are added up there."""
    if not weights:
        return None, None
    count = edges.shape[0] - 1
    place = np.minimum(np.maximum(np.searchsorted(edges, a, "right") - 1, 0), count - 1)
    inside = (a >= edges[0]) & (a <= edges[count])
    return None, None, np.where(inside, g[place], 0)


def _weights_jvp(tangents: Any, r: Any, a: Any, edges: Any, *weights: Any, **parameters: Any) -> Any:
    if not weights or tangents[2] is None:
        return None
    return leave(counted, a, edges, tangents[2], **parameters)


def _range_share(a: Any, range: Any) -> tuple[Any, Any]:
    """What each element has of the least and the greatest one; none of a range that is given."""
    if range is not None or not a.size:
        return np.zeros_like(a), np.zeros_like(a)
    reached = [a == extreme(a) for extreme in (np.min, np.max)]
    least, greatest = (each / np.sum(each, dtype=np.float64) for each in reached)
    return least, greatest


def _edges_vjp(g: Any, r: Any, a: Any, *, bins: int, range: Any) -> tuple[Any]:
    least, greatest = _range_share(a, range)
    on = np.arange(bins + 1) / bins
    return (np.sum(g * (1 - on)) * least + np.sum(g * on) * greatest,)


def _edges_jvp(tangents: tuple[Any], r: Any, a: Any, *, bins: int, range: Any) -> Any:
    least, greatest = _range_share(a, range)
    on = np.arange(bins + 1) / bins
    return np.sum(tangents[0] * least) * (1 - on) + np.sum(tangents[0] * greatest) * on


def itself_vjp(g: Any, *_: Any, **parameters: Any) -> tuple[Any]:
    """Of what gives its operand."""
    return (g,)


def itself_jvp(tangents: tuple[Any], *_: Any, **parameters: Any) -> Any:
    return tangents[0]


counted = step(
    count_in_bins,
    lambda a, edges, *weights, **parameters: (edges[0] - 1,),
    vjp=_weights_vjp,
    jvp=_weights_jvp,
    parameters=("even", "range"),
    example=_counts_example,
)
edged = step(
    edges_of_bins,
    lambda a, *, bins, range: (bins + 1,),
    vjp=_edges_vjp,
    jvp=_edges_jvp,
    parameters=("bins", "range"),
    example=lambda a, *, bins, range: np.histogram_bin_edges(a, 1, range),
)
counted_evenly = Written(_count_evenly, source="counting.counts_in_even_bins")
increasing = step(checked_edges, same_shape, vjp=itself_vjp, jvp=itself_jvp, example=lambda edges: edges)
automatic = Plain(automatic_edges, instead="give the number of bins")


def _edges(a: Any, bins: Any, range: Any) -> tuple[Any, bool]:
    """The edges of the bins, and whether these are of one width."""
    if isinstance(bins, str):
        like = traced(a)
        edges = (
            like.__array_function__(automatic_edges, (type(like),), (a, bins), {})
            if like is not None
            else None
        )
        return (np.histogram_bin_edges(a, bins, range) if edges is None else edges), True
    if operand(bins).ndim:
        edges = operand(bins)
        if edges.ndim > 1:
            raise ValueError("`bins` must be 1d, when an array")
        return leave(increasing, edges), False
    count = operator.index(bins)
    np.histogram_bin_edges(np.zeros(1), count, range)
    if a.dtype.kind == "b":
        a = a.astype(np.uint8)
    if range is not None and np.can_cast(a.dtype, np.float64):
        return np.histogram_bin_edges(np.zeros(1, a.dtype), count, range), True
    limits = None if range is None else (float(range[0]), float(range[1]))
    return leave(edged, a, bins=count, range=limits), True


def _histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    a = np.ravel(operand(a))
    _check_weights(a, weights)
    return _edges(a, bins, range)[0]


def _check_weights(a: Any, weights: Any) -> None:
    if weights is not None and math.prod(operand(weights).shape) != math.prod(a.shape):
        raise ValueError("weights should have the same shape as a.")


MANY_BINS = 1 << 16


def _native_counts(a: Any, edges: Any) -> Any:
    """The counts by native code, of numbers that an edge can be compared with exactly; None of others."""
    if traced(a) is None or not np.can_cast(a.dtype, edges.dtype) or edges.dtype.itemsize < 4:
        return None
    if edges.dtype.kind != "f" or edges.shape[0] > MANY_BINS:
        return None
    return leave(counted_evenly, a, edges)


def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    a = operand(a)
    if weights is not None and operand(weights).shape != a.shape:
        raise ValueError("weights should have the same shape as a.")
    flat = np.ravel(a)
    edges, even = _edges(flat, bins, range)
    given = [] if weights is None else [np.ravel(operand(weights))]
    counts = _native_counts(flat, edges) if even and not given else None
    if counts is None:
        limits = None if range is None else tuple(range)
        counts = leave(counted, flat, edges, *given, even=even, range=limits)
    if not density:
        return counts, edges
    widths = np.diff(edges).astype(np.float64)
    return counts / widths / np.sum(counts), edges


histogram_bin_edges = Composite(np.histogram_bin_edges, expand=_histogram_bin_edges)
histogram = Composite(np.histogram, expand=_histogram)
bincount = Plain(np.bincount, instead="make an array of a known size and use np.add.at")
histogram2d = Plain(np.histogram2d, instead="call it before the loop")
histogramdd = Plain(np.histogramdd, instead="call it before the loop")

# -- covariances


def _rows(m: Any, turned: bool, dtype: Any) -> Any:
    rows = np.atleast_2d(m).astype(dtype)
    return rows.T if turned else rows


def _cov(
    m: Any,
    y: Any = None,
    rowvar: Any = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    parts = [operand(m), *([] if y is None else [operand(y)])]
    if any(part.ndim > 2 for part in parts):
        raise ValueError(f"{'m' if parts[0].ndim > 2 else 'y'} has more than 2 dimensions")
    if dtype is None:
        dtype = np.result_type(*[part.dtype for part in parts], np.float64)
    x = _rows(parts[0], not rowvar and parts[0].ndim != 1, dtype)
    if not x.shape[0]:
        return np.array([]).reshape(0, 0)
    if y is not None:
        more = np.atleast_2d(parts[1])
        x = np.concatenate((x, _rows(more, not rowvar and more.shape[0] != 1, dtype)), axis=0)
    ddof = ddof if ddof is not None else int(not bias)
    weights = _weights(fweights, aweights, x.shape[1])
    if weights is None:
        centre = np.mean(x, axis=1, keepdims=True)
        np.subtract(np.zeros(0, x.dtype), np.zeros(0, centre.dtype), out=np.zeros(0, x.dtype))
        centred, factor = x - centre, max(x.shape[1] - ddof, 0)
        right: Any = centred
    else:
        mean, total = np.average(x, axis=1, weights=weights, returned=True)
        centred = x - np.reshape(mean, (-1, 1))
        factor, right = _factor(total[0], weights, aweights, ddof), centred * weights
    product = np.dot(centred, np.conjugate(right.T) if x.dtype.kind == "c" else right.T)
    return np.squeeze((product * np.true_divide(1, factor)).astype(product.dtype, copy=False))


def _factor(total: Any, weights: Any, aweights: Any, ddof: Any) -> Any:
    if ddof == 0:
        return total
    more = total if aweights is None else np.sum(weights * operand(aweights)) / total
    return np.maximum(total - ddof * (1.0 if aweights is None else more), 0.0)


def _weights(fweights: Any, aweights: Any, count: int) -> Any:
    """How much each observation counts; None where all count the same."""
    weights = None
    for label, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        made = operand(given)
        if made.ndim > 1:
            raise RuntimeError(f"cannot handle multidimensional {label}")
        if made.shape[0] != count:
            raise RuntimeError(f"incompatible numbers of samples and {label}")
        made = leave(weights_checked, made.astype(np.float64), whole=label == "fweights")
        weights = made if weights is None else weights * made
    return weights


def check_weights(weights: Any, *, whole: bool) -> Any:
    """The weights themselves; an error where one is negative, or not whole though it has to be."""
    label = "fweights" if whole else "aweights"
    if whole and not np.all(weights == np.around(weights)):
        raise TypeError("fweights must be integer")
    if np.any(weights < 0):
        raise ValueError(f"{label} cannot be negative")
    return weights


weights_checked = step(check_weights, same_shape, vjp=itself_vjp, jvp=itself_jvp, parameters=("whole",))


def _corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = np.sqrt(np.real(np.diagonal(c)))
    c = c / spread[:, None] / spread[None, :]
    if c.dtype.kind == "c":
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)


cov = Composite(np.cov, expand=_cov)
corrcoef = Composite(np.corrcoef, expand=_corrcoef)

# -- places


def ravel_places(*indices: Any, dims: Shape, mode: Any, order: Any) -> Any:
    return np.ravel_multi_index(indices, dims, mode, order)


def _places_shape(*indices: Shape, **parameters: Any) -> Shape:
    return np.broadcast_shapes(*indices)


ravelled = step(
    ravel_places,
    _places_shape,
    "its result is an index. Differentiate the elements there instead.",
    parameters=("dims", "mode", "order"),
    example=lambda *indices, dims, mode, order: np.ravel_multi_index(
        [np.zeros_like(index) for index in indices], [1] * len(dims), order=order
    ),
)


def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    sizes = tuple(map(operator.index, dims)) if isinstance(dims, list | tuple) else (operator.index(dims),)
    indices = [operand(index) for index in multi_index]
    if len(indices) != len(sizes):
        raise ValueError("parameter multi_index must be a sequence of length " + str(len(sizes)))
    mode = mode if isinstance(mode, str) else tuple(mode)
    return leave(ravelled, *indices, dims=sizes, mode=mode, order=order)


def unravel_places(indices: Any, *, shape: Shape, order: Any, axis: int) -> Any:
    return np.unravel_index(indices, shape, order)[axis]


unravelled = step(
    unravel_places,
    lambda indices, *, shape, order, axis: indices,
    "its result is an index. Differentiate the elements there instead.",
    parameters=("shape", "order", "axis"),
    example=lambda indices, *, shape, order, axis: np.unravel_index(
        np.zeros_like(indices), [1] * len(shape), order
    )[axis],
)


def _unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    sizes = tuple(map(operator.index, shape)) if isinstance(shape, list | tuple) else (operator.index(shape),)
    places = operand(indices)
    found = [leave(unravelled, places, shape=sizes, order=order, axis=axis) for axis in range(len(sizes))]
    return tuple(found)


ravel_multi_index = Composite(np.ravel_multi_index, expand=_ravel_multi_index)
unravel_index = Composite(np.unravel_index, expand=_unravel_index)
