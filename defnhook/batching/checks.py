"""Checks that hold for all elements at once."""

from __future__ import annotations

import numpy as np

from defnhook.batching.batch import Batch
from defnhook.graph import CHECK, GATHER, RESHAPE, ArrayType, Node
from defnhook.trace import primitives
from defnhook.trace.conditions import TRUTH, condition
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.tensor import FIRST, Tensor


def check(batch: Batch, node: Node) -> None:
    """Raise where the test holds for an element that comes here; the message is that of the first such element."""
    if batch.size == 0:
        return
    test, *operands = node.inputs
    several = [each for each in operands if batch.is_mapped(each)]
    bad = batch.masked(Tensor(batch.known(test)))
    made = tuple(map(batch.known, operands))
    if not several:
        anyone = invoke(np.any, (bad,), {}) if bad.ndim else bad
        _enter(node, condition(anyone), made)
        return
    count = np.int64(batch.size) if batch.size < FIRST else primitives.cast(Tensor(_size(batch)), np.int64)
    first = invoke(np.min, (invoke(np.where, (bad, batch.numbers(), count), {}),), {})
    last = invoke(np.subtract, (count, np.int64(1)), {})
    place = primitives.reshape(invoke(np.minimum, (first, last), {}), (1,))
    shown = (
        _taken(new, place) if batch.is_mapped(old) else new for old, new in zip(operands, made, strict=True)
    )
    _enter(node, condition(invoke(np.less, (first, count), {})), tuple(shown))


def _taken(values: Node, place: Tensor) -> Node:
    """That of several numbers which stands at a place."""
    found = Node(GATHER, (values, place.node), ArrayType((1,), values.dtype), {"axes": (0,)})
    return Node(RESHAPE, (found,), ArrayType((), values.dtype, "scalar"))


def _size(batch: Batch) -> Node:
    return require_current().sizes[batch.size]


def _enter(node: Node, test: Node, operands: tuple[Node, ...]) -> None:
    made = Node(CHECK, (test, *operands), TRUTH, node.params, node.span)
    require_current().region.effects.append(made)
