"""Variables from outside a function: what a plan has to find unchanged, checked in a few steps on every call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from defnhook.dispatch.shortcut import identical
from defnhook.dispatch.signature import INT_LIMIT, describe
from defnhook.trace.context import Guard

Key = tuple[Any, ...]
Run = Callable[..., Any]
_CONSTANTS = (int, float, complex, bool, str, type(None))
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, ModuleType, type, np.ufunc, type(None), bool)


@dataclass(slots=True)
class Site:
    """Calls whose arguments have one key and that read variables from outside: those, and plans by their key.

    ``latest`` checks the variables itself and runs the plan of the latest call, or looks closer.
    """

    guards: list[Guard] = field(default_factory=list)
    plans: dict[Key, tuple[Run, Run]] = field(default_factory=dict)
    latest: Run | None = None

    def add(self, guards: Iterable[Guard]) -> None:
        """Look at these from now on."""
        known = {guard.key for guard in self.guards}
        self.guards += [guard for guard in guards if guard.key not in known]


def describe_guards(guards: Iterable[Guard], static: frozenset[str]) -> tuple[Key, list[Any]]:
    """The key and the values of variables from outside."""
    key: list[Any] = []
    leaves: list[Any] = []
    for guard in guards:
        describe(guard.read(), guard.name, key, leaves, static, guard.is_attribute)
    return tuple(key), leaves


def checked_run(plan: Run, count: int, guards: list[Guard], static: frozenset[str], miss: Run) -> Run:
    """``plan`` for calls with ``count`` arrays or floats, while variables from outside are what they are now.

    It reads each variable, and calls ``miss`` with the arguments where one has changed in more than its value.
    """
    arguments = ", ".join(f"a{number}" for number in range(count))
    surroundings: dict[str, Any] = {"plan": plan, "miss": miss, "array": np.ndarray}
    lines, passed = [], [arguments]
    for number, guard in enumerate(guards):
        name = f"v{number}"
        check, more = _check(name, guard, static, surroundings)
        lines += [
            f"{name} = {_read(number, guard, surroundings)}",
            f"if not ({check}): return miss({arguments})",
        ]
        passed += more
    body = "".join(f"    {line}\n" for line in [*lines, f"return plan({', '.join(passed)})"])
    exec(compile(f"def run({arguments}):\n{body}", "<defnhook>", "exec"), surroundings)
    run: Run = surroundings["run"]
    _shorten(run, plan, guards, static)
    return run


def _shorten(run: Run, plan: Run, guards: list[Guard], static: frozenset[str]) -> None:
    """Give a run the shortcut of its plan, where all variables are globals and no object among them can change."""
    shortcut, variables = getattr(plan, "shortcut", None), identical(guards)
    if shortcut is None or variables is None:
        return
    if all(isinstance(value, _BY_IDENTITY) or _is_constant(value) for _, _, value in variables):
        more = describe_guards(guards, static)[1]
        run.shortcut = lambda key: shortcut(key, variables, more)  # type: ignore[attr-defined]


def _read(number: int, guard: Guard, surroundings: dict[str, Any]) -> str:
    if isinstance(guard.place, dict) and guard.name in guard.place:
        surroundings[f"place_{number}"] = guard.place.get
        return f"place_{number}({guard.name!r})"
    surroundings[f"read_{number}"] = guard.read
    return f"read_{number}()"


def _check(
    name: str, guard: Guard, static: frozenset[str], surroundings: dict[str, Any]
) -> tuple[str, list[str]]:
    """A test that a variable has the key it has now, and the values that the plan takes of it."""
    value = guard.read()
    kind = type(value)
    key, leaves = describe_guards([guard], static)
    surroundings[f"kind_{name}"], surroundings[f"key_{name}"] = kind, key
    if isinstance(value, _BY_IDENTITY):
        surroundings[f"same_{name}"] = value
        return f"{name} is same_{name}", []
    if kind is str:
        surroundings[f"same_{name}"] = value
        return f"type({name}) is kind_{name} and {name} == same_{name}", []
    if kind is np.ndarray:
        return f"type({name}) is array and ({name}.dtype, {name}.shape, {name}.strides) == key_{name}[0]", [
            name
        ]
    if leaves and kind in (float, complex):
        return f"type({name}) is kind_{name}", [name]
    if leaves and kind is int:
        return f"type({name}) is kind_{name} and {-INT_LIMIT} <= {name} < {INT_LIMIT}", [name]
    surroundings[f"described_{name}"] = lambda: describe_guards([guard], static)
    told = f"described_{name}()"
    if _is_constant(value):
        surroundings |= {f"same_{name}": value, f"told_{name}": (key, leaves)}
        told = f"told_{name} if {name} is same_{name} else {told}"
    return f"({name} := {told})[0] == key_{name}", [f"*{name}[1]"] * bool(leaves)


def _is_constant(value: Any) -> bool:
    """Whether nothing inside a value can change, so that the same object says the same."""
    return type(value) in _CONSTANTS or (type(value) is tuple and all(map(_is_constant, value)))
