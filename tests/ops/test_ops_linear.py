"""Composites of linear algebra and Fourier transforms give NumPy's results on plain arrays, and can be traced."""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np
import pytest
import scipy.linalg
from linear_calls import EINSUM, FOURIER, LINEAR, SCIPY, listed
from test_ops_derivatives import check_step, definite, square
from watched import Watched, unwrap

from defnhook.ops import BY_MEANING, OPS, Composite, Library, load

CALLS = listed(LINEAR + EINSUM + FOURIER + SCIPY)
MATRICES = {op.name: op for op in load("scipy.linalg")}
WRITABLE_VIEW = "'ii->i'"  # asks an array for its strides


class Expanded:
    """A module whose composites are replaced by what they are written as."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        value = getattr(self.module, name)
        if isinstance(value, ModuleType) and value.__name__ in ("numpy.linalg", "numpy.fft", "scipy.linalg"):
            return Expanded(value)
        op = BY_MEANING.get(value) if callable(value) else None
        return op.expand if isinstance(op, Composite) else value


def operands():
    rng = np.random.default_rng(0)
    m, t = rng.normal(size=(3, 3)) + 4 * np.eye(3), rng.normal(size=(2, 3, 3)) + 4 * np.eye(3)
    x, b, v = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)
    return {"scipy": Expanded(scipy), "m": m, "s": m @ m.T, "t": t, "b": b, "v": v, "x": x}


def outcome(call, names):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return eval(call, names)
        except Exception as error:
            return error


def flat(value):
    return [np.asarray(each) for each in (value if isinstance(value, tuple) else (value,))]


def assert_same(actual, expected, call):
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception), call
        assert isinstance(expected, type(actual)) or isinstance(actual, type(expected)), (call, actual)
        return
    assert type(actual) is type(expected), (call, actual)
    for a, e in zip(flat(actual), flat(expected), strict=True):
        assert (a.dtype, a.shape) == (e.dtype, e.shape), call
        tolerance = 1e-5 if e.dtype == np.float32 else 1e-10
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance, err_msg=call)


@pytest.mark.parametrize("call", CALLS)
def test_composites_give_numpys_results(call):
    assert_same(
        outcome(call, operands() | {"np": Expanded(np)}),
        outcome(call, operands() | {"np": np, "scipy": scipy}),
        call,
    )


def traceable(call):
    """Whether NumPy itself hands the call on, which SciPy does not."""
    return "scipy" not in call and WRITABLE_VIEW not in call


@pytest.mark.parametrize("call", [call for call in CALLS if traceable(call)])
def test_composites_can_be_traced(call):
    expected = outcome(call, operands() | {"np": np})
    if isinstance(expected, Exception):
        return
    watched = {name: Watched(value) for name, value in operands().items() if name != "scipy"}
    assert_same(unwrap(outcome(call, watched | {"np": np})), expected, call)


TRIANGULAR = [{}, {"lower": True}, {"trans": "T"}, {"trans": 1, "lower": True, "unit_diagonal": True}]
STEPS = [
    *[("solve_triangular", [square(0), square(1)], keywords) for keywords in TRIANGULAR],
    *[("solve_triangular", [square(0), square(1)[0]], keywords) for keywords in TRIANGULAR],
    ("solve_triangular", [square(0, 2), square(1)], {}),
    ("expm", [square(0) / 8], {}),
    ("expm", [square(0, 2) / 8], {}),
]


@pytest.mark.parametrize(("name", "arguments", "parameters"), STEPS)
def test_derivatives_of_steps_in_scipy(name, arguments, parameters):
    check_step(MATRICES[name], arguments, parameters)


def test_steps_in_scipy_that_are_tested_have_a_derivative():
    smooth = {op.name for op in MATRICES.values() if isinstance(op, Library) and callable(op.vjp)}
    assert smooth >= {name for name, *_ in STEPS}


@pytest.mark.parametrize("name", ["solve_triangular", "lu", "expm"])
def test_shapes_of_steps_in_scipy_are_its_own(name):
    op, rest = MATRICES[name], SHAPES if name == "solve_triangular" else [None]
    for first in SHAPES:
        for second in rest:
            given = [shape for shape in (first, second) if shape is not None]
            if all(0 not in shape for shape in given):
                check_shapes(op, op.numpy, given, {})


@pytest.mark.parametrize(
    "call",
    [
        "solve_triangular(m, m, overwrite_b=True)",
        "cho_factor(s, overwrite_a=True)",
        "lu(m, overwrite_a=True)",
    ],
)
def test_what_overwrites_is_refused(call):
    name, _, rest = call.partition("(")
    op = MATRICES[name]
    rule = op.expand if isinstance(op, Composite) else op.shape
    shapes = {"m": (3, 3), "s": definite(0), "f": rule}
    with pytest.raises(TypeError, match="overwrite"):
        eval(f"f({rest}", shapes)


SHAPES = [(), (3,), (3, 3), (0, 0), (2, 3), (3, 2), (5, 3, 3), (0, 3, 3), (1, 2, 3), (4, 1, 3, 3)]
ONE = "inv det slogdet pinv cholesky qr eigh eigvalsh eig eigvals svd svdvals matrix_rank cond".split()
VARIANTS = {
    "qr": [{"mode": "complete"}, {"mode": "r"}, {"mode": "raw"}],
    "svd": [{"full_matrices": False}, {"compute_uv": False}],
    "pinv": [{"hermitian": True}],
    "cond": [{"p": 1}, {"p": "nuc"}],
}


def shapes_of(value):
    return tuple(map(np.shape, value)) if isinstance(value, tuple) else np.shape(value)


def check_shapes(op, function, shapes, keywords):
    arrays = [np.zeros(shape) + (np.eye(*shape[-2:]) if len(shape) > 1 else 1) for shape in shapes]
    expected = outcome("shapes(f(*a, **k))", {"shapes": shapes_of, "f": function, "a": arrays, "k": keywords})
    actual = outcome("f(*a, **k)", {"f": op.shape, "a": shapes, "k": keywords})
    if isinstance(expected, Exception):
        assert isinstance(expected, type(actual)), (op.name, shapes, keywords, expected, actual)
    else:
        assert actual == expected, (op.name, shapes, keywords)


@pytest.mark.parametrize("name", ONE)
def test_shapes_of_factorizations_are_numpys(name):
    for shape in SHAPES:
        for keywords in [{}, *VARIANTS.get(name, [])]:
            check_shapes(OPS[name], OPS[name].numpy, (shape,), keywords)


@pytest.mark.parametrize("name", ["solve", "lstsq"])
def test_shapes_of_solutions_are_numpys(name):
    for first in SHAPES:
        for second in SHAPES:
            check_shapes(OPS[name], OPS[name].numpy, (first, second), {})


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft"])
def test_shapes_of_transforms_are_numpys(name):
    for shape in [(), (1,), (4,), (5, 1, 3), (0, 3)]:
        for keywords in [{}, {"n": 6}, {"n": 0}, {"axis": 0}, {"axis": 2, "n": 1}, {"axis": -4}]:
            check_shapes(OPS[name], OPS[name].numpy, (shape,), keywords)


def test_a_wrong_shape_is_caught():
    with pytest.raises(AssertionError):
        check_shapes(OPS["inv"], np.linalg.det, ((3, 3),), {})
    with pytest.raises(AssertionError):
        check_shapes(OPS["inv"], np.linalg.pinv, ((2, 3),), {})
