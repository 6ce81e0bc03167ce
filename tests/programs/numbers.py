# defn
"""Python's numbers, NumPy's scalars and 0-d arrays as arguments: as values, as sizes, as exponents."""

import math

import numpy as np


def polynomial(x, coefficients):
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def horner(x, *coefficients):
    total = 0
    for c in coefficients:
        total = total * x + c
    return total


def circle(radius):
    return math.pi * radius**2, 2 * math.pi * radius, math.sqrt(radius), math.floor(radius)


def grid(n, low, high):
    return np.linspace(low, high, n)


def window(n):
    k = np.arange(n)
    return 0.5 - 0.5 * np.cos(2 * np.pi * k / (n - 1))


def shifted(x, n):
    return np.concatenate([x[n:], x[:n]]), x[n] * n, x.shape[0] - n


def scaled(x, n):
    return x * n, x / n, x + n, n - x, x // n, x**n


def arithmetic(a, b):
    return a + b, a - b, a * b, a / b, a // b, a % b, a**b


def comparisons(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def builtin(x):
    return abs(x), float(x), int(x), bool(x), round(x), -x, +x


def mixed(x, k):
    return np.sqrt(k) * x, np.float32(k) * x, np.asarray(k) + x, np.full(3, k), np.maximum(x, k)


def powers(x):
    return x**0, x**1, x**2, x**3, x**-1, x**0.5, x**2.5, 2**x


def whole_powers(x):
    return x**0, x**1, x**2, x**3, x**2.0, x**True, x ** np.int8(2)


def power(x, n):
    return x**n


def shape_of(x):
    return x.shape, x.ndim, x.size, len(x), x.dtype, x.itemsize, x.nbytes


def identity(x):
    return x


def pair(x):
    return x, x


def constants():
    return 1, 2.5, True, None, "text", (1, [2]), np.pi, np.arange(3), np.float32(1.5), np.zeros((2, 2))


def cases():  # defn: off
    x = np.linspace(-1, 2, 5)
    small, whole = x.astype("f4"), np.arange(1, 6, dtype="i2")
    kinds = [
        3,
        2.5,
        True,
        np.float32(2.5),
        np.float64(2.5),
        np.int16(3),
        np.uint8(200),
        np.array(2.5),
        np.array(3),
    ]
    found = [("arithmetic", (a, b), {}) for a in kinds for b in (2, 2.0, np.float32(2), np.array(2))]
    found += [
        ("comparisons", (a, b), {}) for a in (3, 2.5, np.float32(2.5), np.array(3)) for b in (2, np.uint8(3))
    ]
    tops = [
        np.array([0, 1, np.iinfo(c).min, np.iinfo(c).max], c) for c in ("i1", "u1", "i4", "u4", "i8", "u8")
    ]
    limits = (-1, 0, 127, 255, 256, -129, 2**31, 2**32, -(2**31) - 1, 2**62)
    found += [("comparisons", (a, n), {}) for a in tops for n in limits]
    found += [("comparisons", (n, a), {}) for a in tops for n in limits[::3]]
    found += [("builtin", (a,), {}) for a in kinds if not isinstance(a, bool)]
    found += [("identity", (a,), {}) for a in [*kinds, None, "a", x, (1, x), {"a": small}, [1, 2.5]]]
    found += [
        ("scaled", (a, n), {}) for a in (x, small, whole) for n in (2, 2.5, np.float64(2.0), np.int8(2))
    ]
    return [
        *found,
        ("polynomial", (x, [1, 2, 3]), {}),
        ("polynomial", (small, (0.5, 1.5)), {}),
        ("polynomial", (2, [1, 2]), {}),
        ("polynomial", (x, small), {}),
        ("horner", (x, 1, 2.5), {}),
        ("horner", (x,), {}),
        ("horner", (2, 1, 1), {}),
        ("circle", (2.0,), {}),
        ("circle", (2,), {}),
        ("circle", (-1.0,), {}),
        ("circle", (np.float64(2.5),), {}),
        ("grid", (5, 0, 1), {}),
        ("grid", (3, 0.5, 2.5), {}),
        ("grid", (1, 0, 1), {}),
        ("grid", (0, 0, 1), {}),
        ("grid", (-1, 0, 1), {}),
        ("grid", (2.5, 0, 1), {}),
        ("window", (6,), {}),
        ("window", (1,), {}),
        ("shifted", (x, 2), {}),
        ("shifted", (x, -1), {}),
        ("shifted", (x, 7), {}),
        ("shifted", (x, 1.0), {}),
        ("scaled", (whole, 300), {}),
        ("scaled", (whole.astype("u1"), -1), {}),
        ("scaled", (whole.astype("i1"), 1000), {}),
        ("scaled", (whole, 70000), {}),
        ("scaled", (x, 0), {}),
        ("arithmetic", (1, 0), {}),
        ("arithmetic", (1.0, 0), {}),
        ("arithmetic", (np.float64(1), 0), {}),
        ("arithmetic", (2**62, 2), {}),
        ("arithmetic", (1e308, 10.0), {}),
        ("mixed", (small, 2), {}),
        ("mixed", (small, 2.5), {}),
        ("mixed", (small, np.float64(2.5)), {}),
        ("mixed", (small, -1), {}),
        ("powers", (x,), {}),
        ("powers", (small,), {}),
        ("powers", (np.float32(1.5),), {}),
        ("powers", (1.5,), {}),
        ("powers", (np.array(1.5),), {}),
        ("powers", (whole,), {}),
        ("whole_powers", (x > 0,), {}),
        ("whole_powers", (np.array(True),), {}),
        ("whole_powers", (np.bool_(True),), {}),
        ("whole_powers", (whole,), {}),
        ("power", (x > 0, 2), {}),
        ("power", (x > 0, 3), {}),
        ("power", (whole, 2), {}),
        ("power", (whole, -1), {}),
        ("power", (whole.astype("u2"), -1), {}),
        ("power", (small, 2), {}),
        ("powers", (2,), {}),
        ("shape_of", (np.ones((2, 3), "f4"),), {}),
        ("shape_of", (np.array(1.0),), {}),
        ("pair", (x,), {}),
        ("constants", (), {}),
    ]


CASES = cases()
