"""Living with other loaders: a loader that found a marked file -> how the rewritten tree becomes code.

A loader that only adds a step of its own to the tree gets the rewritten one. A loader that does more than
that cannot be replaced without losing what it does, so the import is refused and names it.
"""

from __future__ import annotations

import ast
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any, Protocol

from defnhook.errors import DefnError

_PYTEST = "_pytest.assertion.rewrite"
_TWIN_PREFIX = "__defn_"


class Finish(Protocol):
    """The last step of loading a marked file."""

    @property
    def cache_settings(self) -> dict[str, str] | None:
        """What the step adds to the cache key, or None where its result must not be kept."""

    def compile(self, tree: ast.Module, source: bytes, path: str, optimize: int) -> CodeType:
        """The code of the rewritten ``tree``."""


class LoaderConflict(ImportError, DefnError):
    """A marked file is loaded by a loader that defnhook cannot work with."""


class Plain:
    """Python's own compiler and nothing else."""

    @property
    def cache_settings(self) -> dict[str, str] | None:
        return {}

    def compile(self, tree: ast.Module, source: bytes, path: str, optimize: int) -> CodeType:
        code: CodeType = compile(tree, path, "exec", dont_inherit=True, optimize=optimize)
        return code


class PytestAsserts:
    """pytest's assertion rewriting, applied to the rewritten tree.

    The other order would hand pytest's generated formatting to the language. The traced twins are kept away
    from it: their assertions are part of the program that is traced.
    """

    def __init__(self, rewriter: Any) -> None:
        self._config = rewriter.config
        passing = self._config.getini("enable_assertion_pass_hook")
        version = getattr(sys.modules.get("pytest"), "__version__", "unknown")
        self.cache_settings: dict[str, str] | None = {"pytest": f"{version} {passing}"}

    def compile(self, tree: ast.Module, source: bytes, path: str, optimize: int) -> CodeType:
        rewrite_asserts = getattr(sys.modules[_PYTEST], "rewrite_asserts", None)
        if rewrite_asserts is not None:
            twins = _Twins()
            twins.visit(tree)
            rewrite_asserts(tree, source, path, self._config)
            twins.restore()
        return Plain().compile(tree, source, path, optimize)


class Inner:
    """Another loader's ``source_to_code``, given the rewritten tree.

    What it does may depend on settings of its own, so its code is not kept.
    """

    cache_settings: dict[str, str] | None = None

    def __init__(self, loader: SourceFileLoader) -> None:
        self._loader = loader

    def compile(self, tree: ast.Module, source: bytes, path: str, optimize: int) -> CodeType:
        try:
            return self._loader.source_to_code(tree, path)
        except Exception as error:
            raise conflict(path, self._loader) from error


class Refuse:
    """No way to load the file: say which loader is in the way."""

    cache_settings: dict[str, str] | None = None

    def __init__(self, loader: object) -> None:
        self._loader = loader

    def compile(self, tree: ast.Module, source: bytes, path: str, optimize: int) -> CodeType:
        raise conflict(path, self._loader)


def finish_for(loader: object) -> Finish:
    """How to finish a marked file that ``loader`` would have loaded."""
    if type(_source_loader(loader)) is SourceFileLoader:
        return Plain()
    if type(loader).__module__ == _PYTEST and hasattr(loader, "config"):
        return PytestAsserts(loader)
    if isinstance(loader, SourceFileLoader) and _overrides(loader, "source_to_code", "get_code") == [
        "source_to_code"
    ]:
        return Inner(loader)
    return Refuse(loader)


def conflict(path: str, loader: object) -> LoaderConflict:
    """The error for a marked file that ``loader`` keeps from being rewritten."""
    kind = type(loader)
    return LoaderConflict(
        f"{path} is marked '# defn' but is loaded by {kind.__module__}.{kind.__qualname__}, which defnhook "
        "cannot combine with. Exclude the module there, remove the marker, or pass on_conflict='warn' to "
        "defnhook.install() to run such files as plain Python.",
        path=path,
    )


def _source_loader(loader: object) -> object:
    """The loader behind a wrapper that forwards attributes (editable installs of some build backends)."""
    return getattr(getattr(loader, "get_code", None), "__self__", loader)


def _overrides(loader: SourceFileLoader, *names: str) -> list[str]:
    return [name for name in names if getattr(type(loader), name) is not getattr(SourceFileLoader, name)]


class _Twins(ast.NodeVisitor):
    """Empties the bodies of the traced twins, and fills them again."""

    def __init__(self) -> None:
        self._bodies: list[tuple[ast.FunctionDef, list[ast.stmt]]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name.startswith(_TWIN_PREFIX):
            self._bodies.append((node, node.body))
            node.body = []
        else:
            self.generic_visit(node)

    def restore(self) -> None:
        for node, body in self._bodies:
            node.body = body
