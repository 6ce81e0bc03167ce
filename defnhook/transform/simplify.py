"""Local rules, each exact for every value but for small powers: what folds, what cancels, where reshapes go."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    HOST,
    INPUT,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Graph,
    Node,
    Operand,
)
from defnhook.graph.node import rewrite
from defnhook.ops import BY_MEANING
from defnhook.ops.kinds import Elementwise

CHEAP = 4  # what a stretch is moved through: the operation is repeated where the axis has length one


def simplify(graph: Graph) -> Graph:
    """The graph with every rule applied, operands first."""
    return rewrite(graph, _simplify)


def _simplify(node: Node) -> Node:
    for op, rule in RULES:
        if node.op is op or (isinstance(op, type) and isinstance(node.op, op)):
            better = rule(node)
            if better is not None:
                return better
    return node


def fold_constants(node: Node) -> Node | None:
    """Scalars known while tracing: NumPy computes the result now."""
    if node.ndim or not node.inputs or not all(_is_scalar_constant(operand) for operand in node.inputs):
        return None
    with np.errstate(all="ignore"):
        value = node.op.numpy(*[operand.params["value"] for operand in node.inputs])  # type: ignore[attr-defined]
    return _constant(node, np.asarray(value)[()])


def fold_power(node: Node) -> Node | None:
    """A float to a small power that products and square roots give within 2 ULP."""
    if node.op is not BY_MEANING[np.power] or node.dtype.kind != "f":
        return None
    base, exponent = node.inputs
    if exponent.op is not CONSTANT or exponent.ndim or base.shape != node.shape:
        return None
    rule = _POWERS.get(float(exponent.params["value"]))
    return rule and rule(_Calculation(node), base)


@dataclass(frozen=True, slots=True)
class _Calculation:
    """Makes nodes of the type of another one."""

    node: Node

    def __call__(self, function: Any, *operands: Node) -> Node:
        type_ = (
            self.node.type if function is not np.isinf else replace(self.node.type, dtype=np.dtype(np.bool_))
        )
        return Node(BY_MEANING[function], operands, type_, {}, self.node.span)

    def number(self, value: float) -> Node:
        return _constant(self.node, self.node.dtype.type(value))


def _three_halves(make: _Calculation, x: Node) -> Node:
    product = make(np.multiply, x, make(np.sqrt, x))
    return make(np.where, make(np.isinf, x), make.number(np.inf), product)


def _minus_three_halves(make: _Calculation, x: Node) -> Node:
    quotient = make(np.divide, make(np.divide, make.number(1), x), make(np.sqrt, x))
    return make(np.where, make(np.isinf, x), make.number(0), quotient)


_POWERS: dict[float, Callable[[_Calculation, Node], Node]] = {
    1.0: lambda make, x: make(np.positive, x),
    2.0: lambda make, x: make(np.multiply, x, x),
    -1.0: lambda make, x: make(np.divide, make.number(1), x),
    -2.0: lambda make, x: make(np.divide, make.number(1), make(np.multiply, x, x)),
    3.0: lambda make, x: make(np.multiply, make(np.multiply, x, x), x),
    4.0: lambda make, x: make(np.multiply, square := make(np.multiply, x, x), square),
    1.5: _three_halves,
    -1.5: _minus_three_halves,
}


def fold_cast(node: Node) -> Node | None:
    """A cast of a constant, or to the dtype a value already has; not one that keeps what comes after it ``apart``."""
    (source,) = node.inputs
    if "apart" in node.params:
        return None
    if source.dtype == node.dtype and source.type.order == node.type.order and source.type.kind != "python":
        return source
    if _is_scalar_constant(source):
        with np.errstate(all="ignore"):
            value = source.params["value"]
            converted = (
                np.asarray(value, node.dtype)
                if source.type.kind == "python"
                else np.asarray(value).astype(node.dtype)
            )
        return _constant(node, converted[()])
    return None


def fold_transpose(node: Node) -> Node | None:
    """Two transpositions are one; the identity is none."""
    (source,) = node.inputs
    axes = node.params["axes"]
    if axes == tuple(range(node.ndim)):
        return source
    if source.op is TRANSPOSE:
        inner = source.params["axes"]
        merged = tuple(inner[axis] for axis in axes)
        return fold_transpose(again := _like(node, (source.inputs[0],), axes=merged)) or again
    return None


def fold_reshape(node: Node) -> Node | None:
    """Two reshapes are one; one that changes nothing is none; one of an elementwise result moves to the operands."""
    (source,) = node.inputs
    if source.shape == node.shape and source.type.order == node.type.order:
        return source
    if source.op is RESHAPE:
        return fold_reshape(again := _like(node, source.inputs)) or again
    if not source.ndim or not source.type.is_c_ordered or _only_ones(source.shape, node.shape):
        return None
    if isinstance(source.op, Elementwise) or source.op is CAST:
        return _reshape_operands(node, source)
    if source.op is BROADCAST and source.inputs[0].type.size == 1:
        return _like_broadcast(node, source.inputs[0])
    return None


def _reshape_operands(node: Node, source: Node) -> Node | None:
    operands = []
    for operand in source.inputs:
        if operand.type.size == 1 and source.type.size != 1:
            operands.append(_scalar(operand, node))
        elif operand.shape == source.shape and operand.type.is_c_ordered:
            moved = Node(RESHAPE, (operand,), ArrayType(node.shape, operand.dtype), {}, node.span)
            operands.append(fold_reshape(moved) or moved)
        else:
            return None
    return Node(source.op, tuple(operands), ArrayType(node.shape, node.dtype), source.params, source.span)


def _scalar(operand: Node, node: Node) -> Node:
    if not operand.ndim:
        return operand
    return Node(RESHAPE, (operand,), ArrayType((), operand.dtype), {}, node.span)


def _like_broadcast(node: Node, element: Node) -> Node:
    return Node(BROADCAST, (_scalar(element, node),), ArrayType(node.shape, node.dtype), {}, node.span)


def fold_broadcast(node: Node) -> Node | None:
    """A broadcast to the shape a value already has; two stretches of one axis; a stretch of a cheap operation."""
    source = node.inputs[0]
    if source.shape == node.shape:
        return source
    if "steps" not in node.params:
        return None
    if source.op is BROADCAST and source.params == node.params:
        return fold_broadcast(again := _like(node, source.inputs)) or again
    cheap = isinstance(source.op, Elementwise) and source.op.cost <= CHEAP
    return _stretch_operands(node, source) if cheap or source.op is CAST else None


def _stretch_operands(node: Node, source: Node) -> Node:
    """An operation on operands that are stretched, those that were so already only once."""
    place = node.ndim - next(axis for axis, step in enumerate(node.params["steps"]) if step is not None)
    operands = tuple(_stretched(operand, node, place) for operand in source.inputs)
    type_ = replace(source.type, shape=node.shape)
    return Node(source.op, operands, type_, source.params, source.span)


def _stretched(operand: Node, node: Node, place: int) -> Node:
    """An operand that is stretched as a result is, along the axis at a place from the end."""
    own = operand.ndim - place
    if own < 0 or operand.shape[own] == 1:
        return operand
    shape = (*operand.shape[:own], node.shape[-place], *operand.shape[own + 1 :])
    steps = tuple(Operand(1) if axis == own else None for axis in range(operand.ndim))
    type_ = replace(operand.type, shape=shape)
    made = Node(BROADCAST, (operand, node.inputs[1]), type_, {"steps": steps}, node.span)
    return fold_broadcast(made) or made


def fold_slice(node: Node) -> Node | None:
    """A slice of everything."""
    source = node.inputs[0]
    whole = all(
        start_open and stop_open and r[1] == 1
        for (start_open, stop_open), r in zip(node.params["literal"], node.params["ranges"], strict=True)
    )
    return source if whole else _slice_parts(node, source)


def _slice_parts(node: Node, source: Node) -> Node | None:
    """Views that are joined along an axis which a slice leaves whole are sliced one by one."""
    if source.op is not CONCATENATE or len(node.inputs) > 1 or not all(map(_is_looked_at, source.inputs)):
        return None
    axis = source.params["axis"]
    if node.params["literal"][axis] != (True, True) or node.params["ranges"][axis][1] != 1:
        return None
    return _like(source, tuple(_slice_part(node, part, axis) for part in source.inputs), node.type)


def _is_looked_at(node: Node) -> bool:
    while node.op in (SLICE, TRANSPOSE, CONCATENATE) and len(node.inputs) == 1:
        node = node.inputs[0]
    return node.op in (INPUT, CONSTANT)


def _slice_part(node: Node, part: Node, axis: int) -> Node:
    extent = part.shape[axis]
    ranges, shape = list(node.params["ranges"]), list(node.shape)
    ranges[axis], shape[axis] = (0, 1, extent), extent
    type_ = replace(part.type, shape=tuple(shape))
    params = {**node.params, "ranges": tuple(ranges)}
    return Node(SLICE, (part,), type_, params, node.span)


def fold_concatenate(node: Node) -> Node | None:
    """What is empty adds nothing."""
    axis = node.params["axis"]
    filled = tuple(operand for operand in node.inputs if operand.shape[axis])
    return _like(node, filled) if 0 < len(filled) < len(node.inputs) else None


def fold_starts(node: Node) -> Node | None:
    """A slice or an update whose starts are known after all."""
    first = 2 if node.op is UPDATE else 1
    known = {place for place, number in enumerate(node.inputs) if place >= first and number.op is CONSTANT}
    if not known:
        return fold_slice(node) if node.op is SLICE else None
    kept = [place for place in range(len(node.inputs)) if place not in known]
    ranges = tuple(
        (_settled_start(start, node, known, kept), step, length)
        for start, step, length in node.params["ranges"]
    )
    inputs = tuple(node.inputs[place] for place in kept)
    return Node(node.op, inputs, node.type, {**node.params, "ranges": ranges}, node.span)


def _settled_start(start: Any, node: Node, known: set[int], kept: list[int]) -> Any:
    if not isinstance(start, Operand):
        return start
    if start.place in known:
        return int(node.inputs[start.place].params["value"])
    return Operand(kept.index(start.place))


def fold_host(node: Node) -> Node | None:
    """Sums and products of known whole numbers."""
    if node.params["function"] not in _WHOLE or any(n.op is not CONSTANT for n in node.inputs):
        return None
    values = [operand.params["value"] for operand in node.inputs]
    if any(type(value) is not int for value in values):
        return None
    return Node(CONSTANT, (), node.type, {"value": node.params["function"](*values)}, node.span)


_WHOLE = (operator.add, operator.sub, operator.mul, operator.neg)


def _only_ones(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return tuple(n for n in before if n != 1) == tuple(n for n in after if n != 1)


def _is_scalar_constant(node: Node) -> bool:
    return node.op is CONSTANT and not node.ndim


def _constant(node: Node, value: Any) -> Node:
    return Node(CONSTANT, (), ArrayType((), node.dtype, "scalar"), {"value": value}, node.span)


def _like(node: Node, inputs: tuple[Node, ...], type_: ArrayType | None = None, **params: Any) -> Node:
    return Node(node.op, inputs, type_ or node.type, {**node.params, **params}, node.span)


RULES: tuple[tuple[Any, Callable[[Node], Node | None]], ...] = (
    (Elementwise, fold_constants),
    (Elementwise, fold_power),
    (CAST, fold_cast),
    (TRANSPOSE, fold_transpose),
    (RESHAPE, fold_reshape),
    (BROADCAST, fold_broadcast),
    (SLICE, fold_starts),
    (UPDATE, fold_starts),
    (CONCATENATE, fold_concatenate),
    (HOST, fold_host),
)
