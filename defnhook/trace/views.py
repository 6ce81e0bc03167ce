"""Arrays seen in another shape, in any order of reading, or with their bits as another dtype."""

from __future__ import annotations

import builtins
from functools import cache
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Elementwise, NoGradient
from defnhook.trace import building, primitives
from defnhook.trace.layout import is_arranged
from defnhook.trace.tensor import Tensor


def reshape(a: Any, shape: Any, order: Any = "C", copy: Any = None) -> Tensor:
    """``np.reshape``: elements read and placed in C or F order; a view where NumPy makes one."""
    x = primitives.strong(primitives.as_tensor(a))
    if order == "A":
        order = "F" if is_arranged(x, "F") and not is_arranged(x, "C") else "C"
    if order == "K":
        raise ValueError("order 'K' is not permitted for reshaping")
    if order not in ("C", "F", None):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    made = _in_columns(x, shape) if order == "F" else primitives.reshape(x, shape)
    if copy:
        return primitives.cast(made, made.dtype, "array", True, "F" if order == "F" else "C")
    if (
        copy is False
        and made.type.size
        and x.kind == "array"
        and (made.alias is None or made.storage is not x.storage)
    ):
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return made


def _in_columns(x: Tensor, shape: Any) -> Tensor:
    extents = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    return primitives.transpose(primitives.reshape(primitives.transpose(x), extents[::-1]))


@cache
def _bits(source: np.dtype[Any], dtype: np.dtype[Any]) -> Elementwise:
    """The bits of a number as another number."""

    def as_bits(x: Any) -> Any:
        return x.view(dtype)

    reason = "it gives the bits of a number another meaning. Convert with x.astype(dtype)."
    loop = "{i}({x})" if source.kind == "b" else f"np.{source.name}({{x}}).view({{i}})"
    if source == np.float16:
        loop = "{i}(to_half({x}))"
    elif dtype == np.float16:
        loop = "from_half(np.uint16({x}))"
    return Elementwise(as_bits, loop=loop, partials=NoGradient(reason))


def view(x: Tensor, dtype: Any = None, type: Any = None) -> Tensor:
    """``x.view(dtype)``: the same elements, or their bits as numbers of the same size."""
    if isinstance(dtype, builtins.type) and issubclass(dtype, np.ndarray):
        dtype, type = None, dtype
    if type not in (None, np.ndarray):
        raise DefnTypeError(f"view(type={type!r}) is not part of the defn language; leave it out")
    wanted = x.dtype if dtype is None else np.dtype(dtype)
    if wanted == x.dtype:
        return x if x.kind == "scalar" else x[...]
    if wanted.itemsize != x.itemsize or wanted.kind not in "iuf" or x.dtype.kind not in "iufb":
        raise DefnTypeError(
            f"view({wanted}) of {x.dtype} is not part of the defn language, only that of integers and floats of one "
            "size; convert with x.astype(dtype)"
        )
    return building.as_view(
        primitives.elementwise(_bits(x.dtype, wanted), (x,)),
        x,
        lambda a: a.view(wanted),
        lambda a: primitives.elementwise(_bits(x.dtype, wanted), (a,)),
    )
