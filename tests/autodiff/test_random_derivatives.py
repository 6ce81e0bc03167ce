"""Derivatives of random programs against differences."""

from __future__ import annotations

import os

import numpy as np
import pytest
from both import mode_of
from smooth import written

import defnhook

X = np.array([0.31, -0.42, 0.77, 0.13])
MANY = int(os.environ.get("DEFNHOOK_FUZZ", "300"))
FIRST = int(os.environ.get("DEFNHOOK_SEED", "1000"))


STEP = 1e-6


def differences(function):
    """The derivative of a function by each element of its argument, one row an element."""
    return np.array([(function(X + STEP * e) - function(X - STEP * e)) / (2 * STEP) for e in np.eye(4)])


def check(seed, both_ways, order):
    """Compare the derivatives of a program with differences over a distance that hardly ever crosses a kink."""
    both = both_ways(written(seed), "interpret")
    expected = differences(both.plain.main)
    gradient = defnhook.grad(both.hooked.main)
    with mode_of("interpret"):
        close(gradient(X), expected)
        moved = defnhook.jvp(both.hooked.main, (X,), (DIRECTION,))[1]
        close(moved, expected @ DIRECTION)
        if order == 2:
            second = differences(gradient)
            close(defnhook.jacfwd(gradient)(X), second)
            close(defnhook.jacrev(gradient)(X), second)


DIRECTION = np.array([0.3, -1.2, 0.4, 0.9])


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4 * max(1.0, np.max(np.abs(expected))))


@pytest.mark.parametrize("seed", range(10))
def test_random_programs(seed, both_ways):
    check(seed, both_ways, order=1)


@pytest.mark.parametrize("seed", range(10, 12))
def test_random_programs_to_second_order(seed, both_ways):
    check(seed, both_ways, order=2)


@pytest.mark.slow
def test_many_random_programs(both_ways):
    for number in range(MANY):
        check(FIRST + number, both_ways, 1 + (number % 5 == 0))
