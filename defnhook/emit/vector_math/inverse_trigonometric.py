"""Inverse trigonometric functions.

Each is taken to an odd minimax polynomial on a short interval, t + t z p(z) with z = t**2, and is then
base + (t + (t z p(z) + low)) with base + low a multiple of pi/2 in two parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def arctan_polynomial_f32(z: Any) -> Any:
    """p(z) for 0 <= z <= 1; error 2**-27.2."""
    p = -0.0018271956
    p = p * z + 0.011064368
    p = p * z - 0.03145558
    p = p * z + 0.058234442
    p = p * z - 0.08419454
    p = p * z + 0.109575756
    p = p * z - 0.14265245
    p = p * z + 0.19998638
    p = p * z - 0.33333302
    return p


def arcsin_polynomial_f32(z: Any) -> Any:
    """p(z) for 0 <= z <= 1/4; error 2**-27.4."""
    p = 0.041742414
    p = p * z + 0.024461221
    p = p * z + 0.045403983
    p = p * z + 0.074959435
    p = p * z + 0.16666731
    return p


def arctan_polynomial_f64(z: Any) -> Any:
    """p(z) for 0 <= z <= 1; error 2**-57.1."""
    p = 1.3871603358168178e-05
    p = p * z - 0.00015868676471296128
    p = p * z + 0.0008618125497583112
    p = p * z - 0.0029724133886081952
    p = p * z + 0.007369028949929225
    p = p * z - 0.014148367019209789
    p = p * z + 0.022253030268560122
    p = p * z - 0.030126953887662285
    p = p * z + 0.0367861878515132
    p = p * z - 0.04226466892135862
    p = p * z + 0.04725195964013782
    p = p * z - 0.052543981526838014
    p = p * z + 0.058807345341661155
    p = p * z - 0.06666440729204388
    p = p * z + 0.07692284628701188
    p = p * z - 0.090909074471502
    p = p * z + 0.11111111034751503
    p = p * z - 0.1428571428364642
    p = p * z + 0.19999999999973578
    p = p * z - 0.3333333333333324
    return p


def arcsin_polynomial_f64(z: Any) -> Any:
    """p(z) for 0 <= z <= 1/4; error 2**-55.9."""
    p = 0.03195851581489454
    p = p * z - 0.016293378391373098
    p = p * z + 0.01957343549822916
    p = p * z + 0.006511036618768441
    p = p * z + 0.012173234001565489
    p = p * z + 0.013884605872800382
    p = p * z + 0.017359770299559377
    p = p * z + 0.022371753581512957
    p = p * z + 0.03038195932856438
    p = p * z + 0.044642856823557085
    p = p * z + 0.07500000000342935
    p = p * z + 0.16666666666665383
    return p


def arctan_f32(x: Any) -> Any:
    """Inverse tangent; beyond 1, pi/2 less that of the reciprocal."""
    magnitude = abs(x)
    steep = magnitude > 1.0
    t = -1.0 / magnitude if steep else magnitude
    z = t * t
    base = np.float32(1.5707964 if steep else 0.0)
    low = np.float32(-4.371139e-08 if steep else 0.0)
    return np.copysign(base + (t + (t * z * arctan_polynomial_f32(z) + low)), x)


def arctan2_f32(y: Any, x: Any) -> Any:
    """Angle of the point (x, y): inverse tangent of the lesser coordinate over the greater."""
    height = abs(y)
    width = abs(x)
    steep = height > width
    left = np.float32(x).view(np.int32) < 0
    lesser = width if steep else height
    greater = height if steep else width
    ratio = lesser / greater if lesser < greater else np.float32(1.0 if greater > 0.0 else 0.0)
    t = -ratio if steep != left else ratio
    z = t * t
    base = np.float32(1.5707964) if steep else np.float32(3.1415927 if left else 0.0)
    low = np.float32(-4.371139e-08) if steep else np.float32(-8.742278e-08 if left else 0.0)
    angle = base + (t + (t * z * arctan_polynomial_f32(z) + low))
    return np.float32(np.nan) if (x != x) | (y != y) else np.copysign(angle, y)


def arcsin_f32(x: Any) -> Any:
    """Inverse sine; beyond 1/2, pi/2 less twice that of sqrt((1 - x) / 2)."""
    magnitude = abs(x)
    high = magnitude > 0.5
    z = (1.0 - magnitude) * 0.5 if high else x * x
    t = np.sqrt(z) * -2.0 if high else magnitude
    base = np.float32(1.5707964 if high else 0.0)
    low = np.float32(-4.371139e-08 if high else 0.0)
    return np.copysign(base + (t + (t * z * arcsin_polynomial_f32(z) + low)), x)


def arccos_f32(x: Any) -> Any:
    """Inverse cosine; beyond 1/2, twice the inverse sine of sqrt((1 - x) / 2), and pi less that of -x."""
    magnitude = abs(x)
    high = magnitude > 0.5
    z = (1.0 - magnitude) * 0.5 if high else x * x
    t = np.copysign(np.sqrt(z) * 2.0, x) if high else -x
    base = np.float32(0.0 if x > 0.0 else 3.1415927) if high else np.float32(1.5707964)
    low = np.float32(0.0 if x > 0.0 else -8.742278e-08) if high else np.float32(-4.371139e-08)
    return base + (t + (t * z * arcsin_polynomial_f32(z) + low))


def arctan_f64(x: Any) -> Any:
    """Inverse tangent; beyond 1, pi/2 less that of the reciprocal."""
    magnitude = abs(x)
    steep = magnitude > 1.0
    t = -1.0 / magnitude if steep else magnitude
    z = t * t
    base = np.float64(1.5707963267948966 if steep else 0.0)
    low = np.float64(6.123233995736766e-17 if steep else 0.0)
    return np.copysign(base + (t + (t * z * arctan_polynomial_f64(z) + low)), x)


def arctan2_f64(y: Any, x: Any) -> Any:
    """Angle of the point (x, y): inverse tangent of the lesser coordinate over the greater."""
    height = abs(y)
    width = abs(x)
    steep = height > width
    left = np.float64(x).view(np.int64) < 0
    lesser = width if steep else height
    greater = height if steep else width
    ratio = lesser / greater if lesser < greater else np.float64(1.0 if greater > 0.0 else 0.0)
    t = -ratio if steep != left else ratio
    z = t * t
    base = np.float64(1.5707963267948966) if steep else np.float64(3.141592653589793 if left else 0.0)
    low = np.float64(6.123233995736766e-17) if steep else np.float64(1.2246467991473532e-16 if left else 0.0)
    angle = base + (t + (t * z * arctan_polynomial_f64(z) + low))
    return np.float64(np.nan) if (x != x) | (y != y) else np.copysign(angle, y)


def arcsin_f64(x: Any) -> Any:
    """Inverse sine; beyond 1/2, pi/2 less twice that of sqrt((1 - x) / 2)."""
    magnitude = abs(x)
    high = magnitude > 0.5
    z = (1.0 - magnitude) * 0.5 if high else x * x
    t = np.sqrt(z) * -2.0 if high else magnitude
    base = np.float64(1.5707963267948966 if high else 0.0)
    low = np.float64(6.123233995736766e-17 if high else 0.0)
    return np.copysign(base + (t + (t * z * arcsin_polynomial_f64(z) + low)), x)


def arccos_f64(x: Any) -> Any:
    """Inverse cosine; beyond 1/2, twice the inverse sine of sqrt((1 - x) / 2), and pi less that of -x."""
    magnitude = abs(x)
    high = magnitude > 0.5
    z = (1.0 - magnitude) * 0.5 if high else x * x
    t = np.copysign(np.sqrt(z) * 2.0, x) if high else -x
    base = np.float64(0.0 if x > 0.0 else 3.141592653589793) if high else np.float64(1.5707963267948966)
    low = (
        np.float64(0.0 if x > 0.0 else 1.2246467991473532e-16) if high else np.float64(6.123233995736766e-17)
    )
    return base + (t + (t * z * arcsin_polynomial_f64(z) + low))


FUNCTIONS = (
    arcsin_f32, arcsin_f64, arccos_f32, arccos_f64, arctan_f32, arctan_f64, arctan2_f32, arctan2_f64,
)  # fmt: skip
