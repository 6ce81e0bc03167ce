"""Loops run through backwards: the last step first, with what each step needs kept while the loop runs forwards.

Of every step the values that it begins with are kept, as far as its derivative needs them; what a step computes from
them is computed again. Of an array that a loop writes into or reads part by part, only those parts are kept. The memory
is that of what is kept, times the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from defnhook.autodiff.adjoints import Adjoints, begun, zeros
from defnhook.autodiff.levels import ACTING, Level, depending, free, inside, operands_of, owned_by
from defnhook.autodiff.replay import Replay
from defnhook.errors import NoGradientError
from defnhook.graph import (
    CONSTANT,
    GATHER,
    PARAMETER,
    PICK,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Block,
    Node,
)
from defnhook.trace import primitives
from defnhook.trace.branches import branch
from defnhook.trace.branches import inside as within
from defnhook.trace.building import full
from defnhook.trace.cells import Steps as Statements
from defnhook.trace.context import require_current
from defnhook.trace.loops import for_loop, while_loop
from defnhook.trace.merging import as_value, converted
from defnhook.trace.numbers import GREATEST, interval_of, node_interval, set_interval
from defnhook.trace.regions import Region
from defnhook.trace.runtime import add, getitem, multiply, setitem, subtract
from defnhook.trace.sequences import Count, Range
from defnhook.trace.signals import BREAK
from defnhook.trace.sizes import size_of
from defnhook.trace.tensor import Tensor

Values = tuple[Tensor, ...]
MOST_ROWS = 2**20


def pull(loop: Node, parts: dict[int, Tensor], adjoints: Adjoints, moving: set[int]) -> None:
    """Hand the adjoints of what a loop leaves behind on to what it begins with and what its steps use."""
    Backwards(Taken(loop), moving).pull(parts, adjoints)


class Taken:
    """A loop of the graph, taken apart."""

    def __init__(self, loop: Node) -> None:
        self.loop = loop
        self.inner = inside(loop)
        self.free = free(loop)
        body: Block = loop.params["body"]
        self.effects = body.effects
        self.counted = loop.params["kind"] == "for"
        self.index = body.parameters[0] if self.counted else None
        self.parameters = body.parameters[1:] if self.counted else body.parameters
        self.outputs = body.outputs[: len(self.parameters)]
        self.leave = body.outputs[-1] if loop.params["exits"] else None
        self.bounds = loop.inputs[:2] if self.counted else ()
        self.initial = loop.inputs[2:] if self.counted else loop.inputs

    @property
    def level(self) -> set[int]:
        """The nodes that a step itself computes, and no loop or branch in it."""
        roots = (*self.outputs, *(node for node in self.effects if node.op in ACTING))
        return {id(node) for node in Level(roots, (*self.parameters, *self.free)).order} & self.inner.keys()

    def count(self) -> Count:
        """What the loop counts through."""
        start, stop = (node.params["value"] if node.op is CONSTANT else Tensor(node) for node in self.bounds)
        return Count(start, stop, self.loop.params["step"])

    def known(self, number: Any, state: Sequence[Tensor]) -> dict[int, Node]:
        """What stands for the parameters in a step."""
        found = {id(p): value.node for p, value in zip(self.parameters, state, strict=True)}
        if self.index is not None:
            found[id(self.index)] = as_value(number).node
        return found

    def varying(self, moving: set[int]) -> list[int]:
        """The places of the carried values that change with what is ``moving`` outside."""
        from defnhook.autodiff.reverse import varies, varying

        places = [i for i, node in enumerate(self.initial) if id(node) in moving and varies(node)]
        outside = [node for node in self.free if id(node) in moving]
        level = Level(self.outputs, (*self.parameters, *self.free))
        while True:
            found = varying(level, [*outside, *(self.parameters[i] for i in places)])
            more = [i for i, node in enumerate(self.outputs) if id(node) in found and varies(node)]
            union = sorted({*places, *more})
            if union == places:
                return places
            places = union

    def run_while(self, step: Callable[[Any], Any], state: Callable[[], Values]) -> None:
        """Take steps while the test of the loop holds for the state."""
        block: Block = self.loop.params["test"]

        def test() -> Tensor:
            known = {id(p): value.node for p, value in zip(block.parameters, state(), strict=True)}
            (made,) = Replay(self.inner, known).of(block.outputs, block.effects)
            return Tensor(made)

        while_loop(test, Statements(lambda: step(0), (step,)), None)


@dataclass(frozen=True, slots=True)
class Step:
    """The derivative of one step, as a graph of its own.

    Attributes
    ----------
    ends, sums
        What stands for the adjoints of the carried values after the step, and for those of what comes from outside.
    results
        The adjoints of the carried values before the step, and of what comes from outside.
    inner, effects
        The nodes that are of this step, and those of them that act, in order.
    """

    ends: tuple[Node, ...]
    sums: tuple[Node, ...]
    results: tuple[Node, ...]
    inner: dict[int, Node]
    effects: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What was kept of each step: an array of each value, one row a step, and how many steps there were."""

    nodes: tuple[Node, ...]
    rows: Values
    steps: Any


