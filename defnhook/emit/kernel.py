"""Loop nests -> the source of one native entry.

The text is ordinary Python that also runs uncompiled. Sizes, slice bounds and constants are read from ``table``,
so that the text depends on structure alone; only reductions over a few elements have their number written out. One
entry serves all ways of running it: with ``phase == -1`` it does everything, with ``phase >= 0`` the units ``first`` to
``last`` of one phase. With ``phase < -1`` it is one of a team, which shares the slices of all phases by what stands in
the table from ``first`` on (see :func:`team_state`).
"""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from defnhook.emit.dividing import Indivisible, Nests, may_be_divided
from defnhook.emit.expression import LOOP_NAMES, Unplaced, Writer, gathers
from defnhook.emit.library import CONSTANTS, PLAIN
from defnhook.emit.nest import Phase, indent
from defnhook.emit.numbers import Numbers
from defnhook.emit.program import Place, Program, RaisedFault, whole_window
from defnhook.graph import CONSTANT, INPUT, SLICE, Node
from defnhook.schedule.buffers import Buffer, Placement, place
from defnhook.schedule.nests import Schedule, prepare, schedule
from defnhook.schedule.phases import phases
from defnhook.schedule.segments import Segment

RESERVED = frozenset({*PLAIN, *CONSTANTS, *keyword.kwlist, *dir(builtins), "np", "table", "phase", "first", "last",
                      "start", "stop", "total", "block", "chunk", "fault", "part", "head", "role", "state", "count",
                      *(f"within_{name}" for name in LOOP_NAMES)})  # fmt: skip


class Layout(NamedTuple):
    """How an array lies in memory; see :class:`Argument`."""

    order: tuple[int, ...]
    contiguous: bool = True
    rows: bool = True


@dataclass(slots=True)
class Argument:
    """One array or number that the entry takes.

    ``node`` is the value passed in (or the result written); ``order`` the axes from the outermost in memory, when the
    array is handed over transposed to C order; ``contiguous`` whether it then is in C order, ``rows`` whether at least
    the elements along its last axis lie side by side.
    """

    name: str
    node: Node
    dtype: np.dtype[Any]
    ndim: int
    role: str
    order: tuple[int, ...] = ()
    contiguous: bool = True
    rows: bool = True
    extents: tuple[str | int, ...] = ()


@dataclass(slots=True)
class Kernel:
    """The source of one entry and what it takes.

    ``table`` holds the numbers it reads; ``parts`` is how many partial results it keeps behind them when phases run
    apart. ``results`` names the argument that holds each result of the segment; ``faults`` are the errors that it
    reports by a code; ``outline`` are the loops of a program with
    their depth; ``sizes`` its extents that are known only at run time.
    """

    name: str
    source: str
    arguments: list[Argument]
    table: list[int]
    parts: int
    phases: list[Phase]
    schedule: Schedule
    placement: Placement
    functions: set[str] = field(default_factory=set)
    results: list[str] = field(default_factory=list)
    faults: list[RaisedFault] = field(default_factory=list)
    outline: list[tuple[int, Any]] = field(default_factory=list)
    sizes: dict[int, Node] = field(default_factory=dict)


def emit(
    segment: Segment,
    name: str,
    layouts: dict[int, Layout],
    sizes: dict[int, Node] | None = None,
    written: set[int] | None = None,
) -> Kernel:
    """The kernel of a segment.

    Parameters
    ----------
    layouts
        How each operand with axes lies in memory, by ``id`` of its node.
    sizes
        The nodes that compute extents known only at run time.
    written
        The states of arrays that the program changes for its caller, by ``id``.
    """
    if segment.effects or segment.last or any(_starts_anywhere(n, sizes or {}) for n in segment.nodes):
        return emit_program(segment, name, layouts, sizes or {}, written or set())
    plan = schedule(prepare(segment, _plain(segment, layouts), shaped=True))
    numbers, parallel = phases(plan)
    placement = place(plan, dict(enumerate(numbers)), parts=True)
    arguments = _arguments(plan, placement, layouts)
    writer = Writer(
        plan, placement, {id(a.node): a for a in arguments if a.role == "operand"}, Numbers(plan.extents)
    )
    body = writer.program(numbers, parallel)
    table, parts = _table(writer)
    if table and any(parallel):
        body = _by_a_team(body)
        writer.functions.add("next_slice")
    strided = _strided(arguments, writer.functions)
    head = [*strided, *writer.numbers.lines(), *writer.prelude]
    writer.functions |= {"from_bits"} if any("from_bits(" in line for line in head) else set()
    parameters = [a.name for a in arguments] + ["table"] * bool(table) + ["phase", "first", "last"]
    lines = [f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in [*head, *body])]
    return Kernel(
        name,
        "\n".join(lines) + "\n",
        arguments,
        table,
        parts,
        writer.phases,
        plan,
        placement,
        writer.functions,
        [placement.by_node[id(node)].name for node in plan.segment.results],
    )


