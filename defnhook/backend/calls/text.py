"""The text of a call: arguments checked, arrays made, the kernel run, results given back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from defnhook.backend.calls.addresses import (
    DATA,
    DTYPE,
    EMPTY,
    EXTENTS,
    FLOAT_VALUE,
    KIND,
    NDIM,
    RETURN,
    STRIDES,
    numpy_function,
    python_function,
)
from defnhook.backend.calls.forms import NUMBER, Fixed, Form, Given, Made, Operand, Result, axes
from defnhook.backend.calls.team import expect_team, help_text, run_with_team
from defnhook.backend.calls.writer import Text, constant_object, drop, go_on_if
from defnhook.backend.posting import WAIT

FINE: Final = (0, -2)
MEMCPY: Final = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1 immarg)"


def generated(form: Form, name: str) -> str:
    """The text of a function for ``METH_FASTCALL``, whose object is the array of words."""
    text = Text(form)
    place = text.value(f"getelementptr i8, ptr %self, i64 {DATA}")
    text.act(f"%words = load ptr, ptr {place}")
    text.expect("%given", str(len(form.parameters)))
    values = [_checked(text, number, ndim) for number, ndim in enumerate(form.parameters)]
    for number in range(form.guards):
        place, variable = (f"ptr {text.word(what, number, kind='ptr')}" for what in ("variables", "name"))
        found = text.call("ptr", python_function("PyDict_GetItem"), place, variable)
        text.expect(found, text.word("value", number, kind="ptr"), "ptr")
    if form.team:
        expect_team(text)
    made = _made(text)
    job = _job(text, values, made)
    if form.team:
        run_with_team(text, name, job, made)
    else:
        _run(text, name, job, made)
    calls = text.value(f"add i64 {text.word('calls')}, 1")
    text.act(f"store i64 {calls}, ptr %words")
    kept = set(_numbers(form.result))
    drop(text, [array for number, array in enumerate(made) if number not in kept])
    text.act(f"ret ptr {_result(text, form.result, made)}")
    text.label("miss")
    text.call("void", python_function("Py_IncRef"), f"ptr {constant_object(None)}")
    text.act(f"ret ptr {constant_object(None)}")
    head = f"define ptr @{name}(ptr %self, ptr %arguments, i64 %given) {{"
    parts = [WAIT, MEMCPY, help_text(form, name)] if form.team else []
    return "\n".join([*parts, _work(form, name), head, "entry:", *text.lines, "}", ""])


def _checked(text: Text, number: int, ndim: int) -> str:
    """The data of an array, or the value of a float, that is as the words say."""
    value = text.load("%arguments", 8 * number, "ptr")
    kind = text.load(value, KIND, "ptr")
    if ndim == NUMBER:
        text.expect(kind, constant_object(float), "ptr")
        return text.load(value, FLOAT_VALUE, "double")
    text.expect(kind, constant_object(np.ndarray), "ptr")
    text.expect(text.load(value, NDIM, "i32"), str(ndim), "i32")
    other = text.value(f"xor i64 {text.load(value, DTYPE)}, {text.word('dtype', number)}")
    for what, field in (("extent", EXTENTS), ("stride", STRIDES)):
        numbers = text.load(value, field, "ptr") if ndim else ""
        for axis in range(ndim):
            differs = text.value(f"xor i64 {text.load(numbers, 8 * axis)}, {text.word(what, number, axis)}")
            other = text.value(f"or i64 {other}, {differs}")
    text.expect(other, "0")
    return text.load(value, DATA, "ptr")


def _made(text: Text) -> list[str]:
    """New arrays for results; where memory is short, none, and NumPy's error."""
    made: list[str] = []
    for number, ndim in enumerate(text.form.made):
        dtype = text.word("made dtype", number, kind="ptr")
        array = (
            _reused(text, number, dtype) if number in text.form.reused else _new(text, number, ndim, dtype)
        )
        with text.unless(text.value(f"icmp ne ptr {array}, null")):
            drop(text, made)
            text.act("ret ptr null")
        made.append(array)
    return made


def _new(text: Text, number: int, ndim: int, dtype: str) -> str:
    text.call("void", python_function("Py_IncRef"), f"ptr {dtype}")
    extents = text.cell("%words", text.places["made dtype", number] + 1)
    return text.call("ptr", numpy_function(EMPTY), f"i32 {ndim}", f"ptr {extents}", f"ptr {dtype}", "i32 0")


def _reused(text: Text, number: int, dtype: str) -> str:
    """An array from a function of Python that is called with shape and dtype."""
    pair = text.value("alloca [2 x ptr]")
    text.act(f"store ptr {text.word('made shape', number, kind='ptr')}, ptr {pair}")
    second = text.value(f"getelementptr ptr, ptr {pair}, i64 1")
    text.act(f"store ptr {dtype}, ptr {second}")
    maker = text.word("maker", number, kind="ptr")
    return text.call(
        "ptr", python_function("PyObject_Vectorcall"), f"ptr {maker}", f"ptr {pair}", "i64 2", "ptr null"
    )


# -- the kernel


def _job(text: Text, values: Sequence[str], made: Sequence[str]) -> str:
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
        text.act(f"store {kind} {value}, ptr {text.cell(job, number + 1)}")
    text.act(f"store i64 0, ptr {text.cell(job, count - 1)}")
    return job


def _copy(text: Text, number: int) -> str:
    size = text.word("size", number)
    copy = text.value(f"alloca i64, i64 {size}, align 64")
    length, source = text.value(f"mul i64 {size}, 8"), text.word("data", number, kind="ptr")
    text.act(f"call void @llvm.memcpy.p0.p0.i64(ptr {copy}, ptr {source}, i64 {length}, i1 false)")
    return copy


def _work(form: Form, name: str) -> str:
    """The function that calls the kernel for a job; in a team, in a role."""
    text = Text(form)
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


def _passed(text: Text, number: int, operand: Operand) -> list[str]:
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
    places = [*axes("shape", number, operand.ndim), *axes("step", number, operand.ndim)]
    numbers = [f"i64 {text.word(*place)}" for place in [("size", number), ("item size", number), *places]]
    return ["ptr null", "ptr null", *numbers[:2], f"ptr {data}", *numbers[2:]]


def _run(text: Text, name: str, job: str, made: Sequence[str]) -> None:
    """Run the kernel; one that fails is run again, by who knows how to tell its error."""
    state = text.call("ptr", python_function("PyEval_SaveThread")) if text.form.releases else ""
    fine = text.value(f"call i1 @{name}_work(ptr {job}, i64 0)")
    if state:
        text.call("void", python_function("PyEval_RestoreThread"), f"ptr {state}")
    go_on_if(text, fine, made)


def _numbers(result: Result) -> Iterator[int]:
    if isinstance(result, int):
        yield result
        return
    for part in result:
        yield from _numbers(part)


def _result(text: Text, result: Result, made: Sequence[str]) -> str:
    if isinstance(result, int):
        array = made[result]
        return (
            text.call("ptr", numpy_function(RETURN), f"ptr {array}") if result in text.form.scalars else array
        )
    parts = [_result(text, part, made) for part in result]
    whole = text.call("ptr", python_function("PyTuple_New"), f"i64 {len(parts)}")
    for place, part in enumerate(parts):
        text.call("i32", python_function("PyTuple_SetItem"), f"ptr {whole}", f"i64 {place}", f"ptr {part}")
    return whole
