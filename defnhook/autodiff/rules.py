"""How each kind of node hands its adjoint on: a table by op, and one function for each kind of entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.autodiff import branches, factors, loops, overrides
from defnhook.autodiff.adjoints import Adjoints, fitted, gathered, product, zeros
from defnhook.autodiff.complex_numbers import part_of
from defnhook.autodiff.levels import Level
from defnhook.autodiff.places import picked_up, scattered, window
from defnhook.autodiff.python_numbers import partials_of_python
from defnhook.errors import NoGradientError
from defnhook.graph import (
    BROADCAST,
    CAST,
    CONCATENATE,
    GATHER,
    HOST,
    IOTA,
    LOOP,
    OVERRIDE,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    Node,
    Operand,
)
from defnhook.graph.node import Operation
from defnhook.ops.kinds import Derivative, Elementwise, Flat, Library, NoGradient, Reduction
from defnhook.trace import primitives, storage
from defnhook.trace.invoke import invoke
from defnhook.trace.tensor import Tensor

Rule = Callable[[Node, Tensor, Adjoints, set[int]], None]


def pull(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    """Hand on the adjoint of a node with one result."""
    rule = _RULES.get(node.op)
    if rule is not None:
        rule(node, g, adjoints, moving)
    elif isinstance(node.op, Elementwise):
        _weighted(node, g, adjoints, moving)
    elif isinstance(node.op, Reduction):
        _reduction(node, g, adjoints)
    elif isinstance(node.op, Library):
        _library(node, g, adjoints, moving)
    else:
        raise NoGradientError(f"{node.op.name} has no derivative")


def pull_parts(
    node: Node, parts: dict[int, Tensor], adjoints: Adjoints, moving: set[int], level: Level
) -> None:
    """Hand on the adjoints of a node with several results."""
    if node.op is LOOP:
        loops.pull(node, parts, adjoints, moving)
    elif node.op is OVERRIDE:
        overrides.pull(node, parts, moving, adjoints)
    elif isinstance(node.op, Library):
        types = node.params["types"]
        g = tuple(parts[i] if i in parts else _zeros_of(t) for i, t in enumerate(types))
        _library(node, g, adjoints, moving)
    else:
        branches.pull(node, parts, adjoints, moving, level)


def _zeros_of(type_: Any) -> Tensor:
    zero = primitives.constant(type_.dtype.type(0))
    return primitives.broadcast(zero, type_.shape) if type_.shape else zero


def checked(op: Any, derivative: Derivative) -> Any:
    """A derivative that exists; raises where an entry has none."""
    if isinstance(derivative, NoGradient):
        raise NoGradientError(f"{op.name}() has no derivative: {derivative.reason}")
    return derivative


# -- entries of the table


def _weighted(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    part = part_of(node)
    if part is not None:
        adjoints.add(node.inputs[0], part.pull(g, Tensor(node.inputs[0])))
        return
    for each, partial in zip(node.inputs, partials_of(node), strict=True):
        if id(each) in moving:
            made = product(g, checked(node.op, partial))
            if made is not None:
                adjoints.add(each, gathered(fitted(made, each), each.type.shape))


def partials_of(node: Node) -> tuple[Any, ...]:
    """The partial derivatives of an elementwise node, or of a function of Python numbers, by each operand."""
    operands = [primitives.strong(Tensor(each)) for each in node.inputs]
    op: Any = node.op
    if node.op is HOST:
        operands = [primitives.cast(each, node.dtype) for each in operands]
        op = partials_of_python(node.params["function"])
    if isinstance(op.partials, Flat):
        return (0,) * len(operands)
    result = primitives.strong(Tensor(node))
    if any(each.dtype.kind == "c" for each in (result, *operands)):
        return complex_partials(op, result, operands)
    return checked(op, op.partials)(result, *operands)  # type: ignore[no-any-return]


# Those of one complex variable whose derivative is that of the real function.
_HOLOMORPHIC = (
    "add subtract multiply divide negative positive square reciprocal sqrt exp exp2 expm1 log log2 log10 log1p sin "
    "cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh power float_power where weighted complex"
)


def complex_partials(op: Any, result: Tensor, operands: list[Tensor]) -> tuple[Any, ...]:
    """Partial derivatives for complex operands, such that the adjoint times them is that of the operand."""
    if op.name in _HOLOMORPHIC.split():
        return checked(op, op.partials)(result, *operands)  # type: ignore[no-any-return]
    raise NoGradientError(
        f"{op.name}() of complex numbers has no derivative; write it with the real and the imaginary part"
    )


def _reduction(node: Node, g: Tensor, adjoints: Adjoints) -> None:
    op: Any = node.op
    if isinstance(op.vjp, Flat):
        return
    (x,) = node.inputs
    axis, keepdims = node.params["axis"], node.params["keepdims"]
    (made,) = checked(op, op.vjp)(g, Tensor(node), Tensor(x), axis=axis, keepdims=keepdims)
    adjoints.add(x, _of_shape(made, x))


def _of_shape(value: Any, node: Node) -> Tensor:
    made = primitives.as_tensor(value)
    if made.type.shape == node.type.shape:
        return made
    return primitives.broadcast(made, node.type.shape)


def _library(node: Node, g: Any, adjoints: Adjoints, moving: set[int]) -> None:
    op: Any = node.op
    if isinstance(op.vjp, Flat) or factors.pull(node, g, adjoints, moving):
        return
    operands, parameters = library_arguments(node)
    types = node.params.get("types")
    result: Any = Tensor(node) if types is None else items(node)
    made = checked(op, op.vjp)(g, result, *operands, **parameters)
    for each, value in zip(node.inputs, made, strict=False):
        if id(each) in moving and value is not None:
            adjoints.add(each, _of_shape(value, each))


def items(node: Node) -> tuple[Tensor, ...]:
    """The results of a call that has several."""
    from defnhook.graph import ITEM

    types = node.params["types"]
    return tuple(Tensor(Node(ITEM, (node,), t, {"index": i}, node.span)) for i, t in enumerate(types))


def library_arguments(node: Node) -> tuple[list[Tensor], dict[str, Any]]:
    """The operands of a call of NumPy, and its parameters by name."""
    places = {value.place for value in node.params.values() if isinstance(value, Operand)}
    operands = [Tensor(each) for place, each in enumerate(node.inputs) if place not in places]
    parameters = {
        name: Tensor(node.inputs[value.place]) if isinstance(value, Operand) else value
        for name, value in node.params.items()
        if name != "types"
    }
    return operands, parameters


# -- primitives


def _cast(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    adjoints.add(node.inputs[0], g)


def _transpose(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    adjoints.add(node.inputs[0], primitives.transpose(g, tuple(map(int, np.argsort(node.params["axes"])))))


def _reshape(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    adjoints.add(node.inputs[0], primitives.reshape(g, node.inputs[0].type.shape))


def _broadcast(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    if any(step is not None for step in node.params.get("steps", ())):
        raise NoGradientError("an array that stretches by a length known only at run time has no derivative")
    adjoints.add(node.inputs[0], gathered(g, node.inputs[0].type.shape))


def _slice(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    ranges, literal = window(node)

    def write(base: Node) -> Node:
        before = Tensor(storage.window_of(base, ranges, literal, whole_too=True))
        return storage.update(base, invoke(np.add, (before, g), {}).node, ranges, literal)

    adjoints.write(node.inputs[0], write)


def _update(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    base, value, *_ = node.inputs
    ranges, literal = window(node)
    if id(value) in moving:
        adjoints.add(value, Tensor(storage.window_of(g.node, ranges, literal, whole_too=True)))
    if id(base) in moving:
        adjoints.add(base, Tensor(storage.update(g.node, zeros(value).node, ranges, literal)))


def _gather(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    base, *indices = node.inputs
    adjoints.write(base, lambda made: scattered(made, g.node, indices, node.params["axes"], "add"))


def _scatter(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    base, value, *indices = node.inputs
    axes, mode = node.params["axes"], node.params["mode"]
    if mode not in ("set", "add", "subtract"):
        raise NoGradientError(
            f"np.{mode}.at has no derivative; write it with np.add.at, or with a loop over the places"
        )
    if id(value) in moving:
        taken = picked_up(g.node, value, indices, axes)
        if mode == "set":
            taken = invoke(np.where, (_last(node), taken, taken.dtype.type(0)), {})
        adjoints.add(value, invoke(np.negative, (taken,), {}) if mode == "subtract" else taken)
    if id(base) in moving:
        kept = scattered(g.node, zeros(value).node, indices, axes, "set") if mode == "set" else g.node
        adjoints.add(base, Tensor(kept))


def _last(node: Node) -> Tensor:
    """Which elements put into an array stay there, where several are put in one place."""
    base, value, *indices = node.inputs
    axes = node.params["axes"]
    size = math.prod(value.type.shape)
    numbers = invoke(np.reshape, (invoke(np.arange, (size,), {"like": None}), value.type.shape), {})
    marks = primitives.broadcast(primitives.constant(np.int64(-1)), base.type.shape)
    made = scattered(marks.node, numbers.node, indices, axes, "set")
    return invoke(np.equal, (picked_up(made, value, indices, axes), numbers), {})  # type: ignore[no-any-return]


def _concatenate(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    axis, start = node.params["axis"], 0
    for each in node.inputs:
        stop = start + each.type.shape[axis]
        if id(each) in moving:
            adjoints.add(each, g[(slice(None),) * axis + (slice(start, stop),)])
        start = stop


def _iota(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> None:
    numbers = invoke(np.arange, (g.size,), {"dtype": g.dtype})
    for each, factor in zip(node.inputs, (1, numbers), strict=False):
        if id(each) in moving:
            adjoints.add(each, invoke(np.sum, (invoke(np.multiply, (g, factor), {}),), {}))


_RULES: dict[Operation, Rule] = {
    BROADCAST: _broadcast,
    CAST: _cast,
    CONCATENATE: _concatenate,
    GATHER: _gather,
    HOST: _weighted,
    IOTA: _iota,
    RESHAPE: _reshape,
    SCATTER: _scatter,
    SLICE: _slice,
    TRANSPOSE: _transpose,
    UPDATE: _update,
}
