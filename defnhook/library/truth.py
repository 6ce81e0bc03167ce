# defn
"""Questions about arrays that Python's own numbers answer with Python's own truth values."""

import numpy as np

from defnhook.library.static import broadcast_together


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool(np.all(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)))


def array_equal(a1, a2, equal_nan=False):
    a1, a2 = np.asarray(a1), np.asarray(a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan:
        same = same | ((a1 != a1) & (a2 != a2))
    return bool(np.all(same))


def array_equiv(a1, a2):
    a1, a2 = np.asarray(a1), np.asarray(a2)
    if not broadcast_together(a1.shape, a2.shape):
        return False
    return bool(np.all(a1 == a2))


def isreal(x):
    return np.imag(x) == 0
