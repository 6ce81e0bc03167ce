# defn
"""Loops: rolled, unrolled, left early, over arrays and their partners, with arrays that change places."""

import numpy as np


def cumsum(x):
    s = 0
    for i in range(len(x)):
        s += x[i]
        x[i] = s
    return s


def thomas(a, b, c, d):
    n = d.shape[0]
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] = d[i] - w * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return x


def rows(A):
    t = np.zeros(A.shape[1])
    for row in A:
        t += row * 2
        t = t + 1
    return t


def first_above(x, limit):
    for i, v in enumerate(x):
        if v > limit:
            break
    else:
        i = -1
    return i


def find(x, limit):
    for i in range(len(x)):
        if x[i] < 0:
            continue
        if x[i] > limit:
            return i, x[i]
    return -1, np.float64(0.0)


def floyd(d):
    n = len(d)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])


def newton(x):
    r = x
    for it in range(50):
        step = (r * r - x) / (2 * r)
        r = r - step
        if abs(step) < 1e-12:
            break
    return r, it


def leading_positive(x):
    i = 0
    total = 0.0
    while i < len(x) and x[i] > 0:
        total += x[i]
        i += 1
    else:
        total += 100
    return total, i


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def counted(x, n):
    for i in range(n):
        x[i % 3] += i
    return x.sum()


def jacobi(u, n):
    v = u.copy()
    for t in range(n):
        v[1:-1] = (u[:-2] + u[2:]) / 2
        u, v = v, u
    return u


def swap_args(u, v):
    for t in range(5):
        v[1:-1] = (u[:-2] + u[2:]) / 2
        u, v = v, u
    return u[1]


def next_power_of_two(x):
    n = 1
    while n < x.size:
        n *= 2
    return np.zeros(n)


def listed(x):
    out = []
    for i in range(x.shape[0]):
        out.append(x[i] * i)
    return out


def bubble(x):
    n = len(x)
    for i in range(n):
        for j in range(n - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]


def bisect(x, v):
    lo, hi = 0, len(x)
    while lo < hi:
        mid = (lo + hi) // 2
        if x[mid] < v:
            lo = mid + 1
        else:
            hi = mid
    return lo


def zipped(a, b):
    s = 0.0
    for x, y in zip(a, b):
        s += x * y
    for x, y in zip(reversed(a), b):
        s -= x * y
    for i in reversed(range(3)):
        s = s / 2 + a[i]
    return s


def levenshtein(a, b):
    m, n = len(a), len(b)
    prev = np.arange(n + 1)
    cur = np.zeros(n + 1, dtype=np.int64)
    for i in range(1, m + 1):
        cur[0] = i
        for j in range(1, n + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            cur[j] = min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + cost)
        prev, cur = cur, prev
    return prev[n]


def popcount(x):
    c = 0
    while x:
        c += x & 1
        x >>= 1
    return c


def lorenz(n):
    x, y, z = 1.0, 1.0, 1.0
    out = np.empty((n, 3))
    for i in range(n):
        dx, dy, dz = 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z
        x, y, z = x + 0.01 * dx, y + 0.01 * dy, z + 0.01 * dz
        out[i] = x, y, z
    return out


def total_of_first(x, n):
    s = 0.0
    for i in range(n):
        s += x[i]
    return s


def dictstate(x):
    state = {"a": x[0], "n": 0}
    for i in range(3):
        state = {"a": state["a"] + x[i], "n": state["n"] + 1}
    return state


def left_by_an_inner_else(a, n):
    steps = 0
    while steps < n:
        steps += 1
        left = n
        while left > 1:
            left = left - 1
        else:
            if steps:
                a += a[::-1]
                break
    return steps


def first_large(a):
    for place in (0, 1, 2):
        if a[place - 1] > 1:
            break
    else:
        place = -1
    return place


def made_anew_and_changed(a, n):
    step = 0
    while step < n:
        step += 1
        rows = np.abs(a)
        rows[:-1] *= rows[step - 1]
    return rows


def guarded_quotient(a, x):
    v, w = x / x, 0.5
    for _ in [a, a]:
        w, v = v, w
        if x <= x < x + 1:
            return 1
    v /= v
    a -= v
    return 0


def up_to_a_count(a):
    for k in range(len(a) - 1):
        row = a + k
    return a[:k], row


def raises_in_one_side(p, n):
    for k in range(len(p)):
        if k & 1:
            if np.any(p > k):
                continue
            p[n:] = p[n]
    return p.sum()


RANDOM = np.random.default_rng(0).random
CASES = [
    ("made_anew_and_changed", (RANDOM((3, 4)) + 1, 2)),
    ("guarded_quotient", (np.ones(3), 2.0)),
    ("guarded_quotient", (np.ones(3), np.nan)),
    ("up_to_a_count", (np.arange(10.0).reshape(2, 5),)),
    ("up_to_a_count", (np.arange(15.0).reshape(3, 5),)),
    ("raises_in_one_side", (np.arange(8.0).reshape(2, 4), 2)),
    ("left_by_an_inner_else", (np.arange(4.0), 3)),
    ("left_by_an_inner_else", (np.arange(4.0), 0)),
    *(
        ("first_large", (np.array(values),))
        for values in ([0.0, 0, 2], [2.0, 0, 0], [0.0, 2, 0], [0.0, 0, 0])
    ),
    ("cumsum", (np.arange(5.0),)),
    ("cumsum", (np.arange(5, dtype=np.int32),)),
    ("thomas", (np.ones(6), np.full(6, 4.0), np.ones(6), np.arange(6.0))),
    ("rows", (np.arange(6.0).reshape(2, 3),)),
    ("first_above", (np.arange(5.0), 2.5)),
    ("first_above", (np.arange(5.0), 20.5)),
    ("find", (np.arange(5.0) - 2, 1.5)),
    ("find", (np.arange(5.0), 11.5)),
    ("floyd", (RANDOM((5, 5)),)),
    ("newton", (np.float64(7.0),)),
    ("newton", (7.0,)),
    ("leading_positive", (np.array([1.0, 2, -1, 3]),)),
    ("leading_positive", (np.array([1.0, 2]),)),
    ("gcd", (48, 36)),
    ("collatz", (27,)),
    ("counted", (np.zeros(3), 7)),
    ("jacobi", (RANDOM(9), 3)),
    ("jacobi", (RANDOM(9), 4)),
    ("swap_args", (RANDOM(9), np.zeros(9))),
    ("next_power_of_two", (np.zeros(5),)),
    ("listed", (np.arange(3.0),)),
    ("bubble", (RANDOM(6),)),
    ("bisect", (np.arange(9.0), 3.5)),
    ("zipped", (np.arange(4.0), np.arange(5.0))),
    ("levenshtein", (np.array([1, 2, 3, 4]), np.array([1, 3, 3, 5, 6]))),
    ("popcount", (12345,)),
]
