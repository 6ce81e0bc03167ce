"""Values whose derivatives are given by hand: constants for derivatives, and functions with rules of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.autodiff.adjoints import zeros
from defnhook.autodiff.structures import has_derivative, leaves_of, matching, with_leaves
from defnhook.errors import NoGradientError
from defnhook.graph import CAST, ITEM, OVERRIDE, ArrayType, Graph, Node
from defnhook.graph.node import rewrite
from defnhook.trace.calls import TRANSFORM, call
from defnhook.trace.context import require_current, user_span
from defnhook.trace.merging import as_value
from defnhook.trace.structure import Leaf, transform
from defnhook.trace.tensor import Tensor

_WHOLE = ArrayType((), np.dtype(np.bool_), "scalar")


@dataclass(frozen=True, eq=False)
class Rule:
    """The derivative of a call, given by hand.

    Attributes
    ----------
    vjp, jvp
        ``vjp(adjoint, result, *args)`` gives the adjoint of each argument, ``jvp(tangents, result, *args)`` the tangent
        of the result.
    result, args
        The structures of the call, with the numbers of leaves in their places.
    """

    vjp: Callable[..., Any] | None
    jvp: Callable[..., Any] | None
    result: Any
    args: tuple[Any, ...]


def stopped(value: Any) -> Any:
    """A structure whose numbers and arrays do not change, as far as derivatives go."""
    return transform(value, lambda leaf, path: _held(leaf, None, ()) if has_derivative(leaf) else leaf)


def ruled(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    vjp: Callable[..., Any] | None,
    jvp: Callable[..., Any] | None,
) -> Any:
    """What a function gives, with a derivative given by hand."""
    result = call(function, *args, **keywords)
    results, given = leaves_of(result), leaves_of(args)
    rule = Rule(vjp, jvp, _numbered(result), _numbered(args))
    made = _overridden(results, rule, given)
    return with_leaves(result, made)


_NUMBERS = itertools.count()


def recomputed(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What a function gives; its derivative computes it again, and keeps only the arguments."""
    from defnhook.autodiff.callers import jvp, vjp

    def again(*values: Any) -> Any:
        return call(function, *values, **keywords)

    def pull(g: Any, result: Any, *values: Any) -> Any:
        return vjp(_callable(again), transform(values, _set_apart), g)

    def push(tangents: Any, result: Any, *values: Any) -> Any:
        return jvp(_callable(again), values, tangents)[1]

    return ruled(function, args, keywords, _callable(pull), _callable(push))


