# defn
"""Functions of Python of traced numbers: folds, conversions, ``math``."""

import math

import numpy as np


def sums(x):
    return sum(x), sum(x, 1.5), sum([x[0], 2, x[1]]), sum(v * v for v in [x[0], x[1]])


def anyall(x):
    return (
        any(x > 0.9),
        all(x > -1),
        any([x[0] > 2, x[1] > 0]),
        all([x[0] > 0, x[1] < 0.5, True]),
        any(x),
        all(x),
    )


def extremes(x):
    return min(x), max(x), min(x[0], x[1], np.float64(0.2)), max([x[2], x[3]])


def srt(x):
    return sorted([x[0], x[2], x[1]]), sorted([x[0], x[1]], reverse=True)


def conv(x):
    t = 0
    for i in range(len(x)):
        t += (
            int(x[i] * 10) + round(float(x[i]) * 7) + bool(x[i] > 0.5) + divmod(i, 2)[1] + pow(i, 2) + abs(-i)
        )
        t += max(i, 2) + min(i, t)
    return t, float(t), int(x[0] * 100), round(x[1], 2), complex(x[0], 1)


def inn(x):
    c = 0
    for i in range(6):
        if i in (1, 4):
            c += 1
        if x[0] in x:
            c += 10
    return c, 3.0 in x, x[0] in [1.0, 2.0]


def mth(x):
    s = 0.0
    for i in range(1, len(x)):
        s += (
            math.sqrt(i)
            + math.sin(float(x[i]))
            + math.floor(x[i] * 5)
            + i**2
            + i**0.5
            + 2.0**i
            + i // 2
            + i % 3
            + (i << 2)
            + (i >> 1)
            + (i & 3)
        )
    return s


def neg(x):
    s = 0.0
    for i in range(len(x)):
        s += math.sqrt(x[i] - 0.5)
    return s


def nested_sum(A):
    return sum(sum(row) for row in A), sum(A)


def isna(x):
    n = 0
    for v in x:
        if math.isnan(v) or v > 0.5 and not v > 0.8:
            n += 1
    return n


R = np.random.default_rng(3)
CASES = [
    ("sums", (R.random(4),)),
    ("sums", (np.arange(4),)),
    ("anyall", (R.random(4),)),
    ("extremes", (R.random(4),)),
    ("extremes", (np.array([np.nan, 1, 2, 0.5]),)),
    ("extremes", (np.array([1, np.nan, 2, 0.5]),)),
    ("srt", (R.random(4),)),
    ("conv", (R.random(4),)),
    ("inn", (R.random(4),)),
    ("mth", (R.random(5),)),
    ("neg", (R.random(5),)),
    ("neg", (R.random(5) + 0.5,)),
    ("nested_sum", (R.random((3, 2)),)),
    ("isna", (R.random(7),)),
]
