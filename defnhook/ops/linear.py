"""Products of vectors and matrices, diagonals and norms."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.ops.kinds import Composite, Library
from defnhook.ops.shaping import lined_up, operand, refuse_out, sum_to, traced

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


def product(a: Any, b: Any) -> Any:
    """The product of matrices; of a column and a row element by element, which shares loops with what follows."""
    return a * b if a.shape[-1] == 1 else np.matmul(a, b)


def _matmul_vjp(g: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any]:
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if b.ndim == 1:
        g = g[..., None]
    if a.ndim == 1:
        g = g[..., None, :]
    for_a = product(g, np.swapaxes(right, -1, -2))
    for_b = product(np.swapaxes(left, -1, -2), g)
    return np.reshape(sum_to(for_a, left.shape), a.shape), np.reshape(sum_to(for_b, right.shape), b.shape)


# -- many products at once: an operand that is mapped has the axis of elements first


def _matmul_batch(mapped: tuple[bool, bool], a: Any, b: Any) -> Any:
    rows, columns = a.ndim - mapped[0], b.ndim - mapped[1]
    if all(mapped) and rows == columns == 1 and np.result_type(a.dtype, b.dtype).kind != "b":
        return np.sum(a * b, axis=-1, dtype=np.result_type(a.dtype, b.dtype))
    if not mapped[1] and columns <= 2:
        flat = np.matmul(np.reshape(a, (math.prod(a.shape[:-1]), a.shape[-1])), b)
        return np.reshape(flat, (*a.shape[:-1], *b.shape[1:]))
    if not mapped[0] and columns == 1:
        return np.matmul(b, np.swapaxes(a, -1, -2)) if rows == 2 else np.matmul(a, b[..., None])[..., 0]
    left = a[..., None, :] if rows == 1 else a
    right = b[..., :, None] if columns == 1 else b
    ndim = max(left.ndim - mapped[0], right.ndim - mapped[1])
    product = np.matmul(lined_up(left, mapped[0], ndim), lined_up(right, mapped[1], ndim))
    product = product[..., 0] if columns == 1 else product
    if rows > 1:
        return product
    return product[..., 0] if columns == 1 else product[..., 0, :]


def _dot_batch(mapped: tuple[bool, bool], a: Any, b: Any) -> Any:
    rows, columns = a.ndim - mapped[0], b.ndim - mapped[1]
    if not rows or not columns:
        ndim = max(rows, columns)
        return lined_up(a, mapped[0], ndim) * lined_up(b, mapped[1], ndim)
    if columns <= 2 and rows <= 2:
        return _matmul_batch(mapped, a, b)
    of_a, of_b = a.shape[mapped[0] : -1], b.shape[mapped[1] :]
    contracted = max(columns - 2, 0) + mapped[1]
    left = np.reshape(a, (*a.shape[: mapped[0]], math.prod(of_a), a.shape[-1]))
    right = np.moveaxis(b, contracted, mapped[1])
    right = np.reshape(right, (*right.shape[: 1 + mapped[1]], math.prod(right.shape[1 + mapped[1] :])))
    of_b = of_b[: contracted - mapped[1]] + of_b[contracted - mapped[1] + 1 :]
    product = _matmul_batch(mapped, left, right)
    return np.reshape(product, (product.shape[0], *of_a, *of_b))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = operand(a), operand(b)
    axes_a, axes_b = _contracted(axes, a.shape, b.shape)
    free_a = [axis for axis in range(a.ndim) if axis not in axes_a]
    free_b = [axis for axis in range(b.ndim) if axis not in axes_b]
    shape_a, shape_b = [a.shape[axis] for axis in free_a], [b.shape[axis] for axis in free_b]
    length = math.prod(a.shape[axis] for axis in axes_a)
    left = np.reshape(np.transpose(a, (*free_a, *axes_a)), (math.prod(shape_a), length))
    right = np.reshape(np.transpose(b, (*axes_b, *free_b)), (length, math.prod(shape_b)))
    return np.reshape(np.dot(left, right), (*shape_a, *shape_b))


def _contracted(axes: Any, shape_a: Shape, shape_b: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes summed over in ``np.tensordot``, for either operand."""
    if hasattr(axes, "__index__"):
        count = operator.index(axes)
        first, second = tuple(range(-count, 0)), tuple(range(count))
    else:
        first, second = (tuple(each) if isinstance(each, Sequence) else (each,) for each in axes)
    if len(first) != len(second) or any(shape_a[i] != shape_b[j] for i, j in zip(first, second, strict=True)):
        raise ValueError("shape-mismatch for sum")
    return tuple(axis % len(shape_a) for axis in first), tuple(axis % len(shape_b) for axis in second)


