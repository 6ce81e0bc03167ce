"""``np.pad``: arrays made longer at both ends of each axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Composite
from defnhook.ops.layouts import is_fortran
from defnhook.ops.shaping import as_array, crossed, known, operand

Side = Callable[..., Any]

# The keywords that each mode takes, with what they are where they are left out.
KEYWORDS: dict[str, dict[str, Any]] = {
    "constant": {"constant_values": 0},
    "edge": {},
    "empty": {},
    "linear_ramp": {"end_values": 0},
    "maximum": {"stat_length": None},
    "mean": {"stat_length": None},
    "median": {"stat_length": None},
    "minimum": {"stat_length": None},
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "wrap": {},
}


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    a = as_array(array)
    widths = _widths(known(pad_width, "as widths of np.pad"), a.ndim)
    if callable(mode):
        raise DefnTypeError(
            "np.pad with a function as mode is not part of the defn language; write np.concatenate"
        )
    options = _options(mode, kwargs)
    if mode not in ("constant", "empty"):
        _check_not_empty(a, widths, mode)
    values = _pairs(next(iter(options.values()), None), a.ndim, mode)
    result = _in_one(a, widths, mode, values)
    if result is None:
        result = a
        for axis, (before, after) in enumerate(widths):
            if before or after:
                result = _SIDES[mode](result, axis, before, after, values[axis])
    order = "F" if is_fortran(a) else "C"
    return result.astype(a.dtype, order=order, copy=result is a)


def _in_one(a: Any, widths: list[tuple[int, int]], mode: str, values: list[Any]) -> Any:
    """The result made at once where several axes grow; otherwise None."""
    if sum(any(sides) for sides in widths) < 2:
        return None
    if mode in _PLACES and "odd" not in values:
        places = [_PLACES[mode](n, before, after) for n, (before, after) in zip(a.shape, widths, strict=True)]
        return crossed(a, places)
    return None


def _check_not_empty(a: Any, widths: list[tuple[int, int]], mode: str) -> None:
    for axis, sides in enumerate(widths):
        if not a.shape[axis] and any(sides):
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")


def _widths(given: Any, ndim: int) -> list[tuple[int, int]]:
    """How much each axis grows at either end."""
    if isinstance(given, dict):
        table = np.zeros((ndim, 2), int)
        for axis, width in given.items():
            table[axis] = np.broadcast_to(width, (2,))
        given = table
    widths = np.asarray(given)
    if widths.dtype.kind not in "iu":
        raise TypeError("`pad_width` must be of integral type.")
    if widths.size and widths.min() < 0:
        raise ValueError("index can't contain negative values")
    return [(int(before), int(after)) for before, after in np.broadcast_to(widths, (ndim, 2))]


def _options(mode: Any, given: dict[str, Any]) -> dict[str, Any]:
    if mode not in KEYWORDS:
        raise ValueError(f"mode '{mode}' is not supported")
    unknown = set(given) - set(KEYWORDS[mode])
    if unknown:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    return {**KEYWORDS[mode], **given}


def _pairs(option: Any, ndim: int, mode: str) -> list[Any]:
    """A keyword's value for either end of each axis."""
    if mode in ("reflect", "symmetric") or option is None:
        return [option or (None, None)] * ndim
    if type(option) is int and option == 0:
        return [(0, 0)] * ndim
    if mode in ("constant", "linear_ramp"):
        table = np.broadcast_to(operand(option), (ndim, 2))
        return [(table[axis, 0], table[axis, 1]) for axis in range(ndim)]
    lengths = np.asarray(known(option, "as lengths of np.pad"))
    if lengths.min() < 0:
        raise ValueError("index can't contain negative values")
    return [(int(a), int(b)) for a, b in np.broadcast_to(lengths, (ndim, 2))]


# -- one axis


def _part(a: Any, axis: int, start: int | None, stop: int | None, step: int = 1) -> Any:
    return a[(*(slice(None),) * axis, slice(start, stop, step))]


def _wide(value: Any, a: Any, axis: int, width: int) -> Any:
    """A value, or one layer of an array, many times along an axis."""
    return np.broadcast_to(value, (*a.shape[:axis], width, *a.shape[axis + 1 :]))


def _joined(first: Any, a: Any, last: Any, axis: int) -> Any:
    return np.concatenate([first.astype(a.dtype), a, last.astype(a.dtype)], axis=axis)


