"""Calls in rewritten code: what the callee is decides, by identity, whatever name it went by."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops import meaning
from defnhook.ops.kinds import Composite, Structural, Written
from defnhook.trace import folds, making, primitives, sequences, ufunc_methods
from defnhook.trace.context import Trace, is_twin, require_current
from defnhook.trace.gathering import is_at, ufunc_at
from defnhook.trace.invoke import METHODS, invoke, invoke_op
from defnhook.trace.math_calls import call_math, holds_array, is_math
from defnhook.trace.products import refuse_step
from defnhook.trace.selections import Selection
from defnhook.trace.sizes import for_program
from defnhook.trace.tensor import Tensor, describe

INLINE_LIMIT = 150
MARK = "__defn_function__"
TRANSFORM = "__defn_transform__"


def call(callee: Any, /, *args: Any, **keywords: Any) -> Any:
    """``callee(*args, **keywords)`` inside a marked function."""
    inline = getattr(callee, MARK, None)
    if inline is not None:
        return _inlined(inline, callee, args, keywords)
    op = meaning(callee)
    if op is not None:
        return _call_op(op, callee, args, keywords)
    for applies, handler in _CALLEES:
        if applies(callee):
            return handler(callee, args, keywords)
    raise DefnTypeError(
        require_current().refusal(callee)
        or f"{_name(callee)}() cannot be called inside a marked function: it is neither an op of the language nor "
        f"defined in a marked file. Mark its file with '# defn', call it outside and pass the result in, or mark "
        "it with @defnhook.transform to run it while tracing."
    )


def call_method(value: Any, label: str, args: Any, keywords: Any) -> Any:
    """A method of something that is not an array."""
    if isinstance(value, Tensor):
        return _number_method(value, label, args, keywords)
    if isinstance(value, ModuleType):
        return call(getattr(value, label), *args, **keywords)
    from defnhook.trace.globals import read_attribute

    if type(value) in (list, dict, set) and label in _MUTATORS:
        from defnhook.trace.runtime import check_own

        check_own(value)
        return getattr(value, label)(*args, **keywords)
    bound = read_attribute(value, label)
    if isinstance(value, str | bytes | tuple | list | dict | set | frozenset | range | int | float | complex):
        return bound(*args, **keywords)
    if isinstance(bound, MethodType):
        return call(bound.__func__, bound.__self__, *args, **keywords)
    return call(bound, *args, **keywords)


_MUTATORS = frozenset(
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard".split()
)


def _number_method(value: Tensor, label: str, args: Any, keywords: Any) -> Any:
    if value.kind == "python" and hasattr(value.dtype.type(0).item(), label):
        return primitives.host(operator.methodcaller(label, *args, **keywords), value)
    raise DefnTypeError(f"{describe(value)} has no method .{label}()")


def _name(callee: Any) -> str:
    module = getattr(callee, "__module__", None)
    name = getattr(callee, "__qualname__", None) or getattr(callee, "__name__", None) or repr(callee)
    return f"{module}.{name}" if module and module not in ("builtins", "__main__") else str(name)


def _inlined(inline: Any, callee: Any, args: Any, keywords: Any) -> Any:
    trace = require_current()
    if trace.depth >= INLINE_LIMIT:
        raise RecursionError(
            f"marked functions call one another more than {INLINE_LIMIT} deep while {_name(callee)} is traced; "
            "a recursion has to end on static values"
        )
    trace.depth += 1
    inline.register()
    try:
        with scope(trace, inline.cells):
            return inline.call_twin(inline.bind(*args, **keywords))
    finally:
        trace.depth -= 1


@contextmanager
def scope(trace: Trace, cells: dict[str, Any]) -> Iterator[None]:
    """Resolve closure variables in ``cells`` for the block."""
    before, trace.cells = trace.cells, cells
    try:
        yield
    finally:
        trace.cells = before


def _call_op(op: Any, callee: Any, args: Any, keywords: Any) -> Any:
    if isinstance(op, Structural | Composite | Written) or holds_array((args, keywords)):
        return invoke_op(op, args, keywords)
    result = callee(*args, **keywords)
    return primitives.constant(result) if isinstance(result, np.ndarray) else result


# -- callees that are not ops


def _dtype_call(callee: Any, args: Any, keywords: Any) -> Any:
    if not holds_array((args, keywords)):
        return callee(*args, **keywords)
    if len(args) != 1 or keywords:
        raise DefnTypeError(f"{_name(callee)}() takes one value")
    value = primitives.strong(primitives.as_tensor(args[0]))
    return primitives.cast(value, np.dtype(callee), kind="array" if value.ndim else "scalar")


def _builtin_call(callee: Any, args: Any, keywords: Any) -> Any:
    handler = _BUILTINS[callee]
    if handler is None:
        return callee(*args, **keywords)
    return handler(*args, **keywords)


def _number(python: Callable[..., Any]) -> Callable[..., Any]:
    def convert(*args: Any) -> Any:
        if not holds_array(args):
            return python(*args)
        for value in args:
            if isinstance(value, Tensor) and value.type.size != 1:
                raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return primitives.host(python, *[_without_imaginary(python, value) for value in args])

    return convert


def _without_imaginary(python: Callable[..., Any], value: Any) -> Any:
    """NumPy's complex numbers give their real part to ``int`` and ``float``."""
    complex_ = isinstance(value, Tensor) and value.kind != "python" and value.dtype.kind == "c"
    return invoke(np.real, (value,), {}) if complex_ and python in (int, float) else value


