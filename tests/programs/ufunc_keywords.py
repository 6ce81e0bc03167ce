# defn
"""Keywords of elementwise functions: ``out``, ``where``, ``dtype``, ``casting``, ``order``."""

import numpy as np


def quotient(x, y):
    return np.divide(x, y, out=np.zeros_like(x), where=y != 0)


def in_place(x, mask):
    np.sqrt(x, out=x, where=mask)
    np.add(x, 1, x, where=x > 1)
    return x


def by_rows(x, mask):
    return np.multiply(x, 2, out=np.full(x.shape, -1, x.dtype), where=mask)


def without_out(x, mask):
    return (
        np.where(mask, np.exp(x, where=mask), 0),
        np.negative(x, where=mask).shape,
        np.exp(x, where=mask).dtype,
    )


def shape_of_mask(mask):
    return np.add(1.0, np.float32(2), where=mask).shape, np.add(1, 2, where=True)


def unused(x):
    return np.multiply(x, 3, out=None, where=True, casting="same_kind", order="K", subok=True, dtype=None)


def powers(x, mask):
    return np.power(x, -1 * x, out=np.ones_like(x), where=mask)


def computed_in(x, dtype, casting):
    return np.add(x, 1, dtype=dtype, casting=casting), np.less(x, 2, casting=casting)


def stored(x, out, casting):
    return np.add(x, 1, out=out, casting=casting)


def spread(x, out):
    return np.negative(x, out=out), np.exp(x, out=(out,))


def masked_spread(x, out, mask):
    np.negative(x, out=out, where=mask)
    return out


def as_array(x):
    return np.add(np.sum(x), 1, out=...)


def ordered(x, order):
    return np.add(x, 1, order=order)


def copied(x, y, mask):
    np.copyto(x, y, where=mask)
    return x


def unknown(x):
    return np.add(x, 1, keepdims=True)


def twice(x):
    return np.add(x, 1, x, out=x)


def in_loop(x, passes):
    total = np.zeros_like(x)
    for k in range(passes):
        np.divide(x, x - k, out=total, where=x != k)
    return total


def cases():  # defn: off
    x = np.array([[0.0, 1.0, 4.0], [9.0, -1.0, np.nan]])
    whole = np.array([[0, 1, 2], [-3, 4, 7]], "i4")
    mask = np.array([[True, False, True], [True, False, False]])
    found = [
        ("quotient", (x, x.T.copy().T), {}),
        ("quotient", (x.astype("f4"), whole), {}),
        ("quotient", (whole, whole), {}),
        ("in_place", (x.copy(), mask), {}),
        ("in_place", (x.copy(), mask[0]), {}),
        ("in_place", (whole.copy(), mask), {}),
        ("by_rows", (x, mask), {}),
        ("by_rows", (x, mask[:, :1]), {}),
        ("by_rows", (whole, True), {}),
        ("by_rows", (whole, [True, False, True]), {}),
        ("by_rows", (whole, np.array([1, 0, 1])), {}),
        ("by_rows", (whole, mask[:, :2]), {}),
        ("by_rows", (whole, np.ones((2, 2, 3), bool)), {}),
        ("without_out", (x, np.ones((2, 3), bool)), {}),
        ("shape_of_mask", (mask,), {}),
        ("unused", (x,), {}),
        ("powers", (whole, whole <= 0), {}),
        ("powers", (whole, whole > 0), {}),
        ("spread", (x[0], x.copy()), {}),
        ("spread", (x, x[0].copy()), {}),
        ("masked_spread", (x[0], x.copy(), mask), {}),
        ("masked_spread", (x[0], x.copy(), mask[0]), {}),
        ("as_array", (x,), {}),
        ("copied", (np.ones((3, 3)), x[0], mask[0]), {}),
        ("copied", (np.ones((3, 3)), 7, mask[0]), {}),
        ("copied", (np.ones((3, 3)), 7, mask), {}),
        ("unknown", (x,), {}),
        ("twice", (x,), {}),
        ("in_loop", (np.array([0.0, 1.0, 2.0, 5.0]), 3), {}),
    ]
    found += [("ordered", (a, order), {}) for a in (x, x.T) for order in "CFK"]
    found += [
        ("computed_in", (a, dtype, casting), {})
        for a in (x, whole)
        for dtype in (np.float32, np.float64, np.int16, None)
        for casting in ("same_kind", "unsafe", "safe", "no", "some")
    ]
    found += [
        ("stored", (a, out.copy(), casting), {})
        for a in (x, whole)
        for out in (x, whole, x.astype("f4"), x + 1j)
        for casting in ("same_kind", "unsafe", "safe", "no")
    ]
    return found


CASES = cases()
