"""The error function and its complement.

Below 1/2 or 1, erf(x) = x + x p(x**2). Beyond, erfc(x) = e**-x**2 h(t) / (x + 2) with t = (x - 2) / (x + 2),
h the minimax polynomial of e**x**2 erfc(x) (x + 2). The square of x enters the exponential in two parts, the
leading one exact. Of float32, erf takes the exponential of a polynomial, log(erfc(x)), whose error is small beside 1;
erfc works in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.exponential import (
    by_powers_of_two_exactly_f64,
    by_powers_of_two_f32,
    exponential_f32,
    exponential_f64,
    scaled_f64,
)


def erf_near_f64(z: Any) -> Any:
    """p(z) for 0 <= z <= 1; error 2**-56.0."""
    p = 5.960694668779614e-11
    p = p * z - 1.1374960859212245e-09
    p = p * z + 1.4660329934243189e-08
    p = p * z - 1.6350396383911513e-07
    p = p * z + 1.6461008490952578e-06
    p = p * z - 1.4925595772854553e-05
    p = p * z + 0.00012055331132976754
    p = p * z - 0.0008548326981425884
    p = p * z + 0.0052239776248284315
    p = p * z - 0.026866170645077875
    p = p * z + 0.11283791670954885
    p = p * z - 0.3761263890318375
    p = p * z + 0.1283791670955126
    return p


def erf_near_roughly_f64(z: Any) -> Any:
    """p(z) for 0 <= z <= 1; error 2**-34.8."""
    p = -9.680139272560677e-06
    p = p * z + 0.00011270545143431347
    p = p * z - 0.0008484711481356996
    p = p * z + 0.005221074875589292
    p = p * z - 0.026865445818530866
    p = p * z + 0.11283782747113996
    p = p * z - 0.376126384838022
    p = p * z + 0.1283791670631604
    return p


def erfc_far_f64(x: Any) -> Any:
    """erfc(x) for 1/2 <= x <= 27.4; relative error of h 2**-56.7.

    h is high + low, its first terms in two parts. What x + 2 loses in rounding is made good in the end.
    """
    head = np.int64(np.float64(x).view(np.int64) & -0x8000000).view(np.float64)
    n, near, less = by_powers_of_two_exactly_f64(-(head * head))
    r = near - (less + (x - head) * (x + head))
    shifted = x + 2.0
    lost = x - (shifted - 2.0)
    inverse = 1.0 / shifted
    t = (x - 2.0) / shifted
    p = -2.9623676485799515e-08
    p = p * t + 1.0834137949058893e-08
    p = p * t + 1.70665919551422e-07
    p = p * t + 3.6197262968831746e-08
    p = p * t - 4.008595382352156e-07
    p = p * t - 5.792615979878814e-07
    p = p * t + 5.3100682419331944e-08
    p = p * t + 1.994363023060482e-06
    p = p * t + 3.623540128311989e-06
    p = p * t - 1.1195624464823008e-06
    p = p * t - 1.61158761622286e-05
    p = p * t - 2.1698198370657653e-05
    p = p * t + 3.4148093889059734e-05
    p = p * t + 0.00014447110971780748
    p = p * t + 3.437151720448559e-05
    p = p * t - 0.0006630735431796019
    p = p * t - 0.0008372960674560493
    p = p * t + 0.0030906120613729193
    p = p * t + 0.006479185067907385
    p = p * t - 0.021510661889547308
    p = p * t - 0.03644223150688159
    p = p * t + 0.2794720925560554
    t_head = np.int64(np.float64(t).view(np.int64) & -0x8000000).view(np.float64)
    step = t_head * -0.6871606856584549
    high = 1.021582705242023 + step
    rest = t * (t * p + 1.244644316001523e-09) - 1.8121914366855288e-17
    low = (1.021582705242023 - high) + step + ((t - t_head) * -0.6871606856584549 + rest)
    grown = r * r * exponential_f64(r) + r
    rest = low + (high + low) * grown
    value = high + rest
    rest = (high - value) + rest
    # value / shifted, by its leading half and what that leaves.
    quotient = np.int64(np.float64(value * inverse).view(np.int64) & -0x8000000).view(np.float64)
    shifted_head = np.int64(np.float64(shifted).view(np.int64) & -0x8000000).view(np.float64)
    left = (value - quotient * shifted_head) - quotient * (shifted - shifted_head)
    return scaled_f64(quotient + (left + (rest - quotient * lost)) * inverse, n, False)


def erfc_beyond_one_f64(x: Any) -> Any:
    """erfc(x) for 1 <= x <= 6, to a few rounding errors; relative error of h 2**-55.0."""
    head = np.int64(np.float64(x).view(np.int64) & -0x8000000).view(np.float64)
    n, near, less = by_powers_of_two_exactly_f64(-(head * head))
    r = near - (less + (x - head) * (x + head))
    inverse = 1.0 / (x + 2.0)
    t = (x - 2.0) * inverse
    p = 5.063858863544765e-06
    p = p * t - 7.430987597720635e-07
    p = p * t - 1.669068549682684e-05
    p = p * t - 2.1664104732114624e-05
    p = p * t + 3.423921793589698e-05
    p = p * t + 0.00014445613071525172
    p = p * t + 3.436420719104944e-05
    p = p * t - 0.0006630719783014126
    p = p * t - 0.0008372957537006335
    p = p * t + 0.0030906119877571045
    p = p * t + 0.0064791850609090314
    p = p * t - 0.021510661887969178
    p = p * t - 0.03644223150681004
    p = p * t + 0.27947209255604294
    p = p * t - 0.6871606844138108
    p = p * t + 1.021582705242023
    scale = np.int64(n + 0x3FF0000000000000).view(np.float64)
    return p * inverse * (1.0 + r * (1.0 + r * exponential_f64(r))) * scale


def erfc_far_roughly_f64(x: Any) -> Any:
    """erfc(x) for 1/2 <= x <= 10.6; relative error 2**-33.8."""
    n, near, low = by_powers_of_two_exactly_f64(-(x * x))
    r = near - low
    # e**r, relative error 2**-28.3.
    q = 0.0013814544142982603
    q = q * r + 0.00836874538678637
    q = q * r + 0.041668390725761686
    q = q * r + 0.16666520396040896
    q = q * r + 0.4999999343228992
    inverse = 1.0 / (x + 2.0)
    t = (x - 2.0) * inverse
    p = 0.0001224121866846696
    p = p * t + 5.9342589181581705e-05
    p = p * t - 0.0006548298251342249
    p = p * t - 0.0008453211900927764
    p = p * t + 0.0030892150864454118
    p = p * t + 0.006480376467045296
    p = p * t - 0.021510557454556784
    p = p * t - 0.036442305118149484
    p = p * t + 0.27947208982153193
    p = p * t - 0.6871606831349603
    p = p * t + 1.0215827052525834
    scale = np.int64(n + 0x3FF0000000000000).view(np.float64)
    return p * inverse * (1.0 + r * (1.0 + r * q)) * scale


def erf_f64(x: Any) -> Any:
    """Error function."""
    magnitude = abs(x)
    near = magnitude + magnitude * erf_near_f64(x * x)
    bounded = np.float64(1.0) if magnitude < 1.0 else magnitude
    bounded = np.float64(6.0) if bounded > 6.0 else bounded
    return np.copysign(near if magnitude < 1.0 else 1.0 - erfc_beyond_one_f64(bounded), x)


def erfc_f64(x: Any) -> Any:
    """Complement of the error function, 1 - erf(x)."""
    magnitude = abs(x)
    bounded = np.float64(0.5) if magnitude < 0.5 else magnitude
    bounded = np.float64(27.4) if bounded > 27.4 else bounded
    far = erfc_far_f64(bounded)
    far = 2.0 - far if x < 0.0 else far
    return 0.5 + ((0.5 - x) - x * erf_near_f64(x * x)) if magnitude < 0.5 else far


def erf_f32(x: Any) -> Any:
    """Error function: x + x p(x**2) below 0.8125, beyond it 1 - e**q(x); from 3.95 on the nearest number is 1."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-27.9.
    p = -0.00065049547
    p = p * z + 0.0050814888
    p = p * z - 0.026819598
    p = p * z + 0.112831116
    p = p * z - 0.37612605
    p = p * z + 0.12837917
    near = magnitude + magnitude * p
    bounded = np.float32(3.95) if magnitude > 3.95 else magnitude
    # log(erfc(x)); an error of 2**-28.6 in the result.
    q = 0.00020750433 * bounded - 0.0031537714
    q = q * bounded + 0.022655545
    q = q * bounded - 0.10479492
    q = q * bounded - 0.6362288
    q = q * bounded - 1.1282235
    q = q * bounded - 6.7542875e-05
    n, r = by_powers_of_two_f32(q)
    e = ((exponential_f32(r) * r + 1.0) * r + 1.0) * np.int32(n + 0x3F800000).view(np.float32)
    return np.copysign(near if magnitude < 0.8125 else 1.0 - e, x)


def erfc_roughly_f64(wide: Any) -> Any:
    """erfc(x) for x up to 10.6, relative error 2**-33.8; beyond, that of 10.6."""
    magnitude = abs(wide)
    bounded = np.float64(0.5) if magnitude < 0.5 else magnitude
    bounded = np.float64(10.6) if bounded > 10.6 else bounded
    far = erfc_far_roughly_f64(bounded)
    far = 2.0 - far if wide < 0.0 else far
    return 1.0 - (wide + wide * erf_near_roughly_f64(wide * wide)) if magnitude < 0.5 else far


def erfc_f32(x: Any) -> Any:
    """Complement of the error function, 1 - erf(x)."""
    return np.float32(erfc_roughly_f64(np.float64(x)))


FUNCTIONS = (erf_f32, erf_f64, erfc_f32, erfc_f64)
