"""What the entries written in the language are called with in the tests: x is an array, w a mask of its shape."""

from __future__ import annotations

ALONG = """
    x | x, 0 | x, -1 | x, axis=1 | x, axis=5 | x.T, 0 | x[::-1], 0 | x, 0, np.float64 | x, -1, dtype=np.int16 |
    np.tile(x, (5, 1)), 1 | np.tile(x, (3, 1)), 1 | np.tile(x, (2, 3, 1)), -1 | np.tile(x, (1, 4)).T, 1 |
    np.tile(x, (5, 1))[:, :0], 1 | np.tile(x, (3, 1)), 1, np.float32 | x[1] | x[:, 1] | x[1], None, np.float64
"""

FUNCTIONS: dict[str, str] = {
    "cumsum": ALONG,
    "cumprod": ALONG,
    "cumulative_sum": "x | x, axis=0 | x, axis=-1, include_initial=True | x, axis=0, dtype=np.float32 | x, axis=9",
    "cumulative_prod": "x | x, axis=0 | x, axis=-1, include_initial=True | x, axis=0, dtype=np.float32",
    "allclose": """
        x, x | x, x + 1 | x, 0 | x, x / 0 | x / 0, x / 0, equal_nan=True |
        x, x + 1e-6, 0.0, 1e-3 | x, x, rtol=0 | 1.0, 1 | x, w, 9, 9
    """,
    "array_equal": """
        x, x | x, x + 1 | x, x[0] | x, 2 | x / 0, x / 0 |
        x / 0, x / 0, True | x, w, equal_nan=True | 1, 1
    """,
    "isreal": "x | x.T | 2.5 | 1j | [1, 2j] | x.sum()",
    "array_equiv": """
        x, x | x, x[0] | x * 0, 0 | x, x[0, :1] | x, [1, 2, 3, 4, 5] | 1, [1, 1]
    """,
    "searchsorted": """
        np.sort(x.ravel()), x | np.sort(x.ravel()), x, 'right' | x.ravel(), x.ravel()[1], sorter=np.argsort(x.ravel()) |
        [1, 2, 3], x | np.sort(x.ravel()), 2 | np.sort(x.ravel()), 1.5, side='right' | x.ravel(), [1, 300], 'middle' |
        x, 3 | np.sort(x.ravel()), np.where(w, x, np.nan) | np.sort(np.where(w, x, np.nan).ravel()), x, 'right' |
        np.sort(np.where(w, x, np.nan).ravel()), np.where(w, x, np.nan) | x.ravel(), x, sorter=[1, 2] |
        x.ravel()[:0], x | x.ravel(), x, sorter=[0.5] | np.sort(x.ravel()), x[:0] | [0.5, 1.5], np.sort(x.ravel()) |
        np.sort(x.ravel()), np.tile(x.ravel(), 300), 'right'
    """,
    "digitize": """
        x, [-1, 0, 2] | x, [2, 0, -1] | x, [-1, 0, 2], True | x, [2, 0, -1], right=True | x, [0, 2, 1] | x, [] | x, 1 |
        1.5, np.sort(x.ravel()) | x, np.sort(x.ravel()) | x, [0] | x, [1, 1] | np.where(w, x, np.nan), [0.0, 1.0] |
        np.where(w, x, np.nan), [0.0, 1.0], True
    """,
    "isin": """
        x, x.ravel()[:3] | x, [1, 2] | x, x | x, x.ravel()[:3], invert=True | x, [] | x, 2 | x, [1, 2], kind='sort' |
        x, [1, 2], kind='unknown' | x, [1, 2], kind='table' | x, list(range(20)) | x, list(range(20)), invert=True |
        np.where(w, x, np.nan), np.where(w, x, np.nan) | x, [1, 2], assume_unique=True | 3, x |
        np.tile(x.ravel(), 300), np.arange(-9, 9)
    """,
    "interp": """
        x, [-1, 0, 2], [1.0, 3.0, 2.0] | x, [-1, 0, 2], [1, 3, 2], -5, 5 | x, [-1, 0, 2], [1, 3, 2], left=-5 |
        x, [-1, 0, 2], [1, 3, 2], period=2.5 | 1.5, [-1, 0, 2], [1, 3, 2] | x, [-1, 0], [1, 3, 2] | x, [], [] |
        x, [-1, 0, 2], [1j, 3, 2] | x, [0], [7] | np.where(w, x, np.nan), [0, 1, 2], [1, np.nan, 3] |
        x, [-1, 0, 0, 2], [1, 3, 4, 2] | x, [-1, 0, 2], [1, 3, 2], period=0 |
        np.sort(x.ravel()), np.arange(-3.0, 4), np.arange(7) |
        x, [0, 1, 2], [1, np.inf, np.inf] | x[:0], [0, 1], [0, 1] |
        np.tile(x.ravel(), 300), [-1, 0, 2], [1.0, 3.0, 2.0], -9 | np.tile(x.ravel(), 300), [-1, 0], [1, 3j] |
        x, [2, 0, 1], [1, 3, 2], period=-3
    """,
}

METHODS: dict[str, str] = {name: ALONG for name in ("cumsum", "cumprod")}
METHODS["searchsorted"] = (
    "np.sort(x.ravel()), x | np.sort(x.ravel()), x, 'right' | np.sort(x.ravel()), x, 'right', None"
)
