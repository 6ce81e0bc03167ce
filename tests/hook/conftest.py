"""Folders of modules to import, with and without the hook, in this process and in fresh ones."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

import defnhook
from defnhook import syntax

ROOT = Path(defnhook.__file__).parent.parent


class Folder:
    """A folder on ``sys.path`` whose modules are forgotten after the test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str | bytes, *, marked: bool = False) -> Path:
        """Write the file ``name``; ``marked`` puts the marker in its first line."""
        data = text.encode() if isinstance(text, str) else text
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"# defn\n" if marked else b"") + data)
        importlib.invalidate_caches()
        return path

    def load(self, name: str) -> ModuleType:
        """Import ``name`` as an import statement does."""
        __import__(name)
        return sys.modules[name]

    def forget(self, *names: str) -> None:
        for name in names:
            sys.modules.pop(name, None)

    def bytecode(self, name: str = "*") -> list[str]:
        """The files in ``__pycache__`` of the module ``name``, temporary ones included."""
        return sorted(file.name for file in self.path.rglob(f"__pycache__/{name}.*"))


class Python:
    """Fresh interpreters that see the package and the folder, and none of this process's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, **extra: str) -> dict[str, str]:
        hidden = (
            "DEFNHOOK",
            "CI",
            "BUILD_NUMBER",
            "PYTHONDONTWRITEBYTECODE",
            "PYTEST",
            "COVERAGE",
            "PYTHONPYCACHEPREFIX",
        )
        kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        roots = [str(ROOT), *kept.get("PYTHONPATH", "").split(os.pathsep)]
        kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(root for root in roots if root))
        return {**kept, **extra}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, status: int = 0, **environment: str) -> str:
        """What the interpreter printed, on both streams; it must end with ``status``."""
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == status, f"exit code {process.returncode}\n{output}\n{errors}"
        return output + errors


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    before = dict(sys.modules)
    path = tmp_path / "modules"
    path.mkdir()
    monkeypatch.syspath_prepend(str(path))
    monkeypatch.delenv("DEFNHOOK", raising=False)
    yield Folder(path)
    for name in [name for name in sys.modules if name not in before]:
        if str(path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def hooked(folder: Folder) -> Iterator[Folder]:
    """The same folder, with the hook installed."""
    with defnhook.install():
        yield folder


@pytest.fixture
def python(folder: Folder) -> Python:
    return Python(folder.path)


@pytest.fixture
def written_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytecode is written, whatever this process was started with."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


@pytest.fixture
def rewrites(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files that are rewritten, in order."""
    paths: list[str] = []
    rewrite = syntax.rewrite

    def counted(source, path, options={}):  # noqa: B006
        paths.append(path)
        return rewrite(source, path, options)

    monkeypatch.setattr(syntax, "rewrite", counted)
    return paths


@pytest.fixture
def plain_code() -> Callable[[Path], CodeType]:
    """What Python itself makes of a file."""

    def make(path: Path) -> CodeType:
        code = SourceFileLoader(path.stem, str(path)).get_code(path.stem)
        assert code is not None
        return code

    return make
