"""What the composites that make, join, take apart and fill arrays are called with, as in ``composite_calls``.

In ``CHANGES`` the array y is changed: a copy of x, or an argument.
"""

from __future__ import annotations

MAKING: dict[str, str] = {
    "logspace": """
        0, 1 | 0, 1, 5 | 0, 1, 5, False | 0, 3, 4, base=2 | 0, 3, 4, dtype=int | x, 1, 3 | 0, 1, 0 | 0, 1, -1 |
        0, 1, 3, base=[2.0, 3.0] | 0, 1, 3, base=[2.0, 3.0], axis=-1 | 0, x, 4, axis=-1 | 1j, 2, 5 | 0, 1, 2.5
    """,
    "geomspace": """
        1, 1000, 4 | 1, 256, 9, False | 1000, 1, 4 | -1000, -1, 4 | 1, 8, 1 | 1, 8, 0 | 1j, 1000j, 4 | 0, 1, 3 |
        1, [2, 4], 3 | 1, [2, 4], 3, axis=-1 | 1, 256, 9, dtype=int | 1, 0, 2 | abs(x) + 1, 5, 4 | 1, 8, 2 | 1, 9, -1 |
        np.float32(1), 8, 4
    """,
    "meshgrid": """
        x.ravel(), [1, 2] | x.ravel(), [1, 2], [3.5] | x.ravel() | x.ravel(), [1, 2], indexing="ij" |
        x.ravel(), [1, 2], sparse=True | x.ravel(), [1, 2], copy=False | x.ravel(), 3 | x, x |
        x.ravel(), [1, 2], indexing="no" | x.ravel(), [1, 2], sparse=True, copy=False | x.ravel(), [1], other=1
    """,
    "indices": """
        (2, 3) | (2, 3), float | (2, 3), sparse=True | (4,) | () | (2, 0) | [2, 3], np.int8 | (2, 3, 2), int, True |
        (2.5,) | 3 | x.shape
    """,
    "diag": "x | x, 1 | x, -2 | x, 9 | x, -9 | x.T | x, k=1 | x.ravel(), 1",
    "diagflat": "x | x, 1 | x, -2",
    "vander": "x | x, 3 | x, 0 | x, 4, True | x.ravel(), 3 | x.ravel(), N=2, increasing=True | x, -1",
    "tril_indices": "3 | 3, 1 | 3, -1, 4 | 3, 0, 2 | 0 | -1 | n=3, k=1, m=2 | x.ndim",
    "triu_indices": "3 | 3, 1 | 3, -1, 4 | 3, 0, 2 | 0 | 2.5 | x.ndim, m=3",
    "diag_indices": "3 | 3, 3 | 0 | 2, ndim=1",
    "mask_indices": "3, np.triu | 3, np.tril, -1 | 3, np.triu, k=1",
    "tril_indices_from": "x | x, 1 | x, k=-1",
    "triu_indices_from": "x | x, 1 | x, k=-1",
    "diag_indices_from": "x | x[:3, :3]",
    "bartlett": "5 | 1 | 0 | -2 | 4 | 4.0",
    "blackman": "5 | 1 | 0 | 4",
    "hamming": "5 | 1 | 0 | 4",
    "hanning": "5 | 1 | 0 | M=4",
    "kaiser": "5, 14 | 1, 2.5 | 0, 1 | 4, 0.0 | M=6, beta=8.6",
}

