"""Changes of shape: the tracer's primitives and what NumPy builds on them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Composite, Structural
from defnhook.ops.layouts import is_fortran, reading_order

Shape = tuple[int, ...]


def folding_dtype(dtype: Any) -> Any:
    """The dtype in which NumPy adds up products of a dtype: float16 is rounded at the end."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def operand(value: Any) -> Any:
    """What NumPy's functions do first: numbers and lists become arrays, arrays and traced values stay."""
    if hasattr(value, "dtype"):
        return value
    if isinstance(value, list | tuple) and holds_traced(value):
        return np.stack([operand(item) for item in value])
    return np.asarray(value)


def crossed(a: Any, places: Sequence[Any]) -> Any:
    """The elements at all combinations of some places along each axis, in C order."""
    shapes = [tuple(-1 if other == axis else 1 for other in range(a.ndim)) for axis in range(a.ndim)]
    return a[tuple(np.reshape(each, shape) for each, shape in zip(places, shapes, strict=True))]


def as_array(value: Any) -> Any:
    """An array of what it is: NumPy's scalars too become arrays."""
    value = operand(value)
    if isinstance(value, np.generic):
        return np.asarray(value)
    return value if getattr(value, "kind", "array") == "array" else np.broadcast_to(value, value.shape)


def holds_traced(value: Any) -> bool:
    """Whether nested lists hold a traced value."""
    if isinstance(value, list | tuple):
        return any(map(holds_traced, value))
    return traced(value) is not None


def sample(value: Any) -> Any:
    """What stands for a value in promotion: a Python number for a Python number, otherwise its dtype."""
    if getattr(value, "kind", None) == "python":
        return value.dtype.type(0).item()
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        return type(value)(0)
    return operand(value).dtype


def held(x: Any) -> Any:
    """A value that derivatives take for a constant: where it cancels, so does its derivative."""
    return getattr(x, "held", x)


def traced(*values: Any) -> Any:
    """The first of the values that is traced, or None: what is given to NumPy as ``like``."""
    return next(
        (v for v in values if hasattr(v, "__array_function__") and not isinstance(v, np.ndarray)), None
    )


def known(value: Any, purpose: str) -> Any:
    """The elements of what has to be known while tracing; a traced value is asked for them."""
    if isinstance(value, list | tuple):
        return type(value)(known(item, purpose) for item in value)
    ask = getattr(value, "known", None)
    return value if ask is None else ask(purpose)


def lifted(value: Any, like: Any) -> Any:
    """A traced stand-in for an array that NumPy made, beside another value that is traced."""
    lift = getattr(like, "lift", None)
    return value if lift is None or traced(value) is not None else lift(value)


def forbid(fault: Any, error: type[Exception], message: str) -> None:
    """Raise where ``fault`` holds; at run time where only that knows."""
    if traced(fault) is not None:
        fault.forbid(error, message)
    elif fault:
        raise error(message)


def refuse_keyword(name: str, value: Any, allowed: tuple[Any, ...], instead: str) -> None:
    """Raise for a keyword that the language has only with some values."""
    if not any(value is each or (isinstance(each, str) and value == each) for each in allowed):
        raise DefnTypeError(f"{name}={value!r} is not part of the defn language. {instead}")


def check_device(device: Any) -> None:
    """Raise for the device of another array library."""
    if device not in (None, "cpu"):
        raise ValueError(f'Device not understood. Only "cpu" is allowed, but received: {device}')


