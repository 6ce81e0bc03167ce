"""What the composites are called with in the tests: x is an array, w a mask of its shape.

One entry lists calls, without the name of the function, divided by bars.
"""

from __future__ import annotations

from ops import analysis_calls
from ops.array_calls import FUNCTIONS as ARRAYS
from ops.array_calls import METHODS as ARRAY_METHODS

AXES = " | ".join(
    f"x, {keywords}"
    for keywords in """
        axis=0|axis=-1|axis=(0, 1)|axis=()|axis=5|axis=1.5|keepdims=True|axis=0, keepdims=True
    """.strip().split("|")
)

FUNCTIONS: dict[str, str] = {
    "mean": """
        x | AXES | x, dtype=np.float32 | x, dtype=np.float64 | x, where=w | x, 0, where=w |
        x, dtype=np.int16 | x, None, None, None, True
    """,
    "var": """
        x | AXES | x, dtype=np.float32 | x, ddof=1 | x, correction=1 | x, where=w |
        x, ddof=1, correction=1 | x, mean=1.5 | x, axis=0, ddof=2.5 |
        x, axis=0, mean=np.mean(x, axis=0, keepdims=True) | x, ddof=99
    """,
    "std": "x | AXES | x, dtype=np.float64 | x, ddof=1 | x, where=w | x, correction=2",
    "ptp": "x | AXES",
    "count_nonzero": "x | AXES",
    "average": """
        x | x, axis=0 | x, axis=(0, 1) | x, weights=abs(x) + 1 | x, axis=0, weights=abs(x) + 1 |
        x, returned=True | x, axis=0, returned=True | x, -1, np.arange(x.shape[-1]) + 1 |
        x, -1, np.arange(x.shape[-1]) + 1, returned=True | x, weights=[1, 2, 3] |
        x, axis=0, weights=[1, 2, 3, 4, 5, 6] | x, axis=9 | x, axis=0, keepdims=True |
        x, weights=0 * abs(x) |
        x, axis=(1, 0), weights=np.arange(1.0, 1 + x.shape[0] * x.shape[1]).reshape(x.shape[1], x.shape[0])
    """,
    "clip": """
        x, 0, 2 | x, None, 1 | x, 1, None | x, min=0 | x, max=1 | x, min=0, max=1 | x | x, 0 |
        x, 0, 1, min=1 | x, -1.5, 2.5 | x, -999, 999 | x, x * 0, 1 | x, np.float32(0), np.float64(1) |
        x, None, None | x, 2, -2 | x, np.nan, 1 | x, 999, 1000 | x, 300, 2.5 | x, -2**70, 2**70 |
        x, a_max=1
    """,
    "round": "x | x, 0 | x, 1 | x, 3 | x, -1 | x, -2 | x, decimals=2 | x, 1.5",
    "divmod": "x, 2 | x, x + 1 | x, 0 | 7, x | x, -1.5",
    "diff": """
        x | x, 2 | x, axis=0 | x, 0 | x, -1 | x, axis=7 | x, prepend=0 | x, append=x | x, n=9 |
        x, axis=0, prepend=x, append=x
    """,
    "roll": """
        x, 1 | x, -2, 0 | x, 1, axis=-1 | x, (1, 2), (0, 1) | x, 5, (0, 1) | x, 0, 0 | x, 1, 9 |
        x, (1, 1), (0, 0) | x, 999
    """,
    "ravel": """
        x | x.T | x[::-1] | x[..., ::2] | x, order='C' | x, 'F' | x.T, 'F' | x, 'A' | x.T, 'A' | x.T, 'K' |
        x[..., ::2], 'K' | x[::-1], 'K' | x, order='no'
    """,
    "copy": "x | x.T | x[..., ::2] | x, 'C' | x, 'F' | x.T, 'A' | x.T, order='K', subok=True | x, 'no'",
    "astype": """
        x, np.float32 | x, np.int16, copy=False | x, x.dtype | x, x.dtype, copy=False | 3, int | x, bool, device='cpu' |
        x, bool, device='gpu' | x.T, np.complex64 | x, int, order='F'
    """,
    "swapaxes": "x, 0, 1 | x, -1, 0 | x, 0, 0 | x, 0, 9",
    "moveaxis": """
        x, 0, -1 | x, (0, 1), (1, 0) | x, 0, 9 | x, (0, 1), (0,) | x, -1, 0 | x, (0, 0), (0, 1)
    """,
    "matrix_transpose": "x",
    "expand_dims": "x, 0 | x, -1 | x, (0, 2) | x, 9 | x, (0, 0)",
    "squeeze": "x | x, 0 | x, -1 | x, (0,) | x, 9 | x, () | x, axis=(0, 0)",
    "flip": "x | x, 0 | x, (0, 1) | x, 9 | x, ()",
    "fliplr": "x",
    "flipud": "x",
    "atleast_1d": "x | x, x",
    "atleast_2d": "x | x, x",
    "stack": """
        [x, x] | [x, x], 1 | [x, x], -1 | [x, x], 9 | [] | [x, x[..., None]] | (x, x + 1), axis=0 |
        [x, x], dtype=np.float64
    """,
    "vstack": "[x, x] | [x] | [] | [x, x[..., :1]] | (x, x), dtype=np.float64 | [x, x], dtype=int, casting='unsafe'",
    "hstack": "[x, x] | [x] | [] | [x, x[..., :1]] | [x, x], dtype=np.int8, casting='safe' | [x], casting='no'",
    "column_stack": "[x, x] | [x, x[..., None]] | []",
    "zeros": """
        3, device="cpu" | 3, device="gpu" |
        x.shape | x.shape, x.dtype | 3 | (2, 3), int, 'F' | x.shape, None | -1 | 2.5 |
        (2, 3), float, 'K'
    """,
    "ones": "3, device='gpu' | x.shape | x.shape, x.dtype | 3 | (2, 3), int, 'F' | x.shape, None | (-1, 2)",
    "zeros_like": """
        x | x, device="cpu" | x, device="gpu" |
        x.T | x, np.float32 | x, order='C' | x.T, order='F' | x.T, order='A' | x[:, ::2].T |
        x, shape=(2, 3) | 2.5 | x.swapaxes(0, -1)
    """,
    "ones_like": "x | x, device='gpu' | x.T | x, bool | x, shape=7 | [1, 2]",
    "full_like": "x, 2 | x, 2, device='gpu' | x.T, 1.5 | x, True, bool | x, x | x, 1 + 2j | x, [1, 2, 3, 4, 5, 6]",
    "linspace": """
        0, 1, 3, device="cpu" | 0, 1, device="gpu" |
        0, 1 | 0, 1, 5 | 0, 1, 5, False | 0, 1, 1 | 0, 1, 0 | 0, 1, -1 | 2, 3, 4, retstep=True |
        0, 10, 4, dtype=int | x, 1, 3 | 0, x, 4, axis=-1 | np.float32(0), 1, 3 | 1j, 2, 5 | 0, 5e-324, 5 |
        3, 3, 4 | -3.5, 3, 6, dtype=np.int8 | 0, 1, 1, retstep=True | 0, np.inf, 3 | 1, 2, 2.5 | x, x, 1
    """,
    "eye": """
        3 | 3, device="cpu" | 3, device="gpu" |
        3, 4 | 4, 3, 1 | 3, 3, -1, int | 3, dtype=bool | 3, 4, 1, float, 'F' | 0 | 3, k=9 | 3, k=-9
    """,
    "identity": "3 | 2, bool | 0",
    "tri": "3 | 3, 4 | 4, 3, 1 | 3, 3, -1, int",
    "tril": "x | x, 1 | x, -1 | x, 9",
    "triu": "x | x, 1 | x, -1 | x, 9",
    "tensordot": """
        x, x, 0 | x, x.T, 1 | x, x, (0, 0) | x, x, ((0, 1), (0, 1)) | x, x, 1 | x, x, 9 | x, x, (-1, -1) |
        x, x, ((0,), (0, 1)) | x, x, ((9,), (9,))
    """,
    "inner": "x, x | x, x[..., :1] | x, 2 | x, np.ones(4) | 3, x",
    "outer": "x, x | x, 2 | [1, 2], x | x, [1.5]",
    "vdot": "x, x | x, x[:1] | x, x.T",
    "diagonal": """
        x | x, 1 | x, -1 | x, 9 | x, -9 | x, 0, 1, 0 | x, 0, 0, 0 | x, 0, -1, -2 | x, 0, 0, 9
    """,
    "trace": "x | x, 1 | x, -1 | x, 9 | x, 0, 1, 0 | x, dtype=np.float32 | x, 0, 0, 0",
    "norm": """
        x | x, axis=0 | x, 1, axis=0 | x, np.inf, axis=-1 | x, -np.inf, axis=-1 | x, 0, axis=0 |
        x, 3, axis=0 | x, 2.5, axis=-1 | x, 'fro' | x, 1 | x, -1 | x, np.inf | x, -np.inf |
        x, keepdims=True | x, axis=(0, 1) | x, 1, axis=(1, 0) | x, 'fro', axis=0 | x, 7, axis=(0, 1) |
        x, axis=(0, 0) | x, 1, (0, 1), True | x, 2 | x, 'nuc' | x, -2, (1, 0) | x, axis=(0, 1, 2) | x, axis=9
    """,
}

