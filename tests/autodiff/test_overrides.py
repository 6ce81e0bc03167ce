"""Derivatives given by hand, and what is computed again on the way back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from both import mode_of

import defnhook

SOURCE = """
# defn
import numpy as np
from defnhook import checkpoint, custom_grad, stop_grad


def cube(x):
    return x * x * x


def cube_vjp(g, result, x):
    return g * 3 * x * x


def cube_jvp(tangents, result, x):
    return tangents[0] * 3 * x * x


def marked_vjp(g, result, x):
    return g * 100


pulled = custom_grad(cube, vjp=cube_vjp)
pushed = custom_grad(cube, jvp=cube_jvp)
marked = custom_grad(cube, vjp=marked_vjp)


def by_pull(x):
    return np.sum(pulled(x) * x)


def by_push(x):
    return np.sum(pushed(x) * x)


def by_hand(x):
    return np.sum(marked(x))


def in_a_loop(x):
    s = 0.0
    for i in range(len(x)):
        s = s * 0.5 + marked(x[i])
    return s


def pair(w, x):
    return {"sum": w * x, "count": 2}, x


def pair_vjp(g, result, w, x):
    first, second = g
    return first["sum"] * x * 10, second * 7


several = custom_grad(pair, vjp=pair_vjp)


def structured(w, x):
    found, other = several(w, x)
    return np.sum(found["sum"]) * found["count"] + np.sum(other)


def wrong_vjp(g, result, w, x):
    return g


wrong = custom_grad(structured, vjp=wrong_vjp)


def layer(x):
    return np.tanh(x * 2) * x


def kept(x):
    return np.sum(np.sin(layer(x) * x[::-1]))


def again(x):
    return np.sum(np.sin(checkpoint(layer)(x) * x[::-1]))


def over_a_variable(x):
    w = x * 2

    def body(y):
        return np.sin(y * w)

    y = checkpoint(body)(x)
    w = w * y
    y = checkpoint(body)(y)
    w = w * 0.0
    return np.sum(y)


def over_a_loop(x):
    def body(s, i):
        s = s * 1.0
        s[1:] = s[1:] * x[:-1]
        return s * np.sin(x[i]) + i * x

    s = x * 1.0
    for i in range(3):
        s = checkpoint(body)(s, i)
    return np.sum(s)


def power(x, k):
    return {"power": x**k, "k": k}


def power_vjp(g, result, x, k):
    return g["power"] * result["k"] * x ** (k - 1), None


def power_jvp(tangents, result, x, k):
    return {"power": tangents[0] * result["k"] * x ** (k - 1), "k": None}


power_pulled = custom_grad(power, vjp=power_vjp)
power_pushed = custom_grad(power, jvp=power_jvp)


def whole_numbers(x):
    s = 0.0
    for k in range(1, 3):
        made = power_pulled(x[1:], k)
        s = s + np.sum(made["power"] * x[made["k"]]) + power_pushed(x[k], k + 1)["power"]
    return s


def beside(x):
    w = np.sin(x)

    def product(y):
        return y * w

    def product_vjp(g, result, y):
        return g * w

    return np.sum(custom_grad(product, vjp=product_vjp)(x))


def beside_stopped(x):
    w = stop_grad(np.sin(x))

    def product(y):
        return y * w

    def product_vjp(g, result, y):
        return g * w

    return np.sum(custom_grad(product, vjp=product_vjp)(x))
"""
X = np.array([0.5, -1.0, 2.0])


@pytest.fixture(scope="module")
def module(both_ways):
    return both_ways(SOURCE, "interpret").hooked


@pytest.fixture(autouse=True)
def interpreted():
    with mode_of("interpret"):
        yield


@pytest.mark.parametrize("name", ["by_pull", "by_push"])
def test_one_mode_follows_from_the_other(name, module):
    function = getattr(module, name)
    np.testing.assert_allclose(defnhook.grad(function)(X), 4 * X**3, rtol=1e-14)
    np.testing.assert_allclose(defnhook.jvp(function, (X,), (X,))[1], 4 * np.sum(X**4), rtol=1e-14)
    defnhook.check_grads(function, X)


def test_the_rule_is_what_counts(module):
    np.testing.assert_array_equal(defnhook.grad(module.by_hand)(X), [100.0, 100.0, 100.0])
    assert module.by_hand(X) == np.sum(X * X * X)


def test_rules_inside_loops(module):
    np.testing.assert_array_equal(defnhook.grad(module.in_a_loop)(X), [25.0, 50.0, 100.0])


def test_rules_for_structures(module):
    first, second = defnhook.grad(module.structured, (0, 1))(X, X + 1)
    np.testing.assert_array_equal(first, (X + 1) * 20)
    np.testing.assert_array_equal(second, [7.0, 7.0, 7.0])


def test_a_rule_with_too_few_adjoints_is_refused(module):
    with pytest.raises(defnhook.NoGradientError, match="tuple of 2 adjoints"):
        defnhook.grad(module.wrong)(X, X)


def test_a_rule_is_needed(module):
    with pytest.raises(TypeError, match="a vjp or a jvp"):
        defnhook.custom_grad(module.cube)


def test_as_a_decorator():
    @defnhook.custom_grad(vjp=_twice)
    @defnhook.defn
    def identity(x):
        return x * 1.0

    assert defnhook.grad(identity)(3.0) == 2.0
    assert identity(3.0) == 3.0


@defnhook.defn
def _twice(g, result, x):
    return 2 * g


def tangents_computed(function):
    text = defnhook.explain(defnhook.grad(function), X, stage="graph")
    return len(re.findall(r"= tanh\(", text))


def test_what_is_not_kept_is_computed_again(module):
    expected = defnhook.grad(module.kept)(X)
    np.testing.assert_array_equal(defnhook.grad(module.again)(X), expected)
    assert tangents_computed(module.kept) == 1
    assert tangents_computed(module.again) == 2
    defnhook.check_grads(module.again, X)


@pytest.mark.parametrize("name", ["over_a_variable", "over_a_loop", "whole_numbers"])
def test_calls_that_use_more_than_their_arguments(name, module):
    function = getattr(module, name)
    defnhook.check_grads(function, X)
    mapped = defnhook.vmap(defnhook.grad(function))(np.stack([X, X + 0.1]))
    np.testing.assert_allclose(mapped[1], defnhook.grad(function)(X + 0.1), rtol=1e-13)


def test_a_rule_says_nothing_of_values_beside_the_arguments(module):
    for derivative in (defnhook.grad(module.beside), defnhook.jacfwd(module.beside)):
        with pytest.raises(defnhook.NoGradientError, match="pass that as an argument"):
            derivative(X)
    np.testing.assert_allclose(defnhook.grad(module.beside_stopped)(X), np.sin(X))