def _plain(segment: Segment, layouts: dict[int, Layout]) -> set[int]:
    """The operands that lie in memory in C order without gaps."""
    known = [(node, layouts[id(node)]) for node in segment.operands if id(node) in layouts]
    return {id(node) for node, (order, dense, _) in known if dense and order == tuple(range(node.ndim))}


def _starts_anywhere(node: Node, sizes: dict[int, Node]) -> bool:
    """Whether a slice starts at a place, or an array has a size, that only the call knows."""
    return (node.op is SLICE and len(node.inputs) > 1) or any(extent in sizes for extent in node.shape)


def emit_program(
    segment: Segment,
    name: str,
    layouts: dict[int, Layout],
    sizes: dict[int, Node],
    written: set[int],
) -> Kernel:
    """The kernel of a segment with loops, branches or writes; threads divide it where it is writes alone."""
    if may_be_divided(segment, sizes):
        try:
            return _program_kernel(segment, name, layouts, sizes, written, Nests())
        except Indivisible:
            pass
    return _program_kernel(segment, name, layouts, sizes, written, None)


def _program_kernel(
    segment: Segment,
    name: str,
    layouts: dict[int, Layout],
    sizes: dict[int, Node],
    written: set[int],
    nests: Nests | None,
) -> Kernel:
    used = set(RESERVED)
    arguments = _operand_arguments(segment, layouts, used)
    where = {id(a.node): _place_of(a, id(a.node) in written) for a in arguments}
    program = Program(segment, where, sizes, written, used, nests)
    body = program.block(segment.effects, segment.results)
    late = _not_in_place(program, {id(a.node): a for a in arguments})
    if late and program.faults:
        raise Unplaced("an error may be raised before a copy of the array is stored")
    program.given |= {program.where[id(given)].name for given, _ in late}
    results = [_stored(program, node, body) for node in segment.results]
    _write_last(program, late, body)
    arguments += [_of_buffer(buffer) for buffer in program.memory]
    numbers = program.numbers
    if nests is not None:
        body = _divided(program, nests, body)
    strided = _strided(arguments, program.functions)
    head = [*strided, *numbers.lines(), *program.head]
    program.functions |= {"from_bits"} if any("from_bits(" in line for line in head) else set()
    parameters = (
        [a.name for a in arguments] + ["table"] * bool(numbers.table) + ["fault"] * bool(program.faults)
    )
    lines = [f"def {name}({', '.join([*parameters, 'phase', 'first', 'last'])}):", *indent([*head, *body])]
    empty = Schedule(segment, numbers.extents, [], [])
    return Kernel(
        name,
        "\n".join(lines) + "\n",
        arguments,
        list(numbers.table),
        0,
        nests.phases if nests else [],
        empty,
        Placement(notes=program.notes),
        program.functions,
        results,
        program.faults,
        program.outline,
        sizes,
    )


def _divided(program: Program, nests: Nests, body: list[str]) -> list[str]:
    """The phases of a program of which nothing else is left."""
    if body or not program.numbers.table:
        raise Indivisible
    program.functions.add("next_slice")
    return _by_a_team(nests.body())


def _place_of(argument: Argument, written: bool) -> Place:
    return Place(
        argument.name,
        argument.dtype,
        argument.ndim,
        argument.order,
        argument.contiguous,
        argument=written,
    )


def _not_in_place(program: Program, arguments: dict[int, Argument]) -> list[tuple[Node, Node]]:
    """The arrays of the caller's whose last value is not in their memory when the kernel ends."""
    late = []
    for given, last in program.segment.last:
        found = program.where.get(id(last))
        argument = arguments[id(given)]
        if found is None or found.name != argument.name:
            late.append((given, last))
            program.where[id(given)] = _place_of(argument, True)
    return late


