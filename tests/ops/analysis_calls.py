"""What the entries for ordered, missing and counted data are called with: x is an array, w a mask of its shape.

``n`` stands for the array with what is masked not a number.
"""

from __future__ import annotations

import re

REDUCED = """
    n | n, axis=0 | n, axis=-1 | n, axis=(0, 1) | n, axis=5 | n, keepdims=True | n, axis=0, keepdims=True | x | x, 0 |
    n.T, 0 | x * np.nan | x * np.nan, axis=0
"""
QUANTILES = """
    n, 0.5 | n, 0.25, axis=0 | x, [0.1, 0.5] | x, 0.3, 0 | n, [[0.1, 0.2], [0.3, 1.0]], axis=-1 | x, 0.5, axis=(0, 1) |
    x, 0.3, keepdims=True | x, 0.4, axis=0, keepdims=True | x, 0.4, axis=7 | x, 1.5 | x, 0.4, method='nearest' |
    x, 0.4, method='inverted_cdf' | x, 0.4, method='weibull' | x, 0.4, method='unknown' |
    x, 0.3, weights=abs(x) + 1, method='inverted_cdf' | x, 0.3, weights=abs(x) + 1 |
    x, 0.3, axis=0, weights=np.arange(x.shape[0]) + 1.0, method='inverted_cdf'
"""
SORTING = """
    x | n | x, 0 | x, axis=None | x.T | x, -1, 'stable' | x, kind='heapsort' | x, stable=True | x, kind='unknown' |
    x, kind='quicksort', stable=True | x, 9 | x, order='f' | x, 1.5 | x, stable=False
"""
PARTING = """
    x, 1 | n, -1 | x, 0, 0 | x, [0, 2] | x, 1, axis=None | x, 99 | x, 1, 9 | x, 1.5 | x, 1, kind='unknown' |
    x, 1, order='f'
"""
NAN_VARIANCE = f"""
    {REDUCED} | n, ddof=1 | n, axis=0, ddof=2.5 | n, correction=1 | n, ddof=1, correction=1 | n, where=w | n, ddof=99 |
    n, dtype=np.float64 | n, dtype=np.int16 | n, axis=0, mean=np.nanmean(n, axis=0, keepdims=True)
"""

