"""The normal distribution and its quantiles.

The distribution is half of erfc(-x / sqrt 2). Where that is steep, the rounding error of the quotient is made good:
erfc(z + d) = erfc(z) (1 - d (z + sqrt(z**2 + 3/2))), nearly, for z >= 1/2 and a small d.

The quantiles are those of M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution,
Applied Statistics 37 (1988), routine PPND16: rational functions of q**2 where q = p - 1/2 is at most 0.425, of the
root of -log p beyond. The functions of float32 work in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.error_functions import erfc_f64, erfc_roughly_f64
from defnhook.emit.vector_math.logarithm import log1p_f64, log_f64


def ndtr_f64(x: Any) -> Any:
    """The share of a normal distribution below x."""
    x = np.float64(-39.0) if x < -39.0 else x
    x = np.float64(39.0) if x > 39.0 else x
    head = np.int64(np.float64(x).view(np.int64) & -0x8000000).view(np.float64)
    rest = x - head
    z_head = np.int64(np.float64(x * -0.7071067811865476).view(np.int64) & -0x8000000).view(np.float64)
    # 1 / sqrt 2 is 0.7071067690849304 (24 bits) + 1.210161710447897e-08.
    z_rest = ((head * -0.7071067690849304 - z_head) - rest * 0.7071067690849304) - x * 1.210161710447897e-08
    z = z_head + z_rest
    lost = (z_head - z) + z_rest
    steep = (z > 0.5) & (z < 30.0)
    bounded = z if steep else np.float64(1.0)
    growth = bounded + np.sqrt(bounded * bounded + 1.5)
    value = 0.5 * erfc_f64(z)
    return value - value * (lost * growth) if steep else value


def ndtr_f32(x: Any) -> Any:
    """The share of a normal distribution below x."""
    return np.float32(0.5 * erfc_roughly_f64(np.float64(x) * -0.7071067811865476))


def log_ndtr_f64(x: Any) -> Any:
    """The logarithm of ndtr; below -37 by the asymptotic series of erfc."""
    near = x > -1.0
    far = x < -37.0
    share = ndtr_f64(-x if near else x)
    v = 1.0 / (x * x if far else np.float64(1369.0))
    u = -945.0
    u = u * v + 105.0
    u = u * v - 15.0
    u = u * v + 3.0
    u = u * v - 1.0
    first = log_f64(-x if far else share)
    second = log1p_f64(u * v if far else -share)
    beyond = (second - 0.5 * x * x) - (first + 0.9189385332046727)
    below = beyond if far else first
    return second if near else below


def log_ndtr_f32(x: Any) -> Any:
    """The logarithm of ndtr."""
    return np.float32(log_ndtr_f64(np.float64(x)))


def quantile_f64(q: Any, p: Any) -> Any:
    """The size of the quantile of p, the lesser of two shares, where q = 1/2 - p."""
    near = q <= 0.425
    s = 0.180625 - q * q
    inside = p if p > 0.0 else np.float64(0.5)
    root = np.sqrt(-log_f64(inside))
    r = root - 1.6
    far = root > 5.0
    t = root - 5.0
    a = 2509.0809287301227
    a = a * s + 33430.57558358813
    a = a * s + 67265.7709270087
    a = a * s + 45921.95393154987
    a = a * s + 13731.69376550946
    a = a * s + 1971.5909503065513
    a = a * s + 133.14166789178438
    a = a * s + 3.3871328727963665
    b = 5226.495278852854
    b = b * s + 28729.085735721943
    b = b * s + 39307.89580009271
    b = b * s + 21213.794301586597
    b = b * s + 5394.196021424751
    b = b * s + 687.1870074920579
    b = b * s + 42.31333070160091
    b = b * s + 1.0
    c = 0.0007745450142783414
    c = c * r + 0.022723844989269184
    c = c * r + 0.2417807251774506
    c = c * r + 1.2704582524523684
    c = c * r + 3.6478483247632045
    c = c * r + 5.769497221460691
    c = c * r + 4.630337846156546
    c = c * r + 1.4234371107496835
    d = 1.0507500716444169e-09
    d = d * r + 0.0005475938084995345
    d = d * r + 0.015198666563616457
    d = d * r + 0.14810397642748008
    d = d * r + 0.6897673349851
    d = d * r + 1.6763848301838038
    d = d * r + 2.053191626637759
    d = d * r + 1.0
    e = 2.0103343992922881e-07
    e = e * t + 2.7115555687434876e-05
    e = e * t + 0.0012426609473880784
    e = e * t + 0.026532189526576124
    e = e * t + 0.29656057182850487
    e = e * t + 1.7848265399172913
    e = e * t + 5.463784911164114
    e = e * t + 6.657904643501103
    f = 2.0442631033899397e-15
    f = f * t + 1.421511758316446e-07
    f = f * t + 1.8463183175100548e-05
    f = f * t + 0.0007868691311456133
    f = f * t + 0.014875361290850615
    f = f * t + 0.1369298809227358
    f = f * t + 0.599832206555888
    f = f * t + 1.0
    over = e if far else c
    under = f if far else d
    over = q * a if near else over
    under = b if near else under
    return over / under


def quantile_at_ends_f64(value: Any, p: Any) -> Any:
    """A quantile, infinite where nothing lies beyond it, and none where a share is negative."""
    value = np.float64(np.inf) if p == 0.0 else value
    return value if p >= 0.0 else np.float64(np.nan)


def ndtri_f64(p: Any) -> Any:
    """Below what lies a share of a normal distribution: the inverse of ndtr."""
    q = p - 0.5
    tail = p if q < 0.0 else 1.0 - p
    return np.copysign(quantile_at_ends_f64(quantile_f64(abs(q), tail), tail), q)


def erfinv_f64(x: Any) -> Any:
    """The inverse of the error function."""
    size = abs(x)
    tail = (1.0 - size) * 0.5
    value = quantile_f64(size * 0.5, tail) * 0.7071067811865476
    value = size * 0.886226925452758 if size < 1e-300 else value
    return np.copysign(quantile_at_ends_f64(value, tail), x) + 0.0


def erfcinv_f64(x: Any) -> Any:
    """The inverse of the complement of the error function."""
    q = x - 1.0
    tail = x if q < 0.0 else 2.0 - x
    half = tail * 0.5
    value = quantile_at_ends_f64(quantile_f64(abs(q) * 0.5, half) * 0.7071067811865476, half)
    return -np.copysign(value if tail >= 0.0 else np.float64(np.nan), q)


def ndtri_f32(p: Any) -> Any:
    """Below what lies a share of a normal distribution: the inverse of ndtr."""
    return np.float32(ndtri_f64(np.float64(p)))


def erfinv_f32(x: Any) -> Any:
    """The inverse of the error function."""
    return np.float32(erfinv_f64(np.float64(x)))


def erfcinv_f32(x: Any) -> Any:
    """The inverse of the complement of the error function."""
    return np.float32(erfcinv_f64(np.float64(x)))


FUNCTIONS = (
    ndtr_f32,
    ndtr_f64,
    log_ndtr_f32,
    log_ndtr_f64,
    ndtri_f32,
    ndtri_f64,
    erfinv_f32,
    erfinv_f64,
    erfcinv_f32,
    erfcinv_f64,
)
