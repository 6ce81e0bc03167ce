"""What derivatives need beside the functions that they are written in."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Elementwise


def weighted(weight: Any, x: Any) -> Any:
    """``weight * x``, and 0 where the weight is 0, whatever ``x`` is there.

    What a branch does not take has weight 0, and its derivative may be infinite or not a number.
    """
    return np.where(weight == 0, weight, weight * x)


scaled = Elementwise(
    weighted,
    loop={"f": "select({x} == 0, {x}, {x} * {y})", "c": "{x} * {y}"},
    partials=lambda r, weight, x: (x, weight),
)
