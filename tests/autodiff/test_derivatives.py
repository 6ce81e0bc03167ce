"""Derivatives of programs against differences, to second order and in both modes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from both import mode_of

import defnhook
from defnhook.autodiff import loops

FILE = Path(__file__).parent / "differentiable.py"
PROGRAMS = range(49)


@pytest.fixture(scope="module")
def interpreted(both_ways):
    return both_ways(FILE, "interpret").hooked


@pytest.mark.parametrize("number", PROGRAMS)
def test_derivatives_agree_with_differences(number, interpreted):
    name, args = interpreted.CASES[number]
    with mode_of("interpret"):
        defnhook.check_grads(getattr(interpreted, name), *args)


def test_all_programs_are_listed(interpreted):
    assert len(PROGRAMS) == len(interpreted.CASES)


COUNTED = (
    "filtered",
    "log_sum_exp",
    "neighbours",
    "products",
    "spread",
    "running",
    "recurrence",
    "heat",
)


@pytest.mark.parametrize("name", COUNTED)
def test_a_gradient_has_few_more_loops_than_the_function(name, interpreted):
    args = dict(interpreted.CASES)[name]
    function = getattr(interpreted, name)
    with mode_of("interpret"):
        own, derived = (loops_of(each, args) for each in (function, defnhook.grad(function)))
    assert derived <= 3 * own + 2


def test_the_gradient_of_a_likelihood_needs_no_adjoint_of_the_factor(interpreted):
    with mode_of("interpret"):
        text = defnhook.explain(defnhook.grad(interpreted.likelihood), np.eye(3), np.ones(3), stage="graph")
    assert len(re.findall(r"= matmul\(", text)) <= 3, text
    assert "where" not in text


def loops_of(function, args):
    text = defnhook.explain(function, *args, stage="source")
    return len(re.findall(r"^ +(for|while) ", text, re.MULTILINE))


def test_a_branch_in_a_loop_keeps_parts_and_touches_parts(interpreted):
    x = np.linspace(0.1, 1, 50)
    text = defnhook.explain(defnhook.grad(interpreted.chosen_parts), x, stage="graph")
    assert not re.search(r"float64\[\d+, 50\]", text), "whole arrays are kept"
    assert not re.search(r"^ {12,}.*= add\(.*: float64\[50\]", text, re.MULTILINE), "whole arrays are added"


INSIDE = ("roots", "until_in_until", "until_in_branch", "counted_inside", "arrays_inside")


@pytest.mark.parametrize("name", INSIDE)
def test_loops_inside_others_are_taken_in_parts(name, both_ways, monkeypatch):
    monkeypatch.setattr(loops, "MOST_KEPT", 3)
    module = both_ways(FILE, "interpret").hooked
    args = dict(module.CASES)[name]
    with mode_of("interpret"):
        defnhook.check_grads(getattr(module, name), *args)


def test_loops_inside_others_that_take_too_many_steps_say_so(both_ways, monkeypatch):
    monkeypatch.setattr(loops, "MOST_KEPT", 2)
    module = both_ways(FILE, "interpret").hooked
    args = dict(module.CASES)["roots"]
    with pytest.raises(MemoryError, match="keeps up to 4 steps, and it takes 5"), mode_of("interpret"):
        defnhook.grad(module.roots)(*args)


@pytest.mark.parametrize("name", ["elementwise", "recurrence", "branch_in_loop", "left_early", "roots"])
def test_compiled_derivatives_are_those_of_the_graph(name, both_ways):
    module = both_ways(FILE).hooked
    args = dict(module.CASES)[name]
    compiled = defnhook.value_and_grad(getattr(module, name))(*args)
    other = both_ways(FILE, "eager").hooked
    with mode_of("eager"):
        expected = defnhook.value_and_grad(getattr(other, name))(*args)
    np.testing.assert_allclose(compiled[0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(compiled[1], expected[1], rtol=1e-12)


def test_the_check_catches_a_derivative_that_is_slightly_wrong():
    @defnhook.defn
    def right(x):
        return np.sum(x**3)

    @defnhook.defn
    def wrong(g, result, x):
        return g * 3 * x**2 * 1.0005

    x = np.array([1.0, 2.0])
    defnhook.check_grads(defnhook.custom_grad(right, jvp=None, vjp=_right_rule()), x)
    with pytest.raises(AssertionError, match="differences give"):
        defnhook.check_grads(defnhook.custom_grad(right, vjp=wrong), x, order=1)


def _right_rule():
    @defnhook.defn
    def rule(g, result, x):
        return g * 3 * x**2

    return rule


# -- what comes out


@pytest.fixture(scope="module")
def module(both_ways):
    return both_ways(
        '''
# defn
import numpy as np
from scipy.special import zeta
import defnhook
from defnhook import grad, stop_grad


def square(x):
    """x squared."""
    return np.sum(x * x)


def weighted(w, x, n):
    return np.sum(w * x) * n


def pair(x):
    return np.sum(x * x), {"twice": 2 * x, "n": 3}


def stopped(x):
    return np.sum(x * stop_grad(x))


def safe(x):
    return np.sum(np.where(x > 0, np.log(x), 0.0))


def rooted(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0) * 2)


def polar(x):
    return np.array([np.hypot(x[0], x[1]), np.arctan2(x[1], x[0])])


def index(x):
    return x[np.argmax(x)] * 2.0


def step_size(x):
    return square(x) / np.sum(grad(square)(x))


def rounded(x):
    return np.sum(np.round(x) * x)


def unknown(x):
    y = x * 2
    return np.sum(zeta(y))


def complex_part(x):
    z = np.exp(1j * x)
    return np.sum(z.real * 2 + z.imag) + np.sum(np.abs(z * (1 + x)) * np.conj(z).imag)


def holomorphic(z):
    return np.sum(z**2).real


square_grad = grad(square)
''',
        "interpret",
    ).hooked


def run(function, *args):
    with mode_of("interpret"):
        return function(*args)


X = np.array([1.0, 2.0, 3.0])


def test_gradients_have_the_kind_of_the_argument(module):
    assert type(run(defnhook.grad(module.square), 3.0)) is float
    assert run(defnhook.grad(module.square), np.float32(3)).dtype == np.float32
    made = run(defnhook.grad(module.square), X.astype(np.float32))
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, 2 * X.astype(np.float32))


def test_several_arguments(module):
    first, second = run(defnhook.grad(module.weighted, (0, 1)), X, X + 1, 2)
    np.testing.assert_array_equal(first, 2 * (X + 1))
    np.testing.assert_array_equal(second, 2 * X)
    np.testing.assert_array_equal(run(defnhook.grad(module.weighted, -2), X, X + 1, 2), 2 * X)


def test_equal_eigenvalues_whose_vectors_do_not_count(interpreted):
    x = np.array([3.0, 0.0, 0.0, 0.0])
    found = run(defnhook.grad(interpreted.largest_of_equals), x)
    np.testing.assert_allclose(found, [6.0, 0.0, 0.0, 0.0], atol=1e-12)


def test_something_beside_the_number(module):
    value, made = run(defnhook.value_and_grad(module.pair, has_aux=True), X)
    assert value[1]["n"] == 3
    np.testing.assert_array_equal(value[1]["twice"], 2 * X)
    np.testing.assert_array_equal(made, 2 * X)
    made, beside = run(defnhook.grad(module.pair, has_aux=True), X)
    assert beside["n"] == 3
    np.testing.assert_array_equal(made, 2 * X)


def test_the_argument_is_not_written(both_ways):
    module = both_ways(FILE, "interpret").hooked
    x = np.array([0.5, 0.6, 0.7, 0.8])
    run(defnhook.grad(module.writes), x)
    np.testing.assert_array_equal(x, [0.5, 0.6, 0.7, 0.8])


@pytest.mark.parametrize("name", ["safe", "rooted"])
def test_what_is_not_taken_adds_zero(name, module):
    made = run(defnhook.grad(getattr(module, name)), np.array([-1.0, 0.0, 4.0]))
    assert np.all(np.isfinite(made))
    np.testing.assert_array_equal(made[:2], [0.0, 0.0])


def test_constants_by_decree(module):
    np.testing.assert_array_equal(run(defnhook.grad(module.stopped), X), X)
    assert module.stopped.__wrapped__(X) == module.square.__wrapped__(X)


def test_jacobians(module):
    x = np.array([0.0, 2.0])
    expected = [[0.0, 1.0], [-0.5, 0.0]]
    for make in (defnhook.jacobian, defnhook.jacfwd, defnhook.jacrev):
        np.testing.assert_allclose(run(make(module.polar), x), expected, atol=1e-15)


def test_second_derivatives(module):
    np.testing.assert_array_equal(run(defnhook.hessian(module.square), X), 2 * np.eye(3))
    np.testing.assert_array_equal(run(defnhook.hvp(module.square), X, X), 2 * X)
    twice = defnhook.grad(defnhook.grad(module.square))
    assert run(twice, 3.0) == 2.0


def test_second_derivatives_times_a_direction_by_several_arguments(module):
    function = module.weighted
    zeros = np.zeros(3)
    np.testing.assert_array_equal(run(defnhook.hvp(function, -2), X, X + 1, 2, X), zeros)
    first, second = run(defnhook.hvp(function, (0, 1)), X, X + 1, 2, (X, X))
    np.testing.assert_array_equal([first, second], [2 * X, 2 * X])
    with pytest.raises(TypeError, match="hvp: argnums=4 names argument 4, but the call has 3"):
        run(defnhook.hvp(function, 4), X, X, 2, X)


def test_what_has_no_pair_has_nothing_beside_the_number(module):
    with pytest.raises(TypeError, match="has to give a pair"):
        run(defnhook.grad(module.square, has_aux=True), X)


def test_a_complex_number_has_no_gradient(module):
    with pytest.raises(TypeError, match="take its real part, or use jacobian"):
        run(defnhook.grad(module.square), X + 1j)


def test_the_check_moves_complex_numbers_both_ways():
    wrong = defnhook.custom_grad(defnhook.defn(_conjugate), vjp=defnhook.defn(_kept))
    with pytest.raises(AssertionError, match="differences give"):
        defnhook.check_grads(wrong, np.array([1 + 2j]), order=1)
    defnhook.check_grads(defnhook.defn(_conjugate), np.array([1 + 2j]))


def _conjugate(z):
    return np.conj(z) * 1.0


def _kept(g, result, z):
    return g * 1.0


def test_the_check_wants_floats(module):
    with pytest.raises(TypeError, match="hold no floats"), mode_of("interpret"):
        defnhook.check_grads(module.square, np.array([1, 2]))


def test_adjoints_and_tangents(module):
    with mode_of("interpret"):
        result, pull = defnhook.vjp(module.weighted, X, X, 2.0)
        first, second, third = pull(1.0)
        assert result == 28.0
        np.testing.assert_array_equal(first, 2 * X)
        np.testing.assert_array_equal(second, 2 * X)
        assert third == 14.0
        assert defnhook.jvp(module.square, (X,), (X,)) == (14.0, 28.0)
        value, derivative = defnhook.linearize(module.square, X)
        assert (value, derivative(np.ones(3))) == (14.0, 12.0)


def test_inside_marked_functions(module):
    assert run(module.step_size, X) == 14.0 / 12.0
    np.testing.assert_array_equal(run(module.square_grad, X), 2 * X)


def test_one_function_for_the_same_options(module):
    made = defnhook.grad(module.square)
    assert made is defnhook.grad(module.square)
    assert made is not defnhook.grad(module.square, (0,))
    assert made.__doc__ == "x squared."
    assert made.__name__ == "grad(square)"


def test_derived_functions_pickle_by_reference(both_ways, monkeypatch):
    module = both_ways(FILE, "interpret").hooked
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    made = defnhook.grad(module.elementwise)
    assert pickle.loads(pickle.dumps(made)) is made


def test_flat_functions_have_derivative_zero(module):
    np.testing.assert_array_equal(run(defnhook.grad(module.rounded), X + 0.25), X)


def test_complex_numbers_on_the_way(module):
    made = run(defnhook.grad(module.complex_part), X)
    expected = -2 * np.sin(X) + np.cos(X) - np.sin(X) - (1 + X) * np.cos(X)
    np.testing.assert_allclose(made, expected, rtol=1e-14)
    with mode_of("interpret"):
        defnhook.check_grads(module.complex_part, X)


def test_the_gradient_by_a_complex_number(module):
    z = np.array([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(run(defnhook.grad(module.holomorphic), z), 2 * z)


# -- what is refused

REFUSED = {
    "not one number": ("polar", (X,), "has to give one real number"),
    "a whole number": ("weighted", (3, X, 2), "argument 0 is a Python int, which has no derivative"),
    "no derivative": ("unknown", (np.eye(3),), "zeta"),
}


@pytest.mark.parametrize("label", REFUSED)
def test_refusals_say_why(label, module):
    name, args, text = REFUSED[label]
    with pytest.raises(TypeError, match=text):
        run(defnhook.grad(getattr(module, name)), *args)


def test_a_missing_derivative_names_the_line(module):
    with pytest.raises(defnhook.NoGradientError) as caught:
        run(defnhook.grad(module.unknown), np.eye(3))
    notes = "\n".join(caught.value.__notes__)
    assert "line 52" in notes
    assert module.__file__ in notes


def test_plain_functions_are_refused_by_name():
    def plain(x):
        return x

    with pytest.raises(TypeError, match="plain is none"):
        defnhook.grad(plain)(1.0)
    with pytest.raises(TypeError, match="takes a function, not 3"):
        defnhook.grad(3)
    with pytest.raises(TypeError, match="argnums"):
        defnhook.grad(plain, "x")


def test_arguments_out_of_range(module):
    with pytest.raises(TypeError, match="names argument 4"):
        run(defnhook.grad(module.square, 4), X)
