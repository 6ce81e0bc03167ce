"""A graph node by node in NumPy: the reference, and what ``DEFNHOOK=eager`` runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    HOST,
    INPUT,
    IOTA,
    LOOP,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    UPDATE,
    Graph,
    Node,
)
from defnhook.ops.kinds import Elementwise, Library, Reduction


def evaluate(graph: Graph, values: Sequence[Any]) -> list[Any]:
    """The results of a graph for values of its inputs, in NumPy."""
    return evaluate_with_writes(graph, values)[0]


def evaluate_with_writes(graph: Graph, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The results of a graph, and what each array that it writes holds at the end."""
    known = Values(graph)
    known.levels[0].update((id(node), value) for node, value in zip(graph.inputs, values, strict=True))
    with np.errstate(all="ignore"):
        known.act(graph.effects)
        results = [known.read(node) for node in graph.outputs]
        return results, [known.read(last) for _, last in graph.writes]


class Values:
    """What nodes have come to, by the number of loops around them."""

    def __init__(self, graph: Graph) -> None:
        self.levels: list[dict[int, Any]] = [{}]
        self.depths: dict[int, int] = {}
        self.sizes = graph.sizes
        self._place(graph.effects, 0)

    def _place(self, effects: Sequence[Node], depth: int) -> None:
        """Note how deep in loops the effects stand, and the parameters of their blocks."""
        for node in effects:
            self.depths[id(node)] = depth
            inner = depth + (node.op is LOOP)
            for block in node.blocks:
                self.depths.update((id(parameter), inner) for parameter in block.parameters)
                self._place(block.effects, inner)

    def depth(self, node: Node) -> int:
        """How many loops a node stands in: as many as what it needs does."""
        known = self.depths
        stack = [node]
        while stack:
            top = stack[-1]
            missing = [n for n in top.inputs if id(n) not in known] if id(top) not in known else []
            if missing:
                stack += missing
                continue
            if id(top) not in known:
                known[id(top)] = max((known[id(n)] for n in top.inputs), default=0)
            stack.pop()
        return known[id(node)]

    def has(self, node: Node) -> bool:
        """Whether a node has been computed, where the evaluation is now."""
        return id(node) in self.levels[self.depth(node)]

    def read(self, node: Node) -> Any:
        """The value of a node, computed where it is not known."""
        stack = [node]
        while stack:
            top = stack[-1]
            if self.has(top):
                stack.pop()
                continue
            missing = [operand for operand in top.inputs if not self.has(operand)]
            if missing:
                stack += missing
                continue
            self.set(top, apply(top, [self.levels[self.depth(n)][id(n)] for n in top.inputs]))
        return self.levels[self.depth(node)][id(node)]

    def set(self, node: Node, value: Any) -> None:
        """Enter the value of a node."""
        self.levels[self.depth(node)][id(node)] = value

    def act(self, effects: Sequence[Node]) -> None:
        """Run effects in the order of the program."""
        for node in effects:
            self.read(node)


def apply(node: Node, operands: Sequence[Any]) -> Any:
    """One node on the values of its operands."""
    for kind, rule in _KINDS:
        if isinstance(node.op, kind):
            return rule(node, operands)
    return _PRIMITIVES[node.op](node, operands)


def _elementwise(node: Node, operands: Sequence[Any]) -> Any:
    return node.op.numpy(*operands)  # type: ignore[attr-defined]


def _reduction(node: Node, operands: Sequence[Any]) -> Any:
    op, axis = node.op, node.params["axis"]
    keywords: dict[str, Any] = {"keepdims": node.params["keepdims"]}
    if "dtype" in op.keywords:  # type: ignore[attr-defined]
        keywords["dtype"] = node.dtype
    if node.params.get("initial") is not None and op.start is None:  # type: ignore[attr-defined]
        keywords["initial"] = node.params["initial"]
    if op.numpy in (np.argmax, np.argmin):  # type: ignore[attr-defined]
        axis = axis[0] if len(axis) == 1 and operands[0].ndim != 1 else axis[0] if len(axis) == 1 else None
    return op.numpy(operands[0], axis=axis, **keywords)  # type: ignore[attr-defined]


def _library(node: Node, operands: Sequence[Any]) -> Any:
    return node.op.numpy(*operands, **node.params)  # type: ignore[attr-defined]


def _cast(node: Node, operands: Sequence[Any]) -> Any:
    (value,) = operands
    if node.inputs[0].type.kind == "python":
        return np.asarray(value, node.dtype)[()]
    result = np.asarray(value).astype(node.dtype)
    return result[()] if node.type.kind == "scalar" else result


def _slice(node: Node, operands: Sequence[Any]) -> Any:
    return np.asarray(operands[0])[slices(node)]


def _update(node: Node, operands: Sequence[Any]) -> Any:
    base, value, *_ = operands
    result = np.array(base)
    result[slices(node)] = value
    return result


def slices(node: Node) -> tuple[slice, ...]:
    """The index of a slice node."""
    parts = []
    for start, step, length in node.params["ranges"]:
        stop = start + step * length
        parts.append(slice(start, None if stop < 0 else stop, step))
    return tuple(parts)


def _iota(node: Node, operands: Sequence[Any]) -> Any:
    start, step = operands
    positions = np.arange(node.shape[0]).astype(node.dtype)
    return (start + positions * step).astype(node.dtype)


_KINDS: tuple[tuple[type, Callable[[Node, Sequence[Any]], Any]], ...] = (
    (Elementwise, _elementwise),
    (Reduction, _reduction),
    (Library, _library),
)
_PRIMITIVES: dict[Any, Callable[[Node, Sequence[Any]], Any]] = {
    CONSTANT: lambda node, operands: node.params["value"],
    INPUT: lambda node, operands: operands[0],
    HOST: lambda node, operands: node.params["function"](*operands),
    CAST: _cast,
    TRANSPOSE: lambda node, operands: np.transpose(operands[0], node.params["axes"]),
    RESHAPE: lambda node, operands: np.reshape(operands[0], node.shape),
    BROADCAST: lambda node, operands: np.broadcast_to(operands[0], node.shape),
    SLICE: _slice,
    UPDATE: _update,
    IOTA: _iota,
    CONCATENATE: lambda node, operands: np.concatenate(operands, axis=node.params["axis"]),
}
