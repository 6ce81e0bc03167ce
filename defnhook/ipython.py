"""``%load_ext defnhook``: the hook, the cell magic ``%%defn``, and an ``%autoreload`` that keeps modules
compiled.

IPython's autoreload swaps the code of changed functions from the source text, which would quietly turn a
marked module back into plain Python. Such modules are left to its second way, a real reload, which comes back
to the hook.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from defnhook import config, hook

_GUARD = "_defnhook_guard"

_handles: dict[int, tuple[hook.Handle, Callable[..., None]]] = {}


def load(shell: Any) -> None:
    """Install the hook in an interactive shell; a second call does nothing."""
    if id(shell) in _handles:
        return

    def guard(info: object = None) -> None:
        _guard_autoreload(shell)

    shell.register_magic_function(
        lambda line, cell: run_cell(shell, cell), magic_kind="cell", magic_name="defn"
    )
    shell.events.register("pre_run_cell", guard)
    guard()
    _handles[id(shell)] = (hook.install(), guard)


def unload(shell: Any) -> None:
    """Undo ``load``. Modules and functions that exist stay as they are."""
    handle, guard = _handles.pop(id(shell), (None, None))
    if handle is not None:
        handle.uninstall()
        shell.events.unregister("pre_run_cell", guard)
        shell.magics_manager.magics["cell"].pop("defn", None)


def run_cell(shell: Any, cell: str) -> None:
    """Run ``cell`` as a marked file in the shell's namespace; show the value of a last expression."""
    path = shell.compile.cache(cell, shell.execution_count)
    if config.mode() == "off":
        tree = ast.parse(cell, path)
    else:
        from defnhook import syntax

        tree = syntax.rewrite(cell.encode(), path, {})
    body, last = tree.body, tree.body[-1:]
    if last and isinstance(last[0], ast.Expr):
        body = body[:-1]
    else:
        last = []
    exec(compile(ast.Module(body, []), path, "exec", dont_inherit=True), shell.user_ns)
    exec(compile(ast.Interactive(last), path, "single", dont_inherit=True), shell.user_ns)


def _guard_autoreload(shell: Any) -> None:
    magics = shell.magics_manager.registry.get("AutoreloadMagics")
    swapper: Any = getattr(getattr(magics, "_reloader", None), "deduper_reloader", None)
    swap = getattr(swapper, "maybe_reload_module", None)
    if swap is None or hasattr(swap, _GUARD):
        return

    def maybe_reload_module(module: Any) -> bool:
        return "__defn__" not in vars(module) and bool(swap(module))

    setattr(maybe_reload_module, _GUARD, True)
    swapper.maybe_reload_module = maybe_reload_module
