"""Threads: the same bits for any number of them, calls from many at once, forked children."""

from __future__ import annotations

import math
import os
import threading

import numpy as np
import pytest
from compare import assert_sum_is_accurate

import defnhook
from defnhook.dispatch import source, threads

TEXT = """
def total(x): return np.sum(x)
def by_row(x): return np.sum(x, axis=1)
def by_column(x): return np.sum(x, axis=0)
def mean(x): return np.mean(x)
def spread(x): return np.std(x)
def squares(x): return np.sum(x * x)
def softmax(t):
    e = np.exp(t - np.max(t))
    return e / np.sum(e)
def several(x): return np.sin(x), np.sum(x), np.max(x), np.prod(np.cos(x) * 0.01 + 1)
def norm(x, y): return np.sqrt(np.sum((x - y) ** 2)) + np.sum(np.abs(x))
def ones(x): return np.count_nonzero(x > 0), np.sum(x > 0, dtype=np.int32), np.any(x > 4), np.all(x < 9)
"""
NAMES = [line.split("(")[0].removeprefix("def ") for line in TEXT.splitlines() if line.startswith("def ")]


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


def bits(value):
    parts = value if isinstance(value, tuple) else (value,)
    return [np.asarray(part).tobytes() for part in parts]


# -- accuracy


