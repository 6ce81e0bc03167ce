"""Loading a marked file: bytes -> rewritten code, from the cache where it has been made before."""

from __future__ import annotations

import importlib.util
import os
import sys
import zipimport
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from defnhook import config, syntax
from defnhook.errors import DefnInternalError
from defnhook.hook import cache
from defnhook.hook.compose import Finish, LoaderConflict, Plain
from defnhook.hook.marker import Marker, find_marker


class DefnLoader(SourceFileLoader):
    """Loads a marked source file. Everything but the making of the code is importlib's own."""

    def __init__(self, fullname: str, path: str, finish: Finish | None = None) -> None:
        super().__init__(fullname, path)
        self._finish = finish or Plain()

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code object: rewritten, unless the marker has gone since the file was found."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        marker = find_marker(source, path)
        if marker is None or not marker.active:
            trace(fullname, "no marker any more", path)
            return SourceFileLoader(fullname, path).get_code(fullname)
        return self._rewritten(fullname, path, source, marker)

    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, fullname: str | None = None, *, _optimize: int = -1
    ) -> CodeType:
        """The rewritten code for the source text ``data``, whether it is marked or not."""
        source = data.encode() if isinstance(data, str) else bytes(data)
        return rewritten_code(source, os.fspath(path), {}, self._finish, _optimize)

    def cache_location(self, options: Mapping[str, str]) -> str | None:
        """Where this file's bytecode is kept, or None for nowhere."""
        extra = self._finish.cache_settings
        if extra is None:
            return None
        return cache.location(self.path, {"syntax": syntax.digest(), **options, **extra})

    def _rewritten(self, fullname: str, path: str, source: bytes, marker: Marker) -> CodeType:
        location = self.cache_location(marker.options)
        code = cache.read(location, source, path) if location else None
        if code is not None:
            trace(fullname, "cached", location)
            return code
        code = rewritten_code(source, path, marker.options, self._finish)
        trace(fullname, "rewritten", path)
        if location:
            cache.write(location, source, code)
        return code


class DefnZipImporter(zipimport.zipimporter):
    """Loads a marked file out of a zip archive. A bytecode file beside it there is left alone."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's rewritten code object."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        marker = find_marker(source, path)
        trace(fullname, "rewritten", path)
        return rewritten_code(source, path, marker.options if marker else {}, Plain())

    def get_filename(self, fullname: str) -> str:
        """The path of the source file, archive included."""
        return zip_source_path(super().get_filename(fullname))

    def get_source(self, fullname: str) -> str:
        """The source text, in whichever encoding it is written."""
        return importlib.util.decode_source(self.get_data(self.get_filename(fullname)))


def zip_source_path(path: str) -> str:
    """The source file's path where ``path`` may be that of the bytecode beside it."""
    return path[:-1] if path.endswith(".pyc") else path


def rewritten_code(
    source: bytes, path: str, options: Mapping[str, str], finish: Finish, optimize: int = -1
) -> CodeType:
    """Rewrite ``source`` and compile it.

    Where this fails although Python itself accepts the source, the fault is defnhook's own.
    """
    try:
        tree = syntax.rewrite(source, path, options)
    except SyntaxError:
        raise
    except Exception as error:
        raise _fault(source, path, optimize, error) from error
    try:
        return finish.compile(tree, source, path, optimize)
    except LoaderConflict:
        raise
    except Exception as error:
        raise _fault(source, path, optimize, error) from error


def trace(name: str, decision: str, detail: str | None) -> None:
    """Say on standard error what was decided about a module, where ``DEFNHOOK_TRACE`` asks for it."""
    if config.trace_imports() and sys.stderr is not None:
        sys.stderr.write(f"defnhook: {name}: {decision} ({detail})\n")


def _fault(source: bytes, path: str, optimize: int, error: Exception) -> DefnInternalError:
    """The error to raise for ``error``; Python's own error about the source comes first."""
    compile(source, path, "exec", dont_inherit=True, optimize=optimize)
    return DefnInternalError(
        f"defnhook failed on {path} ({type(error).__name__}: {error}). The file is valid Python: to go "
        "on without compiling it, write '# defn: off' as its marker, and please report this."
    )
