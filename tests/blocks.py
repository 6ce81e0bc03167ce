"""Graphs with loops, branches and writes built by hand, for tests of the passes, the schedule and the emitter."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.backend.interpret import interpreted
from defnhook.emit.kernel import Kernel, Layout, emit
from defnhook.emit.library import lacks
from defnhook.graph import (
    BRANCH,
    CHECK,
    CONSTANT,
    HOST,
    LOOP,
    PARAMETER,
    PICK,
    RESHAPE,
    SLICE,
    UPDATE,
    ArrayType,
    Block,
    Fault,
    Graph,
    Node,
    Operand,
)
from defnhook.schedule.division import divided
from defnhook.schedule.effects import chain
from defnhook.trace.context import Trace, tracing
from defnhook.trace.tensor import Tensor
from defnhook.transform import optimize

TOKEN = ArrayType((), np.dtype(np.bool_), "scalar")
NUMBERS = {int: np.dtype("i8"), float: np.dtype("f8"), bool: np.dtype("?")}


def known(value: Any) -> Node:
    """A Python number that is known while tracing."""
    return Node(CONSTANT, (), ArrayType((), NUMBERS[type(value)], "python"), {"value": value})


def python(function: Any, *operands: Any, gives: type = int) -> Node:
    """Python arithmetic on numbers."""
    nodes = tuple(n if isinstance(n, Node) else known(n) for n in operands)
    return Node(HOST, nodes, ArrayType((), NUMBERS[gives], "python"), {"function": function})


def of(function: Any, *operands: Node) -> Node:
    """NumPy on traced values."""
    with tracing(Trace()):
        made: Node = function(*map(Tensor, operands)).node
    return made


def _ranges(starts: tuple[Any, ...], lengths: tuple[int, ...] | None, first: int) -> tuple[Any, list[Node]]:
    lengths = lengths or (1,) * len(starts)
    numbers = [start for start in starts if isinstance(start, Node)]
    places = {id(node): Operand(first + place) for place, node in enumerate(numbers)}
    ranges = tuple((places.get(id(s), s), 1, n) for s, n in zip(starts, lengths, strict=True))
    return ranges, numbers


def window(source: Node, *starts: Any, lengths: tuple[int, ...] | None = None) -> Node:
    """A part of an array, each axis from a start that is known or a node."""
    ranges, numbers = _ranges(starts, lengths, 1)
    shape = tuple(length for _, _, length in ranges)
    params = {"ranges": ranges, "literal": ((False, False),) * len(ranges)}
    return Node(SLICE, (source, *numbers), ArrayType(shape, source.dtype), params)


def element(source: Node, *starts: Any) -> Node:
    """One element of an array."""
    return Node(RESHAPE, (window(source, *starts),), ArrayType((), source.dtype, "scalar"))


def update(base: Node, value: Node, *starts: Any, lengths: tuple[int, ...] | None = None) -> Node:
    """An array with a window replaced."""
    ranges, numbers = _ranges(starts, lengths, 2)
    shape = tuple(length for _, _, length in ranges)
    if value.shape != shape:
        value = Node(RESHAPE, (value,), ArrayType(shape, value.dtype))
    return Node(UPDATE, (base, value, *numbers), base.type, {"ranges": ranges})


def counted(
    start: Any, stop: Any, initial: dict[str, Node], body: Any, step: int = 1
) -> tuple[Node, list[Node]]:
    """``for i in range(start, stop, step)``: ``body(i, effects, *carried)`` gives the next values."""
    parameters = [Node(PARAMETER, (), node.type, {"name": name}) for name, node in initial.items()]
    index = Node(PARAMETER, (), ArrayType((), NUMBERS[int], "python"), {"name": "i"})
    effects: list[Node] = []
    outputs = body(index, effects, *parameters)
    bounds = tuple(n if isinstance(n, Node) else known(n) for n in (start, stop))
    exits = len(outputs) > len(parameters)
    block = Block((index, *parameters), tuple(effects), tuple(outputs))
    params = {"kind": "for", "step": step, "exits": exits, "body": block}
    loop = Node(LOOP, (*bounds, *initial.values()), TOKEN, params)
    return loop, picks(loop, [node.type for node in initial.values()])


def repeated(initial: dict[str, Node], test: Any, body: Any) -> tuple[Node, list[Node]]:
    """``while test(*carried)``: ``body(effects, *carried)`` gives the next values."""
    blocks = []
    for function in (lambda effects, *carried: [test(*carried)], body):
        parameters = tuple(Node(PARAMETER, (), node.type, {"name": name}) for name, node in initial.items())
        effects: list[Node] = []
        outputs = function(effects, *parameters)
        blocks.append(Block(parameters, tuple(effects), tuple(outputs)))
    params = {"kind": "while", "exits": False, "test": blocks[0], "body": blocks[1]}
    loop = Node(LOOP, tuple(initial.values()), TOKEN, params)
    return loop, picks(loop, [node.type for node in initial.values()])


def chosen(condition: Node, then: Any, otherwise: Any) -> tuple[Node, list[Node]]:
    """``if condition``: each side is a function of its effects that gives the values."""
    blocks = []
    for side in (then, otherwise):
        effects: list[Node] = []
        outputs = side(effects)
        blocks.append(Block((), tuple(effects), tuple(outputs)))
    branch = Node(BRANCH, (condition,), TOKEN, {"then": blocks[0], "otherwise": blocks[1]})
    return branch, picks(branch, [node.type for node in blocks[0].outputs])


def picks(region: Node, types: list[ArrayType]) -> list[Node]:
    """What comes out of a loop or a branch."""
    return [Node(PICK, (region,), type_, {"index": place}) for place, type_ in enumerate(types)]


def check(condition: Node, fault: Fault, *operands: Node) -> Node:
    """Raise where the condition holds."""
    return Node(CHECK, (condition, *operands), TOKEN, {"fault": fault})


def program(
    inputs: list[Node], effects: list[Node], outputs: list[Node], writes: dict[int, Node], **more: Any
) -> Graph:
    """A graph; ``writes`` gives the last value of inputs, by their place."""
    pairs = tuple((inputs[place], last) for place, last in writes.items())
    return Graph("f", tuple(inputs), tuple(outputs), effects=tuple(effects), writes=pairs, **more)


def kernel_of(graph: Graph) -> Kernel:
    """The only kernel of a program."""
    graph = optimize(graph)
    (segment,) = divided(graph, lacks).segments
    written = {key for given, last in graph.writes for key in chain(graph.effects, last) | {id(given)}}
    layouts = {id(node): Layout(node.type.order) for node in (*graph.inputs, *graph.nodes())}
    return emit(segment, "{name}", layouts, graph.sizes, written)


def run(kernel: Kernel, **values: Any) -> tuple[list[Any], Any]:
    """The results of a program run as plain Python, and what it reports; arrays are written in place."""
    extents = kernel.schedule.extents.values
    places: dict[str, Any] = {}
    for argument in kernel.arguments:
        if argument.role == "operand":
            params = argument.node.params
            places[argument.name] = values[params["name"]] if "name" in params else params["value"]
        else:
            shape = tuple(n if isinstance(n, int) else extents[n] for n in argument.extents)
            places[argument.name] = np.full(shape, 77, argument.dtype)
    given = list(places.values())
    fault = np.zeros(4, np.int64)
    given += [np.array(kernel.table, np.uint64)] if kernel.table else []
    given += [fault] if kernel.faults else []
    interpreted(kernel)(*given, -1, 0, 0)
    return [places[name] for name in kernel.results], fault
