"""Graphs built by hand, for tests of the passes, the schedule and the emitter."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from defnhook.backend.eager import evaluate
from defnhook.backend.interpret import interpreted
from defnhook.dispatch.explain import format_loops
from defnhook.emit.kernel import Kernel, Layout, emit
from defnhook.emit.library import lacks
from defnhook.graph import INPUT, ArrayType, Graph, Node, verify
from defnhook.schedule.segments import divide
from defnhook.trace.context import Trace, tracing
from defnhook.trace.tensor import Tensor
from defnhook.transform import optimize


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


def kernels(graph: Graph, strided: tuple[str, ...] = ()) -> list[Kernel]:
    """The kernels of a graph; ``strided`` names the inputs that lie in memory with gaps."""
    graph = optimize(graph, check=True)
    division = divide(graph, lacks)
    layouts = {
        id(node): Layout(node.type.order, *[node.params.get("name") not in strided] * 2)
        for node in graph.nodes()
    }
    return [emit(segment, "{name}", layouts) for segment in division.segments if segment.results]


def kernel(graph: Graph, strided: tuple[str, ...] = ()) -> Kernel:
    """The only kernel of a graph."""
    (only,) = kernels(graph, strided)
    return only


def loops(of: Kernel) -> list[str]:
    """The loop nests of a kernel as lines, without its buffers and notes."""
    lines = format_loops(of).splitlines()[1:]
    end = len(lines) - len(of.placement.buffers) - len({*of.placement.notes, *of.schedule.notes})
    return [line.removeprefix("    ") for line in lines[:end]]


def run(of: Kernel, values: dict[str, Any], phases: bool = False, slices: int = 1) -> list[Any]:
    """The results of a kernel run as plain Python, at once or phase by phase in slices."""
    given, made = [], []
    extents = of.schedule.extents.values
    for argument in of.arguments:
        if argument.role == "operand":
            params = argument.node.params
            value = values[params["name"]] if argument.node.op is INPUT else params["value"]
            given.append(value.transpose(argument.order) if argument.ndim > 0 else value)
        else:
            shape = tuple(n if isinstance(n, int) else extents[n] for n in argument.extents)
            given.append(np.full(shape, 77, argument.dtype))
            if argument.role == "result":
                made.append((argument, given[-1]))
    if of.table:
        given.append(np.array(of.table + [0] * of.parts, np.uint64))
    entry = interpreted(of)
    if not phases:
        entry(*given, -1, np.uint64(0), np.uint64(0))
    for number, phase in enumerate(of.phases if phases else ()):
        bounds = [phase.units * k // slices for k in range(slices + 1)] if phase.parallel else [0, 1]
        for first, last in reversed(list(itertools.pairwise(bounds))):
            entry(*given, number, np.uint64(first), np.uint64(last))
    return [_of_shape(of, argument, value) for argument, value in made]


def _of_shape(of: Kernel, argument: Any, value: Any) -> Any:
    shape = of.schedule.segment.shapes.get(id(argument.node))
    if shape is not None:
        return value.reshape(shape.shape)
    return value.transpose(np.argsort(argument.order).astype(int))
