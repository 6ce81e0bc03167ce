"""Shortcuts past the interpreter, for plans whose text is arrays made, one kernel, and what is given back.

The second call of such a plan with arguments of one kind makes a builtin function, which the function that the user
holds asks first from then on. It gives None where a call is another one.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from defnhook.backend.posting import POST
from defnhook.dispatch import store
from defnhook.dispatch.statistics import register_counter
from defnhook.trace.context import Guard

Key = tuple[Any, ...]
Variable = tuple[dict[str, Any], str, Any]
RESULT_AND_ERROR, ROLE_STATE_AND_COUNT = 2, ("i64", "i64", "i64")
MOST_COPIED = 4096
NUMBERS = {float: ("double", "float"), int: ("i64",)}


class Unfit(Exception):
    """The plan's text has something that only the interpreter does."""


class Shortcut:
    """The builtin of a plan for each key it is called with.

    Attributes
    ----------
    source, namespace
        The text of the plan, and the constants in it.
    kernel
        The kernel that was loaded for it.
    brief
        Whether it ends so soon that other Python threads may wait for it.
    """

    __slots__ = ("_made", "brief", "kernel", "namespace", "source")

    def __init__(self, source: str, namespace: dict[str, Any], kernel: Any, brief: bool) -> None:
        self.source = source
        self.namespace = namespace
        self.kernel = kernel
        self.brief = brief
        self._made: tuple[Any, Any] = (None, None)

    def __call__(self, key: Key, variables: Sequence[Variable] = (), more: Sequence[Any] = ()) -> Any:
        """The builtin for arrays and floats of a key, or None.

        Parameters
        ----------
        variables
            What names outside the function have to stand for, by identity.
        more
            Their values, where the plan takes them behind the arguments.
        """
        wanted = (key, [(id(place), name, id(value)) for place, name, value in variables])
        known, made = self._made
        if known != wanted:
            try:
                made = self._function(key, variables, more)
            except Unfit:
                made = None
            self._made = wanted, made
        return made

    def _function(self, key: Key, variables: Sequence[Variable], more: Sequence[Any]) -> Any:
        calling = store.calling()
        if calling is None or self.kernel is None:
            raise Unfit
        call = _Call(calling, self.source, self.namespace, [*map(_example, key), *more], len(key))
        form = call.form(self.kernel.compiled.arguments, len(variables), not self.brief)
        values = call.values | {("kernel",): self.kernel.compiled.address, ("calls",): 0}
        for number, (place, name, value) in enumerate(variables):
            values[("variables", number)] = id(place)
            values[("name", number)] = id(name)
            values[("value", number)] = id(value)
        numbers = np.array([_word(values[place]) for place in calling.words(form)], np.uint64)
        register_counter("native_calls", lambda: int(numbers[0]))
        return calling.call(form, numbers, (*call.held, *variables, self.kernel))


def identical(guards: Iterable[Guard]) -> list[Variable] | None:
    """What global variables stand for, if each is found in a dictionary."""
    found = []
    for guard in guards:
        if type(guard.place) is not dict or guard.name not in guard.place:
            return None
        found.append((guard.place, guard.name, guard.place[guard.name]))
    return found


def _word(value: Any) -> int:
    return int(np.array(value, np.float64 if isinstance(value, float) else np.int64).view(np.uint64))


def _example(part: Any) -> Any:
    """A value of one part of a key; nobody reads its elements."""
    if part is float:
        return 0.0
    if type(part) is not tuple:
        raise Unfit
    dtype, shape, strides = part
    if dtype.hasobject or not dtype.isnative:
        raise Unfit
    return as_strided(np.empty(1, dtype), shape, strides)


