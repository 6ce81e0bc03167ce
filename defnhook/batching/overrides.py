"""Calls with a derivative given by hand: the rule holds for each element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from defnhook.autodiff.overrides import Rule, numbers_of
from defnhook.batching.batch import Batch, Value
from defnhook.batching.elements import Elements, Result
from defnhook.graph import ITEM, Node
from defnhook.trace.calls import TRANSFORM, call
from defnhook.trace.invoke import invoke
from defnhook.trace.structure import transform
from defnhook.trace.tensor import Tensor


def override(batch: Batch, node: Node) -> list[Value]:
    """The results of such a call, with a rule for all elements at once."""
    count = len(node.params["types"])
    results, given = node.inputs[:count], node.inputs[count:]
    inputs = (*(batch.full(each).node for each in results), *map(batch.known, given))
    types = tuple(each.type for each in inputs[:count])
    rule: Rule | None = node.params["rule"]
    if rule is not None:
        rule = _of_all(rule, (*(True for _ in results), *map(batch.is_mapped, given)), batch.size)
    whole = Node(node.op, inputs, node.type, {"types": types, "rule": rule}, node.span)
    return [Value(Node(ITEM, (whole,), t, {"index": i}, node.span), True) for i, t in enumerate(types)]


def _of_all(rule: Rule, mapped: tuple[bool, ...], size: int) -> Rule:
    """The rule of one element for all of them; ``mapped`` tells which operands differ from element to element."""

    def vjp(adjoint: Any, result: Any, *args: Any) -> Any:
        elements = Elements(size)
        given = [_one(elements, each, rule.result, mapped) for each in (adjoint, result)]
        some = _one(elements, args, rule.args, mapped)
        made = elements.all(lambda: call(rule.vjp, *given, *some))
        single = len(rule.args) == 1 and not (isinstance(made, tuple) and len(made) == 1)
        parts = (made,) if single else made
        return tuple(_summed(part, like, mapped) for part, like in zip(parts, rule.args, strict=True))

    def jvp(tangents: Any, result: Any, *args: Any) -> Any:
        elements = Elements(size)
        moves, some = _one(elements, tangents, rule.args, mapped), _one(elements, args, rule.args, mapped)
        given = _one(elements, result, rule.result, mapped)
        made = elements.all(lambda: call(rule.jvp, moves, given, *some))
        return transform(made, lambda leaf, path: leaf.full() if isinstance(leaf, Result) else leaf)

    return replace(
        rule,
        vjp=None if rule.vjp is None else _traced(vjp),
        jvp=None if rule.jvp is None else _traced(jvp),
    )


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    setattr(function, TRANSFORM, True)
    return function


def _one(elements: Elements, value: Any, like: Any, mapped: Sequence[bool]) -> Any:
    """A structure for one element; ``like`` has the numbers of operands in the places of its values."""
    remaining = iter(numbers_of(like))

    def rule(leaf: Any, path: str) -> Any:
        return elements.of(leaf, 0) if isinstance(leaf, Tensor) and mapped[next(remaining)] else leaf

    return transform(value, rule)


def _summed(value: Any, like: Any, mapped: Sequence[bool]) -> Any:
    """Adjoints of all elements, added up for an argument that is the same for all."""
    flags = iter([mapped[number] for number in numbers_of(like)])

    def rule(leaf: Any, path: str) -> Any:
        if not isinstance(leaf, Result) or leaf.type.dtype.kind not in "fc":
            return leaf
        return leaf.full() if next(flags) else invoke(np.sum, (leaf.full(),), {"axis": 0})

    return transform(value, rule)
