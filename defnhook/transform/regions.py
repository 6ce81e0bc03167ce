"""Loops, branches and writes keep what something needs: invariant values stay outside, dead ones go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from defnhook.graph import BRANCH, CHECK, LOOP, PICK, Block, Graph, Node


def settle_loops(graph: Graph) -> Graph:
    """The graph in which a value that a loop hands on as it got it is used from outside."""
    while known := _invariants(graph):
        graph = _settled(graph, known)
    return graph


def _invariants(graph: Graph) -> dict[int, Node]:
    """What each parameter stands for that a loop does not change."""
    known: dict[int, Node] = {}
    for loop in graph.nodes():
        if loop.op is LOOP:
            rows = zip(
                carried_inputs(loop), carried_parameters(loop), loop.params["body"].outputs, strict=False
            )
            fixed = {k: before for k, (before, parameter, after) in enumerate(rows) if after is parameter}
            known |= {id(carried_parameters(loop)[k]): before for k, before in fixed.items()}
            if loop.params.get("test") is not None:
                known |= {id(loop.params["test"].parameters[k]): before for k, before in fixed.items()}
    return known


def _settled(graph: Graph, known: dict[int, Node]) -> Graph:
    done: dict[int, Node] = {}

    def find(node: Node) -> Node:
        while id(node) in known:
            node = known[id(node)]
        return done[id(node)]

    for node in graph.nodes():
        if node.op is PICK and node.inputs[0].op is LOOP:
            _settle_pick(node, known, done)
        if id(node) not in known:
            new = done.get(id(node), node)
            done[id(node)] = (_without_invariants(new, known) if node.op is LOOP else new).renewed(find)
    return graph.renewed(find)


def _settle_pick(node: Node, known: dict[int, Node], done: dict[int, Node]) -> None:
    (loop,) = node.inputs
    parameters = carried_parameters(loop)
    number = node.params["index"]
    if id(parameters[number]) in known:
        known[id(node)] = parameters[number]
        return
    before = sum(id(p) in known for p in parameters[:number])
    done[id(node)] = Node(PICK, (loop,), node.type, {"index": number - before}, node.span)


def _without_invariants(loop: Node, known: dict[int, Node]) -> Node:
    keep = [id(parameter) not in known for parameter in carried_parameters(loop)]
    return loop if all(keep) else kept_of_loop(loop, keep)


def fixed_inputs(loop: Node) -> int:
    """How many inputs of a loop are not values carried round it."""
    return 2 if loop.params["kind"] == "for" else 0


def carried_inputs(loop: Node) -> tuple[Node, ...]:
    """What the values carried round a loop begin with."""
    return loop.inputs[fixed_inputs(loop) :]


def carried_parameters(loop: Node) -> tuple[Node, ...]:
    """What stands for the carried values inside the loop."""
    parameters: tuple[Node, ...] = loop.params["body"].parameters
    return parameters[1:] if loop.params["kind"] == "for" else parameters


def kept_of_loop(loop: Node, keep: list[bool]) -> Node:
    """A loop that carries only some of its values."""

    def of(items: tuple[Node, ...], first: int = 0) -> tuple[Node, ...]:
        chosen = [item for item, wanted in zip(items[first:], keep, strict=False) if wanted]
        return (*items[:first], *chosen, *items[first + len(keep) :])

    first = fixed_inputs(loop)
    body: Block = loop.params["body"]
    index = 1 if loop.params["kind"] == "for" else 0
    params = {
        **loop.params,
        "body": Block(of(body.parameters, index), body.effects, of(body.outputs)),
    }
    if "test" in params and params["test"] is not None:
        test: Block = params["test"]
        params["test"] = Block(of(test.parameters), test.effects, test.outputs)
    return Node(LOOP, of(loop.inputs, first), loop.type, params, loop.span)


# -- what is needed


def drop_dead(graph: Graph) -> Graph:
    """The graph without writes, carried values and loops that no result and no check needs."""
    if not graph.effects and not graph.sizes:
        return graph
    live = _Live(graph)
    done: dict[int, Node] = {}

    def find(node: Node) -> Node:
        return done[id(node)]

    for node in graph.nodes():
        if id(node) in live.marked:
            done[id(node)] = _reduced(node, live, done).renewed(find)
    return replace(
        graph,
        effects=tuple(done[id(node)] for node in graph.effects if id(node) in live.marked),
        outputs=tuple(map(find, graph.outputs)),
        writes=tuple((given, find(last)) for given, last in graph.writes),
        sizes={size: find(node) for size, node in graph.sizes.items() if id(node) in live.marked},
    )


def _reduced(node: Node, live: _Live, done: dict[int, Node]) -> Node:
    if node.op is LOOP:
        keep = [id(parameter) in live.marked for parameter in carried_parameters(node)]
        return _with_effects(kept_of_loop(node, keep), live)
    if node.op is BRANCH:
        keep = [(id(node), number) in live.picked for number in range(len(node.params["then"].outputs))]
        sides = {
            name: replace(
                block, outputs=tuple(n for n, wanted in zip(block.outputs, keep, strict=True) if wanted)
            )
            for name, block in node.params.items()
            if isinstance(block, Block)
        }
        return _with_effects(Node(BRANCH, node.inputs, node.type, {**node.params, **sides}, node.span), live)
    if node.op is PICK:
        return Node(PICK, node.inputs, node.type, {"index": live.place(node)}, node.span)
    return node


def _with_effects(node: Node, live: _Live) -> Node:
    params = {
        name: replace(value, effects=tuple(e for e in value.effects if id(e) in live.marked))
        if isinstance(value, Block)
        else value
        for name, value in node.params.items()
    }
    return Node(node.op, node.inputs, node.type, params, node.span)


class _Live:
    """The nodes that something needs, found from the results and the checks."""

    def __init__(self, graph: Graph) -> None:
        self.marked: set[int] = set()
        self.picked: set[tuple[int, int]] = set()
        self._sizes = graph.sizes
        self._carried: dict[int, tuple[Node, int]] = {}
        self._pending: list[Node] = []
        for node in graph.nodes():
            if node.op is LOOP:
                blocks = [node.params["body"], node.params.get("test")]
                for block in filter(None, blocks):
                    first = 1 if block is node.params["body"] and node.params["kind"] == "for" else 0
                    self._carried |= {id(p): (node, k) for k, p in enumerate(block.parameters[first:])}
        for node in (
            *graph.outputs,
            *(last for _, last in graph.writes),
            *graph.inputs,
            *acting(graph.effects),
        ):
            self._mark(node)
        while self._pending:
            self._spread(self._pending.pop())

    def place(self, pick: Node) -> int:
        """The number of a picked value among those that stay."""
        (region,) = pick.inputs
        number: int = pick.params["index"]
        if region.op is LOOP:
            return sum(id(p) in self.marked for p in carried_parameters(region)[:number])
        return sum((id(region), k) in self.picked for k in range(number))

    def _mark(self, node: Node) -> None:
        if id(node) not in self.marked:
            self.marked.add(id(node))
            self._pending.append(node)

    def _spread(self, node: Node) -> None:
        for extent in node.shape:
            if extent in self._sizes:
                self._mark(self._sizes[extent])
        if node.op is PICK:
            self._pick(node)
        elif node.op is LOOP:
            self._loop(node)
        elif id(node) in self._carried:
            self._carry(*self._carried[id(node)])
        else:
            for operand in node.inputs:
                self._mark(operand)
            for block in node.blocks:
                for effect in acting(block.effects):
                    self._mark(effect)

    def _pick(self, node: Node) -> None:
        (region,) = node.inputs
        number = node.params["index"]
        self._mark(region)
        if region.op is LOOP:
            self._carry(region, number)
            return
        self.picked.add((id(region), number))
        for block in region.blocks:
            self._mark(block.outputs[number])

    def _carry(self, loop: Node, number: int) -> None:
        self._mark(loop)
        self._mark(carried_inputs(loop)[number])
        self._mark(carried_parameters(loop)[number])
        self._mark(loop.params["body"].outputs[number])
        if loop.params.get("test") is not None:
            self._mark(loop.params["test"].parameters[number])

    def _loop(self, loop: Node) -> None:
        for node in loop.inputs[: fixed_inputs(loop)]:
            self._mark(node)
        body: Block = loop.params["body"]
        if loop.params["kind"] == "for":
            self._mark(body.parameters[0])
        for node in body.outputs[len(carried_parameters(loop)) :]:
            self._mark(node)
        for block in loop.blocks:
            for effect in acting(block.effects):
                self._mark(effect)
        if loop.params.get("test") is not None:
            self._mark(loop.params["test"].outputs[0])


def acting(effects: tuple[Node, ...]) -> Iterator[Node]:
    """The effects that are needed whatever becomes of their values: checks, and what holds one."""
    for effect in effects:
        if _holds_check(effect):
            yield effect


def _holds_check(effect: Node) -> bool:
    if effect.op is CHECK:
        return True
    return any(_holds_check(inner) for block in effect.blocks for inner in block.effects)
