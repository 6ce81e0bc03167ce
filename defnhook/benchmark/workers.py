"""A process for each candidate: the threads, the memory and the settings of one are in nobody else's way."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from defnhook.benchmark.candidates import candidate
from defnhook.benchmark.measuring import Call, calls_per_repeat, timed
from defnhook.benchmark.rows import Row, converted, subject_of

PROCESSES = get_context("spawn")
REST = 0.005
MOST_RESTS = 60
WARMING = 0.02
MEASURING = 0.01
SECONDS_PER_REPEAT = 0.0005
LEAST_REPEATS = 3


class Worker:
    """A process that has a candidate's calls ready, and measures them when asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pipe, theirs = PROCESSES.Pipe()
        self._process = PROCESSES.Process(target=serve, args=(name, theirs), name=f"bench {name}")
        self._process.start()
        theirs.close()

    def result(self, row: Row) -> Any:
        """The result of a row in arrays of NumPy, or None where the candidate has no such function."""
        return self._ask("result", row.subject.name, row.shape, row.dtype)

    def turn(self) -> list[float]:
        """The seconds of one call of that row, several times."""
        seconds: list[float] = self._ask("turn")
        return seconds

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        try:
            answer, error = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"the process of {self.name} ended at {question}") from None
        if error is not None:
            raise RuntimeError(f"{self.name} at {question}: {error}")
        return answer


@contextmanager
def team(names: Sequence[str]) -> Iterator[dict[str, Worker]]:
    """A worker for each of these candidates."""
    workers = {name: Worker(name) for name in names}
    try:
        yield workers
    finally:
        for worker in workers.values():
            worker.close()


def serve(name: str, pipe: Connection) -> None:
    """Answer questions until nobody is there to ask."""
    warnings.simplefilter("ignore")
    bench = Bench(name)
    while True:
        try:
            question, *details = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((getattr(bench, question)(*details), None))
        except Exception as problem:  # told to whom asked
            pipe.send((None, repr(problem)))


class Bench:
    """The call of a candidate that is measured."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.call: Call | None = None

    def result(self, subject: str, shape: tuple[int, ...], dtype: str) -> Any:
        """Make the call ready, and once."""
        self.call = candidate(Row(subject_of(subject), shape, dtype), self.name)
        return None if self.call is None else converted(self.call(), np.asarray)

    def turn(self) -> list[float]:
        """Call until cores and threads that have rested are awake, then measure, and leave the cores to the next.

        Threads of a BLAS wait for more work on a core of their own, for a tenth of a second.
        """
        assert self.call is not None
        for _ in within(WARMING):
            timed(self.call)
        calls = calls_per_repeat(self.call, SECONDS_PER_REPEAT)
        seconds = [timed(self.call, calls) for _ in within(MEASURING, LEAST_REPEATS)]
        rest()
        return seconds


def rest() -> None:
    """Sleep until no thread of this process works or waits on a core."""
    for _ in range(MOST_RESTS):
        before = time.process_time()
        time.sleep(REST)
        if time.process_time() - before < REST / 5:
            return


def within(seconds: float, least: int = 1) -> Iterator[int]:
    """Numbers until so many seconds are over, and at least so many."""
    end = time.perf_counter() + seconds
    for number in count():
        if number >= least and time.perf_counter() >= end:
            return
        yield number
