"""Large arrays are used again only when nobody can see them any more."""

import threading
import weakref

import numpy as np
import pytest

from defnhook import config
from defnhook.dispatch.memory import LEAST, OF_A_KIND, Memory

FLOAT = np.dtype(np.float64)
SHAPE = (3, 1000)
SIZE = 24_000


@pytest.fixture
def memory():
    return Memory(10 * SIZE)


def test_an_array_that_nobody_holds_is_used_again(memory):
    first = memory.empty(SHAPE, FLOAT)
    place = id(first)
    assert first.shape == SHAPE
    assert first.dtype == FLOAT
    assert first.base is None
    assert memory.empty(SHAPE, FLOAT) is not first
    del first
    assert place in {id(memory.empty(SHAPE, FLOAT)), id(memory.empty(SHAPE, FLOAT))}


HOLDERS = {
    "a name": lambda array: array,
    "a view": lambda array: array[1:],
    "a reversed view": lambda array: array[::-1, ::2],
    "a memoryview": memoryview,
    "a list": lambda array: [array],
    "an iterator": lambda array: array.flat,
    "a bound method": lambda array: array.sum,
    "a closure": lambda array: lambda: array,
    "a structure": lambda array: {"deep": (array,)},
    "an exchange": lambda array: np.from_dlpack(array),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_an_array_that_something_holds_is_left_alone(memory, holder):
    array = memory.empty(SHAPE, FLOAT)
    array[...] = 1.0
    start = array.ctypes.data
    held = HOLDERS[holder](array)
    del array
    others = [memory.empty(SHAPE, FLOAT) for _ in range(3)]
    assert start not in {other.ctypes.data for other in others}
    del held, others
    assert start in {memory.empty(SHAPE, FLOAT).ctypes.data for _ in range(1)} | {
        array.ctypes.data for array in [memory.empty(SHAPE, FLOAT) for _ in range(OF_A_KIND)]
    }


CHANGES = {
    "read-only": lambda array: array.setflags(write=False),
    "shape": lambda array: setattr(array, "shape", (SHAPE[1], 3)),
    "size": lambda array: array.resize((2, 5), refcheck=False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_array_that_was_changed_in_its_form_is_forgotten(memory, change):
    array = memory.empty(SHAPE, FLOAT)
    place = id(array)
    CHANGES[change](array)
    del array
    again = memory.empty(SHAPE, FLOAT)
    assert again.shape == SHAPE
    assert again.flags.writeable
    assert place not in {id(kept) for kinds in memory._kinds.values() for kept in kinds} or id(again) != place
    assert memory.size == SIZE


def test_a_weak_reference_never_meets_other_values(memory):
    array = memory.empty(SHAPE, FLOAT)
    array[...] = 1.0
    reference = weakref.ref(array)
    del array
    other = memory.empty(SHAPE, FLOAT)
    other[...] = 2.0
    assert reference() is None or reference()[0, 0] == 1.0


def test_no_more_is_kept_than_the_limit(memory):
    held = [memory.empty(SHAPE, FLOAT) for _ in range(OF_A_KIND + 5)]
    assert memory.size == OF_A_KIND * SIZE
    held += [memory.empty((SHAPE[0], SHAPE[1] + n), FLOAT) for n in range(9)]
    assert memory.size <= memory.limit
    assert memory.size == sum(array.nbytes for arrays in memory._kinds.values() for array in arrays)
    memory.empty((20, SHAPE[1]), FLOAT)
    assert (20, SHAPE[1]) not in {shape for shape, _ in memory._kinds}
    memory.clear()
    assert memory.size == 0


def test_nothing_is_kept_where_that_is_not_wanted():
    memory = Memory(0)
    array = memory.empty(SHAPE, FLOAT)
    assert array.shape == SHAPE
    assert not memory._kinds


def test_the_limit_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("DEFNHOOK_KEEP", "3")
    assert config.kept_bytes() == 3 << 20
    monkeypatch.setenv("DEFNHOOK_KEEP", "much")
    with pytest.raises(ValueError, match="DEFNHOOK_KEEP='much' is not a whole number"):
        config.kept_bytes()
    monkeypatch.setenv("DEFNHOOK_KEEP", "-1")
    with pytest.raises(ValueError, match="must be at least 0"):
        config.kept_bytes()


def test_threads_never_share_an_array(memory):
    wrong = []

    def work(value):
        for _ in range(300):
            array = memory.empty(SHAPE, FLOAT)
            array[0] = value
            array[-1] = value
            if not (array[0] == array[-1]).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(float(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


RESULTS = """\
# defn
import numpy as np


def scale(x):
    return x * 2.0


def both(x):
    return x + 1.0, (x - 1.0).T
"""


def test_results_that_are_held_keep_their_values(both_ways):
    module = both_ways(RESULTS).hooked
    count = LEAST // 8
    held = [module.scale(np.full(count, float(n))) for n in range(4)]
    held += [part for n in range(3) for part in module.both(np.full((4, count // 4), float(n)))]
    assert [array.flat[7] for array in held] == [0.0, 2.0, 4.0, 6.0, 1.0, -1.0, 2.0, 0.0, 3.0, 1.0]
    place = held[0].ctypes.data
    del held
    x = np.ones(count)
    places = set()
    for _ in range(5):
        x = module.scale(module.scale(x))
        places.add(x.ctypes.data)
    assert (x == 2.0**10).all()
    assert place in places or len(places) < 5
