"""The body of a native loop traced, with what it carries round, again where types have grown."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from defnhook.errors import DefnError
from defnhook.graph import CONSTANT, PARAMETER, PICK, ArrayType, Node
from defnhook.graph.node import walk
from defnhook.trace import primitives
from defnhook.trace.branches import AT_RUN_TIME, as_code, inside, picked, replaced_code
from defnhook.trace.carried import (
    Carried,
    Key,
    Permuted,
    bounds_of,
    names_of,
    order_of_exchange,
    too_many_sizes,
)
from defnhook.trace.cells import Body, Cells, Undefined, containers, contents, restore
from defnhook.trace.conditions import condition
from defnhook.trace.context import PlainDemand, Trace, UnrollDemand
from defnhook.trace.drift import STAGES, first_stage, is_whole, stays
from defnhook.trace.memory_orders import Orders
from defnhook.trace.merging import (
    Mismatch,
    as_value,
    common_type,
    converted,
    filler,
    mapped,
    merged,
)
from defnhook.trace.numbers import node_interval, set_interval
from defnhook.trace.regions import Region
from defnhook.trace.sequences import Count
from defnhook.trace.sharing import named_elsewhere, shared_while_written
from defnhook.trace.signals import BREAKS, CONTINUES, FALLS, RAISES, RETURNS, Signal, possible
from defnhook.trace.sizes import has_run_time_size
from defnhook.trace.tensor import Tensor

MOST_ATTEMPTS = 12
STEPS = 1024


class TracedBody:
    """The body of a loop in the making.

    ``count`` is None for ``while``, whose ``test`` is then traced as a block of its own.
    """

    def __init__(
        self,
        trace: Trace,
        cells: Cells,
        body: Callable[[Any], Any],
        count: Count | None,
        test: Callable[[], Any] | None = None,
        *,
        functions: tuple[Body, ...],
    ) -> None:
        self.trace = trace
        self.cells = cells
        self.body = body
        self.count = count
        self.test = test
        self.functions = functions
        self.before = contents(cells)
        self.types: dict[tuple[str, int], ArrayType] = {}
        self.orders = Orders(0 if count is None else count.trips or 0)
        self.stages: dict[tuple[str, int], int] = {}
        self.in_place: set[str] = set()
        self.promised: dict[tuple[str, int], Carried] = {}
        self.region = Region("loop", trace.region)
        self.carried: list[Carried] = []
        self.known: set[int] = set()
        self.signal: Signal | None = None
        self.outcome: frozenset[int] = frozenset()
        self.endless = False
        self.swapped: Carried | None = None
        self.exchanged: list[Carried] = []

    # -- tracing

    def run(self) -> Signal | None:
        """Trace the body until its types no longer grow; the signal of the body."""
        for _ in range(MOST_ATTEMPTS):
            if self._attempt():
                return self.signal
        self._demand("its variables change their types in every step")

    def _demand(self, reason: str) -> NoReturn:
        raise UnrollDemand(frozenset(), self.region, reason)

    def answers(self, demand: UnrollDemand) -> bool:
        """Whether unrolling this loop would give what is needed."""
        if demand.region is not None:
            return demand.region is self.region
        return bool(demand.parameters & self.known)

    def _attempt(self) -> bool:
        self.region = Region("loop", self.trace.region)
        self.region.owned = containers(*self.functions)
        self.region.loop = self
        self.carried, self.promised = [], {}
        self.swapped, self.exchanged = None, []
        self.index = Node(PARAMETER, (), ArrayType((), np.dtype(np.int64), "python"), {"name": "index"})
        self.known.add(id(self.index))
        self.grew = False
        restore(self.cells, self.before)
        self.entry = {name: self._entered(name, value) for name, value in self.before.items()}
        self._trace_test()
        restore(self.cells, {name: mapped(value, lambda leaf: leaf) for name, value in self.entry.items()})
        with inside(self.trace, self.region):
            if self.count is not None:
                set_interval(self.index, *bounds_of(self.count))
            self.signal = self._traced_body()
            self.after = contents(self.cells)
            self.touched = {id(c): c.storage is not None and c.storage.touched for c in self.carried}
            self.final = {name: self._left(name) for name in self.cells}
            if not self.grew:
                self._arrange()
            if not self.grew:
                self._leaving()
        if self.grew or self._misplaced():
            return False
        found = shared_while_written(self.region, self.carried, self.touched)
        if found:
            self._other_way(found)
        return True

    def _arrange(self) -> None:
        """See to it that what goes round lies in memory as it does after the last step."""
        for key, type_ in self.orders.changed():
            self.types[key] = type_
            self.grew = True

    def _traced_body(self) -> Signal | None:
        try:
            return self.body(Tensor(self.index))  # type: ignore[no-any-return]
        except AT_RUN_TIME as error:
            if isinstance(error, DefnError) or self.region.parent is self.trace.root:
                raise
            raise PlainDemand("an error is raised in a loop inside a branch or another loop") from None

    def _entered(self, name: str, value: Any) -> Any:
        """What a variable holds at the beginning of a step."""
        if name in self.in_place or isinstance(value, Undefined):
            return value
        number = iter(range(10**6))
        return mapped(value, lambda leaf: self._slot((name, next(number)), leaf))

    def _slot(self, key: tuple[str, int], leaf: Tensor) -> Tensor:
        type_ = self.types.get(key, leaf.type)
        made = self._carry(key, leaf, converted(leaf, type_))
        if is_whole(made.initial):
            stage = self.stages.setdefault(key, first_stage(made.initial))
            set_interval(made.parameter, *STAGES[stage])
        return made.tensor

    def _carry(self, key: tuple[str, int], original: Tensor | None, initial: Node) -> Carried:
        parameter = Node(PARAMETER, (), initial.type, {"name": key[0]})
        self.known.add(id(parameter))
        with inside(self.trace, self.region):
            tensor = Tensor(parameter)
            made = Carried(key, original, tensor, initial)
        if tensor.storage is not None:
            tensor.storage.touched = False
            tensor.storage.shared = original is not None and self._is_shared(made)
        self.carried.append(made)
        return made

    def _trace_test(self) -> None:
        """The test of a ``while`` as a block over parameters of its own."""
        if self.test is None:
            return
        self.test_region = region = Region("loop", self.trace.region)
        own = {id(c.tensor): Node(PARAMETER, (), c.parameter.type, c.parameter.params) for c in self.carried}
        self.test_parameters = [own[id(c.tensor)] for c in self.carried]
        self.known |= {id(node) for node in self.test_parameters}
        for c in self.carried:
            if is_whole(c.parameter):
                set_interval(own[id(c.tensor)], *node_interval(c.parameter))
        with inside(self.trace, region):
            stand_ins = {key: Tensor(node) for key, node in own.items()}
            replaced = {
                name: mapped(value, lambda leaf: stand_ins.get(id(leaf), leaf))
                for name, value in self.entry.items()
            }
            restore(self.cells, replaced)
            value = self.test()
            self.endless = not isinstance(value, Tensor) and bool(value)
            self.condition = condition(as_value(value if isinstance(value, Tensor) else bool(value)))

    # -- what a step leaves behind

    def _left(self, name: str) -> Any:
        """What a variable holds after the loop, with carried values in the places of numbers and arrays."""
        entry, left = self.entry[name], self.after[name]
        if name in self.in_place:
            if left is not entry:
                self._demand(f"'{name}' is changed in place and then given another array")
            return left
        if isinstance(entry, Undefined):
            return self._new(name, left)
        try:
            return merged(entry, left, lambda a, b: self._again(name, a, b))
        except Mismatch as mismatch:
            self._demand(f"'{name}' is {mismatch} at the beginning and at the end of a step")

    def _new(self, name: str, left: Any) -> Any:
        """A variable without a value before the loop."""
        if isinstance(left, Undefined):
            return left
        number = iter(range(10**6))
        known: dict[int, Any] = {}

        def carry(leaf: Tensor) -> Any:
            if id(leaf) not in known:
                known[id(leaf)] = carried(leaf)
            return known[id(leaf)]

        def carried(leaf: Tensor) -> Any:
            if self._is_outside(leaf) or any(self._keeps(c, leaf) for c in self.carried):
                return leaf
            if has_run_time_size(leaf.shape):
                return Undefined(name, too_many_sizes(name))
            made = self._made_new((name, next(number)), leaf)
            made.output, made.left = leaf.node, leaf
            return made

        return mapped(left, carry)

    def _found_before(self, key: tuple[str, int], type_: ArrayType) -> Node:
        """What a number that is new in this loop is where the loop takes no step: what the loop around it left."""
        region = self.region.parent
        while region is not None and region.loop is None:
            region = region.parent
        around: TracedBody | None = None if region is None else region.loop
        if around is None or not around.promises(key[0]):
            return filler(type_)
        return around.promise(key, type_)

    def promises(self, name: str) -> bool:
        """Whether a variable has no value before this loop and gets one inside."""
        return isinstance(self.entry.get(name), Undefined)

    def promise(self, key: tuple[str, int], type_: ArrayType) -> Node:
        """What a number was at the end of the step before, although it is not known yet where it comes from."""
        if key not in self.promised:
            made = self.promised[key] = self._carry(key, None, self._found_before(key, type_))
            made.output = made.parameter
        return self.promised[key].parameter if self.promised[key].parameter.type == type_ else filler(type_)

    def _made_new(self, key: tuple[str, int], leaf: Tensor) -> Carried:
        made = self.promised.get(key)
        if made is not None and made.parameter.type == leaf.type:
            return made
        known = key[0] in self.cells
        return self._carry(key, None, self._found_before(key, leaf.type) if known else filler(leaf.type))

    def _keeps(self, c: Carried, leaf: Tensor) -> bool:
        """Whether a value is the array that another variable holds before and after a step."""
        return leaf is c.tensor and self._left_leaf(c) is leaf

    def _is_outside(self, leaf: Tensor) -> bool:
        """Whether a value is an array from before the loop, or a fixed view of one."""
        assert self.region.parent is not None
        if leaf.storage is None or not leaf.is_fixed_view or self._is_measured_here(leaf):
            return False
        return self.region.parent.holds(leaf.storage)

    def _is_measured_here(self, leaf: Tensor) -> bool:
        """Whether an extent of a value is a number that this loop computes."""
        sizes = [self.trace.sizes[extent] for extent in leaf.shape if extent in self.trace.sizes]
        return any(
            id(node) in self.known or (node.op is PICK and node.inputs[0] in self.region.effects)
            for node in walk(sizes)
        )

    def _again(self, name: str, slot: Tensor, left: Tensor) -> Any:
        """A value handed to the next step."""
        carried = next((c for c in self.carried if c.tensor is slot), None)
        if carried is None:
            raise Mismatch("another array")
        takes_steps = self.count is not None and bool(self.count.trips)
        type_ = common_type(slot, left, takes_steps)
        if takes_steps and left.shape == slot.shape:
            self.orders.note(carried, left)
            type_ = replace(type_, order=slot.type.order)
        if type_ != slot.type:
            self.types[carried.key] = type_
            self.grew = True
            return carried
        if self.count is not None and self.count.trips is None and left.storage and self._is_visible(carried):
            self.count.demand("to tell whether a variable still holds the caller's array")
        carried.output, carried.left = converted(left, type_), left
        self._check_bounds(carried)
        self._check_alias(carried, left)
        return carried

    def _check_bounds(self, carried: Carried) -> None:
        """Widen the bounds of a whole number that leaves them in a step."""
        trips = None if self.count is None else self.count.trips
        stage = self.stages.get(carried.key)
        if stage is not None and is_whole(carried.output):
            if not stays(carried.parameter, carried.output, stage, trips):
                self.stages[carried.key] = stage + 1
                self.grew = True

    def _check_alias(self, carried: Carried, left: Tensor) -> None:
        """See to it that handing on an array by its elements means the same as handing on the array."""
        if left.storage is None or carried.storage is None:
            return
        is_view = left.levels or (left.storage in self.region.parameters)
        if not is_view:
            return
        own = left.storage is carried.storage and left.levels
        known = self.count is not None and 0 < (self.count.trips or 0) <= STEPS
        if known and (own or self._is_visible(carried)):
            self._demand(f"every step hands on a view of what '{carried.key[0]}' holds before the loop")
        changed = left.storage in self.region.written
        if carried.storage in self.region.written or (self.touched.get(id(carried)) and changed):
            self._demand(f"'{carried.key[0]}' is a view that goes round the loop while its array changes")

    def _misplaced(self) -> bool:
        """Whether a variable has to be traced as the very array it holds; raises where arrays change places."""
        region = self.region
        moves: dict[Key, Key] = {}
        by_tensor = {id(c.tensor): c for c in self.carried if c.storage is not None}
        again = False
        for c in by_tensor.values():
            left = self._left_leaf(c)
            if left is c.tensor:
                again |= self._needs_place(c)
                left = None
            elif left is not None and id(left) in by_tensor:
                moves[c.key] = by_tensor[id(left)].key
        written = {c.key for c in by_tensor.values() if c.storage in region.written}
        turned = set(moves) == set(moves.values()) and self._is_settled()
        if moves and (turned or written & (set(moves) | set(moves.values()))):
            self._exchange(moves)
        return again

    def _left_leaf(self, carried: Carried) -> Tensor | None:
        found: list[Tensor] = []
        mapped(self.after.get(carried.key[0]), found.append)
        place = carried.key[1]
        return found[place] if place < len(found) else None

    def _needs_place(self, c: Carried) -> bool:
        """Whether a variable that still holds its array is to be traced as that array."""
        original = c.original.storage if c.original is not None else None
        if original is None or c.original is None:
            if c.storage in self.region.written:
                c.output = self.region.values[c.storage]
            return False
        if c.storage in self.region.written:
            alone = original not in self.region.values and not self._has_other_name(c)
            c.in_place = not c.original.levels and alone
            if c.in_place:
                c.output = self.region.values[c.storage]
                return False
        elif original not in self.region.written:
            return False
        self.in_place.add(c.key[0])
        return True

    def _has_other_name(self, c: Carried) -> bool:
        """Whether another variable that goes round the loop holds the same array."""
        assert c.original is not None
        return any(
            other is not c and other.original is not None and other.original.storage is c.original.storage
            for other in self.carried
        )

    def _exchange(self, moves: dict[Key, Key]) -> None:
        if set(moves) != set(moves.values()):
            self._demand(f"{' and '.join(names_of(moves))} hold one array by turns")
        foreign = [c for c in self.carried if c.key in moves and self._is_visible(c)]
        if self._is_settled():
            raise Permuted(names_of(moves), order_of_exchange(moves))
        if (
            foreign
            and len(moves) == 2
            and self.signal is None
            and all(c.is_whole for c in self._moved(moves))
        ):
            self.swapped = self._carry(("swapped", 0), None, primitives.constant(False).node)
            self.swapped.output = primitives.host(operator.not_, self.swapped.tensor).node
            self.exchanged = self._moved(moves)
        elif foreign:
            raise PlainDemand(
                f"the caller's arrays {' and '.join(names_of(moves))} change places in a loop whose number of steps is "
                "known only at run time; copy the elements instead: u[...] = v"
            )

    def _is_settled(self) -> bool:
        """Whether arguments alone tell how many steps the loop takes."""
        if self.count is None or self.signal is not None:
            return False
        bounds = (self.count.start, self.count.stop)
        return not any(isinstance(b, Tensor) and not b.is_number for b in bounds)

    def _other_way(self, reason: str) -> NoReturn:
        if self.count is None or self.count.trips is None or self.count.trips > STEPS:
            raise PlainDemand(reason)
        self._demand(reason)

    def _moved(self, moves: dict[Key, Key]) -> list[Carried]:
        return [c for c in self.carried if c.key in moves and c.storage is not None]

    def _settle(self, node: Node) -> None:
        """Two arrays that have changed places in every step get what their variables hold, by turns."""
        if self.swapped is None:
            return
        from defnhook.trace.invoke import invoke

        odd = Tensor(picked(node, self.swapped.index, self.swapped.parameter.type))
        first, second = (Tensor(picked(node, c.index, c.parameter.type)) for c in self.exchanged)
        for c, even, other in zip(self.exchanged, (first, second), (second, first), strict=True):
            c.held.write(invoke(np.where, (odd, other, even), {}).node)

    def _is_visible(self, c: Carried) -> bool:
        storage = c.original.storage if c.original is not None else None
        return any(storage is given for _, given in self.trace.given)

    def _is_shared(self, c: Carried) -> bool:
        """Whether the array that a variable holds before the loop may be known by another name."""
        storage = c.original.storage if c.original is not None else None
        if storage is None:
            return False
        known = storage.shared or bool(storage.watched) or self._is_visible(c)
        return known or named_elsewhere(storage, self.before, c.key[0])

    # -- jumps

    def _leaving(self) -> None:
        """Note how the body may leave the loop, and what it returns then."""
        codes = possible(self.signal) - {FALLS, CONTINUES, RAISES}
        self.exits = bool(codes)
        self.code: Carried | None = None
        self.returned: Any = None
        if not codes or self.signal is None:
            return
        code: Any = self.signal.code
        if not isinstance(code, int) and CONTINUES in self.signal.possible:
            code = replaced_code(code, CONTINUES)
        number = as_code(code)
        self.code = self._carry(("code", 0), None, as_code(FALLS).node)
        self.code.output = number.node
        self.leave = condition(as_value(_is_leaving(number)))
        if RETURNS in codes:
            self.returned = self._new("returned", self.signal.value)
        self.outcome = codes if self.endless else codes | {FALLS}


def _is_leaving(code: Tensor) -> Any:
    from defnhook.trace.runtime import not_equal

    if code.node.op is CONSTANT:
        return bool(int(code.node.params["value"]) in (BREAKS, RETURNS))
    return not_equal(code, FALLS)
