# defn
"""State of loops: names of one array, arrays that change places, jumps out of nested loops, whole numbers."""

import numpy as np


def alias_names(x):
    y = x
    for i in range(3):
        y[i] += 1
        x[i] *= 2
    return y


def two_new(x):
    u = x * 1
    w = u
    for i in range(3):
        u[0] += 1
        w[1] += u[0]
    return u, w


def rebound_views(A):
    row = A[0]
    s = 0.0
    for i in range(A.shape[0]):
        s += row[0]
        row = A[i]
        row[1] += 1
    return s, row


def row_after(A):
    for i in range(A.shape[0]):
        row = A[i]
        row *= 2
    return row.sum()


def three(a, b, c):
    for t in range(4):
        c[0] = a[0] + b[0] + t
        a, b, c = b, c, a
    return a[0], b[0], c[0]


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def nested_break(A, v):
    found = -1
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] == v:
                found = i * 10 + j
                break
        else:
            continue
        break
    return found


def nested_return(A, v):
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] > v:
                return i, j
            A[i, j] = -1
    return -1, -1


def while_true(x):
    i = 0
    while True:
        if x[i] > 2 or i >= 3:
            break
        x[i] = 10
        i += 1
    return i


def grow(x):
    s = 0
    for i in range(len(x)):
        s = s + x[i]
        s = s / 2
    return s


def accumulate_rows(A):
    acc = 0
    for row in A:
        acc = acc + row
    acc2 = 0
    for row in A:
        acc2 += row
    return acc, acc2


def swap_elements(x):
    i, j = 0, len(x) - 1
    while i < j:
        x[i], x[j] = x[j], x[i]
        i += 1
        j -= 1


def branch_write(x, y):
    for i in range(len(x)):
        if x[i] > 0.5:
            z = x
        else:
            z = y
        s = z[i]
    return s


def helper(x, i):
    if x[i] > 0.5:
        x[i] = 0
        return x[i] + 1.0
    return x[i]


def calls(x):
    t = 0.0
    for i in range(len(x)):
        t += helper(x, i)
    return t


def comp(x):
    out = np.zeros(3)
    for i in range(3):
        out[i] = sum([x[k] * k for k in range(4)]) + max(x[0], x[i])
    return out


def shape_change(x):
    for i in range(3):
        x = np.concatenate([x, x])
    return x


def strs(x):
    d = {}
    for name in ["a", "b"]:
        d[name] = x * 2
        if name == "b":
            d[name] += 1
    return d


def else_clauses(x):
    r = 0
    for i in range(len(x)):
        if x[i] > 5:
            r = 1
            break
    else:
        r = 2
    while r < 10:
        r += 3
    else:
        r += 100
    return r


def crc(data):
    c = 0xFFFFFFFF
    for k in range(len(data)):
        c ^= int(data[k])
        for _ in range(8):
            if c & 1:
                c = (c >> 1) ^ 0xEDB88320
            else:
                c >>= 1
    return c ^ 0xFFFFFFFF


def overflow(n):
    p = 1
    for i in range(n):
        p = p * 7
    return p


def zerodiv(x, k):
    s = 0
    for i in range(3):
        s += 10 // (k - i)
    return s


def inplace_then_rebind(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = x[i]
        y = y * 2
    return y


def rev(x):
    for i in range(len(x) // 2):
        x[i], x[-1 - i] = x[-1 - i], x[i]
    y = x[::-1]
    for i in range(2):
        y[i] += 10
    return y


def cond_none(x):
    best = None
    for i in range(3):
        if best is None:
            best = x[i]
        best = max(best, x[i])
    return best


def tuple_state(x):
    state = (x[0], [x[1], 0])
    for i in range(4):
        state = (state[0] + 1, [state[1][0] * 2, state[1][1] + i])
    return state


def where_loop(z, c):
    count = np.zeros(z.shape, dtype=np.int64)
    for i in range(10):
        m = np.abs(z) < 2
        z[m] = z[m] ** 2 + c[m]
        count[m] += 1
    return count


def euler(x, n):
    t = 0.0
    dt = 0.1
    for i in range(n):
        x += dt * np.sin(x) + t
        t += dt
    return x, t


def minpos(x):
    k = 0
    for i in range(1, len(x)):
        if x[i] < x[k]:
            k = i
    return k, x[k]


R = np.random.default_rng(3)
CASES = [
    ("alias_names", (R.random(4),)),
    ("two_new", (R.random(4),)),
    ("rebound_views", (R.random((3, 3)),)),
    ("row_after", (R.random((3, 3)),)),
    ("three", (R.random(2), R.random(2), R.random(2))),
    ("fib", (10,)),
    ("fib", (0,)),
    ("nested_break", (np.arange(6.0).reshape(2, 3), 4.0)),
    ("nested_break", (np.arange(6.0).reshape(2, 3), 14.0)),
    ("nested_return", (np.arange(6.0).reshape(2, 3), 3.0)),
    ("nested_return", (np.arange(6.0).reshape(2, 3), 13.0)),
    ("while_true", (np.array([1.0, 2, 3, 4]),)),
    ("grow", (R.random(4),)),
    ("grow", (np.arange(4),)),
    ("accumulate_rows", (R.random((3, 3)),)),
    ("swap_elements", (R.random(5),)),
    ("branch_write", (R.random(4), R.random(4))),
    ("calls", (R.random(5),)),
    ("comp", (R.random(5),)),
    ("shape_change", (R.random(2),)),
    ("strs", (R.random(2),)),
    ("else_clauses", (R.random(3),)),
    ("else_clauses", (R.random(3) + 5,)),
    ("crc", (np.frombuffer(b"hello world", dtype=np.uint8),)),
    ("overflow", (10,)),
    ("zerodiv", (R.random(2), 5)),
    ("zerodiv", (R.random(2), 2)),
    ("inplace_then_rebind", (R.random(3),)),
    ("rev", (R.random(5),)),
    ("cond_none", (R.random(5),)),
    ("tuple_state", (R.random(3),)),
    ("where_loop", (R.random(6) + 0j, R.random(6) * 2 + 1j)),
    ("where_loop", (R.random(6), R.random(6) * 2)),
    ("euler", (R.random(3), 4)),
    ("minpos", (R.random(5),)),
]
