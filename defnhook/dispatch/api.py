"""The public functions beside the hook."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from defnhook import syntax
from defnhook.dispatch.explain import explain
from defnhook.dispatch.function import make_function
from defnhook.dispatch.statistics import no_compile, stats
from defnhook.dispatch.threads import SETTINGS, set_threads
from defnhook.errors import DefnTypeError, DefnValueError
from defnhook.trace.calls import MARK, TRANSFORM

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["defn", "explain", "no_compile", "options", "stats", "transform"]


def defn(function: F) -> F:
    """Compile one function of an unmarked file or a notebook.

    Parameters
    ----------
    function
        A Python function whose source is at hand. It may have closure variables.

    Returns
    -------
    function
        A function with the same name, signature and documentation that runs natively.

    Raises
    ------
    DefnSyntaxError
        If the function holds something that is not part of the language.
    DefnTypeError
        If it is no Python function, or its source cannot be read.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def norm(x):
    ...     return np.sqrt(np.sum(x * x))
    >>> norm(np.array([3.0, 4.0]))
    np.float64(5.0)
    """
    if hasattr(function, MARK):
        return function
    if not inspect.isfunction(function):
        raise DefnTypeError(f"@defnhook.defn takes a Python function, not {function!r}")
    code = function.__code__
    source = "".join(linecache.getlines(code.co_filename, function.__globals__))
    if not source:
        raise DefnTypeError(
            f"the source of {function.__qualname__} cannot be read, so it cannot be rewritten"
        )
    from defnhook.dispatch import runtime

    tree = syntax.rewrite_function(
        source, code.co_filename, code.co_name, code.co_firstlineno, function.__globals__
    )
    twin = syntax.bind(tree, code.co_filename, function, runtime)
    return cast(F, make_function(function, twin))


def transform(function: F) -> F:
    """Mark a host function that marked functions may call: it runs while they are traced, and is not rewritten.

    It sees traced values, whose ``shape``, ``dtype`` and ``ndim`` are known, and may return anything.

    Examples
    --------
    >>> import defnhook
    >>> @defnhook.transform
    ... def half_size(x):
    ...     return x.shape[0] // 2
    >>> half_size.__name__
    'half_size'
    """
    setattr(function, TRANSFORM, True)
    return function


@contextmanager
def options(*, threads: int | None = None) -> Iterator[None]:
    """Settings for a block of code.

    Parameters
    ----------
    threads
        How many threads large loop nests use; results do not depend on it.

    Raises
    ------
    DefnValueError
        If ``threads`` is less than 1.
    """
    if threads is not None and threads < 1:
        raise DefnValueError(f"threads={threads} must be at least 1")
    before = SETTINGS["threads"]
    set_threads(before if threads is None else threads)
    try:
        yield
    finally:
        set_threads(before)
