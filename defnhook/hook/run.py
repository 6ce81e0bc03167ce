"""``python -m defnhook run``: a script or a module as the main program, with marked files compiled."""

from __future__ import annotations

import argparse
import builtins
import importlib.util
import pkgutil
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import defnhook.hook
from defnhook import config
from defnhook.hook import marker


def main(arguments: Sequence[str]) -> int:
    """Run ``[-m] TARGET [ARGUMENT ...]``; what the program raises goes through."""
    parser = argparse.ArgumentParser(
        prog="python -m defnhook run",
        usage="%(prog)s [-h] (SCRIPT | -m MODULE) [ARGUMENT ...]",
        description="Run a Python program with marked files, its own included, compiled.",
    )
    leading = 2 if arguments[:1] == ["-m"] else 1
    parser.add_argument("-m", dest="module", metavar="MODULE", help="run a module by name")
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="run a file, a folder or an archive")
    parsed = parser.parse_args(arguments[:leading])
    if parsed.module is None and parsed.script is None:
        parser.error("which script or module?")
    rest = list(arguments[leading:])
    defnhook.hook.install()
    if parsed.module is not None:
        run_module(parsed.module, rest)
    else:
        run_script(parsed.script, rest)
    return 0


def run_script(script: str, arguments: Sequence[str]) -> None:
    """Run the file ``script`` as ``__main__``; a folder or an archive runs its ``__main__`` module."""
    sys.argv[:] = [script, *arguments]
    if pkgutil.get_importer(script) is not None:
        _first_on_path(script)
        _run_spec(_main_spec("__main__"))
        return
    if not sys.flags.safe_path:
        _first_on_path(str(Path(script).resolve().parent))
    path = str(Path(script).absolute())
    loader = _script_loader(path)
    try:
        code = loader.get_code("__main__")
    except OSError as error:
        raise _exit(2, f"can't open file '{path}': [Errno {error.errno}] {error.strerror}") from None
    _execute(
        code,
        {"__file__": path, "__loader__": loader, "__spec__": None, "__package__": None, "__cached__": None},
    )


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run the module ``name`` as ``__main__``; a package runs its ``__main__`` module."""
    sys.argv[:] = ["-m", *arguments]
    spec = _main_spec(name)
    sys.argv[0] = spec.origin or name
    _run_spec(spec)


def _first_on_path(folder: str) -> None:
    """Take the place of the folder that ``-m`` put first, if it did."""
    sys.path[: 0 if sys.flags.safe_path else 1] = [folder]


def _run_spec(spec: ModuleSpec) -> None:
    loader: Any = spec.loader
    attributes = {"__file__": spec.origin, "__loader__": loader, "__spec__": spec}
    _execute(
        loader.get_code(spec.name), {**attributes, "__package__": spec.parent, "__cached__": spec.cached}
    )


def _main_spec(name: str) -> ModuleSpec:
    """The spec of the module to run for ``name``, which may be a package."""
    if name == "__main__":
        del sys.modules[name]
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        spec = None
    if spec is None:
        raise _exit(1, f"No module named {name}")
    if spec.submodule_search_locations is not None:
        return _main_spec(f"{name}.__main__")
    if not hasattr(spec.loader, "get_code"):
        raise _exit(1, f"{name} cannot be executed directly")
    return spec


def _exit(status: int, message: str) -> SystemExit:
    sys.stderr.write(f"{sys.executable}: {message}\n")
    return SystemExit(status)


def _script_loader(path: str) -> SourceFileLoader:
    try:
        claimed = config.mode() != "off" and marker.is_claimed(marker.read_head(path), path)
    except OSError:
        claimed = False
    if claimed:
        from defnhook.hook.loader import DefnLoader

        return DefnLoader("__main__", path)
    return _PlainScript("__main__", path)


class _PlainScript(SourceFileLoader):
    """An unmarked script: compiled each time and kept nowhere, as Python does."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _execute(code: CodeType | None, attributes: dict[str, Any]) -> None:
    """Run ``code`` in a new ``__main__`` that stays, for pickles and exit handlers."""
    module = ModuleType("__main__")
    namespace = module.__dict__
    namespace.update(attributes, __builtins__=builtins)
    sys.modules["__main__"] = module
    if code is not None:
        exec(code, namespace)
