"""Eigenvalues, singular values, and what is made of them: pseudoinverses, least squares and condition numbers.

Derivatives of what takes symmetric matrices are those with respect to symmetric matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.factoring import (
    asked,
    conj,
    conjugated,
    eye_of,
    hermitian,
    symmetric_part,
    transposed,
    well,
)
from defnhook.ops.kinds import Flat, Library, Stacks

Shape = tuple[int, ...]

# -- eigenvalues and singular values


def _gaps(values: Any) -> Any:
    """One over the difference of each value from each other, along the last two axes; 0 for itself."""
    same = eye_of(values, values.shape[-1])
    return (1 - same) / (values[..., None, :] - values[..., :, None] + same)


def _turned(values: Any, by: Any) -> Any:
    """What turns vectors, over the differences of their values: what is 0 stays so, also between equal values."""
    return np.where(by == 0, 0, _gaps(values) * by)


@conjugated
def _eigh_vjp(g: tuple[Any, Any], r: tuple[Any, Any], a: Any, UPLO: Any = "L") -> tuple[Any]:
    (gw, gv), (w, v) = g, r
    inner = gw[..., None, :] * eye_of(w, w.shape[-1]) + _turned(w, hermitian(v) @ gv)
    return (symmetric_part(v @ inner @ hermitian(v)),)


def _eigh_jvp(tangents: tuple[Any], r: tuple[Any, Any], a: Any, UPLO: Any = "L") -> tuple[Any, Any]:
    w, v = r
    inner = hermitian(v) @ tangents[0] @ v
    return np.real(np.diagonal(inner, axis1=-2, axis2=-1)), v @ _turned(w, inner)


@conjugated
def _eigvalsh_vjp(g: Any, r: Any, a: Any, UPLO: Any = "L") -> tuple[Any]:
    v = np.linalg.eigh(a, UPLO)[1]
    return ((v * g[..., None, :]) @ hermitian(v),)


def _eigvalsh_jvp(tangents: tuple[Any], r: Any, a: Any, UPLO: Any = "L") -> Any:
    v = np.linalg.eigh(a, UPLO)[1]
    return np.real(np.sum(conj(v) * (tangents[0] @ v), axis=-2))


def _narrow(a: Any, r: Any) -> Any:
    """The factors of a singular value decomposition, the second one turned back."""
    u, s, vh = r
    if u.shape[-1] != vh.shape[-2]:
        raise DefnTypeError(
            "np.linalg.svd of matrices that are not square has a derivative with full_matrices=False only"
        )
    return u, s, hermitian(vh)


@conjugated
def _values_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return ((u * g[..., None, :]) @ vh,)


def _values_jvp(tangents: tuple[Any], r: Any, a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.real(np.sum(hermitian(vh) * (transposed(tangents[0]) @ conj(u)), axis=-2))


def _svd_vjp(g: Any, r: Any, a: Any, compute_uv: bool = True, **_: Any) -> tuple[Any, ...]:
    return _factors_vjp(g, r, a) if compute_uv else _values_vjp(g, r, a)


@conjugated
def _factors_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    u, s, v = _narrow(a, r)
    gu, gs, gv = g[0], g[1], hermitian(g[2])
    squares, row, same = np.square(s), s[..., None, :], eye_of(s, s.shape[-1])
    turned_u, turned_v = hermitian(u) @ gu, hermitian(v) @ gv
    inner = _turned(squares, turned_u - hermitian(turned_u)) * row + gs[..., None, :] * same
    inner = inner + s[..., :, None] * _turned(squares, turned_v - hermitian(turned_v))
    if a.dtype.kind == "c":
        inner = inner + 1j * np.imag(turned_u) * same / row
    beside_u, beside_v = (gu - u @ turned_u) / row, (gv - v @ turned_v) / row
    return ((u @ inner + beside_u) @ hermitian(v) + u @ hermitian(beside_v),)


def _svd_jvp(tangents: tuple[Any], r: Any, a: Any, compute_uv: bool = True, **_: Any) -> Any:
    if not compute_uv:
        return _values_jvp(tangents, r, a)
    u, s, v = _narrow(a, r)
    da = tangents[0]
    squares, row, column = np.square(s), s[..., None, :], s[..., :, None]
    inner = hermitian(u) @ da @ v
    across = hermitian(inner)
    turn_u = _turned(squares, inner * row + column * across)
    if a.dtype.kind == "c":
        turn_u = turn_u + 1j * np.imag(inner) * eye_of(s, s.shape[-1]) / row
    du = u @ turn_u + (da @ v - u @ inner) / row
    dv = v @ _turned(squares, column * inner + across * row) + (hermitian(da) @ u - v @ across) / row
    return du, np.real(np.diagonal(inner, axis1=-2, axis2=-1)), hermitian(dv)


# -- eigenvalues of general matrices; vectors have the length 1 and a real number as their largest


def _largest(v: Any) -> Any:
    """Where the largest number of each vector is, as a mask of the matrix of vectors."""
    size = np.absolute(v)
    place = np.argmax(size, axis=-2, keepdims=True)
    return np.reshape(np.arange(v.shape[-2]), (-1, 1)) == place


def _eig_jvp(tangents: tuple[Any], r: tuple[Any, Any], a: Any) -> tuple[Any, Any]:
    w, v = r
    inner = np.linalg.solve(v, tangents[0] @ v)
    dv = v @ (_gaps(w) * inner)
    longer = np.sum(np.real(conj(v) * dv), axis=-2, keepdims=True)
    turned = np.sum(np.where(_largest(v), np.imag(dv / np.where(v == 0, 1, v)), 0), axis=-2, keepdims=True)
    return np.diagonal(inner, axis1=-2, axis2=-1), dv - v * (longer + 1j * turned)


@conjugated
def _eig_vjp(g: tuple[Any, Any], r: tuple[Any, Any], a: Any) -> tuple[Any]:
    (gw, gv), (w, v) = g, r
    longer = np.sum(np.real(conj(v) * gv), axis=-2, keepdims=True)
    turned = np.sum(np.imag(conj(v) * gv), axis=-2, keepdims=True)
    gv = gv - v * longer - np.where(_largest(v), 1j * turned / np.where(v == 0, 1, conj(v)), 0)
    inner = gw[..., None, :] * eye_of(w, w.shape[-1]) + conj(_gaps(w)) * (hermitian(v) @ gv)
    return (np.linalg.solve(hermitian(v), inner @ hermitian(v)),)


def _eigvals_jvp(tangents: tuple[Any], r: Any, a: Any) -> Any:
    v = np.linalg.eig(a)[1]
    return np.diagonal(np.linalg.solve(v, tangents[0] @ v), axis1=-2, axis2=-1)


def _eigvals_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    v = np.linalg.eig(a)[1]
    return (transposed(v * g[..., None, :] @ np.linalg.inv(v)),)


# -- condition numbers

_RATIOS = {None: (0, -1), 2: (0, -1), -2: (-1, 0)}


def _check_ratio(p: Any) -> None:
    if p not in _RATIOS:
        raise DefnTypeError(
            f"np.linalg.cond with p={p!r} has no derivative; write np.linalg.norm(x, p) * "
            "np.linalg.norm(np.linalg.inv(x), p)"
        )


def _cond_jvp(tangents: tuple[Any], r: Any, x: Any, p: Any = None) -> Any:
    _check_ratio(p)
    above, below = _RATIOS[p]
    values = np.linalg.svdvals(x)
    change = _values_jvp(tangents, values, x) / values
    return r * (change[..., above] - change[..., below])


def _cond_vjp(g: Any, r: Any, x: Any, p: Any = None) -> tuple[Any]:
    _check_ratio(p)
    above, below = _RATIOS[p]
    values = np.linalg.svdvals(x)
    places = np.arange(values.shape[-1])
    signs = 1.0 * (places == above % places.size) - 1.0 * (places == below % places.size)
    return _values_vjp((g * r)[..., None] * signs.astype(values.dtype) / values, values, x)


def _rank_shape(A: Shape, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Shape:
    return A[:-2]


def _of_elements(dtype: Any) -> str:
    return (
        "" if dtype.kind == "c" else "whether the result is complex depends on the elements of a real array"
    )


# -- pseudoinverses and least squares


def _pinv_jvp(tangents: tuple[Any], r: Any, a: Any, **_: Any) -> Any:
    da, p = hermitian(tangents[0]), hermitian(r)
    rows, columns = eye_of(r, a.shape[-2]), eye_of(r, a.shape[-1])
    return r @ p @ da @ (rows - a @ r) + (columns - r @ a) @ da @ p @ r - r @ tangents[0] @ r


def _pinv_back(g: Any, r: Any, a: Any, **_: Any) -> tuple[Any]:
    rows, columns = eye_of(r, a.shape[-2]), eye_of(r, a.shape[-1])
    across, p = hermitian(g), hermitian(r)
    return ((rows - a @ r) @ across @ r @ p + p @ r @ across @ (columns - r @ a) - p @ g @ p,)


def _inverse_of(a: Any, rcond: Any) -> Any:
    """The inverse that np.linalg.lstsq applies."""
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape)
    return np.linalg.pinv(a, rcond)


def _left_over(r: Any, a: Any, b: Any) -> Any:
    """What the solution leaves of the right side, where NumPy gives the sum of its squares."""
    return b - a @ r[0] if tuple(r[1].shape) == tuple(b.shape[1:] or (1,)) else None


@conjugated
def _lstsq_vjp(g: tuple[Any, ...], r: tuple[Any, ...], a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any]:
    inverse, single = _inverse_of(a, rcond), b.ndim == 1
    solution, right = (each[:, None] if single else each for each in (r[0], b))
    gx = g[0][:, None] if single else g[0]
    (for_a,) = _pinv_back(gx @ hermitian(right), inverse, a)
    for_b = hermitian(inverse) @ gx
    rest = _left_over(r, a, b)
    if rest is not None:
        pulled = 2 * (rest[:, None] if single else rest) * g[1]
        for_a, for_b = for_a - pulled @ hermitian(solution), for_b + pulled
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return for_a + (u * g[3]) @ vh, for_b[:, 0] if single else for_b


def _lstsq_jvp(
    tangents: tuple[Any, Any], r: tuple[Any, ...], a: Any, b: Any, rcond: Any = None
) -> tuple[Any, ...]:
    da, db = tangents
    rest, moved = _left_over(r, a, b), np.zeros_like(b) if db is None else db
    inverse = _inverse_of(a, rcond)
    dx = inverse @ moved
    sizes = np.zeros_like(r[3])
    if da is not None:
        dx, moved = dx + _pinv_jvp((da,), inverse, a) @ b, moved - da @ r[0]
        sizes = _values_jvp((da,), r[3], a)
    if rest is None:
        squares = np.zeros_like(r[1])
    else:
        squares = np.reshape(2 * np.sum(np.real(conj(rest) * moved), axis=0), r[1].shape)
    return dx, squares, None, sizes


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


# -- the entries

eigh = Library(
    np.linalg.eigh,
    operands=("a",),
    parameters=("UPLO",),
    shape=asked(np.linalg.eigh),
    example=well(np.linalg.eigh),
    vjp=_eigh_vjp,
    jvp=_eigh_jvp,
    batch=Stacks(),
)
eigvalsh = Library(
    np.linalg.eigvalsh,
    operands=("a",),
    parameters=("UPLO",),
    shape=asked(np.linalg.eigvalsh),
    example=well(np.linalg.eigvalsh),
    vjp=_eigvalsh_vjp,
    jvp=_eigvalsh_jvp,
    batch=Stacks(),
)
eig = Library(
    np.linalg.eig,
    operands=("a",),
    shape=asked(np.linalg.eig),
    example=well(np.linalg.eig),
    unsettled=_of_elements,
    vjp=_eig_vjp,
    jvp=_eig_jvp,
    batch=Stacks(),
)
eigvals = Library(
    np.linalg.eigvals,
    operands=("a",),
    shape=asked(np.linalg.eigvals),
    example=well(np.linalg.eigvals),
    unsettled=_of_elements,
    vjp=_eigvals_vjp,
    jvp=_eigvals_jvp,
    batch=Stacks(),
)
svd = Library(
    np.linalg.svd,
    operands=("a",),
    parameters=("full_matrices", "compute_uv", "hermitian"),
    shape=asked(np.linalg.svd),
    example=well(np.linalg.svd),
    vjp=_svd_vjp,
    jvp=_svd_jvp,
    batch=Stacks(),
)
svdvals = Library(
    np.linalg.svdvals,
    operands=("x",),
    shape=asked(np.linalg.svdvals),
    example=well(np.linalg.svdvals),
    vjp=_values_vjp,
    jvp=_values_jvp,
    batch=Stacks(),
)
cond = Library(
    np.linalg.cond,
    operands=("x",),
    parameters=("p",),
    shape=asked(np.linalg.cond),
    example=well(np.linalg.cond),
    vjp=_cond_vjp,
    jvp=_cond_jvp,
    batch=Stacks(),
)
matrix_rank = Library(
    np.linalg.matrix_rank,
    operands=("A",),
    parameters=("tol", "hermitian", "rtol"),
    numbers=("tol", "rtol"),
    shape=_rank_shape,
    example=well(np.linalg.matrix_rank),
    vjp=Flat(),
    batch=Stacks(),
)
pinv = Library(
    np.linalg.pinv,
    operands=("a",),
    parameters=("rcond", "hermitian", "rtol"),
    numbers=("rcond", "rtol"),
    shape=asked(np.linalg.pinv),
    example=well(np.linalg.pinv),
    vjp=conjugated(_pinv_back),
    jvp=_pinv_jvp,
    batch=Stacks(),
)
lstsq = Library(
    np.linalg.lstsq,
    operands=("a", "b"),
    parameters=("rcond",),
    numbers=("rcond",),
    shape=_lstsq_shape,
    example=well(np.linalg.lstsq),
    varies=True,
    vjp=_lstsq_vjp,
    jvp=_lstsq_jvp,
)
