"""Sine, cosine and tangent.

The argument is taken to r + tail = |x| - n pi/2 with n an integer and |r| <= pi/4. Up to 1e5 that is done in
working precision with pi/2 in parts; beyond, in integers, by `reduce_far`, for the few lanes that need it.
Sine and cosine of r are odd and even minimax polynomials; which of them is wanted, and its sign, follow
from n.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.arithmetic import fused_multiply_add

# 2/pi in digits of 24 bits, after three zeros.
TWO_OVER_PI = (
    0, 0, 0,
    10680707, 7228996, 1387004, 2578385, 16069853, 12639074, 9804092, 4427841, 16666979, 11263675,
    12935607, 2387514, 4345298, 14681673, 3074569, 13734428, 16653803, 1880361, 10960616, 8533493,
    3062596, 8710556, 7349940, 6258241, 3772886, 3769171, 3798172, 8675211, 12450088, 3874808,
    9961438, 366607, 15675153, 9132554, 7151469, 3571407, 2607881, 12013382, 4155038, 6285869,
    7677882, 13102053, 15825725, 473591, 9065106, 15363067, 6271263, 9264392, 5636912, 4652155,
)  # fmt: skip


def reduce_far(x: Any) -> Any:
    """(n, r, tail) with x = n pi/2 + r + tail modulo 2 pi, for finite x >= 2**16.

    The mantissa, in three digits of 24 bits, times those digits of 2/pi that matter modulo 4.
    """
    bits = np.float64(x).view(np.int64)
    mantissa = (bits & 0xFFFFFFFFFFFFF) | 0x10000000000000
    exponent = (bits >> 52) - 1075
    first = ((exponent + 70) * 2731) >> 16
    shift = exponent - 24 * first + 48
    high = mantissa >> 48
    middle = (mantissa >> 24) & 0xFFFFFF
    low = mantissa & 0xFFFFFF
    d0 = TWO_OVER_PI[first]
    d1 = TWO_OVER_PI[first + 1]
    d2 = TWO_OVER_PI[first + 2]
    d3 = TWO_OVER_PI[first + 3]
    d4 = TWO_OVER_PI[first + 4]
    d5 = TWO_OVER_PI[first + 5]
    d6 = TWO_OVER_PI[first + 6]
    d7 = TWO_OVER_PI[first + 7]
    d8 = TWO_OVER_PI[first + 8]
    d9 = TWO_OVER_PI[first + 9]
    c9 = high * d9 + middle * d8 + low * d7
    c8 = high * d8 + middle * d7 + low * d6 + (c9 >> 24)
    c7 = high * d7 + middle * d6 + low * d5 + (c8 >> 24)
    c6 = high * d6 + middle * d5 + low * d4 + (c7 >> 24)
    c5 = high * d5 + middle * d4 + low * d3 + (c6 >> 24)
    c4 = high * d4 + middle * d3 + low * d2 + (c5 >> 24)
    c3 = high * d3 + middle * d2 + low * d1 + (c4 >> 24)
    c2 = high * d2 + middle * d1 + low * d0 + (c3 >> 24)
    # The turn, in quarters, is unit * (first + second / 2**48 + third / 2**96).
    unit = np.int64((shift + 999) << 52).view(np.float64)
    turn = np.float64(((c2 & 0xFFFFFF) << 24) | (c3 & 0xFFFFFF)) * unit
    second = np.float64(((c4 & 0xFFFFFF) << 24) | (c5 & 0xFFFFFF)) * unit * 3.552713678800501e-15
    third = np.float64(((c6 & 0xFFFFFF) << 24) | (c7 & 0xFFFFFF)) * unit * 1.2621774483536189e-29
    n = np.floor(turn + 0.5)
    part = turn - n
    sum_high = part + second
    sum_low = (part - sum_high) + second + third
    fraction = sum_high + sum_low
    fraction_low = (sum_high - fraction) + sum_low
    # Times pi/2: the product of the leading halves is exact.
    head = np.int64(np.float64(fraction).view(np.int64) & -0x8000000).view(np.float64)
    rest = (fraction - head) + fraction_low
    product = head * 1.5707963109016418
    correction = head * 1.5893254773528196e-08 + rest * 1.5707963267948966
    r = product + correction
    tail = (product - r) + correction
    return n, r, tail


def sine_or_cosine_f64(r: Any, tail: Any, odd: Any) -> Any:
    """Sine of r + tail, or its cosine where `odd`."""
    z = r * r
    # Error 2**-58.
    s = 1.5896795881354678e-10
    s = s * z - 2.5050758483380738e-08
    s = s * z + 2.7557313697315183e-06
    s = s * z - 0.0001984126982983565
    s = s * z + 0.008333333333322472
    s = s * z - 0.16666666666666632
    sine = r + (z * r * s + tail)
    # Error 2**-64.
    c = -1.1359865092453297e-11
    c = c * z + 2.0875728112277982e-09
    c = c * z - 2.7557314393874654e-07
    c = c * z + 2.4801587289652868e-05
    c = c * z - 0.0013888888888874457
    c = c * z + 0.0416666666666666
    c = c * z - 0.5
    cosine = 1.0 + (z * c - r * tail)
    return cosine if odd else sine


def sin_f32(x: Any) -> Any:
    """Sine."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return sin_far_f32(x)
    quarter, r, tail = reduce_f32(magnitude)
    value = sine_or_cosine_f32(r, tail, (quarter & 1) != 0)
    sign = (np.float32(x).view(np.int32) & -0x80000000) ^ ((quarter & 2) << 30)
    return np.int32(np.float32(value).view(np.int32) ^ sign).view(np.float32)


