"""Functions of NumPy written in the language itself: marked files that the tracer runs where it meets such a call.

Each function has the parameters of the NumPy function that it means, takes arrays, and is loaded when it is first
needed.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from defnhook.hook.loader import DefnLoader

FOLDER = Path(__file__).parent
OWN = str(FOLDER.parent / "ops" / "own_")


def path_of(label: str) -> Path:
    """Where a file lies; one of the table, ``ops/own_windows``, is plain when the table imports it."""
    return (FOLDER.parent if "/" in label else FOLDER) / f"{label}.py"


@cache
def load(label: str) -> ModuleType:
    """A file of this folder, rewritten, whether the hook is installed or not."""
    fullname, path = f"{__name__}.{label.replace('/', '.')}", str(path_of(label))
    spec = spec_from_file_location(fullname, path, loader=DefnLoader(fullname, path))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[fullname] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function(name: str) -> Any:
    """A function by the names of its file and its own, ``scans.cumsum``."""
    file, _, own = name.partition(".")
    return getattr(load(file), own)


def holds(code: CodeType) -> bool:
    """Whether a function's code stands in a file that is loaded here."""
    return code.co_filename.startswith((str(FOLDER), OWN))
