"""Elementwise entries of ``scipy.special``; loaded where SciPy is in use.

A function without a loop of its own runs as a step in SciPy between native parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special as sp
from scipy.special import _ufuncs

from defnhook.ops.elementwise import LN2, LN10
from defnhook.ops.kinds import Derivative, Elementwise, Flat, NoGradient

TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_TWO_PI = math.sqrt(2 * math.pi)
BY_PARAMETER = NoGradient(
    "that by a parameter of this function is no function of SciPy. Differentiate by its last argument instead."
)


def step(function: Any, partials: Derivative, domain: tuple[float, float] = (0.5, 3.0)) -> Elementwise:
    """A function that SciPy runs."""
    return Elementwise(function, loop={}, partials=partials, domain=domain, cost=50)


def real(text: str) -> Mapping[str, str]:
    """A loop for real operands; complex ones are left to SciPy."""
    return {"f": text}


# -- the error function and the normal distribution

erf = Elementwise(
    sp.erf, loop=real("erf({x})"), partials=lambda r, x: (TWO_BY_ROOT_PI * np.exp(-x * x),), cost=25
)
erfc = Elementwise(
    sp.erfc, loop=real("erfc({x})"), partials=lambda r, x: (-TWO_BY_ROOT_PI * np.exp(-x * x),), cost=30
)
erfcx = step(sp.erfcx, lambda r, x: (2 * x * r - TWO_BY_ROOT_PI,), (-1.0, 3.0))
erfi = step(sp.erfi, lambda r, x: (TWO_BY_ROOT_PI * np.exp(x * x),), (-1.0, 1.0))
dawsn = step(sp.dawsn, lambda r, x: (1 - 2 * x * r,), (-3.0, 3.0))
erfinv = Elementwise(
    sp.erfinv,
    loop=real("erfinv({x})"),
    partials=lambda r, x: (np.exp(r * r) / TWO_BY_ROOT_PI,),
    domain=(-0.9, 0.9),
    cost=40,
)
erfcinv = Elementwise(
    sp.erfcinv,
    loop=real("erfcinv({x})"),
    partials=lambda r, x: (-np.exp(r * r) / TWO_BY_ROOT_PI,),
    domain=(0.1, 1.9),
    cost=40,
)
ndtr = Elementwise(
    sp.ndtr,
    loop=real("ndtr({x})"),
    partials=lambda r, x: (np.exp(-0.5 * x * x) / ROOT_TWO_PI,),
    domain=(-3.0, 3.0),
    cost=40,
)
log_ndtr = Elementwise(
    sp.log_ndtr,
    loop=real("log_ndtr({x})"),
    partials=lambda r, x: (np.exp(-0.5 * x * x - r) / ROOT_TWO_PI,),
    domain=(-3.0, 3.0),
    cost=80,
)
ndtri = Elementwise(
    sp.ndtri,
    loop=real("ndtri({x})"),
    partials=lambda r, x: (np.exp(0.5 * r * r) * ROOT_TWO_PI,),
    domain=(0.1, 0.9),
    cost=40,
)

# -- the logistic function

expit = Elementwise(sp.expit, loop=real("expit({x})"), partials=lambda r, x: (r * (1 - r),), cost=15)
logit = Elementwise(
    sp.logit,
    loop=real(
        "select(({x} > {i}(0.3)) & ({x} < {i}(0.65)), {i}(2) * arctanh({i}(2) * {x} - {i}(1)), "
        "log({x} / ({i}(1) - {x})))"
    ),
    partials=lambda r, x: (1 / (x * (1 - x)),),
    domain=(0.1, 0.9),
    cost=35,
)
log_expit = Elementwise(
    sp.log_expit,
    loop=real("select({x} < {i}(0), {x}, {i}(-0.0)) - log1p(exp(-fabs({x})))"),
    partials=lambda r, x: (sp.expit(-x),),
    cost=30,
)

# -- exponentials and logarithms

exp10 = Elementwise(
    sp.exp10, loop=real("power({i}(10), {x})"), partials=lambda r, x: (r * LN10,), domain=(-2.0, 2.0), cost=20
)
exp2 = Elementwise(sp.exp2, loop=real("exp2({x})"), partials=lambda r, x: (r * LN2,), cost=12)
expm1 = Elementwise(sp.expm1, loop=real("expm1({x})"), partials=lambda r, x: (np.exp(x),), cost=15)
log1p = Elementwise(
    sp.log1p, loop=real("log1p({x})"), partials=lambda r, x: (1 / (1 + x),), domain=(-0.5, 3.0), cost=15
)
cbrt = Elementwise(
    sp.cbrt, loop=real("cbrt({x})"), partials=lambda r, x: (1 / (3 * r * r),), domain=(0.5, 3.0), cost=15
)
cosm1 = Elementwise(
    sp.cosm1,
    loop=real("{i}(0) - {i}(2) * sin({x} * {i}(0.5)) * sin({x} * {i}(0.5))"),
    partials=lambda r, x: (-np.sin(x),),
    cost=17,
)


def exprel_partials(r: Any, x: Any) -> tuple[Any]:
    """(e**x - r) / x, near 0 by its series."""
    near = np.absolute(x) < 0.01
    series = 0.5 + x * (1 / 3 + x * (1 / 8 + x * (1 / 30 + x / 144)))
    return (np.where(near, series, (np.exp(x) - r) / np.where(near, 1, x)),)


exprel = Elementwise(
    sp.exprel,
    loop=real("select(fabs({x}) < {i}(1e-16), {i}(1), select({x} > {i}(717), expm1({x}), expm1({x}) / {x}))"),
    partials=exprel_partials,
    cost=20,
)
xlogy = Elementwise(
    sp.xlogy,
    loop=real("select(({x} == {i}(0)) & ({y} == {y}), {i}(0), {x} * log({y}))"),
    partials=lambda r, x, y: (np.log(y), x / y),
    domain=(0.5, 3.0),
    cost=14,
)
xlog1py = Elementwise(
    sp.xlog1py,
    loop=real("select(({x} == {i}(0)) & ({y} == {y}), {i}(0), {x} * log1p({y}))"),
    partials=lambda r, x, y: (np.log1p(y), x / (1 + y)),
    domain=(0.5, 3.0),
    cost=17,
)

# -- entropy and robust losses

entr = Elementwise(
    sp.entr,
    loop=real(
        "select({x} > {i}(0), -({x} * log({x})), select({x} == {i}(0), {i}(0), "
        "select({x} < {i}(0), {i}(-1e999), {x})))"
    ),
    partials=lambda r, x: (-np.log(x) - 1,),
    domain=(0.5, 3.0),
    cost=14,
)
rel_entr = Elementwise(
    sp.rel_entr,
    loop=real(
        "select(({x} > {i}(0)) & ({y} > {i}(0)), {x} * select(fabs({x} - {y}) < {i}(0.5) * {y}, "
        "log1p(({x} - {y}) / {y}), select(fabs(log({x} / {y})) < {i}(80), log({x} / {y}), log({x}) - log({y}))), "
        "select(isnan({x}) | isnan({y}), {x} + {y}, "
        "select(({x} == {i}(0)) & ({y} >= {i}(0)), {i}(0), {i}(1e999))))"
    ),
    partials=lambda r, x, y: (np.log(x / y) + 1, -x / y),
    domain=(0.5, 3.0),
    cost=50,
)
kl_div = Elementwise(
    sp.kl_div,
    loop=real(
        # Of float32 SciPy takes the quotient in float64, where it neither overflows nor vanishes.
        "select(({x} > {i}(0)) & ({y} > {i}(0)), {x} * select((fabs(log({x} / {y})) < {i}(80)) | "
        "({i}(1) + {i}(1e-12) > {i}(1)), log({x} / {y}), log({x}) - log({y})) - {x} + {y}, "
        "select(isnan({x}) | isnan({y}), {x} + {y}, "
        "select(({x} == {i}(0)) & ({y} >= {i}(0)), {y}, {i}(1e999))))"
    ),
    partials=lambda r, x, y: (np.log(x / y), 1 - x / y),
    domain=(0.5, 3.0),
    cost=20,
)


def huber_partials(r: Any, delta: Any, x: Any) -> tuple[Any, Any]:
    """(0, x) within delta, beyond it the derivatives of delta (abs(x) - delta / 2)."""
    size = np.absolute(x)
    near = size <= delta
    return np.where(near, np.zeros_like(r), size - delta), np.where(near, x, delta * np.sign(x))


def pseudo_huber_partials(r: Any, delta: Any, x: Any) -> tuple[Any, Any]:
    """Those of delta**2 (root - 1), where root is that of 1 + (x / delta)**2."""
    ratio = x / delta
    root = np.sqrt(1 + ratio * ratio)
    return delta * (2 * (root - 1) - ratio * ratio / root), x / root


huber = Elementwise(
    sp.huber,
    loop=real(
        "select({x} < {i}(0), {i}(1e999), select(fabs({y}) <= {x}, {i}(0.5) * {y} * {y}, "
        "{x} * (fabs({y}) - {i}(0.5) * {x})))"
    ),
    partials=huber_partials,
    domain=(0.5, 3.0),
    cost=5,
)
pseudo_huber = step(sp.pseudo_huber, pseudo_huber_partials)

# -- the gamma function and its relatives

gamma = Elementwise(
    sp.gamma, loop=real("gamma({x})"), partials=lambda r, x: (r * sp.psi(x),), domain=(0.5, 3.0), cost=60
)
gammaln = Elementwise(
    sp.gammaln, loop=real("gammaln({x})"), partials=lambda r, x: (sp.psi(x),), domain=(0.5, 3.0), cost=45
)
loggamma = Elementwise(
    sp.loggamma,
    loop=real("gammaln(select({x} < {i}(0), {i}(1e999) * {i}(0), {x}))"),
    partials=lambda r, x: (sp.psi(x),),
    domain=(0.5, 3.0),
    cost=45,
)
rgamma = Elementwise(
    sp.rgamma, loop=real("rgamma({x})"), partials=lambda r, x: (-r * sp.psi(x),), domain=(0.5, 3.0), cost=60
)
gammasgn = step(sp.gammasgn, Flat())
psi = Elementwise(
    sp.psi, loop=real("psi({x})"), partials=lambda r, x: (_ufuncs._zeta(2, x),), domain=(0.5, 3.0), cost=45
)
hurwitz_zeta = step(_ufuncs._zeta, lambda r, x, q: (BY_PARAMETER, -x * _ufuncs._zeta(x + 1, q)), (1.5, 3.0))
riemann_zeta = step(
    _ufuncs._riemann_zeta,
    NoGradient(
        "that of zeta(x) by x is no function of SciPy. Sum the terms n**-x that are wanted and differentiate these "
        "instead."
    ),
)
beta = Elementwise(
    sp.beta,
    loop=real("beta({x}, {y})"),
    partials=lambda r, x, y: (r * (sp.psi(x) - sp.psi(x + y)), r * (sp.psi(y) - sp.psi(x + y))),
    domain=(0.5, 3.0),
    cost=200,
)
betaln = Elementwise(
    sp.betaln,
    loop=real("betaln({x}, {y})"),
    partials=lambda r, x, y: (sp.psi(x) - sp.psi(x + y), sp.psi(y) - sp.psi(x + y)),
    domain=(0.5, 3.0),
    cost=200,
)
binom = step(
    sp.binom,
    lambda r, n, k: (
        r * (sp.psi(n + 1) - sp.psi(n - k + 1)),
        r * (sp.psi(n - k + 1) - sp.psi(k + 1)),
    ),
    (2.0, 2.9),
)
poch = step(sp.poch, lambda r, x, m: (r * (sp.psi(x + m) - sp.psi(x)), r * sp.psi(x + m)), domain=(0.5, 3.0))


def gamma_density(a: Any, x: Any) -> Any:
    """The density of the gamma distribution of shape ``a``."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """The density of the beta distribution."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


