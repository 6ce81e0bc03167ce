"""The tables of ``docs/benchmarks.md``: ``python asv_bench/compare.py`` prints them as Markdown.

``--programs`` prints those of the classic programs instead; names after it choose among the programs. ``--ops`` prints
those of the operations (``docs/op_benchmarks.md``), all of them or those that are named.
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
from statistics import geometric_mean, median
from typing import Any

import numpy as np
from benchmarks import marked, operations, programs
from benchmarks.kernels import LIBRARIES, implementation, normal
from benchmarks.start import first_call, import_seconds, write_module

from defnhook import config

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
OPS_PAGE = PAGE.with_name("op_benchmarks.md")
ROUNDS = 31
PROCESSES = 7
SECONDS_PER_ROUND = 0.01
SECONDS_PER_PROGRAM = 2.0


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


def program_times(program: str) -> dict[str, float]:
    """The seconds of a program in each kind that gives NumPy's results."""
    functions = {}
    for kind in programs.KINDS:
        try:
            functions[kind] = programs.usable(program, kind)
        except programs.Unusable as error:
            complain(error)
    seconds = programs.seconds_of(list(functions.values()), programs.problem(program), SECONDS_PER_PROGRAM)
    return dict(zip(functions, seconds, strict=True))


def ratio(times: dict[str, float], kind: str, other: str) -> float | None:
    """How many times as fast one kind is as another, where both give results."""
    return times[other] / times[kind] if kind in times and other in times else None


def program_ratios(chosen: Sequence[str]) -> Iterator[str]:
    """The programs in NumPy, natively, and under plain ``numba.njit``, and the geometric means of the ratios."""
    pairs = (("defnhook", "NumPy"), ("njit", "NumPy"), ("defnhook", "njit"))
    rows, ratios = [], []
    for program in chosen:
        times = program_times(program)
        ratios.append([ratio(times, *pair) for pair in pairs])
        shown = [duration(times[kind]) if kind in times else "-" for kind in programs.KINDS]
        rows.append([program_title(program), *shown, *map(times_as_fast, ratios[-1])])
    means = [geometric_mean([r for r in column if r] or [1.0]) for column in zip(*ratios, strict=True)]
    rows.append(["geometric mean", "", "", "", *map(times_as_fast, means)])
    yield table(["program", *programs.KINDS, *(f"{kind} / {other}" for kind, other in pairs)], rows)


def program_title(program: str) -> str:
    """The name of a function, after that of its program where they differ."""
    stem, name = program.split(".")
    return name if stem == name else f"{stem}: {name}"


def times_as_fast(value: float | None) -> str:
    """A ratio of speeds."""
    return "-" if value is None else f"{value:.2f}"


def program_start(program: str) -> tuple[str, str]:
    """The first call of a program in a process, without kernels and with them."""
    with tempfile.TemporaryDirectory() as store:
        try:
            compiled = programs.first_seconds(program, "defnhook", store)
            loaded = median(programs.first_seconds(program, "defnhook", store) for _ in range(3))
        except programs.Unusable as error:
            complain(error)
            return "-", "-"
    return duration(compiled), duration(loaded)


def complain(error: Exception) -> None:
    """Say in a line what is left out of a table, and why."""
    sys.stderr.write(f"{str(error).splitlines()[0]}\n")


def program_starts(chosen: Sequence[str]) -> Iterator[str]:
    """The first call of every program in a process."""
    rows = [[program_title(program), *program_start(program)] for program in chosen]
    yield table(["first call in a process", "compiled", "kernel from disk"], rows)


def program_pages(chosen: Sequence[str]) -> Iterator[str]:
    """The tables of the programs whose names hold one of the chosen words, or of all of them."""
    names = [name for name in programs.names() if not chosen or any(word in name for word in chosen)]
    yield from program_ratios(names)
    yield from program_starts(names)
    yield f"{versions()}."


def operation_pages(chosen: Sequence[str]) -> Iterator[str]:
    """The ratios of the operations, all of them or those that are named."""
    found = [
        entry for entry in operations.entries() if not chosen or {entry.op.name, entry.label} & {*chosen}
    ]
    operations.measure(
        found, lambda entry: sys.stderr.write(f"{' '.join(operations.row(entry, entry.ratios))}\n")
    )
    yield from operations.sections(found, table)
    yield f"{versions()}."


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


def write(text: str, region: str, page: Path) -> None:
    """Put tables into their place in a page of the documentation."""
    begin = f"<!-- {region} -->"
    head, _, rest = page.read_text("utf-8").partition(begin)
    after = rest.partition("<!-- end -->")[2]
    page.write_text(f"{head}{begin}\n\n{text}\n\n<!-- end -->{after}", "utf-8")


KINDS: dict[str, tuple[Callable[[Sequence[str]], Iterator[str]], str, Path]] = {
    "--programs": (program_pages, "programs", PAGE),
    "--ops": (operation_pages, "measured", OPS_PAGE),
}


def main(arguments: Sequence[str]) -> None:
    """Print the tables; with ``--write``, put them into the page as well."""
    chosen = [argument for argument in arguments if not argument.startswith("--")]
    kind = next((kind for kind in KINDS if kind in arguments), "")
    make, region, page = KINDS.get(kind, (pages, "measured", PAGE))
    made = []
    for text in make(chosen):
        made.append(text)
        sys.stdout.write(f"{text}\n\n")
        sys.stdout.flush()
    if "--write" in arguments:
        write("\n\n".join(made), region, page)


if __name__ == "__main__":
    main(sys.argv[1:])
