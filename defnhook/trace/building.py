"""New arrays, arrays joined and views of other sorts."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.graph import BROADCAST, CONCATENATE, IOTA, ArrayType
from defnhook.trace import primitives
from defnhook.trace.layout import is_c_ordered, phantom, tiny
from defnhook.trace.storage import Fixed, read_only
from defnhook.trace.tensor import Tensor, order_of


def full(shape: Any, value: Any, dtype: Any = None) -> Tensor:
    """An array filled with one value."""
    fill = (
        value
        if primitives.is_python(value) and not isinstance(value, Tensor)
        else primitives.as_tensor(value)
    )
    if dtype is None:
        dtype = np.asarray(fill).dtype if not isinstance(fill, Tensor) else fill.dtype
    dtype = primitives.check_dtype(np.dtype(dtype))
    element = (
        primitives.cast(fill, dtype)
        if isinstance(fill, Tensor)
        else primitives.constant(np.asarray(fill).astype(dtype)[()])
    )
    return Tensor(primitives.broadcast(element, shape).node)


def blank(shape: Any, dtype: Any) -> Tensor:
    """An array that nobody reads before it is written; what it holds until then is not said."""
    made = full(shape, 0, dtype)
    node = made.node
    if node.op is not BROADCAST:
        return made
    inputs = tuple(map(Tensor, node.inputs))
    return primitives.make(BROADCAST, inputs, node.type, **node.params, blank=next(_NUMBERS))


_NUMBERS = itertools.count()


def iota(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """``np.arange``."""
    numbers = [operator.index(x) if isinstance(x, Tensor) else x for x in (start, stop, step)]
    begin, end, stride = numbers
    if end is None:
        begin, end = 0, begin
    stride = 1 if stride is None else stride
    example = np.arange(begin, end, stride, dtype=dtype)
    primitives.check_dtype(example.dtype)
    first, second = (
        np.arange(begin, begin + 2 * stride, stride, dtype=dtype)[:2] if len(example) < 2 else example[:2]
    )
    increment = (
        example.dtype.type(second - first) if example.dtype.kind != "u" else np.subtract(second, first)
    )
    type_ = ArrayType(example.shape, example.dtype)
    base = primitives.constant(example.dtype.type(first)), primitives.constant(increment)
    return primitives.make(IOTA, base, type_)


def counted(extent: int) -> Tensor:
    """The places along an axis, whose extent may be known only at run time."""
    return primitives.make(
        IOTA,
        (primitives.constant(np.int64(0)), primitives.constant(np.int64(1))),
        ArrayType((extent,), np.dtype(np.int64)),
    )


def concatenate(parts: Sequence[Any], axis: Any = 0, dtype: Any = None, casting: Any = "same_kind") -> Tensor:
    """``np.concatenate``."""
    tensors = [primitives.strong(primitives.as_tensor(part)) for part in parts]
    if not tensors:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        tensors, axis = [primitives.reshape(t, (-1,)) for t in tensors], 0
    dummies = [np.broadcast_to(np.empty((), t.dtype), t.shape) for t in tensors]
    none = [d[tuple(slice(0, 0) for _ in d.shape)] for d in dummies]
    small = np.concatenate(none, axis=axis, dtype=dtype, casting=casting)
    axis = normalize_axis_tuple(operator.index(axis), tensors[0].ndim)[0]
    rest = {(*t.shape[:axis], *t.shape[axis + 1 :]) for t in tensors}
    if len(rest) > 1:
        np.concatenate(dummies, axis=axis)
    total = sum(t.shape[axis] for t in tensors)
    shape = (*tensors[0].shape[:axis], total, *tensors[0].shape[axis + 1 :])
    order = (
        () if all(map(is_c_ordered, tensors)) else order_of(np.concatenate([tiny(t) for t in tensors], axis))
    )
    operands = tuple(primitives.cast(t, small.dtype) for t in tensors)
    return primitives.make(CONCATENATE, operands, ArrayType(shape, small.dtype, "array", order), axis=axis)


# -- views of other sorts


def as_view(
    result: Tensor, source: Tensor, step: Callable[[Any], Any], again: Callable[[Tensor], Tensor]
) -> Tensor:
    """A read-only view of ``source`` in NumPy, got by ``step``; ``again`` puts it together another time."""
    alias = source.alias and source.alias.then(step)
    order = order_of(alias.view) if alias else order_of(step(phantom(source)))
    node = primitives.cast(result, result.dtype, order=order).node
    if source.storage is None:
        return Tensor(node, alias)
    level = Fixed(lambda base: again(Tensor(base)).node, node.type, read_only)
    return Tensor(node, alias, (source.storage, (*source.levels, level)))
