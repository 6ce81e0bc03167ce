# defn
"""Functions in functions, lambdas, variables from outside, options by keyword, recursion."""

from functools import partial

import numpy as np

W = np.arange(4.0)
SCALE = 2.5
COUNT = 3
TABLE = {"low": -1.0, "high": np.ones(4)}
double = lambda x: x * 2


def scaled(x):
    return x * SCALE + W


def from_table(x):
    return x * TABLE["low"] + TABLE["high"]


def repeated(x):
    for _ in range(COUNT):
        x = x + 1
    return x


def with_lambda(x):
    square = lambda v: v * v
    return square(x) + square(2)


def with_inner(x, k):
    offset = np.mean(x)

    def centred(v, times=2):
        return (v - offset) * times * k

    return centred(x), centred(x, times=3)


def make_scaler(factor):  # defn: off
    def scale(x):
        return x * factor

    return scale


def apply_all(x, functions):
    for f in functions:
        x = f(x)
    return x


def reduce_with(x, *, reduction="sum", axis=None, keepdims=False, dtype=None):
    if reduction == "sum":
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=dtype)
    elif reduction == "mean":
        return np.mean(x, axis=axis, keepdims=keepdims, dtype=dtype)
    return {"max": np.max, "min": np.min}[reduction](x, axis=axis, keepdims=keepdims)


def factorial(x, n):
    return x if n <= 1 else n * factorial(x, n - 1)


def comprehension(x):
    rows = [row * i for i, row in enumerate(x)]
    return np.stack(rows), [r.sum() for r in rows if r.shape[0] > 1]


def by_partial(x):
    return partial(np.sum, axis=0)(x), partial(reduce_with, reduction="mean")(x)


def matching(x, mode):
    match mode:
        case "square":
            return x * x
        case ("scale", factor):
            return x * factor
        case _:
            return x


def walrus(x):
    return (y := x + 1) * y, y


def default_array(x, w=W, *, k=SCALE):
    return x * w + k


def chained(n):
    return 0 < n <= 5, 1 < n < 3 < 4


def raises(x, kind):
    if kind == "value":
        raise ValueError("wrong")
    assert kind != "assertion", "never"
    return x[kind]


def cases():  # defn: off
    x = np.linspace(0, 1, 4)
    matrix = np.arange(6.0).reshape(2, 3)
    return [
        ("scaled", (x,), {}),
        ("scaled", (x.astype("f4"),), {}),
        ("scaled", (1,), {}),
        ("from_table", (x,), {}),
        ("repeated", (x,), {}),
        ("with_lambda", (x,), {}),
        ("with_lambda", (3,), {}),
        ("with_inner", (x, 2), {}),
        ("with_inner", (x.astype("f4"), 0.5), {}),
        ("apply_all", (x, (np.sin, np.square)), {}),
        ("apply_all", (x, [scaled, repeated]), {}),
        ("apply_all", (x, ()), {}),
        ("reduce_with", (matrix,), {}),
        ("reduce_with", (matrix,), {"axis": 0, "dtype": np.float32}),
        ("reduce_with", (matrix,), {"reduction": "mean", "axis": 1, "keepdims": True}),
        ("reduce_with", (matrix.astype("i4"),), {"reduction": "max", "axis": (0, 1)}),
        ("reduce_with", (matrix,), {"reduction": "other"}),
        ("reduce_with", (matrix,), {"axis": 5}),
        ("reduce_with", (matrix,), {"wrong": 5}),
        ("reduce_with", (), {}),
        ("factorial", (x, 4), {}),
        ("factorial", (1, 4), {}),
        ("comprehension", (matrix,), {}),
        ("by_partial", (matrix,), {}),
        ("matching", (x, "square"), {}),
        ("matching", (x, ("scale", 3)), {}),
        ("matching", (x, None), {}),
        ("walrus", (x,), {}),
        ("default_array", (x,), {}),
        ("default_array", (x, 2.0), {"k": 1}),
        ("chained", (3,), {}),
        ("chained", (2,), {}),
        ("raises", (x, "value"), {}),
        ("raises", (x, "assertion"), {}),
        ("raises", (x, 9), {}),
        ("raises", (x, 1), {}),
    ]


CASES = cases()
