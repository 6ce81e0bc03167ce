"""Structures of numbers and arrays, of which those of floats have derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from defnhook.trace import primitives
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.structure import transform
from defnhook.trace.tensor import Tensor, describe


def has_derivative(value: Any) -> bool:
    """Whether a leaf is a float or complex number or array."""
    return is_value(value) and as_value(value).dtype.kind in "fc"


def leaves_of(value: Any) -> list[Any]:
    """The leaves of a structure that have derivatives."""
    found: list[Any] = []
    transform(value, lambda leaf, path: found.append(leaf) if has_derivative(leaf) else None)
    return found


def closed(value: Any, parts: Sequence[Any]) -> Any:
    """A structure with one of ``parts`` in the place of each leaf that has a derivative, None in the others."""
    remaining = iter(parts)
    return transform(value, lambda leaf, path: next(remaining) if has_derivative(leaf) else None)


def with_leaves(value: Any, parts: Sequence[Any]) -> Any:
    """A structure with one of ``parts`` in the place of each leaf that has a derivative."""
    remaining = iter(parts)
    return transform(value, lambda leaf, path: next(remaining) if has_derivative(leaf) else leaf)


def matching(name: str, what: str, given: Any, like: Sequence[Any]) -> list[Tensor]:
    """Tangents or adjoints for some values, in their shapes and dtypes."""
    found: list[Any] = []
    transform(given, lambda leaf, path: found.append(leaf) if is_value(leaf) else None)
    if len(found) != len(like):
        raise TypeError(f"{name}: {what} hold {len(found)} numbers and arrays, and {len(like)} are needed")
    return [_matched(name, what, as_value(g), as_value(v)) for g, v in zip(found, like, strict=True)]


def _matched(name: str, what: str, given: Tensor, like: Tensor) -> Tensor:
    if given.type.shape != like.type.shape:
        raise ValueError(f"{name}: {what} hold {describe(given)}, where the value has the shape {like.shape}")
    if given.dtype.kind == "c" and like.dtype.kind != "c":
        raise TypeError(f"{name}: {what} hold {describe(given)}, where the value is real")
    return primitives.cast(primitives.strong(given), like.dtype)
