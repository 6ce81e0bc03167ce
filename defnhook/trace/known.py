"""Values that are asked for while tracing: the elements of arrays which the program makes of numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.graph import CAST, CONSTANT, IOTA, RESHAPE, Node
from defnhook.ops.kinds import Elementwise
from defnhook.trace.context import PlainDemand, current, require_current
from defnhook.trace.tensor import Tensor, describe


def elements_of(node: Node) -> Any:
    """What a node holds, where constants alone decide it; otherwise None."""
    trace = current()
    known = {} if trace is None else trace.elements
    for below in _unknown(node, known):
        inputs = [known[each] for each in below.inputs]
        constant = bool(inputs) and all(each is not None for each in inputs)
        known[below] = _computed(below, inputs) if constant else below.params.get("value")
    return known[node]


def _unknown(node: Node, known: dict[Node, Any]) -> Iterator[Node]:
    """The nodes below a node that have to be looked at, operands first."""
    stack = [node]
    while stack:
        last = stack[-1]
        folds = isinstance(last.op, Elementwise) or last.op in (CAST, IOTA, RESHAPE, CONSTANT)
        if not folds:
            known[last] = None
        waiting = [] if last in known else [each for each in last.inputs if each not in known]
        if waiting:
            stack.append(waiting[0])
            continue
        stack.pop()
        if last not in known:
            yield last


def _computed(node: Node, inputs: list[Any]) -> Any:
    if node.op is IOTA:
        found = inputs[0] + np.arange(node.type.size) * inputs[1]
    elif isinstance(node.op, Elementwise):
        with np.errstate(all="ignore"):
            found = node.op.numpy(*inputs)
    else:
        found = inputs[0]
    found = np.asarray(found).astype(node.type.dtype)
    return np.reshape(found, node.type.shape) if node.op is RESHAPE else found


def known(value: Tensor, purpose: str) -> Any:
    """The elements of a traced value; or start again with a number static, or leave the call to NumPy."""
    found = elements_of(value.node)
    if found is not None:
        return found
    if value.kind == "python" and value.is_number:
        return value.demanded(purpose)
    return unknown(value, purpose)


def unknown(value: Tensor, purpose: str) -> NoReturn:
    """Run the plain function, or refuse inside of loops and branches."""
    if not require_current().region.inside:
        raise PlainDemand(f"the elements of {describe(value)} are needed {purpose}")
    raise DefnTypeError(
        f"the elements of {describe(value)} are needed {purpose}, but they are known only when the compiled code "
        "runs; write them as numbers or lists of numbers, or move this out of the loop or branch"
    )
