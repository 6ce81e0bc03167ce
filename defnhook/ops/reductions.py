"""Reductions: entries that fold axes away."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Flat, NoGradient, Reduction

Axes = tuple[int, ...]


def kept(shape: tuple[int, ...], axis: Axes) -> tuple[int, ...]:
    """The shape of a reduction with the folded axes left in, one long."""
    return tuple(1 if place in axis else extent for place, extent in enumerate(shape))


def spread(g: Any, shape: tuple[int, ...], axis: Axes) -> Any:
    """A reduction's result, or its adjoint, once for every element that was folded into it."""
    return np.broadcast_to(np.reshape(g, kept(shape, axis)), shape)


def extreme_share(r: Any, x: Any, axis: Axes) -> Any:
    """The part of a maximum's derivative that each element has: elements equal to it share it evenly."""
    reached = x == spread(r, x.shape, axis)
    return reached / np.sum(reached, axis=axis, keepdims=True, dtype=x.dtype)


def extreme_vjp(g: Any, r: Any, x: Any, *, axis: Axes, keepdims: bool) -> tuple[Any]:
    return (spread(g, x.shape, axis) * extreme_share(r, x, axis),)


def extreme_jvp(t: Any, r: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    return np.sum(t * extreme_share(r, x, axis), axis=axis, keepdims=keepdims)


def product_of_others(x: Any, axis: Axes) -> Any:
    """For each element the product of all the others, as those before it times those after it: beside zeros too."""
    if not x.size:
        return x
    order = (*(place for place in range(x.ndim) if place not in axis), *axis)
    turned = np.transpose(x, order)
    rows = np.reshape(turned, (*turned.shape[: x.ndim - len(axis)], -1))
    before, after = before_each(rows), before_each(rows[..., ::-1])[..., ::-1]
    back = tuple(order.index(place) for place in range(x.ndim))
    return np.transpose(np.reshape(before * after, turned.shape), back)


def before_each(rows: Any) -> Any:
    """The product of the elements before each one, along the last axis."""
    first = np.ones_like(rows, shape=(*rows.shape[:-1], 1))
    return np.concatenate([first, np.cumprod(rows[..., :-1], axis=-1)], axis=-1)


def product_vjp(g: Any, r: Any, x: Any, *, axis: Axes, keepdims: bool) -> tuple[Any]:
    return (spread(g, x.shape, axis) * product_of_others(x, axis),)


def product_jvp(t: Any, r: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    return np.sum(t * product_of_others(x, axis), axis=axis, keepdims=keepdims)


sum = Reduction(
    np.sum,
    methods=("sum",),
    start="{i}(0)",
    loop={"b": "{acc} | {x}", "iu": "{acc} + {x}", "f": "fast_add({acc}, {x})"},
    vjp=lambda g, r, x, *, axis, keepdims: (spread(g, x.shape, axis),),
)
prod = Reduction(
    np.prod,
    methods=("prod",),
    start="{i}(1)",
    loop={"b": "{acc} & {x}", "iu": "{acc} * {x}", "f": "fast_multiply({acc}, {x})"},
    vjp=product_vjp,
    jvp=product_jvp,
)
max = Reduction(
    np.max,
    aliases=(np.amax,),
    methods=("max",),
    loop={"b": "{acc} | {x}", "iu": "select({x} > {acc}, {x}, {acc})", "f": "maximum({acc}, {x})"},
    vjp=extreme_vjp,
    jvp=extreme_jvp,
    keywords=("initial", "where"),
)
min = Reduction(
    np.min,
    aliases=(np.amin,),
    methods=("min",),
    loop={"b": "{acc} & {x}", "iu": "select({x} < {acc}, {x}, {acc})", "f": "minimum({acc}, {x})"},
    vjp=extreme_vjp,
    jvp=extreme_jvp,
    keywords=("initial", "where"),
)
any = Reduction(
    np.any,
    methods=("any",),
    start="{i}(0)",
    loop="{acc} | {i}({x})",
    vjp=Flat(),
    keywords=("where",),
)
all = Reduction(
    np.all,
    methods=("all",),
    start="{i}(1)",
    loop="{acc} & {i}({x})",
    vjp=Flat(),
    keywords=("where",),
)
argmax = Reduction(
    np.argmax,
    methods=("argmax",),
    loop=None,
    vjp=NoGradient("its result is an index. Differentiate np.max instead."),
    keywords=(),
)
argmin = Reduction(
    np.argmin,
    methods=("argmin",),
    loop=None,
    vjp=NoGradient("its result is an index. Differentiate np.min instead."),
    keywords=(),
)