def cos_f32(x: Any) -> Any:
    """Cosine."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return cos_far_f32(x)
    quarter, r, tail = reduce_f32(magnitude)
    value = sine_or_cosine_f32(r, tail, (quarter & 1) == 0)
    sign = ((quarter + 1) & 2) << 30
    return np.int32(np.float32(value).view(np.int32) ^ sign).view(np.float32)


def reduce_f32(x: Any) -> Any:
    """(n, r, tail) with x = n pi/2 + r + tail, for 0 <= x <= 100000."""
    shifted = x * 0.63661975 + 12582912.0
    n = shifted - 12582912.0
    near = fused_multiply_add(n, np.float32(-1.5707964), x)
    correction = n * 4.371139e-08
    correction_low = fused_multiply_add(n, np.float32(4.371139e-08), -correction)
    r = near + correction
    tail = (near - r) + correction + (n * 1.7151245e-15 + correction_low)
    return np.float32(shifted).view(np.int32), r, tail


def sine_or_cosine_f32(r: Any, tail: Any, odd: Any) -> Any:
    """Sine of r + tail, or its cosine where `odd`."""
    z = r * r
    # Error 2**-28.
    s = -0.00019518599
    s = s * z + 0.008332191
    s = s * z - 0.16666655
    sine = r + (z * r * s + tail)
    # Error 2**-33.
    c = 2.443067e-05
    c = c * z - 0.0013887301
    c = c * z + 0.041666646
    c = c * z - 0.5
    cosine = 1.0 + (z * c - r * tail)
    return cosine if odd else sine


def sin_far_f32(x: Any) -> Any:
    """Sine of a large number."""
    return np.float32(sin_far_f64(np.float64(x)))


def cos_far_f32(x: Any) -> Any:
    """Cosine of a large number."""
    return np.float32(cos_far_f64(np.float64(x)))


def sin_f64(x: Any) -> Any:
    """Sine."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return sin_far_f64(x)
    quarter, r, tail = reduce_f64(magnitude)
    value = sine_or_cosine_f64(r, tail, (quarter & 1) != 0)
    sign = (np.float64(x).view(np.int64) & -0x8000000000000000) ^ ((quarter & 2) << 62)
    return np.int64(np.float64(value).view(np.int64) ^ sign).view(np.float64)


