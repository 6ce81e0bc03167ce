"""The operands of the loop over the table: each dtype as arrays come, at ordinary and at special values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from ops.calling import MATRICES, Call
from ops.cases import ordinary, special_values

Array = np.ndarray[Any, Any]
Dtype = np.dtype[Any]


def ordinary_pairs(dtype: Dtype) -> Iterator[tuple[str, Array, Array]]:
    """An array and another of its shape, in every arrangement."""
    x, y = ordinary(dtype, (3, 4)), ordinary(dtype, (3, 4), 1)
    solid, other = ordinary(dtype, (2, 3, 4)), ordinary(dtype, (2, 3, 4), 1)
    yield "two axes", x, y
    yield "one axis", ordinary(dtype, 6), ordinary(dtype, 6, 1)
    yield "no axis", np.array(x[0, 0]), np.array(y[0, 1])
    yield "number", x[0, 0], y[0, 1]
    yield "empty", x[:0, 0], y[:0, 0]
    yield "empty rows", x[:0], y[:0]
    yield "empty columns", x[:, :0], y[:, :0]
    yield "length one", x[0, :1], y[0, :1]
    yield "column", x[:, :1], y[:, :1]
    yield "square", x[:, :3], y[:, 1:]
    yield "broadcast", np.broadcast_to(x[:1], (3, 4)), y
    yield "transposed", x.T, y.T
    yield "transposed beside rows", solid.transpose(2, 0, 1), np.ascontiguousarray(other.transpose(2, 0, 1))
    yield "negative stride", x[::-1, ::-2], y[:, ::2]
    yield "three axes", solid, other


def special_pairs(dtype: Dtype) -> Iterator[tuple[str, Array, Array]]:
    """The special values against each other, and those of each sort alone, in arrays of one length."""
    values = special_values(dtype)[:: 3 if dtype.kind == "c" else 1]
    yield "special", values, values[::-1]
    grid = np.meshgrid(values, values)
    yield "special pairs", grid[0], grid[1]
    for name, sort in sorts(dtype).items():
        x = np.array(sort, dtype)
        yield name, x, x[::-1]


def sorts(dtype: Dtype) -> dict[str, list[Any]]:
    """Special values of one sort beside ordinary ones."""
    if dtype.kind == "b":
        return {"true": [True] * 4, "false": [False] * 4}
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return {"extreme": [info.max, 1, info.min, info.max - 1], "zeros": [0, 0, 3, 0]}
    info = np.finfo(dtype)
    tiny = info.smallest_subnormal
    return {
        "nan": [1.0, np.nan, -2.0, 0.5],
        "all nan": [np.nan] * 4,
        "inf": [np.inf, 1.0, -2.0, 0.5],
        "both inf": [-np.inf, 1.0, np.inf, 0.5],
        "zeros": [0.0, -0.0, 0.0, -0.0],
        "denormal": [tiny, -tiny, info.tiny, 3 * tiny],
        "extreme": [info.max, 1.0, -info.max, info.tiny],
    }


def pairs(dtype: Dtype) -> Iterator[tuple[str, Array, Array]]:
    """All of them."""
    yield from ordinary_pairs(dtype)
    yield from special_pairs(dtype)


# -- matrices


def drawn(dtype: Dtype, shape: Any, seed: int) -> Array:
    """Values of which factorizations are well conditioned once a diagonal is added."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-2, 2, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(-2, 2, shape)
    return (np.abs(np.round(values)) if dtype.kind in "biu" else values).astype(dtype)


def operands(dtype: Dtype) -> dict[str, Array]:
    """What the calls over matrices name."""
    eye = np.eye(3)
    m = (drawn(dtype, (3, 3), 1) + 6 * eye).astype(dtype)
    s = (m @ m.conj().T + eye).astype(dtype)
    t = (drawn(dtype, (2, 3, 3), 2) + 8 * eye).astype(dtype)
    arrays = (m, s, t, drawn(dtype, (3, 2), 3), drawn(dtype, 3, 4), drawn(dtype, (4, 3), 5))
    return dict(zip(MATRICES, arrays, strict=True))


def reversed_twice(array: Array) -> Array:
    """The same elements behind negative strides."""
    turned = (slice(None, None, -1),) * array.ndim
    return array[turned].copy()[turned]


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "negative stride": reversed_twice,
    "spread": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "empty": lambda array: array[(slice(0),) * array.ndim],
    "length one": lambda array: array[(slice(1),) * array.ndim],
    "zeros": lambda array: array * 0,
}
BAD = {"nan": np.nan, "inf": np.inf, "denormal": 5e-324, "extreme": 3e38}


def matrix_operands(dtype: Dtype) -> Iterator[tuple[str, dict[str, Array]]]:
    """The matrices in every arrangement, and with a special value among their elements."""
    for name, layout in LAYOUTS.items():
        yield name, {each: layout(array) for each, array in operands(dtype).items()}
    for name, value in BAD.items() if dtype.kind in "fc" else ():
        arrays = operands(dtype)
        with np.errstate(over="ignore"):
            bad = np.asarray(value).astype(dtype)
        for array in arrays.values():
            array[(0,) * array.ndim] = bad
        yield name, arrays


# Of matrices of these kinds with such an element LAPACK never returns.
ENDLESS = {
    "np.linalg.svd": ("fc", "inf"),
    "np.linalg.pinv": ("fc", "inf"),
    "np.linalg.lstsq": ("fc", "inf nan"),
}


@cache
def _labels(matrices: bool, dtype: Dtype) -> tuple[str, ...]:
    return tuple(each[0] for each in (matrix_operands(dtype) if matrices else pairs(dtype)))


def labels(call: Call, dtype: Dtype) -> tuple[str, ...]:
    """The arrangements of the operands of a call, without those of which LAPACK never returns."""
    found = _labels(call.among is MATRICES, dtype) if call.parameters else ("no operands",)
    kinds, left_out = ENDLESS.get(call.text.partition("(")[0], ("", ""))
    return tuple(label for label in found if dtype.kind not in kinds or label not in left_out.split())


def operands_of(call: Call, dtype: Dtype, label: str) -> tuple[Any, ...]:
    """The operands of a call in one arrangement, each time anew."""
    if not call.parameters:
        return ()
    if call.among is MATRICES:
        arrays = next(arrays for name, arrays in matrix_operands(dtype) if name == label)
        return tuple(arrays[each] for each in call.parameters)
    x, y = next((x, y) for name, x, y in pairs(dtype) if name == label)
    mask = np.arange(np.size(x)).reshape(np.shape(x)) % 3 != 1
    found = {"x": x, "y": y, "w": mask}
    return tuple(found[name] for name in call.parameters)
