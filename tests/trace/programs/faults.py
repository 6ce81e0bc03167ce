# defn
"""Errors while compiled code runs: their classes, and what was written before them."""

import numpy as np


def shapes_in_a_branch(x, y):
    if x[0] > 0:
        return x + y
    return x


def place_in_a_branch(x):
    if x[0] > 0:
        x[10] = 1
    return x


def raised_in_a_loop(x):
    for i in range(3):
        if x[i] > 0.5:
            raise ValueError(f"bad {x.shape}")
        x[i] = 7
    return x


def asserted_in_a_loop(x):
    for i in range(3):
        assert x[i] < 0.5, "too big"
        x[i] = 7
    return x


def raised_by_number(x, n):
    t = 0
    for i in range(n):
        if i == 2:
            raise KeyError("two")
        t += i
    return t


def always(x):
    x[0] = 5
    raise ValueError("always")


def after_a_write(x):
    x[0] = 5
    if x[1] > 0:
        raise ValueError("sometimes")
    x[2] = 6
    return x.sum()


def index_after_a_write(x):
    x[0] = 9
    return x[7]


CASES = [
    ("shapes_in_a_branch", (np.array([1.0, 2]), np.ones(3))),
    ("shapes_in_a_branch", (np.array([-1.0, 2]), np.ones(3))),
    ("place_in_a_branch", (np.array([1.0, 2]),)),
    ("place_in_a_branch", (np.array([-1.0, 2]),)),
    ("raised_in_a_loop", (np.array([0.1, 0.7, 0.2]),)),
    ("raised_in_a_loop", (np.array([0.1, 0.1, 0.2]),)),
    ("asserted_in_a_loop", (np.array([0.1, 0.7, 0.2]),)),
    ("asserted_in_a_loop", (np.array([0.1, 0.1, 0.2]),)),
    ("raised_by_number", (1, 2)),
    ("raised_by_number", (1, 4)),
    ("always", (np.zeros(3),)),
    ("after_a_write", (np.ones(3),)),
    ("after_a_write", (-np.ones(3),)),
    ("index_after_a_write", (np.ones(3),)),
]