def _callable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that may be called while tracing."""
    setattr(function, TRANSFORM, True)
    return function


def _set_apart(leaf: Any, path: str) -> Any:
    """A value that is not known to be the same as before, so that what is computed of it is computed again."""
    if not isinstance(leaf, Tensor) or leaf.kind == "python":
        return leaf
    params = {"dtype": leaf.dtype, "apart": next(_NUMBERS)}
    return Tensor(Node(CAST, (leaf.node,), leaf.type, params, user_span()))


def _numbered(value: Any) -> Any:
    numbers = iter(range(10**9))
    return transform(value, lambda leaf, path: Leaf(next(numbers)) if has_derivative(leaf) else leaf)


def _filled(value: Any, leaves: Sequence[Any]) -> Any:
    return transform(value, lambda leaf, path: leaves[leaf.index] if isinstance(leaf, Leaf) else leaf)


def _held(leaf: Any, rule: Rule | None, given: Sequence[Any]) -> Tensor:
    return _overridden([leaf], rule, given)[0]


def _overridden(results: Sequence[Any], rule: Rule | None, given: Sequence[Any]) -> list[Tensor]:
    require_current().overrides = True
    nodes = [as_value(each).node for each in results]
    types = tuple(node.type for node in nodes)
    inputs = (*nodes, *(as_value(each).node for each in given))
    whole = Node(OVERRIDE, inputs, _WHOLE, {"types": types, "rule": rule}, user_span())
    return [Tensor(Node(ITEM, (whole,), t, {"index": i}, whole.span)) for i, t in enumerate(types)]


def without_overrides(graph: Graph) -> Graph:
    """The graph with the values themselves in the places of those whose derivatives were given by hand."""

    def rule(node: Node) -> Node:
        if node.op is not ITEM or node.inputs[0].op is not OVERRIDE:
            return node
        value = node.inputs[0].inputs[node.params["index"]]
        return (
            Node(CAST, (value,), node.type, {"dtype": node.dtype}, node.span)
            if node.type.kind == "array"
            else value
        )

    return rewrite(graph, rule)


# -- derivatives


def parts_of(node: Node) -> tuple[Rule, Any, list[Node], tuple[Any, ...]]:
    """The rule of a call, its result, the nodes of the leaves of its arguments, and those."""
    rule: Rule = node.params["rule"]
    count = len(node.params["types"])
    items = [
        Tensor(Node(ITEM, (node,), t, {"index": i}, node.span)) for i, t in enumerate(node.params["types"])
    ]
    given = list(node.inputs[count:])
    return rule, _filled(rule.result, items), given, _filled(rule.args, [Tensor(each) for each in given])


def pull(node: Node, parts: dict[int, Tensor], moving: set[int], adjoints: Any) -> None:
    """Hand the adjoints of the results of a call on to its arguments, by its rule."""
    rule, result, given, args = parts_of(node)
    types = node.params["types"]
    g = [parts.get(i, zeros(node.inputs[i])) for i in range(len(types))]
    if rule.vjp is None:
        made = _transposed(rule, result, given, args, g)
    else:
        made = _adjoints(call(rule.vjp, _filled(rule.result, g), result, *args), rule, given)
    for each, value in zip(given, made, strict=True):
        if id(each) in moving:
            adjoints.add(each, value)


def _adjoints(made: Any, rule: Rule, given: Sequence[Node]) -> list[Tensor | None]:
    """What a rule gives for the arguments, None for those of which it says nothing."""
    if len(rule.args) == 1 and not (isinstance(made, tuple) and len(made) == 1):
        made = (made,)
    if not isinstance(made, tuple | list) or len(made) != len(rule.args):
        raise NoGradientError(
            f"the vjp given by hand has to give a tuple of {len(rule.args)} adjoints, one an argument"
        )
    found: list[Tensor | None] = [None] * len(given)
    for like, value in zip(rule.args, made, strict=True):
        places = [leaf.index for leaf in _numbers(like)]
        if value is not None and places:
            leaves = matching(
                "custom_grad", "the adjoints", value, [Tensor(given[place]) for place in places]
            )
            for place, leaf in zip(places, leaves, strict=True):
                found[place] = leaf
    return found


def _numbers(value: Any) -> list[Leaf]:
    found: list[Leaf] = []
    transform(value, lambda leaf, path: found.append(leaf) if isinstance(leaf, Leaf) else None)
    return found


def _transposed(
    rule: Rule, result: Any, given: Sequence[Node], args: tuple[Any, ...], g: list[Tensor]
) -> list[Tensor | None]:
    """The adjoints of arguments from a rule for tangents, which is linear in them."""
    from defnhook.autodiff.reverse import swept

    directions = [some(Tensor(each)) for each in given]
    tangents = tangents_of(rule, result, args, directions)
    roots = [(each.node, value) for each, value in zip(tangents, g, strict=True)]
    return swept(roots, [each.node for each in directions])


def tangents_of(rule: Rule, result: Any, args: tuple[Any, ...], directions: Sequence[Tensor]) -> list[Tensor]:
    """The tangents of the results by the rule of a call."""
    assert rule.jvp is not None
    made = call(rule.jvp, _filled(rule.args, directions), result, *args)
    return matching("custom_grad", "the tangents", made, leaves_of(result))


def some(like: Tensor) -> Tensor:
    """Something in the place of an adjoint or a tangent on which nothing depends in the end."""
    zero = zeros(like.node)
    return Tensor(Node(CAST, (zero.node,), zero.node.type, {"dtype": zero.dtype}, user_span()))


def twice_backwards(
    rule: Rule, result: Any, args: tuple[Any, ...], given: Sequence[Node], moves: Sequence[Any]
) -> Any:
    """The tangents of the results from a rule for adjoints, which is linear in them."""
    from defnhook.autodiff.reverse import swept

    assert rule.vjp is not None
    adjoints = [some(as_value(each)) for each in leaves_of(result)]
    made = _adjoints(call(rule.vjp, _filled(rule.result, adjoints), result, *args), rule, given)
    roots = [
        (value.node, move)
        for value, move in zip(made, moves, strict=True)
        if value is not None and move is not None
    ]
    return swept(roots, [each.node for each in adjoints])
