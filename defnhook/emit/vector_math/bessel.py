"""Modified Bessel functions of the first kind, of orders 0 and 1.

Up to 5 they are polynomials of x**2; beyond, e**x / sqrt(x) times a function that is nearly constant: up to 16 a
polynomial of (x - 9) / (x + 9), then one of 1 / x. The functions of float32 work in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.emit.vector_math.exponential import exp_f64


def i0_near_f64(z: Any) -> Any:
    """I0(x) where z = x**2, for 0 <= x <= 5; relative error 2**-56.8."""
    p = 3.249846415472655e-25
    p = p * z + 1.451293265293469e-22
    p = p * z + 7.259892026302508e-20
    p = p * z + 2.896466048523965e-17
    p = p * z + 9.386038991696187e-15
    p = p * z + 2.4028067506176766e-12
    p = p * z + 4.709502856422638e-10
    p = p * z + 6.781684024904042e-08
    p = p * z + 6.781684027863771e-06
    p = p * z + 0.00043402777777763307
    p = p * z + 0.015625000000000114
    p = p * z + 0.24999999999999997
    p = p * z + 1.0
    return p


def i0_between_f64(t: Any) -> Any:
    """sqrt(x) e**-x I0(x) where t = (x - 9) / (x + 9), for 5 <= x <= 16; relative error 2**-54.3."""
    p = -0.03017466297198306
    p = p * t - 0.016203425558410388
    p = p * t + 0.089052951930243
    p = p * t - 0.032087393880793416
    p = p * t - 0.06406491238807858
    p = p * t + 0.029459313602134937
    p = p * t + 0.09619201961658812
    p = p * t - 0.15903942085938727
    p = p * t + 0.10893553752185557
    p = p * t - 0.01528796441744358
    p = p * t - 0.048159853355794535
    p = p * t + 0.06511595530590701
    p = p * t - 0.05582723098585891
    p = p * t + 0.04109000642360383
    p = p * t - 0.029695676027024383
    p = p * t + 0.022453700566605592
    p = p * t - 0.017935403073553603
    p = p * t + 0.014933272333140409
    p = p * t - 0.012786621129748604
    p = p * t + 0.40487857374516906
    return p


def i0_far_f64(v: Any) -> Any:
    """sqrt(x) e**-x I0(x) where v = 1 / x, for x >= 16; relative error 2**-53.8."""
    p = 626389.806929135
    p = p * v - 197757.9433919228
    p = p * v + 29511.17783886767
    p = p * v - 2513.16394517786
    p = p * v + 155.4389165934465
    p = p * v - 3.2297107808440275
    p = p * v + 0.8407589138928562
    p = p * v + 0.22560303963232597
    p = p * v + 0.09063758700386952
    p = p * v + 0.04474193834610296
    p = p * v + 0.029219406615840413
    p = p * v + 0.028050629087475847
    p = p * v + 0.04986778505018225
    p = p * v + 0.3989422804014327
    return p


def i0_beyond_f64(x: Any) -> Any:
    """e**-x I0(x) for x >= 5."""
    between = i0_between_f64((x - 9.0) / (x + 9.0))
    far = i0_far_f64(1.0 / x)
    return (far if x > 16.0 else between) / np.sqrt(x)


def i1_near_f64(z: Any) -> Any:
    """I1(x) / x where z = x**2, for 0 <= x <= 5; relative error 2**-59.6."""
    p = 1.2312656450370626e-26
    p = p * z + 6.074157639578549e-24
    p = p * z + 3.298235054981829e-21
    p = p * z + 1.448295228042893e-18
    p = p * z + 5.214451858320891e-16
    p = p * z + 1.5017544337971742e-13
    p = p * z + 3.363930590261997e-11
    p = p * z + 5.6514033554916215e-09
    p = p * z + 6.781684027805958e-07
    p = p * z + 5.4253472222217984e-05
    p = p * z + 0.002604166666666669
    p = p * z + 0.0625
    p = p * z + 0.5
    return p


def i1_between_f64(t: Any) -> Any:
    """sqrt(x) e**-x I1(x) where t = (x - 9) / (x + 9), for 5 <= x <= 16; relative error 2**-54.1."""
    p = 0.044447910580329535
    p = p * t + 0.005146410035954878
    p = p * t - 0.07926236092332073
    p = p * t + 0.015265218185891941
    p = p * t + 0.07993111310646754
    p = p * t - 0.03945571191874614
    p = p * t - 0.08337957139948908
    p = p * t + 0.13251385846956149
    p = p * t - 0.06727457668195723
    p = p * t - 0.034169624670032143
    p = p * t + 0.0969801915226728
    p = p * t - 0.10879522027663525
    p = p * t + 0.09375180257925901
    p = p * t - 0.07439919237295034
    p = p * t + 0.05969223615407214
    p = p * t - 0.05007050137754144
    p = p * t + 0.0437549359743207
    p = p * t - 0.0393217044316374
    p = p * t + 0.035990243067244014
    p = p * t + 0.38167495180767363
    return p


def i1_far_f64(v: Any) -> Any:
    """sqrt(x) e**-x I1(x) where v = 1 / x, for x >= 16; relative error 2**-53.8."""
    p = -665577.5606613214
    p = p * v + 210290.07020553265
    p = p * v - 31435.016533323287
    p = p * v + 2678.752141420956
    p = p * v - 166.53187176375476
    p = p * v + 3.3028148870611833
    p = p * v - 0.9577062955671772
    p = p * v - 0.26692280258777656
    p = p * v - 0.11077421698100622
    p = p * v - 0.05752540654604961
    p = p * v - 0.04090716884290926
    p = p * v - 0.04675104848102259
    p = p * v - 0.14960335515054068
    p = p * v + 0.3989422804014327
    return p


def i1_beyond_f64(x: Any) -> Any:
    """e**-x I1(x) for x >= 5."""
    between = i1_between_f64((x - 9.0) / (x + 9.0))
    far = i1_far_f64(1.0 / x)
    return (far if x > 16.0 else between) / np.sqrt(x)


def i0_f64(x: Any) -> Any:
    """I0(x); infinite where e**x is, as in SciPy."""
    magnitude = abs(x)
    beyond = i0_beyond_f64(magnitude) * exp_f64(magnitude)
    return i0_near_f64(x * x) if magnitude < 5.0 else beyond


def i0e_f64(x: Any) -> Any:
    """e**-abs(x) I0(x)."""
    magnitude = abs(x)
    near = i0_near_f64(x * x) * exp_f64(-magnitude)
    return near if magnitude < 5.0 else i0_beyond_f64(magnitude)


def i1_f64(x: Any) -> Any:
    """I1(x); infinite where e**x is, as in SciPy."""
    magnitude = abs(x)
    beyond = i1_beyond_f64(magnitude) * exp_f64(magnitude)
    value = magnitude * i1_near_f64(x * x) if magnitude < 5.0 else beyond
    return -value if x < 0.0 else value


def i1e_f64(x: Any) -> Any:
    """e**-abs(x) I1(x)."""
    magnitude = abs(x)
    near = magnitude * i1_near_f64(x * x) * exp_f64(-magnitude)
    value = near if magnitude < 5.0 else i1_beyond_f64(magnitude)
    return -value if x < 0.0 else value


def i0_f32(x: Any) -> Any:
    """I0(x)."""
    return np.float32(i0_f64(np.float64(x)))


def i0e_f32(x: Any) -> Any:
    """e**-abs(x) I0(x)."""
    return np.float32(i0e_f64(np.float64(x)))


def i1_f32(x: Any) -> Any:
    """I1(x)."""
    return np.float32(i1_f64(np.float64(x)))


def i1e_f32(x: Any) -> Any:
    """e**-abs(x) I1(x)."""
    return np.float32(i1e_f64(np.float64(x)))


FUNCTIONS = (i0_f32, i0_f64, i0e_f32, i0e_f64, i1_f32, i1_f64, i1e_f32, i1e_f64)
