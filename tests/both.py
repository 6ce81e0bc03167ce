"""One marked file imported twice, with the hook and without it, and the same call made in both modules."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import defnhook


@contextmanager
def mode_of(mode: str) -> Iterator[None]:
    """``DEFNHOOK`` as given, for the block."""
    before = os.environ.get("DEFNHOOK")
    os.environ["DEFNHOOK"] = mode
    try:
        yield
    finally:
        if before is None:
            del os.environ["DEFNHOOK"]
        else:
            os.environ["DEFNHOOK"] = before


@dataclass(frozen=True)
class Raised:
    """A call that raised."""

    error: BaseException


@dataclass(frozen=True)
class Both:
    """A module imported with the hook and the same one without it; ``mode`` is how the first one runs."""

    hooked: ModuleType
    plain: ModuleType
    mode: str

    def call_hooked(self, name: str, args: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
        """What the hooked function gives or raises."""
        with mode_of(self.mode):
            return outcome(find(self.hooked, name), args, keywords or {})

    def call_plain(self, name: str, args: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
        """What the plain function gives or raises."""
        return outcome(find(self.plain, name), args, keywords or {})


def find(module: ModuleType, name: str) -> Any:
    """A function of a module, by its name with dots."""
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    return value


def outcome(function: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What a call gives or raises; what NumPy would warn of is silent."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **keywords)
        except Exception as error:
            return Raised(error)


def import_both(path: Path, mode: str = "on") -> Both:
    """Import a marked file by an import statement, once with the hook and once without."""
    with mode_of(mode), defnhook.install(only=path.stem):
        hooked = _imported(path)
    assert "__defn__" in vars(hooked), f"{path} is not marked"
    return Both(hooked, import_plain(path), mode)


def import_plain(path: Path) -> ModuleType:
    """Import a marked file by an import statement without the hook."""
    plain = _imported(path)
    assert "__defn__" not in vars(plain)
    return plain


def _imported(path: Path) -> ModuleType:
    name = path.stem
    before = sys.modules.pop(name, None)
    sys.path.insert(0, str(path.parent))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(path.parent))
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
