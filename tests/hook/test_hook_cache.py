"""Rewritten bytecode: never mixed with Python's own, always fresh, and never in the way."""

from __future__ import annotations

import compileall
import importlib.util
import marshal
import os
import py_compile
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

import defnhook
from defnhook import syntax
from defnhook.hook import cache
from defnhook.hook.loader import DefnLoader

pytestmark = pytest.mark.usefixtures("written_bytecode")

REPORT = "import sys; import defnhook; defnhook.install(); import kept; print(kept.__cached__)"


def code_of(path: Path):
    code = DefnLoader(path.stem, str(path)).get_code(path.stem)
    assert code is not None
    return code


def value_of(path: Path, name: str = "x"):
    namespace = {"__name__": path.stem}
    exec(code_of(path), namespace)
    return namespace[name]


def cached_file(path: Path) -> Path:
    location = DefnLoader(path.stem, str(path)).cache_location({})
    assert location is not None
    return Path(location)


def test_a_second_load_rewrites_nothing(hooked, rewrites):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    assert value_of(path) == value_of(path) == 1
    assert rewrites == [str(path)]
    assert hooked.load("kept").__cached__ == str(cached_file(path))
    assert importlib.util.source_from_cache(str(cached_file(path))) == str(path)
    assert hooked.bytecode() == [cached_file(path).name]


def test_optimized_hooked_and_plain_runs_share_nothing(folder, python):
    folder.write("kept.py", "marked = '__defn__' in globals()\nassert False, 'kept'\n", marked=True)
    plain = "import kept; assert kept.marked is False; print(kept.__cached__)"
    locations = [python("-O", "-c", REPORT), python("-OO", "-c", REPORT), python("-O", "-c", plain)]
    assert "AssertionError: kept" in python("-c", REPORT, status=1)
    assert "AssertionError: kept" in python("-c", plain, status=1)
    again = [python("-O", "-c", plain), python("-O", "-c", REPORT + "; assert kept.marked")]
    assert len(set(locations)) == 3
    assert set(again) < set(locations)
    assert len(folder.bytecode()) == 5


def test_the_same_second_and_size_do_not_hide_an_edit(hooked, rewrites):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    stamp = (time.time(), time.time())
    os.utime(path, stamp)
    assert value_of(path) == 1
    hooked.write("kept.py", "x = 2\n", marked=True)
    os.utime(path, stamp)
    assert value_of(path) == 2
    os.utime(path, (1, 1))
    assert value_of(path) == 2
    assert len(rewrites) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(cache, "__version__", "0.0.0"),
        lambda patch: patch.setattr(cache, "SCHEMA", 999),
        lambda patch: patch.setattr(syntax, "digest", lambda: "another table"),
    ],
)
def test_what_the_code_depends_on_is_in_the_name(hooked, rewrites, monkeypatch, change):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    before = cached_file(path)
    value_of(path)
    change(monkeypatch)
    assert cached_file(path) != before
    value_of(path)
    assert len(rewrites) == 2
    assert len(hooked.bytecode()) == 2


def test_settings_of_other_parts_are_in_the_name(hooked):
    path = str(hooked.write("kept.py", "x = 1\n", marked=True))
    settings = [{}, {"pytest": "8"}, {"pytest": "9"}, {"pytest": "9", "off": ""}]
    assert len({cache.location(path, each) for each in settings}) == 4


HEADER = importlib.util.MAGIC_NUMBER + (3).to_bytes(4, "little")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:16],
        lambda data: data[:-5],
        lambda data: b"\0\0\0\0" + data[4:],
        lambda data: data[:4] + b"\0\0\0\0" + data[8:],
        lambda data: data[:8] + b"12345678" + data[16:],
        lambda data: data[:16] + b"\xff garbage",
        lambda data: data[:16] + marshal.dumps(["no", "code"]),
        lambda data: data[:16] + marshal.dumps(None),
    ],
)
def test_a_damaged_file_is_made_again(hooked, rewrites, damage):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    value_of(path)
    sound = cached_file(path).read_bytes()
    cached_file(path).write_bytes(damage(sound))
    assert value_of(path) == 1
    assert len(rewrites) == 2
    assert cached_file(path).read_bytes() == sound


def test_a_moved_folder_shows_its_new_path(hooked, rewrites):
    path = hooked.write("old/kept.py", "class C:\n    def f(self):\n        return 1\n", marked=True)
    code_of(path)
    moved = Path(shutil.move(path.parent, path.parent.with_name("new"))) / path.name
    code = code_of(moved)
    inner = next(constant for constant in code.co_consts if hasattr(constant, "co_filename"))
    assert rewrites == [str(path)]
    assert code.co_filename == inner.co_filename == str(moved)
    assert all(each.co_filename == str(moved) for each in inner.co_consts if hasattr(each, "co_filename"))


def test_bytecode_can_be_switched_off_or_moved(hooked, rewrites, monkeypatch, tmp_path):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        assert value_of(path) == 1
    with monkeypatch.context() as patch:
        patch.setenv("DEFNHOOK_NO_CACHE", "1")
        assert value_of(path) == 1
    assert hooked.bytecode() == []
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    assert value_of(path) == value_of(path) == 1
    assert cached_file(path).is_relative_to(tmp_path / "elsewhere")
    assert hooked.bytecode() == []
    assert len(rewrites) == 3


