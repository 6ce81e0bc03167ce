"""A plan's function while it is written: its lines, its constants, and the variables that hold values."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from defnhook.backend import eager
from defnhook.dispatch.memory import MEMORY
from defnhook.dispatch.plan import Plan
from defnhook.graph import CONSTANT, RESHAPE, SLICE, TRANSPOSE, Node, Operand, Span
from defnhook.schedule.segments import VIEWS, strip_views


class PlanSource:
    """Writes the Python function that runs a plan."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan = plan
        self.name = name
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.memory: dict[int, str] = {}
        self.kept: dict[int, str] = {}
        self.constants: dict[str, Any] = {"np": np, "empty": np.empty, "reused": MEMORY.empty}
        self.spans: dict[int, Span] = {}
        self._count = itertools.count()
        self.step_count = 0

    def constant(self, stem: str, value: Any) -> str:
        name = f"{stem}_{next(self._count)}"
        self.constants[name] = value
        return name

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self._count)}"


def value_name(out: PlanSource, node: Node) -> str:
    """The variable that holds a value, views of it made as needed."""
    if id(node) in out.names:
        return out.names[id(node)]
    if node.op is CONSTANT:
        out.names[id(node)] = out.constant("constant", node.params["value"])
        return out.names[id(node)]
    assert node.op in VIEWS, node
    source = value_name(out, node.inputs[0])
    name = out.fresh("view")
    out.lines.append(f"{name} = {_view_text(out, node, source)}")
    out.names[id(node)] = name
    return name


def _view_text(out: PlanSource, node: Node, source: str) -> str:
    if node.op is TRANSPOSE:
        return f"{source}.transpose({node.params['axes']})"
    if node.op is RESHAPE:
        return f"np.reshape({source}, {_shape_text(out, node)})"
    if node.op is SLICE and len(node.inputs) == 1 and out.plan.optimized.sizes.keys().isdisjoint(node.shape):
        return f"{source}[{out.constant('index', eager.slices(node))}]"
    if node.op is SLICE:
        return f"{source}[{', '.join(_part_text(out, node, axis) for axis in range(node.ndim))}]"
    return f"np.broadcast_to({source}, {_shape_text(out, node)})"


def _shape_text(out: PlanSource, node: Node) -> str:
    """A shape, whose extents a call may have computed."""
    sizes = out.plan.optimized.sizes
    extents = [value_name(out, sizes[n]) if n in sizes else str(n) for n in node.shape]
    return f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"


def _part_text(out: PlanSource, node: Node, axis: int) -> str:
    """The slice along one axis, whose start a call may have computed."""
    start, step, length = node.params["ranges"][axis]
    sizes = out.plan.optimized.sizes
    out.constants["part"] = eager.part
    first = value_name(out, node.inputs[start.place]) if isinstance(start, Operand) else str(start)
    count = value_name(out, sizes[length]) if length in sizes else str(length)
    return f"part({first}, {step}, {count})"


def keep_results(out: PlanSource, plan: Plan) -> None:
    """Copy arguments before they are written where a result holds a part of one that a call has to find."""
    written = {id(node) for node, _ in plan.optimized.writes}
    for tensor, node in zip(plan.traced.tensors, plan.optimized.outputs, strict=True):
        base = strip_views(node)
        needed = id(base) in written and (node is base or not _is_fixed(node))
        if needed and tensor.shares is None and id(base) not in out.kept:
            name = out.kept[id(base)] = out.fresh("kept")
            out.lines.append(f"{name} = np.array({value_name(out, base)})")


def keep_states(out: PlanSource, plan: Plan, results: Iterable[Node]) -> None:
    """Copy what a native part leaves in an argument and the call gives back, where a later part writes over it."""
    wanted = {id(strip_views(node)) for node in plan.optimized.outputs}
    wanted -= {id(last) for _, last in plan.optimized.writes}
    given = {out.names[id(node)] for node, _ in plan.optimized.writes}
    for result in results:
        if result.ndim and id(result) in wanted and out.names[id(result)] in given:
            name = out.kept[id(result)] = out.fresh("kept")
            out.lines.append(f"{name} = np.array({out.names[id(result)]})")


def kept_result(out: PlanSource, node: Node) -> str | None:
    """The variable that holds what a result was before arguments were written."""
    if id(node) in out.kept:
        return out.kept[id(node)]
    source = kept_result(out, node.inputs[0]) if node.op in VIEWS else None
    if source is None:
        return None
    name = out.fresh("view")
    out.lines.append(f"{name} = {_view_text(out, node, source)}")
    return name


def _is_fixed(node: Node) -> bool:
    """Whether a view lies where the shapes alone say."""
    while node.op in VIEWS and len(node.inputs) == 1:
        node = node.inputs[0]
    return node.op not in VIEWS
