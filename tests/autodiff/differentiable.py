# defn
"""Functions that give one number, with arguments at which they are smooth."""

import math

import numpy as np
import scipy.linalg as sl
import scipy.special as sp

from defnhook import grad, ops

RNG = np.random.default_rng(20)
V = RNG.uniform(0.2, 1.2, 4)
M = RNG.normal(size=(3, 3)) + 2 * np.eye(3)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))


def elementwise(x):
    return np.sum(x**3 - 2 * x + np.sin(x) * np.exp(-x))


def log_sum_exp(x):
    e = np.exp(x - x.max())
    return np.log(e.sum())


def products(a, b):
    return np.sum(np.tanh(a @ b) ** 2)


def masked(x):
    return np.sum(np.where(x > 0, np.log(np.abs(x)), x * x))


def neighbours(x):
    return np.sum(x[1:] * x[:-1]) + x[0] * x[-1] + np.sum(x[::-2])


def places(x):
    return np.sum(x[np.array([0, 2, 2, 1])] ** 2 * np.array([1.0, 2.0, 3.0, 4.0]))


def put(x):
    y = np.ones(4)
    y[np.array([0, 2, 2])] = x[:3] ** 2
    np.add.at(y, np.array([1, 1, 0]), x[1:] * x[0])
    return np.sum(y * y)


def writes(x):
    y = np.zeros(4)
    y[1:] = x[:3] ** 2
    y[0] = x[3]
    y *= x
    x[1] = y[0] * 2
    return y.sum() + np.sum(x * x)


def views(x):
    y = x.reshape(2, 2) * 1.0
    z = y.T
    z[0] = z[0] * x[:2]
    return np.sum(y * y[::-1])


def running(x):
    s = 0.0
    for i in range(len(x)):
        s = s + np.sin(x[i]) * s + x[i]
    return s


def iterated(x):
    y = x.copy()
    for _ in range(5):
        y = np.sin(y) + 0.1 * x
    return np.sum(y)


def recurrence(x):
    y = np.zeros(x.shape)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + x[i] * y[i - 1] + x[i]
    return np.sum(y**2)


def until(x):
    a = x.sum()
    while a < 100:
        a = a * 1.5 + x[0]
    return a


def left_early(x):
    s = x[0] * 1.0
    for i in range(len(x)):
        s = s * (x[i] + 1) + 1
        if s > 3:
            break
    return s


def returned_early(x):
    s = 1.0
    for i in range(len(x)):
        s = s * (x[i] + 1)
        if s > 2.5:
            return s * x[0]
    return s * x[1]


def one_of_two(x):
    if x.sum() > 0:
        r = np.log(x).sum()
    else:
        r = (x**2).sum()
    return r


def branch_in_loop(x):
    s = 0.3
    for i in range(len(x)):
        if x[i] > 0.6:
            s += np.log(x[i])
        else:
            s += x[i] * x[i] * s
    return s


def three_loops(a):
    n = a.shape[0]
    c = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            t = 0.0
            for k in range(n):
                t += a[i, k] * np.sin(a[k, j])
            c[i, j] = t
    return np.sum(c * c)


def elimination(a):
    a = a * 1.0
    n = len(a)
    for k in range(n - 1):
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            for j in range(k, n):
                a[i, j] = a[i, j] - f * a[k, j]
    return np.log(np.abs(a[0, 0] * a[1, 1] * a[2, 2]))


def cumulative(x):
    return np.sum(np.cumsum(x) * x)


def spread(a):
    return np.var(a) + np.mean(a * a, axis=0).sum() + np.std(a, axis=1).sum()


def solved(a):
    return np.linalg.solve(a @ a.T + np.eye(3), a[:, 0]).sum()


def decomposed(a):
    lower = np.linalg.cholesky(a @ a.T + np.eye(3))
    _, log = np.linalg.slogdet(a)
    w = np.linalg.eigvalsh(a + a.T)
    return np.sum(lower**3) + log + np.sum(w * w * w)


def likelihood(a, y):
    factor = np.linalg.cholesky(a @ a.T + np.eye(3))
    return 0.5 * y @ sl.cho_solve((factor, True), y) + np.sum(np.log(np.diag(factor)))


def by_a_factor(a, y):
    def solved_by(factor):
        return np.sum(sl.cho_solve((factor, True), y) ** 2)

    return np.sum(grad(solved_by)(np.linalg.cholesky(a @ a.T + np.eye(3))) ** 2)


def powers(x, p):
    return np.sum(x**p)


def numbers(x, y):
    z = x * y + x**2.0
    return z / (1 + abs(y)) - 3 * x


def joined(x):
    return np.sum(np.concatenate([x, x * 2, x[::-1]]) * np.arange(3.0 * len(x)))


def structures(p):
    w, rest = p["w"], p["rest"]
    return np.sum(w * rest[0]) + rest[1] ** 2


def extremes(x):
    return np.max(x) * np.min(x) + np.prod(x) + np.maximum(x[0], x[1]) * np.abs(x[2] - 1)


def heat(x):
    u = x * 1.0
    for _ in range(6):
        u[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u * u)


def trapezoid(x):
    return np.trapezoid(np.interp(np.linspace(0, 1, 7), np.linspace(0, 1, len(x)), x) ** 2)


def growing_parts(x):
    y = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        y[i] = np.sum(y[:i] * x[:i]) + x[i]
    return np.sum(y * y)


def roots(x):
    """Square roots, each by as many steps as it needs."""
    s = 0.0
    for i in range(len(x)):
        y = 1.0
        while abs(y * y - x[i]) > 1e-12:
            y = 0.5 * (y + x[i] / y)
        s += y * x[0]
    return s


