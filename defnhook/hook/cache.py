"""Rewritten code on disk: (source, settings) -> a bytecode file of its own beside Python's.

The file's tag holds everything but the source that the code depends on, and the source's hash is always
compared, so no run ever takes plain code for rewritten code, or the other way round. Python's own file is
neither read nor written.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import marshal
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import CodeType

from defnhook import __version__, config

SCHEMA = 1

_CHECKED_HASH = (3).to_bytes(4, "little")


def location(path: str, settings: Mapping[str, str]) -> str | None:
    """The bytecode file for the source file ``path``, or None where Python has no place for one."""
    try:
        return importlib.util.cache_from_source(path, optimization=_tag(settings))
    except NotImplementedError:
        return None


def read(location: str, source: bytes, path: str) -> CodeType | None:
    """The code stored at ``location`` if it was made from ``source``; None for anything else."""
    if not config.disk_cache_enabled():
        return None
    header = _header(source)
    try:
        data = Path(location).read_bytes()
        code = marshal.loads(memoryview(data)[len(header) :]) if data.startswith(header) else None
    except Exception:
        return None
    return _at_path(code, path) if isinstance(code, CodeType) else None


def write(location: str, source: bytes, code: CodeType) -> None:
    """Store ``code`` at ``location`` in one step; where that cannot be done, do nothing."""
    if sys.dont_write_bytecode or not config.disk_cache_enabled():
        return
    target = Path(location)
    temporary = Path(f"{location}.{os.getpid()}.{threading.get_ident()}")
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(_header(source) + marshal.dumps(code))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _tag(settings: Mapping[str, str]) -> str:
    parts = [__version__, *(f"{key}={settings[key]}" for key in sorted(settings))]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{sys.flags.optimize or ''}defn{SCHEMA}x{digest[:10]}"


def _header(source: bytes) -> bytes:
    return importlib.util.MAGIC_NUMBER + _CHECKED_HASH + importlib.util.source_hash(source)


def _at_path(code: CodeType, path: str) -> CodeType:
    """``code`` as compiled from ``path``, which differs from the stored one in a moved directory."""
    if code.co_filename == path:
        return code
    constants = tuple(_at_path(item, path) if isinstance(item, CodeType) else item for item in code.co_consts)
    return code.replace(co_filename=path, co_consts=constants)
