"""Which nodes run natively together, which run as a step in Python or NumPy between them, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from defnhook.graph import (
    BROADCAST,
    CAST,
    CONSTANT,
    HOST,
    INPUT,
    ITEM,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Graph,
    Node,
)
from defnhook.ops.kinds import Elementwise, Library, Reduction
from defnhook.schedule.index import pointwise

Lacks = Callable[[Node], str]

VIEWS = (TRANSPOSE, RESHAPE, SLICE, BROADCAST)


@dataclass(slots=True)
class Segment:
    """Nodes that one native call computes.

    ``results`` are those that something outside needs; ``operands`` those it takes from outside; ``effects`` those
    that act, in the order of the program; ``last`` pairs arrays of the caller's with what they hold at the end.
    ``shapes`` gives results whose memory is made in another shape, by ``id``: the value in that shape.
    """

    nodes: list[Node] = field(default_factory=list)
    operands: list[Node] = field(default_factory=list)
    results: list[Node] = field(default_factory=list)
    effects: tuple[Node, ...] = ()
    last: list[tuple[Node, Node]] = field(default_factory=list)
    shapes: dict[int, Node] = field(default_factory=dict)

    @property
    def acts(self) -> bool:
        """Whether anything comes of the segment."""
        return bool(self.results or self.effects or self.last)


@dataclass(slots=True)
class Division:
    """A graph as an alternation: steps[0], segments[0], steps[1], segments[1], ..."""

    steps: list[list[Node]]
    segments: list[Segment]

    def reasons(self, lacks: Lacks) -> list[str]:
        """Each step that runs outside native code, and why."""
        return [
            f"{node.op.name}: {why_step(node, lacks)}"
            for group in self.steps
            for node in group
            if node.op is not ITEM
        ]


def where_it_runs(node: Node, lacks: Lacks) -> str:
    """``value`` (given), ``view`` (of a value), ``step`` (Python or NumPy) or ``native``."""
    if node.op in (INPUT, CONSTANT):
        return "value"
    if node.op in (HOST, ITEM) or (node.op is CAST and node.inputs[0].type.kind == "python"):
        return "step"
    return "step" if why_step(node, lacks) else "native"


def why_step(node: Node, lacks: Lacks) -> str:
    """Why a node of the table is left to NumPy; empty where it is native."""
    op = node.op
    if op is HOST:
        return "Python's own arithmetic on Python numbers"
    if op is ITEM:
        return "one of the results of a library call"
    if op is CAST:
        return "a Python number becomes a NumPy scalar" if node.inputs[0].type.kind == "python" else ""
    if isinstance(op, Library):
        return "a library call on whole arrays"
    if isinstance(op, Elementwise) and op.loop_for(node.inputs[0].dtype.kind) is None:
        return f"no native loop for {node.inputs[0].dtype.name}"
    if isinstance(op, Reduction) and op.loop_for(node.dtype.kind if op.loop else "f") is None:
        return f"no native loop for {node.inputs[0].dtype.name}"
    return lacks(node)


def divide(graph: Graph, lacks: Lacks) -> Division:
    """Cut a graph into native segments and the steps between them.

    ``lacks`` tells which function the emitter's library has not, for a node of the table.
    """
    nodes = graph.nodes()
    run = {id(node): where_it_runs(node, lacks) for node in nodes}
    level = _levels(nodes, run)
    _sink(nodes, run, level, {id(node) for node in graph.outputs})
    count = 1 + max((level[id(n)] for n in nodes if run[id(n)] == "native"), default=-1)
    last_step = max((level[id(n)] for n in nodes if run[id(n)] == "step"), default=-1)
    count = max(count, last_step + 1)
    division = Division([[] for _ in range(count + 1)], [Segment() for _ in range(count)])
    for node in nodes:
        if run[id(node)] == "native":
            division.segments[level[id(node)]].nodes.append(node)
        elif run[id(node)] == "step":
            division.steps[level[id(node)] + 1].append(node)
    _connect(division, run, graph)
    return division


def _levels(nodes: list[Node], run: dict[int, str]) -> dict[int, int]:
    """Natives of level k run in segment k, steps of level k right after it; level -1 comes before all."""
    level: dict[int, int] = {}
    for node in nodes:
        below = [level[id(n)] + (run[id(node)] == "native" and run[id(n)] == "step") for n in node.inputs]
        lowest = 0 if run[id(node)] == "native" else -1
        level[id(node)] = max([lowest, *below])
    return level


def _sink(nodes: list[Node], run: dict[int, str], level: dict[int, int], outputs: set[int]) -> None:
    """Move a native node to the segment of its first reader, so that it needs no buffer between segments."""
    first: dict[int, int] = {}
    for node in reversed(nodes):
        if run[id(node)] == "native" and id(node) not in outputs and id(node) in first:
            level[id(node)] = max(level[id(node)], first[id(node)])
        for operand in node.inputs:
            first[id(operand)] = min(first.get(id(operand), level[id(node)]), level[id(node)])


def strip_views(node: Node) -> Node:
    """What a chain of views looks at."""
    while node.op in VIEWS:
        node = node.inputs[0]
    return node


def repeats(node: Node) -> bool:
    """Whether a chain of views repeats elements in a new array, which native code makes."""
    while node.op in VIEWS:
        if node.op is RESHAPE and node.inputs[0].op is BROADCAST and not pointwise(node):
            return True
        node = node.inputs[0]
    return False


def _connect(division: Division, run: dict[int, str], graph: Graph) -> None:
    """Fill in what each segment takes and gives."""
    home = {id(node): segment for segment in division.segments for node in segment.nodes}
    wanted: dict[int, Node] = {}
    for node in graph.outputs:
        base = strip_views(node)
        moved = node if run[id(base)] == "native" or repeats(node) else base
        wanted[id(moved)] = moved
    for group in division.steps:
        for node in group:
            wanted |= {id(base): base for base in map(strip_views, node.inputs)}
    for segment in division.segments:
        inside = {id(node) for node in segment.nodes}
        seen: set[int] = set()
        for node in segment.nodes:
            for operand in node.inputs:
                if id(operand) not in inside and id(operand) not in seen:
                    seen.add(id(operand))
                    segment.operands.append(operand)
                    wanted.setdefault(id(operand), operand)
    for key, node in wanted.items():
        if key in home:
            home[key].results.append(node)
    _drop_step_views(division, {id(node) for node in graph.outputs})


def _drop_step_views(division: Division, outputs: set[int]) -> None:
    """Views that only steps look through are made by NumPy, not by native code."""
    for segment in division.segments:
        used = {id(node) for node in segment.results}
        kept: list[Node] = []
        for node in reversed(segment.nodes):
            if id(node) in used:
                kept.append(node)
                used |= {id(operand) for operand in node.inputs}
        segment.nodes = kept[::-1]
        segment.operands = [operand for operand in segment.operands if id(operand) in used]
    division.segments = list(division.segments)
