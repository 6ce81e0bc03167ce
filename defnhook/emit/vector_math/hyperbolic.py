"""Hyperbolic functions."""

from __future__ import annotations

from typing import Any

import numpy as np


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
    bounded = np.float32(10.0) if magnitude > 10.0 else magnitude
    shifted = bounded * 2.88539 + 12582912.0
    n = shifted - 12582912.0
    r = bounded * 2.0 - n * 0.69314575 - n * 1.4286068e-06
    q = 0.0013838018
    q = q * r + 0.008369166
    q = q * r + 0.041668102
    q = q * r + 0.16666517
    q = q * r + 0.49999994
    power = np.int32((np.float32(shifted).view(np.int32) << 23) + 0x3F800000).view(np.float32)
    far = 1.0 - 2.0 / ((r * r * q + r + 1.0) * power + 1.0)
    return np.copysign(near if magnitude < 0.55 else far, x)


def tanh_f64(x: Any) -> Any:
    """Hyperbolic tangent: a polynomial below 0.55, beyond it 1 - 2 / (e**2|x| + 1)."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-60.
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
    bounded = np.float64(22.0) if magnitude > 22.0 else magnitude
    shifted = bounded * 2.8853900817779268 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = bounded * 2.0 - n * 0.6931471805598903 - n * 5.497923018708371e-14
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
    power = np.int64((np.float64(shifted).view(np.int64) << 52) + 0x3FF0000000000000).view(np.float64)
    far = 1.0 - 2.0 / ((r * r * q + r + 1.0) * power + 1.0)
    return np.copysign(near if magnitude < 0.55 else far, x)


FUNCTIONS = (tanh_f32, tanh_f64)
