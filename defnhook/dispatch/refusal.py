"""Why a callee met while tracing may not be called: the same words as at import, found by what it is."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from defnhook.syntax import allowlist, forbidden


def refusal_of(callee: Any) -> str:
    """What to write instead of a call of an object that marked code may not use; empty where nothing is known."""
    path = _forbidden_objects().get(id(callee)) or _path(callee)
    refused = allowlist.refusal(path)
    if refused is None:
        return ""
    return f"{refused.name}() is not part of the defn language. {refused.way_out}"


@cache
def _forbidden_objects() -> dict[int, str]:
    """The functions forbidden by name, by identity; they live as long as their modules."""
    found = {}
    for path in forbidden.NAMES:
        module, _, name = path.rpartition(".")
        value = getattr(sys.modules.get(module), name, None)
        if value is not None:
            found[id(value)] = path
    return found


def _path(callee: Any) -> str:
    """Where an object says it comes from; a bound method, where its class does."""
    name = getattr(callee, "__qualname__", None) or getattr(callee, "__name__", "")
    module = getattr(callee, "__module__", None) or type(callee).__module__
    return f"{module}.{name}"
