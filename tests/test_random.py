"""Random numbers: recorded values, the same in marked files, distributions, and errors that name the argument."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest
import scipy.stats
from compare import assert_same

from defnhook import random
from defnhook.ops.random_bits import threefry

KEY = random.key(0)
ALL = (2**32 - 1,) * 2

# The known answers for 20 rounds that come with the authors' Random123: key, counter, result.
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    (ALL, ALL, (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


def words(pair):
    return tuple(np.array([word], np.uint32) for word in pair)


@pytest.mark.parametrize(("key", "counter", "result"), KNOWN)
def test_known_answers(key, counter, result):
    assert tuple(int(word[0]) for word in threefry(words(key), *words(counter))) == result


def test_values_of_jax_under_its_older_layout():
    """JAX's own tests record these for the seed 1701: pairs of counters and whole words, from the same cipher."""
    first, second = threefry(words((0, 1701)), np.arange(2, dtype=np.uint32), np.array([2, 0], np.uint32))
    assert [*first, second[0]] == [56197195, 4200222568, 961309823]


def test_values_of_jax():
    """The examples of the documentation of ``jax.random``."""
    assert random.uniform(KEY, dtype=np.float32) == np.float32(0.947667)
    _, once = random.split(KEY)
    np.testing.assert_allclose(random.uniform(once, dtype=np.float32), 0.00729382, rtol=1e-6)


def test_kept_values():
    """Values that must not change from one version to the next."""
    assert random.split(KEY, 3).tolist() == [
        [1797259609, 2579123966],
        [928981903, 3453687069],
        [4146024105, 2718843009],
    ]
    assert random.bits(KEY, 2, np.uint32).tolist() == [4070199207, 4202968722]
    assert random.randint(KEY, 8, 0, 20, np.int32).tolist() == [9, 0, 12, 13, 11, 7, 12, 3]
    np.testing.assert_allclose(
        random.normal(random.key(42), 3, np.float32), [-0.02830462, 0.467132, 0.295703], rtol=2e-6
    )


def test_keys():
    assert random.key(2**40 + 3).tolist() == [256, 3]
    assert random.key(-1).tolist() == list(ALL)
    assert_same(random.split(KEY, 5)[:2], random.split(KEY))
    assert_same(random.split(KEY, (2, 3)).reshape(6, 2), random.split(KEY, 6))
    assert_same(random.fold_in(KEY, 1), random.split(KEY)[1])


def test_bits_of_every_width_come_from_the_same_words():
    wide, folded = random.bits(KEY, 9), random.bits(KEY, 9, np.uint32)
    assert_same((wide >> np.uint64(32)).astype(np.uint32) ^ wide.astype(np.uint32), folded)
    for dtype in (np.uint8, np.uint16):
        assert_same(random.bits(KEY, 9, dtype), folded.astype(dtype))


# -- the same in marked files

MARKED = """
# defn
import numpy as np
from defnhook import random


def keys(seed):
    key = random.key(seed)
    return key, random.split(key), random.fold_in(key, seed), random.split(key, (2, 2)), random.key(7)


def exact(key, low, high):
    return (
        [random.bits(key, 5, dtype) for dtype in (np.uint8, np.uint16, np.uint32, np.uint64)],
        random.bits(key), random.bits(key, (2, 0)), random.uniform(key, (2, 3)), random.uniform(key),
        random.uniform(key, 4, np.float32, low, high), random.uniform(key, (2, 3), minval=np.arange(3.0), maxval=9),
        random.bernoulli(key, 0.3, 6), random.bernoulli(key, np.linspace(0.0, 1.0, 6)), random.bernoulli(key),
        random.randint(key, 6, low, high), random.randint(key, 6, 3, 200, np.uint8),
        random.randint(key, (), -5, 5, np.int32), random.randint(key, (2, 3), np.arange(3), 4),
    )


def chosen(key):
    logits = np.log(np.array([[0.1, 0.8, 0.1], [0.3, 0.3, 0.4]]))
    return (
        random.permutation(key, 10), random.permutation(key, np.arange(6.0).reshape(2, 3), 1),
        random.shuffle(key, np.arange(4)), random.choice(key, 5, 8), random.choice(key, 5),
        random.choice(key, 5, 8, p=[0, 0.5, 0.5, 0, 0]), random.choice(key, 5, 3, False),
        random.choice(key, np.arange(4.0) * 2, (2, 2), False, [1, 2, 3, 4]), random.choice(key, np.eye(3), 2, axis=1),
        random.categorical(key, logits), random.categorical(key, logits[0]), random.categorical(key, logits, 0),
        random.categorical(key, logits, shape=(4, 2)),
    )


def near(key):
    cov = np.array([[2.0, 1.0], [1.0, 3.0]])
    return (
        random.normal(key, 5), random.normal(key, (2, 2), np.float32), random.normal(key), random.exponential(key, 3),
        random.gumbel(key, (2, 2), np.float32), random.multivariate_normal(key, np.zeros(2), cov, 3),
        random.multivariate_normal(key, np.ones((3, 2)), cov), random.gamma(key, 0.5), random.gamma(key, 2, 40),
        random.gamma(key, np.array([0.2, 3.0, -1.0, np.inf]), (2, 4), np.float32),
    )


def walk(key, n):
    total = np.zeros(3)
    for step in range(n):
        total += random.uniform(random.fold_in(key, step), 3)
    return total


def rows(key):
    found = np.zeros(5)
    keys = random.split(key, 5)
    for row in range(5):
        found[row] = random.uniform(keys[row]) + np.sum(random.uniform(keys[row], 3))
    return found
"""

