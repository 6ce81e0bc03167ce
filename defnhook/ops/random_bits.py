"""Random bits from keys: the counter-based generator Threefry-2x32, and the keys that select its streams.

The generator is that of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), with
20 rounds. Element ``i`` of a drawing is what the counter ``i`` is enciphered to, so that every element stands for
itself. Counters, keys and the folding of two words into one are laid out as in JAX with
``jax_threefry_partitionable``, its default.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import known, operand, traced

Shape = tuple[int, ...]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = np.uint32(0x1BD11BDA)
WORD = 1 << 32


def rotated(x: Any, count: int) -> Any:
    """A word of 32 bits turned to the left."""
    return (x << np.uint32(count)) | (x >> np.uint32(32 - count))


def threefry(words: tuple[Any, Any], high: Any, low: Any) -> tuple[Any, Any]:
    """Two words of a counter, enciphered under the two words of a key: Threefry-2x32 of Salmon et al. (2011)."""
    schedule = (*words, words[0] ^ words[1] ^ PARITY)
    first, second = schedule[0] + high, schedule[1] + low
    for group in range(5):
        for count in ROTATIONS[group % 2]:
            first = first + second
            second = rotated(second, count) ^ first
        first = first + schedule[(group + 1) % 3]
        second = second + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return first, second


def key_words(key: Any) -> tuple[Any, Any]:
    """The two words of a key: of arrays as arrays of one element, whose sums wrap around without a warning."""
    key = operand(key)
    if key.shape != (2,) or key.dtype != np.uint32:
        raise TypeError(
            f"key must be an array of two uint32 numbers, as defnhook.random.key() gives, not {key.dtype} of the shape "
            f"{tuple(key.shape)}"
        )
    return (key[:1], key[1:]) if traced(key) is None else (key[0], key[1])


def shape_of(shape: Any, name: str = "shape") -> Shape:
    """A shape as a tuple; a number is that of a one-dimensional array."""
    shape = known(shape, f"for the {name} of random numbers")
    try:
        found = tuple(map(operator.index, shape)) if isinstance(shape, Sequence) else (operator.index(shape),)
    except TypeError:
        raise TypeError(f"{name} must be an integer or a tuple of integers, not {shape!r}") from None
    if any(extent < 0 for extent in found):
        raise ValueError(f"{name} must not be negative, but is {shape!r}")
    return found


def dtype_of(dtype: Any, kinds: str, what: str) -> np.dtype[Any]:
    """A dtype of one of some kinds that random numbers come in."""
    found: np.dtype[Any] = np.dtype(dtype)
    if found.kind not in kinds or not found.isnative or found.itemsize > 8 or found == np.float16:
        raise TypeError(f"dtype must be {what}, not {found}")
    return found


def blocks(key: Any, shape: Shape) -> tuple[Any, Any]:
    """The two words of each of the first counters, in an array of a shape.

    Where nothing is traced, that has at least one axis: the sums of NumPy's numbers warn where they wrap around.
    """
    words, like, size = key_words(key), traced(key), math.prod(shape)
    if like is not None and not shape:
        return threefry(words, np.uint32(0), np.uint32(0))
    places: Any = np.arange(size, dtype=np.uint32 if size <= WORD else np.uint64, like=like)
    places = np.reshape(places, shape or (1,))
    if size <= WORD:
        return threefry(words, np.uint32(0), places)
    return threefry(words, (places >> np.uint64(32)).astype(np.uint32), places.astype(np.uint32))


def joined(first: Any, second: Any, dtype: np.dtype[Any]) -> Any:
    """Two words as one unsigned integer: side by side in 64 bits, folded into one another in fewer."""
    if dtype.itemsize == 8:
        return (first.astype(dtype) << dtype.type(32)) | second.astype(dtype)
    return (first ^ second).astype(dtype, copy=False)


def drawn(key: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Random unsigned integers in an array of a shape, as :func:`blocks` gives it."""
    return joined(*blocks(key, shape), dtype)


def finished(x: Any, shape: Shape) -> Any:
    """What was drawn, in the shape asked for; a number where that is ``()``."""
    return x if tuple(x.shape) == shape else np.reshape(x, shape)[()]


