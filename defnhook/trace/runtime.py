"""What rewritten code calls: one function an operator, a call, an attribute, a test."""

from __future__ import annotations

import operator
from builtins import slice
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError, DefnValueError
from defnhook.ops import BY_MEANING
from defnhook.trace import folds, making, numbers, primitives, selections, writing
from defnhook.trace.branches import branch, if_expression, sequence
from defnhook.trace.calls import call, call_method
from defnhook.trace.cells import bound, undefined
from defnhook.trace.conditions import assert_true, raise_error
from defnhook.trace.context import UnrollDemand, require_current, user_span
from defnhook.trace.globals import is_marked_object, read_attribute, read_name
from defnhook.trace.invoke import METHODS, invoke_op
from defnhook.trace.loops import UNROLL_LIMIT, check_steps, for_loop, while_loop
from defnhook.trace.products import refuse_step
from defnhook.trace.regions import Region
from defnhook.trace.selections import Selection
from defnhook.trace.signals import BREAK, CONTINUE, result, return_value
from defnhook.trace.structure import children
from defnhook.trace.tensor import Tensor, describe

__all__ = [
    "BREAK", "CONTINUE", "UNROLL_LIMIT", "add", "and_", "assert_true", "attribute", "augment",
    "augment_attribute", "augment_item", "bitwise_and", "bitwise_or", "bitwise_xor", "bound", "branch", "call",
    "compare", "contains", "divide", "equal", "floor_divide", "for_loop", "getitem", "greater", "greater_equal",
    "if_expression", "invert", "iterate", "left_shift", "less", "less_equal", "matmul", "method", "mod",
    "multiply", "name", "negative", "not_", "not_equal", "or_", "positive", "power", "raise_error", "result",
    "return_value", "right_shift", "sequence", "setattribute", "setitem", "slice", "static", "subtract",
    "truth", "undefined", "while_loop",
]  # fmt: skip

_ARRAYS = (Tensor, np.ndarray)
_NUMBERS = (Tensor, Selection, np.ndarray, np.generic, bool, int, float, complex)


def _binary(python: Callable[..., Any], ufunc: Any) -> Callable[[Any, Any], Any]:
    op = BY_MEANING[ufunc]

    def apply(a: Any, b: Any) -> Any:
        if isinstance(a, Selection) or isinstance(b, Selection):
            return selections.applied(op, (a, b), {})
        if not isinstance(a, _ARRAYS) and not isinstance(b, _ARRAYS):
            return python(a, b)
        if primitives.is_python(a) and primitives.is_python(b):
            return numbers.python_operator(python, a, b)
        if not _arithmetic(a, b):
            return python(*[operator.index(x) if isinstance(x, Tensor) else x for x in (a, b)])
        return invoke_op(op, (a, b), {})

    apply.__name__ = python.__name__
    return apply


def _arithmetic(a: Any, b: Any) -> bool:
    """Whether NumPy's rules apply, rather than those of a sequence times a count."""
    sequences = [x for x in (a, b) if not isinstance(x, _NUMBERS)]
    if not sequences:
        return True
    other = b if sequences[0] is a else a
    if isinstance(sequences[0], list | tuple):
        return not primitives.is_python(other)
    if isinstance(sequences[0], str | bytes):
        return False
    raise DefnTypeError(f"arithmetic of {describe(a)} with {describe(b)}")


def _unary(python: Callable[..., Any], ufunc: Any) -> Callable[[Any], Any]:
    op = BY_MEANING[ufunc]

    def apply(a: Any) -> Any:
        if isinstance(a, Selection):
            return selections.applied(op, (a,), {})
        if not isinstance(a, _ARRAYS):
            return python(a)
        if primitives.is_python(a):
            return numbers.python_operator(python, a)
        return invoke_op(op, (a,), {})

    apply.__name__ = python.__name__
    return apply


