"""Inputs that no result needs are dropped."""

from __future__ import annotations

from dataclasses import replace

from defnhook.graph import Graph


def prune(graph: Graph) -> Graph:
    """The graph without the inputs that nothing reads."""
    used = {id(node) for node in graph.nodes()} | {id(given) for given, _ in graph.writes}
    kept = tuple(node for node in graph.inputs if id(node) in used)
    return replace(graph, inputs=kept)
