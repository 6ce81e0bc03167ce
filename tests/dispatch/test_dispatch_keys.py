"""What a plan depends on: structure compiles, values do not, and what has changed is seen on the next call."""

from __future__ import annotations

import re

import numpy as np
import pytest

import defnhook
from defnhook.dispatch import outside

TEXT = """
from typing import NamedTuple
from dataclasses import dataclass

RATE = 0.5
COUNT = 3
TABLE = np.arange(3.0)
SETTINGS = {"scale": 2.0, "names": ["a", "b"]}
MODE = "double"


class Pair(NamedTuple):
    first: np.ndarray
    second: float


@dataclass
class State:
    u: np.ndarray
    step: int
    name: str = "state"


def softmax(t):
    e = np.exp(t - np.max(t, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


WEIGHTS = (0.5, (2.0, 1))


def weighted(x):
    first, (second, shift) = WEIGHTS
    return first * x + second * shift


def scaled(x):
    return x * RATE


def shifted(x):
    return x + TABLE


def repeated(x):
    return np.concatenate([x] * COUNT)


def from_settings(x):
    return x * SETTINGS["scale"] + len(SETTINGS["names"])


def by_mode(x):
    return x * 2 if MODE == "double" else x + 100


def inner(x):
    return x * RATE + 1


def outer(x):
    return inner(x) * 2


def calls_helper(x):
    return helper(x) + 1


def helper(x):
    return x * 2


def make(amount):
    def add(x):
        return x + amount

    return add(np.ones(2))


def reshape_first(x, n):
    return np.reshape(x, (n, -1)) * 2


def tail(x, n):
    return x[n:] + 1


def times(x, n):
    return x * n


def static(x, how, flag=False, kind=None, act=None):
    y = x + 1 if how == "add" else x - 1
    y = y if kind is None else y.astype(kind)
    y = y if act is None else act(y)
    return -y if flag else y


def pair(p):
    return p.first * p.second


def state(s):
    return s.u * s.step, s.name


def tree(values):
    return {"sum": values["a"] + values["b"][0], "rest": [values["b"][1], values["c"]]}


class Model:
    bias = 1.0

    def __init__(self, w):  # defn: off
        self.w = w
        self.gain = 2.0
        self.power = 2

    def __call__(self, x):
        return (x * self.w + self.bias) * self.gain


def in_closure(k):  # defn: off
    def run(x):
        return x * k

    def change(value):
        nonlocal k
        k = value

    return run, change
"""


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


# -- compiled once


@pytest.mark.parametrize("shape", [(3, 4), (2, 1000), (700, 3), (4, 4)])
def test_another_shape_of_the_same_structure_compiles_nothing(module, counts, shape):
    module.softmax(np.ones((5, 6)))
    with counts() as grown, defnhook.no_compile():
        x = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_allclose(np.sum(module.softmax(x), axis=1), 1)
    assert grown.kernels_compiled == grown.kernels_loaded == 0
    assert grown.native_calls == 1


def test_the_same_call_again_makes_no_plan(module, counts):
    module.softmax(np.ones((5, 6)))
    with counts() as grown:
        for _ in range(3):
            module.softmax(np.zeros((5, 6)))
    assert (grown.traces, grown.plans, grown.native_calls) == (0, 0, 3)


@pytest.mark.parametrize(
    "x",
    [
        np.ones((5, 6), "f4"),
        np.ones((5, 1)),
        np.ones(6),
        np.ones((5, 6), order="F"),
        np.ones((5, 12))[:, ::2],
    ],
    ids=["dtype", "axis of one", "rank", "memory order", "gaps"],
)
def test_another_structure_is_another_kernel(module, counts, x):
    module.softmax(np.ones((5, 6)))
    with counts() as grown:
        result = module.softmax(x)
    np.testing.assert_allclose(np.sum(result, axis=-1), np.ones(x.shape[:-1]), rtol=1e-6)
    assert grown.kernels_compiled + grown.kernels_loaded == 1