def _comparison(python: Callable[..., Any], ufunc: Any) -> Callable[[Any, Any], Any]:
    numeric = _binary(python, ufunc)

    def apply(a: Any, b: Any) -> Any:
        if isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS):
            return numeric(a, b)
        if (isinstance(a, _ARRAYS) and isinstance(b, list | tuple)) or (
            isinstance(b, _ARRAYS) and isinstance(a, list | tuple)
        ):
            return numeric(a, b)
        return python(*[primitives.sample(x) if primitives.is_python(x) else x for x in (a, b)])

    apply.__name__ = python.__name__
    return apply


add = _binary(operator.add, np.add)
subtract = _binary(operator.sub, np.subtract)
multiply = _binary(operator.mul, np.multiply)
divide = _binary(operator.truediv, np.divide)
floor_divide = _binary(operator.floordiv, np.floor_divide)
left_shift = _binary(operator.lshift, np.left_shift)
right_shift = _binary(operator.rshift, np.right_shift)
bitwise_and = _binary(operator.and_, np.bitwise_and)
bitwise_or = _binary(operator.or_, np.bitwise_or)
bitwise_xor = _binary(operator.xor, np.bitwise_xor)
_matmul = _binary(operator.matmul, np.matmul)
_remainder = _binary(operator.mod, np.remainder)
_power = _binary(operator.pow, np.power)
negative = _unary(operator.neg, np.negative)
positive = _unary(operator.pos, np.positive)
invert = _unary(operator.invert, np.invert)
equal = _comparison(operator.eq, np.equal)
not_equal = _comparison(operator.ne, np.not_equal)
less = _comparison(operator.lt, np.less)
less_equal = _comparison(operator.le, np.less_equal)
greater = _comparison(operator.gt, np.greater)
greater_equal = _comparison(operator.ge, np.greater_equal)


def mod(a: Any, b: Any) -> Any:
    """``a % b``: a remainder, or the formatting of a string."""
    return a % b if isinstance(a, str | bytes) else _remainder(a, b)


def matmul(a: Any, b: Any) -> Any:
    """``a @ b``; numbers have no such operator."""
    if all((isinstance(x, Tensor) and x.kind != "array") or primitives.is_python(x) for x in (a, b)):
        raise TypeError(f"unsupported operand type(s) for @: {describe(a)} and {describe(b)}")
    return _matmul(a, b)


_POWERS: dict[float, Any] = {0.5: np.sqrt, 1.0: np.positive, 2.0: np.square, -1.0: np.reciprocal}


def power(a: Any, b: Any) -> Any:
    """``a ** b``; an array to one of NumPy's own shortcuts takes that shortcut."""
    if isinstance(a, Tensor) and a.kind == "array" and isinstance(b, int | float) and b in _POWERS:
        result = np.result_type(np.ones((), a.dtype), type(b)(1))
        if result.kind in "fc":
            return invoke_op(BY_MEANING[_POWERS[b]], (primitives.cast(a, result),), {})
    if isinstance(a, Tensor) and a.kind == "array" and a.dtype.kind == "b" and _is_whole(b):
        return invoke_op(BY_MEANING[np.square], (a,), {}) if operator.index(b) == 2 else _power(a, b)
    if isinstance(a, Tensor) and a.dtype.kind in "iu" and isinstance(b, int) and not primitives.is_python(a):
        if b < 0 and a.dtype.kind == "i":
            raise ValueError("Integers to negative integer powers are not allowed.")
        if b == 2:
            return multiply(a, a)
    return _power(a, b)


def _is_whole(number: Any) -> bool:
    """Whether an exponent is a Python integer; beside truth values its value decides the dtype."""
    return primitives.is_python(number) and type(primitives.sample(number)) is int


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": less, "<=": less_equal, ">": greater, ">=": greater_equal, "==": equal, "!=": not_equal,
    "in": lambda a, b: contains(b, a), "not in": lambda a, b: not_(contains(b, a)),
    "is": lambda a, b: a is b, "is not": lambda a, b: a is not b,
}  # fmt: skip


