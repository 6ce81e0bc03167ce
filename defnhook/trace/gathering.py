"""Indexing with arrays of integers: elements gathered from an array, or scattered into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.graph import CONSTANT, GATHER, SCATTER, ArrayType, Node
from defnhook.trace import primitives
from defnhook.trace.bounds import bounds
from defnhook.trace.context import require_current, user_span
from defnhook.trace.layout import tiny
from defnhook.trace.sizes import size_value
from defnhook.trace.stretching import matched
from defnhook.trace.tensor import Tensor, describe, order_of


@dataclass(frozen=True, slots=True)
class Places:
    """Elements of an array: a view of it, and arrays of places along consecutive axes of the view."""

    view: Tensor
    axes: tuple[int, ...]
    indices: tuple[Tensor, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        shape = self.view.type.shape
        return shape[: self.axes[0]] + self.indices[0].type.shape + shape[self.axes[-1] + 1 :]


def is_list_of_places(item: Any) -> bool:
    """Whether a part of an index is an array of integers."""
    if isinstance(item, list):
        return True
    return isinstance(item, Tensor | np.ndarray) and bool(item.ndim) and item.dtype.kind in "iu"


def has_places(index: Any) -> bool:
    """Whether an index holds arrays of integers."""
    return any(map(is_list_of_places, index if isinstance(index, tuple) else (index,)))


def places_of(x: Tensor, index: Any) -> Places:
    """The elements that an index with arrays of integers means."""
    items = _spelled_out(list(index) if isinstance(index, tuple) else [index], x.ndim)
    advanced = [place for place, item in enumerate(items) if _is_advanced(item)]
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    basic: list[Any] = []
    lists: list[tuple[int, Any]] = []
    axis = 0
    for item in items:
        if is_list_of_places(item) or (_is_advanced(item) and not together):
            lists.append((axis, item))
            basic.append(slice(None))
        else:
            basic.append(item)
        axis += not (_is_advanced(item) and basic[-1] is item)
    view = x if all(map(_is_everything, basic)) else x[tuple(basic)]
    if not together:
        axes = [axis for axis, _ in lists]
        rest = [axis for axis in range(view.ndim) if axis not in axes]
        view = primitives.transpose(view, (*axes, *rest))
        lists = list(enumerate(item for _, item in lists))
    indices = tuple(_checked(item, view.type.shape[axis], axis) for axis, item in lists)
    message = "shape mismatch: indexing arrays could not be broadcast together with shapes"
    indices = matched(indices, message, IndexError)
    shape = primitives.broadcast_shapes(*[index.type.shape for index in indices])
    spread = tuple(i if i.type.shape == shape else primitives.broadcast(i, shape) for i in indices)
    return Places(view, tuple(axis for axis, _ in lists), spread)


def _is_everything(item: Any) -> bool:
    return isinstance(item, slice) and item.start is None and item.stop is None and item.step is None


def _is_advanced(item: Any) -> bool:
    return item is not None and not isinstance(item, slice)


def _spelled_out(items: list[Any], ndim: int) -> list[Any]:
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    place = next((place for place, item in enumerate(items) if item is Ellipsis), len(items))
    return [*items[:place], *[slice(None)] * (ndim - used), *items[place + 1 :]]


def _checked(item: Any, extent: int, axis: int) -> Tensor:
    """Places counted from 0, each of them inside the axis."""
    made = primitives.strong(primitives.as_tensor(item))
    if made.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    if made.node.op is CONSTANT and made.ndim:
        return _checked_now(made.node.params["value"], extent, axis)
    places = primitives.cast(made, np.int64)
    from defnhook.trace.conditions import check
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import bitwise_or, greater_equal, less, negative

    size = size_value(extent)
    low, high = bounds(made.node)
    if isinstance(size, int) and -size <= low and high < size:
        return places if low >= 0 else _from_zero(places, size)
    outside = greater_equal(places, size)
    if made.dtype.kind == "i":
        outside = bitwise_or(outside, less(places, negative(size)))
    if made.type.size:
        least = np.int64(-(2**63))
        wrong = invoke(np.max, (invoke(np.where, (outside, places, least), {}),), {"initial": least})
        message = f"index {{0}} is out of bounds for axis {axis} with size {{1}}"
        check(invoke(np.any, (outside,), {}), IndexError, message, wrong, size)
    return places if low >= 0 or made.dtype.kind == "u" else _from_zero(places, size)


def _from_zero(places: Any, size: Any) -> Tensor:
    """Places counted from the beginning, where negative ones count from the end."""
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import add, less

    return invoke(np.where, (less(places, 0), add(places, size), places), {})  # type: ignore[no-any-return]


def _checked_now(places: Any, extent: int, axis: int) -> Tensor:
    for place in np.ravel(places):
        if not -extent <= place < extent:
            raise IndexError(f"index {place} is out of bounds for axis {axis} with size {extent}")
    return primitives.constant(np.where(places < 0, places + extent, places).astype(np.int64))


def gathered(x: Tensor, index: Any) -> Tensor:
    """``x[index]`` where the index holds arrays of integers: a copy."""
    found = places_of(x, index)
    if 0 in found.shape:
        return primitives.boxed(np.empty(found.shape, x.dtype))
    type_ = ArrayType(found.shape, x.dtype, "array", _order(x, index))
    return primitives.make(GATHER, (found.view, *found.indices), type_, axes=found.axes)


def _order(x: Tensor, index: Any) -> tuple[int, ...]:
    """How NumPy lays out the elements, asked on a tiny example."""
    items = index if isinstance(index, tuple) else (index,)
    if not x.type.size:
        return ()
    return order_of(tiny(x)[tuple(_example(item) for item in items)])


def _example(item: Any) -> Any:
    if is_list_of_places(item):
        shape = primitives.as_tensor(item).type.shape
        return np.zeros(tuple(min(extent, 2) for extent in shape), np.int64)
    if isinstance(item, slice):
        return slice(None)
    return item if item is None or item is Ellipsis else 0


def scatter(x: Tensor, index: Any, value: Any, mode: str = "set") -> None:
    """Elements put into an array, or combined with those there, one after the other."""
    from defnhook.trace.writing import as_assigned

    found = places_of(x, index)
    view = found.view
    message = "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}"
    put = as_assigned(value, x.dtype, found.shape, message)
    inputs = (view.node, put.node, *(index.node for index in found.indices))
    params = {"axes": found.axes, "mode": mode}
    node = Node(SCATTER, inputs, view.node.type, params, user_span())
    require_current().region.effects.append(node)
    assert view.storage is not None
    if view.levels:
        view.write(node)
    else:
        view.storage.write(node)


_MODES: dict[Any, str] = {
    np.add: "add",
    np.subtract: "subtract",
    np.multiply: "multiply",
    np.maximum: "maximum",
    np.minimum: "minimum",
}


def is_at(callee: Any) -> bool:
    """Whether a callee is the method ``at`` of a ufunc."""
    return isinstance(getattr(callee, "__self__", None), np.ufunc) and callee.__name__ == "at"


def ufunc_at(callee: Any, args: Any, keywords: Any) -> None:
    """``np.add.at(x, index, value)``."""
    from defnhook.errors import DefnTypeError
    from defnhook.trace.writing import check_writeable

    ufunc = callee.__self__
    mode = _MODES.get(ufunc)
    if mode is None or len(args) != 3 or keywords:
        known = ", ".join(f"np.{function.__name__}.at(x, index, value)" for function in _MODES)
        raise DefnTypeError(
            f"np.{ufunc.__name__}.at of these arguments is not part of the defn language; known are {known}"
        )
    target, index, value = args
    if not isinstance(target, Tensor) or target.kind != "array":
        raise TypeError(f"first operand must be array, not {describe(target)}")
    check_writeable(target)
    one = target[(slice(0, 0),) * target.ndim] if target.ndim else target
    from defnhook.trace.runtime import binary_of

    found = binary_of(ufunc)(
        one, primitives.sample(value) if primitives.is_python(value) else value.dtype.type(1)
    )
    if not np.can_cast(found.dtype, target.dtype, "same_kind"):
        raise DefnTypeError(
            f"np.{ufunc.__name__}.at rounds {found.dtype} to {target.dtype} after every element, which is not part "
            f"of the defn language; give it values of {target.dtype}, or an array of {found.dtype}"
        )
    if has_places(index) or _holds_mask(index):
        scatter(target, index, value, mode)
        return
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import getitem, setitem

    setitem(target, index, invoke(ufunc, (getitem(target, index), value), {}))


def _holds_mask(index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return any(isinstance(item, Tensor | np.ndarray) and item.dtype.kind == "b" for item in items)
