"""Functions of NumPy that ask what a value is, make an array of it, or call a function for one."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.errors import DefnTypeError
from defnhook.ops.shaping import check_device, known
from defnhook.trace import primitives
from defnhook.trace.invoke import invoke, traced_parts
from defnhook.trace.selections import Selection
from defnhook.trace.sizes import for_program
from defnhook.trace.tensor import Tensor

# -- what a value is


def _shape(a: Any) -> Any:
    if isinstance(a, Selection):
        return a.attribute("shape")
    return tuple(map(for_program, primitives.as_tensor(a).shape))


def _ndim(a: Any) -> int:
    return int(a.attribute("ndim") if isinstance(a, Selection) else primitives.as_tensor(a).ndim)


def _size(a: Any, axis: Any = None) -> Any:
    if axis is None:
        return a.attribute("size") if isinstance(a, Selection) else for_program(primitives.as_tensor(a).size)
    shape = _shape(a)
    return math.prod(shape[place] for place in normalize_axis_tuple(axis, len(shape)))


def _is_scalar(element: Any) -> bool:
    return element.kind != "array" if isinstance(element, Tensor) else np.isscalar(element)


def _is_iterable(y: Any) -> bool:
    return bool(y.ndim) if isinstance(y, Tensor) else np.iterable(y)


def _static(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of sizes and dtypes: computed while tracing."""

    def compute(*args: Any, **keywords: Any) -> Any:
        purpose = f"by np.{function.__name__}"
        values = {name: known(value, purpose) for name, value in keywords.items()}
        return function(*[known(value, purpose) for value in args], **values)

    return compute


# -- arrays made of values


def _array(
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    like: Any = None,
) -> Tensor:
    if ndmax:
        raise DefnTypeError("array() takes no keyword 'ndmax' inside a marked function; leave it out")
    if isinstance(object, Selection):
        return object.unknown("an array of its own")
    x = primitives.strong(primitives.as_tensor(object))
    result = primitives.cast(x, x.dtype if dtype is None else dtype, "array", bool(copy), order or "K")
    if copy is False and (result is not x or not isinstance(object, Tensor)):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    lacking = operator.index(ndmin) - result.ndim
    return result if lacking <= 0 else primitives.reshape(result, (1,) * lacking + result.shape)


def _as_array(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None, like: Any = None
) -> Tensor:
    check_device(device)
    return _array(a, dtype, copy=copy, order=order)


def _contiguous(order: str) -> Callable[..., Tensor]:
    def convert(a: Any, dtype: Any = None, *, like: Any = None) -> Tensor:
        return _array(a, dtype, copy=None, order=order, ndmin=1)

    return convert


# -- functions called for an array


def _from_function(
    function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **keywords: Any
) -> Any:
    from defnhook.trace.calls import call

    grids = invoke(np.indices, (shape,), {"dtype": dtype})
    return call(function, *[grids[place] for place in range(len(shape))], **keywords)


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **keywords: Any) -> Any:
    x = primitives.strong(primitives.as_tensor(x))
    conditions = [_condition(each, x) for each in _listed(condlist, x)]
    functions = list(funclist) if hasattr(funclist, "__len__") else [funclist]
    if len(functions) == len(conditions) + 1:
        conditions.append(invoke(np.logical_not, (_any_of(conditions),), {}))
    if len(functions) != len(conditions):
        count = len(conditions)
        raise ValueError(f"with {count} condition(s), either {count} or {count + 1} functions are expected")
    row = primitives.reshape(x, x.shape or (1,))
    result = invoke(np.zeros_like, (row,), {})
    for condition, function in zip(conditions, functions, strict=True):
        result[condition] = _value_for(function, row[condition], args, keywords)
    return result if x.ndim else primitives.reshape(result, ())


def _value_for(function: Any, part: Any, args: Any, keywords: Any) -> Any:
    from defnhook.trace.calls import call

    return call(function, part, *args, **keywords) if callable(function) else function


def _listed(conditions: Any, x: Tensor) -> list[Any]:
    """The conditions; one alone may be given without a list."""
    if isinstance(conditions, Tensor):
        return list(conditions) if conditions.ndim > (x.ndim > 0) else [conditions]
    several = isinstance(conditions, list | tuple)
    return list(conditions) if several and (not x.ndim or _is_array(conditions[0])) else [conditions]


def _is_array(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, Tensor) and value.kind == "array")


def _condition(value: Any, x: Tensor) -> Tensor:
    made = primitives.cast(primitives.strong(primitives.as_tensor(value)), np.bool_, kind="array")
    return made if x.ndim else primitives.reshape(made, (1,))


def _any_of(conditions: list[Tensor]) -> Any:
    found: Any = conditions[0]
    for each in conditions[1:]:
        found = invoke(np.logical_or, (found, each), {})
    return found


# -- places counted through


def _ndindex(*shape: Any) -> Iterator[tuple[int, ...]]:
    extents = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
    return np.ndindex(*map(operator.index, extents))


def _ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    a = primitives.as_tensor(arr)
    return ((place, a[place]) for place in np.ndindex(*map(operator.index, a.shape)))


def grid(dense: bool, key: Any) -> Any:
    """``np.mgrid[key]`` or ``np.ogrid[key]``."""
    items = tuple(map(_bounds, key)) if isinstance(key, tuple) else _bounds(key)
    vectors = traced_parts(np.ogrid[items])
    if not dense or isinstance(vectors, Tensor):
        return vectors
    return invoke(np.stack, (list(invoke(np.broadcast_arrays, vectors, {})),), {})


def _bounds(item: Any) -> Any:
    purpose = "as bounds of a grid"
    if not isinstance(item, slice):
        return known(item, purpose)
    return slice(*[known(part, purpose) for part in (item.start, item.stop, item.step)])


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.array: _array,
    np.asanyarray: _as_array,
    np.asarray: _as_array,
    np.ascontiguousarray: _contiguous("C"),
    np.asfortranarray: _contiguous("F"),
    np.broadcast_shapes: _static(np.broadcast_shapes),
    np.fromfunction: _from_function,
    np.isdtype: _static(np.isdtype),
    np.isscalar: _is_scalar,
    np.iterable: _is_iterable,
    np.min_scalar_type: _static(np.min_scalar_type),
    np.ndenumerate: _ndenumerate,
    np.ndim: _ndim,
    np.ndindex: _ndindex,
    np.piecewise: _piecewise,
    np.shape: _shape,
    np.size: _size,
}
