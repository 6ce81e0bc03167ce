"""Each invariant of a graph: a graph that keeps it passes, one that breaks it is named with its stage."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import array, number, traced

from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    ArrayType,
    Graph,
    GraphError,
    Node,
    Operand,
    verify,
)
from defnhook.ops import OPS

X = array("x", 2, 3)
F8 = np.dtype("f8")
ONE = Node(CONSTANT, (), ArrayType((), np.dtype("i8"), "python"), {"value": 1})
HALF = Node(CONSTANT, (), ArrayType((), F8, "python"), {"value": 0.5})


def node(op, shape, *inputs, dtype=F8, kind="array", order=(), **params):
    return Node(op, inputs or (X,), ArrayType(shape, np.dtype(dtype), kind, order), params)


def check(result, inputs=(X,)):
    return verify(Graph("f", inputs, (result,)), "a pass")


WRONG = {
    "order": (node(OPS["exp"], (2, 3), order=(0, 0)), "no permutation of its axes"),
    "a scalar with axes": (node(OPS["exp"], (2, 3), kind="scalar"), "is a scalar with 2 axes"),
    "a Python number with axes": (node(OPS["exp"], (2, 3), kind="python"), "is a python with 2 axes"),
    "transpose": (node(TRANSPOSE, (2, 3), axes=(1, 0)), "has shape (2, 3), not (3, 2)"),
    "reshape": (node(RESHAPE, (5,)), "changes the number of elements"),
    "broadcast": (node(BROADCAST, (2, 1)), "has shape (2, 1), not (2, 3)"),
    "broadcast, step": (
        node(BROADCAST, (2, 9), X, HALF, steps=(None, Operand(1))),
        "takes its steps from operands [1]",
    ),
    "broadcast, steps": (node(BROADCAST, (9, 9), X, ONE, steps=(Operand(1),) * 2), "from operands [1, 1]"),
    "broadcast, other axis": (node(BROADCAST, (1, 9), X, ONE, steps=(None, Operand(1))), "not (2, 9)"),
    "slice, length": (node(SLICE, (2, 2), ranges=((0, 1, 2), (0, 1, 3))), "has shape (2, 2), not (2, 3)"),
    "slice, start": (node(SLICE, (2, 1), ranges=((0, 1, 2), (3, 1, 1))), "reaches outside an axis of 3"),
    "slice, end": (node(SLICE, (2, 2), ranges=((0, 1, 2), (0, 3, 2))), "reaches outside an axis of 3"),
    "slice, down": (node(SLICE, (2, 3), ranges=((0, 1, 2), (1, -1, 3))), "reaches outside an axis of 3"),
    "concatenate": (node(CONCATENATE, (3, 3), X, X, axis=0), "has shape (3, 3), not (4, 3)"),
    "cast": (node(CAST, (3, 2), dtype=F8), "has shape (3, 2), not (2, 3)"),
    "constant": (
        Node(CONSTANT, (), ArrayType((), F8, "scalar"), {"value": np.float32(1)}),
        "holds np.float32(1.0) of another dtype",
    ),
    "elementwise": (node(OPS["add"], (3,), X, X), "has shape (3,), not (2, 3)"),
    "reduction": (node(OPS["sum"], (2,), axis=(0,), keepdims=False), "has shape (2,), not (3,)"),
    "reduction, kept": (node(OPS["sum"], (3,), axis=(0,), keepdims=True), "has shape (3,), not (1, 3)"),
}
RIGHT = {
    "order": node(OPS["exp"], (2, 3), order=(1, 0)),
    "transpose": node(TRANSPOSE, (3, 2), axes=(1, 0)),
    "reshape": node(RESHAPE, (6,)),
    "broadcast": node(BROADCAST, (4, 2, 3)),
    "broadcast, step": node(BROADCAST, (4, 2, 9), X, ONE, steps=(None, Operand(1))),
    "slice": node(SLICE, (2, 2), ranges=((1, -1, 2), (0, 2, 2))),
    "slice, empty": node(SLICE, (2, 0), ranges=((0, 1, 2), (0, 1, 0))),
    "concatenate": node(CONCATENATE, (4, 3), X, X, axis=0),
    "cast": node(CAST, (2, 3), dtype="f4"),
    "elementwise": node(OPS["add"], (2, 3), X, number("s")),
    "reduction": node(OPS["sum"], (3,), axis=(0,), keepdims=False),
    "reduction, kept": node(OPS["sum"], (1, 3), axis=(0,), keepdims=True),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_invariant_is_named_with_its_stage(name):
    wrong, words = WRONG[name]
    with pytest.raises(GraphError) as caught:
        check(wrong)
    assert str(caught.value).startswith(f"after a pass: <Node {wrong.op.name}")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", RIGHT)
def test_a_graph_that_keeps_it_passes(name):
    graph = Graph("f", (X, *[i for i in RIGHT[name].inputs if i is not X and i is not ONE]), (RIGHT[name],))
    assert verify(graph, "a pass") is graph


def test_an_input_that_is_not_listed_is_found():
    with pytest.raises(GraphError, match="an input that the graph does not list"):
        check(node(OPS["exp"], (2, 3)), inputs=())


def test_a_node_far_from_the_results_is_checked():
    inner = node(RESHAPE, (5,))
    with pytest.raises(GraphError, match="changes the number"):
        check(Node(OPS["exp"], (Node(OPS["exp"], (inner,), inner.type),), inner.type))


def test_every_trace_keeps_the_invariants():
    def everything(a, b):
        joined = np.concatenate([a, b.T[::-1]], axis=0)
        return np.sum(np.broadcast_to(joined[:, None, 1:], (4, 5, 2)), axis=1).reshape(-1)

    assert traced(everything, array("a", 2, 3), array("b", 3, 2)).outputs[0].shape == (8,)
