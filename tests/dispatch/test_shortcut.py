"""Repeated calls skip the interpreter where the plan allows it, and nobody can tell but by the time."""

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from defnhook.dispatch import store
from defnhook.dispatch.memory import MEMORY
from defnhook.trace.calls import MARK

pytestmark = pytest.mark.skipif(store.calling() is None, reason="objects are laid out in another way here")

TEXT = """
import math

WEIGHTS = (0.5, -1.25, 3.0)
SCALE = 2.0
CHOICE = "double"


def one(x):
    return np.exp(x) + 1


def two(x, y):
    return x * y + y


def scaled(x, factor):
    return x * factor + 0.5


def several(x, y):
    return x + y, (x - y, [x * y][0])


def total(x):
    return np.sum(x * x)


def mixed(x):
    return x + 1, np.max(x)


def hidden(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(e * e, axis=0)


def compared(x, y):
    return x < y


def weighed(x):
    y = WEIGHTS[0] * x
    for weight in WEIGHTS[1:]:
        y = (y + weight) * x
    return y


def rescaled(x):
    return two(x, x) * SCALE if CHOICE == "double" else x


def written(x):
    v = x.copy()
    v[1:-1] = x[:-2] + x[2:]
    return v


def everywhere(x):
    return x.T + 1


def both(x):
    y = x + 1
    return y, y


def stepped(x):
    return np.fft.fft(x) + 1


def raised(x, place):
    return x[int(place)] * 2


def filled(x):
    x[0] = 1.0
    return x + 1
"""


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


@pytest.fixture(scope="module")
def plain():
    surroundings = {"np": np}
    exec(TEXT, surroundings)
    return surroundings


def array(shape, dtype=np.float64):
    values = np.random.default_rng(1).uniform(-2, 2, shape)
    return values.astype(dtype) + (1j * values if np.dtype(dtype).kind == "c" else 0)


def shortcut(function):
    return getattr(function, MARK).shortcut.cell_contents


def warmed(function, *arguments):
    """The builtin after three calls of one kind."""
    for _ in range(3):
        function(*arguments)
    return shortcut(function)


def assert_same(result, expected):
    assert type(result) is type(expected)
    if isinstance(expected, tuple):
        assert len(result) == len(expected)
        for part, other in zip(result, expected, strict=True):
            assert_same(part, other)
        return
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


CALLS = {
    "one array": ("one", (array(7),)),
    "single precision": ("one", (array(7, np.float32),)),
    "no axis": ("one", (np.array(0.5),)),
    "complex numbers": ("two", (array(5, np.complex128), array(5, np.complex128))),
    "half precision": ("two", (array(5, np.float16), array(5, np.float16))),
    "integers": ("two", (np.arange(6), np.arange(6))),
    "bytes": ("two", (np.arange(6, dtype=np.uint8), np.arange(6, dtype=np.uint8))),
    "truth": ("compared", (array(6), array(6)[::-1])),
    "two dtypes": ("two", (array(6), array(6, np.float32))),
    "broadcasting": ("two", (array((3, 1)), array(4))),
    "strides": ("two", (array((6, 8))[::2, 1::3], array((3, 3)))),
    "backwards": ("one", (array(9)[::-1],)),
    "Fortran order": ("total", (np.asfortranarray(array((4, 5))),)),
    "a number": ("scaled", (array(5), 1.5)),
    "a number in single precision": ("scaled", (array(5, np.float32), 1.1)),
    "a structure": ("several", (array(5), array(5) + 1)),
    "a scalar": ("total", (array((4, 5), np.float32),)),
    "an array and a scalar": ("mixed", (array(5),)),
    "an array nobody gets": ("hidden", (array((4, 5)),)),
    "constants": ("weighed", (array(5, np.float32),)),
    "functions and constants": ("rescaled", (array(5),)),
    "writes": ("written", (array(8),)),
    "a large result": ("one", (array(150_000),)),
}


@pytest.mark.parametrize("call", CALLS)
def test_shortcuts_give_what_the_function_gives(call, module, plain):
    name, arguments = CALLS[call]
    short = warmed(getattr(module, name), *arguments)
    assert short is not None
    assert short(*arguments) is not None
    for _ in range(3):
        assert_same(getattr(module, name)(*arguments), plain[name](*arguments))


UNFIT = {
    "a view": ("everywhere", (array((2, 3)),)),
    "one array twice": ("both", (array(3),)),
    "a step": ("stepped", (array(8),)),
    "an error that may come": ("raised", (array(3), 1.0)),
    "an argument written": ("filled", (array(3),)),
    "other byte order": ("one", (array(3).astype(">f8"),)),
}


@pytest.mark.parametrize("call", UNFIT)
def test_other_plans_have_none(call, module, plain):
    name, arguments = UNFIT[call]
    assert warmed(getattr(module, name), *(np.copy(a) if name == "filled" else a for a in arguments)) is None
    assert_same(getattr(module, name)(*map(np.copy, arguments[:1]), *arguments[1:]),
                plain[name](*map(np.copy, arguments[:1]), *arguments[1:]))  # fmt: skip


class Special(np.ndarray):
    pass


