"""What ``import defnhook`` costs and offers, the switches in the environment, and the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import defnhook

HEAVY = "heavy = [name for name in ('numpy', 'numba', 'scipy', 'defnhook.syntax') if name in sys.modules]"


def test_importing_the_package_loads_nothing_and_starts_nothing(python):
    script = f"""
import sys, threading, warnings
finders, showing, settled = list(sys.meta_path), warnings.showwarning, set(sys.modules)
import defnhook
assert {{name for name in set(sys.modules) - settled if name.startswith("defnhook")}} == {{"defnhook"}}
defnhook.is_installed, defnhook.uninstall(), defnhook.DefnError, defnhook.require
import defnhook.pytest_plugin, defnhook.ipython, defnhook.__main__, defnhook.hook.run
assert sys.meta_path == finders and warnings.showwarning is showing and threading.active_count() == 1
{HEAVY}
assert not heavy, heavy
defnhook.install().uninstall()
assert 'numba' not in sys.modules
"""
    python("-c", script)


def test_every_public_name_is_there_and_only_those():
    assert set(defnhook.__all__) <= set(dir(defnhook))
    for name in defnhook.__all__:
        value = getattr(defnhook, name)
        assert value is not None
        assert value is getattr(defnhook, name)
    with pytest.raises(AttributeError, match="'defnhook' has no attribute 'no_such_name'"):
        _ = defnhook.no_such_name


def test_the_version_is_that_of_the_metadata():
    path = Path(defnhook.__file__).parent.parent / "pyproject.toml"
    if not path.exists():
        pytest.skip("not run from a source tree")
    assert tomllib.loads(path.read_text())["project"]["version"] == defnhook.__version__


def test_switched_off_nothing_is_installed_and_nothing_loaded(folder, python):
    folder.write("marked.py", "def f(a):\n    return a / 2\n", marked=True)
    script = f"""
import sys, defnhook
with defnhook.install() as handle:
    assert not defnhook.is_installed()
    import marked
assert handle.uninstall() is None
assert "__defn__" not in vars(marked) and marked.f(1) == 0.5
{HEAVY}
assert not heavy, heavy
"""
    python("-c", script, DEFNHOOK="off")
    assert "is not a mode" in python("-c", script, DEFNHOOK="sideways", status=1)


def test_decisions_are_shown_on_request(folder, python):
    folder.write("marked.py", "x = 1\n", marked=True)
    folder.write("unmarked.py", "x = 1\n")
    script = "import defnhook; defnhook.install(); import marked, unmarked"
    assert python("-c", script) == ""
    path = folder.path / "marked.py"
    (cached,) = (folder.path / "__pycache__").glob("marked*")
    expected = f"defnhook: marked: marked ({path})\ndefnhook: marked: cached ({cached})\n"
    assert python("-c", script, DEFNHOOK_TRACE="1") == expected
    assert f"marked: rewritten ({path})" in python("-c", script, DEFNHOOK_TRACE="1", DEFNHOOK_NO_CACHE="1")


def test_the_command_line(folder, python):
    assert python("-m", "defnhook", "--version") == f"defnhook {defnhook.__version__}\n"
    assert "run " in python("-m", "defnhook", status=2)
    assert "invalid choice" in python("-m", "defnhook", "no-such-command", status=2)
    assert "usage: python -m defnhook run" in python("-m", "defnhook", "run", "-h")
    assert "usage: python -m defnhook check" in python("-m", "defnhook", "check", status=2)
