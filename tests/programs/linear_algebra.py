# defn
"""Products of matrices and what is built on them."""

import numpy as np


def products(a, b):
    return a @ b, np.dot(a, b), np.matmul(a, b), a.dot(b)


def outer_products(x, y):
    return np.outer(x, y), np.inner(x, y), np.vdot(x, y), np.tensordot(x, y, 0), x[:, None] * y


def covariance(x):
    centred = x - x.mean(axis=0)
    return centred.T @ centred / (x.shape[0] - 1)


def correlation(x):
    c = covariance(x)
    d = np.sqrt(np.diagonal(c))
    return c / np.outer(d, d)


def power_iteration(a, steps):
    v = np.ones(a.shape[0])
    for _ in range(steps):
        w = a @ v
        v = w / np.linalg.norm(w)
    return v, v @ a @ v


def diagonals(a):
    return np.trace(a), np.diagonal(a), np.diagonal(a, 1), np.tril(a), np.triu(a, 1), a.trace()


def norms(x):
    return (
        np.linalg.norm(x),
        np.linalg.norm(x, axis=0),
        np.linalg.norm(x, 1),
        np.linalg.norm(x, np.inf, axis=1),
    )


def makers(n, m):
    return np.eye(n), np.identity(m), np.tri(n, m), np.ones((n, m)), np.zeros(n, int), np.full((m, n), 2.5)


def contraction(a, b):
    return np.tensordot(a, b, axes=([1], [0])), np.tensordot(a, b, axes=1)


def quadratic_form(x, a):
    return x @ a @ x, np.sum(x * (a @ x)), (x[None] @ a @ x[:, None])[0, 0]


def batched(a, b):
    return a @ b, np.matmul(a, b[0]), a[0] @ b


def cases():  # defn: off
    rng = np.random.default_rng(13)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    square = rng.normal(size=(4, 4))
    found = []
    for dtype in ("f8", "f4", "c16", "i4"):
        p, q = (3 * a).astype(dtype), (3 * b).astype(dtype)
        found += [("products", (p, q), {}), ("outer_products", (p[0], q[:, 0]), {})]
    return [
        *found,
        ("products", (a.T, a), {}),
        ("products", (a, b[:, 0]), {}),
        ("products", (a[0], b[:, 0]), {}),
        ("products", (a, a), {}),
        ("products", (a.astype("f4"), b), {}),
        ("covariance", (a,), {}),
        ("correlation", (square,), {}),
        ("power_iteration", (square @ square.T, 3), {}),
        ("diagonals", (square,), {}),
        ("diagonals", (a,), {}),
        ("diagonals", ((5 * a).astype("i2"),), {}),
        ("norms", (a,), {}),
        ("norms", (a.astype("f4"),), {}),
        ("norms", ((5 * a).astype("i2"),), {}),
        ("makers", (3, 2), {}),
        ("contraction", (a, b), {}),
        ("quadratic_form", (square[0], square), {}),
        ("batched", (rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4, 2))), {}),
    ]


CASES = cases()
