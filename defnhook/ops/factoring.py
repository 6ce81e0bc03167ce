"""Factorizations, determinants, inverses and solutions of linear systems: NumPy's own, with their derivatives.

Derivatives of what takes symmetric matrices are those with respect to symmetric matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Library, Stacks
from defnhook.ops.shaping import lined_up, sum_to
from defnhook.ops.steps import leave

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


def transposed(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def conj(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x


def hermitian(x: Any) -> Any:
    """The transposed matrix, of complex numbers conjugated."""
    return np.swapaxes(conj(x), -1, -2)


def conjugated(vjp: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
    """A rule for adjoints that are paired with tangents as vectors are, one of both conjugated.

    Adjoints of the table are multiplied by tangents as they are.
    """

    def rule(g: Any, r: Any, *operands: Any, **parameters: Any) -> tuple[Any, ...]:
        g = tuple(map(conj, g)) if isinstance(g, tuple) else conj(g)
        return tuple(map(conj, vjp(g, r, *operands, **parameters)))

    return rule


def eye_of(x: Any, extent: int) -> Any:
    return np.eye(extent, dtype=x.dtype)


def symmetric_part(x: Any) -> Any:
    return (x + hermitian(x)) / 2


# -- inverses and determinants


def _inv_jvp(tangents: tuple[Any], r: Any, a: Any) -> Any:
    return -(r @ tangents[0] @ r)


def _trace_of(x: Any) -> Any:
    return np.trace(x, axis1=-2, axis2=-1)


def _det_vjp(g: Any, r: Any, a: Any) -> tuple[Any]:
    return ((g * r)[..., None, None] * transposed(np.linalg.inv(a)),)


def _slogdet_vjp(g: tuple[Any, Any], r: tuple[Any, Any], a: Any) -> tuple[Any]:
    change = g[1] + 1j * np.imag(g[0] * r[0]) if a.dtype.kind == "c" else g[1]
    return (change[..., None, None] * transposed(np.linalg.inv(a)),)


def _slogdet_jvp(tangents: tuple[Any], r: tuple[Any, Any], a: Any) -> tuple[Any, Any]:
    change = _trace_of(np.linalg.inv(a) @ tangents[0])
    if a.dtype.kind == "c":
        return r[0] * (1j * np.imag(change)), np.real(change)
    return np.zeros_like(change), change


def _solve_vjp(g: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any]:
    vector = len(b.shape) == 1
    if vector:
        g, r = g[..., None], r[..., None]
    for_b = np.linalg.solve(transposed(a), g)
    for_a = -(for_b @ transposed(r))
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


def _solve_batch(mapped: tuple[bool, bool], a: Any, b: Any) -> Any:
    """Solutions for many matrices or right-hand sides; those of one matrix stand side by side."""
    vector = b.ndim - mapped[1] == 1
    if not mapped[0] and a.ndim == 2:
        beside = np.moveaxis(b, 0, -1)
        found = np.linalg.solve(a, np.reshape(beside, (beside.shape[0], math.prod(beside.shape[1:]))))
        return np.moveaxis(np.reshape(found, beside.shape), -1, 0)
    columns = b[..., None] if vector else b
    ndim = max(a.ndim - mapped[0], columns.ndim - mapped[1])
    found = np.linalg.solve(lined_up(a, mapped[0], ndim), lined_up(columns, mapped[1], ndim))
    return found[..., 0] if vector else found


inv = Library(
    np.linalg.inv,
    operands=("a",),
    shape=asked(np.linalg.inv),
    example=well(np.linalg.inv),
    vjp=lambda g, r, a: (-(transposed(r) @ g @ transposed(r)),),
    jvp=_inv_jvp,
    batch=Stacks(),
)
det = Library(
    np.linalg.det,
    operands=("a",),
    shape=asked(np.linalg.det),
    example=well(np.linalg.det),
    vjp=_det_vjp,
    jvp=lambda tangents, r, a: r * _trace_of(np.linalg.inv(a) @ tangents[0]),
    batch=Stacks(),
)
slogdet = Library(
    np.linalg.slogdet,
    operands=("a",),
    shape=asked(np.linalg.slogdet),
    example=well(np.linalg.slogdet),
    vjp=_slogdet_vjp,
    jvp=_slogdet_jvp,
    batch=Stacks(),
)
solve = Library(
    np.linalg.solve,
    operands=("a", "b"),
    shape=asked(np.linalg.solve),
    example=well(np.linalg.solve),
    vjp=_solve_vjp,
    jvp=_solve_jvp,
    batch=_solve_batch,
)
# -- Cholesky's factor and QR


def _lower_half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return np.tril(x) - x * eye_of(x, x.shape[-1]) / 2


@conjugated
def cholesky_vjp(g: Any, r: Any, a: Any, upper: bool = False) -> tuple[Any]:
    factor, g = (hermitian(r), hermitian(g)) if upper else (r, g)
    inner = symmetric_part(_lower_half(hermitian(factor) @ g))
    if factor.ndim == 2 and factor.dtype.kind == "f":
        from defnhook.ops.matrices import twice_divided

        return (leave(twice_divided, inner, factor),)
    half = _divided(factor, inner, adjoint=True)
    return (hermitian(_divided(factor, hermitian(half), adjoint=True)),)


def _divided(factor: Any, x: Any, adjoint: bool = False) -> Any:
    """The solution of a system with a lower triangular matrix, or with its adjoint."""
    if factor.ndim > 2:
        return np.linalg.solve(hermitian(factor) if adjoint else factor, x)
    from defnhook.ops.matrices import solve_triangular

    return leave(solve_triangular, factor, x, lower=True, trans=2 if adjoint else 0, check_finite=False)


def cholesky_jvp(tangents: tuple[Any], r: Any, a: Any, upper: bool = False) -> Any:
    factor = hermitian(r) if upper else r
    half = _divided(factor, tangents[0])
    change = factor @ _lower_half(_divided(factor, hermitian(half)))
    return hermitian(change) if upper else change


def _check_reduced(a: Any, mode: str) -> None:
    if mode != "reduced" or a.shape[-2] < a.shape[-1]:
        raise DefnTypeError(
            "np.linalg.qr has a derivative for mode='reduced' and at least as many rows as columns only"
        )


@conjugated
def _qr_vjp(g: tuple[Any, Any], result: tuple[Any, Any], a: Any, mode: str = "reduced") -> tuple[Any]:
    _check_reduced(a, mode)
    (gq, gr), (q, r) = g, result
    m = r @ hermitian(gr) - hermitian(gq) @ q
    below = np.tril(m, -1)
    mirrored = below + hermitian(below) + np.real(m) * eye_of(r, r.shape[-1])
    return (hermitian(np.linalg.solve(r, hermitian(gq + q @ mirrored))),)


def _qr_jvp(tangents: tuple[Any], result: tuple[Any, Any], a: Any, mode: str = "reduced") -> tuple[Any, Any]:
    _check_reduced(a, mode)
    q, r = result
    x = hermitian(np.linalg.solve(hermitian(r), hermitian(tangents[0])))
    inside = hermitian(q) @ x
    below = np.tril(inside, -1)
    turn = below - hermitian(below)
    if inside.dtype.kind == "c":
        turn = turn + 1j * np.imag(inside) * eye_of(r, r.shape[-1])
    return x + q @ (turn - inside), (inside - turn) @ r


cholesky = Library(
    np.linalg.cholesky,
    operands=("a",),
    parameters=("upper",),
    shape=asked(np.linalg.cholesky),
    example=well(np.linalg.cholesky),
    vjp=cholesky_vjp,
    jvp=cholesky_jvp,
    batch=Stacks(),
)
qr = Library(
    np.linalg.qr,
    operands=("a",),
    parameters=("mode",),
    shape=asked(np.linalg.qr),
    example=well(np.linalg.qr),
    vjp=_qr_vjp,
    jvp=_qr_jvp,
    batch=Stacks(),
)
