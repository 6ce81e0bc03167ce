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
ONE_INTEGER = {"ldexp", "expn"}  # tests/test_derivatives_of_calls.py has these


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
    found = partials_of(op, arguments)
    directions = [d * (not isinstance(p, NoGradient)) for p, d in zip(found, directions, strict=True)]
    expected = central(function, arguments, directions)
    terms = [p * d for p, d in zip(found, directions, strict=True) if not isinstance(p, NoGradient)]
    assert_close(sum(terms), expected)


@pytest.mark.parametrize(
    "op", [op for op in of_kind(Elementwise) if op.name not in INTEGERS_ONLY | ONE_INTEGER], ids=by_name
)
def test_partials(op):
    if isinstance(op.partials, NoGradient):
        return
    check_partials(op)


@pytest.mark.parametrize("op", [op for op in of_kind(Elementwise) if op.name not in ONE_INTEGER], ids=by_name)
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


def square(seed, *stack):
    return np.random.default_rng(seed).uniform(-1, 1, (*stack, 3, 3)) + 4 * np.diag([1.0, 2.0, 3.0])


def definite(seed):
    return square(seed) @ square(seed).T


TALL, WIDE = draw([(5, 3), (3, 5)])
SYMMETRIC = {"cholesky", "eigh", "eigvalsh"}
STEPS = [
    ("inv", [square(0)], {}),
    ("inv", [square(0, 2)], {}),
    ("det", [square(0)], {}),
    ("det", [square(0, 2)], {}),
    ("slogdet", [square(0)], {}),
    ("slogdet", [square(0, 2)], {}),
    ("solve", [square(0), square(1)[:, :2]], {}),
    ("solve", [square(0), square(1)[0]], {}),
    ("solve", [square(0, 2), square(1)[0]], {}),
    ("solve", [square(0), square(1, 2)], {}),
    ("pinv", [TALL], {}),
    ("pinv", [WIDE], {"rcond": 1e-12}),
    ("cholesky", [definite(0)], {}),
    ("cholesky", [definite(0)], {"upper": True}),
    ("qr", [TALL], {}),
    ("qr", [square(0, 2)], {}),
    ("eigh", [definite(0)], {}),
    ("eigh", [definite(0)], {"UPLO": "U"}),
    ("eigvalsh", [definite(0)], {}),
    ("svd", [square(0)], {}),
    ("svd", [TALL], {"full_matrices": False}),
    ("svd", [WIDE], {"full_matrices": False}),
    ("svd", [WIDE], {"compute_uv": False}),
    ("svdvals", [TALL], {}),
    ("fft", [TALL], {}),
    ("fft", [TALL], {"n": 4, "axis": 0, "norm": "ortho"}),
    ("fft", [TALL], {"n": 7, "axis": 0}),
    ("ifft", [TALL], {"norm": "forward"}),
    ("ifft", [TALL], {"n": 2}),
    ("rfft", [TALL], {"axis": 0}),
    ("rfft", [WIDE], {"n": 4, "axis": 0, "norm": "ortho"}),
    ("irfft", [TALL], {"axis": 0}),
    ("irfft", [WIDE], {"n": 7}),
    ("irfft", [TALL], {"n": 4, "axis": 0, "norm": "forward"}),
]


def parts(value):
    """The results of a call, one or several, as arrays."""
    return [np.asarray(each) for each in (value if isinstance(value, tuple) else (value,))]


def moved(op, arguments, directions, parameters):
    """The derivatives of the results along directions."""
    results = [
        parts(op.numpy(*[x + h * d for x, d in zip(arguments, directions, strict=True)], **parameters))
        for h in (STEP, -STEP)
    ]
    return [(ahead - behind) / (2 * STEP) for ahead, behind in zip(*results, strict=True)]


def given_back(values, single):
    return values[0] if single else tuple(values)


