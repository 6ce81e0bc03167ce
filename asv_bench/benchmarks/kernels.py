"""Times of single calls. All compilation is in ``setup``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import marked

KEPT_BYTES = 30 * 2**20
LIBRARIES = ("NumPy", "defnhook")


def implementation(function: Callable[..., Any], library: str) -> Callable[..., Any]:
    """A marked function, or the same as it was written."""
    return function if library == "defnhook" else inspect.unwrap(function)


def normal(*shape: int, dtype: Any = np.float32) -> Any:
    """Reproducible arguments.

    Freeing a large block first makes the C library keep freed memory rather than give it back to the system at every
    call, which favours NumPy's temporaries.
    """
    np.empty(KEPT_BYTES, np.uint8)
    return np.random.default_rng(0).standard_normal(shape, dtype)


class Softmax:
    """float32, one axis."""

    params = ((1_000, 1_000_000), LIBRARIES)
    param_names = ("n", "library")

    def setup(self, n: int, library: str) -> None:
        self.function = implementation(marked.softmax, library)
        self.argument = normal(n)
        self.function(self.argument)

    def time_softmax(self, n: int, library: str) -> None:
        self.function(self.argument)


class Chain:
    """An elementwise chain of a dozen operations."""

    params = ((1_000, 1_000_000), ("float32", "float64"), LIBRARIES)
    param_names = ("n", "dtype", "library")

    def setup(self, n: int, dtype: str, library: str) -> None:
        self.function = implementation(marked.chain, library)
        self.argument = normal(n, dtype=np.dtype(dtype))
        self.function(self.argument)

    def time_chain(self, n: int, dtype: str, library: str) -> None:
        self.function(self.argument)


class Reductions:
    """Along rows, along columns, and rows used twice."""

    params = (((64, 128), (1_000, 1_000)), LIBRARIES)
    param_names = ("shape", "library")

    def setup(self, shape: tuple[int, int], library: str) -> None:
        functions = (marked.row_norms, marked.column_means, marked.layer_norm)
        self.rows, self.columns, self.layers = (implementation(f, library) for f in functions)
        self.argument = normal(*shape)
        for function in (self.rows, self.columns, self.layers):
            function(self.argument)

    def time_row_norms(self, shape: tuple[int, int], library: str) -> None:
        self.rows(self.argument)

    def time_column_means(self, shape: tuple[int, int], library: str) -> None:
        self.columns(self.argument)

    def time_layer_norm(self, shape: tuple[int, int], library: str) -> None:
        self.layers(self.argument)


class CallOverhead:
    """One element: what a call costs before it computes anything."""

    params = (LIBRARIES,)
    param_names = ("library",)

    def setup(self, library: str) -> None:
        self.function = implementation(marked.increment, library)
        self.argument = normal(1)
        self.function(self.argument)

    def time_increment(self, library: str) -> None:
        self.function(self.argument)


class Memory:
    """The peak of a process that takes the softmax of ten million numbers."""

    params = (LIBRARIES,)
    param_names = ("library",)

    def setup_cache(self) -> None:
        marked.softmax(normal(1_000))

    def setup(self, library: str) -> None:
        self.function = implementation(marked.softmax, library)
        self.argument = normal(10_000_000)

    def peakmem_softmax(self, library: str) -> None:
        self.function(self.argument)
