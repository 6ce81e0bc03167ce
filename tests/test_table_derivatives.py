"""First and second derivatives of every entry of the table, in all its calls, against central differences.

Forward mode, reverse mode, and each of them through reverse mode. What is not smooth around the operands is left
out: there differences of two steps disagree.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from both import Both, Raised
from ops.arrangements import operands
from ops.calling import HEAD, MATRICES, Call, every_call
from slopes import central, directions, numbers, weighted
from test_table import ENTRIES, NAMES

from defnhook.errors import DefnTypeError

TOLERANCE = 3e-6
EXACT = 1e-10
RANGES = {"signed": (-2.7, 2.7), "unit": (0.15, 0.9), "beyond": (1.2, 3.1)}
QUICK = 61  # of so many cases one
RAN: Counter[str] = Counter()

# What differs, and why that stays.
KNOWN = {
    r"modf\(x \* 1e300\)": "so large a number has no part after the point",
    r"frexp\(x \* 1e300\)": "the square of so large a number overflows on the way to the second derivative",
    r"extract\(": "of elements of an unknown number the test knows no weights",
    r"nanvar\(.*dtype=np.float32|einsum\(.*dtype='f4'": "differences do not show what is rounded to float32",
    r"eigvalsh\(t\)|svd\(m, hermitian=True\)": "differences along a direction that is not symmetric",
    r"cho_factor\(s": "the other triangle holds nothing that has a meaning",
}

FLOAT = np.dtype("d")


@pytest.fixture(scope="module", autouse=True)
def counts():
    """What became of the cases, at the end."""
    yield
    sys.stdout.write(f"\n{', '.join(f'{number} {name}' for name, number in RAN.most_common())}\n")


def arrays(call: Call, among: str) -> dict[str, Any]:
    """The operands that a call reads, drawn from a range."""
    if call.among is MATRICES:
        return {name: operands(FLOAT)[name] for name in call.parameters}
    rng = np.random.default_rng(5)
    x, y = (rng.uniform(*RANGES[among], (3, 4)) for _ in range(2))
    found = {"x": x, "y": y, "w": np.arange(12).reshape(3, 4) % 3 != 1}
    return {name: found[name] for name in call.parameters}


def source(calls: list[Call]) -> str:
    """A module with two functions for each call: its value, and its slopes."""
    lines = ["# defn", HEAD, "from slopes import slopes", ""]
    for place, call in enumerate(calls):
        varied = [name for name in call.parameters if name != "w"]
        lines += [call.function(f"value_{place}")]
        lines += [f"def slopes_{place}({', '.join([*varied, *fixed(call)])}, first, second):"]
        lines += [f"    def inner({', '.join(varied)}):"]
        lines += [f"        return value_{place}({', '.join(call.parameters)})"]
        lines += [f"    return slopes(inner, ({', '.join(varied)},), first, second)", ""]
    return "\n".join(lines)


def fixed(call: Call) -> list[str]:
    return [name for name in call.parameters if name == "w"]


class Case:
    """A call at operands of a range."""

    def __init__(self, both: Both, place: int, call: Call, among: str) -> None:
        self.both, self.place, self.call = both, place, call
        given = arrays(call, among)
        self.mask = [given.pop("w")] if "w" in given else []
        self.names, self.values = list(given), tuple(given.values())
        self.ways = [tuple(directions(given, seed).values()) for seed in (1, 2)]

    def plain(self, at: Any) -> Any:
        named = dict(zip(self.names, at, strict=True)) | ({"w": self.mask[0]} if self.mask else {})
        return self.both.call_plain(f"value_{self.place}", [named[each] for each in self.call.parameters])

    def number(self, at: Any) -> float:
        found = self.plain(at)
        return float("nan") if isinstance(found, Raised) else float(np.real(weighted(found)))

    def slopes(self, at: Any) -> list[float]:
        found = self.both.call_hooked(f"slopes_{self.place}", [*at, *self.mask, *self.ways])
        if isinstance(found, Raised):
            raise found.error
        return [float(np.real(each)) for each in found]

    def complex_step(self) -> float:
        """The first derivative to rounding, of what continues into the complex numbers; otherwise NaN."""
        step = 1e-30
        found = self.plain(
            tuple(x + 1j * step * way for x, way in zip(self.values, self.ways[0], strict=True))
        )
        parts = [] if isinstance(found, Raised) else numbers(found)
        complete = parts and all(part.dtype.char == "D" for part in parts)
        return float(weighted([part.imag for part in parts])) / step if complete else float("nan")

    def outcome(self) -> str:
        """What became of it; AssertionError where a derivative is wrong."""
        result = self.plain(self.values)
        if isinstance(result, Raised) or not numbers(result):
            return "no numbers"
        if not np.isfinite(self.number(self.values)):
            return "not finite"
        try:
            total, *orders = self.slopes(self.values)
        except DefnTypeError:
            return "refused"
        except RuntimeError as error:
            if "trace that has ended" in str(error):
                return "runs plainly"
            raise
        np.testing.assert_allclose(total, self.number(self.values), rtol=1e-10, atol=1e-12)
        functions = (self.number, lambda at: self.slopes(at)[2])
        for order, (function, ways) in enumerate(zip(functions, self.ways, strict=True)):
            expected, rougher = (central(function, self.values, ways, step) for step in (1e-5, 3e-5))
            room = TOLERANCE * (1 + abs(expected))
            if not abs(expected - rougher) <= room:
                return f"not smooth in order {order + 1}"
            compare(orders[2 * order : 2 * order + 2], expected, room, f"order {order + 1}")
        exact = self.complex_step()
        if not abs(exact - orders[0]) <= TOLERANCE * (1 + abs(exact)):
            return "checked"
        compare(orders[:2], exact, EXACT * (1 + abs(exact)), "complex step")
        return "checked to rounding"


def compare(found: list[float], expected: float, room: float, what: str) -> None:
    for mode, value in zip(("forwards", "backwards"), found, strict=True):
        assert abs(value - expected) <= room, f"{what} {mode}: {value}, not {expected}"


def cases(place: int, both_ways: Callable[..., Both], one_in: int) -> Iterator[tuple[Case, str]]:
    calls = [call for call in every_call(ENTRIES[place]) if set(call.parameters) - {"w"}]
    chosen = [
        (number, among)
        for at, (number, among) in enumerate(
            ((number, among) for number in range(len(calls)) for among in RANGES), 7 * place
        )
        if not at % one_in and (calls[number].among is not MATRICES or among == "signed")
    ]
    kept = sorted({number for number, _ in chosen})
    both = both_ways(source([calls[number] for number in kept]), "eager")
    for number, among in chosen:
        yield Case(both, kept.index(number), calls[number], among), f"{calls[number].text}, {among}"


def run(place: int, both_ways: Callable[..., Both], one_in: int) -> Counter[str]:
    """Check every so many cases of an entry, and count what became of them."""
    wrong, met = [], Counter[str]()
    for case, text in cases(place, both_ways, one_in):
        try:
            with np.errstate(all="ignore"):
                met[case.outcome()] += 1
        except Exception as error:
            line = f"{text}: {type(error).__name__} {error}".replace("\n", " ")[:300]
            wrong += [] if any(re.search(known, line) for known in KNOWN) else [line]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    RAN.update(met)
    return met


@pytest.mark.parametrize("place", range(len(ENTRIES)), ids=NAMES)
def test_derivatives(place, both_ways):
    run(place, both_ways, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(ENTRIES)), ids=NAMES)
def test_every_derivative(place, both_ways):
    met = run(place, both_ways, 1)
    derivative = getattr(ENTRIES[place], "partials", getattr(ENTRIES[place], "vjp", None))
    unmet = {"no numbers", "not finite", "refused"}
    assert any("checked" in name for name in met) or not callable(derivative) or met.keys() <= unmet, met
