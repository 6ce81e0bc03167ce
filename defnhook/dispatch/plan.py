"""A trace made into a plan: passes, segments, kernels, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from defnhook import config
from defnhook.dispatch.function import Dispatcher, NotForPlan
from defnhook.dispatch.signature import Template
from defnhook.dispatch.statistics import count
from defnhook.dispatch.tracing import Traced, trace_call
from defnhook.emit.expression import Unplaced
from defnhook.emit.host import lacks_loop
from defnhook.emit.kernel import Kernel, Layout, emit
from defnhook.emit.library import lacks
from defnhook.graph import CAST, CONSTANT, HOST, INPUT, ITEM, Graph, Node
from defnhook.ops.kinds import Library
from defnhook.schedule.division import Tangled, divided, untangled
from defnhook.schedule.effects import Regions, chain
from defnhook.schedule.segments import Division, where_it_runs, why_step
from defnhook.trace.context import PlainDemand
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

    try:
        plan = build(dispatcher, traced)
    except PlainDemand as reason:
        return traced.key, traced.outside, traced.leaves, plain_run(dispatcher, traced.arguments, str(reason))
    compile_plan(plan, dispatcher)
    count("plans")
    assert plan.run is not None
    run = plan.run
    if config.mode() == "check" and dispatcher.compares:
        from defnhook.dispatch.checking import checked

        run = checked(run, dispatcher, traced)
    if traced.changes:
        run.changes = traced.changes  # type: ignore[attr-defined]
    return traced.key, traced.outside, traced.leaves, run


def plain_run(dispatcher: Dispatcher, arguments: Template, reason: str) -> Callable[..., Any]:
    """The plain function in the place of a plan; with containers among the arguments, the dispatcher calls it."""

    def run(*values: Any) -> Any:
        if arguments.holds_containers:
            raise NotForPlan(reason)
        dispatcher.say_plain(reason)
        return dispatcher.call_plain(arguments(values))

    return run


MOST_COPIES = 16


def _divided(graph: Graph) -> tuple[Graph, Division]:
    """A graph cut into segments and steps, arrays copied where a step needs one as it was before a write."""
    for _ in range(MOST_COPIES):
        try:
            return graph, divided(graph, lacks, lambda node: not lacks_loop(node))
        except Tangled as tangled:
            copied = untangled(graph, tangled)
            reason = str(tangled)
        if copied is None:
            break
        graph = copied
    raise PlainDemand(reason)


def build(dispatcher: Dispatcher, traced: Traced) -> Plan:
    """The passes, the schedule and the source of a trace; nothing is compiled."""
    graph = optimize(_given_back(traced), check=config.mode() == "check")
    graph, division = _divided(graph)
    plan = Plan(traced, graph, division, [])
    if (graph.writes or traced.changes or traced.prints) and any(map(varies, graph.nodes())):
        raise PlainDemand("the shape of a result depends on elements, in a function that writes or prints")
    layouts = _layouts(plan)
    if runs_eagerly(plan):
        return plan
    check_native(graph)
    if any(extent in graph.sizes for node in graph.outputs for extent in node.shape):
        raise PlainDemand("an array whose size is known only at run time is given back")
    written = {key for given, last in graph.writes for key in chain(graph.effects, last) | {id(given)}}
    try:
        plan.kernels = [
            emit(segment, "{name}", layouts, graph.sizes, written) if segment.acts else None
            for segment in division.segments
        ]
    except Unplaced as reason:
        raise PlainDemand(f"an array cannot be followed through what is written: {reason}") from None
    for kernel in filter(None, plan.kernels):
        sizes = (kernel.schedule.extents.values.get(str(e)) for a in kernel.arguments for e in a.extents)
        names = {argument.name for argument in kernel.arguments}
        if any(size in graph.sizes for size in sizes) or not names.issuperset(kernel.results):
            raise PlainDemand("an array whose size is known only at run time is needed outside native code")
    return plan


def _given_back(traced: Traced) -> Graph:
    """The traced graph; what is given back as a view of an argument needs no computing."""
    outputs = [
        tensor.shares.source if tensor.shares is not None and tensor.shares.source is not None else node
        for tensor, node in zip(traced.tensors, traced.graph.outputs, strict=True)
    ]
    return replace(traced.graph, outputs=tuple(outputs))


def check_native(graph: Graph) -> None:
    """Leave a program to the plain function where something inside its loops and branches has no native form.

    Raises
    ------
    PlainDemand
        Naming what has none.
    """
    regions = Regions(graph.sizes)
    pending = list(graph.effects)
    while pending:
        effect = pending.pop()
        outside = {id(node) for node in regions.free(effect)} if effect.blocks else set()
        for block in effect.blocks:
            pending += block.effects
            for node in regions.expressions(regions.wanted(block), outside):
                reason = (
                    lacks_loop(node) if node.op is HOST else "" if node.op is CAST else why_step(node, lacks)
                )
                if reason:
                    line = f" in line {node.span.line}" if node.span else ""
                    raise PlainDemand(f"{node.op.name}{line} inside a loop or a branch: {reason}")


def runs_eagerly(plan: Plan) -> bool:
    """Empty arrays are not worth a kernel, and ``DEFNHOOK=eager`` wants none."""
    if config.mode() == "eager":
        return True
    if plan.optimized.effects:
        return False
    return any(0 in node.shape for node in plan.optimized.nodes())


def _layouts(plan: Plan) -> dict[int, Layout]:
    """How each value that a kernel can take lies in memory."""
    layouts: dict[int, Layout] = {}
    for node in (*plan.optimized.inputs, *plan.optimized.nodes()):
        if node.op is INPUT and node.type.kind == "array":
            value = plan.traced.leaves[plan.traced.positions[id(node)]]
            order = node.type.order
            array = converted(value).transpose(order)
            rows = array.strides[-1:] == (array.itemsize,)
            layouts[id(node)] = Layout(order, bool(array.flags.c_contiguous), rows)
        elif is_step(node) or node.op is CONSTANT:
            layouts[id(node)] = Layout(tuple(range(node.ndim)))
        else:
            layouts[id(node)] = Layout(node.type.order)
    for given, last in plan.optimized.writes:
        layouts |= dict.fromkeys(chain(plan.optimized.effects, last), layouts[id(given)])
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


def varies(node: Node) -> bool:
    """Whether a value is the result of a library call whose shape its elements may change."""
    op = node.inputs[0].op if node.op is ITEM else None
    return isinstance(op, Library) and op.varies
