"""What a plan depends on: the key of a call, its values in order, and the traced stand-ins for them."""

from __future__ import annotations

import itertools
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from defnhook.trace.calls import MARK
from defnhook.trace.context import MISSING, Trace
from defnhook.trace.globals import is_marked_object, is_static, traced_input
from defnhook.trace.primitives import supported
from defnhook.trace.structure import Leaf, children, transform, with_children
from defnhook.trace.tensor import Tensor

_BY_VALUE = (bool, str, bytes, type(None), type(Ellipsis), np.dtype, range, frozenset)
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, np.ufunc)
INT_LIMIT = 2**63


class Foreign(Exception):
    """An argument outside the language: the plain function takes it."""


class Traced(Exception):
    """An argument is a traced value: the function is inlined."""


def describe(
    value: Any, path: str, key: list[Any], leaves: list[Any], static: frozenset[str], opaque: bool = False
) -> None:
    """Append what a plan has to know of a value to ``key``, and what it has to be given to ``leaves``.

    Objects of classes that the language does not know are foreign, or where ``opaque`` known by identity.
    """
    kind = type(value)
    if kind is np.ndarray:
        _describe_array(value, path, key, leaves)
    elif (
        path in static
        and isinstance(value, np.generic | float | complex)
        and supported(np.asarray(value).dtype)
    ):
        key.append((kind, np.asarray(value).tobytes()))
    elif kind is float or kind is complex:
        key.append(kind)
        leaves.append(value)
    elif kind is int:
        _describe_int(value, path, key, leaves, static)
    elif isinstance(value, np.generic):
        _describe_scalar(value, path, key, leaves)
    elif isinstance(value, _BY_VALUE) or value is MISSING:
        key.append((kind, value))
    elif isinstance(value, slice):
        key.append((kind, value.start, value.stop, value.step))
    elif isinstance(value, _BY_IDENTITY):
        key.append(value)
    else:
        _describe_other(value, path, key, leaves, static, opaque)


def _describe_array(value: Any, path: str, key: list[Any], leaves: list[Any]) -> None:
    if not supported(value.dtype):
        raise Foreign(f"{path} has dtype {value.dtype}")
    same = next((place for place, other in enumerate(leaves) if other is value), None)
    key.append((value.dtype, value.shape, value.strides) if same is None else ("same", same))
    leaves.append(value)


def _describe_int(value: int, path: str, key: list[Any], leaves: list[Any], static: frozenset[str]) -> None:
    if path in static:
        key.append((int, value))
    elif -INT_LIMIT <= value < INT_LIMIT:
        key.append(int)
        leaves.append(value)
    else:
        raise Foreign(f"{path} does not fit into 64 bits")


def _describe_scalar(value: Any, path: str, key: list[Any], leaves: list[Any]) -> None:
    if not supported(value.dtype):
        raise Foreign(f"{path} has dtype {value.dtype}")
    key.append(value.dtype)
    leaves.append(value)


def _describe_other(
    value: Any, path: str, key: list[Any], leaves: list[Any], static: frozenset[str], opaque: bool
) -> None:
    if isinstance(value, Tensor):
        raise Traced(path)
    if hasattr(value, MARK):
        key.append(value)
        return
    parts = None if is_marked_object(value) else children(value)
    if parts is None and (is_marked_object(value) or (opaque and not isinstance(value, np.ndarray))):
        key.append(Identity(value))
        return
    if parts is None:
        raise Foreign(f"{path} is a {type(value).__module__}.{type(value).__qualname__}")
    key.append((type(value), tuple(value) if type(value) is dict else len(parts)))
    for step, item in parts:
        describe(item, path + step, key, leaves, static, opaque)


class Identity:
    """A key that is equal only for the same object, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.value is self.value


def stand_in(value: Any, path: str, trace: Trace, place: tuple[tuple[str, Any], ...] = ()) -> Any:
    """What the trace gets for an argument: inputs for arrays and numbers, new containers, the rest as it is.

    ``place`` is how the value is reached from the arguments.
    """
    place = place or (("item", path),)
    if isinstance(value, np.ndarray | np.generic | float | complex | int) and not isinstance(value, bool):
        if is_static(value, path, trace.static):
            return value
        return traced_input(value, path, trace)
    if is_marked_object(value):
        trace.places[id(value)] = place
        return value
    parts = children(value)
    if parts is None:
        return value
    steps = _steps(value, [step for step, _ in parts])
    items = [
        stand_in(item, path + step, trace, (*place, way))
        for (step, item), way in zip(parts, steps, strict=True)
    ]
    copy = with_children(value, items)
    if not isinstance(copy, tuple):
        trace.caller_containers[id(copy)] = copy
        trace.places[id(copy)] = place
    return copy


def _steps(value: Any, texts: list[str]) -> list[tuple[str, Any]]:
    """How each part of a container is reached."""
    if type(value) is dict:
        return [("item", key) for key in value]
    if isinstance(value, tuple | list):
        return [("item", number) for number in range(len(value))]
    return [("attribute", text.removeprefix(".")) for text in texts]


class Template:
    """Makes the arguments of a call again from the values a plan is given."""

    __slots__ = ("holds_containers", "structure")

    def __init__(self, args: tuple[Any, ...], names: tuple[str, ...], static: frozenset[str]) -> None:
        places = itertools.count()

        def leaf(value: Any, path: str) -> Any:
            number = isinstance(value, np.ndarray | np.generic | float | complex | int)
            if not number or isinstance(value, bool) or is_static(value, path, static):
                return value
            return Leaf(next(places))

        self.holds_containers = any(children(value) is not None for value in args)
        self.structure = tuple(transform(value, leaf, path) for path, value in zip(names, args, strict=True))

    def __call__(self, values: Any) -> Any:
        return transform(
            self.structure, lambda item, path: values[item.index] if isinstance(item, Leaf) else item
        )
