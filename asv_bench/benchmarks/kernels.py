"""Times of single calls. All compilation is in ``setup``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.benchmark.candidates import NATIVE, NUMPY, candidate, import_example
from defnhook.benchmark.rows import KEPT_BYTES, SUBJECTS, rows

LIBRARIES = (NUMPY, NATIVE)
FUNCTIONS = import_example("benchmark_functions")
ROWS = {row.name: row for row in rows(SUBJECTS)}


def implementation(function: Callable[..., Any], library: str) -> Callable[..., Any]:
    """A marked function, or the same as it was written."""
    return function if library == NATIVE else inspect.unwrap(function)


def normal(*shape: int, dtype: Any = np.float32) -> Any:
    """Reproducible arguments.

    Freeing a large block first makes the C library keep freed memory rather than give it back to the system at every
    call, which favours NumPy's temporaries.
    """
    np.empty(KEPT_BYTES, np.uint8)
    return np.random.default_rng(0).standard_normal(shape, dtype)


class Functions:
    """The functions of ``python -m defnhook bench``."""

    params = (sorted(ROWS), LIBRARIES)
    param_names = ("function", "library")

    def setup(self, function: str, library: str) -> None:
        self.call = candidate(ROWS[function], library)
        self.call()

    def time_function(self, function: str, library: str) -> None:
        self.call()


class CallOverhead:
    """One element: what a call costs before it computes anything."""

    params = (LIBRARIES,)
    param_names = ("library",)

    def setup(self, library: str) -> None:
        self.function = implementation(FUNCTIONS.increment, library)
        self.argument = normal(1)
        self.function(self.argument)

    def time_increment(self, library: str) -> None:
        self.function(self.argument)


class Memory:
    """The peak of a process that takes the softmax of ten million numbers."""

    params = (LIBRARIES,)
    param_names = ("library",)

    def setup_cache(self) -> None:
        FUNCTIONS.softmax(normal(1_000))

    def setup(self, library: str) -> None:
        self.function = implementation(FUNCTIONS.softmax, library)
        self.argument = normal(10_000_000)

    def peakmem_softmax(self, library: str) -> None:
        self.function(self.argument)
