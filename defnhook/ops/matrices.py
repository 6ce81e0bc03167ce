"""Functions of ``scipy.linalg``; loaded where SciPy is in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from defnhook.errors import DefnTypeError
from defnhook.ops.factoring import cholesky_jvp, cholesky_vjp, conjugated, hermitian, symmetric_part, well
from defnhook.ops.kinds import Composite, Library, Stacks
from defnhook.ops.linear import product
from defnhook.ops.shaping import operand, sum_to, traced
from defnhook.ops.steps import leave, step

Shape = tuple[int, ...]


def _refuse_overwriting(name: str, value: Any) -> None:
    if value:
        raise DefnTypeError(
            f"{name}=True is not part of the defn language: what is left in the array is not known"
        )


def _t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _check_square(a: Shape) -> None:
    if len(a) < 2 or a[-1] != a[-2]:
        raise ValueError(f"expected square matrix, not an array of shape {a}")


def _check_single(**shapes: Shape) -> None:
    for name, shape in shapes.items():
        if len(shape) > 2:
            raise DefnTypeError(
                f"{name} is a stack of matrices; write a loop over them, or use np.linalg.solve"
            )


def _solved_shape(a: Shape, b: Shape) -> Shape:
    _check_square(a)
    core = min(len(b), 2)
    if a[-1] != b[-core]:
        raise ValueError(f"shapes of a {a} and b {b} are incompatible")
    return np.broadcast_shapes(a[:-2], b[:-core]) + b[-core:]


# -- triangular systems

_TRANSPOSED = {"N": 0, "T": 1, "C": 2}


def _triangular_shape(a: Shape, b: Shape, overwrite_b: bool = False, **_: Any) -> Shape:
    _refuse_overwriting("overwrite_b", overwrite_b)
    return _solved_shape(a, b)


def _column(x: Any, like: Any) -> Any:
    return x[..., None] if len(like.shape) == 1 else x


def _triangle(x: Any, lower: bool, unit_diagonal: bool) -> Any:
    return np.tril(x, -1 if unit_diagonal else 0) if lower else np.triu(x, 1 if unit_diagonal else 0)


def _triangular_vjp(g: Any, r: Any, a: Any, b: Any, **parameters: Any) -> tuple[Any, Any]:
    trans = parameters.get("trans", 0)
    trans = _TRANSPOSED.get(trans, trans)
    if trans == 2 and a.dtype.kind == "c":
        for_a, for_b = _triangular_vjp(g, r, np.conjugate(a), b, **(parameters | {"trans": 1}))
        return np.conjugate(for_a), for_b
    turned = trans != 0
    for_b = leave(solve_triangular, a, _column(g, b), **(parameters | {"trans": 0 if turned else 1}))
    r = _column(r, b)
    for_a = -(r @ _t(for_b)) if turned else -(for_b @ _t(r))
    for_a = _triangle(for_a, parameters.get("lower", False), parameters.get("unit_diagonal", False))
    return sum_to(for_a, a.shape), sum_to(for_b[..., 0] if len(b.shape) == 1 else for_b, b.shape)


def _triangular_jvp(tangents: tuple[Any, Any], r: Any, a: Any, b: Any, **parameters: Any) -> Any:
    da, db = tangents
    if da is None:
        return leave(solve_triangular, a, db, **parameters)
    trans = parameters.get("trans", 0)
    da = _triangle(da, parameters.get("lower", False), parameters.get("unit_diagonal", False))
    turned = {0: da, 1: _t(da), 2: hermitian(da)}[_TRANSPOSED.get(trans, trans)]
    change = -(turned @ _column(r, b))
    if db is not None:
        change = change + _column(db, b)
    moved = leave(solve_triangular, a, change, **parameters)
    return moved[..., 0] if len(b.shape) == 1 else moved


solve_triangular = Library(
    sl.solve_triangular,
    operands=("a", "b"),
    parameters=("trans", "lower", "unit_diagonal", "overwrite_b", "check_finite"),
    shape=_triangular_shape,
    example=well(sl.solve_triangular),
    vjp=_triangular_vjp,
    jvp=_triangular_jvp,
)

# -- Cholesky's factor and what it solves


def divided_twice(middle: Any, factor: Any) -> Any:
    """``L**-T M L**-1`` of a symmetric matrix and a lower triangular factor of real numbers.

    LAPACK's ``sygst`` takes an upper factor for that: both matrices are handed over with their order reversed. It
    reads and gives one triangle.
    """
    if not middle.size:
        return middle.copy()
    (reduce,) = sl.get_lapack_funcs(("sygst",), (middle, factor))
    reduced, _ = reduce(middle[::-1, ::-1], factor[::-1, ::-1], itype=1, lower=0)
    upper = reduced.T[::-1, ::-1]
    return np.where(np.tri(len(upper), k=-1, dtype=bool), upper.T, upper)


def _twice_vjp(g: Any, r: Any, middle: Any, factor: Any) -> tuple[Any, Any]:
    half = leave(solve_triangular, factor, symmetric_part(g), lower=True, check_finite=False)
    for_middle = leave(solve_triangular, factor, _t(half), lower=True, check_finite=False)
    return for_middle, -2 * np.tril(r @ _t(half))


def _twice_jvp(tangents: tuple[Any, Any], r: Any, middle: Any, factor: Any) -> Any:
    dm, dl = tangents
    total = None if dm is None else leave(twice_divided, symmetric_part(dm), factor)
    if dl is None:
        return total
    turned = leave(solve_triangular, factor, _t(np.tril(dl)), lower=True, trans=1, check_finite=False)
    change = -(turned @ r)
    change = change + _t(change)
    return change if total is None else total + change


def _twice_example(middle: Any, factor: Any) -> Any:
    lower = np.tril(factor, -1) / 8 + np.eye(len(factor), dtype=factor.dtype)
    return divided_twice(symmetric_part(middle), lower)


twice_divided = step(
    divided_twice,
    lambda middle, factor: middle,
    vjp=_twice_vjp,
    jvp=_twice_jvp,
    example=_twice_example,
)


def cholesky_factor(a: Any, *, lower: bool, check_finite: bool) -> Any:
    return sl.cho_factor(a, lower=lower, check_finite=check_finite)[0]


def cholesky_solution(c: Any, b: Any, *, lower: bool, check_finite: bool) -> Any:
    """The rows of a real factor are handed over as columns, which is what LAPACK wants, so that nothing is copied."""
    if c.dtype.kind == "f" and c.flags.c_contiguous:
        c, lower = c.T, not lower
    return sl.cho_solve((c, lower), b, check_finite=check_finite)


def _factor_shape(a: Shape, **_: Any) -> Shape:
    _check_single(a=a)
    if len(a) != 2:
        raise ValueError(f"Input array needs to be 2D but received a {len(a)}d-array.")
    if a[0] != a[1]:
        raise ValueError(f"Input array is expected to be square but has the shape: {a}.")
    return a


def _cholesky_shape(c: Shape, b: Shape, **_: Any) -> Shape:
    _check_single(c=c, b=b)
    if len(c) != 2 or c[0] != c[1]:
        raise ValueError("The factored matrix c is not square.")
    if not b or c[1] != b[0]:
        raise ValueError(f"incompatible dimensions ({c} and {b})")
    return b


def _halves(c: Any, lower: bool) -> Any:
    """The triangle that holds the factor."""
    return np.tril(c) if lower else np.triu(c)


def _factor_vjp(g: Any, r: Any, a: Any, *, lower: bool, check_finite: bool) -> Any:
    """The other triangle holds nothing that has a meaning."""
    return cholesky_vjp(_halves(g, lower), _halves(r, lower), a, upper=not lower)


def _factor_jvp(tangents: tuple[Any], r: Any, a: Any, *, lower: bool, check_finite: bool) -> Any:
    return cholesky_jvp(tangents, _halves(r, lower), a, upper=not lower)


def _matrix_change(c: Any, dc: Any, lower: bool) -> Any:
    """How the matrix moves with its factor."""
    factor, change = _halves(c, lower), _halves(dc, lower)
    half = change @ hermitian(factor) if lower else hermitian(change) @ factor
    return half + hermitian(half)


@conjugated
def _solution_vjp(g: Any, r: Any, c: Any, b: Any, *, lower: bool, check_finite: bool) -> tuple[Any, Any]:
    for_b = leave(solved, c, g, lower=lower, check_finite=False)
    left, right, factor = _column(for_b, b), _column(r, b), _halves(c, lower)
    turned = factor if lower else hermitian(factor)
    both = product(left, hermitian(right) @ turned) + product(right, hermitian(left) @ turned)
    return _halves(-(both if lower else hermitian(both)), lower), for_b


def _solution_jvp(
    tangents: tuple[Any, Any], r: Any, c: Any, b: Any, *, lower: bool, check_finite: bool
) -> Any:
    dc, db = tangents
    change = None if dc is None else -(_matrix_change(c, dc, lower) @ r)
    total = db if change is None else change if db is None else db + change
    return leave(solved, c, total, lower=lower, check_finite=False)


_ROUTINE = ("lower", "check_finite")
factored = step(
    cholesky_factor,
    _factor_shape,
    vjp=_factor_vjp,
    jvp=_factor_jvp,
    parameters=_ROUTINE,
    example=well(cholesky_factor),
)
solved = step(
    cholesky_solution,
    _cholesky_shape,
    vjp=_solution_vjp,
    jvp=_solution_jvp,
    parameters=_ROUTINE,
    example=well(cholesky_solution),
)


def _cho_factor(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    _refuse_overwriting("overwrite_a", overwrite_a)
    return leave(factored, np.atleast_2d(operand(a)), lower=lower, check_finite=check_finite), lower


def _cho_solve(c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    _refuse_overwriting("overwrite_b", overwrite_b)
    c, lower = c_and_lower
    return leave(solved, operand(c), operand(b), lower=lower, check_finite=check_finite)


cho_factor = Composite(sl.cho_factor, expand=_cho_factor)
cho_solve = Composite(sl.cho_solve, expand=_cho_solve)

# -- LU, and Toeplitz's matrices


def _lu_shape(
    a: Shape,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> tuple[Shape, ...]:
    _refuse_overwriting("overwrite_a", overwrite_a)
    if len(a) < 2:
        raise ValueError("The input array must be at least two-dimensional.")
    *stack, m, n = a
    factors = (*stack, m, min(m, n)), (*stack, min(m, n), n)
    if permute_l:
        return factors
    return ((*stack, m) if p_indices else (*stack, m, m), *factors)


def _whole_factors(a: Any) -> tuple[Any, Any, Any]:
    """The permutation and both factors, these filled up to square matrices with ones on the diagonal."""
    p, lower, upper = leave(lu, a)
    rows, columns = a.shape[-2:]
    return p, _squared(lower, rows, -1), _squared(upper, columns, -2)


def _squared(factor: Any, size: int, axis: int) -> Any:
    missing = size - factor.shape[axis]
    if not missing:
        return factor
    rest = np.eye(size, dtype=factor.dtype)
    rest = rest[:, size - missing :] if axis == -1 else rest[size - missing :]
    rest = np.broadcast_to(rest, (*factor.shape[:-2], *rest.shape))
    return np.concatenate([factor, rest], axis=axis)


def _filled(x: Any, size: int, axis: int) -> Any:
    """A matrix filled up with zeros."""
    missing = size - x.shape[axis]
    shape = (*x.shape[:-1], missing) if axis == -1 else (*x.shape[:-2], missing, x.shape[-1])
    return np.concatenate([x, np.zeros_like(x, shape=shape)], axis=axis) if missing else x


def _lu_jvp(tangents: tuple[Any], r: Any, a: Any, permute_l: bool = False, **_: Any) -> Any:
    p, lower, upper = _whole_factors(a)
    least = min(a.shape[-2:])
    half = np.linalg.solve(lower, _t(p) @ tangents[0])
    inner = _t(np.linalg.solve(_t(upper), _t(half)))
    dl, du = (lower @ np.tril(inner, -1))[..., :least], (np.triu(inner) @ upper)[..., :least, :]
    return (p @ dl, du) if permute_l else (None, dl, du)


def _lu_vjp(g: Any, r: Any, a: Any, permute_l: bool = False, **_: Any) -> tuple[Any]:
    p, lower, upper = _whole_factors(a)
    gl, gu = g[-2:]
    gl = _filled(_t(p) @ gl if permute_l else gl, a.shape[-1], -1)
    inner = np.tril(_t(lower) @ gl, -1) + np.triu(_filled(gu, a.shape[-2], -2) @ _t(upper))
    half = np.linalg.solve(_t(lower), inner)
    return (p @ _t(np.linalg.solve(upper, _t(half))),)


lu = Library(
    sl.lu,
    operands=("a",),
    parameters=("permute_l", "overwrite_a", "check_finite", "p_indices"),
    shape=_lu_shape,
    example=well(sl.lu),
    vjp=_lu_vjp,
    jvp=_lu_jvp,
    batch=Stacks(),
)


def toeplitz_solution(c: Any, r: Any, b: Any, *, check_finite: bool) -> Any:
    return sl.solve_toeplitz((c, r), b, check_finite=check_finite)


def _toeplitz_shape(c: Shape, r: Shape, b: Shape, **_: Any) -> Shape:
    if len(c) != 1 or len(r) != 1:
        raise DefnTypeError("solve_toeplitz() takes a column and a row of one axis inside a marked function")
    _check_single(b=b)
    if not b or not (c[0] == r[0] == b[0]):
        raise ValueError("Incompatible dimensions.")
    return b


def _toeplitz_example(c: Any, r: Any, b: Any, **parameters: Any) -> Any:
    first = np.arange(np.size(c)) == 0
    return toeplitz_solution(c * first, r * first, b, **parameters)


def _toeplitz(c: Any, r: Any) -> Any:
    """The matrix of a column and a row, the first element being that of the column."""
    place = np.arange(c.shape[0])
    return np.concatenate([r[:0:-1], c])[place[:, None] - place[None, :] + (c.shape[0] - 1)]


def _toeplitz_vjp(g: Any, r: Any, column: Any, row: Any, b: Any, *, check_finite: bool) -> tuple[Any, ...]:
    first = np.concatenate([column[:1], row[1:]])
    for_b = leave(toeplitz_solved, first, column, g, check_finite=check_finite)
    left, right = (np.reshape(each, (each.shape[0], -1)) for each in (for_b, r))
    size, place = column.shape[0], np.arange(column.shape[0])
    later = place[:, None] + place[None, :]
    sums = []
    for one, other in ((left, right), (right, left)):
        ahead = np.concatenate([one, np.zeros_like(one)])[later]
        sums.append(-np.sum(ahead * other[None], axis=(1, 2)))
    return sums[0], np.where(np.arange(size) == 0, 0, sums[1]), for_b


def _toeplitz_jvp(
    tangents: tuple[Any, ...], r: Any, column: Any, row: Any, b: Any, *, check_finite: bool
) -> Any:
    dc, dr, db = tangents
    change = np.zeros_like(r) if db is None else db
    if dc is not None or dr is not None:
        parts = (np.zeros_like(c) if d is None else d for c, d in ((column, dc), (row, dr)))
        change = change - _toeplitz(*parts) @ r
    return leave(toeplitz_solved, column, row, change, check_finite=check_finite)


toeplitz_solved = step(
    toeplitz_solution,
    _toeplitz_shape,
    vjp=_toeplitz_vjp,
    jvp=_toeplitz_jvp,
    parameters=("check_finite",),
    example=_toeplitz_example,
)


def _solve_toeplitz(c_or_cr: Any, b: Any, check_finite: Any = True) -> Any:
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, np.conjugate(c_or_cr))
    return leave(toeplitz_solved, operand(c), operand(r), operand(b), check_finite=check_finite)


solve_toeplitz = Composite(sl.solve_toeplitz, expand=_solve_toeplitz)

# -- exponentials and blocks


def _expm_shape(A: Shape) -> Shape:
    if len(A) < 2:
        if A in ((), (1,)):
            return (1, 1)
        raise np.linalg.LinAlgError("The input array must be at least two-dimensional")
    if A[-1] != A[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    return A


def _change_of_exponential(a: Any, da: Any) -> Any:
    """The exponential of [[a, da], [0, a]] holds its derivative along da; a number is a matrix of one element."""
    a, da = _matrix(a), _matrix(da)
    above = np.concatenate([a, da], axis=-1)
    below = np.concatenate([np.zeros_like(a), a], axis=-1)
    return leave(expm, np.concatenate([above, below], axis=-2))[..., : a.shape[-2], a.shape[-1] :]


def _expm_vjp(g: Any, r: Any, A: Any) -> tuple[Any]:
    return (np.reshape(_change_of_exponential(_t(_matrix(A)), g), tuple(A.shape)),)


expm = Library(
    sl.expm,
    operands=("A",),
    shape=_expm_shape,
    vjp=_expm_vjp,
    jvp=lambda tangents, r, A: _change_of_exponential(A, tangents[0]),
    batch=Stacks(),
)


def _matrix(x: Any) -> Any:
    x = operand(x)
    return np.reshape(x, (1,) * (2 - x.ndim) + tuple(x.shape)) if x.ndim < 2 else x


def _block_diag(*arrs: Any) -> Any:
    blocks = [_matrix(each) for each in arrs or ([],)]
    dtype = np.result_type(*[block.dtype for block in blocks])
    stack = np.broadcast_shapes(*[block.shape[:-2] for block in blocks])
    width, before, rows = sum(block.shape[-1] for block in blocks), 0, []
    like = traced(*blocks)
    for block in blocks:
        height, own = block.shape[-2:]
        body = np.broadcast_to(block.astype(dtype), (*stack, height, own))
        left = np.zeros((*stack, height, before), dtype, like=like)
        right = np.zeros((*stack, height, width - before - own), dtype, like=like)
        rows.append(np.concatenate([left, body, right], axis=-1))
        before += own
    return np.concatenate(rows, axis=-2)


block_diag = Composite(sl.block_diag, expand=_block_diag)
