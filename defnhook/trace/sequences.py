"""What a loop runs over, where that is known only at run time or is to stay rolled."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from defnhook.trace import primitives
from defnhook.trace.sizes import for_program
from defnhook.trace.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Count:
    """The numbers that a native loop counts through; start and stop may be traced."""

    start: Any
    stop: Any
    step: int

    @property
    def trips(self) -> int | None:
        """How many times round, where that is known."""
        if isinstance(self.start, Tensor) or isinstance(self.stop, Tensor):
            return None
        return len(range(self.start, self.stop, self.step))

    def demand(self, purpose: str) -> None:
        """Ask for the number of steps while tracing, where arguments alone decide it."""
        for bound in (self.start, self.stop):
            if isinstance(bound, Tensor) and bound.is_number:
                bound.demanded(purpose)


class Sequence(Protocol):
    """Something with as many items as a loop takes steps."""

    @property
    def count(self) -> Count: ...

    def at(self, number: Any) -> Any:
        """The item for a number of the count."""
        ...

    def length(self) -> Any:
        """How many items there are."""
        ...

    def place(self, number: Any) -> Any:
        """The item at a place, counted from 0."""
        ...


class _Unrolled:
    """Iteration while tracing, which needs numbers."""

    def __iter__(self: Any) -> Iterator[Any]:
        return (self.place(number) for number in range(operator.index(self.length())))

    def __len__(self: Any) -> int:
        return operator.index(self.length())

    def __getitem__(self: Any, number: Any) -> Any:
        return self.place(range(len(self))[number])


@dataclass(frozen=True, slots=True)
class Range(_Unrolled):
    """``range`` with traced bounds."""

    count: Count

    def at(self, number: Any) -> Any:
        return number

    def length(self) -> Any:
        from defnhook.trace.numbers import interval_of
        from defnhook.trace.runtime import add, floor_divide, subtract

        start, stop, step = self.count.start, self.count.stop, self.count.step
        if self.count.trips is not None:
            return self.count.trips
        first, last = (start, stop) if step > 0 else (stop, start)
        span = last if isinstance(first, int) and first == 0 else subtract(last, first)
        steps = floor_divide(add(span, abs(step) - 1), abs(step)) if abs(step) > 1 else span
        return steps if interval_of(steps)[0] >= 0 else primitives.host(max, steps, 0)

    def place(self, number: Any) -> Any:
        from defnhook.trace.runtime import add, multiply

        return add(self.count.start, multiply(number, self.count.step))


@dataclass(frozen=True, slots=True)
class Rows(_Unrolled):
    """An array along its first axis, forwards or backwards."""

    array: Tensor
    backwards: bool = False

    @property
    def count(self) -> Count:
        length = for_program(self.array.shape[0])
        return _turned(Count(0, length, 1)).count if self.backwards else Count(0, length, 1)

    def at(self, number: Any) -> Any:
        return self.array[number]

    def length(self) -> Any:
        return for_program(self.array.shape[0])

    def place(self, number: Any) -> Any:
        from defnhook.trace.runtime import subtract

        return self.array[subtract(self.length() - 1, number) if self.backwards else number]


@dataclass(frozen=True, slots=True)
class _ByPlace(_Unrolled):
    """Something counted by its places."""

    @property
    def count(self) -> Count:
        return Count(0, self.length(), 1)

    def at(self, number: Any) -> Any:
        return self.place(number)

    def length(self) -> Any:
        raise NotImplementedError

    def place(self, number: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Enumerated(_ByPlace):
    """``enumerate``."""

    items: Sequence
    start: Any

    def length(self) -> Any:
        return self.items.length()

    def place(self, number: Any) -> Any:
        from defnhook.trace.runtime import add

        return add(number, self.start), self.items.place(number)


@dataclass(frozen=True, slots=True)
class Zipped(_ByPlace):
    """``zip``: as long as the shortest."""

    parts: tuple[Sequence, ...]

    def length(self) -> Any:
        lengths = [part.length() for part in self.parts]
        if any(isinstance(length, Tensor) for length in lengths):
            return primitives.host(min, *lengths) if len(lengths) > 1 else lengths[0]
        return min(lengths)

    def place(self, number: Any) -> Any:
        return tuple(part.place(number) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Reversed(_ByPlace):
    """``reversed``."""

    items: Sequence

    def length(self) -> Any:
        return self.items.length()

    def place(self, number: Any) -> Any:
        from defnhook.trace.runtime import subtract

        return self.items.place(subtract(subtract(self.length(), 1), number))


KINDS = (Range, Rows, Enumerated, Zipped, Reversed)


def sequence_of(values: Any) -> Any:
    """What a rolled loop can run over, or None for anything that is unrolled."""
    if isinstance(values, KINDS):
        return values
    if isinstance(values, range):
        return Range(Count(values.start, values.stop, values.step))
    if isinstance(values, np.ndarray):
        values = primitives.boxed(values)
    if isinstance(values, Tensor) and values.kind == "array" and values.ndim:
        return Rows(values)
    return None


def _is_own(values: Any) -> bool:
    return isinstance(values, (Tensor, np.ndarray, *KINDS))


def make_range(*numbers: Any) -> Any:
    """``range``."""
    if not any(isinstance(number, Tensor) for number in numbers):
        return range(*numbers)
    if not 1 <= len(numbers) <= 3:
        return range(*[operator.index(number) for number in numbers])
    start, stop, step = (0, *numbers, 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    return Range(Count(_whole(start), _whole(stop), operator.index(step)))


def _whole(number: Any) -> Any:
    if not isinstance(number, Tensor):
        return operator.index(number)
    if number.dtype.kind not in "iu" or number.ndim:
        operator.index(np.empty(number.shape, number.dtype)[()])
    return number if number.kind == "python" else primitives.host(operator.index, number)


def make_enumerate(values: Any, start: Any = 0) -> Any:
    """``enumerate``."""
    inner = sequence_of(values) if _is_own(values) or isinstance(values, range) else None
    return enumerate(values, start) if inner is None else Enumerated(inner, start)


def make_zip(*values: Any, strict: bool = False) -> Any:
    """``zip``."""
    parts = [sequence_of(value) for value in values]
    if strict or not values or any(part is None for part in parts):
        return zip(*values, strict=strict)
    return Zipped(tuple(parts))


def make_reversed(values: Any) -> Any:
    """``reversed``."""
    if isinstance(values, range):
        return values[::-1]
    if not _is_own(values):
        return reversed(values)
    inner = sequence_of(values)
    if isinstance(inner, Rows):
        return Rows(inner.array, not inner.backwards)
    if isinstance(inner, Range) and abs(inner.count.step) == 1:
        return _turned(inner.count)
    return Reversed(inner)


def _turned(count: Count) -> Range:
    from defnhook.trace.runtime import subtract

    first, last = subtract(count.stop, count.step), subtract(count.start, count.step)
    return Range(Count(first, last, -count.step))
