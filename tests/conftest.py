"""What all tests share: the hypothesis profile, one kernel store a run, marked files imported both ways."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from both import Both, import_both
from hypothesis import settings

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
