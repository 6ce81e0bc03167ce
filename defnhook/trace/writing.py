"""Writes: what an assignment, an in-place operator or ``out=`` does to an array."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from defnhook.errors import DefnTypeError
from defnhook.trace import primitives, selections
from defnhook.trace.context import PlainDemand, require_current
from defnhook.trace.gathering import has_places, scatter
from defnhook.trace.indexing import place_of
from defnhook.trace.selections import Selection
from defnhook.trace.sizes import has_run_time_size
from defnhook.trace.storage import read_only
from defnhook.trace.stretching import NO_ROOM, Clash, agreed, fitted, into, without_lead
from defnhook.trace.tensor import Tensor, describe


def set_item(x: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    if x.kind != "array":
        kind = f"'{x.type}' object" if x.kind == "python" else f"'numpy.{x.dtype.name}' object"
        raise TypeError(f"{kind} does not support item assignment")
    check_writeable(x)
    chosen = selections.split(x, index)
    if chosen is not None:
        _set_selected(*chosen, value)
    elif has_places(index):
        scatter(x, index, value)
    else:
        assign(place_of(x, index), value)


def _set_selected(x: Tensor, mask: Tensor, value: Any) -> None:
    """``x[mask] = value``."""
    rest = x.type.shape[mask.ndim :]
    if isinstance(value, Selection):
        if not selections.same_value(value.mask.node, mask.node) or value.rest != rest:
            value.unknown("an assignment under another mask")
        where_assign(x, mask, value.values)
        return
    made = value if primitives.is_python(value) else primitives.as_tensor(value)
    if isinstance(made, Tensor) and made.ndim > len(rest) and made.type.shape[-len(rest) - 1] != 1:
        Selection(x, mask).unknown("an assignment of an array")
    spread = as_assigned(made, x.dtype, (*(1,) * mask.ndim, *rest))
    where_assign(x, mask, spread)


def assign(target: Tensor, value: Any) -> None:
    """Give all elements of an array, or of a part of one, those of a value that broadcasts."""
    target.write(as_assigned(value, target.dtype, target.shape).node)


def as_assigned(
    value: Any,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    message: str = "could not broadcast input array from shape {} into shape {}",
) -> Tensor:
    """A value in the dtype and shape of what it is assigned to; ``message`` says that its shape does not fit."""
    element = _converted(value, dtype)
    element = without_lead(element, len(shape), Clash(message, (element.type.shape, shape)))
    element = fitted(element, shape, Clash(message, (element.type.shape, shape)))
    if element.type.shape == shape:
        return element
    if not _spreads(element.shape, shape):
        raise ValueError(message.format(_listed(element.shape), _listed(shape)))
    return primitives.broadcast(element, shape)


def _spreads(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    pairs = zip(shape[::-1], wanted[::-1], strict=False)
    return len(shape) <= len(wanted) and all(mine in (1, other) for mine, other in pairs)


def _converted(value: Any, dtype: np.dtype[Any]) -> Tensor:
    if not isinstance(value, Tensor):
        if isinstance(value, primitives.PYTHON_NUMBERS) and not isinstance(value, np.generic):
            example = np.empty((), dtype)
            example[...] = value
            return primitives.constant(example[()])
        value = primitives.as_tensor(value)
    if value.dtype.kind == "c" and dtype.kind != "c":
        return _real_part(value, dtype)
    return primitives.cast(value, dtype)


def _real_part(value: Tensor, dtype: np.dtype[Any]) -> Tensor:
    if value.kind == "python":
        raise TypeError("float() argument must be a string or a real number, not 'complex'")
    return primitives.cast(value, dtype)


def check_writeable(x: Tensor) -> None:
    """Raise where the array is an argument that is read-only, or repeats its elements."""
    if x.storage is None:
        raise read_only()
    if x.alias is not None and x.alias.source is not None and not x.alias.view.flags.writeable:
        if require_current().region.inside:
            raise PlainDemand("an array that may be written in a loop or a branch is read-only")
        raise read_only()
    if x.storage.fixed:
        raise DefnTypeError(
            f"{x.storage.fixed} and is not changed by a marked function; write to a copy of it"
        )


def augmented(function: Callable[[Any, Any], Any], ufunc: Any, x: Tensor, value: Any) -> Tensor:
    """``x += value`` for an array: the result is written into its elements."""
    check_loop(ufunc, x, (x, value))
    if isinstance(value, Tensor) and ufunc.signature is None:
        value = into(x, value)
    result = _sized_for(x, function(x, value))
    check_result(ufunc, x, result)
    assign(x, result)
    return x


def _sized_for(x: Tensor, result: Tensor, spread: bool = False) -> Tensor:
    """A result whose lengths are those of the array it is written into, or stretch to them with ``spread``."""
    shapes = (x.type.shape, result.type.shape)
    if not any(map(has_run_time_size, shapes)):
        return result
    clash = Clash(NO_ROOM, shapes)
    if spread:
        return fitted(result, x.type.shape, clash)
    for axis, extent in enumerate(x.type.shape if result.ndim == x.ndim else ()):
        result = agreed(result, axis, extent, clash)
    return result


_OPERANDS = (Tensor, np.ndarray, np.generic, *primitives.PYTHON_NUMBERS, list, tuple)


def check_loop(
    ufunc: Any, out: Any, operands: Sequence[Any], dtype: Any = None, casting: Any = "same_kind"
) -> None:
    """Raise what NumPy raises before it looks at shapes: where the result of a ufunc cannot be cast to ``out``."""
    check_out(out)
    if selections.holds(operands) or not all(isinstance(each, _OPERANDS) for each in operands):
        return
    core = re.findall(r"\((.*?)\)", getattr(ufunc, "signature", None) or "")
    shape = (0,) * max((axes.count(",") + 1 for axes in core), default=1)

    def stand_in(value: Any) -> Any:
        if primitives.is_python(value):
            return primitives.sample(value)
        return np.zeros(shape, primitives.as_tensor(value).dtype)

    ufunc(*map(stand_in, operands), out=np.zeros(shape, out.dtype), dtype=dtype, casting=casting)


def single(out: Any) -> Any:
    """What ``out=`` names, which may be a tuple of one array."""
    if isinstance(out, tuple):
        (out,) = out
    return out


def check_out(out: Any) -> None:
    """Raise where a result cannot be written into ``out``, whatever it is."""
    if not isinstance(out, Tensor) or out.kind != "array":
        raise TypeError("return arrays must be of ArrayType")
    check_writeable(out)


def check_result(
    ufunc: Any, x: Tensor, result: Tensor, casting: Any = "same_kind", shape: tuple[int, ...] | None = None
) -> None:
    """Raise what NumPy raises where a result, or the shape it is spread over, has no room in the array."""
    shape = result.shape if shape is None else shape
    if not np.can_cast(result.dtype, x.dtype, casting):
        _raise_casting(ufunc, result, x, casting)
    if shape != x.shape:
        raise ValueError(NO_ROOM.format(_listed(x.shape), _listed(shape)))


def _listed(shape: tuple[int, ...]) -> str:
    return str(shape).replace(" ", "")


def _raise_casting(ufunc: Any, result: Tensor, x: Tensor, casting: Any) -> None:
    """Let NumPy raise its own error, of the class it has for ufuncs."""
    np.positive(np.ones((), result.dtype), out=np.ones((), x.dtype), casting=casting)
    raise TypeError(
        f"Cannot cast ufunc '{ufunc.__name__}' output from {result.dtype!r} to {x.dtype!r} with casting rule "
        f"{casting!r}"
    )


def store_result(
    out: Any, result: Any, spread: bool = False, casting: Any = "same_kind", mask: Tensor | None = None
) -> Tensor:
    """``out=``: the result written into an array where ``mask`` holds, which is what the call gives.

    With ``spread``, as for ufuncs, the array may be of a shape that the result is broadcast to.
    """
    target: Tensor = single(out)
    check_out(target)
    made = _sized_for(target, primitives.as_tensor(result), spread)
    mask = mask if mask is None else _sized_for(target, mask, True)
    whole = made.shape if mask is None else primitives.broadcast_shapes(made.shape, mask.shape)
    if spread and made.shape != target.shape and _spreads(whole, target.shape):
        made = primitives.broadcast(primitives.strong(made), target.shape)
        whole = target.shape
    if not spread and whole != target.shape:
        raise ValueError(NO_ROOM.format(_listed(target.shape), _listed(whole)))
    check_result(np.positive, target, made, casting, whole)
    if mask is None:
        assign(target, made)
    else:
        _assign_masked(target, primitives.broadcast(mask, target.shape), made)
    return target


def _assign_masked(target: Tensor, keep: Tensor, value: Any) -> None:
    """Write a value where a mask of the array's shape holds, and leave the rest."""
    from defnhook.trace.invoke import invoke

    chosen = as_assigned(value, target.dtype, target.shape)
    target.write(invoke(np.where, (keep, chosen, target), {}).node)