def integer(name: str, value: Any) -> Any:
    """An integer as 64 bits."""
    number = operand(value)
    if number.dtype.kind == "O" and isinstance(value, int):
        raise ValueError(f"{name} must have at most 64 bits, but is {value}")
    if number.dtype.kind not in "iu" or number.ndim:
        raise TypeError(f"{name} must be an integer, not {number.dtype} of the shape {tuple(number.shape)}")
    signed = number if number.dtype.kind == "u" else number.astype(np.int64)
    return signed.astype(np.uint64)


def key(seed: Any) -> Any:
    """The key of a seed.

    Parameters
    ----------
    seed
        An integer of up to 64 bits. A negative one counts as the number with the same bits in two's complement.

    Returns
    -------
    key
        A uint32 array of the shape ``(2,)``: the upper and the lower half of the seed, as in JAX with 64-bit types.

    Raises
    ------
    TypeError
        Where ``seed`` is not an integer.
    ValueError
        Where it has more than 64 bits.

    Examples
    --------
    >>> from defnhook import random
    >>> random.key(42)
    array([ 0, 42], dtype=uint32)
    """
    number = integer("seed", seed)
    high, low = number >> np.uint64(32), number & np.uint64(WORD - 1)
    return np.stack((high, low)).astype(np.uint32)


def split(key: Any, num: Any = 2) -> Any:
    """New keys from a key, which is not to be used afterwards.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    num
        How many; or a tuple, the shape in which they come.

    Returns
    -------
    keys
        A uint32 array of the shape ``(num, 2)``. Its row ``i`` does not depend on ``num``.

    Raises
    ------
    TypeError, ValueError
        Where ``key`` is no key, or ``num`` is no integer, tuple of integers, or is negative.

    Examples
    --------
    >>> from defnhook import random
    >>> random.split(random.key(0))
    array([[1797259609, 2579123966],
           [ 928981903, 3453687069]], dtype=uint32)
    """
    shape = shape_of(num, "num")
    return np.reshape(np.stack(blocks(key, (math.prod(shape),)), axis=-1), (*shape, 2))


def fold_in(key: Any, data: Any) -> Any:
    """A new key from a key and a number, such as the number of a step.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    data
        An integer, of which the lower 32 bits count.

    Returns
    -------
    key
        A uint32 array of the shape ``(2,)``.

    Raises
    ------
    TypeError
        Where ``key`` is no key or ``data`` no integer.
    ValueError
        Where ``data`` has more than 64 bits.

    Examples
    --------
    >>> from defnhook import random
    >>> random.fold_in(random.key(0), 1)
    array([ 928981903, 3453687069], dtype=uint32)
    """
    low = integer("data", data).astype(np.uint32)
    if traced(key, low) is None:
        low = np.reshape(low, (1,))
    return np.reshape(np.stack(threefry(key_words(key), np.uint32(0), low)), (2,))


def bits(key: Any, shape: Any = (), dtype: Any = np.uint64) -> Any:
    """Unsigned integers of which every bit is random.

    Parameters
    ----------
    key
        A key: a uint32 array of the shape ``(2,)``.
    shape
        The shape of the result: an integer or a tuple, known while tracing.
    dtype
        uint8, uint16, uint32 or uint64.

    Returns
    -------
    bits
        An array of that shape and dtype; a number where ``shape`` is ``()``.
        They are made as JAX's ``bits`` makes them.

    Raises
    ------
    TypeError, ValueError
        Where ``key`` is no key, ``shape`` no shape, or ``dtype`` not unsigned.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import random
    >>> random.bits(random.key(0), 3, np.uint8)
    array([167, 146,  40], dtype=uint8)
    """
    shape = shape_of(shape)
    return finished(drawn(key, shape, dtype_of(dtype, "u", "an unsigned integer dtype")), shape)


KEY = Composite(key, expand=key)
SPLIT = Composite(split, expand=split)
FOLD_IN = Composite(fold_in, expand=fold_in)
BITS = Composite(bits, expand=bits)
