"""float16: 16 bits in memory, float32 in arithmetic, rounded after every step as NumPy rounds."""

from __future__ import annotations

import numpy as np
import pytest
from both import Raised
from compare import assert_same

MODULE = """
# defn
import numpy as np

def chain(x, y, z): return (x * y) + z, (x - y) / z, np.sqrt(np.abs(x * x - y)), x // y, x % y, np.floor(x) * z

def compared(x, y): return x < y, x == y, np.isnan(x), np.isfinite(x * 2), np.signbit(x), np.maximum(x, y), bool(x[0])

def converted(x):
    return tuple(x.astype(kind) for kind in (np.float32, np.float64, np.complex64, np.complex128, bool))

def whole(x):
    return tuple(x.astype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8))

def halved(x): return x.astype(np.float16)

def bits(x): return x.view(np.uint16), x.view(np.int16), (x.view(np.uint16) ^ np.uint16(0x8000)).view(np.float16)

def parts(x):
    return *np.frexp(x), *np.modf(x), np.ldexp(x, 2), np.nextafter(x, np.float16(1)), np.spacing(x), np.sign(x)

def numbers(x, s): return x * 2.5, x + 1, x ** 2, s * 2.5, s + np.float16(3), np.float16(1) / 3, x[0], s * x, float(s)

def beside(x, s): return x * s, x + s, x < s, np.maximum(x, s), s - x

def of_one(x, s):
    y = x[0] * s
    if y > 1:
        y = y * s
    return y, float(y), y * 1.5

def functions(x): return np.exp(x), np.log(x), np.sin(x), np.tanh(x), np.log1p(x), np.cbrt(x)

def exponential(x): return np.exp(x)

def sums(x):
    wide = np.sum(x, dtype="f4")
    return np.sum(x), wide, x.mean(), x.mean(axis=1), np.max(x, axis=0), np.prod(x[0, :5]), np.argmax(x)

def running(x): return np.cumsum(x), np.cumprod(x[:8]), np.sort(x), np.median(x), np.diff(x)

def exact_sums(x):
    return *[x.sum(axis=n) for n in range(3)], x.sum(axis=(0, 1)), x.sum(axis=(0, 2)), x.sum(axis=(1, 2)), x.sum()

def small_sums(x): return np.sum(x, axis=0), np.var(x), np.std(x, axis=1), np.linalg.norm(x.astype(np.float32))

def products(x):
    return x @ x.T, np.dot(x[0], x[0]), np.einsum("ij,kj", x, x), np.einsum("ij,ij->i", x, x), np.vecdot(x, x)

def products_in_a_loop(x, n):
    total = np.zeros((x.shape[0], x.shape[0]), np.float16)
    for i in range(n):
        total = total * 0 + x @ x.T
    return total

def written(x, v):
    x[1:5] = v
    x[0] += v
    x *= 1.1
    x[[2, 2]] = 70000.0
    np.add.at(x, [3, 3], v)

def looped(x, n):
    total, row = np.float16(0), np.zeros(3, np.float16)
    for i in range(n):
        total = total + x[i]
        row[i % 3] = row[i % 3] * 2 + x[i]
        if total > 100:
            total = total / 3
    return total, row

def ramps(n):
    return np.arange(n, dtype=np.float16), np.ones(n, "e"), np.linspace(0, 1, 5, dtype="e"), np.eye(2, dtype="f2")

def nested(x): return [np.concatenate([x, x[:2]]), {"a": np.where(x > 0, x, 0)}, np.stack([x, x]).T.reshape(-1)]

def solved(x): return np.linalg.solve(x, x)
"""
MODES = ["on", "interpret", "eager"]


@pytest.fixture(scope="module", params=MODES)
def both(request, both_ways):
    return both_ways(MODULE, request.param)


def exact(both, name, *arguments):
    """Equal bit for bit, but for NaN."""
    actual, expected = both.call_hooked(name, arguments), both.call_plain(name, arguments)
    assert_same(actual, expected, rounding=0)
    return actual


def near(both, name, *arguments, rounding=2):
    actual, expected = both.call_hooked(name, arguments), both.call_plain(name, arguments)
    assert_same(actual, expected, rounding=rounding)


def any_halves(count, seed=0):
    """Random bits: zeros, denormals, infinities and NaN among them."""
    return np.random.default_rng(seed).integers(0, 2**16, count).astype(np.uint16).view(np.float16)


def ordinary(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float16)


EDGES = np.array(
    [1 + 2**-11, 1 + 2**-11 + 2**-40, 65519.99, 65520, 2**-25, 2**-25 + 2**-70, 5e-8, np.inf, np.nan, -0.0]
)


