"""What has happened in this process: counts and seconds, the log, and the ban on compilation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any

from defnhook import config
from defnhook.errors import CompilationForbidden

logger = logging.getLogger("defnhook")
logger.addHandler(logging.NullHandler())


@dataclass(slots=True)
class Stats:
    """Counts since the process started, or since the last reset.

    ``traces`` times a function was traced; ``plans`` made; ``kernels_compiled`` and ``kernels_loaded`` from disk;
    ``native_calls`` of plans with native code; ``step_calls`` of plans with steps in NumPy or Python;
    ``plain_calls`` of the plain function, for arguments outside the language; ``compile_seconds`` in all.
    """

    traces: int = 0
    plans: int = 0
    kernels_compiled: int = 0
    kernels_loaded: int = 0
    native_calls: int = 0
    step_calls: int = 0
    plain_calls: int = 0
    compile_seconds: float = 0.0


COUNTS = Stats()
_LOCK = threading.Lock()


def count(name: str, amount: float = 1) -> None:
    """Add to one of the counts."""
    with _LOCK:
        setattr(COUNTS, name, getattr(COUNTS, name) + amount)


def stats() -> dict[str, Any]:
    """The counts of this process.

    Returns
    -------
    dict
        ``traces``, ``plans``, ``kernels_compiled``, ``kernels_loaded`` (from disk), ``native_calls``,
        ``step_calls``, ``plain_calls`` and ``compile_seconds``.

    Examples
    --------
    >>> import defnhook
    >>> sorted(defnhook.stats())[:2]
    ['compile_seconds', 'kernels_compiled']
    """
    counts = asdict(COUNTS)
    counts["native_calls"] = calls_of_plans("native_calls") + COUNTS.native_calls
    counts["step_calls"] = calls_of_plans("step_calls") + COUNTS.step_calls
    return counts


_COUNTERS: dict[str, list[Any]] = {"native_calls": [], "step_calls": []}


def register_counter(name: str, read: Any) -> None:
    """Let a plan count its own calls without a lock; ``read`` gives the number so far."""
    _COUNTERS[name].append(read)


def calls_of_plans(name: str) -> int:
    """The calls that plans counted themselves."""
    return sum(read() for read in _COUNTERS[name])


_FORBIDDEN: ContextVar[bool] = ContextVar("defnhook_no_compile", default=False)


@contextmanager
def no_compile() -> Iterator[None]:
    """Raise :class:`~defnhook.errors.CompilationForbidden` where a compilation would happen inside the block.

    Kernels that are in memory or on disk are used as always.
    """
    token = _FORBIDDEN.set(True)
    try:
        yield
    finally:
        _FORBIDDEN.reset(token)


def check_may_compile(name: str, reason: str) -> None:
    """Raise inside ``with no_compile():``."""
    if _FORBIDDEN.get():
        raise CompilationForbidden(f"{name} would have been compiled here: {reason}")


def configure_logging() -> None:
    """Send the log to standard error where ``DEFNHOOK_LOG`` asks for it."""
    level = config.log_level()
    if level is None or any(isinstance(h, logging.StreamHandler) for h in logger.handlers):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("defnhook: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)


configure_logging()