def _constant(a: Any, axis: int, before: int, after: int, values: Any) -> Any:
    first, last = (operand(value).astype(a.dtype) for value in values)
    return _joined(_wide(first, a, axis, before), a, _wide(last, a, axis, after), axis)


def _empty(a: Any, axis: int, before: int, after: int, values: Any) -> Any:
    return _constant(a, axis, before, after, (0, 0))


def _linear_ramp(a: Any, axis: int, before: int, after: int, values: Any) -> Any:
    ends = [
        _ramp(value, np.take(a, place, axis), width, axis, a.dtype)
        for value, place, width in ((values[0], 0, before), (values[1], -1, after))
    ]
    return _joined(ends[0], a, np.flip(ends[1], axis), axis)


def _ramp(start: Any, edge: Any, width: int, axis: int, dtype: Any) -> Any:
    return np.linspace(start, edge, width, endpoint=False, dtype=dtype, axis=axis)


def _statistic(function: Side) -> Side:
    def padded(a: Any, axis: int, before: int, after: int, lengths: Any) -> Any:
        n = a.shape[axis]
        first, last = (n if length is None or length > n else length for length in lengths)
        if 0 in (first, last) and function in (np.max, np.min):
            raise ValueError("stat_length of 0 yields no value for padding")
        layers = [
            _rounded(function(part, axis=axis, keepdims=True), a.dtype)
            for part in (_part(a, axis, 0, first), _part(a, axis, n - last, None))
        ]
        return _joined(_wide(layers[0], a, axis, before), a, _wide(layers[1], a, axis, after), axis)

    return padded


def _rounded(value: Any, dtype: Any) -> Any:
    return np.round(value) if dtype.kind in "iu" and value.dtype.kind == "f" else value


def _wrapped(n: int, before: int, after: int) -> Any:
    return np.arange(-before, n + after) % n if n else np.arange(0)


def _at_edge(n: int, before: int, after: int) -> Any:
    return np.clip(np.arange(-before, n + after), 0, max(n - 1, 0))


def _mirrored(include: int) -> Callable[[int, int, int], Any]:
    """Mirrored at either end, the end itself repeated (``include`` 1) or not (0)."""

    def places(n: int, before: int, after: int) -> Any:
        if n < 2 - include:
            return _at_edge(n, before, after)
        period = 2 * n if include else 2 * (n - 1)
        found = np.arange(-before, n + after) % period
        return np.where(found < n, found, period - include - found)

    return places


# Where in an axis the elements of the longer one are.
_PLACES: dict[str, Callable[[int, int, int], Any]] = {
    "edge": _at_edge,
    "reflect": _mirrored(0),
    "symmetric": _mirrored(1),
    "wrap": _wrapped,
}


def _placed(mode: str) -> Side:
    def padded(a: Any, axis: int, before: int, after: int, values: Any) -> Any:
        n = a.shape[axis]
        if values == "odd" and n > 1 - _INCLUDE[mode]:
            return _odd(a, axis, before, after, _INCLUDE[mode])
        places = _PLACES[mode](n, before, after)
        ends = [np.take(a, each, axis) for each in (places[:before], places[before + n :])]
        return np.concatenate([ends[0], a, ends[1]], axis=axis)

    return padded


_INCLUDE = {"reflect": 0, "symmetric": 1}


def _odd(a: Any, axis: int, before: int, after: int, include: int) -> Any:
    """Mirrored at a point: each round adds as much as there is."""
    period = a.shape[axis] - (1 - include)
    while before or after:
        whole = a.shape[axis] // period * period if include else (a.shape[axis] - 1) // period * period
        first, last = min(before, whole), min(after, whole)
        left = _part(a, axis, 1 - include, 1 - include + first)
        end = a.shape[axis] - (1 - include)
        right = _part(a, axis, end - last, end)
        left = np.flip(2 * _part(a, axis, 0, 1) - left, axis)
        right = np.flip(2 * _part(a, axis, -1, None) - right, axis)
        a, before, after = _joined(left, a, right, axis), before - first, after - last
    return a


_SIDES: dict[str, Side] = {
    "constant": _constant,
    "edge": _placed("edge"),
    "empty": _empty,
    "linear_ramp": _linear_ramp,
    "maximum": _statistic(np.max),
    "mean": _statistic(np.mean),
    "median": _statistic(np.median),
    "minimum": _statistic(np.min),
    "reflect": _placed("reflect"),
    "symmetric": _placed("symmetric"),
    "wrap": _placed("wrap"),
}

pad = Composite(np.pad, expand=_pad)
