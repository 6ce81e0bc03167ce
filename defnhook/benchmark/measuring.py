"""Calls -> seconds: candidates take turns, so that a busy moment meets all of them, and medians are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, repeat
from statistics import median, quantiles
from typing import Any

REPEATS = 15
MOST_REPEATS = 101
SECONDS_PER_REPEAT = 0.002

Call = Callable[[], Any]


@dataclass(frozen=True)
class Times:
    """The seconds of one call, as many times as it was measured."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """What is shown of them."""
        return median(self.seconds)

    @property
    def ninetieth(self) -> float:
        """What nine of ten do not exceed."""
        return quantiles(self.seconds, n=10)[-1]


def measure(calls: Sequence[Call], budget: float = 0.0, repeats: int = REPEATS) -> list[Times]:
    """The times of each call; more than the least number of repeats as far as a budget of seconds goes."""
    timers = [partial(warmed, call, calls_per_repeat(call)) for call in calls]
    return in_turn(timers, budget, repeats)


def in_turn(
    timers: Sequence[Callable[[], float | list[float]]], budget: float = 0.0, turns: int = REPEATS
) -> list[Times]:
    """The times that timers tell, one after the other; a timer may tell several at a time."""
    seconds: list[list[float]] = [[] for _ in timers]
    end = time.perf_counter() + budget
    for turn in count():
        if turn >= turns and (time.perf_counter() >= end or turn >= MOST_REPEATS):
            break
        for own, timer in zip(seconds, timers, strict=True):
            told = timer()
            own += told if isinstance(told, list) else [told]
    return [Times(tuple(own)) for own in seconds]


def calls_per_repeat(call: Call, seconds: float = SECONDS_PER_REPEAT) -> int:
    """How many calls fill a repeat; the first call, which may compile, does not count."""
    call()
    once = timed(call, 1)
    if once < seconds:
        once = min(once, *(timed(call, 3) for _ in range(2)))
    return max(1, round(seconds / once))


def warmed(call: Call, count: int) -> float:
    """The seconds of one of so many calls, after one that does not count.

    That one brings the arguments back into the caches, and meets what threads of the candidate before are still doing.
    """
    call()
    return timed(call, count)


def timed(call: Call, count: int = 1) -> float:
    """The seconds of one of so many calls; the arguments of a partial call are handed over without calling that."""
    function: Any = call
    args: tuple[Any, ...] = ()
    if isinstance(call, partial) and not call.keywords:
        function, args = call.func, call.args
    if len(args) == 1:
        (argument,) = args
        begin = time.perf_counter()
        for _ in repeat(None, count):
            function(argument)
    else:
        begin = time.perf_counter()
        for _ in repeat(None, count):
            function(*args)
    return (time.perf_counter() - begin) / count
