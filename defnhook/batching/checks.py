"""Checks that hold for all elements at once."""

from __future__ import annotations

import numpy as np

from defnhook.batching.batch import Batch
from defnhook.graph import CHECK, Node
from defnhook.trace import primitives
from defnhook.trace.conditions import TRUTH, condition
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.numbers import set_interval
from defnhook.trace.tensor import Tensor


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
    count = np.int64(batch.size) if batch.size < 2**29 else primitives.cast(Tensor(_size(batch)), np.int64)
    first = invoke(np.min, (invoke(np.where, (bad, batch.numbers(), count), {}),), {})
    place = primitives.host(
        int, invoke(np.minimum, (first, invoke(np.subtract, (count, np.int64(1)), {})), {})
    )
    set_interval(place.node, 0, max(batch.size - 1, 0))
    shown = (
        Tensor(new)[place].node if batch.is_mapped(old) else new
        for old, new in zip(operands, made, strict=True)
    )
    _enter(node, condition(invoke(np.less, (first, count), {})), tuple(shown))


def _size(batch: Batch) -> Node:
    return require_current().sizes[batch.size]


def _enter(node: Node, test: Node, operands: tuple[Node, ...]) -> None:
    made = Node(CHECK, (test, *operands), TRUTH, node.params, node.span)
    require_current().region.effects.append(made)
