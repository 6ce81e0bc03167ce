"""Calls of table entries: NumPy's parameters in, primitives or other entries out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from defnhook import library
from defnhook.errors import DefnTypeError
from defnhook.ops import METHODS as TABLE_METHODS
from defnhook.ops import meaning
from defnhook.ops.kinds import Composite, Elementwise, Library, Op, Plain, Reduction, Structural, Written
from defnhook.ops.shaping import check_device, known
from defnhook.trace import building, primitives, selections, steps, views
from defnhook.trace.context import PlainDemand, require_current
from defnhook.trace.keywords import accepted_by, refusal, supported
from defnhook.trace.layout import keep_byte_order, phantom, tiny
from defnhook.trace.tensor import Tensor, order_of
from defnhook.trace.ufuncs import call_elementwise, mask_of
from defnhook.trace.writing import check_loop, fill, partition, single, sort, store_result

__all__ = ["METHODS", "invoke", "invoke_method", "invoke_op"]

_DEFAULTS = {
    "casting": "same_kind",
    "order": "K",
    "subok": True,
    "where": True,
    "out": None,
    "like": None,
    "dtype": None,
    "device": None,
}


def invoke(function: Callable[..., Any], args: Any, keywords: Any) -> Any:
    """A NumPy function called with traced values."""
    op = meaning(function)
    if op is None:
        name = getattr(function, "__name__", repr(function))
        raise DefnTypeError(f"{name}() is not part of the defn language")
    return invoke_op(op, args, keywords)


def invoke_op(op: Op, args: Any, keywords: Any) -> Any:
    """An entry called with traced values or numbers; arrays that come out are traced."""
    if selections.holds((args, keywords)):
        return selections.applied(op, args, keywords)
    if isinstance(op, Elementwise):
        result = call_elementwise(op, args, keywords)
        return primitives.constant(result) if isinstance(result, np.ndarray) else result
    out = keywords.get("out")
    if out is not None:
        rest = {name: value for name, value in keywords.items() if name != "out"}
        _check_loop(op, args, rest, out)
        return _returned(op, args, store_result(out, invoke_op(op, args, rest), _spreads(op)))
    for kind, handler in _HANDLERS:
        if isinstance(op, kind):
            return traced_parts(handler(op, args, keywords))
    raise DefnTypeError(f"{op.name}() is of a kind that cannot be traced")


def traced_parts(result: Any) -> Any:
    """A result whose arrays are traced, those too that NumPy made while tracing."""
    if isinstance(result, np.ndarray):
        return primitives.boxed(result)
    if type(result) in (list, tuple):
        return type(result)(map(traced_parts, result))
    return result


def invoke_method(value: Tensor, name: str, *args: Any, **keywords: Any) -> Any:
    """A method of ``ndarray`` on a traced value."""
    special = _SPECIAL_METHODS.get(name)
    if special is not None:
        return special(value, *args, **keywords)
    return invoke_op(TABLE_METHODS[name], (value, *args), keywords)


def _is_ufunc(op: Op) -> bool:
    return isinstance(op.numpy, np.ufunc) or op.numpy is np.clip


def _spreads(op: Op) -> bool:
    return _is_ufunc(op) or op.numpy in (np.fix, np.isneginf, np.isposinf)


def _returned(op: Op, args: Any, stored: Tensor) -> Tensor:
    """What a call with ``out=`` gives: the array; of the methods of a NumPy scalar, a scalar again."""
    if op.numpy is np.dot and not stored.ndim:
        return primitives.cast(stored, stored.dtype, "scalar")
    method = op.methods or op.numpy in (np.clip, np.var, np.std)
    if method and args and isinstance(args[0], Tensor) and args[0].kind == "scalar" and not stored.ndim:
        return primitives.cast(stored, stored.dtype, "scalar")
    return stored


def _check_loop(op: Op, args: Any, keywords: dict[str, Any], out: Any) -> None:
    """Raise where NumPy would not even look at the shapes of operands and ``out``."""
    if _is_ufunc(op) and keywords.keys() <= {"dtype"}:
        check_loop(op.numpy, single(out), args, keywords.get("dtype"))


def _drop_defaults(op: Op, keywords: dict[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    rest = {}
    for name, value in keywords.items():
        if name in allowed:
            rest[name] = value
        elif name not in _DEFAULTS:
            raise TypeError(f"{op.name}() got an unexpected keyword argument {name!r}")
        elif isinstance(value, Tensor) or (value is not _DEFAULTS[name] and value != _DEFAULTS[name]):
            raise refusal(op, name)
    return rest


def _reduction(op: Reduction, args: Any, keywords: dict[str, Any]) -> Any:
    names = [
        "a",
        "axis",
        *(["dtype"] if "dtype" in op.keywords else []),
        "out",
        "keepdims",
        "initial",
        "where",
    ]
    if len(args) > len(names):
        raise TypeError(f"{op.name}() takes at most {len(names)} positional arguments")
    bound = dict(zip(names, args, strict=False))
    for name, value in keywords.items():
        if name in bound or name not in names or (name in ("initial", "where") and name not in op.keywords):
            raise TypeError(f"{op.name}() got an unexpected keyword argument {name!r}")
        bound[name] = value
    out = bound.pop("out", None)
    result = _masked_reduction(op, bound)
    return result if out is None else _returned(op, (bound["a"],), store_result(out, result))


def _masked_reduction(op: Reduction, bound: dict[str, Any]) -> Any:
    x = primitives.strong(primitives.as_tensor(bound["a"]))
    axis, dtype, keep = bound.get("axis"), bound.get("dtype"), bound.get("keepdims", False)
    initial = bound.get("initial", np._NoValue)
    if initial is None:
        _check_identity(op, x, axis, bound.get("where", True))
    initial = None if initial is np._NoValue else initial
    mask = bound.get("where", True)
    if mask is not True and mask is not np._NoValue:
        x = _masked(op, x, mask_of(mask), initial, dtype)
    neutral = None if initial is None else beyond(op, x.dtype)
    result = primitives.reduce(op, x, axis, dtype, keep is not np._NoValue and bool(keep), neutral)
    if initial is not None:
        result = invoke(_COMBINE[op.numpy], (result, _first(initial, result.dtype)), {})
    return result


_COMBINE = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
    np.any: np.logical_or,
    np.all: np.logical_and,
}


def _check_identity(op: Reduction, x: Tensor, axis: Any, mask: Any) -> None:
    """Raise what NumPy raises where nothing is to be folded and ``initial=None`` says that there is no identity."""
    stand_in = np.zeros([min(extent, 1) for extent in x.shape], x.dtype)
    op.numpy(
        stand_in,
        axis=axis,
        initial=None,
        **({} if mask is True or mask is np._NoValue else {"where": stand_in == 0}),
    )


def beyond(op: Reduction, dtype: np.dtype[Any]) -> Any:
    """What a maximum of nothing begins with, where the initial value is taken in afterwards."""
    if dtype.kind == "c":
        return dtype.type(complex(np.inf, np.inf) if op.numpy is np.min else complex(-np.inf, -np.inf))
    if dtype.kind == "b":
        return dtype.type(op.numpy is np.min)
    limits = np.iinfo(dtype) if dtype.kind in "iu" else None
    if op.numpy is np.min:
        return dtype.type(limits.max if limits else np.inf)
    return dtype.type(limits.min if limits else -np.inf)


def _first(initial: Any, dtype: np.dtype[Any]) -> Tensor:
    """The initial value in the dtype of a reduction: Python integers have to fit, floats are cut off."""
    if primitives.is_python(initial) and isinstance(primitives.sample(initial), int):
        return primitives.number_as(initial, dtype)
    return primitives.cast(primitives.strong(primitives.as_tensor(initial)), dtype)


def _masked(op: Reduction, x: Tensor, mask: Tensor, initial: Any, dtype: Any) -> Tensor:
    """The operand with the identity in place of what the mask leaves out."""
    neutral = {np.sum: 0, np.prod: 1, np.any: False, np.all: True}.get(op.numpy, initial)
    if neutral is None:
        raise ValueError(
            f"reduction operation '{_COMBINE[op.numpy].__name__}' does not have an identity, so to use a where "
            "mask one has to specify 'initial'"
        )
    if dtype is not None:
        x = primitives.cast(x, dtype)
    if neutral is initial:
        neutral = _first(initial, x.dtype)
    keep = primitives.broadcast(mask, x.shape)
    return invoke(np.where, (keep, x, neutral), {})  # type: ignore[no-any-return]


# Those whose result is a view that may not be written.
_READ_ONLY = (np.diagonal, sliding_window_view)
_LIKE = (np.copy, np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.roll)


def _composite(op: Composite, args: Any, keywords: dict[str, Any]) -> Any:
    if op.numpy in _LIKE and args:
        keep_byte_order(args[0])
    args = [primitives.boxed(value) if isinstance(value, np.ndarray) else value for value in args]
    args[:1] = [_stacked(value) if op.methods else value for value in args[:1]]
    keywords = supported(op, accepted_by(op.expand), keywords)
    if op.makes:
        keywords = {"like": primitives.constant(0.0), **keywords}
    result = op.expand(*args, **keywords)
    if op.ordered and isinstance(result, Tensor) and result.ndim > 1:
        return _ordered(op, args, keywords, result)
    if op.numpy is np.roll and isinstance(args[0], Tensor) and isinstance(result, Tensor):
        whole = len(args) < 3 and keywords.get("axis") is None
        return primitives.cast(result, result.dtype, order="C" if whole else args[0].order)
    if op.numpy in _READ_ONLY and isinstance(args[0], Tensor) and result is not args[0]:
        return building.as_view(
            result,
            args[0],
            lambda a: op.numpy(a, *known(tuple(args[1:]), f"by {op.name}()"), **keywords),
            lambda a: op.expand(a, *args[1:], **keywords),
        )
    return result


def _ordered(op: Composite, args: Any, keywords: dict[str, Any], result: Tensor) -> Any:
    """A result in the memory order of NumPy's own."""
    if isinstance(args[0], str):
        args = [args[0], *map(primitives.as_tensor, args[1:])]
    operands = [primitives.strong(each) if isinstance(each, Tensor) else each for each in args]
    if keywords.get("optimize", False) is not False:
        large = [phantom(each) if isinstance(each, Tensor) else each for each in operands]
        keywords = keywords | {"optimize": np.einsum_path(*large, optimize=keywords["optimize"])[0]}
    order = order_of(op.numpy(*[tiny(x) if isinstance(x, Tensor) else x for x in operands], **keywords))
    return result if order == result.order else primitives.cast(result, result.dtype, order=order)


