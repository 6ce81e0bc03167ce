"""Tests and faults: what is known while tracing, and what the compiled code has to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from defnhook.graph import CHECK, CONSTANT, ArrayType, Fault, Node
from defnhook.ops.kinds import Guarded
from defnhook.trace import primitives
from defnhook.trace.context import require_current, user_span
from defnhook.trace.merging import as_value
from defnhook.trace.signals import RAISED, Signal
from defnhook.trace.tensor import Tensor

TRUTH = ArrayType((), np.dtype(np.bool_), "scalar")


def known_test(test: Any) -> bool | None:
    """The truth of a test, or None where only the compiled code knows it."""
    if not isinstance(test, Tensor):
        return bool(test)
    if test.node.op is CONSTANT and test.type.size == 1:
        return bool(np.asarray(test.node.params["value"]).reshape(()))
    if test.type.size != 1 or test.is_demandable:
        return bool(test)
    return None


def condition(test: Tensor) -> Node:
    """A test as a truth value of the graph."""
    if test.ndim:
        test = primitives.reshape(test, ())
    if test.dtype.kind != "b":
        from defnhook.trace.runtime import not_equal

        test = not_equal(test, test.dtype.type(0).item())
    return primitives.cast(test, np.bool_, "scalar").node


def check(test: Tensor, error: type[BaseException], message: str, *operands: Any) -> None:
    """Raise at run time where ``test`` is true."""
    inputs = (condition(test), *(as_value(operand).node for operand in operands))
    node = Node(CHECK, inputs, TRUTH, {"fault": Fault(error, message)}, user_span())
    require_current().region.effects.append(node)


def check_elements(guard: Guarded, operands: Sequence[Tensor]) -> None:
    """Raise, at run time where only that knows, what NumPy raises for some elements."""
    fault: Any = np.any(guard.fault(*operands))
    known = known_test(fault)
    if known:
        raise guard.error(guard.message)
    if known is None:
        check(fault, guard.error, guard.message)


def assert_true(test: Any, message: Callable[[], Any] | None) -> None:
    """``assert test, message``."""
    known = known_test(test)
    if known is False:
        raise AssertionError(*([message()] if message else []))
    if known is None:
        from defnhook.trace.runtime import not_

        _fault(condition(not_(test)), AssertionError(*([message()] if message else [])))


def raise_error(make: Callable[[], Any], cause: Callable[[], Any] | None = None) -> Signal:
    """``raise error``: at once where the trace surely comes here, otherwise when the compiled code does."""
    error = make()
    if isinstance(error, type) and issubclass(error, BaseException):
        error = error()
    if not isinstance(error, BaseException):
        raise TypeError("exceptions must derive from BaseException")
    if not require_current().region.inside:
        raise error from (cause() if cause else None)
    return raised(error)


def raised(error: BaseException) -> Signal:
    """The end of a side of a branch that raises an error where the compiled code takes it."""
    _fault(primitives.constant(np.True_).node, error)
    return RAISED


def _fault(test: Node, error: BaseException) -> None:
    operands: list[Tensor] = []

    def place(item: Any) -> Any:
        if isinstance(item, Tensor):
            operands.append(item)
        return item

    arguments = tuple(map(place, error.args))
    fault = Fault(type(error), "", arguments)
    if operands:
        fault = Fault(type(error), "{0}") if len(arguments) == 1 else fault
    inputs = (test, *(item.node for item in operands))
    node = Node(CHECK, inputs, TRUTH, {"fault": fault}, user_span())
    require_current().region.effects.append(node)
