"""Parts of arrays that a loop carries: kept of each step instead of the arrays.

A part that only one side of a branch reads is kept whichever side is taken. Where the other one is, its place may lie
outside the array, and it is read at one inside.
"""

from __future__ import annotations

import operator
from collections.abc import Container, Iterator
from typing import Any

import numpy as np

from defnhook.autodiff.places import picked_up, window
from defnhook.graph import GATHER, HOST, PARAMETER, PICK, RESHAPE, SCATTER, SLICE, TRANSPOSE, UPDATE, Node
from defnhook.trace import primitives, storage
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.numbers import choose, counted_from_front, select
from defnhook.trace.runtime import greater, less, subtract
from defnhook.trace.sizes import expression_key, is_run_time, size_value
from defnhook.trace.tensor import Tensor

_SAFE = (operator.add, operator.sub, operator.mul, operator.neg, counted_from_front, select)


def is_part(node: Node) -> bool:
    """Whether a node is a part of an array that is carried round a loop or written in it."""
    if node.op not in (SLICE, GATHER) or node.type.size >= node.inputs[0].type.size:
        return False
    base = node.inputs[0]
    while base.op in (UPDATE, SCATTER, RESHAPE, TRANSPOSE):
        base = base.inputs[0]
    return base.op in (PARAMETER, PICK)


def key_of(node: Node) -> Any:
    """Equal for parts that are read at the same places of one array."""
    known = require_current().size_keys
    return (*node.key()[2:], node.inputs[0], *(expression_key(place, known) for place in node.inputs[1:]))


def is_read_early(node: Node, inner: Container[int], own: Container[int]) -> bool:
    """Whether a part may be read before it is known to be needed, given the nodes of a step and those of its level."""
    base, *places = node.inputs
    if id(base) not in own or any(is_run_time(length) or step < 1 for _, step, length in _ranges(node)):
        return False
    return all(id(each) not in inner or id(each) in own or _is_safe(each) for each in _below(places, own))


def _ranges(node: Node) -> Any:
    return node.params.get("ranges", ())


def _is_safe(node: Node) -> bool:
    return node.op is HOST and node.params["function"] in _SAFE


def _below(nodes: list[Node], own: Container[int]) -> Iterator[Node]:
    """What places are computed from, as far as the step itself does not know it."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        if _is_safe(node) and id(node) not in own:
            pending += node.inputs


def inside(node: Node) -> Node:
    """A part read at places that lie inside the array."""
    base, *places = node.inputs
    if node.op is GATHER:
        axes = node.params["axes"]
        clipped = [_clipped(each, base.type.shape[axis]) for each, axis in zip(places, axes, strict=True)]
        return picked_up(base, node, clipped, axes).node
    ranges, literal = window(node)
    held = tuple(
        (_held(start, extent, (length - 1) * step + 1) if isinstance(start, Node) else start, step, length)
        for (start, step, length), extent in zip(ranges, base.type.shape, strict=True)
    )
    return storage.window_of(base, held, literal, whole_too=True)


def _held(start: Node, extent: int, length: int) -> Node:
    """The nearest start of a range of this length that lies inside an axis."""
    last = subtract(size_value(extent), length)
    low = choose(less(Tensor(start), 0), 0, Tensor(start))
    return primitives.as_tensor(choose(greater(low, last), last, low)).node


def _clipped(places: Node, extent: int) -> Node:
    last = primitives.cast(primitives.as_tensor(subtract(size_value(extent), 1)), np.int64)
    return invoke(np.maximum, (invoke(np.minimum, (Tensor(places), last), {}), np.int64(0)), {}).node  # type: ignore[no-any-return]
