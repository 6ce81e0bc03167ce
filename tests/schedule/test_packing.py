"""Operands whose few inner elements are folded are packed so that the loop around has them side by side."""

import numpy as np
import pytest
from graphs import array, examples, kernel, results, run, traced


def distances(p):
    return np.sum((p[:, None, :] - p[None, :, :]) ** 2, axis=2)


PACKED = {
    "all pairs": (distances, [array("p", 80, 3)]),
    "two sets": (
        lambda p, q: np.max(np.abs(p[:, None] - q), axis=-1),
        [array("p", 130, 4), array("q", 33, 4)],
    ),
    "a product": (
        lambda p, q: np.sum(p[:, None] * q[::-1], axis=-1),
        [array("p", 130, 4), array("q", 33, 4)],
    ),
}
NOT_PACKED = {
    "many to fold": (distances, [array("p", 40, 17)]),
    "little work": (distances, [array("p", 40, 3)]),
    "few places": (lambda p, q: np.sum(p[:, None] * q, axis=-1), [array("p", 300, 4), array("q", 20, 4)]),
    "used once": (lambda p: np.sum(p * 2, axis=1), [array("p", 6000, 3)]),
    "side by side already": (
        lambda p, q: np.sum(p[:, :, None] * q.T[None], axis=1),
        [array("p", 140, 3), array("q", 40, 3)],
    ),
}


def values_of(graph):
    return dict(zip([node.params["name"] for node in graph.inputs], examples(graph), strict=True))


@pytest.mark.parametrize("name", [*PACKED, *NOT_PACKED])
def test_packed_or_not_the_values_are_numpys(name):
    function, inputs = (PACKED | NOT_PACKED)[name]
    graph = traced(function, *inputs)
    values, made = values_of(graph), kernel(graph)
    (mine,) = run(made, values)
    (other,) = results(graph, values)
    np.testing.assert_allclose(mine, other, rtol=1e-13, atol=1e-13)
    (apart,) = run(made, values, phases=True, slices=3)
    assert apart.tobytes() == mine.tobytes()
    assert ("kept_cast" in made.source) == (name in PACKED)
