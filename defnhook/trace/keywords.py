"""Keywords of NumPy's functions that the language lacks: dropped where they change nothing, refused otherwise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from functools import cache
from typing import Any

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Op
from defnhook.trace.tensor import Tensor


def refusal(op: Op, keyword: str) -> DefnTypeError:
    """The error for a keyword that the language lacks."""
    return DefnTypeError(f"{op.name}() takes no keyword {keyword!r} inside a marked function; leave it out")


def supported(op: Op, accepted: Container[str], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that are accepted; others raise, unless they are NumPy's with the value that they have anyway.

    What NumPy's function has not either is kept, for Python to raise.
    """
    known, rest = parameters(op.numpy), {}
    for name, value in keywords.items():
        if name in accepted or name not in known:
            rest[name] = value
        elif isinstance(value, Tensor) or not _same(value, known[name].default):
            raise refusal(op, name)
    return rest


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(value == default))


@cache
def parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function by name; none where it does not say."""
    try:
        return inspect.signature(function).parameters
    except ValueError:
        return {}


@cache
def accepted_by(function: Callable[..., Any]) -> Container[str]:
    """The names of the keywords that a function takes."""
    found = parameters(function)
    return _Any() if any(each.kind is each.VAR_KEYWORD for each in found.values()) else found.keys()


class _Any:
    """What holds everything."""

    def __contains__(self, name: object) -> bool:
        return True
