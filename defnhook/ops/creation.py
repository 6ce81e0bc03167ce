"""New arrays: constants, ranges and arrays like another."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite, NoGradient, Structural
from defnhook.ops.shaping import operand, refuse_keyword, sum_to


def _full_arguments(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> tuple[Any, ...]:
    refuse_keyword("order", order, ("C",), "Transpose the array instead: np.full(shape[::-1], value).T.")
    refuse_keyword("like", like, (None,), "Leave it out.")
    return shape, fill_value, dtype


def _arange_arguments(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None, like: Any = None
) -> tuple[Any, ...]:
    refuse_keyword("like", like, (None,), "Leave it out.")
    return start, stop, step, dtype


full = Structural(
    np.full,
    rule="full",
    arguments=_full_arguments,
    vjp=lambda g, r, fill_value, **_: (sum_to(g, fill_value.shape),),
)
arange = Structural(
    np.arange,
    rule="iota",
    arguments=_arange_arguments,
    vjp=NoGradient("its result is a range of fixed numbers. Multiply np.arange(n) by the step instead."),
)


def filled(shape: Any, value: Any, dtype: Any, order: str = "C") -> Any:
    """``np.full`` in either memory order."""
    if order == "C":
        return np.full(shape, value, dtype)
    if order != "F":
        raise ValueError("only 'C' or 'F' order is permitted")
    extents = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    return np.transpose(np.full(extents[::-1], value, dtype))


def _zeros(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    refuse_keyword("like", like, (None,), "Leave it out.")
    return filled(shape, 0, np.dtype(dtype), order)


def _ones(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    refuse_keyword("like", like, (None,), "Leave it out.")
    return filled(shape, 1, np.dtype(dtype), order)


def memory_order(a: Any) -> tuple[int, ...]:
    """The axes from the outermost in memory to the innermost; in C order where the strides are not known."""
    strides = getattr(a, "strides", None) or (0,) * a.ndim
    return tuple(sorted(range(a.ndim), key=lambda axis: (-abs(strides[axis]), axis)))


def like(a: Any, value: Any, dtype: Any, order: str, shape: Any) -> Any:
    """An array of ``a``'s shape, dtype and memory order, except for what is given."""
    a = operand(a)
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    if shape is not None or a.ndim < 2 or order in ("C", "F"):
        return filled(a.shape if shape is None else shape, value, dtype, "F" if order == "F" else "C")
    axes = memory_order(a)
    if order == "A":
        axes = tuple(range(a.ndim)) if axes != tuple(reversed(range(a.ndim))) else axes
    result = np.full(tuple(a.shape[axis] for axis in axes), value, dtype)
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
    return like(a, fill_value, dtype, order, shape)


def _zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return like(a, 0, dtype, order, shape)


def _ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return like(a, 1, dtype, order, shape)


zeros = Composite(np.zeros, expand=_zeros)
ones = Composite(np.ones, expand=_ones)
empty = Composite(np.empty, expand=_zeros)
full_like = Composite(np.full_like, expand=_full_like)
zeros_like = Composite(np.zeros_like, expand=_zeros_like)
ones_like = Composite(np.ones_like, expand=_ones_like)
empty_like = Composite(np.empty_like, expand=_zeros_like)
