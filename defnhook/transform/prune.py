"""Inputs that no result needs are dropped."""

from __future__ import annotations

from defnhook.graph import Graph


def prune(graph: Graph) -> Graph:
    """The graph without the inputs that nothing reads."""
    used = {id(node) for node in graph.nodes()}
    kept = tuple(node for node in graph.inputs if id(node) in used)
    return Graph(graph.name, kept, graph.outputs, graph.filename, graph.notes)