def _written(op: Written, args: Any, keywords: dict[str, Any]) -> Any:
    from defnhook.trace.calls import call

    args = map(_stacked, args) if op.arrays else args
    function = library.function(op.source)
    return call(function, *args, **supported(op, accepted_by(inspect.unwrap(function)), keywords))


def _stacked(value: Any) -> Any:
    """A list that holds traced values, as the array NumPy makes of it."""
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
        return primitives.as_tensor(value)
    return value


def _structural(op: Structural, args: Any, keywords: dict[str, Any]) -> Any:
    return _RULES[op.rule](op, *args, **keywords)


def _transpose_rule(op: Op, a: Any, axes: Any = None) -> Tensor:
    return primitives.transpose(a, axes)


def _reshape_rule(op: Op, a: Any, shape: Any, order: Any = "C", *, copy: Any = None) -> Tensor:
    return views.reshape(a, shape, order, copy)


def _broadcast_rule(op: Op, array: Any, shape: Any, subok: bool = False) -> Tensor:
    return primitives.broadcast(array, shape)


def _full_rule(
    op: Op, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **rest: Any
) -> Tensor:
    if order not in ("C", "F"):
        raise ValueError("only 'C' or 'F' order is permitted")
    rest.pop("like", None)
    check_device(rest.pop("device", None))
    _drop_defaults(op, rest, ())
    made = building.full(shape, fill_value, dtype)
    return primitives.cast(made, made.dtype, order="F") if order == "F" else made


