"""Convolutions with a few weights become sums of slices, which loops compute for many places at once."""

from __future__ import annotations

import numpy as np

from defnhook.graph import CAST, SLICE, ArrayType, Graph, Node
from defnhook.graph.node import rewrite
from defnhook.ops import BY_MEANING
from defnhook.ops.curves import convolve_step, correlate_step

MOST = 48  # weights: each is a line of the kernel
LEAST = 8  # places for each weight


def unroll_sliding(graph: Graph) -> Graph:
    """The graph with ``np.convolve`` and ``np.correlate`` of few weights, valid places only, as slices."""
    runtime = graph.sizes.keys()
    return rewrite(
        graph, lambda node: node if runtime and not runtime.isdisjoint(_sizes(node)) else _slid(node)
    )


def _sizes(node: Node) -> list[int]:
    return [extent for each in (node, *node.inputs) for extent in each.shape]


def _slid(node: Node) -> Node:
    turned = node.op is BY_MEANING.get(convolve_step)
    if not turned and node.op is not BY_MEANING.get(correlate_step):
        return node
    signal, weights = node.inputs
    if turned and signal.shape < weights.shape:
        signal, weights = weights, signal
    (count,), (length,) = weights.shape, node.shape
    fits = 0 < count <= MOST and count * LEAST <= length == signal.shape[0] - count + 1
    if node.params["mode"] != "valid" or node.dtype.kind not in "iuf" or node.dtype.itemsize < 4 or not fits:
        return node
    make = _Maker(node)
    signal, weights = make.cast(signal), make.cast(weights)
    total = None
    for place in range(count):
        weight = make.part(weights, count - 1 - place if turned else place, 1)
        product = make.of(np.multiply, weight, make.part(signal, place, length))
        total = product if total is None else make.of(np.add, total, product)
    assert total is not None
    return total


class _Maker:
    """Makes the nodes that another one stands for."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def cast(self, value: Node) -> Node:
        if value.dtype == self.node.dtype:
            return value
        return Node(CAST, (value,), ArrayType(value.shape, self.node.dtype), span=self.node.span)

    def part(self, value: Node, start: int, length: int) -> Node:
        params = {"ranges": ((start, 1, length),), "literal": ((False, False),)}
        return Node(SLICE, (value,), ArrayType((length,), value.dtype), params, self.node.span)

    def of(self, function: np.ufunc, *operands: Node) -> Node:
        return Node(BY_MEANING[function], operands, self.node.type, {}, self.node.span)
