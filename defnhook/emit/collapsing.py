"""Which nests become one loop over all their elements, in the order in which they lie in memory."""

from __future__ import annotations

from defnhook.emit.expression import Writer
from defnhook.graph import IOTA, RESHAPE
from defnhook.schedule.index import ZERO, Var, pointwise
from defnhook.schedule.nests import Body, Loop, Read, Stage


def collapses(writer: Writer, loop: Loop) -> bool:
    """Whether a perfect nest walks all its arrays in the order in which they lie in memory."""
    depth, inner = 1, loop
    while len(inner.items) == 1 and isinstance(inner.items[0], Loop):
        inner, depth = inner.items[0], depth + 1
    if depth == 1 or not all(isinstance(item, Body) for item in inner.items):
        return False
    return all(_in_order(writer, stage, depth) for stage in loop.stages)


def _in_order(writer: Writer, stage: Stage, depth: int) -> bool:
    if len(stage.loops) != depth or stage.part is not None or 0 < len(stage.folded) < depth:
        return False
    buffer = writer.placement.by_node.get(id(stage.node))
    if buffer is not None and not stage.folded:
        if buffer.role == "row" or [a for a in buffer.axes if stage.node.shape[a] != 1] != stage.loops:
            return False
    return all(_read_in_order(writer, stage, read) for read in stage.reads) and not _uses_position(stage)


def _read_in_order(writer: Writer, stage: Stage, read: Read) -> bool:
    if not any(isinstance(at, Var) for at in read.index):
        return all(at == ZERO for at in read.index)
    if read.node.op is RESHAPE and not pointwise(read.node):
        return _order_fits(tuple(range(read.node.ndim)), stage, read)
    if read.node.op is IOTA:
        return id(read.node) in writer.placement.by_node and _order_fits(
            writer.placement.by_node[id(read.node)].axes, stage, read
        )
    if id(read.node) in writer.placement.by_node:
        return _order_fits(writer.placement.by_node[id(read.node)].axes, stage, read)
    if id(read.node) in writer.placement.registers:
        return True
    operand = writer.operands[id(read.node)]
    return operand.contiguous and _order_fits(operand.order, stage, read)


def _order_fits(axes: tuple[int, ...], stage: Stage, read: Read) -> bool:
    walked = []
    for axis in axes:
        if read.node.shape[axis] != 1:
            at = read.index[axis]
            if not isinstance(at, Var):
                return False
            walked.append(at.axis)
    return walked == stage.loops


def _uses_position(stage: Stage) -> bool:
    return stage.node.op is IOTA