MODES = ["eager", "on"]


@pytest.fixture(params=MODES)
def both(request, both_ways):
    return both_ways(MARKED, request.param)


def outcomes(both, name, *arguments):
    return both.call_hooked(name, arguments), both.call_plain(name, arguments)


def test_marked_files_give_the_same_numbers(both):
    for seed in (5, -5, np.uint64(2**63 + 1), np.int8(-3)):
        assert_same(*outcomes(both, "keys", seed))
    assert_same(*outcomes(both, "exact", KEY, 2, 5))
    assert_same(*outcomes(both, "chosen", KEY))
    assert_same(*outcomes(both, "walk", KEY, 4))
    assert_same(*outcomes(both, "rows", KEY))


def test_marked_files_give_the_same_numbers_but_for_rounding(both):
    for mine, other in zip(*outcomes(both, "near", KEY), strict=True):
        assert (mine.dtype, mine.shape) == (other.dtype, other.shape)
        np.testing.assert_allclose(mine, other, rtol=32 * np.finfo(mine.dtype).eps, atol=1e-6)


# -- distributions

SIZE = 20000
COV = np.array([[2.0, 0.6], [0.6, 0.5]])
DRAWN = {
    "uniform": (lambda key, dtype: random.uniform(key, SIZE, dtype), scipy.stats.uniform()),
    "interval": (lambda key, dtype: random.uniform(key, SIZE, dtype, -2, 3.5), scipy.stats.uniform(-2, 5.5)),
    "normal": (lambda key, dtype: random.normal(key, SIZE, dtype), scipy.stats.norm()),
    "exponential": (lambda key, dtype: random.exponential(key, SIZE, dtype), scipy.stats.expon()),
    **{
        f"gamma {a}": (lambda key, dtype, a=a: random.gamma(key, a, SIZE, dtype), scipy.stats.gamma(a))
        for a in (0.3, 1.0, 4.5, 300.0)
    },
    "gumbel": (lambda key, dtype: random.gumbel(key, SIZE, dtype), scipy.stats.gumbel_r()),
    "marginal": (
        lambda key, dtype: random.multivariate_normal(key, np.ones(2), COV, SIZE, dtype)[:, 0],
        scipy.stats.norm(1, np.sqrt(2)),
    ),
}


def p_value(sample, distribution):
    return scipy.stats.kstest(sample, distribution.cdf).pvalue


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", DRAWN)
def test_distributions(name, dtype):
    draw, distribution = DRAWN[name]
    sample = draw(random.key(1701), dtype)
    assert sample.dtype == dtype
    assert p_value(sample, distribution) > 0.01
    error = distribution.std() / np.sqrt(SIZE)
    assert abs(np.mean(sample, dtype=np.float64) - distribution.mean()) < 4 * error
    assert abs(np.std(sample, dtype=np.float64) / distribution.std() - 1) < 0.05


def test_a_wrong_distribution_is_found():
    assert p_value(random.normal(KEY, SIZE) * 1.05, scipy.stats.norm()) < 0.01


def test_gamma_numbers_of_odd_parameters():
    found = random.gamma(KEY, np.array([0.0, -1.0, np.nan, np.inf]))
    assert found[0] == 0
    assert np.isnan(found[1:]).all()
    assert_same(random.gamma(KEY, 2.0, 9)[:4], random.gamma(KEY, 2.0, 4))


def test_integers_are_equally_likely():
    for dtype in (np.int8, np.uint32, np.int64):
        counts = np.bincount(random.randint(KEY, SIZE, 3, 10, dtype), minlength=10)
        assert not counts[:3].any()
        assert scipy.stats.chisquare(counts[3:]).pvalue > 0.01


def test_truth_has_its_chance():
    truth = random.bernoulli(KEY, np.array([[0.1], [0.5], [0.9]]), (3, SIZE))
    np.testing.assert_allclose(truth.mean(axis=1), [0.1, 0.5, 0.9], atol=0.012)


