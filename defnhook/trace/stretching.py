"""Broadcasting where only run time knows a length: an axis that turns out to have length one stretches."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from defnhook.graph import BROADCAST, SLICE, ArrayType, Node, Operand
from defnhook.trace import primitives
from defnhook.trace.context import user_span
from defnhook.trace.numbers import choose, interval_of
from defnhook.trace.sizes import has_run_time_size, is_run_time, size_of, size_value
from defnhook.trace.tensor import Tensor

Shape = tuple[int, ...]
NO_ROOM = "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}"
REMAPPED = (
    "operands could not be broadcast together with remapped shapes [original->remapped]: {} "
    " and requested shape {}"
)


@dataclass(frozen=True, slots=True)
class Clash:
    """What is raised where lengths do not fit: ``message`` has a ``{}`` for each of ``numbers`` and ``shapes``."""

    message: str
    shapes: tuple[Shape, ...] = ()
    error: type[Exception] = ValueError
    numbers: tuple[int, ...] = ()

    def raise_if(self, test: Any) -> None:
        """Raise where a test holds at run time."""
        from defnhook.trace.conditions import check

        sizes: list[Any] = []
        texts = [_placed(number, sizes) for number in self.numbers]
        texts += [shape_text(shape, sizes) for shape in self.shapes]
        test = test if isinstance(test, Tensor) else primitives.constant(test)
        check(test, self.error, self.message.format(*texts), *sizes)


def shape_text(shape: Shape, sizes: list[Any]) -> str:
    """A shape as NumPy shows it, with places for lengths known only at run time, which go to ``sizes``."""
    inner = ",".join(_placed(extent, sizes) for extent in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _placed(extent: int, sizes: list[Any]) -> str:
    if not is_run_time(extent):
        return str(int(extent))
    sizes.append(size_value(extent))
    return f"{{{len(sizes) - 1}}}"


def matched(
    tensors: tuple[Tensor, ...],
    message: str = "operands could not be broadcast together with shapes",
    error: type[Exception] = ValueError,
) -> tuple[Tensor, ...]:
    """Operands of one operation: lengths that may differ are compared at run time, those of one stretched."""
    shapes = tuple(t.type.shape for t in tensors)
    if not any(map(has_run_time_size, shapes)):
        return tensors
    clash = Clash(" ".join([message, *["{}"] * len(shapes)]), shapes, error)
    for place in range(1, max(map(len, shapes)) + 1):
        extents = {shape[-place] for shape in shapes if len(shape) >= place} - {1}
        if len(extents) > 1 and any(map(is_run_time, extents)):
            wanted = reduce(partial(_common, clash), sorted(extents))
            tensors = tuple(_stretched(t, t.ndim - place, wanted) for t in tensors)
    return tensors


def _common(clash: Clash, a: int, b: int) -> int:
    """The length that two lengths come to; where one is known while tracing, it is the first, and not one."""
    clash.raise_if(_all_differ((a, b), (a, 1), (b, 1)))
    if not _may_be(a, 1):
        return a
    if not _may_be(b, 1):
        return b
    from defnhook.trace.runtime import equal

    first, second = size_value(a), size_value(b)
    return size_of(choose(equal(first, 1), second, first))


def fitted(value: Tensor, shape: Shape, clash: Clash) -> Tensor:
    """A value whose lengths are those of ``shape`` or one, which is checked at run time."""
    for place in range(1, min(value.ndim, len(shape)) + 1):
        extent, wanted = value.type.shape[-place], int(shape[-place])
        if extent not in (1, wanted) and (is_run_time(extent) or is_run_time(wanted)):
            clash.raise_if(_all_differ((extent, wanted), (extent, 1)))
            value = _stretched(value, value.ndim - place, wanted)
    return value


def without_lead(value: Tensor, ndim: int, clash: Clash) -> Tensor:
    """A value without leading axes of length one, which is checked at run time."""
    shape = value.type.shape
    lead = shape[: max(len(shape) - ndim, 0)]
    if not lead or any(extent != 1 and not is_run_time(extent) for extent in lead):
        return value
    for axis, extent in enumerate(lead):
        if extent != 1:
            clash.raise_if(_all_differ((extent, 1)))
            value = _cut(value, axis, 1)
    return primitives.reshape(value, shape[len(lead) :])


def agreed(value: Tensor, axis: int, extent: int, clash: Clash) -> Tensor:
    """An array whose length along an axis is another one and does not stretch, which is checked at run time."""
    own = value.type.shape[axis]
    if own == extent:
        return value
    clash.raise_if(_all_differ((own, extent)))
    return _cut(value, axis, extent)


def into(x: Tensor, value: Tensor) -> Tensor:
    """The operand of an operator that writes into ``x``, whose own lengths never stretch."""
    shapes = (x.type.shape, value.type.shape)
    if value.ndim > x.ndim or not any(map(has_run_time_size, shapes)):
        return value
    clash = Clash("operands could not be broadcast together with shapes {} {} {}", (*shapes, shapes[0]))
    for place in range(1, value.ndim + 1):
        extent, own = value.type.shape[-place], x.type.shape[-place]
        if extent not in (1, own) and (is_run_time(extent) or is_run_time(own)):
            clash.raise_if(_all_differ((extent, own), (extent, 1), (own, 1)))
            if _may_be(own, 1):
                _no_room(x, value, place)
            value = _stretched(value, value.ndim - place, own)
    return value


def _no_room(x: Tensor, value: Tensor, place: int) -> None:
    """Raise at run time where an axis of ``x`` would have to stretch."""
    extent, own = value.type.shape[-place], x.type.shape[-place]
    shape = (*x.type.shape[: x.ndim - place], extent, *x.type.shape[x.ndim - place + 1 :])
    Clash(NO_ROOM, (x.type.shape, shape)).raise_if(_all_differ((extent, own), (extent, 1)))


# -- lengths


def _may_be(extent: int, other: int) -> bool:
    """Whether what is known of two lengths leaves it open that they are equal."""
    (low, high), (least, most) = interval_of(size_value(extent)), interval_of(size_value(other))
    return low <= most and least <= high


def _all_differ(*pairs: tuple[int, int]) -> Any:
    """Whether the lengths of each pair differ at run time; those that are known to need no test."""
    from defnhook.trace.runtime import not_equal

    tests = [not_equal(size_value(a), size_value(b)) for a, b in pairs if _may_be(a, b)]
    return reduce(partial(primitives.host, operator.and_), tests) if tests else True


def _stretched(value: Tensor, axis: int, wanted: int) -> Tensor:
    """An array whose length along an axis is ``wanted`` or one, as one whose length is ``wanted``."""
    extent = value.type.shape[axis] if axis >= 0 else 1
    if extent in (1, wanted):
        return value
    if wanted == 1 or not _may_be(extent, wanted):
        return _cut(value, axis, 1)
    if not _may_be(extent, 1):
        return _cut(value, axis, wanted)
    from defnhook.trace.runtime import equal

    step = choose(equal(size_value(extent), 1), 0, 1).node
    shape = (*value.type.shape[:axis], wanted, *value.type.shape[axis + 1 :])
    steps = tuple(Operand(1) if place == axis else None for place in range(value.ndim))
    type_ = ArrayType(shape, value.dtype, "array", value.type.order)
    return Tensor(Node(BROADCAST, (value.node, step), type_, {"steps": steps}, user_span()))


def _cut(value: Tensor, axis: int, length: int) -> Tensor:
    """An array as long along an axis as a check has found it to be."""
    ranges = [(0, 1, extent) for extent in value.type.shape]
    ranges[axis] = (0, 1, length)
    literal = tuple((True, place != axis) for place in range(value.ndim))
    params = {"ranges": tuple(ranges), "literal": literal, "checked": True}
    type_ = ArrayType(tuple(extent for *_, extent in ranges), value.dtype, "array", value.type.order)
    return Tensor(Node(SLICE, (value.node,), type_, params, user_span()))
