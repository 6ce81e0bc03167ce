"""Calls without the interpreter: a builtin function that checks arguments, makes results and runs one kernel.

It is generated for each :class:`Form` of call, and reads from an array of words what a call must be like: addresses,
extents, strides. A call that is not like it gives None, and nothing has happened.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import llvmlite.binding
import numpy as np

from defnhook.backend.calls.addresses import FASTCALL, is_possible
from defnhook.backend.calls.forms import NUMBER, Copied, Fixed, Form, Given, Made, argument_types, words
from defnhook.backend.calls.text import generated


class _Method(ctypes.Structure):
    """``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


_METHODS: dict[Form, tuple[_Method, Any]] = {}
_MAKING = threading.Lock()


def _method(form: Form) -> _Method:
    """The definition of the builtin for a form; it lives as long as the process, with the library it is in."""
    with _MAKING:
        if form not in _METHODS:
            name = f"defnhook_call_{len(_METHODS)}"
            module = llvmlite.binding.parse_assembly(generated(form, name))
            module.verify()
            machine = llvmlite.binding.Target.from_default_triple().create_target_machine(opt=0, jit=True)
            engine = llvmlite.binding.create_mcjit_compiler(module, machine)
            engine.finalize_object()
            method = _Method(b"call", engine.get_function_address(name), FASTCALL, None)
            _METHODS[form] = method, engine
        return _METHODS[form][0]


def call(form: Form, numbers: np.ndarray[Any, Any], held: tuple[Any, ...]) -> Any:
    """A builtin function that makes calls of a form.

    Parameters
    ----------
    numbers
        A value for each of :func:`words`.
    held
        The objects whose addresses they are.
    """
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    make = kind(("PyCFunction_NewEx", ctypes.pythonapi))
    return make(ctypes.addressof(_method(form)), numbers, held)


__all__ = [
    "NUMBER", "Copied", "Fixed", "Form", "Given", "Made", "argument_types", "call", "is_possible", "words",
]  # fmt: skip
