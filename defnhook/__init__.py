"""Numerical definitions for Python.

A file that carries the comment line ``# defn`` is ordinary Python over NumPy. With the hook installed,
importing it gives the same functions compiled to fused native code, differentiable and vectorizable::

    import defnhook; defnhook.install()
    from model import softmax        # model.py is marked

Importing this package loads neither NumPy nor Numba; each name below is loaded when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from defnhook.dispatch.api import defn, explain, no_compile, options, stats, transform
    from defnhook.dispatch.gradient_check import check_grads
    from defnhook.dispatch.mapping import vmap
    from defnhook.dispatch.transformations import (
        checkpoint,
        custom_grad,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jvp,
        linearize,
        stop_grad,
        value_and_grad,
        vjp,
    )
    from defnhook.errors import (
        CompilationForbidden,
        DefnError,
        DefnInternalError,
        DefnMarkerWarning,
        DefnMismatchError,
        DefnSyntaxError,
        DefnTypeError,
        DefnValueError,
        DefnWarning,
        NoGradientError,
        StaticValueError,
    )
    from defnhook.hook import install, is_installed, require, uninstall

__version__ = "0.1.0"

__all__ = [
    "CompilationForbidden",
    "DefnError",
    "DefnInternalError",
    "DefnMarkerWarning",
    "DefnMismatchError",
    "DefnSyntaxError",
    "DefnTypeError",
    "DefnValueError",
    "DefnWarning",
    "NoGradientError",
    "StaticValueError",
    "__version__",
    "check_grads",
    "checkpoint",
    "custom_grad",
    "defn",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "install",
    "is_installed",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "no_compile",
    "options",
    "require",
    "stats",
    "stop_grad",
    "transform",
    "uninstall",
    "value_and_grad",
    "vjp",
    "vmap",
]

_HOOK = ("install", "is_installed", "require", "uninstall")
_CHECKS = ("check_grads",)
_TRANSFORMATIONS = (
    "checkpoint",
    "custom_grad",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "stop_grad",
    "value_and_grad",
    "vjp",
)
_DISPATCH = ("defn", "explain", "no_compile", "options", "stats", "transform")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_home(name)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _home(name: str) -> str:
    if name in _HOOK:
        return "defnhook.hook"
    if name in _CHECKS:
        return "defnhook.dispatch.gradient_check"
    if name == "vmap":
        return "defnhook.dispatch.mapping"
    if name in _TRANSFORMATIONS:
        return "defnhook.dispatch.transformations"
    return "defnhook.dispatch.api" if name in _DISPATCH else "defnhook.errors"


class _Package(ModuleType):
    """Keeps ``defnhook.transform`` the function, although a folder of the package has that name too."""

    @property
    def transform(self) -> Any:
        return import_module("defnhook.dispatch.api").transform

    @transform.setter
    def transform(self, folder: ModuleType) -> None:
        """Python puts the folder here when it is first imported; it stays in ``sys.modules`` alone."""


sys.modules[__name__].__class__ = _Package


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext defnhook``: install the hook, ``%%defn``, and keep ``%autoreload`` from undoing both."""
    import_module("defnhook.ipython").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext defnhook``."""
    import_module("defnhook.ipython").unload(shell)
