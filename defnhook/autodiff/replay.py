"""The inside of a block computed once more, from other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from defnhook.autodiff.levels import is_acting, operands_of, walked
from defnhook.graph import CHECK, PARAMETER, ArrayType, Block, Node
from defnhook.graph.node import EFFECTS
from defnhook.trace.context import require_current
from defnhook.trace.numbers import set_interval
from defnhook.trace.sizes import size_of
from defnhook.trace.tensor import Tensor


class Replay:
    """Copies of the nodes ``inner`` in the region where the trace is now; ``known`` stand for some of them."""

    def __init__(self, inner: Mapping[int, Node], known: Mapping[int, Node]) -> None:
        self.inner = inner
        self.copies = dict(known)

    def of(self, wanted: Iterable[Node], effects: Iterable[Node]) -> list[Node]:
        """The copies of nodes; those that act take place in the order of ``effects``."""
        wanted, effects = list(wanted), list(effects)
        needed = self._needed([*wanted, *(node for node in effects if "again" in node.params)])
        intervals = require_current().intervals
        for node in self._in_order(needed):
            self.copies[id(node)] = made = self._copy(node)
            if node in intervals and made is not node:
                set_interval(made, *intervals[node])
        region = require_current().region
        region.effects += [self.copies[id(node)] for node in effects if id(node) in needed]
        return [self._new(node) for node in wanted]

    def _needed(self, wanted: list[Node]) -> set[int]:
        """The identities of the nodes to be copied, what is inside their blocks included."""
        found: set[int] = set()
        pending = list(wanted)
        while pending:
            node = pending.pop()
            if id(node) in self.inner and id(node) not in self.copies and id(node) not in found:
                found.add(id(node))
                pending += [each for each in operands_of(node) if each.op is not CHECK or is_acting(each)]
        return found

    def _in_order(self, needed: set[int]) -> list[Node]:
        return [node for node in walked(self.inner[key] for key in needed) if id(node) in needed]

    def _new(self, node: Node) -> Node:
        return self.copies.get(id(node), node)

    def _copy(self, node: Node) -> Node:
        type_ = self._type(node.type)
        if node.op is PARAMETER:
            return Node(PARAMETER, (), type_, node.params, node.span)
        params = {name: self._parameter(name, value) for name, value in node.params.items()}
        inputs = tuple(map(self._new, node.inputs))
        if node.op not in EFFECTS and not node.blocks and type_ is node.type and "ranges" not in params:
            return node.rebuild(inputs)
        return Node(node.op, inputs, type_, params, node.span)

    def _parameter(self, name: str, value: Any) -> Any:
        if isinstance(value, Block):
            return self._block(value)
        if name == "ranges":
            return tuple((start, step, self._extent(length)) for start, step, length in value)
        return value

    def _type(self, type_: ArrayType) -> ArrayType:
        shape = tuple(map(self._extent, type_.shape))
        return type_ if shape == type_.shape else replace(type_, shape=shape)

    def _extent(self, extent: int) -> int:
        """What stands for a size that is computed once more."""
        size = require_current().sizes.get(extent)
        made = None if size is None else self.copies.get(id(size))
        return extent if made is None else size_of(Tensor(made))

    def _block(self, block: Block) -> Block:
        effects = tuple(filter(is_acting, block.effects))
        return replace(block, effects=effects).renewed(self._new)
