# defn
"""Missing values, infinities, signed zeros, denormals, and errors of the operands."""

import numpy as np


def fill(x, value=0.0):
    return np.where(np.isnan(x), value, x)


def nan_mean(x):
    known = ~np.isnan(x)
    return np.where(known, x, 0).sum() / known.sum()


def extremes(x):
    return np.max(x), np.min(x), np.fmax(x, 0), np.fmin(x, 0), np.maximum(x, 0), np.minimum(x, 0)


def tests(x):
    return (
        np.isnan(x),
        np.isinf(x),
        np.isfinite(x),
        np.signbit(x),
        x == x,
        x != x,
        x < 0,
        np.any(x),
        np.all(x),
    )


def arithmetic(x):
    return 1 / x, x - x, x * 0, x / x, np.sqrt(x), np.log(x), np.exp(x), np.arctan(x), np.sign(x), x**0


def rounding(x):
    return np.floor(x), np.ceil(x), np.trunc(x), np.rint(x), np.round(x, 2), np.round(x), x // 1, x % 1


def combine(x, y):
    return (
        x + y,
        np.where(x > y, x, y),
        np.hypot(x, y),
        np.arctan2(x, y),
        np.copysign(x, y),
        np.heaviside(x, y),
    )


def masked(x, mask):
    return (
        np.sum(x, where=mask),
        np.mean(x, where=mask),
        np.max(x, where=mask, initial=-1),
        np.any(x, where=mask),
    )


def initial(x):
    return np.sum(x, initial=10), np.prod(x, initial=2), np.max(x, initial=0.5), np.min(x, axis=0, initial=0)


def broken(x, y):
    return x + y


def cases():  # defn: off
    special = np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 5e-324, -1e-310, 1.7e308, 0.5, 2.5])
    found = []
    with np.errstate(over="ignore"):
        small = special.astype("f4")
    for x in (special, small):
        found += [(f.__name__, (x,), {}) for f in (fill, nan_mean, extremes, tests, arithmetic, rounding)]
        found += [("combine", (x[:, None], x), {})]
    square = np.arange(6.0).reshape(2, 3)
    return [
        *found,
        ("fill", (np.float64(np.nan),), {}),
        ("masked", (square, square > 2), {}),
        ("masked", (square.astype("i4"), square[0] > 0), {}),
        ("initial", (square,), {}),
        ("initial", (square.astype("f4"),), {}),
        ("rounding", (np.arange(-3, 3),), {}),
        ("broken", (np.ones(3), np.ones(4)), {}),
        ("broken", (np.ones((2, 3)), np.ones((3, 2))), {}),
        ("broken", (np.ones(3), "text"), {}),
        ("broken", (np.ones(3), None), {}),
        ("broken", (np.ones(3), [1, 2, 3]), {}),
        ("broken", ([1], [2]), {}),
        ("broken", ("a", "b"), {}),
        ("broken", (np.ones(3, "i1"), 200), {}),
        ("broken", (np.array([1, None], object), 1), {}),
    ]


CASES = cases()
