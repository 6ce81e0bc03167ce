"""Axes whose lengths only run time knows stretch where NumPy's do, and raise what NumPy raises where they do not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from both import Raised, mode_of
from compare import Different, assert_same

import defnhook

TEXT = """# defn
import numpy as np


def elementwise(a, b, y, n, m):
    for k in range(2):
        y[k] = np.sum(a[: n + k] * b[: m + k])


def chosen(a, b, y, n, m):
    for k in range(1):
        y[k] = np.where(a[: n + k] > 0.5, b[: m + k], a[: n + k]).sum()


def three(a, b, y, n, m):
    for k in range(1):
        y[k] = np.where(a[: n + k] > 0.5, b[: m + k], y[: 2 + k]).sum()


def outer(a, b, y, n, m):
    for k in range(1):
        y[0] = (a[: n + k, None] * b[: m + k]).sum()


def maximum(a, b, y, n, m):
    for k in range(1):
        y[k] = np.max(a[: n + k] - b[: m + k], initial=0)


def in_place(a, b, y, n, m):
    for k in range(2):
        a[k : n + k] += b[: m + k]


def in_place_of_known_length(A, B, y, n, m):
    for k in range(2):
        A -= B[:, n : m + k]


def assigned(a, b, y, n, m):
    for k in range(2):
        a[k : n + k] = b[: m + k]


def assigned_sum(a, b, y, n, m):
    for k in range(2):
        a[: n + k] = b[: m + k] * 2 + a[: n + k]


def assigned_to_known_length(A, B, y, n, m):
    for k in range(2):
        A[:, k] = B[k, n : m + k]


def itself(A, B, y, n, m):
    for k in range(n):
        A[...] = A[k + 1 :]


def rows_of_one(A, B, y, n, m):
    if y[0] < 1:
        A[0] = B[n:m]


def axes_of_both(A, B, y, n, m):
    for k in range(2):
        A[k:, :n] = A[k:, :m] * 0.5 + B[k, :n]


def copied(a, b, y, n, m):
    for k in range(1):
        np.copyto(y[: n + k], b[: m + k])


def given_out(a, b, y, n, m):
    for k in range(1):
        np.add(a[: n + k], 1, out=y[: m + k])


def product(a, b, y, n, m):
    for k in range(2):
        y[k] = a[: n + k] @ b[: m + k]


def dot(a, b, y, n, m):
    for k in range(2):
        y[k] = np.dot(a[: n + k], b[: m + k])


def matrix_products(A, B, y, n, m):
    for k in range(2):
        y[k] = (A[:, n:] @ B.T[m + k :]).sum()


def shortest_paths(A, B, y, n, m):
    for k in range(len(A)):
        A[:] = np.minimum(A, A[:, k : k + 1] + A[k])


def masked(a, b, y, n, m):
    for k in range(1):
        y[k] = np.sum(a[: n + k][b[: m + k] > 0.5])


def places(A, B, y, n, m):
    i = np.array([0, 1, 0, 1])
    for k in range(1):
        y[k] = A[i[: n + k], i[: m + k]].sum()


def scattered(a, b, y, n, m):
    i = np.array([0, 1, 0, 1])
    for k in range(1):
        y[i[: n + k]] = b[: m + k]


def at_the_top(a, b, y, n, m):
    s = 0
    while a[s] > 0.5:
        s += 1
        if s > n:
            break
    y[:] = b[:4] * a[: s + m]
    return a[: s + n] + b[:m]


def never_fits(A, B, y, n, m):
    if y[0] < 1:
        y[1] = (A[n:, :3] + B[m:, :2]).sum()


def equal(a, b, y, n, m):
    for k in range(1, 6):
        y[0] += np.sum(a[:k] * b[k - 1 :: -1]) + a[k:] @ b[:-k]
        a[k:] = b[k:] - a[k:]


def equal_numbers(a, b, y, n, m):
    i = (a[:4] * 6).astype(np.int64)
    for k in range(3):
        y[k] = np.sum(a[i[k] : i[k + 1]] * b[i[k] : i[k + 1]])


def before_its_check(A, B, y, n, m):
    for k in range(2):
        y[k] = np.sum(A[n + m])
"""
FUNCTIONS = [line.split("(")[0][4:] for line in TEXT.splitlines() if line.startswith("def ")]
MODES = ["eager", "interpret", "on"]
LENGTHS = (0, 1, 2, 4)
OWN_WORDS = ("given_out", "masked")
EMPTY_MASKS = [(n, 0) for n in LENGTHS if n]


@pytest.fixture(scope="module")
def programs(both_ways):
    return {mode: both_ways(TEXT, mode) for mode in MODES}


def arguments(name, n, m):
    rng = np.random.default_rng(n * 5 + m)
    text = TEXT.partition(f"def {name}(")[2]
    shape = (2, 4) if text.startswith("A") else (6,)
    return (rng.random(shape), rng.random(shape), np.zeros(4), n, m)


def words(error):
    return "".join(str(error).split())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_lengths_stretch_as_in_numpy(name, mode, programs):
    both = programs[mode]
    lengths = [
        pair for pair in itertools.product(LENGTHS, repeat=2) if name != "masked" or pair not in EMPTY_MASKS
    ]
    for n, m in lengths:
        given, taken = arguments(name, n, m), arguments(name, n, m)
        expected = both.call_plain(name, taken)
        actual = both.call_hooked(name, given)
        try:
            assert_same(actual, expected)
            assert_same(list(given), list(taken), path="arguments")
        except Different as different:
            raise Different(f"{name}(n={n}, m={m}): {different}") from different
        if isinstance(expected, Raised) and name not in OWN_WORDS:
            assert words(actual.error) == words(expected.error)


@pytest.mark.parametrize("name", ["equal", "equal_numbers"])
def test_lengths_that_are_the_same_are_not_compared(name, programs):
    both = programs["interpret"]
    with mode_of(both.mode):
        text = str(defnhook.explain(getattr(both.hooked, name), *arguments(name, 1, 2)))
    assert " != " not in text
    assert " * np.uint64(" not in text


def test_what_is_written_in_place_is_read_there(programs):
    both = programs["interpret"]
    with mode_of(both.mode):
        text = str(defnhook.explain(both.hooked.assigned_sum, *arguments("assigned_sum", 1, 2)))
    assert " * np.uint64(" in text
    assert "is computed before the array that it reads is written" not in text


def test_stretches_are_compiled(programs):
    """What is compared above does not run plainly."""
    for name in FUNCTIONS:
        if name != "never_fits":
            text = str(defnhook.explain(getattr(programs["on"].hooked, name), *arguments(name, 1, 2)))
            assert "native entr" in text, name
