"""How arrays that go round a loop lie in memory after its last step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from defnhook.graph import ArrayType
from defnhook.trace.carried import Carried
from defnhook.trace.layout import result_order
from defnhook.trace.tensor import Tensor

Key = tuple[str, int]
Order = tuple[int, ...]


class Orders:
    """The memory orders at the ends of the steps of a loop: the body is traced again for each step until they repeat.

    Attributes
    ----------
    trips
        How many steps the loop takes.
    history
        The orders of all arrays before the first step, after it, after the second, ...
    """

    def __init__(self, trips: int) -> None:
        self.trips = trips
        self.history: list[dict[Key, Order]] = []
        self.settled = False
        self.carried: dict[Key, Carried] = {}
        self.made: dict[Key, Order] = {}

    def note(self, carried: Carried, left: Tensor) -> None:
        """Remember the order in which a step leaves an array."""
        self.carried[carried.key] = carried
        self.made[carried.key] = left.type.order

    def changed(self) -> Iterator[tuple[Key, ArrayType]]:
        """The arrays that the body is to be traced with in another order, with their types."""
        carried, made, self.carried, self.made = self.carried, self.made, {}, {}
        if self.settled or not self.trips:
            return
        for key, order in self._next(carried, made).items():
            type_ = carried[key].parameter.type
            if type_.order != order:
                yield key, replace(type_, order=order)

    def _next(self, carried: dict[Key, Carried], made: dict[Key, Order]) -> dict[Key, Order]:
        if not self.history or self.history[0].keys() != made.keys():
            self.history = [{key: _entering(carried[key]) for key in made}]
        now = {key: carried[key].parameter.type.order for key in made}
        if self.history[-1] != now:
            return self.history[-1]
        if made in self.history:
            self.settled = True
            since = self.history.index(made)
            return self.history[since + (self.trips - since) % (len(self.history) - since)]
        self.history.append(made)
        self.settled = len(self.history) > self.trips
        return made


def _entering(carried: Carried) -> Order:
    """The order of what is computed from an array that enters a loop: an argument may repeat its elements."""
    original = carried.original
    if original is None or original.alias is None or original.shape != carried.parameter.type.shape:
        return carried.parameter.type.order
    return result_order(np.logical_not, (original,), original.shape) or tuple(range(original.ndim))
