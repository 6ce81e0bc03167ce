"""Marked test modules under pytest: compiled, with pytest's detailed assertions."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from types import CodeType, SimpleNamespace

import pytest

from defnhook.hook.compose import PytestAsserts
from defnhook.hook.loader import rewritten_code

TEST_MODULE = """
def half(a):
    return a / 2

def test_marked():
    assert ("__defn__" in globals()) is EXPECTED

def test_fails():  # defn: off
    values = [1, 2]
    assert len(values) == 3
"""
DETAILS = "+  where 2 = len([1, 2])"
# An installed package brings the plugin in by its entry point, and pytest takes it only once.
INSTALLED = any(point.value == "defnhook.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "defnhook.pytest_plugin")
# Said of the package of an installed plugin that is imported before pytest starts.
QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


@pytest.fixture
def suite(folder, python):
    """A folder with a marked and an unmarked test module; runs pytest there and counts what it says."""
    folder.write("pytest.ini", "[pytest]\naddopts = -q -p no:cacheprovider\nfilterwarnings = error\n")
    text = TEST_MODULE.replace("def test_marked():", "def test_marked():  # defn: off")
    folder.write("test_one.py", text.replace("EXPECTED", "True"), marked=True)
    folder.write("test_two.py", text.replace("EXPECTED", "False"))

    def run(*arguments, **environment):
        process = python.start("-m", "pytest", *arguments, **environment)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 1, output + errors
        return output

    run.folder = folder
    run.python = python
    return run


def names_in(code):
    """Every name used in a function, by the function's name."""
    found = {}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found[constant.co_name] = set(constant.co_names) | set(constant.co_varnames)
    return found


def test_details_are_added_to_the_users_functions_and_not_to_what_is_traced(hooked, request):
    source = b"# defn\ndef check(a):\n    assert a > 1\n    return a\n"
    finish = PytestAsserts(SimpleNamespace(config=request.config))
    code = rewritten_code(source, "check.py", {}, finish)
    used = names_in(code)
    assert any(name.startswith("@py_assert") for name in used["check"])
    assert not any(name.startswith("@py") for name in used["__defn_traced__"])
    assert "__defn__" in used["__defn_traced__"]


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_the_hook_installed_by_a_conftest(suite, mode):
    suite.folder.write("conftest.py", "import defnhook\ndefnhook.install()\n")
    output = suite(f"--import-mode={mode}")
    assert "2 failed, 2 passed" in output
    assert output.count(DETAILS) == 2
    again = suite(f"--import-mode={mode}", *PLUGIN)
    assert again.count(DETAILS) == 2
    assert "2 failed, 2 passed" in again
    assert len([name for name in suite.folder.bytecode("test_one") if ".opt-defn" in name]) == 1


def test_the_hook_installed_on_request(suite):
    suite.folder.write("conftest.py", "x = '__defn__' in globals()\nassert x\n", marked=True)
    assert "2 failed, 2 passed" in suite(*PLUGIN, "--defnhook")
    suite.folder.write("pytest.ini", "[pytest]\naddopts = -q -p no:cacheprovider\ndefnhook = true\n")
    output = suite(*PLUGIN, "-v")
    assert output.count(DETAILS) == 2
    assert "defnhook: on" in output


def test_assertions_left_alone_by_request(suite):
    output = suite(*PLUGIN, "--defnhook", "--assert=plain")
    assert "2 failed, 2 passed" in output
    assert DETAILS not in output


def test_the_plugin_alone_installs_nothing(suite):
    output = suite(*PLUGIN)
    assert "3 failed, 1 passed" in output
    assert "defnhook:" not in output


TWICE = """
import sys, defnhook, pytest
handle = defnhook.install()
before = list(sys.meta_path)
for _ in range(2):
    pytest.main([*PLUGIN])
    for name in ("test_one", "test_two"):
        del sys.modules[name]
    assert sys.meta_path[0] is before[0]
    sys.meta_path[:] = before
handle.uninstall()
assert sys.meta_path == before[1:]
pytest.main([*PLUGIN, "--defnhook"])
assert not defnhook.is_installed()
"""


def test_the_hook_installed_before_pytest_and_pytest_run_again(suite):
    output = suite.python("-c", f"PLUGIN = {(*PLUGIN, *QUIET)}\n{TWICE}")
    assert output.count("2 failed, 2 passed") == 3
    assert output.count(DETAILS) == 6


def test_a_run_in_several_processes(suite):
    pytest.importorskip("xdist")
    output = suite(*PLUGIN, "--defnhook", "-n", "2")
    assert "2 failed, 2 passed" in output
    assert output.count(DETAILS) == 2
    assert sys.platform == "win32" or "Traceback" not in output
