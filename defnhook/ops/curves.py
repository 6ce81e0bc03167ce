"""Differences, slopes and areas of sampled curves; polynomials; products that slide along one another."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import operand, sample, traced
from defnhook.ops.steps import Shape, leave, step


def at(a: Any, axis: int, place: Any) -> Any:
    """A part of an array along one axis."""
    return a[(*(slice(None),) * axis, place)]


# -- differences


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.ravel(operand(ary))
    parts = [flat[1:] - flat[:-1]] if flat.dtype.kind != "b" else [np.subtract(flat[1:], flat[:-1])]
    for name, value, place in (("to_begin", to_begin, 0), ("to_end", to_end, len(parts))):
        if value is None:
            continue
        made = operand(value)
        if not np.can_cast(made.dtype, flat.dtype, casting="same_kind"):
            raise TypeError(
                f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule."
            )
        parts.insert(place and len(parts), np.ravel(made).astype(flat.dtype, copy=False))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    y = operand(y)
    axis = normalize_axis_index(operator.index(axis), y.ndim)
    if x is None:
        widths = dx
    else:
        x = operand(x)
        widths = np.diff(x, axis=axis if x.ndim > 1 else -1)
        if x.ndim == 1:
            widths = np.reshape(widths, (-1, *(1,) * (y.ndim - 1 - axis)))
    heights = at(y, axis, slice(1, None)) + at(y, axis, slice(None, -1))
    return np.sum(widths * heights / 2.0, axis=axis)


def _unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * np.pi) -> Any:
    p = operand(p)
    if not p.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(operator.index(axis), p.ndim)
    steps = np.diff(p, axis=axis)
    discont = period / 2 if discont is None else discont
    dtype = np.result_type(steps.dtype, sample(period))
    if dtype.kind in "iu":
        high, odd = period // 2, period % 2
        at_boundary = odd == 0
    else:
        high, at_boundary = period / 2, True
    low = -high
    turned = np.mod(steps - low, period) + low
    turned = np.where(np.logical_and(at_boundary, np.logical_and(turned == low, steps > 0)), high, turned)
    correction = np.where(np.abs(steps) < discont, 0, turned - steps)
    first = at(p, axis, slice(None, 1)).astype(dtype)
    rest = at(p, axis, slice(1, None)) + np.cumsum(correction, axis)
    return np.concatenate([first, rest.astype(dtype, copy=False)], axis=axis)


ediff1d = Composite(np.ediff1d, expand=_ediff1d)
trapezoid = Composite(np.trapezoid, expand=_trapezoid)
unwrap = Composite(np.unwrap, expand=_unwrap)

# -- slopes


def _spacings(varargs: Sequence[Any], f: Any, axes: tuple[int, ...]) -> list[Any]:
    """The distance of samples along each axis, or the distances where they differ."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) == 1 and not operand(varargs[0]).ndim:
        return list(varargs) * len(axes)
    if len(varargs) != len(axes):
        raise TypeError("invalid number of arguments")
    return [_distances(value, f.shape[axis]) for value, axis in zip(varargs, axes, strict=True)]


