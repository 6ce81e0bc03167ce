"""Every way to run a module: imported, as a program, from archives, by other tools, in other processes.

A way that goes round the import system runs plain Python, which ``require()`` turns into an error.
"""

from __future__ import annotations

import importlib
import importlib.resources
import importlib.util
import os
import pkgutil
import py_compile
import runpy
import sys
import traceback
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

import defnhook
from defnhook.hook.loader import DefnLoader, DefnZipImporter

INSTALLS = "import defnhook\ndefnhook.install(only=__name__)\n"
STRICT = "import defnhook\ndefnhook.require()\n"
PROGRAM = """
import sys
def half(a):
    return a / 2
state = {"marked": "__defn__" in globals(), "name": __name__, "file": __file__, "arguments": sys.argv}
if __name__ == "__main__":
    print(state)
    print("first on path:", sys.path[0])
"""


@pytest.fixture
def package(folder):
    """A package that installs the hook for its own modules."""
    folder.write("pkg/__init__.py", INSTALLS)
    folder.write("pkg/__main__.py", "print('package', '__defn__' in globals())\n", marked=True)
    folder.write(
        "pkg/program.py", STRICT + "from . import part\n" + PROGRAM + "assert part.x == 1\n", marked=True
    )
    folder.write("pkg/part.py", STRICT + "x = 1\n", marked=True)
    return folder


def test_a_package_that_installs_the_hook_covers_its_modules_run_as_programs(package, python):
    output = python("-m", "pkg.program", "-v", "a b")
    assert "'marked': True, 'name': '__main__'" in output
    assert f"'arguments': [{str(package.path / 'pkg' / 'program.py')!r}, '-v', 'a b']" in output
    assert python("-m", "pkg") == "package True\n"


@pytest.mark.parametrize(
    "tool",
    [
        ("-m", "cProfile", "-m", "pkg.program"),
        ("-m", "pdb", "-c", "continue", "-c", "quit", "-m", "pkg.program"),
        ("-m", "trace", "--ignore-dir=/", "--trace", "--module", "pkg.program"),
    ],
)
def test_tools_that_run_modules_run_compiled_ones(package, python, tool):
    assert "'marked': True, 'name': '__main__'" in python(*tool)


def test_a_script_runs_as_python_runs_it_but_compiled(folder, python):
    script = folder.write("scripts/program.py", PROGRAM, marked=True)
    relative = os.path.relpath(script, folder.path)
    plain = python(relative, "--flag", "-m", "x")
    ours = python("-m", "defnhook", "run", relative, "--flag", "-m", "x")
    assert "'marked': False" in plain
    assert ours == plain.replace("'marked': False", "'marked': True")
    assert python("-m", "defnhook", "run", relative, "--flag", "-m", "x", DEFNHOOK="off") == plain


def test_a_module_runs_as_python_runs_it_but_compiled(folder, python):
    folder.write("tools/__init__.py", "")
    folder.write("tools/program.py", "from .part import x\n" + PROGRAM, marked=True)
    folder.write("tools/part.py", "x = '__defn__' in globals()\n", marked=True)
    folder.write("tools/__main__.py", "from .part import x\nprint(__package__, x, __spec__.name)\n")
    plain = python("-m", "tools.program", "--flag")
    ours = python("-m", "defnhook", "run", "-m", "tools.program", "--flag")
    assert "'marked': False" in plain
    assert ours == plain.replace("'marked': False", "'marked': True")
    assert python("-m", "defnhook", "run", "-m", "tools") == "tools True tools.__main__\n"


def test_exit_codes_are_those_of_python(folder, python):
    folder.write("leaves.py", "import sys\nsys.exit(7)\n", marked=True)
    folder.write(
        "fails.py", "import sys, atexit\natexit.register(print, 'at exit')\nundefined\n", marked=True
    )
    run = ("-m", "defnhook", "run")
    assert python(*run, "leaves.py", status=7) == ""
    assert "can't open file" in python(*run, "missing.py", status=2)
    assert "No module named missing.part" in python(*run, "-m", "missing.part", status=1)
    output = python(*run, "fails.py", status=1)
    assert "NameError" in output
    assert "at exit" in output
    assert "usage:" in python(*run, status=2)


def test_folders_archives_and_unmarked_scripts_run_too(folder, python):
    folder.write("app/__main__.py", "import part\nprint(__name__, part.x)\n")
    folder.write("app/part.py", "x = '__defn__' in globals()\n", marked=True)
    with zipfile.ZipFile(folder.path / "app.zip", "w") as archive:
        for name in ("__main__.py", "part.py"):
            archive.write(folder.path / "app" / name, name)
    run = ("-m", "defnhook", "run")
    assert python(*run, "app") == python(*run, "app.zip") == "__main__ True\n"
    assert python(*run, "app/__main__.py") == "__main__ True\n"


