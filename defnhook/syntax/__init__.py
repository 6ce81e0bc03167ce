"""Text of a marked file -> checked tree -> rewritten tree."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from defnhook.syntax import allowlist
from defnhook.syntax.rewrite import rewritten
from defnhook.syntax.source import Source


def rewrite(source: bytes | str, path: str, options: Mapping[str, str] | None = None) -> ast.Module:
    """The tree of a marked file with a traced twin beside each of its functions."""
    return rewritten(Source(source, path))


def load() -> None:
    """Load the table of operations, which says what the language has. Called once, by ``install()``."""
    import_module("defnhook.ops")


def digest() -> str:
    """A hash of everything here that decides what a file is rewritten to."""
    summary = hashlib.sha256(_own_text())
    for module in sorted(allowlist.MODULES):
        summary.update(f"{module}: {' '.join(sorted(allowlist.allowed(module)))}\n".encode())
    return summary.hexdigest()[:16]


@cache
def _own_text() -> bytes:
    """The source of this package, so that rewritten code is made anew when the rewriting changes."""
    return b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
