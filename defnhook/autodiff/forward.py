"""Forward mode: how the results of a program change along a direction, step by step with the program itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.autodiff import overrides
from defnhook.autodiff.adjoints import fitted, product, zeros
from defnhook.autodiff.complex_numbers import part_of
from defnhook.autodiff.levels import BLOCKS, Level, operands_of, walked
from defnhook.autodiff.loops import Taken
from defnhook.autodiff.replay import Replay
from defnhook.autodiff.reverse import annotated, swept, varying
from defnhook.autodiff.rules import checked, items, library_arguments, partials_of
from defnhook.errors import NoGradientError
from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    GATHER,
    HOST,
    IOTA,
    ITEM,
    LOOP,
    OVERRIDE,
    PICK,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Block,
    Node,
)
from defnhook.graph.node import EFFECTS, Operation
from defnhook.ops.kinds import Elementwise, Flat, Library, Reduction
from defnhook.trace import primitives
from defnhook.trace.branches import branch, if_expression
from defnhook.trace.context import require_current, user_span
from defnhook.trace.invoke import invoke
from defnhook.trace.loops import for_loop
from defnhook.trace.sequences import Range
from defnhook.trace.signals import BREAK
from defnhook.trace.tensor import Tensor

Tangents = dict[int, Tensor]


def pushed(
    roots: Sequence[Node], sources: Sequence[Node], directions: Sequence[Tensor]
) -> list[Tensor | None]:
    """The tangent of each root where the sources move in some directions; None for a root that does not move."""
    return Forwards(Level(roots, sources), sources, directions).of(roots)


class Forwards:
    """The tangents of one level of a program."""

    def __init__(self, level: Level, sources: Sequence[Node], directions: Sequence[Tensor]) -> None:
        self.level = level
        self.moving = varying(level, sources)
        self.tangents: Tangents = {id(node): value for node, value in zip(sources, directions, strict=True)}
        self.parts: dict[int, dict[int, Tensor]] = {}
        for node in level.order:
            if id(node) in self.moving and id(node) not in self.tangents:
                with annotated(node):
                    self._push(node)

    def of(self, nodes: Sequence[Node]) -> list[Tensor | None]:
        """The tangents of nodes."""
        return [self.tangents.get(id(node)) for node in nodes]

    def _push(self, node: Node) -> None:
        if node.op in BLOCKS:
            push = self._loop if node.op is LOOP else self._branch
            self.parts[id(node)] = push(node)
        elif isinstance(node.op, Library):
            self._library(node)
        elif node.op is OVERRIDE:
            self._override(node)
        elif node.op in (PICK, ITEM):
            self._keep(node, self.parts.get(id(node.inputs[0]), {}).get(node.params["index"]))
        else:
            self._keep(node, self._tangent(node))

    def _keep(self, node: Node, value: Tensor | None) -> None:
        if value is not None:
            value = fitted(value, node)
            shape = node.type.shape
            self.tangents[id(node)] = (
                value if value.type.shape == shape else primitives.broadcast(value, shape)
            )

    def _tangent(self, node: Node) -> Tensor | None:
        given = [self.tangents.get(id(each)) for each in node.inputs]
        if all(each is None for each in given):
            return None
        part = part_of(node)
        if part is not None and given[0] is not None:
            return primitives.as_tensor(part.push(given[0], Tensor(node.inputs[0])))
        if isinstance(node.op, Elementwise) or node.op is HOST:
            return _weighted_sum(node, given)
        if isinstance(node.op, Reduction):
            return _reduction(node, given[0])
        if node.op in _LINEAR:
            return _same_of_tangents(node, given)
        raise NoGradientError(f"{node.op.name} has no derivative")

    def _library(self, node: Node) -> None:
        op: Any = node.op
        given = [self.tangents.get(id(each)) for each in node.inputs]
        if isinstance(op.vjp, Flat) or all(each is None for each in given):
            return
        operands, parameters = library_arguments(node)
        several = "types" in node.params
        result: Any = items(node) if several else Tensor(node)
        if op.jvp is not None and not isinstance(op.jvp, Flat):
            made = checked(op, op.jvp)(tuple(given[: len(operands)]), result, *operands, **parameters)
        else:
            made = _twice_backwards(op, given, result, operands, parameters)
        if several:
            self.parts[id(node)] = {i: value for i, value in enumerate(made) if value is not None}
        else:
            self._keep(node, made)

    def _override(self, node: Node) -> None:
        made = overrides.push(node, self.tangents)
        self.parts[id(node)] = {i: value for i, value in enumerate(made) if value is not None}

    # -- blocks

    def _branch(self, node: Node) -> dict[int, Tensor]:
        inner = self.level.inside_of(node)
        free = self.level.outside_of(node)
        sources = [each for each in free if id(each) in self.tangents]
        directions = [self.tangents[id(each)] for each in sources]
        places = [i for i, output in enumerate(node.params["then"].outputs) if output.dtype.kind in "fc"]

        def taking(block: Block) -> Callable[[], tuple[Tensor, ...]]:
            def run() -> tuple[Tensor, ...]:
                before = _count_effects()
                outputs = Replay(inner, {}).of([block.outputs[i] for i in places], block.effects)
                after = _count_effects()
                made = pushed(outputs, sources, directions)
                _bring_forward(before, after)
                return tuple(
                    zeros(output) if value is None else value
                    for output, value in zip(outputs, made, strict=True)
                )

            return run

        made = if_expression(
            Tensor(node.inputs[0]), taking(node.params["then"]), taking(node.params["otherwise"])
        )
        return dict(zip(places, made, strict=True))

    def _loop(self, node: Node) -> dict[int, Tensor]:
        loop = Taken(node)
        places = loop.varying(self.moving)
        sources = [each for each in loop.free if id(each) in self.tangents]
        directions = [self.tangents[id(each)] for each in sources]
        state: Any = tuple(map(Tensor, loop.initial))
        known = (self.tangents.get(id(loop.initial[i])) for i in places)
        moves: Any = tuple(
            zeros(loop.initial[i]) if value is None else value for i, value in zip(places, known, strict=True)
        )

        def step(index: Any) -> Any:
            nonlocal state, moves
            stand_ins = loop.known(index, state)
            replay = Replay(loop.inner, stand_ins)
            leave = () if loop.leave is None else (loop.leave,)
            before = _count_effects()
            outputs = replay.of([*loop.outputs, *leave], loop.effects)
            after = _count_effects()
            starts = [stand_ins[id(loop.parameters[i])] for i in places]
            ends = [outputs[i] for i in places]
            made = pushed(ends, [*starts, *sources], [*moves, *directions])
            _bring_forward(before, after)
            moves = tuple(
                zeros(end) if value is None else value for end, value in zip(ends, made, strict=True)
            )
            state = tuple(map(Tensor, outputs[: len(loop.outputs)]))
            return branch(Tensor(outputs[-1]), lambda: BREAK, None) if leave else None

        if loop.counted:
            for_loop(Range(loop.count()), step, None)
        else:
            loop.run_while(step, lambda: state)
        return dict(zip(places, moves, strict=True))


def _count_effects() -> int:
    return len(require_current().region.effects)


def _bring_forward(first: int, middle: int) -> None:
    """Let what tangents do, which is entered after ``middle``, follow what of the program from ``first`` on it needs.

    A tangent that reads arrays which the program changes then still finds them as they were.
    """
    effects = require_current().region.effects
    own = {id(node): place for place, node in enumerate(effects[first:middle])}
    places: dict[int, float] = {}
    for node in walked(effects[first:]):
        below = max((places[id(each)] for each in operands_of(node)), default=-1.0)
        places[id(node)] = max(below, own.get(id(node), -1.0))
    later = [(places[id(node)] + 0.5, node) for node in effects[middle:]]
    pairs = [*((float(place), node) for place, node in enumerate(effects[first:middle])), *later]
    effects[first:] = [node for _, node in sorted(pairs, key=lambda pair: pair[0])]


def _weighted_sum(node: Node, given: Sequence[Tensor | None]) -> Tensor | None:
    total: Tensor | None = None
    for tangent, partial in zip(given, partials_of(node), strict=True):
        made = None if tangent is None else product(tangent, checked(node.op, partial))
        if made is not None:
            total = made if total is None else invoke(np.add, (total, made), {})
    return total


def _reduction(node: Node, tangent: Tensor | None) -> Tensor | None:
    op: Any = node.op
    if isinstance(op.vjp, Flat) or tangent is None:
        return None
    axis, keepdims = node.params["axis"], node.params["keepdims"]
    checked(op, op.vjp)
    if op.jvp is None:
        return primitives.reduce(op, tangent, axis, None, keepdims)
    made = checked(op, op.jvp)(tangent, Tensor(node), Tensor(node.inputs[0]), axis=axis, keepdims=keepdims)
    return primitives.as_tensor(made)


# Those of whose operands the floats may move together: the same of the tangents is the tangent.
_LINEAR: dict[Operation, tuple[int, ...] | None] = {
    BROADCAST: (0,),
    CAST: (0,),
    CONCATENATE: None,
    GATHER: (0,),
    IOTA: None,
    RESHAPE: (0,),
    SCATTER: (0, 1),
    SLICE: (0,),
    TRANSPOSE: (0,),
    UPDATE: (0, 1),
}


def _same_of_tangents(node: Node, given: Sequence[Tensor | None]) -> Tensor:
    if node.op is SCATTER and node.params["mode"] not in ("set", "add", "subtract"):
        raise NoGradientError(f"np.{node.params['mode']}.at has no derivative; write it with np.add.at")
    if node.op is CAST and given[0] is not None:
        return given[0]
    places = _LINEAR[node.op]
    inputs = list(node.inputs)
    for place in range(len(inputs)) if places is None else places:
        value = given[place]
        inputs[place] = (zeros(inputs[place]) if value is None else value).node
    kind = "scalar" if node.type.kind == "python" else node.type.kind
    type_ = ArrayType(node.type.shape, node.dtype, kind, node.type.order)
    made = Node(node.op, tuple(inputs), type_, node.params, user_span())
    if node.op in EFFECTS:
        require_current().region.effects.append(made)
    return Tensor(made)


def _twice_backwards(
    op: Any, given: Sequence[Tensor | None], result: Any, operands: list[Tensor], parameters: dict[str, Any]
) -> Any:
    """The tangents of results, from how adjoints of operands change with those of results, which is linear."""
    results = result if isinstance(result, tuple) else (result,)
    adjoints = tuple(map(overrides.some, results))
    made = checked(op, op.vjp)(
        adjoints if isinstance(result, tuple) else adjoints[0], result, *operands, **parameters
    )
    roots = [
        (primitives.as_tensor(value).node, tangent)
        for value, tangent in zip(made, given, strict=False)
        if tangent is not None and value is not None
    ]
    found = swept(roots, [each.node for each in adjoints])
    return tuple(found) if isinstance(result, tuple) else found[0]