JOINING: dict[str, str] = {
    "atleast_3d": "x | x, x | x, [1, 2]",
    "rollaxis": "x, 0 | x, 1 | x, -1 | x, 0, 2 | x, 1, -1 | x, 9 | x, 0, 9 | x, 0, 1 | x, axis=1, start=0",
    "rot90": """
        x | x, 2 | x, 3 | x, -1 | x, 4 | x, 1, (1, 0) | x, 1, (0, 0) | x, 1, (0, 9) | x, k=1, axes=(0, -1) |
        x, 1, (0, 1, 2) | x, 1, [0, 1]
    """,
    "broadcast_arrays": "x, x | x, 1 | x | x, x[..., None] | x, [1, 2] | x, 2.5, subok=False",
    "dstack": "[x, x] | [x] | [] | [x, x[..., :1]] | (x, 1)",
    "append": "x, 5 | x, x | x, x, 0 | x, x, -1 | x, x, axis=9 | x, [1, 2] | x, [], 0 | x, [[1.5]]",
    "block": """
        [x, x] | [[x, x], [x, x]] | [[x], [x + 1]] | x | [x, 1] | [] | [[x], x] | (x, x) | [[x, x[..., :1]]] |
        [[[x, x]]]
    """,
    "array_split": "x, 2 | x, 3, -1 | x, [1, 2] | x, [1, 2], 1 | x, 0 | x, 7 | x, [2, 1] | x, 2, 9 | x, (1,), axis=0",
    "split": "x, 2 | x, 3 | x, [1, 2] | x, 2, -1 | x, [1], axis=1 | x, 0 | x, 5 | x, [-1]",
    "hsplit": "x, 2 | x, [1] | x, 1",
    "vsplit": "x, 2 | x, [1] | x, 1",
    "dsplit": "x, 2 | x, [1] | x, 1",
    "unstack": "x | x, axis=1 | x, axis=-1 | x, axis=9",
    "repeat": """
        x, 2 | x, 2, 0 | x, 2, -1 | x, 0 | x, -1 | x, [2] | x, [1, 2, 3], 0 | x, [1, 0, 2, 1], axis=-1 | x, 2.5 |
        x, [1, 2], 9 | x, 2, 9 | x.T, 2, 0 | x, [1, -1, 1], 0 | x, True
    """,
    "tile": "x, 2 | x, (2, 3) | x, () | x, (1, 1) | x, 1 | x, 0 | x, (2, 1, 1, 1) | x.T, (2, 1) | x, [2, 2] | x, -1",
    "resize": "x, 3 | x, (2, 3) | x, (0, 2) | x, () | x, 40 | x, (-1, 2) | x, x.shape | x, [2, 2] | x, 2.5",
    "delete": """
        x, 0 | x, 0, 0 | x, -1, -1 | x, 9 | x, [0, 2], 0 | x, slice(None, None, 2), -1 | x, [], 0 | x, slice(1, 3) |
        x, [0, 0, 1], 0 | x, [True, False, True], 0 | x, [9], 0 | x.T, 1, 0 | x, 1, axis=9 | x, [0, -1], None
    """,
    "insert": """
        x, 0, 5 | x, 1, 5, 0 | x, -1, 5, axis=-1 | x, [1, 2], 7, 0 | x, [1, 1], 7, -1 | x, 99, 5 | x, [0, 2], [8, 9] |
        x, slice(0, 2), 5, 0 | x, [1], [[8], [9]], 0 | x, 1, x, 0 | x, [2, 0], [8, 9], -1 | x, [], 3, 0 | x.T, 1, 5, 0 |
        x, [True, False, True], 4, 0 | x, 1, 2.5, 9 | x, [0, 9], 5, 0 | x, 0, [1, 2] | x, 1.5, 5
    """,
}

PADDING: dict[str, str] = {
    "pad": " | ".join(
        f"x, {width}{keywords}"
        for width, modes in {
            "((0, 1),) * x.ndim": (
                "", ", 'edge'", ", 'constant', constant_values=3", ", constant_values=(1, 2)", ", 'linear_ramp'",
                ", 'linear_ramp', end_values=(-2, 5)", ", 'maximum'", ", 'minimum', stat_length=2", ", 'mean'",
                ", 'mean', stat_length=(1, 2)", ", 'median'",
            ),
            "(2, 1)": (", 'wrap'", ", mode='reflect'", ", 'symmetric'", ", 'reflect', reflect_type='odd'"),
            "(1, 9)": (
                ", 'wrap'", ", mode='reflect'", ", 'symmetric'", ", 'reflect', reflect_type='odd'",
                ", 'symmetric', reflect_type='odd'", ", 'linear_ramp'", ", 'mean'",
            ),
        }.items()
        for keywords in modes
    )
    + """ | x, 0 | x, -1 | x, 1.5 | x, 1, 'other' | x, 1, 'edge', constant_values=1 | x, [[1, 2], [3, 4]] | x, {0: 1} |
        x, {-1: (1, 2)}, 'edge' | x, 1, constant_values=x.ravel()[0] | x.T, 1, 'wrap' | x, (1, 2, 3) |
        x, 1, 'minimum', stat_length=0 | x, 1, 'maximum', stat_length=-1 | x, 3, constant_values=2.5 | x, 9, 'edge'
    """,
}  # fmt: skip

