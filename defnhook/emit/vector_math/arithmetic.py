"""Building blocks shared by the families of the vector math."""

from __future__ import annotations

from typing import Any

import numpy as np


def fused_multiply_add(a: Any, b: Any, c: Any) -> Any:
    """a * b + c in one rounding (two, where it is computed in float64), for float32."""
    return np.float32(np.float64(a) * np.float64(b) + np.float64(c))


def half_of_bits_f64(x: Any) -> Any:
    """x cut to 26 bits, so that the product of two such is exact."""
    return np.int64(np.float64(x).view(np.int64) & -0x8000000).view(np.float64)


def fused_multiply_add_f64(a: Any, b: Any, c: Any) -> Any:
    """a * b + c in one rounding (in two and a tiny one, where it is computed in parts) if c is close to -a * b."""
    a_high = half_of_bits_f64(a)
    b_high = half_of_bits_f64(b)
    product = a * b
    low = ((a_high * b_high - product) + a_high * (b - b_high) + (a - a_high) * b_high) + (a - a_high) * (
        b - b_high
    )
    return (product + c) + low
