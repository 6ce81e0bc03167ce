"""The derivatives of the programs of ``tests/programs``, wherever differences tell what they are."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from both import Raised, mode_of, outcome

import defnhook
from defnhook.trace.structure import transform

FOLDER = Path(__file__).parent.parent / "programs"
PROGRAMS = sorted([*FOLDER.glob("*.py"), *(FOLDER / "classic").glob("*.py")])
REFUSED = (
    "has to be compiled",
    "has no derivative",
    "cannot be called inside a marked function",
    "of float64 is not part",
)
OTHERWISE = {"mixed": "it rounds to float32 on the way"}
STEP, FAR = 1e-6, 1e-4
WIDTHS = (0, STEP, -STEP, FAR, -FAR)


def is_float(leaf):
    return isinstance(leaf, float) or (isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind == "f")


def wide(value):
    """A structure with floats of 64 bits in the places of all floats."""
    return transform(
        value, lambda leaf, path: leaf if type(leaf) is float or not is_float(leaf) else leaf.astype("f8")
    )


def floats(value):
    """The floats of a structure, in order."""
    found = []
    transform(value, lambda leaf, path: found.append(np.asarray(leaf)) if is_float(leaf) else None)
    return found


def moved(value, directions, width):
    """A structure with each float a step further."""
    steps = iter(directions)

    def step(leaf, path):
        if not is_float(leaf):
            return leaf
        made = leaf + width * next(steps)
        return np.asarray(made) if isinstance(leaf, np.ndarray) else type(leaf)(made)

    return transform(value, step)


def along(value, directions):
    """The direction of a structure: its floats replaced, anything else left out."""
    steps = iter(directions)
    return transform(value, lambda leaf, path: next(steps)[()] if is_float(leaf) else None)


def expected(function, args, directions):
    """The derivative of the floats of a result along a direction, NaN where there is a kink; None without one."""
    ends = [outcome(function, moved(args, directions, width), {}) for width in WIDTHS]
    if any(isinstance(end, Raised) for end in ends):
        return None
    results = [floats(end) for end in ends]
    if any([x.shape for x in each] != [x.shape for x in results[0]] for each in results):
        return None
    return [slope(*each) for each in zip(*results, strict=True)]


def slope(here, ahead, behind, far_ahead, far_behind):
    near, far = (ahead - behind) / (2 * STEP), (far_ahead - far_behind) / (2 * FAR)
    room = 1e-3 * np.max(np.abs(near), initial=1.0)
    same = [np.isclose((ahead - here) / STEP, near, 1e-3, room), np.isclose(near, far, 1e-2, 10 * room)]
    return np.where(np.all(same, axis=0), near, np.nan)


def wrong(both, name, args):
    """What is wrong with the derivative of a program."""
    random = np.random.default_rng(1)
    directions = [random.standard_normal(x.shape) * np.where(x == 0, 1, x) for x in floats(args)]
    known = expected(getattr(both.plain, name), args, directions)
    if known is None or not any(x.size for x in known):
        return ""
    with mode_of("interpret"):
        tangents = along(args, directions)
        found = outcome(defnhook.jvp, (getattr(both.hooked, name), args, tangents), {})
    if isinstance(found, Raised):
        return "" if any(text in str(found.error) for text in REFUSED) else repr(found.error)
    return compared(floats(found[1]), known)


def compared(actual, known):
    for mine, other in zip(actual, known, strict=True):
        told = np.isfinite(other) & (mine.dtype == np.float64)
        scale = np.max(np.abs(other[told]), initial=1.0)
        if not np.allclose(mine[told], other[told], rtol=1e-3, atol=2e-4 * scale):
            return f"{mine!r} where differences give {other!r}"
    return ""


def is_told(name, args, keywords):
    """Whether the derivative of a call is looked at: that of a function without keywords, at finite floats."""
    given = floats(args)
    finite = all(np.all(np.isfinite(x)) for x in given)
    return (
        bool(given)
        and finite
        and not keywords
        and name.islower()
        and "." not in name
        and name not in OTHERWISE
    )


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_derivatives_of_a_program(path, both_ways):
    both = both_ways(path, "interpret")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        told = [
            (name, wide(tuple(args))) for name, args, more in both.plain.CASES if is_told(name, args, more)
        ]
        problems = [f"{name}: {problem}" for name, args in told if (problem := wrong(both, name, args))]
    assert not problems, "\n".join(problems)
