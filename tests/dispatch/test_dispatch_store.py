"""The kernel store: found again by other processes, and no fault of it ever reaches the user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import defnhook
from defnhook.dispatch import statistics, store

TEXT = (
    "def work(x):\n    e = np.exp(x)\n    return e / np.sum(e)\n\n\ndef other(x):\n    return x * 2.5 + 1\n"
)
PROGRAM = """
import json, warnings, defnhook
defnhook.install()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    import {name} as module
    result = module.work(np.arange(3.0)).tolist()
counts = defnhook.stats()
print(json.dumps([result, counts["kernels_compiled"], counts["kernels_loaded"], [str(w.message) for w in caught]]))
"""


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


@pytest.fixture
def outcome(python, module):
    """Runs ``work`` in another process: whether it was right, kernels compiled and loaded, warnings."""

    def run(**environment):
        done = python(PROGRAM.format(name=module.__name__), **environment)
        result, compiled, loaded, said = json.loads(done.stdout)
        e = np.exp(np.arange(3.0))
        np.testing.assert_allclose(result, e / e.sum(), rtol=1e-15)
        return compiled, loaded, said

    return run


def files(root, pattern="*/*"):
    return sorted(path for path in root.glob(pattern) if not path.name.startswith("."))


# -- found again


def test_a_second_process_compiles_nothing(outcome, tmp_path):
    root = tmp_path / "store"
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (1, 0, [])
    made = files(root)
    assert [path.suffix for path in made] == [".bin", ".py"]
    stamps = [path.stat().st_mtime_ns for path in made]
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (0, 1, [])
    assert [path.stat().st_mtime_ns for path in files(root)] == stamps


def test_what_lies_there_can_be_read(outcome, tmp_path):
    outcome(DEFNHOOK_CACHE_DIR=tmp_path / "store")
    (source,) = files(tmp_path / "store", "*/*.py")
    text = source.read_text()
    assert source.stem.startswith("work_")
    assert f"def {source.stem}(" in text
    assert "exp_f64" in text
    if os.name == "posix":
        assert (tmp_path / "store").stat().st_mode & 0o077 == 0


def test_no_cache_keeps_nothing(outcome, tmp_path):
    root = tmp_path / "store"
    assert outcome(DEFNHOOK_CACHE_DIR=root, DEFNHOOK_NO_CACHE="1") == (1, 0, [])
    assert not root.exists()
    assert outcome(DEFNHOOK_CACHE_DIR=root, DEFNHOOK_NO_CACHE="0") == (1, 0, [])


def test_a_function_in_a_file_that_moved_finds_its_kernel(python, module, tmp_path, outcome):
    root = tmp_path / "store"
    outcome(DEFNHOOK_CACHE_DIR=root)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "moved.py").write_text(f"# defn\nimport numpy as np\n\n\n{TEXT}")
    done = python(
        f"import sys; sys.path.insert(0, {str(other)!r})\n{PROGRAM.format(name='moved')}",
        DEFNHOOK_CACHE_DIR=root,
    )
    assert json.loads(done.stdout)[1:3] == [0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "switch", [{"NUMBA_OPT": "1"}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}]
)
def test_what_machine_code_depends_on_is_part_of_the_name(outcome, tmp_path, switch):
    root = tmp_path / "store"
    assert outcome(DEFNHOOK_CACHE_DIR=root)[0] == 1
    assert outcome(DEFNHOOK_CACHE_DIR=root, **switch)[0] == 1
    assert outcome(DEFNHOOK_CACHE_DIR=root)[:2] == (0, 1)


def test_four_cold_processes_at_once(module, tmp_path):
    root = tmp_path / "store"
    paths = [str(Path(defnhook.__file__).parents[1]), str(Path(module.__file__).parent)]
    variables = {**os.environ, "DEFNHOOK_CACHE_DIR": str(root), "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", PROGRAM.format(name=module.__name__)]
    running = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert all(each[0] == outcomes[0][0] and each[3] == [] for each in outcomes)
    assert len(files(root)) == 2
    assert not [path for path in root.rglob(".*.??????*") if path.name != ".pruned"]


# -- faults


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"", marks=SLOW),
        b"garbage",
        pytest.param(None, marks=SLOW),
        "cut",
        pytest.param("flipped", marks=SLOW),
    ],
)
def test_a_damaged_kernel_is_compiled_again(outcome, tmp_path, damage):
    root = tmp_path / "store"
    outcome(DEFNHOOK_CACHE_DIR=root)
    (path,) = files(root, "*/*.bin")
    whole = path.read_bytes()
    if damage is None:
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    else:
        path.write_bytes(damage)
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (1, 0, [])
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (0, 1, [])


def test_the_source_beside_it_is_not_needed(outcome, tmp_path):
    root = tmp_path / "store"
    outcome(DEFNHOOK_CACHE_DIR=root)
    (path,) = files(root, "*/*.py")
    path.write_text("raise SystemExit")
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (0, 1, [])


def test_a_file_in_place_of_the_folder(outcome, tmp_path):
    (tmp_path / "store").write_text("")
    compiled, loaded, said = outcome(DEFNHOOK_CACHE_DIR=tmp_path / "store")
    assert (compiled, loaded, len(said)) == (1, 0, 1)
    assert said[0].startswith("compiled kernels are not kept on disk: ")


def test_a_folder_in_place_of_a_kernel(outcome, tmp_path):
    root = tmp_path / "store"
    outcome(DEFNHOOK_CACHE_DIR=root)
    for path in files(root):
        path.unlink()
        path.mkdir()
    assert outcome(DEFNHOOK_CACHE_DIR=root) == (1, 0, [])


posix = pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_may_write_is_not_trusted(outcome, tmp_path, mode):
    root = tmp_path / "store"
    root.mkdir()
    root.chmod(mode)
    compiled, loaded, said = outcome(DEFNHOOK_CACHE_DIR=root)
    assert (compiled, loaded, len(said)) == (1, 0, 1)
    assert f"{root} can be written by others (chmod go-w mends that)" in said[0]
    assert files(root) == []


@posix
def test_a_folder_inside_that_others_may_write_is_not_trusted(outcome, tmp_path):
    root = tmp_path / "store"
    outcome(DEFNHOOK_CACHE_DIR=root)
    (inner,) = [path for path in root.iterdir() if path.is_dir()]
    inner.chmod(0o777)
    assert "can be written by others" in outcome(DEFNHOOK_CACHE_DIR=root)[2][0]


@posix
def test_a_umask_for_groups_does_not_spoil_the_folder(python, module, tmp_path):
    program = "import os; os.umask(0o002)\n" + PROGRAM.format(name=module.__name__)
    done = python(program, DEFNHOOK_CACHE_DIR=tmp_path / "new" / "store")
    assert json.loads(done.stdout)[1:] == [1, 0, []]
    assert len(files(tmp_path / "new" / "store")) == 2


@posix
def test_a_link_is_not_trusted(outcome, tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "store").symlink_to(tmp_path / "real", target_is_directory=True)
    assert "is no real folder" in outcome(DEFNHOOK_CACHE_DIR=tmp_path / "store")[2][0]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden here")
def test_a_folder_that_cannot_be_written(outcome, tmp_path):
    root = tmp_path / "store"
    root.mkdir(mode=0o500)
    compiled, _, said = outcome(DEFNHOOK_CACHE_DIR=root)
    assert (compiled, len(said)) == (1, 1)


def test_a_full_disk_is_logged(monkeypatch, tmp_path, caplog, marked):
    def full(*args, **keywords):
        raise OSError(28, "No space left on device")

    module = marked("def f(x):\n    return x * 7.25 - np.sin(x)\n")
    monkeypatch.setattr(store.tempfile, "mkstemp", full)
    assert module.f(np.zeros(2)).tolist() == [0, 0]
    assert "is not kept on disk: [Errno 28]" in caplog.text


def test_a_folder_that_vanishes_while_in_use(tmp_path, monkeypatch, marked, caplog):
    gone = tmp_path / "gone"
    monkeypatch.setattr(store, "folder", lambda: gone)
    module = marked("def f(x):\n    return x * 9.25 - np.cos(x) * 3\n")
    assert module.f(np.zeros(2)).tolist() == [-3, -3]
    assert "is not kept on disk" in caplog.text


# -- pruning


@pytest.fixture
def few(tmp_path, monkeypatch):
    """A store of six kernels of which three may stay; those written last have not been used since."""
    monkeypatch.setattr(store, "MOST_KERNELS", 3)
    for number in range(6):
        for suffix, used in ((".py", 500 - number), (".bin", 1000 + number)):
            path = tmp_path / f"k_{number}{suffix}"
            path.write_text("")
            os.utime(path, (used, 900 - number))
    return tmp_path


def test_the_least_recently_used_kernels_go(few):
    store._prune(few)
    assert [path.name for path in files(few, "*")] == [
        f"k_{n}{suffix}" for n in (3, 4, 5) for suffix in (".bin", ".py")
    ]


def test_pruning_happens_once_a_day(few):
    (few / ".pruned").touch()
    store._prune(few)
    assert len(files(few, "*")) == 12
    os.utime(few / ".pruned", (0, 0))
    store._prune(few)
    assert len(files(few, "*")) == 6


def test_pruning_bears_with_files_that_vanish(few, monkeypatch):
    def vanish(self, *args, **keywords):
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "touch", vanish)
    store._prune(few)


# -- no_compile and the counts


def test_no_compile_forbids_and_names_the_call(marked):
    module = marked("def f(x, n):\n    return x * n - 77.5\n")
    with pytest.raises(defnhook.CompilationForbidden) as caught, defnhook.no_compile():
        module.f(np.ones((2, 3)), 2.0)
    assert "would have been compiled here: first call of f(x: float64[2, 3], n: float)" in str(caught.value)
    assert module.f(np.ones((2, 3)), 2.0)[0, 0] == -75.5
    with defnhook.no_compile():
        assert module.f(np.ones((7, 8)), 3.0)[0, 0] == -74.5


def test_no_compile_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), defnhook.no_compile():
        raise ZeroDivisionError
    statistics.check_may_compile("kernel", "reason")


def test_counts(marked, counts):
    module = marked("def f(x):\n    return np.exp(x @ x)\n\n\ndef g(x):\n    return x + 31.5\n")
    with counts() as grown:
        for _ in range(3):
            module.f(np.eye(2))
            module.g(np.eye(2))
    assert (grown.traces, grown.plans, grown.native_calls, grown.step_calls) == (2, 2, 6, 3)
    assert grown.plain_calls == 0
    assert grown.kernels_compiled + grown.kernels_loaded == 2
    assert (grown.compile_seconds > 0) == (grown.kernels_compiled > 0)


def test_two_names_for_one_text_differ(marked):
    text = "def {name}(x):\n    return x * 3.125 + x\n"
    one, other = marked(text.format(name="one")), marked(text.format(name="other"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one.one(np.ones(1)) == other.other(np.ones(1)) == 4.125