def test_no_cache_means_not_read_either(hooked, rewrites, monkeypatch):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    value_of(path)
    monkeypatch.setenv("DEFNHOOK_NO_CACHE", "1")
    value_of(path)
    assert len(rewrites) == 2


def test_a_file_where_the_folder_should_be_is_no_error(hooked, rewrites):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    (path.parent / "__pycache__").write_text("in the way")
    assert value_of(path) == value_of(path) == 1
    assert len(rewrites) == 2
    assert (path.parent / "__pycache__").read_text() == "in the way"


def test_a_python_without_bytecode_files_is_no_error(hooked, monkeypatch):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert value_of(path) == 1
    assert hooked.load("kept").x == 1


def test_processes_that_start_cold_agree(folder, python):
    folder.write("kept.py", "x = list(range(1000))\ndef f(a):\n    return a / 2\n", marked=True)
    wait = "import pathlib, time; go = pathlib.Path('go'); "
    script = (
        f"{wait}import defnhook; defnhook.install()\nwhile not go.exists(): time.sleep(.001)\nimport kept; "
    )
    report = "print(kept.x == list(range(1000)), '__defn__' in vars(kept))"
    processes = [python.start("-c", script + report) for _ in range(8)]
    time.sleep(1)
    folder.write("go", "")
    results = [process.communicate(timeout=120) for process in processes]
    assert results == [("True True\n", "")] * 8
    assert len(folder.bytecode()) == 1


THREADS = """
import sys, threading, importlib
from importlib import _bootstrap_external as bootstrap
original = bootstrap.cache_from_source
import defnhook
defnhook.install()
sys.setswitchinterval(1e-6)
names = [f"{kind}{number}" for number in range(30) for kind in ("plain", "marked")]

def load(names):
    for name in names:
        importlib.import_module(name)

threads = [threading.Thread(target=load, args=(names[shift:] + names[:shift],)) for shift in (0, 7, 0, 30)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for name in names:
    assert ("__defn__" in vars(sys.modules[name])) == name.startswith("marked"), name
    assert ("defn" in sys.modules[name].__cached__.rpartition("/")[2]) == name.startswith("marked"), name
assert bootstrap.cache_from_source is original
"""


def test_threads_importing_at_once_keep_the_two_kinds_apart(folder, python):
    for number in range(30):
        folder.write(f"plain{number}.py", f"import marked{number}\nx = 1\n")
        folder.write(f"marked{number}.py", "def f(a):\n    return a / 2\n", marked=True)
    assert python("-c", THREADS) == ""
    tag = sys.implementation.cache_tag
    assert folder.bytecode("plain*") == sorted(f"plain{number}.{tag}.pyc" for number in range(30))
    assert len(folder.bytecode("marked*")) == 30
    assert all(".opt-defn" in name for name in folder.bytecode("marked*"))


def test_compiling_a_tree_ahead_neither_uses_nor_disturbs_our_files(hooked, rewrites):
    path = hooked.write("kept.py", "marked = '__defn__' in globals()\n", marked=True)
    assert value_of(path, "marked") is True
    ours = cached_file(path).read_bytes()
    plain = py_compile.compile(str(path), doraise=True)
    assert compileall.compile_file(path, force=True, quiet=1)
    assert plain is not None
    assert cached_file(path).read_bytes() == ours != Path(plain).read_bytes()
    assert value_of(path, "marked") is True
    assert len(rewrites) == 1
    defnhook.uninstall()
    assert hooked.load("kept").marked is False


def test_an_unmarked_import_of_a_marked_module_is_cached_as_pythons(hooked):
    hooked.write("outer.py", "import inner\n", marked=True)
    hooked.write("inner.py", "x = 1\n")
    hooked.load("outer")
    assert hooked.bytecode("inner") == [f"inner.{sys.implementation.cache_tag}.pyc"]
    assert all(".opt-defn" in name for name in hooked.bytecode("outer"))


class Crash(BaseException):
    pass


def test_an_interrupted_write_leaves_a_usable_cache(hooked, rewrites, monkeypatch):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    value_of(path)
    hooked.write("kept.py", "x = 2\n", marked=True)

    def interrupt(*arguments):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupt)
        with pytest.raises(Crash):
            value_of(path)
    assert hooked.bytecode() == [cached_file(path).name]
    assert value_of(path) == value_of(path) == 2
    assert len(rewrites) == 3


def test_the_remains_of_a_killed_process_are_harmless(hooked):
    path = hooked.write("kept.py", "x = 1\n", marked=True)
    cached_file(path).parent.mkdir()
    remains = Path(f"{cached_file(path)}.{os.getpid()}.{threading.get_ident()}")
    remains.write_bytes(HEADER)
    assert value_of(path) == value_of(path) == 1


def test_a_failed_replacement_leaves_no_temporary_file(hooked, monkeypatch):
    path = hooked.write("kept.py", "x = 1\n", marked=True)

    def refuse(*arguments):
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    assert value_of(path) == 1
    assert hooked.bytecode() == []
