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
from defnhook.autodiff.levels import Level, depending, free, inside, is_acting, operands_of, owned_by
from defnhook.autodiff.parts import inside as at_places_inside
from defnhook.autodiff.parts import is_part, is_read_early, key_of
from defnhook.autodiff.replay import Replay
from defnhook.graph import (
    CHECK,
    CONSTANT,
    PARAMETER,
    ArrayType,
    Block,
    Fault,
    Node,
)
from defnhook.trace import primitives
from defnhook.trace.branches import branch
from defnhook.trace.branches import inside as within
from defnhook.trace.building import blank
from defnhook.trace.calls import call
from defnhook.trace.cells import Steps as Statements
from defnhook.trace.conditions import TRUTH, condition
from defnhook.trace.context import require_current, user_span
from defnhook.trace.loops import for_loop, while_loop
from defnhook.trace.merging import as_value, converted
from defnhook.trace.numbers import GREATEST, interval_of, node_interval, set_interval
from defnhook.trace.regions import Region
from defnhook.trace.runtime import add, floor_divide, getitem, greater, multiply, setitem, subtract
from defnhook.trace.sequences import Count, Range
from defnhook.trace.signals import BREAK
from defnhook.trace.sizes import size_of
from defnhook.trace.tensor import Tensor

Values = tuple[Tensor, ...]
MOST_ROWS = 2**20
MOST_KEPT = 2**12
MOST_BYTES = 2**24


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
        roots = (*self.outputs, *filter(is_acting, self.effects))
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
    """A loop run through backwards.

    Attributes
    ----------
    places, sources
        Which of the carried values change, and the nodes from outside that do and that the steps use.
    early
        Parts, by identity, that are kept of steps that may not read them.
    twins
        Parts that are read several times, with the one that is kept.
    """

    def __init__(self, steps: Taken, moving: set[int]) -> None:
        self.steps = steps
        self.inner = steps.inner
        self.early: set[int] = set()
        self.twins: list[tuple[Node, Node]] = []
        self.places = steps.varying(moving)
        self.sources = [node for node in steps.free if id(node) in moving and node.dtype.kind in "fc"]

    def pull(self, parts: dict[int, Tensor], adjoints: Adjoints) -> None:
        """Hand on the adjoints of the results."""
        steps = self.steps
        if not self.places:
            return
        step = self._derivative()
        ends = tuple(parts[i] if i in parts else zeros(steps.outputs[i]) for i in self.places)
        sums = tuple(begun(adjoints, node) for node in self.sources)
        ends, sums = self._backwards(step, ends, sums)
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
        acting = filter(is_acting, region.effects)
        inner = depending((*results, *acting), own | owned_by(region.effects))
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
        found: dict[Any, Node] = {}
        seen = {id(node) for node in (*step.ends, *step.sums)}
        parameters = {id(node) for node in self.steps.parameters}
        own = self.steps.level | parameters
        pending = list(step.results)
        while pending:
            node = pending.pop()
            if id(node) in seen or id(node) not in step.inner:
                continue
            seen.add(id(node))
            if id(node) in parameters:
                found[id(node)] = node
            elif is_part(node) and self._is_kept_as_part(node, own):
                self.twins.append((node, found.setdefault(key_of(node), node)))
            elif node is not self.steps.index:
                pending += operands_of(node)
        return tuple(found.values())

    def _is_kept_as_part(self, node: Node, own: set[int]) -> bool:
        """Whether a part is kept: the step reads it for sure, or may read it before it is known to be needed."""
        if id(node) in own:
            return True
        if not is_read_early(node, self.inner, own):
            return False
        self.early.add(id(node))
        return True

    def _backwards(self, step: Step, ends: Values, sums: Values) -> tuple[Values, Values]:
        """The adjoints before the loop, given those after it."""
        self.inner = {**self.steps.inner, **step.inner}
        steps, kept = self.steps, self._kept(step)
        if not kept and steps.leave is None and steps.counted:
            return self._run(step, Record((), (), Range(steps.count()).length()), ends, sums)
        length = self._length()
        most = _most(length)
        if most is None:
            return self._in_parts(step, kept, ends, sums)
        return self._run(step, self._record(kept, length, most), ends, sums)

    def _record(self, kept: tuple[Node, ...], length: Any, most: int) -> Record:
        """The loop run forwards, with what is kept of each step."""
        steps = self.steps
        rows = _rows(kept, most)
        state = self._initial()
        number: Any = 0

        def step(index: Any) -> Any:
            nonlocal state, number
            made, state, leave = self._step(index, state, kept)
            _put(rows, number, made)
            number = add(number, 1)
            return leave()

        self._forwards(step, lambda: state)
        if steps.leave is None and steps.counted:
            return Record(kept, rows, length)
        if isinstance(number, Tensor):
            set_interval(number.node, 0, interval_of(length)[1])
        return Record(kept, rows, number)

    def _initial(self) -> Values:
        return tuple(map(Tensor, self.steps.initial))

    def _step(
        self, index: Any, state: Values, kept: tuple[Node, ...] = ()
    ) -> tuple[list[Node], Values, Callable[[], Any]]:
        """What is kept of a step, the state after it, and the statement that leaves the loop where the step does."""
        steps = self.steps
        replay = Replay(self.inner, steps.known(index, state))
        leave = () if steps.leave is None else (steps.leave,)
        made = replay.of([*kept, *steps.outputs, *leave], steps.effects)
        after = tuple(map(Tensor, made[len(kept) : len(kept) + len(steps.outputs)]))
        test = made[-1]
        found = [
            at_places_inside(new) if id(old) in self.early else new
            for old, new in zip(kept, made, strict=False)
        ]
        return found, after, lambda: branch(Tensor(test), lambda: BREAK, None) if leave else None

    def _forwards(self, step: Callable[[Any], Any], state: Callable[[], Values]) -> None:
        """Take the steps of the loop as it takes them."""
        if self.steps.counted:
            for_loop(Range(self.steps.count()), step, None)
        else:
            self.steps.run_while(step, state)

    def _length(self) -> Any:
        """The most steps that the loop may take."""
        if self.steps.counted:
            return Range(self.steps.count()).length()
        return self._taken()

    def _taken(self) -> Any:
        """How many steps the loop takes, counted by taking them."""
        if self.steps.counted and self.steps.leave is None:
            return self._length()
        state = self._initial()
        number: Any = 0

        def step(index: Any) -> Any:
            nonlocal state, number
            _, state, leave = self._step(index, state)
            number = add(number, 1)
            return leave()

        self._forwards(step, lambda: state)
        if isinstance(number, Tensor):
            set_interval(number.node, 0, GREATEST)
        return number

    # -- backwards

    def _run(
        self, step: Step, record: Record, ends: Values, sums: Values, first: Any = 0
    ) -> tuple[Values, Values]:
        """The adjoints before some steps, of which ``first`` is the number of the first one."""

        def run(number: Any) -> None:
            nonlocal ends, sums
            place = subtract(record.steps, add(number, 1))
            given = zip((*step.ends, *step.sums), (*ends, *sums), strict=True)
            known = {id(node): converted(value, node.type) for node, value in given}
            if self.steps.index is not None:
                known[id(self.steps.index)] = as_value(self._index(add(first, place))).node
            for node, row in zip(record.nodes, record.rows, strict=True):
                known[id(node)] = _restored(getitem(row, place), node.type)
            known |= {id(node): known[id(first)] for node, first in self.twins}
            made = tuple(map(Tensor, Replay(step.inner, known).of(step.results, step.effects)))
            ends, sums = made[: len(ends)], made[len(ends) :]

        for_loop(Range(Count(0, record.steps, 1)), run, None)
        return ends, sums

    def _index(self, number: Any) -> Any:
        """The index of a step, given its number; where the loop does not count, it is not looked at."""
        if self.steps.index is None:
            return number
        count = self.steps.count()
        made = add(count.start, multiply(number, count.step))
        set_interval(as_value(made).node, *node_interval(self.steps.index))
        return made

    def _in_parts(
        self, step: Step, kept: tuple[Node, ...], ends: Values, sums: Values
    ) -> tuple[Values, Values]:
        """The same where nothing says how many steps there are, and memory has to be bounded.

        The state is kept at the beginning of each part of the loop. Then the parts are taken once more, the last one
        first, with what is kept of each of their steps.
        """
        steps = self.steps
        length = self._taken()
        most, several = _fitting(kept), _fitting(steps.parameters)
        _require_at_most(most * several, length)
        parts = _between(add(floor_divide(subtract(length, 1), most), 1), 0, several)
        starts = _rows(steps.parameters, several)

        def part(number: Any, state: Values) -> Values:
            _put(starts, number, [value.node for value in state])
            begin = multiply(number, most)
            return repeated(most, state, lambda i, now: self._step(self._index(add(begin, i)), now)[1])

        def back(number: Any, after: Values) -> Values:
            number = subtract(parts, add(number, 1))
            begin = multiply(number, most)
            count = _between(call(min, most, subtract(length, begin)), 1, most)
            rows = _rows(kept, most)

            def forwards(i: Any, now: Values) -> Values:
                made, now, _ = self._step(self._index(add(begin, i)), now, kept)
                _put(rows, i, made)
                return now

            repeated(count, _taken_from(starts, number, steps.parameters), forwards)
            made = self._run(step, Record(kept, rows, count), after[: len(ends)], after[len(ends) :], begin)
            return (*made[0], *made[1])

        last = repeated(subtract(parts, 1), self._initial(), part)
        _put(starts, subtract(parts, 1), [value.node for value in last])
        made = repeated(parts, (*ends, *sums), back)
        return made[: len(ends)], made[len(ends) :]


