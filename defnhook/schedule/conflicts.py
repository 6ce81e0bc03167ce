"""Whether a loop may write a window of an array while it reads the same array: which elements, in which step."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from defnhook.graph import CAST, CONSTANT, HOST, Node, Operand
from defnhook.schedule.buffers import shared_depth
from defnhook.schedule.index import Index, Indirect, Stretched, Var, Zero
from defnhook.schedule.nests import Schedule, Stage, source_of

Key = Any


@dataclass(frozen=True, slots=True)
class Form:
    """A position as a sum: a constant, and numbers and loop variables with whole factors."""

    constant: int
    terms: frozenset[tuple[Key, int]]

    def __sub__(self, other: Form) -> Form:
        return _combined(self, other, -1)

    def scaled(self, factor: int) -> Form:
        return Form(self.constant * factor, frozenset((key, n * factor) for key, n in self.terms if factor))


def _combined(a: Form, b: Form, sign: int) -> Form:
    terms = dict(a.terms)
    for key, factor in b.terms:
        terms[key] = terms.get(key, 0) + sign * factor
    return Form(a.constant + sign * b.constant, frozenset((k, n) for k, n in terms.items() if n))


def number_form(node: Node) -> Form:
    """An integer of the graph as a sum."""
    if node.op is CONSTANT:
        return Form(int(node.params["value"]), frozenset())
    if node.op is CAST and node.inputs[0].dtype.kind in "iu":
        return number_form(node.inputs[0])
    function = node.params.get("function") if node.op is HOST else None
    if function in (operator.add, operator.sub):
        left, right = map(number_form, node.inputs)
        return _combined(left, right, 1 if function is operator.add else -1)
    return Form(0, frozenset({(id(node), 1)}))


def form(index: Index, owners: Mapping[int, Node], names: Mapping[int, Key]) -> Form | None:
    """A position along an axis as a sum; ``names`` gives the key of each loop variable. None if only run time knows."""
    if isinstance(index, Zero):
        return Form(0, frozenset())
    if isinstance(index, Var):
        return Form(0, frozenset({(names[index.axis], 1)}))
    if isinstance(index, Indirect | Stretched):
        return None
    node = owners[index.owner]
    start, step, _ = node.params["ranges"][index.axis]
    first = number_form(node.inputs[start.place]) if isinstance(start, Operand) else Form(start, frozenset())
    inner = form(index.inner, owners, names)
    return None if inner is None else _combined(first, inner.scaled(step), 1)


class Conflicts:
    """Compares what the stages of a schedule read of an array with what its last stage writes there."""

    def __init__(
        self, plan: Schedule, writer: Stage, window: tuple[Index, ...], owners: Mapping[int, Node]
    ) -> None:
        self.plan = plan
        self.writer = writer
        self.window = window
        self.owners = owners

    def any(self, base: Node) -> bool:
        """Whether a read of ``base`` may find what was just written, or miss what it should find."""
        return any(
            self._collides(stage, read.index, read.node is base)
            for stage in self.plan.stages
            for read in stage.reads
            if read.node is base or source_of(read.node) is base
        )

    def _collides(self, stage: Stage, index: tuple[Index, ...], direct: bool) -> bool:
        shared = len(stage.loops) if stage is self.writer else shared_depth(stage, self.writer)
        if stage is not self.writer and not shared and stage.path < self.writer.path:
            return False
        if not direct:
            return True
        reads = self._forms(stage, index, shared, "r")
        writes = self._forms(self.writer, self.window, shared, "w")
        if any(_apart(a, b, self._lengths(stage, self.writer)) for a, b in zip(reads, writes, strict=True)):
            return False
        matched = {
            key[1]
            for a, b in zip(reads, writes, strict=True)
            if a is not None and a == b
            for key, _ in a.terms
            if isinstance(key, tuple) and key[0] == "loop" and len(_loops_of(a)) == 1
        }
        return not matched >= set(range(shared))

    def _forms(self, stage: Stage, index: tuple[Index, ...], shared: int, own: str) -> list[Form | None]:
        names = {
            axis: ("loop", depth) if depth < shared else (own, axis) for depth, axis in enumerate(stage.loops)
        }
        names |= {axis: (own, axis) for axis in range(stage.space.ndim) if axis not in names}
        return [form(at, self.owners, names) for at in index]

    def _lengths(self, stage: Stage, writer: Stage) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for each, own in ((stage, "r"), (writer, "w")):
            for depth, axis in enumerate(each.loops):
                found["loop", depth] = found[own, axis] = each.space.shape[axis]
        return found


def _loops_of(a: Form) -> list[Key]:
    return [key for key, _ in a.terms if isinstance(key, tuple) and key[0] in ("loop", "r", "w")]


def _apart(a: Form | None, b: Form | None, lengths: dict[Key, int]) -> bool:
    """Whether two positions differ in every pair of steps of the loops they depend on."""
    if a is None or b is None:
        return False
    fixed_a = Form(a.constant, frozenset(t for t in a.terms if t[0] not in lengths))
    fixed_b = Form(b.constant, frozenset(t for t in b.terms if t[0] not in lengths))
    gap = fixed_a - fixed_b
    if gap.terms:
        return False
    low_a, high_a = _spread(a, lengths)
    low_b, high_b = _spread(b, lengths)
    return gap.constant + high_a < low_b or gap.constant + low_a > high_b


def _spread(a: Form, lengths: dict[Key, int]) -> tuple[int, int]:
    """How far loop variables can move a position down and up."""
    ends = [factor * (lengths[key] - 1) for key, factor in a.terms if key in lengths]
    return sum(min(0, end) for end in ends), sum(max(0, end) for end in ends)
