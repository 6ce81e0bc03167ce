"""Calls of NumPy on whole arrays, for all elements at once where NumPy has that, otherwise one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.autodiff.rules import library_arguments
from defnhook.batching.batch import Batch
from defnhook.graph import ITEM, ArrayType, Node, Operand
from defnhook.ops.kinds import AlongAxis, Flat, Library, NoGradient, Stacks
from defnhook.ops.shaping import behind
from defnhook.trace import primitives
from defnhook.trace.invoke import invoke
from defnhook.trace.steps import library
from defnhook.trace.tensor import Tensor


def batched(batch: Batch, node: Node) -> list[Node]:
    """The results of a call."""
    made = None if _has_mapped_numbers(batch, node) else _at_once(batch, node)
    if made is None:
        return _one_by_one(batch, node)
    results = made if isinstance(made, tuple) else (made,)
    types = node.params.get("types", (node.type,))
    return [
        primitives.cast(primitives.as_tensor(each), type_.dtype, "array").node
        for each, type_ in zip(results, types, strict=True)
    ]


def _at_once(batch: Batch, node: Node) -> Any:
    """What one call for all elements gives; None where there is none for such operands."""
    op: Any = node.op
    operands, parameters = library_arguments(node)
    mapped = tuple(batch.is_mapped(each.node) for each in operands)
    known = [primitives.strong(Tensor(batch.known(each.node))) for each in operands]
    parameters = {
        name: Tensor(batch.known(value.node)) if isinstance(value, Tensor) else value
        for name, value in parameters.items()
    }
    if callable(op.batch):
        return op.batch(mapped, *known, **parameters)
    if len(mapped) != 1:
        return None
    ndim = node.inputs[0].ndim
    if isinstance(op.batch, AlongAxis):
        return library(op, known, **parameters | {"axis": behind(parameters.get("axis", -1), ndim)})
    return library(op, known, **parameters) if isinstance(op.batch, Stacks) and ndim >= 2 else None


def _has_mapped_numbers(batch: Batch, node: Node) -> bool:
    """Whether a parameter differs from element to element."""
    places = [value.place for value in node.params.values() if isinstance(value, Operand)]
    return any(batch.is_mapped(node.inputs[place]) for place in places)


# -- one after the other


def _one_by_one(batch: Batch, node: Node) -> list[Node]:
    op: Any = node.op
    mapped = tuple(map(batch.is_mapped, node.inputs))
    names = tuple(name for name, value in node.params.items() if isinstance(value, Operand))
    types = tuple(batch.type_of(each) for each in node.params.get("types", (node.type,)))
    step = each(op, mapped, types, batch.size, names)
    inputs = tuple(primitives.strong(Tensor(batch.known(operand))).node for operand in node.inputs)
    if "types" not in node.params:
        return [Node(step, inputs, types[0], node.params, node.span)]
    whole = Node(step, inputs, node.type, {**node.params, "types": types}, node.span)
    return [Node(ITEM, (whole,), type_, {"index": i}, node.span) for i, type_ in enumerate(types)]


def each(
    op: Any, mapped: tuple[bool, ...], types: tuple[ArrayType, ...], size: int, names: Sequence[str] = ()
) -> Library:
    """An entry that calls another one, or a function, for one element after the other, and stacks what it gives."""
    function: Callable[..., Any] = op.numpy if isinstance(op, Library) else op
    by_name = dict(zip(names, mapped[len(mapped) - len(names) :], strict=True))

    def run(*operands: Any, **parameters: Any) -> Any:
        rows = []
        for place in range(_count(operands, mapped, size)):
            row = [x[place] if is_mapped else x for x, is_mapped in zip(operands, mapped, strict=False)]
            own = {name: x[place] if by_name.get(name) else x for name, x in parameters.items()}
            rows.append(function(*row, **own))
        return _stacked(rows, types)

    run.__name__ = getattr(function, "__name__", "function")
    vjp = getattr(
        op, "vjp", NoGradient("it is computed by Python. Use the function of NumPy or SciPy instead.")
    )
    if callable(vjp) and not isinstance(vjp, Flat):
        vjp = _vjp_of(vjp, mapped, size)
    return Library(run, shape=lambda *shapes, **parameters: tuple(each.shape for each in types), vjp=vjp)


def _count(operands: Sequence[Any], mapped: Sequence[bool], size: int) -> int:
    return next((len(x) for x, is_mapped in zip(operands, mapped, strict=False) if is_mapped), size)


def _stacked(rows: list[Any], types: tuple[ArrayType, ...]) -> Any:
    if not rows:
        empty = [np.empty(each.shape, each.dtype) for each in types]
        return tuple(empty) if len(empty) > 1 else empty[0] if empty else np.empty(0)
    if isinstance(rows[0], tuple):
        return tuple(np.stack(parts) for parts in zip(*rows, strict=True))
    return np.stack(rows)


def _vjp_of(vjp: Callable[..., Any], mapped: tuple[bool, ...], size: int) -> Callable[..., Any]:
    """The adjoints of operands, for all elements at once."""

    def batched_vjp(g: Any, r: Any, *operands: Any, **parameters: Any) -> tuple[Any, ...]:
        from defnhook.batching.elements import Elements

        elements = Elements(size)
        some = [elements.of(x, 0) if is_mapped else x for x, is_mapped in zip(operands, mapped, strict=False)]
        adjoint, result = (
            tuple(elements.of(x, 0) for x in given) if isinstance(given, tuple) else elements.of(given, 0)
            for given in (g, r)
        )
        made = elements.all(lambda: tuple(vjp(adjoint, result, *some, **parameters)))
        return tuple(
            None if value is None else value.full() if is_mapped else _summed(value.full())
            for value, is_mapped in zip(made, mapped, strict=False)
        )

    return batched_vjp


def _summed(value: Tensor) -> Tensor:
    return invoke(np.sum, (value,), {"axis": 0})  # type: ignore[no-any-return]