_FUNCTIONS: dict[str, str] = {
    "sort": SORTING,
    "packbits": """
        x > 0 | w, 0 | w, -1 | w.T, 1, 'little' | x.astype(np.int16) | x | w, 9 | w[:0], 0 | True | w, bitorder='other'
    """,
    "unpackbits": """
        x.astype(np.uint8) | abs(x).astype(np.uint8), 0 | x.astype(np.uint8), -1, 5 | x |
        x.astype(np.uint8).T, 1, -3, 'little' | x.astype(np.uint8)[..., None], axis=-1, count=99 |
        x.astype(np.uint8), 9 | x.astype(np.uint8), 0, -99
    """,
    "sort_complex": "x | n | x.T | x.astype(np.int16) | x * (1 - 2j) | 3",
    "argsort": SORTING.replace("| x, kind='heapsort' ", "").replace(
        "x | n |", "n, kind='stable' | x, kind='stable' |"
    ),
    "lexsort": """
        (x, x[::-1]) | (x, w) | (x,) | (x, w), 0 | (x[0], x[-1]) | () | x | (x, x[0]) | (x, w), 9 | (x, w), axis=-1
    """,
    "partition": PARTING,
    "argpartition": "x, 1, kind='unknown' | x, 99 | x, 1.5 | x, 0, 9",
    "median": REDUCED + "| x, axis=0, overwrite_input=True",
    "nanmedian": REDUCED + "| x, axis=0, overwrite_input=True",
    "quantile": QUANTILES,
    "nanquantile": QUANTILES,
    "percentile": "x, 50 | x, [10, 50], 0 | n, 25.0, axis=-1 | x, 101",
    "nanpercentile": "x, 50 | x, [10, 50], 0 | n, 25.0, axis=-1 | x, 101",
    "nansum": REDUCED + "| n, initial=3 | n, where=w | n, axis=0, dtype=np.float64 | n, dtype=np.int16",
    "nanprod": REDUCED + "| n, initial=3 | n, where=w | n, axis=0, dtype=np.float64",
    "nancumsum": "n | n, 0 | n, axis=-1 | n, axis=5 | n, 0, np.float64 | x | x, 0",
    "nancumprod": "n | n, 0 | n, axis=-1 | n, axis=5 | n, 0, np.float64 | x | x, 0",
    "nanmax": REDUCED
    + "| np.tile(n, 500) | np.tile(n, 500), axis=-1 | n, initial=3 | n, where=w, initial=-1 | n, where=w",
    "nanmin": REDUCED
    + "| np.tile(n, 500) | np.tile(n, 500), axis=-1 | n, initial=3 | n, where=w, initial=-1 | n, where=w",
    "nanmean": REDUCED
    + "| n, where=w | n, axis=0, dtype=np.float64 | n, dtype=np.int16 | x, dtype=np.float32",
    "nanvar": NAN_VARIANCE,
    "nanstd": NAN_VARIANCE,
    "nanargmax": "n | n, axis=0 | n, axis=-1 | n, 5 | n, axis=-1, keepdims=True | x | x, 0 | x * np.nan",
    "ediff1d": "x | x, 9 | x, to_begin=[1, 2] | x, [1, 2], 3 | x, 1.5 | x[:0] | x.T | x, to_end=x",
    "trapezoid": """
        x | x, dx=2 | x, axis=0 | x, np.arange(x.shape[-1]) | x, np.arange(x.shape[0]), axis=0 | x, x | x, x, axis=0 |
        x, axis=9 | x, None, 0.5, 0
    """,
    "unwrap": """
        x | 3 * x | 3 * x, axis=0 | 3 * x, discont=4.0 | x, period=4 | 3 * x, period=3 |
        3 * x, 1, period=2.5 | x, axis=9
    """,
    "gradient": """
        x | x, 2 | x, axis=0 | x, axis=-1, edge_order=2 | x, 0.5, axis=0 | x, np.arange(x.shape[0]) ** 2.0, axis=0 |
        x, np.arange(x.shape[0]) ** 2, axis=0, edge_order=2 | x, 1.5, 2 | x, axis=(0, 1) | x, edge_order=3 | x, axis=9 |
        x, [1, 2], axis=0 | x[:1] | x, np.arange(x.shape[-1]) + 0.5, axis=-1
    """,
    "convolve": """
        x.ravel(), [1, 2] | x.ravel(), x.ravel()[:3], 'same' | x.ravel(), [1.5, 2, 3], mode='valid' |
        [1, 2], x.ravel() | x.ravel(), 2 | x.ravel()[:0], [1] | x, x | x.ravel(), [1], 'unknown' | x.ravel(), [1, 2], 1
    """,
    "correlate": """
        x.ravel(), [1, 2] | x.ravel(), x.ravel()[:3], 'same' | x.ravel(), [1.5, 2, 3], mode='full' |
        [1, 2], x.ravel() | x.ravel()[:0], [1] | x, x | x.ravel(), [1], 'unknown' | x.ravel(), [1, 2], 2
    """,
    "polyval": "[1, 2, 3], x | [1.5, 2], x | x.ravel()[:3], x | x.ravel()[:2], 2 | [], x | [2], x | x.ravel()[:4], 1.5",
    "polyadd": "x.ravel(), [1, 2] | [1.5, 2, 3], x.ravel()[:2] | x.ravel(), 3 | x.ravel(), x.ravel()",
    "polysub": "x.ravel(), [1, 2] | [1.5, 2, 3], x.ravel()[:2] | x.ravel(), 3 | x.ravel(), x.ravel()",
    "polyder": "x.ravel() | x.ravel(), 2 | x.ravel(), 0 | x.ravel(), -1 | x.ravel(), 99 | x.ravel(), m=1",
    "polyint": """
        x.ravel() | x.ravel(), 2 | x.ravel(), 0 | x.ravel(), -1 | x.ravel(), 2, 5 | x.ravel(), 2, [1, 2.5] |
        x.ravel(), m=3, k=[1, 2]
    """,
    "histogram": """
        x | x, 4 | x, [-2, 0, 1.5, 3] | x, 4, (-1, 2) | x, 4, (2, -1) | x, 3, density=True | x, 3, weights=abs(x) |
        x, [-2, 0, 3], weights=w | x, 0 | x, [2, 1] | x, 5, weights=[1, 2] | x, 3, None, True, abs(x) | x, 2.5 |
        x, [[1, 2]] | x, [-2, 0, 3], density=True |
        (np.linspace(-2, 2, 14) + 0 * x[0, 0]).astype(np.float32), 13, (-2.0, 2.0) |
        (np.linspace(-2, 2, 14) + 0 * x[0, 0]).astype(np.float32), 13, (-2.0, 2.0), None, np.arange(14) |
        (np.linspace(-2, 2, 14) + 0 * x[0, 0]).astype(np.float16), 1000
    """,
    "histogram_bin_edges": "x | x, 4 | x, [-2, 0, 1.5, 3] | x, 4, (-1, 2) | x, 4, (2, -1) | x, 0 | x, 3, None, abs(x)",
    "cov": """
        x | x, x | x, rowvar=False | x, bias=True | x, ddof=0 | x, ddof=1.5 | x, fweights=np.arange(x.shape[-1]) |
        x, aweights=np.arange(x.shape[-1]) + 0.5 | x, fweights=[1, -1] | x, dtype=np.float32 | x, x, False |
        x, fweights=np.arange(x.shape[-1]), aweights=np.arange(x.shape[-1]) + 0.5, ddof=0 | x, ddof=99
    """,
    "corrcoef": "x | x, x | x, rowvar=False | x, x, False | x, dtype=np.float32",
    "ravel_multi_index": """
        ([1, 0], [2, 1]), (3, 4) | (x.shape[:1], 1), (99, 2) | ([7], [1]), (3, 4), mode='wrap' | ([7], [1]), (3, 4) |
        ([7], [-1]), (3, 4), ('clip', 'wrap') | (1, 2), (3, 4), order='F' | (1,), (3, 4) |
        ([5, 0], [2, 1]), (3, 4), 'clip'
    """,
    "unravel_index": "[1, 5], (3, 4) | x.shape, (9, 9) | 7, (3, 4), 'F' | [12], (3, 4) | 3, 4 | [[1], [3]], (3, 4)",
    "nanargmin": "n | n, axis=0 | n, axis=-1 | n, 5 | n, axis=-1, keepdims=True | x | x, 0 | x * np.nan",
}

FUNCTIONS: dict[str, str] = {
    name: re.sub(r"\bn\b", "np.where(w, x, np.nan)", text) for name, text in _FUNCTIONS.items()
}
METHODS = {
    "argsort": _FUNCTIONS["argsort"].replace("n, kind='stable' |", ""),
    "argpartition": "x, 99 | x, 0, 9",
}
