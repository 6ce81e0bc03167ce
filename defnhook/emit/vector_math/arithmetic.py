"""Building blocks shared by the families of the vector math."""

from __future__ import annotations

from typing import Any

import numpy as np


def fused_multiply_add(a: Any, b: Any, c: Any) -> Any:
    """a * b + c in one rounding (two, where it is computed in float64), for float32."""
    return np.float32(np.float64(a) * np.float64(b) + np.float64(c))
