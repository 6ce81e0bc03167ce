"""The passes in order."""

from __future__ import annotations

from collections.abc import Callable

from defnhook.graph import Graph, verify
from defnhook.transform.halves import widen_sums
from defnhook.transform.prune import prune
from defnhook.transform.regions import drop_dead, settle_loops
from defnhook.transform.share import share
from defnhook.transform.simplify import simplify
from defnhook.transform.sliding import unroll_sliding
from defnhook.transform.writes import forward_writes, unroll_writes

PIPELINE: tuple[Callable[[Graph], Graph], ...] = (
    settle_loops,
    unroll_writes,
    widen_sums,
    unroll_sliding,
    simplify,
    share,
    forward_writes,
    simplify,
    drop_dead,
    prune,
)


def optimize(graph: Graph, check: bool = False) -> Graph:
    """The graph behind all passes; ``check`` verifies the invariants after each."""
    if check:
        verify(graph, "trace")
    for step in PIPELINE:
        graph = step(graph)
        if check:
            verify(graph, step.__name__)
    return graph
