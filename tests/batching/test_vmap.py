"""``vmap`` gives what a Python loop over the elements gives, stacked: for every kind of statement and call."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from both import mode_of
from compare import assert_same

import defnhook
from defnhook.trace.structure import children, with_children

PROGRAMS = Path(__file__).parent / "programs.py"
RANDOM = np.random.default_rng(7)


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape)


def whole(low: int, high: int, *shape: int) -> Any:
    return RANDOM.integers(low, high, size=shape)


def element(value: Any, axes: Any, place: int) -> Any:
    """An element of an argument."""
    if axes is None:
        return value
    if isinstance(axes, int):
        parts = children(value)
        if parts is not None:
            return with_children(value, [element(item, axes, place) for _, item in parts])
        return np.moveaxis(value, axes, 0)[place] if isinstance(value, np.ndarray) else value
    pairs = zip(children(value), children(axes), strict=True)
    return with_children(value, [element(item, each, place) for (_, item), (_, each) in pairs])


def stacked(rows: list[Any], axes: Any) -> Any:
    """The results of several calls in one."""
    parts = children(rows[0])
    if parts is None:
        return rows[0] if axes is None else np.stack(rows, axis=axes)
    own = (
        [axes] * len(parts) if axes is None or isinstance(axes, int) else [each for _, each in children(axes)]
    )
    columns = zip(*[[item for _, item in children(row)] for row in rows], strict=True)
    return with_children(rows[0], [stacked(list(c), axis) for c, axis in zip(columns, own, strict=True)])


def looped(function: Any, in_axes: Any, size: int, out_axes: Any = 0) -> Any:
    """What ``vmap`` is to give, as a Python loop."""

    def run(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        pairs = list(zip(args, axes, strict=True))
        with np.errstate(all="ignore"):
            rows = [function(*copy.deepcopy([element(a, x, i) for a, x in pairs])) for i in range(size)]
        return stacked(rows, out_axes)

    return run


@pytest.fixture(scope="module")
def both(both_ways: Any) -> Any:
    return both_ways(PROGRAMS, "interpret")


S = 5
SQUARE = normal(S, 3, 3) + 3 * np.eye(3)
# (function, in_axes, arguments): the elements are S.
CASES: list[tuple[str, Any, tuple[Any, ...]]] = [
    ("arithmetic", 0, (normal(S), normal(S))),
    ("arithmetic", (0, None), (normal(S, 3), normal(3))),
    ("arithmetic", (None, 1), (normal(3), normal(3, S))),
    ("arithmetic", (0, None), (normal(S).astype("f4"), 2.0)),
    ("softmax", 0, (normal(S, 4),)),
    ("softmax", 1, (normal(3, S, 4),)),
    ("reductions", 0, (normal(S, 3, 4),)),
    ("reductions", -1, (normal(3, 4, S),)),
    ("reductions", 0, (whole(-9, 9, S, 3, 4),)),
    ("shapes", 0, (normal(S, 2, 3),)),
    ("shapes", 2, (normal(2, 3, S),)),
    ("shapes", 0, (np.asfortranarray(normal(S, 2, 3)),)),
    ("mixed_ranks", 0, (normal(S, 2, 3), normal(S, 3))),
    ("mixed_ranks", (None, 0), (normal(3, 3), normal(S, 3))),
    ("mixed_ranks", (0, None), (normal(S, 3, 3), normal(3, 3))),
    ("casts", 0, (normal(S, 2),)),
    ("numbers", 0, (normal(S),)),
    ("logic", 0, (normal(S),)),
    ("uncommon_numbers", 0, (normal(S),)),
    ("complex_numbers", 0, (normal(S, 2) + 1j * normal(S, 2),)),
    ("aranges", (0, None), (normal(S), normal(4))),
    ("element", (0, None), (normal(S, 4, 4), 2)),
    ("element", (None, 0), (normal(4, 4), whole(-4, 4, S))),
    ("element", 0, (normal(S, 4, 4), whole(-4, 4, S))),
    ("window", 0, (normal(S, 4, 4), whole(-4, 4, S))),
    ("window", (None, 0), (normal(4, 4), whole(0, 4, S))),
    ("tuple_of_places", (0, 0, 0), (normal(S, 4, 4), whole(0, 3, S), whole(-4, 4, S))),
    ("tuple_of_places", (None, None, 0), (normal(4, 4), 1, whole(-4, 4, S))),
    ("gathered", 0, (normal(S, 4, 4), whole(-4, 4, S, 3))),
    ("gathered", (None, 0), (normal(4, 4), whole(-4, 4, S, 2, 2))),
    ("gathered", (0, None), (normal(S, 4, 4), whole(-4, 4, 3))),
    ("written", 0, (normal(S, 3), whole(-4, 4, S))),
    ("written", (0, None), (normal(S, 3), 2)),
    ("written", (None, 0), (normal(3), whole(-4, 4, S))),
    ("column_written", 0, (normal(S, 3), whole(-2, 3, S))),
    ("scattered", 0, (normal(S, 3), whole(0, 4, S, 3))),
    ("scattered", (0, None), (normal(S, 3), np.array([1, 1, 3]))),
    ("scattered", (None, 0), (normal(3), whole(0, 4, S, 3))),
    ("masked", 0, (normal(S, 6),)),
    ("branch", 0, (normal(9) * 2,)),
    ("branch_of_all", (0, None), (normal(S), 4)),
    ("branch_of_all", (None, 0), (2.0, whole(0, 5, S))),
    ("written_branch", 0, (normal(S, 3),)),
    ("branch_with_loop", 0, (normal(S),)),
    ("branch_with_loop", 0, (-np.abs(normal(S)),)),
    ("early_return", 0, (normal(8, 2),)),
    ("guarded_division", 0, (np.array([0, 3, -2, 5, 7]),)),
    ("raising", 0, (np.abs(normal(S)),)),
    ("nested_branches", (0, None), (normal(S), 2)),
    ("nested_branches", 0, (normal(S), whole(0, 4, S))),
    ("power", 0, (normal(S),)),
    ("cumulative", 0, (normal(S, 4),)),
    ("collatz", 0, (whole(1, 30, 9),)),
    ("newton", 0, (np.array([1.0, 2.0, 100.0, 1e6]),)),
    ("first_above", (0, None), (normal(9, 6), 0.7)),
    ("first_above", (None, 0), (np.sort(normal(6)), normal(S))),
    ("found_else", 0, (normal(9, 4),)),
    ("counted", 0, (whole(0, 6, S),)),
    ("counted_between", 0, (whole(0, 6, S), whole(0, 9, S))),
    ("counted_between", (None, 0), (1, whole(0, 9, S))),
    ("counted_down", 0, (normal(S, 6), whole(0, 6, S))),
    ("skipping", 0, (normal(S, 5),)),
    ("written_ragged", 0, (normal(S), whole(0, 7, S))),
    ("written_ragged", (0, None), (normal(S), 4)),
    ("bisected", (None, 0), (np.sort(normal(20)), normal(S))),
    ("bisected", 0, (np.sort(normal(S, 20)), normal(S))),
    ("insertion_sort", 0, (normal(S, 6),)),
    ("double_loop", 0, (normal(S, 3),)),
    ("escape", 0, (normal(S),)),
    ("swapping", 0, (normal(S, 6),)),
    ("products", 0, (normal(S, 3, 3), normal(S, 3))),
    ("products", (None, 0), (normal(3, 3), normal(S, 3))),
    ("products", (0, None), (normal(S, 3, 3), normal(3))),
    ("stacked_products", 0, (normal(S, 2, 3, 3), normal(S, 2, 3, 3))),
    ("stacked_products", (0, None), (normal(S, 2, 3, 3), normal(2, 3, 3))),
    ("stacked_products", (None, 0), (normal(2, 3, 3), normal(S, 2, 3, 3))),
    ("solved", 0, (normal(S, 3, 3), normal(S, 3))),
    ("solved", (None, 0), (normal(3, 3), normal(S, 3))),
    ("solved", (0, None), (normal(S, 3, 3), normal(3, 2))),
    ("solved_alone", (None, 0), (SQUARE[0], normal(S, 3, 2))),
    ("solved_alone", 0, (SQUARE, normal(S, 3, 2))),
    ("factored", 0, (normal(S, 3, 3),)),
    ("triangular", 0, (np.tril(SQUARE), normal(S, 3))),
    ("triangular", (None, 0), (np.tril(SQUARE[0]), normal(S, 3))),
    ("least_squares", 0, (normal(S, 4, 2), normal(S, 4))),
    ("sorted_", 0, (normal(S, 6),)),
    ("sorted_along", 0, (normal(S, 4, 3),)),
    ("searched", (None, 0), (np.sort(normal(6)), normal(S, 3))),
    ("searched", 0, (np.sort(normal(S, 6)), normal(S, 3))),
    ("transformed", 0, (normal(S, 6),)),
    ("special_functions", 0, (normal(S),)),
    ("polynomial", 0, (normal(S), normal(S, 3))),
    ("structure", 0, ({"a": normal(S), "b": (normal(S), normal(S))}, normal(S, 2))),
    ("structure", ({"a": 0, "b": (None, 1)}, None), ({"a": normal(S), "b": (2.0, normal(2, S))}, normal(2))),
    ("scale_of", 0, (normal(S, 3).astype("f4"),)),
    ("energy", 0, (normal(S, 3),)),
    ("newton_energy", 0, (normal(S, 2) * 3,)),
]


def size_of(args: Any, in_axes: Any) -> int:
    """How many elements the arguments of a case have."""
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)

    def found(value: Any, axis: Any) -> Any:
        if isinstance(axis, int) and isinstance(value, np.ndarray):
            return value.shape[axis]
        parts = children(value)
        own = (
            [axis] * len(parts or ()) if isinstance(axis, int) else [each for _, each in children(axis) or ()]
        )
        sizes = (found(item, each) for (_, item), each in zip(parts or (), own, strict=False))
        return next((n for n in sizes if n is not None), None)

    return next(n for n in map(found, args, axes) if n is not None)


def idents() -> list[str]:
    return [f"{number}-{name}" for number, (name, *_) in enumerate(CASES)]


@pytest.mark.parametrize(("name", "in_axes", "args"), CASES, ids=idents())
def test_vmap_is_a_loop_over_the_elements(both: Any, name: str, in_axes: Any, args: Any) -> None:
    expected = looped(getattr(both.plain, name), in_axes, size_of(args, in_axes))(*args)
    given = copy.deepcopy(args)
    with mode_of("interpret"):
        actual = defnhook.vmap(getattr(both.hooked, name), in_axes)(*given)
    assert_same(actual, expected, rounding=200)
    assert_same(given, args)
