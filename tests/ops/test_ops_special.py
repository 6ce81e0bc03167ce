"""The entries of ``scipy.special``: loops, derivatives, accuracy, and when they are loaded."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from both import Raised
from compare import Different, assert_same, assert_same_ulp
from ops.cases import CANCELS, SPECIAL_ULP, ordinary, special_values
from ops.scalars import run_elementwise
from ops.test_ops_derivatives import ONE_INTEGER, check_partials, points, traced
from ops.test_ops_loops import by_name, grid

from defnhook.ops import Composite, Elementwise, Flat, NoGradient, allowed, load, meaning

ENTRIES = load("scipy.special")
ELEMENTWISE = [op for op in ENTRIES if isinstance(op, Elementwise)]
NATIVE = [op for op in ELEMENTWISE if op.loop]
PUBLIC = [op for op in ELEMENTWISE if not op.name.startswith("_")]
FLOATS = [np.dtype("f4"), np.dtype("f8")]


def ulp_of(name, dtype):
    return SPECIAL_ULP.get(name, (0, 0))[dtype == np.float64]


def arguments(dtype, arity):
    """Special values beside one another, and drawn ones of several sizes."""
    rng = np.random.default_rng(0)
    drawn = [np.concatenate([rng.uniform(-3, 3, 200), rng.uniform(0, 1, 200)]) for _ in range(arity)]
    return [np.append(s, d).astype(dtype) for s, d in zip(grid([dtype] * arity), drawn, strict=True)]


def sizes_of_terms(name, result, x, y=None):
    """How large what cancels is: of one operand what relative changes of it do; of two x log(x / y), or gammaln."""
    if y is None:
        change = np.abs(getattr(sp, name)(x * (1 + 2.0**-20)) - result) * 2.0**20
        return 1 + np.abs(result) + np.nan_to_num(change)
    if name == "betaln":
        return 1 + np.abs(result) + sum(np.nan_to_num(np.abs(sp.gammaln(each))) for each in (x, y, x + y))
    return np.maximum(x, y) + np.abs(np.where(x > 0, x * np.log(x / y), 0))


def assert_near(actual, expected, name, operands):
    """Within the units of the table; where terms cancel, of the size of these."""
    dtype = expected.dtype
    if name not in CANCELS:
        assert_same_ulp(actual, expected, ulp_of(name, dtype), False, path=f"{name} of {dtype}")
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    kept = (each[finite] for each in np.broadcast_arrays(*operands))
    with np.errstate(all="ignore"):
        terms = sizes_of_terms(name, expected[finite], *kept)
    assert np.all(np.abs(actual - expected)[finite] <= 4 * np.finfo(dtype).eps * terms)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("op", NATIVE, ids=by_name)
def test_the_loop_gives_scipys_results(op, dtype):
    arrays = arguments(dtype, op.arity)
    with np.errstate(all="ignore"):
        assert_near(run_elementwise(op, arrays), op.numpy(*arrays), op.name, arrays)


def test_a_wrong_loop_is_caught():
    wrong = Elementwise(sp.entr, loop={"f": "-({x} * log({x}))"}, partials=Flat())
    with pytest.raises(AssertionError):
        test_the_loop_gives_scipys_results(wrong, np.dtype("f8"))


@pytest.mark.parametrize(
    "op", [op for op in ELEMENTWISE if callable(op.partials) and op.name not in ONE_INTEGER], ids=by_name
)
def test_partials(op):
    check_partials(op)
    narrow = [x.astype(np.float32) for x in points(op, (3,))]
    result = op.numpy(*narrow)
    for part in traced(op.partials, result, *narrow):
        assert isinstance(part, int | float | NoGradient) or part.dtype in (np.float32, np.bool_)


@pytest.mark.parametrize("op", ENTRIES, ids=by_name)
def test_every_entry_says_what_its_derivative_is(op):
    if isinstance(op, Composite):
        return
    if isinstance(op.partials, NoGradient):
        assert op.partials.reason.endswith(".")
        assert " instead" in op.partials.reason
    else:
        assert isinstance(op.partials, Flat) or callable(op.partials)


def test_the_derivative_of_exprel_is_smooth_at_zero():
    x = np.array([-0.02, -0.01, -1e-9, 0.0, 1e-9, 0.00999, 0.01001])
    (slope,) = meaning(sp.exprel).partials(sp.exprel(x), x)
    exact = [float(mpmath.diff(lambda t: mpmath.expm1(t) / t if t else 1, each)) for each in x]
    np.testing.assert_allclose(slope, exact, rtol=1e-10)


# -- through the front door


@pytest.fixture(scope="module")
def functions(both_ways):
    lines = ["# defn", "import scipy.special as sp", ""]
    for op in PUBLIC:
        names = ", ".join("abc"[: op.arity])
        lines += [f"def {op.name}({names}):", f"    return sp.{op.name}({names})", ""]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


def check_function(both, op, operands):
    actual, expected = both.call_hooked(op.name, operands), both.call_plain(op.name, operands)
    if isinstance(expected, Raised) or getattr(expected, "dtype", None) not in (np.float32, np.float64):
        assert_same(actual, expected)
        return
    assert (actual.shape, actual.dtype, type(actual)) == (expected.shape, expected.dtype, type(expected))
    operands = [np.asarray(x, expected.dtype) for x in operands]
    with np.errstate(all="ignore"):
        assert_near(np.asarray(actual), np.asarray(expected), op.name, operands)


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("?", "i1", "i8", "f4", "f8", "c16")], ids=str)
def test_functions(dtype, mode, functions):
    for op in PUBLIC:
        x = ordinary(dtype, (3, 4))
        check_function(functions(mode), op, (x, x.T.copy().T, x[0])[: op.arity])
        check_function(functions(mode), op, (special_values(dtype),) * op.arity)
        check_function(functions(mode), op, (x[0, 0], 2.5, 0.5)[: op.arity])
        check_function(functions(mode), op, (0.25, x, 3)[: op.arity])


@pytest.mark.parametrize("op", NATIVE, ids=by_name)
def test_functions_compiled(op, functions):
    for dtype in FLOATS:
        check_function(functions("on"), op, arguments(dtype, op.arity))


CALLS = """
    sp.softmax(x) | sp.softmax(x, axis=0) | sp.softmax(x, axis=-1) | sp.softmax(x, axis=(0, 1)) |
    sp.softmax(x, axis=9) |
    sp.log_softmax(x) | sp.log_softmax(x, axis=0) | sp.log_softmax(x, -1) | sp.log_softmax(x[0, 0]) |
    sp.logsumexp(x) | sp.logsumexp(x, axis=0) | sp.logsumexp(x, axis=(0, 1), keepdims=True) | sp.logsumexp(x, -1) |
    sp.logsumexp(x, b=w) | sp.logsumexp(x, axis=0, b=[1, -2, 0.5, 0]) | sp.logsumexp(x, 1, w, return_sign=True) |
    sp.logsumexp(x, 0, return_sign=True) | sp.logsumexp(x, axis=3) | sp.logsumexp(x[0, 0]) | sp.logsumexp(2.5) |
    sp.logsumexp(x[:0], axis=0) | sp.logsumexp(x, axis=0, b=2) | sp.logsumexp([x[0], x[1]], axis=0) |
    sp.comb(x, 2) | sp.comb(5, x) | sp.comb(x, x, repetition=True) | sp.comb(7, 3, exact=True) | sp.comb(x[0, 0], 1) |
    sp.perm(x, 2) | sp.perm(7, 3, exact=True) | sp.zeta(x, 2.0) | sp.zeta(x) | sp.polygamma(1, abs(x) + 1) |
    sp.polygamma(0, abs(x) + 1) | sp.digamma(x) | sp.softmax([1, 2.5, x[0, 0]])
