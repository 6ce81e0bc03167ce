"""``%load_ext defnhook`` in an interactive shell."""

from __future__ import annotations

import contextlib
import io
import os
import sys

import pytest

import defnhook

pytest.importorskip("IPython")


@pytest.fixture
def shell(folder, monkeypatch, tmp_path):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    yield shell
    shell.run_line_magic("unload_ext", "defnhook")


def run(shell, text):
    result = shell.run_cell(text)
    result.raise_error()
    return result


def edit(folder, value):
    path = folder.write("edited.py", f"def f(a):\n    return a * {value}\n", marked=True)
    stamp = path.stat().st_mtime + value
    os.utime(path, (stamp, stamp))


@pytest.mark.parametrize("order", [("defnhook", "autoreload"), ("autoreload", "defnhook")])
def test_autoreload_keeps_modules_compiled(shell, folder, rewrites, order):
    for name in order:
        run(shell, f"%load_ext {name}")
    run(shell, "%autoreload 2")
    edit(folder, 1)
    run(shell, "import edited")
    run(shell, "'one more cell, before which IPython reads the sources'")
    edit(folder, 5)
    run(shell, "value = edited.f(2)")
    assert shell.user_ns["value"] == 10
    assert "__defn__" in vars(sys.modules["edited"])
    assert rewrites == [sys.modules["edited"].__file__] * 2


def test_running_a_module_compiles_it(shell, folder):
    folder.write("program.py", "print(__name__, '__defn__' in globals())\n", marked=True)
    run(shell, "%load_ext defnhook")
    with contextlib.redirect_stdout(io.StringIO()) as output:
        run(shell, "%run -m program")
    assert output.getvalue() == "__main__ True\n"


def test_a_cell_is_a_marked_file(shell, capsys):
    run(shell, "%load_ext defnhook")
    run(shell, "%%defn\nimport numpy as np\ndef half(a):\n    return a / 2\n40 + 2\n")
    assert "42" in capsys.readouterr().out
    assert "__defn__" in shell.user_ns
    assert "half" in shell.user_ns
    shell.run_cell("%%defn\ndef broken(a):\n    return (\n")
    assert "SyntaxError" in capsys.readouterr().out
    run(shell, "%%defn\nx = 3\n")
    assert shell.user_ns["x"] == 3


def test_loading_twice_and_unloading(shell):
    entries = list(sys.meta_path)
    run(shell, "%load_ext defnhook")
    defnhook.load_ipython_extension(shell)
    assert defnhook.is_installed()
    run(shell, "%unload_ext defnhook")
    assert sys.meta_path == entries
    assert "defn" not in shell.magics_manager.magics["cell"]
