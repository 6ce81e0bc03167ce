"""Graphs built by hand, for tests of the passes, the schedule and the emitter."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.backend.eager import evaluate
from defnhook.graph import INPUT, ArrayType, Graph, Node, verify
from defnhook.trace.context import Trace, tracing
from defnhook.trace.tensor import Tensor


def array(name: str, *shape: int, dtype: Any = "f8", order: tuple[int, ...] = ()) -> Node:
    """An input of a graph."""
    return Node(INPUT, (), ArrayType(shape, np.dtype(dtype), "array", order), {"name": name})


def number(name: str, dtype: Any = "f8", kind: Any = "python") -> Node:
    """An input that is a single number."""
    return Node(INPUT, (), ArrayType((), np.dtype(dtype), kind), {"name": name})


def traced(function: Any, *inputs: Node, name: str = "f") -> Graph:
    """The graph of a function that is plain NumPy over its arguments."""
    with tracing(Trace()):
        result = function(*map(Tensor, inputs))
    results = result if isinstance(result, tuple) else (result,)
    return verify(Graph(name, inputs, tuple(each.node for each in results)), "trace")


def example(node: Node, seed: int = 0) -> Any:
    """A value for an input."""
    draw = np.random.default_rng(seed)
    if node.dtype.kind == "b":
        value = draw.random(node.shape) < 0.5
    elif node.dtype.kind in "iu":
        value = draw.integers(1, 9, node.shape)
    else:
        value = draw.normal(size=node.shape)
        if node.dtype.kind == "c":
            value = value + 1j * draw.normal(size=node.shape)
    value = np.asarray(value).astype(node.dtype)
    if node.type.kind == "python":
        return value.item()
    arranged = np.asarray(value.transpose(node.type.order), order="C")
    return arranged.transpose(np.argsort(node.type.order).astype(int))


def examples(graph: Graph) -> list[Any]:
    """A value for each input of a graph."""
    return [example(node, seed) for seed, node in enumerate(graph.inputs)]


def results(graph: Graph, values: dict[str, Any]) -> list[Any]:
    """The results of a graph in NumPy, for values by the names of the inputs."""
    return evaluate(graph, [values[node.params["name"]] for node in graph.inputs])
