"""Running sums, products and extremes."""

from __future__ import annotations

import numpy as np

from defnhook.ops.kinds import Written

cumsum = Written(np.cumsum, methods=("cumsum",), source="scans.cumsum")
cumprod = Written(np.cumprod, methods=("cumprod",), source="scans.cumprod")
if hasattr(np, "cumulative_sum"):  # from NumPy 2.1 on
    cumulative_sum = Written(np.cumulative_sum, source="scans.cumulative_sum")
    cumulative_prod = Written(np.cumulative_prod, source="scans.cumulative_prod")
