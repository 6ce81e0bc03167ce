# defn
"""What is measured."""

import numpy as np


def softmax(t):
    return np.exp(t) / np.sum(np.exp(t))


def chain(x):
    return np.exp(-0.5 * x * x) * np.cos(3 * x) + np.sqrt(np.abs(x)) - 0.25


def row_norms(x):
    return np.sqrt(np.sum(x * x, axis=1))


def column_means(x):
    return np.mean(x, axis=0)


def layer_norm(x):
    centred = x - np.mean(x, axis=1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + 1e-5)


def increment(x):
    return x + 1
