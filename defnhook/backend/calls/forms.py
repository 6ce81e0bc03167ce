"""What a call is like: its form, and the words that hold its particulars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

NUMBER: Final = -1

Result = int | tuple[Any, ...]


class Given(NamedTuple):
    """An argument of the kernel: a parameter, of so many dimensions, or a number that it takes in an LLVM type."""

    place: int
    ndim: int
    kind: str = ""


class Made(NamedTuple):
    """An argument of the kernel: an array made for it."""

    place: int
    ndim: int


class Fixed(NamedTuple):
    """An argument of the kernel: the same array, or the same number of an LLVM type, at every call."""

    ndim: int
    kind: str = ""


class Copied(NamedTuple):
    """An argument of a kernel that a team shares: its own copy of the table, of one dimension."""

    ndim: int = 1


Operand = Given | Made | Fixed | Copied


class Form(NamedTuple):
    """What the code of a call depends on.

    ``parameters`` are dimensions, or ``NUMBER`` for floats; ``result`` is a structure of tuples of the numbers of
    arrays made, those in ``scalars`` as NumPy's scalars; ``guards`` is how many variables from outside are looked at;
    ``releases`` tells whether other Python threads run during the kernel; ``reused`` are the arrays made by a function
    that knows old ones; ``team`` tells whether threads that linger may help.
    """

    parameters: tuple[int, ...]
    operands: tuple[Operand, ...]
    made: tuple[int, ...]
    result: Result
    scalars: frozenset[int] = frozenset()
    guards: int = 0
    releases: bool = False
    reused: frozenset[int] = frozenset()
    team: bool = False


def argument_types(operand: Operand) -> list[str]:
    """What an operand is to LLVM: an array is its owners, size, item size, data, extents and strides."""
    if isinstance(operand, Given | Fixed) and operand.ndim == NUMBER:
        return [operand.kind]
    return ["ptr", "ptr", "i64", "i64", "ptr", *["i64"] * (2 * operand.ndim)]


def words(form: Form) -> list[tuple[Any, ...]]:
    """What each word of a call's array stands for, from the first: the number of calls, then what it reads."""
    places: list[tuple[Any, ...]] = [("calls",), ("kernel",)]
    for number, ndim in enumerate(form.parameters):
        if ndim != NUMBER:
            places += [("dtype", number), *axes("extent", number, ndim), *axes("stride", number, ndim)]
    for number in range(form.guards):
        places += [("variables", number), ("name", number), ("value", number)]
    for number, ndim in enumerate(form.made):
        places += [("made dtype", number), *axes("made extent", number, ndim)]
        places += [("maker", number), ("made shape", number)] * (number in form.reused)
    for number, operand in enumerate(form.operands):
        if operand.ndim == NUMBER:
            places += [("number", number)] * isinstance(operand, Fixed)
            continue
        places += [("size", number), ("item size", number)]
        places += [("data", number)] * isinstance(operand, Fixed | Copied)
        places += [*axes("shape", number, operand.ndim), *axes("step", number, operand.ndim)]
    return places + [("post",), ("state",), ("phases",)] * form.team


def axes(what: str, number: int, ndim: int) -> Iterator[tuple[str, int, int]]:
    return ((what, number, axis) for axis in range(ndim))
