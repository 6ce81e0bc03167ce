"""Exponentials.

The argument is taken to r = x - n ln 2 with n an integer and |r| <= ln(2) / 2: adding 1.5 * 2**(mantissa bits)
rounds x / ln 2 to n, and leaves n in the low bits of the sum. Then e**x = 2**n (1 + r + r**2 q(r)), with q the
minimax polynomial of (e**r - 1 - r) / r**2. The factor 2**n is applied in two steps, so that results overflow and
become subnormal where they should, in one rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def exp_f32(x: Any) -> Any:
    """e**x."""
    bounded = np.float32(-104.0) if x < -104.0 else x
    bounded = np.float32(89.0) if bounded > 89.0 else bounded
    shifted = bounded * 1.442695 + 12582912.0
    n = shifted - 12582912.0
    r = bounded - n * 0.69314575 - n * 1.4286068e-06
    # Relative error 2**-28.2.
    q = 0.0013838018
    q = q * r + 0.008369166
    q = q * r + 0.041668102
    q = q * r + 0.16666517
    q = q * r + 0.49999994
    power = np.float32(shifted).view(np.int32) << 23
    factor = np.int32(power + (0x3F000000 if x > 0.0 else 0x4F800000)).view(np.float32)
    return (r * r * q + r + 1.0) * factor * np.float32(2.0 if x > 0.0 else 2.3283064365386963e-10)


def exp_f64(x: Any) -> Any:
    """e**x."""
    bounded = np.float64(-746.0) if x < -746.0 else x
    bounded = np.float64(710.0) if bounded > 710.0 else bounded
    shifted = bounded * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = bounded - n * 0.6931471805598903 - n * 5.497923018708371e-14
    # Relative error 2**-56.9.
    q = 2.4544137301552526e-08
    q = q * r + 2.7630938064370813e-07
    q = q * r + 2.755898705686173e-06
    q = q * r + 2.4801491559596164e-05
    q = q * r + 0.00019841267995801708
    q = q * r + 0.0013888888944552404
    q = q * r + 0.008333333334157077
    q = q * r + 0.04166666666652996
    q = q * r + 0.16666666666665453
    q = q * r + 0.500000000000001
    power = np.float64(shifted).view(np.int64) << 52
    factor = np.int64(power + (0x3FE0000000000000 if x > 0.0 else 0x43F0000000000000)).view(np.float64)
    return (r * r * q + r + 1.0) * factor * (2.0 if x > 0.0 else 5.421010862427522e-20)


FUNCTIONS = (exp_f32, exp_f64)
