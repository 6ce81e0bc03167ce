"""The beta function and its logarithm, by gamma(x) gamma(y) / gamma(x + y).

Where gamma would overflow, by the logarithms of these; where one argument is a million times the other, by the
asymptotic series in the greater. At whole numbers that are not positive they are infinite, but for beta(-n, m) with
m <= n, which is that of 1 + n - m and m but for the sign. The functions of float32 work in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.exponential import exp_f64
from defnhook.emit.vector_math.gamma import (
    gamma_positive_f64,
    gamma_reflected_f64,
    gammaln_positive_f64,
    gammaln_reflected_f64,
)
from defnhook.emit.vector_math.logarithm import log_f64


def product_f64(first: Any, second: Any, third: Any) -> Any:
    """The product of gamma of two and 1 / gamma of their sum, what is closer to 1 first."""
    one = first * third
    other = second * third
    return other * first if abs(abs(one) - 1.0) > abs(abs(other) - 1.0) else one * second


def either_gamma_f64(x: Any) -> Any:
    """gamma(x) of an argument of any sign."""
    size = abs(x)
    value = gamma_positive_f64(size)
    return gamma_reflected_f64(size, value) if x < 0.0 else value


def either_gammaln_f64(x: Any) -> Any:
    """gammaln(x) of an argument of any sign."""
    size = abs(x)
    value = gammaln_positive_f64(size)
    return gammaln_reflected_f64(size, value) if x < 0.0 else value


def sign_of_gamma_f64(x: Any) -> Any:
    """The sign of gamma(x)."""
    half = np.floor(x) * 0.5
    return np.float64(-1.0) if (x < 0.0) & (np.floor(half) != half) else np.float64(1.0)


def is_pole_f64(x: Any) -> Any:
    """Whether gamma(x) has a pole."""
    return (x <= 0.0) & (np.floor(x) == x)


def off_poles_f64(x: Any, y: Any) -> Any:
    """(a, b, factor) with beta(x, y) = factor beta(a, b), where a and b are no poles; or factor is infinite."""
    turned = is_pole_f64(x)
    pole = x if turned else y
    other = y if turned else x
    far = 1.0 - pole - other
    of_pole = turned | is_pole_f64(y)
    whole = (np.floor(other) == other) & (far > 0.0) & (pole > -2147483649.0) & (abs(other) < 2147483648.0)
    half = other * 0.5
    sign = np.float64(-1.0) if whole & (np.floor(half) != half) else np.float64(1.0)
    factor = sign if whole & (other > 0.0) else sign * np.inf
    return far if of_pole else x, other if of_pole else y, factor if of_pole else np.float64(1.0)


def of_large_f64(a: Any, b: Any, total: Any) -> Any:
    """(sign, log(abs(beta(a, b)))) for |a| >= |b|, by logarithms."""
    v = 1.0 / a
    c = b * (1.0 - b)
    series = c * v * (0.5 + v * ((1.0 - 2.0 * b) - c * v) * 0.08333333333333333)
    unequal = (a > 1000000.0) & (a > 1000000.0 * abs(b))
    lesser = either_gammaln_f64(b)
    far = (lesser - b * log_f64(a)) + series
    near = (lesser - either_gammaln_f64(total)) + either_gammaln_f64(a)
    sign = sign_of_gamma_f64(b)
    return (
        sign if unequal else sign * sign_of_gamma_f64(a) * sign_of_gamma_f64(total)
    ), far if unequal else near


def by_logarithms_f64(a: Any, b: Any, total: Any) -> Any:
    """Whether gamma of an argument or of their sum would overflow, or the lesser is lost in the sum."""
    large = (abs(total) > 171.6243769563027) | (abs(a) > 171.6243769563027)
    return large | (abs(b) > 171.6243769563027)


def gammas_f64(a: Any, b: Any, total: Any) -> Any:
    """beta(a, b) by gamma of these and their sum."""
    third = total if (total >= 0.0) & (total < 1e-300) else 1.0 / either_gamma_f64(total)
    third = np.float64(0.0) if is_pole_f64(total) else third
    value = product_f64(either_gamma_f64(a), either_gamma_f64(b), third)
    return np.float64(np.inf) if abs(third) == np.inf else value


def ordered_f64(x: Any, y: Any) -> Any:
    """The arguments off the poles, the greater size first, and what the function of them is to be multiplied by."""
    a, b, factor = off_poles_f64(x, y)
    return b if abs(a) < abs(b) else a, a if abs(a) < abs(b) else b, factor


def beta_anywhere_f64(x: Any, y: Any) -> Any:
    """beta(x, y) for all arguments."""
    greater, lesser, factor = ordered_f64(x, y)
    total = greater + lesser
    sign, logarithm = of_large_f64(greater, lesser, total)
    large = sign * exp_f64(logarithm)
    value = large if by_logarithms_f64(greater, lesser, total) else gammas_f64(greater, lesser, total)
    return factor if abs(factor) == np.inf else factor * value


def betaln_anywhere_f64(x: Any, y: Any) -> Any:
    """betaln(x, y) for all arguments."""
    greater, lesser, factor = ordered_f64(x, y)
    total = greater + lesser
    _, logarithm = of_large_f64(greater, lesser, total)
    value = log_f64(abs(gammas_f64(greater, lesser, total)))
    value = logarithm if by_logarithms_f64(greater, lesser, total) else value
    return np.float64(np.inf) if abs(factor) == np.inf else value


def usual_f64(x: Any, y: Any) -> Any:
    """beta(x, y) for positive arguments whose sum is at most 171.6; what the sum loses in rounding is made good."""
    total = x + y
    part = total - x
    lost = (x - (total - part)) + (y - part)
    # Nearly the logarithmic derivative of gamma.
    slope = log_f64((total if total > 1.0 else np.float64(1.0)) - 0.5)
    value = product_f64(gamma_positive_f64(x), gamma_positive_f64(y), 1.0 / gamma_positive_f64(total))
    return value - value * (lost * slope)


def beta_f64(x: Any, y: Any) -> Any:
    """The beta function."""
    usual = (x > 1e-300) & (y > 1e-300) & (x + y < 171.6)
    if usual == 0:
        return beta_anywhere_f64(x, y)
    return usual_f64(x, y)


def betaln_f64(x: Any, y: Any) -> Any:
    """The logarithm of the absolute value of the beta function."""
    usual = (x > 1e-300) & (y > 1e-300) & (x + y < 171.6)
    if usual == 0:
        return betaln_anywhere_f64(x, y)
    return log_f64(usual_f64(x, y))


def beta_f32(x: Any, y: Any) -> Any:
    """The beta function."""
    return np.float32(beta_f64(np.float64(x), np.float64(y)))


def betaln_f32(x: Any, y: Any) -> Any:
    """The logarithm of the absolute value of the beta function."""
    return np.float32(betaln_f64(np.float64(x), np.float64(y)))


FUNCTIONS = (beta_f32, beta_f64, betaln_f32, betaln_f64)
