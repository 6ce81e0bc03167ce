"""``python -m defnhook demo``: a marked file against NumPy, in one table."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

import defnhook
from defnhook import config
from defnhook.benchmark.candidates import import_example, node_by_node
from defnhook.benchmark.measuring import measure
from defnhook.benchmark.tables import duration

SIZES = (1_000, 1_000_000)

Function = Callable[..., Any]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seconds: float
    speed: float
    error: float


def main(arguments: Sequence[str]) -> int:
    """Run the demonstration; the result is the process's exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m defnhook demo", description="A marked file against NumPy, in one table."
    )
    parser.parse_args(arguments)
    console = Console(width=min(Console().width, 80), highlight=False)
    if config.mode() != "on":
        console.print(
            f"DEFNHOOK={config.mode()} is set; the demonstration needs native code. Unset it first."
        )
        return 2
    before = defnhook.stats()
    softmax = import_example("softmax").softmax
    console.print("A file with the line [bold]# defn[/bold] at its top, imported as any other:\n")
    console.print("    def softmax(t):\n        return np.exp(t) / np.sum(np.exp(t))\n", style="cyan")
    groups = {size: rows(softmax, size) for size in SIZES}
    console.print(table(groups))
    console.print(origin(before, defnhook.stats()))
    console.print(
        "Next: put [bold]# defn[/bold] at the top of a file of yours and start your program with\n"
        "[bold]python -m defnhook run SCRIPT[/bold], or see with DEFNHOOK_LOG=info what this one did."
    )
    return 0


def rows(softmax: Function, size: int) -> list[Row]:
    """The candidates' times and errors for one size."""
    t = np.random.default_rng(0).standard_normal(size, np.float32)
    plain = inspect.unwrap(softmax)
    exact = plain(t.astype(np.float64))
    candidates = {"NumPy": plain, "defn eager": node_by_node(softmax, t), "defn native": softmax}
    errors = [largest_error(candidate(t), exact) for candidate in candidates.values()]
    times = measure([partial(candidate, t) for candidate in candidates.values()])
    return [
        Row(name, own.median, times[0].median / own.median, error)
        for name, own, error in zip(candidates, times, errors, strict=True)
    ]


def largest_error(result: Any, exact: Any) -> float:
    """The largest error in units in the last place of the result's dtype."""
    spacing = np.spacing(np.abs(exact).astype(result.dtype)).astype(np.float64)
    return float(np.max(np.abs(result - exact) / spacing))


def table(groups: dict[int, list[Row]]) -> Table:
    """The rows of every size, one group below the other."""
    result = Table(box=box.SIMPLE_HEAD, title="softmax, float32", title_justify="left", pad_edge=False)
    result.add_column("elements", justify="right")
    result.add_column("run by")
    result.add_column("median time", justify="right")
    result.add_column("speed", justify="right")
    result.add_column("largest error", justify="right")
    for size, group in groups.items():
        for place, row in enumerate(group):
            last = place == len(group) - 1
            result.add_row(
                f"{size:,}" if not place else "",
                row.name,
                duration(row.seconds),
                f"{row.speed:.2f} x NumPy" if place else "",
                f"{row.error:.1f} ULP",
                style="bold" if last else None,
                end_section=last,
            )
    return result


def origin(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Where the kernels came from."""
    compiled = after["kernels_compiled"] - before["kernels_compiled"]
    loaded = after["kernels_loaded"] - before["kernels_loaded"]
    seconds = after["compile_seconds"] - before["compile_seconds"]
    count = "One kernel serves" if compiled + loaded == 1 else f"{compiled + loaded} kernels serve"
    source = f"compiled in {seconds:.1f} s" if compiled else "loaded from disk, nothing was compiled"
    return f"{count} both sizes: {source}."
