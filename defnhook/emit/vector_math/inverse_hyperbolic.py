"""Inverse hyperbolic functions: polynomials where the result is small, logarithms elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.logarithm import (
    logarithm_f32,
    logarithm_f64,
    parts_of_normal_f32,
    parts_of_normal_f64,
)


def log_of_double_f32(x: Any) -> Any:
    """log(2 x) for normal x."""
    n, f = parts_of_normal_f32(x)
    n = n + 1.0
    return n * 0.69314575 + (f + (n * 1.4286068e-06 + logarithm_f32(f)))


def log_of_double_f64(x: Any) -> Any:
    """log(2 x) for normal x."""
    n, f = parts_of_normal_f64(x)
    n = n + 1.0
    half, b = logarithm_f64(f)
    return n * 0.6931471805598903 + (f - (half - (b + n * 5.497923018708371e-14)))


def log_of_sum_f32(x: Any, y: Any) -> Any:
    """log(x + y) for 1/2 <= x <= y; what the rounding of the sum loses is added to f."""
    u = 0.5 * x + 0.5 * y
    lost = 0.5 * x - (u - 0.5 * y)
    n, f = parts_of_normal_f32(u)
    down = np.float32(1.0 + f).view(np.int32) - np.float32(u).view(np.int32) + 0x3F800000
    f = f + lost * np.int32(down if down > 0 else 0).view(np.float32)
    n = n + 1.0
    return n * 0.69314575 + (f + (n * 1.4286068e-06 + logarithm_f32(f)))


def log_of_sum_f64(x: Any, y: Any) -> Any:
    """log(x + y) for 1/2 <= x <= y; what the rounding of the sum loses is added to f."""
    u = 0.5 * x + 0.5 * y
    lost = 0.5 * x - (u - 0.5 * y)
    n, f = parts_of_normal_f64(u)
    down = np.float64(1.0 + f).view(np.int64) - np.float64(u).view(np.int64) + 0x3FF0000000000000
    f = f + lost * np.int64(down if down > 0 else 0).view(np.float64)
    n = n + 1.0
    half, b = logarithm_f64(f)
    return n * 0.6931471805598903 + (f - (half - (b + n * 5.497923018708371e-14)))


def arcsinh_f32(x: Any) -> Any:
    """Inverse hyperbolic sine: log(x + sqrt(x**2 + 1)) beyond 0.55."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-31.2.
    p = 0.008065818
    p = p * z - 0.019158265
    p = p * z + 0.02978634
    p = p * z - 0.04458511
    p = p * z + 0.07499739
    p = p * z - 0.16666663
    near = magnitude + magnitude * z * p
    root = magnitude if magnitude > 1.0e15 else np.sqrt(z + 1.0)
    far = log_of_sum_f32(magnitude, root)
    result = near if magnitude < 0.55 else far
    return np.copysign(result if magnitude < np.inf else magnitude, x)


def arccosh_f32(x: Any) -> Any:
    """Inverse hyperbolic cosine: sqrt(2 t) (1 + t p(t)), t = x - 1; log(x + sqrt(x**2 - 1)) beyond 1.5."""
    t = x - 1.0
    close = t < 0.5
    square = t + t if close else t * (x + 1.0)
    root = np.sqrt(square)
    # Relative error 2**-29.6.
    p = -0.00041293865
    p = p * t + 0.0017598078
    p = p * t - 0.0055478
    p = p * t + 0.018746596
    p = p * t - 0.08333322
    near = root + root * t * p
    far = log_of_sum_f32(x if x > 1.0e15 else root, x)
    result = near if close else far
    return result if x < np.inf else x


