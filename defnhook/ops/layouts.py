"""How arrays lie in memory, as the entries of the table ask it."""

from __future__ import annotations

from typing import Any


def is_fortran(a: Any) -> bool:
    """Whether an array is contiguous in F order and not in C order."""
    step, strides = a.dtype.itemsize, []
    for extent in a.shape:
        strides.append(step)
        step *= extent
    long = [axis for axis, extent in enumerate(a.shape) if extent != 1]
    actual: tuple[int, ...] = getattr(a, "strides", None) or ()
    return bool(actual) and len(long) > 1 and all(actual[axis] == strides[axis] for axis in long)


def memory_order(a: Any) -> tuple[int, ...]:
    """The axes from the outermost in memory to the innermost; in C order where the strides are not known."""
    strides = getattr(a, "strides", None) or (0,) * a.ndim
    return tuple(sorted(range(a.ndim), key=lambda axis: (-abs(strides[axis]), axis)))