def until_in_until(x):
    a = x[0] * 1.0
    while a < 20:
        b = x[1] * 1.0
        while b < 3:
            b = b * 1.7 + 0.1 * a
        a = a + b
    return a * x[2]


def until_in_branch(x):
    if x[3] > 0:
        t = x[0] * 1.0
        while t < 5:
            t = t * 1.5 + x[1]
    else:
        t = x[2] * 1.0
    return t


def counted_inside(x):
    n = int(np.sum(x > 0.5)) + 2
    s = 0.0
    for i in range(3):
        for j in range(n, 0, -1):
            s = s * 0.5 + np.sin(x[i] + j * x[0] * s)
            if s > 2.0:
                break
    return s


def arrays_inside(x):
    y = x * 1.0
    for i in range(3):
        while y[i] < 2:
            y = y * 1.3
            y[0] = y[1] * x[2] + 0.2 * y[0]
    return np.sum(y * y)


def chosen_parts(x):
    """Parts of an array that only one side of a branch reads, at places that the other may not have."""
    y = x * 1.0
    n = len(x)
    for i in range(n):
        if i + 1 < n:
            y[i + 1] = y[i + 1] * y[i] + np.sin(y[i])
        elif y[i] > 0:
            y[i] = y[i - 2] * y[i]
    return np.sum(y * y)


def chosen_rows(a):
    y = a * 1.0
    places = np.array([2, 0, 1])
    for i in range(3):
        if y[i, 0] > 0.5:
            y[i] = y[places[i]] * y[i, 1] + y[0]
        else:
            y[:, i] = y[:, i] * a[i, i] + a[:, 0]
    return np.sum(y**2)


def until_passed(x):
    s, i = 0.0, 0
    while i < 4:
        if x[i] < 0.1:
            break
        s += x[i] ** 2
        i += 1
    else:
        s *= x[0]
    return s


def functions_of_numbers(x):
    a, b, c, d = float(x[0]), float(x[1]), float(x[2]), float(x[3])
    s = math.erf(a * b) + math.erfc(b) * math.gamma(c + 2) + math.lgamma(d + 2)
    s += math.cbrt(a) + math.exp2(b) + math.hypot(a, b, c) + math.dist((a, b), (c, d))
    s += math.modf(a * 5)[0] * math.modf(b * 9)[1] + math.frexp(c)[0] + math.ldexp(b, 3)
    s += math.remainder(a, b) + math.copysign(a, -1.0) + math.prod([a, b]) + math.fmod(c, b)
    return s + math.floor(a * 3) * b + math.asinh(a) + math.acosh(1 + b) + math.degrees(c)


def numbers_in_a_loop(x):
    s = 0.0
    for i in range(3):
        s += math.erf(x[i]) * math.hypot(x[i], x[i + 1]) + math.erfc(x[i] + s)
    return s


def complex_numbers_of_python(x):
    z = complex(x[0], x[1])
    w = z * z / (z + 1) - z.conjugate() ** 2
    return w.real * w.imag + abs(w)


def filtered(x):
    """The likelihood of a hidden chain."""
    a = np.exp(np.outer(x[:3], x[:3]))
    a = a / np.sum(a, axis=1, keepdims=True)
    alpha = np.zeros(3)
    for seen in (0, 1, 2, 0):
        alpha = ops.logsumexp(alpha[:, None] + np.log(a), axis=0) + np.log(x[seen]) * np.arange(3.0)
    return ops.logsumexp(alpha)


def shifted_exponentials(x):
    return np.sum(sp.softmax(x) * x) + np.sum(sp.log_softmax(x) * x**2) + sp.logsumexp(x * x)


def largest_of_equals(x):
    """The other eigenvalues are all the same, and no derivative goes by their vectors."""
    values, vectors = np.linalg.eigh(np.outer(x, x) + np.eye(4))
    return values[-1] * np.abs(vectors[0, -1])


CASES = [
    ("elementwise", (V,)),
    ("log_sum_exp", (V,)),
    ("products", (A, B)),
    ("masked", (V - 0.5,)),
    ("neighbours", (V,)),
    ("places", (V,)),
    ("put", (V,)),
    ("writes", (V,)),
    ("views", (V,)),
    ("running", (V,)),
    ("iterated", (V,)),
    ("recurrence", (V,)),
    ("until", (V,)),
    ("left_early", (V,)),
    ("returned_early", (V,)),
    ("one_of_two", (V,)),
    ("one_of_two", (-V,)),
    ("branch_in_loop", (V,)),
    ("three_loops", (M,)),
    ("elimination", (M,)),
    ("cumulative", (V,)),
    ("spread", (A,)),
    ("solved", (M,)),
    ("decomposed", (M,)),
    ("likelihood", (M, V[:3])),
    ("by_a_factor", (M, V[:3])),
    ("powers", (V, 1.5)),
    ("numbers", (1.5, 2.5)),
    ("joined", (V,)),
    ("structures", ({"w": V, "rest": (V * 2, 3.0)},)),
    ("extremes", (V,)),
    ("heat", (V,)),
    ("trapezoid", (V,)),
    ("growing_parts", (V,)),
    ("roots", (V,)),
    ("until_in_until", (V,)),
    ("until_in_branch", (V,)),
    ("until_in_branch", (-V,)),
    ("counted_inside", (V,)),
    ("arrays_inside", (V,)),
    ("chosen_parts", (V,)),
    ("chosen_parts", (-V,)),
    ("chosen_rows", (M,)),
    ("until_passed", (V,)),
    ("filtered", (V,)),
    ("shifted_exponentials", (V,)),
    ("functions_of_numbers", (V,)),
    ("numbers_in_a_loop", (V,)),
    ("complex_numbers_of_python", (V,)),
]
