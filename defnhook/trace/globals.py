"""Variables from outside the marked function: numbers and arrays become hidden arguments, the rest is guarded."""

from __future__ import annotations

import builtins
import inspect
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from defnhook import library
from defnhook.errors import DefnTypeError
from defnhook.graph import ArrayType
from defnhook.trace import primitives
from defnhook.trace.context import Guard, Trace, current, require_current
from defnhook.trace.layout import keep_byte_order
from defnhook.trace.selections import Selection
from defnhook.trace.sizes import for_program
from defnhook.trace.structure import children, is_namedtuple, with_children
from defnhook.trace.tensor import Alias, Tensor, describe, order_of

KNOWN = frozenset({"shape", "dtype", "ndim", "size", "itemsize", "nbytes", "T", "mT", "real", "imag"})
_WAYS_OUT = {"flat": " Write x.ravel() to read, and x.reshape(-1)[i] = value to write."}
_BUILTINS = vars(builtins)
_LIBRARIES = ("numpy", "math", "scipy")
_NUMBERS = bool | int | float | complex | str | bytes | np.generic | slice | range


def read_name(label: str, value: Any) -> Any:
    """The traced stand-in of a global or closure variable, recorded in the current trace."""
    trace = require_current()
    place = _place(trace, label)
    if place is None or library.holds(sys._getframe(2).f_code):
        return value
    return guarded(trace, Guard(place, label), value)


def _place(trace: Trace, label: str) -> Any:
    """The dictionary or cell that holds the variable; None for a builtin or a variable of the trace itself."""
    frame = sys._getframe(3)
    if label in frame.f_code.co_freevars:
        return trace.cells.get(label)
    return frame.f_globals if label in frame.f_globals else None


def guarded(trace: Trace, guard: Guard, value: Any) -> Any:
    """The stand-in of a value that the plan has to look at again on every call."""
    if guard.key in trace.guard_values:
        return trace.guard_values[guard.key]
    before = len(trace.inputs)
    stand_in = _stand_in(trace, guard.name, value)
    trace.guards[guard.key] = (guard, value)
    trace.guard_inputs[guard.key] = trace.inputs[before:]
    trace.guard_values[guard.key] = stand_in
    return stand_in


def _stand_in(trace: Trace, path: str, value: Any) -> Any:
    if is_number(value):
        if is_static(value, path, trace.static):
            return value
        made = traced_input(value, path, trace)
        if made.storage is not None:
            made.storage.fixed = f"the array {path} belongs to the module"
        return made
    parts = None if is_marked_object(value) else children(value)
    if parts is None:
        return value
    copy = with_children(value, [_stand_in(trace, path + step, item) for step, item in parts])
    if not isinstance(copy, tuple):
        trace.caller_containers[id(copy)] = copy
    return copy


def traced_input(value: Any, path: str, trace: Trace) -> Tensor:
    """A new input for an array or a number."""
    node = trace.add_input(path, number_type(value))
    if id(value) in trace.constants and isinstance(value, np.ndarray):
        return trace.constants[id(value)][1]  # type: ignore[no-any-return]
    made = Tensor(node, Alias(node, (), value) if isinstance(value, np.ndarray) else None)
    if made.storage is not None:
        trace.given.append((node, made.storage))
        trace.constants[id(value)] = (value, made)
    return made


def is_static(value: Any, path: str, static: frozenset[str]) -> bool:
    """Whether a number's value is part of the signature, because some trace needed it."""
    return path in static and not isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Whether a value from outside is passed to the compiled code: an array or a number, but no bool."""
    if type(value) is np.ndarray:
        return primitives.supported(value.dtype)
    if isinstance(value, np.generic):
        return primitives.supported(value.dtype)
    return type(value) in (float, complex) or (type(value) is int and -(2**63) <= value < 2**63)


def number_type(value: Any) -> ArrayType:
    """The array type of an array, a NumPy scalar or a Python number."""
    if isinstance(value, np.ndarray):
        order = order_of(value)
        return ArrayType(value.shape, value.dtype.newbyteorder("="), "array", order)
    if isinstance(value, np.generic):
        return ArrayType((), value.dtype, "scalar")
    return ArrayType((), np.asarray(value).dtype, "python")


def read_attribute(value: Any, label: str) -> Any:
    """``value.label`` of a traced value, a module, a container or an object of the caller's."""
    if isinstance(value, np.ndarray):
        value = primitives.constant(value)
    if isinstance(value, Tensor):
        return _tensor_attribute(value, label)
    if isinstance(value, Selection):
        return value.attribute(label)
    member = inspect.getattr_static(type(value), label, None)
    if isinstance(member, property) and member.fget is not None:
        from defnhook.trace.calls import call

        return call(member.fget, value)
    trace = current()
    if trace is not None and (id(value), label) in trace.attributes:
        return trace.attributes[(id(value), label)]
    found = getattr(value, label)
    if trace is None or not _may_change(value, label, found):
        return found
    return guarded(trace, Guard(value, label), found)


def _may_change(value: Any, label: str, found: Any) -> bool:
    """Whether a plan has to look at an attribute again: all but methods, and what the trace itself has made."""
    if (
        isinstance(found, Tensor)
        or isinstance(value, type(np.dtype))
        or isinstance(value, _NUMBERS | np.dtype)
    ):
        return False
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] not in _LIBRARIES
    if children(value) is not None and not is_marked_object(value):
        return False
    if isinstance(found, FunctionType | MethodType | BuiltinFunctionType):
        return label in getattr(value, "__dict__", ())
    return True


def is_marked_object(value: Any) -> bool:
    """Whether a value is an instance of a class with marked methods: then it is static, its attributes guarded."""
    cls = type(value)
    if is_namedtuple(value) or not hasattr(cls, "__mro__"):
        return False
    return any(
        hasattr(member, "__defn_function__") for base in cls.__mro__[:-1] for member in vars(base).values()
    )


def _tensor_attribute(value: Tensor, label: str) -> Any:
    from defnhook.trace.invoke import METHODS

    if label == "dtype":
        keep_byte_order(value)
    if label == "shape":
        return tuple(map(for_program, value.shape))
    if label in KNOWN or (label in METHODS and value.kind != "python"):
        return for_program(getattr(value, label))
    raise DefnTypeError(
        f"attribute .{label} of {describe(value)} is not part of the defn language; known are "
        f"{', '.join(sorted(KNOWN))} and the methods of the table.{_WAYS_OUT.get(label, '')}"
    )