def _absolute(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return abs(value)
    return primitives.host(abs, value) if value.kind == "python" else invoke(np.absolute, (value,), {})


def _length(value: Any) -> Any:
    if isinstance(value, Selection):
        return value.count
    if isinstance(value, Tensor) and value.ndim:
        return for_program(value.shape[0])
    return value.length() if isinstance(value, sequences.KINDS) else len(value)


def _is_instance(value: Any, types: Any) -> bool:
    if not isinstance(value, Tensor):
        return isinstance(value, types)
    number = type(value.dtype.type(0).item())
    examples: dict[str, type] = {"array": np.ndarray, "scalar": value.dtype.type, "python": number}
    group = types if isinstance(types, tuple) else (types,)
    return any(issubclass(examples[value.kind], t) for t in group)


def _numbers_first(python: Callable[..., Any], ufunc: Any) -> Callable[..., Any]:
    traced = folds.extreme(python, ufunc)

    def pick(*args: Any, **keywords: Any) -> Any:
        if holds_array(args) or any(isinstance(arg, sequences.KINDS) for arg in args):
            return traced(*args, **keywords)
        return python(*args, **keywords)

    return pick


def _get_attribute(value: Any, label: str, default: tuple[Any, ...]) -> Any:
    from defnhook.trace.globals import read_attribute

    if default and not _has_attribute(value, label):
        return default[0]
    return read_attribute(value, label)


def _has_attribute(value: Any, label: str) -> bool:
    if not isinstance(value, Tensor):
        return hasattr(value, label)
    example = value.dtype.type(0)
    return hasattr(
        {"array": np.asarray(example), "scalar": example, "python": example.item()}[value.kind], label
    )


def _round(value: Any, digits: Any = None) -> Any:
    if not isinstance(value, Tensor):
        return round(value, digits)
    if value.kind == "python":
        return primitives.host(round, value) if digits is None else primitives.host(round, value, digits)
    if value.kind == "array":
        raise TypeError("type numpy.ndarray doesn't define __round__ method")
    return primitives.host(round, value) if digits is None else invoke(np.round, (value, digits), {})


def _power(base: Any, exponent: Any) -> Any:
    from defnhook.trace.runtime import power

    return power(base, exponent)


def _print(*values: Any, **keywords: Any) -> None:
    """Printed after each call, with the values that the call has computed."""
    if require_current().region.inside:
        refuse_step("print")
    require_current().prints.append((values, keywords))


def _divmod(a: Any, b: Any) -> Any:
    from defnhook.trace.runtime import floor_divide, mod

    return floor_divide(a, b), mod(a, b)


_BUILTINS: dict[Any, Callable[..., Any] | None] = {
    builtins.abs: _absolute,
    builtins.all: folds.quantify("all", False),
    builtins.any: folds.quantify("any", True),
    builtins.bool: _number(bool),
    builtins.complex: _number(complex),
    builtins.dict: None,
    builtins.divmod: _divmod,
    builtins.enumerate: sequences.make_enumerate,
    builtins.float: _number(float),
    builtins.frozenset: None,
    builtins.getattr: lambda value, label, *default: _get_attribute(value, label, default),
    builtins.hasattr: lambda value, label: _has_attribute(value, label),
    builtins.int: _number(int),
    builtins.isinstance: _is_instance,
    builtins.issubclass: None,
    builtins.iter: None,
    builtins.len: _length,
    builtins.list: None,
    builtins.map: None,
    builtins.max: _numbers_first(max, np.maximum),
    builtins.min: _numbers_first(min, np.minimum),
    builtins.next: None,
    builtins.pow: _power,
    builtins.print: _print,
    builtins.range: sequences.make_range,
    builtins.repr: None,
    builtins.reversed: sequences.make_reversed,
    builtins.round: _round,
    builtins.set: None,
    builtins.slice: None,
    builtins.sorted: folds.ordered,
    builtins.str: None,
    builtins.sum: folds.total,
    builtins.super: None,
    builtins.tuple: None,
    builtins.type: None,
    builtins.zip: sequences.make_zip,
    np.dtype: None,
    np.finfo: None,
    np.iinfo: None,
    np.result_type: None,
    np.promote_types: None,
    np.can_cast: None,
    np.issubdtype: None,
    **making.FUNCTIONS,
}


def _is_builtin(callee: Any) -> bool:
    try:
        return callee in _BUILTINS
    except TypeError:
        return False


def _is_dtype(callee: Any) -> bool:
    return isinstance(callee, type) and issubclass(callee, np.generic)


def _is_structure(callee: Any) -> bool:
    if not isinstance(callee, type):
        return False
    named = issubclass(callee, tuple) and hasattr(callee, "_fields")
    return named or dataclasses.is_dataclass(callee) or issubclass(callee, BaseException)


def _plain(callee: Any, args: Any, keywords: Any) -> Any:
    return callee(*args, **keywords)


def _partial_call(callee: Any, args: Any, keywords: Any) -> Any:
    return call(callee.func, *callee.args, *args, **{**callee.keywords, **keywords})


def _method_call(callee: Any, args: Any, keywords: Any) -> Any:
    owner = getattr(callee, "__self__", None)
    if isinstance(callee, functools.partial):
        return _partial_call(callee, args, keywords)
    if isinstance(callee, MethodType):
        return call(callee.__func__, owner, *args, **keywords)
    return call_method(owner, callee.__name__, args, keywords)


def _is_bound(callee: Any) -> bool:
    if isinstance(callee, functools.partial | MethodType):
        return True
    owner = getattr(callee, "__self__", None)
    plain = isinstance(
        owner, str | bytes | tuple | list | dict | set | frozenset | range | int | float | complex
    )
    return plain and not isinstance(callee, type)


def _is_twin_function(callee: Any) -> bool:
    return isinstance(callee, FunctionType) and is_twin(callee.__code__)


def _is_traced_method(callee: Any) -> bool:
    return isinstance(callee, functools.partial) and any(isinstance(a, Tensor) for a in callee.args)


_CALLEES: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (is_at, ufunc_at),
    (ufunc_methods.is_method, ufunc_methods.call_method),
    (_is_twin_function, _plain),
    (lambda callee: getattr(callee, TRANSFORM, False) is True, _plain),
    (_is_builtin, _builtin_call),
    (is_math, call_math),
    (_is_dtype, _dtype_call),
    (_is_structure, _plain),
    (_is_traced_method, _plain),
    (lambda callee: callee is functools.partial, _plain),
    (_is_bound, _method_call),
)

__all__ = ["INLINE_LIMIT", "MARK", "METHODS", "TRANSFORM", "call", "call_method", "scope"]
