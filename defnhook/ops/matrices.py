"""Functions of ``scipy.linalg``; loaded where SciPy is in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from defnhook.errors import DefnTypeError
from defnhook.ops.factoring import well
from defnhook.ops.kinds import Composite, Library, NoGradient
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
    turned = _TRANSPOSED.get(trans, trans) != 0
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
    change = -((da if _TRANSPOSED.get(trans, trans) == 0 else _t(da)) @ _column(r, b))
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


def cholesky_factor(a: Any, *, lower: bool, check_finite: bool) -> Any:
    return sl.cho_factor(a, lower=lower, check_finite=check_finite)[0]


def cholesky_solution(c: Any, b: Any, *, lower: bool, check_finite: bool) -> Any:
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


_ROUTINE = ("lower", "check_finite")
factored = step(
    cholesky_factor,
    _factor_shape,
    "half of its result is not computed. Use np.linalg.cholesky instead.",
    parameters=_ROUTINE,
    example=well(cholesky_factor),
)
solved = step(
    cholesky_solution,
    _cholesky_shape,
    "half of its first operand is not read. Use np.linalg.solve instead.",
    parameters=_ROUTINE,
    example=well(cholesky_solution),
)


def _cho_factor(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    _refuse_overwriting("overwrite_a", overwrite_a)
    return leave(factored, operand(a), lower=lower, check_finite=check_finite), lower


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


lu = Library(
    sl.lu,
    operands=("a",),
    parameters=("permute_l", "overwrite_a", "check_finite", "p_indices"),
    shape=_lu_shape,
    example=well(sl.lu),
    vjp=NoGradient("it chooses a permutation. Differentiate np.linalg.qr or np.linalg.solve instead."),
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


toeplitz_solved = step(
    toeplitz_solution,
    _toeplitz_shape,
    "its derivative is not known. Use np.linalg.solve on the matrix instead.",
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
    """The exponential of [[a, da], [0, a]] holds its derivative along da."""
    above = np.concatenate([a, da], axis=-1)
    below = np.concatenate([np.zeros_like(a), a], axis=-1)
    return leave(expm, np.concatenate([above, below], axis=-2))[..., : a.shape[-2], a.shape[-1] :]


def _expm_vjp(g: Any, r: Any, A: Any) -> tuple[Any]:
    return (_change_of_exponential(_t(A), g),)


expm = Library(
    sl.expm,
    operands=("A",),
    shape=_expm_shape,
    vjp=_expm_vjp,
    jvp=lambda tangents, r, A: _change_of_exponential(A, tangents[0]),
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
