"""Derivatives of what sorts elements: how results move with the elements that stand in their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.ops.steps import reduced_shape

# -- elements in another order


def sources(r: Any, a: Any, axis: int) -> Any:
    """From which place along an axis each element of a rearranged array comes."""
    before, after = (np.argsort(each, axis=axis, kind="stable") for each in (a, r))
    return np.take_along_axis(before, np.argsort(after, axis=axis), axis)


def rearranged_jvp(tangents: tuple[Any], r: Any, a: Any, *, axis: int, **_: Any) -> Any:
    return np.take_along_axis(tangents[0], sources(r, a, axis), axis)


def rearranged_vjp(g: Any, r: Any, a: Any, *, axis: int, **_: Any) -> tuple[Any]:
    return (np.take_along_axis(g, np.argsort(sources(r, a, axis), axis=axis), axis),)


# -- elements at some places of the sorted array

# How many places of the sorted array a quantile moves on by as q goes from 0 to 1, beyond the number of elements.
_LENGTHS = {
    "linear": -1.0,
    "interpolated_inverted_cdf": 0.0,
    "hazen": 0.0,
    "weibull": 1.0,
    "median_unbiased": 1 / 3,
    "normal_unbiased": 1 / 4,
}


class Picked:
    """Quantiles as weights of neighbours in the sorted rows of an array; NumPy is asked which neighbours these are.

    Attributes
    ----------
    shape
        That of the rows, one for each set of elements that quantiles are taken of, which lie along the last axis.
    order
        The places of the elements of each row, sorted.
    place
        Where in the sorted row each quantile lies, whole for an element itself, in the shape of the rows with the
        quantiles along the last axis.
    """

    def __init__(self, a: Any, quantile: Callable[..., Any], axis: Any) -> None:
        self.given = tuple(a.shape)
        self.axes = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
        self.turn = (*(place for place in range(a.ndim) if place not in self.axes), *self.axes)
        rows = self.rows(a)
        self.shape = tuple(rows.shape)
        self.order = np.argsort(rows, axis=-1, kind="stable")
        self.ranks = np.argsort(self.order, axis=-1)
        numbers = np.where(np.isnan(rows), np.nan, self.ranks) if rows.dtype.kind == "f" else self.ranks * 1.0
        self.place = np.moveaxis(np.reshape(quantile(self, numbers), (-1, *self.shape[:-1])), 0, -1)
        whole = np.floor(np.where(np.isnan(self.place), 0, self.place))
        self.part = (self.place - whole).astype(a.dtype if a.dtype.kind == "f" else np.float64)
        self.low = whole.astype(np.intp)
        self.high = np.minimum(self.low + 1, self.shape[-1] - 1)

    def rows(self, a: Any) -> Any:
        """The elements of an array that belong together along the last axis."""
        turned = np.transpose(a, self.turn)
        return np.reshape(turned, (*turned.shape[: len(self.turn) - len(self.axes)], -1))

    def unrows(self, rows: Any) -> Any:
        """The array of which these are the rows."""
        turned = np.reshape(rows, tuple(self.given[place] for place in self.turn))
        return np.transpose(turned, tuple(self.turn.index(place) for place in range(len(self.turn))))

    def neighbours(self, a: Any) -> tuple[Any, Any]:
        """The elements below and above each quantile, as quantiles are laid out; of tangents, their tangents."""
        line = np.take_along_axis(self.rows(a), self.order, -1)
        return np.take_along_axis(line, self.low, -1), np.take_along_axis(line, self.high, -1)

    def results(self, values: Any, shape: tuple[int, ...]) -> Any:
        """Values laid out as NumPy lays out quantiles."""
        return np.reshape(np.moveaxis(values, -1, 0), shape)

    def given_back(self, g: Any) -> Any:
        """The adjoint of the array, from that of the quantiles."""
        g = np.moveaxis(np.reshape(g, (-1, *self.shape[:-1])), 0, -1)
        line = np.zeros_like(g, shape=self.shape)
        for share, place in (((1 - self.part) * g, self.low), (self.part * g, self.high)):
            np.add.at(line, _along_last(place, self.shape), share)
        return self.unrows(np.take_along_axis(line, self.ranks, -1))


def _along_last(places: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index that pairs each place along the last axis with its own row."""
    count = len(shape)
    rows = [
        np.reshape(np.arange(shape[axis]), (-1,) + (1,) * (count - 1 - axis)) for axis in range(count - 1)
    ]
    return (*rows, places)


def middle_jvp(quantile: Callable[..., Any]) -> Callable[..., Any]:
    """For a median; ``quantile`` is the function of NumPy."""

    def jvp(tangents: tuple[Any], r: Any, a: Any, *, axis: Any, keepdims: bool) -> Any:
        found = Picked(a, lambda _, numbers: quantile(numbers, axis=-1), axis)
        low, high = found.neighbours(tangents[0])
        return found.results(low + found.part * (high - low), reduced_shape(found.given, axis, keepdims))

    return jvp


