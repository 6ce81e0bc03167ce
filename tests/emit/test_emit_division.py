"""float32 quotients by a value that the loop does not change are bitwise those of NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from both import Both

SOURCE = """# defn
import numpy as np

def quotients(x, divisor):
    return x / divisor
"""
SPECIAL = np.array(
    [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        1e-45,
        -1e-45,
        1.1754942e-38,
        1.17549435e-38,
        3.4028235e38,
        1.0,
        -3.0,
    ],
    np.float32,
)


def random_floats(count: int, seed: int) -> np.ndarray:
    """float32 numbers of all exponents, NaN and infinities included."""
    return np.random.default_rng(seed).integers(0, 2**32, count, np.uint32).view(np.float32)


def near_ties(divisor: np.float32, count: int, seed: int) -> np.ndarray:
    """Numerators whose quotients lie close to the middle between two float32 numbers."""
    rng = np.random.default_rng(seed)
    middle = (2 * rng.integers(2**23, 2**24, count) + 1).astype(np.float64) / 2**24
    with np.errstate(all="ignore"):
        return (middle * np.float64(divisor)).astype(np.float32)


def test_quotients_are_those_of_numpy_bit_by_bit(both_ways: Callable[..., Both]) -> None:
    both = both_ways(SOURCE)
    text = ""
    for seed, divisor in enumerate([*SPECIAL, *random_floats(60, 1)]):
        x = np.concatenate([SPECIAL, random_floats(20_000, seed), near_ties(divisor, 5_000, seed)])
        with np.errstate(all="ignore"):
            native, plain = both.hooked.quotients(x, divisor), both.plain.quotients(x, divisor)
        numbers = ~np.isnan(plain)
        assert np.array_equal(np.isnan(native), ~numbers), divisor
        assert np.array_equal(native[numbers].view(np.uint32), plain[numbers].view(np.uint32)), divisor
        if not text:
            import defnhook

            text = defnhook.explain(both.hooked.quotients, x, divisor, stage="source")
    assert "reciprocal" in text