def _distances(value: Any, extent: int) -> Any:
    places = operand(value)
    if not places.ndim:
        return value
    if places.ndim != 1:
        raise ValueError("distances must be either scalars or 1d")
    if places.shape[0] != extent:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    if extent < 2:
        raise IndexError("index 0 is out of bounds for axis 0 with size 0")
    return np.diff(places.astype(np.float64) if places.dtype.kind in "iu" else places)


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    f = operand(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    spacings = _spacings(varargs, f, axes)
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if f.dtype.kind in "iu":
        f = f.astype(np.float64)
    found = [_slope(f, place, h, edge_order) for place, h in zip(axes, spacings, strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _slope(f: Any, axis: int, h: Any, edge_order: int) -> Any:
    """Second order differences inside, of ``edge_order`` at both ends."""
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are "
            "required."
        )
    uneven = bool(operand(h).ndim)
    inner = _uneven_inside(f, axis, h) if uneven else _even_inside(f, axis, h)
    ends = _uneven_ends(f, axis, h, edge_order) if uneven else _even_ends(f, axis, h, edge_order)
    dtype = f.dtype if f.dtype.kind in "fc" else np.dtype(np.float64)
    first, last = (np.expand_dims(end, axis).astype(dtype, copy=False) for end in ends)
    return np.concatenate([first, inner.astype(dtype, copy=False), last], axis=axis)


def _even_inside(f: Any, axis: int, h: Any) -> Any:
    return (at(f, axis, slice(2, None)) - at(f, axis, slice(None, -2))) / (2.0 * h)


def _uneven_inside(f: Any, axis: int, h: Any) -> Any:
    along = (-1, *(1,) * (f.ndim - 1 - axis))
    left, right = h[:-1], h[1:]
    a = np.reshape(-right / (left * (left + right)), along)
    b = np.reshape((right - left) / (left * right), along)
    c = np.reshape(left / (right * (left + right)), along)
    before, here, after = slice(None, -2), slice(1, -1), slice(2, None)
    return a * at(f, axis, before) + b * at(f, axis, here) + c * at(f, axis, after)


def _even_ends(f: Any, axis: int, h: Any, edge_order: int) -> tuple[Any, Any]:
    if edge_order == 1:
        return (at(f, axis, 1) - at(f, axis, 0)) / h, (at(f, axis, -1) - at(f, axis, -2)) / h
    first = -1.5 / h * at(f, axis, 0) + 2.0 / h * at(f, axis, 1) + -0.5 / h * at(f, axis, 2)
    last = 0.5 / h * at(f, axis, -3) + -2.0 / h * at(f, axis, -2) + 1.5 / h * at(f, axis, -1)
    return first, last


def _uneven_ends(f: Any, axis: int, h: Any, edge_order: int) -> tuple[Any, Any]:
    if edge_order == 1:
        return (at(f, axis, 1) - at(f, axis, 0)) / h[0], (at(f, axis, -1) - at(f, axis, -2)) / h[-1]
    one, two = h[0], h[1]
    a, b, c = -(2.0 * one + two) / (one * (one + two)), (one + two) / (one * two), -one / (two * (one + two))
    first = a * at(f, axis, 0) + b * at(f, axis, 1) + c * at(f, axis, 2)
    one, two = h[-2], h[-1]
    a, b, c = two / (one * (one + two)), -(two + one) / (one * two), (2.0 * two + one) / (two * (one + two))
    return first, a * at(f, axis, -3) + b * at(f, axis, -2) + c * at(f, axis, -1)


gradient = Composite(np.gradient, expand=_gradient)

# -- products that slide along one another


def correlate_step(a: Any, v: Any, *, mode: Any) -> Any:
    return np.correlate(a, v, mode)


def convolve_step(a: Any, v: Any, *, mode: Any) -> Any:
    return np.convolve(a, v, mode)


def _slid_shape(a: Shape, v: Shape, *, mode: str) -> Shape:
    longer, shorter = max(*a, *v), min(*a, *v)
    return ({"full": longer + shorter - 1, "same": longer, "valid": longer - shorter + 1}[mode],)


def _whole(g: Any, a: Any, v: Any, mode: str) -> Any:
    """The adjoint of all shifted products, of which those that a mode leaves out have 0."""
    longer, shorter = max(a.shape[0], v.shape[0]), min(a.shape[0], v.shape[0])
    missing = longer + shorter - 1 - g.shape[0]
    before = {"full": 0, "same": (shorter - 1) // 2, "valid": shorter - 1}[mode]
    first, last = (np.zeros_like(g, shape=(count,)) for count in (before, missing - before))
    return np.concatenate([first, g, last])


def _like(value: Any, operand: Any) -> Any:
    """The adjoint of a real operand is real."""
    return value if operand.dtype.kind == "c" else np.real(value)


def _convolve_vjp(g: Any, r: Any, a: Any, v: Any, *, mode: str) -> tuple[Any, Any]:
    whole = _whole(g, a, v, mode)
    for_a, for_v = (np.convolve(whole, other[::-1], "valid") for other in (v, a))
    return _like(for_a, a), _like(for_v, v)


def _correlate_vjp(g: Any, r: Any, a: Any, v: Any, *, mode: str) -> tuple[Any, Any]:
    """That of a convolution with the conjugate of ``v`` turned round."""
    if a.shape[0] < v.shape[0]:  # NumPy turns both round: the places that are left out too
        g, mode = _whole(g[::-1], a, v, mode)[::-1], "full"
    for_a, for_turned = _convolve_vjp(g, r, a, np.conjugate(v[::-1]), mode=mode)
    return for_a, np.conjugate(for_turned[::-1])


def _slid_jvp(function: Any) -> Any:
    """The sum of both products with one factor replaced by its tangent."""

    def jvp(tangents: tuple[Any, Any], r: Any, a: Any, v: Any, *, mode: str) -> Any:
        da, dv = tangents
        if da is None:
            return function(a, dv, mode)
        return function(da, v, mode) if dv is None else function(da, v, mode) + function(a, dv, mode)

    return jvp


correlated = step(
    correlate_step, _slid_shape, vjp=_correlate_vjp, jvp=_slid_jvp(np.correlate), parameters=("mode",)
)
convolved = step(
    convolve_step, _slid_shape, vjp=_convolve_vjp, jvp=_slid_jvp(np.convolve), parameters=("mode",)
)
_MODES = {0: "valid", 1: "same", 2: "full"}


def _slid(function: Any, entry: Any, default: str) -> Any:
    """The function, with what NumPy says of modes and shapes that are wrong."""

    def expand(a: Any, v: Any, mode: Any = default) -> Any:
        a, v, mode = operand(a), operand(v), _MODES.get(mode, mode)
        if function is np.convolve:
            a, v = np.atleast_1d(a), np.atleast_1d(v)
        function(np.zeros((1,) * a.ndim), np.zeros((1,) * v.ndim), mode)
        if not min(a.size, v.size):
            function(np.zeros(a.shape), np.zeros(v.shape), mode)
        return leave(entry, a, v, mode=mode)

    return expand


correlate = Composite(np.correlate, expand=_slid(np.correlate, correlated, "valid"))
convolve = Composite(np.convolve, expand=_slid(np.convolve, convolved, "full"))

# -- polynomials, highest power first


def length(p: Any) -> int:
    """How many coefficients there are."""
    if not p.ndim:
        raise TypeError("len() of unsized object")
    return int(p.shape[0])


def _polyval(p: Any, x: Any) -> Any:
    p, x = operand(p), operand(x)
    total = np.zeros_like(x)
    for place in range(length(p)):
        total = total * x + p[place]
    return total


def _padded(a: Any, length: int) -> Any:
    missing = length - a.shape[0]
    return np.concatenate([np.zeros(missing, a.dtype), a]) if missing > 0 else a


def _combined(combine: Any) -> Any:
    def expand(a1: Any, a2: Any) -> Any:
        first, second = np.atleast_1d(operand(a1)), np.atleast_1d(operand(a2))
        length = max(first.shape[0], second.shape[0])
        return combine(_padded(first, length), _padded(second, length))

    return expand


def _polyder(p: Any, m: Any = 1) -> Any:
    m, p = operator.index(m), operand(p)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    powers = np.arange(length(p) - 1, 0, -1)
    slopes = p[:-1] * powers
    return _polyder(slopes, m - 1) if m else p


def _polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    m, p = operator.index(m), operand(p)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = np.zeros(m, float) if k is None else np.atleast_1d(operand(k))
    if constants.shape[0] == 1 and m > 1:
        constants = constants[0] * np.ones(m, float)
    if constants.shape[0] < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    if not p.ndim and not m:
        return p if traced(p) is not None else np.asarray(p)
    for place in range(m):
        powers = np.arange(length(p), 0, -1)
        p = np.concatenate([p / powers, constants[place : place + 1]])
    return p


polyval = Composite(np.polyval, expand=_polyval)
polyadd = Composite(np.polyadd, expand=_combined(np.add))
polysub = Composite(np.polysub, expand=_combined(np.subtract))
polyder = Composite(np.polyder, expand=_polyder)
polyint = Composite(np.polyint, expand=_polyint)
