"""A small pool that runs slices of a kernel's phases; kernels release the GIL."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from defnhook import config

SLICES = 4

Phases = tuple[tuple[bool, int], ...]


class Job:
    """One phase of a kernel, cut into slices that whoever is free takes next."""

    def __init__(
        self, entry: Callable[..., Any], arguments: tuple[Any, ...], phase: int, units: int, slices: int
    ) -> None:
        self.entry = entry
        self.arguments = arguments
        self.phase = phase
        self.bounds = [units * k // slices for k in range(slices + 1)]
        self._next = itertools.count()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()

    def work(self) -> int:
        """Take slices until none is left; how many were taken."""
        taken = 0
        while (number := next(self._next)) < len(self.bounds) - 1:
            self.entry(*self.arguments, self.phase, self.bounds[number], self.bounds[number + 1])
            taken += 1
        return taken

    def help(self) -> None:
        """:meth:`work` for another thread, which leaves word of each slice or of its failure."""
        while (number := next(self._next)) < len(self.bounds) - 1:
            try:
                self.entry(*self.arguments, self.phase, self.bounds[number], self.bounds[number + 1])
                self._done.put(None)
            except BaseException as error:  # it belongs to the caller, who waits for the slice
                self._done.put(error)

    def wait(self, taken: int) -> None:
        """Wait for the slices that others took."""
        errors = [self._done.get() for _ in range(len(self.bounds) - 1 - taken)]
        for error in errors:
            if error is not None:
                raise error


class Pool:
    """Threads that wait for jobs. One kernel at a time: who finds the pool busy runs serially.

    A thread that the system keeps waiting holds up no more than the slice it has: the others take the rest.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy = threading.Lock()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        for number in range(count - 1):
            threading.Thread(target=self._work, name=f"defnhook-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get().help()

    def run(self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
        """All phases in order."""
        for phase, (parallel, units) in enumerate(phases):
            if not parallel:
                entry(*arguments, phase, 0, 0)
                continue
            job = Job(entry, arguments, phase, units, max(1, min(self.count * SLICES, units)))
            for _ in range(min(self.count - 1, len(job.bounds) - 2)):
                self._jobs.put(job)
            job.wait(job.work())


_POOL: Pool | None = None
_POOL_LOCK = threading.Lock()


class Choice:
    """Runs a kernel on the pool or serially, whichever has lately been faster.

    Both give the same result. Which is faster depends on the size of the arrays and on what else the machine is
    doing, so both are measured: the slower one again every so often.
    """

    AGAIN = 32
    WEIGHT = 0.4

    def __init__(self) -> None:
        self._calls = itertools.count()
        self._seconds: dict[bool, float] = {}

    def __call__(self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
        """Run all phases."""
        if thread_count() < 2:
            entry(*arguments, -1, 0, 0)
            return
        pooled = self._pick(next(self._calls))
        begin = time.perf_counter()
        if pooled:
            run_phases(entry, arguments, phases)
        else:
            entry(*arguments, -1, 0, 0)
        seconds = time.perf_counter() - begin
        known = self._seconds.get(pooled, seconds)
        self._seconds[pooled] = known + self.WEIGHT * (seconds - known)

    def _pick(self, number: int) -> bool:
        if number < 4:
            return number % 2 == 0
        faster = self._seconds[True] <= self._seconds[False]
        return faster if number % self.AGAIN else not faster


def run_phases(entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
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
