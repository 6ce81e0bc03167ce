"""The tables of ``docs/benchmarks.md``: ``python asv_bench/compare.py`` prints them as Markdown.

Candidates are measured in turn, so that a busy moment meets all of them, and medians are given.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmarks import marked
from benchmarks.kernels import LIBRARIES, implementation, normal
from benchmarks.start import first_call, import_seconds, write_module

from defnhook import config

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
ROUNDS = 31
PROCESSES = 7
SECONDS_PER_ROUND = 0.01


def medians(candidates: Sequence[Callable[[], Any]], rounds: int = ROUNDS) -> list[float]:
    """The median seconds of a call of each candidate."""
    counts = [calls_per_round(candidate) for candidate in candidates]
    times: list[list[float]] = [[] for _ in candidates]
    for _ in range(rounds):
        for own, candidate, count in zip(times, candidates, counts, strict=True):
            own.append(timed(candidate, count))
    return [median(own) for own in times]


def calls_per_round(candidate: Callable[[], Any]) -> int:
    """How many calls fill a round; the first call, which may compile, does not count."""
    candidate()
    return max(1, round(SECONDS_PER_ROUND / min(timed(candidate, 3) for _ in range(3))))


def timed(candidate: Callable[[], Any], count: int) -> float:
    """The seconds of one of so many calls."""
    begin = time.perf_counter()
    for _ in range(count):
        candidate()
    return (time.perf_counter() - begin) / count


def against_numpy(function: Callable[..., Any], *arguments: Any) -> list[float]:
    """Seconds of a call in NumPy and natively; what a call without arguments costs is in both."""
    calls = [implementation(function, library) for library in LIBRARIES]
    return medians([lambda call=call: call(*arguments) for call in calls])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def duration(seconds: float) -> str:
    """Seconds in a unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def compared(name: str, numpy: float, native: float) -> list[str]:
    """A row: both times and how many times as fast the native one is."""
    return [name, duration(numpy), duration(native), f"{numpy / native:.2f}"]


def functions() -> str:
    """The functions of the benchmarks, small and large."""
    cases: list[tuple[str, Callable[..., Any], Any]] = [
        *((f"softmax, float32, n = {n:,}", marked.softmax, normal(n)) for n in (1_000, 1_000_000)),
        *((f"chain, float32, n = {n:,}", marked.chain, normal(n)) for n in (1_000, 1_000_000)),
        ("chain, float64, n = 1,000,000", marked.chain, normal(1_000_000, dtype=np.float64)),
        *((f"layer_norm, float32, {shape}", marked.layer_norm, normal(*shape)) for shape in SHAPES),
        *((f"row_norms, float32, {shape}", marked.row_norms, normal(*shape)) for shape in SHAPES),
        *((f"column_means, float32, {shape}", marked.column_means, normal(*shape)) for shape in SHAPES),
    ]
    rows = [compared(name, *against_numpy(function, argument)) for name, function, argument in cases]
    return table(["function", "NumPy", "defnhook", "times as fast"], rows)


SHAPES = ((64, 128), (1_000, 1_000))


def empty(x: Any) -> None:
    """What any Python function costs."""


def overhead() -> str:
    """A call on one element."""
    argument = normal(1)
    plain = implementation(marked.increment, "NumPy")
    seconds = medians([lambda: empty(argument), lambda: plain(argument), lambda: marked.increment(argument)])
    names = ("an empty Python function", "`x + 1` in NumPy", "`x + 1` in defnhook")
    rows = [
        [name, duration(own), duration(own - seconds[0])] for name, own in zip(names, seconds, strict=True)
    ]
    return table(["call on one element", "median", "beyond the empty function"], rows)


def memory() -> str:
    """What arrays take at most beyond the argument."""
    argument = normal(10_000_000)
    rows = []
    for library in LIBRARIES:
        function = implementation(marked.softmax, library)
        function(argument[:1_000])
        tracemalloc.start()
        function(argument)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        rows.append([library, f"{peak / 1e6:.0f} MB", f"{peak / argument.nbytes:.2f}"])
    return table(["softmax, float32, n = 10,000,000", "peak", "times the argument"], rows)


def imports() -> str:
    """A module of 50 functions."""
    rows = []
    for marking, name in ((False, "plain"), (True, "marked")):
        with tempfile.TemporaryDirectory() as folder:
            write_module(folder, 50, marking)
            first = import_seconds(folder, marking)
            later = median(import_seconds(folder, marking) for _ in range(PROCESSES))
        rows.append([name, duration(first), duration(later)])
    return table(["import of 50 functions", "first", "with bytecode"], rows)


def starts() -> str:
    """The first call in a process."""
    rows = []
    for name in ("softmax", "chain"):
        with tempfile.TemporaryDirectory() as store:
            numpy = median(first_call(name, "NumPy", store) for _ in range(PROCESSES))
            compiled = first_call(name, "defnhook", store)
            loaded = median(first_call(name, "defnhook", store) for _ in range(PROCESSES))
        rows.append([name, duration(numpy), duration(compiled), duration(loaded)])
    return table(["first call in a process", "NumPy", "compiled", "kernel from disk"], rows)


PARTS: dict[str, Callable[[], str]] = {
    "functions": functions,
    "overhead": overhead,
    "memory": memory,
    "imports": imports,
    "starts": starts,
}


def versions() -> str:
    """What was measured."""
    import numba

    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, Numba {numba.__version__}, "
        f"{platform.machine()}, {config.threads()} threads"
    )


def pages(chosen: Sequence[str]) -> Iterator[str]:
    """The chosen tables, or all of them, as they get ready, and what was measured."""
    for part in chosen or PARTS:
        yield PARTS[part]()
    yield f"{versions()}."


def write(text: str) -> None:
    """Put the tables into the page of the documentation."""
    page = PAGE.read_text("utf-8")
    head, _, rest = page.partition("<!-- measured -->")
    PAGE.write_text(
        f"{head}<!-- measured -->\n\n{text}\n\n<!-- end -->{rest.partition('<!-- end -->')[2]}", "utf-8"
    )


def main(arguments: Sequence[str]) -> None:
    """Print the tables; with ``--write``, put them into the page as well."""
    made = []
    for text in pages([argument for argument in arguments if argument != "--write"]):
        made.append(text)
        sys.stdout.write(f"{text}\n\n")
        sys.stdout.flush()
    if "--write" in arguments:
        write("\n\n".join(made))


if __name__ == "__main__":
    main(sys.argv[1:])
