"""Values whose derivatives are given by hand: constants for derivatives, and functions with rules of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.autodiff.adjoints import zeros
from defnhook.autodiff.called import Called, sources_of
from defnhook.autodiff.structures import has_derivative, leaves_of, matching, with_leaves
from defnhook.errors import NoGradientError
from defnhook.graph import CAST, ITEM, OVERRIDE, ArrayType, Graph, Node
from defnhook.graph.node import rewrite
from defnhook.trace import primitives
from defnhook.trace.calls import call
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
        The structures of the call, with the number of an operand of the node in the place of each value.
    free
        The numbers of operands that the call uses beside its arguments, of which the rule says nothing.
    """

    vjp: Callable[..., Any] | None
    jvp: Callable[..., Any] | None
    result: Any
    args: tuple[Any, ...]
    free: tuple[int, ...] = ()


def stopped(value: Any) -> Any:
    """A structure whose numbers and arrays do not change, as far as derivatives go."""
    return transform(
        value, lambda leaf, path: primitives.held(as_value(leaf)) if has_derivative(leaf) else leaf
    )


def ruled(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    vjp: Callable[..., Any] | None,
    jvp: Callable[..., Any] | None,
) -> Any:
    """What a function gives, with a derivative given by hand."""
    made = Called(function, args, keywords)
    operands = Operands(leaves_of(made.result))
    structures = operands.of_result(made.result), operands.of_arguments(args)
    own = sources_of(operands.given)
    free = [node for node in made.outside if id(node) not in own and node.dtype.kind in "fc"]
    return overridden(made.result, Rule(vjp, jvp, *structures, tuple(map(operands.number, free))), operands)


class Operands:
    """The operands of a call with a rule: the floats that it gives, and what it is made from."""

    def __init__(self, results: Sequence[Any]) -> None:
        self.results = [as_value(each).node for each in results]
        self.given: list[Node] = []

    def number(self, node: Node) -> int:
        """The number of an operand that is not a result, entered here."""
        self.given.append(node)
        return len(self.results) + len(self.given) - 1

    def of_result(self, value: Any) -> Any:
        """The structure of what the call gives, with numbers in the place of values."""
        places = itertools.count()
        return transform(
            value,
            lambda leaf, path: Leaf(next(places)) if has_derivative(leaf) else self._given(leaf),
        )

    def of_arguments(self, value: Any) -> Any:
        """The same of what it is made from."""
        return transform(value, lambda leaf, path: self._given(leaf))

    def _given(self, leaf: Any) -> Any:
        known = not isinstance(leaf, Tensor) and not has_derivative(leaf)
        return leaf if known else Leaf(self.number(as_value(leaf).node))


def overridden(result: Any, rule: Rule, operands: Operands) -> Any:
    """A result whose floats have a rule of their own."""
    require_current().overrides = True
    types = tuple(node.type for node in operands.results)
    inputs = (*operands.results, *operands.given)
    whole = Node(OVERRIDE, inputs, _WHOLE, {"types": types, "rule": rule}, user_span())
    return with_leaves(result, items(whole))


def items(whole: Node) -> list[Tensor]:
    """The floats that a call gives."""
    types = whole.params["types"]
    return [Tensor(Node(ITEM, (whole,), type_, {"index": i}, whole.span)) for i, type_ in enumerate(types)]


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


