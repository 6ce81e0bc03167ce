"""The native backend: kernels compiled by Numba, stored as bytes, and made callable again.

The only package inside defnhook that imports Numba. What compiling needs is loaded when something is compiled: a
kernel from the store is callable within a few milliseconds of ``import numba``.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding
import numba
from numba import types
from numba.core import compiler, sigutils
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

from defnhook.emit.library import CONSTANTS

OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": False}
VERSIONS = (numba.__version__, llvmlite.__version__)


def native(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a kernel for one signature."""

    def compile_kernel(function: Callable[..., Any]) -> Any:
        arguments, result = sigutils.normalize_signature(signature)
        passes = import_module("defnhook.backend.numba.pipeline").Pipeline
        return numba.njit(result(*map(_unaligned, arguments)), pipeline_class=passes, **OPTIONS)(function)

    return compile_kernel


def _unaligned(kind: Any) -> Any:
    """An array type whose elements may lie anywhere: as fast on today's processors, and no call has to look."""
    return (
        types.Array(kind.dtype, kind.ndim, kind.layout, aligned=False)
        if isinstance(kind, types.Array)
        else kind
    )


def compiled(module_name: str, name: str, text: str, filename: str) -> Any:
    """Compile the text of a kernel's module."""
    module = _module(module_name)
    exec(compile(text, filename, "exec"), module.__dict__)
    return module.__dict__[name]


def _module(name: str) -> ModuleType:
    """A module of that name: Numba looks up by name the module that compiled code belongs to."""
    if name not in sys.modules:
        sys.modules[name] = ModuleType(name)
    return sys.modules[name]


class Compiled(NamedTuple):
    """A compiled kernel: to be called from Python, and at its address with arguments of the given LLVM types."""

    entry: Callable[..., Any]
    address: int
    arguments: tuple[str, ...]


def made_callable(dispatcher: Any) -> Compiled:
    """The compiled function without Numba's own choice among signatures: there is only one."""
    (result,) = dispatcher.overloads.values()
    return _callable(result, _argument_types(result))


def to_bytes(dispatcher: Any) -> bytes:
    """A compiled kernel as bytes, in the form in which Numba's own cache keeps it."""
    (result,) = dispatcher.overloads.values()
    return pickle.dumps((_argument_types(result), result._reduce()), protocol=5)


def from_bytes(module_name: str, data: bytes) -> Compiled:
    """A kernel that :func:`to_bytes` saved. The bytes must be trusted."""
    _module(module_name)
    context = cpu_target.target_context
    rtsys.initialize(context)
    arguments, reduced = pickle.loads(data)
    return _callable(compiler.CompileResult._rebuild(context, *reduced), arguments)


def _callable(result: Any, arguments: tuple[str, ...]) -> Compiled:
    address = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return Compiled(result.entry_point, address, arguments)


def _argument_types(result: Any) -> tuple[str, ...]:
    """What a kernel takes in LLVM, every pointer as ``ptr``."""
    kind = cpu_target.target_context.call_conv.get_function_type(
        result.fndesc.restype, result.fndesc.argtypes
    )
    return tuple("ptr" if argument.is_pointer else str(argument) for argument in kind.args)


def llvm_text(dispatcher: Any) -> str:
    """The optimized LLVM of a kernel."""
    return next(iter(dispatcher.inspect_llvm().values()), "")


def assembly(dispatcher: Any) -> str:
    """The machine code of a kernel."""
    return next(iter(dispatcher.inspect_asm().values()), "")


def processor() -> str:
    """The processor's name and features, on which compiled code depends."""
    features = llvmlite.binding.get_host_cpu_features().flatten()
    return f"{llvmlite.binding.get_host_cpu_name()} {features}"


def __getattr__(name: str) -> Any:
    """Kernels import the library's functions from here by name."""
    library = import_module("defnhook.backend.numba.library")
    if name in library.LIBRARY:
        return library.LIBRARY[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name == "LIBRARY":
        return library.LIBRARY
    raise AttributeError(name)
