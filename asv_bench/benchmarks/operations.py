"""Every native entry of the table against NumPy, in one run: how many times as fast it is."""

from __future__ import annotations

import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

import defnhook
from benchmarks.kernels import normal
from defnhook import ops
from defnhook.benchmark import measuring
from defnhook.ops import Composite, Elementwise, Op, Reduction, Written

sys.path.append(str(Path(__file__).parents[2] / "tests"))

from both import Both, import_both
from ops.calling import MATRICES, Call, calls_of, matrices

SIZES = (10, 1_000, 1_000_000)
SECONDS_PER_ROUND = 0.001
SECONDS_PER_CASE = 0.12
ROUNDS = (3, 9)
TOO_LONG = 1.5  # seconds of one call
TOO_LARGE = 100  # elements of a result for one of the operand
SLOWER = 0.95
AGAIN = 4
DOUBLE, SINGLE, WHOLE = np.dtype("f8"), np.dtype("f4"), np.dtype("i8")


@dataclass
class Entry:
    """An entry, the call that stands for it, and the ratios of the cases that were measured."""

    op: Op
    call: Call
    two: Call | None = None
    ratios: dict[str, float] = field(default_factory=dict)
    runs: str = "native"

    @property
    def label(self) -> str:
        """The function, as it is written."""
        found = re.match(r"[\w.]+", self.call.text)
        return found[0] if found else self.op.name

    @property
    def dtypes(self) -> tuple[np.dtype[Any], ...]:
        """The dtypes in which it is measured."""
        if not isinstance(self.op, Elementwise):
            return (DOUBLE,)
        return (DOUBLE, SINGLE) if self.op.loop_for("f") and runs(self.call) else (WHOLE,)


# -- what is measured


def entries() -> list[Entry]:
    """The entries that have a loop, or are made of such, each with its call."""
    table = [*ops.ENTRIES, *ops.load("scipy.special")]
    kinds = (Elementwise, Reduction, Composite, Written)
    public = [op for op in table if isinstance(op, kinds) and not _is_inner(op)]
    return [entry for op in public if (entry := _entry(op)) is not None]


def _is_inner(op: Op) -> bool:
    return str(getattr(op.numpy, "__module__", "")).startswith("defnhook") or op.name.startswith("_")


def _entry(op: Op) -> Entry | None:
    if isinstance(op, Elementwise):
        native = op.loop_for("f") or op.loop_for("i")
        return Entry(op, Call(f"{_path(op)}({PARAMETERS[op.arity]})", ("w", "x", "y"))) if native else None
    if isinstance(op, Reduction):
        if op.loop_for("f") is None:
            return None
        path = _path(op)
        return Entry(op, Call(f"{path}(x)"), Call(f"{path}(x, axis=-1)"))
    call = next((call for call in calls_of(op) if runs(call)), None)
    return Entry(op, call, call) if call else None


PARAMETERS = {1: "x", 2: "x, y", 3: "w, x, y"}


def _path(op: Op) -> str:
    for place, module in (("np", np), ("scipy.special", sys.modules.get("scipy.special"))):
        if getattr(module, op.name, None) is op.numpy:
            return f"{place}.{op.name}"
    return f"np.{op.name}"


@cache
def runs(call: Call) -> bool:
    """Whether NumPy takes the call, on arrays of one axis or, where it needs more, of two."""
    return any(_given(call, shape) is not None for shape in ((10,), (10, 10)))


def _given(call: Call, shape: tuple[int, ...]) -> Any:
    scope: dict[str, Any] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            exec(HEAD + call.function("call"), scope)
            return scope["call"](*operands(call, shape, DOUBLE, (-3.0, 3.0)))
        except Exception:
            return None


HEAD = "import numpy as np\nimport scipy.linalg\nimport scipy.special\n\n"


