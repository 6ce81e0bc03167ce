"""Factorizations, determinants, inverses and solutions of linear systems: NumPy's own, with their derivatives.

Derivatives of what takes symmetric matrices are those with respect to symmetric matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Flat, Library, NoGradient
from defnhook.ops.shaping import sum_to

Shape = tuple[int, ...]


def asked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The shapes that NumPy says, or its error, for stacks without a matrix in them, which it does not compute."""

    def shape(first: Shape, *rest: Shape, **parameters: Any) -> Any:
        if len(first) < 2:
            return np.shape(function(*[np.broadcast_to(1.0, each) for each in (first, *rest)], **parameters))
        longest = max(map(len, (first, *rest)))
        stacks = [np.empty((0, *(1,) * (longest - len(first)), *first))]
        stacks += [np.empty((1,) * (longest + 1 - len(r)) * (len(r) > 1) + r) for r in rest]
        result = function(*stacks, **parameters)
        if isinstance(result, tuple):
            return tuple(np.shape(each)[1:] for each in result)
        return np.shape(result)[1:]

    return shape


def well(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose first operand is replaced by the identity, or as much of it as fits."""

    def example(first: Any, *rest: Any, **parameters: Any) -> Any:
        if np.ndim(first) > 1:
            first = first * np.eye(*np.shape(first)[-2:], dtype=first.dtype)
        return function(first, *rest, **parameters)

    return example


def _t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _eye(x: Any, extent: int) -> Any:
    return np.eye(extent, dtype=x.dtype)


def _symmetric(x: Any) -> Any:
    return (x + _t(x)) / 2


# -- inverses and determinants


def _inv_jvp(tangents: tuple[Any], r: Any, a: Any) -> Any:
    return -(r @ tangents[0] @ r)


def _trace_of(x: Any) -> Any:
    return np.trace(x, axis1=-2, axis2=-1)


def _det_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    return ((g * r)[..., None, None] * _t(np.linalg.inv(a)),)


def _slogdet_vjp(g: tuple[Any, Any], r: tuple[Any, Any], a: Any) -> tuple[Any]:
    return (g[1][..., None, None] * _t(np.linalg.inv(a)),)


def _slogdet_jvp(tangents: tuple[Any], r: tuple[Any, Any], a: Any) -> tuple[Any, Any]:
    change = _trace_of(np.linalg.inv(a) @ tangents[0])
    return np.zeros_like(change), change


def _solve_vjp(g: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any]:
    vector = len(b.shape) == 1
    if vector:
        g, r = g[..., None], r[..., None]
    for_b = np.linalg.solve(_t(a), g)
    for_a = -(for_b @ _t(r))
    return sum_to(for_a, a.shape), sum_to(for_b[..., 0] if vector else for_b, b.shape)


def _solve_jvp(tangents: tuple[Any, Any], r: Any, a: Any, b: Any) -> Any:
    da, db = tangents
    if da is None:
        return np.linalg.solve(a, db)
    vector = len(b.shape) == 1
    change = -(da @ (r[..., None] if vector else r))
    if db is not None:
        change = change + (db[..., None] if vector else db)
    moved = np.linalg.solve(a, change)
    return moved[..., 0] if vector else moved


def _pinv_jvp(tangents: tuple[Any], r: Any, a: Any, **_: Any) -> Any:
    da = _t(tangents[0])
    rows, columns = _eye(r, a.shape[-2]), _eye(r, a.shape[-1])
    return r @ _t(r) @ da @ (rows - a @ r) + (columns - r @ a) @ da @ _t(r) @ r - r @ _t(da) @ r


def _pinv_vjp(g: Any, r: Any, a: Any, **_: Any) -> tuple[Any]:
    rows, columns = _eye(r, a.shape[-2]), _eye(r, a.shape[-1])
    across, p = _t(g), _t(r)
    return ((rows - a @ r) @ across @ r @ p + p @ r @ across @ (columns - r @ a) - p @ g @ p,)


def _lstsq_shape(a: Shape, b: Shape, rcond: Any = None) -> tuple[Shape, ...]:
    columns = b if len(b) > 1 else (*b, 1)
    for shape in (a, columns):
        if len(shape) != 2:
            raise np.linalg.LinAlgError(
                f"{len(shape)}-dimensional array given. Array must be two-dimensional"
            )
    if a[0] != columns[0]:
        raise np.linalg.LinAlgError("Incompatible dimensions")
    residuals = columns[1:] if a[0] > a[1] else (0,)
    return (a[1], *b[1:]), residuals, (), (min(a),)


inv = Library(
    np.linalg.inv,
    operands=("a",),
    shape=asked(np.linalg.inv),
    example=well(np.linalg.inv),
    vjp=lambda g, r, a: (-(_t(r) @ g @ _t(r)),),
    jvp=_inv_jvp,
)
det = Library(
    np.linalg.det,
    operands=("a",),
    shape=asked(np.linalg.det),
    example=well(np.linalg.det),
    vjp=_det_vjp,
    jvp=lambda tangents, r, a: r * _trace_of(np.linalg.inv(a) @ tangents[0]),
)
slogdet = Library(
    np.linalg.slogdet,
    operands=("a",),
    shape=asked(np.linalg.slogdet),
    example=well(np.linalg.slogdet),
    vjp=_slogdet_vjp,
    jvp=_slogdet_jvp,
)
solve = Library(
    np.linalg.solve,
    operands=("a", "b"),
    shape=asked(np.linalg.solve),
    example=well(np.linalg.solve),
    vjp=_solve_vjp,
    jvp=_solve_jvp,
)
pinv = Library(
    np.linalg.pinv,
    operands=("a",),
    parameters=("rcond", "hermitian", "rtol"),
    numbers=("rcond", "rtol"),
    shape=asked(np.linalg.pinv),
    example=well(np.linalg.pinv),
    vjp=_pinv_vjp,
    jvp=_pinv_jvp,
)
lstsq = Library(
    np.linalg.lstsq,
    operands=("a", "b"),
    parameters=("rcond",),
    numbers=("rcond",),
    shape=_lstsq_shape,
    example=well(np.linalg.lstsq),
    varies=True,
    vjp=NoGradient("it decides on a rank. Differentiate np.linalg.pinv(a) @ b instead."),
)

# -- Cholesky's factor and QR


def _lower_half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return np.tril(x) - x * _eye(x, x.shape[-1]) / 2


def _cholesky_vjp(g: Any, r: Any, a: Any, upper: bool = False) -> tuple[Any]:
    factor, g = (_t(r), _t(g)) if upper else (r, g)
    inner = _lower_half(_t(factor) @ g)
    half = np.linalg.solve(_t(factor), inner)
    return (_symmetric(_t(np.linalg.solve(_t(factor), _t(half)))),)


def _cholesky_jvp(tangents: tuple[Any], r: Any, a: Any, upper: bool = False) -> Any:
    factor = _t(r) if upper else r
    half = np.linalg.solve(factor, tangents[0])
    change = factor @ _lower_half(np.linalg.solve(factor, _t(half)))
    return _t(change) if upper else change


def _check_reduced(a: Any, mode: str) -> None:
    if mode != "reduced" or a.shape[-2] < a.shape[-1]:
        raise DefnTypeError(
            "np.linalg.qr has a derivative for mode='reduced' and at least as many rows as columns only"
        )


def _qr_vjp(g: tuple[Any, Any], result: tuple[Any, Any], a: Any, mode: str = "reduced") -> tuple[Any]:
    _check_reduced(a, mode)
    (gq, gr), (q, r) = g, result
    m = r @ _t(gr) - _t(gq) @ q
    mirrored = np.tril(m) + _t(np.tril(m, -1))
    return (_t(np.linalg.solve(r, _t(gq + q @ mirrored))),)


def _qr_jvp(tangents: tuple[Any], result: tuple[Any, Any], a: Any, mode: str = "reduced") -> tuple[Any, Any]:
    _check_reduced(a, mode)
    q, r = result
    x = _t(np.linalg.solve(_t(r), _t(tangents[0])))
    inside = _t(q) @ x
    below = np.tril(inside, -1)
    turn = below - _t(below)
    return x + q @ (turn - inside), (inside - turn) @ r


cholesky = Library(
    np.linalg.cholesky,
    operands=("a",),
    parameters=("upper",),
    shape=asked(np.linalg.cholesky),
    example=well(np.linalg.cholesky),
    vjp=_cholesky_vjp,
    jvp=_cholesky_jvp,
)
qr = Library(
    np.linalg.qr,
    operands=("a",),
    parameters=("mode",),
    shape=asked(np.linalg.qr),
    example=well(np.linalg.qr),
    vjp=_qr_vjp,
    jvp=_qr_jvp,
)

# -- eigenvalues and singular values


def _gaps(values: Any) -> Any:
    """One over the difference of each value from each other, along the last two axes; 0 for itself."""
    same = _eye(values, values.shape[-1])
    return (1 - same) / (values[..., None, :] - values[..., :, None] + same)


def _eigh_vjp(g: tuple[Any, Any], r: tuple[Any, Any], a: Any, UPLO: Any = "L") -> tuple[Any]:
    (gw, gv), (w, v) = g, r
    inner = gw[..., None, :] * _eye(w, w.shape[-1]) + _gaps(w) * (_t(v) @ gv)
    return (_symmetric(v @ inner @ _t(v)),)


def _eigh_jvp(tangents: tuple[Any], r: tuple[Any, Any], a: Any, UPLO: Any = "L") -> tuple[Any, Any]:
    w, v = r
    inner = _t(v) @ tangents[0] @ v
    return np.diagonal(inner, axis1=-2, axis2=-1), v @ (_gaps(w) * inner)


def _eigvalsh_vjp(g: Any, r: Any, a: Any, UPLO: Any = "L") -> tuple[Any]:
    v = np.linalg.eigh(a, UPLO)[1]
    return ((v * g[..., None, :]) @ _t(v),)


def _eigvalsh_jvp(tangents: tuple[Any], r: Any, a: Any, UPLO: Any = "L") -> Any:
    v = np.linalg.eigh(a, UPLO)[1]
    return np.sum(v * (tangents[0] @ v), axis=-2)


def _narrow(a: Any, r: Any) -> Any:
    """The factors of a singular value decomposition, the second one turned back."""
    u, s, vh = r
    if u.shape[-1] != vh.shape[-2]:
        raise DefnTypeError(
            "np.linalg.svd of matrices that are not square has a derivative with full_matrices=False only"
        )
    return u, s, _t(vh)


def _values_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return ((u * g[..., None, :]) @ vh,)


def _values_jvp(tangents: tuple[Any], r: Any, a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.sum(_t(vh) * (_t(tangents[0]) @ u), axis=-2)


def _svd_vjp(g: Any, r: Any, a: Any, compute_uv: bool = True, **_: Any) -> tuple[Any]:
    if not compute_uv:
        return _values_vjp(g, r, a)
    u, s, v = _narrow(a, r)
    gu, gs, gv = g[0], g[1], _t(g[2])
    gaps, row = _gaps(np.square(s)), s[..., None, :]
    turned_u, turned_v = _t(u) @ gu, _t(v) @ gv
    inner = gaps * (turned_u - _t(turned_u)) * row + gs[..., None, :] * _eye(s, s.shape[-1])
    inner = inner + s[..., :, None] * (gaps * (turned_v - _t(turned_v)))
    beside_u, beside_v = (gu - u @ turned_u) / row, (gv - v @ turned_v) / row
    return ((u @ inner + beside_u) @ _t(v) + u @ _t(beside_v),)


def _svd_jvp(tangents: tuple[Any], r: Any, a: Any, compute_uv: bool = True, **_: Any) -> Any:
    if not compute_uv:
        return _values_jvp(tangents, r, a)
    u, s, v = _narrow(a, r)
    da = tangents[0]
    gaps, row, column = _gaps(np.square(s)), s[..., None, :], s[..., :, None]
    inner = _t(u) @ da @ v
    du = u @ (gaps * (inner * row + column * _t(inner))) + (da @ v - u @ inner) / row
    dv = v @ (gaps * (column * inner + _t(inner) * row)) + (_t(da) @ u - v @ _t(inner)) / row
    return du, np.diagonal(inner, axis1=-2, axis2=-1), _t(dv)


def _rank_shape(A: Shape, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Shape:
    return A[:-2]


def _of_elements(dtype: Any) -> str:
    return (
        "" if dtype.kind == "c" else "whether the result is complex depends on the elements of a real array"
    )


_EIG = NoGradient("eigenvalues of general matrices are complex. Differentiate np.linalg.eigh instead.")

eigh = Library(
    np.linalg.eigh,
    operands=("a",),
    parameters=("UPLO",),
    shape=asked(np.linalg.eigh),
    example=well(np.linalg.eigh),
    vjp=_eigh_vjp,
    jvp=_eigh_jvp,
)
eigvalsh = Library(
    np.linalg.eigvalsh,
    operands=("a",),
    parameters=("UPLO",),
    shape=asked(np.linalg.eigvalsh),
    example=well(np.linalg.eigvalsh),
    vjp=_eigvalsh_vjp,
    jvp=_eigvalsh_jvp,
)
eig = Library(
    np.linalg.eig,
    operands=("a",),
    shape=asked(np.linalg.eig),
    example=well(np.linalg.eig),
    unsettled=_of_elements,
    vjp=_EIG,
)
eigvals = Library(
    np.linalg.eigvals,
    operands=("a",),
    shape=asked(np.linalg.eigvals),
    example=well(np.linalg.eigvals),
    unsettled=_of_elements,
    vjp=_EIG,
)
svd = Library(
    np.linalg.svd,
    operands=("a",),
    parameters=("full_matrices", "compute_uv", "hermitian"),
    shape=asked(np.linalg.svd),
    example=well(np.linalg.svd),
    vjp=_svd_vjp,
    jvp=_svd_jvp,
)
svdvals = Library(
    np.linalg.svdvals,
    operands=("x",),
    shape=asked(np.linalg.svdvals),
    example=well(np.linalg.svdvals),
    vjp=_values_vjp,
    jvp=_values_jvp,
)
cond = Library(
    np.linalg.cond,
    operands=("x",),
    parameters=("p",),
    shape=asked(np.linalg.cond),
    example=well(np.linalg.cond),
    vjp=NoGradient("it measures how far a derivative can be trusted. Use np.linalg.svdvals instead."),
)
matrix_rank = Library(
    np.linalg.matrix_rank,
    operands=("A",),
    parameters=("tol", "hermitian", "rtol"),
    numbers=("tol", "rtol"),
    shape=_rank_shape,
    example=well(np.linalg.matrix_rank),
    vjp=Flat(),
)
