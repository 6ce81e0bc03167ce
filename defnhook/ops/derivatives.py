"""What derivatives need beside the functions that they are written in."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Elementwise


def weighted(weight: Any, x: Any) -> Any:
    """``weight * x``, and 0 where either is 0, whatever the other is there.

    What a branch does not take has weight 0, and its derivative may be infinite or not a number. The derivative of a
    square root is infinite at 0, and that of a sum of squares under it is 0 there.
    """
    return np.where((weight == 0) | (x == 0), weight.dtype.type(0), weight * x)


scaled = Elementwise(
    weighted,
    loop={"f": "weighted({x}, {y})", "c": "{x} * {y}"},
    partials=lambda r, weight, x: (x, weight),
)