FUNCTIONS |= analysis_calls.FUNCTIONS
FLOATS: dict[str, str] = {
    "frexp": "x | x.T | x * 1e300 | x * 0 | 2.5 | x, other=1",
    "modf": "x | x.T | x * 1e300 | x / 0 | 2.5",
    "fix": "x | x.T | 2.5 | x, other=1",
    "isposinf": "x | x / 0 | 2.5 | x, 3",
    "isneginf": "x | x / 0 | -x / 0 | 2.5",
    "nan_to_num": """
        x | x.T | x / 0 | x / 0, nan=7.5 | x / 0, True, 1, 2, 3 | x / 0, posinf=1e5, neginf=-1 |
        np.nan | np.inf | 3 | [1.0, np.nan] | x, copy=True | x, other=1
    """,
    "isclose": """
        x, x | x, x + 1e-6 | x, 0 | 0, x | x, x / 0 | x / 0, x / 0, equal_nan=True | x, x[0] | x, 1.0, 0.5 |
        x, 1, rtol=0, atol=abs(x) | x, np.float32(1) | x, True | 1.0, 1.0 | 1, 1 | x, [1, 2, 3, 4] |
        x, x, 0, 0, False | x, x, other=1
    """,
    "iscomplex": "x | x.T | 2.5 | 1j | [1, 2j]",
    "iscomplexobj": "x | x[0] | 1j | 2 | [1j]",
    "isrealobj": "x | x[0] | 1j | 2",
    "isfortran": "x | x.T | x[..., ::2] | x[0]",
    "isscalar": "x | 2 | x.shape | 'a' | None | [1]",
    "angle": "x | x.T | x, True | x, deg=True | 1j | -2.0 | x[0]",
    "sinc": "x | x.T | x * 0 | 2.5 | 0 | [0, 1]",
}

