"""The functions that emitted code may call, as plain Python over NumPy scalars.

This is their meaning; the native backend has a native version of each under the same name. Vector math comes per
dtype, as ``exp_f32`` and ``exp_f64``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.emit.storage import storage
from defnhook.emit.vector_math import FUNCTIONS
from defnhook.graph import Node
from defnhook.ops.kinds import Elementwise, Reduction

SUFFIX = {"float32": "f32", "float64": "f64", "complex64": "f32", "complex128": "f64"}
VECTOR_NAMES = frozenset(name.rpartition("_")[0] for name in FUNCTIONS)
SMALL = ("ZERO", "ONE", "TWO", "THREE", "FOUR")
CONSTANTS = {"BLOCK": np.uint64(512)} | {name: np.uint64(number) for number, name in enumerate(SMALL)}
CALLED = re.compile(r"(?<![\w.}])([a-z_]\w*)\(")


def select(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where the condition holds, ``y`` otherwise; both are computed."""
    return x if condition else y


def weighted(weight: Any, x: Any) -> Any:
    """A product that is 0 where either factor is, whatever the other is there."""
    return select((weight == 0) | (x == 0), type(x)(0), weight * x)


def fast_add(x: Any, y: Any) -> Any:
    """A sum whose order is free, so that a loop over it can use several accumulators."""
    return x + y


def fast_multiply(x: Any, y: Any) -> Any:
    """A product whose order is free."""
    return x * y


interleaved = range
"""A range whose steps wait for no other, and are long: native loops do several side by side."""


def flat(array: Any) -> Any:
    """A contiguous array as one axis, without a copy."""
    return array.reshape(-1)


def strided(array: Any) -> Any:
    """An array whose strides only the call knows."""
    return array


def in_rows(array: Any) -> Any:
    """An array whose strides only the call knows but for the last, which is the size of an element."""
    return array


def reshaped(array: Any, shape: Any) -> Any:
    """A contiguous array in another shape, without a copy."""
    return array.reshape(tuple(int(n) for n in shape))


def from_bits(bits: Any) -> Any:
    """The float64 of 64 bits."""
    return np.uint64(bits).view(np.float64)


def to_bits(value: Any) -> Any:
    """The 64 bits of a float64."""
    return np.float64(value).view(np.uint64)


def from_half(bits: Any) -> Any:
    """The float16 of 16 bits, as a float32."""
    return np.float32(np.uint16(bits).view(np.float16))


def to_half(value: Any) -> Any:
    """The 16 bits of a float32 rounded to float16."""
    return np.float16(value).view(np.uint16)


def rounded_half(value: Any) -> Any:
    """A float32 or float64 rounded once to float16, as a float32."""
    return np.float32(np.float16(value))


def next_slice(table: Any, role: int, state: int, count: int, phase: int) -> tuple[int, int, int]:
    """The next slice of a kernel for a member of a team: a phase and its units, or a negative phase at the end.

    ``phase`` is that of the slice just done. The caller (``role`` -2) takes slices from the front and the others
    from the back, so that each finds in its cache what it had in the phase and the call before. No phase begins
    before the one ahead is done; after waiting long for that, it is the end too.
    """
    with TAKING:
        cells = table[int(state) :]
        if phase >= 0:
            cells[4 * phase + 1] += np.uint64(1)
        for number in range(max(phase, 0), int(count)):
            taken, done, units, slices = map(int, cells[4 * number : 4 * number + 4])
            front, back = taken % 2**32, taken >> 32
            if front + back < slices:
                cells[4 * number] += np.uint64(1 if role == -2 else 2**32)
                place = front if role == -2 else slices - 1 - back
                return number, units * place // slices, units * (place + 1) // slices
            if done < slices:
                break
        return -1, 0, 0


TAKING = threading.Lock()


def mantissa(value: Any) -> Any:
    """The first part of ``np.frexp``."""
    return np.frexp(value)[0]