def arctanh_f32(x: Any) -> Any:
    """Inverse hyperbolic tangent: log((1 + x) / (1 - x)) / 2 beyond 0.5."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-29.3.
    p = 0.17730619
    p = p * z + 0.05090138
    p = p * z + 0.118363686
    p = p * z + 0.14221175
    p = p * z + 0.20002605
    p = p * z + 0.333333
    near = magnitude + magnitude * z * p
    far = 0.5 * log_of_double_f32(0.5 * ((1.0 + magnitude) / (1.0 - magnitude)))
    far = far if magnitude < 1.0 else np.float32(np.inf if magnitude == 1.0 else np.nan)
    return np.copysign(near if magnitude < 0.5 else far, x)


def arcsinh_f64(x: Any) -> Any:
    """Inverse hyperbolic sine: log(x + sqrt(x**2 + 1)) beyond 0.55."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-60.9.
    p = -0.001052578055329669
    p = p * z + 0.003395890071144938
    p = p * z - 0.005928595652312934
    p = p * z + 0.007948914845245694
    p = p * z - 0.009661498412055781
    p = p * z + 0.011535600534174949
    p = p * z - 0.013962985410637386
    p = p * z + 0.01735261611362599
    p = p * z - 0.022372151136362713
    p = p * z + 0.030381944174099906
    p = p * z - 0.04464285713760079
    p = p * z + 0.07499999999995212
    p = p * z - 0.16666666666666655
    near = magnitude + magnitude * z * p
    root = magnitude if magnitude > 1.0e15 else np.sqrt(z + 1.0)
    far = log_of_sum_f64(magnitude, root)
    result = near if magnitude < 0.55 else far
    return np.copysign(result if magnitude < np.inf else magnitude, x)


def arccosh_f64(x: Any) -> Any:
    """Inverse hyperbolic cosine: sqrt(2 t) (1 + t p(t)), t = x - 1; log(x + sqrt(x**2 - 1)) beyond 1.5."""
    t = x - 1.0
    close = t < 0.5
    square = t + t if close else t * (x + 1.0)
    root = np.sqrt(square)
    # Relative error 2**-60.4.
    p = 4.1909611576593307e-07
    p = p * t - 2.3171494529883947e-06
    p = p * t + 7.289482751730658e-06
    p = p * t - 1.8620611210151537e-05
    p = p * t + 4.4972277753762226e-05
    p = p * t - 0.00010906422951422254
    p = p * t + 0.0002711310313921442
    p = p * t - 0.0006991293220773339
    p = p * t + 0.0018988714821701804
    p = p * t - 0.0055803571409754615
    p = p * t + 0.018749999999961
    p = p * t - 0.08333333333333305
    near = root + root * t * p
    far = log_of_sum_f64(x if x > 1.0e15 else root, x)
    result = near if close else far
    return result if x < np.inf else x


def arctanh_f64(x: Any) -> Any:
    """Inverse hyperbolic tangent: log((1 + x) / (1 - x)) / 2 beyond 0.5."""
    magnitude = abs(x)
    z = x * x
    # Relative error 2**-56.8.
    p = 0.22553587537685005
    p = p * z - 0.15412193315368974
    p = p * z + 0.14580448659075754
    p = p * z + 0.014200558445483184
    p = p * z + 0.059921534849124054
    p = p * z + 0.05772637624881803
    p = p * z + 0.06678161621431704
    p = p * z + 0.07691476439804461
    p = p * z + 0.0909094951484214
    p = p * z + 0.11111109851781399
    p = p * z + 0.1428571430880727
    p = p * z + 0.19999999999786985
    p = p * z + 0.3333333333333402
    near = magnitude + magnitude * z * p
    far = 0.5 * log_of_double_f64(0.5 * ((1.0 + magnitude) / (1.0 - magnitude)))
    far = far if magnitude < 1.0 else np.float64(np.inf if magnitude == 1.0 else np.nan)
    return np.copysign(near if magnitude < 0.5 else far, x)


FUNCTIONS = (arcsinh_f32, arcsinh_f64, arccosh_f32, arccosh_f64, arctanh_f32, arctanh_f64)
