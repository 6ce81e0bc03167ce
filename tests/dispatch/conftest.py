"""Marked modules written by tests, and what calls of them add to the counts."""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import defnhook

PACKAGE = Path(defnhook.__file__).parents[1]


@pytest.fixture(scope="session")
def marked_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where marked modules are written; on the path, so that they can be imported by name."""
    folder = tmp_path_factory.mktemp("marked")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def marked(marked_folder: Path) -> Callable[[str], ModuleType]:
    """Writes the text of a marked module and imports it through the hook."""
    numbers = itertools.count()

    def make(text: str) -> ModuleType:
        name = f"marked_{next(numbers)}"
        (marked_folder / f"{name}.py").write_text(f"# defn\nimport numpy as np\n{text}")
        importlib.invalidate_caches()
        with defnhook.install(only=name):
            return importlib.import_module(name)

    return make


@pytest.fixture
def counts() -> Callable[[], Any]:
    """What the counts grew by inside a block."""

    @contextmanager
    def grown() -> Iterator[SimpleNamespace]:
        before = defnhook.stats()
        result = SimpleNamespace(**dict.fromkeys(before, 0))
        yield result
        for name, value in defnhook.stats().items():
            setattr(result, name, value - before[name])

    return grown


@pytest.fixture
def python(marked_folder: Path, kernel_store: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program in a Python of its own, in which marked modules can be imported."""

    def run(program: str, fails: bool = False, **environment: str | Path) -> subprocess.CompletedProcess[str]:
        paths = [str(PACKAGE), str(marked_folder), os.environ.get("PYTHONPATH", "")]
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "DEFNHOOK_CACHE_DIR": os.environ.get("DEFNHOOK_CACHE_DIR", str(kernel_store)),
            **{name: str(value) for name, value in environment.items()},
        }
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert fails or done.returncode == 0, done.stderr
        return done

    return run
