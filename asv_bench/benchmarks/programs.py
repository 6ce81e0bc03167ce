"""The classic programs of ``tests/programs``: as they are written, marked, and under plain ``numba.njit``."""

from __future__ import annotations

import copy
import inspect
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.start import fresh
from defnhook.benchmark.measuring import in_turn, timed

TESTS = Path(__file__).parents[2] / "tests"
FOLDER = TESTS / "programs" / "classic"
sys.path.append(str(TESTS))

from both import Both, import_both, import_plain  # noqa: E402

KINDS = ("NumPy", "defnhook", "njit")
ROUNDING = 1e-4

FIRST_CALL = """
import defnhook
import time
import numba
import numpy as np
from benchmarks.programs import implementation, problem
function, arguments = implementation({program!r}, {kind!r}), problem({program!r})
begin = time.perf_counter()
function(*arguments)
seconds = time.perf_counter() - begin
"""


class Unusable(Exception):
    """A candidate that raises, or whose results are not NumPy's."""


@cache
def both(stem: str) -> Both:
    """A program with the hook and without it."""
    return import_both(FOLDER / f"{stem}.py")


@cache
def under_njit(stem: str) -> ModuleType:
    """A program each function of which is compiled by Numba."""
    import numba

    module = import_plain(FOLDER / f"{stem}.py")
    for name, value in list(vars(module).items()):
        if inspect.isfunction(value) and name not in ("<lambda>", "cases"):
            setattr(module, name, numba.njit(value))
    return module


def names() -> list[str]:
    """Every function that is measured, after its program."""
    stems = sorted(path.stem for path in FOLDER.glob("*.py"))
    return [f"{stem}.{name}" for stem in stems for name in import_plain(FOLDER / f"{stem}.py").BENCHMARKS]


def problem(program: str) -> tuple[Any, ...]:
    """New arguments."""
    stem, name = program.split(".")
    arguments: tuple[Any, ...] = both(stem).plain.BENCHMARKS[name]()
    return arguments


def implementation(program: str, kind: str) -> Callable[..., Any]:
    """A function of a program in one of the three kinds."""
    stem, name = program.split(".")
    if kind == "njit":
        module = under_njit(stem)
    else:
        module = both(stem).hooked if kind == "defnhook" else both(stem).plain
    function: Callable[..., Any] = getattr(module, name)
    return function


@cache
def usable(program: str, kind: str) -> Callable[..., Any]:
    """A function that gives what NumPy gives, in its results and in its arguments, or :class:`Unusable`."""
    function = implementation(program, kind)
    given, taken = problem(program), problem(program)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = function(*given)
        except Exception as error:
            raise Unusable(f"{program} under {kind}: {type(error).__name__}: {error}") from error
        expected = implementation(program, "NumPy")(*taken)
    if not same((result, given), (expected, taken)):
        raise Unusable(f"{program} under {kind}: other results than NumPy's")
    return function


def same(actual: Any, expected: Any) -> bool:
    """Whether two structures hold the same numbers."""
    if isinstance(expected, tuple | list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if expected is None:
        return actual is None
    mine, other = np.asarray(actual), np.asarray(expected)
    return mine.shape == other.shape and np.allclose(mine, other, ROUNDING, ROUNDING, equal_nan=True)


def seconds_of(
    candidates: Sequence[Callable[..., Any]], arguments: tuple[Any, ...], budget: float
) -> list[float]:
    """The median seconds of a call of each candidate on copies of the arguments, called in turn for a time."""
    timers = [partial(seconds_on_copies, candidate, arguments) for candidate in candidates]
    return [times.median for times in in_turn(timers, budget, turns=5)]


def seconds_on_copies(candidate: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """The seconds of one call on copies of the arguments."""
    return timed(partial(candidate, *copy.deepcopy(arguments)))


def first_seconds(program: str, kind: str, store: str) -> float:
    """The seconds of the first call in a new process, NumPy and Numba imported, whose kernels are in a folder."""
    code = FIRST_CALL.format(program=program, kind=kind)
    try:
        return float(fresh(code, "seconds", DEFNHOOK_CACHE_DIR=store))
    except RuntimeError as error:
        raise Unusable(f"{program} under {kind}: {str(error).strip().splitlines()[-1]}") from error


class Programs:
    """One call on copies of the arguments."""

    params = (names(), KINDS)
    param_names = ("program", "kind")
    number = 1
    repeat = (5, 31, 2.0)
    warmup_time = 0.0

    def setup(self, program: str, kind: str) -> None:
        try:
            self.function = usable(program, kind)
        except Unusable as error:
            raise NotImplementedError(str(error)) from error
        self.arguments = problem(program)

    def time_program(self, program: str, kind: str) -> None:
        self.function(*self.arguments)


class FirstCalls:
    """The first call in a process: with an empty store it compiles, with a filled one it loads."""

    params = (names(),)
    param_names = ("program",)
    unit = "s"

    def track_compiled(self, program: str) -> float:
        with tempfile.TemporaryDirectory() as store:
            return first_seconds(program, "defnhook", store)

    def track_from_disk(self, program: str) -> float:
        with tempfile.TemporaryDirectory() as store:
            first_seconds(program, "defnhook", store)
            return min(first_seconds(program, "defnhook", store) for _ in range(3))
