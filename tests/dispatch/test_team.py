"""Shortcuts of large calls, which threads that linger help with: the same bits, whoever helps."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import defnhook
from defnhook.backend.posting import AWAKE, BUSY, DONE, MEMBER_BITS, OPEN, PLACES, POST, TURN, WITHOUT
from defnhook.dispatch import store, threads
from defnhook.trace.calls import MARK

pytestmark = pytest.mark.skipif(store.calling() is None, reason="objects are laid out in another way here")

TEXT = """
def wave(x):
    return np.exp(-x * x) * np.sin(3 * x)


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)


def moments(x):
    return np.sum(x), np.sum(x * x), np.max(x)


def columns(x):
    return x - np.mean(x, axis=0)


def shifted(x, by):
    return np.exp(x) + by, x - by


def smoothed(x):
    y = x.copy()
    y[1:-1] = 0.5 * x[1:-1] + 0.25 * (x[:-2] + x[2:])
    return y
"""
SIDE = 600
CALLS = {
    "wave": (),
    "softmax": (),
    "moments": (),
    "columns": (),
    "shifted": (0.5,),
    "smoothed": (),
}


@pytest.fixture(scope="module")
def module(marked):
    with defnhook.options(threads=2):
        module = marked(TEXT)
        for name, more in CALLS.items():
            for _ in range(3):
                getattr(module, name)(example(), *more)
    return module


@pytest.fixture(autouse=True)
def quiet():
    """Two threads, none of which lingers but those of the test, and nothing posted."""
    with defnhook.options(threads=2):
        pool, threads._POOL = threads._POOL, None
        wait = threading.Event()
        for _ in range(200):
            if not POST[AWAKE]:
                break
            wait.wait(0.01)
        POST[:AWAKE] = 0
        POST[AWAKE:] = 0
        yield
        POST[:] = 0
        threads._POOL = pool


def example():
    return np.random.default_rng(3).normal(size=(SIDE, SIDE))


def shortcut(function):
    return getattr(function, MARK).shortcut.cell_contents


def bits(value):
    parts = value if isinstance(value, tuple) else (value,)
    return [np.asarray(part).tobytes() for part in parts]


def jobs():
    return int(POST[TURN]) >> MEMBER_BITS


class Helpers:
    """Threads that linger as those of a pool do."""

    def __init__(self, count):
        self.stop = False
        self.threads = [threading.Thread(target=self.linger) for _ in range(count)]

    def linger(self):
        linger = threads._linger()
        cells, table = np.zeros(1, np.uint64), np.zeros(1, np.uint64)
        while not self.stop:
            linger(cells, 0, table, 0, POST)

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *error):
        self.stop = True
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("name", CALLS)
def test_nobody_has_to_help(name, module):
    function, arguments = getattr(module, name), (example(), *CALLS[name])
    with defnhook.options(threads=1):
        expected = bits(function(*arguments))
    assert shortcut(function)(*arguments) is None, "nobody lingers"
    POST[AWAKE] = 1
    for number in range(1, 6):
        assert bits(shortcut(function)(*arguments)) == expected
        assert jobs() == number
        assert not POST[TURN] & OPEN
    assert POST[[DONE, BUSY, WITHOUT]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", CALLS)
def test_helpers_leave_the_bits_alone(name, count, module):
    function, arguments = getattr(module, name), (example(), *CALLS[name])
    with defnhook.options(threads=1):
        expected = bits(function(*arguments))
    helped = 0
    with Helpers(count):
        for _ in range(20_000):
            POST[WITHOUT] = 0
            result = shortcut(function)(*arguments)
            if result is None:
                time.sleep(1e-4)
                continue
            assert bits(result) == expected
            helped += bool(POST[TURN] & (OPEN - 1))
            if helped >= 100:
                break
    assert helped >= 100
    assert not POST[BUSY]


def test_calls_that_go_the_long_way(module):
    x = example()
    POST[AWAKE] = 1
    with defnhook.options(threads=1):
        assert shortcut(module.wave)(x) is None
    POST[BUSY] = 1
    assert shortcut(module.wave)(x) is None
    POST[BUSY] = 0
    POST[WITHOUT] = 2
    assert [shortcut(module.wave)(x) is None for _ in range(3)] == [True, True, False]
    assert jobs() == 1


def test_callers_at_once(module):
    x, right = example(), []
    with defnhook.options(threads=1):
        expected = bits(module.softmax(x))

    def call():
        for _ in range(60):
            POST[WITHOUT] = 0
            right.append(bits(module.softmax(x)) == expected)

    with Helpers(1):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: call(), range(3)))
    assert len(right) == 180
    assert all(right)


def test_a_result_in_use_is_left_alone(module):
    x = example()
    POST[AWAKE] = 1
    held = [shortcut(module.wave)(x) for _ in range(4)]
    assert len({part.ctypes.data for part in held}) == 4
    before = held[0].copy()
    shortcut(module.wave)(x + 1)
    np.testing.assert_array_equal(held[0], before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_finds_nothing_posted(module):
    POST[:] = range(PLACES)
    child = os.fork()
    if not child:
        os._exit(int(POST[: AWAKE + 3].any()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
