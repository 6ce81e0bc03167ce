"""Extents known only at run time: a number that no array has stands for each in shapes."""

from __future__ import annotations

import operator
import re
from typing import Any

from defnhook.graph import CAST, RESHAPE, SLICE
from defnhook.trace import primitives
from defnhook.trace.context import current, require_current
from defnhook.trace.numbers import interval_of, set_interval
from defnhook.trace.tensor import FIRST, Tensor

APART = 2**13 + 3


def _arithmetic(symbol: str) -> Any:
    def apply(self: int, other: Any) -> Any:
        from defnhook.trace.runtime import BINARY

        return BINARY[symbol](size_value(int(self)), other)

    return apply


def _reflected(symbol: str) -> Any:
    def apply(self: int, other: Any) -> Any:
        from defnhook.trace.runtime import BINARY

        return BINARY[symbol](other, size_value(int(self)))

    return apply


class RunTime(int):
    """An extent known only at run time, as the shape of a traced array shows it: arithmetic of it is traced."""

    __add__, __radd__ = _arithmetic("+"), _reflected("+")
    __sub__, __rsub__ = _arithmetic("-"), _reflected("-")
    __mul__, __rmul__ = _arithmetic("*"), _reflected("*")
    __truediv__, __rtruediv__ = _arithmetic("/"), _reflected("/")
    __floordiv__, __rfloordiv__ = _arithmetic("//"), _reflected("//")
    __mod__, __rmod__ = _arithmetic("%"), _reflected("%")


def shown(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape for the composites of the table."""
    if not has_run_time_size(shape):
        return shape
    return tuple(RunTime(extent) if is_run_time(extent) else extent for extent in shape)


def for_program(extent: Any) -> Any:
    """An extent, or a number of elements, as the program sees it."""
    return size_value(int(extent)) if isinstance(extent, RunTime) else extent


def is_run_time(extent: int) -> bool:
    """Whether an extent is known only at run time."""
    return extent > FIRST and (trace := current()) is not None and extent in trace.sizes


def has_run_time_size(shape: tuple[int, ...]) -> bool:
    """Whether an array's size is known only at run time."""
    return any(map(is_run_time, shape))


def size_value(extent: int) -> Any:
    """An extent as a Python number, traced where only run time knows it."""
    if not is_run_time(extent):
        return extent
    return Tensor(require_current().sizes[extent])


def speaks_of_sizes(error: BaseException) -> bool:
    """Whether a message names what stands for an extent known only at run time."""
    trace = current()
    return bool(trace and trace.sizes) and any(int(n) > FIRST for n in re.findall(r"\d+", str(error)))


def size_of(number: Any) -> int:
    """What stands in shapes for a size; the same for the same computation."""
    if not isinstance(number, Tensor):
        return int(number)
    trace = require_current()
    base, far = _base(number)
    if base is not None and not far:
        number = Tensor(base)
    if number.node.op.name == "constant":
        return int(number.node.params["value"])
    key = expression_key(number.node, trace.size_keys)
    if key not in trace.size_numbers:
        extent = FIRST + APART * (len(trace.size_numbers) + 1)
        trace.size_numbers[key] = extent
        trace.sizes[extent] = number.node
    return trace.size_numbers[key]


def expression_key(node: Any, known: dict[Any, Any]) -> Any:
    """A key that is equal for nodes that compute the same number."""
    if node in known:
        return known[node]
    name = node.op.name
    if name == "constant":
        key: Any = ("constant", node.params["value"])
    elif name == "host" and node.params["function"] in _SUMS:
        terms: dict[Any, int] = {}
        constant = _add_terms(node, 1, terms, known)
        key = ("sum", constant, frozenset((term, factor) for term, factor in terms.items() if factor))
    elif name == "host":
        key = (node.params["function"], *(expression_key(each, known) for each in node.inputs))
    elif node.op in (SLICE, RESHAPE, CAST):
        key = (*node.key()[2:], *(expression_key(each, known) for each in node.inputs))
    else:
        key = node
    known[node] = key
    return key


_SUMS = (operator.add, operator.sub, operator.neg)


def _add_terms(node: Any, sign: int, terms: dict[Any, int], known: dict[Any, Any]) -> int:
    """Enter the terms of a sum with their factors, and return its constant."""
    if node.op.name == "constant":
        return sign * int(node.params["value"])
    function = node.params["function"] if node.op.name == "host" else None
    if function not in _SUMS:
        key = expression_key(node, known)
        terms[key] = terms.get(key, 0) + sign
        return 0
    signs = (
        (sign, -sign) if function is operator.sub else (-sign,) if function is operator.neg else (sign, sign)
    )
    return sum(_add_terms(each, s, terms, known) for each, s in zip(node.inputs, signs, strict=True))


def length_between(start: Any, stop: Any, step: int) -> int:
    """The number of items of a slice as what stands in shapes for it."""
    from defnhook.trace.runtime import add, floor_divide

    if interval_of(start) == (0, 0) and not isinstance(start, Tensor) and step == 1:
        span = stop
    else:
        span = _difference(stop, start) if step > 0 else _difference(start, stop)
    if not isinstance(span, Tensor):
        return int(max(0, -(-span // abs(step))))
    if abs(step) > 1:
        span = floor_divide(add(span, abs(step) - 1), abs(step))
    if interval_of(span)[0] < 0:
        high = interval_of(span)[1]
        span = primitives.host(max, span, 0)
        if isinstance(span, Tensor):
            set_interval(span.node, 0, max(high, 0))
    return size_of(span)


def _difference(a: Any, b: Any) -> Any:
    """``a - b``; a number where both are one traced number apart from a known distance."""
    base_a, far_a = _base(a)
    base_b, far_b = _base(b)
    if base_a is not None and base_a is base_b:
        return far_a - far_b
    from defnhook.trace.runtime import subtract

    return subtract(a, b)


def _base(number: Any) -> tuple[Any, int]:
    """A number as another one and a known distance from it."""
    if not isinstance(number, Tensor):
        return None, int(number)
    return _apart(number.node)


def _apart(node: Any) -> tuple[Any, int]:
    far = 0
    while node.op.name == "host" and node.params["function"] in (operator.add, operator.sub):
        first, second = node.inputs
        function = node.params["function"]
        if second.op.name == "constant":
            far += function(0, second.params["value"])
            node = first
        elif first.op.name == "constant" and function is operator.add:
            far += first.params["value"]
            node = second
        else:
            break
    return node, far