def _write_last(program: Program, late: list[tuple[Node, Node]], lines: list[str]) -> None:
    """Store last values into the caller's arrays; all are computed before any is stored."""
    program.compute([last for _, last in late], lines)
    if len(late) > 1:
        program.compute_copies([last for _, last in late if not program.where[id(last)].owned], lines)
    for given, last in late:
        place_ = program.where[id(given)]
        buffer = Buffer(place_.name, last, "window", last.dtype, place_.order, (), window=whole_window(last))
        program.write(last, buffer, lines)


def _stored(program: Program, node: Node, lines: list[str]) -> str:
    """The argument that holds a result when the kernel ends."""
    found = program.where.get(id(node))
    fixed = found is not None and not found.moved and found.ndim > 0 and found.order == node.type.order
    lasting = found is not None and (found.argument or any(b.name == found.name for b in program.memory))
    if found is not None and fixed and lasting and found.name not in program.given:
        program.given.add(found.name)
        return found.name
    buffer, place = program.own(node, "out", lines)
    if node.ndim:
        program.write(node, buffer, lines)
    else:
        program.put(place, node, lines)
    return place.name


TEAM_HEAD = """role, state, count = phase, first, last
while True:
    if role < -1:
        phase, first, last = next_slice(table, role, state, count, phase)
        if phase < 0:
            break
"""
TEAM_FOOT = """    if role >= -1:
        break
"""


def _by_a_team(body: list[str]) -> list[str]:
    """All phases, again for each slice that a member of a team takes."""
    return [*TEAM_HEAD.splitlines(), *(f"    {line}" for line in body), *TEAM_FOOT.splitlines()]


def team_state(phases: list[Phase], slices: int) -> list[int]:
    """What a team shares at the end of the table.

    Of each phase: slices taken (from the front, and 2**32 times those from the back), slices done, units, slices.
    Then: members that have joined the caller, and members that have left.
    """
    state: list[int] = []
    for phase in phases:
        units = phase.units if phase.parallel else 0
        state += [0, 0, units, max(1, min(slices, units))]
    return [*state, 0, 0]


def _table(writer: Writer) -> tuple[list[int], int]:
    """The numbers a kernel reads, and how many partial results follow them; offsets are filled in."""
    table = list(writer.numbers.table)
    end = len(table)
    for name, count in writer.partials:
        line = next(line for line in writer.numbers.lines() if line.startswith(f"{name} = table["))
        table[int(line.rpartition("[")[2][:-1])] = end
        end += count
    return table, end - len(table)


def _arguments(plan: Schedule, placement: Placement, layouts: dict[int, Layout]) -> list[Argument]:
    used = set(RESERVED)
    arguments = _operand_arguments(plan.segment, layouts, used)
    for buffer in placement.buffers:
        if buffer.role != "row":
            buffer.name = _unique(buffer.name, used)
            arguments.append(_of_buffer(buffer))
    return arguments


def _operand_arguments(segment: Segment, layouts: dict[int, Layout], used: set[str]) -> list[Argument]:
    arguments: list[Argument] = []
    for node in segment.operands:
        if node.op is CONSTANT and not node.ndim:
            continue
        name = _unique(str(node.params["name"]) if node.op is INPUT else node.op.name, used)
        if node.type.kind == "array":
            arguments.append(Argument(name, node, node.dtype, node.ndim, "operand", *layouts[id(node)]))
        else:
            arguments.append(Argument(name, node, node.dtype, -1, "operand"))
    return arguments


def _strided(arguments: list[Argument], functions: set[str]) -> list[str]:
    """Lines that say of arrays what is known of their strides."""
    lines = []
    wide = gathers(arguments)
    for argument in arguments:
        if not argument.contiguous and (wide or argument.rows):
            name = "in_rows" if argument.rows else "strided"
            functions.add(name)
            lines.append(f"{argument.name} = {name}({argument.name})")
    return lines


def _of_buffer(buffer: Buffer) -> Argument:
    return Argument(
        buffer.name,
        buffer.node,
        buffer.dtype,
        len(buffer.extents),
        buffer.role,
        buffer.axes,
        extents=buffer.extents,
    )


def _unique(name: str, used: set[str]) -> str:
    name = re.sub(r"\W+", "_", name).strip("_") or "value"
    if name[0].isdigit() or name in used or re.fullmatch(r"[nocijklm]\d*|p\d+", name):
        number = 0
        while f"{name}_{number}" in used or name[0].isdigit():
            name, number = (f"v{name}", 0) if name[0].isdigit() else (name, number + 1)
        name = f"{name}_{number}" if f"{name}_{number}" not in used else name
    used.add(name)
    return name


__all__ = ["Argument", "Kernel", "Layout", "emit", "team_state"]
