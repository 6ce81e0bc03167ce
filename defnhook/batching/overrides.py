"""Calls with a derivative given by hand: the rule holds for each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from defnhook.autodiff.overrides import Rule
from defnhook.batching.batch import Batch, Value
from defnhook.batching.elements import Elements, Result
from defnhook.graph import ITEM, Node
from defnhook.trace.calls import TRANSFORM, call
from defnhook.trace.invoke import invoke
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.structure import Leaf, transform


def override(batch: Batch, node: Node) -> list[Value]:
    """The results of such a call, with a rule for all elements at once."""
    count = len(node.params["types"])
    results, given = node.inputs[:count], node.inputs[count:]
    inputs = (*(batch.full(each).node for each in results), *map(batch.known, given))
    types = tuple(each.type for each in inputs[:count])
    rule: Rule | None = node.params["rule"]
    if rule is not None:
        rule = _of_all(rule, tuple(map(batch.is_mapped, given)), batch.size)
    whole = Node(node.op, inputs, node.type, {"types": types, "rule": rule}, node.span)
    return [Value(Node(ITEM, (whole,), t, {"index": i}, node.span), True) for i, t in enumerate(types)]


def _of_all(rule: Rule, mapped: tuple[bool, ...], size: int) -> Rule:
    """The rule of one element for all of them; ``mapped`` tells which of the numbers among the arguments differ."""

    def vjp(adjoint: Any, result: Any, *args: Any) -> Any:
        elements = Elements(size)
        given = (_one(elements, adjoint, None), _one(elements, result, None))
        some = _arguments(elements, rule, args, mapped)
        made = elements.all(lambda: call(rule.vjp, *given, *some))
        single = len(rule.args) == 1 and not (isinstance(made, tuple) and len(made) == 1)
        parts = (made,) if single else made
        return tuple(_summed(part, _flags(like, mapped)) for part, like in zip(parts, rule.args, strict=True))

    def jvp(tangents: Any, result: Any, *args: Any) -> Any:
        elements = Elements(size)
        moves = _arguments(elements, rule, tangents, mapped)
        given = _one(elements, result, None)
        some = _arguments(elements, rule, args, mapped)
        made = elements.all(lambda: call(rule.jvp, tuple(moves), given, *some))
        return transform(made, lambda leaf, path: leaf.full() if isinstance(leaf, Result) else leaf)

    return replace(
        rule,
        vjp=None if rule.vjp is None else _traced(vjp),
        jvp=None if rule.jvp is None else _traced(jvp),
    )


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    setattr(function, TRANSFORM, True)
    return function


def _flags(like: Any, mapped: Sequence[bool]) -> list[bool]:
    """Which of the numbers of an argument differ from element to element."""
    found: list[bool] = []
    transform(like, lambda leaf, path: found.append(mapped[leaf.index]) if isinstance(leaf, Leaf) else None)
    return found


def _arguments(elements: Elements, rule: Rule, args: Any, mapped: Sequence[bool]) -> list[Any]:
    return [_one(elements, arg, _flags(like, mapped)) for arg, like in zip(args, rule.args, strict=True)]


def _one(elements: Elements, value: Any, flags: Sequence[bool] | None) -> Any:
    """A structure for one element; ``flags`` tell which of its floats differ, None where all do."""
    remaining: Iterator[bool] | None = None if flags is None else iter(flags)

    def rule(leaf: Any, path: str) -> Any:
        if not is_value(leaf) or as_value(leaf).dtype.kind not in "fc":
            return leaf
        return elements.of(as_value(leaf), 0) if remaining is None or next(remaining) else leaf

    return transform(value, rule)


def _summed(value: Any, flags: Sequence[bool]) -> Any:
    """Adjoints of all elements, added up for an argument that is the same for all."""
    remaining = iter(flags)

    def rule(leaf: Any, path: str) -> Any:
        if not isinstance(leaf, Result) or leaf.type.dtype.kind not in "fc":
            return leaf
        return leaf.full() if next(remaining) else invoke(np.sum, (leaf.full(),), {"axis": 0})

    return transform(value, rule)
