"""What one level of a program computes, for all elements of a mapped axis at once.

The values that differ from element to element get a first axis, along which the elements lie; the others stay as they
are. Where only some elements come to a statement, a mask tells which: what it computes for the others is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.autodiff.levels import BLOCKS, Level
from defnhook.autodiff.reverse import annotated
from defnhook.errors import DefnTypeError
from defnhook.graph import (
    BRANCH,
    BROADCAST,
    CAST,
    CHECK,
    GATHER,
    ITEM,
    LOOP,
    OVERRIDE,
    PARAMETER,
    PICK,
    SCATTER,
    SLICE,
    UPDATE,
    ArrayType,
    Block,
    Node,
)
from defnhook.graph.node import walk
from defnhook.trace import building, primitives
from defnhook.trace.branches import if_expression
from defnhook.trace.context import require_current
from defnhook.trace.invoke import invoke
from defnhook.trace.merging import as_value
from defnhook.trace.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for a node: with an axis of elements first where it is ``mapped``."""

    node: Node
    mapped: bool


class Batch:
    """The values of one level of a program.

    Attributes
    ----------
    size
        How many elements there are.
    mask
        Which elements come here, one truth value for each; None for all.
    values, parts
        What stands for nodes, by identity, and for the results of those that have several.
    kept
        For an array that was written, by identity, the one before: they differ only in elements that came here.
    padded
        The sizes that differ from element to element, in the place of which the greatest stands.
    """

    def __init__(self, size: int, mask: Node | None = None) -> None:
        self.size = size
        self.mask = mask
        self.values: dict[int, Value] = {}
        self.parts: dict[int, list[Value]] = {}
        self.kept: dict[int, Node] = {}
        self.padded: set[int] = set()
        self._sized: set[int] = set()
        self._acting: set[int] = set()
        self._alive: list[Node] = []

    def inner(self, mask: Node | None) -> Batch:
        """The values of a block inside this level."""
        made = Batch(self.size, mask)
        made.values, made.parts, made.kept = dict(self.values), dict(self.parts), self.kept
        made.padded, made._alive = self.padded, self._alive
        return made

    # -- values

    def of(self, node: Node) -> Value:
        """What stands for a node."""
        return self.values.get(id(node)) or Value(node, False)

    def known(self, node: Node) -> Node:
        """The node that stands for a node."""
        return self.of(node).node

    def is_mapped(self, node: Node) -> bool:
        """Whether a node differs from element to element."""
        return self.of(node).mapped

    def full(self, node: Node) -> Tensor:
        """A node with the axis of elements."""
        return self.spread(self.of(node))

    def spread(self, value: Value) -> Tensor:
        """A value with the axis of elements."""
        made = Tensor(value.node)
        if value.mapped:
            return made
        shape = (self.size, *made.type.shape)
        return building.blank(shape, made.dtype) if is_blank(made.node) else primitives.broadcast(made, shape)

    def lined_up(self, node: Node, ndim: int) -> Tensor:
        """A node as an operand beside others, of which the longest has as many axes for each element."""
        made = Tensor(self.known(node))
        if not self.is_mapped(node) or node.ndim == ndim:
            return made
        return primitives.reshape(made, (self.size, *(1,) * (ndim - node.ndim), *node.type.shape))

    def type_of(self, type_: ArrayType, ordered: bool = False) -> ArrayType:
        """The type of all elements, each of which has this one."""
        order = (0, *(axis + 1 for axis in type_.order)) if ordered else ()
        return ArrayType((self.size, *type_.shape), type_.dtype, "array", order)

    def numbers(self) -> Tensor:
        """The places of the elements."""
        return building.counted(self.size)

    # -- masks

    def masked(self, test: Tensor) -> Tensor:
        """A truth value for each element, false for those that do not come here."""
        if self.mask is None:
            return test
        return invoke(np.logical_and, (Tensor(self.mask), test), {})  # type: ignore[no-any-return]

    def chosen(self, then: Value, otherwise: Value, mask: Node) -> Value:
        """For each element one of two values: the first where the mask holds."""
        if then.node is otherwise.node or self._is_kept(then.node, otherwise.node):
            return then
        ndim = max(value.node.ndim - value.mapped for value in (then, otherwise))
        test = primitives.reshape(Tensor(mask), (self.size, *(1,) * ndim)) if ndim else Tensor(mask)
        dtype = then.node.dtype
        operands = (primitives.cast(Tensor(value.node), dtype) for value in (then, otherwise))
        made = primitives.cast(invoke(np.where, (test, *operands), {}), dtype)
        return Value(made.node, True)

    def keep(self, new: Node, old: Node) -> None:
        """Note that two arrays differ only in elements that came here."""
        self.kept[id(new)] = old
        self._alive.append(new)

    def _is_kept(self, new: Node, old: Node) -> bool:
        while id(new) in self.kept:
            new = self.kept[id(new)]
            if new is old:
                return True
        return False

    # -- a level

    def run(self, level: Level, effects: Sequence[Node]) -> None:
        """Compute a level: what its nodes come to, and what its effects do."""
        self._acting |= {id(node) for node in effects}
        for node in level.order:
            if id(node) not in level.ends and id(node) not in self.values and id(node) not in self.parts:
                with annotated(node):
                    self._visit(node, level, id(node) in self._acting)

    def block(self, block: Block, ends: Sequence[Node], outputs: Sequence[Node]) -> list[Value]:
        """Compute a block, whose nodes come from ``ends``, and give some of its nodes."""
        self.run(Level([*block.effects, *outputs], ends), block.effects)
        return [self.of(node) for node in outputs]

    def _visit(self, node: Node, level: Level, acts: bool) -> None:
        self._check_sizes(node)
        if node.op in (PICK, ITEM) and id(node.inputs[0]) in self.parts:
            self.values[id(node)] = self.parts[id(node.inputs[0])][node.params["index"]]
        elif self._stays(node, level):
            if acts:
                require_current().region.effects.append(node)
        else:
            self._compute(node, level, acts)

    def _stays(self, node: Node, level: Level) -> bool:
        """Whether a node means the same as before."""
        if self.mask is not None and (node.op is CHECK or node.op in BLOCKS):
            return False
        return not any(id(each) in self.values or id(each) in self.parts for each in level.needs[id(node)])

    def _compute(self, node: Node, level: Level, acts: bool) -> None:
        from defnhook.batching import blocks, checks, overrides, rules

        if node.op in BLOCKS:
            self.parts[id(node)] = blocks.RULES[node.op](self, node, level)
        elif node.op is CHECK:
            checks.check(self, node)
        elif not any(map(self.is_mapped, node.inputs)):
            self._renew(node, acts)
        elif node.op is OVERRIDE:
            self.parts[id(node)] = overrides.override(self, node)
        elif "types" in node.params:
            self.parts[id(node)] = [Value(made, True) for made in rules.several(self, node)]
        else:
            self.values[id(node)] = Value(rules.batched(self, node), True)

    def _renew(self, node: Node, acts: bool) -> None:
        made = node.rebuild(tuple(map(self.known, node.inputs)))
        self.values[id(node)] = Value(made, False)
        if acts:
            require_current().region.effects.append(made)

    # -- sizes

    def _check_sizes(self, node: Node) -> None:
        """See to it that arrays have one size for all elements, and raise where that would be seen."""
        sizes = require_current().sizes
        if not sizes:
            return
        for each in (node, *walk(root for block in node.blocks for root in (*block.effects, *block.outputs))):
            found = [extent for extent in _extents(each) if extent in sizes]
            for extent in found:
                self._settle_size(extent, sizes)
            if each.op not in _KEPT_PART_BY_PART:
                reads = each.inputs if each.op not in (SLICE, GATHER) else ()
                self._refuse_padded([*found, *(n for given in reads for n in given.type.shape)])

    def _settle_size(self, extent: int, sizes: dict[int, Node]) -> None:
        """A size that differs from element to element becomes the greatest of them."""
        if extent in self._sized:
            return
        self._sized.add(extent)
        below = list(walk([sizes[extent]]))
        if not any(id(each) in self.values or id(each) in self.parts for each in below):
            return
        self.run(Level([sizes[extent]]), ())
        value = self.of(sizes[extent])
        sizes[extent] = value.node
        if value.mapped:
            sizes[extent] = self.greatest(Tensor(value.node)).node
            self.padded.add(extent)

    def greatest(self, numbers: Tensor) -> Tensor:
        """The greatest of the whole numbers of those elements that come here, and not below 0."""
        if self.mask is not None:
            numbers = invoke(np.where, (Tensor(self.mask), numbers, np.int64(0)), {})
        most = invoke(np.max, (numbers,), {"initial": np.int64(0)})
        return python_number(invoke(np.greater, (most, np.int64(0)), {}), most, 0)

    def refuse_padded(self, node: Node) -> None:
        """Raise where an array holds more for an element than it would alone."""
        self._refuse_padded(node.type.shape)

    def _refuse_padded(self, extents: Sequence[int]) -> None:
        if self.padded.intersection(extents):
            raise DefnTypeError(
                "vmap: the size of an array depends on the element that the function is mapped over, and arrays of "
                "different sizes do not stack; use an array of full size and a mask"
            )


# What an array may go through whose size differs from element to element, and which is read part by part only.
_KEPT_PART_BY_PART = (BROADCAST, CAST, PARAMETER, PICK, SCATTER, UPDATE, LOOP, BRANCH)


def is_blank(node: Node) -> bool:
    """Whether nobody reads what an array holds now."""
    return "blank" in node.params


def _extents(node: Node) -> list[int]:
    return [*node.type.shape, *(length for *_, length in node.params.get("ranges", ()))]


def python_number(test: Tensor, number: Tensor, otherwise: Any) -> Tensor:
    """A whole number as a Python number where the test holds, and another one elsewhere; native code makes it."""
    made = if_expression(test, lambda: primitives.host(int, number), lambda: otherwise)
    return as_value(made)
