"""The table of operations: the NumPy functions of the language -> everything known about each.

One entry is one paragraph. Modules group entries by kind; here they are collected, not registered.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from defnhook.ops import (
    composites,
    creation,
    elementwise,
    joining,
    linear,
    padding,
    patterns,
    picking,
    placing,
    reductions,
    scans,
    shaping,
)
from defnhook.ops.kinds import (
    Composite,
    Derivative,
    Elementwise,
    Flat,
    Guarded,
    Library,
    NoGradient,
    Op,
    Reduction,
    Structural,
    Written,
)

__all__ = [
    "BY_MEANING",
    "ENTRIES",
    "METHODS",
    "OPS",
    "Composite",
    "Derivative",
    "Elementwise",
    "Flat",
    "Guarded",
    "Library",
    "NoGradient",
    "Op",
    "Reduction",
    "Structural",
    "Written",
    "allowed",
]

MODULES = ("numpy", "numpy.linalg", "numpy.lib.stride_tricks")


def _entries(*modules: ModuleType) -> Iterator[Op]:
    for module in modules:
        yield from (value for value in vars(module).values() if isinstance(value, Op))


def _is_method(op: Op) -> bool:
    return getattr(op.numpy, "__objclass__", None) is not None


_FAMILIES = (
    elementwise,
    reductions,
    composites,
    scans,
    shaping,
    joining,
    creation,
    patterns,
    padding,
    picking,
    placing,
    linear,
)
ENTRIES: tuple[Op, ...] = tuple(dict.fromkeys(_entries(*_FAMILIES)))
OPS: dict[str, Op] = {op.name: op for op in ENTRIES if not _is_method(op)}
BY_MEANING: dict[Callable[..., Any], Op] = {
    function: op for op in ENTRIES for function in (op.numpy, *op.aliases)
}
METHODS: dict[str, Op] = {name: op for op in ENTRIES for name in op.methods}


def allowed(module_name: str) -> set[str]:
    """The public names of a module that mean an entry of the table."""
    if module_name not in MODULES:
        return set()
    names = vars(importlib.import_module(module_name))
    return {name for name, value in names.items() if not name.startswith("_") and _means_entry(value)}


def _means_entry(value: object) -> bool:
    try:
        return value in BY_MEANING
    except TypeError:
        return False
