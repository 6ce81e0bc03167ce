"""LLVM in the making, and the few pieces that all calls are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from defnhook.backend.calls.addresses import python_function
from defnhook.backend.calls.forms import Form, words


class Text:
    """Lines of LLVM; each that gives a value has a fresh name."""

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

    @contextmanager
    def unless(self, condition: str) -> Iterator[None]:
        """What is to be done where a condition does not hold, which ends by going elsewhere."""
        on, out = self.name("on"), self.name("out")
        self.act(f"br i1 {condition}, label {on}, label {out}")
        self.label(out)
        yield
        self.label(on)

    def cell(self, pointer: str, number: int | str) -> str:
        """The place of one of several words."""
        return self.value(f"getelementptr i64, ptr {pointer}, i64 {number}")

    def call(self, result: str, function: int, *arguments: str) -> str:
        """A call of a function at an address that stays where it is."""
        call = f"call {result} inttoptr (i64 {function} to ptr)({', '.join(arguments)})"
        if result == "void":
            self.act(call)
            return ""
        return self.value(call)


def constant_object(value: object) -> str:
    """An object that lives as long as the process."""
    return f"inttoptr (i64 {id(value)} to ptr)"


def drop(text: Text, objects: Iterable[str]) -> None:
    for each in objects:
        text.call("void", python_function("Py_DecRef"), f"ptr {each}")


def go_on_if(text: Text, fine: str, made: Sequence[str]) -> None:
    """Go on if a kernel is fine; otherwise it is as if there had been no call."""
    with text.unless(fine):
        drop(text, made)
        text.act("br label %miss")
