"""The numbers of a kernel: those that its text spells out, and those that it reads from the plan's table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from defnhook.emit.library import SMALL
from defnhook.emit.storage import constructor
from defnhook.graph import SLICE, Node
from defnhook.schedule.extents import Extents

INLINE_FLOATS = (0.0, 1.0, -1.0, 2.0, 0.5)
INLINE_INTEGERS = (0, 1, 2)
STENCIL = 3


class Numbers:
    """Integers and floats that the plan passes in one table, in the order in which the text first needs them.

    Floats are there as the bits of a float64.
    """

    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self.table: list[int] = []
        self._names: dict[Any, str] = {}
        self._lines: list[str] = []
        self._stencil = _has_stencil(extents.nodes)

    def lines(self) -> list[str]:
        """The assignments at the head of the kernel."""
        return self._lines

    def size(self, key: Any, value: int, prefix: str) -> str:
        """The name of an integer: a size, a bound, a constant."""
        if key not in self._names:
            name = (
                key
                if isinstance(key, str)
                else f"{prefix}{sum(n.startswith(prefix) for n in self._names.values())}"
            )
            self._names[key] = name
            self._lines.append(f"{name} = table[{len(self.table)}]")
            self.table.append(value % 2**64)
        return self._names[key]

    def start(self, value: int) -> str:
        """Where a slice starts: one name for all that start there, so that LLVM sees which places are the same.

        Those of a stencil are written out: then LLVM needs one address for what lies next to each other.
        """
        if self._stencil and 0 <= value < len(SMALL):
            return SMALL[value]
        return self.size(("start", value), value, "o")

    def step(self, key: Any, value: int, gathers: bool) -> str:
        """The name of a slice's step: where vectors gather, a sum of two, for LLVM makes them of one for 1 only."""
        if key in self._names or not gathers:
            return self.size(key, value, "s")
        name = self.size(key, value - 1, "s")
        self._lines[-1] += f" + table[{len(self.table)}]"
        self.table.append(1)
        return name

    def scalar(self, node: Node) -> str:
        """The name of a number computed while the kernel runs."""
        raise KeyError(f"{node!r} is not known here")

    def extent(self, name: str) -> str:
        """The name of an axis's length."""
        return self.size(name, self.extents.values[name], "n")

    def constant(self, node: Node) -> str:
        """A scalar constant: written out where it is structure, passed in otherwise."""
        value, make = node.params["value"], constructor(node.dtype)
        kind = node.dtype.kind
        if kind == "c":
            return f"{make}(complex({float_text(value.real)}, {float_text(value.imag)}))"
        if kind == "b":
            return f"{make}({bool(value)})"
        if kind in "iu":
            if int(value) in INLINE_INTEGERS:
                return f"{make}({int(value)})"
            return self._cast(("int", id(node)), f"{make}({self.size(id(node), int(value), 'k')})")
        inline = float(value) in INLINE_FLOATS and not (value == 0 and math.copysign(1, value) < 0)
        if inline or not math.isfinite(value):
            return f"{make}({float_text(value)})"
        return self._float(node, float(value), make)

    def _float(self, node: Node, value: float, make: str) -> str:
        key = ("float", id(node))
        if key not in self._names:
            place = len(self.table)
            self.table.append(int(np.float64(value).view(np.uint64)))
            return self._cast(key, f"{make}(from_bits(table[{place}]))")
        return self._names[key]

    def _cast(self, key: Any, text: str) -> str:
        if key not in self._names:
            name = f"c{sum(n.startswith('c') for n in self._names.values())}"
            self._names[key] = name
            self._lines.append(f"{name} = {text}")
        return self._names[key]


def _has_stencil(nodes: Iterable[Node]) -> bool:
    """Whether one array is read at several places next to each other."""
    places: dict[int, set[Any]] = {}
    for node in nodes:
        if node.op is SLICE:
            starts = tuple(start for start, _, _ in node.params["ranges"])
            if all(type(start) is int and start < len(SMALL) for start in starts):
                places.setdefault(id(node.inputs[0]), set()).add(starts)
    return any(len(starts) >= STENCIL for starts in places.values())


def float_text(value: Any) -> str:
    """A float as emitted code spells it."""
    if math.isnan(value):
        return "np.nan"
    return repr(float(value)) if math.isfinite(value) else f"{'-' if value < 0 else ''}np.inf"
