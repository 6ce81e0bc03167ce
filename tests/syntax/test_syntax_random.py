"""Programs that hypothesis writes: twin and original agree on result, writes and order of evaluation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import plain, twinned

HEADER = """
log = []
ticks = [0, 1, 1, 0, 1, 1, 1]
class Box:
    def __init__(self): self.p, self.q = 1, [2, 3]
    def tell(self, *values, **more):  # defn: off
        log.append((values, more))
        return values[-1]
def note(value):  # defn: off
    log.append(value)
    return value
def change(box, value):  # defn: off
    box.p += value % 7
    box.q = [box.p, *box.q[:1]]
    box.q[0] -= 1
    return value
"""
ARITHMETIC = ("+", "-", "*", "//", "%", "&", "|", "^")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=", "is", "is not")
NAMES = ("a", "b", "c")

names = st.sampled_from(NAMES)
atoms = st.one_of(names, st.integers(-2, 5).map(str), st.sampled_from(["box.p", "box.q[0]", "box.q[-1]"]))


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    many = st.lists(inner, min_size=2, max_size=4)
    symbols = st.lists(st.sampled_from(COMPARISONS), min_size=1, max_size=3)
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(ARITHMETIC), inner),
        st.builds("({}{})".format, st.sampled_from(["-", "~", "not "]), inner),
        st.builds("note({})".format, inner),
        st.builds("change(box, {})".format, inner),
        st.builds("box.tell({}, k={})".format, inner, inner),
        st.builds("({} := {})".format, names, inner),
        st.builds(lambda parts: f"({' and '.join(parts)})", many),
        st.builds(lambda parts: f"({' or '.join(parts)})", many),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds(_chain, inner, symbols, st.lists(inner, min_size=3, max_size=3)),
        st.builds("({} {} ({}, {}))".format, inner, st.sampled_from(["in", "not in"]), inner, inner),
        st.builds("({} < {} in [{}])".format, inner, inner, inner),
        st.builds("[{}, {}][0]".format, inner, inner),
        st.builds("box.q[{} % 2]".format, inner),
        st.builds("(lambda a: {})({})".format, inner, inner),
        st.builds("sum([{} for d in [1, 2] if {}])".format, inner, inner),
        st.builds("max(d + a for d in (1, {}))".format, atoms),
    )


def _chain(first: str, symbols: list[str], rest: list[str]) -> str:
    return f"({first}{''.join(f' {s} {r}' for s, r in zip(symbols, rest, strict=False))})"


expressions = st.recursive(atoms, _expressions, max_leaves=6)
places = st.one_of(names, st.just("box.p"), st.builds("box.q[{} % 2]".format, expressions))


def _blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    def indented(head: str, *blocks: list[str]) -> list[str]:
        lines = [head]
        for place, block in enumerate(blocks):
            lines += ["else:"] if place else []
            lines += [f"    {line}" for line in block]
        return lines

    return st.one_of(
        st.builds(lambda t, x, y: indented(f"if {t}:", x, y), expressions, inner, inner),
        st.builds(lambda p, x: indented(f"for {p} in [3, 4]:", x), places, inner),
        st.builds(lambda t, x: indented(f"while ticks.pop() and {t}:", x), expressions, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: [line for part in parts for line in part]),
    )


statements = st.recursive(
    st.one_of(
        st.builds(lambda p, v: [f"{p} = {v}"], places, expressions),
        st.builds(lambda p, o, v: [f"{p} {o}= {v}"], places, st.sampled_from(ARITHMETIC), expressions),
        st.builds(lambda p, q, v, w: [f"{p}, {q} = {v}, {w}"], places, places, expressions, expressions),
        st.builds(lambda p, q, v: [f"{p} = {q} = {v}"], places, places, expressions),
        st.builds(lambda p, v: [f"[*{p}, c] = [{v}, 2]", "a = b = 1"], st.just("a"), expressions),
        st.builds(lambda v: [f"assert {v}, {v!r}"], expressions),
        st.builds(lambda v: [v], expressions),
    ),
    _blocks,
    max_leaves=5,
)


def _outcome(source: str, *, twin: bool) -> tuple[Any, ...]:
    module = twinned(source) if twin else plain(source)
    box = module.Box()
    try:
        result: Any = module.run(1, 2, 3, box)
    except (ArithmeticError, AssertionError, TypeError, IndexError, NameError, ValueError) as error:
        result = (NameError if isinstance(error, NameError) else type(error), str(error)[:20])
    return result, module.log, vars(box)


@pytest.mark.property
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.filterwarnings("ignore:Bitwise inversion:DeprecationWarning")
@settings(max_examples=150, deadline=None)
@given(body=statements)
def test_twin_agrees_with_original(body: list[str]) -> None:
    lines = "\n".join(f"    {line}" for line in [*body, "return a, b, c"])
    source = f"{HEADER}def run(a, b, c, box):\n{lines}\n"
    assert _outcome(source, twin=True) == _outcome(source, twin=False)
