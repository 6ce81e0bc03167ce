"""What the entries written in the language are called with in the tests: x is an array, w a mask of its shape."""

from __future__ import annotations

ALONG = "x | x, 0 | x, -1 | x, axis=1 | x, axis=5 | x.T, 0 | x[::-1], 0 | x, 0, np.float64 | x, -1, dtype=np.int16"

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
}

METHODS: dict[str, str] = {name: ALONG for name in ("cumsum", "cumprod")}
