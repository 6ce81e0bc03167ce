"""Methods of ufuncs, and functions whose results are as long as the elements decide, in marked modules."""

from __future__ import annotations

import re

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same, unit_of
from ops.cases import ordinary

import defnhook
from defnhook.ops import ENTRIES, OPS, Elementwise, Plain

UFUNCS = [
    op.name
    for op in ENTRIES
    if isinstance(op, Elementwise) and isinstance(op.numpy, np.ufunc) and op.numpy.nin == 2
]
CALLS = """
    reduce(x) | reduce(x, -1) | reduce(x, axis=None) | reduce(x, axis=(0, 1)) | reduce(x, 0, keepdims=True) |
    reduce(x, 0, np.float64) | reduce(x, 7) | reduce(x, initial=2) | reduce(x, where=w) | reduce(x[:0]) |
    reduce(x, 0, where=w, initial=1) | reduce(x, initial=None) | reduce(x, axis=()) | reduce(x.T) | reduce(2.5) |
    reduce([1, 2, 3]) | reduce(x, out=np.zeros(x.shape[1:], x.dtype)) |
    accumulate(x) | accumulate(x, -1) | accumulate(x, axis=0, dtype=np.float64) | accumulate(x, 9) | accumulate(x.T) |
    outer(x, x[0]) | outer(x, 2) | outer(2, x) | outer(x[0], x, dtype=np.float64) |
    reduceat(x, [0, 2, 1]) | reduceat(x, np.array([0, 1]), axis=-1)
"""
LONG = [f"{name}.accumulate(np.tile(x, 500), -1)" for name in ("maximum", "subtract", "add")]
OF_ONE = [
    "sqrt.reduce(x)",
    "exp.outer(x, x)",
    "sqrt.accumulate(x)",
    "absolute.reduceat(x, [0])",
    "add.reduceat(x, [0, 99])",
]
TEXTS = [f"{name}.{call.strip()}" for name in UFUNCS for call in CALLS.split("|")]
TEXTS += [*LONG, *OF_ONE, "add.reduceat(x, [0, 99])"]
SAFE = ("power", "float_power", "left_shift", "right_shift")


@pytest.fixture(scope="module")
def methods_module(both_ways):
    lines = ["# defn", "import numpy as np", ""]
    for number, text in enumerate(TEXTS):
        lines += [f"def call_{number}(x, w):", f"    return np.{text}", ""]
    return both_ways("\n".join(lines), "eager")


@pytest.mark.parametrize("dtype", [np.dtype(c) for c in "?bIedf"], ids=str)
def test_methods_of_ufuncs(dtype, methods_module):
    wrong = []
    for shape in ((3, 4), (5,)):
        x, mask = ordinary(dtype, shape), ordinary(np.dtype(bool), shape)
        for number, text in enumerate(TEXTS):
            call = (f"call_{number}", (x, mask))
            expected = methods_module.call_plain(*call)
            if text.startswith(SAFE) and dtype.kind == "i":
                continue
            actual = methods_module.call_hooked(*call)
            try:
                assert_same(actual, expected, unit=unit_of(x), path=text)
            except Different as error:
                wrong.append(f"{text} of {dtype}{shape}: {error}".partition("\n")[0])
    assert not wrong, f"{len(wrong)} of {2 * len(TEXTS)}:\n" + "\n".join(wrong)


# -- results of a size that the elements decide

SIZED = {
    name: [f"np.{name}(x)"]
    for name in "nonzero flatnonzero argwhere unique unique_all unique_counts unique_inverse unique_values".split()
} | {
    **{name: [f"np.{name}(x, x[:2])"] for name in "union1d intersect1d setdiff1d setxor1d".split()},
    "polymul": ["np.polymul(x.ravel(), [1, 2])"],
    "polydiv": ["np.polydiv(x.ravel(), [1, 2])"],
    "roots": ["np.roots(x.ravel())"],
}
SIZED |= {
    "bincount": ["np.bincount(x.astype(int).ravel())", "np.bincount(x.astype(int)[0], minlength=9)"],
    "histogram2d": ["np.histogram2d(x.ravel(), x.ravel(), 3)"],
    "histogramdd": ["np.histogramdd(x, 2)"],
    "automatic_edges": ["np.histogram(x, 'auto')", "np.histogram_bin_edges(x, 'fd')"],
}
SIZED["nonzero"] += ["x.nonzero()", "np.where(x > 0)", "np.nonzero(x)[0].shape"]
SIZED["unique"] += ["np.unique(x, return_counts=True, axis=0)", "np.unique(x, True)"]


def test_every_entry_of_such_a_size_is_called():
    assert {op.name for op in ENTRIES if isinstance(op, Plain)} == set(SIZED)


def test_they_run_plainly_and_are_counted(both_ways):
    texts = [text for group in SIZED.values() for text in group]
    lines = ["# defn", "import numpy as np", ""]
    for number, text in enumerate(texts):
        lines += [f"def call_{number}(x):", f"    return {text}", ""]
    both, x = both_ways("\n".join(lines), "on"), np.array([[3.0, 0.0, 1.0], [1.0, 3.0, 0.0]])
    for number, text in enumerate(texts):
        before = defnhook.stats()["plain_calls"]
        call = (f"call_{number}", (x,))
        assert_same(both.call_hooked(*call), both.call_plain(*call), path=text)
        assert defnhook.stats()["plain_calls"] == before + 1


@pytest.mark.parametrize("name", sorted(SIZED))
def test_inside_a_loop_they_are_refused(name, both_ways):
    call = re.sub(r"\bx\b", "x[i]", SIZED[name][0])
    lines = ["# defn", "import numpy as np", "", "def f(x):", "    t = 0.0", "    for i in range(len(x)):"]
    lines += [f"        t += np.sum({call}[0])", "    return t", ""]
    result = both_ways("\n".join(lines), "on").call_hooked("f", (np.ones((2, 3)),))
    assert isinstance(result, Raised)
    assert isinstance(result.error, defnhook.errors.DefnTypeError)
    assert OPS[name].instead in str(result.error)


def test_methods_of_other_ufuncs_are_refused(both_ways):
    text = "# defn\nimport numpy as np\n\ndef f(x):\n    return np.matmul.reduce(x)\n"
    result = both_ways(text, "on").call_hooked("f", (np.ones((2, 2)),))
    assert isinstance(result, Raised)