def check_step(op, arguments, parameters):
    directions = directions_for(arguments)
    if op.name in SYMMETRIC:
        directions = [d + d.T for d in directions]
    value = op.numpy(*arguments, **parameters)
    single, result = not isinstance(value, tuple), given_back(parts(value), not isinstance(value, tuple))
    changes = moved(op, arguments, directions, parameters)
    forward = unwrap(
        op.jvp(tuple(map(Watched, directions)), watched(result), *map(Watched, arguments), **parameters)
    )
    for actual, expected in zip(parts(forward), changes, strict=True):
        assert_close(actual, expected)
    rng = np.random.default_rng(2)
    adjoints = [
        rng.normal(size=c.shape) + (1j * rng.normal(size=c.shape) if c.dtype.kind == "c" else 0)
        for c in changes
    ]
    backs = traced_step(op.vjp, given_back(adjoints, single), result, arguments, parameters)
    assert [b.shape for b in backs] == [x.shape for x in arguments]
    assert all(b.dtype.kind == "f" for b in backs)
    expected = sum(np.sum(g * c) for g, c in zip(adjoints, changes, strict=True)).real
    assert_close(sum(np.sum(b * d) for b, d in zip(backs, directions, strict=True)), expected)


def watched(value):
    return tuple(map(Watched, value)) if isinstance(value, tuple) else Watched(value)


def traced_step(vjp, adjoint, result, arguments, parameters):
    return unwrap(vjp(watched(adjoint), watched(result), *map(Watched, arguments), **parameters))


@pytest.mark.parametrize(
    ("name", "arguments", "parameters"), STEPS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_step_derivatives(name, arguments, parameters):
    check_step(OPS[name], arguments, parameters)


@pytest.mark.parametrize("name", ["solve"])
def test_one_operand_of_a_step_alone(name):
    op, arguments = OPS[name], [square(0), square(1)[0]]
    directions, result = directions_for(arguments), watched(op.numpy(*arguments))
    for place in (0, 1):
        alone = [d if i == place else 0 * d for i, d in enumerate(directions)]
        given = tuple(Watched(d) if i == place else None for i, d in enumerate(directions))
        (expected,) = moved(op, arguments, alone, {})
        assert_close(unwrap(op.jvp(given, result, *map(Watched, arguments))), expected)


@pytest.mark.parametrize(("name", "parameters"), [("svd", {}), ("qr", {"mode": "complete"})])
def test_a_step_without_a_derivative_in_one_mode_says_so(name, parameters):
    op = OPS[name]
    result = tuple(op.numpy(WIDE, **parameters))
    with pytest.raises(TypeError, match="has a derivative"):
        op.vjp(result, result, WIDE, **parameters)
    with pytest.raises(TypeError, match="has a derivative"):
        op.jvp((WIDE,), result, WIDE, **parameters)


def test_a_wrong_step_is_caught():
    op = OPS["inv"]
    wrong = Library(np.linalg.inv, shape=op.shape, vjp=scaled(op.vjp), jvp=op.jvp)
    with pytest.raises(AssertionError):
        check_step(wrong, [square(0)], {})
    wrong = Library(np.linalg.inv, shape=op.shape, vjp=op.vjp, jvp=lambda *given: op.jvp(*given) * 1.0005)
    with pytest.raises(AssertionError):
        check_step(wrong, [square(0)], {})


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
    if isinstance(op, Library) and callable(derivative):
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
    with pytest.raises(TypeError, match="poly is not in the table"):
        traced(lambda y, x: (np.poly(x),), np.ones(2), np.ones(2))


def test_every_kind_is_tested():
    kinds = (Elementwise, Reduction, Structural, Library, *WITHOUT)
    assert all(isinstance(op, kinds) for op in ENTRIES)
    assert {op.name for op in of_kind(Structural)} == {name for name, *_ in STRUCTURAL} | {"arange", "empty"}
    smooth = {op.name for op in of_kind(Library) if callable(op.vjp)}
    assert {name for name, _ in PRODUCTS} | {name for name, *_ in STEPS} < smooth
