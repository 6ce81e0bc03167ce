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

from defnhook.backend.posting import (
    AWAKE,
    BUSY,
    DECLARATION,
    DONE,
    FORBIDDEN,
    JOB,
    MEMBER_BITS,
    OPEN,
    PAUSE,
    TURN,
    WITHOUT,
    WORK,
)  # fmt: skip

NUMBER: Final = -1
KIND, FLOAT_VALUE = 8, 16
DATA, NDIM, EXTENTS, STRIDES, DTYPE = 16, 24, 32, 40, 56
EMPTY, RETURN = 184, 76
FASTCALL: Final = 0x80
FINE: Final = (0, -2)
LEADS, HELPS = -2, -3
PATIENCE, MOST_SPINS = 256, 20_000
MEMCPY: Final = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1 immarg)"

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
            places += [("dtype", number), *_axes("extent", number, ndim), *_axes("stride", number, ndim)]
    for number in range(form.guards):
        places += [("variables", number), ("name", number), ("value", number)]
    for number, ndim in enumerate(form.made):
        places += [("made dtype", number), *_axes("made extent", number, ndim)]
        places += [("maker", number), ("made shape", number)] * (number in form.reused)
    for number, operand in enumerate(form.operands):
        if operand.ndim == NUMBER:
            places += [("number", number)] * isinstance(operand, Fixed)
            continue
        places += [("size", number), ("item size", number)]
        places += [("data", number)] * isinstance(operand, Fixed | Copied)
        places += [*_axes("shape", number, operand.ndim), *_axes("step", number, operand.ndim)]
    return places + [("post",), ("state",), ("phases",)] * form.team


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
    if form.team:
        _expect_team(text)
    made = _made(text)
    job = _job(text, values, made)
    if form.team:
        _run_with_team(text, name, job, made)
    else:
        _run(text, name, job, made)
    calls = text.value(f"add i64 {text.word('calls')}, 1")
    text.act(f"store i64 {calls}, ptr %words")
    kept = set(_numbers(form.result))
    _drop(text, [array for number, array in enumerate(made) if number not in kept])
    text.act(f"ret ptr {_result(text, form.result, made)}")
    text.label("miss")
    text.call("void", _python("Py_IncRef"), f"ptr {_object(None)}")
    text.act(f"ret ptr {_object(None)}")
    head = f"define ptr @{name}(ptr %self, ptr %arguments, i64 %given) {{"
    parts = [DECLARATION, MEMCPY, _help(form, name)] if form.team else []
    return "\n".join([*parts, _work(form, name), head, "entry:", *text.lines, "}", ""])


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


def _new(text: _Text, number: int, ndim: int, dtype: str) -> str:
    text.call("void", _python("Py_IncRef"), f"ptr {dtype}")
    extents = text.value(f"getelementptr i64, ptr %words, i64 {text.places['made dtype', number] + 1}")
    return text.call("ptr", _numpy(EMPTY), f"i32 {ndim}", f"ptr {extents}", f"ptr {dtype}", "i32 0")


def _reused(text: _Text, number: int, dtype: str) -> str:
    """An array from a function of Python that is called with shape and dtype."""
    pair = text.value("alloca [2 x ptr]")
    text.act(f"store ptr {text.word('made shape', number, kind='ptr')}, ptr {pair}")
    second = text.value(f"getelementptr ptr, ptr {pair}, i64 1")
    text.act(f"store ptr {dtype}, ptr {second}")
    maker = text.word("maker", number, kind="ptr")
    return text.call(
        "ptr", _python("PyObject_Vectorcall"), f"ptr {maker}", f"ptr {pair}", "i64 2", "ptr null"
    )


def _drop(text: _Text, objects: Iterable[str]) -> None:
    for each in objects:
        text.call("void", _python("Py_DecRef"), f"ptr {each}")


# -- the kernel


def _job(text: _Text, values: Sequence[str], made: Sequence[str]) -> str:
    """What the kernel takes that is another at every call, behind the words: a cell for each operand, and an error."""
    count = len(text.form.operands) + 2
    job = text.value(f"alloca [{count} x i64]")
    text.act(f"store ptr %words, ptr {job}")
    for number, operand in enumerate(text.form.operands):
        if isinstance(operand, Fixed):
            continue
        kind = "double" if operand.ndim == NUMBER else "ptr"
        if isinstance(operand, Given):
            value = values[operand.place]
        elif isinstance(operand, Made):
            value = text.load(made[operand.place], DATA, "ptr")
        else:
            value = _copy(text, number)
        text.act(f"store {kind} {value}, ptr {_cell(text, job, number + 1)}")
    text.act(f"store i64 0, ptr {_cell(text, job, count - 1)}")
    return job


def _cell(text: _Text, job: str, number: int) -> str:
    return text.value(f"getelementptr i64, ptr {job}, i64 {number}")


def _copy(text: _Text, number: int) -> str:
    size = text.word("size", number)
    copy = text.value(f"alloca i64, i64 {size}, align 64")
    length, source = text.value(f"mul i64 {size}, 8"), text.word("data", number, kind="ptr")
    text.act(f"call void @llvm.memcpy.p0.p0.i64(ptr {copy}, ptr {source}, i64 {length}, i1 false)")
    return copy


