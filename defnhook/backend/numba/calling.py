"""Calls without the interpreter: a builtin function that checks arguments, makes results and runs one kernel.

It is generated for each :class:`Form` of call, and reads from an array of words what a call must be like: addresses,
extents, strides. A call that is not like it gives None, and nothing has happened. Objects of Python and NumPy are read
where their public headers put the fields; where a look at some says otherwise, there are no such functions.
"""

from __future__ import annotations

import ctypes
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import llvmlite.binding
import numpy as np

NUMBER: Final = -1
KIND, FLOAT_VALUE = 8, 16
DATA, NDIM, EXTENTS, STRIDES, DTYPE = 16, 24, 32, 40, 56
EMPTY, RETURN = 184, 76
FASTCALL: Final = 0x80
FINE: Final = (0, -2)

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


class Form(NamedTuple):
    """What the code of a call depends on.

    ``parameters`` are dimensions, or ``NUMBER`` for floats; ``result`` is a structure of tuples of the numbers of
    arrays made, those in ``scalars`` as NumPy's scalars; ``guards`` is how many variables from outside are looked at;
    ``releases`` tells whether other Python threads run during the kernel.
    """

    parameters: tuple[int, ...]
    operands: tuple[Given | Made | Fixed, ...]
    made: tuple[int, ...]
    result: Result
    scalars: frozenset[int]
    guards: int
    releases: bool


def argument_types(operand: Given | Made | Fixed) -> list[str]:
    """What an operand is to LLVM: an array is its owners, size, item size, data, extents and strides."""
    if operand.ndim == NUMBER and not isinstance(operand, Made):
        return [operand.kind]
    return ["ptr", "ptr", "i64", "i64", "ptr", *["i64"] * (2 * operand.ndim)]


def words(form: Form) -> list[tuple[Any, ...]]:
    """What each word of a call's array stands for, from the first: the number of calls, then what it reads."""
    places: list[tuple[Any, ...]] = [("calls",), ("kernel",)]
    for number, ndim in enumerate(form.parameters):
        if ndim != NUMBER:
            places += [("dtype", number), *_axes("extent", number, ndim), *_axes("stride", number, ndim)]
    for number in range(form.guards):
        places += [("variables", number), ("name", number), ("value", number)]
    for number, ndim in enumerate(form.made):
        places += [("made dtype", number), *_axes("made extent", number, ndim)]
    for number, operand in enumerate(form.operands):
        if operand.ndim == NUMBER:
            places += [("number", number)] * isinstance(operand, Fixed)
            continue
        places += [("size", number), ("item size", number)]
        places += [("data", number)] * isinstance(operand, Fixed)
        places += [*_axes("shape", number, operand.ndim), *_axes("step", number, operand.ndim)]
    return places


def _axes(what: str, number: int, ndim: int) -> Iterator[tuple[str, int, int]]:
    return ((what, number, axis) for axis in range(ndim))


