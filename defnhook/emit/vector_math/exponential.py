"""Exponentials and the logistic function.

The argument is taken to r = x - n ln 2 with n an integer and |r| <= ln(2) / 2: adding 1.5 times the power of
two that fills the mantissa rounds x / ln 2 to n, and leaves n in the low bits of the sum. Then
e**x = 2**n (1 + r + r**2 q(r)), with q the minimax polynomial of (e**r - 1 - r) / r**2. Where 2**n may leave
the range, it is applied in two steps, so that results overflow and become subnormal where they should, in one
rounding. Every instruction counts here: a factor of 2 that the coefficients carry costs none.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def by_powers_of_two_f32(x: Any) -> Any:
    """(n in the place of an exponent, r) with x = n ln 2 + r."""
    n, near, low = by_powers_of_two_exactly_f32(x)
    return n, near - low


def by_powers_of_two_exactly_f32(x: Any) -> Any:
    """(n in the place of an exponent, near, low) with x = n ln 2 + near - low; near is exact."""
    shifted = x * 1.442695 + 12582912.0
    n = shifted - 12582912.0
    return np.float32(shifted).view(np.int32) << 23, x - n * 0.69314575, n * 1.4286068e-06


def by_powers_of_two_f64(x: Any) -> Any:
    """(n in the place of an exponent, r) with x = n ln 2 + r."""
    n, near, low = by_powers_of_two_exactly_f64(x)
    return n, near - low


def by_powers_of_two_exactly_f64(x: Any) -> Any:
    """(n in the place of an exponent, near, low) with x = n ln 2 + near - low; near is exact."""
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    return np.float64(shifted).view(np.int64) << 52, x - n * 0.6931471805598903, n * 5.497923018708371e-14


def exponential_f32(r: Any) -> Any:
    """q(r); as a part of e**r its error is 2**-28.2."""
    q = 0.0013838018
    q = q * r + 0.008369166
    q = q * r + 0.041668102
    q = q * r + 0.16666517
    q = q * r + 0.49999994
    return q


def exponential_f64(r: Any) -> Any:
    """q(r); as a part of e**r its error is 2**-56.9."""
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
    return q


def doubled_exponential_f32(r: Any) -> Any:
    """2 e**r, with the coefficients of q twice as large."""
    q = 0.0027676036
    q = q * r + 0.016738332
    q = q * r + 0.083336204
    q = q * r + 0.33333034
    q = q * r + 0.9999999
    return (q * r + 2.0) * r + 2.0


def doubled_exponential_f64(r: Any) -> Any:
    """2 e**r, with the coefficients of q twice as large."""
    q = 4.908827460310505e-08
    q = q * r + 5.526187612874163e-07
    q = q * r + 5.511797411372346e-06
    q = q * r + 4.960298311919233e-05
    q = q * r + 0.00039682535991603416
    q = q * r + 0.0027777777889104807
    q = q * r + 0.016666666668314154
    q = q * r + 0.08333333333305992
    q = q * r + 0.33333333333330906
    q = q * r + 1.000000000000002
    return (q * r + 2.0) * r + 2.0


def scaled_f32(m: Any, n: Any, large: Any) -> Any:
    """2**n m, with n in the place of an exponent, from -150 to 128; `large` where n > 0."""
    factor = np.int32(n + (0x3F000000 if large else 0x4F800000)).view(np.float32)
    return m * factor * np.float32(2.0 if large else 2.3283064365386963e-10)


def scaled_f64(m: Any, n: Any, large: Any) -> Any:
    """2**n m, with n in the place of an exponent, from -1076 to 1024; `large` where n > 0."""
    factor = np.int64(n + (0x3FE0000000000000 if large else 0x43F0000000000000)).view(np.float64)
    return m * factor * np.float64(2.0 if large else 5.421010862427522e-20)


def exp_f32(x: Any) -> Any:
    """e**x: 2 e**r times 2**(n - 1), whose exponent the sum leaves in the low bits."""
    bounded = np.float32(-104.0) if x < -104.0 else x
    bounded = np.float32(89.0) if bounded > 89.0 else bounded
    shifted = bounded * 1.442695 + 12583038.0
    n = shifted - 12583038.0
    r = (bounded - n * 0.69314575) - n * 1.4286068e-06
    power = np.float32(shifted).view(np.int32) << 23
    small = x < -80.0
    factor = np.int32(power + 0x20000000 if small else power).view(np.float32)
    scaled = doubled_exponential_f32(r) * factor
    return scaled * 5.421010862427522e-20 if small else scaled


def exp_f64(x: Any) -> Any:
    """e**x: 2 e**r times 2**(n - 1), whose exponent the sum leaves in the low bits."""
    bounded = np.float64(-746.0) if x < -746.0 else x
    bounded = np.float64(710.0) if bounded > 710.0 else bounded
    shifted = bounded * 1.4426950408889634 + 6755399441056766.0
    n = shifted - 6755399441056766.0
    r = (bounded - n * 0.6931471805598903) - n * 5.497923018708371e-14
    power = np.float64(shifted).view(np.int64) << 52
    small = x < -700.0
    factor = np.int64(power + 0x400000000000000 if small else power).view(np.float64)
    scaled = doubled_exponential_f64(r) * factor
    return scaled * 5.421010862427522e-20 if small else scaled


def exp2_polynomial_f32(r: Any) -> Any:
    """(2**r - 1) / r for |r| <= 1/2; as a part of 2**r its error is 2**-26.3."""
    p = 0.00013332714
    p = p * r + 0.0013387928
    p = p * r + 0.009625445
    p = p * r + 0.055503663
    p = p * r + 0.24022594
    p = p * r + 0.6931472
    return p


def exp2_f32(x: Any) -> Any:
    """2**x."""
    bounded = np.float32(-151.0) if x < -151.0 else x
    bounded = np.float32(128.0) if bounded > 128.0 else bounded
    shifted = bounded + 12582912.0
    r = bounded - (shifted - 12582912.0)
    return scaled_f32(exp2_polynomial_f32(r) * r + 1.0, np.float32(shifted).view(np.int32) << 23, x > 0.0)


def exp2_polynomial_f64(r: Any) -> Any:
    """(2**r - 1) / r for |r| <= 1/2; as a part of 2**r its error is 2**-57.1."""
    p = 4.51927939395056e-10
    p = p * r + 7.075615582378773e-09
    p = p * r + 1.0177656269651759e-07
    p = p * r + 1.3215424489796036e-06
    p = p * r + 1.5252734737646249e-05
    p = p * r + 0.00015403530478841313
    p = p * r + 0.0013333558145567739
    p = p * r + 0.00961812910757708
    p = p * r + 0.055504108664824574
    p = p * r + 0.24022650695910172
    p = p * r + 0.6931471805599453
    return p


def exp2_f64(x: Any) -> Any:
    """2**x."""
    bounded = np.float64(-1076.0) if x < -1076.0 else x
    bounded = np.float64(1024.0) if bounded > 1024.0 else bounded
    shifted = bounded + 6755399441055744.0
    r = bounded - (shifted - 6755399441055744.0)
    return scaled_f64(exp2_polynomial_f64(r) * r + 1.0, np.float64(shifted).view(np.int64) << 52, x > 0.0)


def expm1_f32(x: Any) -> Any:
    """e**x - 1: 2**n (e**r - 1) + (2**n - 1), with the small terms last."""
    bounded = np.float32(-18.0) if x < -18.0 else x
    bounded = np.float32(89.0) if bounded > 89.0 else bounded
    n, near, low = by_powers_of_two_exactly_f32(bounded)
    r = near - low
    rest = exponential_f32(r) * r * r + ((near - r) - low)
    half = np.int32(n + 0x3F000000).view(np.float32)
    return x if abs(x) < 1.4901161193847656e-08 else (half * rest + (half * r + (half - 0.5))) * 2.0


def expm1_f64(x: Any) -> Any:
    """e**x - 1: 2**n (e**r - 1) + (2**n - 1), with the small terms last."""
    bounded = np.float64(-38.0) if x < -38.0 else x
    bounded = np.float64(710.0) if bounded > 710.0 else bounded
    n, near, low = by_powers_of_two_exactly_f64(bounded)
    r = near - low
    rest = exponential_f64(r) * r * r + ((near - r) - low)
    half = np.int64(n + 0x3FE0000000000000).view(np.float64)
    return x if abs(x) < 5.551115123125783e-17 else (half * rest + (half * r + (half - 0.5))) * 2.0


def expit_f32(x: Any) -> Any:
    """1 / (1 + e**-x): with e = e**-|x| and s = e / (1 + e), it is 1 - s, or e - e s for negative x."""
    low = -abs(x)
    n, r = by_powers_of_two_f32(np.float32(-104.0) if low < -104.0 else low)
    e = ((exponential_f32(r) * r + 1.0) * r + 1.0) * np.int32(n + 0x4F800000).view(np.float32)
    e = e * 2.3283064365386963e-10
    base = e if x < 0.0 else np.float32(1.0)
    return base - base * (e / (1.0 + e))


def expit_f64(x: Any) -> Any:
    """1 / (1 + e**-x): with e = e**-|x| and s = e / (1 + e), it is 1 - s, or e - e s for negative x."""
    low = -abs(x)
    n, r = by_powers_of_two_f64(np.float64(-746.0) if low < -746.0 else low)
    e = ((exponential_f64(r) * r + 1.0) * r + 1.0) * np.int64(n + 0x43F0000000000000).view(np.float64)
    e = e * 5.421010862427522e-20
    base = e if x < 0.0 else np.float64(1.0)
    return base - base * (e / (1.0 + e))


FUNCTIONS = (
    exp_f32, exp_f64, exp2_f32, exp2_f64, expm1_f32, expm1_f64, expit_f32, expit_f64,
)  # fmt: skip
