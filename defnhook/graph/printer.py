"""A graph as text: one line a node, with its type and the line of the user's file it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from defnhook.graph.node import CONSTANT, INPUT, PARAMETER, Block, Fault, Graph, Node, Operand


def format_graph(graph: Graph) -> str:
    """The graph as readable text, for ``explain`` and for failing tests; blocks stand indented."""
    writer = _Writer()
    writer.names.update((id(node), str(node.params["name"])) for node in graph.inputs)
    writer.block((*graph.effects, *graph.outputs, *(last for _, last in graph.writes)), "    ")
    inputs = ", ".join(f"{node.params['name']}: {node.type}" for node in graph.inputs)
    lines = [(_with_sizes(text, graph, writer.names), note) for text, note in writer.lines]
    width = max((len(text) for text, _ in lines), default=0)
    body = [f"{text:<{width}}  # {note}" if note else text for text, note in lines]
    for given, last in graph.writes:
        body.append(f"    {writer.names[id(given)]}[...] = {writer.names[id(last)]}")
    results = ", ".join(writer.names[id(node)] for node in graph.outputs)
    return "\n".join([f"graph {graph.name}({inputs})", *body, f"    return {results}"])


def _with_sizes(line: str, graph: Graph, names: dict[int, str]) -> str:
    """A line in which an extent known only at run time goes by the name of what computes it."""
    for size, node in graph.sizes.items():
        if str(size) in line:
            line = line.replace(str(size), names.get(id(node), "?"))
    return line


class _Writer:
    """The lines of a graph, and the names of its nodes."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.lines: list[tuple[str, str]] = []
        self.count = 0

    def block(self, roots: Iterable[Node], margin: str) -> None:
        """Everything that is needed for the roots and has not been written."""
        for root in roots:
            stack = [root]
            while stack:
                node = stack[-1]
                missing = [operand for operand in node.inputs if id(operand) not in self.names]
                if id(node) in self.names or not missing:
                    stack.pop()
                    self.node(node, margin)
                else:
                    stack += reversed(missing)

    def node(self, node: Node, margin: str) -> None:
        """One node, and the blocks inside it."""
        if id(node) in self.names:
            return
        if node.op is CONSTANT and node.ndim == 0:
            self.names[id(node)] = format_value(node.params["value"])
            return
        if node.op in (INPUT, PARAMETER):
            self.names[id(node)] = f"{node.params['name']}{f'_{self.count}' if node.op is PARAMETER else ''}"
            self.count += 1
            return
        self.names[id(node)] = f"%{self.count}"
        self.count += 1
        text, note = _line(node, self.names)
        self.lines.append((margin + text, note))
        for label, value in node.params.items():
            if isinstance(value, Block):
                self.inside(label, value, margin + "    ")

    def inside(self, label: str, block: Block, margin: str) -> None:
        """A block: its parameters, its nodes, what it hands on."""
        for parameter in block.parameters:
            self.node(parameter, margin)
        parameters = ", ".join(f"{self.names[id(p)]}: {p.type}" for p in block.parameters)
        self.lines.append((f"{margin}{label}({parameters}):", ""))
        self.block((*block.effects, *block.outputs), margin + "    ")
        results = ", ".join(self.names[id(output)] for output in block.outputs)
        self.lines.append((f"{margin}    give {results}".rstrip(), ""))


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
    return name != "literal" and value is not None and value is not False and not isinstance(value, Block)


def _parameter(value: Any) -> str:
    if isinstance(value, Fault):
        return value.error.__name__
    if isinstance(value, tuple):
        return f"({', '.join(map(_parameter, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Operand):
        return f"operand {value.place}"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return format_value(value) if isinstance(value, np.generic | np.ndarray) else str(value)
