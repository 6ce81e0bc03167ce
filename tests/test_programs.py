"""Every program of ``tests/programs`` gives the same with the hook and without it, and compiles only what it must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from both import Both, import_plain
from compare import Different, assert_same, assert_same_sharing, unit_of

import defnhook

FOLDER = Path(__file__).parent / "programs"
PROGRAMS = sorted(FOLDER.glob("*.py"))
CLASSICS = sorted((FOLDER / "classic").glob("*.py"))
COMPILED_SHARE = 8


def differences(both, numbers=None):
    """What goes wrong where the cases of a program run both ways, one text a case: in results or in what is written."""
    wrong = []
    for number, (mine, other) in enumerate(zip(both.hooked.CASES, both.plain.CASES, strict=True)):
        if numbers is not None and number not in numbers:
            continue
        name, args, keywords = mine
        actual = both.call_hooked(name, args, keywords)
        expected = both.call_plain(*other)
        try:
            assert_same(actual, expected, unit=unit_of((args, keywords)))
            assert_same_sharing(actual, (args, keywords), expected, other[1:])
            assert_same((args, keywords), other[1:], unit=unit_of((args, keywords)), path="arguments")
        except Different as error:
            wrong.append(f"case {number}, {name}: {error}")
    return wrong


def report(wrong):
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_means_the_same(path, mode, both_ways):
    report(differences(both_ways(path, mode)))


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("path", CLASSICS, ids=lambda path: path.stem)
def test_a_classic_program_means_the_same_and_is_never_plain(path, mode, both_ways):
    before = defnhook.stats()["plain_calls"]
    report(differences(both_ways(path, mode)))
    assert defnhook.stats()["plain_calls"] == before


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_compiled_means_the_same(path, both_ways):
    both = both_ways(path)
    first = PROGRAMS.index(path) % COMPILED_SHARE
    report(differences(both, range(first, len(both.plain.CASES), COMPILED_SHARE)))


@pytest.mark.parametrize("path", CLASSICS, ids=lambda path: path.stem)
def test_a_classic_program_compiled_means_the_same(path, both_ways):
    both = both_ways(path)
    names = [name for name, *_ in both.plain.CASES]
    report(differences(both, {names.index(name) for name in names}))


@pytest.mark.slow
@pytest.mark.parametrize("path", [*PROGRAMS, *CLASSICS], ids=lambda path: path.stem)
def test_every_case_compiled_means_the_same(path, both_ways):
    report(differences(both_ways(path)))


def test_a_difference_is_reported(both_ways):
    both = both_ways(PROGRAMS[0], "eager")
    name, args, keywords = both.plain.CASES[0]
    both.plain.CASES[0] = (name, tuple(a + 1 for a in args), keywords)
    assert len(differences(both)) == 1


def test_a_difference_in_what_is_written_is_reported():
    path = FOLDER / "classic" / "gemm.py"
    both = Both(import_plain(path), import_plain(path), "on")
    assert not differences(both, [0])
    both.hooked.gemm = lambda alpha, beta, C, A, B: None
    (wrong,) = differences(both, [1])
    assert "arguments[0][2] has" in wrong


# -- counts

COUNTED = """# defn
import numpy as np

def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()

def rows(x):
    return x / x.sum(axis=1, keepdims=True)

def inner(x):
    n = x.shape[0]
    return x[1 : n - 1] * 2.5 + x[: n - 2] - x[2:]

def half(x):
    return x[: len(x) // 2].sum() + x[len(x) // 2 :] * 0.25

def grid(x, n):
    return np.concatenate([x[:n], x[n:] * 3.0, np.zeros(n)])

def step(a):
    middle = (a[1:-1, 1:-1] + a[2:, 1:-1]) * 0.2
    return np.concatenate([a[1:-1, :1], middle], axis=1)
"""


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        ("softmax", (5,), [(6,), (1000,), (70000,)]),
        ("rows", (5, 4), [(4, 5), (100, 30), (7, 7)]),
        ("inner", (9,), [(10,), (500,)]),
        ("half", (8,), [(11,), (300,)]),
        ("grid", (9,), [(12,), (40,)]),
        ("step", (5, 6), [(6, 5), (30, 40)]),
    ],
)
def test_another_size_compiles_nothing(name, first, others, both_ways):
    both = both_ways(COUNTED)
    numbers = {"grid": (3,)}.get(name, ())
    report(run_sizes(both, name, [first], numbers))
    before = defnhook.stats()["kernels_compiled"]
    with defnhook.no_compile():
        report(run_sizes(both, name, others, numbers))
    assert defnhook.stats()["kernels_compiled"] == before


def run_sizes(both, name, shapes, numbers):
    wrong = []
    for shape in shapes:
        args = (np.random.default_rng(0).uniform(size=shape), *numbers)
        try:
            assert_same(both.call_hooked(name, args), both.call_plain(name, args))
        except Different as error:
            wrong.append(f"{name}{shape}: {error}")
    return wrong


def test_another_structure_compiles(both_ways):
    both = both_ways(COUNTED)
    report(run_sizes(both, "rows", [(5, 4)], ()))
    before = defnhook.stats()["kernels_compiled"]
    report(run_sizes(both, "rows", [(5, 1)], ()))
    assert defnhook.stats()["kernels_compiled"] == before + 1


def test_a_program_is_traced_once_a_signature(both_ways):
    both = both_ways(COUNTED, "interpret")
    report(run_sizes(both, "softmax", [(5,)], ()))
    before = defnhook.stats()["traces"]
    report(run_sizes(both, "softmax", [(5,)] * 3, ()))
    assert defnhook.stats()["traces"] == before
