"""Text of a marked file -> checked tree -> rewritten tree.

Every function of the file gets a twin beside it, in which operators, calls, accesses, writes and control
flow are calls on the injected runtime ``__defn__``. The original stays as it is.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from defnhook.errors import Problem
from defnhook.syntax import allowlist, report
from defnhook.syntax.checker import problems_of
from defnhook.syntax.command import check_paths
from defnhook.syntax.function import bind, rewritten_function
from defnhook.syntax.rewrite import rewritten
from defnhook.syntax.source import Source

__all__ = ["bind", "check", "check_paths", "digest", "load", "rewrite", "rewrite_function"]


def rewrite(source: bytes | str, path: str, options: Mapping[str, str] | None = None) -> ast.Module:
    """The tree of a marked file with a traced twin beside each of its functions.

    Parameters
    ----------
    source
        The text of the file.
    path
        Where it is, for error messages.
    options
        The options of its marker; none of them changes the tree.

    Raises
    ------
    DefnSyntaxError
        The file holds something that is not part of the language. All such places are reported at once.
    """
    parsed = Source(source, path)
    problems = problems_of(parsed)
    if problems:
        raise report.error(problems, path, parsed.lines)
    return rewritten(parsed)


def rewrite_function(
    source: bytes | str,
    path: str,
    name: str,
    first_line: int,
    environment: Mapping[str, object] | None = None,
) -> ast.Module:
    """The twin of one function of an unmarked file or a notebook cell.

    Parameters
    ----------
    source
        The whole file or cell.
    path
        Where it is, for error messages.
    name
        The function's ``__name__``; "<lambda>" for a lambda.
    first_line
        Its ``__code__.co_firstlineno``.
    environment
        Its ``__globals__``: modules found there are known by name although another cell imported them.

    Returns
    -------
    ast.Module
        To be compiled and bound by :func:`bind`. The twin reads ``__defn__`` from its closure.
    """
    return rewritten_function(source, path, name, first_line, environment or {})


def check(source: bytes | str, path: str) -> list[Problem]:
    """Everything in a marked file that is not part of the language; nothing is imported or run.

    Columns count characters from 0. A file that Python cannot read raises SyntaxError.
    """
    return problems_of(Source(source, path))


def load() -> None:
    """Load what rewritten modules need: the table of operations and the runtime. Called once, by ``install()``."""
    import_module("defnhook.ops")
    import_module("defnhook.dispatch.runtime")


@cache
def digest() -> str:
    """A hash of everything here that decides what a file is rewritten to."""
    summary = hashlib.sha256(_own_text())
    for module in sorted(allowlist.MODULES):
        summary.update(f"{module}: {allowlist.summary(module)}\n".encode())
    return summary.hexdigest()[:16]


@cache
def _own_text() -> bytes:
    """The source of this package, so that code is made anew when the rewriting changes."""
    return b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
