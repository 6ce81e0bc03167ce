"""A trace made into a plan: passes, segments, kernels, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from defnhook import config
from defnhook.dispatch.function import Dispatcher
from defnhook.dispatch.statistics import count
from defnhook.dispatch.tracing import Traced, trace_call
from defnhook.emit.kernel import Kernel, emit
from defnhook.emit.library import lacks
from defnhook.graph import CONSTANT, INPUT, Graph, Node
from defnhook.schedule.segments import Division, divide, where_it_runs
from defnhook.transform import optimize


@dataclass(slots=True)
class Plan:
    """Everything behind one signature, kept for ``explain``."""

    traced: Traced
    optimized: Graph
    division: Division
    kernels: list[Kernel | None]
    source: str = ""
    loaded: list[Any] = field(default_factory=list)
    run: Callable[..., Any] | None = None


def make_plan(
    dispatcher: Dispatcher, args: tuple[Any, ...]
) -> tuple[Any, Any, list[Any], Callable[..., Any]]:
    """The key of the arguments and of what was read from outside, the values and the runnable plan of a call."""
    traced = trace_call(dispatcher, args)
    from defnhook.dispatch.source import compile_plan

    plan = build(dispatcher, traced)
    compile_plan(plan, dispatcher)
    count("plans")
    assert plan.run is not None
    run = plan.run
    if config.mode() == "check":
        from defnhook.dispatch.checking import checked

        run = checked(run, dispatcher, traced)
    return traced.key, traced.outside, traced.leaves, run


def build(dispatcher: Dispatcher, traced: Traced) -> Plan:
    """The passes, the schedule and the source of a trace; nothing is compiled."""
    graph = optimize(traced.graph, check=config.mode() == "check")
    division = divide(graph, lacks)
    plan = Plan(traced, graph, division, [])
    layouts = _layouts(plan)
    if runs_eagerly(plan):
        return plan
    plan.kernels = [
        emit(segment, "{name}", layouts) if segment.results else None for segment in division.segments
    ]
    return plan


def runs_eagerly(plan: Plan) -> bool:
    """Empty arrays are not worth a kernel, and ``DEFNHOOK=eager`` wants none."""
    if config.mode() == "eager":
        return True
    nodes = plan.optimized.nodes()
    return any(0 in node.shape for node in nodes)


def _layouts(plan: Plan) -> dict[int, tuple[tuple[int, ...], bool]]:
    """How each value that a kernel can take lies in memory."""
    layouts: dict[int, tuple[tuple[int, ...], bool]] = {}
    for node in plan.optimized.nodes():
        if node.op is INPUT and node.type.kind == "array":
            value = plan.traced.leaves[plan.traced.positions[id(node)]]
            order = node.type.order
            contiguous = converted(value).transpose(order).flags.c_contiguous
            layouts[id(node)] = (order, bool(contiguous))
        elif is_step(node) or node.op is CONSTANT:
            layouts[id(node)] = (tuple(range(node.ndim)), True)
        else:
            layouts[id(node)] = (node.type.order, True)
    return layouts


def needs_conversion(value: Any) -> bool:
    """Whether an array is in another byte order than the processor's."""
    return not value.dtype.isnative


def converted(value: Any) -> Any:
    """An array in native byte order."""
    return value.astype(value.dtype.newbyteorder("=")) if needs_conversion(value) else value


def is_step(node: Node) -> bool:
    """Whether a node runs in NumPy or Python between native parts."""
    return where_it_runs(node, lacks) == "step"
