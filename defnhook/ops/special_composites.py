"""Functions of ``scipy.special`` written over other entries; loaded where SciPy is in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
from numpy.lib.array_utils import normalize_axis_tuple
from scipy.special import _ufuncs

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import held, operand, sample, traced

# -- exponentials, summed


def _exponentials(x: Any, axis: Any) -> tuple[Any, Any]:
    """e**x over its largest value, and the sum."""
    powers = np.exp(x - held(np.max(x, axis=axis, keepdims=True)))
    return powers, np.sum(powers, axis=axis, keepdims=True)


def _softmax(x: Any, axis: Any = None) -> Any:
    powers, total = _exponentials(operand(x), axis)
    return powers / total


def _log_softmax(x: Any, axis: Any = None) -> Any:
    x = operand(x)
    highest = held(np.max(x, axis=axis, keepdims=True))
    shifted = x - np.where(np.isfinite(highest), highest, 0).astype(highest.dtype)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _promoted(a: Any, b: Any) -> tuple[Any, Any]:
    """Both operands in the float dtype that they have in common, and in their common shape."""
    dtype = np.result_type(*[sample(each) for each in (a, b) if each is not None])
    dtype = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    if dtype.kind == "c":
        raise DefnTypeError("logsumexp() takes real numbers inside a marked function")
    a = operand(a).astype(dtype)
    if b is None:
        return np.atleast_1d(a), None
    b = operand(b).astype(dtype)
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.atleast_1d(np.broadcast_to(a, shape)), np.atleast_1d(np.broadcast_to(b, shape))


def _logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Any:
    a, b = _promoted(a, b)
    axes = tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)
    if 0 in a.shape:
        shape = tuple(1 if place in axes else extent for place, extent in enumerate(a.shape))
        total = np.full(shape, -np.inf, a.dtype, like=traced(a))
        sign = np.sign(total)
    elif b is None:
        total, sign = _log_of_sum(a, axes, return_sign)
    else:
        total, sign = _log_of_weighted_sum(a, b, axes, return_sign)
    results = [each if keepdims else np.squeeze(each, axis=axes) for each in (total, sign)]
    results = [each[()] if each.ndim == 0 else each for each in results]
    return tuple(results) if return_sign else results[0]


def _log_of_sum(a: Any, axes: tuple[int, ...], return_sign: Any) -> tuple[Any, Any]:
    """The largest are counted, not summed, so that what is small beside them is not lost."""
    highest = np.max(a, axis=axes, keepdims=True)
    is_highest = a == highest
    count = np.sum(is_highest, axis=axes, keepdims=True, dtype=a.dtype)
    rest = np.sum(np.where(is_highest, 0, np.exp(a - highest)), axis=axes, keepdims=True) / count
    total = np.where(np.isfinite(highest), np.log1p(rest) + np.log(count) + highest, highest)
    sign = np.where(highest > -np.inf, np.ones_like(total), 0)
    return total, np.where(np.isnan(total), total, sign)


def _log_of_weighted_sum(a: Any, b: Any, axes: tuple[int, ...], return_sign: Any) -> tuple[Any, Any]:
    plain = np.sum(b * np.exp(a), axis=axes, keepdims=True)
    a = np.where(b == 0, -np.inf, a).astype(a.dtype)
    highest = np.max(a, axis=axes, keepdims=True)
    is_highest = a == highest
    weight = np.sum(np.where(is_highest, b, 0), axis=axes, keepdims=True)
    others = np.sum(np.where(is_highest, 0, b * np.exp(a - highest)), axis=axes, keepdims=True)
    rest = np.where(others == 0, others, others / weight)
    sign = np.sign(rest + 1) * np.sign(weight)
    total = np.log1p(np.where(rest < -1, -rest - 2, rest)) + np.log(np.absolute(weight)) + highest
    if not return_sign:
        total = np.where(sign < 0, np.nan, total)
        return np.where(np.isfinite(total), total, np.log(plain)), sign
    finite = np.isfinite(total)
    return np.where(finite, total, np.log(np.absolute(plain))), np.where(finite, sign, np.sign(plain))


softmax = Composite(sp.softmax, expand=_softmax)
log_softmax = Composite(sp.log_softmax, expand=_log_softmax)
logsumexp = Composite(sp.logsumexp, expand=_logsumexp)

# -- counting


def _refuse_exact(name: str, *numbers: Any) -> None:
    if traced(*numbers) is not None:
        raise DefnTypeError(
            f"{name}() with exact=True gives Python integers of any size; leave it out inside a marked function"
        )


def _where_counted(n: Any, k: Any, count: Any) -> Any:
    """A count where there are as many to choose from, 0 elsewhere."""
    chosen = np.where((k <= n) & (n >= 0) & (k >= 0), count, 0)
    return chosen[()] if chosen.ndim == 0 else chosen


def _comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    if exact:
        _refuse_exact("comb", N, k)
        return sp.comb(N, k, exact=exact, repetition=repetition)
    n, k = operand(N), operand(k)
    if not repetition:
        return _where_counted(n, k, sp.binom(n, k))
    chosen = np.where((k == 0) & (n >= 0), 1, sp.binom(n + k - 1, k))
    return chosen[()] if chosen.ndim == 0 else chosen


def _perm(N: Any, k: Any, exact: Any = False) -> Any:
    if exact:
        _refuse_exact("perm", N, k)
        return sp.perm(N, k, exact=exact)
    n, k = operand(N), operand(k)
    return _where_counted(n, k, sp.poch(n - k + 1, k))


comb = Composite(sp.comb, expand=_comb)
perm = Composite(sp.perm, expand=_perm)

# -- derivatives of the logarithm of the gamma function


def _zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    return _ufuncs._riemann_zeta(x, out) if q is None else _ufuncs._zeta(x, q, out)


def _polygamma(n: Any, x: Any) -> Any:
    n, x = operand(n), operand(x)
    factor = (-1.0) ** (n + 1) * sp.gamma(n + 1.0)
    return np.where(n == 0, sp.psi(x), factor * _ufuncs._zeta(n + 1, x))


zeta = Composite(sp.zeta, expand=_zeta)
polygamma = Composite(sp.polygamma, expand=_polygamma)
