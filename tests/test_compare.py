"""The comparers pass what is the same and fail where they must."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same, assert_same_sharing, assert_sum_is_accurate, close


class Point(NamedTuple):
    x: object
    y: object


BASE = np.arange(6.0).reshape(2, 3)
READ_ONLY = BASE.copy()
READ_ONLY.flags.writeable = False

SAME = [
    (1, 1),
    (1.5, 1.5),
    (float("nan"), float("nan")),
    (None, None),
    ("a", "a"),
    (np.float32(1), np.float32(1)),
    (BASE, BASE.copy()),
    (BASE, BASE * (1 + 1e-15)),
    (np.array(1.0), np.array(1.0)),
    (np.array([np.inf, np.nan, -0.0]), np.array([np.inf, np.nan, 0.0])),
    (np.array([1e-20, 1.0]), np.array([0.0, 1.0])),
    ([BASE, {"a": Point(1, 2)}], [BASE, {"a": Point(1, 2)}]),
    (Raised(ValueError("a")), Raised(ValueError("b"))),
    (Raised(IndexError()), Raised(LookupError())),
    (np.ones((2, 1, 3)), np.ones((2, 3, 1)).transpose(0, 2, 1)),
    (BASE[::2].copy(), BASE[::2]),
    (BASE, READ_ONLY),
    (np.zeros((2, 3)), np.broadcast_to(0.0, (2, 3))),
]

UNLIKE = [
    (1, 1.0),
    (1, True),
    (1, 2),
    (1.0, np.float64(1)),
    (np.float64(1), np.array(1.0)),
    (np.float32(1), np.float64(1)),
    (BASE, BASE[None]),
    (BASE, BASE.astype(">f8")),
    (BASE, np.asfortranarray(BASE)),
    (np.ones((2, 3, 4)).transpose(1, 0, 2), np.ones((3, 2, 4))),
    (BASE.copy(), np.broadcast_to(BASE, (1, 2, 3))[0].copy().T.copy().T),
    (BASE, BASE + 1e-9),
    (np.array([1.0, np.nan]), np.array([1.0, 2.0])),
    (np.array([1.0, 2.0]), np.array([1.0, np.nan])),
    (np.array([1.0, np.inf]), np.array([1.0, -np.inf])),
    (np.array([1.0, np.inf]), np.array([1.0, 1e308])),
    (np.array([1 + 1j]), np.array([1 - 1j])),
    (np.arange(3), np.array([0, 1, 3])),
    ((1, 2), [1, 2]),
    ((1, 2), Point(1, 2)),
    ((1, 2), (1, 2, 3)),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a": BASE}, {"a": BASE + 1}),
    (Raised(ValueError()), Raised(TypeError())),
    (Raised(LookupError()), Raised(IndexError())),
    (1, Raised(ValueError())),
    (Raised(ValueError()), 1),
]


@pytest.mark.parametrize("pair", SAME, ids=str)
def test_the_same_passes(pair):
    assert_same(*pair)


@pytest.mark.parametrize("pair", UNLIKE, ids=str)
def test_what_differs_fails(pair):
    with pytest.raises(Different):
        assert_same(*pair)


def test_rounding_of_zero_means_equal():
    assert close(np.array([1.0]), np.array([1.0]), 0).all()
    assert not close(np.array([1.0]), np.array([1 + 2.3e-16]), 0).any()
    assert close(np.array([1.0]), np.array([1 + 2.3e-16]), 2).all()


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (lambda x: x, lambda x: x[:]),
        (lambda x: x[:], lambda x: x),
        (lambda x: x[1:], lambda x: x[1:].copy()),
        (lambda x: x[:1], lambda x: np.broadcast_to(x[:1], (1, 3))),
        (lambda x: x[:, ::2], lambda x: x[:, ::-2]),
        (lambda x: x.copy(), lambda x: x[1:]),
        (lambda x: {"a": [x + 1, x]}, lambda x: {"a": [x + 1, x + 0]}),
        (lambda x: [x + 1] * 2, lambda x: [x + 1, x + 1]),
    ],
)
def test_sharing_is_compared(actual, expected):
    mine, other = BASE.copy(), BASE.copy()
    assert_same_sharing(actual(mine), (mine,), actual(other), (other,))
    with pytest.raises(Different):
        assert_same_sharing(actual(mine), (mine,), expected(other), (other,))


def test_a_sum_that_is_too_far_off_fails():
    values = np.full(10_000, 0.1, np.float32)
    assert_sum_is_accurate(np.sum(values), values)
    with pytest.raises(Different):
        assert_sum_is_accurate(np.cumsum(values)[-1], values)
    with pytest.raises(Different):
        assert_sum_is_accurate(np.nan, values)