def cos_f64(x: Any) -> Any:
    """Cosine."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return cos_far_f64(x)
    quarter, r, tail = reduce_f64(magnitude)
    value = sine_or_cosine_f64(r, tail, (quarter & 1) == 0)
    sign = ((quarter + 1) & 2) << 62
    return np.int64(np.float64(value).view(np.int64) ^ sign).view(np.float64)


def reduce_f64(x: Any) -> Any:
    """(n, r, tail) with x = n pi/2 + r + tail, for 0 <= x <= 100000: n times a part of pi/2 is exact."""
    shifted = x * 0.6366197723675814 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    near = x - n * 1.5707963267923333
    correction = n * 2.5633441515839558e-12
    r = near - correction
    tail = (near - r) - correction - n * 1.0562999066987428e-23
    return np.float64(shifted).view(np.int64), r, tail


def sin_far_f64(x: Any) -> Any:
    """Sine of a large number."""
    n, r, tail = reduce_far(abs(x))
    quarter = np.int64(n)
    value = sine_or_cosine_f64(r, tail, (quarter & 1) != 0)
    value = -value if (quarter & 2) != 0 else value
    value = -value if x < 0.0 else value
    return value if abs(x) < np.inf else np.float64(np.nan)


def cos_far_f64(x: Any) -> Any:
    """Cosine of a large number."""
    n, r, tail = reduce_far(abs(x))
    quarter = np.int64(n)
    value = sine_or_cosine_f64(r, tail, (quarter & 1) == 0)
    value = -value if ((quarter + 1) & 2) != 0 else value
    return value if abs(x) < np.inf else np.float64(np.nan)


def tangent_f32(r: Any, tail: Any, odd: Any) -> Any:
    """Tangent of r + tail, or of a quarter turn more where `odd`."""
    z = r * r
    # Error 2**-29.3.
    p = 0.004441827
    p = p * z - 4.6184567e-05
    p = p * z + 0.010945544
    p = p * z + 0.02123861
    p = p * z + 0.05406865
    p = p * z + 0.13332583
    p = p * z + 0.33333352
    t = r + (z * r * p + (tail + z * tail))
    return -1.0 / t if odd else t


def tan_f32(x: Any) -> Any:
    """Tangent."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return tan_far_f32(x)
    quarter, r, tail = reduce_f32(magnitude)
    value = tangent_f32(r, tail, (quarter & 1) != 0)
    return np.int32(np.float32(value).view(np.int32) ^ (np.float32(x).view(np.int32) & -0x80000000)).view(
        np.float32
    )


def tan_far_f32(x: Any) -> Any:
    """Tangent of a large number."""
    return np.float32(tan_far_f64(np.float64(x)))


def tangent_f64(r: Any, tail: Any, odd: Any) -> Any:
    """Tangent of r + tail, or of a quarter turn more where `odd`."""
    z = r * r
    # Error 2**-59.3.
    p = 9.673178506749233e-06
    p = p * z - 2.3679259728687862e-05
    p = p * z + 4.7366769952961767e-05
    p = p * z - 2.4016527395920743e-05
    p = p * z + 6.585179206652359e-05
    p = p * z + 8.43720595525652e-05
    p = p * z + 0.00024340410152775212
    p = p * z + 0.0005889720846410729
    p = p * z + 0.0014560214216544772
    p = p * z + 0.0035921047507674383
    p = p * z + 0.008863237490501162
    p = p * z + 0.0218694884313524
    p = p * z + 0.05396825397144142
    p = p * z + 0.13333333333328903
    p = p * z + 0.3333333333333335
    t = r + (z * r * p + (tail + z * tail))
    return -1.0 / t if odd else t


def tan_f64(x: Any) -> Any:
    """Tangent."""
    magnitude = abs(x)
    if magnitude > 100000.0:
        return tan_far_f64(x)
    quarter, r, tail = reduce_f64(magnitude)
    value = tangent_f64(r, tail, (quarter & 1) != 0)
    return np.int64(
        np.float64(value).view(np.int64) ^ (np.float64(x).view(np.int64) & -0x8000000000000000)
    ).view(np.float64)


def tan_far_f64(x: Any) -> Any:
    """Tangent of a large number."""
    n, r, tail = reduce_far(abs(x))
    value = tangent_f64(r, tail, (np.int64(n) & 1) != 0)
    value = -value if x < 0.0 else value
    return value if abs(x) < np.inf else np.float64(np.nan)


FUNCTIONS = (sin_f32, sin_f64, cos_f32, cos_f64, tan_f32, tan_f64)
