"""Where functions of Python, NumPy and the system are, and where objects have their fields.

The fields are where the public headers put them; whether they are there is looked at before anything relies on it.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any, Final

import numpy as np

from defnhook.backend.posting import NAP

KIND, FLOAT_VALUE = 8, 16
DATA, NDIM, EXTENTS, STRIDES, DTYPE = 16, 24, 32, 40, 56
EMPTY, RETURN = 184, 76
FASTCALL: Final = 0x80


@cache
def python_function(name: str) -> int:
    """The address of a function of Python."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


@cache
def nap_function() -> tuple[int, int]:
    """The address of a function of the system that sleeps, and what it takes for a short while."""
    if sys.platform == "win32":
        return ctypes.cast(ctypes.windll.kernel32.Sleep, ctypes.c_void_p).value or 0, 1
    return ctypes.cast(ctypes.CDLL(None).usleep, ctypes.c_void_p).value or 0, round(NAP * 1e6)


@cache
def numpy_function(number: int) -> int:
    """The address of a function of NumPy, by its place in the table that extensions import."""
    capsule = np._core._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    address = pointer(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, None)
    table = ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))
    return table[number] or 0


@cache
def is_possible() -> bool:
    """Whether objects look here as this module reads them."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    array = np.empty((2, 3), np.float32)[:, ::2]
    looks = [
        (object.__basicsize__, 16),
        (_read(array, KIND), id(np.ndarray)),
        (_read(array, DATA), array.ctypes.data),
        (_read(array, NDIM) & 0xFFFFFFFF, array.ndim),
        (_read(array, DTYPE), id(array.dtype)),
        (ctypes.c_double.from_address(id(0.1) + FLOAT_VALUE).value, 0.1),
    ]
    if any(seen != known for seen, known in looks):
        return False
    pairs = [
        (_read(array, place) + 8 * axis, numbers[axis])
        for place, numbers in ((EXTENTS, array.shape), (STRIDES, array.strides))
        for axis in range(2)
    ]
    return all(ctypes.c_int64.from_address(place).value == known for place, known in pairs)


def _read(value: Any, offset: int) -> int:
    return ctypes.c_uint64.from_address(id(value) + offset).value
