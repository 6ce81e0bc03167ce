"""Matrix products and places of extremes inside loops and branches, made of operations that native loops have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops import BY_MEANING
from defnhook.ops.kinds import Library, Reduction
from defnhook.ops.shaping import folding_dtype
from defnhook.trace import building, primitives
from defnhook.trace.context import UnrollDemand, require_current, user_span
from defnhook.trace.regions import Region
from defnhook.trace.stretching import Clash, agreed
from defnhook.trace.tensor import Tensor


def product_of(op: Library, operands: tuple[Tensor, ...]) -> Tensor:
    """A library call inside a loop or a branch."""
    product = _PRODUCTS.get(op.numpy)
    if product is None or any(not operand.ndim for operand in operands):
        refuse_step(op.name)
    return product(*operands)


def refuse_step(name: str) -> NoReturn:
    """Ask for loops to be unrolled around what only NumPy does; in a branch it has no place."""
    region: Region | None = require_current().region
    outermost: Region | None = None
    while region is not None:
        outermost = region if region.kind == "loop" else outermost
        region = region.parent
    span = user_span()
    line = f"line {span.line}" if span else "a line outside marked code"
    if outermost is not None:
        raise UnrollDemand(frozenset(), outermost, f"{line} calls {name}(), which runs in NumPy")
    raise DefnTypeError(
        f"{name}() runs in NumPy between native parts and has no place in a branch that only the compiled code "
        "knows whether to take; call it before the if and use its result there"
    )


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    message = (
        "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?)"
        " (size {} is different from {})"
    )
    first, second = b.type.shape[max(b.ndim - 2, 0)], a.type.shape[-1]
    return _product(a, b, Clash(message, numbers=(first, second)))


def _product(a: Tensor, b: Tensor, clash: Clash) -> Tensor:
    left = primitives.reshape(a, (1, *a.shape)) if a.ndim == 1 else a
    right = primitives.reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    middle = min(left.type.shape[-1], right.type.shape[-2])
    left = agreed(left, left.ndim - 1, middle, clash)
    right = agreed(right, right.ndim - 2, middle, clash)
    return _folded(a, b, left, right)


def _folded(a: Tensor, b: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """The sum of products, in the simplest form for the numbers of axes."""
    if a.ndim == 1 and b.ndim == 1:
        return _sum_of_products(left[0], right[:, 0], 0)
    if b.ndim == 1:
        return _sum_of_products(left, right[..., 0], left.ndim - 1)
    if a.ndim == 1:
        return _sum_of_products(left[0][:, None], right, right.ndim - 2)
    return _sum_of_products(left[..., :, :, None], right[..., None, :, :], max(a.ndim, b.ndim) - 1)


def _sum_of_products(a: Tensor, b: Tensor, axis: int) -> Tensor:
    dtype = np.result_type(a.dtype, b.dtype)
    wide = folding_dtype(dtype)
    if wide != dtype:
        return primitives.cast(
            _sum_of_products(primitives.cast(a, wide), primitives.cast(b, wide), axis), dtype
        )
    product = BY_MEANING[np.multiply]
    products = primitives.elementwise(product, (a, b))  # type: ignore[arg-type]
    fold = BY_MEANING[np.sum]
    assert isinstance(fold, Reduction)
    return primitives.reduce(fold, products, axis, dtype)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    if b.ndim > 2:
        refuse_step("dot")
    place = max(b.ndim - 2, 0)
    numbers = (a.type.shape[-1], b.type.shape[place])
    message = f"shapes {{2}} and {{3}} not aligned: {{0}} (dim {a.ndim - 1}) != {{1}} (dim {place})"
    return _product(a, b, Clash(message, (a.type.shape, b.type.shape), numbers=numbers))


_PRODUCTS: dict[Any, Callable[..., Tensor]] = {np.matmul: _matmul, np.dot: _dot}


def place_of_extreme(op: Reduction, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """``argmax`` and ``argmin``: the first place that holds the extreme, or NaN."""
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import bitwise_or, equal, not_equal

    if axis is None:
        flat = primitives.reshape(x, (-1,))
        found = place_of_extreme(op, flat, 0, False)
        return primitives.reshape(found, (1,) * x.ndim) if keepdims else found
    extreme = invoke(np.max if op.numpy is np.argmax else np.min, (x, axis), {"keepdims": True})
    hit = equal(x, extreme)
    if x.dtype.kind in "fc":
        hit = bitwise_or(hit, not_equal(x, x))
    extent = x.shape[axis]
    numbers = building.counted(extent)
    lined = primitives.reshape(numbers, (extent, *(1,) * (x.ndim - 1 - axis)))
    places = invoke(np.where, (hit, lined, np.int64(2**62)), {})
    return invoke(np.min, (places, axis), {"keepdims": keepdims})  # type: ignore[no-any-return]
