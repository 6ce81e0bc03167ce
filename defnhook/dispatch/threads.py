"""A small pool that runs slices of a kernel's phases; kernels release the GIL."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

from defnhook import config

SLICES = 2

Phases = tuple[tuple[bool, int], ...]


class Job:
    """A kernel's phases, cut into slices that whoever is free takes next."""

    def __init__(
        self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases, slices: int
    ) -> None:
        self.entry = entry
        self.arguments = arguments
        self.phases = [Phase(_cut(units, slices) if parallel else [0, 0]) for parallel, units in phases]
        self.errors: list[BaseException] = []

    def work(self, own: bool) -> None:
        """Take slices, phase by phase, until none is left and all are done.

        The caller takes them from the front and helpers from the back, so that each finds in its cache what it had
        in the phase and the call before.
        """
        for number, phase in enumerate(self.phases):
            for first, last in phase.slices(own):
                try:
                    self.entry(*self.arguments, number, first, last)
                except BaseException as error:  # it belongs to the caller, who looks when all is done
                    self.errors.append(error)
                phase.count_done()
            phase.wait()


class Phase:
    """The slices of one phase: which are taken, how many are done, and a gate that opens when all are."""

    def __init__(self, bounds: list[int]) -> None:
        self._slices = deque(pairwise(bounds))
        self._count = len(self._slices)
        self._done = itertools.count(1)
        self._gate = threading.Lock()
        self._gate.acquire()

    def slices(self, from_front: bool) -> Iterator[tuple[int, int]]:
        """Slices that nobody else has, from either end."""
        take = self._slices.popleft if from_front else self._slices.pop
        while True:
            try:
                yield take()
            except IndexError:
                return

    def count_done(self) -> None:
        """Say that a slice is done; the last one opens the gate."""
        if next(self._done) == self._count:
            self._gate.release()

    def wait(self) -> None:
        """Wait, without the interpreter, until every slice is done."""
        with self._gate:
            pass


def _cut(units: int, slices: int) -> list[int]:
    slices = max(1, min(slices, units))
    return [units * number // slices for number in range(slices + 1)]


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
            self._jobs.get().work(own=False)

    def run(self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
        """All phases in order."""
        job = Job(entry, arguments, phases, self.count * SLICES)
        for _ in range(self.count - 1):
            self._jobs.put(job)
        job.work(own=True)
        if job.errors:
            raise job.errors[0]


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
