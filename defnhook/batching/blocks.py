"""Branches and loops of all elements at once.

Where elements take different sides of a branch, both sides are computed and each element gets what its side gives. A
loop that elements leave at different steps runs until the last one has left it; those that have, stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.autodiff.levels import Level
from defnhook.batching import loops
from defnhook.batching.batch import Batch, Value
from defnhook.graph import (
    BRANCH,
    BROADCAST,
    CAST,
    CHECK,
    CONCATENATE,
    CONSTANT,
    IOTA,
    LOOP,
    PICK,
    RESHAPE,
    TRANSPOSE,
    Block,
    Node,
)
from defnhook.graph.node import Operation
from defnhook.ops.kinds import Elementwise, Reduction
from defnhook.trace.branches import inside, picked
from defnhook.trace.conditions import TRUTH, condition
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.merging import filler
from defnhook.trace.regions import Region
from defnhook.trace.tensor import Tensor

Side = Callable[[], list[Value]]


def branch(batch: Batch, node: Node, level: Level) -> list[Value]:
    """What a branch gives."""
    test = batch.of(node.inputs[0])
    inner, outside = level.inside_of(node), level.outside_of(node)
    then, otherwise = node.params["then"], node.params["otherwise"]

    def side(block: Block, mask: Node | None) -> Side:
        return lambda: batch.inner(mask).block(block, outside, block.outputs)

    if not test.mapped:
        sides = [side(then, batch.mask), side(otherwise, batch.mask)]
        return either(batch, test.node, sides, node)
    masks = [
        batch.masked(Tensor(test.node)).node,
        batch.masked(invoke(np.logical_not, (Tensor(test.node),), {})).node,
    ]
    found: list[Value] | None = None
    order = sorted(((then, masks[0]), (otherwise, masks[1])), key=lambda each: not _is_plain(each[0], inner))
    for block, mask in order:
        found = _one_side(batch, block, mask, side(block, mask), found, _is_plain(block, inner))
    assert found is not None
    return found


def _one_side(
    batch: Batch, block: Block, mask: Node, side: Side, others: list[Value] | None, plain: bool
) -> list[Value]:
    """What one side gives for its elements, and the other side for the others."""

    def merged() -> list[Value]:
        made = side()
        if others is None:
            return made
        return [batch.chosen(a, b, mask) for a, b in zip(made, others, strict=True)]

    if plain:
        return merged()
    types = [output.type for output in block.outputs]
    blank: Side = lambda: (  # noqa: E731
        others if others is not None else [Value(filler(type_), False) for type_ in types]
    )
    anyone = condition(invoke(np.any, (Tensor(mask),), {}))
    made = either(batch, anyone, [merged, blank], None)
    for new, old in zip(made, others or [], strict=False):
        if batch.mask is not None and old.mapped:
            batch.keep(new.node, old.node)
    return made


_PLAIN: tuple[Operation, ...] = (
    BRANCH, BROADCAST, CAST, CHECK, CONCATENATE, CONSTANT, IOTA, PICK, RESHAPE, TRANSPOSE,
)  # fmt: skip


def _is_plain(block: Block, inner: dict[int, Node]) -> bool:
    """Whether a side can be computed for elements that do not take it: it reads, writes and repeats nothing."""
    pending = [*block.effects, *block.outputs]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in inner and id(node) not in seen:
            seen.add(id(node))
            if node.op not in _PLAIN and not isinstance(node.op, Elementwise | Reduction):
                return False
            pending += node.operands()
    return True


def either(batch: Batch, test: Node, sides: Sequence[Side], like: Node | None) -> list[Value]:
    """A branch that is the same for all elements."""
    trace = require_current()
    made, regions = [], []
    for side in sides:
        with inside(trace, Region("branch", trace.region)) as region:
            made.append(side())
        regions.append(region)
    outputs: list[list[Node]] = [[], []]
    for values in zip(*made, strict=True):
        mapped = any(value.mapped for value in values)
        for value, region, found in zip(values, regions, outputs, strict=True):
            with inside(trace, region):
                found.append(loops.settled(batch, value) if mapped else value.node)
    blocks = [Block((), tuple(r.effects), tuple(o)) for r, o in zip(regions, outputs, strict=True)]
    span = None if like is None else like.span
    node = Node(BRANCH, (test,), TRUTH, {"then": blocks[0], "otherwise": blocks[1]}, span)
    if outputs[0] or any(block.effects for block in blocks):
        trace.region.effects.append(node)
    return [
        Value(picked(node, i, first.type), any(value.mapped for value in values))
        for i, (first, values) in enumerate(zip(outputs[0], zip(*made, strict=True), strict=True))
    ]


RULES: dict[Operation, Any] = {BRANCH: branch, LOOP: loops.loop}
