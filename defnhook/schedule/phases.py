"""Which loops run in one phase, which phases threads can divide, and in what chunks loops fold their own axis.

A loop that folds its own axis does so in chunks: each has a partial result, and these are combined in order, so that
the result is the same for any number of threads. The partial result is a single value, or an array where the
reduction keeps inner axes: the columns of a matrix.
"""

from __future__ import annotations

import math

from defnhook.schedule.nests import Body, Loop, Schedule, Stage

CHUNK = 16384
LEAST_ROWS = 64
MOST_CHUNKS = 64


def phases(schedule: Schedule) -> tuple[list[int], list[bool]]:
    """The phase of each top-level item (-1 for none), and which phases can be split among threads.

    A loop that can be split has a phase of its own; what cannot shares one with its neighbours of that sort. Single
    values have no phase: every phase that needs one computes it anew, from the partial results of a loop that folds
    its own axis or from other single values. Only those that are results get a place of their own. Partial results
    that are arrays are combined in the phase after their loop.
    """
    results = {id(node) for node in schedule.segment.results}
    numbers: list[int] = []
    parallel: list[bool] = []

    def serial() -> int:
        if not parallel or parallel[-1]:
            parallel.append(False)
        return len(parallel) - 1

    for item in schedule.items:
        if isinstance(item, Loop) and (splits(item) or splits_columns(schedule, item)):
            parallel.append(True)
            numbers.append(len(parallel) - 1)
            folded = [stage for stage in item.stages if stage.loops[0] in stage.folded]
            if any(id(stage.node) in results or not is_whole(stage) for stage in folded):
                serial()
        elif isinstance(item, Loop) or any(s.part is not None or id(s.node) in results for s in item.stages):
            numbers.append(serial())
        else:
            numbers.append(-1)
    return numbers, parallel


def is_single(schedule: Schedule, stage: Stage) -> bool:
    """Whether a stage is a single value that any phase can compute for itself."""
    item = schedule.items[stage.path[0]]
    if isinstance(item, Body):
        return stage.part is None
    return is_whole(stage) and (splits(item) or splits_columns(schedule, item))


def is_whole(stage: Stage) -> bool:
    """Whether a stage folds all its loops."""
    return bool(stage.folded) and len(stage.folded) == len(stage.loops)


def folds(loop: Loop) -> bool:
    """Whether a reduction folds the loop's own axis."""
    return any(stage.loops[loop.depth] in stage.folded for stage in loop.stages)


def splits(loop: Loop) -> bool:
    """Whether a top-level loop can be cut into slices that run at the same time."""
    return all(stage.loops[0] not in stage.folded or is_whole(stage) for stage in loop.stages)


def splits_columns(schedule: Schedule, loop: Loop) -> bool:
    """Whether a top-level loop has reductions that keep inner axes, and is long enough for chunks of its own."""
    columns = [stage for stage in loop.stages if stage.loops[0] in stage.folded and not is_whole(stage)]
    return bool(columns) and all(map(_has_parts, columns)) and chunks(schedule, loop)[1] > 1


def _has_parts(stage: Stage) -> bool:
    """Whether partial results may be combined: rounding to 16 bits, and what overflows on the way, go by the order."""
    dtype = stage.node.dtype
    return dtype.kind in "biu" or (stage.node.op.name != "prod" and dtype.itemsize > 2)


def chunks(schedule: Schedule, loop: Loop, flattened: bool = False) -> tuple[int, int]:
    """How many steps of a loop a chunk has, and how many chunks there are."""
    values = schedule.extents.values
    length = values[loop.symbol]
    if flattened:
        length *= math.prod(values[inner.symbol] for inner in _inner(loop))
        return CHUNK, max(1, -(-length // CHUNK))
    inner = max(1, elements(schedule, loop) // max(1, length) // max(1, len(loop.stages)))
    rows = max(1, CHUNK // inner)
    if not splits(loop):
        rows = max(rows, LEAST_ROWS, -(-length // MOST_CHUNKS))
    return rows, max(1, -(-length // rows))


def _inner(loop: Loop) -> list[Loop]:
    """The loops inside a perfect nest."""
    first = loop.items[0]
    return [first, *_inner(first)] if isinstance(first, Loop) else []


def elements(schedule: Schedule, item: Loop | Body) -> int:
    """How many elements an item computes, or folds, in all its stages."""
    if isinstance(item, Body):
        return len(item.stages)
    return schedule.extents.values[item.symbol] * sum(elements(schedule, inner) for inner in item.items)


__all__ = ["chunks", "elements", "folds", "is_single", "is_whole", "phases", "splits", "splits_columns"]
