"""Common subexpressions become one node."""

from __future__ import annotations

from typing import Any

from defnhook.graph import EFFECTS, INPUT, PARAMETER, Graph, Node
from defnhook.graph.node import rewrite

_APART = (INPUT, PARAMETER, *EFFECTS)


def share(graph: Graph) -> Graph:
    """The graph in which nodes that compute the same from the same operands are one."""
    known: dict[tuple[Any, ...], Node] = {}

    def first(node: Node) -> Node:
        return node if node.op in _APART else known.setdefault(node.key(), node)

    return rewrite(graph, first)
