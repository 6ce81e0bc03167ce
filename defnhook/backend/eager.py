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
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Graph,
    Node,
)
from defnhook.ops.kinds import Elementwise, Library, Reduction


def evaluate(graph: Graph, values: Sequence[Any]) -> list[Any]:
    """The results of a graph for values of its inputs, in NumPy."""
    known: dict[int, Any] = {id(node): value for node, value in zip(graph.inputs, values, strict=True)}
    with np.errstate(all="ignore"):
        for node in graph.nodes():
            if id(node) not in known:
                known[id(node)] = apply(node, [known[id(operand)] for operand in node.inputs])
    return [known[id(node)] for node in graph.outputs]


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
    IOTA: _iota,
    CONCATENATE: lambda node, operands: np.concatenate(operands, axis=node.params["axis"]),
}
