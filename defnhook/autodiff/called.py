"""What a call computes, told from what it uses: the nodes that it made, and those from before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from defnhook.autodiff.levels import is_acting, operands_of, owned_by
from defnhook.autodiff.structures import leaves_of
from defnhook.graph import CONSTANT, INPUT, ITEM, PARAMETER, PICK, RESHAPE, SLICE, TRANSPOSE, Node
from defnhook.trace.calls import call
from defnhook.trace.conditions import TRUTH
from defnhook.trace.context import require_current
from defnhook.trace.merging import as_value


class Called:
    """A call of a function.

    Attributes
    ----------
    result
        What it gave.
    roots
        The nodes of the floats of the result.
    inner, effects
        The nodes that it made and the result needs, by identity, and those of them that act.
    outside
        The nodes from before the call that they are computed from, constants aside.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        effects = require_current().region.effects
        before, start = len(effects), _newest()
        self.result = call(function, *args, **keywords)
        self.effects = tuple(filter(is_acting, require_current().region.effects[before:]))
        self.roots = [as_value(leaf).node for leaf in leaves_of(self.result)]
        self.inner: dict[int, Node] = {}
        self.outside: list[Node] = []
        self._find(start, owned_by(self.effects))

    def _find(self, start: int, own: set[int]) -> None:
        found: dict[int, Node] = {}
        pending = list(self.roots)
        while pending:
            node = pending.pop()
            if id(node) in self.inner or id(node) in found:
                continue
            if _is_made(node, start, own):
                self.inner[id(node)] = node
                pending += operands_of(node)
            elif node.op is not CONSTANT:
                found[id(node)] = node
        self.outside = list(found.values())


def _newest() -> int:
    """A number that all nodes made from here on exceed."""
    return Node(CONSTANT, (), TRUTH).number


def _is_made(node: Node, start: int, own: set[int]) -> bool:
    """Whether a node was made after one with the number ``start``, and not only looked up by then."""
    if node.op in (PARAMETER, INPUT):
        return id(node) in own
    if node.op in (PICK, ITEM):
        return node.number > start and node.inputs[0].number > start
    return node.number > start


def sources_of(nodes: Iterable[Node]) -> set[int]:
    """Some nodes, and the arrays that they are views of, by identity."""
    found: set[int] = set()
    for node in nodes:
        found.add(id(node))
        while node.op in (RESHAPE, SLICE, TRANSPOSE):
            node = node.inputs[0]
            found.add(id(node))
    return found
