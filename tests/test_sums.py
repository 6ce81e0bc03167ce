"""Float sums stay within a stated distance of the exact sum, and no farther than NumPy's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from compare import assert_sum_is_accurate

SOURCE = """# defn
import numpy as np


def total(x):
    return np.sum(x)


def rows(x):
    return np.sum(x, axis=1)


def columns(x):
    return np.sum(x, axis=0)


def squares(x):
    return np.sum(x * x)
"""


def draw(kind, size, dtype):
    rng = np.random.default_rng(size)
    values = {
        "same": np.full(size, 0.1),
        "uniform": rng.uniform(size=size),
        "normal": rng.normal(size=size),
        "wide": np.exp(rng.normal(size=size) * 5),
        "cancelling": np.repeat(rng.normal(size=size // 2) * 1e3, 2) * np.tile([1, -1], size // 2),
    }[kind]
    return values.astype(dtype)


@pytest.fixture(scope="module")
def both(both_ways):
    return both_ways(SOURCE)


@pytest.mark.parametrize("kind", ["same", "uniform", "normal", "wide", "cancelling"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_sums_are_accurate(kind, dtype, both):
    for size in (2, 10, 500, 514, 20_000, 1_000_000):
        x = draw(kind, size, dtype)
        assert_sum_is_accurate(both.call_hooked("total", (x,)), x)
        assert_sum_is_accurate(both.call_hooked("squares", (x,)), x * x)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_sums_of_rows_are_accurate(dtype, both):
    x = draw("uniform", 300_000, dtype).reshape(30, 10_000)
    for name, axis in (("rows", 1), ("columns", 0)):
        for actual, part in zip(both.call_hooked(name, (x,)), np.moveaxis(x, axis, -1), strict=True):
            assert_sum_is_accurate(actual, part)


@pytest.mark.parametrize("kind", ["same", "uniform", "wide"])
def test_sums_are_no_worse_than_numpy(kind, both):
    x = draw(kind, 1_000_000, "f4")
    exact = math.fsum(x.tolist())
    mine = abs(float(both.call_hooked("total", (x,))) - exact)
    theirs = abs(float(both.call_plain("total", (x,))) - exact)
    assert mine <= theirs + np.spacing(np.float32(exact))
