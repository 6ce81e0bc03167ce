"""Which elements arrays of integers can have, as far as constants and positions say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from graphs import array

from defnhook.graph import GATHER
from defnhook.trace.bounds import RULES, bounds
from defnhook.trace.context import Trace, tracing
from defnhook.trace.tensor import Tensor

X = array("x", 20)
PLACES = {
    "positions": (lambda x: np.arange(3, 9, like=x), (3, 8)),
    "positions backwards": (lambda x: np.arange(9, 0, -2, like=x), (1, 9)),
    "a window": (lambda x: np.reshape(np.arange(5, like=x), (-1, 1)) + np.arange(2, like=x), (0, 5)),
    "in turn": (lambda x: np.arange(99, like=x) % 7, (0, 6)),
    "each several times": (lambda x: np.arange(99, like=x) // 7, (0, 14)),
    "a difference": (lambda x: np.arange(4, like=x) - np.arange(4, like=x), (-3, 3)),
    "one after the other": (
        lambda x: np.concatenate([np.arange(4, like=x), np.arange(9, 7, -1, like=x)]),
        (0, 9),
    ),
    "a smaller dtype": (lambda x: np.arange(100, like=x).astype(np.int8), (0, 99)),
    "of elements": (lambda x: x.astype(np.int64) % np.arange(1, 21, like=x), (0, 19)),
    "that wrap": (lambda x: np.arange(100, like=x).astype(np.int8) + np.int8(100), (-128, 127)),
    "of anything": (lambda x: x.astype(np.int64), (-(2**63), 2**63 - 1)),
    "of anything small": (lambda x: x.astype(np.uint8).astype(np.int64), (0, 255)),
    "clipped": (lambda x: np.minimum(np.maximum(x.astype(np.int64), 0), 19), (0, 19)),
    "chosen": (lambda x: np.where(x > 0, np.arange(20, like=x), -1), (-1, 19)),
    "the product of anything": (lambda x: x.astype(np.int64) * 2, (-(2**63), 2**63 - 1)),
}


@pytest.mark.parametrize("name", PLACES)
def test_bounds(name):
    function, expected = PLACES[name]
    with tracing(Trace()):
        assert bounds(function(Tensor(X)).node) == expected


SIDES = [interval for interval in itertools.product(range(-4, 5), repeat=2) if interval[0] <= interval[1]]


@pytest.mark.parametrize("function", [rule for rule in RULES if rule is not np.where])
def test_every_rule_holds_for_all_small_numbers(function):
    for a, b in itertools.product(SIDES, repeat=2):
        found = RULES[function](a, b)
        if found is not None:
            x, y = (np.arange(low, high + 1) for low, high in (a, b))
            results = function(x[:, None], y)
            assert found[0] <= results.min()
            assert results.max() <= found[1]


@pytest.mark.parametrize(("last", "checks"), [(20, 0), (21, 1)])
def test_places_that_surely_lie_inside_need_no_check(last, checks):
    with tracing(Trace()) as trace:
        x = Tensor(X)
        found = x[np.arange(-20, last, like=x)]
        assert found.node.op is GATHER
        assert len(trace.region.effects) == checks
