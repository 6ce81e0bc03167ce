"""How arrays lie in memory, as the entries of the table ask it."""

from __future__ import annotations

from typing import Any


def is_c_contiguous(a: Any) -> bool:
    """Whether the elements of an array lie one after the other in C order."""
    step, strides = a.dtype.itemsize, getattr(a, "strides", None) or ()
    for extent, stride in zip(reversed(a.shape), reversed(strides), strict=False):
        if extent > 1 and stride != step:
            return 0 in a.shape
        step *= extent
    return True


def is_fortran(a: Any) -> bool:
    """Whether an array is contiguous in F order and not in C order."""
    step, strides = a.dtype.itemsize, []
    for extent in a.shape:
        strides.append(step)
        step *= extent
    long = [axis for axis, extent in enumerate(a.shape) if extent != 1]
    actual: tuple[int, ...] = getattr(a, "strides", None) or ()
    return (
        bool(actual)
        and 0 not in a.shape
        and len(long) > 1
        and all(actual[axis] == strides[axis] for axis in long)
    )


def reading_order(a: Any) -> tuple[int, ...]:
    """The axes in the order in which NumPy goes through an array: those that repeat their elements stay in place."""
    steps = [abs(step) for step in getattr(a, "strides", None) or (0,) * a.ndim]
    order: list[int] = []
    for axis in reversed(range(a.ndim)):
        place = 0
        for other, known in enumerate(order):
            if steps[known] and steps[axis]:
                if steps[axis] >= steps[known]:
                    break
                place = other + 1
        order.insert(place, axis)
    return tuple(order)


def memory_order(a: Any) -> tuple[int, ...]:
    """The axes from the outermost in memory to the innermost; in C order where the strides are not known."""
    strides = getattr(a, "strides", None) or (0,) * a.ndim
    return tuple(sorted(range(a.ndim), key=lambda axis: (-abs(strides[axis]), axis)))
