# defn
"""Softmax in the forms in which it is written."""

import numpy as np


def softmax(t):
    return np.exp(t) / np.sum(np.exp(t))


def stable_softmax(t):
    e = np.exp(t - np.max(t))
    return e / e.sum()


def along(t, *, axis=-1):
    shifted = t - t.max(axis=axis, keepdims=True)
    e = np.exp(shifted)
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(t, axis=-1):
    shifted = t - np.max(t, axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis, keepdims=True))


def logsumexp(t, axis=None):
    top = np.max(t, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(t - top), axis=axis, keepdims=True)) + top
    return np.squeeze(total, axis)


def entropy(t):
    p = softmax(t)
    return -np.sum(p * np.log(p))


def cases():  # defn: off
    rng = np.random.default_rng(1)
    vector, matrix, images = rng.normal(size=7), rng.normal(size=(4, 5)), rng.normal(size=(2, 3, 4, 5))
    found = []
    for dtype in ("f4", "f8"):
        found += [
            ("softmax", (vector.astype(dtype),), {}),
            ("stable_softmax", (vector.astype(dtype),), {}),
            ("along", (matrix.astype(dtype),), {}),
            ("along", (matrix.astype(dtype),), {"axis": 0}),
            ("log_softmax", (matrix.astype(dtype),), {}),
            ("entropy", (vector.astype(dtype),), {}),
        ]
    return [
        *found,
        ("softmax", (np.arange(5),), {}),
        ("softmax", (np.array([1.0, np.inf]),), {}),
        ("softmax", (np.array([1.0, np.nan, 2.0]),), {}),
        ("softmax", (np.empty(0),), {}),
        ("stable_softmax", (np.empty(0),), {}),
        ("stable_softmax", (np.array(2.5),), {}),
        ("along", (images,), {"axis": 1}),
        ("along", (images,), {"axis": (2, 3)}),
        ("along", (images.transpose(0, 2, 3, 1).astype("f4"),), {}),
        ("along", (np.asfortranarray(matrix),), {}),
        ("along", (vector,), {"axis": 3}),
        ("log_softmax", (matrix.T, 0), {}),
        ("logsumexp", (matrix,), {}),
        ("logsumexp", (matrix, 0), {}),
        ("logsumexp", (matrix.astype("f4"), (0, 1)), {}),
    ]


CASES = cases()
