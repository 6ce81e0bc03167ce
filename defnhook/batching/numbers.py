"""Arithmetic of Python numbers as arithmetic of arrays, one number for each element."""

from __future__ import annotations

import builtins
import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from defnhook.batching.batch import Batch
from defnhook.batching.calls import each
from defnhook.errors import DefnTypeError
from defnhook.graph import Node
from defnhook.ops import BY_MEANING
from defnhook.ops.kinds import Elementwise
from defnhook.trace import numbers, primitives
from defnhook.trace.context import require_current
from defnhook.trace.tensor import Tensor

Meaning = Callable[[Node, list[Tensor]], Tensor]
_RANKS = "bifc"
_DTYPES = {"b": np.bool_, "i": np.int64, "f": np.float64, "c": np.complex128}


def host(batch: Batch, node: Node) -> Node:
    """A function of Python numbers, for the numbers of all elements."""
    meaning = _meaning(node)
    if meaning is None:
        return _by_python(batch, node)
    operands = [primitives.strong(Tensor(batch.known(operand))) for operand in node.inputs]
    made = meaning(node, operands)
    made = made if made.ndim else primitives.broadcast(made, (batch.size,))
    return primitives.cast(made, node.dtype, "array").node


def _meaning(node: Node) -> Meaning | None:
    function = node.params["function"]
    if function is round and len(node.inputs) > 1:
        return None
    return _part(function) or MEANINGS.get(function)


def _by_python(batch: Batch, node: Node) -> Node:
    """What Python computes, number by number, between native parts."""
    name = getattr(node.params["function"], "__name__", "this function")
    if require_current().region.inside:
        raise DefnTypeError(
            f"vmap: {name}() of Python numbers has no form for several of them in a loop or a branch; use the "
            "function of NumPy or SciPy"
        )
    mapped = tuple(map(batch.is_mapped, node.inputs))
    type_ = batch.type_of(node.type)
    step = each(_of_numbers(node.params["function"]), mapped, (type_,), batch.size)
    known = (primitives.strong(Tensor(batch.known(operand))).node for operand in node.inputs)
    return Node(step, tuple(known), type_, {}, node.span)


def _of_numbers(function: Callable[..., Any]) -> Any:
    def on_numbers(*operands: Any) -> Any:
        return function(*[operand.item() for operand in operands])

    on_numbers.__name__ = getattr(function, "__name__", "number")
    return on_numbers


# -- what they mean for arrays


def apply(ufunc: Any, *operands: Any) -> Tensor:
    """An entry of the table, without the checks of a call."""
    entry = BY_MEANING[ufunc]
    assert isinstance(entry, Elementwise)
    return primitives.elementwise(entry, operands)


def _common(operands: list[Tensor], least: str, most: str = "c") -> list[Tensor]:
    """Operands in the dtype that they have in common."""
    kinds = [operand.dtype.kind for operand in operands]
    rank = max([_RANKS.index("i" if kind == "u" else kind) for kind in kinds] + [_RANKS.index(least)])
    dtype = _DTYPES[_RANKS[min(rank, _RANKS.index(most))]]
    return [primitives.cast(operand, dtype) for operand in operands]


def _arithmetic(ufunc: Any, least: str = "i") -> Meaning:
    def meaning(node: Node, operands: list[Tensor]) -> Tensor:
        least_ = "f" if node.dtype.kind == "f" else least
        return apply(ufunc, *_common(operands, least_))

    return meaning


def _power(node: Node, operands: list[Tensor]) -> Tensor:
    if node.dtype.kind != "i":
        return apply(np.power, *_common(operands, node.dtype.kind))
    base, exponent = _common(operands, "i")
    natural = apply(np.maximum, exponent, np.int64(0))
    made = apply(np.power, base, natural).node
    return Tensor(Node(made.op, made.inputs, made.type, {**made.params, "checked": True}, made.span))


def _own(function: Callable[..., Any], least: str = "b") -> Meaning:
    return lambda node, operands: function(*_common(operands, least))


def _whole(ufunc: Any) -> Meaning:
    """A float rounded to a whole number."""

    def meaning(node: Node, operands: list[Tensor]) -> Tensor:
        (x,) = operands
        return apply(ufunc, x) if x.dtype.kind == "f" else x

    return meaning


def _is_outside(place: Tensor, size: Tensor) -> Tensor:
    return apply(
        np.logical_or, apply(np.less, place, apply(np.negative, size)), apply(np.greater_equal, place, size)
    )


def _from_front(place: Tensor, size: Tensor) -> Tensor:
    return apply(np.where, apply(np.less, place, np.int64(0)), apply(np.add, place, size), place)


def _have_other_sign(a: Tensor, b: Tensor, result: Tensor) -> Tensor:
    far = apply(np.bitwise_and, apply(np.bitwise_xor, a, result), apply(np.bitwise_xor, b, result))
    return apply(np.less, far, np.int64(0))


def _sum_overflows(a: Tensor, b: Tensor) -> Tensor:
    return _have_other_sign(a, b, apply(np.add, a, b))


def _difference_overflows(a: Tensor, b: Tensor) -> Tensor:
    return _have_other_sign(a, apply(np.invert, b), apply(np.subtract, a, b))


