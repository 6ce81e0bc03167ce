"""Random marked modules: each statement is tried in NumPy as it is written, so that programs are mostly valid."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from defnhook.ops import ENTRIES, Elementwise, Reduction

DTYPES = ["f8", "f8", "f4", "f4", "f2", "i8", "i4", "i2", "u1", "?", "c16", "c8", "u8"]
LARGEST = 400
MOST_AXES = 4


@dataclass
class Program:
    """The text of a marked module whose function ``main`` takes the arguments."""

    source: str
    arguments: list[Any]


def entries(kind: Any, arity: int | None = None) -> list[str]:
    found = [op for op in ENTRIES if isinstance(op, kind) and getattr(np, op.name, None) is op.numpy]
    return sorted(op.name for op in found if arity is None or op.arity == arity)


UNARY, BINARY = entries(Elementwise, 1), entries(Elementwise, 2)
REDUCTIONS = [name for name in entries(Reduction) if not name.startswith("arg")]
OPERATORS = "+ - * / // % ** + - * & | ^ << >> < <= == != >".split()
ARRAYS = [
    "{a}.T",
    "{a}.reshape(-1)",
    "{a}.ravel()",
    "{a}.flatten()",
    "{a}.copy()",
    "{a}[::-1]",
    "{a}[1:]",
    "{a}[:-1]",
    "{a}[..., ::2]",
    "{a}[..., 0]",
    "{a}[0]",
    "{a}[None]",
    "{a}[:, None]",
    "{a}[..., None]",
    "{a}[1:, ::-1]",
    "{a}[-1, 1:]",
    "{a}[: {a}.shape[0] // 2]",
    "{a}[1 : {a}.shape[0] - 1]",
    "{a}[:n]",
    "{a}[n:]",
    "{a}.reshape({a}.shape[::-1])",
    "{a}.reshape(2, -1)",
    "{a}.reshape({a}.shape[0], -1)",
    "np.swapaxes({a}, 0, -1)",
    "np.moveaxis({a}, 0, -1)",
    "np.expand_dims({a}, 1)",
    "np.squeeze({a})",
    "np.flip({a}, 0)",
    "np.roll({a}, 1)",
    "np.roll({a}, n, 0)",
    "np.diff({a}, axis=0)",
    "np.clip({a}, 1, 2)",
    "np.tril({a})",
    "np.triu({a}, 1)",
    "np.diagonal({a})",
    "np.trace({a})",
    "np.broadcast_to({a}, (2, *{a}.shape))",
    "np.zeros_like({a})",
    "np.full({a}.shape, 2.5)",
    "np.full_like({a}, 3)",
    "np.ones({a}.shape)",
    "np.arange({a}.size)",
    "np.linspace(0, 1, {a}.size)",
    "np.round({a}, 1)",
    "{a}.astype(np.float32)",
    "{a}.astype(np.float64)",
    "{a}.astype(np.int16)",
    "{a}.astype(bool)",
    "np.argmax({a}, axis=0)",
    "np.argmin({a})",
    "np.linalg.norm({a}, axis=-1)",
    "np.count_nonzero({a}, axis=0)",
    "np.ptp({a}, axis=-1)",
    "{a}.sum() / {a}.size",
    "sum([row for row in {a}])",
    "[{a}, {a}][0]",
    "{a}.real",
    "{a}.imag",
    "{a}.conj()",
]
PAIRS = [
    "{a} @ {b}",
    "np.dot({a}, {b})",
    "np.outer({a}, {b})",
    "np.where({a} > {b}, {a}, {b})",
    "np.where({a} != 0, {b}, 0)",
    "np.concatenate([{a}, {b}])",
    "np.concatenate([{a}, {b}, {a}], axis=-1)",
    "np.stack([{a}, {b}])",
    "np.stack([{a}, {b}], axis=-1)",
    "np.vstack([{a}, {b}])",
    "np.hstack([{a}, {b}])",
    "np.array([{a}, {b}])",
    "{a}[:, None] - {b}[None]",
    "np.sum({a} * {b}, axis=-1)",
    "({a} - {b}).mean(axis=0)",
    "divmod({a}, {b})[0]",
    "np.maximum({a}, {b}).max()",
    "{a} if {a}.ndim > {b}.ndim else {b}",
]
NUMBERS = [
    "n",
    "2",
    "0.5",
    "-1",
    "x",
    "(n // 2)",
    "(n + 1)",
    "np.float32(1.5)",
    "1.5",
    "3",
    "(x * 2)",
    "True",
]
AXES = [
    "",
    "axis=0",
    "axis=-1",
    "axis=0, keepdims=True",
    "keepdims=True",
    "axis=(0, 1)",
    "axis=-1, keepdims=True",
]


class Writing:
    """A program in the making: its lines, and the value of every variable so far."""

    def __init__(self, draw: Any, helpers: dict[str, Any]) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.values: dict[str, Any] = {}
        self.space: dict[str, Any] = {"np": np, **helpers}
        self.helpers = list(helpers)

    def pick(self, items: Any) -> Any:
        return self.draw(st.sampled_from(items))

    def arrays(self) -> list[str]:
        return [name for name, value in self.values.items() if isinstance(value, np.ndarray | np.generic)]

    def expression(self) -> str:
        """An expression over what there is."""
        a, b = self.pick(self.arrays()[-4:]), self.pick(self.arrays())
        form = self.draw(st.integers(0, 11))
        if form <= 1:
            return f"np.{self.pick(UNARY)}({a})"
        if form <= 3:
            return f"{a} {self.pick(OPERATORS)} {b}"
        if form == 4:
            return f"np.{self.pick(BINARY)}({a}, {b})"
        if form == 5:
            number, symbol = self.pick(NUMBERS), self.pick(OPERATORS)
            return f"{a} {symbol} {number}" if self.draw(st.booleans()) else f"{number} {symbol} {a}"
        if form == 6:
            return self.reduction(a)
        if form == 7 and self.helpers:
            return f"{self.pick(self.helpers)}({a}, {b})"
        return self.pick(PAIRS if form == 8 else ARRAYS).format(a=a, b=b)

    def reduction(self, a: str) -> str:
        name = self.pick([*REDUCTIONS, "mean", "var", "std", "sum"])
        options = self.pick(AXES)
        if name in ("var", "std") and self.draw(st.booleans()):
            options = f"{options}, ddof=1".strip(", ")
        elif name in ("sum", "prod", "mean") and self.draw(st.integers(0, 3)) == 0:
            options = f"{options}, dtype=np.float64".strip(", ")
        return f"np.{name}({a}{', ' if options else ''}{options})"

    def step(self) -> None:
        """One more variable, where NumPy accepts the expression and it stays small."""
        text = self.expression()
        value = evaluated(text, {**self.space, **self.values})
        if acceptable(value):
            self.add([f"    {{name}} = {text}"], value)

    def add(self, lines: list[str], value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        self.lines += [line.format(name=name) if "{name}" in line else line for line in lines]
        return name

    def loop(self) -> None:
        """A variable carried round a loop of fixed length."""
        start, other = self.pick(self.arrays()), self.pick(self.arrays())
        form = self.pick(
            ["{v} * 0.5 + {b}", "np.maximum({v}, {b})", "{v} - {b} * k", "np.roll({v}, 1) + {b}", "{v}.T"]
        )
        step = form.format(v="state", b=other)
        value = self.values[start]
        for k in range(3):
            value = evaluated(step, {**self.space, **self.values, "state": value, "k": k})
            if not acceptable(value):
                return
        lines = [
            f"    state = {start}",
            "    for k in range(3):",
            f"        state = {step}",
            "    {name} = state",
        ]
        self.add(lines, value)

    def mistake(self) -> None:
        """A statement that NumPy refuses, if one is found."""
        text = self.expression()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                eval(text, {**self.space, **self.values})
            except Exception:
                self.lines.append(f"    wrong = {text}")


def evaluated(text: str, space: dict[str, Any]) -> Any:
    """The value of an expression, or None where NumPy raises or casts what does not fit."""
    with warnings.catch_warnings(), np.errstate(all="ignore", invalid="warn"):
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="invalid value encountered in cast")
        try:
            return eval(text, space)
        except Exception:
            return None


def acceptable(value: Any) -> bool:
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.char not in "?bhilBHILfdFD":
        return False
    return value.size <= LARGEST and value.ndim <= MOST_AXES


@st.composite
def arrays(draw: Any) -> Any:
    """An array of small numbers, special ones now and then, in any layout."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 3, 4, 5]), min_size=0, max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    values = rng.uniform(-3, 3, shape) if dtype.kind in "fc" else rng.integers(0, 6, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(-3, 3, shape)
    result = np.asarray(values).astype(dtype)
    if result.size and result.ndim and draw(st.integers(0, 7)) == 0 and dtype.kind == "f":
        with np.errstate(over="ignore"):
            result.flat[0] = np.asarray(
                draw(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30]))
            ).astype(dtype)
    return arranged(result, draw(st.integers(0, 7)))


