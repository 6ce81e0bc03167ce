"""Index expressions: where a loop's position falls in an operand, through broadcasts, slices and transpositions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defnhook.graph import (
    BRANCH,
    BROADCAST,
    CAST,
    GATHER,
    HOST,
    LOOP,
    PICK,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    Node,
)
from defnhook.ops.kinds import Elementwise, Reduction


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

    inner: Index
    owner: int
    axis: int
    has_start: bool
    has_step: bool
    down: bool


@dataclass(frozen=True, slots=True)
class Indirect:
    """The position that an array of indices holds at ``inner``."""

    indices: Node
    inner: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Stretched:
    """``inner`` along an axis that may have length one at run time: times ``step``, which is then 0 and otherwise 1."""

    inner: Index
    step: Node


Index = Var | Zero | Affine | Indirect | Stretched
ZERO = Zero()


def pointwise(node: Node) -> bool:
    """Whether an element of the node needs only elements of its operands at computable places."""
    if (
        isinstance(node.op, Elementwise)
        or node.op in (CAST, TRANSPOSE, BROADCAST, SLICE, GATHER)
        or is_host(node)
    ):
        return True
    return node.op is RESHAPE and only_ones(node.inputs[0].shape, node.shape)


def is_host(node: Node) -> bool:
    """Whether a node is Python arithmetic on single numbers."""
    return node.op is HOST


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
        source = node.inputs[0]
        return [(source, tuple(_sliced(node, axis, index[axis]) for axis in range(source.ndim)))]
    if node.op is GATHER:
        return [(node.inputs[0], _gathered(node, index))]
    if node.op is RESHAPE:
        (source,) = node.inputs
        rest = iter(index[axis] for axis, extent in enumerate(node.shape) if extent != 1)
        return [(source, tuple(next(rest) if extent != 1 else ZERO for extent in source.shape))]
    if node.op is BROADCAST:
        return [(node.inputs[0], _stretched(node, index))]
    return [(operand, _broadcast(operand, index)) for operand in node.inputs]


def _broadcast(operand: Node, index: tuple[Index, ...]) -> tuple[Index, ...]:
    tail = index[len(index) - operand.ndim :]
    return tuple(ZERO if extent == 1 else at for extent, at in zip(operand.shape, tail, strict=True))


def _stretched(node: Node, index: tuple[Index, ...]) -> tuple[Index, ...]:
    """The place in what is broadcast, some of whose axes may have length one at run time."""
    source = node.inputs[0]
    steps = node.params.get("steps", (None,) * source.ndim)
    places = zip(_broadcast(source, index), steps, strict=True)
    return tuple(at if step is None else Stretched(at, node.inputs[step.place]) for at, step in places)


def _gathered(node: Node, index: tuple[Index, ...]) -> tuple[Index, ...]:
    axes, indices = node.params["axes"], node.inputs[1:]
    first, count = axes[0], indices[0].ndim
    inner = index[first : first + count]
    extents = [node.inputs[0].shape[axis] for axis in axes]
    found = tuple(
        ZERO if extent == 1 else Indirect(each, _broadcast(each, inner))
        for extent, each in zip(extents, indices, strict=True)
    )
    return (*index[:first], *found, *index[first + count :])


def affine(node: Node, axis: int, inner: Index) -> Index:
    """Where along an axis of its base a slice or an update has an element of its window."""
    return _sliced(node, axis, inner)


def _sliced(node: Node, axis: int, index: Index) -> Index:
    if node.inputs[0].shape[axis] == 1:
        return ZERO
    _, step, length = node.params["ranges"][axis]
    start_open, whole = _literal(node, axis)
    if whole and step == 1:
        return index
    has_start = not (start_open and step > 0)
    if length == 1:
        index = ZERO
    return Affine(index, id(node), axis, has_start, abs(step) != 1, step < 0)


def _literal(node: Node, axis: int) -> tuple[bool, bool]:
    """Whether the start of a range, and the whole of it, are left out in the text."""
    if "literal" in node.params:
        start_open, whole = node.params["literal"][axis]
        return start_open, whole
    start, step, length = node.params["ranges"][axis]
    start_open = isinstance(start, int) and start == 0 and step > 0
    return start_open, start_open and step == 1 and length == node.inputs[0].shape[axis]


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
    if isinstance(node.op, Reduction):
        (source,) = node.inputs
        kept = [a for a in range(source.ndim) if a not in params["axis"]]
        if params["keepdims"]:
            return [(axis, source, axis) for axis in kept]
        return [(place, source, axis) for place, axis in enumerate(kept)]
    if node.op in (UPDATE, SCATTER):
        return [(axis, node.inputs[0], axis) for axis in range(node.ndim)]
    return [(axis, source, axis) for source in picked(node) for axis in range(node.ndim)]


def picked(node: Node) -> list[Node]:
    """What a value picked from a loop or a branch can be."""
    if node.op is not PICK:
        return []
    (region,) = node.inputs
    number = node.params["index"]
    if region.op is BRANCH:
        return [block.outputs[number] for block in region.blocks]
    first = 2 if region.params["kind"] == "for" else 0
    return [region.inputs[first + number], region.params["body"].outputs[number]]


def carried(node: Node) -> list[tuple[Node, Node]]:
    """Values carried round a loop that are of one type: what stands for it inside, and what it is outside."""
    if node.op is not LOOP:
        return []
    first, index = (2, 1) if node.params["kind"] == "for" else (0, 0)
    pairs = []
    for block in node.blocks:
        skip = index if block is node.params["body"] else 0
        pairs += list(zip(block.parameters[skip:], node.inputs[first:], strict=True))
    body = node.params["body"]
    return pairs + list(zip(body.parameters[index:], body.outputs, strict=False))