def exponent(value: Any) -> Any:
    """The second part of ``np.frexp``."""
    return np.frexp(value)[1]


def _outside(number: int) -> Any:
    return np.bool_(not -(2**63) <= number < 2**63)


def add_overflows(x: Any, y: Any) -> Any:
    """Whether the sum of two integers leaves 64 bits."""
    return _outside(int(x) + int(y))


def subtract_overflows(x: Any, y: Any) -> Any:
    """Whether the difference of two integers leaves 64 bits."""
    return _outside(int(x) - int(y))


def multiply_overflows(x: Any, y: Any) -> Any:
    """Whether the product of two integers leaves 64 bits."""
    return _outside(int(x) * int(y))


PLAIN: dict[str, Callable[..., Any]] = {
    "add_overflows": add_overflows,
    "bits_set": np.bitwise_count,
    "ceil": np.ceil,
    "conj": np.conjugate,
    "copysign": np.copysign,
    "exponent": exponent,
    "fabs": np.fabs,
    "fast_add": fast_add,
    "fast_multiply": fast_multiply,
    "flat": flat,
    "floor": np.floor,
    "floor_divide_f": np.floor_divide,
    "floor_mod_f": np.remainder,
    "fmaximum": np.fmax,
    "fminimum": np.fmin,
    "fmod": np.fmod,
    "from_bits": from_bits,
    "from_half": from_half,
    "imag": np.imag,
    "in_rows": in_rows,
    "int_floor_divide": np.floor_divide,
    "int_fmod": np.fmod,
    "int_gcd": np.gcd,
    "int_lcm": np.lcm,
    "int_mod": np.remainder,
    "int_power": np.power,
    "interleaved": interleaved,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "mantissa": mantissa,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "next_slice": next_slice,
    "nextafter": np.nextafter,
    "multiply_overflows": multiply_overflows,
    "real": np.real,
    "reshaped": reshaped,
    "rint": np.rint,
    "rounded_half": rounded_half,
    "select": select,
    "shift_left": np.left_shift,
    "shift_right": np.right_shift,
    "signbit": np.signbit,
    "spacing": np.spacing,
    "sqrt": np.sqrt,
    "strided": strided,
    "subtract_overflows": subtract_overflows,
    "to_bits": to_bits,
    "to_half": to_half,
    "trunc": np.trunc,
    "weighted": weighted,
}


def resolve(name: str, dtype: np.dtype[Any]) -> str | None:
    """The name under which emitted code finds a function for a dtype, or None where there is none."""
    if name in _NOT_OF_HALVES and dtype == np.float16:
        return None
    if name in PLAIN or name in _WORDS:
        return name
    full = f"{name}_{SUFFIX.get(storage(dtype).computed.name, '')}"
    return full if full in FUNCTIONS else None


# The neighbours of the numbers that memory holds, not of those computed with; and what overflows earlier in NumPy.
_NOT_OF_HALVES = ("nextafter", "spacing", "i0")
_WORDS = frozenset({"not", "and", "or", "in", "if", "else"})


def functions_in(text: str) -> set[str]:
    """The names of functions that an expression calls."""
    return set(CALLED.findall(text)) - _WORDS


def lacks(node: Node) -> str:
    """Which function a node's loop needs and the library has not; empty where nothing is missing."""
    if isinstance(node.op, Elementwise):
        kind, dtype = node.inputs[0].dtype.kind, node.inputs[0].dtype
    elif isinstance(node.op, Reduction):
        kind, dtype = node.dtype.kind, node.dtype
    else:
        return ""
    text = node.op.loop_for(kind)
    missing = sorted(name for name in functions_in(text or "") if resolve(name, dtype) is None)
    return f"no native {missing[0]} for {dtype.name}" if missing else ""


def namespace() -> dict[str, Any]:
    """Everything emitted code needs to run as plain Python."""
    return {"np": np, **CONSTANTS, **PLAIN, **FUNCTIONS}
