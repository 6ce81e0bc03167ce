"""Imports -> the text of marked files. This is the part of defnhook that Python's import system meets.

Importing this package loads neither the language nor NumPy; ``install()`` does.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from defnhook import config
from defnhook.errors import DefnWarning
from defnhook.hook import marker

if TYPE_CHECKING:
    from defnhook.hook.finder import DefnFinder, Registration

__all__ = ["Handle", "install", "is_installed", "require", "to_front", "uninstall"]

_lock = threading.RLock()
_finder: DefnFinder | None = None


class Handle:
    """What ``install()`` returns: undoes it, by ``uninstall()`` or at the end of a ``with`` block.

    Modules that were imported in the meantime stay as they are.
    """

    def __init__(self, registration: Registration | None) -> None:
        self._registration = registration

    def uninstall(self) -> None:
        """Undo this installation; others stay. A second call does nothing."""
        with _lock:
            if _finder is not None and self._registration in _finder.registrations:
                _finder.registrations.remove(self._registration)
                if not _finder.registrations:
                    uninstall()

    def __enter__(self) -> Handle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.uninstall()


def install(only: str | Iterable[str] | None = None, on_conflict: str = "error") -> Handle:
    """Compile marked files as they are imported from now on.

    Parameters
    ----------
    only
        A package name, or several, outside which nothing is looked at. A package that marks its own modules
        writes ``defnhook.install(only=__name__)`` at the top of its ``__init__.py``.
    on_conflict
        What to do about a marked file that belongs to a loader defnhook cannot work with: "error" raises
        ImportError when it is imported, "warn" runs it as plain Python.

    Returns
    -------
    Handle
        Undoes the installation; usable in a ``with`` statement.

    Notes ----- Installing twice is harmless. With ``DEFNHOOK=off`` in the environment nothing is installed
    and marked files run as plain Python.
    """
    if on_conflict not in ("error", "warn"):
        raise ValueError(f"on_conflict={on_conflict!r} is not known; use 'error' or 'warn'")
    if config.mode() == "off":
        return Handle(None)
    from defnhook import syntax
    from defnhook.hook.finder import DefnFinder, Registration, already_imported

    names = frozenset([only] if isinstance(only, str) else only) if only is not None else None
    registration = Registration(names, on_conflict)
    syntax.load()
    global _finder
    with _lock:
        _finder = _finder or DefnFinder()
        _finder.registrations.append(registration)
        to_front()
    late = already_imported(registration)
    if late:
        warnings.warn(
            f"imported before defnhook.install(), hence running as plain Python: {', '.join(late)}. "
            "Call install() before these imports.",
            DefnWarning,
            stacklevel=2,
        )
    return Handle(registration)


def uninstall() -> None:
    """Undo every installation. Modules that are already imported stay as they are."""
    with _lock:
        if _finder is not None:
            _finder.registrations.clear()
            sys.meta_path[:] = [entry for entry in sys.meta_path if entry is not _finder]


def is_installed() -> bool:
    """True where marked files are compiled when they are imported."""
    return _finder is not None and any(entry is _finder for entry in sys.meta_path or ())


def to_front() -> None:
    """Put our finder before those that were added after it; does nothing where it is not installed."""
    with _lock:
        if _finder is not None and _finder.registrations and sys.meta_path[:1] != [_finder]:
            others = [entry for entry in sys.meta_path if entry is not _finder]
            sys.meta_path[:] = [_finder, *others]


def require() -> None:
    """Raise ImportError unless the calling module was compiled by defnhook.

    As the first statement of a marked file it turns "this runs, but as plain Python" into an error, whichever
    way the file was run. Where ``DEFNHOOK=off`` or the marker ``# defn: off`` asked for plain Python it does
    nothing.
    """
    namespace = sys._getframe(1).f_globals
    runtime = sys.modules.get("defnhook.dispatch.runtime")
    if runtime is not None and namespace.get("__defn__") is runtime:
        return
    if config.mode() == "off" or _is_switched_off(namespace):
        return
    name, path = namespace.get("__name__"), namespace.get("__file__", "<unknown file>")
    raise ImportError(
        f"{path} (as {name!r}) asks for defnhook but is running as plain Python. Call defnhook.install() "
        "before it is imported, or start it with 'python -m defnhook run'.",
        name=name if isinstance(name, str) else None,
    )


def _is_switched_off(namespace: dict[str, Any]) -> bool:
    path = namespace.get("__file__")
    if not isinstance(path, str):
        return False
    try:
        found = marker.find_marker(marker.read_head(path), path)
    except (OSError, SyntaxError):
        return False
    return found is not None and not found.active
