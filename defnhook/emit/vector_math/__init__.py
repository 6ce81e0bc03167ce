"""Elementary functions in plain arithmetic: a scalar Python function → vector instructions in a fused loop.

`FUNCTIONS["exp_f32"]` is e**x for float32. Each is an ordinary function of NumPy scalars, without branches,
so that a loop over it vectorizes on any processor. Run uncompiled, it gives the same result but for
contracted products.

Numba is not to see the bodies. A backend makes each function an intrinsic whose code is the LLVM text that
`lowering.lower` makes of it, in a few milliseconds, where type inference would take a hundred. `sources` is
the text of functions with all they need, complete Python for a module that holds `import numpy as np`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from defnhook.emit.vector_math import (
    bessel,
    beta,
    error_functions,
    exponential,
    gamma,
    hyperbolic,
    inverse_hyperbolic,
    inverse_trigonometric,
    logarithm,
    normal,
    power,
    trigonometric,
)

FAMILIES: Final = (
    exponential,
    logarithm,
    power,
    trigonometric,
    inverse_trigonometric,
    hyperbolic,
    inverse_hyperbolic,
    error_functions,
    normal,
    bessel,
    gamma,
    beta,
)

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    function.__name__: function for family in FAMILIES for function in family.FUNCTIONS
}

ANNOTATION: Final = re.compile(r": Any\b| -> Any\b")


def sources(names: Iterable[str]) -> str:
    """The definitions of the functions `names`, each after the functions and tables it uses."""
    found: dict[str, str] = {}
    for name in names:
        _collect(FUNCTIONS[name].__module__, name, found)
    return "\n\n\n".join(found.values()) + "\n"


def source_of(name: str) -> str:
    """The definition of one function, after the functions and tables it uses."""
    return sources([name])


def _collect(module: str, name: str, found: dict[str, str]) -> None:
    if name in found:
        return
    text, used = _definitions(module)[name]
    for other in used:
        thing = getattr(sys.modules[module], other)
        _collect(getattr(thing, "__module__", module), other, found)
    found[name] = text


@cache
def _definitions(module: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each definition of a module: its text, and the names of the package it uses."""
    source = inspect.getsource(sys.modules[module])
    tree = ast.parse(source)
    local = set(_defined(tree.body))
    return {
        name: (ANNOTATION.sub("", ast.get_source_segment(source, node) or ""), _used(node, local - {name}))
        for node in tree.body
        for name in _names(node)
    }


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name):
            yield name
        case ast.Assign([ast.Name(name)]):
            yield name


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        yield from _names(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(__name__):
            yield from (alias.name for alias in node.names)


def _used(node: ast.stmt, names: set[str]) -> tuple[str, ...]:
    loaded = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in names]
    return tuple(dict.fromkeys(loaded))