gammainc = step(sp.gammainc, lambda r, a, x: (BY_PARAMETER, gamma_density(a, x)))
gammaincc = step(sp.gammaincc, lambda r, a, x: (BY_PARAMETER, -gamma_density(a, x)))
gammaincinv = step(sp.gammaincinv, lambda r, a, y: (BY_PARAMETER, 1 / gamma_density(a, r)), (0.2, 0.8))
gammainccinv = step(sp.gammainccinv, lambda r, a, y: (BY_PARAMETER, -1 / gamma_density(a, r)), (0.2, 0.8))
betainc = step(sp.betainc, lambda r, a, b, x: (BY_PARAMETER, BY_PARAMETER, beta_density(a, b, x)), (0.2, 0.8))
betaincinv = step(
    sp.betaincinv, lambda r, a, b, y: (BY_PARAMETER, BY_PARAMETER, 1 / beta_density(a, b, r)), (0.2, 0.8)
)

# -- Bessel functions


def by_argument(r: Any, x: Any) -> Any:
    """r / x for what is x / 2 near 0."""
    return np.where(x == 0, 0.5, r / np.where(x == 0, 1, x))


i0 = Elementwise(sp.i0, loop=real("i0({x})"), partials=lambda r, x: (sp.i1(x),), domain=(0.5, 3.0), cost=45)
i1 = Elementwise(
    sp.i1,
    loop=real("i1({x})"),
    partials=lambda r, x: (sp.i0(x) - by_argument(r, x),),
    domain=(0.5, 3.0),
    cost=45,
)
i0e = Elementwise(
    sp.i0e,
    loop=real("i0e({x})"),
    partials=lambda r, x: (sp.i1e(x) - np.sign(x) * r,),
    domain=(0.5, 3.0),
    cost=45,
)
i1e = Elementwise(
    sp.i1e,
    loop=real("i1e({x})"),
    partials=lambda r, x: (sp.i0e(x) - r * np.sign(x) - by_argument(r, x),),
    domain=(0.5, 3.0),
    cost=45,
)
j0 = step(sp.j0, lambda r, x: (-sp.j1(x),))
j1 = step(sp.j1, lambda r, x: (sp.j0(x) - by_argument(r, x),))
y0 = step(sp.y0, lambda r, x: (-sp.y1(x),))
y1 = step(sp.y1, lambda r, x: (sp.y0(x) - r / x,))
k0 = step(sp.k0, lambda r, x: (-sp.k1(x),))
k1 = step(sp.k1, lambda r, x: (-sp.k0(x) - r / x,))
k0e = step(sp.k0e, lambda r, x: (r - sp.k1e(x),))
k1e = step(sp.k1e, lambda r, x: (r - sp.k0e(x) - r / x,))
jv = step(sp.jv, lambda r, v, x: (BY_PARAMETER, (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2))
yv = step(sp.yv, lambda r, v, x: (BY_PARAMETER, (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2))
iv = step(sp.iv, lambda r, v, x: (BY_PARAMETER, (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2))
kv = step(sp.kv, lambda r, v, x: (BY_PARAMETER, -(sp.kv(v - 1, x) + sp.kv(v + 1, x)) / 2))
ive = step(sp.ive, lambda r, v, x: (BY_PARAMETER, (sp.ive(v - 1, x) + sp.ive(v + 1, x)) / 2 - np.sign(x) * r))
kve = step(sp.kve, lambda r, v, x: (BY_PARAMETER, r - (sp.kve(v - 1, x) + sp.kve(v + 1, x)) / 2))

# -- integrals

exp1 = step(sp.exp1, lambda r, x: (-np.exp(-x) / x,))
expi = step(sp.expi, lambda r, x: (np.exp(x) / x,))
expn = step(
    sp.expn, lambda r, n, x: (BY_PARAMETER, -sp.expn(np.maximum(n - 1, 0), x) + np.where(n == 0, -r / x, 0))
)
spence = step(sp.spence, lambda r, x: (np.log(x) / (1 - x),), (1.2, 3.0))
ellipk = step(sp.ellipk, lambda r, m: ((sp.ellipe(m) / (1 - m) - r) / (2 * m),), (0.1, 0.9))
ellipe = step(sp.ellipe, lambda r, m: ((r - sp.ellipk(m)) / (2 * m),), (0.1, 0.9))
