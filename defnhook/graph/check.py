"""The graph's invariants, verified between passes in tests and under ``DEFNHOOK=check``."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from defnhook.graph.node import (
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
    UPDATE,
    Graph,
    Node,
)


class GraphError(AssertionError):
    """A graph breaks an invariant; the message names the stage and prints the node."""


def verify(graph: Graph, stage: str) -> Graph:
    """Return the graph, or raise :class:`GraphError` naming the stage that produced it."""
    known = {id(node) for node in graph.inputs}
    for node in graph.nodes():
        problem = _problem(node)
        if node.op is INPUT and id(node) not in known:
            problem = "is an input that the graph does not list"
        if problem:
            raise GraphError(
                f"after {stage}: {node!r} {problem} (operands {[str(n.type) for n in node.inputs]})"
            )
    return graph


def _problem(node: Node) -> str | None:
    if sorted(node.type.order) != list(range(node.ndim)):
        return f"has the order {node.type.order}, which is no permutation of its axes"
    if node.type.kind != "array" and node.ndim:
        return f"is a {node.type.kind} with {node.ndim} axes"
    rule = _RULES.get(node.op.name) if node.op in _PRIMITIVES else _table_rule(node)
    return rule(node) if rule else None


def _same(node: Node, shape: tuple[int, ...]) -> str | None:
    return None if node.shape == shape else f"has shape {node.shape}, not {shape}"


def _transpose(node: Node) -> str | None:
    axes = node.params["axes"]
    return _same(node, tuple(node.inputs[0].shape[axis] for axis in axes))


def _reshape(node: Node) -> str | None:
    (source,) = node.inputs
    return None if math.prod(source.shape) == math.prod(node.shape) else "changes the number of elements"


def _broadcast(node: Node) -> str | None:
    return _same(node, np.broadcast_shapes(node.inputs[0].shape, node.shape))


def _slice(node: Node) -> str | None:
    (source,) = node.inputs
    for (start, step, length), extent in zip(node.params["ranges"], source.shape, strict=True):
        if length and not (0 <= start < extent and 0 <= start + step * (length - 1) < extent):
            return f"reaches outside an axis of {extent}"
    return _same(node, tuple(length for _, _, length in node.params["ranges"]))


def _update(node: Node) -> str | None:
    base, value, *_ = node.inputs
    if value.shape != tuple(length for _, _, length in node.params["ranges"]) or value.dtype != base.dtype:
        return f"puts {value.type} where {node.params['ranges']} is"
    return _same(node, base.shape)


def _concatenate(node: Node) -> str | None:
    axis = node.params["axis"]
    lengths = sum(operand.shape[axis] for operand in node.inputs)
    return _same(node, (*node.shape[:axis], lengths, *node.shape[axis + 1 :]))


def _elementwise(node: Node) -> str | None:
    return _same(node, np.broadcast_shapes(*[operand.shape for operand in node.inputs]))


def _reduction(node: Node) -> str | None:
    (source,) = node.inputs
    axes, keep = node.params["axis"], node.params["keepdims"]
    kept = tuple(
        1 if axis in axes else extent for axis, extent in enumerate(source.shape) if keep or axis not in axes
    )
    return _same(node, kept)


def _constant(node: Node) -> str | None:
    value = node.params["value"]
    return None if np.asarray(value).dtype == node.dtype else f"holds {value!r} of another dtype"


_PRIMITIVES = (INPUT, CONSTANT, CAST, TRANSPOSE, RESHAPE, BROADCAST, SLICE, IOTA, CONCATENATE, HOST, UPDATE)
_RULES: dict[str, Callable[[Node], str | None]] = {
    "constant": _constant,
    "cast": lambda node: _same(node, node.inputs[0].shape),
    "transpose": _transpose,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "slice": _slice,
    "update": _update,
    "concatenate": _concatenate,
}
_BY_KIND = {"Elementwise": _elementwise, "Reduction": _reduction}


def _table_rule(node: Node) -> Callable[[Node], str | None] | None:
    return _BY_KIND.get(type(node.op).__name__)
