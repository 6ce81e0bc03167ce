"""Every derivative of the table against central differences, in random directions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from cases import DERIVATIVE_TOLERANCE
from test_ops_loops import axes_of, by_name
from watched import Watched, unwrap

from defnhook.ops import (
    ENTRIES,
    OPS,
    Composite,
    Elementwise,
    Flat,
    Library,
    NoGradient,
    Plain,
    Reduction,
    Structural,
    Written,
)

STEP = 1e-5
INTEGERS_ONLY = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"}
INTEGERS_ONLY |= {"gcd", "lcm", "bitwise_count"}


def of_kind(kind):
    return [op for op in ENTRIES if isinstance(op, kind)]


def derivative_of(op):
    return op.partials if isinstance(op, Elementwise) else op.vjp


def points(op, shape, seed=0):
    """Arguments from the interval in which the entry is smooth."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(*op.domain, shape) for _ in range(op.arity)]


def central(function, arguments, directions):
    """The derivative of a function of several arrays along directions."""
    ahead = function(*[x + STEP * d for x, d in zip(arguments, directions, strict=True)])
    behind = function(*[x - STEP * d for x, d in zip(arguments, directions, strict=True)])
    return (ahead - behind) / (2 * STEP)


def directions_for(arguments, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=x.shape) for x in arguments]


def assert_close(actual, expected):
    scale = 1 + np.abs(expected)
    assert np.all(np.abs(actual - expected) <= DERIVATIVE_TOLERANCE * scale)


def traced(function, *arguments, **keywords):
    """A derivative computed on watched values, so that it could be traced as well."""
    return unwrap(function(*map(Watched, arguments), **keywords))


def partials_of(op, arguments):
    if isinstance(op.partials, Flat):
        return (0,) * op.arity
    return traced(op.partials, op.numpy(*arguments), *arguments)


def check_partials(op):
    """Against differences along a random direction; a condition is not varied."""
    arguments = points(op, (3, 4))
    directions = directions_for(arguments)
    if op.numpy is np.where:
        arguments[0], directions[0] = arguments[0] > 0, np.zeros((3, 4))
        function = partial(lambda condition, _, x, y: np.where(condition, x, y), arguments[0])
    else:
        function = lambda *xs: op.numpy(*xs).astype(float)  # noqa: E731
    expected = central(function, arguments, directions)
    terms = zip(partials_of(op, arguments), directions, strict=True)
    assert_close(sum(p * d for p, d in terms), expected)


@pytest.mark.parametrize(
    "op", [op for op in of_kind(Elementwise) if op.name not in INTEGERS_ONLY], ids=by_name
)
def test_partials(op):
    if isinstance(op.partials, NoGradient):
        return
    check_partials(op)


@pytest.mark.parametrize("op", of_kind(Elementwise), ids=by_name)
def test_partials_do_not_widen(op):
    """A float32 operand has float32 derivatives: numbers of Python stay weak, masks are of bool."""
    if not callable(op.partials):
        return
    arguments = [x.astype(np.float32) for x in points(op, (3,))]
    if op.numpy is np.where:
        arguments[0] = arguments[0] > 0
    result = op.numpy(*arguments).astype(np.float32)
    for part in traced(op.partials, result, *arguments):
        assert isinstance(part, int | float) or part.dtype in (np.float32, np.bool_)


def test_partials_where_operands_are_equal_share():
    x = np.array([1.0, 2.0, -1.0])
    for name in ("maximum", "minimum", "fmax", "fmin"):
        assert all(np.all(p == 0.5) for p in partials_of(OPS[name], [x, x]))


def test_power_has_derivatives_at_zero():
    zero, two = np.array(0.0), np.array(2.0)
    assert partials_of(OPS["power"], [zero, two]) == (0.0, 0.0)
    assert partials_of(OPS["power"], [two, zero])[0] == 0.0
    with np.errstate(invalid="ignore"):
        assert np.isfinite(partials_of(OPS["power"], [-two, two])[0])


# -- reductions

SHAPES = [(), (5,), (1,), (3, 4), (2, 3, 4)]


