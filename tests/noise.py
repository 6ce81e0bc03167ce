"""How far rounding may take the results of a traced call: the graph evaluated in NumPy with errors put in on purpose.

What both sides compute in one rounding (sums of two numbers, products, quotients, comparisons) is left alone, so that
a program of such steps alone has to agree exactly. Functions and sums get a random error of a few units. A result that
changes by it in an integer, in a truth value or in what is not finite decides nothing.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from defnhook.backend import eager
from defnhook.graph import Graph
from defnhook.ops.kinds import Elementwise, Library, Reduction

SAMPLES = 4
UNITS = 8
MARGIN = 4
EXACT = frozenset(
    """
    add subtract multiply divide floor_divide remainder fmod negative positive absolute fabs sign square reciprocal
    sqrt floor ceil trunc rint maximum minimum fmax fmin isnan isinf isfinite signbit copysign heaviside conjugate real
    imag equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not where
    bitwise_and bitwise_or bitwise_xor invert left_shift right_shift max min any all argmax argmin
    """.split()
)
EITHER_ZERO = frozenset("maximum minimum fmax fmin max min sum".split())


def bounds(graph: Graph, values: list[Any]) -> list[Any] | None:
    """For each output how far it may be off, element by element; None where rounding decides something."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _bounds(graph, values)


def _bounds(graph: Graph, values: list[Any]) -> list[Any] | None:
    plain = eager.evaluate(graph, values)
    spread = [np.zeros(np.shape(value)) for value in plain]
    for seed in range(SAMPLES):
        other = disturbed(graph, values, np.random.default_rng(seed))
        for place, (a, b) in enumerate(zip(plain, other, strict=True)):
            distance = _distance(np.asarray(a), np.asarray(b))
            if distance is None or _is_large(distance, np.asarray(a)):
                return None
            spread[place] = np.maximum(spread[place], distance)
    return [_with_floor(MARGIN * each, np.asarray(value)) for each, value in zip(spread, plain, strict=True)]


def _with_floor(bound: Any, value: Any) -> Any:
    """Where anything is rounded at all, a few units of the largest value are allowed."""
    if value.dtype.kind not in "fc" or not bound.any():
        return bound
    largest = np.max(np.abs(value), where=np.isfinite(value), initial=0)
    return np.maximum(bound, UNITS * np.finfo(value.dtype).eps * largest)


def _distance(a: Any, b: Any) -> Any:
    if a.dtype.kind not in "fc":
        return np.zeros(a.shape) if np.array_equal(a, b) else None
    with np.errstate(all="ignore"):
        finite = np.isfinite(a) & np.isfinite(b)
        same = (a == b) | ((a != a) & (b != b))
        if not np.all(finite | same):
            return None
        return np.where(finite, np.abs(a.astype(np.complex128) - b), 0.0)


def _is_large(distance: Any, value: Any) -> bool:
    """Whether an error is no rounding any more: something jumped, or next to nothing is left of the value."""
    if value.dtype.kind not in "fc" or not value.size:
        return False
    largest = np.max(np.abs(value), where=np.isfinite(value), initial=0)
    return bool(np.max(distance) > np.sqrt(np.finfo(value.dtype).eps) * largest)


def disturbed(graph: Graph, values: list[Any], rng: Any) -> list[Any]:
    """The results of a graph with errors of a few units in what is rounded in more than one step."""

    def step(node: Any, operands: Any) -> Any:
        return _disturb(node, eager.apply(node, operands), operands, rng)

    return eager.evaluate(graph, values, step)


def _disturb(node: Any, value: Any, operands: list[Any], rng: Any) -> Any:
    if not isinstance(node.op, Elementwise | Reduction | Library) or isinstance(value, tuple):
        return value
    if np.asarray(value).dtype.kind not in "fc":
        return value
    name = node.op.name
    if value.dtype.kind == "f":
        value = np.where(value != value, np.copysign(value, rng.uniform(-1, 1, np.shape(value))), value)[()]
        value = value.astype(node.dtype)
    if name in EITHER_ZERO:
        value = np.where(
            value == 0, np.copysign(0, rng.uniform(-1, 1, np.shape(value))).astype(value.dtype), value
        )
    if name in EXACT and not (value.dtype.kind == "c" or np.asarray(operands[0]).dtype.kind == "c"):
        return value
    size = UNITS * np.finfo(value.dtype).eps * _magnitude(node, value, operands)
    error = rng.uniform(-1, 1, np.shape(value)) * size
    if value.dtype.kind == "c":
        error = error + 1j * rng.uniform(-1, 1, np.shape(value)) * size
    result = (value + np.where(np.isfinite(error), error, 0)).astype(value.dtype)
    return result if np.ndim(result) else result[()]


def _magnitude(node: Any, value: Any, operands: list[Any]) -> Any:
    """What the error of a step is measured by."""
    sizes = [np.abs(np.asarray(operand).astype(np.complex128)) for operand in operands]
    if isinstance(node.op, Library):
        return node.op.numpy(*sizes, **node.params)
    if node.op.name == "sum":
        return np.sum(sizes[0], axis=node.params["axis"], keepdims=node.params["keepdims"])
    if node.op.name == "prod":
        return np.abs(value) * np.asarray(operands[0]).size
    if node.op.name in ("logaddexp", "logaddexp2", "add", "subtract"):
        return np.maximum(*np.broadcast_arrays(*sizes)) + 1
    if node.op.name in ("multiply", "square"):
        return np.abs(value) + sizes[0] * sizes[-1]
    return np.abs(value)
