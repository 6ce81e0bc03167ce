"""A small pool that runs slices of a kernel's phases; kernels release the GIL."""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from defnhook import config
from defnhook.backend.posting import ALONE, FORBIDDEN, HELPS, LEADS, NAP, POST
from defnhook.dispatch import store
from defnhook.errors import CompilationForbidden

SLICES = 4

Phases = tuple[tuple[bool, int], ...]

LINGER = """\
from defnhook.backend.numba import linger, native


@native("void(uint64[::1], uint64, uint64[::1], uint64, uint64[::1])")
def {name}(cells, value, table, place, post):
    linger(cells, value, table, place, post)
"""


class Job:
    """A call of a kernel by several threads, whose state is at the end of its table."""

    def __init__(
        self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases, number: int
    ) -> None:
        self.number = number
        self.entry = entry
        self.arguments = arguments
        self.count = len(phases)
        self.table = arguments[-1]
        self.state = len(self.table) - 4 * self.count - 2
        self.errors: list[BaseException] = []

    def work(self, role: int) -> None:
        """Take slices, phase by phase, until none is left or the others keep this thread waiting."""
        try:
            self.entry(*self.arguments, role, self.state, self.count)
        except BaseException as error:  # it belongs to the caller, who looks when all is done
            self.errors.append(error)

    def lead(self) -> None:
        """Work until all slices of all phases are done."""
        self.work(LEADS)
        while not self.errors and self.table[-5] != self.table[-3]:
            time.sleep(NAP)
            self.work(LEADS)
        if self.errors:
            raise self.errors[0]