def compare(first: Any, symbols: tuple[str, ...], *rest: Callable[[], Any]) -> Any:
    """A chained comparison: ``a < b <= c``."""
    right = rest[0]()
    result = _COMPARE[symbols[0]](first, right)
    if len(rest) == 1:
        return result
    return if_expression(result, lambda: compare(right, symbols[1:], *rest[1:]), lambda: result)


def and_(first: Any, *rest: Callable[[], Any]) -> Any:
    """``a and b``."""
    if not rest:
        return first
    return if_expression(first, lambda: and_(rest[0](), *rest[1:]), lambda: first)


def or_(first: Any, *rest: Callable[[], Any]) -> Any:
    """``a or b``."""
    if not rest:
        return first
    return if_expression(first, lambda: first, lambda: or_(rest[0](), *rest[1:]))


def not_(value: Any) -> Any:
    """``not a``."""
    if isinstance(value, Tensor) and value.type.size == 1:
        return primitives.host(operator.not_, value)
    return not value


def truth(value: Any) -> bool:
    """A test of ``if``, ``while``, ``and``, ``or``: the value has to be known while tracing."""
    return bool(value)


def contains(container: Any, item: Any) -> Any:
    """``item in container``."""
    if isinstance(container, _ARRAYS):
        return folds.contains(container, item)
    if isinstance(container, list | tuple) and any(isinstance(x, Tensor) for x in (item, *container)):
        return folds.contains(container, item)
    if isinstance(item, Tensor) and not isinstance(container, dict | set):
        raise DefnValueError(
            f"'in' needs values known while tracing, but one of them is {describe(item)}; "
            "write np.any(container == item)."
        )
    return item in container


def static(value: Any) -> Any:
    """The subject of a ``match``: any value that is not traced."""
    if isinstance(value, Tensor):
        raise DefnValueError(f"match needs a value known while tracing, not {describe(value)}")
    return value


def iterate(values: Iterable[Any]) -> Iterator[Any]:
    """The items of a comprehension, one unrolled step each, up to a limit."""
    for count, item in enumerate(values):
        check_steps(count)
        yield item


def attribute(value: Any, label: str) -> Any:
    """``value.label``."""
    return read_attribute(value, label)


def name(label: str, value: Any) -> Any:
    """A global or closure variable."""
    return read_name(label, value)


def method(value: Any, label: str, /, *args: Any, **keywords: Any) -> Any:
    """``value.label(...)``."""
    if isinstance(value, np.ndarray):
        value = primitives.boxed(value)
    if isinstance(value, np.generic) and label in METHODS:
        value = primitives.constant(value)
    if isinstance(value, Selection):
        return selections.method(value, label, args, keywords)
    if isinstance(value, Tensor) and value.kind != "python":
        if label not in METHODS:
            raise DefnTypeError(
                f"the array method .{label}() is not part of the defn language; "
                "the methods that are: " + ", ".join(sorted(METHODS))
            )
        return getattr(value, label)(*args, **keywords)
    return call_method(value, label, args, keywords)


def getitem(value: Any, index: Any) -> Any:
    """``value[index]``."""
    if isinstance(value, np.ndarray):
        value = primitives.boxed(value)
    if isinstance(value, Tensor):
        return selections.element(value, index)
    if isinstance(value, Selection):
        return value.unknown("an index")
    if value is np.mgrid or value is np.ogrid:
        return making.grid(value is np.mgrid, index)
    if isinstance(value, list | tuple | str | range) and isinstance(index, Tensor):
        index = operator.index(index)
    return value[index]


def binary_of(ufunc: Any) -> Callable[[Any, Any], Any]:
    """The operator behind a ufunc, or a call of it."""
    return next((BINARY[symbol] for symbol, each in _UFUNCS.items() if each is ufunc), ufunc)


def setitem(value: Any, index: Any, item: Any) -> None:
    """``value[index] = item``."""
    if isinstance(value, _ARRAYS):
        writing.set_item(primitives.boxed(value), index, item)
        return
    if isinstance(value, list) and isinstance(index, Tensor):
        index = operator.index(index)
    if isinstance(value, list | dict) and _holds(value, index, item):
        return
    check_own(value)
    value[index] = item