@cache
def operands(call: Call, shape: tuple[int, ...], dtype: np.dtype[Any], domain: tuple[float, float]) -> Any:
    """Arguments of a call: arrays of a shape, the second a row of it where there are two axes."""
    rng = np.random.default_rng(0)
    if call.among is MATRICES:
        found = matrices(int(np.prod(shape)), rng)
        return tuple(found[name] for name in call.parameters)
    if dtype.kind == "i":
        x, y = rng.integers(1, 60, shape), rng.integers(1, 60, shape[-1:])
    else:
        x, y = (rng.uniform(*domain, size).astype(dtype) for size in (shape, shape[-1:]))
    mask = rng.uniform(size=shape) > 0.5
    found = {"x": x, "y": y, "w": mask}
    return tuple(found[name] for name in call.parameters)


def written(found: Sequence[Entry]) -> Both:
    """A module with a function for each entry, marked and plain."""
    lines = ["# defn\n", HEAD]
    for number, entry in enumerate(found):
        lines.append(entry.call.function(f"call_{number}"))
        if entry.two:
            lines.append(entry.two.function(f"two_{number}"))
    folder = Path(tempfile.mkdtemp())
    path = folder / "timed_operations.py"
    path.write_text("".join(lines), "utf-8")
    return import_both(path)


# -- cases

Timed = Callable[..., Any]


def cases(entry: Entry) -> Iterator[tuple[str, str, Any]]:
    """The name of a case, the function that it calls, and its arguments."""
    for dtype in entry.dtypes:
        suffix = " float32" if dtype == SINGLE else ""
        for n in SIZES:
            yield f"{n}{suffix}", "call", operands(entry.call, (n,), dtype, entry.op.domain)
    if entry.call.among is MATRICES:
        return
    dtype, two = entry.dtypes[0], entry.two or entry.call
    yield "two axes", "two" if entry.two else "call", operands(two, (1_000, 1_000), dtype, entry.op.domain)
    doubled = operands(entry.call, (2_000_000,), dtype, entry.op.domain)
    yield "strided", "call", tuple(array[::2] for array in doubled)


