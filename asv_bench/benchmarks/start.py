"""What a process pays before its first result: imports, compilation, kernels from the disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import defnhook
from defnhook.benchmark.processes import fresh as fresh_process

PATHS = [str(Path(defnhook.__file__).parent.parent), str(Path(__file__).parent.parent)]

FIRST_CALL = """
import defnhook
import time
import numpy as np
from benchmarks.kernels import FUNCTIONS, implementation, normal
function, argument = implementation(getattr(FUNCTIONS, {name!r}), {library!r}), normal(1_000, *{more!r})
begin = time.perf_counter()
function(argument)
seconds = time.perf_counter() - begin
"""

IMPORT = """
import time, sys
import numpy
import defnhook
if {marked}:
    defnhook.install()
    import defnhook.dispatch.runtime
sys.path.insert(0, {folder!r})
begin = time.perf_counter()
import many
seconds = time.perf_counter() - begin
"""

FUNCTION = """
def function_{number}(x, y, scale={number}.5):
    \"\"\"A function of ordinary length.\"\"\"
    shifted = x - np.mean(x, axis=-1, keepdims=True)
    weights = np.exp(-0.5 * shifted * shifted) + scale
    if y is not None:
        weights = weights * np.where(y > 0, y, -y)
    total = np.sum(weights, axis=-1, keepdims=True)
    return weights / total, np.sqrt(total)

"""


def fresh(code: str, result: str, **environment: str) -> Any:
    """The value of an expression after a piece of code that may import this suite, in a new process."""
    return fresh_process(code, result, PATHS, **environment)


def first_call(name: str, library: str, store: str, more: tuple[int, ...] = ()) -> float:
    """The seconds of the first call of a function in a new process whose kernels are in a folder."""
    code = FIRST_CALL.format(name=name, library=library, more=more)
    return float(fresh(code, "seconds", DEFNHOOK_CACHE_DIR=store))


def write_module(folder: str, functions: int, marked: bool) -> None:
    """A module of so many functions."""
    text = "import numpy as np\n" + "".join(FUNCTION.format(number=number) for number in range(functions))
    Path(folder, "many.py").write_text(("# defn\n" if marked else "") + text)


def import_seconds(folder: str, marked: bool) -> float:
    """The seconds in which a new process imports the module in a folder."""
    return float(fresh(IMPORT.format(marked=marked, folder=folder), "seconds"))


class FirstCall:
    """The first call in a process: with an empty store it compiles, with a filled one it loads."""

    params = (("softmax", "layer_norm_rows"),)
    param_names = ("function",)
    number = 1
    repeat = (2, 5, 20.0)

    def setup(self, function: str) -> None:
        self.more = (8,) if function == "layer_norm_rows" else ()
        self.store = tempfile.TemporaryDirectory()
        first_call(function, "defnhook", self.store.name, self.more)

    def teardown(self, function: str) -> None:
        self.store.cleanup()

    def timeraw_compiled(self, function: str) -> str:
        return self.code(function, "(empty := tempfile.TemporaryDirectory()).name")

    def timeraw_from_disk(self, function: str) -> str:
        return self.code(function, repr(self.store.name))

    def code(self, function: str, store: str) -> str:
        """The whole way of a process to its first result."""
        head = f"import os, sys, tempfile; sys.path[:0] = {PATHS!r}; os.environ['DEFNHOOK_CACHE_DIR'] = {store}\n"
        return head + FIRST_CALL.format(name=function, library="defnhook", more=self.more)


class Compilation:
    """Seconds in the compiler."""

    params = (("softmax", "gelu", "layer_norm_rows"),)
    param_names = ("function",)
    unit = "s"

    def track_compile_seconds(self, function: str) -> float:
        code = FIRST_CALL.format(
            name=function, library="defnhook", more=(8,) if function == "layer_norm_rows" else ()
        )
        with tempfile.TemporaryDirectory() as store:
            result = fresh(code, "defnhook.stats()", DEFNHOOK_CACHE_DIR=store)
        return float(result["compile_seconds"])


class Import:
    """A module of 50 functions, its bytecode there already."""

    params = ((False, True),)
    param_names = ("marked",)
    unit = "s"

    def setup(self, marked: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        write_module(self.folder.name, 50, marked)
        import_seconds(self.folder.name, marked)

    def teardown(self, marked: bool) -> None:
        self.folder.cleanup()

    def track_import_seconds(self, marked: bool) -> float:
        return min(import_seconds(self.folder.name, marked) for _ in range(5))
