# defn
"""Random numbers of the gamma distribution, by rejection."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite, Elementwise, NoGradient, Written
from defnhook.ops.random_bits import dtype_of, finished, shape_of, split
from defnhook.ops.random_numbers import FLOAT, normal, parameter, uniform
from defnhook.ops.shaping import operand, traced


def concentration(a: Any) -> Any:
    """The parameter of a gamma distribution, of which numbers drawn from it have no derivative here."""
    return a


def accepted(key: Any, a: Any) -> Any:
    """Gamma numbers for an array of parameters, by the method of Marsaglia and Tsang (2000).

    With x normal, d v for v = (1 + x / sqrt(9 d))**3 and d = a - 1/3 is taken with the right probability, which is 0.95
    at least: what is not taken is drawn again. Numbers for a parameter below 1 are those for the next greater one times
    a power of a uniform number.
    """
    waiting = (a >= 0) & np.isfinite(a)
    found = np.full(a.shape, np.nan, a.dtype)
    a = np.where(waiting, concentration(a), 1)
    small = a < 1
    d = np.where(small, a + 1, a) - a.dtype.type(1 / 3)
    c = 1 / np.sqrt(9 * d)
    pair = split(key, 2)
    key = pair[0]
    power = np.log(1 - uniform(pair[1], a.shape, a.dtype)) / np.where(small, np.maximum(a, 1e-30), 1)
    while np.any(waiting):
        keys = split(key, 3)
        key = keys[0]
        x, u = normal(keys[1], a.shape, a.dtype), uniform(keys[2], a.shape, a.dtype)
        root = 1 + c * x
        v = np.where(root > 0, root * root * root, 1)
        taken = waiting & (root > 0) & (np.log(1 - u) < 0.5 * x * x + d * (1 - v + np.log(v)))
        found = np.where(taken, d * v, found)
        waiting = waiting & ~taken
    return np.where(a == 0, 0, np.where(small, found * np.exp(power), found))


def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = np.float64) -> Any:  # defn: off
    """Numbers of the gamma distribution of concentration ``a`` and scale 1.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    a
        A number of at least 0, or an array of such that broadcasts to ``shape``. For any other the result is NaN.
    shape
        The shape of the result: an integer or a tuple, known while tracing; that of ``a`` where it is left out.
    dtype
        float32 or float64.

    Returns
    -------
    numbers
        An array of that shape and dtype; a number where the shape is ``()``. They have no derivative with respect to
        ``a``.

    Raises
    ------
    TypeError, ValueError
        Where an argument is of the wrong type, dtype or shape; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> bool(abs(np.mean(random.gamma(random.key(0), 2.5, 10000)) - 2.5) < 0.05)
    True
    """
    value, dtype = operand(a), dtype_of(dtype, "f", FLOAT)
    shape = tuple(value.shape) if shape is None else shape_of(shape)
    given = np.broadcast_to(parameter("a", value, shape, dtype), shape or (1,))
    like = traced(key, given)
    if like is None:
        return finished(accepted(key, given), shape)
    return finished(like.__array_function__(accepted, (type(like),), (key, given), {}), shape)


CONCENTRATION = Elementwise(
    concentration,
    loop="{x}",
    partials=NoGradient(
        "numbers drawn by rejection move with their parameter in jumps. Differentiate the logarithm of the density "
        "instead."
    ),
)
ACCEPTED = Written(accepted, source="ops/random_gamma.accepted")
GAMMA = Composite(gamma, expand=gamma)