def _most(length: Any) -> Any:
    """How many rows to keep: a number, or what stands for one that only run time knows; None where neither can be."""
    if not isinstance(length, Tensor) or length.is_demandable:
        return length
    most = interval_of(length)[1]
    if most <= MOST_ROWS:
        return most
    return None if require_current().region.inside else size_of(length)


def repeated(count: Any, state: Values, step: Callable[[Any, Values], Values]) -> Values:
    """A state after some steps, each of which is told its number and the state before it."""

    def body(number: Any) -> None:
        nonlocal state
        state = step(number, state)

    for_loop(Range(Count(0, count, 1)), body, None)
    return state


def _rows(nodes: Sequence[Node], count: int) -> Values:
    """Memory for as many values of each node."""
    return tuple(blank((count, *node.type.shape), node.dtype) for node in nodes)


def _put(rows: Values, number: Any, nodes: Sequence[Node]) -> None:
    for row, node in zip(rows, nodes, strict=True):
        setitem(row, number, Tensor(node))


def _taken_from(rows: Values, number: Any, nodes: Sequence[Node]) -> Values:
    """The values kept with a number, as they were."""
    return tuple(
        Tensor(_restored(getitem(row, number), node.type)) for row, node in zip(rows, nodes, strict=True)
    )


def _fitting(nodes: Sequence[Node]) -> int:
    """How many values of some nodes are kept at once."""
    size = sum(node.type.size * node.dtype.itemsize for node in nodes)
    return max(MOST_BYTES // max(size, MOST_BYTES // MOST_KEPT), 1)


def _require_at_most(count: int, length: Any) -> None:
    """Raise at run time where a loop takes more steps than can be kept."""
    message = "the derivative of a loop inside a loop or a branch keeps up to {1} steps, and it takes {0}"
    test = condition(greater(length, count))
    params = {"fault": Fault(MemoryError, message), "again": True}
    inputs = (test, as_value(length).node, as_value(count).node)
    require_current().region.effects.append(Node(CHECK, inputs, TRUTH, params, user_span()))


def _between(number: Any, low: int, high: int) -> Any:
    """A number that is known to lie between two others."""
    if isinstance(number, Tensor):
        set_interval(number.node, low, high)
    return number


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


__all__ = ["pull"]
