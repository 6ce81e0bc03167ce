"""``vmap`` of a function that is being traced: axes and sizes of arguments, and results put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.batching.elements import Elements, Result
from defnhook.errors import DefnTypeError
from defnhook.trace import primitives
from defnhook.trace.calls import call
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.structure import children, transform, with_children
from defnhook.trace.tensor import Tensor, describe, order_of

NAME = "vmap"


def vmap(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_size: int | None = None,
) -> Any:
    """What a function gives for each element of its arguments, stacked."""
    places = _Places()
    chosen = places.of_arguments(args, keywords, in_axes)
    size = places.size(axis_size)
    elements = Elements(size)
    given, named = (places.opened(part, axes, elements) for part, axes in chosen)
    result = elements.all(lambda: call(function, *given, **named))
    return _closed(result, out_axes, "")


@dataclass(frozen=True, slots=True)
class _Mapped:
    """An array that the function is mapped over, along an axis; ``label`` says where it stands."""

    label: str
    array: Tensor
    axis: int

    @property
    def size(self) -> int:
        return self.array.type.shape[self.axis]


class _Places:
    """The arrays that a function is mapped over."""

    def __init__(self) -> None:
        self.found: list[_Mapped] = []

    def of_arguments(self, args: Any, keywords: Any, in_axes: Any) -> list[tuple[Any, Any]]:
        """Arguments beside structures of the axes of their leaves."""
        each = type(in_axes) in (tuple, list)
        if each:
            axes = self._one_each(in_axes, args)
        elif in_axes is None or _is_axis(in_axes):
            axes = (in_axes,) * len(args)
        else:
            raise TypeError(
                f"{NAME}: in_axes={in_axes!r} has to be a number, None, or a tuple of such for the arguments"
            )
        positional = tuple(
            self.axes_of(value, axis, f"argument {place}", each)
            for place, (value, axis) in enumerate(zip(args, axes, strict=True))
        )
        whole = 0 if each else in_axes
        named = {
            name: self.axes_of(value, whole, f"argument {name!r}", False) for name, value in keywords.items()
        }
        return [(tuple(args), positional), (dict(keywords), named)]

    def _one_each(self, in_axes: Any, args: Any) -> tuple[Any, ...]:
        """One entry for each argument; those that are left out are the same for all elements."""
        if len(in_axes) > len(args):
            raise ValueError(
                f"{NAME}: in_axes={in_axes!r} has {len(in_axes)} entries, but the call has {len(args)} arguments"
            )
        self._check_left_out(in_axes, args[len(in_axes) :])
        return (*in_axes, *(None,) * (len(args) - len(in_axes)))

    @staticmethod
    def _check_left_out(in_axes: Any, rest: Any) -> None:
        if any(isinstance(value, Tensor) and value.ndim for value in rest):
            raise ValueError(
                f"{NAME}: in_axes={in_axes!r} has {len(in_axes)} entries, but the call has {len(in_axes) + len(rest)} "
                "arguments; say None for those that are not mapped over"
            )

    def axes_of(self, value: Any, axes: Any, label: str, exact: bool) -> Any:
        """The structure of an argument with the axis of each leaf, None where the function is not mapped over it.

        Unless it is ``exact``, a Python number is the same for all elements.
        """
        if axes is None:
            return None
        if _is_axis(axes):
            return transform(value, lambda leaf, path: self._axis(leaf, int(axes), label + path, exact))
        parts, others = children(value), children(axes)
        if parts is None or others is None or [step for step, _ in parts] != [step for step, _ in others]:
            raise ValueError(f"{NAME}: in_axes holds {axes!r} for {label}, which is {_shown(value)}")
        items = [
            self.axes_of(item, each, label + step, exact)
            for (step, item), (_, each) in zip(parts, others, strict=True)
        ]
        return with_children(value, items)

    def _axis(self, leaf: Any, axis: int, label: str, exact: bool) -> Any:
        if not is_value(leaf):
            return None
        value = as_value(leaf)
        if value.kind == "python" and not exact:
            return None
        if not value.ndim:
            raise ValueError(
                f"{NAME}: {label} is {describe(value)}, which has no axis to map over; say None for it in in_axes"
            )
        if not -value.ndim <= axis < value.ndim:
            raise ValueError(f"{NAME}: in_axes says axis {axis} for {label}, which is {describe(value)}")
        self.found.append(_Mapped(label, value, axis % value.ndim))
        return self.found[-1]

    def size(self, axis_size: int | None) -> int:
        """The one length of all axes."""
        if not self.found and axis_size is None:
            raise ValueError(
                f"{NAME}: no argument is mapped over; say how many elements there are with axis_size"
            )
        size = self.found[0].size if axis_size is None else axis_size
        for each in self.found:
            if each.size != size:
                first = (
                    f"axis_size is {size}"
                    if axis_size is not None
                    else f"axis {self.found[0].axis} of {self.found[0].label} has the length {size}"
                )
                raise ValueError(
                    f"{NAME}: the axes mapped over have different lengths: {first}, but axis {each.axis} of "
                    f"{each.label} has {each.size}"
                )
        return size

    def opened(self, value: Any, axes: Any, elements: Elements) -> Any:
        """An argument with a stand-in for one element in the place of each array that is mapped over."""
        if isinstance(axes, _Mapped):
            return elements.of(axes.array, axes.axis)
        parts = children(axes)
        own = children(value)
        if parts is None or own is None:
            return value
        items = [self.opened(item, each, elements) for (_, item), (_, each) in zip(own, parts, strict=True)]
        return with_children(value, items)


def _is_axis(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return describe(as_value(value)) if is_value(value) else f"a {type(value).__name__}"


# -- results


def _closed(result: Any, axes: Any, path: str) -> Any:
    """Results with the axis of elements where ``out_axes`` says."""
    if isinstance(result, Result):
        return _placed(result, axes, path)
    parts = children(result)
    if parts is None:
        return result
    if axes is None or _is_axis(axes):
        rest = [(step, axes) for step, _ in parts]
    else:
        rest = children(axes) or []
    if [step for step, _ in rest] != [step for step, _ in parts]:
        raise ValueError(
            f"{NAME}: out_axes holds {axes!r} for the result{path}, which is a {type(result).__name__}"
        )
    items = [_closed(item, each, path + step) for (step, item), (_, each) in zip(parts, rest, strict=True)]
    return with_children(result, items)


def _placed(result: Result, axis: Any, path: str) -> Any:
    if axis is None:
        if result.value.mapped:
            raise DefnTypeError(
                f"{NAME}: out_axes is None for the result{path}, but that differs from element to element"
            )
        return Tensor(result.value.node)
    if not _is_axis(axis):
        raise ValueError(f"{NAME}: out_axes holds {axis!r} for the result{path}, which is an array")
    ndim = len(result.type.shape) + 1
    if not -ndim <= axis < ndim:
        raise ValueError(
            f"{NAME}: out_axes says axis {axis} for the result{path}, which has {ndim} axes with that of the elements"
        )
    axis = int(axis) % ndim
    made = primitives.transpose(result.full(), (*range(1, axis + 1), 0, *range(axis + 1, ndim)))
    return primitives.cast(made, made.dtype, "array", copy=True, order=_order(result, axis))


def _order(result: Result, axis: int) -> tuple[int, ...]:
    """How the results of one call after the other lie in memory when they are stacked."""
    order = result.type.order
    one = np.ones((2,) * len(order)).transpose(np.argsort(order)) if order else np.ones(())
    return order_of(np.stack([one, one], axis))
