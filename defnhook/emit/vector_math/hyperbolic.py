"""Hyperbolic functions.

With x = n ln 2 + r, sinh and cosh of x follow from sinh and cosh of r, which are odd and even minimax
polynomials, and from 2**n and 2**-n: no rounding is magnified where the result is small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.exponential import (
    by_powers_of_two_exactly_f32,
    by_powers_of_two_exactly_f64,
    by_powers_of_two_f32,
    by_powers_of_two_f64,
    exponential_f32,
    exponential_f64,
)


def sinh_cosh_parts_f32(x: Any) -> Any:
    """(2**(n - 2), 2**(-n - 2), r, sinh(r) - r, cosh(r) - 1) for 0 <= x <= 90; errors 2**-34 and 2**-33."""
    n, near, low = by_powers_of_two_exactly_f32(x)
    r = near - low
    tail = (near - r) - low
    z = r * r
    s = 0.00019974068
    s = s * z + 0.008333175
    s = s * z + 0.16666667
    c = 0.0013935438
    c = c * z + 0.04166646
    c = c * z + 0.5
    up = np.int32(0x3E800000 + n).view(np.float32)
    down = 0x3E800000 - n
    return up, np.int32(down if down > 0 else 0).view(np.float32), r, r * z * s + tail, z * c


def sinh_cosh_parts_f64(x: Any) -> Any:
    """(2**(n - 2), 2**(-n - 2), r, sinh(r) - r, cosh(r) - 1) for 0 <= x <= 711; errors 2**-61 and 2**-57."""
    n, near, low = by_powers_of_two_exactly_f64(x)
    r = near - low
    tail = (near - r) - low
    z = r * r
    s = 2.5108090511588297e-08
    s = s * z + 2.75572447472326e-06
    s = s * z + 0.00019841269882685177
    s = s * z + 0.008333333333323234
    s = s * z + 0.16666666666666674
    c = 2.763026036394693e-07
    c = c * z + 2.480149322859685e-05
    c = c * z + 0.001388888894327423
    c = c * z + 0.04166666666653292
    c = c * z + 0.500000000000001
    up = np.int64(0x3FD0000000000000 + n).view(np.float64)
    down = 0x3FD0000000000000 - n
    return up, np.int64(down if down > 0 else 0).view(np.float64), r, r * z * s + tail, z * c


def sinh_f32(x: Any) -> Any:
    """Hyperbolic sine."""
    magnitude = abs(x)
    up, down, r, s, c = sinh_cosh_parts_f32(np.float32(89.5) if magnitude > 89.5 else magnitude)
    difference = up - down
    total = up + down
    result = ((difference + total * r) + (difference * c + total * s)) * 2.0
    return np.copysign(magnitude if magnitude < 0.0001220703125 else result, x)


def sinh_f64(x: Any) -> Any:
    """Hyperbolic sine."""
    magnitude = abs(x)
    up, down, r, s, c = sinh_cosh_parts_f64(np.float64(710.5) if magnitude > 710.5 else magnitude)
    difference = up - down
    total = up + down
    lost = (up - difference) - down
    result = ((difference + total * r) + (difference * c + (total * s + lost))) * 2.0
    return np.copysign(magnitude if magnitude < 3.725290298461914e-09 else result, x)


def cosh_f32(x: Any) -> Any:
    """Hyperbolic cosine."""
    magnitude = abs(x)
    up, down, r, s, c = sinh_cosh_parts_f32(np.float32(89.5) if magnitude > 89.5 else magnitude)
    s = r + s
    return (up + (up * (c + s) + (down + down * (c - s)))) * 2.0


def cosh_f64(x: Any) -> Any:
    """Hyperbolic cosine."""
    magnitude = abs(x)
    up, down, r, s, c = sinh_cosh_parts_f64(np.float64(710.5) if magnitude > 710.5 else magnitude)
    s = r + s
    return (up + (up * (c + s) + (down + down * (c - s)))) * 2.0


def tanh_f32(x: Any) -> Any:
    """Hyperbolic tangent: a polynomial below 0.55, beyond it 1 - 2 / (e**2|x| + 1)."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-29.8.
    p = -0.006295485
    p = p * z + 0.021088235
    p = p * z - 0.053856842
    p = p * z + 0.13332637
    p = p * z - 0.3333332
    near = magnitude + magnitude * z * p
    double = magnitude + magnitude
    n, r = by_powers_of_two_f32(np.float32(20.0) if double > 20.0 else double)
    e = ((exponential_f32(r) * r + 1.0) * r + 1.0) * np.int32(n + 0x3F800000).view(np.float32)
    return np.copysign(near if magnitude < 0.55 else 1.0 - 2.0 / (e + 1.0), x)


def tanh_f64(x: Any) -> Any:
    """Hyperbolic tangent: a polynomial below 0.55, beyond it 1 - 2 / (e**2|x| + 1)."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-60.3.
    p = -1.962415315314823e-05
    p = p * z + 8.353746468589333e-05
    p = p * z - 0.00023354509966339574
    p = p * z + 0.000588513176625884
    p = p * z - 0.0014555608629644137
    p = p * z + 0.003592095088026217
    p = p * z - 0.008863232937733279
    p = p * z + 0.021869488409185196
    p = p * z - 0.05396825396471826
    p = p * z + 0.13333333333328662
    p = p * z - 0.33333333333333315
    near = magnitude + magnitude * z * p
    double = magnitude + magnitude
    n, r = by_powers_of_two_f64(np.float64(44.0) if double > 44.0 else double)
    e = ((exponential_f64(r) * r + 1.0) * r + 1.0) * np.int64(n + 0x3FF0000000000000).view(np.float64)
    return np.copysign(near if magnitude < 0.55 else 1.0 - 2.0 / (e + 1.0), x)


FUNCTIONS = (sinh_f32, sinh_f64, cosh_f32, cosh_f64, tanh_f32, tanh_f64)
