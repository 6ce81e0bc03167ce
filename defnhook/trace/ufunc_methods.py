"""``np.add.reduce``, ``accumulate``, ``outer`` and ``reduceat``, of every ufunc with two operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook import library
from defnhook.errors import DefnTypeError
from defnhook.ops import meaning
from defnhook.ops.steps import Shape, reduced_shape, same_shape, step
from defnhook.trace import primitives, steps
from defnhook.trace.gathering import ufunc_at
from defnhook.trace.layout import tiny
from defnhook.trace.tensor import Tensor

_FOLDS: dict[Any, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}


def is_method(callee: Any) -> bool:
    """Whether a callee is a method of a ufunc that is known here."""
    return isinstance(getattr(callee, "__self__", None), np.ufunc) and callee.__name__ in METHODS


def call_method(callee: Any, args: Any, keywords: Any) -> Any:
    """``np.add.reduce(...)`` in rewritten code."""
    return ufunc_method(callee.__self__, callee.__name__, args, keywords)


def ufunc_method(ufunc: Any, method: str, args: Any, keywords: dict[str, Any]) -> Any:
    """A method of a ufunc called with traced values."""
    if method == "at":
        return ufunc_at(ufunc.at, args, keywords)
    if meaning(ufunc) is None or method not in METHODS:
        known = ", ".join(METHODS)
        raise DefnTypeError(
            f"np.{ufunc.__name__}.{method}() is not part of the defn language; of an operation of the table it has the "
            f"methods {known} and at"
        )
    out = keywords.get("out")
    rest = {name: value for name, value in keywords.items() if name != "out"}
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return METHODS[method](ufunc, *args, **rest)
    return _into(out, ufunc, method, args, rest)


def _into(out: Any, ufunc: Any, method: str, args: Any, keywords: dict[str, Any]) -> Any:
    """The result written into an array, whose dtype decides in which one folds compute."""
    from defnhook.trace.writing import store_result

    place = 3 if method == "reduceat" else 2
    given = args[place] if len(args) > place else keywords.get("dtype")
    folds = method != "outer" and isinstance(out, Tensor)
    if folds and given is None:
        args, keywords = args[:place], keywords | {"dtype": _loop_into(out, ufunc, args[0])}
    result = METHODS[method](ufunc, *args, **keywords)
    return store_result(out, primitives.cast(result, out.dtype) if folds else result)


def _loop_into(out: Tensor, ufunc: Any, array: Any) -> Any:
    """The dtype in which a fold into an array computes; None where the array does not decide it."""
    x = primitives.as_tensor(array)
    try:
        return ufunc.resolve_dtypes((out.dtype, x.dtype, None), reduction=True)[2]
    except TypeError:
        return None


def _example(ufunc: Any, method: str, x: Tensor, **keywords: Any) -> Any:
    """What NumPy gives, or raises, for an array of the same kind at most two long an axis."""
    with np.errstate(all="ignore"):
        return getattr(ufunc, method)(tiny(x), **keywords)


def _axis_of(axis: Any) -> Any:
    return axis if axis is None or hasattr(axis, "__index__") else tuple(axis)


# -- reduce


def reduce_by(
    x: Any, *rest: Any, ufunc: Any, axis: Any, dtype: Any, keepdims: bool, names: tuple[str, ...]
) -> Any:
    keywords = dict(zip(names, rest, strict=True))
    if "initial" in keywords:
        keywords["initial"] = np.asarray(keywords["initial"])[()]
    return ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims, **keywords)


def _fold_shape(x: Shape, *rest: Shape, axis: Any, keepdims: bool, **others: Any) -> Shape:
    return reduced_shape(x, axis, keepdims) if x else ()


def _fold_example(x: Any, *rest: Any, ufunc: Any, axis: Any, dtype: Any, keepdims: bool, names: Any) -> Any:
    return ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


_REDUCED = step(
    reduce_by,
    _fold_shape,
    "it folds an operation of any sort. Differentiate np.sum, np.prod, np.max or np.min instead.",
    example=_fold_example,
)


def _reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    if out is not None:
        return ufunc_method(ufunc, "reduce", (array, axis, dtype), _kept(keepdims, initial, where, out))
    x = primitives.strong(primitives.as_tensor(array))
    axis = _axis_of(axis)
    example = _example(ufunc, "reduce", x, axis=axis, dtype=dtype, keepdims=keepdims)
    _check_identity(ufunc, x, initial, where)
    fold = _FOLDS.get(ufunc)
    if fold is None:
        return _reduced_in_numpy(ufunc, x, axis, dtype, keepdims, initial, where)
    if dtype is not None and fold not in (np.any, np.all):
        x = primitives.cast(x, example.dtype)
    from defnhook.trace.invoke import invoke

    keywords = {"axis": axis, "keepdims": bool(keepdims)} | ({} if where is True else {"where": where})
    first = initial is not np._NoValue and initial is not None
    if first and fold not in (np.any, np.all):
        return invoke(fold, (x,), keywords | {"initial": initial})
    result = invoke(fold, (x,), keywords)
    return invoke(ufunc, (initial, result), {}) if first else result


def _kept(keepdims: Any, initial: Any, where: Any, out: Any) -> dict[str, Any]:
    return {"keepdims": keepdims, "initial": initial, "where": where, "out": out}


def _check_identity(ufunc: Any, x: Tensor, initial: Any, where: Any) -> None:
    """Let NumPy raise where there is nothing to begin with."""
    keywords = {} if initial is np._NoValue else {"initial": None if initial is None else 0}
    if where is not True:
        keywords["where"] = False
    if keywords or not x.type.size:
        shape = tuple(min(extent, 1) for extent in x.shape)
        with np.errstate(all="ignore"):
            ufunc.reduce(np.ones(shape, x.dtype), axis=None if len(shape) == 1 else 0, **keywords)


def _reduced_in_numpy(
    ufunc: Any, x: Tensor, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    rest = {"where": (where, True), "initial": (initial, np._NoValue)}
    given = {name: value for name, (value, default) in rest.items() if value is not default}
    if given.get("initial", 0) is None:
        del given["initial"]
    return steps.library(
        _REDUCED,
        (x, *given.values()),
        ufunc=ufunc,
        axis=axis,
        dtype=dtype,
        keepdims=bool(keepdims),
        names=tuple(given),
    )


# -- the others


MANY = 1000  # elements; along the innermost axis NumPy's own loop is as fast or faster for more of them
_CHAINS = (np.add, np.multiply)


def accumulate_by(x: Any, *, ufunc: Any, axis: int, dtype: Any) -> Any:
    return ufunc.accumulate(x, axis=axis, dtype=dtype)


_ACCUMULATED = step(
    accumulate_by,
    same_shape,
    "it folds an operation of any sort. Differentiate np.cumsum or np.cumprod instead.",
)


def _accumulate(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    if out is not None:
        return ufunc_method(ufunc, "accumulate", (array, axis, dtype), {"out": out})
    from defnhook.trace.calls import call

    x = primitives.strong(primitives.as_tensor(array))
    example = _example(ufunc, "accumulate", x, axis=axis, dtype=dtype)
    place = axis[0] if isinstance(axis, tuple) else axis
    (place,) = normalize_axis_tuple(0 if place is None else place, x.ndim)
    if ufunc not in _CHAINS and x.order[-1] == place and x.type.size > MANY and not primitives.in_block():
        return steps.library(_ACCUMULATED, (x,), ufunc=ufunc, axis=place, dtype=dtype)
    return call(library.function("scans.running"), x, place, example.dtype, ufunc)


def _outer(ufunc: Any, a: Any, b: Any, /, **keywords: Any) -> Any:
    from defnhook.trace.invoke import invoke

    if ufunc.nin != 2:
        raise ValueError("outer product only supported for binary functions")
    left, right = (primitives.strong(primitives.as_tensor(each)) for each in (a, b))
    spread = primitives.reshape(left, (*left.shape, *(1,) * right.ndim)) if right.ndim else left
    return invoke(ufunc, (spread, right), keywords)


def reduce_at(x: Any, indices: Any, *, ufunc: Any, axis: int, dtype: Any) -> Any:
    return ufunc.reduceat(x, indices, axis=axis, dtype=dtype)


def _parts_shape(x: Shape, indices: Shape, *, axis: int, **others: Any) -> Shape:
    return (*x[:axis], *indices, *x[axis + 1 :])


def _parts_example(x: Any, indices: Any, *, ufunc: Any, axis: int, dtype: Any) -> Any:
    return ufunc.reduceat(x, np.zeros_like(indices), axis=axis, dtype=dtype)


_REDUCED_AT = step(
    reduce_at,
    _parts_shape,
    "it folds parts of an array. Differentiate np.sum of each part instead.",
    example=_parts_example,
)


def _reduceat(ufunc: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    if out is not None:
        return ufunc_method(ufunc, "reduceat", (array, indices, axis, dtype), {"out": out})
    x = primitives.strong(primitives.as_tensor(array))
    places = primitives.strong(primitives.as_tensor(indices))
    one = np.ones((1,) * x.ndim, x.dtype)
    with np.errstate(all="ignore"):
        ufunc.reduceat(one, np.zeros((0,) * places.ndim, places.dtype), axis=axis, dtype=dtype)
    (place,) = normalize_axis_tuple(axis, x.ndim)
    return steps.library(_REDUCED_AT, (x, places), ufunc=ufunc, axis=place, dtype=dtype)


METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "reduceat": _reduceat,
}

__all__ = ["call_method", "is_method", "ufunc_method"]
