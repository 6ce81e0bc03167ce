"""Calls of which only what they use is kept: the derivative computes the rest again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from defnhook.autodiff.adjoints import zeros
from defnhook.autodiff.called import Called
from defnhook.autodiff.forward import pushed
from defnhook.autodiff.overrides import Operands, Rule, overridden
from defnhook.autodiff.replay import Replay
from defnhook.autodiff.reverse import swept
from defnhook.autodiff.structures import leaves_of
from defnhook.graph import CAST, Node
from defnhook.trace.calls import TRANSFORM
from defnhook.trace.context import user_span
from defnhook.trace.structure import Leaf
from defnhook.trace.tensor import Tensor

_NUMBERS = itertools.count()


def recomputed(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What a function gives; its derivative computes it again, and keeps only what the call uses."""
    made = Called(function, args, keywords)

    def again(values: Sequence[Tensor]) -> tuple[list[Node], list[Node]]:
        """What the call uses, set apart, and the results computed from that."""
        apart = list(map(_set_apart, values))
        known = {id(old): new for old, new in zip(made.outside, apart, strict=True)}
        return apart, Replay(made.inner, known).of(made.roots, made.effects)

    def pull(g: Any, result: Any, *values: Any) -> Any:
        sources, roots = again(values)
        return tuple(swept(list(zip(roots, g, strict=True)), sources))

    def push(tangents: Any, result: Any, *values: Any) -> Any:
        sources, roots = again(values)
        moving = [i for i, node in enumerate(sources) if node.dtype.kind in "fc"]
        found = pushed(roots, [sources[i] for i in moving], [tangents[i] for i in moving])
        return tuple(
            zeros(root) if value is None else value for root, value in zip(roots, found, strict=True)
        )

    operands = Operands(leaves_of(made.result))
    results = tuple(map(Leaf, range(len(made.roots))))
    given = tuple(Leaf(operands.number(node)) for node in made.outside)
    return overridden(made.result, Rule(_callable(pull), _callable(push), results, given), operands)


def _callable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that may be called while tracing."""
    setattr(function, TRANSFORM, True)
    return function


def _set_apart(value: Tensor) -> Node:
    """A value that is not known to be the same as before, so that what is computed of it is computed again."""
    if value.kind == "python":
        return value.node
    params = {"dtype": value.dtype, "apart": next(_NUMBERS)}
    return Node(CAST, (value.node,), value.type, params, user_span())
