# defn
"""Several names for one array, all of which are written through."""

import numpy as np


def two_names(p, n):
    v = p
    for _ in range(n):
        v += 1
        p *= 2
    return p


def two_loops(p, n):
    v = p
    for _ in range(n):
        v += 1
    for _ in range(n):
        p *= 2
        v += 1
    return p, v


def until(p, limit):
    v = p
    while p[0] < limit:
        v += 1
        p *= 2
    return v


def elements(p, n):
    v = p
    for _ in range(n):
        v[0] += 1
        p[0] *= 2
    return p


def views(p, n):
    v = p[1:]
    w = v[:1]
    for _ in range(n):
        w += 1
        v *= 2
        p -= 1
    return p


def in_a_branch(p):
    v = p
    if p[0] > 0:
        v += 1
        p *= 2
    return p


def twice_given(p, v, n):
    sums = np.empty(n)
    for k in range(n):
        v += 1
        p += v
        sums[k] = np.sum(p)
    return sums


def cases():  # defn: off
    def numbers():
        return np.arange(1.0, 5)

    same, other = numbers(), numbers()
    return [
        ("two_names", (numbers(), 3), {}),
        ("two_loops", (numbers(), 3), {}),
        ("until", (numbers(), 40.0), {}),
        ("elements", (numbers(), 3), {}),
        ("views", (numbers(), 3), {}),
        ("in_a_branch", (numbers(),), {}),
        ("in_a_branch", (-numbers(),), {}),
        ("twice_given", (numbers(), numbers() * 2, 3), {}),
        ("twice_given", (same, same, 3), {}),
        ("twice_given", (other[:-1], other[1:], 3), {}),
    ]


CASES = cases()
