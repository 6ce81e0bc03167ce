"""A kernel as the text of a module: what it imports, its signature, its source."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from defnhook.emit.kernel import Argument, Kernel
from defnhook.emit.library import CONSTANTS
from defnhook.emit.storage import storage

WORD = re.compile(r"\w+")


def kernel_text(kernel: Kernel) -> str:
    """A kernel as a module: what it imports, its signature, its source."""
    words = set(WORD.findall(kernel.source))
    names = sorted({"native", *(words & CONSTANTS.keys()), *kernel.functions})
    imports = _wrapped("from defnhook.backend.numba import ", names)
    header = "import numpy as np\n" + imports
    return f'{header}\n\n@native("{signature(kernel)}")\n{kernel.source}'


def _wrapped(head: str, names: list[str]) -> str:
    line = head + ", ".join(names)
    if len(line) <= 100:
        return line + "\n"
    return head + "(\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def signature(kernel: Kernel) -> str:
    """The types a kernel takes, as Numba writes them."""
    parts = [_type_text(argument) for argument in kernel.arguments]
    parts += ["uint64[::1]"] * bool(kernel.table) + ["int64[::1]"] * bool(kernel.faults)
    return f"void({', '.join([*parts, 'int64', 'uint64', 'uint64'])})"


def _type_text(argument: Argument) -> str:
    if argument.ndim < 0:
        return _name(storage(argument.dtype).computed)
    name = _name(storage(argument.dtype).held)
    if argument.ndim == 0:
        return f"Array({name}, 0, 'C')"
    if not argument.contiguous:
        return f"{name}[{', '.join([':'] * argument.ndim)}]"
    return f"{name}[{', '.join([':'] * (argument.ndim - 1) + ['::1'])}]"


def _name(dtype: np.dtype[Any]) -> str:
    return "boolean" if dtype.kind == "b" else dtype.name