def hard(kind, count, dtype):
    draw = np.random.default_rng(1)
    values = {
        "normal": lambda: draw.normal(size=count),
        "positive": lambda: draw.random(count),
        "ones": lambda: np.ones(count),
        "a tenth": lambda: np.full(count, 0.1),
        "of all sizes": lambda: draw.normal(size=count) * 10.0 ** draw.integers(-20, 20, count),
        "cancelling": lambda: np.concatenate(
            [half := draw.normal(size=count // 2) * 1e10, -half, np.ones(count % 2)]
        ),
    }[kind]()
    return values.astype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("count", [1, 7, 511, 513, 16_385, 1_000_001])
@pytest.mark.parametrize("kind", ["normal", "positive", "ones", "a tenth", "of all sizes", "cancelling"])
def test_a_sum_keeps_its_bound(module, kind, count, dtype):
    x = hard(kind, count, dtype)
    assert_sum_is_accurate(module.total(x), x)


@pytest.mark.parametrize("kind", ["normal", "positive", "a tenth", "of all sizes"])
def test_a_sum_is_as_near_as_numpys(module, kind):
    x = hard(kind, 1_000_000, "f4")
    exact = math.fsum(x.tolist())
    own, other = abs(float(module.total(x)) - exact), abs(float(np.sum(x)) - exact)
    assert own <= max(2 * other, np.spacing(np.float32(abs(exact))))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_sums_of_rows_keep_their_bound(module, dtype):
    x = hard("positive", 60_000, dtype).reshape(3, -1)
    for own, row in zip(module.by_row(x), x, strict=True):
        assert_sum_is_accurate(own, row)


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("place", [0, 600, 20_000, -1])
def test_special_values_come_through_a_sum(module, special, place):
    x = np.ones(40_000, "f4")
    x[place] = special
    np.testing.assert_array_equal(module.total(x), np.sum(x))


def test_infinities_of_both_signs_are_nan(module):
    x = np.ones(40_000)
    x[[3, 30_000]] = np.inf, -np.inf
    assert np.isnan(module.total(x))


def test_a_sum_that_overflows_is_infinite(module):
    assert module.total(np.full(5000, 3e38, "f4")) == np.inf


# -- any number of threads


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_number_of_threads_does_not_matter(marked, monkeypatch, name, dtype):
    monkeypatch.setattr(source, "THREAD_WORK", 0)
    x = np.random.default_rng(0).normal(size=(331, 203)).astype(dtype)
    args = (x, x[::-1].copy()) if name == "norm" else (x,)
    results = []
    for count in (1, 2, 3, 4):
        function = getattr(marked(TEXT), name)
        with defnhook.options(threads=count):
            results += [bits(function(*args)) for _ in range(2)]
    assert all(each == results[0] for each in results)


def test_large_work_is_shared_out(marked, monkeypatch):
    seen = set()
    run = threads.Pool.run

    def spy(self, *args):
        seen.add(self.count)
        return run(self, *args)

    monkeypatch.setattr(threads.Pool, "run", spy)
    module = marked(TEXT)
    with defnhook.options(threads=3):
        module.softmax(np.ones(1000))
        assert seen == set()
        module.softmax(np.ones(1_000_000))
        assert seen == {3}


def test_options_come_back():
    before = threads.thread_count()
    with defnhook.options(threads=3):
        with defnhook.options(threads=5):
            assert threads.thread_count() == 5
        with defnhook.options():
            assert threads.thread_count() == 3
        with pytest.raises(ZeroDivisionError), defnhook.options(threads=7):
            raise ZeroDivisionError
        assert threads.thread_count() == 3
    assert threads.thread_count() == before
    with (
        pytest.raises(defnhook.DefnValueError, match="threads=0 must be at least 1"),
        defnhook.options(threads=0),
    ):
        pass


@pytest.mark.parametrize("faulty", [threads.LEADS, threads.HELPS])
def test_an_error_of_a_member_reaches_the_caller(faulty):
    pool = threads.Pool(3)
    failed = threading.Event()

    def entry(table, role, state, count):
        if role == faulty:
            failed.set()
            raise ValueError("in a slice")
        failed.wait(10)

    state = [0, 0, 9, 4, 0, 0]
    with pytest.raises(ValueError, match="in a slice"):
        pool.run(entry, (np.array(state, np.uint64),), ((True, 9),))

    def well(table, role, state, count):
        table[state + 1] = table[state + 3]

    pool.run(well, (np.array(state, np.uint64),), ((True, 9),))


def test_a_caller_whose_helper_is_kept_waiting_looks_again():
    pool = threads.Pool(2)
    looks = []

    def entry(table, role, state, count):
        if role == threads.LEADS:
            looks.append(role)
        if len(looks) > 5:
            table[state + 1] = table[state + 3]

    pool.run(entry, (np.array([0, 0, 9, 4, 0, 0], np.uint64),), ((True, 9),))
    assert len(looks) == 6


def test_no_pool_compiles_where_that_is_forbidden(monkeypatch, tmp_path):
    monkeypatch.setattr(threads.store, "folder", lambda: None)
    with defnhook.no_compile():
        assert threads._linger() is None
    assert threads._linger() is not None


def choose(choice, pooled, serial, calls, unit=1e-6, rested=False):
    """What a choice does where calls take so long, in microseconds or another unit, after a pause or without one."""
    made, now = [], 5.0
    choice._end = now - (1 if rested else 0)
    for number in range(calls):
        count = next(choice._calls)
        made.append(choice._pick(count, now))
        end = now + unit * (pooled(number) if made[-1] else serial(number))
        choice._learn(count, made[-1], now, end)
        now = end
    return made


def turns(made, value):
    """At which calls a choice turns to a way."""
    return [n for n in range(1, len(made)) if made[n] == value != made[n - 1]]


def test_the_faster_way_is_chosen_and_the_other_tried_again():
    pooled = choose(threads.Choice(), lambda n: 1.0, lambda n: 2.0, 128)
    assert pooled[:45] == [True] * 8 + [False] * 3 + [True] * 31 + [False] * 3
    serial = choose(threads.Choice(), lambda n: 3.0, lambda n: 2.0, 64)
    assert serial[:64] == [True] * 8 + [False] * 16 + [True] * 8 + [False] * 31 + [True]


def test_a_pool_that_wakes_up_slowly_is_chosen_soon():
    made = choose(threads.Choice(), lambda n: 9.0 if n < 28 else 1.0, lambda n: 2.0, 64)
    assert made[:60] == [True] * 8 + [False] * 16 + [True] * 5 + [True] * 15 + [False] * 3 + [True] * 13


def test_the_way_that_stays_slower_is_tried_less_and_less():
    made = choose(threads.Choice(), lambda n: 3.0, lambda n: 2.0, 8000)
    waits = np.diff(turns(made, True))
    assert list(waits[:4]) == [39, 71, 135, 263]
    assert list(waits[-2:]) == [threads.Choice.PACES[0].seldom + 7] * 2
    quiet = choose(threads.Choice(), lambda n: 3.0 if n < 3000 else 1.0, lambda n: 2.0, 8000)
    back = next(n for n in turns(quiet, True) if n >= 3000)
    assert all(quiet[back : back + 16])
    assert np.mean(quiet[back:]) > 0.98


def test_long_calls_try_the_other_way_sooner():
    made = choose(threads.Choice(), lambda n: 9.0 if n < 14 else 1.0, lambda n: 2.0, 64, unit=1.1e-3)
    assert made[:18] == [True] * 8 + [False] * 4 + [True] * 6
    assert made.count(False) < 10
    never = choose(threads.Choice(), lambda n: 3.0, lambda n: 2.0, 2000, unit=1.1e-3)
    assert np.mean(never) < 0.06


def test_after_a_pause_the_pool_keeps_its_place_until_it_is_awake():
    choice = threads.Choice()
    assert choose(choice, lambda n: 1.0, lambda n: 2.0, 200, unit=1e-4)[-1]
    calls = round(choice.WAKING / 6e-4)
    made = choose(choice, lambda n: 6.0 if n < calls - 2 else 1.0, lambda n: 2.0, 200, unit=1e-4, rested=True)
    assert all(made[: calls + 5])
    busy = choose(choice, lambda n: 6.0, lambda n: 2.0, 200, unit=1e-4, rested=True)
    assert not any(busy[calls + 20 : calls + 25])


def test_a_pool_that_has_lost_its_place_gets_it_back_after_a_pause():
    choice = threads.Choice()
    assert not choose(choice, lambda n: 6.0, lambda n: 2.0, 500, unit=1e-4)[-1]
    made = choose(choice, lambda n: 6.0 if n < 30 else 1.0, lambda n: 2.0, 100, unit=1e-4, rested=True)
    assert all(made[:30])
    assert np.mean(made) > 0.9


def test_after_a_pause_what_never_helps_is_tried_less_and_less():
    choice = threads.Choice()
    made = [choose(choice, lambda n: 6.0, lambda n: 2.0, 150, unit=1e-4, rested=True) for _ in range(100)]
    long = [number for number, each in enumerate(made) if all(each[:30])]
    assert 3 < len(long) < 12
    assert np.mean(made[40:]) < 0.1


def test_the_serial_way_is_not_measured_every_time():
    choice = threads.Choice()
    choose(choice, lambda n: 3.0, lambda n: 2.0, 11)
    assert choice._unmeasured == 18
    choose(choice, lambda n: 1.0, lambda n: 2.0, 1)
    assert choice._unmeasured <= choice._next


def test_one_slow_call_changes_nothing_and_several_do():
    one = choose(threads.Choice(), lambda n: 1000.0 if n == 20 else 1.0, lambda n: 2.0, 40)
    assert all(one[11:])
    several = choose(threads.Choice(), lambda n: 1000.0 if n >= 20 else 1.0, lambda n: 2.0, 32)
    assert all(several[11:23])
    assert not any(several[26:])


# -- many callers


def at_once(count, work):
    """What ``work(number)`` gives in several threads that start together."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error

    started = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return results


def test_eight_threads_call_a_new_function(marked, counts):
    module = marked(
        "K = 3.0\ndef f(t, n):\n    e = np.exp(t - np.max(t)) * K\n    return np.reshape(e / np.sum(e), (n, -1))\n"
    )
    x = np.linspace(0, 1, 960)
    with counts() as grown:
        results = at_once(8, lambda number: module.f(x, 2 + number % 3))
    for number, result in enumerate(results):
        assert isinstance(result, np.ndarray), result
        np.testing.assert_allclose(result, module.f.__wrapped__(x, 2 + number % 3), rtol=1e-13)
    assert grown.kernels_compiled <= 1


def test_eight_threads_call_a_known_function(module):
    x = [np.random.default_rng(k).normal(size=300_000).astype("f4") for k in range(8)]
    expected = [bits(module.softmax(each)) for each in x]
    results = at_once(8, lambda number: [bits(module.softmax(x[number])) for _ in range(5)])
    assert results == [[each] * 5 for each in expected]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_pool_of_its_own(module):
    x = np.random.default_rng(0).normal(size=1_000_000)
    with defnhook.options(threads=2):
        expected = bits(module.softmax(x))
        child = os.fork()
        if not child:
            os._exit(0 if bits(module.softmax(x)) == expected else 3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert bits(module.softmax(x)) == expected
