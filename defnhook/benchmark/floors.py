"""What is asked of the numbers: for each a floor and an aim, what was measured, and whether it passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from defnhook.benchmark.candidates import NUMPY
from defnhook.benchmark.results import Result, mean_ratio
from defnhook.benchmark.tables import Table, duration

Number = float | None
JAX, TORCH = "JAX", "torch"


@dataclass(frozen=True)
class Findings:
    """Everything that was measured: the rows, and single numbers by name."""

    results: Sequence[Result]
    numbers: dict[str, float]

    def ratio(self, peer: str, name: str, shape: tuple[int, ...], dtype: str = "float32") -> Number:
        """A ratio of one row."""
        for result in self.results:
            row = result.row
            if (row.subject.name, row.shape, row.dtype) == (name, shape, dtype):
                return result.ratio(peer)
        return None

    def best_peer(self, chosen: Callable[[Result], bool]) -> list[float]:
        """Ratios to the best peer of some rows."""
        ratios = [result.best_peer_ratio() for result in self.results if chosen(result)]
        return [ratio for ratio in ratios if ratio is not None]


@dataclass(frozen=True)
class Floor:
    """One demand. Where less is better, ``at_most`` is set; ``read`` gives the number if it was measured."""

    what: str
    floor: float
    aim: float
    read: Callable[[Findings], Number]
    show: Callable[[float], str] = lambda value: f"{value:.3g} x"
    at_most: bool = False

    def verdict(self, measured: Number) -> str:
        """In a word or two."""
        if measured is None:
            return "not measured"
        sign = -1 if self.at_most else 1
        if sign * measured >= sign * self.aim:
            return "pass, aim reached"
        return "pass" if sign * measured >= sign * self.floor else "short"

    def row(self, findings: Findings) -> list[str]:
        """A row of the table."""
        measured = self.read(findings)
        sign = "≤ " if self.at_most else "≥ "
        shown = "-" if measured is None else self.show(measured)
        return [
            self.what,
            sign + self.show(self.floor),
            sign + self.show(self.aim),
            shown,
            self.verdict(measured),
        ]


def softmax_against(peer: str, n: int, floor: float, aim: float) -> Floor:
    """A softmax in float32 against somebody."""
    return Floor(f"softmax, float32, {n:,}: {peer}", floor, aim, lambda f: f.ratio(peer, "softmax", (n,)))


def number(name: str) -> Callable[[Findings], Number]:
    """One of the single numbers."""
    return lambda findings: findings.numbers.get(name)


def least(chosen: Callable[[Result], bool]) -> Callable[[Findings], Number]:
    """The worst of the ratios to the best peers."""
    return lambda findings: min(findings.best_peer(chosen), default=None)


def mean(ratio: Callable[[Result], Number]) -> Callable[[Findings], Number]:
    """The geometric mean over all rows."""
    return lambda findings: mean_ratio(ratio(result) for result in findings.results)


def worst_against_numpy(findings: Findings) -> Number:
    """The least of the ratios to NumPy."""
    ratios = [result.ratio(NUMPY) for result in findings.results]
    return min((ratio for ratio in ratios if ratio is not None), default=None)


def is_row_kernel(result: Result) -> bool:
    """A softmax or a normalization of a matrix of middling size by rows."""
    return result.row.subject.name in ("softmax_rows", "layer_norm_rows") and result.row.shape == (1024, 1024)


def is_chain(result: Result) -> bool:
    """A chain on a million elements."""
    return result.row.subject.group == "elementwise" and result.row.shape == (1_000_000,)


def is_stencil(result: Result) -> bool:
    """A stencil on a plate."""
    return result.row.subject.group == "stencils" and result.row.shape == (700, 700)


def gradients_against_jax(result: Result) -> Number:
    """How many times as fast as JAX the derivative of a row is."""
    return result.ratio(JAX) if result.row.subject.group == "gradients" else None


def worst_gradient(findings: Findings) -> Number:
    """The least of those ratios."""
    ratios = [gradients_against_jax(result) for result in findings.results]
    return min((ratio for ratio in ratios if ratio is not None), default=None)


TIME: dict[str, Any] = {"show": duration, "at_most": True}
FLOORS = (
    softmax_against(NUMPY, 1_000, 5, 8),
    softmax_against(JAX, 1_000, 15, 40),
    softmax_against(TORCH, 1_000, 8, 15),
    softmax_against(NUMPY, 1_000_000, 6, 10),
    softmax_against(JAX, 1_000_000, 3, 6),
    softmax_against(TORCH, 1_000_000, 2, 4),
    Floor("softmax, float32, 1,000,000: time over memcpy's", 3, 1.6, number("memcpy"), at_most=True),
    Floor("softmax and layernorm, rows of (1024, 1024): best peer, worst row", 1, 1.5, least(is_row_kernel)),
    Floor("elementwise, 1,000,000: best peer, worst row", 1.2, 2, least(is_chain)),
    Floor("stencils, (700, 700): best peer, worst row", 3, 5, least(is_stencil)),
    Floor("geometric mean of all rows: NumPy", 5, 8, mean(lambda result: result.ratio(NUMPY))),
    Floor("geometric mean of all rows: best peer", 1.3, 2, mean(Result.best_peer_ratio)),
    Floor("worst row against NumPy", 0.95, 1.0, worst_against_numpy),
    Floor("time beyond NumPy's at n = 1", 2e-6, 0.5e-6, number("beyond NumPy"), **TIME),
    Floor("call overhead", 2e-6, 1e-6, number("call overhead"), **TIME),
    Floor("compilation of a function: median", 1.0, 0.4, number("compile median"), **TIME),
    Floor("compilation of a function: worst", 4.0, 1.5, number("compile worst"), **TIME),
    Floor("first call from the store in a new process", 0.5, 0.15, number("first call"), **TIME),
    Floor("second thread, GELU, 10,000,000", 1.5, 1.8, number("threads gelu")),
    Floor("second thread, row softmax, 10,000,000", 1.5, 1.8, number("threads softmax_rows")),
    Floor("gradients: JAX, worst row", 1, 1, worst_gradient),
    Floor("gradients: JAX, geometric mean", 1, 2, mean(gradients_against_jax)),
    Floor("value_and_grad over the function itself, worst", 4, 4, number("gradient cost"), at_most=True),
    Floor("90th percentile over median, one core busy", 3, 1.5, number("busy"), at_most=True),
)


def floors_table(findings: Findings) -> Table:
    """All of them, with those that fall short at the end of their line."""
    head = ("what", "floor", "aim", "measured", "")
    return Table("Floors and aims", head, [floor.row(findings) for floor in FLOORS])