def where_assign(target: Tensor, mask: Any, value: Any) -> None:
    """Write a value where a mask of the leading axes holds, and leave the rest."""
    keep = aligned(primitives.cast(primitives.as_tensor(mask), np.bool_), target.shape)
    _assign_masked(target, keep, value)


def aligned(mask: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A mask of the leading axes for every element of an array."""
    surplus = len(shape) - mask.ndim
    return primitives.broadcast(primitives.reshape(mask, (*mask.shape, *(1,) * surplus)), shape)


def sort(x: Tensor, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    """``x.sort()``."""
    from defnhook.trace.invoke import invoke

    check_writeable(x)
    axis = normalize_axis_index(operator.index(axis), x.ndim)
    assign(x, invoke(np.sort, (x, axis, kind, order), {"stable": stable}))


def partition(x: Tensor, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
    """``x.partition(kth)``."""
    from defnhook.trace.invoke import invoke

    check_writeable(x)
    axis = normalize_axis_index(operator.index(axis), x.ndim)
    assign(x, invoke(np.partition, (x, kth, axis, kind, order), {}))


def fill(x: Tensor, value: Any) -> None:
    """``x.fill(value)``, which changes no NumPy scalar."""
    if x.kind == "scalar":
        if not isinstance(value, Tensor):
            np.zeros((), x.dtype).fill(value)
        return
    check_writeable(x)
    if isinstance(value, Tensor) and value.type.size != 1:
        raise ValueError(f"Input object to FillWithScalar is not a scalar, but {describe(value)}")
    if isinstance(value, Tensor) and value.ndim:
        value = primitives.reshape(value, ())
    assign(x, value)
