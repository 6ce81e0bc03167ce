"""Every loop expression of the table, run in plain Python, gives what NumPy gives."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from cases import DTYPES, PAIRS, SHAPES, ULP, UNSIGNED_ZERO, layouts, ordinary, special_values
from scalars import FUNCTIONS, loop_dtypes, run_elementwise, run_reduction

from defnhook.ops import ENTRIES, Elementwise, Flat, Reduction

ELEMENTWISE = [op for op in ENTRIES if isinstance(op, Elementwise) and op.loop]
REDUCTIONS = [op for op in ENTRIES if isinstance(op, Reduction)]


def by_name(op):
    return op.name


def assert_same(actual, expected, ulp=0, unsigned_zero=False):
    """Equal element by element, to ``ulp`` units in the last place, zeros with their signs."""
    expected = np.asarray(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if expected.dtype.kind == "c":
        assert_parts_same(actual, expected, ulp)
        return
    nan = expected != expected
    np.testing.assert_array_equal(actual != actual, nan)
    actual, expected = actual[~nan], expected[~nan]
    if not ulp:
        np.testing.assert_array_equal(actual, expected)
    else:
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(actual[~finite], expected[~finite])
        np.testing.assert_array_max_ulp(actual[finite], expected[finite], ulp)
    if expected.dtype.kind == "f" and not unsigned_zero:
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(actual[zero]), np.signbit(expected[zero]))


def assert_parts_same(actual, expected, ulp):
    """Complex results: the error of either part is measured against the larger of the two."""
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(actual), finite)
    actual, expected = actual[finite], expected[finite]
    if not ulp:
        np.testing.assert_array_equal(actual, expected)
        return
    scale = np.spacing(np.maximum(np.abs(expected.real), np.abs(expected.imag)))
    assert np.all(np.abs(actual.real - expected.real) <= ulp * scale)
    assert np.all(np.abs(actual.imag - expected.imag) <= ulp * scale)


def check_elementwise(op, arrays):
    """Compare the loop with NumPy on operands; False where there is none for these dtypes."""
    try:
        *operands, _ = loop_dtypes(op, arrays)
    except TypeError:
        return False
    arrays = guarded_operands(op, arrays, operands)
    with np.errstate(all="ignore"):
        actual = run_elementwise(op, arrays)
        if actual is None:
            return False
        ulp = ULP.get(op.name, {}).get(operands[0].kind, 0)
        assert_same(actual, op.numpy(*arrays), ulp, op.name in UNSIGNED_ZERO)
    return True


def guarded_operands(op, arrays, dtypes):
    """The operands without the elements that NumPy refuses."""
    guard = op.guarded.get(dtypes[0].kind)
    if guard is None:
        return arrays
    return (*arrays[:-1], np.where(guard.fault(*arrays), 1, arrays[-1]).astype(arrays[-1].dtype))


def grid(dtypes):
    """Every combination of the special values of some dtypes, as operands of one length."""
    return [m.ravel() for m in np.meshgrid(*map(special_values, dtypes), indexing="ij")]


def operand_dtypes(op, dtype):
    if op.numpy is np.where:
        return (np.dtype(bool), dtype, dtype)
    return (dtype,) * op.arity


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_loop_gives_numpys_results_at_special_values(op):
    checked = [check_elementwise(op, grid(operand_dtypes(op, dtype))) for dtype in DTYPES]
    assert any(checked)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_loop_gives_numpys_results_in_every_shape(op):
    kinds = [np.dtype(c) for c in "lfd?"]
    dtype = next(
        d for d in kinds if check_elementwise(op, [ordinary(k, (3,)) for k in operand_dtypes(op, d)])
    )
    for shapes in PAIRS if op.arity > 1 else [(shape,) for shape in SHAPES]:
        shapes = (*shapes, (1,))[: op.arity]
        arrays = [ordinary(d, s) for d, s in zip(operand_dtypes(op, dtype), shapes, strict=True)]
        for versions in zip(*map(layouts, arrays), strict=True):
            check_elementwise(op, versions)


MIXED = [("l", "L"), ("L", "l"), ("b", "B"), ("?", "l"), ("i", "f"), ("f", "d"), ("l", "d"), ("?", "f")]


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.arity == 2], ids=by_name)
def test_loop_gives_numpys_results_for_mixed_dtypes(op):
    for dtypes in MIXED:
        check_elementwise(op, grid([np.dtype(c) for c in dtypes]))


def axes_of(ndim):
    return [(), *[(i,) for i in range(ndim)], tuple(range(ndim)), *[(i, i + 1) for i in range(ndim - 1)]]


def check_reduction(op, x, axis, keepdims):
    with np.errstate(all="ignore"):
        dtype = np.asarray(op.numpy(np.ones((1,) * x.ndim, x.dtype))).dtype
        if op.start_for(dtype.kind) is None and any(x.shape[a] == 0 for a in axis):
            return
        actual = run_reduction(op, x, axis, keepdims, dtype)
        if actual is None:
            return
        expected = op.numpy(x, axis=axis, keepdims=keepdims)
        assert_same(actual, expected, ULP.get(op.name, {}).get(dtype.kind, 0), op.name in UNSIGNED_ZERO)


@pytest.mark.parametrize("op", REDUCTIONS, ids=by_name)
def test_reduction_gives_numpys_results(op):
    for dtype in DTYPES:
        for shape in SHAPES:
            for x in layouts(ordinary(dtype, shape)):
                for axis in axes_of(len(shape)):
                    check_reduction(op, x, axis, keepdims=len(axis) % 2 == 0)


@pytest.mark.parametrize("op", REDUCTIONS, ids=by_name)
def test_reduction_gives_numpys_results_at_special_values(op):
    for dtype in [d for d in DTYPES if d.kind != "c"]:
        first, second = grid((dtype, dtype))
        check_reduction(op, np.stack([first, second]), (0,), keepdims=False)


# -- what the emitter may rely on


def texts():
    for op in (*ELEMENTWISE, *REDUCTIONS):
        for text in [op.loop] if isinstance(op.loop, str) else (op.loop or {}).values():
            yield pytest.param(text, id=f"{op.name}: {text}")


@pytest.mark.parametrize("text", list(texts()))
def test_numbers_in_loops_have_a_dtype(text):
    """A bare number would pull the whole expression to 64 bits under Numba."""
    tree = ast.parse(text.format(x="x", y="y", z="z", acc="acc", i="I"), mode="eval")
    cast = {id(arg) for call in ast.walk(tree) if is_cast(call) for arg in call.args for arg in ast.walk(arg)}
    assert all(id(node) in cast for node in ast.walk(tree) if isinstance(node, ast.Constant))


def is_cast(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "I"


@pytest.mark.parametrize("text", list(texts()))
def test_loops_call_functions_of_the_library_only(text):
    tree = ast.parse(text.format(x="x", y="y", z="z", acc="acc", i="I"), mode="eval")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called <= {"I", *FUNCTIONS}


# -- the testers are tested

WRONG_LOOPS = [
    Elementwise(np.sin, loop="cos({x})", partials=Flat()),
    Elementwise(np.floor_divide, loop="int_floor_divide({x}, {y}) + {i}(1)", partials=Flat()),
    Elementwise(np.sign, loop="copysign({i}(1), {x})", partials=Flat()),
    Elementwise(np.maximum, loop="select({x} > {y}, {x}, {y})", partials=Flat()),
    Elementwise(np.absolute, loop="select({x} < {i}(0), -{x}, {x})", partials=Flat()),
    Elementwise(np.expm1, loop="exp({x}) - {i}(1)", partials=Flat()),
]


@pytest.mark.parametrize("op", WRONG_LOOPS, ids=by_name)
def test_a_wrong_loop_is_caught(op):
    with pytest.raises((AssertionError, TypeError)):
        test_loop_gives_numpys_results_at_special_values(op)


WRONG_REDUCTIONS = [
    Reduction(np.sum, start="{i}(1)", loop="{acc} + {x}", vjp=Flat()),
    Reduction(np.prod, start="{i}(1)", loop="{x}", vjp=Flat()),
    Reduction(np.max, loop="select({x} >= {acc}, {x}, {acc})", vjp=Flat()),
]


@pytest.mark.parametrize("op", WRONG_REDUCTIONS, ids=by_name)
def test_a_wrong_reduction_is_caught(op):
    with pytest.raises(AssertionError):
        test_reduction_gives_numpys_results_at_special_values(op)


def test_every_numeric_kind_is_covered_by_arithmetic():
    for name in ("add", "multiply", "maximum", "equal", "absolute"):
        op = next(op for op in ELEMENTWISE if op.name == name)
        assert all(op.loop_for(kind) for kind in "biuf")
