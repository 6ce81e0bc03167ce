"""Branches: a test known while tracing picks a side, any other one becomes a native branch of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from defnhook.errors import DefnError, DefnTypeError
from defnhook.graph import BRANCH, CHECK, CONSTANT, PICK, ArrayType, Block, Node
from defnhook.trace import primitives
from defnhook.trace.cells import (
    Body,
    Cells,
    Steps,
    Undefined,
    assigned,
    containers,
    contents,
    first_line,
    restore,
)
from defnhook.trace.conditions import TRUTH, condition, known_test, raised
from defnhook.trace.context import PlainDemand, Trace, require_current, user_span
from defnhook.trace.merging import (
    Mismatch,
    Slot,
    common_type,
    converted,
    filler,
    is_value,
    mapped,
    merged,
)
from defnhook.trace.numbers import node_interval, set_interval
from defnhook.trace.regions import Region
from defnhook.trace.sharing import watch_one_another
from defnhook.trace.signals import (
    FALLS,
    RAISED,
    RAISES,
    RETURNS,
    Signal,
    code_of,
    jump,
    possible,
    return_value,
)
from defnhook.trace.sizes import speaks_of_sizes
from defnhook.trace.storage import Storage
from defnhook.trace.tensor import Tensor


@contextmanager
def inside(trace: Trace, region: Region) -> Iterator[Region]:
    """Trace the block in another region."""
    before, trace.region = trace.region, region
    try:
        yield region
    finally:
        trace.region = before


@dataclass(slots=True)
class Side:
    """One side of a branch after it was traced."""

    body: Body
    region: Region
    signal: Signal | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Whether nobody sees the variables after it: it returns or raises."""
        return self.signal is not None and self.signal.possible <= {RETURNS, RAISES}

    @property
    def may_fall(self) -> bool:
        """Whether the statements after the branch may come next."""
        return self.signal is None or FALLS in self.signal.possible

    @property
    def fault(self) -> Node | None:
        """The check that is all the side does, if it only raises."""
        effects = self.region.effects
        only = self.signal is RAISED and len(effects) == 1 and effects[0].op is CHECK
        return effects[0] if only and effects[0].inputs[0].op is CONSTANT else None


def branch(test: Any, then: Body, otherwise: Body, rest: Body = None) -> Signal | None:
    """``if test: then else: otherwise``, and the statements after it where a side may leave."""
    known = known_test(test)
    if known is None:
        return traced_branch(test, then, otherwise, rest)
    side = then if known else otherwise
    return after(side() if side else None, rest)


def after(signal: Signal | None, rest: Body) -> Signal | None:
    """Go on with the statements after one that gave a signal, where it fell through."""
    if signal is None:
        return rest() if rest else None
    if rest is None or FALLS not in signal.possible:
        return signal
    from defnhook.trace.runtime import equal

    left = Signal(signal.code, signal.possible - {FALLS}, signal.value)
    return traced_branch(equal(signal.code, FALLS), rest, lambda: left, None)


def sequence(first: Callable[[], Any], rest: Body = None) -> Signal | None:
    """Statements that may leave, and those after them."""
    return after(first(), rest)


