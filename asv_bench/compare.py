"""Tables of ``docs/benchmarks.md`` beside those of ``python -m defnhook bench``: memory, imports, starts, as Markdown.

``--programs`` prints those of the classic programs instead; names after it choose among the programs. ``--ops`` prints
those of the operations (``docs/op_benchmarks.md``), all of them or those that are named.
Candidates are measured in turn, so that a busy moment meets all of them, and medians are given.
"""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import geometric_mean, median

from benchmarks import operations, programs
from benchmarks.kernels import FUNCTIONS, LIBRARIES, implementation, normal
from benchmarks.start import first_call, import_seconds, write_module

from defnhook.benchmark.tables import duration, times_as_fast, versions, write_region
from defnhook.benchmark.tables import markdown as table

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
OPS_PAGE = PAGE.with_name("op_benchmarks.md")
PROCESSES = 7
SECONDS_PER_PROGRAM = 2.0


def memory() -> str:
    """What arrays take at most beyond the argument."""
    argument = normal(10_000_000)
    rows = []
    for library in LIBRARIES:
        function = implementation(FUNCTIONS.softmax, library)
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
    for name in ("softmax", "gelu"):
        with tempfile.TemporaryDirectory() as store:
            numpy = median(first_call(name, "NumPy", store) for _ in range(PROCESSES))
            compiled = first_call(name, "defnhook", store)
            loaded = median(first_call(name, "defnhook", store) for _ in range(PROCESSES))
        rows.append([name, duration(numpy), duration(compiled), duration(loaded)])
    return table(["first call in a process", "NumPy", "compiled", "kernel from disk"], rows)


PARTS: dict[str, Callable[[], str]] = {
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
    yield versions()


def operation_pages(chosen: Sequence[str]) -> Iterator[str]:
    """The ratios of the operations, all of them or those that are named."""
    found = [
        entry for entry in operations.entries() if not chosen or {entry.op.name, entry.label} & {*chosen}
    ]
    operations.measure(
        found, lambda entry: sys.stderr.write(f"{' '.join(operations.row(entry, entry.ratios))}\n")
    )
    yield from operations.sections(found, table)
    yield versions()


def pages(chosen: Sequence[str]) -> Iterator[str]:
    """The chosen tables, or all of them, as they get ready, and what was measured."""
    for part in chosen or PARTS:
        yield PARTS[part]()
    yield versions()


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
        write_region(page, region, "\n\n".join(made))


if __name__ == "__main__":
    main(sys.argv[1:])