OTHERS = {
    "another length": array(8),
    "another dtype": array(7, np.float32),
    "other strides": array(14)[::2],
    "more axes": array((7, 1)),
    "a list": [1.0, 2.0],
    "a number": 1.5,
    "a scalar": np.float64(1.5),
    "nothing": None,
    "other bytes": array(7).astype(">f8"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_call_takes_the_long_way(other, marked, plain):
    one = marked("def one(x):\n    return np.exp(x) + 1\n").one
    short = warmed(one, array(7))
    assert short(OTHERS[other]) is None
    if OTHERS[other] is not None:
        assert_same(one(OTHERS[other]), plain["one"](OTHERS[other]))
    assert_same(one(array(7)), plain["one"](array(7)))


def test_a_subclass_is_another_kind(module):
    assert warmed(module.one, array(7))(array(7).view(Special)) is None


def test_the_number_of_arguments_is_looked_at(module):
    short = warmed(module.two, array(3), array(3))
    assert short() is None
    assert short(array(3)) is None
    assert short(array(3), array(3), array(3)) is None
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        module.two(array(3))


def test_results_are_new_arrays(module, plain):
    x = array(5)
    warmed(module.several, x, x)
    a, (b, c) = module.several(x, x)
    d, (e, f) = module.several(x, x)
    g, (h, i) = plain["several"](x, x)
    arrays = [a, b, c, d, e, f, g, h, i]
    assert len({sys.getrefcount(result) for result in arrays}) == 1
    for result in arrays:
        assert result.flags.owndata
        assert result.flags.writeable
        assert result.flags.c_contiguous
        assert not any(np.shares_memory(result, other) for other in [x, *arrays] if other is not result)


def test_large_results_are_used_again(module):
    x = array(150_000)
    short = warmed(module.one, x)
    result = short(x)
    kept = MEMORY._kinds[150_000, np.dtype(np.float64)]
    assert any(result is one for one in kept)
    assert short(x) is not result
    place = result.ctypes.data
    del result
    assert place in {short(x).ctypes.data for _ in kept}


def test_nothing_is_kept_of_a_call(module):
    x, y, z = array(5), array(5), array((4, 5))
    warmed(module.several, x, y)
    assert warmed(module.hidden, z) is not None
    gc.collect()
    held = [sys.getrefcount(thing) for thing in (x, y, x.dtype, None, float)]
    blocks = sys.getallocatedblocks()
    for _ in range(1000):
        module.several(x, y)
        module.hidden(z)
        shortcut(module.several)(x)
    gc.collect()
    after = [sys.getrefcount(thing) for thing in (x, y, x.dtype, None, float)]
    assert after[:2] == held[:2]
    np.testing.assert_allclose(after, held, atol=200)
    assert sys.getallocatedblocks() - blocks < 500


def test_variables_from_outside_may_change(marked):
    module = marked("SCALE = 2.0\n\n\ndef scaled(x):\n    return x * SCALE\n")
    x = array(4)
    assert warmed(module.scaled, x) is not None
    for value in (3.0, 5, np.float32(2), 2.0, np.arange(4.0), 2.0):
        module.SCALE = value
        np.testing.assert_allclose(module.scaled(x), x * value)
        warmed(module.scaled, x)
        np.testing.assert_allclose(module.scaled(x), x * value)
    del module.SCALE
    with pytest.raises(NameError, match="SCALE"):
        module.scaled(x)


def test_calls_are_counted(module, counts):
    x = array(9)
    warmed(module.one, x)
    with counts() as grown:
        for _ in range(5):
            module.one(x)
    assert grown.native_calls == 5
    assert grown.kernels_compiled == grown.traces == grown.plain_calls == 0


def test_calls_that_alternate_make_no_builtins(marked):
    one = marked("def one(x):\n    return np.exp(x) + 1\n").one
    for _ in range(5):
        one(array(11))
        one(array(12))
        assert shortcut(one) is None


def test_threads_may_call_at_once(module, plain):
    x = array((64, 64))
    assert warmed(module.hidden, x) is not None
    expected, right = plain["hidden"](x), []

    def calls():
        right.extend(np.allclose(module.hidden(x), expected) for _ in range(300))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: calls(), range(4)))
    assert len(right) == 1200
    assert all(right)


def test_threads_may_make_one_at_once():
    calling = store.calling()
    form = calling.Form((1,), (), (1, 1, 1), (2, (0, 1)))
    ready, methods = threading.Barrier(4), []

    def make():
        ready.wait(10)
        methods.append(calling._method(form))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: make(), range(4)))
    assert len(set(map(id, methods))) == 1, "the code of all others would be gone"


def test_a_long_kernel_lets_other_threads_run(marked):
    module = marked(
        "def counted(x, most):\n    n = 0.0\n    while n < most:\n        n = n + 1.0\n    return x + n\n"
    )
    x = array(3)
    assert warmed(module.counted, x, 10.0) is not None
    done = threading.Event()
    thread = threading.Thread(target=lambda: (module.counted(x, 1e9), done.set()))
    thread.start()
    steps = 0
    while not done.is_set():
        steps += 1
    thread.join()
    assert steps > 1000


def test_memory_that_is_not_there_is_an_error(module):
    calling = store.calling()
    form = calling.Form((1,), (), (1,), 0, frozenset(), 0, False)
    numbers = {place: 0 for place in calling.words(form)}
    x = array(3)
    numbers |= {("dtype", 0): id(x.dtype), ("extent", 0, 0): 3, ("stride", 0, 0): 8}
    numbers |= {("made dtype", 0): id(x.dtype), ("made extent", 0, 0): 2**61}
    call = calling.call(form, np.array([numbers[place] for place in calling.words(form)], np.uint64), ())
    with pytest.raises((MemoryError, ValueError)):
        call(x)
