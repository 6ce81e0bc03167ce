"""Containers of arguments and results: taken apart into leaves, put together again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """The place of value number ``index`` in a structure."""

    index: int


class Chosen:
    """The place of an array that a call chooses: by the number at ``code``, the one made or one of the caller's."""

    __slots__ = ("code", "made", "others")

    def __init__(self, code: int, made: int, others: dict[int, int]) -> None:
        self.code = code
        self.made = made
        self.others = others


def is_namedtuple(value: Any) -> bool:
    """Whether a value is an instance of a NamedTuple class."""
    return isinstance(value, tuple) and hasattr(type(value), "_fields")


def children(value: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container with the text that selects each, or None for anything else."""
    if type(value) in (tuple, list):
        return [(f"[{number}]", item) for number, item in enumerate(value)]
    if type(value) is dict:
        return [(f"[{key!r}]", item) for key, item in value.items()]
    if is_namedtuple(value):
        return [(f".{name}", item) for name, item in zip(type(value)._fields, value, strict=True)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Leaf):
        return [(f".{field.name}", getattr(value, field.name)) for field in dataclasses.fields(value)]
    return None


def with_children(value: Any, items: list[Any]) -> Any:
    """A container like ``value`` that holds ``items`` instead."""
    if type(value) in (tuple, list):
        return type(value)(items)
    if type(value) is dict:
        return dict(zip(value, items, strict=True))
    if is_namedtuple(value):
        return type(value)._make(items)
    copy = object.__new__(type(value))
    for field, item in zip(dataclasses.fields(value), items, strict=True):
        object.__setattr__(copy, field.name, item)
    return copy


def transform(value: Any, rule: Callable[[Any, str], Any], path: str = "") -> Any:
    """The structure with ``rule(leaf, path)`` in place of each leaf; containers are made anew."""
    parts = children(value)
    if parts is None:
        return rule(value, path)
    return with_children(value, [transform(item, rule, path + step) for step, item in parts])