def _work(form: Form, name: str) -> str:
    """The function that calls the kernel for a job; in a team, in a role."""
    text = _Text(form)
    text.act("%result = alloca ptr")
    text.act("%error = alloca ptr")
    text.act("store ptr null, ptr %result")
    text.act("%words = load ptr, ptr %job")
    passed = ["ptr %result", "ptr %error"]
    for number, operand in enumerate(form.operands):
        passed += _passed(text, number, operand)
    if form.team:
        passed += ["i64 %role", f"i64 {text.word('state')}", f"i64 {text.word('phases')}"]
    code = text.value(f"call i32 {text.word('kernel', kind='ptr')}({', '.join(passed)})")
    fine = text.value("or i1 " + ", ".join(text.value(f"icmp eq i32 {code}, {known}") for known in FINE))
    text.act(f"ret i1 {fine}")
    return "\n".join([f"define internal i1 @{name}_work(ptr %job, i64 %role) {{", "entry:", *text.lines, "}"])


def _passed(text: _Text, number: int, operand: Operand) -> list[str]:
    if isinstance(operand, Given | Fixed) and operand.ndim == NUMBER:
        wide = "i64" if operand.kind == "i64" else "double"
        if isinstance(operand, Fixed):
            value = text.word("number", number, kind=wide)
        else:
            value = text.load("%job", 8 * (number + 1), wide)
        if operand.kind == "float":
            value = text.value(f"fptrunc double {value} to float")
        return [f"{operand.kind} {value}"]
    if isinstance(operand, Fixed):
        data = text.word("data", number, kind="ptr")
    else:
        data = text.load("%job", 8 * (number + 1), "ptr")
    axes = [*_axes("shape", number, operand.ndim), *_axes("step", number, operand.ndim)]
    numbers = [f"i64 {text.word(*place)}" for place in [("size", number), ("item size", number), *axes]]
    return ["ptr null", "ptr null", *numbers[:2], f"ptr {data}", *numbers[2:]]


def _run(text: _Text, name: str, job: str, made: Sequence[str]) -> None:
    """Run the kernel; one that fails is run again, by who knows how to tell its error."""
    state = text.call("ptr", _python("PyEval_SaveThread")) if text.form.releases else ""
    fine = text.value(f"call i1 @{name}_work(ptr {job}, i64 0)")
    if state:
        text.call("void", _python("PyEval_RestoreThread"), f"ptr {state}")
    _go_on_if(text, fine, made)


def _go_on_if(text: _Text, fine: str, made: Sequence[str]) -> None:
    """Go on if a kernel is fine; otherwise it is as if there had been no call."""
    on, out = text.name("on"), text.name("out")
    text.act(f"br i1 {fine}, label {on}, label {out}")
    text.label(out)
    _drop(text, made)
    text.act("br label %miss")
    text.label(on)


# -- a team


def _post(text: _Text, place: int) -> str:
    return text.value(f"getelementptr i64, ptr {text.word('post', kind='ptr')}, i64 {place}")


def _expect_team(text: _Text) -> None:
    """Go on where somebody lingers to help and no other call has posted."""
    forbidden, busy, awake = (
        text.value(f"load i64, ptr {_post(text, place)}") for place in (FORBIDDEN, BUSY, AWAKE)
    )
    text.expect(text.value(f"or i64 {forbidden}, {busy}"), "0")
    without, lingers, on, wait = (
        _post(text, WITHOUT),
        text.name("lingers"),
        text.name("on"),
        text.name("wait"),
    )
    text.act(f"{lingers} = icmp ne i64 {awake}, 0")
    text.act(f"br i1 {lingers}, label {on}, label %miss")
    text.label(on)
    calls, together = text.value(f"load i64, ptr {without}"), text.name("on")
    now = text.value(f"icmp eq i64 {calls}, 0")
    text.act(f"br i1 {now}, label {together}, label {wait}")
    text.label(wait)
    text.act(f"store i64 {text.value(f'sub i64 {calls}, 1')}, ptr {without}")
    text.act("br label %miss")
    text.label(together)


