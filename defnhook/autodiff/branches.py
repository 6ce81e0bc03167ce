"""Branches run through backwards: the side that was taken, from its results to what it used."""

from __future__ import annotations

from collections.abc import Callable

from defnhook.autodiff.adjoints import Adjoints, zeros
from defnhook.autodiff.levels import Level, walked
from defnhook.autodiff.replay import Replay
from defnhook.graph import CHECK, Block, Node
from defnhook.trace.branches import if_expression
from defnhook.trace.context import require_current
from defnhook.trace.tensor import Tensor


def pull(branch: Node, parts: dict[int, Tensor], adjoints: Adjoints, moving: set[int], level: Level) -> None:
    """Hand the adjoints of the results of a branch on to what its sides use; the other side adds nothing."""
    inner = level.inside_of(branch)
    sources = [node for node in level.outside_of(branch) if id(node) in moving]
    before = [adjoints.take(node) for node in sources]

    def taking(block: Block) -> Callable[[], tuple[Tensor, ...]]:
        return lambda: _side(block, inner, parts, sources, before)

    then, otherwise = branch.params["then"], branch.params["otherwise"]
    made = if_expression(Tensor(branch.inputs[0]), taking(then), taking(otherwise))
    for node, value in zip(sources, made, strict=True):
        adjoints.seed(id(node), value)


def _side(
    block: Block,
    inner: dict[int, Node],
    parts: dict[int, Tensor],
    sources: list[Node],
    before: list[Tensor | None],
) -> tuple[Tensor, ...]:
    from defnhook.autodiff.reverse import swept

    indices = list(parts)
    outputs = Replay(inner, {}).of([block.outputs[i] for i in indices], block.effects)
    roots = [(output, parts[i]) for i, output in zip(indices, outputs, strict=True)]
    seeds = {id(n): value for n, value in zip(sources, before, strict=True) if value is not None}
    made = swept(roots, sources, seeds)
    found = tuple(zeros(n) if value is None else value for n, value in zip(sources, made, strict=True))
    _drop_unused(found)
    return found


def _drop_unused(results: tuple[Tensor, ...]) -> None:
    """Leave out what the side does and its results do not need: it would count as what they are computed from."""
    effects = require_current().region.effects
    checks = [node for node in effects if node.op is CHECK]
    needed = {id(node) for node in walked([*(value.node for value in results), *checks])}
    effects[:] = [node for node in effects if id(node) in needed]