def arranged(array: Any, form: int) -> Any:
    """The same values in another memory layout; every second time as they are."""
    if form == 0:
        return np.asfortranarray(array)
    if form == 1 and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if form == 2 and array.ndim:
        return array[::-1].copy()[::-1]
    if form == 3 and array.ndim:
        return np.broadcast_to(array[:1], array.shape)
    return array


@st.composite
def helper_functions(draw: Any) -> tuple[str, dict[str, Any]]:
    """Functions of two operands for a program to call; later ones call earlier ones."""
    space: dict[str, Any] = {"np": np}
    text: list[str] = []
    for number in range(draw(st.integers(0, 2))):
        inner = Writing(draw, {f"h{k}": space[f"h{k}"] for k in range(number)})
        inner.values = {"p": np.linspace(0.5, 2, 3), "q": np.float64(1.5)}
        for _ in range(draw(st.integers(1, 2))):
            inner.step()
        body = [line for line in inner.lines if "n" not in line.replace("np.", "").split()]
        usable = all(token not in line for line in body for token in ("(n", "n)", "[:n", "[n:", "(x", "x)"))
        if not body or not usable or body != inner.lines:
            body, last = [], "p * 2 - q"
        else:
            last = body[-1].split("=")[0].strip()
        source = "\n".join([f"def h{number}(p, q=2.0):", *body, f"    return {last}"])
        exec(source, space)
        text.append(source)
    return "\n\n\n".join(text), {name: value for name, value in space.items() if name.startswith("h")}


