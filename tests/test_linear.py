"""Linear algebra, np.einsum and Fourier transforms: marked modules written from lists of calls."""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same, assert_same_sharing, unit_of
from ops.linear_calls import EINSUM, FOURIER, LINEAR, SCIPY, called, listed

import defnhook
from defnhook.ops import BY_MEANING, einsum, factoring, load, namesakes, spectra, transforms

LISTS = {
    "linear": listed(LINEAR),
    "einsum": listed(EINSUM),
    "fourier": listed(FOURIER),
    "scipy": listed(SCIPY),
}
DTYPES = [np.dtype(c) for c in ("f4", "f8", "c16", "i8")]
ROUNDING = 256  # factorizations are rounded in many steps, and BLAS adds in another order than a loop


@pytest.fixture(scope="module")
def calls_module(both_ways):
    lines = ["# defn", "import numpy as np", "import scipy.linalg", ""]
    for name, calls in LISTS.items():
        for number, call in enumerate(calls):
            lines += [f"def {name}_{number}(m, s, t, b, v, x):", f"    return {call}", ""]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


def drawn(dtype, shape, seed):
    rng = np.random.default_rng(seed)
    values = rng.uniform(-2, 2, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(-2, 2, shape)
    return np.round(3 * values).astype(dtype) if dtype.kind == "i" else values.astype(dtype)


def operands(dtype):
    eye = np.eye(3)
    m = (drawn(dtype, (3, 3), 1) + 6 * eye).astype(dtype)
    s = (m @ m.conj().T + eye).astype(dtype)
    t = (drawn(dtype, (2, 3, 3), 2) + 8 * eye).astype(dtype)
    return m, s, t, drawn(dtype, (3, 2), 3), drawn(dtype, 3, 4), drawn(dtype, (4, 3), 5)


def check_calls(both, name, dtype):
    wrong = []
    for number, call in enumerate(LISTS[name]):
        given, taken = operands(dtype), operands(dtype)
        actual = both.call_hooked(f"{name}_{number}", given)
        expected = both.call_plain(f"{name}_{number}", taken)
        try:
            assert_same(actual, expected, ROUNDING, unit_of(given), call)
            if not isinstance(expected, Raised):
                assert_same_sharing(actual, given, expected, taken)
        except Different as error:
            wrong.append(f"{call}: {error}".partition("\n")[0])
    assert not wrong, f"{len(wrong)} of {len(LISTS[name])}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", LISTS)
