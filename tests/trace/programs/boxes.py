# defn
"""Names and boxes in loops: arrays rebound, exchanged, shared, seen through views."""

import numpy as np


def twoboxes(x):
    u = x + 0
    for i in range(3):
        w = u
        u = u * 2
        w[0] += 1
    return u, w


def sharedfresh(x):
    a = x * 1.0
    b = x * 2.0
    for i in range(3):
        a = b = a + b
        a[0] += 1
        b[1] += 1
    return a, b


def prevcur(x):
    prev = np.zeros(3)
    cur = np.ones(3)
    for i in range(4):
        nxt = prev + cur
        prev, cur = cur, nxt
    return prev, cur


def prevcur_written(x):
    prev = np.zeros(3)
    cur = np.ones(3)
    for i in range(4):
        cur[0] += i
        prev = cur
        cur = prev * 2
    return prev, cur


def dyn_swap(x, tol):
    u = x.copy()
    v = np.zeros_like(u)
    k = 0
    err = 1.0
    while err > tol:
        v[1:-1] = (u[:-2] + u[2:]) / 2
        err = np.max(np.abs(u[1:-1] - v[1:-1]))
        u, v = v, u
        k += 1
        if k > 50:
            break
    return u, k


def dyn_swap_args(u, v, tol):
    err = 1.0
    while err > tol:
        v[1:-1] = (u[:-2] + u[2:]) / 2
        err = err / 2
        u, v = v, u
    return err


def branch_rebinding(x):
    y = x * 2
    if x[0] > 0:
        y = x
    y = y + 1
    return y


def early(x, n):
    for i in range(n):
        if x[i] > 0.5:
            x[i] = 0
            return x[:i].sum()
    x[0] = 5
    return np.float64(0)


def view_in_loop(A):
    for i in range(len(A)):
        r = A[i]
        for j in range(len(r)):
            r[j] += i * j
    B = A.T
    for i in range(len(B)):
        B[i, 0] = i
    return B


def reshape_write(x):
    m = x.reshape(2, 3)
    for i in range(2):
        for j in range(3):
            m[i, j] *= i + j
    m.T[1] = 0
    return x


def loop_static_list(x):
    w = [1.0, 2.0, 3.0]
    s = 0.0
    for i in range(3):
        s += w[i] * x[i]
    return s


def int_loop_array_index(x, n):
    for i in range(n):
        x[i + 1] = x[i] + 1
    return x[n]


def enumerate_start(x):
    s = 0.0
    for i, v in enumerate(x, 3):
        s += i * v
    return s


def continue_else(x):
    s = 0.0
    for v in x:
        if v < 0.5:
            continue
        s += v
    else:
        s += 100
    return s


def step_loops(x):
    s = 0.0
    for i in range(1, len(x), 2):
        s += x[i]
    for i in range(len(x) - 1, 0, -3):
        s -= x[i] * i
    return s, i


def dtype32(x):
    s = 0.0
    for v in x:
        s += v
    t = np.float32(0)
    for i in range(3):
        t = t + x[i] * 2
    return s, t


def boolcarry(x):
    found = False
    for v in x:
        found = found or v > 0.5
    return found


def walrus(x):
    i = 0
    while (v := x[i]) < 0.9 and i < 3:
        i += 1
    return v, i


R = np.random.default_rng(7)
CASES = [
    (n, (R.random(5)[:3],))
    for n in "twoboxes sharedfresh prevcur prevcur_written branch_rebinding loop_static_list boolcarry".split()
]
CASES += [
    ("dyn_swap", (R.random(8), 1e-2)),
    ("dyn_swap_args", (R.random(6), R.random(6), 0.1)),
    ("early", (R.random(6) / 2, 4)),
    ("early", (R.random(6), 4)),
    ("view_in_loop", (R.random((3, 4)),)),
    ("reshape_write", (R.random(6),)),
    ("int_loop_array_index", (R.random(6), 5)),
    ("int_loop_array_index", (R.random(6), 6)),
    ("enumerate_start", (R.random(4),)),
    ("continue_else", (R.random(6),)),
    ("step_loops", (R.random(9),)),
    ("dtype32", (R.random(4).astype(np.float32),)),
    ("walrus", (R.random(5),)),
]
