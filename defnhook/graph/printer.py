"""A graph as text: one line a node, with its type and the line of the user's file it came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.graph.node import CONSTANT, INPUT, Graph, Node


def format_graph(graph: Graph) -> str:
    """The graph as readable text, for ``explain`` and for failing tests."""
    names: dict[int, str] = {}
    lines: list[tuple[str, str]] = []
    for node in graph.nodes():
        if node.op is CONSTANT and node.ndim == 0:
            names[id(node)] = format_value(node.params["value"])
            continue
        if node.op is INPUT:
            names[id(node)] = str(node.params["name"])
            continue
        names[id(node)] = f"%{len(lines)}"
        lines.append(_line(node, names))
    inputs = ", ".join(f"{node.params['name']}: {node.type}" for node in graph.inputs)
    width = max((len(text) for text, _ in lines), default=0)
    body = [f"    {text:<{width}}  # {note}" if note else f"    {text}" for text, note in lines]
    results = ", ".join(names[id(node)] for node in graph.outputs)
    return "\n".join([f"graph {graph.name}({inputs})", *body, f"    return {results}"])


def format_value(value: Any) -> str:
    """A constant as text."""
    if isinstance(value, np.ndarray):
        return f"array{list(value.shape)}"
    return repr(value.item()) if isinstance(value, np.generic) else repr(value)


def _line(node: Node, names: dict[int, str]) -> tuple[str, str]:
    operands = [names[id(operand)] for operand in node.inputs]
    operands += [
        f"{name}={_parameter(value)}" for name, value in node.params.items() if _worth_saying(name, value)
    ]
    text = f"{names[id(node)]} = {node.op.name}({', '.join(operands)}): {node.type}"
    line = node.span.line if node.span else None
    return text, f"line {line}" if line else ""


def _worth_saying(name: str, value: Any) -> bool:
    return name != "literal" and value is not None and value is not False


def _parameter(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return format_value(value) if isinstance(value, np.generic | np.ndarray) else str(value)
