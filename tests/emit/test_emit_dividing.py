"""Programs of writes alone: each loop nest is a phase that threads divide, and any division gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from both import mode_of
from compare import assert_same

import defnhook

PROGRAM = """\
# defn
import numpy as np


def smoothed(u, v):
    w = u.copy()
    w[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
    return w


def shifted_in_place(u, v):
    u[1:] = u[:-1] * 2
    return u


def swapped_halves(u, v):
    u[::2], u[1::2] = u[1::2].copy(), u[::2].copy()
    return u


def two_fields(u, v):
    new_u, new_v = u.copy(), v.copy()
    new_u[1:-1] += u[:-2] * v[1:-1] - np.exp(u[2:])
    new_v[:, 1:-1] -= u[:, :-2] * v[:, 2:]
    return new_u, new_v


def with_edges(u, v):
    w = np.zeros_like(u)
    w[1:-1] = np.sin(u[1:-1]) * v[:-2]
    w[0] = v[-1]
    w[-1, -1] = 7.0
    return w


def columns_centred(u, v):
    u -= u.mean(axis=0)
    u[:, 0] = v.max(axis=1)
    return u


def reversed_onto_itself(u, v):
    u[:] = u[::-1] + v
    return u


def whole_sum(u, v):
    u[1:-1] /= v.sum()
    return u
"""

UNDIVIDED = {"whole_sum"}


@pytest.fixture(scope="module")
def both(both_ways):
    return both_ways(PROGRAM, "interpret")


NAMES = [line[4:].partition("(")[0] for line in PROGRAM.splitlines() if line.startswith("def ")]


def arguments():
    rng = np.random.default_rng(7)
    return [rng.normal(size=(10, 8)), rng.normal(size=(10, 8))]


@pytest.mark.parametrize("name", NAMES)
def test_any_division_gives_what_numpy_gives(both, in_slices, name):
    mine, other = arguments(), arguments()
    with mode_of("interpret"):
        found = getattr(both.hooked, name)(*mine)
    assert_same([found, mine], [getattr(both.plain, name)(*other), other])


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_for_itself_is_divided(both, name):
    with mode_of("interpret"):
        text = defnhook.explain(getattr(both.hooked, name), *arguments(), stage="source")
    assert ("start = first if phase == " in text) == (name not in UNDIVIDED)
