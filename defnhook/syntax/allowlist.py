"""What marked code may name: the operations of the table, and for the rest what to write instead."""

from __future__ import annotations

import builtins
import math
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Final

from defnhook.syntax import absent, forbidden

# Names that are part of the language without being operations of the table.
_NUMPY_CONSTANTS = "pi e euler_gamma inf nan newaxis True_ False_ little_endian"
_NUMPY_TYPES = """
    bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp byte ubyte short ushort intc
    uintc int_ uint long ulong longlong ulonglong float16 float32 float64 half single double longdouble
    complex64 complex128 csingle cdouble clongdouble generic number integer signedinteger
    unsignedinteger inexact floating complexfloating str_ bytes_ object_ dtype ndarray finfo iinfo
"""
_NUMPY_STATIC = """
    errstate ndim shape size result_type promote_types can_cast issubdtype isdtype min_scalar_type
    broadcast_shapes iterable array asarray asanyarray ascontiguousarray asfortranarray
    mgrid ogrid s_ index_exp fromfunction piecewise ndindex ndenumerate
"""

_STATIC: Final[dict[str, str]] = {
    "numpy": _NUMPY_CONSTANTS + _NUMPY_TYPES + _NUMPY_STATIC,
    "numpy.linalg": "LinAlgError",
    "scipy.linalg": "LinAlgError",
    "math": " ".join(name for name in vars(math) if not name.startswith("_")),
    "functools": "partial",
}

_BUILTIN_NAMES: Final = frozenset(
    """
    abs all any ascii bin bool bytes callable chr classmethod complex dict divmod enumerate filter float
    format frozenset getattr hasattr hex int isinstance issubclass len list map max min object oct ord
    pow print property range repr reversed round set slice sorted staticmethod str sum super tuple type
    zip Ellipsis False None NotImplemented True __debug__
    """.split()
)
BUILTINS: Final = _BUILTIN_NAMES | frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)

MODULES: Final = frozenset(
    """
    builtins numpy numpy.linalg numpy.fft numpy.lib.stride_tricks math scipy scipy.special scipy.linalg
    functools typing typing_extensions defnhook
    defnhook.ops defnhook.random
    """.split()
)
_SHORT: Final = {"numpy": "np", "builtins": ""}


@dataclass(frozen=True)
class Refusal:
    """Why a path may not be used: the rule it falls under, how the user calls it, what to write instead."""

    code: str
    name: str
    way_out: str


@cache
def allowed(module: str) -> frozenset[str]:
    """The names of an allowed module that marked code may use; none where every name may be used."""
    if module == "builtins":
        return BUILTINS
    listed = frozenset(import_module("defnhook.ops").allowed(module))
    return listed | frozenset(_STATIC.get(module, "").split())


def summary(module: str) -> str:
    """What decides which names of an allowed module may be used; a module not imported yet stays so."""
    return str(import_module("defnhook.ops").source(module)) or " ".join(sorted(allowed(module)))


def is_module(path: str | None) -> bool:
    """Whether ``path`` is a module that the language knows, allowed or not."""
    return path in MODULES or path in forbidden.MODULES


def is_allowed(path: str | None) -> bool:
    """Whether ``path`` is a name of an allowed module and may be used."""
    if path is None:
        return False
    module, _, _ = path.rpartition(".")
    return module in MODULES and refusal(path) is None


def display(path: str) -> str:
    """``path`` as it is usually written."""
    root, _, rest = path.partition(".")
    short = _SHORT.get(root, root)
    return ".".join(part for part in (short, rest) if part) or path


def refusal(path: str) -> Refusal | None:
    """Why marked code may not use ``path``; None where it may, or where only the trace can tell."""
    if path in forbidden.NAMES:
        return Refusal("DEFN020", display(path), forbidden.NAMES[path])
    module, _, name = path.rpartition(".")
    host = _host_module(path)
    if host is not None:
        return Refusal("DEFN022", display(path), forbidden.MODULES[host])
    if path in MODULES or module not in MODULES:
        return None
    names = allowed(module)
    if not names or name in names:
        return None
    code = "DEFN023" if module == "builtins" else "DEFN021"
    return Refusal(code, display(path), _way_out(path))


def _host_module(path: str) -> str | None:
    """The longest beginning of ``path`` that is a forbidden module."""
    while path and path not in MODULES:
        if path in forbidden.MODULES:
            return path
        path = path.rpartition(".")[0]
    return None


def _way_out(path: str) -> str:
    absence = absent.BY_PATH.get(path)
    if absence is not None:
        return f"{absence.reason} {absence.instead}"
    module, _, name = path.rpartition(".")
    return _nearest(name, module)


def _nearest(name: str, module: str) -> str:
    library = module.partition(".")[0]
    by_nearness = sorted(MODULES - {module}, key=lambda other: (not other.startswith(library), other))
    for other in by_nearness:
        if name in allowed(other):
            return f"Did you mean {display(f'{other}.{name}')}?"
    close = get_close_matches(name, sorted(allowed(module)), n=1, cutoff=0.75)
    if close:
        return f"Did you mean {display(f'{module}.{close[0]}')}?"
    return (
        "Write it with the operations that are part of the language, or call it outside this module and "
        "pass the result in."
    )
