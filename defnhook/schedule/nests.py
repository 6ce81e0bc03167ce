"""Loop nests: which values get a loop of their own, and which loops become one.

A *stage* is a value that is computed over an iteration space: a result, a reduction, or something costly that
several others read. Everything else is computed inside the loops that need it. Stages that walk the same axis and
need each other only at the same position share the loop, first the outermost, then within it the next: this one rule
gives fused chains, several results in one pass, and rows that stay in cache from their maximum to their quotient.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from defnhook.graph import (
    CAST,
    CONCATENATE,
    GATHER,
    IOTA,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    ArrayType,
    Node,
)
from defnhook.ops.kinds import Elementwise, Reduction
from defnhook.schedule.extents import Extents
from defnhook.schedule.index import ZERO, Index, Indirect, Var, operand_indices, pointwise
from defnhook.schedule.packing import is_packed, packed
from defnhook.schedule.segments import Segment

KEEP_COST = 4
KEEP_MOVED_COST = 12
CAST_COST = 1


@dataclass(frozen=True, slots=True)
class Read:
    """One place at which a stage needs a value that is not computed inside it."""

    node: Node
    index: tuple[Index, ...]


@dataclass(slots=True, eq=False)
class Stage:
    """A value and the loops that compute it, outermost first.

    ``space`` is the node whose axes the loops walk: the value itself, or what a reduction folds. ``part`` is the
    operand's number where the stage writes one part of a concatenation, ``before`` what then lies before it along which
    axes.
    """

    node: Node
    space: Node
    loops: list[int]
    folded: frozenset[int] = frozenset()
    part: int | None = None
    before: dict[int, int] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    extents: dict[int, str] = field(default_factory=dict)
    path: tuple[int, ...] = ()

    def symbol(self, depth: int) -> str | None:
        """The size of the loop at a depth, or None below the innermost."""
        return self.extents[self.loops[depth]] if depth < len(self.loops) else None

    @property
    def kept(self) -> list[int]:
        """The loops that remain as axes of the value, outermost first."""
        return [axis for axis in self.loops if axis not in self.folded]

    def node_axis(self, axis: int) -> int:
        """The axis of the value that an axis of the space becomes."""
        if not self.folded and not isinstance(self.node.op, Reduction):
            return axis
        if self.node.params["keepdims"]:
            return axis
        return axis - sum(1 for folded in self.node.params["axis"] if folded < axis)


@dataclass(slots=True, eq=False)
class Loop:
    """A loop over one size, holding loops and statements in order."""

    symbol: str
    depth: int
    items: list[Loop | Body] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Body:
    """Stages computed one after the other at the same position."""

    stages: list[Stage] = field(default_factory=list)


@dataclass(slots=True)
class Schedule:
    """The loop nests of a segment."""

    segment: Segment
    extents: Extents
    stages: list[Stage]
    items: list[Loop | Body]
    notes: list[str] = field(default_factory=list)


def prepare(segment: Segment, plain: Container[int] = (), shaped: bool = False) -> Segment:
    """The segment with copies where a result or a reshape needs memory of its own.

    Parameters
    ----------
    plain
        The operands, by ``id``, that lie in memory in C order without gaps.
    shaped
        Whether the memory of a result may be made in the shape of a reshape of it, which then is the result.
    """
    inside = {id(node) for node in segment.nodes}
    shapes: dict[int, Node] = {}
    new: dict[int, Node] = {}
    nodes: list[Node] = []
    for node in segment.nodes:
        fresh = node.rebuild(tuple(new.get(id(operand), operand) for operand in node.inputs))
        if _needs_plain_source(fresh, inside, plain):
            copy = _copy(fresh.inputs[0], ArrayType(fresh.inputs[0].shape, fresh.dtype))
            nodes.append(copy)
            inside.add(id(copy))
            fresh = fresh.rebuild((copy,))
        new[id(node)] = fresh
        nodes.append(fresh)
    results = []
    for result in segment.results:
        value = new[id(result)]
        if shaped and _is_own_in_shape(value, inside) and value.inputs[0] not in results:
            shapes[id(value.inputs[0])] = value
            value = value.inputs[0]
        elif value in results or not _own_memory(value):
            value = _copy(value, result.type)
            nodes.append(value)
        results.append(value)
    return packed(Segment(nodes, segment.operands, results, shapes=shapes))


def _copy(node: Node, type: ArrayType) -> Node:
    return Node(CAST, (node,), type, {"dtype": node.dtype}, node.span)


def _own_memory(node: Node) -> bool:
    return isinstance(node.op, Elementwise | Reduction) or node.op in (CAST, IOTA, CONCATENATE)


def _is_own_in_shape(node: Node, inside: set[int]) -> bool:
    """Whether a value is one with memory of its own, in C order, in another shape."""
    if node.op is not RESHAPE or not node.ndim or not node.type.is_c_ordered:
        return False
    (source,) = node.inputs
    return _own_memory(source) and id(source) in inside and source.ndim > 0 and source.type.is_c_ordered


def _needs_plain_source(node: Node, inside: set[int], plain: Container[int]) -> bool:
    """A reshape that merges or splits axes looks at memory in C order."""
    if node.op is not RESHAPE or pointwise(node):
        return False
    source = node.inputs[0]
    if id(source) in plain:
        return False
    return not (_own_memory(source) and id(source) in inside and source.type.is_c_ordered)


def schedule(segment: Segment, extents: Extents | None = None) -> Schedule:
    """The loop nests of a segment that :func:`prepare` made; ``extents`` knows its nodes where it is given."""
    extents = Extents(segment.nodes) if extents is None else extents
    staged = _choose_stages(segment)
    inside = {id(node) for node in segment.nodes}
    stages: list[Stage] = []
    for node in segment.nodes:
        if id(node) in staged:
            stages += _make_stages(node, extents, inside - staged)
    for stage in stages:
        stage.reads = _reads(stage, staged, inside)
    result = Schedule(segment, extents, stages, [])
    result.items = _fuse(stages, 0, (), result.notes)
    return result


def _choose_stages(segment: Segment) -> set[int]:
    readers: dict[int, list[Node]] = {}
    for node in segment.nodes:
        for operand in node.inputs:
            readers.setdefault(id(operand), []).append(node)
    staged = {id(node) for node in segment.results}
    for node in segment.nodes:
        if (
            isinstance(node.op, Reduction)
            or is_packed(node)
            or (node.op is CONCATENATE and not _is_part(node, readers.get(id(node), ())))
        ):
            staged.add(id(node))
        elif node.op is RESHAPE and not pointwise(node):
            staged.add(id(node.inputs[0]))
    cost = _costs(segment, staged)
    roots: dict[int, frozenset[int]] = {}
    reach: dict[int, int] = {}
    for node in reversed(segment.nodes):
        below: set[int] = set()
        own = readers.get(id(node), [])
        for reader in own:
            below |= {id(reader)} if id(reader) in staged else roots[id(reader)]
        roots[id(node)] = frozenset(below)
        reach[id(node)] = max((_reach(reader, staged, reach) for reader in own), default=0)
        moved = any(reader.op in (SLICE, TRANSPOSE) for reader in own)
        again = moved and cost[id(node)] * (len(own) - 1) >= KEEP_MOVED_COST
        again |= reach[id(node)] > node.type.size
        costly = pointwise(node) and cost[id(node)] >= KEEP_COST
        if costly and (len(below) > 1 or (again and not _is_view(node))):
            staged.add(id(node))
    return staged


def _is_part(node: Node, readers: Sequence[Node]) -> bool:
    """Whether a concatenation is a part of another one alone, into which its own parts then go."""
    return len(readers) == 1 and readers[0].op is CONCATENATE and readers[0].dtype == node.dtype


def _reach(reader: Node, staged: set[int], reach: dict[int, int]) -> int:
    """How many elements the reader of a value computes from it, also through views of more than one element."""
    if isinstance(reader.op, Reduction):
        return 0
    seen_through = (
        _is_view(reader) and pointwise(reader) and reader.type.size > 1 and id(reader) not in staged
    )
    return max(reader.type.size, reach[id(reader)] if seen_through else 0)


def _is_view(node: Node) -> bool:
    return not isinstance(node.op, Elementwise) and node.op is not CAST


def _costs(segment: Segment, staged: set[int]) -> dict[int, int]:
    """What one element costs where everything below is computed anew, down to stages that are certain."""
    cost: dict[int, int] = {}
    for node in segment.nodes:
        own = node.op.cost if isinstance(node.op, Elementwise) else CAST_COST if node.op is CAST else 0
        below = sum(0 if id(n) in staged else cost.get(id(n), 0) for n in node.inputs)
        cost[id(node)] = own + below
    return cost


def _make_stages(node: Node, extents: Extents, folded: set[int]) -> list[Stage]:
    if node.op is CONCATENATE:
        parts = _parts(node, folded)
        return [_stage(node, part, extents, number, before) for number, (part, before) in enumerate(parts)]
    if isinstance(node.op, Reduction):
        (source,) = node.inputs
        return [_stage(node, source, extents, folded=frozenset(node.params["axis"]))]
    return [_stage(node, node, extents)]


def _parts(node: Node, folded: set[int]) -> Iterator[tuple[Node, dict[int, int]]]:
    """What a concatenation is put together from, with what comes before it along each axis, if anything.

    Parts of parts count where these are ``folded``: not computed for themselves.
    """
    axis, start = node.params["axis"], 0
    for number, operand in enumerate(node.inputs):
        before = {axis: start} if number else {}
        if operand.op is CONCATENATE and id(operand) in folded:
            for part, inner in _parts(operand, folded):
                yield part, {a: before.get(a, 0) + inner.get(a, 0) for a in (*before, *inner)}
        else:
            yield operand, before
        start += operand.shape[axis]


def _stage(
    node: Node,
    space: Node,
    extents: Extents,
    part: int | None = None,
    before: dict[int, int] | None = None,
    folded: frozenset[int] = frozenset(),
) -> Stage:
    order = node.type.order if part is not None else space.type.order
    loops = [axis for axis in order if space.shape[axis] != 1]
    names = {axis: extents.name(space, axis) for axis in loops}
    return Stage(node, space, loops, folded & frozenset(loops), part, before or {}, extents=names)


def _reads(stage: Stage, staged: set[int], inside: set[int]) -> list[Read]:
    """What the stage loads, found by following its expression."""
    own: tuple[Index, ...] = tuple(Var(axis) if n != 1 else ZERO for axis, n in enumerate(stage.space.shape))
    if stage.part is not None or isinstance(stage.node.op, Reduction):
        pending: list[tuple[Node, tuple[Index, ...]]] = [(stage.space, own)]
    else:
        pending = _operands(stage.node, own) if pointwise(stage.node) else []
    found: dict[tuple[int, tuple[Index, ...]], Read] = {}
    seen: set[tuple[int, tuple[Index, ...]]] = set()
    while pending:
        node, index = pending.pop()
        if (id(node), index) in seen:
            continue
        seen.add((id(node), index))
        if id(node) in staged or id(node) not in inside or not pointwise(node):
            found.setdefault((id(node), index), Read(node, index))
        else:
            pending.extend(_operands(node, index))
    return list(found.values())


def _operands(node: Node, index: tuple[Index, ...]) -> list[tuple[Node, tuple[Index, ...]]]:
    """What the element of a pointwise node at an index is computed from, and where; the places of a gather too."""
    found = operand_indices(node, index)
    if node.op is GATHER:
        ((_, places),) = found
        found = found + [(place.indices, place.inner) for place in places if isinstance(place, Indirect)]
    return found


def source_of(node: Node) -> Node:
    """The value whose memory a node that is not computed pointwise looks at."""
    while node.op is RESHAPE and not pointwise(node):
        node = node.inputs[0]
    return node


def _joinable(producer: Stage, reader: Stage, depth: int) -> str | None:
    """Why two stages cannot share the loop at a depth; None where they can."""
    if producer.symbol(depth) != reader.symbol(depth):
        return "they walk different sizes"
    if producer.symbol(depth) is None:
        return None
    axis = producer.loops[depth]
    if axis in producer.folded:
        return "the whole of it has to be known first"
    if producer.part is not None:
        return "it is joined from parts"
    own = producer.node_axis(axis)
    for read in reader.reads:
        if source_of(read.node) is not producer.node:
            continue
        if read.node is not producer.node:
            return "it is read in another shape"
        if read.index[own] != Var(reader.loops[depth]):
            return "it is read at other positions"
    return None


def _fuse(stages: list[Stage], depth: int, path: tuple[int, ...], notes: list[str]) -> list[Loop | Body]:
    groups: list[tuple[str | None, list[Stage]]] = []
    for stage in stages:
        needed = {id(source_of(read.node)) for read in stage.reads}
        lowest = 0
        for number, (_, members) in enumerate(groups):
            for producer in members:
                if id(producer.node) in needed:
                    obstacle = _joinable(producer, stage, depth)
                    lowest = max(lowest, number if obstacle is None else number + 1)
                    if obstacle is not None and producer.symbol(depth) is not None:
                        notes.append(
                            f"{producer.node.op.name} and {stage.node.op.name} do not share a loop: {obstacle}"
                        )
        symbol = stage.symbol(depth)
        place = next((g for g in range(lowest, len(groups)) if groups[g][0] == symbol), None)
        if place is None:
            groups.append((symbol, []))
            place = len(groups) - 1
        groups[place][1].append(stage)
    items: list[Loop | Body] = []
    for number, (symbol, members) in enumerate(groups):
        if symbol is None:
            for stage in members:
                stage.path = (*path, number)
            items.append(Body(members))
        else:
            items.append(Loop(symbol, depth, _fuse(members, depth + 1, (*path, number), notes), members))
    return items