def check_reduction(op, x, axis, keepdims):
    function = lambda a: op.numpy(a, axis=axis, keepdims=keepdims).astype(float)  # noqa: E731
    result = op.numpy(x, axis=axis, keepdims=keepdims)
    (direction,) = directions_for([x])
    adjoint = np.random.default_rng(2).normal(size=np.shape(result))
    change = central(function, [x], [direction])
    keywords = {"axis": axis, "keepdims": keepdims}
    if isinstance(op.vjp, Flat):
        assert np.all(change == 0)
        return
    (back,) = traced(op.vjp, np.asarray(adjoint), np.asarray(result), x, **keywords)
    assert back.shape == x.shape
    assert_close(np.sum(back * direction), np.sum(adjoint * change))
    forward = traced(
        op.jvp or (lambda t, r, x, **k: op.numpy(t, **k)), direction, np.asarray(result), x, **keywords
    )
    assert_close(forward, change)


@pytest.mark.parametrize("op", [op for op in of_kind(Reduction) if op.loop is not None], ids=by_name)
def test_reduction_derivatives(op):
    for shape in SHAPES:
        x = np.random.default_rng(0).uniform(0.5, 2.0, shape)
        for axis in axes_of(len(shape)):
            for keepdims in (False, True):
                check_reduction(op, x, axis, keepdims)


@pytest.mark.parametrize("zeros", [1, 2])
def test_product_beside_zeros(zeros):
    x = np.array([1.5, -2.0, 0.5, 3.0])
    x[:zeros] = 0.0
    check_reduction(OPS["prod"], x, (0,), False)


@pytest.mark.parametrize("name", ["max", "min"])
def test_equal_extremes_share(name):
    x = np.array([[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]])
    (back,) = OPS[name].vjp(np.array(1.0), np.array(2.0), x, axis=(0, 1), keepdims=False)
    np.testing.assert_allclose(back, np.full((2, 3), 1 / 6))


def test_reduction_derivatives_do_not_widen():
    x = np.array([[1.0, 0.0], [2.0, 2.0]], np.float32)
    for name in ("sum", "prod", "max", "min"):
        result = OPS[name].numpy(x, axis=1)
        (back,) = OPS[name].vjp(result, result, x, axis=(1,), keepdims=False)
        assert back.dtype == np.float32


# -- changes of shape and products

STRUCTURAL = [
    ("transpose", lambda x: np.transpose(x, (2, 0, 1)), [(2, 3, 4)], {"axes": (2, 0, 1)}),
    ("reshape", lambda x: np.reshape(x, (4, 6)), [(2, 3, 4)], {}),
    ("broadcast_to", lambda x: np.broadcast_to(x, (2, 3, 4)), [(3, 1)], {}),
    ("broadcast_to", lambda x: np.broadcast_to(x, (2,)), [()], {}),
    ("concatenate", lambda *xs: np.concatenate(xs, 1), [(2, 1), (2, 3), (2, 0)], {"axis": 1}),
    ("full", lambda x: np.full((2, 3), x), [()], {}),
]
PRODUCTS = [
    (name, shapes)
    for name, pairs in {
        "dot": "3|3 23|3 3|34 23|34 223|3 3|234 223|34 23|234 223|234 |23 23| |",
        "matmul": "3|3 23|3 3|34 23|34 523|34 23|534 523|534 123|534 7123|534 523|3 3|534",
    }.items()
    for shapes in [tuple(tuple(map(int, side)) for side in pair.split("|")) for pair in pairs.split(" ")]
]


def check_adjoint(function, vjp, arguments):
    """The adjoint of a linear function in each operand is its transpose."""
    result = np.asarray(function(*arguments))
    directions = directions_for(arguments)
    adjoint = np.random.default_rng(2).normal(size=result.shape)
    backs = traced(vjp, adjoint, result, *arguments)
    assert [np.shape(b) for b in backs] == [x.shape for x in arguments]
    expected = np.sum(adjoint * central(function, arguments, directions))
    assert_close(sum(np.sum(b * d) for b, d in zip(backs, directions, strict=True)), expected)


def draw(shapes):
    return [np.random.default_rng(i).uniform(-2, 2, shape) for i, shape in enumerate(shapes)]