class _Text:
    """LLVM in the making: every line that gives a value has a fresh name."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.lines: list[str] = []
        self.places = {place: number for number, place in enumerate(words(form))}
        self.count = 0

    def name(self, stem: str = "v") -> str:
        self.count += 1
        return f"%{stem}{self.count}"

    def act(self, line: str) -> None:
        self.lines.append(f"  {line}")

    def value(self, operation: str) -> str:
        name = self.name()
        self.act(f"{name} = {operation}")
        return name

    def load(self, pointer: str, offset: int, kind: str = "i64") -> str:
        place = self.value(f"getelementptr i8, ptr {pointer}, i64 {offset}")
        return self.value(f"load {kind}, ptr {place}")

    def word(self, *place: Any, kind: str = "i64") -> str:
        return self.load("%words", 8 * self.places[place], kind)

    def expect(self, a: str, b: str, kind: str = "i64") -> None:
        """Go on where two values are equal."""
        same, label = self.value(f"icmp eq {kind} {a}, {b}"), self.name("on")
        self.act(f"br i1 {same}, label {label}, label %miss")
        self.label(label)

    def label(self, label: str) -> None:
        self.lines.append(f"{label.removeprefix('%')}:")

    def call(self, result: str, function: int, *arguments: str) -> str:
        """A call of a function at an address that stays where it is."""
        call = f"call {result} inttoptr (i64 {function} to ptr)({', '.join(arguments)})"
        if result == "void":
            self.act(call)
            return ""
        return self.value(call)


def generated(form: Form, name: str) -> str:
    """The text of a function for ``METH_FASTCALL``, whose object is the array of words."""
    text = _Text(form)
    text.act(f"%words = {_load_words(text)}")
    text.expect("%given", str(len(form.parameters)))
    values = [_checked(text, number, ndim) for number, ndim in enumerate(form.parameters)]
    for number in range(form.guards):
        place, variable = (f"ptr {text.word(what, number, kind='ptr')}" for what in ("variables", "name"))
        found = text.call("ptr", _python("PyDict_GetItem"), place, variable)
        text.expect(found, text.word("value", number, kind="ptr"), "ptr")
    calls = text.value(f"add i64 {text.word('calls')}, 1")
    text.act(f"store i64 {calls}, ptr %words")
    made = _made(text)
    _run(text, values, made)
    kept = set(_numbers(form.result))
    _drop(text, [array for number, array in enumerate(made) if number not in kept])
    text.act(f"ret ptr {_result(text, form.result, made)}")
    text.label("miss")
    text.call("void", _python("Py_IncRef"), f"ptr {_object(None)}")
    text.act(f"ret ptr {_object(None)}")
    head = [f"define ptr @{name}(ptr %self, ptr %arguments, i64 %given) {{", "entry:"]
    head += ["  %result = alloca ptr", "  %error = alloca ptr"]
    return "\n".join([*head, *text.lines, "}", ""])


def _object(value: object) -> str:
    """An object that lives as long as the process."""
    return f"inttoptr (i64 {id(value)} to ptr)"


def _load_words(text: _Text) -> str:
    place = text.value(f"getelementptr i8, ptr %self, i64 {DATA}")
    return f"load ptr, ptr {place}"


def _checked(text: _Text, number: int, ndim: int) -> str:
    """The data of an array, or the value of a float, that is as the words say."""
    value = text.load("%arguments", 8 * number, "ptr")
    kind = text.load(value, KIND, "ptr")
    if ndim == NUMBER:
        text.expect(kind, _object(float), "ptr")
        return text.load(value, FLOAT_VALUE, "double")
    text.expect(kind, _object(np.ndarray), "ptr")
    text.expect(text.load(value, NDIM, "i32"), str(ndim), "i32")
    other = text.value(f"xor i64 {text.load(value, DTYPE)}, {text.word('dtype', number)}")
    for what, field in (("extent", EXTENTS), ("stride", STRIDES)):
        numbers = text.load(value, field, "ptr") if ndim else ""
        for axis in range(ndim):
            differs = text.value(f"xor i64 {text.load(numbers, 8 * axis)}, {text.word(what, number, axis)}")
            other = text.value(f"or i64 {other}, {differs}")
    text.expect(other, "0")
    return text.load(value, DATA, "ptr")


def _made(text: _Text) -> list[str]:
    """New arrays for results; where memory is short, none, and NumPy's error."""
    made: list[str] = []
    for number, ndim in enumerate(text.form.made):
        dtype = text.word("made dtype", number, kind="ptr")
        text.call("void", _python("Py_IncRef"), f"ptr {dtype}")
        extents = text.value(f"getelementptr i64, ptr %words, i64 {text.places['made dtype', number] + 1}")
        array = text.call("ptr", _numpy(EMPTY), f"i32 {ndim}", f"ptr {extents}", f"ptr {dtype}", "i32 0")
        failed, on, out = text.value(f"icmp eq ptr {array}, null"), text.name("on"), text.name("out")
        text.act(f"br i1 {failed}, label {out}, label {on}")
        text.label(out)
        _drop(text, made)
        text.act("ret ptr null")
        text.label(on)
        made.append(array)
    return made


def _drop(text: _Text, objects: Iterable[str]) -> None:
    for each in objects:
        text.call("void", _python("Py_DecRef"), f"ptr {each}")


def _run(text: _Text, values: Sequence[str], made: Sequence[str]) -> None:
    """Run the kernel; one that fails is run again, by who knows how to tell its error."""
    passed = ["ptr %result", "ptr %error"]
    for number, operand in enumerate(text.form.operands):
        passed += _passed(text, number, operand, values, made)
    kernel = text.word("kernel", kind="ptr")
    state = text.call("ptr", _python("PyEval_SaveThread")) if text.form.releases else ""
    code = text.value(f"call i32 {kernel}({', '.join(passed)})")
    if state:
        text.call("void", _python("PyEval_RestoreThread"), f"ptr {state}")
    good = [text.value(f"icmp eq i32 {code}, {known}") for known in FINE]
    fine, on, out = text.value(f"or i1 {', '.join(good)}"), text.name("on"), text.name("out")
    text.act(f"br i1 {fine}, label {on}, label {out}")
    text.label(out)
    _drop(text, made)
    text.act("br label %miss")
    text.label(on)