def _run_with_team(text: _Text, name: str, job: str, made: Sequence[str]) -> None:
    """Post the job, work until all of it is done, and wait for those who have joined.

    Who has to wait long sleeps, and has the next calls go the long way, where it is measured which way is the faster.
    """
    busy = _post(text, BUSY)
    _go_on_if(text, text.value(f"icmp eq i64 {text.value(f'load i64, ptr {busy}')}, 0"), made)
    text.act(f"store i64 1, ptr {busy}")
    slow = text.value("alloca i64")
    text.act(f"store i64 0, ptr {slow}")
    for place, value in ((WORK, f"ptr @{name}_help"), (JOB, f"ptr {job}"), (DONE, "i64 0")):
        text.act(f"store {value}, ptr {_post(text, place)}")
    turn = _post(text, TURN)
    generation = text.value(f"lshr i64 {text.value(f'load i64, ptr {turn}')}, {MEMBER_BITS}")
    following = text.value(f"shl i64 {text.value(f'add i64 {generation}, 1')}, {MEMBER_BITS}")
    text.act(f"store atomic i64 {text.value(f'or i64 {following}, {OPEN}')}, ptr {turn} release, align 8")
    state = text.call("ptr", _python("PyEval_SaveThread"))
    fine = _lead(text, name, job, slow)
    before = text.value(f"atomicrmw and ptr {turn}, i64 {~OPEN} acq_rel")
    _wait_for(text, text.value(f"and i64 {before}, {OPEN - 1}"), slow)
    text.call("void", _python("PyEval_RestoreThread"), f"ptr {state}")
    text.act(f"store i64 0, ptr {busy}")
    without = text.value(f"mul i64 {text.value(f'load i64, ptr {slow}')}, {PATIENCE}")
    text.act(f"store i64 {without}, ptr {_post(text, WITHOUT)}")
    _go_on_if(text, fine, made)


def _lead(text: _Text, name: str, job: str, slow: str) -> str:
    """Work until all slices are done, or one of them has failed."""
    lead, look, nap, close = (text.name(stem) for stem in ("lead", "look", "nap", "close"))
    text.act(f"br label {lead}")
    text.label(lead)
    fine = text.value(f"call i1 @{name}_work(ptr {job}, i64 {LEADS})")
    error = text.value(f"load atomic i64, ptr {_error(text, job)} acquire, align 8")
    right = text.value(f"and i1 {fine}, {text.value(f'icmp eq i64 {error}, 0')}")
    text.act(f"br i1 {right}, label {look}, label {close}")
    text.label(look)
    done, slices = (
        text.value(f"load atomic i64, ptr {_of_table(text, job, -back)} acquire, align 8") for back in (5, 3)
    )
    text.act(f"br i1 {text.value(f'icmp eq i64 {done}, {slices}')}, label {close}, label {nap}")
    text.label(nap)
    _sleep(text, slow)
    text.act(f"br label {lead}")
    text.label(close)
    return right


def _wait_for(text: _Text, members: str, slow: str) -> None:
    """Wait until so many who have joined are done."""
    drain, more, spin, nap, end = (text.name(stem) for stem in ("drain", "more", "spin", "nap", "end"))
    left = text.value("alloca i64")
    text.act(f"store i64 {MOST_SPINS}, ptr {left}")
    text.act(f"br label {drain}")
    text.label(drain)
    done = text.value(f"load atomic i64, ptr {_post(text, DONE)} acquire, align 8")
    text.act(f"br i1 {text.value(f'icmp eq i64 {done}, {members}')}, label {end}, label {more}")
    text.label(more)
    spins = text.value(f"load i64, ptr {left}")
    text.act(f"br i1 {text.value(f'icmp eq i64 {spins}, 0')}, label {nap}, label {spin}")
    text.label(spin)
    text.act(PAUSE)
    text.act(f"store i64 {text.value(f'sub i64 {spins}, 1')}, ptr {left}")
    text.act(f"br label {drain}")
    text.label(nap)
    _sleep(text, slow)
    text.act(f"br label {drain}")
    text.label(end)


def _sleep(text: _Text, slow: str) -> None:
    function, argument = _nap()
    text.call("i32", function, f"i32 {argument}")
    text.act(f"store i64 1, ptr {slow}")


def _error(text: _Text, job: str) -> str:
    return _cell(text, job, len(text.form.operands) + 1)


def _of_table(text: _Text, job: str, place: int) -> str:
    """A place of the job's table, counted from its end."""
    (number,) = (n for n, operand in enumerate(text.form.operands) if isinstance(operand, Copied))
    end = text.value(f"add i64 {text.word('size', number)}, {place}")
    return text.value(f"getelementptr i64, ptr {text.load(job, 8 * (number + 1), 'ptr')}, i64 {end}")


def _help(form: Form, name: str) -> str:
    """What somebody does who has joined a job: slices, and to say that there was an error, and that it leaves."""
    text = _Text(form)
    text.act("%words = load ptr, ptr %job")
    fine = text.value(f"call i1 @{name}_work(ptr %job, i64 {HELPS})")
    failed = text.value(f"select i1 {fine}, i64 0, i64 1")
    text.value(f"atomicrmw or ptr {_error(text, '%job')}, i64 {failed} acq_rel")
    text.value(f"atomicrmw add ptr {_of_table(text, '%job', -1)}, i64 1 acq_rel")
    text.act("ret void")
    return "\n".join([f"define internal void @{name}_help(ptr %job) {{", "entry:", *text.lines, "}"])


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
def _nap() -> tuple[int, int]:
    """The address of a function of the system that sleeps, and what it takes for a short while."""
    if sys.platform == "win32":
        return ctypes.cast(ctypes.windll.kernel32.Sleep, ctypes.c_void_p).value or 0, 1
    return ctypes.cast(ctypes.CDLL(None).usleep, ctypes.c_void_p).value or 0, 50


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
