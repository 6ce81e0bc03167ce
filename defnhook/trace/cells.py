"""The variables that the regions of a rewritten function share: cells, read, set and put back."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CellType, CodeType
from typing import Any

from defnhook.trace.structure import children

Body = Callable[..., Any] | None


class Undefined:
    """What a variable holds that has no value yet, or none that the rest of the program can use."""

    __slots__ = ("label", "reason")

    def __init__(self, label: str, reason: BaseException | None = None) -> None:
        self.label = label
        self.reason = reason

    def error(self) -> BaseException:
        """What reading the variable raises."""
        return self.reason or UnboundLocalError(
            f"cannot access local variable '{self.label}' where it is not associated with a value"
        )


def undefined(label: str) -> Any:
    """What a variable holds before its first assignment."""
    return Undefined(label)


def bound(value: Any) -> Any:
    """The value of a variable that may have none."""
    if isinstance(value, Undefined):
        raise value.error()
    return value


@lru_cache(maxsize=4096)
def _stored(code: CodeType) -> frozenset[str]:
    """The closure variables that a function or those nested in it assign."""
    found = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars
    }
    for inner in _nested(code):
        found |= _stored(inner) & set(code.co_freevars)
    return frozenset(found)


def _nested(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


Cells = dict[str, CellType]


def closure(function: Body) -> Cells:
    """The cells of a function by name."""
    code = getattr(function, "__code__", None)
    return dict(zip(code.co_freevars, function.__closure__ or (), strict=True)) if code and function else {}


@dataclass(frozen=True, slots=True)
class Steps:
    """Statements that are run by something that is no part of the program itself; ``bodies`` are the parts it runs."""

    run: Callable[[], Any]
    bodies: tuple[Body, ...]

    def __call__(self) -> Any:
        return self.run()


def _bodies(functions: tuple[Body, ...]) -> Iterator[Body]:
    for function in functions:
        yield from function.bodies if isinstance(function, Steps) else (function,)


def assigned(*functions: Body) -> Cells:
    """The variables that functions assign for those around them."""
    found: Cells = {}
    for function in _bodies(functions):
        code = getattr(function, "__code__", None)
        names = frozenset() if code is None else _stored(code)
        found.update((name, cell) for name, cell in closure(function).items() if name in names)
    return found


def contents(cells: Cells) -> dict[str, Any]:
    """What variables hold now."""
    return {name: _content(name, cell) for name, cell in cells.items()}


def _content(name: str, cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return Undefined(name)


def restore(cells: Cells, values: dict[str, Any]) -> None:
    """Let variables hold what they held."""
    for name, cell in cells.items():
        cell.cell_contents = values[name]


def containers(*functions: Body) -> frozenset[int]:
    """The identities of all containers that functions can reach through their variables."""
    found: set[int] = set()
    pending = [value for function in _bodies(functions) for value in contents(closure(function)).values()]
    while pending:
        value = pending.pop()
        parts = children(value)
        if parts is not None and id(value) not in found:
            found.add(id(value))
            pending += [item for _, item in parts]
    return frozenset(found)


def first_line(function: Body) -> int | None:
    """The line of the user's file on which the body of a function begins."""
    code = getattr(next(_bodies((function,))), "__code__", None)
    if code is None:
        return None
    begin: int = code.co_firstlineno
    return min((line for _, _, line in code.co_lines() if line and line > begin), default=begin)