def _empty_rule(op: Op, shape: Any, dtype: Any = float, order: str = "C", **rest: Any) -> Tensor:
    if order not in ("C", "F"):
        raise ValueError("only 'C' or 'F' order is permitted")
    rest.pop("like", None)
    check_device(rest.pop("device", None))
    _drop_defaults(op, rest, ())
    if order == "C":
        return building.blank(shape, dtype)
    extents = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    return building.blank(extents[::-1], dtype).T


def _iota_rule(
    op: Op, start: Any, stop: Any = None, step: Any = None, dtype: Any = None, **rest: Any
) -> Tensor:
    rest.pop("like", None)
    check_device(rest.pop("device", None))
    _drop_defaults(op, rest, ())
    return building.iota(start, stop, step, dtype)


def _concatenate_rule(op: Op, arrays: Any, axis: Any = 0, out: Any = None, **rest: Any) -> Tensor:
    _drop_defaults(op, rest, ("dtype", "casting"))
    joined = building.concatenate(list(arrays), axis, rest.get("dtype"), rest.get("casting", "same_kind"))
    return joined if out is None else store_result(out, joined)


_RULES: dict[str, Callable[..., Any]] = {
    "transpose": _transpose_rule,
    "reshape": _reshape_rule,
    "broadcast": _broadcast_rule,
    "full": _full_rule,
    "empty": _empty_rule,
    "iota": _iota_rule,
    "concatenate": _concatenate_rule,
}


