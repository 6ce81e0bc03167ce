"""Branches run through backwards: the side that was taken, from its results to what it used."""

from __future__ import annotations

from collections.abc import Callable

from defnhook.autodiff.adjoints import Adjoints, begun
from defnhook.autodiff.levels import Level
from defnhook.autodiff.replay import Replay
from defnhook.graph import Block, Node
from defnhook.trace.branches import if_expression
from defnhook.trace.tensor import Tensor


def pull(branch: Node, parts: dict[int, Tensor], adjoints: Adjoints, moving: set[int], level: Level) -> None:
    """Hand the adjoints of the results of a branch on to what its sides use; the other side adds nothing."""
    inner = level.inside_of(branch)
    sources = [node for node in level.outside_of(branch) if id(node) in moving]
    before = tuple(begun(adjoints, node) for node in sources)

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
    before: tuple[Tensor, ...],
) -> tuple[Tensor, ...]:
    from defnhook.autodiff.reverse import swept

    indices = list(parts)
    outputs = Replay(inner, {}).of([block.outputs[i] for i in indices], block.effects)
    roots = [(output, parts[i]) for i, output in zip(indices, outputs, strict=True)]
    seeds = {id(node): value for node, value in zip(sources, before, strict=True)}
    made = swept(roots, sources, seeds)
    return tuple(new if new is not None else old for new, old in zip(made, before, strict=True))
