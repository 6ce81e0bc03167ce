"""What loops, branches and writes need and overwrite: which nodes belong inside, which memory a value continues."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from defnhook.graph import (
    BRANCH,
    BROADCAST,
    CHECK,
    CONSTANT,
    EFFECTS,
    GATHER,
    INPUT,
    IOTA,
    LOOP,
    PARAMETER,
    PICK,
    SCATTER,
    SLICE,
    UPDATE,
    Block,
    Node,
)
from defnhook.schedule.index import pointwise
from defnhook.schedule.segments import VIEWS

STATES = (INPUT, CONSTANT, PARAMETER, PICK, *EFFECTS)


def is_state(node: Node) -> bool:
    """Whether a node is not computed from its inputs by an expression."""
    return node.op in STATES


class Regions:
    """Which nodes the blocks of loops and branches use from outside; ``sizes`` compute extents at run time."""

    def __init__(self, sizes: Mapping[int, Node] | None = None) -> None:
        self._sizes = sizes or {}
        self._free: dict[int, list[Node]] = {}
        self._states: dict[int, frozenset[int]] = {}

    def operands(self, node: Node) -> tuple[Node, ...]:
        """What an expression is computed from, its extents included; nothing for what is no expression."""
        if is_state(node):
            return ()
        extents = tuple(self._sizes[extent] for extent in node.shape if extent in self._sizes)
        return node.inputs + extents

    def expressions(self, roots: Iterable[Node], known: Container[int] = ()) -> Iterator[Node]:
        """The nodes of expressions down to states, operands first, without those whose identity is known."""
        seen: set[int] = set()
        for root in roots:
            stack: list[tuple[Node, bool]] = [(root, False)]
            while stack:
                node, ready = stack.pop()
                if ready:
                    yield node
                elif id(node) not in seen and id(node) not in known:
                    seen.add(id(node))
                    stack.append((node, True))
                    stack.extend((operand, False) for operand in reversed(self.operands(node)))

    def free(self, region: Node) -> list[Node]:
        """The nodes from outside that the blocks of a loop or branch need directly, each once."""
        known = self._free.get(id(region))
        if known is None:
            known = self._free[id(region)] = self._find_free(region)
        return known

    def _find_free(self, region: Node) -> list[Node]:
        own = {id(p) for block in region.blocks for p in block.parameters}
        own |= {id(effect) for block in region.blocks for effect in block.effects}
        inside: set[int] = set()
        found: dict[int, Node] = {}
        roots = [node for block in region.blocks for node in self.wanted(block)]
        below = list(self.expressions(roots))
        for node in below:
            made = id(node.inputs[0]) in own if node.op is PICK else id(node) in own
            if made or any(id(operand) in inside for operand in self.operands(node)):
                inside.add(id(node))
        wanted = roots + [operand for node in below if id(node) in inside for operand in self.operands(node)]
        for node in wanted:
            if id(node) not in inside:
                found.setdefault(id(node), node)
        return list(found.values())

    def wanted(self, block: Block) -> Iterator[Node]:
        """What the effects and the outputs of a block need, in order."""
        for effect in block.effects:
            yield from self.needs(effect)
        yield from block.outputs

    def needs(self, effect: Node) -> list[Node]:
        """The values that have to be known where an effect takes place."""
        if effect.op in (LOOP, BRANCH):
            return [*effect.inputs, *self.free(effect)]
        return list(effect.inputs)

    def waiting(self, region: Node, passed: Container[int]) -> set[int]:
        """What the checks inside a loop or a branch test that is known before it; not the conditions ``passed``."""
        own, tests = _inside(region)
        known = [test for test in tests if id(test) not in passed and not self.states(test) & own]
        return {id(node) for node in self.expressions(known) if node.op is not CONSTANT}

    def relies_on(self, node: Node, tested: set[int], known: Container[int]) -> bool:
        """Whether a value may read outside of an array unless a check of something ``tested`` comes first."""
        guarded = [n for n in self.expressions([node], known) if relies_on_check(n)]
        numbers = [number for n in guarded for number in self.operands(n)[1:]]
        return any(id(number) in tested for number in self.expressions(numbers))

    def overwritten(self, effect: Node) -> list[tuple[Node, Node]]:
        """The states whose memory an effect may change, each with the first state that then lives there."""
        if effect.op in (UPDATE, SCATTER):
            return [(effect.inputs[0], effect)]
        if effect.op is LOOP:
            first = 2 if effect.params["kind"] == "for" else 0
            pairs = zip(effect.inputs[first:], effect.params["body"].outputs, strict=False)
            return [(before, after) for before, after in pairs if before.ndim]
        if effect.op is BRANCH:
            free = {id(node) for node in self.free(effect)}
            inner = [pair for block in effect.blocks for e in block.effects for pair in self.overwritten(e)]
            return [(state, after) for state, after in inner if id(state) in free]
        return []

    def states(self, node: Node) -> frozenset[int]:
        """The identities of the states from which an expression is computed."""
        for below in self.expressions([node], self._states):
            parts = [self._states[id(operand)] for operand in self.operands(below)]
            own = frozenset({id(below)}) if is_state(below) else frozenset[int]()
            self._states[id(below)] = own.union(*parts)
        return self._states[id(node)]


def relies_on_check(node: Node) -> bool:
    """Whether a value may read outside of an array where no check came before it."""
    if node.op in (SLICE, BROADCAST) and len(node.inputs) > 1:
        return True
    return node.op is GATHER or "checked" in node.params


def _inside(region: Node) -> tuple[set[int], list[Node]]:
    """The states that the blocks of a loop or a branch begin or make, and the conditions of their checks."""
    own: set[int] = set()
    tests: list[Node] = []
    for block in region.blocks:
        own |= {id(node) for node in (*block.parameters, *block.effects)}
        for effect in block.effects:
            tests += effect.inputs[:1] if effect.op is CHECK else ()
            inner, more = _inside(effect)
            own |= inner
            tests += more
    return own, tests


def root_in(block: Block, node: Node) -> Node | None:
    """The state at the beginning of a block whose memory a state of it continues; None for a new value."""
    own = {id(effect) for effect in block.effects}
    while True:
        if node.op in (UPDATE, SCATTER) and id(node) in own:
            node = node.inputs[0]
        elif node.op is PICK and id(node.inputs[0]) in own:
            before = _before_region(node)
            if before is None:
                return None
            node = before
        else:
            return node if is_state(node) else None


def _before_region(pick: Node) -> Node | None:
    """The state before a loop or a branch whose memory a value picked from it continues."""
    (region,) = pick.inputs
    number = pick.params["index"]
    if region.op is LOOP:
        body: Block = region.params["body"]
        first, index = (2, 1) if region.params["kind"] == "for" else (0, 0)
        inside = root_in(body, body.outputs[number])
        return region.inputs[first + number] if inside is body.parameters[index + number] else None
    roots = [root_in(block, block.outputs[number]) for block in region.blocks]
    return roots[0] if roots[0] is not None and all(root is roots[0] for root in roots) else None


def chain(effects: Iterable[Node], last: Node) -> set[int]:
    """The identities of the states through which memory goes from an input to its last value, inside blocks too."""
    block = Block((), tuple(effects), ())
    found: set[int] = set()
    _follow(block, last, found)
    return found


def _follow(block: Block, node: Node, found: set[int]) -> None:
    own = {id(effect) for effect in block.effects}
    seen: set[int] = set()
    while id(node) not in seen:
        seen.add(id(node))
        found.add(id(node))
        if node.op in (UPDATE, SCATTER):
            node = node.inputs[0]
        elif node.op is PICK and id(node.inputs[0]) in own:
            (region,) = node.inputs
            number = node.params["index"]
            if region.op is LOOP:
                first = 2 if region.params["kind"] == "for" else 0
                _follow(region.params["body"], region.params["body"].outputs[number], found)
                node = region.inputs[first + number]
            else:
                for inner in region.blocks:
                    _follow(inner, inner.outputs[number], found)
                before = _before_region(node)
                if before is None:
                    return
                node = before


def foldable(node: Node) -> bool:
    """Whether computing a value where it is needed costs nothing: a view of a state or of a number."""
    while not is_state(node):
        if node.op is IOTA:
            return all(operand.op is CONSTANT for operand in node.inputs)
        if node.op not in VIEWS or not pointwise(node):
            return False
        if node.op is BROADCAST and not node.inputs[0].ndim and not is_state(node.inputs[0]):
            return False
        node = node.inputs[0]
    return True