METHODS: dict[str, str] = {
    "reshape": """
        x, -1 | x, (-1,) | x, x.shape | x, x.size | x, 2, -1 | x, 1, -1 | x, (7, 7) | x, [-1] |
        x, -1, order='F' | x.T, -1, order='F' | x, x.shape[::-1], order='A' | x.T, x.shape, order='A' |
        x, -1, copy=True | x, -1, copy=False | x.T, -1, copy=False | x, -1, order='K' | x, 2, -1, order='F'
    """,
    "transpose": "x | x, None | x, 1, 0 | x, (1, 0) | x, 0, 0 | x, 2, 1, 0 | x, 9",
    "astype": """
        x, np.float32 | x, np.int16 | x, np.complex128 | x, x.dtype | x, bool | x, x.dtype, copy=False |
        x, np.int8, "K", "safe" | x.T, np.float32
    """,
    "flatten": "x | x.T | x, 'F' | x.T, 'A' | x.T, 'K' | x, order='no'",
    "copy": "x | x.T | x[..., ::2] | x, 'C' | x, 'F' | x.T, 'A' | x.T, order='K' | x, 'no'",
    "clip": "x, 0, 1 | x, 0 | x, max=1 | x | x, None, 1",
}

METHODS |= analysis_calls.METHODS
METHODS |= {
    name: FUNCTIONS[name] for name in "mean var std round squeeze swapaxes ravel diagonal trace".split()
}

FUNCTIONS |= ARRAYS | FLOATS
METHODS |= ARRAY_METHODS

# Where functions are that are not in numpy itself.
PLACES = {"norm": "np.linalg", "sliding_window_view": "np.lib.stride_tricks"}


def calls(text: str) -> list[str]:
    """The calls that an entry lists."""
    return [call.strip() for call in text.replace("AXES", AXES).split("|")]
