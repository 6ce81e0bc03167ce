"""Adjoints: how much a result changes with each node, added up while the program is run through backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from defnhook.graph import BROADCAST, CAST, RESHAPE, Node
from defnhook.ops.derivatives import scaled
from defnhook.trace import primitives
from defnhook.trace.invoke import invoke
from defnhook.trace.known import elements_of
from defnhook.trace.tensor import Tensor

Write = Callable[[Node], Node]


def zeros(node: Node) -> Tensor:
    """Zeros in the shape and dtype of a node."""
    zero = primitives.constant(node.dtype.type(0))
    return primitives.broadcast(zero, node.type.shape) if node.type.shape else zero


def fitted(value: Any, node: Node) -> Tensor:
    """A value in the dtype of a node, of which a real one has no imaginary part."""
    value = primitives.as_tensor(value)
    value = primitives.strong(value)
    if value.dtype.kind == "c" and node.dtype.kind != "c":
        value = invoke(np.real, (value,), {})
    return primitives.cast(value, node.dtype)


class Adjoints:
    """The adjoint of each node so far: a sum, and writes into parts of it that are still to be made.

    ``ends`` are the identities of the nodes that are not looked behind.
    """

    def __init__(self, ends: Iterable[int]) -> None:
        self.ends = frozenset(ends)
        self._sums: dict[int, Tensor] = {}
        self._writes: dict[int, list[Write]] = {}
        self._parts: dict[int, dict[int, Tensor]] = {}

    def add(self, node: Node, value: Tensor | None) -> None:
        """Add to the adjoint of a node."""
        if value is None:
            return
        value = fitted(value, node)
        known = self._sums.get(id(node))
        self._sums[id(node)] = value if known is None else invoke(np.add, (known, value), {})

    def write(self, node: Node, write: Write) -> None:
        """Add to a part of the adjoint of a node: ``write`` gives the adjoint with it from that without."""
        self._writes.setdefault(id(node), []).append(write)

    def add_part(self, node: Node, index: int, value: Tensor) -> None:
        """Add to the adjoint of one of the results of a node that has several."""
        parts = self._parts.setdefault(id(node), {})
        parts[index] = invoke(np.add, (parts[index], value), {}) if index in parts else value

    def parts(self, node: Node) -> dict[int, Tensor]:
        """The adjoints of the results of a node that has several."""
        return self._parts.pop(id(node), {})

    def seed(self, key: int, value: Tensor) -> None:
        """Let the node with this identity have this adjoint."""
        self._sums[key] = value

    def take(self, node: Node) -> Tensor | None:
        """The adjoint of a node, which is forgotten here; None where nothing was added to it."""
        value, writes = self._sums.pop(id(node), None), self._writes.pop(id(node), [])
        if not writes:
            return value
        made = (zeros(node) if value is None else value).node
        for write in writes:
            made = write(made)
        return Tensor(made)


def begun(adjoints: Adjoints, node: Node) -> Tensor:
    """The adjoint of a node so far, or zeros."""
    value = adjoints.take(node)
    return zeros(node) if value is None else value


def product(adjoint: Tensor, partial: Any) -> Tensor | None:
    """An adjoint times a partial derivative, which may be a mask or one of the numbers 0, 1 and -1."""
    if not isinstance(partial, Tensor):
        if isinstance(partial, int | float) and partial in (0, 1, -1):
            return {0: None, 1: adjoint}.get(int(partial)) if partial != -1 else _negative(adjoint)
        partial = primitives.as_tensor(partial)
    if partial.dtype.kind == "b":
        return invoke(np.where, (partial, adjoint, adjoint.dtype.type(0)), {})  # type: ignore[no-any-return]
    numbers = [number_in(value.node) for value in (adjoint, partial)]
    if 0 in numbers:
        return None
    if any(number is not None and np.isfinite(number) for number in numbers):
        return invoke(np.multiply, (adjoint, partial), {})  # type: ignore[no-any-return]
    return primitives.elementwise(scaled, (adjoint, partial))


def _negative(value: Tensor) -> Tensor:
    return invoke(np.negative, (value,), {})  # type: ignore[no-any-return]


def number_in(node: Node) -> Any:
    """The number that fills a value, where it is known."""
    while node.op in (BROADCAST, CAST, RESHAPE):
        node = node.inputs[0]
    return None if node.ndim else elements_of(node)


def gathered(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The sum over all places to which an operand of this shape was broadcast."""
    given = value.type.shape
    if given == shape:
        return value
    lead = len(given) - len(shape)
    stretched = [lead + axis for axis, extent in enumerate(shape) if extent != given[lead + axis]]
    summed = invoke(np.sum, (value,), {"axis": (*range(lead), *stretched)})
    return primitives.reshape(summed, shape) if summed.type.shape != shape else summed
