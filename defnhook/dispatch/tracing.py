"""A call traced: the graph, the shape of its result, and where its inputs come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from defnhook import config
from defnhook.autodiff.overrides import without_overrides
from defnhook.dispatch.function import Dispatcher, pruned
from defnhook.dispatch.outside import describe_guards
from defnhook.dispatch.refusal import refusal_of
from defnhook.dispatch.replaying import Change, changes_of
from defnhook.dispatch.signature import Template, stand_in
from defnhook.dispatch.statistics import count, logger
from defnhook.errors import DefnError
from defnhook.graph import INPUT, Graph, Node
from defnhook.graph.node import walk
from defnhook.schedule.segments import strip_views
from defnhook.trace.calls import scope
from defnhook.trace.context import Guard, PlainDemand, StaticDemand, Trace, is_twin, tracing
from defnhook.trace.layout import keep_byte_order
from defnhook.trace.selections import Selection
from defnhook.trace.sizes import speaks_of_sizes
from defnhook.trace.storage import Storage
from defnhook.trace.structure import Chosen, Leaf, transform
from defnhook.trace.tensor import Tensor

MOST_RETRACES = 64


@dataclass(slots=True)
class Traced:
    """A finished trace: the graph, the shape of the result, and how it is made of the graph's outputs."""

    graph: Graph
    template: Any
    tensors: list[Tensor]
    positions: dict[int, int]
    leaves: list[Any]
    key: tuple[Any, ...]
    outside: tuple[Any, ...]
    notes: list[str]
    arguments: Template
    prints: bool
    changes: list[Change]
    viewed: frozenset[int]


def trace_call(dispatcher: Dispatcher, args: tuple[Any, ...]) -> Traced:
    """Trace a call, again with more inputs static where the trace asked for their values."""
    notes: list[str] = []
    for _ in range(MOST_RETRACES):
        trace = Trace(static=dispatcher.static, cells=dispatcher.cells, refusal=refusal_of)
        try:
            return _trace_once(dispatcher, args, trace, notes)
        except StaticDemand as demand:
            notes += trace.notes
            dispatcher.static |= demand.names
            logger.info("%s is traced again: %s", dispatcher.name, trace.notes[-1])
    raise DefnError(
        f"{dispatcher.name}() needs more than {MOST_RETRACES} numbers as values; pass some of them as one"
    )


def _trace_once(dispatcher: Dispatcher, args: tuple[Any, ...], trace: Trace, notes: list[str]) -> Traced:
    count("traces")
    with tracing(trace), np.errstate(all="ignore"):
        values = [stand_in(value, path, trace) for path, value in zip(dispatcher.names, args, strict=True)]
        own = len(trace.inputs)
        try:
            with scope(trace, dispatcher.cells):
                result = dispatcher.call_twin(tuple(values))
        except Exception as error:
            if isinstance(error, AssertionError) and _comes_from_user(error):
                raise PlainDemand("an assertion fails") from None
            if _writes(trace) or (not isinstance(error, DefnError) and _is_late(error)):
                raise PlainDemand(
                    "an error is raised after arrays were changed, or in a loop or a branch"
                ) from None
            error.add_note(f"while tracing {call_text(dispatcher, trace.inputs[:own])}")
            raise error.with_traceback(pruned(error)) from error.__cause__
        tensors: list[Tensor] = []
        changes, contents = changes_of(trace)
        if changes and config.mode() == "check":
            raise PlainDemand("it changes containers of the caller's")
        returned = (result, contents) if changes else result
        given = (returned, *trace.prints) if trace.prints else returned
        template = transform(given, lambda leaf, path: _place_of(leaf, tensors))
        known = _told_apart(trace, tensors)
        template = transform(template, lambda leaf, path: _chosen(leaf, tensors, trace, known))
        tensors += _unneeded(trace, tensors)
        viewed = _viewed(trace, tensors)
    key, leaves = dispatcher.key_of(args, trace.static)
    guards = _guards(dispatcher, trace, key)
    outside, more = describe_guards(guards, trace.static)
    inputs = tuple(trace.inputs)
    positions = _positions(guards, trace, own)
    graph = Graph(
        dispatcher.name,
        inputs,
        tuple(t.node for t in tensors),
        dispatcher.plain.__code__.co_filename,
        effects=tuple(trace.root.effects),
        writes=_writes(trace),
    )
    graph = replace(graph, sizes=_sizes(trace, graph))
    if trace.overrides:
        graph = without_overrides(graph)
    arguments = Template(args, dispatcher.names, trace.static)
    values_of_plan = leaves + more
    printing = bool(trace.prints)
    return Traced(
        graph,
        template,
        tensors,
        positions,
        values_of_plan,
        key,
        outside,
        notes,
        arguments,
        printing,
        changes,
        viewed,
    )


def _sizes(trace: Trace, graph: Graph) -> dict[int, Node]:
    """The extents known only at run time that the program came to use."""
    sizes: dict[int, Node] = {}
    pending = list(graph.roots) if trace.sizes else []
    while pending:
        found = [
            extent
            for node in walk(pending)
            for extent in (*node.shape, *(length for _, _, length in node.params.get("ranges", ())))
            if extent in trace.sizes and extent not in sizes
        ]
        pending = [trace.sizes[extent] for extent in dict.fromkeys(found)]
        sizes.update((extent, trace.sizes[extent]) for extent in found)
    return sizes