def middle_vjp(quantile: Callable[..., Any]) -> Callable[..., Any]:
    """For a median; ``quantile`` is the function of NumPy."""

    def vjp(g: Any, r: Any, a: Any, *, axis: Any, keepdims: bool) -> tuple[Any]:
        return (Picked(a, lambda _, numbers: quantile(numbers, axis=-1), axis).given_back(g),)

    return vjp


def _picked(a: Any, q: Any, weights: tuple[Any, ...], function: Any, axis: Any, method: str) -> Picked:
    def quantile(found: Picked, numbers: Any) -> Any:
        keywords = {"weights": found.rows(_spread(weights[0], a, axis))} if weights else {}
        return function(numbers, q, axis=-1, method=method, **keywords)

    return Picked(a, quantile, axis)


def _spread(weights: Any, a: Any, axis: Any) -> Any:
    """Weights of the places along an axis, for all elements of an array."""
    if weights.ndim == a.ndim:
        return weights
    (along,) = normalize_axis_tuple(axis, a.ndim)
    shape = tuple(extent if place == along else 1 for place, extent in enumerate(a.shape))
    return np.broadcast_to(np.reshape(weights, shape), tuple(a.shape))


def _slope(found: Picked, a: Any, q: Any, function: Any, method: str) -> Any:
    """How fast each quantile changes with q."""
    if method not in _LENGTHS:
        return 0
    count = np.sum(np.logical_not(np.isnan(found.rows(a))), axis=-1, keepdims=True)
    low, high = found.neighbours(a)
    inside = (found.place > 0) & (found.place < count - 1)
    speed = (count + _LENGTHS[method]) / (100 if "percentile" in function.__name__ else 1)
    return np.where(inside, (high - low) * speed, 0)


def quantile_jvp(
    tangents: tuple[Any, ...],
    r: Any,
    a: Any,
    q: Any,
    *weights: Any,
    function: Any,
    axis: Any,
    method: str,
    **_: Any,
) -> Any:
    if tangents[0] is None and tangents[1] is None:
        return None
    found = _picked(a, q, weights, function, axis, method)
    change: Any = 0
    if tangents[0] is not None:
        low, high = found.neighbours(tangents[0])
        change = low + found.part * (high - low)
    if tangents[1] is not None:
        change = change + _slope(found, a, q, function, method) * np.reshape(tangents[1], -1)
    return found.results(np.broadcast_to(change, found.place.shape), tuple(r.shape))


def quantile_vjp(
    g: Any, r: Any, a: Any, q: Any, *weights: Any, function: Any, axis: Any, method: str, **_: Any
) -> tuple[Any, ...]:
    found = _picked(a, q, weights, function, axis, method)
    rows = np.moveaxis(np.reshape(g, (-1, *found.shape[:-1])), 0, -1) * _slope(found, a, q, function, method)
    for_q = np.sum(rows, axis=tuple(range(len(found.shape) - 1)))
    return found.given_back(g), np.reshape(for_q, tuple(q.shape)), *(None for _ in weights)


# -- values between sampled points


def _between(x: Any, xp: Any, fp: Any) -> tuple[Any, ...]:
    """Where each number lies among the points, how far on to the next one, the slope there, and what is outside."""
    last = xp.shape[0] - 1
    low = np.minimum(np.maximum(np.searchsorted(xp, x, "right") - 1, 0), max(last - 1, 0))
    high = np.minimum(low + 1, last)
    below, above = x < xp[0], x > xp[last]
    width = np.where(xp[high] == xp[low], 1, xp[high] - xp[low])
    share = np.where(below | above, 0, (x - xp[low]) / width)
    return low, high, share, (fp[high] - fp[low]) / width, below, above


def interpolated_jvp(
    tangents: tuple[Any, ...], r: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any
) -> Any:
    low, high, share, slope, below, above = _between(x, xp, fp)
    dx, dxp, dfp, dleft, dright = tangents
    inside: Any = 0
    if dx is not None:
        inside = slope * dx
    if dxp is not None:
        inside = inside - slope * ((1 - share) * dxp[low] + share * dxp[high])
    if dfp is not None:
        inside = inside + (1 - share) * dfp[low] + share * dfp[high]
    first, last = (0 if each is None else each for each in (dleft, dright))
    return np.where(below, first, np.where(above, last, inside))


def interpolated_vjp(g: Any, r: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> tuple[Any, ...]:
    low, high, share, slope, below, above = _between(x, xp, fp)
    inside = np.where(below | above, 0, g)
    for_x = np.real(inside * slope)
    for_fp, for_xp = np.zeros_like(fp), np.zeros_like(xp)
    for part, place in ((1 - share, low), (share, high)):
        places = np.ravel(place)
        np.add.at(for_fp, places, np.ravel(inside * part))
        np.add.at(for_xp, places, np.ravel(-for_x * part))
    for_left, for_right = (np.sum(np.where(side, g, 0)) for side in (below, above))
    return for_x, for_xp, for_fp, for_left, for_right
