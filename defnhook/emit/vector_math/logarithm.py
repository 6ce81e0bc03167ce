"""Logarithms.

The argument is written as 2**n m with m between sqrt(1/2) and sqrt(2); f = m - 1 is exact, and
log(x) = n ln 2 + log(1 + f).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def log_f32(x: Any) -> Any:
    """Natural logarithm."""
    small = x < 1.1754944e-38
    scaled = x * 8388608.0 if small else x
    bits = np.float32(scaled).view(np.int32) - 0x3F3504F3
    n = np.float32(bits >> 23) - np.float32(23.0 if small else 0.0)
    f = np.int32((bits & 0x7FFFFF) + 0x3F3504F3).view(np.float32) - 1.0
    # log(1 + f) = f - f**2 / 2 + f**3 p(f), relative error 2**-27.3.
    p = -0.0786608
    p = p * f + 0.12885587
    p = p * f - 0.13128121
    p = p * f + 0.1418061
    p = p * f - 0.16624562
    p = p * f + 0.20002311
    p = p * f - 0.2500081
    p = p * f + 0.33333316
    square = f * f
    result = n * 0.69314575 + (f + (n * 1.4286068e-06 + square * (p * f - 0.5)))
    finite = result if x < np.inf else x
    return finite if x > 0.0 else np.float32(-np.inf if x == 0.0 else np.nan)


def log_f64(x: Any) -> Any:
    """Natural logarithm."""
    small = x < 2.2250738585072014e-308
    scaled = x * 18014398509481984.0 if small else x
    bits = np.float64(scaled).view(np.int64) + 0x95F619980C432
    n = np.int64((bits >> 52) & 0x7FF | 0x4330000000000000).view(np.float64)
    n = n - (4503599627371573.0 if small else 4503599627371519.0)
    f = np.int64((bits & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCE).view(np.float64) - 1.0
    # With s = f / (2 + f), log(1 + f) = f - (h - s (h + z p(z))), h = f**2 / 2, z = s**2; error 2**-59.3.
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
    result = n * 0.6931471805598903 + (f - (half - (s * (half + z * p) + n * 5.497923018708371e-14)))
    finite = result if x < np.inf else x
    return finite if x > 0.0 else np.float64(-np.inf if x == 0.0 else np.nan)


FUNCTIONS = (log_f32, log_f64)
