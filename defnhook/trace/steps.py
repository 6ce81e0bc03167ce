"""Calls of NumPy on whole arrays, as steps between native parts."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.graph import ITEM, ArrayType, Node, Operand
from defnhook.ops.kinds import Library
from defnhook.ops.shaping import known
from defnhook.trace import primitives
from defnhook.trace.context import PlainDemand, user_span
from defnhook.trace.keywords import supported
from defnhook.trace.layout import tiny
from defnhook.trace.tensor import Tensor, order_of

_WHOLE = ArrayType((), np.dtype(np.bool_), "scalar")


def call(op: Library, args: Any, keywords: dict[str, Any]) -> Any:
    """An entry called with NumPy's parameters."""
    _check_signature(op, args, keywords)
    if op.operands is None:
        return library(op, args, **keywords)
    names = (*op.operands, *op.parameters)
    bound = dict(zip(names, args, strict=False)) | {k: v for k, v in keywords.items() if k in names}
    supported(op, names, keywords)
    if len(args) > len(names):
        raise DefnTypeError(
            f"{op.name}() takes no {len(args)} arguments inside a marked function; leave it out"
        )
    operands = [bound.pop(name, None) for name in op.operands]
    fixed = {name: value if name in op.numbers else _static(value) for name, value in bound.items()}
    return library(op, [each for each in operands if each is not None], **fixed)


def _check_signature(op: Library, args: Any, keywords: dict[str, Any]) -> None:
    """Raise what Python raises for arguments that the function does not take."""
    try:
        signature = inspect.signature(op.numpy)
    except ValueError:
        return
    signature.bind(*args, **keywords)


def _static(value: Any) -> Any:
    """A parameter that has to be known while tracing."""
    return tuple(map(_static, value)) if isinstance(value, list | tuple) else known(value, "as a parameter")


def library(op: Library, operands: Sequence[Any], **parameters: Any) -> Any:
    """A NumPy call on whole arrays, as a step of its own."""
    tensors = tuple(primitives.strong(primitives.as_tensor(operand)) for operand in operands)
    if primitives.in_block():
        from defnhook.trace.products import product_of

        return product_of(op, tensors)
    reason = op.unsettled(*[t.dtype for t in tensors])
    if reason:
        raise PlainDemand(f"{op.name}(): {reason}")
    numbers = {name: value for name, value in parameters.items() if isinstance(value, Tensor)}
    samples = parameters | {name: tiny(value) * value.dtype.type(0) for name, value in numbers.items()}
    shapes = op.shape(*[t.shape for t in tensors], **samples)
    with np.errstate(all="ignore"):
        example = (op.example or op.numpy)(*map(tiny, tensors), **samples)
    places = {name: Operand(len(tensors) + place) for place, name in enumerate(numbers)}
    tensors += tuple(map(primitives.strong, numbers.values()))
    if not isinstance(example, tuple):
        return primitives.make(op, tensors, _like(example, tuple(shapes)), **(parameters | places))
    types = tuple(_like(each, tuple(shape)) for each, shape in zip(example, shapes, strict=True))
    said = {**parameters, **places, "types": types}
    whole = Node(op, tuple(t.node for t in tensors), _WHOLE, said, user_span())
    items = [Tensor(Node(ITEM, (whole,), t, {"index": i}, whole.span)) for i, t in enumerate(types)]
    return example._make(items) if hasattr(example, "_make") else tuple(items)


def _like(example: Any, shape: tuple[int, ...]) -> ArrayType:
    """The type of a result of a shape, the rest of it that of a small example."""
    dtype = primitives.check_dtype(np.asarray(example).dtype)
    if shape or isinstance(example, np.ndarray):
        return ArrayType(shape, dtype, "array", order_of(example))
    return ArrayType(shape, dtype, "scalar" if isinstance(example, np.generic) else "python")
