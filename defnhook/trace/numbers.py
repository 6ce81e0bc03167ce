"""Python numbers in native code: between which bounds they lie, and the checks that Python itself would make."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.graph import CONSTANT, HOST, ArrayType, Node
from defnhook.trace import primitives
from defnhook.trace.context import current, require_current, user_span
from defnhook.trace.tensor import Tensor

LEAST, GREATEST = -(2**63), 2**63 - 1
Interval = tuple[int, int]


def choose(test: Any, then: Any, otherwise: Any) -> Any:
    """One of two Python numbers, both computed."""
    return primitives.host(select, test, then, otherwise)


def select(test: bool, then: Any, otherwise: Any) -> Any:
    """``then if test else otherwise``."""
    return then if test else otherwise


def is_outside(place: int, size: int) -> bool:
    """Whether an axis of that size has no such place, counted from its front or its back."""
    return not -size <= place < size


def counted_from_front(place: int, size: int) -> int:
    """A place counted from the front."""
    return place + size if place < 0 else place


def misses(place: Any, size: Any) -> Any:
    """Whether a traced place is outside an axis."""
    return _host(is_outside, place, size)


def from_front(place: Any, size: Any) -> Any:
    """A traced place that is not outside, counted from the front."""
    moved = _host(counted_from_front, place, size)
    if isinstance(moved, Tensor):
        set_interval(moved.node, 0, max(interval_of(size)[1] - 1, 0))
    return moved


def interval_of(value: Any) -> Interval:
    """The bounds of a whole number."""
    if not isinstance(value, Tensor):
        return (int(value), int(value))
    return node_interval(value.node)


def node_interval(node: Node) -> Interval:
    """The bounds of a node that is a whole number."""
    if node.op is CONSTANT:
        return (int(node.params["value"]),) * 2
    trace = current()
    known = trace.intervals.get(node) if trace is not None else None
    if known is not None:
        return known
    return (0, 1) if node.dtype.kind == "b" else (0 if node.dtype.kind == "u" else LEAST, GREATEST)


def set_interval(node: Node, low: int, high: int) -> None:
    """Note the bounds of a whole number."""
    require_current().intervals[node] = (low, high)


def affine(start: Any, step: int, begin: Any) -> Any:
    """Where a slice of a slice begins: ``start + step * begin``."""
    if isinstance(start, int) and isinstance(begin, int):
        return start + step * begin
    if isinstance(begin, int) and begin == 0:
        return start
    scaled = _plain(operator.mul, begin, step) if step != 1 else begin
    return scaled if isinstance(start, int) and start == 0 else _plain(operator.add, start, scaled)


def _plain(function: Callable[..., Any], *operands: Any) -> Node:
    """Arithmetic of indices, which cannot leave 64 bits."""
    nodes = tuple(x if isinstance(x, Node) else primitives.constant(x).node for x in operands)
    type_ = ArrayType((), nodes[0].dtype, "python")
    node = Node(HOST, nodes, type_, {"function": function}, user_span())
    low, high = _bounds(function, [node_interval(each) for each in nodes]) or (LEAST, GREATEST)
    set_interval(node, low, high)
    return node


# -- bounds of results


def _corners(function: Callable[..., Any], a: Interval, b: Interval) -> Interval:
    values = [function(x, y) for x in a for y in b]
    return min(values), max(values)


def _floor_divided(a: Interval, b: Interval) -> Interval | None:
    if b[0] <= 0 <= b[1]:
        return (-max(map(abs, a)), max(map(abs, a)))
    return _corners(operator.floordiv, a, b)


def _remainder(a: Interval, b: Interval) -> Interval | None:
    if b[0] > 0:
        return a if 0 <= a[0] and a[1] < b[0] else (0, min(b[1] - 1, a[1]) if a[0] >= 0 else b[1] - 1)
    return (min(b[0] + 1, 0), max(b[1] - 1, 0))


def _masked(a: Interval, b: Interval) -> Interval | None:
    bounds = [high for low, high in (a, b) if low >= 0]
    return (0, min(bounds)) if bounds else None


def _joined(a: Interval, b: Interval) -> Interval | None:
    if a[0] < 0 or b[0] < 0:
        return None
    return (0, 2 ** max(a[1].bit_length(), b[1].bit_length()) - 1)


def _shifted(a: Interval, b: Interval) -> Interval | None:
    if b[0] < 0 or b[1] > 128:
        return None
    return _corners(operator.lshift, a, b)


def _shifted_back(a: Interval, b: Interval) -> Interval | None:
    if b[0] < 0:
        return None
    return (min(a[0], 0), max(a[1], 0)) if b[1] > 128 else _corners(operator.rshift, a, b)


_RULES: dict[Any, Callable[..., Interval | None]] = {
    operator.add: lambda a, b: (a[0] + b[0], a[1] + b[1]),
    operator.sub: lambda a, b: (a[0] - b[1], a[1] - b[0]),
    operator.mul: lambda a, b: _corners(operator.mul, a, b),
    operator.floordiv: _floor_divided,
    operator.mod: _remainder,
    operator.and_: _masked,
    operator.or_: _joined,
    operator.xor: _joined,
    operator.lshift: _shifted,
    operator.rshift: _shifted_back,
    operator.neg: lambda a: (-a[1], -a[0]),
    operator.pos: lambda a: a,
    operator.invert: lambda a: (~a[1], ~a[0]),
    operator.index: lambda a: a,
    builtins.int: lambda a: a,
    builtins.abs: lambda a: (0 if a[0] <= 0 <= a[1] else min(map(abs, a)), max(map(abs, a))),
    builtins.min: lambda *rest: (min(a[0] for a in rest), min(a[1] for a in rest)),
    builtins.max: lambda *rest: (max(a[0] for a in rest), max(a[1] for a in rest)),
    select: lambda test, a, b: (min(a[0], b[0]), max(a[1], b[1])),
}


def _bounds(function: Callable[..., Any], operands: list[Interval]) -> Interval | None:
    rule = _RULES.get(function)
    return rule(*operands) if rule is not None else None


# -- arithmetic


def noted(function: Callable[..., Any], result: Tensor, operands: tuple[Any, ...]) -> Tensor:
    """The result of a Python function with its bounds, checked where native code computes it."""
    if any(_kind(x) not in "bi" for x in operands) or result.dtype.kind != "i":
        _check_float(function, operands)
        return result
    bounds = _bounds(function, [interval_of(x) for x in operands])
    trace = require_current()
    if trace.region.checks:
        _check_divisor(function, operands)
        if bounds is None or bounds[0] < LEAST or bounds[1] > GREATEST:
            _check_overflow(function, operands)
    if bounds is not None:
        set_interval(result.node, max(bounds[0], LEAST), min(bounds[1], GREATEST))
    return result


def _kind(value: Any) -> str:
    return str(value.dtype.kind) if isinstance(value, Tensor) else {bool: "b", int: "i"}.get(type(value), "f")


def _check_float(function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    trace = current()
    if trace is not None and trace.region.checks:
        _check_divisor(function, operands)
        _check_domain(function, operands)


_DIVISIONS = (operator.truediv, operator.floordiv, operator.mod)


def _check_divisor(function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    if function not in _DIVISIONS or not isinstance(operands[1], Tensor):
        if function in _DIVISIONS and operands[1] == 0:
            _check(primitives.constant(True), ZeroDivisionError, _division_text(function, operands))
        return
    divisor = operands[1]
    if divisor.dtype.kind == "i":
        low, high = interval_of(divisor)
        if low > 0 or high < 0:
            return
    _check(_host(operator.eq, divisor, 0), ZeroDivisionError, _division_text(function, operands))


def _division_text(function: Callable[..., Any], operands: tuple[Any, ...]) -> str:
    try:
        function(*[primitives.sample(x) for x in operands[:1]], type(primitives.sample(operands[1]))(0))
    except ZeroDivisionError as error:
        return str(error)
    return "division by zero"


def sum_overflows(a: int, b: int) -> bool:
    """Whether ``a + b`` leaves 64 bits."""
    return not LEAST <= a + b <= GREATEST


def difference_overflows(a: int, b: int) -> bool:
    """Whether ``a - b`` leaves 64 bits."""
    return not LEAST <= a - b <= GREATEST


def product_overflows(a: int, b: int) -> bool:
    """Whether ``a * b`` leaves 64 bits."""
    return not LEAST <= a * b <= GREATEST


_OVERFLOWS: dict[Any, Callable[[int, int], bool]] = {
    operator.add: sum_overflows,
    operator.sub: difference_overflows,
    operator.mul: product_overflows,
}


def _check_overflow(function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """Raise where the result does not fit into 64 bits."""
    if function in (operator.neg, builtins.abs):
        far = _host(operator.eq, operands[0], LEAST)
    elif function is operator.lshift:
        far = _shift_overflows(*operands)
    elif function in _OVERFLOWS:
        far = _host(_OVERFLOWS[function], *operands)
    else:
        return
    _check(far, OverflowError, "Python integer does not fit into 64 bits")


def _shift_overflows(number: Any, count: Any) -> Any:
    low, high = interval_of(count)
    if low < 0:
        _check(_host(operator.lt, count, 0), ValueError, "negative shift count")
    far = _host(product_overflows, number, _host(operator.lshift, 1, _host(min, count, 62)))
    if high <= 62:
        return far
    beyond = _host(operator.and_, _host(operator.gt, count, 62), _host(operator.ne, number, 0))
    return _host(operator.or_, far, beyond)


_NONE_BELOW: dict[Any, tuple[Any, float]] = {
    math.sqrt: (operator.lt, 0.0),
    math.log: (operator.le, 0.0),
    math.log2: (operator.le, 0.0),
    math.log10: (operator.le, 0.0),
    math.log1p: (operator.le, -1.0),
    math.acosh: (operator.lt, 1.0),
}
_WITHIN_ONE: dict[Any, Any] = {math.asin: operator.gt, math.acos: operator.gt, math.atanh: operator.ge}
_INFINITE = (math.sin, math.cos, math.tan)
_LARGEST = {
    **dict.fromkeys((math.exp, math.expm1), 709.782712893384),
    **dict.fromkeys((math.sinh, math.cosh), 710.4758600739439),
    math.exp2: 1023.9999999999999,
}


def _check_domain(function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """The domain and range errors of the functions of ``math``."""
    if function in _NONE_BELOW:
        test, bound = _NONE_BELOW[function]
        _check(_host(test, operands[0], bound), ValueError, "math domain error")
    elif function in _WITHIN_ONE:
        outside = _host(_WITHIN_ONE[function], _host(abs, operands[0]), 1.0)
        _check(outside, ValueError, "math domain error")
    elif function in _INFINITE:
        _check(_host(math.isinf, operands[0]), ValueError, "math domain error")
    elif function in _LARGEST:
        size = _host(abs, operands[0]) if function in (math.sinh, math.cosh) else operands[0]
        far = _host(
            operator.and_, _host(operator.gt, size, _LARGEST[function]), _host(math.isfinite, operands[0])
        )
        _check(far, OverflowError, "math range error")
    elif function in (math.pow, math.fmod):
        _check_result(function, operands)
    elif function in (operator.index, int, round, math.floor, math.ceil, math.trunc):
        _check_whole(operands[0])


def _check_result(function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """Finite numbers whose power or remainder is not: a pole, no real number, or one that is too large."""
    value = _host(function, *operands)
    nans = [_host(math.isnan, x) for x in operands]
    known = _host(operator.not_, _host(operator.or_, *nans))
    _check(_host(operator.and_, known, _host(math.isnan, value)), ValueError, "math domain error")
    if function is math.fmod:
        return
    finite = _host(operator.and_, *[_host(math.isfinite, x) for x in operands])
    infinite = _host(operator.and_, finite, _host(math.isinf, value))
    pole = _host(operator.eq, operands[0], 0.0)
    _check(_host(operator.and_, infinite, pole), ValueError, "math domain error")
    _check(infinite, OverflowError, "math range error")


def _check_whole(value: Any) -> None:
    if _kind(value) != "f":
        return
    _check(_host(math.isnan, value), ValueError, "cannot convert float NaN to integer")
    far = _host(operator.ge, _host(abs, value), 2.0**63)
    _check(far, OverflowError, "the number does not fit into a 64-bit integer")


def _host(function: Callable[..., Any], *operands: Any) -> Any:
    if not any(isinstance(x, Tensor) for x in operands):
        return function(*operands)
    return primitives.unchecked_host(function, *operands)


def _check(test: Any, error: type[Exception], message: str) -> None:
    from defnhook.trace.conditions import check

    if isinstance(test, Tensor):
        check(test, error, message)


# -- operators


def python_operator(function: Callable[..., Any], *operands: Any) -> Any:
    """An operator of Python applied to Python numbers of which one at least is traced."""
    if function is operator.pow and all(x.dtype.kind in "ib" for x in map(_typed, operands)):
        return _whole_power(*operands)
    return primitives.host(function, *operands)


def _typed(value: Any) -> Any:
    return value if isinstance(value, Tensor) else np.asarray(value)


def _whole_power(base: Any, exponent: Any) -> Tensor:
    """A whole number to the power of another, which decides whether the result is whole."""
    if require_current().region.checks:
        if isinstance(exponent, Tensor) and not _is_natural(exponent):
            exponent = operator.index(exponent)
        if isinstance(exponent, Tensor):
            return primitives.host(operator.pow, base, exponent)
        if exponent >= 0:
            return _repeated(base, exponent)
    return primitives.host(_power_of(operator.index(exponent)), base)


def _is_natural(exponent: Tensor) -> bool:
    return interval_of(exponent)[0] >= 0


def _repeated(base: Any, exponent: int) -> Tensor:
    if not exponent:
        return primitives.constant(1)
    result = base if isinstance(base, Tensor) else primitives.constant(base)
    for _ in range(min(exponent, 64) - 1):
        result = primitives.host(operator.mul, result, base)
    return result


def _power_of(exponent: int) -> Callable[[Any], Any]:
    def power(base: Any) -> Any:
        return base**exponent

    power.__name__ = f"power_{exponent}"
    return power