def measure(found: Sequence[Entry], report: Callable[[Entry], Any]) -> None:
    """Fill in the ratios of entries; :func:`normal` settles how the C library keeps freed memory."""
    both = written(found)
    normal(1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for number, entry in enumerate(found):
            measure_entry(entry, both, number)
            report(entry)
            operands.cache_clear()


def measure_entry(entry: Entry, both: Both, number: int) -> None:
    """All cases of an entry; those that look slow are measured once more, for longer."""
    names = {"call": f"call_{number}", "two": f"two_{number}"}
    entry.runs = how_it_runs(getattr(both.hooked, names["call"]), entry)
    grows = small_enough(getattr(both.plain, names["call"]), entry)
    for name, kind, arguments in cases(entry):
        if not grows and name not in ("10", "1000"):
            continue
        plain, native = getattr(both.plain, names[kind]), getattr(both.hooked, names[kind])
        try:
            ratio = ratio_of(plain, native, arguments)
            if ratio < SLOWER:
                ratio = ratio_of(plain, native, arguments, AGAIN)
        except Exception:
            continue
        entry.ratios[name] = ratio


def how_it_runs(function: Timed, entry: Entry) -> str:
    """Whether a call is native throughout, has steps in NumPy, or runs as plain Python."""
    try:
        told = defnhook.explain(function, *operands(entry.call, (10,), entry.dtypes[0], entry.op.domain))
    except Exception:
        return "plain"
    found = re.search(r": (\w+) native \w+, (\w+) step", told)
    if found is None or found[1] == "0":
        return "NumPy"
    return "native" if found[2] == "0" else "with steps"


def small_enough(plain: Timed, entry: Entry) -> bool:
    """Whether a call on a million elements ends in time and its result fits."""
    seconds = []
    for n in (1_000, 10_000):
        arguments = operands(entry.call, (n,), entry.dtypes[0], entry.op.domain)
        try:
            result = plain(*arguments)
        except Exception:
            return True
        parts = len(result) if isinstance(result, list | tuple) else 1
        if getattr(result, "size", 1) > TOO_LARGE * n or parts > TOO_LARGE:
            return False
        seconds.append(min(timed(plain, arguments, 1) for _ in range(3)))
    growth = seconds[1] / seconds[0]
    return growth < 15 or seconds[1] * growth**2 < TOO_LONG


def ratio_of(plain: Timed, native: Timed, arguments: Any, longer: int = 1) -> float:
    """How many times as fast the native call is: medians of rounds in which both take turns."""
    plain(*arguments), native(*arguments)
    once = [timed(call, arguments, 1) for call in (plain, native)]
    counts = [max(1, round(longer * SECONDS_PER_ROUND / seconds)) for seconds in once]
    round_seconds = sum(count * seconds for count, seconds in zip(counts, once, strict=True))
    rounds = min(max(int(longer**2 * SECONDS_PER_CASE / round_seconds), ROUNDS[0]), longer * ROUNDS[1])
    timers = [
        partial(timed, call, arguments, count) for call, count in zip((plain, native), counts, strict=True)
    ]
    theirs, ours = measuring.in_turn(timers, turns=rounds)
    return theirs.median / ours.median


def timed(call: Timed, arguments: Any, count: int) -> float:
    """The seconds of one of so many calls."""
    return measuring.timed(partial(call, *arguments), count)


# -- the page

COLUMNS = ("10", "1000", "1000000", "two axes", "strided")
SINGLES = tuple(f"{n} float32" for n in SIZES)


def mean_ratio(found: Sequence[Entry]) -> float | None:
    """The geometric mean over elementwise entries and reductions, of a million float64."""
    ratios = [
        entry.ratios["1000000"]
        for entry in found
        if isinstance(entry.op, Elementwise | Reduction)
        and "1000000" in entry.ratios
        and entry.dtypes[0] == DOUBLE
    ]
    return geometric_mean(ratios) if ratios else None


def slower(found: Sequence[Entry]) -> list[tuple[str, dict[str, float]]]:
    """The native entries that are slower than NumPy on large arrays, and in which cases; the slowest first."""
    rows = []
    for entry in found:
        below = {case: ratio for case, ratio in entry.ratios.items() if ratio < SLOWER and case not in SMALL}
        if below and entry.runs == "native":
            rows.append((entry.label, below))
    return sorted(rows, key=lambda row: min(row[1].values()))


SMALL = {f"{n}{suffix}" for n in SIZES[:2] for suffix in ("", " float32")}


def row(entry: Entry, columns: Iterable[str]) -> list[str]:
    """A row of a table of ratios."""
    ratios = [f"{entry.ratios[name]:.2f}" if name in entry.ratios else "-" for name in columns]
    return [f"`{entry.call.text}`".replace("|", "\\|"), entry.runs, *ratios]


Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]
TITLES: dict[str, tuple[type[Op], ...]] = {
    "Elementwise": (Elementwise,),
    "Reductions": (Reduction,),
    "Made of the others": (Composite,),
    "Written with loops": (Written,),
}


def sections(found: Sequence[Entry], table: Table) -> Iterator[str]:
    """The parts of the page, as Markdown."""
    mean = mean_ratio(found)
    if mean is not None:
        yield f"Geometric mean of elementwise entries and reductions, a million elements of float64: {mean:.2f}."
    for title, kinds in TITLES.items():
        rows = [entry for entry in found if isinstance(entry.op, kinds)]
        columns = (*COLUMNS, *SINGLES) if title == "Elementwise" else COLUMNS
        if rows:
            head = ["call", "runs", *(_heading(name) for name in columns)]
            yield f"## {title}\n\n{table(head, [row(entry, columns) for entry in rows])}"
    yield f"## Native entries slower than NumPy on large arrays\n\n{_slower_rows(found, table)}"


def _heading(name: str) -> str:
    size, _, dtype = name.partition(" ")
    return f"{int(size):,} {dtype}".strip() if size.isdigit() else name


def _slower_rows(found: Sequence[Entry], table: Table) -> str:
    rows = [
        [f"`{label}`", ", ".join(f"{_heading(case)}: {ratio:.2f}" for case, ratio in below.items())]
        for label, below in slower(found)
    ]
    return table(["entry", "times as fast"], rows) if rows else f"None is below {SLOWER}."
