"""What became of a call: the graph, the loop nests, the source, and what runs where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from defnhook.dispatch import store
from defnhook.dispatch.function import Dispatcher
from defnhook.dispatch.plan import Plan, build, runs_eagerly
from defnhook.dispatch.signature import Foreign
from defnhook.dispatch.source import compile_plan, identifier
from defnhook.dispatch.tracing import trace_call
from defnhook.emit.kernel import Kernel
from defnhook.emit.library import lacks
from defnhook.emit.module import kernel_text
from defnhook.errors import DefnTypeError, DefnValueError
from defnhook.graph import format_graph
from defnhook.schedule.nests import Body, Loop, Stage
from defnhook.trace.calls import MARK
from defnhook.trace.context import PlainDemand

STAGES = ("graph", "loops", "source", "llvm", "asm")


def explain(function: Callable[..., Any], *args: Any, stage: str | None = None, **keywords: Any) -> str:
    """What ``function(*args, **keywords)`` becomes, as text.

    Parameters
    ----------
    function
        A marked function.
    stage
        One of ``"graph"``, ``"loops"``, ``"source"``, ``"llvm"``, ``"asm"``; the first three together by default.

    Returns
    -------
    str
        Readable text; ``print`` it.

    Raises
    ------
    DefnTypeError
        If the function is not marked, or an argument is outside the language.
    DefnValueError
        If there is no such stage.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def double(x):
    ...     return 2 * x
    >>> print(defnhook.explain(double, np.ones(3), stage="graph"))  # doctest: +SKIP
    graph double(x: float64[3])
        %0 = multiply(2.0, x): float64[3]  # line 3
        return %0
    """
    if stage is not None and stage not in STAGES:
        raise DefnValueError(f"stage={stage!r} is not a stage; use one of {', '.join(STAGES)}")
    dispatcher = getattr(function, MARK, None)
    if not isinstance(dispatcher, Dispatcher):
        raise DefnTypeError(f"{function!r} is not a marked function")
    dispatcher.register()
    try:
        bound = dispatcher.bind(*args, **keywords)
        dispatcher.key_of(bound)
        traced = trace_call(dispatcher, bound)
    except (Foreign, PlainDemand) as reason:
        raise DefnTypeError(f"this call runs as plain Python: {reason}") from None
    plan = build(dispatcher, traced)
    if stage is not None:
        return _SECTIONS[stage](plan, dispatcher)
    parts = [
        _where(plan, dispatcher),
        *(_SECTIONS[name](plan, dispatcher) for name in ("graph", "loops", "source")),
    ]
    return "\n\n".join(part for part in parts if part)


def _where(plan: Plan, dispatcher: Dispatcher) -> str:
    """What runs natively, what in NumPy, what became static."""
    name = dispatcher.name
    if runs_eagerly(plan):
        return f"{name} runs in NumPy, step by step: its arrays are empty, or DEFNHOOK=eager asks for it."
    kernels = sum(kernel is not None for kernel in plan.kernels)
    steps = plan.division.reasons(lacks)
    entries = "1 native entry" if kernels == 1 else f"{kernels} native entries"
    between = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    lines = [f"{name}: {entries}, {between} in NumPy or Python"]
    lines += [f"  step {reason}" for reason in steps]
    lines += [f"  {note}" for note in plan.traced.notes]
    return "\n".join(lines)


def _graph(plan: Plan, dispatcher: Dispatcher) -> str:
    return format_graph(plan.optimized)


def _loops(plan: Plan, dispatcher: Dispatcher) -> str:
    return "\n".join(format_loops(kernel) for kernel in plan.kernels if kernel is not None)


def format_loops(kernel: Kernel) -> str:
    """The loop nests of a kernel, its buffers, and why things did not fuse."""
    lines = ["loops"]
    _items(kernel.schedule.items, kernel, 1, lines)
    for depth, entry in kernel.outline or ():
        if isinstance(entry, str):
            lines.append(f"{'    ' * (depth + 1)}{entry}")
        else:
            _items(entry, kernel, depth + 1, lines)
    for buffer in kernel.placement.buffers:
        extents = ", ".join(map(str, buffer.extents))
        lines.append(f"    {buffer.name}: {buffer.role}, {buffer.dtype.name}[{extents}]")
    lines += [f"    {note}" for note in dict.fromkeys([*kernel.placement.notes, *kernel.schedule.notes])]
    return "\n".join(lines)


def _items(items: list[Loop | Body], kernel: Kernel, depth: int, lines: list[str]) -> None:
    for item in items:
        if isinstance(item, Loop):
            extent = kernel.schedule.extents.values[item.symbol]
            size = "known at run time" if extent in kernel.sizes else f"= {extent}"
            lines.append(f"{'    ' * depth}for {item.symbol} {size}:")
            _items(item.items, kernel, depth + 1, lines)
        else:
            shown = [stage for stage in item.stages if not kernel.outline or _is_of_array(stage)]
            lines += [f"{'    ' * depth}{_stage(stage)}" for stage in shown]


def _is_of_array(stage: Stage) -> bool:
    """Whether a stage is worth a line among loops and branches: not a number on its own."""
    return bool(stage.loops) or "into" in stage.node.params


def _stage(stage: Stage) -> str:
    line = stage.node.span.line if stage.node.span else None
    if "into" in stage.node.params:
        return f"write {stage.node.params['into']}" + (f"  # line {line}" if line else "")
    verb = "fold" if stage.folded else "join" if stage.part is not None else "compute"
    return f"{verb} {stage.node.op.name}" + (f"  # line {line}" if line else "")


def _source(plan: Plan, dispatcher: Dispatcher) -> str:
    if not runs_eagerly(plan):
        compile_plan(plan, dispatcher)
    kernels = [_named(kernel, dispatcher) for kernel in plan.kernels if kernel is not None]
    return "\n\n".join([*kernels, plan.source.rstrip()])


def _named(kernel: Kernel, dispatcher: Dispatcher) -> str:
    return (
        kernel_text(kernel)
        .replace("{name}", store.kernel_name(identifier(dispatcher.name), kernel_text(kernel)))
        .rstrip()
    )


def _llvm(plan: Plan, dispatcher: Dispatcher) -> str:
    return "\n".join(store.backend().llvm_text(compiled) for compiled in _compiled(plan, dispatcher))


def _assembly(plan: Plan, dispatcher: Dispatcher) -> str:
    return "\n".join(store.backend().assembly(compiled) for compiled in _compiled(plan, dispatcher))


def _compiled(plan: Plan, dispatcher: Dispatcher) -> list[Any]:
    """The kernels compiled for inspection, which code from the disk does not allow."""
    return [
        store.compile_again(identifier(dispatcher.name), kernel_text(kernel))
        for kernel in plan.kernels
        if kernel
    ]


_SECTIONS: dict[str, Callable[[Plan, Dispatcher], str]] = {
    "graph": _graph,
    "loops": _loops,
    "source": _source,
    "llvm": _llvm,
    "asm": _assembly,
}
