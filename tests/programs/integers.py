# defn
"""Whole numbers and bits: hashes, counts, dates, overflow."""

import numpy as np


def popcount(x):
    x = x - ((x >> 1) & 0x55555555)
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333)
    return (((x + (x >> 4)) & 0x0F0F0F0F) * 0x01010101) >> 24


def xorshift(x, rounds=3):
    for _ in range(rounds):
        x = x ^ (x << np.uint32(13))
        x = x ^ (x >> np.uint32(17))
        x = x ^ (x << np.uint32(5))
    return x


def days_since_epoch(year, month, day):
    year = year - (month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    of_era_days = of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return era * 146097 + of_era_days - 719468


def division(a, b):
    return a // b, a % b, np.fmod(a, b), np.divmod(a, b)


def wrapped(x):
    return x + x, x * x, -x, np.abs(x), ~x, x - 1, x**2, x**3


def shifts(x, k):
    return x << k, x >> k, x & k, x | k, x ^ k


def sums(x):
    return x.sum(), x.prod(), x.mean(), x.sum(axis=0), x.max(), x.min(), x.argmax(), np.sum(x, dtype=x.dtype)


def parity(x):
    return np.where(x % 2 == 0, x // 2, 3 * x + 1)


def histogram(x, bins):
    return np.sum(x[:, None] == np.arange(bins), axis=0)


def masks(a, b):
    return (
        a & b,
        a | b,
        a ^ b,
        ~a,
        np.logical_and(a, b),
        a == b,
        a.any(),
        b.all(),
        np.count_nonzero(a),
        a.sum(),
    )


def casts(x):
    return (
        x.astype(np.int8),
        x.astype(np.uint16),
        x.astype(np.float32),
        x.astype(bool),
        np.int32(x),
        x.astype(int),
    )


def cases():  # defn: off
    rng = np.random.default_rng(8)
    found = []
    for dtype in ("i1", "u1", "i2", "i4", "u4", "i8", "u8"):
        info = np.iinfo(dtype)
        values = np.array([0, 1, 2, 3, 7, 100, info.min, info.max, info.max // 2], dtype)
        found += [("wrapped", (values,), {}), ("sums", (values.reshape(3, 3),), {}), ("casts", (values,), {})]
        found += [("division", (values, values[::-1]), {}), ("parity", (values,), {})]
        found += [("shifts", (values, values % 8), {})]
    a, b = rng.integers(0, 2, (2, 9)).astype(bool)
    return [
        *found,
        ("popcount", (rng.integers(0, 2**31, 6).astype("u4"),), {}),
        ("popcount", (rng.integers(0, 2**31, 6),), {}),
        ("popcount", (1234567,), {}),
        ("xorshift", (rng.integers(1, 2**31, 6).astype("u4"),), {}),
        ("xorshift", (np.uint32(99), 1), {}),
        ("days_since_epoch", (np.array([1970, 2000, 2024]), np.array([1, 2, 12]), np.array([1, 29, 31])), {}),
        ("days_since_epoch", (1999, 12, 31), {}),
        ("division", (np.arange(-5, 5), 3), {}),
        ("division", (np.arange(-5, 5), 0), {}),
        ("division", (7, np.arange(-2, 3, dtype="i2")), {}),
        ("division", (np.linspace(-3, 3, 7), np.float32(0.5)), {}),
        ("division", (7, -2), {}),
        ("division", (7, 0), {}),
        ("division", (7.5, -2), {}),
        ("shifts", (5, np.arange(4)), {}),
        ("shifts", (np.arange(4, dtype="u1"), 300), {}),
        ("shifts", (np.arange(4, dtype="i4"), 3), {}),
        ("histogram", (rng.integers(0, 5, 20), 5), {}),
        ("masks", (a, b), {}),
        ("masks", (a, b[0]), {}),
        ("casts", (np.array([0.0, 1.5, -2.5, 100.9]),), {}),
        ("casts", (np.array([0.0, 1.5, 2.5, 100.9], "f4"),), {}),
        ("casts", (np.array([True, False]),), {}),
    ]


CASES = cases()
