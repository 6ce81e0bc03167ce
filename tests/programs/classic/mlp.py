# defn
"""A network of two layers: a rectified one, and a softmax over the classes."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def mlp(x, w1, b1, w2, b2):
    hidden = relu(x @ w1 + b1)
    return softmax(hidden @ w2 + b2)


def arguments(rows, inputs, hidden, classes, dtype=np.float32):  # defn: off
    rng = np.random.default_rng(rows)
    shapes = ((rows, inputs), (inputs, hidden), (hidden,), (hidden, classes), (classes,))
    return tuple((rng.normal(size=s) / inputs**0.5).astype(dtype) for s in shapes)


def cases():  # defn: off
    return [
        ("mlp", arguments(4, 5, 6, 3), {}),
        ("mlp", arguments(1, 3, 2, 4, np.float64), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "mlp": lambda: arguments(5000, 200, 500, 100),
}