PICKING: dict[str, str] = {
    "take": """
        x, 0 | x, [0, 2] | x, [0, 2], 0 | x, -1, -1 | x, [[0, 1], [1, 0]], -1 | x, 99 | x, [99], mode="clip" |
        x, [-3, 7], 0, mode="wrap" | x, [-3, 7], 0, None, "clip" | x, [0.5] | x, 0, 9 | x, 0, mode="no" | x, [] |
        x, True | x, np.arange(2), axis=1 | x.T, [0, 1], 1 | x, np.uint8(1), 0 | x, (0, 1), axis=0
    """,
    "take_along_axis": """
        x, np.argmax(abs(x), axis=0, keepdims=True), 0 | x, np.zeros(x.shape, int), -1 | x, [0, 1], None |
        x, np.zeros(x.shape, int) | x, np.zeros(x.shape), 0 | x, np.array([0]), 0 | x, [[0]], None |
        x, np.full(x.shape, -1), axis=0 | x, np.full(x.shape, 9), axis=0 | x, np.zeros(x.shape, int), 9
    """,
    "compress": """
        [True, False, True], x | [True, False, True], x, 0 | [False, True], x, axis=-1 | [1, 0, 2], x, 0 | x > 0, x |
        [[True]], x | [True] * 99, x | [True], x, 9 | [False], x, 0
    """,
    "extract": "[True, False, True], x | x > 0, x | [[1, 0], [0, 1]], x | w, x | [True] * 99, x",
    "ix_": "[0, 2], [1] | [0, 1] | [True, False, True], [0] | [[0]] | [], [0] | np.arange(2), (0, 1), [1]",
    "choose": """
        [0, 1, 0, 1], [x, x + 1] | 1, [x, 2] | w.astype(int), [x, -1] | [2], [x, x] | [2], [x, x], mode="wrap" |
        [-1], [x, 3], mode="clip" | [0.5], [x] | w, (x, 0) | [0, 1], [[1, 2], [3, 4]] | [-1], [x, x] | 0, [1, 2]
    """,
    "select": """
        [x > 1, x > 0], [x, -x] | [x > 1], [x], 7 | [x > 1, w], [1, 2.5], default=x | [], [] | [x], [x] |
        [x > 1, x > 0], [x] | [w], [[1]] | [True, w], [x, 1] | [x != 0], [1], -1 | [w, w], [x, x * 2], 0.5
    """,
    "sliding_window_view": """
        x, 2 | x, 2, 0 | x, 1, -1 | x, (2, 2) | x, (2, 1), (0, 1) | x, 99, 0 | x, -1, 0 | x, (1,) * x.ndim |
        x, 3, axis=1 |        x, (2, 2), (1, 1) | x, 2, 9
    """,
}

FUNCTIONS = {**MAKING, **JOINING, **PADDING, **PICKING}

METHODS: dict[str, str] = {
    **{name: FUNCTIONS[name] for name in ("repeat", "take")},
    "choose": "x.astype(np.int8), [x, 1], mode='wrap' | x.astype(int), [x], mode='clip'",
    "compress": "x, [True, False, True] | x, [True, False, True], 0 | x, [0, 1], axis=-1 | x, [[1]]",
}

CHANGES: dict[str, str] = {
    "copyto": """
        y, 1 | y, y * 2 | y, x[..., :1] | y, 1, where=w | y, x[::-1], where=w | y, 1.5 | y, 1.5, casting="unsafe" |
        y, [1] | y, 1, "no" | y, x[None, None] | y, 2, where=True | y, 1, where=[True] | y, [1, 2, 3, 4, 5, 6, 7] |
        dst=y, src=3, where=w[..., :1] | y, 1, where=x
    """,
    "put": """
        y, 0, 5 | y, [0, 2], 7 | y, [0, 2], [7, 8] | y, [0, 1, 2], [7, 8] | y, -1, 3 | y, 99, 1 |
        y, [99, -99], 1, "clip" | y, [1, 1], [4, 5] |
        y, [7, -3], [1, 2], mode="wrap" | y, [0.5], 1 | y, [], 1 | y, [0], [] | y, [[0, 1]], [[4], [5]] |
        y, 0, 1.5 | y, 0, 1, "no" | y, [0], np.array([1.5])
    """,
    "putmask": "y, w, 1 | y, w, [1, 2] | y, w, x * 2 | y, y > 0, 2.5 | y, w, [] | y, [True], 1 | y, w, x[::-1]",
    "place": "y, w, 1 | y, w, [1, 2] | y, w, x * 2 | y, y > 0, [2.5] | y, w, [] | y, [True], 1 | y, w, [1, 2, 3]",
    "put_along_axis": """
        y, np.zeros(x.shape, int), 7, 0 | y, np.argmax(abs(x), axis=-1, keepdims=True), -5, -1 | y, [0, 1], 3, None |
        y, np.array([0, -1]), [3, 4], None | y, np.zeros(x.shape), 7, 0 | y, np.full(x.shape, 9), 7, 0 |
        y, np.array([99]), 7, None | y, np.full(x.shape, -1), x, axis=0
    """,
    "fill_diagonal": "y, 5 | y, [1, 2] | y, 5, True | y, [1, 2, 3, 4, 5] | y, 2.5, wrap=True | y[:3, :3], 7",
}