@pytest.mark.parametrize(("name", "function", "shapes", "parameters"), STRUCTURAL)
def test_structural_adjoints(name, function, shapes, parameters):
    check_adjoint(function, partial(OPS[name].vjp, **parameters), draw(shapes))


@pytest.mark.parametrize(("name", "shapes"), PRODUCTS)
def test_product_derivatives(name, shapes):
    op, arguments = OPS[name], draw(shapes)
    check_adjoint(op.numpy, op.vjp, arguments)
    directions = directions_for(arguments)
    tangents = tuple(map(Watched, directions))
    expected = central(op.numpy, arguments, directions)
    assert_close(unwrap(op.jvp(tangents, None, *map(Watched, arguments))), expected)
    for place in (0, 1):
        single = tuple(t if i == place else None for i, t in enumerate(tangents))
        alone = [d if i == place else 0 * d for i, d in enumerate(directions)]
        assert_close(
            unwrap(op.jvp(single, None, *map(Watched, arguments))), central(op.numpy, arguments, alone)
        )


def test_a_checked_divisor_is_itself():
    op = OPS["divisor"]
    check_adjoint(op.numpy, op.vjp, draw([(3,)]))
    assert op.jvp((2.0,), None, np.ones(3)) == 2.0
    with pytest.raises(ZeroDivisionError):
        op.numpy(np.array([1.0, 0.0]))


# -- completeness, and the testers


WITHOUT = (Composite, Written, Plain)


@pytest.mark.parametrize("op", [op for op in ENTRIES if not isinstance(op, WITHOUT)], ids=by_name)
def test_every_entry_says_what_its_derivative_is(op):
    derivative = derivative_of(op)
    if isinstance(derivative, NoGradient):
        assert derivative.reason.endswith(".")
        assert " instead" in derivative.reason
    else:
        assert isinstance(derivative, Flat) or callable(derivative)
    if isinstance(op, Library) and not isinstance(derivative, NoGradient):
        assert callable(op.jvp)


def scaled(partials):
    return lambda *args: tuple(part * 1.0005 for part in partials(*args))


@pytest.mark.parametrize("name", ["exp", "divide", "arctan2", "log1p", "tanh", "where"])
def test_a_derivative_wrong_by_half_a_thousandth_is_caught(name):
    op = OPS[name]
    wrong = Elementwise(op.numpy, loop=op.loop, partials=scaled(op.partials), domain=op.domain)
    with pytest.raises(AssertionError):
        check_partials(wrong)


def test_a_derivative_that_is_not_flat_is_caught():
    with pytest.raises(AssertionError):
        check_partials(Elementwise(np.exp, loop="exp({x})", partials=Flat()))


def test_a_wrong_reduction_is_caught():
    x = np.array([1.0, 2.0, 3.0])
    for vjp in (lambda g, r, x, **_: (g * r / x * 1.0005,), lambda g, r, x, **_: (np.ones(()),)):
        with pytest.raises(AssertionError):
            check_reduction(Reduction(np.prod, loop="", vjp=vjp, jvp=OPS["prod"].jvp), x, (0,), False)
    with pytest.raises(AssertionError):
        check_reduction(Reduction(np.prod, loop="", vjp=OPS["prod"].vjp), x, (0,), False)


def test_a_wrong_adjoint_is_caught():
    with pytest.raises(AssertionError):
        check_adjoint(np.dot, lambda g, r, a, b: (g @ b, a @ g), draw([(3, 3), (3, 3)]))


def test_a_derivative_outside_the_table_is_caught():
    with pytest.raises(TypeError, match="sort_complex is not in the table"):
        traced(lambda y, x: (np.sort_complex(x),), np.ones(2), np.ones(2))


def test_every_kind_is_tested():
    kinds = (Elementwise, Reduction, Structural, Library, *WITHOUT)
    assert all(isinstance(op, kinds) for op in ENTRIES)
    assert {op.name for op in of_kind(Structural)} == {name for name, *_ in STRUCTURAL} | {"arange"}
    smooth = [op for op in of_kind(Library) if not isinstance(op.vjp, NoGradient)]
    assert {op.name for op in smooth} == {name for name, _ in PRODUCTS} | {"divisor"}
