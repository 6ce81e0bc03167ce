"""A graph node by node in NumPy: the reference, and what ``DEFNHOOK=eager`` runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.backend.blas import alone
from defnhook.graph import (
    BRANCH,
    BROADCAST,
    CAST,
    CHECK,
    CONCATENATE,
    CONSTANT,
    GATHER,
    HOST,
    INPUT,
    IOTA,
    ITEM,
    LOOP,
    PICK,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Block,
    Graph,
    Node,
    Operand,
    Unforeseen,
)
from defnhook.ops.kinds import Elementwise, Library, Reduction

Step = Callable[[Node, Sequence[Any]], Any]


def evaluate(graph: Graph, values: Sequence[Any], step: Step | None = None) -> list[Any]:
    """The results of a graph for values of its inputs, in NumPy."""
    return evaluate_with_writes(graph, values, step)[0]


def evaluate_with_writes(
    graph: Graph, values: Sequence[Any], step: Step | None = None, held: list[Any] | None = None
) -> tuple[list[Any], list[Any]]:
    """The results of a graph, and what each array that it writes holds at the end.

    ``step`` computes one node that is no loop, branch or check from the values of its operands. ``held`` begins as the
    values and is kept up to date with what the inputs hold, for those that look after a check has raised.
    """
    known = Values(graph, step or apply, held)
    known.levels[0].update((id(node), value) for node, value in zip(graph.inputs, values, strict=True))
    with np.errstate(all="ignore"):
        known.act(graph.effects)
        results = [known.read(node) for node in graph.outputs]
        return results, [known.read(last) for _, last in graph.writes]


class Values:
    """What nodes have come to, by the number of loops around them."""

    def __init__(self, graph: Graph, step: Step, held: list[Any] | None) -> None:
        self.step = step
        self.held = held
        self.levels: list[dict[int, Any]] = [{}]
        self.depths: dict[int, int] = {}
        self.sizes = graph.sizes
        self._place(graph.effects, 0)

    def _place(self, effects: Sequence[Node], depth: int) -> None:
        """Note how deep in loops the effects stand, and the parameters of their blocks."""
        for node in effects:
            self.depths[id(node)] = depth
            inner = depth + (node.op is LOOP)
            for block in node.blocks:
                self.depths.update((id(parameter), inner) for parameter in block.parameters)
                self._place(block.effects, inner)

    def needs(self, node: Node) -> tuple[Node, ...]:
        """The operands of a node, and the sizes in its type."""
        if not self.sizes or not node.shape:
            return node.inputs
        return (
            *node.inputs,
            *(self.sizes[extent] for extent in node.shape if extent in self.sizes),
            *self._lengths(node),
        )

    def _lengths(self, node: Node) -> list[Node]:
        ranges = node.params.get("ranges", ())
        return [self.sizes[length] for _, _, length in ranges if length in self.sizes]

    def sized(self, node: Node) -> Node:
        """A node with the sizes that its type and its slices have now."""
        if not self.sizes or (not has_sizes(node.shape, self.sizes) and not self._lengths(node)):
            return node
        params = dict(node.params)
        if "ranges" in params:
            params["ranges"] = tuple((s, step, self._now(length)) for s, step, length in params["ranges"])
        shape = tuple(map(self._now, node.shape))
        type_ = ArrayType(shape, node.dtype, node.type.kind, node.type.order)
        return Node(node.op, node.inputs, type_, params, node.span)

    def _now(self, extent: int) -> int:
        return int(self.read(self.sizes[extent])) if extent in self.sizes else extent

    def depth(self, node: Node) -> int:
        """How many loops a node stands in: as many as what it needs does."""
        known = self.depths
        stack = [node]
        while stack:
            top = stack[-1]
            missing = [n for n in self.needs(top) if id(n) not in known] if id(top) not in known else []
            if missing:
                stack += missing
                continue
            if id(top) not in known:
                known[id(top)] = max((known[id(n)] for n in self.needs(top)), default=0)
            stack.pop()
        return known[id(node)]

    def has(self, node: Node) -> bool:
        """Whether a node has been computed, where the evaluation is now."""
        return id(node) in self.levels[self.depth(node)]

    def read(self, node: Node) -> Any:
        """The value of a node, computed where it is not known."""
        stack = [node]
        while stack:
            top = stack[-1]
            if self.has(top):
                stack.pop()
                continue
            missing = [operand for operand in self.needs(top) if not self.has(operand)]
            if missing:
                stack += missing
                continue
            operands = [self.levels[self.depth(n)][id(n)] for n in top.inputs]
            rule = _CONTROL.get(top.op)
            self.set(top, self.step(self.sized(top), operands) if rule is None else rule(self, top, operands))
            if self.held is not None and top.op in (UPDATE, SCATTER):
                self._note_write(operands[0], self.levels[self.depth(top)][id(top)])
        return self.levels[self.depth(node)][id(node)]

    def set(self, node: Node, value: Any) -> None:
        """Enter the value of a node."""
        self.levels[self.depth(node)][id(node)] = value

    def _note_write(self, before: Any, now: Any) -> None:
        assert self.held is not None
        for place, value in enumerate(self.held):
            if value is before:
                self.held[place] = now

    def enter(self, parameters: Sequence[Node], values: Sequence[Any]) -> None:
        """Give the parameters of a block their values."""
        for parameter, value in zip(parameters, values, strict=True):
            self.set(parameter, value)

    def act(self, effects: Sequence[Node]) -> None:
        """Run effects in the order of the program."""
        for node in effects:
            self.read(node)


def has_sizes(shape: tuple[int, ...], sizes: dict[int, Node]) -> bool:
    """Whether a shape holds an extent known only at run time."""
    return any(extent in sizes for extent in shape)


def _branch(known: Values, node: Node, operands: Sequence[Any]) -> Any:
    block = node.params["then" if operands[0] else "otherwise"]
    known.act(block.effects)
    return [known.read(each) for each in block.outputs]


def _loop(known: Values, node: Node, operands: Sequence[Any]) -> Any:
    body: Block = node.params["body"]
    bounds = 2 if node.params["kind"] == "for" else 0
    carried = list(operands[bounds:])
    numbers = range(operands[0], operands[1], node.params["step"]) if bounds else itertools.count()
    known.levels.append({})
    for number in numbers:
        known.levels[-1].clear()
        if not bounds and not _holds(known, node.params["test"], carried):
            break
        given = [number, *carried] if bounds else carried
        known.enter(body.parameters, given)
        known.act(body.effects)
        results = [known.read(each) for each in body.outputs]
        carried = results[: len(carried)]
        if node.params["exits"] and results[-1]:
            break
    known.levels.pop()
    return carried


def _holds(known: Values, test: Block, carried: Sequence[Any]) -> bool:
    known.enter(test.parameters, carried)
    known.act(test.effects)
    return bool(known.read(test.outputs[0]))


def _check(known: Values, node: Node, operands: Sequence[Any]) -> Any:
    test, *values = operands
    if test:
        raise node.params["fault"].exception(tuple(values))
    return False


_CONTROL: dict[Any, Callable[[Values, Node, Sequence[Any]], Any]] = {
    BRANCH: _branch,
    LOOP: _loop,
    CHECK: _check,
    PICK: lambda known, node, operands: operands[0][node.params["index"]],
}


def apply(node: Node, operands: Sequence[Any]) -> Any:
    """One node on the values of its operands."""
    for kind, rule in _KINDS:
        if isinstance(node.op, kind):
            return rule(node, operands)
    return _PRIMITIVES[node.op](node, operands)


def _elementwise(node: Node, operands: Sequence[Any]) -> Any:
    return node.op.numpy(*operands)  # type: ignore[attr-defined]


def _reduction(node: Node, operands: Sequence[Any]) -> Any:
    op, axis = node.op, node.params["axis"]
    keywords: dict[str, Any] = {"keepdims": node.params["keepdims"]}
    if "dtype" in op.keywords:  # type: ignore[attr-defined]
        keywords["dtype"] = node.dtype
    if node.params.get("initial") is not None and op.start is None:  # type: ignore[attr-defined]
        keywords["initial"] = node.params["initial"]
    if op.numpy in (np.argmax, np.argmin):  # type: ignore[attr-defined]
        axis = axis[0] if len(axis) == 1 and operands[0].ndim != 1 else axis[0] if len(axis) == 1 else None
    return op.numpy(operands[0], axis=axis, **keywords)  # type: ignore[attr-defined]


def _library(node: Node, operands: Sequence[Any]) -> Any:
    parameters = {
        name: operands[value.place] if isinstance(value, Operand) else value
        for name, value in node.params.items()
        if name != "types"
    }
    numbers = sum(isinstance(value, Operand) for value in node.params.values())
    function = alone(node.op.numpy)  # type: ignore[attr-defined]
    return function(*operands[: len(operands) - numbers], **parameters)


def _item(node: Node, operands: Sequence[Any]) -> Any:
    found = operands[0][node.params["index"]]
    if np.shape(found) != node.shape:
        raise Unforeseen(f"a result of {node.inputs[0].op.name}() has the shape {np.shape(found)}")
    return found


def _cast(node: Node, operands: Sequence[Any]) -> Any:
    (value,) = operands
    if node.inputs[0].type.kind == "python":
        return np.asarray(value, node.dtype)[()]
    result = np.asarray(value).astype(node.dtype)
    return result[()] if node.type.kind == "scalar" else result


def _slice(node: Node, operands: Sequence[Any]) -> Any:
    return np.asarray(operands[0])[_slices_now(node, operands)]


def _update(node: Node, operands: Sequence[Any]) -> Any:
    base, value, *_ = operands
    result = np.array(base)
    result[_slices_now(node, operands)] = value
    return result


def _index(node: Node, source: Any, indices: Sequence[Any]) -> tuple[Any, ...]:
    """The index of NumPy that means consecutive axes."""
    return (*[slice(None)] * node.params["axes"][0], *map(np.asarray, indices))


def _scatter(node: Node, operands: Sequence[Any]) -> Any:
    base, value, *indices = operands
    result = np.array(base)
    index = _index(node, base, indices)
    mode = node.params["mode"]
    if mode == "set":
        result[index] = value
    else:
        getattr(np, mode).at(result, index, value)
    return result


def _slices_now(node: Node, operands: Sequence[Any]) -> tuple[slice, ...]:
    """The index of a slice node whose starts may be operands."""
    ranges = node.params["ranges"]
    starts = [operands[s.place] if isinstance(s, Operand) else s for s, _, _ in ranges]
    return tuple(part(int(s), step, length) for s, (_, step, length) in zip(starts, ranges, strict=True))


def slices(node: Node) -> tuple[slice, ...]:
    """The index of a slice node."""
    return tuple(part(start, step, length) for start, step, length in node.params["ranges"])


def part(start: int, step: int, length: int) -> slice:
    stop = start + step * length
    return slice(start, None if stop < 0 else stop, step)


def _iota(node: Node, operands: Sequence[Any]) -> Any:
    start, step = operands
    positions = np.arange(node.shape[0]).astype(node.dtype)
    return (start + positions * step).astype(node.dtype)


_KINDS: tuple[tuple[type, Callable[[Node, Sequence[Any]], Any]], ...] = (
    (Elementwise, _elementwise),
    (Reduction, _reduction),
    (Library, _library),
)
_PRIMITIVES: dict[Any, Callable[[Node, Sequence[Any]], Any]] = {
    CONSTANT: lambda node, operands: node.params["value"],
    INPUT: lambda node, operands: operands[0],
    HOST: lambda node, operands: node.params["function"](*operands),
    CAST: _cast,
    TRANSPOSE: lambda node, operands: np.transpose(operands[0], node.params["axes"]),
    RESHAPE: lambda node, operands: np.reshape(operands[0], node.shape),
    BROADCAST: lambda node, operands: np.broadcast_to(operands[0], node.shape),
    SLICE: _slice,
    UPDATE: _update,
    GATHER: lambda node, operands: np.asarray(operands[0])[_index(node, operands[0], operands[1:])],
    SCATTER: _scatter,
    IOTA: _iota,
    ITEM: _item,
    CONCATENATE: lambda node, operands: np.concatenate(operands, axis=node.params["axis"]),
}
