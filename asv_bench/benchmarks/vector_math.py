"""The vector math against NumPy and SciPy: nanoseconds per element of a loop over an array.

Run as a script, it prints both for every function.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from defnhook.backend import numba as native
from defnhook.emit.vector_math import FUNCTIONS

SIZE = 1_000_000
ROUNDS = 15
SCALES = {"sin": 1000.0, "cos": 1000.0, "tan": 1000.0}


def parts(name: str) -> tuple[str, np.dtype[Any], int]:
    """A function's name without its dtype, the dtype, and how many arguments it takes."""
    base, _, suffix = name.rpartition("_")
    return base, np.dtype(f"f{int(suffix[1:]) // 8}"), FUNCTIONS[name].__code__.co_argcount


def loop(name: str) -> Callable[..., Any]:
    """A compiled loop that calls one function of the vector math."""
    _, dtype, arity = parts(name)
    parameters = ", ".join("xy"[:arity])
    items = ", ".join(f"{parameter}[i]" for parameter in "xy"[:arity])
    text = (
        f"def loop({parameters}, out):\n    for i in range(np.uint64(x.size)):\n        out[i] = f({items})\n"
    )
    namespace = {"np": np, "f": getattr(native, name)}
    exec(text, namespace)
    signature = f"void({', '.join([f'{dtype}[::1]'] * (arity + 1))})"
    return native.native(signature)(namespace["loop"])


def arguments(name: str) -> list[Any]:
    """Arrays inside the function's domain."""
    base, dtype, arity = parts(name)
    random = np.random.default_rng(0)
    low = 1.01 if base == "arccosh" else 0.01
    return [((random.random(SIZE) * 0.98 + low) * SCALES.get(base, 1.0)).astype(dtype) for _ in range(arity)]


def both(name: str) -> tuple[float, float]:
    """Nanoseconds per element, native and of NumPy or SciPy: the least of several rounds taken in turn."""
    base, _, _ = parts(name)
    library = getattr(np, base, None) or getattr(scipy.special, base)
    compiled, inputs = loop(name), arguments(name)
    out = np.empty_like(inputs[0])
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, call in zip(times, (compiled, library), strict=True):
            start = time.perf_counter()
            call(*inputs, out)
            kept.append(time.perf_counter() - start)
    return min(times[0]) * 1e9 / SIZE, min(times[1]) * 1e9 / SIZE


class VectorMath:
    """One loop per function."""

    params = sorted(FUNCTIONS)
    param_names = ("function",)
    unit = "ns"

    def setup(self, name: str) -> None:
        self.native, self.numpy = both(name)

    def track_native(self, name: str) -> float:
        return self.native

    def track_numpy(self, name: str) -> float:
        return self.numpy


if __name__ == "__main__":
    for function in sys.argv[1:] or sorted(FUNCTIONS):
        ours, theirs = both(function)
        sys.stdout.write(
            f"{function:14} native {ours:6.3f} ns  NumPy {theirs:6.3f} ns  {theirs / ours:5.2f} times\n"
        )
