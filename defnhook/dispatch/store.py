"""The kernel store: one kernel with one signature a file, named by content.

A kernel's name is the hash of all that its machine code depends on, and the folder is that of the processor, so that
nothing in the store is ever stale. Beside the machine code lies the source, to be read. A fault of the store never
reaches the user: the kernel is compiled again, and kept in memory.
"""

from __future__ import annotations

import hashlib
import importlib
import linecache
import os
import platform
import stat
import sys
import tempfile
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from defnhook import config
from defnhook.dispatch.statistics import check_may_compile, count, logger
from defnhook.errors import DefnWarning

PACKAGE = "defnhook._kernels"
SCHEMA = 3
MOST_KERNELS = 4000
_SWITCHES = ("NUMBA_OPT", "NUMBA_LOOP_VECTORIZE", "NUMBA_SLP_VECTORIZE", "NUMBA_BOUNDSCHECK", "NUMBA_DEBUGINFO",
             "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_DISABLE_JIT")  # fmt: skip


@cache
def backend() -> Any:
    """The native backend, imported on first use."""
    return importlib.import_module("defnhook.backend.numba")


@cache
def calling() -> Any:
    """What makes calls without the interpreter, or None where that is not possible."""
    module = importlib.import_module("defnhook.backend.calls")
    return module if module.is_possible() else None


@cache
def environment_key() -> str:
    """Everything beside the text that decides what a kernel's machine code is."""
    import numpy as np

    import defnhook

    package = Path(defnhook.__file__).parent
    folders = (package / "backend" / "numba", package / "emit" / "vector_math")
    sources = sorted(file for folder_ in folders for file in folder_.glob("*.py"))
    sources.append(package / "backend" / "posting.py")
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.read_bytes())
    parts = [
        SCHEMA,
        defnhook.__version__,
        *backend().VERSIONS,
        np.__version__,
        platform.python_implementation(),
        sys.version_info[:3],
        *[(name, os.environ.get(name)) for name in _SWITCHES],
        digest.hexdigest(),
    ]
    return repr(parts)


def kernel_name(stem: str, text: str) -> str:
    """A name for a kernel: what the user calls it, and a hash of its text and surroundings."""
    digest = hashlib.sha256(f"{environment_key()}\n{text}".encode()).hexdigest()[:20]
    return f"{stem}_{digest}"


@cache
def folder() -> Path | None:
    """The store's folder for this processor and Python, or None where there is no safe one."""
    if not config.disk_cache_enabled():
        return None
    named = config.cache_directory()
    if named:
        root = Path(named)
    else:
        import platformdirs

        root = Path(platformdirs.user_cache_dir("defnhook"))
    machine = hashlib.sha256(backend().processor().encode()).hexdigest()[:12]
    path = root / f"{sys.implementation.cache_tag}-{machine}"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        problem = _unsafe(root) or _unsafe(path)
    except OSError as error:
        problem = str(error)
    if problem:
        warnings.warn(f"compiled kernels are not kept on disk: {problem}", DefnWarning, stacklevel=2)
        return None
    _prune(path)
    return path


def _unsafe(path: Path) -> str:
    """Why files from a folder must not be run; empty where they may."""
    if not hasattr(os, "getuid"):
        return ""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return f"{path} is no real folder"
    if status.st_uid != os.getuid():
        return f"{path} belongs to another user"
    if status.st_mode & 0o022:
        return f"{path} can be written by others (chmod go-w mends that)"
    return ""


def _prune(path: Path) -> None:
    """Once a day at most, drop the kernels that have not been used for longest."""
    mark = path / ".pruned"
    try:
        if mark.exists() and time.time() - mark.stat().st_mtime < 86400:
            return
        mark.touch()
        kernels = sorted(path.glob("*.bin"), key=lambda file: file.stat().st_atime)
        for kernel in kernels[: max(0, len(kernels) - MOST_KERNELS)]:
            for file in (kernel, kernel.with_suffix(".py")):
                file.unlink(missing_ok=True)
    except OSError:
        return


@dataclass(frozen=True, slots=True)
class LoadedKernel:
    """A kernel ready to be called, and where it came from."""

    name: str
    source: str
    compiled: Any
    from_disk: bool
    seconds: float

    @property
    def entry(self) -> Callable[..., Any]:
        """To call it from Python."""
        return self.compiled.entry  # type: ignore[no-any-return]


_LOADED: dict[str, LoadedKernel] = {}
_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def load(stem: str, text: str, reason: str) -> LoadedKernel:
    """The compiled kernel of a text that defines a function under the placeholder ``{name}``."""
    name = kernel_name(stem, text)
    known = _LOADED.get(name)
    if known is not None:
        return known
    with _LOCKS[name]:
        if name not in _LOADED:
            _LOADED[name] = _load(name, text.replace("{name}", name), reason)
    return _LOADED[name]


def _load(name: str, source: str, reason: str) -> LoadedKernel:
    kernel = _obtain(name, source, reason)
    if kernel.from_disk:
        count("kernels_loaded")
        logger.info("%s loaded from disk in %.0f ms", name, kernel.seconds * 1e3)
    else:
        count("kernels_compiled")
        count("compile_seconds", kernel.seconds)
        logger.info("%s compiled in %.2f s: %s", name, kernel.seconds, reason)
    return kernel


def helper(stem: str, text: str, reason: str) -> Callable[..., Any]:
    """A native function that belongs to no kernel and is counted nowhere."""
    name = kernel_name(stem, text)
    return _obtain(name, text.replace("{name}", name), reason).entry


def _obtain(name: str, source: str, reason: str) -> LoadedKernel:
    begin = time.perf_counter()
    stored = _from_disk(name)
    if stored is not None:
        return LoadedKernel(name, source, stored, True, time.perf_counter() - begin)
    check_may_compile(name, reason)
    dispatcher = _compiled(name, source)
    _to_disk(name, source, backend().to_bytes(dispatcher))
    seconds = time.perf_counter() - begin
    return LoadedKernel(name, source, backend().made_callable(dispatcher), False, seconds)


def _compiled(name: str, source: str) -> Any:
    filename = f"<defnhook kernel {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return backend().compiled(f"{PACKAGE}.{name}", name, source, filename)


def compile_again(stem: str, text: str) -> Any:
    """A kernel compiled anew, whose LLVM and machine code can be looked at."""
    name = kernel_name(stem, text)
    return _compiled(name, text.replace("{name}", name))


def _from_disk(name: str) -> Any:
    """A stored kernel; whatever is wrong with its file, it is as if there were none."""
    path = folder()
    if path is None:
        return None
    try:
        data = (path / f"{name}.bin").read_bytes()
        digest, payload = data[:32], data[32:]
        if hashlib.sha256(payload).digest() != digest:
            raise ValueError("its checksum is wrong")
        return backend().from_bytes(f"{PACKAGE}.{name}", payload)
    except FileNotFoundError:
        return None
    except Exception as error:
        logger.info("%s could not be loaded: %s", name, error)
        return None


def _to_disk(name: str, source: str, payload: bytes) -> None:
    path = folder()
    if path is None:
        return
    try:
        _write(path / f"{name}.py", source.encode())
        _write(path / f"{name}.bin", hashlib.sha256(payload).digest() + payload)
    except OSError as error:
        logger.warning("%s is not kept on disk: %s", name, error)


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