"""


@pytest.fixture(scope="module")
def composites(both_ways):
    lines = ["# defn", "import scipy.special as sp", ""]
    calls = [call.strip() for call in CALLS.split("|")]
    for number, call in enumerate(calls):
        lines += [f"def call_{number}(x, w):", f"    return {call}", ""]
    return calls, cache(lambda mode: both_ways("\n".join(lines), mode))


def composite_operands():
    for dtype in ("f4", "f8", "i4"):
        x = ordinary(np.dtype(dtype), (3, 4))
        yield x, ordinary(np.dtype("f4"), (3, 4), 1)
    x = special_values(np.dtype("f8"))[:12].reshape(3, 4)
    yield from ((x, np.ones((3, 4))), (x[:, ::-1] * 100, x), (np.full((3, 4), -np.inf), x))


@pytest.mark.parametrize("mode", ["eager", "interpret"])
def test_composites(mode, composites):
    calls, both = composites[0], composites[1](mode)
    wrong = []
    for operands in composite_operands():
        for number, call in enumerate(calls):
            actual = both.call_hooked(f"call_{number}", operands)
            expected = both.call_plain(f"call_{number}", operands)
            try:
                assert_same(actual, expected, path=call)
            except Different as error:
                wrong.append(f"{operands[0].dtype}: {error}")
    assert not wrong, "\n".join(wrong)


def test_composites_compiled(composites):
    calls, both = composites[0], composites[1]("on")
    x, w = next(composite_operands())
    for number in [
        calls.index(call)
        for call in ("sp.softmax(x, axis=-1)", "sp.logsumexp(x, axis=0)", "sp.logsumexp(x, b=w)")
    ]:
        assert_same(both.call_hooked(f"call_{number}", (x, w)), both.call_plain(f"call_{number}", (x, w)))


def test_exact_counts_of_what_is_traced_are_refused(both_ways):
    both = both_ways(
        "# defn\nimport scipy.special as sp\n\ndef f(n):\n    return sp.comb(n, 2, exact=True)\n"
    )
    assert "exact=True" in str(both.call_hooked("f", (np.arange(3),)).error)


# -- when they are loaded


def test_names():
    names = allowed("scipy.special")
    assert {"erf", "softmax", "digamma", "psi", "logsumexp", "gammaln", "comb"} <= names
    assert not names & {"orthogonal", "test", "SpecialFunctionError", "lambertw"}


def run(code):
    """What a new Python prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_scipy_is_imported_by_those_who_use_it_only(tmp_path):
    (tmp_path / "without.py").write_text("# defn\nimport numpy as np\n\ndef f(x):\n    return np.exp(x)\n")
    (tmp_path / "with_it.py").write_text(
        "# defn\nimport scipy.special as sp\n\ndef f(x):\n    return sp.erf(x)\n"
    )
    start = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import numpy as np; import defnhook; "
    start += "defnhook.install()"
    show = "print('scipy.special' in sys.modules, 'defnhook.ops.special' in sys.modules)"
    assert run(f"{start}; import without; without.f(np.ones(3)); {show}").split() == ["False", "False"]
    assert run(f"{start}; import with_it; with_it.f(np.ones(3)); {show}").split() == ["True", "True"]


def test_a_function_passed_in_is_known(both_ways):
    both = both_ways("# defn\ndef f(g, x):\n    return g(x)\n", "interpret")
    x = np.linspace(-1, 1, 5)
    assert_same(both.call_hooked("f", (sp.gamma, x)), both.call_plain("f", (sp.gamma, x)))
