"""Where values live: registers, rows inside a kernel, arrays of the plan, and which memory serves twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from defnhook.graph import Node
from defnhook.ops.kinds import Reduction
from defnhook.schedule.index import Index, Var
from defnhook.schedule.nests import Loop, Schedule, Stage, source_of
from defnhook.schedule.phases import chunks, is_single, is_whole, splits_columns

Role = Literal["result", "temporary", "row", "window", "parts"]


@dataclass(slots=True, eq=False)
class Buffer:
    """Memory for one value.

    ``axes`` are the axes of the value that the buffer has, from the outermost in memory; ``extents`` their sizes,
    as names or 1. A ``row`` lacks the axes whose loops its readers share, ``depth`` of them, and is made inside the
    kernel. Where there is a ``shape``, the value in another shape, the memory is made for that one, in C order. With a
    ``window``, the value is a part of what is stored there, whose elements lie at these places;
    ``combine`` says what is stored over what was there. A ``chunked`` one holds a value for each chunk of a loop.
    """

    name: str
    node: Node
    role: Role
    dtype: np.dtype[Any]
    axes: tuple[int, ...]
    extents: tuple[str | int, ...]
    depth: int = 0
    window: tuple[Index, ...] | None = None
    combine: str = "{new}"
    shape: Node | None = None
    chunked: bool = False


@dataclass(slots=True)
class Placement:
    """The buffers of a schedule: by value, and the order in which the kernel takes or makes them.

    ``parts`` are those of partial results, by the value they are combined to.
    """

    by_node: dict[int, Buffer] = field(default_factory=dict)
    parts: dict[int, Buffer] = field(default_factory=dict)
    buffers: list[Buffer] = field(default_factory=list)
    registers: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def free_name(self, stem: str) -> str:
        """The stem, with a number where other buffers have it."""
        taken = sum(buffer.name.rpartition("_")[0] == stem or buffer.name == stem for buffer in self.buffers)
        return f"{stem}_{taken}" if taken else stem


def shared_depth(a: Stage, b: Stage) -> int:
    """How many loops two stages share, from the outermost."""
    depth = 0
    for left, right in zip(a.path, b.path, strict=False):
        if left != right:
            break
        depth += 1
    return min(depth, len(a.loops), len(b.loops))


def place(
    schedule: Schedule,
    phase_of: dict[int, int],
    given: Mapping[int, Buffer | None] | None = None,
    parts: bool = False,
) -> Placement:
    """Decide where each stage's value lives.

    Parameters
    ----------
    phase_of
        The phase of each top-level item.
    given
        Values, by ``id``, whose memory is settled: a buffer, or None for a register.
    parts
        Whether columns are folded in chunks, whose partial results need memory.
    """
    placement = Placement()
    for key, buffer in (given or {}).items():
        if buffer is None:
            placement.registers.add(key)
        else:
            placement.by_node[key] = buffer
    results = {id(node) for node in schedule.segment.results}
    readers: dict[int, list[Stage]] = {}
    for stage in schedule.stages:
        for read in stage.reads:
            readers.setdefault(id(source_of(read.node)), []).append(stage)
    for stage in schedule.stages:
        key = id(stage.node)
        if key in placement.by_node or key in placement.registers:
            continue
        if key in results:
            _add(placement, schedule, stage, "result", 0)
        else:
            needed = _phases_that_need(schedule, stage, readers, phase_of)
            _place_temporary(
                placement, schedule, stage, readers.get(key, []), needed - {phase_of[stage.path[0]]}
            )
    _reuse(placement, schedule, readers)
    for item in schedule.items:
        if parts and isinstance(item, Loop) and splits_columns(schedule, item):
            _add_parts(placement, schedule, item)
    return placement


def _add_parts(placement: Placement, schedule: Schedule, loop: Loop) -> None:
    """Memory for the partial results that are arrays, of each chunk of a loop."""
    _, count = chunks(schedule, loop)
    for stage in loop.stages:
        node = stage.node
        if stage.loops[0] in stage.folded and not is_whole(stage):
            name = placement.free_name(f"parts_{node.op.name}")
            extents = (count, *_extents(schedule, node))
            buffer = Buffer(name, node, "parts", node.dtype, node.type.order, extents, chunked=True)
            placement.buffers.append(buffer)
            placement.parts[id(node)] = buffer


def _extents(schedule: Schedule, node: Node) -> list[str | int]:
    """The sizes of a value's axes, from the outermost in memory."""
    return [1 if node.shape[axis] == 1 else schedule.extents.name(node, axis) for axis in node.type.order]


