"""How values lie in memory, where that is not how they are computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Storage:
    """A dtype that memory holds as another than that of the variables of a kernel.

    Attributes
    ----------
    held
        The dtype of the elements in memory.
    computed
        The dtype of the variables.
    load, store, rounded
        The functions of the emitter's library that make a variable of an element, an element of a variable, and a
        value that memory can hold of any other; empty where there is nothing to do.
    """

    held: np.dtype[Any]
    computed: np.dtype[Any]
    load: str = ""
    store: str = ""
    rounded: str = ""


STORED = {
    np.dtype(np.float16): Storage(
        np.dtype(np.uint16), np.dtype(np.float32), "from_half", "to_half", "rounded_half"
    ),
}


def storage(dtype: np.dtype[Any]) -> Storage:
    """How a dtype is held and computed with."""
    return STORED.get(dtype) or Storage(dtype, dtype)


def spelled(dtype: np.dtype[Any]) -> str:
    """A dtype as emitted code spells it."""
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"


def constructor(dtype: np.dtype[Any]) -> str:
    """The type of a kernel's variables for a dtype, as emitted code spells it."""
    return spelled(storage(dtype).computed)


def held(dtype: np.dtype[Any]) -> str:
    """The type of a kernel's memory for a dtype, as emitted code spells it."""
    return spelled(storage(dtype).held)


__all__ = ["STORED", "Storage", "constructor", "held", "storage"]
