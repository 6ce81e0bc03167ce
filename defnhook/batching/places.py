"""Parts of arrays read and written: where a place differs from element to element, by arrays of places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from defnhook.autodiff.places import scattered, window
from defnhook.batching.batch import Batch, Value
from defnhook.graph import GATHER, ArrayType, Node
from defnhook.trace import building, primitives, storage
from defnhook.trace.invoke import invoke
from defnhook.trace.runtime import subtract
from defnhook.trace.sizes import is_run_time, size_value
from defnhook.trace.tensor import Tensor

WHOLE = (True, True)


def slice_(batch: Batch, node: Node) -> Node:
    """A part of an array."""
    base = batch.of(node.inputs[0])
    ranges, literal = window(node)
    last = _last_mapped(batch, ranges)
    fixed = [(_known(batch, s), step, n) for s, step, n in ranges]
    texts = list(literal)
    for axis in range(last + 1):
        fixed[axis], texts[axis] = (0, 1, node.inputs[0].type.shape[axis]), WHOLE
    if base.mapped:
        fixed, texts = [(0, 1, batch.size), *fixed], [WHOLE, *texts]
    part = storage.window_of(base.node, tuple(fixed), tuple(texts), whole_too="checked" in node.params)
    if "checked" in node.params:
        part = Node(part.op, part.inputs, part.type, {**part.params, "checked": True}, part.span)
    if last < 0:
        return part
    index = Index.of_ranges(batch, ranges[: last + 1], node.inputs[0].type.shape)
    rest = node.type.shape[last + 1 :]
    made = index.read(Value(part, base.mapped), ArrayType((*index.shape[1:], *rest), node.dtype))
    return primitives.reshape(Tensor(made), (batch.size, *node.type.shape)).node


def update(batch: Batch, node: Node) -> Node:
    """An array of which a part was replaced."""
    base, value = (batch.full(each) for each in node.inputs[:2])
    ranges, literal = window(node)
    lengths = tuple(length for *_, length in ranges)
    if _last_mapped(batch, ranges) < 0:
        fixed = ((0, 1, batch.size), *((_known(batch, s), step, n) for s, step, n in ranges))
        texts = (WHOLE, *literal)
        old = lambda: Tensor(storage.window_of(base.node, fixed, texts, whole_too=True))  # noqa: E731
        put = _as_masked(batch, value, old)
        return _noted(batch, storage.update(base.node, put.node, fixed, texts), base.node)
    shape = node.inputs[0].type.shape
    last = max(axis for axis, each in enumerate(ranges) if each != (0, 1, shape[axis]))
    index = Index.of_ranges(batch, ranges[: last + 1], shape)
    value = primitives.reshape(value, (*index.shape, *lengths[last + 1 :]))
    return index.write(base, value, "set")


def gather(batch: Batch, node: Node) -> Node:
    """The elements of an array at some places."""
    base, *indices = node.inputs
    axes = node.params["axes"]
    given = batch.of(base)
    if not any(map(batch.is_mapped, indices)):
        type_ = batch.type_of(node.type, ordered=True)
        known = tuple(map(batch.known, indices))
        return Node(
            GATHER, (given.node, *known), type_, {"axes": tuple(axis + 1 for axis in axes)}, node.span
        )
    return _index_of(batch, base, indices, axes).read(given, node.type)


def scatter(batch: Batch, node: Node) -> Node:
    """An array in some places of which elements were put."""
    base, value, *indices = node.inputs
    axes, mode = node.params["axes"], node.params["mode"]
    if any(map(batch.is_mapped, indices)):
        index = _index_of(batch, base, indices, axes)
    else:
        index = Index(batch, ())
        index.axes = tuple(axis + 1 for axis in axes)
        index.arrays = [Tensor(batch.known(each)) for each in indices]
    return index.write(batch.full(base), batch.full(value), mode)


def _index_of(batch: Batch, base: Node, indices: Sequence[Node], axes: tuple[int, ...]) -> Index:
    lead, spread = base.type.shape[: axes[0]], indices[0].type.shape
    index = Index(batch, (batch.size, *lead, *spread))
    for axis, extent in enumerate(lead):
        index.add(building.counted(extent), (axis + 1,))
    for axis, each in zip(axes, indices, strict=True):
        own = range(len(lead) + 1, len(lead) + 1 + len(spread))
        made = Tensor(batch.known(each))
        if batch.is_mapped(each):
            index.add(_within(batch, made, base.type.shape[axis]), (0, *own))
        else:
            index.add(made, tuple(own))
    return index


class Index:
    """Places along the leading axes of an array, that of the elements among them, as arrays of one shape."""

    def __init__(self, batch: Batch, shape: tuple[int, ...]) -> None:
        self.batch = batch
        self.shape = shape
        self.arrays: list[Tensor] = []
        self.axes: tuple[int, ...] | None = None

    def add(self, places: Tensor, axes: tuple[int, ...]) -> None:
        """Places along the next axis, which differ along these axes of the shape."""
        shape = [1] * len(self.shape)
        for axis, extent in zip(axes, places.type.shape, strict=True):
            shape[axis] = extent
        self.arrays.append(primitives.broadcast(primitives.reshape(places, tuple(shape)), self.shape))

    @classmethod
    def of_ranges(cls, batch: Batch, ranges: Any, extents: tuple[int, ...]) -> Index:
        """Ranges along the leading axes of each element; those of one place get no axis of their own."""
        lengths = [length for *_, length in ranges if length != 1]
        made, place = cls(batch, (batch.size, *lengths)), 1
        for range_, extent in zip(ranges, extents, strict=False):
            made._add_range(range_, place, extent)
            place += range_[2] != 1
        return made

    def _add_range(self, range_: Any, axis: int, extent: int) -> None:
        start, step, length = range_
        mapped = isinstance(start, Node) and self.batch.is_mapped(start)
        begin = (
            Tensor(self.batch.known(start))
            if isinstance(start, Node)
            else primitives.constant(np.int64(start))
        )
        begin = primitives.cast(begin, np.int64)
        along: tuple[int, ...] = ()
        if length != 1:
            along = (axis,)
            begin = primitives.reshape(begin, (self.batch.size, 1)) if mapped else begin
            steps = invoke(np.multiply, (building.counted(length), np.int64(step)), {})
            begin = invoke(np.add, (begin, steps), {})
        places = _within(self.batch, begin, extent) if mapped else begin
        self.add(places, (0, *along) if mapped else along)

    def _complete(self) -> tuple[list[Node], tuple[int, ...]]:
        """The arrays and the axes they run along, that of the elements first."""
        arrays = [each.node for each in self.arrays]
        if self.axes is not None:
            return arrays, self.axes
        self.arrays, rest = [], self.arrays
        self.add(self.batch.numbers(), (0,))
        arrays, self.arrays = [self.arrays[0].node, *arrays], rest
        return arrays, tuple(range(len(arrays)))

    def read(self, base: Value, type_: ArrayType) -> Node:
        """The elements of an array at these places."""
        if base.mapped:
            arrays, axes = self._complete()
        else:
            arrays = [each.node for each in self.arrays]
            axes = tuple(range(len(arrays)))
        made = ArrayType((self.batch.size, *type_.shape), type_.dtype)
        return Node(GATHER, (base.node, *arrays), made, {"axes": axes})

    def write(self, base: Tensor, value: Tensor, mode: str) -> Node:
        """An array in whose elements at these places others were put."""
        arrays, axes = self._complete()

        def old() -> Tensor:
            if mode in ("add", "subtract", "multiply"):
                return primitives.constant(value.dtype.type(mode == "multiply"))
            return Tensor(Node(GATHER, (base.node, *arrays), value.type, {"axes": axes}))

        put = _as_masked(self.batch, value, old)
        return _noted(self.batch, scattered(base.node, put.node, arrays, axes, mode), base.node)


def _as_masked(batch: Batch, value: Tensor, old: Any) -> Tensor:
    """What is put in the place of a part: itself for elements that come here, what was there for the others."""
    if batch.mask is None:
        return value
    mask = Tensor(batch.mask)
    test = primitives.reshape(mask, (batch.size, *(1,) * (value.ndim - 1)))
    return primitives.cast(invoke(np.where, (test, value, old()), {}), value.dtype, "array")


def _noted(batch: Batch, new: Node, old: Node) -> Node:
    if batch.mask is not None:
        batch.keep(new, old)
    return new


def _known(batch: Batch, start: Any) -> Any:
    return batch.known(start) if isinstance(start, Node) else start


def _last_mapped(batch: Batch, ranges: Any) -> int:
    """The last axis along which the part begins at another place for each element; -1 where there is none."""
    return max(
        (
            axis
            for axis, (start, *_) in enumerate(ranges)
            if isinstance(start, Node) and batch.is_mapped(start)
        ),
        default=-1,
    )


def _within(batch: Batch, places: Tensor, extent: int) -> Tensor:
    """Places that are inside an axis also for elements that do not come here."""
    if batch.mask is None:
        return places
    last = (
        primitives.cast(subtract(size_value(extent), 1), np.int64)
        if is_run_time(extent)
        else np.int64(extent - 1)
    )
    return invoke(np.maximum, (invoke(np.minimum, (places, last), {}), np.int64(0)), {})  # type: ignore[no-any-return]
