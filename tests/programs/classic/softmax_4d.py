# defn
"""The softmax over the last axis, as in attention."""

import numpy as np


def softmax_4d(x):
    largest = np.max(x, axis=-1, keepdims=True)
    powers = np.exp(x - largest)
    return powers / np.sum(powers, axis=-1, keepdims=True)


def softmax_4d_in_place(x):
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def scores(*shape, dtype=np.float32):  # defn: off
    return np.random.default_rng(shape[-1]).normal(size=shape).astype(dtype)


def cases():  # defn: off
    return [
        ("softmax_4d", (scores(2, 3, 4, 5),), {}),
        ("softmax_4d", (scores(1, 2, 3, 1, dtype=np.float64),), {}),
        ("softmax_4d_in_place", (scores(2, 3, 4, 5),), {}),
        ("softmax_4d_in_place", (scores(2, 2, 3, 7, dtype=np.float64),), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "softmax_4d": lambda: (scores(16, 16, 128, 128),),
    "softmax_4d_in_place": lambda: (scores(16, 16, 128, 128),),
}
