"""``python -m defnhook names``: the public names of the libraries, each with what it is here or why it is nothing here.

Takes the table of operations and the tables of absences -> one row a name. The libraries are NumPy with its methods,
``scipy.special``, the array API standard and Nx.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np

from defnhook import ops
from defnhook.names import array_api, nx
from defnhook.syntax import absent, allowlist, forbidden
from defnhook.trace import globals as known
from defnhook.trace import invoke, ufunc_methods

__all__ = ["LIBRARIES", "Name", "main", "names"]

OPERATION, LANGUAGE, ABSENT, UNKNOWN = "operation", "language", "absent", "unknown"


@dataclass(frozen=True)
class Name:
    """A public name: what it is here, and why it is nothing here.

    ``standing`` is ``operation`` (an entry of the table), ``language`` (part of the language without an entry),
    ``absent`` (with a reason) or ``unknown``.
    """

    path: str
    standing: str
    reason: str = ""
    instead: str = ""

    @property
    def explained(self) -> bool:
        """Whether it is there, or its absence has a reason and a way out."""
        return self.standing in (OPERATION, LANGUAGE) or bool(self.reason and self.instead)


def absence(path: str) -> Name:
    """A name that is not part of the language."""
    row = absent.BY_PATH.get(path)
    if row is None:
        return Name(path, UNKNOWN)
    return Name(path, ABSENT, row.reason, absent.instead(path))


def of_module(path: str) -> Name:
    """A name of a module of NumPy or SciPy."""
    module, _, name = path.rpartition(".")
    if name in ops.allowed(module):
        return Name(path, OPERATION)
    if path in allowlist.MODULES or name in allowlist.allowed(module):
        return Name(path, LANGUAGE)
    if path in forbidden.MODULES and path not in absent.BY_PATH:
        return Name(path, ABSENT, "It is a module outside the language.", forbidden.MODULES[path])
    return absence(path)


def of_array(path: str) -> Name:
    """A method or an attribute of arrays."""
    name = path.rpartition(".")[2]
    if name in ops.METHODS:
        return Name(path, OPERATION)
    return Name(path, LANGUAGE) if name in invoke.METHODS | known.KNOWN else absence(path)


def of_ufunc(path: str) -> Name:
    """A method of NumPy's elementwise functions."""
    name = path.rpartition(".")[2]
    return Name(path, LANGUAGE) if name in (*ufunc_methods.METHODS, "at") else absence(path)


def _public(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("_") or name in ("__array_namespace_info__",))


def _names_of(module: str) -> Callable[[], Iterator[Name]]:
    def listed() -> Iterator[Name]:
        host: ModuleType = import_module(module)
        yield from (of_module(f"{module}.{name}") for name in _public(host.__all__))

    return listed


def _of_arrays() -> Iterator[Name]:
    yield from (of_array(f"numpy.ndarray.{name}") for name in _public(dir(np.ndarray)))


def _of_ufuncs() -> Iterator[Name]:
    yield from (of_ufunc(f"numpy.ufunc.{name}") for name in _public(dir(np.ufunc)))


def _of_array_api() -> Iterator[Name]:
    for place, listed in array_api.NAMES.items():
        for name in listed:
            if place == "numpy.ndarray":
                yield of_array(f"{place}.{name}")
            elif hasattr(import_module(place), name):  # what an older NumPy lacks is not there
                yield of_module(f"{place}.{name}")


def _of_nx() -> Iterator[Name]:
    yield from (Name(path, LANGUAGE, instead=spelling) for path, spelling in nx.SPELLINGS.items())
    for module, listed, reason, instead in nx.REASONS:
        yield from (Name(f"{module}.{name}", ABSENT, reason, instead) for name in listed.split())


LIBRARIES: dict[str, Callable[[], Iterator[Name]]] = {
    "numpy": _names_of("numpy"),
    "numpy.linalg": _names_of("numpy.linalg"),
    "numpy.fft": _names_of("numpy.fft"),
    "ndarray": _of_arrays,
    "ufunc": _of_ufuncs,
    "scipy.special": _names_of("scipy.special"),
    "array-api": _of_array_api,
    "nx": _of_nx,
}


def names(library: str) -> list[Name]:
    """The public names of one of the :data:`LIBRARIES`."""
    return list(LIBRARIES[library]())


def main(arguments: Sequence[str]) -> int:
    """Print the names that are not part of the language; 1 where one of them has no reason, else 0."""
    parser = argparse.ArgumentParser(prog="python -m defnhook names", description=main.__doc__)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=", ".join(LIBRARIES))
    chosen = parser.parse_args(arguments).libraries or list(LIBRARIES)
    unknown = [library for library in chosen if library not in LIBRARIES]
    if unknown:
        parser.error(f"no such library: {', '.join(unknown)}; there are {', '.join(LIBRARIES)}")
    listed = {library: names(library) for library in chosen}
    for library, rows in listed.items():
        sys.stdout.write(_report(library, rows))
    return int(any(not row.explained for rows in listed.values() for row in rows))


def _report(library: str, rows: Sequence[Name]) -> str:
    missing = [row for row in rows if row.standing in (ABSENT, UNKNOWN)]
    head = f"{library}: {len(rows)} names, {len(missing)} of them not part of the language\n"
    return head + "".join(f"  {row.path}: {row.reason or 'No reason.'} {row.instead}\n" for row in missing)
