"""Who runs a function: NumPy, the marked file, and the peers that are installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import defnhook
from defnhook.backend import eager
from defnhook.benchmark.rows import Row, converted
from defnhook.dispatch.function import Dispatcher
from defnhook.dispatch.plan import build
from defnhook.dispatch.tracing import trace_call
from defnhook.trace.calls import MARK

NUMPY, NATIVE = "NumPy", "defnhook"
EXAMPLES = Path(defnhook.__file__).parent / "examples"
Call = Callable[[], Any]


@dataclass(frozen=True)
class Peer:
    """A library: its module of functions, how an array becomes its own, and what waits for a result."""

    name: str
    requires: str
    module: str
    put: Callable[[Any], Any] = lambda array: array
    wait: Callable[[Any], Any] | None = None

    @property
    def installed(self) -> bool:
        """Whether it can be imported."""
        return find_spec(self.requires) is not None

    def functions(self) -> ModuleType:
        """The module of its functions."""
        return import_module(f"defnhook.benchmark.peers.{self.module}")

    def call(self, row: Row) -> Call | None:
        """The call of a row, its arguments in place, or None where the peer has no such function."""
        function = getattr(self.functions(), row.subject.name, None)
        if function is None:
            return None
        call = partial(function, *converted(row.arguments(), self.put))
        wait = self.wait
        return call if wait is None else lambda: wait(call())


def _put_jax(array: Any) -> Any:
    return import_module("jax.numpy").asarray(array)


def _wait_jax(result: Any) -> Any:
    return import_module("jax").block_until_ready(result)


def _put_torch(array: Any) -> Any:
    return import_module("torch").from_numpy(array)


PEERS = (
    Peer("numexpr", "numexpr", "numexpr_strings"),
    Peer("njit", "numba", "numba_loops"),
    Peer("JAX", "jax", "jax_functions", _put_jax, _wait_jax),
    Peer("torch", "torch", "torch_functions", _put_torch),
)


@cache
def import_example(name: str) -> ModuleType:
    """A marked example, imported by name from the folder of examples as from that of a script."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        with defnhook.install(only=name):
            return import_module(name)
    finally:
        sys.path.remove(str(EXAMPLES))


@cache
def plain_example(name: str) -> ModuleType:
    """The same file without the hook, so that its functions call one another as they were written."""
    spec = spec_from_file_location(f"{name}_as_written", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def native(row: Row) -> Callable[..., Any]:
    """The function of a row as the marked file has it, or what is derived of one."""
    functions = import_example("benchmark_functions")
    if row.subject.derivative is None:
        function: Callable[..., Any] = getattr(functions, row.subject.name)
        return function
    transformation, name = row.subject.derivative
    made: Callable[..., Any] = getattr(defnhook, transformation)(getattr(functions, name))
    return made


def plain(row: Row) -> Callable[..., Any]:
    """The function of a row in NumPy; a derivative as it is written out by hand."""
    if row.subject.derivative is None:
        module = plain_example("benchmark_functions")
    else:
        module = import_module("defnhook.benchmark.peers.by_hand")
    function: Callable[..., Any] = getattr(module, row.subject.name)
    return function


def node_by_node(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """The graph of a call, evaluated in NumPy."""
    dispatcher: Dispatcher = getattr(function, MARK)
    dispatcher.register()
    plan = build(dispatcher, trace_call(dispatcher, dispatcher.bind(*arguments)))
    return lambda *values: eager.evaluate(plan.optimized, list(values))[0]


def missing_peers() -> list[str]:
    """The names of the peers that are not installed."""
    return [peer.name for peer in PEERS if not peer.installed]


def candidate(row: Row, name: str) -> Call | None:
    """The call of a row, its arguments in place, or None where this candidate cannot make it."""
    if name in (NUMPY, NATIVE):
        function = plain(row) if name == NUMPY else native(row)
        return partial(function, *row.arguments())
    return next(peer for peer in PEERS if peer.name == name).call(row)


def expected(row: Row) -> Any:
    """NumPy's result in float64."""
    return plain(row)(*row.arguments(np.float64))


def error(actual: Any, expected: Any) -> float:
    """The largest error of a result in units of the largest number of the part that it is in; inf for another form."""
    if isinstance(expected, tuple | list):
        if not isinstance(actual, tuple | list) or len(actual) != len(expected):
            return np.inf
        return max(map(error, actual, expected))
    mine, right = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if mine.shape != right.shape or not np.isfinite(mine).all():
        return np.inf
    scale = float(np.max(np.abs(right), initial=0.0)) or 1.0
    return float(np.max(np.abs(mine - right), initial=0.0)) / scale
