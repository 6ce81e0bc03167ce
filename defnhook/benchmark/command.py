"""``python -m defnhook bench``: measure, print, and write down if asked."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import defnhook
from defnhook import config
from defnhook.benchmark import numbers
from defnhook.benchmark.candidates import NATIVE, NUMPY, PEERS, missing_peers
from defnhook.benchmark.floors import Findings, floors_table
from defnhook.benchmark.pictures import can_draw, draw
from defnhook.benchmark.results import Result, Workers, curves, mean_ratio, result_of
from defnhook.benchmark.rows import Row, Subject, chosen_subjects, rows
from defnhook.benchmark.tables import Table, duration, times_as_fast, versions, write_region
from defnhook.benchmark.workers import team

DOCS = Path(defnhook.__file__).parent.parent / "docs"
PICTURE = "benchmark.svg"
WIDTH = 140
TURNS = 5


@dataclass(frozen=True)
class Extent:
    """How much is measured: seconds for a row and for a point of a curve, and the longest arrays of each."""

    seconds: float
    curve_seconds: float
    largest: int
    largest_of_curve: int


WHOLE = Extent(0.7, 0.1, 10**8, 10**7)
QUICK = Extent(0.1, 0.02, 150_000, 10**4)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; the result is the process's exit code."""
    options = parsed(arguments)
    console = Console(width=max(Console().width, WIDTH), highlight=False)
    if config.mode() != "on":
        console.print(f"DEFNHOOK={config.mode()} is set; the benchmark needs native code. Unset it first.")
        return 2
    subjects = chosen_subjects(options.only)
    if not subjects:
        console.print(f"No function or group begins with {' or '.join(options.only)}.")
        return 2
    for name in missing_peers():
        console.print(f"{name} is not installed and left out.")
    tables = measured(subjects, options, console)
    if options.write:
        text = "\n\n".join(table.markdown() for table in tables)
        picture = f"\n\n![Time by length](_static/{PICTURE})" if can_draw() else ""
        write_region(DOCS / "benchmarks.md", "bench", f"{text}{picture}\n\n{versions()}")
    return 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m defnhook bench",
        description="Functions natively, in NumPy and in other libraries: tables and a picture.",
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="functions that begin so, or groups"
    )
    parser.add_argument("--quick", action="store_true", help="short arrays and few repeats, no compilation")
    parser.add_argument("--picture", type=Path, metavar="FILE", help=f"where the picture goes ({PICTURE})")
    parser.add_argument("--write", action="store_true", help="put tables and picture into the documentation")
    options = parser.parse_args(arguments)
    if options.write and not DOCS.is_dir():
        parser.error("--write needs the source tree")
    if options.picture is None:
        options.picture = DOCS / "_static" / PICTURE if options.write else Path(PICTURE)
    return options


def measured(subjects: Sequence[Subject], options: argparse.Namespace, console: Console) -> list[Table]:
    """Every table, shown as soon as it is there."""
    extent = QUICK if options.quick else WHOLE
    tables: list[Table] = []
    results: list[Result] = []
    with team(everybody()) as workers:
        for group in dict.fromkeys(subject.group for subject in subjects):
            chosen = [subject for subject in subjects if subject.group == group]
            results += (found := row_results(chosen, workers, extent, console))
            show(ratios_table(group, found), tables, console)
        show(means_table(results), tables, console)
        picture(subjects, workers, extent, options.picture, console)
    if not options.quick:
        show(
            floors_table(Findings(results, measured_numbers(options, extent, tables, console))),
            tables,
            console,
        )
    console.print(versions())
    return tables


def measured_numbers(
    options: argparse.Namespace, extent: Extent, tables: list[Table], console: Console
) -> dict[str, float]:
    """The single numbers, whose tables are shown."""
    found: dict[str, float] = {}
    for own, table in numbers.all_numbers(options.only, extent.seconds):
        found |= own
        show(table, tables, console)
    return found


def show(table: Table, tables: list[Table], console: Console) -> None:
    """Print a table, and keep it."""
    tables.append(table)
    table.show(console)


def row_results(
    subjects: Sequence[Subject], workers: Workers, extent: Extent, console: Console
) -> list[Result]:
    """Every row, with a word about each that gives other results than NumPy."""
    results = []
    for row in rows(subjects):
        if elements(row) > extent.largest:
            continue
        with console.status(row.name):
            results.append(result_of(row, workers, extent.seconds, TURNS))
        for name, error in results[-1].wrong.items():
            console.print(f"{row.name}: {name} is off by {error:.2g} of the largest number and left out.")
    return results


def elements(row: Row) -> int:
    """How many numbers the arguments have, near enough."""
    count = 1
    for extent in row.shape:
        count *= extent
    return 0 if row.subject.group in ("gradients", "matrix products") else count


def everybody() -> list[str]:
    """The candidates, without peers that are not installed."""
    return [NUMPY, NATIVE, *(peer.name for peer in PEERS if peer.installed)]


def everybody_else() -> list[str]:
    """Whom the marked function is compared with."""
    return [name for name in everybody() if name != NATIVE]


def ratios_table(group: str, results: Sequence[Result]) -> Table:
    """A line for each row: two times, and how many times as fast the marked function is as everybody else."""
    others = everybody_else()
    lines = []
    for result in results:
        ours, numpys = result.seconds(NATIVE), result.seconds(NUMPY)
        shown = ["-" if seconds is None else duration(seconds) for seconds in (numpys, ours)]
        ratios = [times_as_fast(result.ratio(name)) for name in others]
        lines.append([result.row.name, *shown, *ratios, times_as_fast(result.best_peer_ratio())])
    head = ("function", NUMPY, NATIVE, *(f"x {name}" for name in others), "x best peer")
    return Table(f"{group.capitalize()}: times, and how many times as fast as each library", head, lines)


def means_table(results: Sequence[Result]) -> Table:
    """The geometric means of the ratios, and the worst of them."""
    ratios = {name: [result.ratio(name) for result in results] for name in everybody_else()}
    ratios["best peer"] = [result.best_peer_ratio() for result in results]
    lines = []
    for name, own in ratios.items():
        there = [ratio for ratio in own if ratio is not None]
        worst = min(there, default=None)
        lines.append([name, times_as_fast(mean_ratio(there)), times_as_fast(worst), str(len(there))])
    return Table("All of them", ("how many times as fast as", "geometric mean", "worst", "rows"), lines)


def picture(
    subjects: Sequence[Subject], workers: Workers, extent: Extent, path: Path, console: Console
) -> None:
    """Measure the curves and draw them."""
    if not can_draw():
        console.print("matplotlib is not installed: no picture.")
        return
    with console.status("curves"):
        found = curves(subjects, workers, extent.largest_of_curve, extent.curve_seconds, TURNS)
    if found:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(found, path)
        console.print(f"The picture is in {path}.")