def test_two_functions_of_one_text_share_no_plan_but_may_share_machine_code(module, counts):
    one, other = [defnhook.defn(namespace["f"]) for namespace in map(two_alike, range(2))]
    one(np.ones(3))
    with counts() as grown:
        other(np.ones(3))
    assert (grown.plans, grown.kernels_compiled) == (1, 0)


def two_alike(number):
    def f(x):
        return x * 1.25 - 3

    return {"f": f, "number": number}


# -- numbers


def test_numbers_are_values(module, counts):
    module.times(np.ones(3), 2)
    with counts() as grown:
        assert [module.times(np.ones(3), n)[0] for n in (3, -7, 10**6)] == [3, -7, 10**6]
    assert (grown.traces, grown.plans) == (0, 0)


def test_a_number_that_is_needed_becomes_static(module, counts):
    assert module.reshape_first(np.arange(6.0), 2).shape == (2, 3)
    with counts() as grown, defnhook.no_compile():
        assert module.reshape_first(np.arange(6.0), 3).shape == (3, 2)
    assert (grown.traces, grown.kernels_compiled) == (1, 0)
    with counts() as grown:
        assert module.reshape_first(np.arange(6.0), 2).shape == (2, 3)
    assert grown.traces == 0


def test_explain_names_the_argument_and_the_line(module):
    text = defnhook.explain(module.tail, np.arange(6.0), 2)
    line = next(number for number, each in enumerate(TEXT.splitlines(), 3) if "return x[n:] + 1" in each)
    assert re.search(rf"n became static: line {line - 1} needs it as a number", text) or re.search(
        rf"n became static: line {line} needs it as a number", text
    )


def test_sizes_cost_plans_but_no_kernel(module, counts):
    module.tail(np.arange(10.0), 1)
    with counts() as grown, defnhook.no_compile():
        for n in (2, 3, 4):
            assert module.tail(np.arange(10.0), n).tolist() == [i + 1 for i in range(n, 10)]
    assert (grown.plans, grown.kernels_compiled) == (3, 0)


@pytest.mark.parametrize("n", [2**63, -(2**63) - 1])
def test_a_number_beyond_64_bits_runs_plainly(module, counts, n):
    with counts() as grown:
        assert module.times(np.ones(1), n)[0] == float(n)
    assert grown.plain_calls == 1


# -- what is part of the signature


def test_static_arguments(module):
    x = np.arange(3.0)
    assert module.static(x, "add").tolist() == [1, 2, 3]
    assert module.static(x, "sub").tolist() == [-1, 0, 1]
    assert module.static(x, "add", True).tolist() == [-1, -2, -3]
    assert module.static(x, "add", kind=np.float32).dtype == np.float32
    assert module.static(x, "add", kind=np.dtype("c8")).dtype == np.complex64
    assert module.static(x, "add", act=np.square).tolist() == [1, 4, 9]
    assert module.static(x, "add", act=module.helper).tolist() == [2, 4, 6]
    assert module.static(x, "add").tolist() == [1, 2, 3]


def test_true_is_not_one(module):
    assert module.times(np.ones(1, "i1"), True).dtype == np.int8
    assert module.times(np.ones(1), 1).tolist() == [1.0]
    assert module.times(np.ones(1, "?"), True).dtype == np.bool_
    assert module.times(np.ones(1, "?"), 1).dtype == np.int64
    assert module.times(np.ones(1, "?"), 1.0).dtype == np.float64


def test_kinds_of_number_are_told_apart(module):
    x = np.ones(1, "f4")
    assert module.times(x, 2.0).dtype == np.float32
    assert module.times(x, np.float64(2.0)).dtype == np.float64
    assert module.times(x, np.array(2.0)).dtype == np.float64
    assert module.times(x, np.float32(2.0)).dtype == np.float32
    assert module.times(x, 2).dtype == np.float32
    assert module.times(x, 2j).dtype == np.complex64


