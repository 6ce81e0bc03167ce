"""How each kind of node is computed for all elements at once: a table by op, and a function for each kind of entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.batching import calls, numbers, places
from defnhook.batching.batch import Batch
from defnhook.errors import DefnInternalError
from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    GATHER,
    HOST,
    IOTA,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Node,
)
from defnhook.graph.node import Operation
from defnhook.ops.kinds import Elementwise, Library, Reduction
from defnhook.trace import building, primitives
from defnhook.trace.invoke import invoke
from defnhook.trace.layout import is_c_ordered, result_order, tiny
from defnhook.trace.tensor import Tensor, order_of


def batched(batch: Batch, node: Node) -> Node:
    """A node of one result, of whose operands some differ from element to element."""
    rule = _RULES.get(node.op)
    if rule is not None:
        return rule(batch, node)
    if isinstance(node.op, Elementwise):
        return _elementwise(batch, node)
    if isinstance(node.op, Reduction):
        return _reduction(batch, node)
    if isinstance(node.op, Library):
        return calls.batched(batch, node)[0]
    raise DefnInternalError(f"vmap: {node.op.name} has no rule")


def several(batch: Batch, node: Node) -> list[Node]:
    """The results of a call that has several."""
    return calls.batched(batch, node)


# -- entries of the table


def _elementwise(batch: Batch, node: Node) -> Node:
    op: Any = node.op
    tensors = [batch.lined_up(each, node.ndim) for each in node.inputs]
    shape = (batch.size, *node.type.shape)
    type_ = ArrayType(shape, node.dtype, "array", result_order(op.numpy, tensors, shape))
    return Node(op, tuple(t.node for t in tensors), type_, node.params, node.span)


def _reduction(batch: Batch, node: Node) -> Node:
    op: Any = node.op
    x = Tensor(batch.known(node.inputs[0]))
    axes = tuple(axis + 1 for axis in node.params["axis"])
    shape = (batch.size, *node.type.shape)
    if op.numpy not in (np.argmax, np.argmin) or len(axes) == 1:
        return _folded(node, x, axes, node.params["keepdims"], shape)
    flat = primitives.reshape(x, (batch.size, math.prod(node.inputs[0].type.shape)))
    made = _folded(node, flat, (1,), False, (batch.size,))
    return primitives.reshape(Tensor(made), shape).node


def _folded(node: Node, x: Tensor, axes: tuple[int, ...], keepdims: bool, shape: tuple[int, ...]) -> Node:
    op: Any = node.op
    order: tuple[int, ...] = ()
    if not is_c_ordered(x) and len(shape) > 1:
        axis: Any = axes[0] if op.numpy in (np.argmax, np.argmin) else axes
        order = order_of(op.numpy(tiny(x), axis=axis, keepdims=keepdims))
    params = {**node.params, "axis": axes, "keepdims": keepdims}
    return Node(op, (x.node,), ArrayType(shape, node.dtype, "array", order), params, node.span)


# -- primitives


def _cast(batch: Batch, node: Node) -> Node:
    if "apart" in node.params:
        type_ = batch.type_of(node.type)
        return Node(CAST, (batch.known(node.inputs[0]),), type_, node.params, node.span)
    return primitives.cast(Tensor(batch.known(node.inputs[0])), node.dtype, "array").node


def _transpose(batch: Batch, node: Node) -> Node:
    axes = (0, *(axis + 1 for axis in node.params["axes"]))
    return primitives.transpose(Tensor(batch.known(node.inputs[0])), axes).node


def _reshape(batch: Batch, node: Node) -> Node:
    x = Tensor(batch.known(node.inputs[0]))
    return primitives.reshape(x, (batch.size, *node.type.shape)).node


def _broadcast(batch: Batch, node: Node) -> Node:
    base, *rest = node.inputs
    x = batch.lined_up(base, node.ndim)
    shape = (batch.size, *node.type.shape)
    if not rest:
        return primitives.broadcast(x, shape).node
    steps = node.params["steps"]
    params = {**node.params, "steps": (None,) * (x.ndim - len(steps)) + steps}
    return Node(BROADCAST, (x.node, *map(batch.known, rest)), batch.type_of(node.type), params, node.span)


def _concatenate(batch: Batch, node: Node) -> Node:
    return building.concatenate([batch.full(each) for each in node.inputs], node.params["axis"] + 1).node


def _iota(batch: Batch, node: Node) -> Node:
    start, step = (primitives.cast(batch.lined_up(each, 1), node.dtype) for each in node.inputs)
    counted = primitives.cast(building.counted(node.type.shape[0]), node.dtype)
    made = invoke(np.add, (start, invoke(np.multiply, (counted, step), {})), {})
    return primitives.cast(made, node.dtype, "array").node


_RULES: dict[Operation, Callable[[Batch, Node], Node]] = {
    BROADCAST: _broadcast,
    CAST: _cast,
    CONCATENATE: _concatenate,
    GATHER: places.gather,
    HOST: numbers.host,
    IOTA: _iota,
    RESHAPE: _reshape,
    SCATTER: places.scatter,
    SLICE: places.slice_,
    TRANSPOSE: _transpose,
    UPDATE: places.update,
}

__all__ = ["batched", "several"]
