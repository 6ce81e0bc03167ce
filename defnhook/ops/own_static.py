"""What the functions that NumPy lacks ask while they are traced: plain Python about axes, shapes and windows."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.ops.shaping import known, sample

F = TypeVar("F", bound=Callable[..., Any])


def while_traced(function: F) -> F:
    """Let a function run while its caller is traced."""
    function.__defn_transform__ = True  # type: ignore[attr-defined]
    return function


def whole(name: str, value: Any, least: int | None = None) -> int:
    """An integer that is known while tracing."""
    try:
        number = operator.index(known(value, f"as {name}"))
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {value!r}; pass an int") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, but is {number}; pass a larger one")
    return number


checked_whole = while_traced(whole)


@while_traced
def held(x: Any) -> Any:
    """A value that derivatives take for a constant: where it cancels, so does its derivative."""
    return getattr(x, "held", x)


@while_traced
def axis_of(axis: Any, ndim: int) -> int:
    """One axis, counted from the front."""
    return normalize_axis_index(whole("axis", axis), ndim)


@while_traced
def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, counted from the front; all of them for None."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


@while_traced
def checked_kinds(name: str, array: Any, kinds: str, wanted: str) -> None:
    """Raise where the dtype of an array is of no such kind."""
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must hold {wanted}, not {array.dtype}; convert it with .astype()")


@while_traced
def for_each(name: str, value: Any, count: int, least: int = 1) -> tuple[int, ...]:
    """One integer for each axis: the same for all of them, or as many as there are."""
    if not isinstance(value, list | tuple):
        return (whole(name, value, least),) * count
    if len(value) != count:
        raise ValueError(
            f"{name} has {len(value)} numbers for {count} axes; pass one number, or one for each axis"
        )
    return tuple(whole(name, each, least) for each in value)


@while_traced
def spans(window: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """How far a window with gaps reaches along each axis."""
    return tuple((size - 1) * gap + 1 for size, gap in zip(window, dilation, strict=True))


@while_traced
def margins(
    padding: Any, shape: Sequence[int], reach: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, int, int], ...]:
    """What is put before and after each axis: ``"valid"`` nothing, ``"same"`` as much as keeps ``ceil(n / stride)``."""
    if isinstance(padding, str):
        return tuple(map(_named_margin, [padding] * len(shape), shape, reach, strides))
    pairs = [tuple(each) if _is_list(each) else () for each in padding] if _is_list(padding) else []
    if len(pairs) != len(shape) or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"padding must be 'valid', 'same' or a pair (before, after) for each of {len(shape)} axes, not {padding!r}"
        )
    return tuple((whole("padding", low), whole("padding", high), 0) for low, high in pairs)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _named_margin(padding: str, extent: int, reach: int, stride: int) -> tuple[int, int, int]:
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid', 'same' or pairs of integers, not {padding!r}")
    if padding == "valid":
        return (0, 0, 0)
    total = max((-(-extent // stride) - 1) * stride + reach - extent, 0)
    return (total // 2, total - total // 2, 0)


@while_traced
def padded_shape(shape: Sequence[int], config: Sequence[tuple[int, int, int]]) -> tuple[int, ...]:
    """The shape after padding with gaps between the elements."""
    return tuple(
        max(0, low + extent + max(extent - 1, 0) * interior + high)
        for extent, (low, high, interior) in zip(shape, config, strict=True)
    )


@while_traced
def padding_places(
    shape: Sequence[int], config: Sequence[tuple[int, int, int]]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where in the result elements go, and which elements those are."""
    pairs = list(map(_place, shape, config, padded_shape(shape, config)))
    return tuple(there for there, _ in pairs), tuple(here for _, here in pairs)


