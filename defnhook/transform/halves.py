"""Sums and products of float16 along the innermost axis in memory are folded in float32 and rounded once.

NumPy rounds what it has after every run along the innermost axis; along other axes only, after every element.
"""

from __future__ import annotations

import numpy as np

from defnhook.graph import CAST, ArrayType, Graph, Node
from defnhook.graph.node import rewrite
from defnhook.ops.kinds import Reduction

HALF, SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def widen_sums(graph: Graph) -> Graph:
    """The graph with float32 sums and products where float16 ones would be rounded more often than NumPy's."""
    return rewrite(graph, _widened)


def _widened(node: Node) -> Node:
    if not (isinstance(node.op, Reduction) and node.op.numpy in (np.sum, np.prod) and node.dtype == HALF):
        return node
    (x,) = node.inputs
    innermost = next((axis for axis in reversed(x.type.order) if x.shape[axis] != 1), None)
    if innermost not in node.params["axis"]:
        return node
    wide = Node(CAST, (x,), ArrayType(x.shape, SINGLE, "array", x.type.order), span=node.span)
    kind = ArrayType(node.shape, SINGLE, node.type.kind, node.type.order)
    return Node(CAST, (Node(node.op, (wide,), kind, node.params, node.span),), node.type, span=node.span)
