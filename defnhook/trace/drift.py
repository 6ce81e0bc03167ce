"""Whole numbers that go round a loop: between which bounds they can be taken to stay."""

from __future__ import annotations

import operator

from defnhook.graph import BRANCH, HOST, LOOP, PICK, Node
from defnhook.trace.numbers import GREATEST, LEAST, Interval, node_interval, select

FAR = 2**62
STEP = 2**16  # steps no longer than this take hours to leave 64 bits
STAGES: tuple[Interval, ...] = ((0, FAR - 1), (-FAR, FAR), (LEAST, GREATEST))


def is_whole(node: Node) -> bool:
    """Whether a node is a Python integer."""
    return node.type.kind == "python" and node.dtype.kind == "i"


def first_stage(initial: Node) -> int:
    """The narrowest bounds to begin with."""
    low, high = node_interval(initial)
    if high > FAR or low < -FAR:
        return 2
    return 0 if low >= 0 else 1


def stays(parameter: Node, output: Node, stage: int, trips: int | None) -> bool:
    """Whether a number within the bounds of a stage is within them after a step, or takes hours to leave them."""
    low, high = STAGES[stage]
    least, most = node_interval(output)
    if stage == 2 or (low <= least and most <= high):
        return True
    drift = _drift(parameter, output, 0)
    if drift is None or (stage == 0 and drift[0] < 0):
        return False
    furthest = max(map(abs, drift))
    return furthest <= STEP or (trips is not None and furthest * trips <= FAR // 2)


def _drift(parameter: Node, node: Node, depth: int) -> Interval | None:
    """How far a node is from a parameter, where it is that and something added."""
    if node is parameter:
        return (0, 0)
    if depth > 20:
        return None
    if node.op is HOST:
        return _host_drift(parameter, node, depth + 1)
    if node.op is PICK:
        return _picked_drift(parameter, node, depth + 1)
    return None


def _host_drift(parameter: Node, node: Node, depth: int) -> Interval | None:
    function = node.params["function"]
    if function is select:
        return _joined([_drift(parameter, each, depth) for each in node.inputs[1:]])
    if function not in (operator.add, operator.sub):
        return None
    first, second = node.inputs
    for one, other in ((first, second), (second, first))[: 1 + (function is operator.add)]:
        drift = _drift(parameter, one, depth)
        if drift is not None and other.dtype.kind in "bi":
            low, high = node_interval(other)
            low, high = (low, high) if function is operator.add else (-high, -low)
            return (drift[0] + low, drift[1] + high)
    return None


def _picked_drift(parameter: Node, node: Node, depth: int) -> Interval | None:
    (source,) = node.inputs
    place = node.params["index"]
    if source.op is BRANCH:
        sides = (source.params[name].outputs[place] for name in ("then", "otherwise"))
        return _joined([_drift(parameter, side, depth) for side in sides])
    if source.op is not LOOP:
        return None
    counted = source.params["kind"] == "for"
    inner = source.params["body"].parameters[place + counted]
    before = _drift(parameter, source.inputs[place + 2 * counted], depth)
    step = _drift(inner, source.params["body"].outputs[place], depth)
    if before is None or step is None or max(map(abs, step)) > STEP:
        return None
    return (before[0] + min(step[0], 0), before[1] + max(step[1], 0))


def _joined(drifts: list[Interval | None]) -> Interval | None:
    known = [drift for drift in drifts if drift is not None]
    if len(known) < len(drifts):
        return None
    return (min(low for low, _ in known), max(high for _, high in known))
