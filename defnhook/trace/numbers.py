"""Python numbers computed natively."""

from __future__ import annotations

from typing import Any


def affine(start: Any, step: int, begin: Any) -> Any:
    """Where a slice of a slice begins: ``start + step * begin``."""
    return start + step * begin
