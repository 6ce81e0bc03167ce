"""What goes round a loop: a variable's value, its parameter in the body, and the counts that go with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from defnhook.graph import Node
from defnhook.trace.context import PlainDemand
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.sequences import Count
from defnhook.trace.storage import Storage
from defnhook.trace.structure import children, with_children
from defnhook.trace.tensor import Tensor

Key = tuple[str, int]
"""A variable, and which of the numbers and arrays that it holds."""


class Permuted(Exception):
    """After one step of the body variables hold each other's arrays; after ``order`` steps each has its own."""

    def __init__(self, names: list[str], order: int) -> None:
        super().__init__(names, order)
        self.names = names
        self.order = order

    def refuse(self, count: Count) -> NoReturn:
        """Ask for the number of steps, or say what to write instead."""
        count.demand("to exchange arrays in a loop")
        raise PlainDemand(
            f"the arrays {' and '.join(self.names)} change places in a loop whose number of steps is known only at "
            "run time; copy the elements instead: u[...] = v"
        )


class Carried:
    """A variable, or a part of one, that goes round the loop."""

    __slots__ = ("in_place", "index", "initial", "key", "left", "original", "output", "parameter", "tensor")

    def __init__(self, key: tuple[str, int], original: Tensor | None, tensor: Tensor, initial: Node) -> None:
        self.key = key
        self.original = original
        self.tensor = tensor
        self.parameter = self.output = tensor.node
        self.initial = initial
        self.index = -1
        self.in_place = False
        self.left: Tensor | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the variable holds an array before the loop, and no view of one."""
        return self.original is not None and not self.original.levels and self.original.storage is not None

    @property
    def held(self) -> Storage:
        """The array that the variable holds before the loop."""
        assert self.original is not None
        assert self.original.storage is not None
        return self.original.storage

    @property
    def storage(self) -> Storage | None:
        return self.tensor.storage

    @property
    def origins(self) -> set[Storage]:
        """The arrays that the variable may hold before the loop."""
        original = self.original.storage if self.original is not None else None
        return set() if original is None else original.origins


def names_of(moves: Iterable[Key]) -> list[str]:
    """The variables that hold arrays, each once."""
    return sorted({name for name, _ in moves})


def order_of_exchange(moves: dict[Key, Key]) -> int:
    """After how many steps every array is back in its place."""
    lengths = []
    for name in moves:
        length, place = 1, moves[name]
        while place != name:
            length, place = length + 1, moves[place]
        lengths.append(length)
    return math.lcm(*lengths)


def bound_of(value: Any) -> Node:
    return as_value(value).node


def bounds_of(count: Count) -> tuple[Any, Any]:
    """The least and the greatest number of a count."""
    from defnhook.trace.numbers import interval_of

    first = interval_of(count.start)
    if count.trips:
        last = count.start + (count.trips - 1) * count.step
        return min(count.start, last), max(count.start, last)
    stop = interval_of(count.stop)
    if count.step > 0:
        return first[0], max(first[0], stop[1] - 1)
    return min(first[1], stop[0] + 1), first[1]


def too_many_sizes(name: str) -> BaseException:
    return PlainDemand(
        f"'{name}' has another size in every step of the loop and none after it; use it inside the loop, or write "
        "it into a part of an array of full size"
    )


def replaced(value: Any, by_slot: dict[int, Carried], value_of: Callable[[Carried], Any]) -> Any:
    """A structure after the loop."""
    if isinstance(value, Carried):
        return value_of(value)
    if isinstance(value, Tensor):
        return value_of(by_slot[id(value)]) if id(value) in by_slot else value
    parts = None if is_value(value) else children(value)
    if parts is None:
        return value
    return with_children(value, [replaced(item, by_slot, value_of) for _, item in parts])
