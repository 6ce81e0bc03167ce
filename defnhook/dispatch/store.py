"""The kernel store: one kernel and one signature a file, named by content, imported as a module.

A kernel's name is the hash of all that its machine code depends on, and the folder is that of the processor, so that
nothing in the store is ever stale. A fault of the store never reaches the user: the kernel is compiled in memory.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import linecache
import os
import platform
import stat
import sys
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from defnhook import config
from defnhook.dispatch.statistics import check_may_compile, count, logger
from defnhook.errors import DefnWarning

PACKAGE = "defnhook._kernels"
SCHEMA = 1
MOST_KERNELS = 4000
_SWITCHES = ("NUMBA_OPT", "NUMBA_LOOP_VECTORIZE", "NUMBA_SLP_VECTORIZE", "NUMBA_BOUNDSCHECK", "NUMBA_DEBUGINFO",
             "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_DISABLE_JIT")  # fmt: skip


@cache
def backend() -> Any:
    """The native backend, imported on first use."""
    return importlib.import_module("defnhook.backend.numba")


@cache
def environment_key() -> str:
    """Everything beside the text that decides what a kernel's machine code is."""
    import numpy as np

    import defnhook

    package = Path(defnhook.__file__).parent
    sources = sorted([package / "backend" / "numba.py", *(package / "emit" / "vector_math").glob("*.py")])
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
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        problem = _unsafe(root) or _unsafe(path) or _unsafe_numba_folder()
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


def _unsafe_numba_folder() -> str:
    named = os.environ.get("NUMBA_CACHE_DIR")
    return _unsafe(Path(named)) if named and Path(named).exists() else ""


def _prune(path: Path) -> None:
    """Once a day at most, drop the kernels that have not been used for longest."""
    mark = path / ".pruned"
    try:
        if mark.exists() and time.time() - mark.stat().st_mtime < 86400:
            return
        mark.touch()
        kernels = sorted(path.glob("*.py"), key=lambda file: file.stat().st_atime)
        for kernel in kernels[: max(0, len(kernels) - MOST_KERNELS)]:
            for file in [kernel, *(path / "__pycache__").glob(f"{kernel.stem}.*")]:
                file.unlink(missing_ok=True)
    except OSError:
        return


class LoadedKernel:
    """A kernel ready to be called."""

    __slots__ = ("dispatcher", "entry", "name", "seconds", "source")

    def __init__(self, name: str, source: str, dispatcher: Any, seconds: float) -> None:
        self.name = name
        self.source = source
        self.dispatcher = dispatcher
        self.entry = backend().entry(dispatcher)
        self.seconds = seconds


_LOADED: dict[str, LoadedKernel] = {}


def load(stem: str, text: str, reason: str) -> LoadedKernel:
    """The compiled kernel of a text that defines ``NAME(...)`` under the placeholder ``{name}``."""
    name = kernel_name(stem, text)
    known = _LOADED.get(name)
    if known is not None:
        return known
    source = text.replace("{name}", name)
    begin = time.perf_counter()
    on_disk = _stored(name)
    if not on_disk:
        check_may_compile(name, reason)
    dispatcher = _from_store(name, source)
    if dispatcher is None:
        check_may_compile(name, reason)
        dispatcher = _in_memory(name, source)
    seconds = time.perf_counter() - begin
    if backend().was_loaded(dispatcher):
        count("kernels_loaded")
        logger.info("%s loaded from disk in %.0f ms", name, seconds * 1e3)
    else:
        count("kernels_compiled")
        count("compile_seconds", seconds)
        logger.info("%s compiled in %.2f s: %s", name, seconds, reason)
    return _LOADED.setdefault(name, LoadedKernel(name, source, dispatcher, seconds))


def _stored(name: str) -> bool:
    path = folder()
    return path is not None and any((path / "__pycache__").glob(f"{name}.*.nbi"))


def _from_store(name: str, source: str) -> Any:
    path = folder()
    if path is None:
        return None
    try:
        file = _write(path, name, source)
    except OSError as error:
        logger.warning("%s cannot be stored: %s", name, error)
        return None
    for _ in range(2):
        try:
            return getattr(_import(path, name), name)
        except Exception as error:
            logger.info("%s could not be loaded (%s); compiling again", name, error)
            sys.modules.pop(f"{PACKAGE}.{name}", None)
            for stale in (path / "__pycache__").glob(f"{name}.*"):
                stale.unlink(missing_ok=True)
            if not file.exists():
                _write(path, name, source)
    return None


def _write(path: Path, name: str, source: str) -> Path:
    file = path / f"{name}.py"
    data = module_text(source, cache=True).encode()
    try:
        if file.read_bytes() == data:
            return file
    except OSError:
        pass
    handle, temporary = tempfile.mkstemp(dir=path, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    return file


def _import(path: Path, name: str) -> ModuleType:
    package = sys.modules.get(PACKAGE)
    if package is None:
        spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
        package = importlib.util.module_from_spec(spec)
        package.__path__ = [str(path)]
        sys.modules[PACKAGE] = package
    elif str(path) not in package.__path__:
        package.__path__.append(str(path))
    importlib.invalidate_caches()
    return importlib.import_module(f"{PACKAGE}.{name}")


def compile_in_memory(stem: str, text: str) -> Any:
    """A kernel compiled anew, whose LLVM and machine code can be looked at."""
    name = kernel_name(stem, text)
    return _in_memory(name, text.replace("{name}", name))


def _in_memory(name: str, source: str) -> Any:
    """Compile without the disk."""
    text = module_text(source, cache=False)
    filename = f"<defnhook kernel {name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = ModuleType(f"{PACKAGE}.{name}")
    exec(compile(text, filename, "exec"), module.__dict__)
    return module.__dict__[name]


def module_text(source: str, cache: bool) -> str:
    """The file of a kernel: how it is compiled is part of its text."""
    return source.replace("@native(", "@native(cache=" + repr(cache) + ", signature=", 1)
