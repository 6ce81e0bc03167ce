"""How values lie in memory: the order of results, views and their strides, asked of NumPy on arrays without data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from defnhook.trace.context import PlainDemand
from defnhook.trace.tensor import Alias, Tensor, order_of


def is_c_ordered(value: Tensor) -> bool:
    """Whether the axes lie in memory as they are counted."""
    return value.order == tuple(range(value.ndim))


def arranged(value: Tensor, order: str | tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a copy from the outermost in memory, as given or for one of NumPy's letters."""
    forward = tuple(range(value.ndim))
    if isinstance(order, tuple):
        return order
    if order == "K":
        return value.order
    if order == "A":
        order = "F" if is_arranged(value, "F") and not is_arranged(value, "C") else "C"
    if order not in ("C", "F"):
        raise ValueError("order must be one of 'C', 'F', 'A', or 'K'")
    return forward if order == "C" else forward[::-1]


def is_arranged(value: Tensor, order: str | tuple[int, ...]) -> bool:
    """Whether an array already lies in memory as one of NumPy's letters asks, without gaps."""
    if order in ("K", "A"):
        return True
    if isinstance(order, tuple):
        return value.order == order
    flags = (value.alias.view if value.alias else phantom(value)).flags
    return bool(flags.c_contiguous if order == "C" else flags.f_contiguous)


def part_order(x: Tensor) -> tuple[int, ...]:
    """The imaginary part of a real array is in F order where that is, otherwise in C order."""
    if x.dtype.kind == "c":
        return x.order
    return arranged(x, "F") if x.ndim > 1 and is_arranged(x, "F") else ()


def result_order(
    function: Callable[..., Any], tensors: Sequence[Tensor], shape: tuple[int, ...]
) -> tuple[int, ...]:
    """The memory order of a result: C where all operands are, otherwise as NumPy does it on a tiny example."""
    if all(is_c_ordered(t) for t in tensors):
        return ()
    return order_of(function(*[tiny(t) for t in tensors]))


def tiny(value: Tensor) -> Any:
    """An array of the same number of axes and memory order, each axis at most two long.

    Axes along which an argument repeats its elements repeat them here too.
    """
    shape = tuple(min(extent, 2) for extent in value.shape)
    order = value.order
    repeated = (
        [value.alias is not None and not step for step in value.alias.view.strides] if value.alias else []
    )
    made = tuple(1 if repeated and repeated[axis] else shape[axis] or 2 for axis in order)
    array = np.ones(made, value.dtype)[tuple(slice(shape[axis]) for axis in order)]
    return np.broadcast_to(array.transpose(np.argsort(order)), shape) if value.ndim else array[()]


def phantom(x: Tensor) -> Any:
    """An array of the same shape and strides without elements, to ask NumPy about views of it."""
    return as_strided(np.empty(1, x.dtype), x.shape, x.strides)


def view_of(x: Tensor, step: Callable[[Any], Any]) -> Alias | None:
    """How a view of an argument or of a computed array looks."""
    return (x.alias or Alias(None, (), phantom(x))).then(step)


def view_in_shape(x: Tensor, shape: tuple[int, ...]) -> Alias | None:
    """The view that NumPy makes of an array in another shape; None where it makes a copy."""
    if x.shares:
        return x.shares.then(lambda a: a.reshape(shape))
    view = x.alias.view if x.alias else phantom(x)
    try:
        if _HAS_COPY:
            view = np.reshape(view, shape, copy=False)
        else:
            view = view.view()
            view.shape = shape
    except (ValueError, AttributeError):
        return None
    return Alias(None, (), view)


_HAS_COPY = "copy" in inspect.signature(np.reshape).parameters  # from NumPy 2.1 on


def keep_byte_order(value: Any) -> None:
    """Leave the call to the plain function where a result would have the foreign byte order of an argument."""
    if isinstance(value, Tensor) and value.alias is not None and not value.alias.view.dtype.isnative:
        raise PlainDemand(f"a copy keeps the byte order of {value.alias.view.dtype.str}")
