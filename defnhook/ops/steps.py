"""Parts of a function that are left to NumPy: a library entry of its own, reached through NumPy's protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.ops.kinds import Batching, Derivative, Library, NoGradient, Written
from defnhook.ops.shaping import traced

Shape = tuple[int, ...]


def step(
    function: Callable[..., Any],
    shape: Callable[..., Shape],
    reason: str = "",
    *,
    vjp: Derivative | None = None,
    jvp: Derivative | None = None,
    operands: tuple[str, ...] | None = None,
    parameters: tuple[str, ...] = (),
    example: Callable[..., Any] | None = None,
    batch: Batching = None,
) -> Library:
    """A library entry: with a derivative, or without one for the ``reason`` given."""
    return Library(
        function,
        shape=shape,
        vjp=NoGradient(reason) if vjp is None else vjp,
        jvp=jvp,
        operands=operands,
        parameters=parameters,
        example=example,
        batch=batch,
    )


def leave(entry: Library | Written, *operands: Any, **parameters: Any) -> Any:
    """What the entry gives: at once for arrays, as a step between native parts for traced values."""
    like = traced(*operands)
    if like is None:
        return entry.numpy(*operands, **parameters)
    return like.__array_function__(entry.numpy, (type(like),), operands, parameters)


def same_shape(a: Shape, *others: Shape, **parameters: Any) -> Shape:
    """The shape of the first operand."""
    return a


def reduced_shape(a: Shape, axis: Any, keepdims: bool) -> Shape:
    """The shape of a reduction."""
    axes = range(len(a)) if axis is None else normalize_axis_tuple(axis, len(a))
    return tuple(1 if place in axes else n for place, n in enumerate(a) if keepdims or place not in axes)
