"""Random marked modules made of statements, with their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from shaking import Hand, shaken
from state import Kind, State, common, copied, kind_of, short_range
from stating import MARK, WITH_PATHS, Writer, indented

HELPER_DEFAULTS = {"n": 2, "x": 0.5, "flag": True}
DTYPES = ["f8", "f8", "f8", "f4", "f2", "i8", "i8", "i4", "u1", "?", "c16"]


@dataclass
class StatementProgram:
    """A marked module whose function ``main`` takes the arguments, and its reference where types are merged."""

    source: str
    arguments: list[Any]

    @property
    def plain(self) -> str:
        return "".join(f"{line}\n" for line in self.source.splitlines() if not line.endswith(MARK))

    @property
    def reference(self) -> str:
        return self.source

    @property
    def merges(self) -> bool:
        return self.plain != self.source


class Drawn:
    """Choices made by hypothesis."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def pick(self, items: Any) -> Any:
        return self.draw(st.sampled_from(items))

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def chance(self, one_in: int) -> bool:
        return self.number(0, one_in - 1) == one_in - 1


class Tossed:
    """Choices made by a random number generator, to look at many programs quickly."""

    def __init__(self, rng: Any) -> None:
        self.rng = rng

    def pick(self, items: Any) -> Any:
        return self.rng.choice(items)

    def number(self, low: int, high: int) -> int:
        return int(self.rng.randint(low, high))

    def chance(self, one_in: int) -> bool:
        return bool(self.rng.randrange(one_in) == 0)


def make_arguments(choose: Any) -> list[Any]:
    """Arrays of small numbers in any layout, now and then two of one memory."""
    rng = np.random.default_rng(choose.number(0, 2**16))
    result: list[Any] = []
    for _ in range(choose.number(1, 3)):
        shape = choose.pick([(3,), (4,), (5,), (4,), (3, 3), (3, 4), (2, 5), (4, 4), (2, 3, 3), (1,), (1, 4)])
        array = array_of(np.dtype(choose.pick(DTYPES)), shape, rng)
        if choose.chance(5):
            array = choose.pick(
                [np.asfortranarray(array), np.repeat(array, 2, axis=-1)[..., ::2], array[::-1]]
            )
        result.append(array)
    if choose.chance(6):
        result.append(
            choose.pick([result[0], result[0][1:], result[0][::-1], result[0].T, result[0][..., :-1]])
        )
    return result


def array_of(dtype: Any, shape: tuple[int, ...], rng: Any) -> Any:
    if dtype.kind not in "fc":
        return rng.integers(0, 2 if dtype.kind == "b" else 6, shape).astype(dtype)
    values = np.round(rng.uniform(-3, 3, shape), 3)
    return (values + 1j * np.round(rng.uniform(-3, 3, shape), 3) if dtype.kind == "c" else values).astype(
        dtype
    )


def helper(
    choose: Any, name: str, space: dict[str, Any], known: dict[str, list[Kind]]
) -> tuple[str, list[Kind]]:
    """A function of an array and a number, with statements, and the types of arguments it was written for.

    One in which no paths meet takes any, and has none.
    """
    writer = Writer(choose, known)
    shape, dtype = choose.pick([(3,), (4,), (3, 3)]), np.dtype(choose.pick(["f8", "f8", "i8", *DTYPES]))
    numbers = choose.pick([(1.5,), (2,), (1.5, 2), (1.5, np.float64(1.5)), (2, dtype.type(1))])
    array = array_of(dtype, shape, np.random.default_rng(len(known)))
    state = State([{"p": array.copy(), "q": number} for number in numbers], space | HELPER_DEFAULTS)
    lines = writer.block(state, 1, choose.number(1, 4))
    text = "\n".join(indented([*lines, f"return {writer.one(state)}"]))
    meets = WITH_PATHS.search(text)
    kinds = [(dtype.char, *kind_of(number)) for number in numbers if meets]
    return f"def {name}(p, q, n=2, x=0.5, flag=True):\n{text}\n", kinds


def write_program(choose: Any) -> StatementProgram:
    """A marked module and arguments for its function ``main(..., n, x, flag)``."""
    space: dict[str, Any] = {"np": np, "common": common, "range": short_range, "__hand__": Hand()}
    helpers: list[str] = []
    known: dict[str, list[Kind]] = {}
    for number in range(choose.pick([0, 0, 0, 1, 2])):
        text, kinds = helper(choose, f"h{number}", dict(space), known)
        exec(shaken(text), space)
        helpers.append(text)
        known[f"h{number}"] = kinds
    arguments = make_arguments(choose)
    names = [f"a{place}" for place in range(len(arguments))]
    n, x, flag = choose.number(1, 3), choose.pick([0.5, -1.25, 2.0]), choose.pick([True, False])
    space |= {"n": n, "x": x, "flag": flag}
    state = State([copied(dict(zip(names, arguments, strict=True)))], space)
    writer = Writer(choose, known)
    lines = writer.beginning(state)
    lines += writer.block(state, 0, choose.number(2, 7))
    body = "\n".join(indented([*lines, f"return {writer.last(state)}"]))
    head = f"def main({', '.join(names)}, n, x, flag):"
    parts = ["# defn\nimport numpy as np\n", *helpers, f"{head}\n{body}\n"]
    return StatementProgram("\n\n".join(parts), [*arguments, n, x, flag])


@st.composite
def statement_programs(draw: Any) -> StatementProgram:
    """Random statement programs."""
    return write_program(Drawn(draw))
