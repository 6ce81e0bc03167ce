"""Jacobians: one pass of derivatives for all elements of the arguments, or of the results, at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.autodiff.callers import opened
from defnhook.autodiff.forward import pushed
from defnhook.autodiff.reverse import swept
from defnhook.autodiff.structures import closed, leaves_of
from defnhook.batching.elements import Elements
from defnhook.graph import Node
from defnhook.trace import primitives
from defnhook.trace.building import full
from defnhook.trace.calls import call
from defnhook.trace.context import transforming
from defnhook.trace.invoke import invoke
from defnhook.trace.merging import as_value
from defnhook.trace.tensor import Tensor

Arguments = tuple[Any, ...]
Places = int | tuple[int, ...]


def jacobian(
    function: Callable[..., Any],
    args: Arguments,
    keywords: dict[str, Any],
    argnums: Places = 0,
    mode: str | None = None,
) -> Any:
    """All derivatives of all results, for each result a structure like the arguments.

    ``mode`` is ``"forward"``, ``"reverse"``, or None for what takes fewer passes.
    """
    name = "jacobian"
    leaves, chosen, given = opened(name, args, argnums)
    with transforming():
        result = call(function, *given, **keywords)
    roots = [as_value(leaf).node for leaf in leaves_of(result)]
    if mode is None:
        count_in, count_out = (sum(n.type.size for n in nodes) for nodes in (leaves.nodes, roots))
        mode = "forward" if count_in <= count_out else "reverse"
    blocks = (_by_columns if mode == "forward" else _by_rows)(roots, leaves.nodes)
    rows = []
    for row in blocks:
        made = closed(chosen, row)
        rows.append(made[0] if isinstance(argnums, int) else made)
    return closed(result, rows)


def _by_rows(roots: list[Node], sources: list[Node]) -> list[list[Tensor]]:
    """For each result the derivative by each source, one pass backwards for each element of the result."""

    def block(root: Node) -> list[Tensor]:
        made = passes(root, sources, lambda unit: swept([(root, unit)], sources))
        return [_shaped(value, root, source) for value, source in zip(made, sources, strict=True)]

    return list(map(block, roots))


def _by_columns(roots: list[Node], sources: list[Node]) -> list[list[Tensor]]:
    """The same, one pass forwards for each element of the sources."""

    def block(source: Node) -> list[Tensor]:
        made = passes(source, roots, lambda unit: pushed(roots, [source], [unit]))
        return [
            _shaped(_last_first(value, root), root, source) for value, root in zip(made, roots, strict=True)
        ]

    return [list(row) for row in zip(*map(block, sources), strict=True)]


def _last_first(made: Tensor, root: Node) -> Tensor:
    return invoke(np.moveaxis, (made, 0, -1), {}) if root.type.shape else made


def _shaped(made: Tensor, root: Node, source: Node) -> Tensor:
    return primitives.reshape(made, (*root.type.shape, *source.type.shape))


def passes(node: Node, others: Sequence[Node], run: Callable[[Tensor], list[Tensor | None]]) -> list[Tensor]:
    """``run`` for all unit vectors in the place of a node: its results, one row for each."""
    size = node.type.size
    units = invoke(np.eye, (size,), {"dtype": node.dtype, "like": None})
    elements = Elements(size)
    unit = elements.of(primitives.reshape(units, (size, *node.type.shape)), 0)
    made = elements.all(lambda: run(unit))
    return [
        full((size, *each.type.shape), each.dtype.type(0)) if value is None else value.full()
        for each, value in zip(others, made, strict=True)
    ]
