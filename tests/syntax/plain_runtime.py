"""The runtime of rewritten code as plain Python: what each of its functions means.

A twin run on it must do exactly what the function it was made from does.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from typing import Any

add = operator.add
subtract = operator.sub
multiply = operator.mul
divide = operator.truediv
floor_divide = operator.floordiv
mod = operator.mod
power = operator.pow
matmul = operator.matmul
left_shift = operator.lshift
right_shift = operator.rshift
bitwise_and = operator.and_
bitwise_or = operator.or_
bitwise_xor = operator.xor

negative = operator.neg
positive = operator.pos
invert = operator.invert
not_ = operator.not_

less = operator.lt
less_equal = operator.le
greater = operator.gt
greater_equal = operator.ge
equal = operator.eq
not_equal = operator.ne
contains = operator.contains

getitem = operator.getitem
setitem = operator.setitem
slice = builtins.slice

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda item, container: item in container,
    "not in": lambda item, container: item not in container,
    "is": operator.is_,
    "is not": operator.is_not,
}

_AUGMENTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
}


def function(traced: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that makes the original run its twin, with all arguments and defaults filled in."""

    def pair(plain: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(plain)

        @functools.wraps(plain)
        def run(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return traced(*bound.args, **bound.kwargs)

        return run

    return pair


def name(spelling: str, value: Any) -> Any:
    """A global, builtin or closure variable that the function reads."""
    return value


def truth(value: Any) -> bool:
    """The truth of a condition."""
    return bool(value)


def static(value: Any) -> Any:
    """The subject of a match statement."""
    return value


def iterate(values: Iterable[Any]) -> Iterable[Any]:
    """What a loop runs over."""
    return values


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``."""
    return function(*args, **kwargs)


def method(owner: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """``owner.name(*args, **kwargs)``."""
    return getattr(owner, name)(*args, **kwargs)


def attribute(owner: Any, name: str) -> Any:
    """``owner.name``."""
    return getattr(owner, name)


def setattribute(owner: Any, name: str, value: Any) -> None:
    """``owner.name = value``."""
    setattr(owner, name, value)


def and_(first: Any, *rest: Callable[[], Any]) -> Any:
    """``first and rest[0]() and ...``."""
    value = first
    for operand in rest:
        if not value:
            return value
        value = operand()
    return value


def or_(first: Any, *rest: Callable[[], Any]) -> Any:
    """``first or rest[0]() or ...``."""
    value = first
    for operand in rest:
        if value:
            return value
        value = operand()
    return value


def if_expression(test: Any, body: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """``body() if test else orelse()``."""
    return body() if test else orelse()


def compare(first: Any, symbols: tuple[str, ...], *rest: Callable[[], Any]) -> Any:
    """``first < rest[0]() <= ...``: each operand once, and none after the first comparison that fails."""
    left, result = first, True
    for symbol, operand in zip(symbols, rest, strict=True):
        if not result:
            return result
        right = operand()
        result = _COMPARISONS[symbol](left, right)
        left = right
    return result


def augment(symbol: str, value: Any, operand: Any) -> Any:
    """The value of ``value += operand`` (or another operator)."""
    return _AUGMENTED[symbol](value, operand)


def augment_item(owner: Any, index: Any, symbol: str, operand: Any) -> None:
    """``owner[index] += operand``."""
    owner[index] = augment(symbol, owner[index], operand)


def augment_attribute(owner: Any, name: str, symbol: str, operand: Any) -> None:
    """``owner.name += operand``."""
    setattr(owner, name, augment(symbol, getattr(owner, name), operand))


class _Undefined:
    """What a variable of a rewritten function holds before it is bound."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Signal:
    """How a part of a statement was left."""

    def __init__(self, value: Any = None) -> None:
        self.value = value


Region = Callable[[], _Signal | None]
BREAK = _Signal()
CONTINUE = _Signal()
return_value = _Signal


def undefined(name: str) -> Any:
    """The value of a variable that nothing has bound yet."""
    return _Undefined(name)


def bound(value: Any) -> Any:
    """The value of a variable, which has to have one."""
    if isinstance(value, _Undefined):
        raise UnboundLocalError(
            f"cannot access local variable '{value.name}' where it is not associated with a value"
        )
    return value


def result(signal: _Signal | None) -> Any:
    """What the function returns."""
    return signal and signal.value


def sequence(first: Region, rest: Region | None = None) -> _Signal | None:
    """``first``, then ``rest`` if nothing has left it."""
    signal = first()
    return rest() if signal is None and rest is not None else signal


def branch(test: Any, then: Region, otherwise: Region | None, rest: Region | None = None) -> _Signal | None:
    """``if test: then() else: otherwise()``, and what follows."""
    side = then if test else otherwise
    return sequence(side or _nothing, rest)


def while_loop(
    test: Callable[[], Any], body: Region, otherwise: Region | None, rest: Region | None = None
) -> _Signal | None:
    """``while test(): body() else: otherwise()``, and what follows."""

    def run() -> _Signal | None:
        while test():
            signal = body()
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        return otherwise() if otherwise is not None else None

    return sequence(run, rest)


def for_loop(
    values: Iterable[Any],
    body: Callable[[Any], _Signal | None],
    otherwise: Region | None,
    rest: Region | None = None,
) -> _Signal | None:
    """``for value in values: body(value) else: otherwise()``, and what follows."""

    def run() -> _Signal | None:
        for value in values:
            signal = body(value)
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        return otherwise() if otherwise is not None else None

    return sequence(run, rest)


def _nothing() -> None:
    return None


def assert_true(test: Any, message: Callable[[], Any] | None) -> None:
    """``assert test, message()``."""
    if not test:
        raise AssertionError(*([] if message is None else [message()]))


def raise_error(error: Callable[[], Any], cause: Callable[[], Any] | None) -> _Signal | None:
    """``raise error() from cause()``."""
    if cause is None:
        raise error()
    raise error() from cause()
