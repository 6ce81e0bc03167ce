"""Conversions to and from float16, by instruction and by arithmetic, give NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

from defnhook.emit.library import from_half, rounded_half, to_half

halves = pytest.importorskip("defnhook.backend.numba.halves")
numba_backend = pytest.importorskip("defnhook.backend.numba")

EVERY = np.arange(2**16, dtype=np.uint16)
KERNEL = """
def kernel(x, bits, values):
    for i in range(x.size):
        bits[i] = to_half(x[i])
        values[i] = rounded_half(x[i])
"""


@pytest.fixture(params=["BY_INSTRUCTION", "BY_ARITHMETIC"])
def functions(request):
    return getattr(halves, request.param)


def compiled(text, functions, signature):
    surroundings = dict(functions)
    exec(text, surroundings)
    return numba_backend.made_callable(numba_backend.native(signature)(surroundings["kernel"])).entry


def ties(dtype):
    """Every float16, what lies half way between two of them, what lies beside that, and random bits."""
    known = EVERY.view(np.float16)
    known = np.unique(known[np.isfinite(known)].astype(dtype))
    middle = np.concatenate([(known[1:] + known[:-1]) / 2, [65520, -65520]]).astype(dtype)
    drawn = (
        np.random.default_rng(0).integers(0, 2**32, 100_000).astype(np.uint32).view(np.float32).astype(dtype)
    )
    beside = [np.nextafter(middle, dtype(np.inf)), np.nextafter(middle, dtype(-np.inf))]
    return np.concatenate([known, middle, *beside, drawn, np.array([np.inf, -np.inf, np.nan, -0.0], dtype)])


def test_every_float16_is_widened_exactly(functions):
    text = "def kernel(x, out):\n    for i in range(x.size):\n        out[i] = from_half(x[i])\n"
    out = np.empty(EVERY.size, np.float32)
    compiled(text, functions, "void(uint16[::1], float32[::1])")(EVERY, out)
    expected = EVERY.view(np.float16).astype(np.float32)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(np.signbit(out), np.signbit(expected))
    np.testing.assert_array_equal(out, [from_half(bits) for bits in EVERY])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore")
def test_floats_are_rounded_once_to_the_nearest(functions, dtype):
    x = ties(dtype)
    bits, values = np.empty(x.size, np.uint16), np.empty(x.size, np.float32)
    name = np.dtype(dtype).name
    compiled(KERNEL, functions, f"void({name}[::1], uint16[::1], float32[::1])")(x, bits, values)
    expected = x.astype(np.float16)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(bits[number], expected.view(np.uint16)[number])
    np.testing.assert_array_equal(bits.view(np.float16), expected)
    np.testing.assert_array_equal(values, expected.astype(np.float32))


@pytest.mark.filterwarnings("ignore")
def test_the_plain_functions_give_the_same():
    for value in ties(np.float64)[::97]:
        np.testing.assert_array_equal(to_half(value).view(np.float16), np.float16(value))
        np.testing.assert_array_equal(rounded_half(value), np.float32(np.float16(value)))
