"""What all tests share: the hypothesis profile, one kernel store a run, marked files imported both ways."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from both import Both, import_both
from hypothesis import settings

from defnhook.dispatch import source
from defnhook.schedule import phases

settings.register_profile("defnhook", deadline=None)
settings.load_profile("defnhook")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session", autouse=True)
def kernel_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder of compiled kernels for the whole run, and none of the user's."""
    path = tmp_path_factory.mktemp("kernels")
    path.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        if "DEFNHOOK_CACHE_DIR" not in os.environ:
            patch.setenv("DEFNHOOK_CACHE_DIR", str(path))
        yield path


@pytest.fixture(scope="session")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Both]:
    """Imports a marked file, or the text of one, with the hook and without it."""
    folder = tmp_path_factory.mktemp("programs")
    numbers = itertools.count()

    def make(source: str | Path, mode: str = "on") -> Both:
        if isinstance(source, str):
            path = folder / f"written_{next(numbers)}.py"
            path.write_text(source)
        else:
            path = source
        return import_both(path, mode)

    return make


class InSlices:
    """Runs each phase of a kernel in two slices, the last first."""

    def __call__(self, entry: Any, arguments: tuple[Any, ...], phases: Any) -> None:
        for phase, (parallel, units) in enumerate(phases):
            cuts = [0, units // 2, units] if parallel and units > 1 else [0, units]
            for first, last in reversed(list(itertools.pairwise(cuts))):
                entry(*arguments, phase, np.uint64(first), np.uint64(last))


@pytest.fixture
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels run phase by phase, however small, and fold chunks of four elements."""
    monkeypatch.setattr(phases, "CHUNK", 4)
    monkeypatch.setattr(phases, "LEAST_ROWS", 1)
    monkeypatch.setattr(source, "THREAD_WORK", 0)
    monkeypatch.setattr(source, "thread_count", lambda: 2)
    monkeypatch.setattr(source, "Choice", InSlices)
