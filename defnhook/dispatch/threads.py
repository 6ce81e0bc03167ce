"""A small pool that runs slices of a kernel's phases; kernels release the GIL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

from defnhook import config

Task = tuple[Callable[..., Any], tuple[Any, ...], int, int, int]


class Pool:
    """Worker threads that wait for slices. One kernel at a time: who finds it busy runs serially."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy = threading.Lock()
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        for number in range(count - 1):
            threading.Thread(target=self._work, name=f"defnhook-{number}", daemon=True).start()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            entry, arguments, phase, first, last = task
            try:
                entry(*arguments, phase, first, last)
                self._done.put(None)
            except BaseException as error:  # a failure belongs to the caller, who waits for it
                self._done.put(error)

    def run(
        self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: tuple[tuple[bool, int], ...]
    ) -> None:
        """All phases in order, each parallel one cut into one slice a thread."""
        for phase, (parallel, units) in enumerate(phases):
            slices = min(self.count, units) if parallel else 1
            bounds = [units * k // slices for k in range(slices + 1)] if slices else [0, 0]
            for first, last in pairwise(bounds[1:]):
                self._tasks.put((entry, arguments, phase, first, last))
            entry(*arguments, phase, bounds[0], bounds[1])
            errors = [self._done.get() for _ in bounds[2:]]
            for error in errors:
                if error is not None:
                    raise error


_POOL: Pool | None = None
_POOL_LOCK = threading.Lock()


def run_phases(
    entry: Callable[..., Any], arguments: tuple[Any, ...], phases: tuple[tuple[bool, int], ...]
) -> None:
    """Run a kernel on the pool, or serially where the pool is busy or of one thread."""
    pool = _pool()
    if pool is None or not pool.busy.acquire(blocking=False):
        entry(*arguments, -1, 0, 0)
        return
    try:
        pool.run(entry, arguments, phases)
    finally:
        pool.busy.release()


def _pool() -> Pool | None:
    global _POOL
    count = thread_count()
    if count < 2:
        return None
    if _POOL is None or _POOL.count != count:
        with _POOL_LOCK:
            if _POOL is None or _POOL.count != count:
                _POOL = Pool(count)
    return _POOL


def thread_count() -> int:
    """How many threads large nests use now."""
    return SETTINGS["threads"] or config.threads()


SETTINGS: dict[str, int] = {"threads": 0}


def _forget_pool() -> None:
    """A forked child has none of its parent's threads."""
    global _POOL, _POOL_LOCK
    _POOL = None
    _POOL_LOCK = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
