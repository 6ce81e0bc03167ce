"""Results written into an array that may not take them: NumPy's error, of the first thing that NumPy looks at."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from both import Raised
from compare import assert_same

STATEMENTS = [
    "np.maximum(a, b, out=o)",
    "np.maximum(a, b, o)",
    "np.add(a, b, out=(o,))",
    "np.add(a, 2, out=o, dtype=np.float32)",
    "np.add(3, 2, out=o)",
    "np.add(a, b, out=3)",
    "np.less(a, 300, out=o)",
    "np.power(a, b, out=o)",
    "np.clip(a, 0, b, out=o)",
    "o += a",
    "o[...] -= a",
    "o /= b",
    "o &= a",
    "o @= a",
    "o += 1.5",
    "o += [1.5, 2.5]",
]
OPERANDS = [np.ones(3), np.ones(4, np.int64), np.ones((2, 3), np.uint8), np.ones(4, np.bool_)]


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_result_that_does_not_fit_raises_what_numpy_raises(statement, both_ways):
    both = both_ways(f"# defn\nimport numpy as np\n\n\ndef main(a, b, o):\n    {statement}\n", "interpret")
    raised = []
    for a, b, o in itertools.product(OPERANDS, OPERANDS, [*OPERANDS, read_only(np.ones(3))]):
        mine, other = (read_only(o.copy()) if not o.flags.writeable else o.copy() for _ in range(2))
        expected = both.call_plain("main", (a, b, other))
        assert_same(both.call_hooked("main", (a, b, mine)), expected)
        assert_same(mine, other)
        raised += [type(expected.error).__name__] if isinstance(expected, Raised) else []
    assert raised


def test_the_error_names_the_function(both_ways):
    text = "# defn\nimport numpy as np\n\n\ndef main(a, o):\n    np.maximum(a, 1, out=o)\n"
    result = both_ways(text, "interpret").call_hooked("main", (np.ones(3), np.ones(4, np.bool_)))
    assert "'maximum' output from dtype('float64') to dtype('bool')" in str(result.error)
