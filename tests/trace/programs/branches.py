# defn
"""Branches of which only the compiled code knows which side runs."""

import numpy as np


def assigned_in_both(x):
    if x[0] > 1:
        y = x * 2
        z = 1
    else:
        y = x + 1
        z = 2
    return y, z


def returned_early(x):
    if x.sum() > 3:
        return x[0]
    return x[1] * 2


def several_ends(x):
    if x[0] < 0:
        raise ValueError("negative")
    if x[1] > 5:
        x[0] = 99
        return 1.5
    elif x[1] > 3:
        x[1] = -1
    else:
        x[2] = 7
        if x[2] > x[3]:
            return 0.5
    x[3] += 1
    return 3.0


def asserted(x):
    assert x[0] > 0, "must be positive"
    return 1 if x[1] > 0 else 2


def either_array(x, y):
    if x[0] > 0:
        w = x
    else:
        w = y
    return w + 1


def one_side_only(x):
    if x[0] > 0:
        q = 1
    return q


def structures(x):
    if x[0] > 0 and x[1] > 0 or x[2] > 0:
        r = {"a": x[0], "b": (x, 1)}
    else:
        r = {"a": x[1], "b": (x * 3, 2)}
    return r


def returns_nothing(x):
    if x > 1:
        return
    elif x > 2:
        pass
    return None


def chained(x):
    if 0 < x[0] < x[1] <= 3:
        return "in" if x.ndim == 1 else "out", 1
    return "in", 2


def ambiguous(x):
    if x > 0:
        return 1
    return 2


def nested(x):
    total = 0.0
    if x[0] > 0:
        if x[1] > 0:
            total += x[0]
            x[0] = 0
        else:
            total -= x[1]
    else:
        total = np.sum(x)
        x[:] = 1
    return total


def copy_or_itself(x):
    kept = x.copy()
    if x[0] > 1:
        return kept
    kept[-1] = np.sum(kept)
    x[1:] = x[:1]
    return kept


CASES = []
for values in ([2.0, 1, 1], [0.0, 1, 1], [5.0, 4, 4]):
    for name in (
        "assigned_in_both",
        "returned_early",
        "asserted",
        "structures",
        "chained",
        "ambiguous",
        "nested",
        "copy_or_itself",
    ):
        CASES.append((name, (np.array(values),)))
    CASES.append(("either_array", (np.array(values), np.zeros(3))))
for values in ([-1.0, 2, 3, 4], [1.0, 6, 3, 4], [1.0, 4, 3, 4], [1.0, 2, 3, 4], [1.0, 2, 3, 8]):
    for name in ("several_ends", "asserted", "structures"):
        CASES.append((name, (np.array(values),)))
    CASES.append(("nested", (-np.array(values),)))
CASES += [
    ("nested", (np.array([1, -2.0]),)),
    ("returns_nothing", (np.float64(1.5),)),
    ("chained", (np.array([1.0, 2]),)),
    ("chained", (np.array([1.0, 4]),)),
]
