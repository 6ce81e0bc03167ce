"""Writes of whole arrays: what is written over is not written, and a new array is no write at all.

``x -= a; np.exp(x, out=x); x /= b`` changes the array once, with one value; ``total = np.zeros(n); total += x`` is a
sum. Loops of a few steps that only write whole arrays become such chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from defnhook.graph import (
    CAST,
    CONSTANT,
    EFFECTS,
    LOOP,
    PARAMETER,
    PICK,
    SCATTER,
    UPDATE,
    ArrayType,
    Block,
    Graph,
    Node,
)
from defnhook.graph.node import walk
from defnhook.ops.kinds import Elementwise, Reduction

MOST_STEPS = 8
MOST_WRITES = 64


def forward_writes(graph: Graph) -> Graph:
    """The graph in which no write of a whole array is followed by another one of the same array."""
    while graph.effects:
        found = _find(graph)
        if found is None:
            return graph
        graph = _replaced(graph, *found)
    return graph


def is_whole(node: Node) -> bool:
    """Whether a node writes every element of an array."""
    if node.op is not UPDATE or node.inputs[0].shape != node.inputs[1].shape:
        return False
    return all(start == 0 and step == 1 for start, step, _ in node.params["ranges"])


def _find(graph: Graph) -> tuple[Node, Node | None] | None:
    """A write that another one replaces, with that one; or a write that makes a new array, alone."""
    uses = _uses(graph)
    written = {id(last) for _, last in graph.writes}
    for effects in _blocks(graph):
        for place, write in enumerate(effects):
            if not is_whole(write) or id(write) in written:
                continue
            users = uses.get(id(write), [])
            if _is_new(write.inputs[0]):
                return write, None
            next_write = _next(write, effects[place + 1 :])
            if next_write is not None and all(
                user is next_write or (user is not None and _looks_at_each(user)) for user in users
            ):
                return write, next_write
    return None


def _is_new(base: Node) -> bool:
    """Whether an array is made by an expression: nobody else sees its memory."""
    return base.op not in (*EFFECTS, PICK, PARAMETER) and base.op.name != "input"


def _next(write: Node, effects: Iterable[Node]) -> Node | None:
    """The write that replaces what another one wrote, with nothing between that may fail or look."""
    for effect in effects:
        if effect.op is UPDATE and effect.inputs[0] is write:
            return effect if is_whole(effect) else None
        if effect.op not in (UPDATE, SCATTER):
            return None
    return None


def _looks_at_each(user: Node) -> bool:
    """Whether a node reads each element of an array where it is: no element is then computed twice for it."""
    return isinstance(user.op, Elementwise | Reduction) or user.op is CAST


def _uses(graph: Graph) -> dict[int, list[Node | None]]:
    """What uses each node; None stands for a result, of the graph or of a block."""
    uses: dict[int, list[Node | None]] = {}
    for node in graph.nodes():
        for operand in node.inputs:
            uses.setdefault(id(operand), []).append(node)
        for block in node.blocks:
            for output in block.outputs:
                uses.setdefault(id(output), []).append(None)
    for output in (*graph.outputs, *(last for _, last in graph.writes)):
        uses.setdefault(id(output), []).append(None)
    return uses


def _blocks(graph: Graph) -> Iterator[tuple[Node, ...]]:
    yield graph.effects
    for node in graph.nodes():
        for block in node.blocks:
            yield block.effects


def _replaced(graph: Graph, write: Node, next_write: Node | None) -> Graph:
    """The graph without one write: what reads it takes its value."""
    done: dict[int, Node] = {}

    def find(node: Node) -> Node:
        return done[id(node)]

    for node in graph.nodes():
        new = node.renewed(find)
        if node is write:
            new = Node(CAST, (new.inputs[1],), node.type, {"dtype": node.dtype}, node.span)
        elif node is next_write:
            new = Node(UPDATE, (find(write.inputs[0]), *new.inputs[1:]), new.type, new.params, new.span)
        done[id(node)] = _without_values(new)
    graph = graph.renewed(find)
    return replace(graph, effects=tuple(effect for effect in graph.effects if effect.op in EFFECTS))


def _without_values(node: Node) -> Node:
    """A loop or branch whose effects are effects only."""
    blocks = {
        name: Block(value.parameters, tuple(e for e in value.effects if e.op in EFFECTS), value.outputs)
        for name, value in node.params.items()
        if isinstance(value, Block) and any(e.op not in EFFECTS for e in value.effects)
    }
    return Node(node.op, node.inputs, node.type, {**node.params, **blocks}, node.span) if blocks else node


# -- loops of a few steps


def unroll_writes(graph: Graph) -> Graph:
    """The graph in which loops of a few steps that only write whole arrays are written out."""
    while True:
        loop = next((node for node in graph.nodes() if _is_short(node, graph.sizes)), None)
        if loop is None:
            return graph
        graph = _written_out(graph, loop)


def _steps(loop: Node) -> range:
    start, stop = (int(node.params["value"]) for node in loop.inputs[:2])
    return range(start, stop, loop.params["step"])


def _is_short(node: Node, sizes: dict[int, Node]) -> bool:
    if node.op is not LOOP or node.params["kind"] != "for" or node.params.get("exits"):
        return False
    if any(bound.op is not CONSTANT for bound in node.inputs[:2]):
        return False
    body: Block = node.params["body"]
    effects = body.effects
    whole = bool(effects) and all(map(is_whole, effects)) and _reads_in_place(body)
    if any(extent in sizes for inner in _dependent(body) for extent in inner.shape):
        return False
    return whole and len(_steps(node)) <= MOST_STEPS and len(_steps(node)) * len(effects) <= MOST_WRITES


def _reads_in_place(body: Block) -> bool:
    """Whether a loop reads the arrays that it carries element by element only."""
    states = {id(node) for node in (*body.parameters[1:], *body.effects)}
    readers = [n for n in walk([*body.effects, *body.outputs]) if any(id(i) in states for i in n.inputs)]
    return all(_looks_at_each(node) or node.op is UPDATE for node in readers)


def _written_out(graph: Graph, loop: Node) -> Graph:
    done: dict[int, Node] = {}
    copies: list[Node] = []
    finals: list[Node] = []

    def find(node: Node) -> Node:
        return done.get(id(node), node)

    body: Block = loop.params["body"]
    inside = {id(node) for node in _dependent(body)}
    for node in graph.nodes():
        if node is loop:
            carried = [find(n) for n in loop.inputs[2:]]
            for index in _steps(loop):
                carried, effects = _one_step(body, inside, index, carried, done)
                copies += effects
            finals = carried
            done[id(node)] = node
        elif node.op is PICK and node.inputs[0] is loop:
            done[id(node)] = finals[node.params["index"]]
        elif id(node) not in inside:
            done[id(node)] = _spliced(node, loop, copies).renewed(lambda n: done.get(id(n), n))
    acting = tuple(done.get(id(e), e) for e in _splice(graph.effects, loop, copies))
    return replace(replace(graph, effects=()).renewed(find), effects=acting)


def _splice(effects: tuple[Node, ...], loop: Node, copies: list[Node]) -> tuple[Node, ...]:
    return tuple(new for effect in effects for new in (copies if effect is loop else [effect]))


def _spliced(node: Node, loop: Node, copies: list[Node]) -> Node:
    """A loop or branch that holds the loop, with the copies of its writes in its place."""
    blocks = {
        name: Block(value.parameters, _splice(value.effects, loop, copies), value.outputs)
        for name, value in node.params.items()
        if isinstance(value, Block) and any(e is loop for e in value.effects)
    }
    return Node(node.op, node.inputs, node.type, {**node.params, **blocks}, node.span) if blocks else node


def _dependent(body: Block) -> Iterator[Node]:
    """The nodes of a block that depend on its parameters or effects."""
    own = {id(node) for node in (*body.parameters, *body.effects)}
    for node in walk([*body.effects, *body.outputs, *body.parameters]):
        if id(node) in own or any(id(operand) in own for operand in node.inputs):
            own.add(id(node))
            yield node


def _one_step(
    body: Block, inside: set[int], index: int, carried: list[Node], outer: dict[int, Node]
) -> tuple[list[Node], list[Node]]:
    """The values after one step of a loop, and the writes of the step."""
    known = dict(zip(map(id, body.parameters[1:]), carried, strict=True))
    number = ArrayType((), body.parameters[0].dtype, "python")
    known[id(body.parameters[0])] = Node(CONSTANT, (), number, {"value": index})

    def find(node: Node) -> Node:
        return known.get(id(node)) or outer.get(id(node), node)

    for node in walk([*body.effects, *body.outputs]):
        if id(node) in inside and id(node) not in known:
            known[id(node)] = node.renewed(find)
    return [find(node) for node in body.outputs[: len(carried)]], [find(node) for node in body.effects]
