"""What a plan does beside computing: it prints what the function prints, and its errors show the user's line."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import numpy as np
import pytest
from both import Both

import defnhook

PRINTS = """# defn
import numpy as np

def report(x, k):
    total = np.sum(x)
    print("total", total, "k =", k, sep=" | ")
    print(x * 2)
    return total + k
"""

DIVIDES = """# defn
import math
import numpy as np

def shares(x, a, b):
    whole = a // b
    return x * whole, math.sqrt(a)
"""


def test_each_call_prints_its_own_values(
    both_ways: Callable[..., Both], capsys: pytest.CaptureFixture[str]
) -> None:
    both = both_ways(PRINTS)
    for start in (0.0, 1.0):
        x = np.arange(3.0) + start
        native = both.hooked.report(x, 2), capsys.readouterr().out
        plain = both.plain.report(x, 2), capsys.readouterr().out
        assert native == plain
        assert plain[1].startswith("total | ")


@pytest.mark.parametrize(
    ("a", "b", "error", "text"),
    [(1.0, 0.0, ZeroDivisionError, "a // b"), (-1.0, 2.0, ValueError, "math.sqrt(a)")],
)
def test_errors_of_python_numbers_show_the_expression(
    both_ways: Callable[..., Both], a: float, b: float, error: type[Exception], text: str
) -> None:
    both = both_ways(DIVIDES)
    x = np.ones(3)
    both.hooked.shares(x, 4.0, 2.0)
    with pytest.raises(error) as plain:
        both.plain.shares(x, a, b)
    with pytest.raises(error) as native:
        both.hooked.shares(x, a, b)
    assert str(native.value) == str(plain.value)
    last = traceback.extract_tb(native.tb)[-1]
    assert last.filename == both.hooked.__file__
    assert last.line is not None
    assert text in last.line


@pytest.mark.parametrize(("stage", "text"), [("llvm", "define "), ("asm", ".section")])
def test_machine_code_can_be_looked_at_although_the_kernel_is_on_disk(
    both_ways: Callable[..., Both], stage: str, text: str
) -> None:
    both = both_ways("# defn\nimport numpy as np\n\ndef doubled(x):\n    return np.exp(x) * 2\n")
    x = np.ones(100, np.float32)
    both.hooked.doubled(x)
    assert text in defnhook.explain(both.hooked.doubled, x, stage=stage)


PUTS = """# defn
import numpy as np

def put(y, places):
    y[places] = 5
    np.fill_diagonal(y, 7)
    np.add.at(y, (places, places), 1.0)

def together(y, places):
    return np.tile(y, 2), np.repeat(y, 3, axis=1), np.pad(y, 2), np.insert(y, 0, 1.0)
"""


def test_places_are_written_where_they_are_and_arrays_put_together_at_once(
    both_ways: Callable[..., Both],
) -> None:
    both = both_ways(PUTS)
    mine, other, places = np.ones((4, 4)), np.ones((4, 4)), np.array([1, 2, 1])
    both.hooked.put(mine, places), both.plain.put(other, places)
    np.testing.assert_array_equal(mine, other)
    pairs = zip(both.hooked.together(mine, places), both.plain.together(other, places), strict=True)
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)
    for function in (both.hooked.put, both.hooked.together):
        told = str(defnhook.explain(function, mine, places))
        assert "native" in told
        assert "copied" not in told
        assert "kept" not in told
