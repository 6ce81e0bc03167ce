"""Programs of writes alone, whose loop nests threads divide: each nest is a phase, as in a kernel without writes.

A write in place reads its array only where it writes, or elsewhere than any of its steps does (see
:mod:`defnhook.schedule.conflicts`): so the steps of a loop do not depend on each other.
"""

from __future__ import annotations

from defnhook.emit.expression import Scope, Writer
from defnhook.emit.nest import Phase, indent, write_item, write_loop
from defnhook.graph import Node
from defnhook.schedule.nests import Body, Loop
from defnhook.schedule.phases import elements, is_whole, splits
from defnhook.schedule.segments import Segment


class Indivisible(Exception):
    """Something of a program is no loop nest that stands for itself."""


class Nests:
    """The loop nests of a program in order; those that cannot be divided share a phase with their neighbours."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self.lines: list[list[str]] = []

    def add(self, writer: Writer) -> None:
        """The items of a schedule as phases; single values are computed wherever they are needed."""
        singles: list[Body] = []
        for item in writer.plan.items:
            if isinstance(item, Loop):
                self._add_loop(writer, item, singles)
            elif any(id(stage.node) in writer.placement.by_node for stage in item.stages):
                scope = self._serial(writer, [*singles, item])
                self.lines[-1] += scope.lines
            else:
                singles.append(item)

    def _add_loop(self, writer: Writer, loop: Loop, singles: list[Body]) -> None:
        if any(is_whole(stage) for stage in loop.stages):
            raise Indivisible
        if not splits(loop):
            scope = self._serial(writer, singles)
            write_loop(writer, loop, [scope], None)
            self.lines[-1] += scope.lines
            return
        phase, values = len(self.phases), writer.plan.extents.values
        self.phases.append(Phase(True, values[loop.symbol], elements(writer.plan, loop)))
        scope = _with(writer, singles)
        size = writer.numbers.extent(loop.symbol)
        scope.lines += [
            f"start = first if phase == {phase} else ZERO",
            f"stop = last if phase == {phase} else {size}",
        ]
        write_loop(writer, loop, [scope], ("start", "stop"))
        self.lines.append(scope.lines)

    def _serial(self, writer: Writer, singles: list[Body]) -> Scope:
        if not self.phases or self.phases[-1].parallel:
            self.phases.append(Phase(False, 1, 1))
            self.lines.append([])
        return _with(writer, singles)

    def body(self) -> list[str]:
        """The lines of all phases."""
        if not any(phase.parallel for phase in self.phases):
            raise Indivisible
        return [
            line
            for number, lines in enumerate(self.lines)
            for line in (f"if phase < 0 or phase == {number}:", *indent(lines))
        ]


def _with(writer: Writer, singles: list[Body]) -> Scope:
    scope = Scope(None)
    for single in singles:
        write_item(writer, single, [scope], None)
    return scope


def may_be_divided(segment: Segment, sizes: dict[int, Node]) -> bool:
    """Whether a program consists of writes, and of sizes that are known when it is written."""
    return not sizes and all(effect.op.name == "update" for effect in segment.effects)
