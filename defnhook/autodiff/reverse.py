"""Reverse mode: a program run through backwards, from its results to what it is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from defnhook.autodiff import rules
from defnhook.autodiff.adjoints import Adjoints
from defnhook.autodiff.levels import BLOCKS, Level
from defnhook.errors import DefnError
from defnhook.graph import ITEM, OVERRIDE, PICK, Node
from defnhook.trace.tensor import Tensor


def varies(node: Node) -> bool:
    """Whether a node is of a kind that has derivatives."""
    return node.dtype.kind in "fc" or node.op in BLOCKS


def varying(level: Level, sources: Iterable[Node]) -> set[int]:
    """The identities of the nodes of a level that change with the sources."""
    found = {id(node) for node in sources}
    for node in level.order:
        if node.op is OVERRIDE and node.params["rule"] is None:
            continue
        if varies(node) or "types" in node.params:
            if any(id(each) in found for each in level.needs[id(node)]):
                found.add(id(node))
    return found


def swept(
    roots: Sequence[tuple[Node, Tensor]], sources: Sequence[Node], seeds: Mapping[int, Tensor] | None = None
) -> list[Tensor | None]:
    """The adjoint of each source, given those of some results; ``seeds`` are what the sources' adjoints begin with.

    A source is not looked behind. None stands for a source that the results do not change with.
    """
    level = Level([node for node, _ in roots], sources)
    moving = varying(level, sources)
    adjoints = Adjoints(map(id, sources))
    for key, seed in (seeds or {}).items():
        adjoints.seed(key, seed)
    for node, value in roots:
        if id(node) in moving:
            adjoints.add(node, value)
    for node in reversed(level.order):
        if id(node) in moving and id(node) not in adjoints.ends:
            with annotated(node):
                _pull(node, adjoints, moving, level)
    return [adjoints.take(node) for node in sources]


@contextmanager
def annotated(node: Node) -> Iterator[None]:
    """Tell errors of the block at which line the node was made."""
    try:
        yield
    except DefnError as error:
        if node.span is not None and not getattr(error, "__notes__", None):
            error.add_note(f"at line {node.span.line} of {node.span.filename}")
        raise


def _pull(node: Node, adjoints: Adjoints, moving: set[int], level: Level) -> None:
    """Hand the adjoint of a node on to what it is computed from."""
    if node.op in BLOCKS or "types" in node.params:
        parts = adjoints.parts(node)
        if parts:
            rules.pull_parts(node, parts, adjoints, moving, level)
        return
    value = adjoints.take(node)
    if value is None:
        return
    if node.op in (PICK, ITEM):
        adjoints.add_part(node.inputs[0], node.params["index"], value)
    else:
        rules.pull(node, value, adjoints, moving)
