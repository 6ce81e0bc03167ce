"""Functions whose results are as long as the elements decide."""

from __future__ import annotations

import numpy as np

from defnhook.ops.kinds import Plain

_PLACES = (
    "use the condition itself: np.where(condition, x, 0), x[condition] = value, or a sum with where=condition"
)
_SETS = "call it before the loop, or use np.isin"
_POLYNOMIALS = "call it before the loop, or use np.convolve"

nonzero = Plain(np.nonzero, methods=("nonzero",), instead=_PLACES)
flatnonzero = Plain(np.flatnonzero, instead=_PLACES)
argwhere = Plain(np.argwhere, instead=_PLACES)
unique = Plain(np.unique, instead=_SETS)
unique_all = Plain(np.unique_all, instead=_SETS)
unique_counts = Plain(np.unique_counts, instead=_SETS)
unique_inverse = Plain(np.unique_inverse, instead=_SETS)
unique_values = Plain(np.unique_values, instead=_SETS)
union1d = Plain(np.union1d, instead=_SETS)
intersect1d = Plain(np.intersect1d, instead=_SETS)
setdiff1d = Plain(np.setdiff1d, instead=_SETS)
setxor1d = Plain(np.setxor1d, instead=_SETS)
polymul = Plain(np.polymul, instead=_POLYNOMIALS)
polydiv = Plain(np.polydiv, instead=_POLYNOMIALS)
roots = Plain(np.roots, instead="call it before the loop, or use np.linalg.eigvals on the companion matrix")
