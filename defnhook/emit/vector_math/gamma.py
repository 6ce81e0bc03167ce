"""The gamma function, its reciprocal, its logarithm, and the derivative of that, the digamma function.

Up to 4, gamma is a product over a polynomial; beyond, a power of two whose exponent, by Stirling's series, is in two
parts. The results of whole numbers up to 23 are exact.

Between 3/4 and 4 (digamma, from 1/2) the other two are a rational function times what has the zeros: x - 1 and x - 2,
or x minus the root of digamma in two parts. Below, they follow from those at x + 1; beyond 4 they are Stirling's
series, its tail a minimax polynomial of 1 / x**2.

Negative arguments are left to functions of their own, by reflection. The functions of float32 work in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.arithmetic import fused_multiply_add_f64
from defnhook.emit.vector_math.exponential import exp2_polynomial_f64, scaled_f64
from defnhook.emit.vector_math.logarithm import log_f64, logarithm_f64, parts_f64, parts_of_normal_f64
from defnhook.emit.vector_math.power import binary_logarithm_f64


def sine_of_turn_f64(r: Any) -> Any:
    """sin(pi r) for |r| <= 1/2; relative error 2**-54.5."""
    z = r * r
    p = 7.694707566837309e-07
    p = p * z - 2.1903183407056673e-05
    p = p * z + 0.00046629968792775636
    p = p * z - 0.007370430478572699
    p = p * z + 0.08214588656986793
    p = p * z - 0.5992645293187363
    p = p * z + 2.550164039877294
    p = p * z - 5.167712780049969
    p = p * z + 3.141592653589793
    return r * p


def gammaln_near_f64(s: Any) -> Any:
    """gammaln(1 + u) / (u (u - 1)) where s = u + 1/4, for -1/4 <= u <= 3; relative error 2**-55.9."""
    p = -7.219071371902187e-06
    p = p * s - 0.0005188024110588922
    p = p * s - 0.009721017970447058
    p = p * s - 0.06785958468847383
    p = p * s - 0.1776997183018662
    p = p * s + 0.0014036793066445634
    p = p * s + 0.8413092921496215
    p = p * s + 1.5581170271130196
    p = p * s + 1.1374708811703056
    p = p * s + 0.3004990445801452
    q = 2.093745890516044e-05
    q = q * s + 0.001742530459440447
    q = q * s + 0.04172403997766399
    q = q * s + 0.42810631752850464
    q = q * s + 2.231970668832322
    q = q * s + 6.4404655359666965
    q = q * s + 10.658280777262823
    q = q * s + 10.01992537174457
    q = q * s + 4.957853641710901
    q = q * s + 1.0
    return 0.35 + p / q


def stirling_f64(z: Any) -> Any:
    """x (gammaln(x) - (x - 1/2) log x + x - log(2 pi) / 2) where z = 1 / x**2, for x >= 4; relative error 2**-51.8."""
    p = 0.037347560723487355
    p = p * z - 0.018650326643080434
    p = p * z + 0.005855117616869088
    p = p * z - 0.0018995318931413084
    p = p * z + 0.0008413933652910522
    p = p * z - 0.0005952340159464661
    p = p * z + 0.0007936507700404263
    p = p * z - 0.0027777777777247786
    p = p * z + 0.08333333333333331
    return p


def gammaln_positive_f64(x: Any) -> Any:
    """The logarithm of the gamma function of x >= 0; infinite where 1 / x is, as in SciPy."""
    n, f = parts_f64(x)
    half, b = logarithm_f64(f)
    rest = f - (half - (b + n * 5.497923018708371e-14))
    small = x < 0.75
    u = x if small else x - 1.0
    near = (u - 1.0) * (u * gammaln_near_f64(u + 0.25)) + 0.0
    near = near - (n * 0.6931471805598903 + rest) if small else near
    v = 1.0 / x
    far = (x - 0.5) * ((n * 0.6931471805598903 - 1.0) + rest) + (v * stirling_f64(v * v) + 0.4189385332046727)
    value = far if x > 4.0 else near
    return np.float64(np.inf) if (x <= 5.562684646268003e-309) | (x == np.inf) else value


def gammaln_reflected_f64(size: Any, logarithm: Any) -> Any:
    """gammaln(-size) of positive sizes by `logarithm`, their gammaln: log(pi / (x sin(pi x))) - gammaln(-x)."""
    r = size - np.floor(size)
    sine = sine_of_turn_f64(1.0 - r if r > 0.5 else r)
    tiny = size < 1e-100
    first = log_f64(size if tiny else size * sine * 0.3183098861837907)
    value = -first if tiny else -first - logarithm
    value = np.float64(np.inf) if (sine == 0.0) | (size <= 5.562684646268003e-309) else value
    return np.float64(-np.inf) if size == np.inf else value


def gammaln_negative_f64(x: Any) -> Any:
    """The logarithm of the absolute value of the gamma function of x < 0."""
    return gammaln_reflected_f64(-x, gammaln_positive_f64(-x))


def gammaln_f64(x: Any) -> Any:
    """The logarithm of the absolute value of the gamma function."""
    if x < 0.0:
        return gammaln_negative_f64(x)
    return gammaln_positive_f64(x)


def psi_near_f64(u: Any) -> Any:
    """psi(1 + u) for -1/2 <= u <= 3; relative error of the quotient 2**-56.3."""
    s = u + 0.5
    p = -1.449892651967161e-06
    p = p * s - 0.0001430420732733825
    p = p * s - 0.003855710899823158
    p = p * s - 0.040299589147157075
    p = p * s - 0.1682471763677633
    p = p * s - 0.11872150977998455
    p = p * s + 0.9727592533103082
    p = p * s + 2.34144255190712
    p = p * s + 1.441851487905516
    q = 2.43324348548095e-06
    q = q * s + 0.00026106858864902784
    q = q * s + 0.008170703019163828
    q = q * s + 0.1094694721068865
    q = q * s + 0.727964125046908
    q = q * s + 2.530678357580468
    q = q * s + 4.5172910321397
    q = q * s + 3.7103808745778415
    q = q * s + 1.0
    return ((u - 0.46163214496836236) - -1.5522348162858677e-17) * (0.6 + p / q)


def psi_far_f64(x: Any) -> Any:
    """psi(x) for x >= 4; relative error of the polynomial 2**-47.9."""
    v = 1.0 / x
    z = v * v
    p = 0.5446699390337782
    p = p * z - 0.25872823565277814
    p = p * z + 0.0741367566399582
    p = p * z - 0.020798390619556253
    p = p * z + 0.007569955721214745
    p = p * z - 0.004166600832386032
    p = p * z + 0.003968253588881277
    p = p * z - 0.008333333332484915
    p = p * z + 0.08333333333333302
    return log_f64(x) - (0.5 * v + z * p)


def psi_near_root_f64(x: Any) -> Any:
    """psi(x) within 0.06 of its root between -1 and 0; relative error of the polynomial 2**-53.4."""
    d = (x + 0.5040830082644554) + 8.15428206243813e-18
    p = -8575.799661527832
    p = p * d + 34716.80187778903
    p = p * d - 1740.4229510462444
    p = p * d + 8226.07136948663
    p = p * d - 368.5867454933531
    p = p * d + 2055.556915853723
    p = p * d - 75.37698779032867
    p = p * d + 513.2704361600485
    p = p * d - 14.706721745730103
    p = p * d + 128.2734234470202
    p = p * d - 2.76101164878723
    p = p * d + 32.258572064911874
    p = p * d - 0.8093454625306511
    p = p * d + 8.939798558792134
    return d * p


def psi_negative_f64(x: Any) -> Any:
    """psi(x) for x < 0: psi(1 - x) - pi / tan(pi x)."""
    size = -x
    r = size - np.floor(size)
    r = r - 1.0 if r > 0.5 else r
    pole = 3.141592653589793 * sine_of_turn_f64(0.5 - abs(r)) / sine_of_turn_f64(r)
    pole = 1.0 / size if size < 1e-300 else pole
    value = (psi_near_f64(size) if size < 3.0 else psi_far_f64(1.0 + size)) + pole
    value = psi_near_root_f64(x) if abs(size - 0.504) < 0.058 else value
    return np.float64(np.nan) if r == 0.0 else value


def psi_f64(x: Any) -> Any:
    """The digamma function."""
    if x < 0.0:
        return psi_negative_f64(x)
    small = x < 0.5
    near = psi_near_f64(x if small else x - 1.0)
    near = near - 1.0 / x if small else near
    return psi_far_f64(x) if x > 4.0 else near


def gammaln_f32(x: Any) -> Any:
    """The logarithm of the absolute value of the gamma function."""
    return np.float32(gammaln_f64(np.float64(x)))


def psi_f32(x: Any) -> Any:
    """The digamma function."""
    return np.float32(psi_f64(np.float64(x)))


def gamma_near_f64(x: Any) -> Any:
    """gamma(x) for 0 <= x < 4, by 1 / gamma between 1 and 2; relative error of that 2**-54.6."""
    u = x - np.floor(x)
    p = 1.680923362398227e-08
    p = p * u - 2.1609803413062031e-07
    p = p * u + 1.1295190829545838e-06
    p = p * u - 1.2251059673071334e-06
    p = p * u - 2.017340118378681e-05
    p = p * u + 0.00012808496833416268
    p = p * u - 0.00021526282144127668
    p = p * u - 0.001165158506263586
    p = p * u + 0.007218940476487711
    p = p * u - 0.009621970935664392
    p = p * u - 0.04219773464172661
    p = p * u + 0.1665386113903978
    p = p * u - 0.04200263503454671
    p = p * u - 0.6558780715202412
    p = p * u + 0.5772156649015328
    p = p * u + 1.0
    factor = (x - 1.0) * (x - 2.0 if x >= 3.0 else np.float64(1.0))
    factor = factor if x >= 2.0 else np.float64(1.0)
    return factor / (p * x if x < 1.0 else p)


def gamma_far_f64(x: Any) -> Any:
    """gamma(x) for 4 <= x <= 171.65."""
    n, f = parts_of_normal_f64(x)
    high, low = binary_logarithm_f64(n, f)
    times = x - 0.5
    power = times * high
    taken = x * 1.4426950408889634
    exponent = power - taken
    rest = (power - exponent) - taken
    rest = rest + (
        fused_multiply_add_f64(times, high, -power) - fused_multiply_add_f64(x, 1.4426950408889634, -taken)
    )
    v = 1.0 / x
    rest = rest + (times * low - x * 2.0355273740931033e-17) + v * stirling_f64(v * v) * 1.4426950408889634
    # With half the binary logarithm of 2 pi.
    total = exponent + 1.3257480647361595
    rest = rest + (((exponent - total) + 1.3257480647361595) - 7.153413670427599e-17)
    shifted = (total + rest) + 6755399441055744.0
    r = (total - (shifted - 6755399441055744.0)) + rest
    value = exp2_polynomial_f64(r) * r + 1.0
    return scaled_f64(value, np.float64(shifted).view(np.int64) << 52, True)


def gamma_positive_f64(x: Any) -> Any:
    """gamma(x) for x >= 0."""
    far = gamma_far_f64(np.float64(171.65) if x > 171.65 else x)
    return far if x >= 4.0 else gamma_near_f64(x)


def gamma_reflected_f64(size: Any, gamma: Any) -> Any:
    """gamma(-size) of positive sizes by their gamma: pi / (x sin(pi x) gamma(-x)) but for the sign."""
    whole = np.floor(size)
    r = size - whole
    sine = sine_of_turn_f64(1.0 - r if r > 0.5 else r)
    value = 3.141592653589793 / (size * sine * gamma)
    value = 1.0 / size if size < 1e-100 else value
    half = whole * 0.5
    value = -value if np.floor(half) == half else value
    return np.float64(np.nan) if r == 0.0 else value


def gamma_negative_f64(x: Any) -> Any:
    """gamma(x) for x < 0."""
    return gamma_reflected_f64(-x, gamma_positive_f64(-x))


def gamma_f64(x: Any) -> Any:
    """The gamma function."""
    if x < 0.0:
        return gamma_negative_f64(x)
    return gamma_positive_f64(x)


def rgamma_f64(x: Any) -> Any:
    """1 / gamma(x)."""
    value = 1.0 / gamma_f64(x)
    value = x if (x >= 0.0) & (x < 1e-300) else value
    return np.float64(0.0) if (x < 0.0) & (np.floor(x) == x) else value


def gamma_f32(x: Any) -> Any:
    """The gamma function."""
    return np.float32(gamma_f64(np.float64(x)))


def rgamma_f32(x: Any) -> Any:
    """1 / gamma(x)."""
    return np.float32(rgamma_f64(np.float64(x)))


FUNCTIONS = (gamma_f32, gamma_f64, rgamma_f32, rgamma_f64, gammaln_f32, gammaln_f64, psi_f32, psi_f64)
