"""Python's functions of several values: ``sum``, ``min``, ``max``, ``any``, ``all``, ``sorted`` and ``in``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.trace import primitives
from defnhook.trace.branches import branch
from defnhook.trace.conditions import known_test
from defnhook.trace.loops import for_loop
from defnhook.trace.merging import as_value, common_type, converted
from defnhook.trace.numbers import choose
from defnhook.trace.sequences import KINDS, sequence_of
from defnhook.trace.signals import Signal, result, return_value
from defnhook.trace.tensor import Tensor

SORTED_LIMIT = 64


def _is_rolled(values: Any) -> bool:
    """Whether the values are an array or a range that a native loop can run over."""
    if isinstance(values, Tensor | np.ndarray):
        return sequence_of(values) is not None
    return isinstance(values, KINDS)


def total(values: Iterable[Any], start: Any = 0) -> Any:
    """``sum``: from left to right."""
    from defnhook.trace.runtime import add

    return _folded(add, values, start)


def product(values: Iterable[Any], *, start: Any = 1) -> Any:
    """``math.prod``: from left to right."""
    from defnhook.trace.runtime import multiply

    return _folded(multiply, values, start)


def _folded(combine: Callable[[Any, Any], Any], values: Iterable[Any], start: Any) -> Any:
    reached = start

    def step(value: Any) -> None:
        nonlocal reached
        reached = combine(reached, value)

    if _is_rolled(values):
        for_loop(values, step, None)
    else:
        for value in values:
            step(value)
    return reached


def quantify(name: str, wanted: bool) -> Callable[[Any], Any]:
    """``any`` or ``all``: whether some value is ``wanted``."""

    def rolled(values: Any) -> Any:
        def step(value: Any) -> Signal | None:
            leave = partial(return_value, wanted)
            return branch(value, *((leave, None) if wanted else (None, leave)))

        return result(for_loop(values, step, None, lambda: return_value(not wanted)))

    def function(values: Any) -> Any:
        if _is_rolled(values):
            return rolled(values)
        found: Any = not wanted
        for value in values:
            known = known_test(value)
            if known is wanted:
                return wanted
            if known is None:
                found = _joined(found, value, wanted)
        return found

    function.__name__ = name
    return function


def _joined(found: Any, value: Tensor, wanted: bool) -> Any:
    """Whether either of two truth values is ``wanted``, as a Python number."""
    from defnhook.trace.runtime import bitwise_and, bitwise_or

    if value.ndim:
        value = primitives.reshape(value, ())[()]
    truth = primitives.host(bool, value)
    if not isinstance(found, Tensor):
        return truth
    return (bitwise_or if wanted else bitwise_and)(found, truth)


def extreme(python: Callable[..., Any], ufunc: Any) -> Callable[..., Any]:
    """``min`` or ``max``."""

    def pick(*args: Any, **keywords: Any) -> Any:
        if keywords:
            raise DefnTypeError(
                f"{python.__name__}() of traced values takes no keywords; use np.{ufunc.__name__}"
            )
        if len(args) == 1 and _is_rolled(args[0]):
            return _extreme_of(python, args[0])
        values = list(args[0]) if len(args) == 1 else list(args)
        if any(isinstance(v, Tensor) and v.ndim for v in values):
            raise DefnTypeError(
                f"{python.__name__}() of arrays: use np.{ufunc.__name__} or np.{python.__name__}"
            )
        if values and all(map(primitives.is_python, values)):
            return primitives.host(python, *values) if len(values) > 1 else values[0]
        best = python(values[:1])
        for value in values[1:]:
            best = better(python, value, best)
        return best

    return pick


def _extreme_of(python: Callable[..., Any], values: Any) -> Any:
    sequence = sequence_of(values)
    if sequence.count.trips is None or isinstance(values, KINDS):
        values = list(values)
        return extreme(python, python)(*values) if len(values) > 1 else python(values)
    if not sequence.count.trips:
        return python([])
    best = sequence.place(0)
    if isinstance(best, Tensor) and best.ndim:
        raise DefnTypeError(f"{python.__name__}() of an array of several axes: use np.{python.__name__}")

    def step(place: Any) -> None:
        nonlocal best
        best = better(python, sequence.place(place), best)

    for_loop(range(1, sequence.count.trips), step, None)
    return best


def better(python: Callable[..., Any], value: Any, best: Any) -> Any:
    """The lesser or the greater of two numbers as Python compares them: the first one unless the other beats it."""
    from defnhook.trace.runtime import greater, less

    beats = (less if python is min else greater)(value, best)
    if not isinstance(beats, Tensor):
        return value if known_test(beats) else best
    return _chosen(beats, value, best)


def _chosen(test: Tensor, then: Any, otherwise: Any) -> Any:
    """One of two numbers, in the kind and dtype that they have in common."""
    from defnhook.trace.invoke import invoke

    type_ = common_type(as_value(then), as_value(otherwise))
    if type_.kind == "python":
        return choose(test, then, otherwise)
    pair = [Tensor(converted(as_value(each), type_)) for each in (then, otherwise)]
    return primitives.cast(invoke(np.where, (test, *pair), {}), type_.dtype, type_.kind)


def ordered(values: Any, *, key: Any = None, reverse: bool = False) -> list[Any]:
    """``sorted`` of as many values as are known while tracing."""
    items = list(values)
    if not any(isinstance(item, Tensor) for item in items):
        return sorted(items, key=key, reverse=reverse)
    if key is not None or len(items) > SORTED_LIMIT or any(isinstance(i, Tensor) and i.ndim for i in items):
        raise DefnTypeError(
            f"sorted() takes at most {SORTED_LIMIT} traced numbers and no key; use np.sort on an array"
        )
    from defnhook.trace.runtime import less

    for last in range(len(items) - 1, 0, -1):
        for place in range(last):
            first, second = items[place], items[place + 1]
            swap = less(first, second) if reverse else less(second, first)
            if isinstance(swap, Tensor):
                items[place], items[place + 1] = _chosen(swap, second, first), _chosen(swap, first, second)
            elif known_test(swap):
                items[place], items[place + 1] = second, first
    return items


def contains(container: Any, item: Any) -> Any:
    """``item in container`` where one of them is traced."""
    from defnhook.trace.invoke import invoke
    from defnhook.trace.runtime import equal

    if isinstance(container, Tensor | np.ndarray):
        return primitives.host(bool, invoke(np.any, (equal(primitives.boxed(container), item),), {}))
    return quantify("any", True)([equal(each, item) for each in container])
