"""What one region of a program computes: its nodes in order, each loop and branch taken as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from defnhook.graph import BRANCH, CHECK, INPUT, LOOP, PARAMETER, PICK, Block, Node
from defnhook.graph.node import EFFECTS
from defnhook.trace.context import current

ACTING = tuple(op for op in EFFECTS if op is not CHECK)
BLOCKS = (LOOP, BRANCH)


def is_acting(node: Node) -> bool:
    """Whether a node acts wherever it is computed again; most checks have been made when that is done."""
    return node.op in ACTING or "again" in node.params


class Level:
    """The nodes that results need at one level of a program, operands first.

    Attributes
    ----------
    order
        The nodes; those inside the blocks of a loop or a branch are not among them.
    needs
        For each node, by its identity, the nodes of this level that it is computed from.
    """

    def __init__(self, roots: Iterable[Node], ends: Iterable[Node] = ()) -> None:
        roots = list(roots)
        self.ends = {id(node) for node in ends}
        self._outside = self._found_outside(roots)
        self.needs: dict[int, tuple[Node, ...]] = {}
        self.order = list(self._ordered(roots))

    def _found_outside(self, roots: list[Node]) -> set[int]:
        """The nodes that are computed at this level for sure, and not by one side of a branch."""
        found: set[int] = set(self.ends)
        pending = list(roots)
        while pending:
            node = pending.pop()
            if id(node) in found:
                continue
            found.add(id(node))
            pending += (*node.inputs, *sizes_of(node))
            if node.op is LOOP:
                pending += free(node)
            elif node.op is BRANCH:
                pending += _surely_outside(node)
        return found | self.ends

    def _ordered(self, roots: list[Node]) -> Iterator[Node]:
        seen: set[int] = set()
        stack = [(root, False) for root in reversed(roots)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                self.needs[id(node)] = () if id(node) in self.ends else self._needs(node)
                stack.append((node, True))
                stack += [(each, False) for each in reversed(self.needs[id(node)])]

    def _needs(self, node: Node) -> tuple[Node, ...]:
        if node.op is LOOP:
            return (*node.inputs, *free(node))
        if node.op is BRANCH:
            return (*node.inputs, *self.outside_of(node))
        return (*node.inputs, *sizes_of(node))

    def outside_of(self, branch: Node) -> list[Node]:
        """The nodes of this level that the sides of a branch use."""
        inner = self.inside_of(branch)
        return _used(inner, branch.blocks)

    def inside_of(self, branch: Node) -> dict[int, Node]:
        """The nodes that only the sides of a branch compute."""
        outside = self._outside | {id(node) for node in _surely_outside(branch)}
        found: dict[int, Node] = {}
        pending = [root for block in branch.blocks for root in _roots(block)]
        while pending:
            node = pending.pop()
            if id(node) not in found and id(node) not in outside:
                found[id(node)] = node
                pending += operands_of(node)
        return found


def sizes_of(node: Node) -> tuple[Node, ...]:
    """The numbers that only run time knows of which the shape of a node is made."""
    trace = current()
    if trace is None or not trace.sizes:
        return ()
    extents = (*node.type.shape, *(length for *_, length in node.params.get("ranges", ())))
    return tuple(trace.sizes[extent] for extent in extents if extent in trace.sizes)


def operands_of(node: Node) -> tuple[Node, ...]:
    """All that a node is computed from, with what is inside its blocks, and what its shape is made of."""
    return (*node.operands(), *sizes_of(node))


def walked(roots: Iterable[Node]) -> Iterator[Node]:
    """The nodes below roots, those that shapes are made of among them, operands first."""
    seen: set[int] = set()
    stack = [(root, False) for root in roots]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(each, False) for each in reversed(operands_of(node))]


def _roots(block: Block) -> tuple[Node, ...]:
    return (*block.effects, *block.outputs)


def _used(inner: dict[int, Node], blocks: Iterable[Block]) -> list[Node]:
    """What nodes inside blocks, and their results, take from outside."""
    reached = [operand for node in inner.values() for operand in operands_of(node)]
    reached += [root for block in blocks for root in _roots(block)]
    return list({id(node): node for node in reached if id(node) not in inner}.values())


def _own(blocks: Iterable[Block]) -> set[int]:
    """The parameters and the acting nodes of blocks, those of blocks inside them included."""
    found: set[int] = set()
    pending = list(blocks)
    while pending:
        block = pending.pop()
        found |= {id(node) for node in (*block.parameters, *block.effects)}
        pending += [inner for node in block.effects for inner in node.blocks]
    return found


def inside(loop: Node) -> dict[int, Node]:
    """The nodes inside a loop that depend on what a step changes."""
    roots = [root for block in loop.blocks for root in (*block.parameters, *_roots(block))]
    return depending(roots, _own(loop.blocks))


def depending(roots: Iterable[Node], own: set[int]) -> dict[int, Node]:
    """The nodes below roots that depend on those of ``own``, or are among them."""
    found: dict[int, Node] = {}
    for node in walked(roots):
        if id(node) in own or any(id(operand) in found for operand in operands_of(node)):
            found[id(node)] = node
    return found


def owned_by(effects: Iterable[Node]) -> set[int]:
    """Nodes that act, and the parameters and acting nodes of blocks inside them."""
    return _own([Block((), tuple(effects), ())])


def free(loop: Node) -> list[Node]:
    """The nodes from before a loop that its steps use."""
    return _used(inside(loop), loop.blocks)


def _surely_outside(branch: Node) -> list[Node]:
    """What the sides of a branch use that cannot be theirs: inputs, and values of loops and writes before it."""
    own = _own(branch.blocks)
    found: list[Node] = []
    seen: set[int] = set()
    pending = [root for block in branch.blocks for root in _roots(block)]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        given = node.op in (INPUT, PARAMETER) or node.op in ACTING
        if (given or node.op is PICK) and id(node.inputs[0] if node.op is PICK else node) not in own:
            found.append(node)
        else:
            pending += operands_of(node)
    return found
