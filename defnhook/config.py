"""Settings read from the environment, each in one place."""

from __future__ import annotations

import os

MODES = ("on", "off", "eager", "check", "interpret")

_SPELLINGS = {"": "on", "1": "on", "0": "off"}


def mode() -> str:
    """How marked modules run: ``DEFNHOOK`` = on (default), off, eager, check or interpret.

    ``off``
        Marked modules are imported as plain Python.
    ``eager``
        The traced graph is evaluated node by node in NumPy.
    ``check``
        Every call runs natively and plainly, and a difference raises.
    ``interpret``
        The emitted source runs as plain Python, without Numba.
    """
    value = os.environ.get("DEFNHOOK", "").strip().lower()
    value = _SPELLINGS.get(value, value)
    if value not in MODES:
        raise ValueError(f"DEFNHOOK={value!r} is not a mode; use one of {', '.join(MODES)}")
    return value


def log_level() -> str | None:
    """The level named by ``DEFNHOOK_LOG`` in upper case, or None where logging stays quiet."""
    return os.environ.get("DEFNHOOK_LOG", "").strip().upper() or None


def cache_directory() -> str | None:
    """The folder named by ``DEFNHOOK_CACHE_DIR``, or None for the platform's user cache."""
    return os.environ.get("DEFNHOOK_CACHE_DIR") or None


def disk_cache_enabled() -> bool:
    """False where ``DEFNHOOK_NO_CACHE`` is set to anything but 0."""
    return os.environ.get("DEFNHOOK_NO_CACHE", "0") in ("", "0")


def threads() -> int:
    """How many threads large nests use: ``DEFNHOOK_THREADS``, or the number of usable cores."""
    text = os.environ.get("DEFNHOOK_THREADS", "").strip()
    if not text:
        return usable_cores()
    try:
        count = int(text)
    except ValueError:
        raise ValueError(f"DEFNHOOK_THREADS={text!r} is not a whole number") from None
    if count < 1:
        raise ValueError(f"DEFNHOOK_THREADS={text!r} must be at least 1")
    return count


def usable_cores() -> int:
    """The cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def trace_imports() -> bool:
    """True where ``DEFNHOOK_TRACE`` asks for each import decision on standard error."""
    return os.environ.get("DEFNHOOK_TRACE", "0") not in ("", "0")
