"""Copies of operands that a loop walks across their rows again and again, with the elements it needs side by side.

Distances between all pairs of points fold the few coordinates of a point innermost, so the loop over points is the one
that vectors run along: it reads a coordinate of many points at once, which lie a row apart.
"""

from __future__ import annotations

import math

from defnhook.graph import BROADCAST, CAST, RESHAPE, SLICE, TRANSPOSE, ArrayType, Node
from defnhook.ops.kinds import Elementwise, Reduction
from defnhook.schedule.index import ZERO, Index, Var, operand_indices, pointwise
from defnhook.schedule.segments import Segment

FEW = 16  # elements whose reduction is unrolled
WORTH = 1 << 14  # elements in all from which that is done
LEAST_LENGTH = 32
LEAST_USES = 8
_VIEWS = (BROADCAST, RESHAPE, SLICE, TRANSPOSE)


def packed(segment: Segment) -> Segment:
    """The segment with such copies."""
    inside = {id(node) for node in segment.nodes}
    copies: dict[int, Node] = {}
    for node in segment.nodes:
        if isinstance(node.op, Reduction):
            for view, order in _across(node, inside):
                copies.setdefault(id(view), _copy(view, order))
    if not copies:
        return segment
    new = {key: copy for key, copy in copies.items() if key not in inside}
    nodes = list(new.values())
    for node in segment.nodes:
        fresh = node.rebuild(tuple(new.get(id(operand), operand) for operand in node.inputs))
        nodes.append(fresh)
        new[id(node)] = fresh
        if id(node) in copies:
            copy = copies[id(node)].rebuild((fresh,))
            nodes.append(copy)
            new[id(node)] = copy
    results = [new.get(id(result), result) for result in segment.results]
    shapes = {id(new[key]): value for key, value in segment.shapes.items()}
    return Segment(nodes, segment.operands, results, shapes=shapes)


def is_packed(node: Node) -> bool:
    """Whether a node is such a copy, which has to be made."""
    return node.op is CAST and bool(node.params.get("packed"))


def _copy(view: Node, order: tuple[int, ...]) -> Node:
    type_ = ArrayType(view.shape, view.dtype, "array", order)
    return Node(CAST, (view,), type_, {"dtype": view.dtype, "packed": True}, view.span)


def _across(node: Node, inside: set[int]) -> list[tuple[Node, tuple[int, ...]]]:
    """The views that a reduction of a few elements reads across their rows, each with the order it should have."""
    (space,) = node.inputs
    loops = [axis for axis in space.type.order if space.shape[axis] != 1]
    if len(loops) < 3 or set(node.params["axis"]) & set(loops) != {loops[-1]}:
        return []
    *outer, along, folded = loops
    uses = math.prod(space.shape[axis] for axis in outer)
    if space.type.size < WORTH or space.shape[folded] > FEW:
        return []
    if space.shape[along] < LEAST_LENGTH or uses < LEAST_USES:
        return []
    found = []
    for view, index in _views_read(space, inside):
        places = {at.axis: axis for axis, at in enumerate(index) if isinstance(at, Var)}
        if set(places) == {along, folded} and all(at == ZERO for at in index if not isinstance(at, Var)):
            order = tuple(axis for axis in view.type.order if axis not in places.values())
            if view.type.order[-1] == places[folded]:
                found.append((view, (*order, places[folded], places[along])))
    return found


def _views_read(space: Node, inside: set[int]) -> list[tuple[Node, tuple[Index, ...]]]:
    """The operands, or views of them, that the elements of a space are computed from, and where they are read."""
    own: tuple[Index, ...] = tuple(Var(axis) if n != 1 else ZERO for axis, n in enumerate(space.shape))
    pending, seen = [(space, own)], set()
    found: list[tuple[Node, tuple[Index, ...]]] = []
    while pending:
        node, index = pending.pop()
        if (id(node), index) in seen:
            continue
        seen.add((id(node), index))
        if id(node) not in inside:
            found.append((node, index))
        elif node.op in _VIEWS:
            if pointwise(node) and _is_of_an_operand(node, inside):
                found.append((node, index))
        elif isinstance(node.op, Elementwise) or node.op is CAST:
            pending.extend(operand_indices(node, index))
    return found


def _is_of_an_operand(node: Node, inside: set[int]) -> bool:
    while node.op in _VIEWS and id(node) in inside:
        node = node.inputs[0]
    return id(node) not in inside
