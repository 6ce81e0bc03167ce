"""Finding marked files: a module's name -> its spec, with our loader where the file is marked.

Other finders are asked first-come as they stand, so packages installed in editable mode, in archives or by
other tools are found the way they always are. Nothing is imported here: a spec is found under the import
lock.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
import warnings
import zipimport
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import SOURCE_SUFFIXES, ModuleSpec
from pathlib import Path
from types import ModuleType

from defnhook.errors import DefnMarkerWarning, DefnWarning
from defnhook.hook import marker
from defnhook.hook.compose import PytestAsserts, Refuse, conflict, finish_for
from defnhook.hook.loader import DefnLoader, DefnZipImporter, trace, zip_source_path

_SUFFIXES = tuple(SOURCE_SUFFIXES)
_STANDARD_LIBRARY = str(Path(os.__file__).parent) + os.sep

# Formatting a warning imports this module, which must not happen while a spec is being found.
_PRELOADED = (linecache,)


@dataclass(frozen=True, eq=False)
class Registration:
    """What one ``install()`` asked for: these packages (None: all), and what to do about other loaders."""

    only: frozenset[str] | None
    on_conflict: str

    def covers(self, name: str) -> bool:
        if self.only is None:
            return True
        return any(name == package or name.startswith(package + ".") for package in self.only)


class DefnFinder:
    """The entry on ``sys.meta_path``, one for all installations."""

    def __init__(self) -> None:
        self.registrations: list[Registration] = []
        self._resolving = threading.local()
        self._warned: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with our loader where the file is marked."""
        if name == "defnhook" or name.startswith("defnhook.") or not self.covers(name):
            return None
        resolving: set[str] = self._resolving.__dict__.setdefault("names", set())
        if name in resolving:
            return None
        resolving.add(name)
        try:
            spec = self._delegate(name, path, target)
        finally:
            resolving.discard(name)
        if spec is not None:
            self._claim(name, spec)
        return spec

    def invalidate_caches(self) -> None:
        """Nothing is remembered between imports."""

    def covers(self, name: str) -> bool:
        """True where an installation asked for the module ``name``."""
        return any(registration.covers(name) for registration in self.registrations)

    def _delegate(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in tuple(sys.meta_path or ()):
            if finder is self:
                continue
            find_spec = getattr(finder, "find_spec", None)
            if find_spec is None:
                return None
            spec: ModuleSpec | None = find_spec(name, path, target)
            if spec is not None:
                return spec
        return None

    def _claim(self, name: str, spec: ModuleSpec) -> None:
        path = source_path(spec)
        if path is None or isinstance(spec.loader, (DefnLoader, DefnZipImporter)):
            return
        head = _head(spec, path)
        if head is None:
            return
        if marker.is_claimed(head, path):
            self._take_over(name, spec, path)
        else:
            self._warn_near_misses(name, head, path)

    def _take_over(self, name: str, spec: ModuleSpec, path: str) -> None:
        if isinstance(spec.loader, zipimport.zipimporter):
            spec.loader = DefnZipImporter(os.path.join(spec.loader.archive, spec.loader.prefix))  # noqa: PTH118
            spec.origin = path
            spec.cached = None
            trace(name, "marked", path)
            return
        finish = finish_for(spec.loader)
        if isinstance(finish, Refuse) and self._conflicts_warn(name):
            warnings.warn_explicit(str(conflict(path, spec.loader)), DefnWarning, path, 1, name)
            return
        loader = DefnLoader(name, path, finish)
        spec.loader = loader
        spec.cached = loader.cache_location({})
        trace(name, "marked, with pytest" if isinstance(finish, PytestAsserts) else "marked", path)

    def _conflicts_warn(self, name: str) -> bool:
        return all(each.on_conflict == "warn" for each in self.registrations if each.covers(name))

    def _warn_near_misses(self, name: str, head: bytes, path: str) -> None:
        misses = marker.near_misses(head)
        if not misses or path in self._warned or marker.find_marker(head, path) is not None:
            return
        for miss in misses[:1]:
            self._warned.add(path)
            warnings.warn_explicit(miss.message, DefnMarkerWarning, path, miss.line, name)


def source_path(spec: ModuleSpec) -> str | None:
    """The Python source file behind ``spec``, outside the standard library; None where there is none."""
    path = spec.origin
    if path is None or not spec.has_location or spec.loader is None:
        return None
    if isinstance(spec.loader, zipimport.zipimporter):
        path = zip_source_path(path)
    if not path.endswith(_SUFFIXES) or in_standard_library(path):
        return None
    return path


def in_standard_library(path: str) -> bool:
    """True for a file of Python itself, which is not worth looking at."""
    return path.startswith(_STANDARD_LIBRARY) and "-packages" not in path[len(_STANDARD_LIBRARY) :]


def already_imported(registration: Registration) -> list[str]:
    """Marked modules that ``registration`` covers and that were imported as plain Python before it."""
    names = []
    for name, module in list(sys.modules.items()):
        if not registration.covers(name) or name.partition(".")[0] == "defnhook":
            continue
        if isinstance(module, ModuleType) and _is_plain_and_marked(
            object.__getattribute__(module, "__dict__")
        ):
            names.append(name)
    return sorted(names)


def _is_plain_and_marked(namespace: dict[str, object]) -> bool:
    path = namespace.get("__file__")
    if "__defn__" in namespace or not isinstance(path, str):
        return False
    if not path.endswith(_SUFFIXES) or in_standard_library(path):
        return False
    try:
        return marker.is_claimed(marker.read_head(path), path)
    except OSError:
        return False


def _head(spec: ModuleSpec, path: str) -> bytes | None:
    try:
        if isinstance(spec.loader, zipimport.zipimporter):
            return spec.loader.get_data(path)
        return marker.read_head(path)
    except OSError:
        return None