def _place(extent: int, config: tuple[int, int, int], size: int) -> tuple[slice, slice]:
    low, _, interior = config
    step = interior + 1
    first = max(0, -(low // step))
    last = min(extent, -((low - size) // step))
    if first >= last:
        return slice(0, 0), slice(0, 0)
    start = low + first * step
    return slice(start, start + (last - first - 1) * step + 1, step), slice(first, last)


@while_traced
def pad_config(padding: Any, ndim: int) -> tuple[tuple[int, int, int], ...]:
    """``(low, high, interior)`` for each axis."""
    rows = [tuple(each) if _is_list(each) else () for each in padding] if _is_list(padding) else []
    if len(rows) != ndim or any(len(row) != 3 for row in rows):
        raise ValueError(
            f"padding must hold one (low, high, interior) for each of {ndim} axes, not {padding!r}"
        )
    return tuple(
        (whole("low", low), whole("high", high), whole("interior", gap, 0)) for low, high, gap in rows
    )


@while_traced
def doublings(size: int, dilation: int) -> list[tuple[int, bool]]:
    """How the windows of a size come out of smaller ones: (offset of the second, whether both are alike)."""
    steps: list[tuple[int, bool]] = []
    for bit in bin(size)[3:]:
        length = steps_length(steps, dilation)
        steps.append((length * dilation, True))
        if bit == "1":
            steps.append((2 * length * dilation, False))
    return steps


def steps_length(steps: list[tuple[int, bool]], dilation: int) -> int:
    """The size of the windows after some steps."""
    length = 1
    for _, doubled in steps:
        length = 2 * length if doubled else length + 1
    return length


@while_traced
def cut(ndim: int, axis: int, part: slice) -> tuple[slice, ...]:
    """An index that is ``part`` along one axis and everything along the others."""
    return (*(slice(None),) * axis, part, *(slice(None),) * (ndim - axis - 1))


@while_traced
def product(numbers: Sequence[int]) -> int:
    """The product of integers."""
    return math.prod(numbers)


@while_traced
def is_static(value: Any) -> bool:
    """Whether a value is a number known while tracing."""
    return isinstance(value, int | np.integer)


@while_traced
def checked_shape(name: str, shape: Sequence[int], wanted: Sequence[int], way_out: str) -> None:
    """Raise where a shape is another than it has to be."""
    if tuple(shape) != tuple(wanted):
        raise ValueError(f"{name} has the shape {tuple(shape)}, not {tuple(wanted)}; {way_out}")


@while_traced
def checked_callable(name: str, value: Any) -> None:
    """Raise where a function is wanted and something else is given."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, not {value!r}; pass a function or a lambda")


@while_traced
def unsigned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The unsigned dtype of the same width."""
    return np.dtype(f"u{dtype.itemsize}")


@while_traced
def float_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which a function of real numbers is computed."""
    if dtype.kind == "f":
        return np.result_type(dtype, np.float32)
    return np.dtype(np.float64)


@while_traced
def checked_fits(name: str, length: int, extent: int) -> None:
    """Raise where more is wanted of an axis than it has."""
    if length > extent:
        raise ValueError(f"{name} is {length}, but the axis has {extent} elements; pass a smaller {name}")


@while_traced
def checked_starts(starts: Any, shape: Sequence[int], block: Sequence[int]) -> None:
    """Raise where a block does not fit into an array, or has no index for one of its axes."""
    count = len(starts) if _is_list(starts) else starts.shape[0] if getattr(starts, "ndim", 0) == 1 else None
    if count != len(shape):
        raise ValueError(f"start_indices must hold one integer for each of {len(shape)} axes, not {starts!r}")
    if len(block) != len(shape) or any(map(operator.gt, block, shape)):
        raise ValueError(
            f"values of the shape {tuple(block)} do not fit into {tuple(shape)}; pass as many axes, none longer"
        )


@while_traced
def spread_places(shape: Sequence[int], axis: int) -> Any:
    """The places along one axis of a block, in an array that broadcasts over it."""
    return np.arange(shape[axis]).reshape([-1 if place == axis else 1 for place in range(len(shape))])


@while_traced
def checked_coordinates(shape: Sequence[int], dtype: np.dtype[Any], ndim: int) -> None:
    """Raise where the last axis of an array is no place of another."""
    if dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, not {dtype}; convert them with .astype(np.int64)")
    if not shape or not 1 <= shape[-1] <= ndim:
        raise ValueError(
            f"indices of the shape {tuple(shape)} are no places of an array of {ndim} axes; "
            "give them along the last axis, one for each of the first axes of x"
        )


# -- windows


@while_traced
def window_sizes(window: Any, strides: Any, dilation: Any, ndim: int) -> tuple[tuple[int, ...], ...]:
    """The sizes of a window, how far it moves, and the gaps in it, along each axis."""
    return (
        for_each("window", window, ndim),
        for_each("strides", strides, ndim),
        for_each("dilation", dilation, ndim),
    )


@while_traced
def conv_shapes(strides: Any, between: Any, gaps: Any, ndim: int) -> tuple[tuple[int, ...], ...]:
    """How far kernels move, and how far the elements of arrays and kernels are apart, along each spatial axis."""
    return (
        for_each("strides", strides, ndim),
        for_each("input_dilation", between, ndim),
        for_each("kernel_dilation", gaps, ndim),
    )


@while_traced
def checked_kernel(shape: Sequence[int], kernel: Sequence[int], groups: Any) -> int:
    """The number of groups; raises where the kernels do not fit the arrays."""
    count = whole("feature_groups", groups, 1)
    if len(shape) < 3 or len(kernel) != len(shape):
        raise ValueError(
            f"x of the shape {tuple(shape)} and kernel of the shape {tuple(kernel)} must have as many axes, at least "
            "3; reshape them to (batch, channels, *space) and (out, channels // feature_groups, *window)"
        )
    if shape[1] != kernel[1] * count:
        raise ValueError(
            f"kernel has {kernel[1]} channels for each of {count} groups, but x has {shape[1]}; "
            "pass a kernel with channels // feature_groups along axis 1"
        )
    if kernel[0] % count or not all(kernel[2:]):
        raise ValueError(
            f"kernel of the shape {tuple(kernel)} does not divide into {count} groups of windows that are not empty; "
            "pass a multiple of feature_groups along axis 0"
        )
    return count


@while_traced
def checked_reach(name: str, reach: Sequence[int], shape: Sequence[int]) -> None:
    """Raise where windows reach farther than an array with its padding."""
    if any(map(operator.gt, reach, shape)):
        raise ValueError(
            f"{name} reaches over {tuple(reach)} elements, but the array with its padding has {tuple(shape)}; "
            f"pass a smaller {name} or more padding"
        )


@while_traced
def steps(first: int, moves: Sequence[int], gaps: Sequence[int]) -> tuple[slice, ...]:
    """Every so many places, and of what is seen there every so many elements."""
    return (*(slice(None),) * first, *(slice(None, None, step) for step in (*moves, *gaps)))


@while_traced
def offsets(
    shape: Sequence[int], window: Sequence[int], moves: Sequence[int], gaps: Sequence[int]
) -> list[tuple[Any, ...]]:
    """For each element of a window what it sees of the spatial axes, as an index of the whole array."""
    lasts = [extent - reach + 1 for extent, reach in zip(shape, spans(window, gaps), strict=True)]
    return [
        (
            ...,
            *(
                slice(i * gap, i * gap + last, move)
                for i, gap, last, move in zip(place, gaps, lasts, moves, strict=True)
            ),
        )
        for place in np.ndindex(*window)
    ]


@while_traced
def lowest(dtype: np.dtype[Any]) -> Any:
    """What is greater than no number of a dtype."""
    if dtype.kind == "b":
        return dtype.type(False)
    return dtype.type(-np.inf if dtype.kind == "f" else np.iinfo(dtype).min)


@while_traced
def highest(dtype: np.dtype[Any]) -> Any:
    """What is less than no number of a dtype."""
    if dtype.kind == "b":
        return dtype.type(True)
    return dtype.type(np.inf if dtype.kind == "f" else np.iinfo(dtype).max)


@while_traced
def total_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a sum."""
    found: np.dtype[Any] = np.sum(np.zeros(1, dtype)).dtype
    return found


@while_traced
def mean_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a mean."""
    return np.mean(np.zeros(1, dtype)).dtype


@while_traced
def kept_shape(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """A shape with the length 1 along some axes."""
    return tuple(1 if place in axes else extent for place, extent in enumerate(shape))


@while_traced
def common_dtype(*values: Any) -> np.dtype[Any]:
    """The dtype to which arrays and numbers promote."""
    return np.result_type(*map(sample, values))
