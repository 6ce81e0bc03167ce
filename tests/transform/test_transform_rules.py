"""Each rule of the passes as a row: what goes in, the text that comes out, and the same values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from graphs import array, examples, number, results, traced

from defnhook.graph import RESHAPE, ArrayType, Graph, GraphError, Node, format_graph, verify
from defnhook.trace.primitives import constant
from defnhook.transform import PIPELINE, optimize
from defnhook.transform import pipeline as pipeline_module
from defnhook.transform.prune import prune
from defnhook.transform.share import share
from defnhook.transform.simplify import RULES, simplify

X = array("x", 2, 3)
F = array("x", 2, 3, order=(1, 0))
V = array("x", 6)
ONE = array("x", 1)


def known(value):
    """A number that is known while tracing, as a node."""
    return constant(np.asarray(value)[()])


# What the function is written as, its inputs, the body after ``simplify``.
ELSEWHERE = {"fold_host", "fold_power"}  # in test_writes.py and below
ROWS = {
    "a constant expression is computed": (lambda x: x * np.sqrt(known(16.0)), [X], "multiply(x, 4.0)"),
    "of constants of constants too": (
        lambda x: x + (1 + known(2.0) * 3),
        [X],
        "add(x, 7.0)",
    ),
    "integers wrap as in NumPy": (
        lambda x: x + (known(np.int8(127)) + np.int8(1)),
        [array("x", 3, dtype="i1")],
        "add(x, -128)",
    ),
    "a zero that is divided by stays an infinity": (
        lambda x: x + known(1.0) / 0.0,
        [X],
        "add(x, inf)",
    ),
    "a constant is cast": (lambda x: x + known(0.1).astype("f4"), [X], "add(x, 0.10000000149011612)"),
    "a cast to the same dtype is none": (lambda x: x.astype("f8"), [X], "x"),
    "a cast to another one stays": (lambda x: x.astype("f4"), [X], "cast(x, dtype=float32)"),
    "a copy in another memory order stays": (lambda x: x.copy(order="C"), [F], "cast(x, dtype=float64)"),
    "a Python number that is cast stays": (
        lambda x, n: x + n,
        [X, number("n")],
        "cast(n, dtype=float64)",
        "add(x, %0)",
    ),
    "two transpositions cancel": (lambda x: x.T.T, [X], "x"),
    "two transpositions are one": (
        lambda x: np.transpose(np.transpose(x, (1, 2, 0)), (1, 2, 0)),
        [array("x", 2, 3, 4)],
        "transpose(x, axes=(2, 0, 1))",
    ),
    "the transposition that changes nothing is none": (lambda x: np.transpose(x, (0, 1)), [X], "x"),
    "two reshapes are one": (lambda x: x.reshape(3, 2).reshape(6), [X], "reshape(x)"),
    "a reshape there and back is none": (lambda x: x.reshape(3, 2).reshape(2, 3), [X], "x"),
    "a reshape to the same shape is none": (lambda x: x.reshape(2, -1), [X], "x"),
    "a reshape moves before elementwise work": (
        lambda x: np.exp(x).reshape(3, 2),
        [V],
        "reshape(x)",
        "exp(%0)",
    ),
    "and cancels there": (lambda x: np.exp(x.reshape(2, 3)).reshape(6), [V], "exp(x)"),
    "past numbers": (lambda x: (x.reshape(2, 3) * 3.0 + 1).reshape(6), [V], "multiply(x, 3.0)", "add(%0, 1.0)"),
    "past casts": (lambda x: x.reshape(2, 3).astype("f4").reshape(6), [V], "cast(x, dtype=float32)"),
    "a reshape that only adds axes of one stays": (lambda x: np.exp(x)[None], [V], "exp(x)", "reshape(%0)"),
    "a reshape of another memory order stays behind": (
        lambda x: np.exp(x).reshape(6),
        [F],
        "exp(x)",
        "reshape(%0)",
    ),
    "a broadcast number is broadcast to the new shape": (
        lambda x: np.broadcast_to(x, (2, 3)).reshape(6),
        [ONE],
        "reshape(x)",
        "broadcast(%0)",
    ),
    "a broadcast array is not": (
        lambda x: np.broadcast_to(x, (2, 6)).reshape(12),
        [V],
        "broadcast(x)",
        "reshape(%0)",
    ),
    "a broadcast to the same shape is none": (lambda x: np.broadcast_to(x, (2, 3)), [X], "x"),
    "a slice of everything is none": (lambda x: x[:, :], [X], "x"),
    "what is empty adds nothing to a join": (
        lambda x: np.concatenate([x[:0], x, x[:0], x], axis=0),
        [X],
        "concatenate(x, x, axis=0)",
    ),
    "a slice backwards stays": (
        lambda x: x[:, ::-1],
        [X],
        "slice(x, ranges=((0, 1, 2), (2, -1, 3)))",
    ),
}  # fmt: skip


def body(graph):
    """The lines of a graph between its head and its result, without names and types; or what is returned."""
    lines = format_graph(graph).splitlines()[1:]
    steps = [line.split(" = ")[1].rsplit(": ", 1)[0] for line in lines[:-1]]
    return steps or [lines[-1].removeprefix("    return ")]


def without_literals(line):
    return line.partition(", literal=")[0] + (")" if ", literal=" in line else "")


@pytest.mark.parametrize("name", ROWS)
def test_a_rule(name):
    function, inputs, *expected = ROWS[name]
    before = traced(function, *inputs)
    after = verify(simplify(before), "simplify")
    assert [without_literals(line) for line in body(after)] == expected
    for old, new in zip(before.outputs, after.outputs, strict=True):
        assert old.type.shape == new.type.shape
        assert old.dtype == new.dtype
    same_values(before, after)


def same_values(before, after):
    given = dict(zip([node.params["name"] for node in before.inputs], examples(before), strict=True))
    for old, new in zip(results(before, given), results(after, given), strict=True):
        np.testing.assert_array_equal(old, new)
        assert np.asarray(old).dtype == np.asarray(new).dtype


def test_every_rule_has_a_row_that_it_changes():
    changed = set()
    for function, inputs, *_ in ROWS.values():
        for node in simplify_one_by_one(traced(function, *inputs)):
            changed.add(node)
    assert changed == {rule.__name__ for _, rule in RULES} - ELSEWHERE


def simplify_one_by_one(graph):
    for node in graph.nodes():
        for op, rule in RULES:
            applies = node.op is op or (isinstance(op, type) and isinstance(node.op, op))
            if applies and rule(node) is not None:
                yield rule.__name__


def test_simplifying_twice_changes_nothing_more():
    for function, inputs, *_ in ROWS.values():
        once = simplify(traced(function, *inputs))
        assert format_graph(simplify(once)) == format_graph(once)


# -- share


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda x: np.exp(x) / np.sum(np.exp(x)), 3),
        (lambda x: (x + 1.0) * (x + 1.0), 2),
        (lambda x: (x + 1.0) * (x + 1), 2),
        (lambda x: (x - 0.0) * (x - (-0.0)), 3),
        (lambda x: (x + 1.0) * (x + 2.0), 3),
        (lambda x: np.sum(x, axis=0) + np.sum(x, axis=-2), 2),
        (lambda x: np.sum(x, axis=0) + np.max(x, axis=0), 3),
        (lambda x: np.sum(x, axis=1, keepdims=True) + np.sum(x, axis=1)[:, None], 5),
        (lambda x: x[1:] * x[1:], 3),
        (lambda x: x[:1] * x[1:], 5),
    ],
)
def test_what_is_the_same_is_computed_once(function, count):
    before = traced(function, X)
    after = verify(share(before), "share")
    assert len(body(after)) == count
    same_values(before, after)


def test_a_number_of_another_dtype_is_another_number():
    after = share(traced(lambda x: (x + np.float64(1), x + np.float32(1)), array("x", 3, dtype="f4")))
    assert after.outputs[0].dtype != after.outputs[1].dtype


def test_constant_arrays_that_are_equal_but_not_one_stay_two():
    first, second = np.arange(3.0), np.arange(3.0)
    after = share(traced(lambda x: (x + first) * (x + second), array("x", 3)))
    assert sum("constant" in line for line in body(after)) == 2


# -- prune


def test_inputs_that_nothing_reads_are_dropped():
    graph = traced(lambda a, b, c: (a + c, c), array("a", 2), array("b", 2), array("c", 2))
    assert [node.params["name"] for node in prune(graph).inputs] == ["a", "c"]


def test_an_input_that_simplifying_left_unread_is_dropped():
    assert optimize(traced(lambda x: x.reshape(2, 3), X)).inputs == (X,)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("exponent", [3, 4.0, 1.5, -1.5])
def test_a_small_power_is_made_of_products_and_roots(exponent, dtype):
    info = np.finfo(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, -2.0, info.max, info.tiny, 1e-20, 1e20]
    value = np.array([*special, *np.random.default_rng(5).exponential(3, 2000)], dtype)
    x = array("x", value.size, dtype=dtype)
    graph = simplify(traced(lambda x: x**exponent, x))
    assert "power" not in {node.op.name for node in graph.nodes()}
    (mine,) = results(graph, {"x": value})
    with np.errstate(all="ignore"):
        plain = value**exponent
        exact = value.astype(np.longdouble) ** np.longdouble(exponent)
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(plain))
        np.testing.assert_array_equal(mine[np.isinf(plain)], plain[np.isinf(plain)])
        far = np.abs(mine - exact) / np.spacing(np.abs(exact).astype(dtype))
    assert np.max(far[np.isfinite(plain)]) <= 2


# -- the pipeline


def test_the_passes_are_pure():
    graph = traced(lambda x: np.exp(x.T.T) / np.sum(np.exp(x)), X)
    before = format_graph(graph)
    optimize(graph, check=True)
    assert format_graph(graph) == before


def test_a_pass_that_breaks_an_invariant_is_named(monkeypatch):
    def careless(graph):
        broken = Node(RESHAPE, (graph.inputs[0],), ArrayType((5,), np.dtype("f8")))
        return replace(graph, outputs=(broken,))

    monkeypatch.setattr(pipeline_module, "PIPELINE", (PIPELINE[0], careless, PIPELINE[1]))
    with pytest.raises(GraphError, match="after careless: <Node reshape"):
        optimize(traced(lambda x: x + 1, X), check=True)


def test_a_trace_that_breaks_an_invariant_is_named():
    broken = Node(RESHAPE, (X,), ArrayType((5,), np.dtype("f8")))
    with pytest.raises(GraphError, match="after trace"):
        optimize(Graph("f", (X,), (broken,)), check=True)


def test_nothing_is_checked_unless_asked():
    broken = Node(RESHAPE, (X,), ArrayType((5,), np.dtype("f8")))
    assert optimize(Graph("f", (X,), (broken,))).outputs[0].shape == (5,)
