"""Comparisons of arrays of small integers with Python integers that may leave their range."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.ops import BY_MEANING
from defnhook.ops.kinds import Elementwise
from defnhook.trace import primitives
from defnhook.trace.layout import result_order
from defnhook.trace.tensor import Tensor


def beyond_range(op: Elementwise, values: Sequence[Any]) -> Tensor:
    """A comparison with a Python integer that the other dtype cannot hold: the elements do not matter."""
    other = next(v for v in values if isinstance(v, Tensor))
    result = op.numpy(*[np.zeros((), v.dtype) if isinstance(v, Tensor) else v for v in values])
    filled = primitives.broadcast(
        primitives.constant(np.bool_(result)), other.shape, kind="array" if other.shape else "scalar"
    )
    return primitives.cast(filled, np.bool_, order=result_order(np.logical_not, [other], other.shape) or "C")


def in_range(op: Elementwise, values: Sequence[Any], number: Tensor, dtype: np.dtype[Any]) -> Tensor:
    """A comparison with a Python integer that may leave the range of the other dtype.

    The integer is brought into the range; what that changes at either end depends on the integer alone.
    """
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if values[0] is number:
        return in_range(_entry(_MIRRORED[op.numpy]), values[::-1], number, dtype)
    nearest = primitives.cast(primitives.host(min, primitives.host(max, number, low), high), dtype)
    result = primitives.elementwise(op, [values[0], nearest])
    combine, test = _AT_THE_ENDS[op.numpy]
    return primitives.elementwise(_entry(combine), [result, test(number, low, high)])


def _entry(function: Callable[..., Any]) -> Elementwise:
    op = BY_MEANING[function]
    assert isinstance(op, Elementwise)
    return op


_MIRRORED: dict[Any, Any] = {
    np.less: np.greater,
    np.less_equal: np.greater_equal,
    np.greater: np.less,
    np.greater_equal: np.less_equal,
    np.equal: np.equal,
    np.not_equal: np.not_equal,
}
Test = Callable[[Tensor, int, int], Tensor]


def _ends(function: Callable[..., Any], end: str) -> Test:
    """A test of a number against one end of a range."""
    return lambda number, low, high: primitives.host(function, number, high if end == "high" else low)


def _within(number: Tensor, low: int, high: int) -> Tensor:
    reached = [primitives.host(operator.ge, number, low), primitives.host(operator.le, number, high)]
    return primitives.host(operator.and_, *reached)


def _beyond(number: Tensor, low: int, high: int) -> Tensor:
    return primitives.host(operator.not_, _within(number, low, high))


_AT_THE_ENDS: dict[Any, tuple[Any, Test]] = {
    np.less: (np.bitwise_or, _ends(operator.gt, "high")),
    np.less_equal: (np.bitwise_and, _ends(operator.ge, "low")),
    np.greater: (np.bitwise_or, _ends(operator.lt, "low")),
    np.greater_equal: (np.bitwise_and, _ends(operator.le, "high")),
    np.equal: (np.bitwise_and, _within),
    np.not_equal: (np.bitwise_or, _beyond),
}