SPAWNS = """
import multiprocessing, sys
import work
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.apply(work.report), work.report())
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_processes(folder, python, method):
    if method == "forkserver" and sys.platform == "win32":
        pytest.skip("no forkserver on Windows")
    folder.write("work/__init__.py", INSTALLS + "from .part import report\n")
    folder.write(
        "work/part.py", "def report():  # defn: off\n    return '__defn__' in globals()\n", marked=True
    )
    folder.write("start.py", SPAWNS)
    assert python("start.py", method) == "True True\n"


def test_a_worker_process_without_the_hook_is_noticed(folder, python):
    folder.write("work.py", STRICT + "def report():  # defn: off\n    return 1\n", marked=True)
    folder.write(
        "start.py",
        "import multiprocessing, sys\n"
        "def attempt():\n"
        "    try:\n        import work\n"
        "    except ImportError as error:\n        return str(error)\n"
        "if __name__ == '__main__':\n"
        "    import defnhook; defnhook.install(); import work\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.apply(attempt))\n",
    )
    assert "running as plain Python" in python("start.py")


def test_ways_round_the_import_system_are_noticed(hooked, python):
    path = hooked.write("strict.py", STRICT + "x = 1\n", marked=True)
    assert hooked.load("strict").x == 1
    with pytest.raises(ImportError, match="running as plain Python"):
        runpy.run_path(str(path))
    with pytest.raises(ImportError, match="running as plain Python"):
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "strict"})
    spec = importlib.util.spec_from_file_location("other", path)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=r"strict\.py \(as 'other'\)"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert "running as plain Python" in python("strict.py", status=1)
    assert "running as plain Python" in python(
        "-m", "coverage", "run", "--data-file=c", "-m", "strict", status=1
    )
    assert python("-m", "defnhook", "run", "strict.py") == ""
    assert python("-m", "coverage", "run", "--data-file=c", "-m", "defnhook", "run", "strict.py") == ""
    assert python("strict.py", DEFNHOOK="off") == ""


def test_require_accepts_plain_python_that_was_asked_for(folder, monkeypatch):
    folder.write("strict.py", STRICT, marked=True)
    with pytest.raises(ImportError, match=r"strict\.py"):
        folder.load("strict")
    monkeypatch.setenv("DEFNHOOK", "off")
    folder.load("strict")
    monkeypatch.delenv("DEFNHOOK")
    folder.write("switched.py", "# defn: off\n" + STRICT)
    folder.load("switched")
    with pytest.raises(ImportError, match="unknown file"):
        exec("require()", {"require": defnhook.require, "__defn__": object()})


def archive_of(folder, *, compiled: bool) -> Path:
    path = folder.path / f"archive{compiled}.zip"
    source = folder.write("build/zipped/part.py", "x = 1\n" if compiled else "x = 1\ny = undefined\n")
    marked = b"# coding: latin-1\n# caf\xe9\n# defn\n" + source.read_bytes()
    source.write_bytes(marked)
    folder.write("build/zipped/__init__.py", "x = 2\n", marked=True)
    folder.write("build/single.py", "x = 3\n", marked=True)
    folder.write("build/unmarked.py", "x = 4\n")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((folder.path / "build").rglob("*.py")):
            name = file.relative_to(folder.path / "build")
            archive.write(file, name)
            if compiled:
                cached = py_compile.compile(str(file), cfile=str(file) + "c", doraise=True)
                archive.write(cached, name.with_suffix(".pyc"))
    return path


@pytest.mark.parametrize("compiled", [False, True])
def test_archives(hooked, monkeypatch, compiled):
    path = archive_of(hooked, compiled=compiled)
    monkeypatch.syspath_prepend(str(path))
    package, single = hooked.load("zipped"), hooked.load("single")
    for module, value in ((package, 2), (single, 3)):
        assert module.x == value
        assert "__defn__" in vars(module)
        assert isinstance(module.__loader__, DefnZipImporter)
        assert module.__file__.startswith(str(path))
        assert module.__file__.endswith(".py")
    assert type(hooked.load("unmarked").__loader__).__name__ == "zipimporter"
    assert list(package.__path__) == [str(path / "zipped")]
    loader = importlib.util.find_spec("zipped.part").loader
    assert "café" in loader.get_source("zipped.part")
    if compiled:
        assert hooked.load("zipped.part").x == 1
    else:
        with pytest.raises(NameError) as caught:
            hooked.load("zipped.part")
        (frame,) = [frame for frame in traceback.extract_tb(caught.tb) if "part.py" in frame.filename]
        assert (frame.lineno, frame.line) == (5, "y = undefined")


def test_namespace_packages_relative_and_circular_imports(hooked):
    hooked.write("space/deep/one.py", "from . import two\nfrom .two import y\nx = 1\n", marked=True)
    hooked.write("space/deep/two.py", "from . import one\ny = hasattr(one, 'x')\n", marked=True)
    one = hooked.load("space.deep.one")
    assert one.y is False
    assert {"__defn__" in vars(sys.modules[f"space.deep.{name}"]) for name in ("one", "two")} == {True}


class Editable:
    """What an editable installation puts on ``sys.meta_path``: names mapped to files elsewhere."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files

    def find_spec(self, name, path=None, target=None):
        if name not in self.files:
            return None
        return importlib.util.spec_from_file_location(name, self.files[name])