def test_calls(name, dtype, mode, calls_module):
    check_calls(calls_module(mode), name, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", LISTS)
def test_calls_compiled(name, dtype, calls_module):
    check_calls(calls_module("on"), name, dtype)


def is_public(op):
    return not op.numpy.__module__.startswith("defnhook")


def test_every_entry_is_called():
    assert load("scipy.linalg")
    modules = (factoring, spectra, namesakes, einsum, transforms, sys.modules["defnhook.ops.matrices"])
    entries = {op for op in BY_MEANING.values() if any(op in vars(module).values() for module in modules)}
    assert len(entries) > 50
    assert [op for op in entries if is_public(op) and op.numpy not in called()] == []


PROGRAM = """
# defn
import numpy as np

def whitened(x):
    y = x - np.mean(x, axis=0)
    u, s, vh = np.linalg.svd(y, full_matrices=False)
    return (y @ vh.T / s) * np.exp(-s), np.linalg.slogdet(y.T @ y)

def singular(a, b):
    c = a * 2
    return np.linalg.solve(c, b) + 1

def powers(a, n):
    r = a
    for i in range(n):
        r = np.linalg.inv(r) + i
    return r

def in_branch(a):
    if np.sum(a) > 0:
        return np.linalg.inv(a)
    return a

def residuals(a, b):
    return np.linalg.lstsq(a * 1, b)[1] + 1

def written(a, b):
    b[0] = 3
    return np.linalg.lstsq(a, b)[1]

def both_results(a):
    w = np.linalg.eigh(a)
    return w, w.eigenvalues

def into(a, out):
    return np.linalg.multi_dot([a, a, a], out=out)

def transformed(x, out):
    return np.fft.fft(x, out=out)

def parameters(a, tolerance, count, order, axis, letter):
    return (
        np.linalg.pinv(a, tolerance * 2) + 1,
        np.linalg.matrix_rank(a, tol=tolerance),
        np.linalg.cond(a, order),
        np.linalg.norm(a, order),
        np.linalg.matrix_power(a, count),
        np.fft.fft(a, count, axis=axis, norm="ortho"),
        np.fft.fft2(a, s=(count, count)),
        np.linalg.eigh(a, letter),
        np.linalg.eigvalsh(a, UPLO=letter),
    )

def of_numbers(a, b, c):
    return np.linalg.det([[a, b], [b, c]]), np.linalg.solve(a=[[a, b], [c, a]], b=[b, c]), np.kron([a, b], [c])

def some_rows(x):
    y = x[x[:, 0] > 0]
    return np.linalg.svd(y, compute_uv=False), np.einsum("ij,ik->jk", y, y), np.fft.fft(y, axis=0)

def swapped_in_loop(a, n):
    q = a
    for i in range(n):
        q, r = np.linalg.qr(q @ a)
        q = q * np.sign(np.diagonal(r))
    return q

def alone(a):
    u, s, vh = np.linalg.svd(a)
    return s

def differing(a, flag):
    w, v = np.linalg.eig(a)
    return w * flag, v

def views(a):
    d = np.einsum("ii->i", a)
    d[:] = 7
    return a

def columns(x, w):
    return np.einsum("ni,nj,n->ij", x, x, w), np.einsum("ni,ni->n", x, x), np.einsum("...i->...", x)

def einsum_in_loop(a, x, n):
    y = np.copy(x)
    for i in range(n):
        if np.sum(y) > 100:
            y = y / np.einsum("i,i", y, y)
        y = np.einsum("ij,j->i", a, y) + np.einsum("ij,kj,k->i", a, a, y)
    return y

def norms_in_loop(a, n):
    total = 0.0
    for i in range(n):
        c = np.cross(a, a[::-1])
        total = total + np.linalg.norm(a * i, axis=1).sum() + np.linalg.vecdot(c, a).sum()
        a = np.kron(a[:, :1], a[:1]) + np.linalg.matrix_power(a, 2)
    return total, a

def fused(x, y):
    return np.einsum("ij,ij->i", x + 1, y), np.einsum("ij->j", x * y), np.einsum("ij,j->ij", x, y[0])

def wide(a):
    return np.vecdot(a, a, casting="unsafe")
"""


@pytest.fixture(scope="module")
def program(both_ways):
    return cache(lambda mode: both_ways(PROGRAM, mode))


CALLS = [
    ("whitened", lambda: (drawn(np.dtype("f8"), (6, 3), 0),)),
    ("singular", lambda: (np.eye(3), np.ones(3))),
    ("singular", lambda: (np.zeros((3, 3)), np.ones(3))),
    ("singular", lambda: (np.ones((2, 3)), np.ones(3))),
    ("powers", lambda: (np.eye(2) * 3, 4)),
    ("residuals", lambda: (drawn(np.dtype("f8"), (4, 2), 0), np.arange(4.0))),
    ("residuals", lambda: (np.ones((4, 2)), np.arange(4.0))),
    ("written", lambda: (np.ones((4, 2)), np.arange(4.0))),
    ("both_results", lambda: (np.diag([1.0, 2.0]),)),
    ("parameters", lambda: (np.diag([3.0, 2.0, 1e-3]), 1e-2, 4, 1, 0, "U")),
    ("parameters", lambda: (np.diag([3.0, 2.0, 1e-3]), 1e-2, 2, np.inf, -1, "L")),
    ("parameters", lambda: (np.diag([3.0, 2.0, 1e-3]), 1e-2, 2, "fro", 5, "L")),
    ("of_numbers", lambda: (3.0, 1.0, 2.0)),
    ("of_numbers", lambda: (3, 1, np.float32(2.0))),
    ("some_rows", lambda: (drawn(np.dtype("f8"), (9, 3), 0),)),
    ("swapped_in_loop", lambda: (drawn(np.dtype("f8"), (3, 3), 0), 3)),
    ("alone", lambda: (drawn(np.dtype("f4"), (3, 4), 0),)),
    ("differing", lambda: (drawn(np.dtype("f8"), (3, 3), 0), 2.0)),
    ("differing", lambda: (np.diag([1.0, 2.0]), 2.0)),
    ("differing", lambda: (np.diag([1.0, 2.0]) + 0j, 2.0)),
    ("views", lambda: (np.ones((3, 3)),)),
    ("views", lambda: (np.ones((3, 2)),)),
    ("columns", lambda: (drawn(np.dtype("f8"), (9, 3), 0), np.arange(9.0))),
    ("einsum_in_loop", lambda: (drawn(np.dtype("f8"), (3, 3), 0) / 9, np.arange(3.0), 5)),
    ("norms_in_loop", lambda: (drawn(np.dtype("f8"), (3, 3), 0) / 9, 4)),
    ("fused", lambda: (drawn(np.dtype("f4"), (4, 3), 0), drawn(np.dtype("f4"), (4, 3), 1))),
    ("into", lambda: (np.eye(2) * 3, np.zeros((2, 2)))),
    ("transformed", lambda: (np.arange(4.0), np.zeros(4, complex))),
]


@pytest.mark.parametrize("mode", ["eager", "interpret", "on"])
@pytest.mark.parametrize(("name", "make"), CALLS, ids=[name for name, _ in CALLS])
def test_programs(name, make, mode, program):
    both, given, taken = program(mode), make(), make()
    actual, expected = both.call_hooked(name, given), both.call_plain(name, taken)
    assert_same(actual, expected, ROUNDING)
    assert_same(given, taken, ROUNDING)


def test_a_singular_matrix_is_reported_at_the_line_of_the_call(program):
    error = program("interpret").call_hooked("singular", (np.zeros((3, 3)), np.ones(3))).error
    assert isinstance(error, np.linalg.LinAlgError)
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    line = PROGRAM.splitlines().index("    return np.linalg.solve(c, b) + 1") + 1
    assert line in [number for name, number in lines if "site-packages" not in name]


def test_in_a_branch_it_is_refused(program):
    error = program("interpret").call_hooked("in_branch", (np.eye(2),)).error
    assert "inv() runs in NumPy" in str(error)


def test_an_unsupported_keyword_is_named(program):
    error = program("interpret").call_hooked("wide", (np.ones((2, 2)),)).error
    assert "casting='unsafe'" in str(error)


def test_sums_of_products_fuse(program):
    x = drawn(np.dtype("f4"), (4, 3), 0)
    assert "1 native entry, 0 steps" in defnhook.explain(program("interpret").hooked.fused, x, x)


def test_explain_names_the_step_and_not_its_results(program):
    text = defnhook.explain(program("interpret").hooked.whitened, drawn(np.dtype("f8"), (6, 3), 0))
    assert "svd: a library call on whole arrays" in text
    assert "item: " not in text


def test_what_elements_decide_about_types_is_left_to_the_plain_function(program):
    hooked = program("interpret").hooked
    before = defnhook.stats()["plain_calls"]
    hooked.differing(np.eye(2) + 0j, 1.0)
    assert defnhook.stats()["plain_calls"] == before
    hooked.differing(np.eye(2), 1.0)
    assert defnhook.stats()["plain_calls"] == before + 1
    hooked.residuals(drawn(np.dtype("f8"), (4, 2), 0), np.arange(4.0))
    assert defnhook.stats()["plain_calls"] == before + 1
    hooked.residuals(np.ones((4, 2)), np.arange(4.0))
    assert defnhook.stats()["plain_calls"] == before + 2


def test_the_norm_of_a_long_argument_is_left_to_blas(both_ways):
    both = both_ways(
        "# defn\nimport numpy as np\n\n\ndef whole(x):\n    return np.linalg.norm(x)\n\n\n"
        "def moved(x):\n    return np.linalg.norm(x - 1)\n"
    )
    x = np.random.default_rng(5).normal(size=(300, 300))
    for given in (x, x.T, x[::2, ::-1]):
        for name in ("whole", "moved"):
            mine, other = getattr(both.hooked, name)(given), getattr(both.plain, name)(given)
            assert type(mine) is type(other)
            np.testing.assert_allclose(mine, other, rtol=1e-14)
    assert "dot" in defnhook.explain(both.hooked.whole, x, stage="graph")
    assert "dot" not in defnhook.explain(both.hooked.moved, x, stage="graph")
    assert "dot" not in defnhook.explain(both.hooked.whole, x[:9], stage="graph")
