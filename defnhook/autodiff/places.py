"""Reads and writes of parts of arrays, as nodes of the graph."""

from __future__ import annotations

from typing import Any

from defnhook.graph import GATHER, SCATTER, ArrayType, Node, Operand
from defnhook.trace.context import require_current, user_span
from defnhook.trace.tensor import Tensor


def window(node: Node) -> tuple[tuple[Any, ...], Any]:
    """The ranges of a slice or an update, starts known only at run time as nodes, and which were written out."""
    ranges = tuple(
        (node.inputs[start.place] if isinstance(start, Operand) else start, step, length)
        for start, step, length in node.params["ranges"]
    )
    return ranges, node.params["literal"]


def scattered(base: Node, value: Node, indices: list[Node], axes: tuple[int, ...], mode: str) -> Node:
    """Elements put into an array, or added to those there."""
    made = Node(SCATTER, (base, value, *indices), base.type, {"axes": axes, "mode": mode}, user_span())
    require_current().region.effects.append(made)
    return made


def picked_up(base: Node, like: Node, indices: list[Node], axes: tuple[int, ...]) -> Tensor:
    """The elements of an array at some places."""
    type_ = ArrayType(like.type.shape, base.dtype, "array", like.type.order)
    return Tensor(Node(GATHER, (base, *indices), type_, {"axes": axes}, user_span()))
