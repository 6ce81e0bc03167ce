"""Index expressions: where a loop's position falls in an operand, through broadcasts, slices and transpositions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defnhook.graph import BROADCAST, CAST, RESHAPE, SLICE, TRANSPOSE, Node
from defnhook.ops.kinds import Elementwise


@dataclass(frozen=True, slots=True)
class Var:
    """The position along one axis of the iteration space."""

    axis: int


@dataclass(frozen=True, slots=True)
class Zero:
    """The only position of an axis of length one."""


@dataclass(frozen=True, slots=True)
class Affine:
    """``start + step * inner`` with the numbers left to run time; ``down`` for a negative step.

    ``owner`` and ``axis`` name the slice node that knows the numbers; ``has_start`` and ``has_step`` say which are
    written at all.
    """

    inner: Var | Zero | Affine
    owner: int
    axis: int
    has_start: bool
    has_step: bool
    down: bool


Index = Var | Zero | Affine
ZERO = Zero()


def pointwise(node: Node) -> bool:
    """Whether an element of the node needs only elements of its operands at computable places."""
    if isinstance(node.op, Elementwise) or node.op in (CAST, TRANSPOSE, BROADCAST, SLICE):
        return True
    return node.op is RESHAPE and only_ones(node.inputs[0].shape, node.shape)


def only_ones(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether two shapes differ by axes of length one alone."""
    return [n for n in before if n != 1] == [n for n in after if n != 1]


def operand_indices(node: Node, index: tuple[Index, ...]) -> list[tuple[Node, tuple[Index, ...]]]:
    """Each operand of a pointwise node with the place that the node's element at ``index`` needs."""
    if node.op is TRANSPOSE:
        (source,) = node.inputs
        place: list[Index] = [ZERO] * source.ndim
        for axis, original in enumerate(node.params["axes"]):
            place[original] = index[axis]
        return [(source, tuple(place))]
    if node.op is SLICE:
        (source,) = node.inputs
        return [(source, tuple(_sliced(node, axis, index[axis]) for axis in range(source.ndim)))]
    if node.op is RESHAPE:
        (source,) = node.inputs
        rest = iter(index[axis] for axis, extent in enumerate(node.shape) if extent != 1)
        return [(source, tuple(next(rest) if extent != 1 else ZERO for extent in source.shape))]
    return [(operand, _broadcast(operand, index)) for operand in node.inputs]


def _broadcast(operand: Node, index: tuple[Index, ...]) -> tuple[Index, ...]:
    tail = index[len(index) - operand.ndim :]
    return tuple(ZERO if extent == 1 else at for extent, at in zip(operand.shape, tail, strict=True))


def _sliced(node: Node, axis: int, index: Index) -> Index:
    if node.inputs[0].shape[axis] == 1:
        return ZERO
    _, step, length = node.params["ranges"][axis]
    start_open, whole = node.params["literal"][axis]
    if whole and step == 1:
        return index
    has_start = not (start_open and step > 0)
    if length == 1:
        index = ZERO
    return Affine(index, id(node), axis, has_start, abs(step) != 1, step < 0)


def axis_links(node: Node) -> list[tuple[int, Node, int]]:
    """Which axes of a node's operands must be as long as which of its own: (own axis, operand, operand's axis)."""
    links: list[tuple[int, Node, int]] = []
    if pointwise(node):
        own: tuple[Index, ...] = tuple(Var(axis) for axis in range(node.ndim))
        for operand, index in operand_indices(node, own):
            links += [(at.axis, operand, axis) for axis, at in enumerate(index) if isinstance(at, Var)]
        return links
    return _other_links(node, node.params)


def _other_links(node: Node, params: dict[str, Any]) -> list[tuple[int, Node, int]]:
    if node.op.name == "concatenate":
        return [(a, operand, a) for operand in node.inputs for a in range(node.ndim) if a != params["axis"]]
    if "keepdims" in params:
        (source,) = node.inputs
        kept = [a for a in range(source.ndim) if a not in params["axis"]]
        if params["keepdims"]:
            return [(axis, source, axis) for axis in kept]
        return [(place, source, axis) for place, axis in enumerate(kept)]
    return []
