"""Loop nests -> the source of one native entry.

The text is ordinary Python that also runs uncompiled. Sizes, slice bounds and constants are read from ``table``,
so that the text depends on structure alone. One entry serves both ways of running it: with ``phase < 0``
it does everything; otherwise it does the units ``first`` to ``last`` of one phase.
"""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from defnhook.emit.expression import Numbers, Writer
from defnhook.emit.library import PLAIN
from defnhook.emit.nest import Phase
from defnhook.graph import CONSTANT, INPUT, Node
from defnhook.schedule.buffers import Buffer, Placement, phases, place
from defnhook.schedule.nests import Schedule, prepare, schedule
from defnhook.schedule.segments import Segment

RESERVED = frozenset({*PLAIN, *keyword.kwlist, *dir(builtins), "np", "table", "phase", "first", "last", "start", "stop",
                      "BLOCK", "ZERO", "total", "block", "chunk"})  # fmt: skip


@dataclass(slots=True)
class Argument:
    """One array or number that the entry takes.

    ``node`` is the value passed in (or the result written); ``order`` the axes from the outermost in memory, when the
    array is handed over transposed to C order; ``contiguous`` whether it then is in C order.
    """

    name: str
    node: Node
    dtype: np.dtype[Any]
    ndim: int
    role: str
    order: tuple[int, ...] = ()
    contiguous: bool = True
    extents: tuple[str | int, ...] = ()


@dataclass(slots=True)
class Kernel:
    """The source of one entry and what it takes.

    ``table`` holds the numbers it reads; ``parts`` is how many partial results it keeps behind them when phases run
    apart.
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


def emit(segment: Segment, name: str, layouts: dict[int, tuple[tuple[int, ...], bool]]) -> Kernel:
    """The kernel of a segment.

    Parameters
    ----------
    layouts
        For each operand with axes, by ``id`` of its node: the order of its axes in memory, and whether it is
        contiguous in that order.
    """
    plan = schedule(prepare(segment))
    numbers, parallel = phases(plan)
    placement = place(plan, dict(enumerate(numbers)))
    arguments = _arguments(plan, placement, layouts)
    writer = Writer(
        plan, placement, {id(a.node): a for a in arguments if a.role == "operand"}, Numbers(plan.extents)
    )
    body = writer.program(numbers, parallel)
    table, parts = _table(writer)
    head = [*writer.numbers.lines(), *writer.prelude]
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
    )


def _table(writer: Writer) -> tuple[list[int], int]:
    """The numbers a kernel reads, and how many partial results follow them; offsets are filled in."""
    table = list(writer.numbers.table)
    end = len(table)
    for name, count in writer.partials:
        line = next(line for line in writer.numbers.lines() if line.startswith(f"{name} = table["))
        table[int(line.rpartition("[")[2][:-1])] = end
        end += count
    return table, end - len(table)


def _arguments(
    plan: Schedule, placement: Placement, layouts: dict[int, tuple[tuple[int, ...], bool]]
) -> list[Argument]:
    arguments: list[Argument] = []
    used = set(RESERVED)
    for node in plan.segment.operands:
        if node.op is CONSTANT and not node.ndim:
            continue
        name = _unique(str(node.params["name"]) if node.op is INPUT else node.op.name, used)
        if node.type.kind == "array":
            order, contiguous = layouts[id(node)]
            arguments.append(Argument(name, node, node.dtype, node.ndim, "operand", order, contiguous))
        else:
            arguments.append(Argument(name, node, node.dtype, -1, "operand"))
    for buffer in placement.buffers:
        if buffer.role != "row":
            buffer.name = _unique(buffer.name, used)
            arguments.append(_of_buffer(buffer))
    return arguments


def _of_buffer(buffer: Buffer) -> Argument:
    return Argument(
        buffer.name,
        buffer.node,
        buffer.dtype,
        len(buffer.axes),
        buffer.role,
        buffer.axes,
        True,
        buffer.extents,
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


__all__ = ["Argument", "Kernel", "emit"]