# -- what lies outside the function


def test_a_global_number_is_read_on_every_call(module, monkeypatch, counts):
    x = np.arange(3.0)
    assert module.scaled(x).tolist() == [0, 0.5, 1]
    monkeypatch.setattr(module, "RATE", 10.0)
    with counts() as grown:
        assert module.scaled(x).tolist() == [0, 10, 20]
    assert grown.traces == 0
    monkeypatch.setattr(module, "RATE", 10)
    assert module.scaled(x.astype("i4")).dtype == np.int32


def test_a_global_array_is_read_on_every_call(module, monkeypatch):
    x = np.zeros(3)
    assert module.shifted(x).tolist() == [0, 1, 2]
    module.TABLE[0] = 9.0
    try:
        assert module.shifted(x).tolist() == [9, 1, 2]
    finally:
        module.TABLE[0] = 0.0
    monkeypatch.setattr(module, "TABLE", np.ones((2, 3), "f4"))
    assert module.shifted(x).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_global_size_is_read_on_every_call(module, monkeypatch):
    assert module.repeated(np.ones(2)).shape == (6,)
    monkeypatch.setattr(module, "COUNT", 2)
    assert module.repeated(np.ones(2)).shape == (4,)


def test_a_global_container_is_read_on_every_call(module, monkeypatch):
    x = np.ones(1)
    assert module.from_settings(x).tolist() == [4]
    monkeypatch.setitem(module.SETTINGS, "scale", 5.0)
    assert module.from_settings(x).tolist() == [7]
    module.SETTINGS["names"].append("c")
    try:
        assert module.from_settings(x).tolist() == [8]
    finally:
        module.SETTINGS["names"].pop()


def test_a_global_tuple_of_numbers_is_looked_into_once(module, monkeypatch, counts):
    x = np.ones(1)
    assert module.weighted(x).tolist() == [2.5]
    describe_guards, looked = outside.describe_guards, []
    monkeypatch.setattr(
        outside, "describe_guards", lambda *given: looked.append(given) or describe_guards(*given)
    )
    assert module.weighted(x).tolist() == [2.5]
    assert looked == []
    monkeypatch.setattr(module, "WEIGHTS", (1.5, (3.0, 2)))
    with counts() as grown:
        assert module.weighted(x).tolist() == [7.5]
    assert grown.traces == 0
    assert looked != []
    monkeypatch.setattr(module, "WEIGHTS", (1, (3, 2)))
    assert module.weighted(x.astype("i4")).dtype == np.int32


def test_what_can_change_inside_a_global_tuple_is_looked_at_again(module, monkeypatch):
    x, changing = np.ones(1), [2.0, 1]
    monkeypatch.setattr(module, "WEIGHTS", (0.5, changing))
    assert module.weighted(x).tolist() == [2.5]
    changing[0] = 4.0
    assert module.weighted(x).tolist() == [4.5]


def test_a_global_text_is_read_on_every_call(module, monkeypatch):
    x = np.ones(1)
    assert module.by_mode(x).tolist() == [2]
    monkeypatch.setattr(module, "MODE", "shift")
    assert module.by_mode(x).tolist() == [101]


def test_globals_of_inlined_functions_are_read_too(module, monkeypatch):
    x = np.ones(1)
    assert module.outer(x).tolist() == [3]
    monkeypatch.setattr(module, "RATE", 4.0)
    assert module.outer(x).tolist() == [10]


def test_a_function_that_was_replaced_is_seen(module, monkeypatch):
    x = np.ones(1)
    assert module.calls_helper(x).tolist() == [3]
    monkeypatch.setattr(module, "helper", module.scaled)
    assert module.calls_helper(x).tolist() == [1.5]


