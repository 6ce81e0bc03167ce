"""The emitter's library in plain Python, one element at a time, and loops over arrays built on it.

Integers are unbounded while an expression is evaluated and wrap when they are cast; floats are NumPy scalars
of their dtype, so that a division by zero gives an infinity.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import scipy.special

from defnhook.emit.library import functions_in, resolve
from defnhook.emit.storage import storage
from defnhook.ops import Elementwise, Reduction


def select(condition, chosen, otherwise):
    return chosen if condition else otherwise


def maximum(x, y):
    return x if x != x or x >= y else y


def minimum(x, y):
    return x if x != x or x <= y else y


def fmaximum(x, y):
    return x if y != y or x >= y else y


def fminimum(x, y):
    return x if y != y or x <= y else y


def int_floor_divide(x, y):
    return x // y if y else 0


def int_mod(x, y):
    return x % y if y else 0


def int_fmod(x, y):
    return abs(x) % abs(y) * (-1 if x < 0 else 1) if y else 0


def int_power(x, y):
    return pow(x, y, 1 << 64)


def shift_left(x, y):
    return x << y if 0 <= y < 64 else 0


def shift_right(x, y):
    return x >> y if 0 <= y < 64 else (-1 if x < 0 else 0)


def divided(x, y):
    """Quotient and remainder of floats, rounded towards minus infinity."""
    remainder = np.fmod(x, y)
    if not y:
        return x / y, remainder
    quotient = (x - remainder) / y
    if remainder and (y < 0) != (remainder < 0):
        remainder, quotient = remainder + y, quotient - 1
    elif not remainder:
        remainder = np.copysign(remainder, y)
    if not quotient:
        return np.copysign(quotient, x / y), remainder
    whole = np.floor(quotient)
    return (whole + 1 if quotient - whole > 0.5 else whole), remainder


def power(x, y):
    """The power of arrays: of a single exponent of one half NumPy takes the square root, unlike at -inf."""
    return np.power([x, x], [y, y], dtype=type(x))[0]


FUNCTIONS = {
    "power": power,
    "select": select,
    "maximum": maximum,
    "minimum": minimum,
    "fmaximum": fmaximum,
    "fminimum": fminimum,
    "int_floor_divide": int_floor_divide,
    "int_mod": int_mod,
    "int_fmod": int_fmod,
    "int_power": int_power,
    "shift_left": shift_left,
    "shift_right": shift_right,
    "floor_divide_f": lambda x, y: divided(x, y)[0],
    "floor_mod_f": lambda x, y: divided(x, y)[1],
    "fast_add": lambda x, y: x + y,
    "fast_multiply": lambda x, y: x * y,
    "real": lambda z: z.real,
    "imag": lambda z: z.imag,
    "conj": lambda z: z.conjugate(),
    "bits_set": lambda x: abs(x).bit_count(),
    "int_gcd": math.gcd,
    "int_lcm": math.lcm,
    "mantissa": lambda x: np.frexp(x)[0],
    "exponent": lambda x: np.frexp(x)[1],
    **{
        name: getattr(scipy.special, name)
        for name in """
            beta betaln erf erfc erfinv erfcinv expit gamma gammaln i0 i0e i1 i1e ndtr ndtri log_ndtr psi rgamma
        """.split()
    },
    **{
        name: getattr(np, name)
        for name in """
            exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh
            arccosh arctanh arctan2 cbrt hypot logaddexp sqrt floor ceil trunc rint fabs copysign fmod isnan
            isinf isfinite signbit nextafter spacing
        """.split()
    },
}


def caster(dtype):
    """The cast ``np.float32(...)`` of the emitted code: integers wrap."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return bool
    if dtype.kind not in "iu":
        return dtype.type
    bits = 8 * dtype.itemsize

    def wrap(value):
        value = int(value) & ((1 << bits) - 1)
        return value - (1 << bits) if dtype.kind == "i" and value >> (bits - 1) else value

    return wrap


def compiled(text, names, dtype):
    """A loop expression as a function of its operands, its result cast to ``dtype``."""
    body = "I(" + text.format(i="I", **{name: name for name in names}) + ")"
    return eval(f"lambda {', '.join(names)}: {body}", {**FUNCTIONS, "I": caster(dtype)})


def elements(array):
    """The elements as an expression sees them."""
    return array.ravel().tolist() if array.dtype.kind in "biu" else list(array.ravel())


def loop_dtypes(op, arrays):
    """The dtypes that NumPy computes in, the result's last."""
    if isinstance(op.numpy, np.ufunc):
        return op.numpy.resolve_dtypes((*[a.dtype for a in arrays], *[None] * op.numpy.nout))
    with np.errstate(all="ignore"):
        result = op.numpy(*arrays).dtype
    if op.numpy is np.where:
        return (np.dtype(bool), result, result, result)
    return (arrays[0].dtype, result)


def run_elementwise(op: Elementwise, arrays):
    """The entry's loop over broadcast operands, or None where the table leaves the dtype to NumPy."""
    *operands, result = loop_dtypes(op, arrays)
    text = op.loop_for(operands[0].kind)
    if text is None or any(resolve(name, operands[0]) is None for name in functions_in(text)):
        return None
    step = compiled(text, "xyz"[: len(arrays)], storage(result).computed)
    taken = [a.astype(d).astype(storage(d).computed) for a, d in zip(arrays, operands, strict=True)]
    broadcast = np.broadcast_arrays(*taken)
    values = [step(*row) for row in zip(*map(elements, broadcast), strict=True)]
    return np.array(values, storage(result).computed).astype(result).reshape(broadcast[0].shape)


def run_reduction(op: Reduction, x, axis, keepdims, dtype):
    """The entry's loop folded over axes, or None where NumPy runs it."""
    text = op.loop_for(dtype.kind)
    if text is None:
        return None
    computed = storage(dtype).computed
    step = compiled(text, ("acc", "x"), computed)
    start = op.start_for(dtype.kind)
    x = np.moveaxis(x.astype(dtype).astype(computed), axis, range(len(axis)))
    folded = x.shape[: len(axis)]
    result = np.empty(x.shape[len(axis) :], dtype)
    for place in np.ndindex(result.shape):
        column = iter(elements(x[(*[slice(None)] * len(folded), *place)]))
        accumulator = next(column) if start is None else compiled(start, (), computed)()
        for element in column:
            accumulator = step(accumulator, element)
        result[place] = accumulator
    if not keepdims:
        return result
    kept = itertools.chain.from_iterable(((1,) if i in axis else (n,)) for i, n in _original(result, axis))
    return result.reshape(tuple(kept))


def _original(result, axis):
    extents = iter(result.shape)
    return [(i, 1 if i in axis else next(extents)) for i in range(result.ndim + len(axis))]