class Pool:
    """Threads that wait for jobs. One kernel at a time: who finds the pool busy runs serially.

    A thread that the system keeps waiting holds up no more than the slice it has: the others take the rest. After
    a job a thread lingers for a moment outside the interpreter, since to wake it takes as long as a small job.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy = threading.Lock()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._number = 0
        self._posted = np.zeros(1, np.uint64)
        self._linger = _linger()
        for number in range(count - 1):
            threading.Thread(target=self._work, name=f"defnhook-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            job.work(HELPS)
            number, table = job.number, job.table
            del job
            if self._linger is not None:
                self._linger(self._posted, number, table, len(table) - 1, POST)

    def run(self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
        """All phases in order."""
        self._number += 1
        job = Job(entry, arguments, phases, self._number)
        for _ in range(self.count - 1):
            self._jobs.put(job)
        self._posted[0] = self._number
        job.lead()


def _linger() -> Callable[..., Any] | None:
    """What keeps a thread awake after a job; None where nothing may be compiled."""
    if config.mode() == "interpret":
        return None
    try:
        return store.helper("linger", LINGER, "a pool of threads")
    except CompilationForbidden:
        return None


_POOL: Pool | None = None
_POOL_LOCK = threading.Lock()


class Pace(NamedTuple):
    """After how many calls the slower way is tried again, at first and at most, and for how many calls.

    It is that of calls that take up to so many seconds.
    """

    seconds: float
    again: int
    seldom: int
    pooled: int
    serially: int


class Choice:
    """Runs a kernel on the pool or serially, whichever has lately been faster.

    Both give the same result. Which is faster depends on the size of the arrays and on what else the machine is
    doing, so both are measured: the slower one again every so often, for several calls unless an earlier one is the
    faster, since a pool that has rested needs calls to wake up and to be spread over the cores. As long as it stays
    the slower one, it is tried less and less often. One slow call counts for little, several in a row for much. What
    takes long to wake up is little beside a long call: the other way is tried sooner there, and for fewer calls.
    A core that has rested wakes up slowly, and only where it is given work all the while. So after a pause in the calls
    the pool keeps its place for that long; where it had lost it, it is tried for that long, but after ever more pauses
    as long as that does not help.
    """

    PACES = (Pace(1e-4, 16, 1024, 8, 3), Pace(1e-3, 8, 128, 5, 2), Pace(math.inf, 4, 64, 3, 1))
    MEASURED = 8
    WEIGHT = 0.25
    PAUSE = 0.01
    WAKING = 0.02
    MOST_PAUSES = 32

    def __init__(self) -> None:
        self._calls = itertools.count()
        self._seconds = {True: math.inf, False: math.inf}
        self._pooled = True
        self._tries = 0
        self._pace = self.PACES[0]
        self._next = self._pace.pooled
        self._period = self._pace.again
        self._unmeasured = 0
        self._end = -math.inf
        self._awake = -math.inf
        self._pauses = 0
        self._patience = 1

    def __call__(self, entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
        """Run all phases."""
        number = next(self._calls)
        if number < self._unmeasured:
            entry(*arguments, ALONE, 0, 0)
            return
        begin = time.perf_counter()
        pooled = self._pick(number, begin)
        if pooled:
            run_phases(entry, arguments, phases)
        else:
            entry(*arguments, ALONE, 0, 0)
        self._learn(number, pooled, begin, time.perf_counter())

    def _pick(self, number: int, now: float) -> bool:
        """The faster way, or the other one while that is tried again."""
        serially = self._seconds[False]
        if now - self._end > self.PAUSE + (2 * self.MEASURED * serially if serially < math.inf else 0):
            self._wake(now)
        if not self._tries and number >= self._next and now >= self._awake:
            self._try(self._pace.serially if self._pooled else self._pace.pooled)
        return self._pooled != bool(self._tries)

    def _wake(self, now: float) -> None:
        """After a pause: cores and threads rest."""
        self._awake = now + self.WAKING
        if self._pooled:
            self._tries = 0
            return
        self._pauses += 1
        if self._pauses >= self._patience:
            self._pauses, self._patience = 0, min(2 * self._patience, self.MOST_PAUSES)
            self._try(max(self._pace.pooled, round(self.WAKING / self._seconds[False])))

    def _try(self, calls: int) -> None:
        self._tries = calls
        self._seconds[not self._pooled] = math.inf

    def _learn(self, number: int, pooled: bool, begin: float, end: float) -> None:
        """Come down to a faster call at once, and rise slowly."""
        seconds, self._end = end - begin, end
        known = self._seconds[pooled]
        risen = known + self.WEIGHT * (min(seconds, 2 * known) - known) if known < math.inf else seconds
        self._seconds[pooled] = min(seconds, risen)
        fastest = min(self._seconds.values())
        self._pace = next(pace for pace in self.PACES if fastest <= pace.seconds)
        faster = self._seconds[True] <= self._seconds[False] or (self._pooled and end < self._awake)
        if faster != self._pooled:
            self._pooled, self._tries, self._period = faster, 0, self._pace.again
            self._next = number + self._period
            self._patience = 1 if faster else self._patience
        elif self._tries:
            self._tries -= 1
            if not self._tries:
                self._period = min(2 * self._period, self._pace.seldom)
                self._next = number + self._period
        elif not pooled:
            self._unmeasured = min(number + self.MEASURED, self._next)


def run_phases(entry: Callable[..., Any], arguments: tuple[Any, ...], phases: Phases) -> None:
    """Run a kernel on the pool, or serially where the pool is busy or of one thread."""
    pool = _pool()
    if pool is None or not pool.busy.acquire(blocking=False):
        entry(*arguments, ALONE, 0, 0)
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
    return SETTINGS["threads"] or _default_count()


@cache
def _default_count() -> int:
    """What the environment says, which is asked once: every large call needs it."""
    return config.threads()


def set_threads(count: int) -> None:
    """Use so many threads from now on; as many as the environment says where that is 0."""
    SETTINGS["threads"] = count
    POST[FORBIDDEN] = thread_count() < 2


SETTINGS: dict[str, int] = {"threads": 0}


def _forget_pool() -> None:
    """A forked child has none of its parent's threads."""
    global _POOL, _POOL_LOCK
    _POOL = None
    _POOL_LOCK = threading.Lock()
    POST[:FORBIDDEN] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
