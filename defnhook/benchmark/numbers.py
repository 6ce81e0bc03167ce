"""Single numbers: what a call costs, compilation, threads, a busy neighbour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np

import defnhook
from defnhook import config
from defnhook.benchmark.candidates import NATIVE, NUMPY, candidate, import_example, native, node_by_node
from defnhook.benchmark.measuring import in_turn, measure, timed
from defnhook.benchmark.processes import busy_core, compile_seconds, first_call_seconds, seconds_by_threads
from defnhook.benchmark.rows import Row, Subject, chosen_subjects, subject_of
from defnhook.benchmark.tables import Table, duration

Numbers = dict[str, float]
SINGLE = "float32"


def empty(x: Any) -> None:
    """What any Python function costs."""


def row_of(name: str, shape: tuple[int, ...]) -> Row:
    """A row of float32."""
    return Row(subject_of(name), shape, SINGLE)


def call_of(name: str, shape: tuple[int, ...]) -> Callable[[], Any]:
    """The native call of a row."""
    call = candidate(row_of(name, shape), NATIVE)
    assert call is not None
    return call


def calls(budget: float) -> tuple[Numbers, Table]:
    """One array in, one out, of one element."""
    one, functions = np.ones(1, np.float32), import_example("benchmark_functions")
    names = ("an empty Python function", "`x + 1` in NumPy", "`x + 1` in defnhook")
    made = (empty, functions.increment.__wrapped__, functions.increment)
    seconds = [times.median for times in measure([partial(call, one) for call in made], budget)]
    rows = [
        [name, duration(own), duration(own - seconds[0])] for name, own in zip(names, seconds, strict=True)
    ]
    numbers = {"call overhead": seconds[2] - seconds[0], "beyond NumPy": seconds[2] - seconds[1]}
    return numbers, Table("A call on one element", ("call", "median", "beyond the empty function"), rows)


def copying(budget: float) -> tuple[Numbers, Table]:
    """The softmax of a million numbers, and a copy of them."""
    row = row_of("softmax", (1_000_000,))
    (x,) = row.arguments()
    copy = np.empty_like(x)
    softmax, memcpy = measure([call_of("softmax", row.shape), partial(np.copyto, copy, x)], budget)
    ratio = softmax.median / memcpy.median
    cells = [[row.name, duration(softmax.median), duration(memcpy.median), f"{ratio:.2f}"]]
    return {"memcpy": ratio}, Table("Against memcpy", ("function", "time", "memcpy", "ratio"), cells)


THREADED = {"gelu": (10_000_000,), "softmax_rows": (10_000, 1_000)}


def threads(_: float) -> tuple[Numbers, Table] | None:
    """One thread against two, where there are two cores."""
    if config.usable_cores() < 2:
        return None
    numbers, rows = {}, []
    for name, shape in THREADED.items():
        row = row_of(name, shape)
        one, two = seconds_by_threads(row, (1, 2))
        numbers[f"threads {name}"] = one / two
        rows.append([row.name, duration(one), duration(two), f"{one / two:.2f}"])
    return numbers, Table("Threads", ("function", "one thread", "two threads", "ratio"), rows)


def busy(budget: float) -> tuple[Numbers, Table]:
    """The slowest calls beside a process that takes a core."""
    rows, ratios = [], []
    for name, shape in (("softmax", (1_000_000,)), ("gelu", (1_000_000,))):
        call = call_of(name, shape)
        call()
        with busy_core():
            (times,) = in_turn([partial(timed, call)], max(budget, 0.5), 50)
        ratios.append(times.ninetieth / times.median)
        cells = [duration(times.median), duration(times.ninetieth), f"{ratios[-1]:.2f}"]
        rows.append([row_of(name, shape).name, *cells])
    head = ("function", "median", "90th percentile", "ratio")
    return {"busy": max(ratios)}, Table("With one core busy", head, rows)


def compilation(subjects: Sequence[Subject]) -> tuple[Numbers, Table]:
    """Every function in a process of its own, with an empty store."""
    seconds = {subject.name: compile_seconds(subject) for subject in subjects}
    compiled = [own for own in seconds.values() if own]
    middle, worst = (median(compiled), max(compiled)) if compiled else (0.0, 0.0)
    first = first_call_seconds()
    rows = [
        [name, duration(own) if own else "nothing"]
        for name, own in sorted(seconds.items(), key=lambda pair: -pair[1])
    ]
    rows.append(["median", duration(middle)])
    rows.append(["first call of softmax from the store, with every import but NumPy's", duration(first)])
    numbers = {"compile median": middle, "compile worst": worst, "first call": first}
    return numbers, Table("Compilation, and the first call in a new process", ("function", "seconds"), rows)


def ways(budget: float) -> tuple[Numbers, Table]:
    """The softmax as the plain function, as its graph in NumPy, and natively."""
    rows = []
    for n in (1_000, 1_000_000):
        row = row_of("softmax", (n,))
        native, plain = candidate(row, NATIVE), candidate(row, NUMPY)
        assert native is not None
        assert plain is not None
        (x,) = row.arguments()
        graph = partial(node_by_node(import_example("benchmark_functions").softmax, x), x)
        times = measure([plain, graph, native], budget)
        rows.append([row.name, *(duration(own.median) for own in times)])
    head = ("function", "NumPy def", "defn eager", "defn native")
    return {}, Table("Three ways to run a marked function", head, rows)


SUMMED = ("black_scholes", "haversine", "gelu", "polynomial")


def gradient_costs(budget: float) -> tuple[Numbers, Table]:
    """The sum of what elementwise functions give, alone and with its gradient in float64."""
    rows, ratios = [], []
    for name in SUMMED:
        row = Row(subject_of(name), (1_000_000,), "float64")
        arguments = row.arguments()
        total = summed(native(row))
        both = defnhook.value_and_grad(total, argnums=tuple(range(len(arguments))))
        alone, with_gradient = measure([partial(call, *arguments) for call in (total, both)], budget)
        ratios.append(with_gradient.median / alone.median)
        shown = (duration(alone.median), duration(with_gradient.median), f"{ratios[-1]:.2f}")
        rows.append([row.name, *shown])
    head = ("the sum of", "value", "value_and_grad", "ratio")
    return {"gradient cost": max(ratios)}, Table("What gradients cost", head, rows)


def summed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of what a marked function gives, as a marked function."""

    @defnhook.defn
    def total(*arguments: Any) -> Any:
        return np.sum(function(*arguments))

    return total


def all_numbers(names: Sequence[str], budget: float) -> Iterator[tuple[Numbers, Table]]:
    """Every part as it gets ready, with the table that shows it."""
    for part in (calls, ways, copying, gradient_costs, threads, busy):
        made = part(budget)
        if made is not None:
            yield made
    yield compilation(chosen_subjects(names))
