"""Convolutions of few weights become slices, where every place is valid; all others stay one call of NumPy."""

import numpy as np
import pytest
from graphs import array, examples, results, traced

from defnhook.transform import optimize


def names(graph):
    return {node.op.name for node in optimize(graph, check=True).nodes()}


CONVOLVED = {
    "convolve": lambda a, v: np.convolve(a, v, "valid"),
    "correlate": lambda a, v: np.correlate(a, v, "valid"),
    "convolve the other way": lambda a, v: np.convolve(v, a, "valid"),
}


@pytest.mark.parametrize("name", CONVOLVED)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_a_few_weights_become_slices(name, dtype):
    graph = traced(CONVOLVED[name], array("a", 60, dtype=dtype), array("v", 5, dtype=dtype))
    found = optimize(graph, check=True)
    assert "slice" in names(graph)
    assert not {"convolve_step", "correlate_step"} & names(graph)
    given = dict(zip(("a", "v"), examples(graph), strict=True))
    for mine, other in zip(results(found, given), results(graph, given), strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=1e-5 if dtype == "f4" else 1e-13)


@pytest.mark.parametrize(
    ("function", "length", "weights", "dtype"),
    [
        (lambda a, v: np.convolve(a, v), 60, 5, "f8"),  # places beyond the ends
        (lambda a, v: np.convolve(a, v, "valid"), 60, 20, "f8"),  # few places for each weight
        (lambda a, v: np.convolve(a, v, "valid"), 600, 60, "f8"),  # many weights
        (lambda a, v: np.correlate(v, a, "valid"), 60, 5, "f8"),  # in the order turned round
        (lambda a, v: np.convolve(a, v, "valid"), 60, 5, "c16"),
        (lambda a, v: np.convolve(a, v, "valid"), 60, 5, "f2"),
    ],
)
def test_other_products_stay_one_call(function, length, weights, dtype):
    graph = traced(function, array("a", length, dtype=dtype), array("v", weights, dtype=dtype))
    assert {"convolve_step", "correlate_step"} & names(graph)
