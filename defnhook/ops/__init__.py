"""The table of operations: the NumPy functions of the language -> everything known about each.

One entry is one paragraph. Modules group entries by kind; here they are collected, not registered.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from defnhook.ops import (
    bits,
    composites,
    counting,
    creation,
    curves,
    einsum,
    elementwise,
    factoring,
    floats,
    joining,
    linear,
    missing,
    namesakes,
    ordering,
    padding,
    patterns,
    picking,
    placing,
    reductions,
    scans,
    shaping,
    sized,
    spectra,
    transforms,
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
    Plain,
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
    "Plain",
    "Reduction",
    "Structural",
    "Written",
    "allowed",
    "load",
    "meaning",
    "source",
]

MODULES = ("numpy", "numpy.linalg", "numpy.fft", "numpy.lib.stride_tricks")

OPTIONAL = {
    "scipy.special": ("special", "special_composites"),
    "scipy.linalg": ("matrices",),
    "defnhook.ops": ("own_numbers", "own_places", "own_windows", "own_control"),
    "defnhook.random": ("random_bits", "random_numbers", "random_gamma", "random_choices"),
}


def _entries(*modules: ModuleType) -> Iterator[Op]:
    for module in modules:
        yield from (value for value in vars(module).values() if isinstance(value, Op))


def _is_method(op: Op) -> bool:
    return getattr(op.numpy, "__objclass__", None) is not None


_FAMILIES = (
    elementwise,
    floats,
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
    ordering,
    missing,
    curves,
    counting,
    sized,
    factoring,
    spectra,
    namesakes,
    einsum,
    transforms,
    bits,
)
ENTRIES: tuple[Op, ...] = tuple(dict.fromkeys(_entries(*_FAMILIES)))
OPS: dict[str, Op] = {op.name: op for op in reversed(ENTRIES) if not _is_method(op)}
BY_MEANING: dict[Callable[..., Any], Op] = {
    function: op for op in ENTRIES for function in (op.numpy, *op.aliases)
}
METHODS: dict[str, Op] = {name: op for op in ENTRIES for name in op.methods}


def __getattr__(name: str) -> Any:
    """The functions that NumPy lacks, ``ops.conv`` and so on, with which the table does not begin."""
    found = None if name.startswith("_") else _own().get(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_own()})


@cache
def _own() -> dict[str, Callable[..., Any]]:
    return {op.name: op.numpy for op in load(__name__)}


@cache
def load(module_name: str) -> tuple[Op, ...]:
    """The entries of a module that is not imported with the table, which from then on are part of it."""
    parts = [importlib.import_module(f"{__name__}.{part}") for part in OPTIONAL[module_name]]
    entries = tuple(dict.fromkeys(_entries(*parts)))
    BY_MEANING.update((function, op) for op in entries for function in (op.numpy, *op.aliases))
    return entries


def source(module_name: str) -> str:
    """The text that makes the entries of an optional module, without importing that; empty for the others."""
    folder = Path(__file__).parent
    parts = OPTIONAL.get(module_name, ())
    return "".join((folder / f"{part}.py").read_text(encoding="utf-8") for part in parts)


def meaning(function: Any) -> Op | None:
    """The entry that a callable means, by identity, those of the optional modules in use included."""
    try:
        op = BY_MEANING.get(function)
    except TypeError:
        return None
    if op is not None or not _load_used():
        return op
    return BY_MEANING.get(function)


def _load_used() -> bool:
    """Load the optional modules that somebody has imported; whether any was new."""
    before = len(BY_MEANING)
    for name in OPTIONAL:
        if name in sys.modules:
            load(name)
    return len(BY_MEANING) > before


def allowed(module_name: str) -> set[str]:
    """The public names of a module that mean an entry of the table."""
    if module_name in OPTIONAL:
        load(module_name)
    elif module_name not in MODULES:
        return set()
    if module_name == __name__:
        return {op.name for op in load(__name__)}
    names = vars(importlib.import_module(module_name))
    return {name for name, value in names.items() if not name.startswith("_") and _means_entry(value)}


def _means_entry(value: object) -> bool:
    try:
        return value in BY_MEANING
    except TypeError:
        return False