def _passed(
    text: _Text, number: int, operand: Given | Made | Fixed, values: Sequence[str], made: Sequence[str]
) -> list[str]:
    if operand.ndim == NUMBER and not isinstance(operand, Made):
        wide = "i64" if operand.kind == "i64" else "double"
        value = (
            text.word("number", number, kind=wide) if isinstance(operand, Fixed) else values[operand.place]
        )
        if operand.kind == "float":
            value = text.value(f"fptrunc double {value} to float")
        return [f"{operand.kind} {value}"]
    if isinstance(operand, Fixed):
        data = text.word("data", number, kind="ptr")
    elif isinstance(operand, Given):
        data = values[operand.place]
    else:
        data = text.load(made[operand.place], DATA, "ptr")
    axes = [*_axes("shape", number, operand.ndim), *_axes("step", number, operand.ndim)]
    numbers = [f"i64 {text.word(*place)}" for place in [("size", number), ("item size", number), *axes]]
    return ["ptr null", "ptr null", *numbers[:2], f"ptr {data}", *numbers[2:]]


def _numbers(result: Result) -> Iterator[int]:
    if isinstance(result, int):
        yield result
        return
    for part in result:
        yield from _numbers(part)


def _result(text: _Text, result: Result, made: Sequence[str]) -> str:
    if isinstance(result, int):
        array = made[result]
        return text.call("ptr", _numpy(RETURN), f"ptr {array}") if result in text.form.scalars else array
    parts = [_result(text, part, made) for part in result]
    whole = text.call("ptr", _python("PyTuple_New"), f"i64 {len(parts)}")
    for place, part in enumerate(parts):
        text.call("i32", _python("PyTuple_SetItem"), f"ptr {whole}", f"i64 {place}", f"ptr {part}")
    return whole


# -- where functions and fields are


@cache
def _python(name: str) -> int:
    """The address of a function of Python."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


@cache
def _numpy(number: int) -> int:
    """The address of a function of NumPy, by its place in the table that extensions import."""
    capsule = np._core._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    address = pointer(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, None)
    table = ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))
    return table[number] or 0


@cache
def is_possible() -> bool:
    """Whether objects look here as this module reads them."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    array = np.empty((2, 3), np.float32)[:, ::2]
    looks = [
        (object.__basicsize__, 16),
        (_read(array, KIND), id(np.ndarray)),
        (_read(array, DATA), array.ctypes.data),
        (_read(array, NDIM) & 0xFFFFFFFF, array.ndim),
        (_read(array, DTYPE), id(array.dtype)),
        (ctypes.c_double.from_address(id(0.1) + FLOAT_VALUE).value, 0.1),
    ]
    if any(seen != known for seen, known in looks):
        return False
    pairs = [
        (_read(array, place) + 8 * axis, numbers[axis])
        for place, numbers in ((EXTENTS, array.shape), (STRIDES, array.strides))
        for axis in range(2)
    ]
    return all(ctypes.c_int64.from_address(place).value == known for place, known in pairs)


def _read(value: Any, offset: int) -> int:
    return ctypes.c_uint64.from_address(id(value) + offset).value


# -- functions


class _Method(ctypes.Structure):
    """``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


_NUMBERS = itertools.count()


@cache
def _method(form: Form) -> tuple[_Method, Any]:
    """The definition of the builtin for a form, and the library it lives in."""
    name = f"defnhook_call_{next(_NUMBERS)}"
    module = llvmlite.binding.parse_assembly(generated(form, name))
    module.verify()
    machine = llvmlite.binding.Target.from_default_triple().create_target_machine(opt=0, jit=True)
    engine = llvmlite.binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return _Method(b"call", engine.get_function_address(name), FASTCALL, None), engine


def call(form: Form, numbers: np.ndarray[Any, Any], held: tuple[Any, ...]) -> Any:
    """A builtin function that makes calls of a form.

    Parameters
    ----------
    numbers
        A value for each of :func:`words`.
    held
        The objects whose addresses they are.
    """
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    make = kind(("PyCFunction_NewEx", ctypes.pythonapi))
    return make(ctypes.addressof(_method(form)[0]), numbers, held)