def test_a_closure_is_read_on_every_call(module):
    def made(k):
        @defnhook.defn
        def run(x):
            return x * k

        def change(value):
            nonlocal k
            k = value

        return run, change

    run, change = made(2.0)
    other, _ = made(7.0)
    x = np.ones(2)
    assert run(x).tolist() == [2, 2]
    assert other(x).tolist() == [7, 7]
    change(3.0)
    assert run(x).tolist() == [3, 3]
    change(np.array([1.0, 2.0]))
    assert run(x).tolist() == [1, 2]
    assert module.make(2.0).tolist() == [3, 3]


def test_attributes_of_self_are_read_on_every_call(module):
    model, x = module.Model(np.array([1.0, 2.0])), np.ones(2)
    assert model(x).tolist() == [4, 6]
    model.w[0] = 5.0
    assert model(x).tolist() == [12, 6]
    model.w = np.array([0.0, 0.0])
    assert model(x).tolist() == [2, 2]
    model.gain = 10.0
    assert model(x).tolist() == [10, 10]
    model.bias = 3.0
    assert model(x).tolist() == [30, 30]


def test_a_class_attribute_is_read_on_every_call(module, monkeypatch):
    model, x = module.Model(np.ones(1)), np.ones(1)
    assert model(x).tolist() == [4]
    monkeypatch.setattr(module.Model, "bias", 2.0)
    assert model(x).tolist() == [6]


def test_instances_do_not_share_attributes(module):
    x = np.ones(1)
    models = [module.Model(np.full(1, float(k))) for k in range(4)]
    assert [model(x).tolist() for model in models] == [[2], [4], [6], [8]]


# -- structures


def test_structures_of_arguments(module, counts):
    x = np.arange(2.0)
    assert module.pair(module.Pair(x, 3.0)).tolist() == [0, 3]
    result, name = module.state(module.State(x, 4))
    assert (result.tolist(), name) == ([0, 4], "state")
    result = module.tree({"a": x, "b": [x, (x, 1)], "c": 2.0})
    assert list(result) == ["sum", "rest"]
    assert result["sum"].tolist() == [0, 2]
    assert result["rest"][0][1] == 1
    assert result["rest"][1] == 2.0
    assert type(result["rest"][1]) is float


def test_another_structure_is_another_plan(module, counts):
    x = np.arange(2.0)
    module.tree({"a": x, "b": [x, x], "c": 2.0})
    with counts() as grown:
        module.tree({"a": x, "b": [x, x], "c": 3.0})
    assert grown.plans == 0
    with counts() as grown:
        module.tree({"a": x, "b": (x, x), "c": 2.0})
        module.tree({"c": 2.0, "a": x, "b": [x, x]})
        module.tree({"a": x, "b": [x, x, x], "c": 2.0})
    assert grown.plans == 3


def test_a_name_in_a_structure_is_static(module, counts):
    x = np.arange(2.0)
    assert module.state(module.State(x, 4, "a"))[1] == "a"
    assert module.state(module.State(x, 4, "b"))[1] == "b"


# -- bounded


def test_plans_are_bounded(monkeypatch, counts):
    from defnhook.dispatch import function as function_module

    monkeypatch.setattr(function_module, "MOST_PLANS", 3)

    @defnhook.defn
    def f(x):
        return x * 1.5

    for n in range(2, 9):
        assert f(np.ones(n)).shape == (n,)
    assert len(f.__defn_function__.plans) == 3
    with counts() as grown:
        f(np.ones(8))
    assert grown.plans == 0


def test_more_numbers_as_values_than_allowed(monkeypatch):
    from defnhook.dispatch import tracing

    monkeypatch.setattr(tracing, "MOST_RETRACES", 2)

    @defnhook.defn
    def f(x, a, b, c):
        return x[a] + x[b] + x[c]

    with pytest.raises(defnhook.DefnError, match=r"f\(\) needs more than 2 numbers as values"):
        f(np.ones(5), 1, 2, 3)
