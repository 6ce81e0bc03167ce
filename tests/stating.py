"""The statements of random programs: writes, branches and loops, each tried in NumPy as it is written.

Lines that end in ``#!`` stand in the reference only: they give numbers that two paths leave in different types
the common one, as the compiled program does.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import wording
from state import MOST_SAMPLES, Kind, State, acceptable, copied, is_number, joined, kind_of

MARK = "  #!"
WITH_PATHS = re.compile(r"\b(if|for|while|and|or)\b")
DEEPEST = 3


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def is_integer(value: Any) -> bool:
    return type(value) is int


def is_plain_number(value: Any) -> bool:
    return is_number(kind_of(value))


class Writer:
    """One function in the making."""

    def __init__(self, choose: Any, helpers: dict[str, list[Kind]]) -> None:
        self.choose = choose
        self.helpers = helpers
        self.count = 0
        self.hidden: set[str] = set()
        self.protected: set[str] = set()
        self.returns: list[Kind] | None = None
        self.loops = 0

    # -- choices

    def fresh(self, letter: str = "v") -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def seen(self, state: State, condition: Any) -> list[str]:
        return [name for name in state.names(condition) if name not in self.hidden]

    def arrays(self, state: State) -> list[str]:
        return self.seen(state, is_array)

    def words(self, state: State) -> dict[str, str]:
        """Something for each place of a template."""
        pick, arrays = self.choose.pick, self.arrays(state) or ["np.ones(3)"]
        integers = [*self.seen(state, is_integer), "n", "1", "2", "0"]
        numbers = self.seen(state, is_plain_number)
        s = pick([*numbers, *numbers, "x"])
        kind = state.kind(s) if s in numbers else None
        alike = [name for name in numbers if kind and state.kind(name) == kind and name != s]
        t = pick(alike) if alike else s
        a = pick(arrays[-5:])
        found = {
            "a": a,
            "b": pick(arrays),
            "d": pick([name for name in arrays if _dtypes(state.kinds(name)) == _dtypes(state.kinds(a))]),
            "s": s,
            "t": t,
            "r": pick([*numbers, "x", "n", "1.5", "-1", "True", "np.float32(0.5)"]),
            "i": pick(integers[:4] if self.loops else integers),
            "j": pick(integers),
        }
        found["element"] = self.element(state, found["a"], found["i"], found["j"])
        return found

    def element(self, state: State, array: str, i: str, j: str) -> str:
        axes = min(sample[array].ndim if array in sample else 1 for sample in state.samples)
        places = [self.choose.pick([i, j, "0", "-1", f"{i} - 1"]) for _ in range(axes)]
        return f"{array}[{', '.join(places)}]"

    def phrase(self, state: State, templates: list[str], more: dict[str, str] | None = None) -> str:
        """A template filled in."""
        words = self.words(state) | (more or {})
        template = self.choose.pick(templates)
        for place, inner in (("{c}", wording.CONDITIONS), ("{view}", wording.VIEWS)):
            if place in template:
                simple = [text for text in inner if "{c}" not in text]
                words[place[1:-1]] = self.choose.pick(simple).format(**words)
        return str(template.format(**words))

    def tried(self, state: State, templates: list[str]) -> str | None:
        """An expression that NumPy accepts in all samples."""
        for _ in range(6):
            text = self.phrase(state, templates)
            values = state.value(text)
            if values is not None and all(map(acceptable, values)):
                return text
        return None

    # -- statements in a row

    def block(self, state: State, depth: int, size: int) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            hidden, returns = set(self.hidden), self.returns
            made = self.statement(state, depth)
            if made and state.run(made):
                lines += made
                continue
            if made and not depth and self.choose.chance(4) and _raises(state, made):
                return lines + made
            self.hidden, self.returns = hidden, returns
        return lines

    def beginning(self, state: State) -> list[str]:
        """A few numbers to work with."""
        texts = ["0", self.tried(state, wording.NUMBERS), self.choose.pick(["0.5", "1", "n * 2", "x"])]
        lines = [f"{self.fresh()} = {text}" for text in texts if text is not None]
        return [line for line in lines if state.run([line])]

    def statement(self, state: State, depth: int) -> list[str] | None:
        form = self.choose.number(0, 21)
        if form <= 4:
            return self.write(state)
        if form <= 11 or depth >= DEEPEST:
            return self.assignment(state, form % 7)
        if form <= 14:
            return self.branch(state, depth)
        if form <= 18:
            return self.loop(state, depth)
        if form == 19:
            return self.while_loop(state, depth)
        return self.jump(state, depth)

    def write(self, state: State) -> list[str] | None:
        """A write into an array."""
        if self.choose.chance(8):
            return [self.phrase(state, wording.ACTIONS)]
        for _ in range(5):
            words = self.words(state)
            place = self.choose.pick(wording.PLACES).format(**words)
            source = self.phrase(state, wording.SOURCES, words | {"place": place})
            symbol = f" {self.choose.pick(wording.SYMBOLS)}" if self.choose.chance(3) else " "
            lines = [f"{place}{symbol}= {source}"]
            if state.copy().run(lines):
                return lines
        return None

    def assignment(self, state: State, form: int) -> list[str] | None:
        if form == 0:
            return self.augmented(state)
        if form == 1:
            return self.several(state)
        if form == 2:
            text = self.tried(state, wording.VIEWS)
        elif form == 3 and self.helpers:
            text = self.call(state)
        else:
            templates = [wording.ARRAYS, wording.NUMBERS, wording.NUMBERS, wording.INTEGERS][form % 4]
            text = self.tried(state, templates)
        if text is None:
            return None
        return [f"{self.target(state, text)} = {text}"]

    def call(self, state: State) -> str:
        """A call of a helper with an array and a number of types that it was written for."""
        name = self.choose.pick(list(self.helpers))
        words = self.words(state)
        if not self.helpers[name]:
            return f"{name}({words['a']}, {words['s']})"
        dtype, *kind = self.choose.pick(self.helpers[name])
        arrays = [array for array in self.arrays(state) if _dtypes(state.kinds(array)) == {dtype}]
        numbers = [
            number for number in self.seen(state, is_plain_number) if state.kind(number) == tuple(kind)
        ]
        array = self.choose.pick(arrays or [f"{words['a']}.astype(np.{np.dtype(dtype).name})"])
        return f"{name}({array}, {self.choose.pick(numbers or [constant(tuple(kind))])})"

    def target(self, state: State, text: str) -> str:
        """A new name, or one whose value has the kind that the expression gives."""
        values = state.value(text)
        if values is None or self.choose.chance(2):
            return self.fresh()
        kinds = [kind_of(value) for value in values]
        names = [
            name
            for name in self.seen(state, lambda _: True)
            if state.kinds(name) == kinds and name not in self.protected
        ]
        return str(self.choose.pick(names)) if names else self.fresh()

    def augmented(self, state: State) -> list[str] | None:
        condition = is_array if self.choose.chance(2) else is_plain_number
        names = [name for name in self.seen(state, condition) if name not in self.protected]
        if not names:
            return None
        name = self.choose.pick(names)
        text = self.phrase(
            state, ["{s}", "{b}", "{r}", "{element}", "{b} * {s}", "{b}[::-1]", "{i}", "{b}[{i}]"]
        )
        symbols = wording.SYMBOLS if condition is is_array else [s for s in wording.SYMBOLS if s != "<<"]
        lines = [f"{name} {self.choose.pick(symbols)}= {text}"]
        trial = state.copy()
        if not trial.run(lines):
            return None
        if trial.kinds(name) == state.kinds(name):
            return lines
        numbers = all(kind and is_number(kind) for kind in trial.kinds(name) + state.kinds(name))
        return lines if numbers and trial.kind(name) and state.kind(name) else None

    def several(self, state: State) -> list[str] | None:
        """A swap, or an assignment to several names."""
        names = [n for n in self.seen(state, lambda v: not is_integer(v)) if n not in self.protected]
        form = self.choose.number(0, 4)
        if form <= 2:
            first = self.choose.pick(names)
            same = [n for n in names if n != first and state.kinds(n) == state.kinds(first)]
            if not same:
                return None
            other = self.choose.pick(same)
            return [f"{first}, {other} = {other}, {self.phrase(state, [first, first, first + ' + {r}'])}"]
        one, two = self.tried(state, wording.ARRAYS), self.tried(state, wording.NUMBERS)
        if one is None or two is None:
            return None
        p, q = self.fresh(), self.fresh()
        if form == 3:
            return [f"{p}, {q} = {one}, {two}"]
        return [f"({p}, *{self.fresh('w')}), {q} = ({two}, {two}), {one}"]

    # -- branches

    def condition(self, state: State, one_in: int = 6) -> tuple[str, bool] | None:
        """A condition, and whether it is decided by shapes alone."""
        static = self.choose.chance(one_in)
        text = self.tried(state, wording.STATIC_CONDITIONS if static else wording.CONDITIONS)
        values = None if text is None else state.value(text)
        if text is None or values is None or any(np.size(value) != 1 for value in values):
            return None
        return text, static

    def branch(self, state: State, depth: int) -> list[str] | None:
        found = self.condition(state)
        if found is None:
            return None
        test, static = found
        sides = [state.copy(), state.copy()]
        then = self.block(sides[0], depth + 1, self.choose.number(1, 3)) or ["pass"]
        other = self.block(sides[1], depth + 1, self.choose.number(0, 2))
        lines = [f"if {test}:", *indented(then)]
        if other and other[0].startswith("if ") and all(line.startswith((" ", "el")) for line in other[1:]):
            lines += [f"el{other[0]}", *other[1:]]
        elif other:
            lines += ["else:", *indented(other)]
        return lines + self.merged(state, sides, static or may_be_known(state, test))

    def merged(self, state: State, sides: list[State], static: bool) -> list[str]:
        """Hide what the sides leave different; numbers may take their common kind."""
        promotions = []
        names = {name for side in sides for sample in side.samples for name in sample}
        for name in sorted(names - self.hidden):
            first, other = sides[0].kinds(name), sides[1].kinds(name)
            if first == other:
                continue
            kind = common_kind(first, other)
            free = not self.loops and self.choose.chance(2)
            if kind is None or static or name in self.protected or free:
                if name in state.samples[0] or not self.choose.chance(20):
                    self.hidden.add(name)
            else:
                promotions.append(f"{name} = common({name}, *{kind!r}){MARK}")
        return promotions

    def jump(self, state: State, depth: int) -> list[str] | None:
        """A condition under which the block is left, or an assertion."""
        found = self.condition(state, 10)
        if found is None:
            return None
        test, static = found
        form = self.choose.number(0, 9)
        if form == 0:
            return [f"assert {test}, 'assertion {self.count}'"]
        if form == 1:
            error = self.choose.pick(["ValueError('wrong')", "IndexError", "ZeroDivisionError('zero')"])
            return [f"if {test}:", f"    raise {error}"]
        if form <= 5 and self.loops:
            inner = self.block(state.copy(), depth + 1, self.choose.number(0, 1))
            return [
                f"if {test}:",
                *indented(self.kept(state, inner)),
                f"    {self.choose.pick(['break', 'continue'])}",
            ]
        text = self.returned(state, static and not depth)
        return None if text is None else [f"if {test}:", f"    return {text}"]

    def kept(self, state: State, lines: list[str]) -> list[str]:
        """Lines before a jump that leave every variable of its kind."""
        trial = state.copy()
        if not lines or not trial.run(lines):
            return []
        same = all(trial.kinds(name) == state.kinds(name) for name in state.samples[0])
        return lines if same else []

    # -- loops

    def loop(self, state: State, depth: int) -> list[str] | None:
        found = self.words(state) | {name: self.fresh(name) for name in "pqkl"}
        header = self.choose.pick(wording.LOOPS).format(**found)
        target, _, source = header.removeprefix("for ").partition(" in ")
        inner = State(first_and_last(state, target, source), state.space)
        if not inner.samples:
            return None
        names = [name for name in ("pqkl") if found[name] in inner.samples[0]]
        counters = {found[name] for name in names if name in "kl"}
        return self.around(state, inner, [f"{header}:"], [], counters, depth)

    def while_loop(self, state: State, depth: int) -> list[str] | None:
        counter = self.fresh("k")
        if self.loops and self.choose.chance(2):
            return None
        start, test, step = self.choose.pick(wording.WHILES)
        found = self.condition(state)
        words = self.words(state) | {"k": counter, "c": found[0] if found else "True"}
        first, again, update = start.format(**words), test.format(**words), step.format(**words)
        inner = state.copy()
        if not inner.run([first]) or inner.value(again) is None or not inner.run([update]):
            return None
        return self.around(state, inner, [first, f"while {again}:"], [update], {counter}, depth)

    def around(
        self, state: State, inner: State, head: list[str], first: list[str], counters: set[str], depth: int
    ) -> list[str] | None:  # fmt: skip
        """A loop around a body that is written on samples of its first and last turn."""
        before, hidden = inner.copy(), set(self.hidden)
        self.protected |= counters
        self.loops += 1
        body = first + self.block(inner, depth + 1, self.choose.number(1, 3))
        self.loops -= 1
        if len(body) == len(first) or (self.hidden - hidden) & before.samples[0].keys():
            return None
        promotions = self.promotions(before, inner, body[len(first) :])
        if promotions is None or (promotions and any("return " in line for line in body)):
            return None
        for name in sorted({name for sample in inner.samples for name in sample}):
            if name not in state.samples[0] and not self.choose.chance(3):
                self.hidden.add(name)
        lines = [*promotions, *head, *indented(body)]
        if self.choose.chance(6):
            inner = state.copy()
            other = self.kept(state, self.block(inner, depth + 1, 1))
            lines += ["else:", *indented(other)] if other else []
        return lines

    def promotions(self, before: State, after: State, body: list[str]) -> list[str] | None:
        """Lines that give carried numbers the kind they have after a turn; None where kinds do not come to rest."""
        lines = []
        for name in before.samples[0]:
            first, last = before.kinds(name), after.kinds(name)
            if first == last or name in self.hidden:
                continue
            kind = common_kind(first, last)
            if kind is None or name in self.protected:
                return None
            lines.append(f"{name} = common({name}, *{kind!r}){MARK}")
        trial = before.copy()
        if lines and not (trial.run(lines) and _at_rest(trial, body)):
            return None
        return lines

    # -- results

    def returned(self, state: State, free: bool) -> str | None:
        """What an early return gives; all of them give the same kinds, unless shapes alone decide on the first."""
        names = self.seen(state, lambda value: is_array(value) or is_plain_number(value))
        names = [name for name in names if state.kind(name) is not None]
        if free and names and self.returns is None:
            return str(self.choose.pick(names))
        if self.returns is None and names:
            picked = [self.choose.pick(names) for _ in range(self.choose.number(1, 3))]
            self.returns = [state.kind(name) or () for name in picked]
            return ", ".join(picked)
        return self.matching(state, names)

    def matching(self, state: State, names: list[str]) -> str:
        """Values of the kinds that were returned before."""
        texts = []
        for kind in self.returns or []:
            alike = [name for name in names if state.kind(name) == kind]
            texts.append(self.choose.pick(alike[-4:]) if alike else constant(kind))
        return ", ".join(texts)

    def one(self, state: State) -> str:
        """One result, or as many as other returns give."""
        names = self.seen(state, lambda value: not isinstance(value, tuple | list))
        return self.matching(state, names) if self.returns is not None else str(self.choose.pick(names))

    def last(self, state: State) -> str:
        names = self.seen(state, lambda value: True)
        if self.returns is not None:
            return self.matching(state, names)
        made = [name for name in names if name.startswith("v")] or names
        picked = [self.choose.pick([*made, *made, *names]) for _ in range(self.choose.number(1, 4))]
        form = self.choose.pick(["({},)", "[{}]", "{{'r': [{}]}}", "({},)"])
        return str(form.format(", ".join([*picked, made[-1]])))


def may_be_known(state: State, test: str) -> bool:
    """Whether a condition may be decided by constants alone: a part of it reads no array and no float argument."""
    arrays = {name for name, value in state.samples[0].items() if is_array(value)}
    return not all(
        arrays.union("x").intersection(re.findall(r"[a-z]\w*", part)) for part in re.split(" and | or ", test)
    )


def _raises(state: State, lines: list[str]) -> bool:
    """Whether statements raise in the program and in its reference alike."""
    return state.raises(lines) and state.raises([line for line in lines if not line.endswith(MARK)])


def _at_rest(trial: State, body: list[str]) -> bool:
    kinds = [kind_of(sample[name]) for sample in trial.samples for name in sample]
    names = [list(sample) for sample in trial.samples]
    if not trial.run(body):
        return False
    pairs = zip(trial.samples, names, strict=True)
    return kinds == [kind_of(sample[name]) for sample, known in pairs for name in known]


def _dtypes(kinds: list[Kind | None]) -> set[str]:
    return {kind[1] if kind else "" for kind in kinds}


def common_kind(first: list[Kind | None], other: list[Kind | None]) -> Kind | None:
    """The kind of a number that was left by two paths, where it is the same in all samples."""
    kinds = {joined(a, b) if a and b else None for a, b in zip(first, other, strict=True)}
    kind = kinds.pop()
    return kind if kind and not kinds and is_number(kind) else None


def constant(kind: Kind) -> str:
    """An expression of a kind."""
    if kind[0] == "array":
        order = ", order='F'" if kind[3] == (False, True) else ""
        return f"np.ones({kind[2]}, np.{np.dtype(kind[1]).name}{order})"
    if kind[0] == "scalar":
        return f"np.{np.dtype(kind[1]).type.__name__}(1)"
    return {"bool": "True", "int": "7", "float": "1.5", "complex": "2j"}[kind[0]]


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def first_and_last(state: State, target: str, source: str) -> list[dict[str, Any]]:
    """Samples of the first and the last turn of a loop."""
    samples: list[dict[str, Any]] = []
    for sample in state.samples:
        for place in (0, -1):
            inner = State([copied(sample)], state.space)
            if inner.run([f"items = list({source})", f"{target} = items[{place}]", "items = 0"]):
                del inner.samples[0]["items"]
                samples += inner.samples
    return samples[:: max(1, len(samples) // MOST_SAMPLES)][:MOST_SAMPLES]