def test_finders_of_editable_installations(hooked, monkeypatch):
    path = hooked.write("elsewhere/there.py", "x = 1\n", marked=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", [*sys.meta_path, Editable({"mapped": path})])
        module = hooked.load("mapped")
    assert "__defn__" in vars(module)
    assert module.__file__ == str(path)


@pytest.mark.parametrize("strict", [False, True])
def test_a_real_editable_installation(folder, python, strict):
    pytest.importorskip("setuptools", "64")
    folder.write("project/src/installed/__init__.py", "from installed.part import x\n")
    folder.write("project/src/installed/part.py", "x = '__defn__' in globals()\n", marked=True)
    folder.write(
        "project/pyproject.toml",
        "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"
        "[project]\nname = 'installed'\nversion = '1'\n"
        "[tool.setuptools.package-dir]\ninstalled = 'src/installed'\n"
        "[tool.setuptools]\npackages = ['installed']\n",
    )
    settings = "{'editable_mode': 'strict'}" if strict else "{}"
    build = f"from setuptools.build_meta import build_editable as b; print(b('..', {settings}))"
    folder.path.joinpath("project/site").mkdir()
    process = python.start("-c", f"import os; os.chdir('project'); {build}")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    with zipfile.ZipFile(folder.path / output.split()[-1]) as wheel:
        wheel.extractall(folder.path / "project/site")
    script = "import site; site.addsitedir('project/site'); import defnhook, sys; defnhook.install(); "
    report = "print(installed.x, any('Editable' in str(finder) for finder in sys.meta_path))"
    assert python("-c", script + "import installed; " + report) == f"True {not strict}\n"


def test_resources_and_module_lists(hooked):
    hooked.write("holds/__init__.py", "", marked=True)
    hooked.write("holds/part.py", "", marked=True)
    hooked.write("holds/data.txt", "text")
    package = hooked.load("holds")
    assert importlib.resources.files("holds").joinpath("data.txt").read_text() == "text"
    assert pkgutil.get_data("holds", "data.txt") == b"text"
    assert [module.name for module in pkgutil.iter_modules(package.__path__)] == ["part"]


def test_reload_follows_edits_and_the_marker(hooked):
    hooked.write("edited.py", "x = 1\n", marked=True)
    module = hooked.load("edited")
    hooked.write("edited.py", "x = 2\n", marked=True)
    assert importlib.reload(module).x == 2
    assert isinstance(module.__loader__, DefnLoader)
    hooked.write("edited.py", "x = 3\n")
    vars(module).pop("__defn__")
    assert importlib.reload(module).x == 3
    assert type(module.__loader__) is SourceFileLoader
    assert "__defn__" not in vars(module)
    hooked.write("edited.py", "x = 4\n", marked=True)
    assert importlib.reload(module).x == 4
    assert "__defn__" in vars(module)


def test_a_marker_that_goes_between_finding_and_loading(hooked):
    hooked.write("edited.py", "x = 1\n", marked=True)
    spec = importlib.util.find_spec("edited")
    hooked.write("edited.py", "x = 2\n")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.x == 2
    assert "__defn__" not in vars(module)


def test_lazy_loading(hooked):
    hooked.write("lazy.py", "x = 1\n", marked=True)
    spec = importlib.util.find_spec("lazy")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["lazy"] = module
    spec.loader.exec_module(module)
    assert module.x == 1
    assert "__defn__" in vars(module)
