"""Names of ``numpy.linalg`` with parameters of their own, and what is made of products and factorizations."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import folding_dtype, operand, refuse_keyword, refuse_out

# -- powers, chains and tensors


def _check_square(a: Any) -> None:
    if a.ndim < 2:
        raise np.linalg.LinAlgError(
            f"{a.ndim}-dimensional array given. Array must be at least two-dimensional"
        )
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")


def _matrix_power(a: Any, n: Any) -> Any:
    a = operand(a)
    _check_square(a)
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError("exponent must be an integer") from None
    if n == 0:
        ones = np.eye(a.shape[-1], dtype=a.dtype)
        return np.zeros_like(a) + ones if a.dtype.kind != "b" else np.zeros_like(a) | ones
    base = np.linalg.inv(a) if n < 0 else a
    return _repeated(base, abs(n))


def _repeated(base: Any, n: int) -> Any:
    if n == 3:
        return np.matmul(np.matmul(base, base), base)
    square, result = base, None
    while True:
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else np.matmul(result, square)
        if not n:
            return result
        square = np.matmul(square, square)


def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    refuse_out(out)
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    arrays = [operand(a) for a in arrays]
    if len(arrays) == 2:
        return np.dot(*arrays)
    row, column = arrays[0].ndim == 1, arrays[-1].ndim == 1
    if row:
        arrays[0] = arrays[0][None, :]
    if column:
        arrays[-1] = arrays[-1][:, None]
    for a in arrays:
        if a.ndim != 2:
            raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    result = _chained(arrays, _cheapest([a.shape[0] for a in arrays] + [arrays[-1].shape[1]]))
    if row and column:
        return result[0, 0]
    return np.reshape(result, -1) if row or column else result


Tree = int | tuple["Tree", "Tree"]


def _cheapest(extents: Sequence[int]) -> Tree:
    """The order of the products of a chain of matrices with the fewest multiplications."""
    count = len(extents) - 1
    best: dict[tuple[int, int], tuple[int, Tree]] = {(i, i): (0, i) for i in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            choices = [
                (
                    best[i, k][0] + best[k + 1, j][0] + extents[i] * extents[k + 1] * extents[j + 1],
                    (best[i, k][1], best[k + 1, j][1]),
                )
                for k in range(i, j)
            ]
            best[i, j] = min(choices, key=operator.itemgetter(0))
    return best[0, count - 1][1]


def _chained(arrays: Sequence[Any], tree: Tree) -> Any:
    if isinstance(tree, int):
        return arrays[tree]
    return np.dot(_chained(arrays, tree[0]), _chained(arrays, tree[1]))


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = operand(a), operand(b)
    kept = list(range(a.ndim))
    for axis in () if axes is None else axes:
        kept.remove(axis)
        kept.append(axis)
    a = np.transpose(a, kept)
    shape = a.shape[-(a.ndim - b.ndim) :]
    count = math.prod(shape)
    if math.prod(a.shape) != count**2:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (count, count)), np.reshape(b, -1)), shape)


def _tensorinv(a: Any, ind: Any = 2) -> Any:
    a, ind = operand(a), operator.index(ind)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rows = math.prod(a.shape[ind:])
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), a.shape[ind:] + a.shape[:ind])


def _kron(a: Any, b: Any) -> Any:
    a, b = operand(a), operand(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    count = max(a.ndim, b.ndim)
    rows = (1,) * (count - a.ndim) + tuple(a.shape)
    columns = (1,) * (count - b.ndim) + tuple(b.shape)
    left = np.reshape(a, [extent for n in rows for extent in (n, 1)])
    right = np.reshape(b, [extent for n in columns for extent in (1, n)])
    return np.reshape(np.multiply(left, right), [n * m for n, m in zip(rows, columns, strict=True)])


matrix_power = Composite(np.linalg.matrix_power, expand=_matrix_power)
multi_dot = Composite(np.linalg.multi_dot, expand=_multi_dot)
tensorsolve = Composite(np.linalg.tensorsolve, expand=_tensorsolve)
tensorinv = Composite(np.linalg.tensorinv, expand=_tensorinv)
kron = Composite(np.kron, expand=_kron)

# -- cross products


def _cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = operand(a), operand(b)
    if not a.ndim or not b.ndim:
        raise ValueError("At least one array has zero dimension")
    a = np.moveaxis(a, normalize_axis_index(axisa, a.ndim), -1)
    b = np.moveaxis(b, normalize_axis_index(axisb, b.ndim), -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    dtype = np.promote_types(a.dtype, b.dtype)
    a, b = ([x.astype(dtype)[..., i] for i in range(x.shape[-1])] for x in (a, b))
    third = a[0] * b[1] - a[1] * b[0]
    if len(a) == len(b) == 2:
        return third
    axisc = normalize_axis_index(axisc, third.ndim + 1)
    return np.moveaxis(np.stack([_crossed(a, b, 1, 2), _crossed(a, b, 2, 0), third], axis=-1), -1, axisc)


def _crossed(a: Sequence[Any], b: Sequence[Any], i: int, j: int) -> Any:
    """``a[i] * b[j] - a[j] * b[i]``, what is not there being zero."""
    forth: Any = a[i] * b[j] if i < len(a) and j < len(b) else None
    back: Any = a[j] * b[i] if j < len(a) and i < len(b) else None
    if forth is None:
        return -back
    return forth if back is None else forth - back


def _cross_of_three(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    x1, x2 = operand(x1), operand(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, "
            f"but they are {x1.shape[axis]} and {x2.shape[axis]} dimensional instead."
        )
    return np.cross(x1, x2, axis=axis)


cross = Composite(np.cross, expand=_cross)
linalg_cross = Composite(np.linalg.cross, expand=_cross_of_three)

# -- products of vectors and matrices along their last axes


def _refuse_rest(rest: dict[str, Any]) -> None:
    defaults = {
        "out": None,
        "axes": np._NoValue,
        "casting": "same_kind",
        "order": "K",
        "subok": True,
        "signature": None,
    }
    for name in rest.keys() & defaults.keys():
        refuse_keyword(name, rest[name], (defaults[name],), "Leave it out.")
    for name in rest.keys() - defaults.keys():
        raise TypeError(f"got an unexpected keyword argument {name!r}")


def _wide(x: Any, dtype: Any) -> Any:
    x = operand(x)
    if dtype is None:
        return x
    np.multiply(
        np.zeros(0, x.dtype), np.zeros(0, x.dtype), dtype=dtype
    )  # raises where NumPy casts no further
    return x.astype(dtype)


def _vecdot(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    axis: Any = -1,
    dtype: Any = None,
    keepdims: Any = False,
    **rest: Any,
) -> Any:
    _refuse_rest({"out": out, **rest})
    x1, x2 = _wide(x1, dtype), _wide(x2, dtype)
    axis = -1 if axis is np._NoValue else axis
    for place, x in enumerate((x1, x2)):
        if not x.ndim:
            raise ValueError(
                f"vecdot: Input operand {place} does not have enough dimensions (has 0, requires 1)"
            )
    x1, x2 = (np.moveaxis(x, normalize_axis_index(axis, x.ndim), -1) for x in (x1, x2))
    if x1.shape[-1] != x2.shape[-1]:
        raise ValueError("vecdot: Input operand 1 has a mismatch in its core dimension 0")
    common = np.result_type(x1.dtype, x2.dtype)
    x1, x2 = (x.astype(folding_dtype(common), copy=False) for x in (x1, x2))
    products = np.multiply(np.conjugate(x1) if x1.dtype.kind == "c" else x1, x2)
    if products.dtype.kind == "b":
        result = np.any(products, axis=-1)
    else:
        result = np.sum(products, axis=-1, dtype=products.dtype).astype(common, copy=False)
    return np.expand_dims(result, axis) if keepdims is True else result


def _matvec(x1: Any, x2: Any, /, out: Any = None, *, dtype: Any = None, **rest: Any) -> Any:
    _refuse_rest({"out": out, **rest})
    x1, x2 = _wide(x1, dtype), _wide(x2, dtype)
    if x1.ndim < 2 or not x2.ndim:
        raise ValueError("matvec: an input operand does not have enough dimensions")
    return np.matmul(x1, x2) if x2.ndim == 1 else np.matmul(x1, x2[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /, out: Any = None, *, dtype: Any = None, **rest: Any) -> Any:
    _refuse_rest({"out": out, **rest})
    x1, x2 = _wide(x1, dtype), _wide(x2, dtype)
    if not x1.ndim or x2.ndim < 2:
        raise ValueError("vecmat: an input operand does not have enough dimensions")
    row = np.conjugate(x1) if x1.dtype.kind == "c" else x1
    return np.matmul(row, x2) if row.ndim == 1 else np.matmul(row[..., None, :], x2)[..., 0, :]


def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    return _vecdot(x1, x2, axis=axis)


vecdot = Composite(np.vecdot, expand=_vecdot)
linalg_vecdot = Composite(np.linalg.vecdot, expand=_linalg_vecdot)
if hasattr(np, "matvec"):  # from NumPy 2.2 on
    matvec = Composite(np.matvec, expand=_matvec)
    vecmat = Composite(np.vecmat, expand=_vecmat)

# -- the same under the names of the Array API


def _matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


def _outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = operand(x1), operand(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(
            f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}."
        )
    return np.outer(x1, x2)


def _tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes=axes)


def _diagonal(x: Any, /, *, offset: Any = 0) -> Any:
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


def _trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)


def _matrix_transpose(x: Any, /) -> Any:
    x = operand(x)
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return np.swapaxes(x, -1, -2)


def _matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, axis=(-2, -1), keepdims=keepdims, ord=ord)


def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    x = operand(x)
    if axis is None:
        result = np.linalg.norm(np.reshape(x, -1), axis=0, ord=ord)
        folded: tuple[int, ...] = tuple(range(x.ndim))
    elif isinstance(axis, tuple):
        folded = normalize_axis_tuple(axis, x.ndim)
        rest = tuple(place for place in range(x.ndim) if place not in folded)
        shape = (math.prod(x.shape[i] for i in folded), *(x.shape[i] for i in rest))
        result = np.linalg.norm(np.reshape(np.transpose(x, axis + rest), shape), axis=0, ord=ord)
    else:
        folded = (normalize_axis_index(axis, x.ndim),)
        result = np.linalg.norm(x, axis=axis, ord=ord)
    return np.expand_dims(result, folded) if keepdims else result


matrix_norm = Composite(np.linalg.matrix_norm, expand=_matrix_norm)
vector_norm = Composite(np.linalg.vector_norm, expand=_vector_norm)
linalg_matmul = Composite(np.linalg.matmul, expand=_matmul)
linalg_outer = Composite(np.linalg.outer, expand=_outer)
linalg_tensordot = Composite(np.linalg.tensordot, expand=_tensordot)
linalg_diagonal = Composite(np.linalg.diagonal, expand=_diagonal)
linalg_trace = Composite(np.linalg.trace, expand=_trace)
linalg_matrix_transpose = Composite(np.linalg.matrix_transpose, expand=_matrix_transpose)