def test_choices_have_their_chances():
    weights = np.array([0.1, 0.0, 0.6, 0.3])
    for drawn in (
        random.choice(KEY, 4, SIZE, p=weights * 3),
        random.categorical(KEY, np.log(np.maximum(weights, 1e-30)), shape=SIZE),
        np.array([10, 20, 30, 40]).searchsorted(random.choice(KEY, [10, 20, 30, 40], SIZE, p=weights)),
    ):
        counts = np.bincount(drawn, minlength=4)
        assert counts[1] == 0
        assert scipy.stats.chisquare(counts[[0, 2, 3]], weights[[0, 2, 3]] * SIZE).pvalue > 0.01


def test_permutations_are_equally_likely():
    keys = random.split(KEY, 1200)
    for draw in (
        lambda key: random.permutation(key, 3),
        lambda key: random.choice(key, 3, 3, replace=False),
        lambda key: random.choice(key, 3, 3, replace=False, p=np.ones(3)),
    ):
        _, counts = np.unique([draw(key) for key in keys], axis=0, return_counts=True)
        assert len(counts) == 6
        assert scipy.stats.chisquare(counts).pvalue > 0.01


def test_a_permutation_moves_whole_slices():
    x = np.arange(12).reshape(3, 4)
    moved = random.permutation(KEY, x, axis=1)
    assert_same(moved, x[:, random.permutation(KEY, 4)])
    assert_same(random.shuffle(KEY, x), x[random.permutation(KEY, 3)])


def test_covariance():
    sample = random.multivariate_normal(KEY, np.zeros(2), COV, SIZE)
    np.testing.assert_allclose(np.cov(sample.T), COV, rtol=0.05)


def test_streams_of_keys_are_not_correlated():
    first, second = (random.normal(key, SIZE) for key in random.split(KEY))
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(SIZE)


# -- errors

WRONG = [
    (lambda: random.key(1.5), TypeError, "seed"),
    (lambda: random.key(2**64), ValueError, "seed"),
    (lambda: random.uniform(np.zeros(2)), TypeError, "key"),
    (lambda: random.split(np.zeros((2, 2), np.uint32)), TypeError, "key"),
    (lambda: random.split(KEY, -1), ValueError, "num"),
    (lambda: random.split(KEY, 2.0), TypeError, "num"),
    (lambda: random.fold_in(KEY, 0.5), TypeError, "data"),
    (lambda: random.bits(KEY, 3, np.int32), TypeError, "dtype"),
    (lambda: random.bits(KEY, -3), ValueError, "shape"),
    (lambda: random.bits(KEY, "3"), TypeError, "shape"),
    (lambda: random.uniform(KEY, 3, np.float16), TypeError, "dtype"),
    (lambda: random.uniform(KEY, 3, minval=np.zeros(2)), ValueError, "minval"),
    (lambda: random.uniform(KEY, 3, maxval=1j), TypeError, "maxval"),
    (lambda: random.bernoulli(KEY, np.zeros((2, 1)), 2), ValueError, "p"),
    (lambda: random.gamma(KEY, 1j), TypeError, "a"),
    (lambda: random.gamma(KEY, np.ones(3), 2), ValueError, "a"),
    (lambda: random.randint(KEY, 3, 0.5, 2), TypeError, "minval"),
    (lambda: random.randint(KEY, 3, 0, 300, np.uint8), ValueError, "maxval"),
    (lambda: random.permutation(KEY, 1.5), TypeError, "x"),
    (lambda: random.permutation(KEY, -1), ValueError, "x"),
    (lambda: random.shuffle(KEY, 3), TypeError, "x"),
    (lambda: random.choice(KEY, 0, 2), ValueError, "a"),
    (lambda: random.choice(KEY, 3, 4, replace=False), ValueError, "shape"),
    (lambda: random.choice(KEY, 3, 4, p=[1.0, 2.0]), ValueError, "p"),
    (lambda: random.choice(KEY, 2, 4, p=[1j, 2j]), TypeError, "p"),
    (lambda: random.categorical(KEY, np.arange(3)), TypeError, "logits"),
    (lambda: random.categorical(KEY, np.zeros((2, 3)), shape=3), ValueError, "shape"),
    (lambda: random.multivariate_normal(KEY, 0.0, COV), ValueError, "mean"),
    (lambda: random.multivariate_normal(KEY, np.zeros(3), COV), ValueError, "cov"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "name"), WRONG)
def test_errors_name_the_argument(call, error, name):
    with pytest.raises(error, match=rf"^{name} "):
        call()


@pytest.mark.parametrize("module", ["random_bits", "random_numbers", "random_gamma", "random_choices"])
def test_examples_of_the_docstrings(module):
    found = doctest.testmod(importlib.import_module(f"defnhook.ops.{module}"))
    assert found.attempted
    assert not found.failed