dot = Library(
    np.dot, methods=("dot",), shape=_dot_shape, vjp=_dot_vjp, jvp=bilinear(np.dot), batch=_dot_batch
)
matmul = Library(
    np.matmul, shape=_matmul_shape, vjp=_matmul_vjp, jvp=bilinear(np.matmul), batch=_matmul_batch
)
tensordot = Composite(np.tensordot, expand=_tensordot)


def _inner(a: Any, b: Any, /) -> Any:
    a, b = operand(a), operand(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(
            f"shapes {_listed(a.shape)} and {_listed(b.shape)} not aligned: "
            f"{a.shape[-1]} (dim {a.ndim - 1}) != {b.shape[-1]} (dim {b.ndim - 1})"
        )
    return _tensordot(a, b, (a.ndim - 1, b.ndim - 1)) if b.ndim > 1 else np.dot(a, b)


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse_out(out)
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


def _vdot(a: Any, b: Any, /) -> Any:
    a, b = np.reshape(a, -1), np.reshape(b, -1)
    if a.shape != b.shape:
        raise ValueError("cannot reshape: np.vdot takes arrays with the same number of elements")
    return np.dot(np.conjugate(a) if a.dtype.kind == "c" else a, b)


def _diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    a, offset = operand(a), operator.index(offset)
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    first, second = normalize_axis_index(axis1, a.ndim), normalize_axis_index(axis2, a.ndim)
    if first == second:
        raise ValueError("axis1 and axis2 cannot be the same")
    if first > second:
        first, second, offset = second, first, -offset
    rest = tuple(axis for axis in range(a.ndim) if axis not in (first, second))
    a = np.transpose(a, (*rest, first, second))
    rows, columns = a.shape[-2:]
    start = offset if offset >= 0 else -offset * columns
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    flat = np.reshape(a, (*a.shape[:-2], rows * columns))
    picked = flat[..., start : start + length * (columns + 1) : columns + 1][..., :length]
    return np.broadcast_to(picked, picked.shape)


def _trace(
    a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None
) -> Any:
    refuse_out(out)
    return np.sum(_diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


inner = Composite(np.inner, expand=_inner)
outer = Composite(np.outer, expand=_outer)
vdot = Composite(np.vdot, expand=_vdot)
diagonal = Composite(np.diagonal, methods=("diagonal",), expand=_diagonal)
trace = Composite(np.trace, methods=("trace",), expand=_trace)

# -- norms


def _vector_norm(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return np.sqrt(np.sum(_squared(x), axis=axis, keepdims=keepdims))
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    size = np.absolute(x)
    if ord == math.inf:
        return np.max(size, axis=axis, keepdims=keepdims, initial=0)
    if ord == -math.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    total = np.sum(np.power(size, ord), axis=axis, keepdims=keepdims)
    return np.power(total, 1 / ord)


def _matrix_norm(x: Any, ord: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    row, column = (normalize_axis_index(each, x.ndim) for each in axis)
    if row == column:
        raise ValueError("Duplicate axes given.")
    if ord is None or ord in ("fro", "f"):
        return np.sqrt(np.sum(_squared(x), axis=(row, column), keepdims=keepdims))
    if ord in (2, -2, "nuc"):
        return _spectral_norm(x, ord, (row, column), keepdims)
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError("Invalid norm order for matrices.")
    summed, picked = (row, column) if abs(ord) == 1 else (column, row)
    sums = np.sum(np.absolute(x), axis=summed, keepdims=True)
    if ord > 0:
        result = np.max(sums, axis=picked, keepdims=True, initial=0)
    else:
        result = np.min(sums, axis=picked, keepdims=True)
    if keepdims:
        return result
    return result[tuple(0 if place in (row, column) else slice(None) for place in range(x.ndim))]


def _spectral_norm(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    values = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)
    if ord == 2:
        result = np.max(values, axis=-1, initial=0)
    else:
        result = np.sum(values, axis=-1) if ord == "nuc" else np.min(values, axis=-1)
    return np.expand_dims(result, axes) if keepdims else result


def _squared(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.square(np.real(x)) + np.square(np.imag(x))
    return np.square(x)


LARGE = 1 << 16


def _is_large_argument(x: Any) -> bool:
    """Whether BLAS has all there is to do: a long array in one piece that nothing has been computed of."""
    node = getattr(traced(x), "node", None)
    if node is None or node.op.name != "input" or x.dtype.kind != "f" or x.dtype.itemsize < 4:
        return False
    return bool(math.prod(x.shape) >= LARGE and node.type.is_c_ordered)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = operand(x)
    if x.dtype.kind in "biu":
        x = x.astype(np.float64)
    if axis is None and ord is None:
        if not keepdims and _is_large_argument(x):
            flat = np.ravel(x)
            return np.sqrt(np.dot(flat, flat))
        return np.sqrt(np.sum(_squared(x), keepdims=keepdims))
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = axis if isinstance(axis, tuple) else (operator.index(axis),)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


norm = Composite(np.linalg.norm, expand=_norm)
