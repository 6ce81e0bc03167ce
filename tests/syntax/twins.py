"""Running a marked program twice: as it is, and with its twins on the plain runtime."""

from __future__ import annotations

import ast
import textwrap
from types import ModuleType
from typing import TypeGuard

import plain_runtime

from defnhook import syntax
from defnhook.syntax.checker import problems_of_function
from defnhook.syntax.rewrite import rewritten
from defnhook.syntax.source import Source


class _Lenient(Source):
    """A file whose functions stay plain where they are not part of the language."""

    def is_marked(self, statement: ast.stmt) -> TypeGuard[ast.FunctionDef]:
        return super().is_marked(statement) and not problems_of_function(statement, self.lines, self.scope)


def dedent(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


def plain(source: str) -> ModuleType:
    """The program as Python runs it."""
    return _run(ast.parse(source), "plain")


def twinned(source: str, *, checked: bool = True) -> ModuleType:
    """The program with every marked function running its twin; unchecked, with those that have one."""
    tree = syntax.rewrite(source, "program.py") if checked else rewritten(_Lenient(source, "program.py"))
    (place,) = [place for place, node in enumerate(tree.body) if _imports_runtime(node)]
    del tree.body[place]
    return _run(tree, "twinned")


def twin_text(source: str) -> str:
    """The source of the one twin in a rewritten program, without its def line."""
    tree = syntax.rewrite(source, "program.py")
    (twin,) = [node for node in ast.walk(tree) if getattr(node, "name", "") == "__defn_traced__"]
    return "\n".join(ast.unparse(statement) for statement in twin.body)


def _imports_runtime(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "defnhook.dispatch"


def _run(tree: ast.Module, name: str) -> ModuleType:
    module = ModuleType(name)
    module.__dict__["__defn__"] = plain_runtime
    exec(compile(tree, "program.py", "exec", dont_inherit=True), module.__dict__)
    return module
