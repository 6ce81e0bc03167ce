"""Values of two paths made one: numbers and arrays promoted to what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.graph import ArrayType, Node
from defnhook.trace import primitives
from defnhook.trace.cells import Undefined
from defnhook.trace.context import PlainDemand
from defnhook.trace.structure import children, with_children
from defnhook.trace.tensor import Tensor, describe

_PYTHON = {"b": bool, "i": int, "f": float, "c": complex}
_RANKS = "bifc"
_KINDS = ("python", "scalar", "array")


class Mismatch(Exception):
    """Two values that cannot become one; the message names both."""


class Slot:
    """The place of output number ``index`` of a block in a structure of values."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


def is_value(item: Any) -> bool:
    """Whether an item is a number or an array, which a block can hand on."""
    return isinstance(item, Tensor | np.ndarray | np.generic | bool | int | float | complex)


def as_value(item: Any) -> Tensor:
    """A number or an array as a traced value of its own kind."""
    if isinstance(item, Tensor):
        return item
    return primitives.boxed(item) if isinstance(item, np.ndarray) else primitives.constant(item)


def common_type(a: Tensor, b: Tensor, spread: bool = False) -> ArrayType:
    """The type that the values of two paths have in common.

    With ``spread``, a number beside an array becomes an array of that shape.
    """
    if a.shape != b.shape and not (spread and () in (a.shape, b.shape)):
        raise Mismatch(f"{describe(a)} and {describe(b)}")
    kind = _KINDS[max(_KINDS.index(a.kind), _KINDS.index(b.kind))]
    if not a.shape and not b.shape and "scalar" in (a.kind, b.kind):
        kind = "scalar"
    dtype = _common_dtype(a, b)
    order = _common_order(a, b)
    return ArrayType(max(a.shape, b.shape, key=len), dtype, kind, order)  # type: ignore[arg-type]


def _common_order(a: Tensor, b: Tensor) -> tuple[int, ...]:
    """The memory order of two values, that of the array beside a number; C order where they differ."""
    if not a.shape or not b.shape:
        return max(a.type.order, b.type.order, key=len)
    first, other = ([axis for axis in t.type.order if t.type.shape[axis] != 1] for t in (a, b))
    return a.type.order if first == other else ()


def _common_dtype(a: Tensor, b: Tensor) -> np.dtype[Any]:
    if a.kind == "python" and b.kind == "python":
        return max(a.dtype, b.dtype, key=lambda dtype: _RANKS.index(dtype.kind))
    if a.kind == "python" or b.kind == "python":
        number, other = (a, b) if a.kind == "python" else (b, a)
        weak = _PYTHON[number.dtype.kind](1)
        return np.result_type(np.ones(1, other.dtype), weak)
    return np.promote_types(a.dtype, b.dtype)


def converted(value: Tensor, type_: ArrayType) -> Node:
    """A value as a node of a type that is common to it and others."""
    if type_.kind == "python":
        return _python_as(value, type_)
    if value.shape != type_.shape:
        value = primitives.broadcast(primitives.strong(value), type_.shape)
    _check_range(value, type_)
    made = primitives.cast(value, type_.dtype, type_.kind, order=type_.order)
    if made.node.type != type_:
        made = primitives.cast(made, type_.dtype, type_.kind, copy=True, order=type_.order)
    return made.node


def _check_range(value: Tensor, type_: ArrayType) -> None:
    """Leave it to the plain function where a Python integer does not surely fit the integers it would become."""
    if primitives.is_python(value) and value.dtype.kind == "i" and type_.dtype.kind in "iu":
        from defnhook.trace.numbers import interval_of

        limits = np.iinfo(type_.dtype)
        low, high = interval_of(value)
        if low < limits.min or high > limits.max:
            raise PlainDemand(f"a Python integer is {type_.dtype} on another path, which may not hold it")


def _python_as(value: Tensor, type_: ArrayType) -> Node:
    if value.dtype == type_.dtype:
        return value.node
    convert = _PYTHON[type_.dtype.kind]
    if "value" in value.node.params:
        return primitives.constant(convert(value.node.params["value"])).node
    return primitives.host(convert, value).node


def filler(type_: ArrayType) -> Node:
    """A value of a type for a path on which nobody looks at it."""
    if type_.kind == "python":
        return primitives.constant(_PYTHON[type_.dtype.kind](0)).node
    zero = primitives.constant(type_.dtype.type(0))
    return converted(zero, type_)


Put = Callable[[Tensor, Tensor], Any]


def merged(a: Any, b: Any, put: Put) -> Any:
    """A structure of two paths in one: ``put`` gives what stands for two values; the rest has to be equal.

    Raises
    ------
    Mismatch
        Where the structures differ.
    """
    if a is b:
        return a
    if is_value(a) and is_value(b):
        return a if _same_number(a, b) else put(as_value(a), as_value(b))
    parts, others = children(a), children(b)
    if parts is None or others is None:
        if _equal(a, b):
            return a
        raise Mismatch(f"{_shown(a)} and {_shown(b)}")
    if type(a) is not type(b) or [step for step, _ in parts] != [step for step, _ in others]:
        raise Mismatch(f"{_shown(a)} and {_shown(b)} of other parts")
    items = [merged(x, y, put) for (_, x), (_, y) in zip(parts, others, strict=True)]
    return with_children(a, items)


def mapped(a: Any, rule: Callable[[Any], Any]) -> Any:
    """A structure with ``rule(value)`` in place of each number and array."""
    if is_value(a):
        return rule(as_value(a))
    parts = children(a)
    return a if parts is None else with_children(a, [mapped(item, rule) for _, item in parts])


def _same_number(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor | np.ndarray) or isinstance(b, Tensor | np.ndarray) or type(a) is not type(b):
        return False
    return bool(a == b) and (a != 0 or str(a) == str(b))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Undefined) and isinstance(b, Undefined):
        return True
    return (
        type(a) is type(b) and isinstance(a, str | bytes | type(None) | slice | range | np.dtype) and a == b
    )


def _shown(value: Any) -> str:
    if isinstance(value, Undefined):
        return "nothing"
    if value is None:
        return "None"
    return describe(as_value(value)) if is_value(value) else f"a {type(value).__name__}"