def _phases_that_need(
    schedule: Schedule, stage: Stage, readers: dict[int, list[Stage]], phase_of: dict[int, int]
) -> set[int]:
    """The phases in which a value is read: by their own stages, or by single values that they compute anew."""
    found: set[int] = set()
    pending = list(readers.get(id(stage.node), ()))
    while pending:
        reader = pending.pop()
        found.add(phase_of[reader.path[0]])
        if is_single(schedule, reader):
            pending += readers.get(id(reader.node), ())
    return found - {-1}


def _place_temporary(
    placement: Placement, schedule: Schedule, stage: Stage, readers: list[Stage], elsewhere: set[int]
) -> None:
    depth = min((shared_depth(stage, reader) for reader in readers), default=0)
    own = [axis for place, axis in enumerate(stage.loops) if axis not in stage.folded and place >= depth]
    if is_single(schedule, stage) or (stage.part is None and not own and not (depth == 0 and elsewhere)):
        placement.registers.add(id(stage.node))
    elif depth and stage.part is None:
        _add(placement, schedule, stage, "row", depth)
    else:
        _add(placement, schedule, stage, "temporary", 0)


def _add(placement: Placement, schedule: Schedule, stage: Stage, role: Role, depth: int) -> None:
    node = stage.node
    if role == "row":
        kept = [axis for place, axis in enumerate(stage.loops) if axis not in stage.folded and place >= depth]
        axes = tuple(stage.node_axis(axis) for axis in kept)
    else:
        axes = node.type.order
    shape = schedule.segment.shapes.get(id(node)) if role == "result" else None
    made, order = (node, axes) if shape is None else (shape, shape.type.order)
    extents = tuple(1 if made.shape[axis] == 1 else schedule.extents.name(made, axis) for axis in order)
    stem = {"result": "out", "temporary": f"kept_{node.op.name}", "row": f"row_{node.op.name}"}[role]
    buffer = Buffer(placement.free_name(stem), node, role, node.dtype, axes, extents, depth, shape=shape)
    placement.buffers.append(buffer)
    placement.by_node[id(node)] = buffer


def _reuse(placement: Placement, schedule: Schedule, readers: dict[int, list[Stage]]) -> None:
    """Let a temporary live in the memory of what replaces it element by element, and so on down to a result."""
    taken: set[int] = set()
    for buffer in reversed(placement.buffers[:]):
        if buffer.role == "result":
            continue
        for reader in readers.get(id(buffer.node), []):
            target = placement.by_node.get(id(reader.node))
            if target is None or target.role != "result" or id(reader.node) in taken or target is buffer:
                continue
            if _replaces(buffer, target, reader, readers[id(buffer.node)], schedule):
                taken.add(id(reader.node))
                placement.notes.append(f"{buffer.node.op.name} is kept in the memory of {target.name}")
                placement.buffers.remove(buffer)
                placement.by_node[id(buffer.node)] = target
                break


def _replaces(
    buffer: Buffer, target: Buffer, writer: Stage, readers: list[Stage], schedule: Schedule
) -> bool:
    node = buffer.node
    if isinstance(writer.node.op, Reduction) or writer.part is not None or target.dtype != buffer.dtype:
        return False
    if node.type.order != writer.node.type.order or node.shape != writer.node.shape:
        return False
    names = [schedule.extents.name(node, a) if n != 1 else 1 for a, n in enumerate(node.shape)]
    others = [schedule.extents.name(writer.node, a) if n != 1 else 1 for a, n in enumerate(node.shape)]
    if names != others or (not node.ndim):
        return False
    for reader in readers:
        if reader is writer:
            if not _reads_in_place(reader, node):
                return False
        elif reader.path[: len(writer.path)] == writer.path:
            if not _reads_in_place(reader, node):
                return False
        elif not reader.path < writer.path or (
            reader.path[0] == writer.path[0] and buffer.role == "temporary"
        ):
            return False
    return all(stage.path < writer.path for stage in schedule.stages if stage.node is node)


def _reads_in_place(reader: Stage, node: Node) -> bool:
    for read in reader.reads:
        if source_of(read.node) is not node:
            continue
        if read.node is not node:
            return False
        for axis, at in enumerate(read.index):
            if node.shape[axis] != 1 and at != Var(axis):
                return False
    return True
