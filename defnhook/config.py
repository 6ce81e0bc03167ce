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
    count = _whole_number("DEFNHOOK_THREADS", least=1)
    return usable_cores() if count is None else count


KEPT_MEGABYTES = 256


def kept_bytes() -> int:
    """How many bytes of large results are kept to be used again: ``DEFNHOOK_KEEP`` megabytes."""
    megabytes = _whole_number("DEFNHOOK_KEEP", least=0)
    return (KEPT_MEGABYTES if megabytes is None else megabytes) << 20


def _whole_number(name: str, least: int) -> int | None:
    """The number that a variable gives, or None where it is not set."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{name}={text!r} is not a whole number") from None
    if number < least:
        raise ValueError(f"{name}={text!r} must be at least {least}")
    return number


def usable_cores() -> int:
    """The cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def trace_imports() -> bool:
    """True where ``DEFNHOOK_TRACE`` asks for each import decision on standard error."""
    return os.environ.get("DEFNHOOK_TRACE", "0") not in ("", "0")
