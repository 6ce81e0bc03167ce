"""The graph's invariants, verified between passes in tests and under ``DEFNHOOK=check``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.graph.node import (
    BRANCH,
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    EFFECTS,
    GATHER,
    HOST,
    INPUT,
    IOTA,
    ITEM,
    LOOP,
    PARAMETER,
    PICK,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Block,
    Fault,
    Graph,
    Node,
    Operand,
)

LARGEST = 2**29  # extents known only at run time are above


class GraphError(AssertionError):
    """A graph breaks an invariant; the message names the stage and prints the node."""


def verify(graph: Graph, stage: str) -> Graph:
    """Return the graph, or raise :class:`GraphError` naming the stage that produced it."""
    known = {id(node) for node in graph.inputs}
    nodes = graph.nodes()
    known |= {id(each) for node in nodes for block in node.blocks for each in block.parameters}
    for node in nodes:
        problem = _problem(node)
        if node.op in (INPUT, PARAMETER) and id(node) not in known:
            problem = f"is {'an input' if node.op is INPUT else 'a parameter'} that the graph does not list"
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
    """What is wrong with a broadcast; an axis with a step has a length, one or not, that only run time knows.

    ``steps`` gives for each such axis of the source the operand that is 0 where its length is one, and otherwise 1.
    """
    source, *numbers = node.inputs
    steps = node.params.get("steps", (None,) * source.ndim)
    places = [step.place for step in steps if step is not None]
    if places != list(range(1, len(node.inputs))) or any(n.dtype.kind != "i" for n in numbers):
        return f"takes its steps from operands {places}"
    lead = node.ndim - source.ndim
    known = (
        node.shape[lead + axis] if step is not None else extent
        for axis, (extent, step) in enumerate(zip(source.shape, steps, strict=True))
    )
    return _same(node, np.broadcast_shapes(tuple(known), node.shape))


def _slice(node: Node) -> str | None:
    return _outside(node, node.inputs[0]) or _same(node, _lengths(node))


def _lengths(node: Node) -> tuple[int, ...]:
    return tuple(length for _, _, length in node.params["ranges"])


def _outside(node: Node, source: Node) -> str | None:
    """What is wrong with the ranges of a window; starts and lengths known only at run time are taken on trust."""
    for (start, step, length), extent in zip(node.params["ranges"], source.shape, strict=True):
        if isinstance(start, Operand):
            if not 0 < start.place < len(node.inputs) or node.inputs[start.place].dtype.kind != "i":
                return f"begins at operand {start.place}, which is no whole number"
        elif length and not (0 <= start < extent) and extent < LARGEST:
            return f"reaches outside an axis of {extent}"
        elif (
            length < LARGEST
            and extent < LARGEST
            and not 0 <= start + step * max(length - 1, 0) < max(extent, 1)
        ):
            return f"reaches outside an axis of {extent}"
    return None


def _update(node: Node) -> str | None:
    base, value, *_ = node.inputs
    if value.shape != _lengths(node) or value.dtype != base.dtype:
        return f"puts {value.type} where {node.params['ranges']} is"
    return _outside(node, base) or _same(node, base.shape)


def _gathered(source: Node, node: Node, indices: tuple[Node, ...]) -> tuple[int, ...] | None:
    axes = node.params["axes"]
    shapes = {index.shape for index in indices}
    if len(shapes) != 1 or len(axes) != len(indices) or any(index.dtype.kind != "i" for index in indices):
        return None
    return source.shape[: axes[0]] + shapes.pop() + source.shape[axes[-1] + 1 :]


def _gather(node: Node) -> str | None:
    source, *indices = node.inputs
    shape = _gathered(source, node, tuple(indices))
    return "has indices of several shapes" if shape is None else _same(node, shape)


def _scatter(node: Node) -> str | None:
    base, value, *indices = node.inputs
    if value.shape != _gathered(base, node, tuple(indices)) or value.dtype != base.dtype:
        return f"puts {value.type} where it does not fit"
    return _same(node, base.shape)


def _types(nodes: tuple[Node, ...]) -> list[tuple[Any, ...]]:
    return [(node.shape, node.dtype, node.type.kind) for node in nodes]


def _loop(node: Node) -> str | None:
    body: Block = node.params["body"]
    counted = node.params["kind"] == "for"
    initial = node.inputs[2:] if counted else node.inputs
    carried = body.parameters[1:] if counted else body.parameters
    outputs = body.outputs[:-1] if node.params["exits"] else body.outputs
    if not _types(initial) == _types(carried) == _types(outputs):
        return f"carries {_types(initial)} in, {_types(carried)} round and {_types(outputs)} out"
    if node.params["exits"] and (body.outputs[-1].dtype != np.bool_ or body.outputs[-1].ndim):
        return "is left on a value that is no truth value"
    if not counted:
        test: Block = node.params["test"]
        if _types(test.parameters) != _types(carried) or len(test.outputs) != 1:
            return "has a test of other parameters than its body"
    return _acts(body)


def _branch(node: Node) -> str | None:
    then, otherwise = node.params["then"], node.params["otherwise"]
    if _types(then.outputs) != _types(otherwise.outputs):
        return f"gives {_types(then.outputs)} or {_types(otherwise.outputs)}"
    if node.inputs[0].dtype != np.bool_ or node.inputs[0].ndim:
        return "tests a value that is no truth value"
    return _acts(then) or _acts(otherwise)


def _acts(block: Block) -> str | None:
    wrong = [node.op.name for node in block.effects if node.op not in EFFECTS]
    return f"lists {wrong[0]} among its effects" if wrong else None


def _pick(node: Node) -> str | None:
    (source,) = node.inputs
    if source.op is LOOP:
        outputs = source.params["body"].outputs
    elif source.op is BRANCH:
        outputs = source.params["then"].outputs
    else:
        return f"picks from {source.op.name}"
    picked = outputs[node.params["index"]]
    return None if _types((picked,)) == _types((node,)) else f"picks {picked.type}"


def _item(node: Node) -> str | None:
    types = node.inputs[0].params.get("types")
    if types is None:
        return f"is an item of {node.inputs[0].op.name}, which has one result"
    given = types[node.params["index"]]
    return None if given == node.type else f"is an item of type {given}"


def _check(node: Node) -> str | None:
    test = node.inputs[0]
    if not isinstance(node.params["fault"], Fault) or test.dtype != np.bool_ or test.ndim:
        return "checks a value that is no truth value"
    return None


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


_PRIMITIVES = (
    INPUT,
    CONSTANT,
    CAST,
    TRANSPOSE,
    RESHAPE,
    BROADCAST,
    SLICE,
    IOTA,
    CONCATENATE,
    HOST,
    *EFFECTS,
    PICK,
    ITEM,
    GATHER,
    PARAMETER,
)
_RULES: dict[str, Callable[[Node], str | None]] = {
    "constant": _constant,
    "cast": lambda node: _same(node, node.inputs[0].shape),
    "transpose": _transpose,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "slice": _slice,
    "update": _update,
    "gather": _gather,
    "scatter": _scatter,
    "loop": _loop,
    "branch": _branch,
    "pick": _pick,
    "item": _item,
    "check": _check,
    "concatenate": _concatenate,
}
_BY_KIND = {"Elementwise": _elementwise, "Reduction": _reduction}


def _table_rule(node: Node) -> Callable[[Node], str | None] | None:
    return _BY_KIND.get(type(node.op).__name__)
