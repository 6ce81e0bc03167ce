"""What all functions of the library are made with."""

from __future__ import annotations

from typing import Any

from numba.extending import intrinsic


def widen(builder: Any) -> None:
    """Ask for the widest vectors: loops of plain arithmetic gain from them."""
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')


def defined(function: Any, name: str) -> Any:
    """A function as an intrinsic under a name of its own."""
    function.__name__ = function.__qualname__ = name
    return intrinsic(function)