def if_expression(test: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """``a if test else b``."""
    known = known_test(test)
    if known is not None:
        return then() if known else otherwise()
    first = Steps(lambda: return_value(then()), (then,))
    second = Steps(lambda: return_value(otherwise()), (otherwise,))
    signal = traced_branch(test, first, second, None)
    assert signal is not None
    return signal.value


def traced_branch(test: Tensor, then: Body, otherwise: Body, rest: Body) -> Signal | None:
    """Both sides, of which the compiled code takes one."""
    trace = require_current()
    cells = assigned(then, otherwise, rest)
    before = contents(cells)
    first = _traced_side(trace, then, cells, before)
    if first.fault is not None:
        _check_instead(trace, condition(test), first.fault)
        restore(cells, before)
        return after(otherwise() if otherwise else None, rest)
    second = _traced_side(trace, otherwise, cells, before)
    if second.fault is not None:
        from defnhook.trace.runtime import not_

        _check_instead(trace, condition(not_(test)), second.fault)
        restore(cells, before)
        return after(then() if then else None, rest)
    falling = [side for side in (first, second) if side.may_fall]
    if rest is not None and len(falling) == 1 and falling[0].signal is None:
        _extend(trace, falling[0], rest, cells)
        rest = None
    return after(_Merger(trace, condition(test), first, second, cells, before).merge(), rest)


def _traced_side(trace: Trace, body: Body, cells: Cells, before: dict[str, Any]) -> Side:
    region = Region("branch", trace.region)
    region.owned = containers(body)
    side = Side(body, region)
    restore(cells, before)
    _run_side(trace, side, body)
    side.values = contents(cells)
    return side


def _run_side(trace: Trace, side: Side, body: Body) -> None:
    """Trace statements of a side; what they raise is raised where the compiled code takes it."""
    with inside(trace, side.region):
        try:
            side.signal = body() if body else None
        except AT_RUN_TIME as error:
            if isinstance(error, DefnError):
                raise
            if speaks_of_sizes(error):
                raise PlainDemand(
                    "sizes do not fit in a branch, and only the compiled code knows them"
                ) from None
            side.signal = raised(error)


AT_RUN_TIME = (ArithmeticError, LookupError, ValueError)


def _extend(trace: Trace, side: Side, rest: Callable[[], Any], cells: Cells) -> None:
    """Trace the statements after a branch in the only side that comes to them."""
    restore(cells, side.values)
    side.body = side.body or rest
    side.region.owned |= containers(rest)
    _run_side(trace, side, rest)
    side.values = contents(cells)


def _check_instead(trace: Trace, test: Node, fault: Node) -> None:
    node = Node(CHECK, (test, *fault.inputs[1:]), fault.type, fault.params, fault.span)
    trace.region.effects.append(node)


def picked(node: Node, index: int, type_: ArrayType) -> Node:
    """One of the values that come out of a loop or a branch."""
    return Node(PICK, (node,), type_, {"index": index}, user_span())


class _Merger:
    """The two sides of a branch made into one node."""

    def __init__(
        self, trace: Trace, test: Node, first: Side, second: Side, cells: Cells, before: dict[str, Any]
    ) -> None:
        self.trace = trace
        self.before = before
        self.test = test
        self.sides = (first, second)
        self.cells = cells
        self.outputs: tuple[list[Node], list[Node]] = ([], [])
        self.types: list[ArrayType] = []
        self.watched: dict[int, set[Storage]] = {}
        self.inside: dict[int, set[Storage]] = {}
        self.choices: dict[int, Slot] = {}
        self.slots: dict[tuple[int, int], Slot] = {}
        self.kept: list[Any] = []

    def merge(self) -> Signal | None:
        """Enter the branch, set variables and arrays to what they hold after it, and give its signal."""
        names = {name: self._variable(name) for name in self.cells}
        storages = self._storages()
        signal = self._signal()
        blocks = [
            Block((), tuple(side.region.effects), tuple(outputs))
            for side, outputs in zip(self.sides, self.outputs, strict=True)
        ]
        params = {"then": blocks[0], "otherwise": blocks[1]}
        node = Node(BRANCH, (self.test,), TRUTH, params, user_span())
        if self.types or any(block.effects for block in blocks):
            self.trace.region.effects.append(node)
        made: dict[int, Any] = {}
        for storage, slot in storages:
            storage.trace.region.write(storage, picked(node, slot.index, self.types[slot.index]))
            storage.version += 1
        restore(self.cells, {name: self._filled(node, value, made) for name, value in names.items()})
        filled = self._filled_signal(node, signal, made)
        watch_one_another([(self.inside.get(index, set()), result) for index, result in made.items()])
        return filled

    def _filled_signal(self, node: Node, signal: Signal | None, made: dict[int, Any]) -> Signal | None:
        if signal is None:
            return None
        code, value = (self._filled(node, each, made) for each in (signal.code, signal.value))
        return Signal(code, signal.possible, value)

    def _filled(self, node: Node, value: Any, made: dict[int, Any]) -> Any:
        """A structure with what the branch hands on in its places."""
        from defnhook.trace.structure import transform

        def rule(leaf: Any, path: str) -> Any:
            if not isinstance(leaf, Slot):
                return leaf
            if leaf.index not in made:
                made[leaf.index] = Tensor(picked(node, leaf.index, self.types[leaf.index]))
                self._note_bounds(made[leaf.index].node, leaf.index)
                if made[leaf.index].storage is not None:
                    watched = self.watched.get(leaf.index, set())
                    made[leaf.index].storage.watched = tuple((s, s.version) for s in watched)
                    if leaf.index in self.choices:
                        index = self.choices[leaf.index].index
                        made[leaf.index].storage.chosen = Tensor(picked(node, index, self.types[index]))
            return made[leaf.index]

        return transform(value, rule)

    def _note_bounds(self, node: Node, index: int) -> None:
        if node.type.kind == "python" and node.dtype.kind == "i":
            bounds = [node_interval(outputs[index]) for outputs in self.outputs]
            set_interval(node, min(low for low, _ in bounds), max(high for _, high in bounds))

    # -- what comes out

    def _put(self, a: Tensor, b: Tensor) -> Slot:
        """An output for a value of either side; one for the same two values."""
        key = (id(a), id(b))
        if key not in self.slots:
            self.kept += [a, b]
            type_ = common_type(a, b)
            self.slots[key] = self._output(type_, lambda: converted(a, type_), lambda: converted(b, type_))
            self._note_arrays(self.slots[key], a, b)
            self._note_choice(self.slots[key], a, b)
        return self.slots[key]

    def _output(self, type_: ArrayType, first: Callable[[], Node], second: Callable[[], Node]) -> Slot:
        for side, outputs, make in zip(self.sides, self.outputs, (first, second), strict=True):
            with inside(self.trace, side.region):
                outputs.append(make())
        self.types.append(type_)
        return Slot(len(self.types) - 1)

    def _note_arrays(self, slot: Slot, *values: Tensor) -> None:
        self.watched[slot.index] = self._aliases(*values)
        self.inside[slot.index] = {value.storage for value in values if value.storage is not None}

    def _note_choice(self, slot: Slot, *values: Tensor) -> None:
        """Hand on which of the arrays from before comes out, if the sides differ in that."""
        numbers = [self._number_of(value) for value in values] if self.types[slot.index].shape else []
        new = all(isinstance(number, int) and number == 0 for number in numbers)
        if new or any(number is None for number in numbers):
            return
        codes = [as_code(number) for number in numbers]
        self.choices[slot.index] = self._output(codes[0].type, lambda: codes[0].node, lambda: codes[1].node)

    def _number_of(self, value: Tensor) -> Any:
        """The number of the array from before that a value is, 0 for a new one; None where that is not known."""
        if value.storage is None:
            return 0
        if value.storage.chosen is not None and not value.levels:
            return value.storage.chosen
        given = {storage for _, storage in self.trace.given}
        unknown = bool(value.storage.origins & given)
        made_before = value.storage in self.trace.root.values and value.is_fixed_view and not unknown
        if value.shares is not None or made_before:
            self.trace.alternatives.append(value)
            return len(self.trace.alternatives)
        return None if unknown else 0

    def _aliases(self, *values: Tensor) -> set[Storage]:
        """The arrays from before the branch that a value may be."""
        storages = {s for value in values if value.storage is not None for s in value.storage.origins}
        return {s for s in storages if self.trace.region.holds(s)}

    def _one_sided(self, value: Any, place: int) -> Any:
        """A value of one side, where nobody looks at it after the other."""

        slots: dict[int, Slot] = {}

        def put(item: Tensor) -> Any:
            if _outlives(item, self.trace.region):
                return item
            if id(item) not in slots:
                makes = [lambda: filler(item.type)] * 2
                makes[place] = lambda: item.node
                slots[id(item)] = slot = self._output(item.type, *makes)
                self._note_arrays(slot, item)
            return slots[id(item)]

        return mapped(value, put)

    def _variable(self, name: str) -> Any:
        first, second = self.sides
        if first.ends and second.ends:
            return Undefined(name)
        if first.ends or second.ends:
            return self._of_the_other(name, 1 if first.ends else 0)
        a, b = first.values[name], second.values[name]
        try:
            return merged(a, b, self._put)
        except Mismatch as mismatch:
            return Undefined(name, self._unusable(name, a, b, str(mismatch)))

    def _of_the_other(self, name: str, place: int) -> Any:
        """A variable after a branch of which one side has left for good."""
        side = self.sides[place]
        value = side.values[name]
        if value is self.before[name] or _outlives(value, self.trace.region):
            return value
        return self._one_sided(value, place)

    def _unusable(self, name: str, a: Any, b: Any, mismatch: str) -> BaseException:
        lines = [first_line(side.body) for side in self.sides]
        for mine, other in ((a, lines[1]), (b, lines[0])):
            if isinstance(mine, Undefined):
                where = f"in the branch on line {other}" if other else "in the other branch"
                return mine.reason or UnboundLocalError(
                    f"'{name}' has a value only {where}; give it one on both paths, or before the if"
                )
        places = " and ".join(f"line {line}" if line else "the path without else" for line in lines)
        return DefnTypeError(
            f"'{name}' is {mismatch} after the branches on {places}, and only the compiled code knows which of "
            "them runs; give it the same shape and kind on both paths"
        )

    def _storages(self) -> list[tuple[Storage, Slot]]:
        """Outputs for the arrays from before that either side has written."""
        first, second = (side.region for side in self.sides)
        found = []
        for storage in dict.fromkeys((*first.written, *second.written)):
            if self.trace.region.holds(storage):
                type_ = self.trace.region.read(storage).type
                slot = self._output(type_, lambda s=storage: first.read(s), lambda s=storage: second.read(s))  # type: ignore[misc]
                found.append((storage, slot))
        return found

    # -- signals

    def _signal(self) -> Signal | None:
        a, b = (side.signal for side in self.sides)
        if a is None and b is None:
            return None
        codes = possible(a) | possible(b)
        if codes != {RAISES}:
            codes -= {RAISES}
        if len(codes) == 1:
            code: Any = next(iter(codes))
        else:
            numbers = [as_code(_number(signal)) for signal in (a, b)]
            code = self._put(*numbers)
        return Signal(code, codes, self._returned(a, b))

    def _returned(self, a: Signal | None, b: Signal | None) -> Any:
        returning = [s is not None and RETURNS in s.possible for s in (a, b)]
        if not any(returning):
            return None
        if all(returning) and a is not None and b is not None:
            try:
                return merged(a.value, b.value, self._put)
            except Mismatch as mismatch:
                raise self._two_results(str(mismatch)) from None
        place = returning.index(True)
        signal = (a, b)[place]
        assert signal is not None
        return self._one_sided(signal.value, place)

    def _two_results(self, mismatch: str) -> Exception:
        lines = [f"line {line}" for side in self.sides if (line := first_line(side.body))]
        return DefnTypeError(
            f"the two sides of a branch ({' and '.join(lines)}) give {mismatch}, and only the compiled code knows "
            "which of them runs; let both give the same shape and kind"
        )


def as_code(code: Any) -> Tensor:
    """The number of a jump as a traced value."""
    return code if isinstance(code, Tensor) else primitives.constant(np.int64(code))


def replaced_code(code: Tensor, jump_: int, into: int = FALLS) -> Tensor:
    """The number of a jump, another one in place of one that ends here."""
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import equal

    made = invoke(np.where, (equal(code, jump_), np.int64(into), code), {})
    return primitives.cast(made, np.int64, "scalar")


def _number(signal: Signal | None) -> Any:
    code = code_of(signal)
    return FALLS if isinstance(code, int) and code == RAISES else code


def _outlives(value: Any, region: Region) -> bool:
    """Whether a value holds only arrays from before the branch."""
    found: list[Tensor] = []
    mapped(value, found.append)
    return all(
        item.storage is not None and item.is_fixed_view and region.holds(item.storage) for item in found
    )


__all__ = [
    "after",
    "branch",
    "if_expression",
    "is_value",
    "jump",
    "sequence",
]