class Use:
    """A node that stands for the results of a call with a rule.

    Attributes
    ----------
    given
        The operands that are no results.
    result, args
        What the call gave, and its arguments.
    """

    def __init__(self, node: Node) -> None:
        self.rule: Rule = node.params["rule"]
        self.count = len(node.params["types"])
        self.given = node.inputs[self.count :]
        self._items, self._tensors = items(node), [Tensor(each) for each in self.given]
        self.result = filled(self.rule.result, [*self._items, *self._tensors])
        self.args = filled(self.rule.args, [*self._items, *self._tensors])

    def refuse_free(self, moving: Container[int]) -> None:
        """Raise where the call uses something that changes and is no argument."""
        if any(id(self.given[place - self.count]) in moving for place in self.rule.free):
            raise NoGradientError(
                "a function with a derivative given by hand uses a value beside its arguments by which it is to be "
                "differentiated; pass that as an argument by position, or wrap it in stop_grad"
            )

    def tangents(self, directions: Sequence[Tensor]) -> list[Tensor]:
        """The tangents of the results by the rule, given those of the operands."""
        assert self.rule.jvp is not None
        moves = filled(self.rule.args, [*self._items, *directions])
        made = call(self.rule.jvp, moves, self.result, *self.args)
        return matching("custom_grad", "the tangents", made, leaves_of(self.result))

    def adjoints(self, g: Sequence[Tensor]) -> list[Tensor | None]:
        """The adjoints of the operands by the rule, given those of the results; None where it says nothing."""
        assert self.rule.vjp is not None
        args = self.rule.args
        made = call(self.rule.vjp, filled(self.rule.result, [*g, *self._tensors]), self.result, *self.args)
        if len(args) == 1 and not (isinstance(made, tuple) and len(made) == 1):
            made = (made,)
        if not isinstance(made, tuple | list) or len(made) != len(args):
            raise NoGradientError(
                f"the vjp given by hand has to give a tuple of {len(args)} adjoints, one an argument"
            )
        found: list[Tensor | None] = [None] * len(self.given)
        for like, value in zip(args, made, strict=True):
            places = [place - self.count for place in numbers_of(like)]
            places = [place for place in places if _is_float(self.given[place])]
            if value is not None and places:
                likes = [self._tensors[place] for place in places]
                for place, leaf in zip(
                    places, matching("custom_grad", "the adjoints", value, likes), strict=True
                ):
                    found[place] = leaf
        return found


def _is_float(node: Node) -> bool:
    return node.dtype.kind in "fc"


def filled(value: Any, values: Sequence[Any]) -> Any:
    """A structure with values in the places of their numbers."""
    return transform(value, lambda leaf, path: values[leaf.index] if isinstance(leaf, Leaf) else leaf)


def numbers_of(value: Any) -> list[int]:
    """The numbers in a structure."""
    found: list[int] = []
    transform(value, lambda leaf, path: found.append(leaf.index) if isinstance(leaf, Leaf) else None)
    return found


def pull(node: Node, parts: dict[int, Tensor], moving: set[int], adjoints: Any) -> None:
    """Hand the adjoints of the results of a call on to its arguments, by its rule."""
    use = Use(node)
    use.refuse_free(moving)
    g = [parts[i] if i in parts else zeros(node.inputs[i]) for i in range(use.count)]
    made = _transposed(use, g) if use.rule.vjp is None else use.adjoints(g)
    for each, value in zip(use.given, made, strict=True):
        if id(each) in moving:
            adjoints.add(each, value)


def push(node: Node, tangents: Mapping[int, Tensor]) -> Sequence[Tensor | None]:
    """The tangents of the results of a call, by its rule."""
    use = Use(node)
    use.refuse_free(tangents)
    moves = [tangents.get(id(each)) for each in use.given]
    if use.rule.jvp is None:
        return _twice_backwards(use, moves)
    return use.tangents(
        [_unmoved(each) if move is None else move for each, move in zip(use.given, moves, strict=True)]
    )


def _unmoved(node: Node) -> Tensor:
    return zeros(node) if _is_float(node) else Tensor(node)


def _transposed(use: Use, g: Sequence[Tensor]) -> list[Tensor | None]:
    """The adjoints of operands from a rule for tangents, which is linear in them."""
    from defnhook.autodiff.reverse import swept

    directions = [some(Tensor(each)) if _is_float(each) else Tensor(each) for each in use.given]
    roots = [(each.node, value) for each, value in zip(use.tangents(directions), g, strict=True)]
    return swept(roots, [each.node for each in directions])


def some(like: Tensor) -> Tensor:
    """Something in the place of an adjoint or a tangent on which nothing depends in the end."""
    zero = zeros(like.node)
    return Tensor(Node(CAST, (zero.node,), zero.node.type, {"dtype": zero.dtype}, user_span()))


def _twice_backwards(use: Use, moves: Sequence[Tensor | None]) -> list[Tensor | None]:
    """The tangents of the results from a rule for adjoints, which is linear in them."""
    from defnhook.autodiff.reverse import swept

    adjoints = [some(as_value(each)) for each in leaves_of(use.result)]
    roots = [
        (value.node, move)
        for value, move in zip(use.adjoints(adjoints), moves, strict=True)
        if value is not None and move is not None
    ]
    return swept(roots, [each.node for each in adjoints])
