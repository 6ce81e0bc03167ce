"""One native loop: the node made of its traced body, and what variables hold after it."""

from __future__ import annotations

from typing import Any

from defnhook.graph import CHECK, CONSTANT, LOOP, PARAMETER, Block, Node
from defnhook.graph.node import walk
from defnhook.trace.bodies import STEPS, TracedBody
from defnhook.trace.branches import picked
from defnhook.trace.carried import (
    Carried,
    bound_of,
    replaced,
)
from defnhook.trace.conditions import TRUTH
from defnhook.trace.context import PlainDemand, user_span
from defnhook.trace.drift import STAGES, is_whole
from defnhook.trace.numbers import node_interval, set_interval
from defnhook.trace.sharing import watch_results
from defnhook.trace.signals import Signal
from defnhook.trace.storage import Storage
from defnhook.trace.tensor import Tensor


class Rolled(TracedBody):
    """A loop in the making."""

    def is_number_work(self) -> bool:
        """Whether the loop only computes Python numbers that are known while tracing."""
        if any(node.op is not CHECK for node in self.region.effects) or self.region.parameters or self.exits:
            return False
        if (
            self.count is not None
            and not 0 <= (-1 if self.count.trips is None else self.count.trips) <= STEPS
        ):
            return False
        if any(c.parameter.type.kind != "python" or c.initial.op is not CONSTANT for c in self.carried):
            return False
        below = walk([c.output for c in self.carried])
        return all(
            not node.type.shape and node.op.name in ("parameter", "constant", "host") for node in below
        )

    def finish(self) -> None:
        """Enter the loop, and set variables and arrays to what they hold after it."""
        region, parent = self.region, self.trace.region
        storages = self._storages()
        inputs: list[Node] = (
            [] if self.count is None else [bound_of(self.count.start), bound_of(self.count.stop)]
        )
        parameters, outputs = [], []
        for index, c in enumerate(self.carried):
            c.index = index
            inputs.append(c.initial)
            parameters.append(c.parameter)
            outputs.append(c.output)
        for storage in storages:
            inputs.append(region.initials[storage])
            parameters.append(region.parameters[storage])
            outputs.append(region.values[storage])
        if self.exits:
            outputs.append(self.leave)
        node = self._node(inputs, parameters, outputs, storages)
        parent.effects.append(node)
        for number, storage in enumerate(storages, len(self.carried)):
            if storage in region.written:
                parent.write(storage, picked(node, number, region.initials[storage].type))
                storage.version += 1
        self._assign(node)

    def _storages(self) -> list[Storage]:
        """Arrays from before that the loop reads or writes; those that only the test reads are carried as well."""
        found = list(self.region.parameters)
        if self.test is not None:
            for storage in self.test_region.parameters:
                if storage not in self.region.parameters:
                    self.region.read(storage)
                    found.append(storage)
        return found

    def _node(
        self, inputs: list[Node], parameters: list[Node], outputs: list[Node], storages: list[Storage]
    ) -> Node:
        body_parameters = parameters if self.count is None else [self.index, *parameters]
        body = Block(tuple(body_parameters), tuple(self.region.effects), tuple(outputs))
        params: dict[str, Any] = {"kind": "while" if self.count is None else "for", "exits": self.exits}
        if self.count is not None:
            params["step"] = self.count.step
        else:
            params["test"] = self._test_block(parameters, storages)
        params["body"] = body
        return Node(LOOP, tuple(inputs), TRUTH, params, user_span())

    def _test_block(self, parameters: list[Node], storages: list[Storage]) -> Block:
        own = list(self.test_parameters)
        unread = parameters[len(own) : len(parameters) - len(storages)]
        own += [Node(PARAMETER, (), parameter.type, parameter.params) for parameter in unread]
        for storage in storages:
            known = self.test_region.parameters.get(storage)
            type_ = self.region.initials[storage].type
            own.append(known or Node(PARAMETER, (), type_, {"name": "carried"}))
        return Block(tuple(own), tuple(self.test_region.effects), (self.condition,))

    def _assign(self, node: Node) -> None:
        made: dict[int, Any] = {}
        self._settle(node)

        def value_of(c: Carried) -> Any:
            if id(c) not in made:
                made[id(c)] = self._result(node, c)
            return made[id(c)]

        by_slot = {id(c.tensor): c for c in self.carried}
        for name, value in self.final.items():
            self.cells[name].cell_contents = replaced(value, by_slot, value_of)
        leaves = self.signal is not None and self.exits
        self.signal = None
        if leaves:
            assert self.code is not None
            self.signal = Signal(
                value_of(self.code), self.outcome, replaced(self.returned, by_slot, value_of)
            )
        zero = self.count is None or not self.count.trips
        watch_results(self.trace.region, self.carried, made, zero, self._is_shared)

    def _result(self, node: Node, c: Carried) -> Any:
        """A variable after the loop: the array it always held, or a value of its own."""
        original = c.original
        if c.output is c.parameter and original is not None and original.storage is None:
            return original if original.node.op is not CONSTANT else original.node.params["value"]
        if c.storage is not None and original is not None and original.storage is not None:
            left = self._left_leaf(c)
            if left is c.tensor:
                if c.in_place:
                    original.storage.write(picked(node, c.index, c.parameter.type))
                return original
            if c.storage in self.region.written and c not in self.exchanged:
                self._abandon(c, original.storage)
        made = Tensor(picked(node, c.index, c.parameter.type))
        if c.key in self.stages and is_whole(made.node):
            (low, high), (least, most) = STAGES[self.stages[c.key]], node_interval(c.output)
            set_interval(made.node, min(low, least), max(high, most))
        return made

    def _abandon(self, c: Carried, storage: Storage) -> None:
        """An array that was written under a name that then got another array: nobody may look at it again."""
        message = (
            f"this array was changed in a loop as '{c.key[0]}', which then was given another array; copy it before "
            "the loop, or write into it with [...] ="
        )
        if self._is_shared(c):
            raise PlainDemand(message)
        storage.lost = message
