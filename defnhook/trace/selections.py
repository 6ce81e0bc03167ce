"""``x[mask]``: the elements where a mask holds, kept as the array and the mask for as long as that is enough."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.graph import CONSTANT, EFFECTS, Node
from defnhook.ops import BY_MEANING
from defnhook.ops.kinds import Elementwise, Op, Reduction
from defnhook.trace import primitives
from defnhook.trace.context import PlainDemand, require_current
from defnhook.trace.sizes import is_run_time
from defnhook.trace.stretching import Clash, agreed
from defnhook.trace.tensor import Tensor


class Selection:
    """The elements of ``values`` at which ``mask``, over their leading axes, is true."""

    __slots__ = ("mask", "values")

    def __init__(self, values: Tensor, mask: Tensor) -> None:
        self.values = values
        self.mask = mask

    @property
    def count(self) -> Tensor:
        """How many places the mask selects, as a Python number."""
        from defnhook.trace.invoke import invoke

        return primitives.host(int, invoke(np.sum, (self.mask,), {}))

    @property
    def rest(self) -> tuple[int, ...]:
        """The shape of what each selected place holds."""
        return self.values.type.shape[self.mask.ndim :]

    @property
    def spread_mask(self) -> Tensor:
        """The mask for every element."""
        from defnhook.trace.writing import aligned

        return aligned(self.mask, self.values.type.shape)

    def attribute(self, label: str) -> Any:
        """``x[mask].label``."""
        if label == "shape":
            return (self.count, *self.rest)
        if label == "ndim":
            return 1 + len(self.rest)
        if label == "dtype":
            return self.values.dtype
        if label == "size" and not self.rest:
            return self.count
        return self.unknown(f".{label}")

    def unknown(self, what: str) -> NoReturn:
        """Leave what needs the elements one after the other to NumPy, or refuse it inside of loops and branches."""
        if not require_current().region.inside:
            raise PlainDemand(f"the size of x[mask] depends on its elements, and {what} needs it")
        raise DefnTypeError(
            f"the size of x[mask] depends on the elements, and {what} needs it, which compiled loops and branches do "
            "not have; use np.where(mask, x, 0), x[mask] = value, or a reduction of x[mask]"
        )

    def __bool__(self) -> bool:
        self.unknown("a condition")

    def __iter__(self) -> Any:
        self.unknown("a loop over it")

    def __len__(self) -> int:
        self.unknown("len()")


def element(x: Tensor, index: Any) -> Any:
    """``x[index]``: a view or an element, elements at places, or a selection."""
    from defnhook.trace.gathering import gathered, has_places
    from defnhook.trace.indexing import getitem

    chosen = split(x, index)
    if chosen is not None:
        return Selection(*chosen)
    return gathered(x, index) if has_places(index) else getitem(x, index)


def split(x: Tensor, index: Any) -> tuple[Tensor, Tensor] | None:
    """The view and the mask of an index with one mask, or None for any other index."""
    items = list(index) if isinstance(index, tuple) else [index]
    masks = [place for place, item in enumerate(items) if is_mask(item)]
    if len(masks) != 1:
        return None
    place = masks[0]
    mask = primitives.as_tensor(items[place])
    if any(not isinstance(item, int | Tensor) for item in items[:place]):
        return None
    around = (*items[:place], *[slice(None)] * mask.ndim, *items[place + 1 :])
    view = (
        x
        if all(item == slice(None) for item in around if isinstance(item, slice)) and len(around) == mask.ndim
        else x[around]
    )
    return view, _mask_of(view, mask)


def is_mask(index: Any) -> bool:
    """Whether an index is one array of truth values."""
    return isinstance(index, Tensor | np.ndarray) and index.dtype == np.bool_ and bool(index.ndim)


def _mask_of(x: Tensor, mask: Tensor) -> Tensor:
    """The mask for an array, whose lengths it has, which is checked at run time where need be.

    A mask without elements along an axis chooses nothing of any array.
    """
    for axis, (extent, other) in enumerate(zip(x.type.shape, mask.type.shape, strict=False)):
        message = (
            f"boolean index did not match indexed array along axis {axis}; size of axis is {{}} but size of "
            "corresponding boolean axis is {}"
        )
        if is_run_time(extent) or is_run_time(other):
            mask = agreed(mask, axis, extent, Clash(message, (), IndexError, (extent, other)))
        elif extent != other and other:
            raise IndexError(message.format(extent, other))
    if mask.ndim > x.ndim:
        raise IndexError(
            f"too many indices for array: array is {x.ndim}-dimensional, but {mask.ndim} were indexed"
        )
    shape = x.type.shape[: mask.ndim]
    if 0 in mask.type.shape and mask.type.shape != shape:
        return primitives.broadcast(primitives.constant(np.False_), shape)
    return mask


def holds(value: Any) -> bool:
    """Whether arguments hold a selection."""
    if isinstance(value, dict):
        return any(map(holds, value.values()))
    return isinstance(value, Selection) or (isinstance(value, list | tuple) and any(map(holds, value)))


def applied(op: Op, args: Any, keywords: dict[str, Any]) -> Any:
    """An entry of the table called with selections."""
    if isinstance(op, Elementwise) and not keywords:
        return _elementwise(op, args)
    if isinstance(args[0], Selection) and not holds((args[1:], keywords)):
        axis = args[1] if len(args) > 1 else keywords.get("axis")
        simple = len(args) <= 2 and set(keywords) <= {"axis"} and axis in (None, 0)
        if simple and (isinstance(op, Reduction) or op.numpy in _STATISTICS):
            return _reduced(op, args[0], axis)
    return _first((args, keywords)).unknown(f"{op.name}()")


def _first(value: Any) -> Selection:
    """The first selection among arguments."""
    if isinstance(value, Selection):
        return value
    parts = value.values() if isinstance(value, dict) else value
    return _first(next(each for each in parts if holds(each)))


def same_value(a: Node, b: Node, depth: int = 8) -> bool:
    """Whether two nodes surely hold the same: they are one, or compute the same from the same."""
    if a is b:
        return True
    if not depth or a.op is not b.op or a.type != b.type or not a.inputs or len(a.inputs) != len(b.inputs):
        return False
    if a.op in EFFECTS or set(a.params) != set(b.params):
        return False
    if any(a.params[name] is not b.params[name] and a.params[name] != b.params[name] for name in a.params):
        return False
    pairs = zip(a.inputs, b.inputs, strict=True)
    return all(same_value(x, y, depth - 1) or _same_constant(x, y) for x, y in pairs)


def _same_constant(a: Node, b: Node) -> bool:
    if a.op is not CONSTANT or b.op is not CONSTANT or a.type != b.type or a.ndim:
        return False
    return bool(a.params["value"] == b.params["value"])


def _elementwise(op: Elementwise, args: Any) -> Any:
    from defnhook.trace.invoke import invoke_op

    first = next(each for each in args if isinstance(each, Selection))
    for each in args:
        if isinstance(each, Selection):
            fits = same_value(each.mask.node, first.mask.node) and each.rest == first.rest
        else:
            fits = primitives.as_tensor(each).ndim <= len(first.rest)
        if not fits:
            first.unknown(f"{op.name}() with another array")
    values = [each.values if isinstance(each, Selection) else each for each in args]
    result = invoke_op(op, values, {})
    return Selection(result, first.mask)


_STATISTICS = (np.mean, np.var, np.std)


def _reduced(op: Op, x: Selection, axis: Any) -> Any:
    axes = tuple(range(x.values.ndim if axis is None else x.mask.ndim))
    if op.numpy is np.mean:
        return _mean(x, axes)
    if op.numpy in (np.var, np.std):
        return _variance(op, x, axes)
    if op.numpy in (np.argmax, np.argmin):
        return x.unknown(f"{op.name}()")
    from defnhook.trace.invoke import invoke

    keywords: dict[str, Any] = {"axis": axes, "where": x.spread_mask}
    if op.numpy in (np.max, np.min):
        _check_not_empty(op, x)
        keywords["initial"] = _beyond(op, x.values.dtype)
    return invoke(op.numpy, (x.values,), keywords)


def _beyond(op: Op, dtype: np.dtype[Any]) -> Any:
    """What is never the extreme of a selection that has elements."""
    from defnhook.trace.invoke import beyond

    assert isinstance(op, Reduction)
    return beyond(op, dtype)


def _check_not_empty(op: Op, x: Selection) -> None:
    from defnhook.trace.conditions import check
    from defnhook.trace.runtime import equal

    name = "maximum" if op.numpy is np.max else "minimum"
    message = f"zero-size array to reduction operation {name} which has no identity"
    check(equal(x.count, 0), ValueError, message)


def _number_of(x: Selection, axes: tuple[int, ...]) -> Any:
    from defnhook.trace.runtime import multiply

    more = 1
    for axis in axes[x.mask.ndim :]:
        more = more * x.values.shape[axis]
    return x.count if more == 1 else multiply(x.count, more)


def _mean(x: Selection, axes: tuple[int, ...]) -> Any:
    from defnhook.trace.invoke import invoke

    dtype = np.float64 if x.values.dtype.kind in "biu" else None
    total = invoke(np.sum, (x.values,), {"axis": axes, "where": x.spread_mask, "dtype": dtype})
    return _quotient(total, _number_of(x, axes))


def _quotient(total: Tensor, count: Any) -> Any:
    """``total / count`` as NumPy's mean has it: NaN where nothing is selected."""
    from defnhook.trace.runtime import divide

    number = primitives.cast(count, np.float64)
    return primitives.cast(divide(total, primitives.cast(number, _real(total.dtype))), total.dtype)


def _real(dtype: np.dtype[Any]) -> Any:
    return np.ones(1, dtype).real.dtype


def _variance(op: Op, x: Selection, axes: tuple[int, ...]) -> Any:
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import subtract

    deviation = subtract(x.values, _mean(x, axes))
    square = BY_MEANING[np.square]
    squares = Selection(invoke(square.numpy, (invoke(np.absolute, (deviation,), {}),), {}), x.mask)
    result = _mean(squares, axes)
    return invoke(np.sqrt, (result,), {}) if op.numpy is np.std else result


def method(x: Selection, label: str, args: Any, keywords: Any) -> Any:
    """``x[mask].label(...)``."""
    from defnhook.ops import METHODS

    op = METHODS.get(label)
    if label == "astype" and len(args) == 1 and not keywords:
        return Selection(primitives.cast(x.values, np.dtype(args[0])), x.mask)
    if label == "copy":
        return x
    named: dict[str, Any] = {"mean": np.mean, "var": np.var, "std": np.std}
    if label in named:
        op = BY_MEANING[named[label]]
    if op is None:
        return x.unknown(f".{label}()")
    return applied(op, (x, *args), keywords)
