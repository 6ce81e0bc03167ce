"""A function called with stand-ins for one element, and computed for all elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from defnhook.autodiff.levels import Level
from defnhook.batching.batch import Batch, Value
from defnhook.errors import DefnTypeError
from defnhook.graph import PARAMETER, RESHAPE, ArrayType, Node
from defnhook.trace import primitives
from defnhook.trace.branches import inside
from defnhook.trace.context import Trace, require_current, transforming
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.regions import Region
from defnhook.trace.runtime import setitem
from defnhook.trace.structure import transform
from defnhook.trace.tensor import Tensor


class Result:
    """A value that the function gives, computed for all elements; ``type`` is that of one."""

    __slots__ = ("batch", "type", "value")

    def __init__(self, batch: Batch, value: Value, type_: ArrayType) -> None:
        self.batch = batch
        self.value = value
        self.type = type_

    def full(self) -> Tensor:
        """All elements, along the first axis."""
        return self.batch.spread(self.value)


class Elements:
    """The elements of arrays along axes of one length, and what a function gives for all of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: dict[int, Value] = {}
        self._given: list[tuple[Tensor, Tensor, int]] = []

    def of(self, array: Tensor, axis: int) -> Tensor:
        """A stand-in for one element of an array along an axis."""
        type_ = array.type
        shape = (*type_.shape[:axis], *type_.shape[axis + 1 :])
        order = tuple(place - (place > axis) for place in type_.order if place != axis)
        whole = Node(
            PARAMETER, (), ArrayType(shape or (1,), type_.dtype, "array", order), {"name": "element"}
        )
        node = whole if shape else Node(RESHAPE, (whole,), ArrayType((), type_.dtype, "scalar"))
        axes = (axis, *(place for place in range(array.ndim) if place != axis))
        self._known[id(node)] = Value(primitives.transpose(array, axes).node, True)
        return self._stand_in(node, array, axis)

    def _stand_in(self, node: Node, array: Tensor, axis: int) -> Tensor:
        made = Tensor(node)
        self._given.append((made, array, axis))
        return made

    def all(self, function: Callable[[], Any]) -> Any:
        """What a function of stand-ins gives, with a :class:`Result` in the place of each number and array."""
        trace = require_current()
        before = _outside(trace)
        with transforming(), inside(trace, Region("apart", trace.region)) as region:
            result = transform(function(), lambda leaf, path: _read(leaf))
            written = self._written(region)
        if _outside(trace) != before:
            raise DefnTypeError(
                "vmap: the function prints, or changes an object or a container from outside, which has to happen "
                "for one element after the other; return what it computes instead"
            )
        nodes: list[Node] = [node for _, _, node in written]
        transform(result, lambda leaf, path: nodes.append(leaf) if isinstance(leaf, Node) else None)
        batch = Batch(self.size)
        batch.values.update(self._known)
        batch.run(Level([*region.effects, *nodes], [made.node for made, *_ in self._given]), region.effects)
        for node in nodes:
            batch.refuse_padded(node)
        for array, axis, node in written:
            self._write_back(array, axis, batch.full(node))
        return transform(result, lambda leaf, path: _result(batch, leaf))

    def _written(self, region: Region) -> list[tuple[Tensor, int, Node]]:
        """The arrays of which the function has changed elements, with what those hold."""
        own = {made.storage: (array, axis) for made, array, axis in self._given if made.storage is not None}
        found = []
        for storage in region.written:
            if storage in own:
                found.append((*own[storage], region.read(storage)))
            elif region.parent is not None and region.parent.holds(storage):
                raise DefnTypeError(
                    "vmap: the function writes into an array that is not an element of what it is mapped over, so "
                    "that each element would see what those before it have written; return the new values instead"
                )
        return found

    def _write_back(self, array: Tensor, axis: int, made: Tensor) -> None:
        back = (*range(1, axis + 1), 0, *range(axis + 1, made.ndim))
        setitem(array, Ellipsis, primitives.transpose(made, back))


def _outside(trace: Trace) -> tuple[Any, ...]:
    """What a function may do beside computing."""
    return len(trace.prints), dict.fromkeys(trace.attributes), dict.fromkeys(trace.changed)


def _read(leaf: Any) -> Any:
    return as_value(leaf).node if is_value(leaf) else leaf


def _result(batch: Batch, leaf: Any) -> Any:
    return Result(batch, batch.of(leaf), leaf.type) if isinstance(leaf, Node) else leaf


__all__ = ["Elements", "Result"]
