"""Logarithms.

The argument is written as 2**n m with m between sqrt(1/2) and sqrt(2); f = m - 1 is exact, and
log(x) = n ln 2 + log(1 + f). In another base, the leading product of f and the factor is made exact by
cutting both to half their bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def parts_f32(x: Any) -> Any:
    """(n, f) with x = 2**n (1 + f), for positive finite x."""
    small = x < 1.1754944e-38
    n, f = parts_of_normal_f32(x * 8388608.0 if small else x)
    return n - np.float32(23.0 if small else 0.0), f


def parts_of_normal_f32(x: Any) -> Any:
    """(n, f) with x = 2**n (1 + f), for positive normal x; |n| >= 126 for all others."""
    bits = np.float32(x).view(np.int32) - 0x3F3504F3
    return np.float32(bits >> 23), np.int32((bits & 0x7FFFFF) + 0x3F3504F3).view(np.float32) - 1.0


def parts_f64(x: Any) -> Any:
    """(n, f) with x = 2**n (1 + f), for positive finite x."""
    small = x < 2.2250738585072014e-308
    n, f = parts_of_normal_f64(x * 18014398509481984.0 if small else x)
    return n - np.float64(54.0 if small else 0.0), f


def parts_of_normal_f64(x: Any) -> Any:
    """(n, f) with x = 2**n (1 + f), for positive normal x; |n| >= 1022 for all others."""
    bits = np.float64(x).view(np.int64) + 0x95F619980C432
    n = np.int64((bits >> 52) & 0xFFF | 0x4330000000000000).view(np.float64) - 4503599627371519.0
    return n, np.int64((bits & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCE).view(np.float64) - 1.0


def logarithm_f32(f: Any) -> Any:
    """log(1 + f) - f = -f**2 / 2 + f**3 p(f), relative error 2**-27.3."""
    p = -0.0786608
    p = p * f + 0.12885587
    p = p * f - 0.13128121
    p = p * f + 0.1418061
    p = p * f - 0.16624562
    p = p * f + 0.20002311
    p = p * f - 0.2500081
    p = p * f + 0.33333316
    return f * f * (p * f - 0.5)


def logarithm_f64(f: Any) -> Any:
    """(f**2 / 2, b) with log(1 + f) = f - (f**2 / 2 - b).

    From log(1 + f) = 2 artanh(s) with s = f / (2 + f); b = s (f**2 / 2 + z p(z)), z = s**2; error 2**-59.3.
    """
    s = f / (2.0 + f)
    z = s * s
    p = 0.14774452981705347
    p = p * z + 0.15316368235419314
    p = p * z + 0.18183465281395417
    p = p * z + 0.22222200695996716
    p = p * z + 0.2857142871870668
    p = p * z + 0.3999999999954198
    p = p * z + 0.666666666666671
    half = 0.5 * f * f
    return half, s * (half + z * p)


def of_positive_f32(x: Any, result: Any) -> Any:
    """`result` for positive finite x; what a logarithm is elsewhere."""
    finite = result if x < np.inf else x
    return finite if x > 0.0 else np.float32(-np.inf if x == 0.0 else np.nan)


def of_positive_f64(x: Any, result: Any) -> Any:
    """`result` for positive finite x; what a logarithm is elsewhere."""
    finite = result if x < np.inf else x
    return finite if x > 0.0 else np.float64(-np.inf if x == 0.0 else np.nan)


def log_f32(x: Any) -> Any:
    """Natural logarithm."""
    n, f = parts_f32(x)
    return of_positive_f32(x, n * 0.69314575 + (f + (n * 1.4286068e-06 + logarithm_f32(f))))


def log_f64(x: Any) -> Any:
    """Natural logarithm."""
    n, f = parts_f64(x)
    half, b = logarithm_f64(f)
    return of_positive_f64(x, n * 0.6931471805598903 + (f - (half - (b + n * 5.497923018708371e-14))))


def log2_f32(x: Any) -> Any:
    """Logarithm to the base 2: log2(1 + f) = f + f p(f)."""
    n, f = parts_f32(x)
    # Relative error 2**-26.2.
    p = -0.14695276
    p = p * f + 0.20976539
    p = p * f - 0.18750335
    p = p * f + 0.20053211
    p = p * f - 0.23955552
    p = p * f + 0.28878823
    p = p * f - 0.36070687
    p = p * f + 0.4808944
    p = p * f - 0.7213472
    p = p * f + 0.44269505
    return of_positive_f32(x, n + (f + f * p))


def log2_f64(x: Any) -> Any:
    """Logarithm to the base 2."""
    n, f = parts_f64(x)
    half, b = logarithm_f64(f)
    head = np.int64(np.float64(f).view(np.int64) & -0x8000000).view(np.float64)
    rest = head * 1.9259629911266175e-08 + ((f - head) - (half - b)) * 1.4426950408889634
    return of_positive_f64(x, n + (head * 1.4426950216293335 + rest))


def log10_f32(x: Any) -> Any:
    """Logarithm to the base 10: log10(1 + f) = f p(f), with the constant of p in two parts."""
    n, f = parts_f32(x)
    # Relative error 2**-26.7.
    p = -0.033098154
    p = p * f + 0.056044303
    p = p * f - 0.057515636
    p = p * f + 0.06159092
    p = p * f - 0.07213202
    p = p * f + 0.086867444
    p = p * f - 0.10858051
    p = p * f + 0.1447648
    p = p * f - 0.21714719
    p = p * f + 0.4342945
    return of_positive_f32(x, n * 0.3010254 + (f * p + (n * 4.605039e-06 - f * 1.0120842e-08)))


def log10_f64(x: Any) -> Any:
    """Logarithm to the base 10."""
    n, f = parts_f64(x)
    half, b = logarithm_f64(f)
    head = np.int64(np.float64(f).view(np.int64) & -0x8000000).view(np.float64)
    rest = head * 4.798111141615973e-09 + ((f - head) - (half - b)) * 0.4342944819032518
    rest = rest + n * 2.8363394551044964e-14
    return of_positive_f64(x, n * 0.30102999566395283 + (head * 0.4342944771051407 + rest))


def log1p_f32(x: Any) -> Any:
    """log(1 + x): the rounding error of 1 + x, scaled as m is, is added to f."""
    u = 1.0 + x
    near = u - 1.0
    lost = (1.0 - (u - near)) + (x - near)
    bits = np.float32(u).view(np.int32)
    down = ((bits - 0x3F3504F3) & 0x7FFFFF) + 0x3F3504F3
    n = np.float32((bits - down) >> 23)
    scale = down - bits + 0x3F800000
    scale = scale if scale > 0 else np.int32(0)
    f = np.int32(down).view(np.float32) - 1.0 + lost * np.int32(scale).view(np.float32)
    result = n * 0.69314575 + (f + (n * 1.4286068e-06 + logarithm_f32(f)))
    result = result if u < np.inf else x
    return np.copysign(result if u > 0.0 else np.float32(-np.inf if u == 0.0 else np.nan), x)


def log1p_f64(x: Any) -> Any:
    """log(1 + x): the rounding error of 1 + x, scaled as m is, is added to f."""
    u = 1.0 + x
    near = u - 1.0
    lost = (1.0 - (u - near)) + (x - near)
    bits = np.float64(u).view(np.int64)
    down = ((bits - 0x3FE6A09E667F3BCE) & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCE
    n = np.int64((((bits - down) >> 52) & 0xFFF) ^ 0x4330000000000800).view(np.float64) - 4503599627372544.0
    scale = down - bits + 0x3FF0000000000000
    scale = scale if scale > 0 else np.int64(0)
    f = np.int64(down).view(np.float64) - 1.0 + lost * np.int64(scale).view(np.float64)
    half, b = logarithm_f64(f)
    result = n * 0.6931471805598903 + (f - (half - (b + n * 5.497923018708371e-14)))
    result = result if u < np.inf else x
    return np.copysign(result if u > 0.0 else np.float64(-np.inf if u == 0.0 else np.nan), x)


FUNCTIONS = (
    log_f32, log_f64, log2_f32, log2_f64, log10_f32, log10_f64, log1p_f32, log1p_f64,
)  # fmt: skip
