"""Products of vectors and matrices."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite, Library
from defnhook.ops.shaping import operand, sum_to

Shape = tuple[int, ...]


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        return a or b
    contracted = max(len(b) - 2, 0)
    if a[-1] != b[contracted]:
        raise ValueError(
            f"shapes {_listed(a)} and {_listed(b)} not aligned: "
            f"{a[-1]} (dim {len(a) - 1}) != {b[contracted]} (dim {contracted})"
        )
    return a[:-1] + b[:contracted] + b[contracted + 1 :]


def _listed(shape: Shape) -> str:
    return str(shape).replace(" ", "")


def _dot_vjp(g: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any]:
    if not a.ndim or not b.ndim:
        return sum_to(g * b, a.shape), sum_to(g * a, b.shape)
    contracted = max(b.ndim - 2, 0)
    rows = a.ndim - 1
    of_b = tuple(axis for axis in range(b.ndim) if axis != contracted)
    of_a = tuple(range(rows))
    for_a = np.tensordot(g, b, (tuple(range(rows, g.ndim)), of_b))
    for_b = np.tensordot(a, g, (of_a, of_a))
    return for_a, np.moveaxis(for_b, 0, contracted)


def bilinear(product: Any) -> Any:
    """The tangent of a product: the sum of both products with one factor replaced by its tangent."""

    def jvp(tangents: tuple[Any, Any], r: Any, a: Any, b: Any) -> Any:
        da, db = tangents
        if da is None:
            return product(a, db)
        return product(da, b) if db is None else product(da, b) + product(a, db)

    return jvp


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    for place, shape in enumerate((a, b)):
        if not shape:
            raise ValueError(
                f"matmul: Input operand {place} does not have enough dimensions (has 0, requires 1)"
            )
    left, right = (1, *a) if len(a) == 1 else a, (*b, 1) if len(b) == 1 else b
    if left[-1] != right[-2]:
        raise ValueError(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            f"(n?,k),(k,m?)->(n?,m?) (size {right[-2]} is different from {left[-1]})"
        )
    stack = np.broadcast_shapes(left[:-2], right[:-2])
    return stack + left[-2:-1] * (len(a) > 1) + right[-1:] * (len(b) > 1)


def _matmul_vjp(g: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any]:
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if b.ndim == 1:
        g = g[..., None]
    if a.ndim == 1:
        g = g[..., None, :]
    for_a = np.matmul(g, np.swapaxes(right, -1, -2))
    for_b = np.matmul(np.swapaxes(left, -1, -2), g)
    return np.reshape(sum_to(for_a, left.shape), a.shape), np.reshape(sum_to(for_b, right.shape), b.shape)


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = operand(a), operand(b)
    axes_a, axes_b = _contracted(axes, a.ndim, b.ndim)
    if len(axes_a) != len(axes_b) or any(
        a.shape[i] != b.shape[j] for i, j in zip(axes_a, axes_b, strict=True)
    ):
        raise ValueError("shape-mismatch for sum")
    free_a = [axis for axis in range(a.ndim) if axis not in axes_a]
    free_b = [axis for axis in range(b.ndim) if axis not in axes_b]
    shape_a, shape_b = [a.shape[axis] for axis in free_a], [b.shape[axis] for axis in free_b]
    length = math.prod(a.shape[axis] for axis in axes_a)
    left = np.reshape(np.transpose(a, (*free_a, *axes_a)), (math.prod(shape_a), length))
    right = np.reshape(np.transpose(b, (*axes_b, *free_b)), (length, math.prod(shape_b)))
    return np.reshape(np.dot(left, right), (*shape_a, *shape_b))


def _contracted(axes: Any, ndim_a: int, ndim_b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes summed over in ``np.tensordot``, for either operand."""
    if hasattr(axes, "__index__"):
        count = operator.index(axes)
        first, second = tuple(range(-count, 0)), tuple(range(count))
    else:
        first, second = (tuple(each) if isinstance(each, Sequence) else (each,) for each in axes)
    for sequence, ndim in ((first, ndim_a), (second, ndim_b)):
        if any(not -ndim <= axis < ndim for axis in sequence):
            raise IndexError("tuple index out of range")
    return tuple(axis % ndim_a for axis in first), tuple(axis % ndim_b for axis in second)


dot = Library(np.dot, methods=("dot",), shape=_dot_shape, vjp=_dot_vjp, jvp=bilinear(np.dot))
matmul = Library(np.matmul, shape=_matmul_shape, vjp=_matmul_vjp, jvp=bilinear(np.matmul))
tensordot = Composite(np.tensordot, expand=_tensordot)
