"""Results: views where NumPy's are views, one object where it is one, and the three kinds of number."""

from __future__ import annotations

import numpy as np
import pytest
from compare import assert_same, assert_same_sharing

TEXT = """
def itself(x): return x
def twice(x): return x, x
def transposed(x): return x.T
def part(x): return x[1:, ::-1]
def row(x): return x[0]
def element(x): return x[0, 0]
def added_axis(x): return x[:, None]
def reshaped(x): return x.reshape(-1)
def flattened(x): return x.T.reshape(-1)
def raveled(x): return np.ravel(x)
def squeezed(x): return np.squeeze(x[:1])
def broadcast(x): return np.broadcast_to(x, (2, *x.shape))
def copied(x): return x.copy()
def cast(x): return x.astype(x.dtype)
def cast_in_place(x): return x.astype(x.dtype, copy=False)
def positive(x): return +x
def asarray(x): return np.asarray(x)
def view_of_new(x): return (x + 1).T
def same_new(x):
    y = x + 1
    return y, y, [y]
def two_new(x): return x + 1, x + 1
def new_and_view(x):
    y = x * 2
    return y, y[0]
def mixed(x): return {"x": x, "y": x * 2, "z": (x.T, 3, "text", None)}
def total(x): return np.sum(x)
def total_kept(x): return np.sum(x, keepdims=True)
def scalar_kind(x): return x[0, 0] + 1
def zero_d(x): return np.asarray(np.sum(x))
def number(x): return float(np.sum(x)), int(x.size), x.ndim, bool(x.size)
def shapes(x): return x.shape, x.dtype, x.size
def nothing(x): return None
def nested(x): return ((x.sum(), [x.mean(), ()]), {})
def conditional(x): return np.where(x > 0, x, 0)
def zeros(x): return np.zeros_like(x), np.ones(3), np.full((2, 2), 7)
def empty_part(x): return x[:0] + 1, np.sum(x[:0])
def real(x): return x.real, x.imag
"""
FUNCTIONS = [line.split("(")[0].removeprefix("def ") for line in TEXT.splitlines() if line.startswith("def ")]
ARRAYS = {
    "C": np.arange(1.0, 7).reshape(2, 3),
    "F": np.asfortranarray(np.arange(1.0, 7).reshape(2, 3)),
    "gaps": np.arange(1.0, 13).reshape(2, 6)[:, ::2],
    "single": np.ones((1, 1), "f4"),
    "integers": np.arange(6, dtype="i4").reshape(3, 2),
}


@pytest.fixture(scope="module")
def both(both_ways):
    return both_ways(f"# defn\nimport numpy as np\n{TEXT}", "eager"), both_ways(
        f"# defn\nimport numpy as np\n{TEXT}"
    )


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("mode", [0, 1], ids=["eager", "on"])
def test_results_are_what_numpy_gives(both, name, array, mode):
    x = ARRAYS[array]
    actual = both[mode].call_hooked(name, (x,))
    expected = both[mode].call_plain(name, (x,))
    assert_same(actual, expected)
    assert_same_sharing(actual, (x,), expected, (x,))


def test_a_returned_argument_is_the_argument(both):
    x = np.ones((2, 2))
    hooked = both[1].hooked
    assert hooked.itself(x) is x
    assert all(each is x for each in hooked.twice(x))
    assert hooked.itself(x[:]) is not x


def test_what_a_result_shares_can_be_written(both):
    x = np.zeros((2, 2))
    both[1].hooked.transposed(x)[0, 1] = 5
    assert x[1, 0] == 5


def test_new_results_are_writeable_and_own_their_memory(both):
    for _ in range(2):
        result, view = both[1].hooked.new_and_view(np.ones((2, 2)))
        result[:] = 9
        assert result.flags.writeable
        assert view.flags.writeable
    assert both[1].hooked.new_and_view(np.ones((2, 2)))[0].tolist() == [[2, 2], [2, 2]]


def test_results_of_two_calls_share_nothing(both):
    hooked = both[1].hooked
    for name in ("copied", "two_new", "zeros", "total_kept"):
        one, other = getattr(hooked, name)(np.ones((2, 3))), getattr(hooked, name)(np.ones((2, 3)))
        one, other = (one[0], other[0]) if isinstance(one, tuple) else (one, other)
        assert not np.shares_memory(one, other)


def test_constant_arrays_of_the_module_are_not_given_away(marked):
    module = marked("TABLE = np.arange(3.0)\ndef f(x): return np.array([1.0, 2.0]), TABLE\n")
    first, table = module.f(np.ones(2))
    first[0] = 100
    assert table is module.TABLE
    assert module.f(np.ones(2))[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    "place", ["a[0]", "a.copy()", "a[::-2].copy()", "a[i:].copy()", "a[i]", "a[:2] * 1.0"]
)
def test_results_taken_before_an_argument_is_written_hold_what_it_was(marked, place):
    module = marked(f"def f(a, b):\n    i = int(b[0])\n    taken = {place}\n    a += 1\n    return taken\n")
    a = np.arange(4.0)
    expected = eval(place, {"a": a.copy(), "i": 1})
    assert_same(module.f(a, np.ones(1)), expected)
    assert a.tolist() == [1, 2, 3, 4]


def test_branches_one_after_another_write_the_same_argument(marked):
    text = """
def f(a):
    for k in range(3):
        if a.max() < 2:
            a[0] = 5.0
        if k > 0:
            pass
        else:
            a[1] = 7.0
"""
    a = np.array([1.0, 1.0, 1.0])
    marked(text).f(a)
    assert a.tolist() == [5, 7, 1]
