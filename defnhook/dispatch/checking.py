"""``DEFNHOOK=check``: every call runs both ways, and a difference raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.dispatch.function import Dispatcher
from defnhook.errors import DefnMismatchError
from defnhook.trace.structure import children

TOLERANCE = {"e": 2e-3, "f": 1e-5, "d": 1e-12, "F": 1e-5, "D": 1e-12}


def compare(native: Any, plain: Any, path: str = "result") -> None:
    """Raise :class:`DefnMismatchError` where two results differ in kind, dtype, shape, order or value."""
    if type(native) is not type(plain):
        raise DefnMismatchError(f"{path} is a {type(native).__name__}, plainly a {type(plain).__name__}")
    parts, others = children(native), children(plain)
    if parts is not None and others is not None:
        if [step for step, _ in parts] != [step for step, _ in others]:
            raise DefnMismatchError(f"{path} has other parts than plainly")
        for (step, item), (_, other) in zip(parts, others, strict=True):
            compare(item, other, path + step)
        return
    if isinstance(native, np.ndarray | np.generic):
        _compare_arrays(native, plain, path)
    elif not _same_number(native, plain):
        raise DefnMismatchError(f"{path} is {native!r}, plainly {plain!r}")


def _same_number(a: Any, b: Any) -> bool:
    if isinstance(a, float | complex):
        return bool(np.isclose(a, b, rtol=1e-12, atol=0, equal_nan=True))
    return bool(a == b)


def _compare_arrays(native: Any, plain: Any, path: str) -> None:
    if native.dtype != plain.dtype or native.shape != plain.shape:
        raise DefnMismatchError(
            f"{path} is {native.dtype}{list(native.shape)}, plainly {plain.dtype}{list(plain.shape)}"
        )
    if isinstance(native, np.ndarray) and (native.flags.c_contiguous, native.flags.f_contiguous) != (
        plain.flags.c_contiguous,
        plain.flags.f_contiguous,
    ):
        raise DefnMismatchError(f"{path} lies in memory in another order than plainly")
    tolerance = TOLERANCE.get(native.dtype.char)
    if tolerance is None:
        agree = np.array_equal(native, plain)
    else:
        with np.errstate(all="ignore"):
            scale = np.max(np.abs(plain[np.isfinite(plain)]), initial=0.0) if plain.ndim else abs(plain)
            scale = scale if np.isfinite(scale) else 0.0
            agree = np.allclose(native, plain, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    if not agree:
        raise DefnMismatchError(f"{path} differs from what the plain function gives:\n{native!r}\n{plain!r}")


def checked(run: Callable[..., Any], dispatcher: Dispatcher, traced: Any) -> Callable[..., Any]:
    """A plan that also runs the plain function and compares, also what both have written into arguments."""
    template = traced.arguments
    written = {traced.positions[id(node)] for node, _ in traced.graph.writes}

    def run_both(*values: Any) -> Any:
        own = [value.copy("K") if place in written else value for place, value in enumerate(values)]
        native = run(*values)
        with np.errstate(all="ignore"):
            plain = dispatcher.call_plain(template(own))
        try:
            compare(native, plain)
            for place in sorted(written):
                compare(values[place], own[place], f"the array written, number {place + 1},")
        except DefnMismatchError as error:
            raise DefnMismatchError(f"{dispatcher.name}(): {error}") from None
        return native

    return run_both
