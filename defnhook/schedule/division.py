"""A program with loops, branches and writes -> native segments and the steps between them, in its own order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

import numpy as np

from defnhook.graph import BRANCH, CAST, CONSTANT, EFFECTS, HOST, PICK, Graph, Node
from defnhook.graph.node import rewrite
from defnhook.schedule.effects import Regions, foldable, relies_on_check
from defnhook.schedule.segments import (
    VIEWS,
    Division,
    Lacks,
    Segment,
    divide,
    repeats,
    strip_views,
    where_it_runs,
)

_TESTS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.not_, bool)
_ON_FLOATS = (operator.add, operator.sub, operator.mul, operator.neg, operator.pos, abs, float)


def divided(graph: Graph, lacks: Lacks, native: Callable[[Node], bool] = lambda node: False) -> Division:
    """Cut a graph into native segments and the steps between them.

    ``native`` tells which Python arithmetic the emitter can write; loops and branches compute it for themselves.
    """
    if graph.effects or graph.writes:
        return _Cut(graph, lacks, native).division()
    return divide(graph, lacks)


class Tangled(Exception):
    """A step needs an array as it was before a write, and also what comes of the write."""

    def __init__(self, step: Node, effect: Node) -> None:
        super().__init__(f"{step.op.name} needs an array as it was before and as it is after a write")
        self.effect = effect


def untangled(graph: Graph, tangled: Tangled) -> Graph | None:
    """The graph with a write into a copy of the array; None where the write is inside a branch."""
    effect = tangled.effect
    if effect.op is BRANCH:
        return None
    changed = {id(state) for state, _ in Regions(graph.sizes).overwritten(effect)}
    copies = tuple(
        Node(CAST, (each,), each.type, {"dtype": each.dtype}, each.span) if id(each) in changed else each
        for each in effect.inputs
    )
    return rewrite(graph, lambda node: node.rebuild(copies) if node is effect else node)


class _Cut:
    """Levels of the nodes outside blocks: natives of level k run in segment k, steps of level k right after it."""

    def __init__(self, graph: Graph, lacks: Lacks, native: Callable[[Node], bool]) -> None:
        self.graph = graph
        self._native = native
        self._known: dict[int, tuple[Node, ...]] = {}
        self._changed: set[int] = set()
        self._failing: dict[int, bool] = {}
        self.regions = Regions(graph.sizes)
        self.level: dict[int, int] = {}
        self.order: list[Node] = []
        self.run: dict[int, str] = {}
        self._lacks = lacks
        self._floor = 0
        last = [node for _, node in graph.writes]
        roots = [*graph.effects, *graph.outputs, *last]
        for effect in graph.effects:
            self._needs(effect)
            self._changed |= {id(state) for state, _ in self.regions.overwritten(effect)}
        everything = list(self._below(roots))
        self._steps = [node for node in everything if self._runs(node) == "step"]
        for effect in graph.effects:
            self._visit_effect(effect)
        for root in roots:
            self._visit(root)

    def division(self) -> Division:
        """The segments and steps, with what each segment takes and gives."""
        count = 1 + max(level for level in self.level.values())
        result = Division([[] for _ in range(count + 1)], [Segment() for _ in range(count)])
        home: dict[int, Segment] = {}
        for node in self.order:
            if self.run[id(node)] == "native":
                segment = home[id(node)] = result.segments[self.level[id(node)]]
                segment.nodes.append(node)
                if node.op in EFFECTS:
                    segment.effects = (*segment.effects, node)
            elif self.run[id(node)] == "step":
                result.steps[self.level[id(node)] + 1].append(node)
        self._connect(result, home)
        return result

    def _needs(self, node: Node) -> tuple[Node, ...]:
        if node.op in EFFECTS:
            if id(node) not in self._known:
                self._known[id(node)] = tuple(self._needs_of_effect(node))
            return self._known[id(node)]
        if self._runs(node) == "step":
            return tuple(below for operand in node.inputs for below in self._behind_views(operand))
        return node.inputs if node.op is PICK else self.regions.operands(node)

    def _needs_of_effect(self, effect: Node) -> Iterator[Node]:
        """What an effect takes from outside: what its blocks can compute or look at for themselves, they do."""
        pending = list(reversed(self.regions.needs(effect)))
        seen: set[int] = set()
        while pending:
            node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if effect.blocks and node not in effect.inputs and self._is_made_inside(node):
                pending += self.regions.operands(node)
            else:
                yield node

    def _is_made_inside(self, node: Node) -> bool:
        if node.op is HOST:
            return self._native(node)
        if node.op is CAST and node.inputs[0].type.kind == "python":
            return node.inputs[0].op is not CONSTANT
        if node.op in VIEWS and foldable(node) and not self._changed & self.regions.states(node):
            return True
        return self._runs(node) == "native" and self._may_fail(node)

    def _may_fail(self, node: Node) -> bool:
        """Whether a check comes before an expression: of what its arithmetic takes, or of where it reads."""
        if id(node) not in self._failing:
            below = self.regions.expressions([node])
            self._failing[id(node)] = any(
                not _is_safe(n) if n.op is HOST else relies_on_check(n) for n in below
            )
        return self._failing[id(node)]

    def _behind_views(self, node: Node) -> list[Node]:
        """What a step needs to look at a value: what its views are of, and the numbers in them."""
        numbers: list[Node] = []
        while node.op in VIEWS:
            numbers += self.regions.operands(node)[1:]
            node = node.inputs[0]
        return [node, *numbers]

    def _below(self, roots: list[Node]) -> Iterator[Node]:
        seen: set[int] = set()
        stack = [(root, False) for root in reversed(roots)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((below, False) for below in reversed(self._needs(node)))

    def _runs(self, node: Node) -> str:
        if id(node) not in self.run:
            native = node.op in EFFECTS or node.op is PICK or self._is_between(node)
            self.run[id(node)] = "native" if native else where_it_runs(node, self._lacks)
        return self.run[id(node)]

    def _is_between(self, node: Node) -> bool:
        """Whether Python arithmetic on what native code computes can go on there: it cannot fail or outgrow 64 bits."""
        if node.op not in (HOST, CAST) or not any(self._runs(n) == "native" for n in node.inputs):
            return False
        if node.op is CAST:
            return node.dtype.kind in "bf" or node.dtype == np.int64
        return _is_safe(node)

    def _visit_effect(self, effect: Node) -> None:
        """An effect comes after the effects before it, and after the steps that read what it changes."""
        changed = {id(state) for state, _ in self.regions.overwritten(effect)}
        floor = self._floor
        for step in self._steps:
            if any(changed & self.regions.states(operand) for operand in step.inputs):
                if any(below is effect for below in self._below([step])):
                    raise Tangled(step, effect)
                self._visit(step)
                floor = max(floor, self.level[id(step)] + 1)
        self._floor = floor
        self._visit(effect)
        self._floor = self.level[id(effect)]

    def _visit(self, root: Node) -> None:
        for node in self._below([root]):
            if id(node) not in self.level:
                native = self._runs(node) == "native"
                lowest = self._floor if node.op in EFFECTS else 0 if native else -1
                below = [self.level[id(n)] + (native and self._runs(n) == "step") for n in self._needs(node)]
                self.level[id(node)] = max([lowest, *below])
                self.order.append(node)

    def _connect(self, division: Division, home: dict[int, Segment]) -> None:
        wanted: dict[int, Node] = {}
        changed = {id(given) for given, _ in self.graph.writes}
        for node in self.graph.outputs:
            base = strip_views(node)
            native = self._runs(base) == "native" or id(base) in changed or repeats(node)
            moved = node if native else base
            wanted[id(moved)] = moved
            if moved is base:
                wanted |= {id(number): number for number in self._behind_views(node)[1:]}
        for group in division.steps:
            for node in group:
                wanted |= {
                    id(below): below for operand in node.inputs for below in self._behind_views(operand)
                }
        for given, last in self.graph.writes:
            if id(last) in home:
                home[id(last)].last.append((given, last))
        for segment in division.segments:
            inside = {id(node) for node in segment.nodes}
            outside = {
                id(below): below
                for node in segment.nodes
                for below in self._needs(node)
                if id(below) not in inside
            }
            outside |= {id(given): given for given, _ in segment.last}
            segment.operands = list(outside.values())
            wanted |= outside
        for key, node in wanted.items():
            if key in home:
                home[key].results.append(node)


def _is_safe(host: Node) -> bool:
    """Whether arithmetic of Python numbers cannot fail or outgrow 64 bits."""
    function = host.params["function"]
    return function in _TESTS or (function in _ON_FLOATS and host.dtype.kind == "f")