@st.composite
def programs(draw: Any) -> Program:
    """A marked module and arguments for its function ``main(..., n, x)``."""
    text, helpers = draw(helper_functions())
    count = draw(st.integers(1, 3))
    writing = Writing(draw, helpers)
    arguments = [draw(arrays()) for _ in range(count)]
    names = [f"a{i}" for i in range(count)]
    for place, name in enumerate(names):
        if not arguments[place].ndim and draw(st.booleans()):
            arguments[place] = arguments[place][()]
        writing.values[name] = arguments[place]
    n, x = draw(st.integers(1, 3)), draw(st.sampled_from([0.5, -1.25, 3, 2.0]))
    writing.space |= {"n": n, "x": x}
    for _ in range(draw(st.integers(3, 14))):
        writing.step()
    if draw(st.integers(0, 5)) == 0:
        writing.loop()
        writing.step()
    if draw(st.integers(0, 9)) == 0:
        writing.mistake()
    made = [name for name in writing.values if name.startswith("v")] or names
    results = draw(st.lists(st.sampled_from([*made, *made, *names]), min_size=1, max_size=4))
    if made[-1] not in results:
        results.append(made[-1])
    form = draw(st.sampled_from(["({},)", "[{}]", "{{'r': [{}]}}", "({},)"]))
    body = "\n".join([*writing.lines, f"    return {form.format(', '.join(results))}"])
    head = f"def main({', '.join(names)}, n, x):"
    source = f"# defn\nimport numpy as np\n\n\n{text}\n\n\n{head}\n{body}\n"
    return Program(source, [*arguments, n, x])
