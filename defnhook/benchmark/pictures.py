"""Curves -> a picture: time by length, one part for each function."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from defnhook.benchmark.candidates import NATIVE, NUMPY, PEERS
from defnhook.benchmark.results import Result

COLUMNS = 3
NAMES = (NUMPY, *(peer.name for peer in PEERS), NATIVE)
STYLES = {name: {"color": f"C{place}", "linewidth": 1.5} for place, name in enumerate(NAMES)}
STYLES[NATIVE] = {"color": "black", "linewidth": 2.5}


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(curves: dict[str, list[Result]], path: Path) -> None:
    """Write the picture, in the format that the name of the file tells."""
    figure_module = import_module("matplotlib.figure")
    lines = -(-len(curves) // COLUMNS)
    figure = figure_module.Figure(
        figsize=(4.2 * min(COLUMNS, len(curves)), 3.2 * lines), layout="constrained"
    )
    for place, (name, results) in enumerate(curves.items(), 1):
        axes = figure.add_subplot(lines, min(COLUMNS, len(curves)), place)
        for who in NAMES:
            points = [(result.row.shape[0], result.seconds(who)) for result in results]
            there = [(n, seconds) for n, seconds in points if seconds is not None]
            if there:
                axes.loglog(*zip(*there, strict=True), label=who, marker=".", **STYLES[who])
        axes.set(title=f"{name}, {results[0].row.dtype}", xlabel="n", ylabel="seconds")
        axes.grid(alpha=0.3)
    shown = {
        label: line
        for axes in figure.axes
        for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=len(NAMES))
    figure.savefig(path)