class Backwards:
    """A loop run through backwards."""

    def __init__(self, steps: Taken, moving: set[int]) -> None:
        self.steps = steps
        self.places = steps.varying(moving)
        self.sources = [node for node in steps.free if id(node) in moving and node.dtype.kind in "fc"]

    def pull(self, parts: dict[int, Tensor], adjoints: Adjoints) -> None:
        """Hand on the adjoints of the results."""
        steps = self.steps
        if not self.places:
            return
        step = self._derivative()
        record = self._record(self._kept(step))
        ends = tuple(parts[i] if i in parts else zeros(steps.outputs[i]) for i in self.places)
        sums = tuple(begun(adjoints, node) for node in self.sources)
        ends, sums = self._run(step, record, ends, sums)
        for node, value in zip(self.sources, sums, strict=True):
            adjoints.seed(id(node), value)
        for i, value in zip(self.places, ends, strict=True):
            adjoints.add(steps.initial[i], value)

    def _derivative(self) -> Step:
        """The derivative of a step, traced apart from the program."""
        steps, trace = self.steps, require_current()
        with within(trace, Region("branch", trace.region)) as region:
            ends = tuple(_stand_in(steps.outputs[i].type) for i in self.places)
            sums = tuple(_stand_in(node.type) for node in self.sources)
            made = self._adjoints(tuple(map(Tensor, ends)), tuple(map(Tensor, sums)))
            results = tuple(value.node for value in made)
        own = {*steps.inner, *map(id, (*ends, *sums))}
        inner = depending(results, own | owned_by(region.effects))
        effects = (*steps.effects, *region.effects)
        return Step(ends, sums, results, inner, effects)

    def _adjoints(self, ends: Values, sums: Values) -> Values:
        """The adjoints before a step, given those after it."""
        from defnhook.autodiff.reverse import swept

        steps = self.steps
        roots = [(steps.outputs[i], end) for i, end in zip(self.places, ends, strict=True)]
        starts = [steps.parameters[i] for i in self.places]
        seeds = {id(node): value for node, value in zip(self.sources, sums, strict=True)}
        made = swept(roots, [*starts, *self.sources], seeds)
        before = [zeros(node) if value is None else value for node, value in zip(starts, made, strict=False)]
        added = [old if new is None else new for old, new in zip(sums, made[len(starts) :], strict=True)]
        return (*before, *added)

    # -- what is kept

    def _kept(self, step: Step) -> tuple[Node, ...]:
        """The least of a step from which its derivative can be computed again."""
        found: dict[int, Node] = {}
        seen = {id(node) for node in (*step.ends, *step.sums)}
        parameters = {id(node) for node in self.steps.parameters}
        own = self.steps.level
        pending = list(step.results)
        while pending:
            node = pending.pop()
            if id(node) in seen or id(node) not in step.inner:
                continue
            seen.add(id(node))
            if id(node) in parameters or (id(node) in own and _is_part(node)):
                found[id(node)] = node
            elif node is not self.steps.index:
                pending += operands_of(node)
        return tuple(found.values())

    def _record(self, kept: tuple[Node, ...]) -> Record:
        """The loop run forwards, with what is kept of each step."""
        steps = self.steps
        length = self._length()
        if not kept and steps.leave is None:
            return Record((), (), length)
        most = _most(length)
        rows = tuple(full((most, *node.type.shape), node.dtype.type(0)) for node in kept)
        state: Any = tuple(Tensor(node) for node in steps.initial)
        number: Any = 0

        def step(index: Any) -> Any:
            nonlocal state, number
            replay = Replay(steps.inner, steps.known(index, state))
            leave = () if steps.leave is None else (steps.leave,)
            made = replay.of([*kept, *steps.outputs, *leave], steps.effects)
            for row, node in zip(rows, made[: len(kept)], strict=True):
                setitem(row, number, Tensor(node))
            state = tuple(map(Tensor, made[len(kept) : len(kept) + len(steps.outputs)]))
            number = add(number, 1)
            return branch(Tensor(made[-1]), lambda: BREAK, None) if leave else None

        if steps.counted:
            for_loop(Range(steps.count()), step, None)
        else:
            steps.run_while(step, lambda: state)
        if steps.leave is None and steps.counted:
            return Record(kept, rows, length)
        if isinstance(number, Tensor):
            set_interval(number.node, 0, interval_of(length)[1])
        return Record(kept, rows, number)

    def _length(self) -> Any:
        """The most steps that the loop may take."""
        steps = self.steps
        if steps.counted:
            return Range(steps.count()).length()
        state: Any = tuple(map(Tensor, steps.initial))
        number: Any = 0

        def step(_: Any) -> None:
            nonlocal state, number
            state = tuple(
                map(Tensor, Replay(steps.inner, steps.known(0, state)).of(steps.outputs, steps.effects))
            )
            number = add(number, 1)

        steps.run_while(step, lambda: state)
        if isinstance(number, Tensor):
            set_interval(number.node, 0, GREATEST)
        return number

    # -- backwards

    def _run(self, step: Step, record: Record, ends: Values, sums: Values) -> tuple[Values, Values]:
        steps = self.steps

        def run(number: Any) -> None:
            nonlocal ends, sums
            place = subtract(record.steps, add(number, 1))
            given = zip((*step.ends, *step.sums), (*ends, *sums), strict=True)
            known = {id(node): converted(value, node.type) for node, value in given}
            if steps.index is not None:
                count = steps.count()
                known[id(steps.index)] = index = as_value(add(count.start, multiply(place, count.step))).node
                set_interval(index, *node_interval(steps.index))
            for node, row in zip(record.nodes, record.rows, strict=True):
                known[id(node)] = _restored(getitem(row, place), node.type)
            made = tuple(map(Tensor, Replay(step.inner, known).of(step.results, step.effects)))
            ends, sums = made[: len(ends)], made[len(ends) :]

        for_loop(Range(Count(0, record.steps, 1)), run, None)
        return ends, sums