def _holds(container: Any, index: Any, item: Any) -> bool:
    """Whether a container has the very item at this place already, as after an in-place operator."""
    try:
        return isinstance(item, Tensor) and container[index] is item
    except (LookupError, TypeError):
        return False


def augment(symbol: str, value: Any, item: Any) -> Any:
    """``value += item``: arrays and containers change in place, numbers do not."""
    if isinstance(value, np.ndarray) or (isinstance(value, Tensor) and value.kind == "array"):
        return writing.augmented(BINARY[symbol], _UFUNCS[symbol], primitives.boxed(value), item)
    if isinstance(value, list | dict | set):
        check_own(value)
        return _INPLACE[symbol](value, item)
    return BINARY[symbol](value, item)


def augment_item(value: Any, index: Any, symbol: str, item: Any) -> None:
    """``value[index] += item``."""
    part = augment(symbol, getitem(value, index), item)
    if not (
        isinstance(part, Tensor) and isinstance(value, _ARRAYS) and _is_part(part, primitives.boxed(value))
    ):
        setitem(value, index, part)


def _is_part(part: Tensor, whole: Tensor) -> bool:
    return part.storage is not None and part.storage is whole.storage


def setattribute(value: Any, label: str, item: Any) -> None:
    """``value.label = item``."""
    trace = require_current()
    if is_marked_object(value) and id(value) in trace.places:
        if trace.region.inside:
            refuse_step(f"assigning .{label} of an object")
        trace.attributes[(id(value), label)] = item
        return
    if isinstance(value, Tensor | np.ndarray) or children(value) is None or is_marked_object(value):
        raise DefnTypeError(
            f"assignment to the attribute .{label} of {describe(value)} is not part of the defn language; return the "
            "new value instead."
        )
    if _holds_attribute(value, label, item):
        return
    check_own(value)
    setattr(value, label, item)


def _holds_attribute(value: Any, label: str, item: Any) -> bool:
    return isinstance(item, Tensor) and getattr(value, label, None) is item


def augment_attribute(value: Any, label: str, symbol: str, item: Any) -> None:
    """``value.label += item``."""
    setattribute(value, label, augment(symbol, attribute(value, label), item))


def check_own(value: Any) -> None:
    """Note a change to a container of the caller's; unroll a loop that changes one from outside."""
    trace = require_current()
    region: Region | None = trace.region
    outermost: Region | None = None
    while region is not None:
        if id(value) in region.owned:
            outermost = region
        region = region.parent
    if outermost is not None and outermost.kind == "loop":
        raise UnrollDemand(frozenset(), outermost, f"{_line()} changes a {type(value).__name__}")
    if outermost is not None:
        raise DefnTypeError(
            f"this {type(value).__name__} is changed in a branch that only the compiled code knows whether to take; "
            "make a new one on both paths, or hold the values in an array."
        )
    if id(value) in trace.places:
        trace.changed[id(value)] = value
    elif id(value) in trace.caller_containers:
        raise DefnTypeError(
            f"this {type(value).__name__} belongs to the module and is not changed by a marked function; "
            "return a new one instead."
        )


def _line() -> str:
    span = user_span()
    return f"line {span.line}" if span else "a line outside marked code"


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "//": floor_divide, "%": mod, "**": power, "@": matmul,
    "<<": left_shift, ">>": right_shift, "&": bitwise_and, "|": bitwise_or, "^": bitwise_xor,
}  # fmt: skip
_UFUNCS: dict[str, Any] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.remainder,
    "**": np.power, "@": np.matmul, "<<": np.left_shift, ">>": np.right_shift, "&": np.bitwise_and,
    "|": np.bitwise_or, "^": np.bitwise_xor,
}  # fmt: skip
_INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "&": operator.iand, "|": operator.ior,
    "^": operator.ixor,
}  # fmt: skip
