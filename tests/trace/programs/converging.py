# defn
"""Iterations that end when they have converged."""

import numpy as np


def conv_break(x, tol):
    u = x.copy()
    v = x.copy()
    for k in range(100):
        v[1:-1] = (u[:-2] + u[2:]) / 2
        if np.max(np.abs(u - v)) < tol:
            break
        u, v = v, u
    return u, v, k


def while_break(x, tol):
    u = x.copy()
    v = x.copy()
    k = 0
    while True:
        v[1:-1] = (u[:-2] + u[2:]) / 2
        d = np.max(np.abs(u - v))
        u, v = v, u
        k += 1
        if d < tol:
            return u, k


def power_iter(A, n):
    v = np.ones(A.shape[0])
    for _ in range(n):
        w = A @ v
        v = w / np.sqrt(w @ w)
    return v


def grad(params, x, y):
    for step in range(5):
        for name in ["w", "b"]:
            params[name] -= 0.1 * x
    return params["w"].sum()


R = np.random.default_rng(7)
CASES = [
    ("conv_break", (R.random(6), 0.05)),
    ("while_break", (R.random(6), 0.05)),
    ("power_iter", (R.random((4, 4)), 3)),
    ("grad", ({"w": R.random(3), "b": R.random(3)}, R.random(3), 1.0)),
]