def _writes(trace: Trace) -> tuple[tuple[Node, Node], ...]:
    """The caller's arrays that the program changes, with what they hold at the end."""
    last = ((node, storage.read()) for node, storage in trace.given)
    return tuple((node, value) for node, value in last if value is not node)


def _is_late(error: BaseException) -> bool:
    """Whether an error depends on the call: on sizes that only run time knows, or on which blocks it enters."""
    return speaks_of_sizes(error) or _is_in_block(error)


def _is_in_block(error: BaseException) -> bool:
    """Whether an error was raised inside a loop or a branch, which a call may or may not enter."""
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if is_twin(code) and code.co_name.startswith("__defn_"):
            return True
        step = step.tb_next
    return False


def _comes_from_user(error: BaseException) -> bool:
    """Whether an error was raised by rewritten code itself, not by what it calls."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step is not None and is_twin(step.tb_frame.f_code)


def call_text(dispatcher: Dispatcher, inputs: Iterable[Node]) -> str:
    """A call as text: the function, and the types of its arguments."""
    listing = ", ".join(f"{node.params['name']}: {node.type}" for node in inputs)
    return f"{dispatcher.name}({listing})"


def is_chosen(tensor: Tensor) -> bool:
    """Whether the compiled code tells which of the caller's arrays a value is."""
    return tensor.storage is not None and tensor.storage.chosen is not None and not tensor.levels


def _told_apart(trace: Trace, results: list[Tensor]) -> set[Storage]:
    """The arrays that somebody could tell from a copy: the caller's, and those that several results may be."""
    found = {storage for _, storage in trace.given}
    held: list[Storage] = []
    for result in results:
        if result.storage is not None:
            held += result.storage.origins if is_chosen(result) else {result.storage}
    return found | {storage for storage in held if held.count(storage) > 1}


def _chosen(leaf: Any, tensors: list[Tensor], trace: Trace, known: set[Storage]) -> Any:
    """A result that is one of several arrays."""
    if not isinstance(leaf, Leaf) or not is_chosen(tensors[leaf.index]):
        return leaf
    storage = tensors[leaf.index].storage
    assert storage is not None
    others = {
        number: _place_of(other, tensors).index if other.storage in known else leaf.index
        for number, other in enumerate(trace.alternatives, 1)
        if other.storage in storage.origins
    }
    return Chosen(_place_of(storage.chosen, tensors).index, leaf.index, others)


def _place_of(leaf: Any, tensors: list[Tensor]) -> Any:
    if isinstance(leaf, np.ndarray):
        from defnhook.trace.primitives import constant

        leaf = constant(leaf)
    if isinstance(leaf, Selection):
        leaf.unknown("returning it")
    if not isinstance(leaf, Tensor):
        return leaf
    for place, known in enumerate(tensors):
        if known is leaf:
            return Leaf(place)
    tensors.append(leaf)
    return Leaf(len(tensors) - 1)


def _unneeded(trace: Trace, tensors: list[Tensor]) -> list[Tensor]:
    """Arithmetic that may raise although nobody needs what it gives."""
    if not trace.risky:
        return []
    needed = set(walk([*(tensor.node for tensor in tensors), *trace.root.effects]))
    return [tensor for tensor in trace.risky if tensor.node not in needed]


def _viewed(trace: Trace, tensors: list[Tensor]) -> frozenset[int]:
    """The results, by place, that are parts of the caller's arrays at places only the run knows.

    Raises
    ------
    PlainDemand
        Where a result is one of several arrays, or such a part of an array that was written.
    """
    own = {storage for _, storage in trace.given}
    found = set()
    for place, tensor in enumerate(tensors):
        if tensor.storage is None or tensor.shares is not None:
            continue
        if (tensor.storage.origins - {tensor.storage}) & own and not is_chosen(tensor):
            raise PlainDemand(
                "a result is one of several arrays, chosen while the compiled code runs; copy it"
            )
        if tensor.storage in own and tensor.levels:
            if strip_views(tensor.node).op is not INPUT:
                raise PlainDemand(
                    "a result is a part, found while the compiled code runs, of an array it writes"
                )
            keep_byte_order(tensor)
            found.add(place)
    return frozenset(found)


def _guards(dispatcher: Dispatcher, trace: Trace, key: tuple[Any, ...]) -> list[Guard]:
    """What plans of these arguments look at from now on."""
    if not trace.guards and key not in dispatcher.sites:
        return []
    site = dispatcher.site(key)
    site.add(guard for guard, _ in trace.guards.values())
    return list(site.guards)


def _positions(guards: list[Guard], trace: Trace, own: int) -> dict[int, int]:
    """Where among the plan's values each input of the trace stands."""
    positions = {id(node): place for place, node in enumerate(trace.inputs[:own])}
    place = own
    for guard in guards:
        _, leaves = describe_guards([guard], trace.static)
        for offset, node in enumerate(trace.guard_inputs.get(guard.key, ())):
            positions[id(node)] = place + offset
        place += len(leaves)
    return positions
