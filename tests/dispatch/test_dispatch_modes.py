"""The modes of ``DEFNHOOK``, what importing does and does not do, and how much memory a call takes."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import defnhook

TEXT = """
def work(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def nested(x):
    return {"a": (x + 1, [x.T]), "n": x.ndim, "f": float(np.sum(x))}


def foreign(x):
    return x + x
"""
PROGRAM = """
import sys, json, defnhook
defnhook.install()
import numpy as np
import {name} as module
x = np.arange(6.0).reshape(2, 3)
for _ in range(2):
    masked = module.foreign(np.ma.masked_array([1.0]))
    result = [module.work(x).tolist(), module.nested(x)["a"][0].tolist(), masked.tolist()]
print(json.dumps([result, defnhook.stats(), "numba" in sys.modules, hasattr(module.work, "__wrapped__")]))
"""


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


MODES = {
    "on": {"native_calls": 4, "plain_calls": 2},
    "eager": {"native_calls": 0, "plain_calls": 2, "kernels_compiled": 0, "kernels_loaded": 0},
    "interpret": {"native_calls": 4, "kernels_compiled": 0, "kernels_loaded": 0},
    "check": {"native_calls": 4, "plain_calls": 2},
    "off": {"native_calls": 0, "plain_calls": 0, "traces": 0},
    "0": {"native_calls": 0, "plain_calls": 0, "traces": 0},
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_the_same(module, python, mode):
    result, counts, numba, wrapped = json.loads(
        python(PROGRAM.format(name=module.__name__), DEFNHOOK=mode).stdout
    )
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(result[0], module.work.__wrapped__(x), rtol=1e-14)
    assert result[1:] == [(x + 1).tolist(), [2.0]]
    assert {name: counts[name] for name in MODES[mode]} == MODES[mode]
    assert numba == (mode in ("on", "check"))
    assert wrapped == (mode not in ("off", "0"))


def test_a_mode_that_does_not_exist(module, python):
    done = python(PROGRAM.format(name=module.__name__), fails=True, DEFNHOOK="quick")
    assert done.returncode
    assert "DEFNHOOK='quick' is not a mode; use one of on, off, eager, check, interpret" in done.stderr


def test_the_log_goes_where_it_is_asked_to(module, python):
    done = python(PROGRAM.format(name=module.__name__), DEFNHOOK_LOG="info", DEFNHOOK_NO_CACHE="1")
    assert "defnhook: work_" in done.stderr
    assert "s: first call of work(x: float64[2, 3])" in done.stderr
    assert done.stderr.count("foreign runs as plain Python: x is a numpy.ma.MaskedArray") == 1
    assert python(PROGRAM.format(name=module.__name__)).stderr == ""


# -- check


def test_check_passes_over_what_agrees(module, both_ways, monkeypatch):
    monkeypatch.setenv("DEFNHOOK", "check")
    checked = both_ways(f"# defn\nimport numpy as np\n{TEXT}", "check").hooked
    for x in (np.ones((2, 3)), np.full((2, 2), np.nan), np.array([[np.inf, 1.0]]), np.zeros((0, 3))):
        checked.nested(x)
        if x.size:
            checked.work(x)


WRONG = """
import defnhook, numpy as np
defnhook.install()
from defnhook.backend.numba import library
library.LIBRARY["exp_f64"] = library.LIBRARY["{instead}"]
import {name} as module
try:
    module.work(np.arange(3.0))
except defnhook.DefnMismatchError as error:
    print(error)
"""


def test_check_catches_a_wrong_kernel(module, python):
    for mode, said in (("check", True), ("on", False)):
        program = WRONG.format(name=module.__name__, instead="exp2_f64")
        done = python(program, DEFNHOOK=mode, DEFNHOOK_NO_CACHE="1")
        assert done.stdout.startswith("work(): result differs from what the plain function gives") == said


@pytest.mark.parametrize(
    ("native", "plain", "words"),
    [
        (1, 1.0, "result is a int, plainly a float"),
        (np.float64(1), 1.0, "result is a float64, plainly a float"),
        (np.ones(2), np.ones(3), r"result is float64\[2\], plainly float64\[3\]"),
        (np.ones(2), np.ones(2, "f4"), r"result is float64\[2\], plainly float32\[2\]"),
        (np.ones((2, 3)), np.ones((2, 3), order="F"), "another order"),
        ({"a": [1, 2]}, {"a": [1, 3]}, r"result\['a'\]\[1\] is 2, plainly 3"),
        ({"a": 1}, {"b": 1}, "has other parts"),
        ((1,), (1, 2), "has other parts"),
        (np.array([1, 2]), np.array([1, 3]), "differs"),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "differs"),
        (np.array([1.0, np.inf]), np.array([1.0, -np.inf]), "differs"),
        (np.array([1.0, 1.001]), np.array([1.0, 1.0]), "differs"),
        (np.float32(1.001), np.float32(1), "differs"),
        (1.001, 1.0, "is 1.001, plainly 1.0"),
        ("a", "b", "is 'a', plainly 'b'"),
    ],
)
def test_each_difference_is_found(native, plain, words):
    from defnhook.dispatch.checking import compare

    compare(native, native)
    compare(plain, plain)
    with pytest.raises(defnhook.DefnMismatchError, match=words):
        compare(native, plain)


# -- nothing ambient


def test_importing_loads_and_starts_nothing(python):
    program = (
        "import sys, threading; before = set(sys.modules); import defnhook\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new & {'numpy', 'numba', 'scipy', 'llvmlite', 'platformdirs'}), threading.active_count())\n"
        "print(defnhook.__version__, sorted(dir(defnhook))[:1])\n"
    )
    assert python(program).stdout.splitlines()[0] == "[] 1"


def test_installing_loads_no_numba_and_starts_no_thread(python):
    program = (
        "import sys, threading, defnhook; defnhook.install()\n"
        "print('numba' in sys.modules, 'llvmlite' in sys.modules, threading.active_count())"
    )
    assert python(program).stdout.split() == ["False", "False", "1"]


def test_a_marked_module_of_fifty_functions_loads_no_numba(marked_folder, python):
    functions = [f"def f_{n}(x):\n    return np.exp(x) * {n}\n" for n in range(50)]
    (marked_folder / "fifty.py").write_text("# defn\nimport numpy as np\n\n" + "\n\n".join(functions))
    program = (
        "import sys, threading, defnhook; defnhook.install(); import fifty\n"
        "print('numba' in sys.modules, threading.active_count(), defnhook.stats()['traces'])\n"
        "import numpy as np; print(float(fifty.f_3(np.zeros(1))[0]), 'numba' in sys.modules)"
    )
    assert python(program).stdout.split() == ["False", "1", "0", "3.0", "True"]


def test_environment_of_threads(module, python):
    program = "import defnhook.dispatch.threads as t; print(t.thread_count())"
    assert python(program, DEFNHOOK_THREADS="3").stdout.strip() == "3"
    assert "must be at least 1" in python(program, fails=True, DEFNHOOK_THREADS="0").stderr
    assert "is not a whole number" in python(program, fails=True, DEFNHOOK_THREADS="many").stderr


# -- memory


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_softmax_needs_no_more_memory_than_its_result(module, python):
    program = f"""
import defnhook; defnhook.install()
import numpy as np, {module.__name__} as module

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024

x = np.full(10_000_000, 0.5, "f4")
with defnhook.options(threads=1):
    y = module.work(x[:1_000_000])
    del y
    before = peak()
    y = module.work(x)
    print(peak() - before, x.nbytes)
"""
    grown, size = map(int, python(program).stdout.split())
    assert grown < size + 2**20


def test_arguments_and_results_are_let_go(module):
    import gc
    import weakref

    x = np.ones(1000)
    result = module.work(x)
    watched = [weakref.ref(x), weakref.ref(result)]
    del x, result
    gc.collect()
    assert [each() for each in watched] == [None, None]