def _plain(op: Plain, args: Any, keywords: dict[str, Any]) -> NoReturn:
    """The function being traced runs as plain Python, except inside of loops and branches, where that is an error."""
    if not require_current().region.inside:
        raise PlainDemand(f"the size of {op.name}() depends on the elements")
    raise DefnTypeError(
        f"the size of {op.name}() depends on the elements, and arrays of such a size are not known to compiled loops "
        f"and branches; {op.instead}"
    )


def _astype(
    value: Tensor,
    dtype: Any,
    order: str = "K",
    casting: str = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Tensor:
    if not np.can_cast(value.dtype, np.dtype(dtype), casting):  # type: ignore[arg-type]
        raise TypeError(
            f"Cannot cast array data from {value.dtype!r} to {np.dtype(dtype)!r} according to the rule {casting!r}"
        )
    return primitives.cast(value, dtype, copy=copy and value.kind == "array", order=order)


def _copy(value: Tensor, order: Any = "C") -> Tensor:
    np.empty(0).copy(order)  # raises for what is no order
    return primitives.cast(value, value.dtype, copy=value.kind == "array", order=order)


def _reshape_method(value: Tensor, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    wanted = shape[0] if len(shape) == 1 else shape
    return invoke(np.reshape, (value, wanted), {"order": order, "copy": copy})


def _transpose_method(value: Tensor, *axes: Any) -> Any:
    wanted = (
        axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], list | tuple)) else axes or None
    )
    return invoke(np.transpose, (value, wanted), {})


def _conjugate(value: Tensor) -> Any:
    """The method gives a real array itself, where the function gives a copy."""
    return invoke(np.conjugate, (value,), {}) if value.dtype.kind == "c" else value


_SPECIAL_METHODS: dict[str, Callable[..., Any]] = {
    "conj": _conjugate,
    "conjugate": _conjugate,
    "astype": _astype,
    "copy": _copy,
    "reshape": _reshape_method,
    "transpose": _transpose_method,
    "fill": fill,
    "partition": partition,
    "sort": sort,
    "view": views.view,
}

METHODS = frozenset({*TABLE_METHODS, *_SPECIAL_METHODS})

_HANDLERS: tuple[tuple[type[Op], Callable[..., Any]], ...] = (
    (Reduction, _reduction),
    (Composite, _composite),
    (Written, _written),
    (Structural, _structural),
    (Library, steps.call),
    (Plain, _plain),
)