class _Call:
    """Reads the text of a plan."""

    def __init__(
        self, calling: Any, source: str, namespace: dict[str, Any], examples: list[Any], count: int
    ) -> None:
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
        self.calling = calling
        self.namespace = namespace
        self.examples = dict(zip((a.arg for a in function.args.args), examples, strict=True))
        self.parameters = dict(itertools.islice(self.examples.items(), count))
        self.places = {name: place for place, name in enumerate(self.parameters)}
        self.known: dict[str, Any] = {**namespace, **self.examples}
        self.made: dict[str, int] = {}
        self.renamed: dict[str, ast.expr] = {}
        self.extents: list[tuple[int, ...]] = []
        self.scalars: set[int] = set()
        self.reused: set[int] = set()
        self.team: Any = None
        self.returned: set[int] = set()
        self.values: dict[tuple[Any, ...], Any] = {}
        self.held: list[Any] = []
        self.arguments: list[ast.expr] | None = None
        self.result: ast.expr | None = None
        for number, example in enumerate(self.parameters.values()):
            self._parameter(number, example)
        for statement in function.body:
            self._statement(statement)

    def _parameter(self, number: int, example: Any) -> None:
        if type(example) is float:
            return
        self.values[("dtype", number)] = self._address(example.dtype)
        self._axes("extent", number, example.shape)
        self._axes("stride", number, example.strides)

    def _axes(self, what: str, number: int, numbers: Sequence[int]) -> None:
        self.values |= {(what, number, axis): value for axis, value in enumerate(numbers)}

    def _address(self, value: Any) -> int:
        self.held.append(value)
        return id(value)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(ast.Call(ast.Name("count_call"), [])):
                pass
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("empty"), [shape, dtype])):
                self._make(name, self._value(shape), self._value(dtype))
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("reused"), [shape, dtype])):
                self._make(name, self._value(shape), self._value(dtype))
                self._reuse(self.made[name], self._value(shape))
            case ast.Expr(ast.Call(ast.Name(name), arguments)) if name.startswith("kernel_"):
                self._run(arguments)
            case ast.Expr(ast.Call(ast.Name(name), [_, ast.Tuple(arguments), phases])) if name.startswith(
                "threads_"
            ):
                self._run(arguments)
                self.team = self._value(phases)
            case ast.Assign([ast.Name(name)], value):
                self.renamed[name] = value
            case ast.Return(value) if value is not None:
                self.result = value
            case _:
                raise Unfit

    def _run(self, arguments: list[ast.expr]) -> None:
        if self.arguments is not None:
            raise Unfit
        self.arguments = arguments

    def _reuse(self, number: int, shape: Any) -> None:
        self.reused.add(number)
        self.values[("maker", number)] = self._address(self.namespace["reused"])
        self.values[("made shape", number)] = self._address(shape)

    def _make(self, name: str, shape: Any, dtype: np.dtype[Any]) -> None:
        number = self.made[name] = len(self.made)
        extents = shape if isinstance(shape, tuple) else (shape,)
        self.extents.append(extents)
        self.values[("made dtype", number)] = self._address(dtype)
        self._axes("made extent", number, extents)
        self.known[name] = np.empty(extents, dtype)

    def _value(self, expression: ast.expr) -> Any:
        """What an expression of the text is for the examples."""
        return eval(compile(ast.Expression(expression), "<plan>", "eval"), {**self.known})

    def form(self, types: tuple[str, ...], guards: int, releases: bool) -> Any:
        """What the code of the call depends on."""
        if self.arguments is None or self.result is None:
            raise Unfit
        operands, place = [], RESULT_AND_ERROR
        for number, argument in enumerate(self.arguments):
            operand = self._operand(number, argument, types[place])
            kinds = self.calling.argument_types(operand)
            if tuple(kinds) != types[place : place + len(kinds)]:
                raise Unfit
            operands.append(operand)
            place += len(kinds)
        if types[place:] != (() if self.team is None else ROLE_STATE_AND_COUNT):
            raise Unfit
        parameters = [
            self.calling.NUMBER if type(example) is float else example.ndim
            for example in self.parameters.values()
        ]
        result = self._result(self.result)
        made = tuple(map(len, self.extents))
        return self.calling.Form(
            tuple(parameters), tuple(operands), made, result, frozenset(self.scalars), guards, releases,
            frozenset(self.reused), self.team is not None,
        )  # fmt: skip

    def _operand(self, number: int, argument: ast.expr, kind: str) -> Any:
        match argument:
            case ast.Call(ast.Attribute(ast.Name(name), "copy"), []) if isinstance(
                self.known.get(name), np.ndarray
            ):
                return self._copied(number, self.known[name])
        names = {part.id for part in ast.walk(argument) if isinstance(part, ast.Name)}
        if not names <= self.known.keys():
            raise Unfit
        value = self._value(argument)
        name = next((name for name in names if not isinstance(self.known[name], np.dtype)), "")
        if isinstance(value, np.ndarray):
            return self._array(number, name, value)
        if kind not in NUMBERS.get(type(value), ()):
            raise Unfit
        if isinstance(argument, ast.Name) and name in self.places:
            return self.calling.Given(self.places[name], self.calling.NUMBER, kind)
        self.values[("number", number)] = value
        return self.calling.Fixed(self.calling.NUMBER, kind)

    def _copied(self, number: int, table: np.ndarray[Any, Any]) -> Any:
        """The table of a kernel that a team shares."""
        if table.size > MOST_COPIED:
            raise Unfit
        place = len(table) - 4 * len(self.team) - 2
        self.values |= {("post",): POST.ctypes.data, ("state",): place, ("phases",): len(self.team)}
        self._lies(number, table)
        self.values[("data", number)] = table.ctypes.data
        self.held.append(table)
        return self.calling.Copied()

    def _lies(self, number: int, value: np.ndarray[Any, Any]) -> None:
        """Say how an operand lies in memory."""
        self.values[("size", number)] = value.size
        self.values[("item size", number)] = value.itemsize
        self._axes("shape", number, value.shape)
        self._axes("step", number, value.strides)

    def _array(self, number: int, name: str, value: np.ndarray[Any, Any]) -> Any:
        self._lies(number, value)
        if name in self.made:
            return self.calling.Made(self.made[name], value.ndim)
        if value.ctypes.data != self.known[name].ctypes.data:
            raise Unfit
        if name in self.places:
            return self.calling.Given(self.places[name], value.ndim)
        self.held.append(value)
        self.values[("data", number)] = value.ctypes.data
        return self.calling.Fixed(value.ndim)

    def _result(self, expression: ast.expr) -> Any:
        match expression:
            case ast.Name(name) if name in self.renamed:
                return self._result(self.renamed[name])
            case ast.Name(name) if name in self.made:
                return self._given_back(name)
            case ast.Subscript(ast.Name(name), ast.Tuple([])) if name in self.made:
                self.scalars.add(self.made[name])
                return self._given_back(name)
            case ast.Tuple(parts):
                return tuple(map(self._result, parts))
        raise Unfit

    def _given_back(self, name: str) -> int:
        """The number of an array that the caller gets, which can be once."""
        number = self.made[name]
        if number in self.returned:
            raise Unfit
        self.returned.add(number)
        return number
