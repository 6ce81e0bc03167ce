# defn
"""Constructs of Python around state: match, comprehensions, inner functions, recursion, keywords."""

import numpy as np


def printed(x):
    for i in range(2):
        print(x[i])
    return x


def absent(x, y=None):
    if y is None and x.ndim == 1:
        return x
    return x + y


def matched(x, mode):
    match mode:
        case "a":
            return x
        case "b" | "c":
            for i in range(2):
                x[i] = 1
            return x * 2
    return x * 3


def comprehension(x, k):
    acc = [x[i] for i in range(3) if i != 1]
    s = 0.0
    for a, b in zip(acc, [1, 2]):
        s += a * b
    return s


def errors_ignored(x):
    with np.errstate(all="ignore"):
        if x[0] > 0:
            return x / 0
    return x


def keywords(x, *, n=3, scale=2.0):
    for i in range(n):
        x[i] *= scale
    return x


def inner_function(x):
    def inner(i):
        if x[i] > 0.5:
            return x[i] * 2
        return 0.0 * x[i]

    t = 0.0
    for i in range(len(x)):
        t += inner(i)
    return t


def recursive(x, n):
    if n == 0:
        return x
    x[n] = n
    return recursive(x, n - 1)


def complex_number(n):
    z = 0j
    for i in range(n):
        z = z * z + (0.1 + 0.2j)
    return z


def mean_loop(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        lo = max(0, i - 1)
        hi = min(len(x), i + 2)
        out[i] = x[lo:hi].mean()
    return out


def rk4(y, h, n):
    for _ in range(n):
        k1 = -y
        k2 = -(y + h / 2 * k1)
        y = y + h * (k1 + k2) / 2
    return y


def unpack(A):
    s = 0.0
    for a, b in A:
        s += a * b
    for i, (a, b) in enumerate(A):
        s += a * i - b
    return s


def flags_of(x):
    flags = np.zeros(len(x), dtype=bool)
    for i in range(len(x)):
        flags[i] = x[i] > 0.5 or i == 0
        if not flags[i]:
            x[i] = -1
    return flags, np.sum(flags)


def sizes_of_steps(x):
    s = 0.0
    for i in range(1, 4):
        t = np.zeros(i)
        t[0] = x[i]
        s += t.sum()
    return s


R = np.random.default_rng(7)


def methods_of_a_number(a):
    v = a**a
    return v.reshape(-1), v.sum(), v.astype(np.float32)


CASES = [
    ("methods_of_a_number", (np.array(5),)),
    ("printed", (R.random(3),)),
    ("absent", (R.random(3),)),
    ("matched", (R.random(3), "b")),
    ("comprehension", (R.random(4), 2)),
    ("errors_ignored", (R.random(3),)),
    ("keywords", (R.random(4),)),
    ("inner_function", (R.random(4),)),
    ("recursive", (R.random(5), 3)),
    ("complex_number", (4,)),
    ("mean_loop", (R.random(5),)),
    ("rk4", (R.random(3), 0.1, 4)),
    ("unpack", (R.random((3, 2)),)),
    ("flags_of", (R.random(5),)),
    ("sizes_of_steps", (R.random(5),)),
]
