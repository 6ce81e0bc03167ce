"""Loops of all elements at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.autodiff.levels import Level
from defnhook.autodiff.loops import Taken
from defnhook.batching.batch import Batch, Value, python_number
from defnhook.graph import LOOP, PARAMETER, ArrayType, Block, Node
from defnhook.trace import primitives
from defnhook.trace.branches import inside, picked
from defnhook.trace.conditions import TRUTH, condition
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.numbers import set_interval
from defnhook.trace.regions import Region
from defnhook.trace.tensor import Tensor


def loop(batch: Batch, node: Node, level: Level) -> list[Value]:
    """What a loop leaves behind."""
    return Stepped(batch, Taken(node)).run()


def settled(batch: Batch, value: Value) -> Node:
    """A value with the axis of elements, in C order, as it goes round a loop or comes out of a branch."""
    made = primitives.cast(batch.spread(value), value.node.dtype, "array", order="C").node
    type_ = ArrayType(made.type.shape, made.dtype)
    return (
        made
        if made.type == type_
        else primitives.cast(Tensor(made), made.dtype, "array", copy=True, order=()).node
    )


@dataclass(slots=True)
class Step:
    """A step of the loop, computed: what its block takes and does, what it hands on, and who may go on.

    Attributes
    ----------
    starts, ends
        What stands for the carried values before and after the step.
    leaves
        Which elements leave after the step; None where they leave only together with the bounds or the test.
    goes_on
        What the test says after the step, where elements differ in it.
    """

    region: Region
    starts: list[Value]
    ends: list[Value]
    leaves: Value | None
    goes_on: Value | None
    mask: Node | None


class Stepped:
    """A loop on the way."""

    def __init__(self, batch: Batch, steps: Taken) -> None:
        self.batch = batch
        self.steps = steps
        self.initial = [batch.of(node) for node in steps.initial]
        self.bounds = [batch.of(node) for node in steps.bounds]
        self.test: Block | None = None if steps.counted else steps.loop.params["test"]
        self.mapped = [value.mapped for value in self.initial]

    @property
    def is_bounded_apart(self) -> bool:
        """Whether the elements count up to different numbers."""
        return any(bound.mapped for bound in self.bounds)

    def run(self) -> list[Value]:
        """Enter the loop and give what stands for the carried values after it."""
        while True:
            ragged = self._is_ragged()
            made = Ragged(self) if ragged else Even(self)
            if not made.trace():
                return made.finish()

    def _is_ragged(self) -> bool:
        """Whether elements leave the loop at different steps, as far as that is known."""
        if self.is_bounded_apart:
            return True
        with inside(require_current(), Region("branch", require_current().region)):
            starts = [self.parameter(i) for i in range(len(self.mapped))]
            if self.test is not None and self.tested(self.batch.inner(self.batch.mask), starts).mapped:
                return True
            if self.steps.leave is None:
                return False
            body = self.bound(self.batch.inner(self.batch.mask), starts)
            return self.body(body)[-1].mapped

    def parameter(self, place: int) -> Value:
        """What stands for a carried value at the beginning of a step."""
        given = self.steps.parameters[place]
        if not self.mapped[place]:
            return Value(given, False)
        return Value(Node(PARAMETER, (), self.batch.type_of(given.type), given.params, given.span), True)

    def bound(self, batch: Batch, starts: Sequence[Value]) -> Batch:
        """The values of a step with what it begins with."""
        for node, value in zip(self.steps.parameters, starts, strict=True):
            if value.node is not node:
                batch.values[id(node)] = value
        return batch

    def body(self, batch: Batch) -> list[Value]:
        """What a step comes to: the carried values, and whether it leaves the loop."""
        block: Block = self.steps.loop.params["body"]
        return batch.block(block, (*block.parameters, *self.steps.free), block.outputs)

    def tested(self, batch: Batch, state: Sequence[Value]) -> Value:
        """What the test of a ``while`` comes to for carried values."""
        assert self.test is not None
        for node, value in zip(self.test.parameters, state, strict=True):
            batch.values[id(node)] = value
        (found,) = batch.block(self.test, (*self.test.parameters, *self.steps.free), self.test.outputs)
        return found

    def grow(self, ends: Sequence[Value]) -> bool:
        """Note which carried values come to differ from element to element; whether more do than before."""
        more = [a or end.mapped for a, end in zip(self.mapped, ends, strict=True)]
        grew, self.mapped = more != self.mapped, more
        return grew

    def node(
        self,
        bounds: Sequence[Node],
        initial: Sequence[Node],
        body: Block,
        test: Block | None,
        exits: bool,
        step: int | None = None,
    ) -> Node:
        """The loop, entered among the effects."""
        params: dict[str, Any] = {"kind": "for" if test is None else "while", "exits": exits}
        if test is None:
            params["step"] = self.steps.loop.params["step"] if step is None else step
        else:
            params["test"] = test
        params["body"] = body
        node = Node(LOOP, (*bounds, *initial), TRUTH, params, self.steps.loop.span)
        require_current().region.effects.append(node)
        return node


class Even:
    """A loop in which all elements take the same steps."""

    def __init__(self, of: Stepped) -> None:
        self.of = of

    def trace(self) -> bool:
        """Compute a step; whether more carried values differ than was known."""
        of = self.of
        with inside(require_current(), Region("branch", require_current().region)) as self.region:
            self.starts = [of.parameter(i) for i in range(len(of.mapped))]
            self.batch = of.bound(of.batch.inner(of.batch.mask), self.starts)
            self.ends = of.body(self.batch)
            return of.grow(self.ends[: len(of.mapped)])

    def finish(self) -> list[Value]:
        """Enter the loop."""
        of = self.of
        trace, count = require_current(), len(of.mapped)
        with inside(trace, self.region):
            outputs = [
                settled(of.batch, e) if s.mapped else e.node
                for s, e in zip(self.starts, self.ends, strict=False)
            ]
            outputs += [value.node for value in self.ends[count:]]
        index = [] if of.steps.index is None else [of.steps.index]
        body = Block((*index, *(s.node for s in self.starts)), tuple(self.region.effects), tuple(outputs))
        initial = [
            settled(of.batch, value) if mapped else value.node
            for value, mapped in zip(of.initial, of.mapped, strict=True)
        ]
        bounds = [bound.node for bound in of.bounds]
        node = of.node(bounds, initial, body, self._test(), of.steps.loop.params["exits"])
        made = []
        for place, start in enumerate(self.starts):
            made.append(Value(picked(node, place, start.node.type), start.mapped))
        return made

    def _test(self) -> Block | None:
        of = self.of
        if of.test is None:
            return None
        with inside(require_current(), Region("branch", require_current().region)) as region:
            state = [
                Value(Node(PARAMETER, (), s.node.type, s.node.params), True) if s.mapped else Value(p, False)
                for s, p in zip(self.starts, of.test.parameters, strict=True)
            ]
            found = of.tested(of.batch.inner(of.batch.mask), state)
        return Block(tuple(s.node for s in state), tuple(region.effects), (found.node,))


class Ragged:
    """A loop that elements leave at different steps.

    A carried value that is the same for all elements in each step goes round as it is; what each element had when it
    left goes round beside it.
    """

    def __init__(self, of: Stepped) -> None:
        self.of = of
        self.size = of.batch.size
        self.trips = self.active = primitives.constant(0).node
        self.carries_active = not of.is_bounded_apart or of.steps.leave is not None

    # -- a step

    def trace(self) -> bool:
        """Compute a step; whether more carried values differ than was known."""
        of = self.of
        self.index, self.count = self._counted()
        with inside(require_current(), Region("branch", require_current().region)) as self.region:
            self.starts = [of.parameter(i) for i in range(len(of.mapped))]
            self.active = Node(PARAMETER, (), ArrayType((self.size,), np.dtype(np.bool_)), {"name": "active"})
            self.mask = self._mask()
            self.batch = of.bound(of.batch.inner(self.mask), self.starts)
            self._bind_index()
            self.ends = of.body(self.batch)
            ends = self.ends[: len(of.mapped)]
            if of.grow(ends):
                return True
            self.ends[: len(of.mapped)] = self._stayed(ends)
            self.going = self._going()
        return False

    def _counted(self) -> tuple[Node | None, list[Node]]:
        """The index of a step and the bounds of the loop, where it counts."""
        of = self.of
        if of.steps.index is None:
            return None, []
        if not of.is_bounded_apart:
            return of.steps.index, [bound.node for bound in of.bounds]
        start, stop = of.bounds
        step = of.steps.loop.params["step"]
        if not start.mapped:
            return of.steps.index, [start.node, self._farthest(start, stop, step)]
        index = Node(PARAMETER, (), ArrayType((), np.dtype(np.int64), "python"), {"name": "index"})
        length = invoke(np.subtract, (_whole(of.batch, stop), _whole(of.batch, start)), {})
        far = np.int64(step - 1 if step > 0 else step + 1)
        trips = invoke(np.floor_divide, (invoke(np.add, (length, far), {}), np.int64(step)), {})
        self.trips = trips.node
        most = self._farthest(Value(primitives.constant(0).node, False), Value(self.trips, True), 1)
        set_interval(index, 0, 2**62)
        return index, [primitives.constant(0).node, most]

    def _farthest(self, start: Value, stop: Value, step: int) -> Node:
        """The last of the bounds of those elements that come here, not before the start."""
        ends, begin = _whole(self.of.batch, stop), primitives.cast(Tensor(start.node), np.int64)
        if self.of.batch.mask is not None:
            ends = invoke(np.where, (Tensor(self.of.batch.mask), ends, begin), {})
        if self.size == 0:
            return start.node
        last = invoke(np.max if step > 0 else np.min, (ends,), {})
        after = invoke(np.greater if step > 0 else np.less, (last, begin), {})
        return python_number(after, last, Tensor(start.node)).node

    def _bind_index(self) -> None:
        of = self.of
        if self.index is None or self.index is of.steps.index:
            return
        step = of.steps.loop.params["step"]
        start = _whole(of.batch, of.bounds[0])
        here = invoke(np.multiply, (primitives.cast(Tensor(self.index), np.int64), np.int64(step)), {})
        self.batch.values[id(of.steps.index)] = Value(invoke(np.add, (start, here), {}).node, True)

    def _mask(self) -> Node:
        """Which elements take the step."""
        of = self.of
        if not of.is_bounded_apart:
            return self.active
        step, stop = 1, self.trips
        if self.index is of.steps.index:
            step, stop = of.steps.loop.params["step"], of.bounds[1].node
        assert self.index is not None
        number = primitives.cast(Tensor(self.index), np.int64)
        here: Tensor = invoke(np.less if step > 0 else np.greater, (number, Tensor(stop)), {})
        if self.carries_active:
            here = invoke(np.logical_and, (Tensor(self.active), here), {})
        else:
            here = of.batch.masked(here)
        return here.node

    def _stayed(self, ends: Sequence[Value]) -> list[Value]:
        """What the carried values are after the step: for those that did not take it, what they were."""
        return [
            self.batch.chosen(end, start, self.mask) if start.mapped else end
            for start, end in zip(self.starts, ends, strict=True)
        ]

    def _going(self) -> Node | None:
        """Which elements may take the next step."""
        of = self.of
        if not self.carries_active:
            return None
        going = Tensor(self.mask)
        if of.steps.leave is not None:
            stays = invoke(np.logical_not, (Tensor(self.ends[-1].node),), {})
            going = invoke(np.logical_and, (going, stays), {})
        if of.test is not None:
            found = of.tested(of.batch.inner(going.node), self.ends[: len(of.mapped)])
            going = invoke(np.logical_and, (going, Tensor(found.node)), {})
        return going.node

    # -- the loop

    def finish(self) -> list[Value]:
        """Enter the loop."""
        of = self.of
        batch, count = of.batch, len(of.mapped)
        apart = [i for i in range(count) if not of.mapped[i] and self.ends[i].node is not self.starts[i].node]
        finals = [
            Node(PARAMETER, (), batch.type_of(self.starts[i].node.type), {"name": "left"}) for i in apart
        ]
        with inside(require_current(), self.region):
            outputs = [
                settled(batch, e) if s.mapped else e.node
                for s, e in zip(self.starts, self.ends, strict=False)
            ]
            for i, final in zip(apart, finals, strict=True):
                outputs.append(settled(batch, batch.chosen(self.ends[i], Value(final, True), self.mask)))
            if self.going is not None:
                outputs.append(self.going)
            exits = self.going is not None and of.test is None
            if self.going is not None and exits:
                gone = invoke(np.logical_not, (invoke(np.any, (Tensor(self.going),), {}),), {})
                outputs.append(condition(gone))
        parameters = [s.node for s in self.starts] + finals + [self.active] * (self.going is not None)
        index = [] if self.index is None else [self.index]
        body = Block((*index, *parameters), tuple(self.region.effects), tuple(outputs))
        initial = [
            settled(batch, value) if start.mapped else value.node
            for value, start in zip(of.initial, self.starts, strict=True)
        ]
        initial += [settled(batch, of.initial[i]) for i in apart]
        if self.going is not None:
            initial.append(self._first())
        step = 1 if self.index is not of.steps.index else None
        node = of.node(self.count, initial, body, self._test(parameters), exits, step)
        return self._results(node, apart, initial)

    def _first(self) -> Node:
        """Which elements may take the first step."""
        of = self.of
        everyone = primitives.broadcast(primitives.constant(np.True_), (self.size,))
        active = everyone if of.batch.mask is None else Tensor(of.batch.mask)
        if of.test is not None:
            found = of.tested(of.batch.inner(of.batch.mask), of.initial)
            active = invoke(np.logical_and, (active, Tensor(found.node)), {})
        return primitives.cast(active, np.bool_, "array", copy=True, order="C").node

    def _test(self, parameters: Sequence[Node]) -> Block | None:
        if self.of.test is None:
            return None
        own = [Node(PARAMETER, (), node.type, node.params) for node in parameters]
        with inside(require_current(), Region("branch", require_current().region)) as region:
            anyone = condition(invoke(np.any, (Tensor(own[-1]),), {}))
        return Block(tuple(own), tuple(region.effects), (anyone,))

    def _results(self, node: Node, apart: Sequence[int], initial: Sequence[Node]) -> list[Value]:
        of = self.of
        places = {place: len(of.mapped) + number for number, place in enumerate(apart)}
        made = []
        for i, start in enumerate(self.starts):
            place = places.get(i, i)
            type_ = of.batch.type_of(start.node.type) if i in places else start.node.type
            value = Value(picked(node, place, type_), start.mapped or i in places)
            if value.mapped and of.batch.mask is not None:
                of.batch.keep(value.node, of.initial[i].node)
            made.append(value)
        return made


def _whole(batch: Batch, value: Value) -> Tensor:
    """A whole number of each element."""
    return primitives.cast(batch.spread(value), np.int64)


__all__ = ["loop", "settled"]
