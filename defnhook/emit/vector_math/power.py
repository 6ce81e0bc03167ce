"""Powers, roots and what goes with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.arithmetic import (
    fused_multiply_add,
    fused_multiply_add_f64,
)
from defnhook.emit.vector_math.exponential import (
    by_powers_of_two_f64,
    exp2_polynomial_f32,
    exp2_polynomial_f64,
    exponential_f64,
    scaled_f32,
    scaled_f64,
)
from defnhook.emit.vector_math.logarithm import parts_f32, parts_f64, parts_of_normal_f32, parts_of_normal_f64


def cbrt_f32(x: Any) -> Any:
    """Cube root, from r = |x|**(-1/3).

    A third of the bits is a first r; a series in 1 - |x| r**3 makes it good to 14 bits. Then |x| r**2 is
    corrected by what its cube lacks.
    """
    magnitude = abs(x)
    small = magnitude < 1.1754944e-38
    scaled = magnitude * 16777216.0 if small else magnitude
    third = np.int32(np.float32(np.float32(scaled).view(np.int32)) * 0.33333334)
    r = np.int32(0x54A1ECC0 - third).view(np.float32)
    e = 1.0 - scaled * r * r * r
    r = r + r * e * (0.33333334 + e * (0.22222222 + e * 0.17283951))
    root = scaled * r * r
    root = root + fused_multiply_add(-(root * root), root, scaled) * (r * r * 0.33333334)
    root = root * 0.00390625 if small else root
    return np.copysign(root, x) if magnitude < np.inf else x


def cbrt_f64(x: Any) -> Any:
    """Cube root, from r = |x|**(-1/3).

    A third of the bits is a first r; series in 1 - |x| r**3 make it good to 30 bits. Then |x| r**2 is
    corrected by what its cube lacks.
    """
    magnitude = abs(x)
    small = magnitude < 2.2250738585072014e-308
    scaled = magnitude * 18014398509481984.0 if small else magnitude
    # The upper half of the bits as a float64, plus 2**52; the lower half of the difference is that of r.
    upper = np.int64((np.float64(scaled).view(np.int64) >> 32) | 0x4330000000000000).view(np.float64)
    r = np.int64(np.float64(6004800933345937.0 - upper * 0.3333333333333333).view(np.int64) << 32).view(
        np.float64
    )
    e = 1.0 - scaled * r * r * r
    r = r + r * e * (0.3333333333333333 + e * (0.2222222222222222 + e * 0.1728395061728395))
    e = 1.0 - scaled * r * r * r
    r = r + r * e * 0.3333333333333333
    root = scaled * r * r
    root = root + fused_multiply_add_f64(-(root * root), root, scaled) * (r * r * 0.3333333333333333)
    root = root * 3.814697265625e-06 if small else root
    return np.copysign(root, x) if magnitude < np.inf else x


def hypot_f32(x: Any, y: Any) -> Any:
    """sqrt(x**2 + y**2), in float64."""
    wide_x = np.float64(x)
    wide_y = np.float64(y)
    length = np.float32(np.sqrt(wide_x * wide_x + wide_y * wide_y))
    return np.float32(np.inf) if (abs(x) == np.inf) | (abs(y) == np.inf) else length


def hypot_f64(x: Any, y: Any) -> Any:
    """sqrt(x**2 + y**2), with both scaled by the power of two that takes the greater to [2, 4)."""
    width = abs(x)
    height = abs(y)
    exponent = np.float64(height if width < height else width).view(np.int64) & 0x7FF0000000000000
    exponent = exponent if exponent > 0x10000000000000 else np.int64(0x10000000000000)
    scale = np.int64(0x7FF0000000000000 - exponent).view(np.float64)
    a = width * scale
    b = height * scale
    length = np.sqrt(a * a + b * b) * 0.5 * np.int64(exponent).view(np.float64)
    return np.float64(np.inf) if (width == np.inf) | (height == np.inf) else length


def log_of_sum_of_exponentials_f64(x: Any, y: Any) -> Any:
    """log(e**x + e**y) in float64: the greater, plus log(1 + e) with e = e**-|x - y|."""
    greater = y if x < y else x
    low = -abs(x - y)
    n, r = by_powers_of_two_f64(np.float64(-746.0) if low < -746.0 else low)
    e = scaled_f64((exponential_f64(r) * r + 1.0) * r + 1.0, n, False)
    # log(1 + e) = 2 artanh(s) with s = e / (2 + e), error 2**-65.
    s = e / (2.0 + e)
    z = s * s
    p = -1.4011490363042391
    p = p * z + 1.1688840635372844
    p = p * z - 0.2627692302347586
    p = p * z + 0.16029693829144284
    p = p * z + 0.09748101259552161
    p = p * z + 0.11827374273877109
    p = p * z + 0.1332987923212347
    p = p * z + 0.15384745197146313
    p = p * z + 0.18181814930172555
    p = p * z + 0.22222222274059567
    p = p * z + 0.2857142857094443
    p = p * z + 0.40000000000002267
    p = p * z + 0.6666666666666666
    half = 0.5 * e * e
    total = greater + (e - (half - s * (half + z * p)))
    equal = x + 0.6931471805599453
    return equal if x == y else total


def logaddexp_f32(x: Any, y: Any) -> Any:
    """log(e**x + e**y), in float64."""
    return np.float32(log_of_sum_of_exponentials_f64(np.float64(x), np.float64(y)))


def logaddexp_f64(x: Any, y: Any) -> Any:
    """log(e**x + e**y)."""
    return log_of_sum_of_exponentials_f64(x, y)


def binary_logarithm_f32(n: Any, f: Any) -> Any:
    """(high, low) with log2(2**n (1 + f)) = high + low.

    log2(1 + f) = c s + d s**3 + s**5 p(s**2) with s = f / (2 + f); s, s**3, c and d are in two parts each.
    """
    sum_ = 2.0 + f
    inverse = 1.0 / sum_
    s = f * inverse
    s_low = (fused_multiply_add(-s, sum_, f) - s * (f - (sum_ - 2.0))) * inverse
    z = s * s
    # Relative error 2**-21.3, of log2(1 + f) 2**-33.8.
    p = 0.33251455
    p = p * z + 0.41206598
    p = p * z + 0.5770782
    cube = s * z
    cube_low = fused_multiply_add(s, z, -cube) + s * fused_multiply_add(s, s, -z)
    near = n + s * 2.88539
    high = near + cube * 0.9617967
    low = fused_multiply_add(cube, np.float32(0.9617967), near - high)
    low = low + fused_multiply_add(s, np.float32(2.88539), n - near)
    low = low + (s * 3.851926e-08 + cube * -7.028462e-09 + cube_low * 0.9617967)
    low = low + (cube * (z * p) + s_low * (2.88539 + z * 2.8853901))
    return high, low


def power_anywhere_f32(x: Any, y: Any) -> Any:
    """x**y for all arguments."""
    magnitude = abs(x)
    n, f = parts_f32(magnitude)
    high, low = binary_logarithm_f32(n, f)
    times = np.float32(1.0e30) if y > 1.0e30 else y
    times = np.float32(-1.0e30) if times < -1.0e30 else times
    exponent = times * high
    rest = fused_multiply_add(times, high, -exponent) + times * low
    beyond = (exponent > 128.5) | (exponent < -151.0)
    exponent = np.float32(129.0 if exponent > 0.0 else -151.0) if beyond else exponent
    rest = np.float32(0.0) if beyond else rest
    shifted = (exponent + rest) + 12582912.0
    r = (exponent - (shifted - 12582912.0)) + rest
    value = exp2_polynomial_f32(r) * r + 1.0
    value = scaled_f32(value, np.float32(shifted).view(np.int32) << 23, exponent > 0.0)
    edge = np.float32(np.inf if (magnitude > 1.0) == (y > 0.0) else 0.0)
    value = edge if (magnitude == 0.0) | (magnitude == np.inf) else value
    half = y * 0.5
    fractional = np.floor(y) != y
    odd = (np.floor(half) != half) & (np.floor(y) == y)
    value = np.copysign(value, x) if odd else value
    invalid = (x < 0.0) & (magnitude < np.inf) & fractional
    value = np.float32(np.nan) if invalid | (x != x) | (y != y) else value
    return np.float32(1.0) if (y == 0.0) | (x == 1.0) else value


def power_f32(x: Any, y: Any) -> Any:
    """x**y = 2**(y log2 x), for normal positive x and results; the rest is left to `power_anywhere_f32`."""
    n, f = parts_of_normal_f32(x)
    high, low = binary_logarithm_f32(n, f)
    exponent = y * high
    rest = fused_multiply_add(y, high, -exponent) + y * low
    usual = (abs(n) < 125.5) & (abs(exponent) < 125.0)
    if usual == 0:
        return power_anywhere_f32(x, y)
    shifted = (exponent + rest) + 12582912.0
    r = (exponent - (shifted - 12582912.0)) + rest
    value = np.float32(exp2_polynomial_f32(r) * r + 1.0).view(np.int32)
    return np.int32(value + (np.float32(shifted).view(np.int32) << 23)).view(np.float32)


def binary_logarithm_f64(n: Any, f: Any) -> Any:
    """(high, low) with log2(2**n (1 + f)) = high + low.

    log2(1 + f) = c s + d s**3 + s**5 p(s**2) with s = f / (2 + f); s, s**3, c and d are in two parts each.
    """
    sum_ = 2.0 + f
    inverse = 1.0 / sum_
    s = f * inverse
    s_low = (fused_multiply_add_f64(-s, sum_, f) - s * (f - (sum_ - 2.0))) * inverse
    z = s * s
    # Relative error 2**-57.6, of log2(1 + f) 2**-70.1.
    p = 0.16912787582324892
    p = p * z + 0.1688854671740239
    p = p * z + 0.19238055945712837
    p = p * z + 0.22195278870596163
    p = p * z + 0.26230819146702117
    p = p * z + 0.3205988979671597
    p = p * z + 0.4121985831111439
    p = p * z + 0.5770780163555853
    cube = s * z
    cube_low = fused_multiply_add_f64(s, z, -cube) + s * fused_multiply_add_f64(s, s, -z)
    near = n + s * 2.8853900817779268
    high = near + cube * 0.9617966939259756
    low = fused_multiply_add_f64(cube, 0.9617966939259756, near - high)
    low = low + fused_multiply_add_f64(s, 2.8853900817779268, n - near)
    low = low + (s * 4.0710547481862066e-17 + cube * 5.0577616648125907e-17 + cube_low * 0.9617966939259756)
    low = low + (cube * (z * p) + s_low * (2.8853900817779268 + z * 2.8853900817779268))
    return high, low


def power_anywhere_f64(x: Any, y: Any) -> Any:
    """x**y for all arguments."""
    magnitude = abs(x)
    n, f = parts_f64(magnitude)
    high, low = binary_logarithm_f64(n, f)
    times = np.float64(3.6893488147419103e19) if y > 3.6893488147419103e19 else y
    times = np.float64(-3.6893488147419103e19) if times < -3.6893488147419103e19 else times
    exponent = times * high
    rest = fused_multiply_add_f64(times, high, -exponent) + times * low
    beyond = (exponent > 1024.5) | (exponent < -1076.0)
    exponent = np.float64(1025.0 if exponent > 0.0 else -1076.0) if beyond else exponent
    rest = np.float64(0.0) if beyond else rest
    shifted = (exponent + rest) + 6755399441055744.0
    r = (exponent - (shifted - 6755399441055744.0)) + rest
    value = exp2_polynomial_f64(r) * r + 1.0
    value = scaled_f64(value, np.float64(shifted).view(np.int64) << 52, exponent > 0.0)
    edge = np.float64(np.inf if (magnitude > 1.0) == (y > 0.0) else 0.0)
    value = edge if (magnitude == 0.0) | (magnitude == np.inf) else value
    half = y * 0.5
    fractional = np.floor(y) != y
    odd = (np.floor(half) != half) & (np.floor(y) == y)
    value = np.copysign(value, x) if odd else value
    invalid = (x < 0.0) & (magnitude < np.inf) & fractional
    value = np.float64(np.nan) if invalid | (x != x) | (y != y) else value
    return np.float64(1.0) if (y == 0.0) | (x == 1.0) else value


def power_f64(x: Any, y: Any) -> Any:
    """x**y = 2**(y log2 x), for normal positive x and results; the rest is left to `power_anywhere_f64`."""
    n, f = parts_of_normal_f64(x)
    high, low = binary_logarithm_f64(n, f)
    exponent = y * high
    rest = fused_multiply_add_f64(y, high, -exponent) + y * low
    usual = (abs(n) < 1021.5) & (abs(exponent) < 1021.0)
    if usual == 0:
        return power_anywhere_f64(x, y)
    shifted = (exponent + rest) + 6755399441055744.0
    r = (exponent - (shifted - 6755399441055744.0)) + rest
    value = np.float64(exp2_polynomial_f64(r) * r + 1.0).view(np.int64)
    return np.int64(value + (np.float64(shifted).view(np.int64) << 52)).view(np.float64)


FUNCTIONS = (
    power_f32, power_f64, cbrt_f32, cbrt_f64, hypot_f32, hypot_f64, logaddexp_f32, logaddexp_f64,
)  # fmt: skip
