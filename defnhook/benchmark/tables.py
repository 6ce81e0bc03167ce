"""Numbers -> tables, as text and as Markdown."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from defnhook import config

UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
TOLD = ("numpy", "scipy", "numba", "numexpr", "jax", "torch")


@dataclass(frozen=True)
class Table:
    """A title, the heads of the columns, and rows of as many texts."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """For the documentation."""
        return f"### {self.title}\n\n{markdown(self.head, self.rows)}"

    def show(self, console: Console) -> None:
        """For a terminal."""
        shown = RichTable(box=box.SIMPLE_HEAD, title=self.title, title_justify="left", pad_edge=False)
        for place, name in enumerate(self.head):
            shown.add_column(name, justify="right" if place else "left", no_wrap=True)
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def duration(seconds: float) -> str:
    """Seconds in a unit that fits."""
    for unit, size in UNITS:
        if abs(seconds) >= size:
            value = seconds / size
            return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def times_as_fast(ratio: float | None) -> str:
    """A ratio of speeds."""
    return "-" if ratio is None else f"{ratio:.2f}"


def versions() -> str:
    """What was measured, and on what."""
    found = []
    for name in TOLD:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    threads = f"{config.threads()} threads" if config.threads() > 1 else "1 thread"
    told = [f"Python {platform.python_version()}", *found, platform.machine(), threads, *libraries()]
    return f"{', '.join(told)}."


def libraries() -> Iterator[str]:
    """The libraries of matrix products that are loaded, each once, with their threads."""
    if find_spec("threadpoolctl") is not None:
        loaded = import_module("threadpoolctl").threadpool_info()
        blas = [library for library in loaded if library["user_api"] == "blas"]
        yield from sorted(
            {f"{one['internal_api']} {one['version']} with {one['num_threads']}" for one in blas}
        )


def write_region(page: Path, region: str, text: str) -> None:
    """Put text into its place in a page of the documentation."""
    begin = f"<!-- {region} -->"
    head, _, rest = page.read_text("utf-8").partition(begin)
    after = rest.partition("<!-- end -->")[2]
    page.write_text(f"{head}{begin}\n\n{text}\n\n<!-- end -->{after}", "utf-8")
