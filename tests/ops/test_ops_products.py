"""The shape rules of matrix products: NumPy's shapes and NumPy's errors, without computing the product."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from defnhook.ops import OPS, Library

SIDES = [
    (),
    (1,),
    (2,),
    (3,),
    (0,),
    (2, 3),
    (3, 2),
    (3, 3),
    (1, 3),
    (0, 3),
    (3, 0),
    (2, 3, 2),
    (2, 2, 3),
    (1, 3, 3),
]
SIDES += [(5, 1, 2, 3), (2, 3, 3), (3, 2, 3)]


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except ValueError as error:
        return error


def check_shapes(op):
    for a, b in itertools.product(SIDES, SIDES):
        expected = outcome(lambda x, y: np.shape(op.numpy(x, y)), np.ones(a), np.ones(b))
        actual = outcome(op.shape, a, b)
        if isinstance(expected, ValueError):
            assert type(actual) is type(expected), (a, b)
        else:
            assert actual == expected, (a, b)


@pytest.mark.parametrize("name", ["dot", "matmul"])
def test_shapes_are_numpys(name):
    check_shapes(OPS[name])


@pytest.mark.parametrize(("name", "a", "b"), [("dot", (2, 3), (2, 3)), ("dot", (2, 3), (4, 5, 6))])
def test_errors_read_as_numpys(name, a, b):
    expected = outcome(OPS[name].numpy, np.ones(a), np.ones(b))
    assert str(outcome(OPS[name].shape, a, b)) == str(expected)


@pytest.mark.parametrize(
    "shape",
    [
        lambda a, b: a[:-1] + b[1:],
        lambda a, b: np.broadcast_shapes(a, b),
        lambda a, b: OPS["dot"].shape(b, a),
    ],
)
def test_a_wrong_shape_rule_is_caught(shape):
    with pytest.raises((AssertionError, IndexError)):
        check_shapes(Library(np.dot, shape=shape, vjp=OPS["dot"].vjp))
