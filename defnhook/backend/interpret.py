"""A kernel's source as plain Python, without Numba: what ``DEFNHOOK=interpret`` runs."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.emit.kernel import Argument, Kernel
from defnhook.emit.library import namespace
from defnhook.emit.storage import storage

NAME = "kernel"
_NUMBERS = itertools.count()


def interpreted(kernel: Kernel) -> Callable[..., Any]:
    """The entry of a kernel, run by Python itself. Numbers are converted to the types in its signature."""
    source = kernel.source.replace("{name}", NAME)
    filename = f"<defnhook interpreted kernel {next(_NUMBERS)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    surroundings = namespace()
    exec(compile(source, filename, "exec"), surroundings)
    function = surroundings[NAME]

    def entry(*values: Any) -> None:
        given = [_as_declared(a, v) for a, v in zip(kernel.arguments, values, strict=False)]
        with np.errstate(all="ignore"):
            function(*given, *values[len(given) :])

    return entry


def _as_declared(argument: Argument, value: Any) -> Any:
    form = storage(argument.dtype)
    return form.computed.type(value) if argument.ndim < 0 else value.view(form.held)
