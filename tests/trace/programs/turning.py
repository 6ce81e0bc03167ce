# defn
"""Arrays whose order in memory changes in the steps of a loop."""

import numpy as np


def drifting(a, v):
    s = a
    for _ in range(3):
        s = s * 0.5 + v
    return s


def once(a, v):
    s = a
    for _ in range(1):
        s = v + s * 0.5
    return s


def often(a):
    s = a
    for _ in range(30):
        s = np.sin(s.T)
    return s


def odd(a):
    s = a
    for _ in range(31):
        s = np.sin(s.T)
    return s


def by_turns(a, v):
    s = a
    t = v * 1
    for _ in range(5):
        s, t = t * 0.5 + v, s * 0.25 + a
    return s, t


FLAT = np.arange(12.0)
SQUARE = np.arange(9.0).reshape(3, 3)
BOX = np.arange(8.0).reshape(2, 2, 2)
CASES = [
    ("drifting", (BOX.T, np.moveaxis(BOX.T, 0, -1))),
    ("drifting", (FLAT.reshape(3, 4), FLAT.reshape(4, 3).T)),
    ("drifting", (FLAT.reshape(4, 3).T, FLAT.reshape(3, 4))),
    ("drifting", (np.broadcast_to(np.array([5.0, 3.0]), (2, 2)), SQUARE[:2, :2].T)),
    ("drifting", (1.0, SQUARE.T)),
    ("once", (BOX.T, np.moveaxis(BOX.T, 0, -1))),
    ("often", (SQUARE.T,)),
    ("often", (np.moveaxis(BOX, 2, 1),)),
    ("odd", (SQUARE.T,)),
    ("odd", (np.moveaxis(BOX, 2, 1),)),
    ("by_turns", (FLAT.reshape(3, 4), FLAT.reshape(4, 3).T)),
    ("by_turns", (BOX.T, np.moveaxis(BOX.T, 0, -1))),
]
