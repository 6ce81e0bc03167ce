"""Rows -> results: checked against NumPy in float64, then measured."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import geometric_mean

from defnhook.benchmark.candidates import NATIVE, NUMPY, error, expected
from defnhook.benchmark.measuring import Times, in_turn
from defnhook.benchmark.rows import Row, Subject
from defnhook.benchmark.workers import Worker

Workers = Mapping[str, Worker]

CURVE = tuple(10**exponent for exponent in range(1, 8))


@dataclass(frozen=True)
class Result:
    """The times of everybody who gave the right result, and the errors of those who did not."""

    row: Row
    times: dict[str, Times]
    wrong: dict[str, float] = field(default_factory=dict)

    def seconds(self, name: str) -> float | None:
        """The median time of a candidate."""
        return self.times[name].median if name in self.times else None

    def ratio(self, name: str) -> float | None:
        """How many times as fast as a candidate the marked function is."""
        theirs, ours = self.seconds(name), self.seconds(NATIVE)
        return theirs / ours if theirs is not None and ours is not None else None

    def best_peer(self) -> str | None:
        """Who is fastest but for NumPy and the marked function."""
        peers = [name for name in self.times if name not in (NUMPY, NATIVE)]
        return min(peers, key=lambda name: self.times[name].median, default=None)

    def best_peer_ratio(self) -> float | None:
        """How many times as fast as that the marked function is."""
        peer = self.best_peer()
        return None if peer is None else self.ratio(peer)


def result_of(row: Row, workers: Workers, budget: float, turns: int) -> Result:
    """Check and measure everybody who is not much further off than NumPy itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right = expected(row)
    found = {name: worker.result(row) for name, worker in workers.items()}
    errors = {name: error(own, right) for name, own in found.items() if own is not None}
    allowed = max(row.tolerance, 2 * errors[NUMPY])
    wrong = {name: own for name, own in errors.items() if not own <= allowed}
    timed = [name for name in errors if name not in wrong]
    times = in_turn([workers[name].turn for name in timed], budget, turns)
    return Result(row, dict(zip(timed, times, strict=True)), wrong)


def curves(
    subjects: Sequence[Subject], workers: Workers, largest: int, budget: float, turns: int
) -> dict[str, list[Result]]:
    """The times of the functions of one axis by its length, in float32."""
    return {
        subject.name: [
            result_of(Row(subject, (n,), subject.dtypes[0]), workers, budget, turns)
            for n in CURVE
            if subject.least <= n <= largest
        ]
        for subject in subjects
        if subject.has_curve
    }


def mean_ratio(ratios: Iterable[float | None]) -> float | None:
    """The geometric mean of what there is."""
    there = [ratio for ratio in ratios if ratio is not None]
    return geometric_mean(there) if there else None