def _most(length: Any) -> Any:
    """How many rows to keep: a number, or what stands for one that only run time knows."""
    if not isinstance(length, Tensor) or length.is_demandable:
        return length
    most = interval_of(length)[1]
    if most <= MOST_ROWS:
        return most
    if not require_current().region.inside:
        return size_of(length)
    raise NoGradientError(
        "a loop inside a loop or a branch, whose number of steps is known only at run time, has no derivative: "
        "what its steps begin with is kept, and nothing says how much that may be; let it count up to a fixed "
        "number, as in for i in range(100), and leave it with break"
    )


_PYTHON = {"b": bool, "i": int, "f": float, "c": complex}


def _restored(value: Any, type_: ArrayType) -> Node:
    """A value that was kept, as it was."""
    if type_.kind == "python":
        return primitives.host(_PYTHON[type_.dtype.kind], value).node
    return converted(value, type_)


def _stand_in(type_: ArrayType) -> Node:
    return Node(PARAMETER, (), replace(type_, kind=_kind(type_)), {"name": "adjoint"})


def _kind(type_: ArrayType) -> Any:
    return "scalar" if type_.kind == "python" else type_.kind


_VIEWS = (RESHAPE, TRANSPOSE)


def _is_part(node: Node) -> bool:
    """Whether a node is a part of an array that is carried round a loop or written in it."""
    if node.op not in (SLICE, GATHER) or node.type.size >= node.inputs[0].type.size:
        return False
    base = node.inputs[0]
    while base.op in (UPDATE, SCATTER, *_VIEWS):
        base = base.inputs[0]
    return base.op in (PARAMETER, PICK)


__all__ = ["pull"]
