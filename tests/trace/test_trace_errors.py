"""What the tracer refuses names the user's lines and the way out; what it asks for again becomes static."""

from __future__ import annotations

import numpy as np
import pytest
from both import Raised

TEXT = """# defn
import numpy as np


def one_side(x):
    if x[0] > 0:
        y = 1.0
    return y


def two_shapes(x):
    if x[0] > 0:
        return x
    return x[1:]


def two_shapes_assigned(x):
    if x[0] > 0:
        y = x
    else:
        y = x[1:]
    return y


def unrollable(x, limit):
    kept = []
    for i in range(limit):
        kept.append(x[0] + i)
    return kept


def grown(x, v):
    while x[0] < v:
        x = np.concatenate([x, x])
    return x


def outside(x, n):
    total = 0.0
    for i in range(n):
        total += x[i]
    return total


def sized(n):
    return np.zeros(n)


def counted(x, n):
    for i in range(n):
        x[0] += i
    return x
"""
REFUSED = [
    ("two_shapes", (np.ones(3),), ["line 13", "line 14", r"shape \(3,\)", r"shape \(2,\)"]),
    ("two_shapes_assigned", (np.ones(3),), ["'y'", "line 19", "line 21", "same shape"]),
    ("unrollable", (np.ones(3), 2000), ["line 28", "changes a list", "1024"]),
    ("grown", (np.ones(3), 0.0), ["shape", "known only at run time"]),
]


@pytest.fixture(scope="module")
def both(both_ways):
    return both_ways(TEXT, "eager")


@pytest.mark.parametrize(("name", "args", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_refused_names_the_lines(both, name, args, words):
    found = both.call_hooked(name, args)
    assert isinstance(found, Raised)
    for word in words:
        with pytest.raises(type(found.error), match=word):
            raise found.error


def test_a_variable_of_one_side_raises_where_it_is_used(both):
    found = both.call_hooked("one_side", (np.ones(3),))
    assert isinstance(found.error, UnboundLocalError)
    assert "line 7" in str(found.error)


def test_an_index_out_of_range_has_numpys_words(both):
    found, expected = (call("outside", (np.ones(3), 4)) for call in (both.call_hooked, both.call_plain))
    assert str(found.error) == str(expected.error)
    assert isinstance(found.error, IndexError)


def test_only_what_needs_a_number_makes_an_argument_static(both):
    for number in (2, 3):
        assert both.call_hooked("sized", (number,)).shape == (number,)
        both.call_hooked("counted", (np.zeros(1), number))
    assert both.hooked.sized.__defn_function__.static == {"n"}
    assert both.hooked.counted.__defn_function__.static == frozenset()