@pytest.mark.filterwarnings("ignore")
def test_every_step_is_rounded(both):
    exact(both, "chain", any_halves(3000), any_halves(3000, 1), any_halves(3000, 2))


@pytest.mark.filterwarnings("ignore")
def test_comparisons_and_tests(both):
    exact(both, "compared", any_halves(500), any_halves(500, 1))


@pytest.mark.filterwarnings("ignore")
def test_conversions_from_float16(both):
    exact(both, "converted", any_halves(500))
    exact(both, "whole", np.trunc(ordinary(50) * np.float16(20000)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", "?bhiqBHIQfdFD")
def test_conversions_to_float16_round_once(both, kind):
    drawn = np.random.default_rng(2).normal(size=300) * 10.0 ** np.random.default_rng(3).integers(-9, 9, 300)
    exact(both, "halved", np.concatenate([drawn, EDGES]).astype(kind))


def test_bits(both):
    exact(both, "bits", ordinary(20))


@pytest.mark.filterwarnings("ignore")
def test_parts_of_numbers(both):
    exact(both, "parts", any_halves(300))


@pytest.mark.filterwarnings("ignore")
def test_numbers_beside_arrays(both):
    exact(both, "numbers", ordinary(7), np.float16(1.1))


@pytest.mark.filterwarnings("ignore")
def test_functions_are_rounded_once(both):
    near(both, "functions", np.abs(ordinary(300)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["i1", "u1", "?"])
def test_functions_of_small_integers_give_float16(both, kind):
    assert exact(both, "exponential", np.arange(-128, 128).astype(kind)).dtype == np.float16


@pytest.mark.filterwarnings("ignore")
def test_folds(both):
    exact(both, "sums", ordinary(30, 40))
    near(both, "small_sums", ordinary(30, 40))
    near(both, "running", ordinary(40))


def test_products_are_rounded_at_the_end(both):
    x = np.random.default_rng(0).uniform(size=(60, 60)).astype(np.float16)
    right = both.call_plain("products", (x.astype(np.float64),))
    found = both.call_hooked("products", (x,))
    for mine, sum_ in zip(found, right, strict=True):
        assert mine.dtype == np.float16
        np.testing.assert_array_max_ulp(mine, np.float16(sum_), 1)
    np.testing.assert_array_max_ulp(both.call_hooked("products_in_a_loop", (x, 3)), np.float16(right[0]), 1)


def test_sums_of_many_are_rounded_at_the_end(both):
    x = np.full(1 << 16, 0.3, np.float16)
    exact(both, "sums", x.reshape(256, 256) / np.float16(64))


@pytest.mark.parametrize("shape", [(70, 80, 4), (4, 70, 80), (70, 4, 80), (9000, 2, 1), (2, 1, 9000)])
@pytest.mark.filterwarnings("ignore")
def test_sums_are_no_less_exact_than_numpys(both, shape):
    """Of ones, whose sums in float16 stay behind from 2048 on."""
    for x in (np.ones(shape, np.float16), np.ones(shape, np.float16).T):
        actual, expected = both.call_hooked("exact_sums", (x,)), both.call_plain("exact_sums", (x,))
        right = both.call_plain("exact_sums", (x.astype(np.float64),))
        for mine, other, sum_ in zip(actual, expected, right, strict=True):
            assert np.all(np.abs(mine - sum_) <= np.abs(other - sum_))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", [1.1, 3, 70000, 70000.0, np.float32(1.1), np.float64(1.1), True])
def test_python_numbers_are_rounded_before_they_are_used(both, number):
    exact(both, "beside", ordinary(12), number)
    exact(both, "of_one", ordinary(12), number)


@pytest.mark.filterwarnings("ignore")
def test_writes_are_rounded(both):
    for value in (1.00049, np.float32(0.1), np.float16(3)):
        mine, other = ordinary(20), ordinary(20)
        both.call_hooked("written", (mine, value))
        both.call_plain("written", (other, value))
        assert_same(mine, other, rounding=0)
    assert np.isinf(mine[2])


@pytest.mark.filterwarnings("ignore")
def test_loops_and_branches_keep_float16(both):
    exact(both, "looped", ordinary(40) * np.float16(9), 40)


def test_new_arrays(both):
    exact(both, "ramps", 9)
    exact(both, "nested", ordinary(6))


def test_linear_algebra_refuses_as_numpy_does(both):
    actual = both.call_hooked("solved", (np.eye(2, dtype=np.float16),))
    assert isinstance(actual, Raised)
    assert isinstance(actual.error, TypeError)