def _product_overflows(a: Tensor, b: Tensor) -> Tensor:
    """Whether the product, divided by a factor, is not the other one."""
    one, least = np.int64(1), np.int64(numbers.LEAST)
    divisor = apply(np.where, apply(np.equal, a, np.int64(0)), one, a)
    back = apply(np.floor_divide, apply(np.multiply, a, b), divisor)
    wrong = apply(np.logical_and, apply(np.not_equal, a, np.int64(0)), apply(np.not_equal, back, b))
    turned = apply(np.logical_and, apply(np.equal, a, np.int64(-1)), apply(np.equal, b, least))
    return apply(np.logical_or, wrong, turned)


def _select(node: Node, operands: list[Tensor]) -> Tensor:
    test, *rest = operands
    return apply(np.where, primitives.cast(test, np.bool_), *_common(rest, node.dtype.kind))


def _extreme(comparison: Any) -> Meaning:
    """The first of the least or greatest numbers, as Python finds it."""

    def pick(a: Tensor, b: Tensor) -> Tensor:
        return apply(np.where, apply(comparison, b, a), b, a)

    return lambda node, operands: functools.reduce(pick, _common(operands, node.dtype.kind))


def _not_zero(node: Node, operands: list[Tensor]) -> Tensor:
    (x,) = operands
    return apply(np.not_equal, x, x.dtype.type(0))


def _complex(node: Node, operands: list[Tensor]) -> Tensor:
    real, *rest = _common(operands, "c")
    return apply(np.add, real, apply(np.multiply, rest[0], np.complex128(1j))) if rest else real


def _part(function: Any) -> Meaning | None:
    """``attrgetter("real")`` or ``attrgetter("imag")``."""
    if not isinstance(function, operator.attrgetter):
        return None
    ufunc = {"real": np.real, "imag": np.imag}.get(function.__reduce__()[1][0])
    return None if ufunc is None else lambda node, operands: apply(ufunc, *operands)


def _hypotenuse(node: Node, operands: list[Tensor]) -> Tensor:
    return functools.reduce(lambda a, b: apply(np.hypot, a, b), _common(operands, "f"))


def _same(node: Node, operands: list[Tensor]) -> Tensor:
    return operands[0]


def _of_floats(ufunc: Any) -> Meaning:
    return lambda node, operands: apply(ufunc, *_common(operands, "f"))


_NAMED = {
    "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "fabs": "fabs", "pow": "power", "fmod": "fmod", "copysign": "copysign",
    "radians": "radians", "degrees": "degrees", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "exp2": "exp2", "cbrt": "cbrt",
}  # fmt: skip

MEANINGS: dict[Any, Meaning] = {
    operator.add: _arithmetic(np.add),
    operator.sub: _arithmetic(np.subtract),
    operator.mul: _arithmetic(np.multiply),
    operator.truediv: _arithmetic(np.divide, "f"),
    operator.floordiv: _arithmetic(np.floor_divide),
    operator.mod: _arithmetic(np.remainder),
    operator.pow: _power,
    builtins.pow: _power,
    operator.neg: _arithmetic(np.negative),
    operator.pos: _arithmetic(np.positive),
    operator.invert: _arithmetic(np.invert),
    operator.lshift: _arithmetic(np.left_shift),
    operator.rshift: _arithmetic(np.right_shift),
    operator.and_: _arithmetic(np.bitwise_and, "b"),
    operator.or_: _arithmetic(np.bitwise_or, "b"),
    operator.xor: _arithmetic(np.bitwise_xor, "b"),
    operator.lt: _arithmetic(np.less, "b"),
    operator.le: _arithmetic(np.less_equal, "b"),
    operator.gt: _arithmetic(np.greater, "b"),
    operator.ge: _arithmetic(np.greater_equal, "b"),
    operator.eq: _arithmetic(np.equal, "b"),
    operator.ne: _arithmetic(np.not_equal, "b"),
    operator.not_: lambda node, operands: apply(np.logical_not, _not_zero(node, operands)),
    operator.index: _same,
    builtins.abs: _arithmetic(np.absolute),
    builtins.bool: _not_zero,
    builtins.int: _whole(np.trunc),
    builtins.float: _same,
    builtins.complex: _complex,
    builtins.min: _extreme(np.less),
    builtins.max: _extreme(np.greater),
    builtins.round: _whole(np.rint),
    math.floor: _whole(np.floor),
    math.ceil: _whole(np.ceil),
    math.trunc: _whole(np.trunc),
    math.hypot: _hypotenuse,
    math.erf: _of_floats(special.erf),
    math.erfc: _of_floats(special.erfc),
    numbers.select: _select,
    numbers.is_outside: _own(_is_outside),
    numbers.counted_from_front: _own(_from_front),
    numbers.sum_overflows: _own(_sum_overflows, "i"),
    numbers.difference_overflows: _own(_difference_overflows, "i"),
    numbers.product_overflows: _own(_product_overflows, "i"),
    **{
        getattr(math, name): _of_floats(getattr(np, ufunc))
        for name, ufunc in _NAMED.items()
        if hasattr(math, name)
    },
}