def in_reading_order(a: Any, order: Any) -> Any:
    """A view whose elements, read in C order, are those of ``a`` read in another order."""
    if not isinstance(order, str | None):
        raise TypeError(f"order must be str, not {type(order).__name__}")
    if order == "A":
        order = "F" if is_fortran(a) else "C"
    order = order or "C"
    if order not in ("C", "F", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if order == "K":
        return np.transpose(a, reading_order(a))
    return np.transpose(a) if order == "F" else a


def refuse_out(out: Any) -> None:
    """Raise where a result is to be written into ``out``."""
    refuse_keyword("out", out, (None,), "Write `out[...] = result` instead.")


def sum_to(g: Any, shape: Shape) -> Any:
    """The adjoint of broadcasting: ``g`` summed over the axes along which ``shape`` was repeated."""
    lead = len(g.shape) - len(shape)
    stretched = [lead + place for place, extent in enumerate(shape) if extent == 1 != g.shape[lead + place]]
    axis = (*range(lead), *stretched)
    return np.reshape(np.sum(g, axis=axis), shape) if axis else g


def pieces(g: Any, lengths: Sequence[int], axis: int) -> tuple[Any, ...]:
    """``g`` cut into parts of these lengths along an axis."""
    before = (slice(None),) * axis
    ends = accumulate(lengths)
    return tuple(g[(*before, slice(end - length, end))] for length, end in zip(lengths, ends, strict=True))


# -- primitives


transpose = Structural(
    np.transpose,
    rule="transpose",
    vjp=lambda g, r, x, *, axes: (np.transpose(g, tuple(sorted(range(len(axes)), key=axes.__getitem__))),),
)
reshape = Structural(
    np.reshape,
    rule="reshape",
    vjp=lambda g, r, x, **_: (np.reshape(g, x.shape),),
)
broadcast_to = Structural(
    np.broadcast_to,
    rule="broadcast",
    vjp=lambda g, r, x, **_: (sum_to(g, x.shape),),
)
concatenate = Structural(
    np.concatenate,
    rule="concatenate",
    vjp=lambda g, r, *parts, axis: pieces(g, [part.shape[axis] for part in parts], axis),
)
# -- methods whose parameters differ from those of the function


def _method_reshape(a: Any, /, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
    keywords = {} if copy is None else {"copy": copy}
    return np.reshape(a, shape[0] if len(shape) == 1 else shape, order=order, **keywords)


def _method_transpose(a: Any, /, *axes: Any) -> Any:
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
        return np.transpose(a, axes[0])
    return np.transpose(a, axes or None)


def _flatten(a: Any, /, order: Any = "C") -> Any:
    return np.reshape(in_reading_order(a, order), -1).astype(a.dtype)


method_reshape = Composite(np.ndarray.reshape, methods=("reshape",), expand=_method_reshape)
method_transpose = Composite(np.ndarray.transpose, methods=("transpose",), expand=_method_transpose)
flatten = Composite(np.ndarray.flatten, methods=("flatten",), expand=_flatten)

# -- copies


def _copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    a = as_array(a)
    in_reading_order(a, order)
    return a.astype(a.dtype, order=order)


def _method_copy(a: Any, /, order: Any = "C") -> Any:
    copied = _copy(a, order)
    return copied if getattr(a, "kind", "array") == "array" else copied[()]


def _method_astype(
    x: Any,
    /,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Any:
    return x.astype(dtype, order, casting, subok, copy)


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if not (hasattr(x, "dtype") or isinstance(x, int | float | complex | str | bytes)):
        raise TypeError(f"Input should be a NumPy array or scalar. It is a {type(x)} instead.")
    check_device(device)
    return x.astype(dtype, copy=copy)


method_astype = Composite(np.ndarray.astype, methods=("astype",), expand=_method_astype)
if hasattr(np, "astype"):  # from NumPy 2.1 on
    astype = Composite(np.astype, expand=_astype)
copy = Composite(np.copy, expand=_copy)
method_copy = Composite(np.ndarray.copy, methods=("copy",), expand=_method_copy)


# -- views


def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    a = operand(a)
    first, second = normalize_axis_index(axis1, a.ndim), normalize_axis_index(axis2, a.ndim)
    axes = list(range(a.ndim))
    axes[first], axes[second] = second, first
    return np.transpose(a, axes)


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = operand(a)
    origins = normalize_axis_tuple(source, a.ndim, "source")
    places = normalize_axis_tuple(destination, a.ndim, "destination")
    if len(origins) != len(places):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    axes = [axis for axis in range(a.ndim) if axis not in origins]
    for place, origin in sorted(zip(places, origins, strict=True)):
        axes.insert(place, origin)
    return np.transpose(a, axes)


def _matrix_transpose(x: Any, /) -> Any:
    x = operand(x)
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return _swapaxes(x, -1, -2)


def _expand_dims(a: Any, axis: Any) -> Any:
    a = operand(a)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = a.ndim + len(axes)
    new = normalize_axis_tuple(axes, ndim)
    extents = iter(a.shape)
    return np.reshape(a, tuple(1 if place in new else next(extents) for place in range(ndim)))


def _squeeze(a: Any, axis: Any = None) -> Any:
    a = operand(a)
    ones = tuple(place for place, extent in enumerate(a.shape) if extent == 1)
    if not a.ndim and axis in (0, -1):
        return a
    gone = ones if axis is None else normalize_axis_tuple(axis, a.ndim)
    if any(place not in ones for place in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return np.reshape(a, tuple(n for place, n in enumerate(a.shape) if place not in gone)) if gone else a


def _ravel(a: Any, order: Any = "C") -> Any:
    a = operand(a)
    flat = np.reshape(in_reading_order(a, order), -1)
    strides = getattr(flat, "strides", None)
    return flat.astype(a.dtype) if strides and flat.size > 1 and strides[0] != a.itemsize else flat


def _flip(m: Any, axis: Any = None) -> Any:
    m = operand(m)
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if place in axes else slice(None) for place in range(m.ndim))]


def _fliplr(m: Any) -> Any:
    m = operand(m)
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return m[:, ::-1]


def _flipud(m: Any) -> Any:
    m = operand(m)
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return m[::-1, ...]


swapaxes = Composite(np.swapaxes, methods=("swapaxes",), expand=_swapaxes)
moveaxis = Composite(np.moveaxis, expand=_moveaxis)
matrix_transpose = Composite(np.matrix_transpose, expand=_matrix_transpose)
expand_dims = Composite(np.expand_dims, expand=_expand_dims)
squeeze = Composite(np.squeeze, methods=("squeeze",), expand=_squeeze)
ravel = Composite(np.ravel, methods=("ravel",), expand=_ravel)
flip = Composite(np.flip, expand=_flip)
fliplr = Composite(np.fliplr, expand=_fliplr)
flipud = Composite(np.flipud, expand=_flipud)

# -- arrays put together


def _atleast(ndim: int, *arrays: Any) -> Any:
    results = tuple(_with_axes(operand(a), ndim) for a in arrays)
    return results[0] if len(results) == 1 else results


def _with_axes(a: Any, ndim: int) -> Any:
    return a if a.ndim >= ndim else np.reshape(a, (1,) * (ndim - a.ndim) + tuple(a.shape))


def _stack(
    arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    parts = [operand(a) for a in arrays]
    if not parts:
        raise ValueError("need at least one array to stack")
    if len({tuple(part.shape) for part in parts}) != 1:
        raise ValueError("all input arrays must have the same shape")
    place = normalize_axis_index(operator.index(axis), parts[0].ndim + 1)
    return np.concatenate(
        [_expand_dims(p, place) for p in parts], axis=place, out=out, dtype=dtype, casting=casting
    )


def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return np.concatenate([_with_axes(operand(a), 2) for a in tup], axis=0, dtype=dtype, casting=casting)


def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = [_with_axes(operand(a), 1) for a in tup]
    axis = 0 if parts and parts[0].ndim == 1 else 1
    return np.concatenate(parts, axis=axis, dtype=dtype, casting=casting)


def _column_stack(tup: Any) -> Any:
    parts = [operand(a) for a in tup]
    return np.concatenate([p if p.ndim >= 2 else np.transpose(_with_axes(p, 2)) for p in parts], axis=1)


atleast_1d = Composite(np.atleast_1d, expand=lambda *arrays: _atleast(1, *arrays))
atleast_2d = Composite(np.atleast_2d, expand=lambda *arrays: _atleast(2, *arrays))
stack = Composite(np.stack, expand=_stack)
# NumPy warns of np.row_stack from 2.0 on.
vstack = Composite(np.vstack, aliases=(np.row_stack,) if "row_stack" in vars(np) else (), expand=_vstack)
hstack = Composite(np.hstack, expand=_hstack)
column_stack = Composite(np.column_stack, expand=_column_stack)


def lined_up(x: Any, mapped: bool, ndim: int) -> Any:
    """An operand whose axis of elements stands before as many axes."""
    missing = ndim + 1 - x.ndim
    return np.reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:])) if mapped and missing else x


def behind(axis: Any, ndim: int) -> Any:
    """An axis, or several, of an array that gets one more in front; None stands for all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple):
        return tuple(behind(each, ndim) for each in axis)
    return axis + 1 if axis >= 0 else axis
