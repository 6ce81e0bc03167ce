"""Random numbers without a state: every function takes a key, and the same key gives the same numbers.

The generator is Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), laid out as JAX lays it out by default. The
functions work on plain arrays, and inside marked functions, where they become part of the native loops around them.

Examples
--------
>>> from defnhook import random
>>> key = random.key(0)
>>> key, once = random.split(key)
>>> random.uniform(once).shape
()
"""

from __future__ import annotations

from defnhook.ops.random_bits import bits, fold_in, key, split
from defnhook.ops.random_choices import categorical, choice, permutation, shuffle
from defnhook.ops.random_gamma import gamma
from defnhook.ops.random_numbers import (
    bernoulli,
    exponential,
    gumbel,
    multivariate_normal,
    normal,
    randint,
    uniform,
)

__all__ = [
    "bernoulli",
    "bits",
    "categorical",
    "choice",
    "exponential",
    "fold_in",
    "gamma",
    "gumbel",
    "key",
    "multivariate_normal",
    "normal",
    "permutation",
    "randint",
    "shuffle",
    "split",
    "uniform",
]
