"""The printed graph: one line a node, operands by name, numbers as they are written."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import array, number, traced

from defnhook.graph import CONSTANT, ArrayType, Graph, Node, format_graph


def lines(graph):
    return format_graph(graph).splitlines()


def test_a_graph_reads_like_a_program():
    graph = traced(lambda t: np.exp(t) / np.sum(np.exp(t)), array("t", 5, dtype="f4"), name="softmax")
    assert lines(graph) == [
        "graph softmax(t: float32[5])",
        "    %0 = exp(t): float32[5]",
        "    %1 = exp(t): float32[5]",
        "    %2 = sum(%1, axis=(0,)): float32",
        "    %3 = divide(%0, %2): float32[5]",
        "    return %3",
    ]


def test_several_results_stand_in_one_line():
    graph = traced(lambda a, b: (a + b, a, a + b), array("a", 2), array("b", 2))
    assert lines(graph)[-1] == "    return %0, a, %1"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (array("x", 2, 3), "x: float64[2, 3]"),
        (array("x", 2, 3, order=(1, 0)), "x: float64[2, 3, order (1, 0)]"),
        (array("x"), "x: float64[]"),
        (number("x"), "x: float"),
        (number("x", "i8"), "x: int"),
        (number("x", "?"), "x: bool"),
        (number("x", "c16"), "x: complex"),
        (number("x", "f4", "scalar"), "x: float32"),
    ],
    ids=str,
)
def test_the_kinds_of_number_look_different(node, text):
    assert lines(Graph("f", (node,), (node,)))[0] == f"graph f({text})"


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.float32(0.5), "0.5"), (np.int8(-3), "-3"), (np.bool_(True), "True"), (np.float64("nan"), "nan")],
)
def test_a_constant_is_its_value(value, text):
    node = Node(CONSTANT, (), ArrayType((), value.dtype, "scalar"), {"value": value})
    assert lines(Graph("f", (), (node,)))[-1] == f"    return {text}"


def test_an_array_that_is_constant_shows_its_shape():
    graph = traced(lambda x: x + np.arange(3.0), array("x", 3))
    assert "    %1 = add(x, %0): float64[3]" in lines(graph)
    assert "    %0 = constant(value=array[3]): float64[3]" in lines(graph)


def test_the_line_of_the_users_file_is_named(both_ways):
    import defnhook

    module = both_ways("# defn\n\n\ndef f(x):\n    y = x + 1\n    return -y\n").hooked
    text = defnhook.explain(module.f, np.ones(3), stage="graph").splitlines()
    assert [line.partition("#")[2].strip() for line in text[1:3]] == ["line 5", "line 6"]
    assert text[1].index("#") == text[2].index("#")
