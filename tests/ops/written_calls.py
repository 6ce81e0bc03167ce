"""What the entries written in the language are called with in the tests: x is an array, w a mask of its shape."""

from __future__ import annotations

ALONG = "x | x, 0 | x, -1 | x, axis=1 | x, axis=5 | x.T, 0 | x[::-1], 0 | x, 0, np.float64 | x, -1, dtype=np.int16"

FUNCTIONS: dict[str, str] = {
    "cumsum": ALONG,
    "cumprod": ALONG,
    "cumulative_sum": "x | x, axis=0 | x, axis=-1, include_initial=True | x, axis=0, dtype=np.float32 | x, axis=9",
    "cumulative_prod": "x | x, axis=0 | x, axis=-1, include_initial=True | x, axis=0, dtype=np.float32",
}

METHODS: dict[str, str] = {name: ALONG for name in ("cumsum", "cumprod")}
