"""Bounds of whole arrays of integers, as far as constants and positions decide them: such places need no check."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    GATHER,
    IOTA,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Node,
)
from defnhook.graph.node import walk
from defnhook.ops.kinds import Elementwise
from defnhook.trace.sizes import has_run_time_size

Interval = tuple[int, int]

MOST_NODES = 64


def _corners(a: Interval, b: Interval, function: Callable[[int, int], int]) -> Interval:
    values = [function(x, y) for x in a for y in b]
    return min(values), max(values)


def _remainder(a: Interval, b: Interval) -> Interval | None:
    if b[0] <= 0:
        return None
    return a if 0 <= a[0] and a[1] < b[0] else (0, b[1] - 1)


RULES: dict[Any, Callable[..., Interval | None]] = {
    np.add: lambda a, b: (a[0] + b[0], a[1] + b[1]),
    np.subtract: lambda a, b: (a[0] - b[1], a[1] - b[0]),
    np.multiply: lambda a, b: _corners(a, b, lambda x, y: x * y),
    np.floor_divide: lambda a, b: _corners(a, b, lambda x, y: x // y) if b[0] > 0 else None,
    np.remainder: _remainder,
    np.maximum: lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    np.where: lambda test, a, b: (min(a[0], b[0]), max(a[1], b[1])),
    np.minimum: lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
}


def bounds(node: Node) -> Interval:
    """The least and the greatest element that an array of integers can have."""
    below = list(islice(walk([node]), MOST_NODES + 1))
    if len(below) > MOST_NODES:
        return _limits(node.dtype)
    found: dict[int, Interval] = {}
    for each in below:
        found[id(each)] = _bounds(each, [found[id(operand)] for operand in each.inputs])
    return found[id(node)]


def _bounds(node: Node, inputs: list[Interval]) -> Interval:
    limits = _limits(node.dtype)
    if node.dtype.kind not in "iu" or not node.type.size or has_run_time_size(node.shape):
        return limits
    if node.op is CONSTANT:
        value = np.asarray(node.params["value"])
        return int(value.min()), int(value.max())
    result = _computed(node, inputs)
    return result if result and limits[0] <= result[0] and result[1] <= limits[1] else limits


def _computed(node: Node, inputs: list[Interval]) -> Interval | None:
    if node.op in (RESHAPE, TRANSPOSE, BROADCAST, SLICE, GATHER, CAST):
        return inputs[0] if node.inputs[0].dtype.kind in "iub" else None
    if node.op is IOTA:
        (start, _), (step, _) = inputs
        last = start + step * (node.type.size - 1)
        return min(start, last), max(start, last)
    if node.op is CONCATENATE:
        return min(low for low, _ in inputs), max(high for _, high in inputs)
    rule = RULES.get(node.op.numpy) if isinstance(node.op, Elementwise) else None
    return rule(*inputs) if rule and all(n.dtype.kind in "iub" for n in node.inputs) else None


def _limits(dtype: np.dtype[Any]) -> Interval:
    if dtype.kind not in "iu":
        return (0, 1)
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)
