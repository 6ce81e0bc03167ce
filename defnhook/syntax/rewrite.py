"""A checked file -> the same file with a traced twin beside every marked function."""

from __future__ import annotations

import ast

from defnhook.syntax.build import RUNTIME, TRACED, delete, load, runtime_call
from defnhook.syntax.names import Scope, parameters
from defnhook.syntax.source import Source
from defnhook.syntax.statements import Statements


def rewritten(source: Source) -> ast.Module:
    """The file's tree, with the runtime imported and each marked function paired with its twin."""
    for block, class_name in source.blocks():
        block[:] = [
            new
            for statement in block
            for new in (
                _paired(statement, source.scope, class_name) if source.is_marked(statement) else [statement]
            )
        ]
    _import_runtime(source.tree)
    return source.tree


def traced_twin(node: ast.FunctionDef, scope: Scope, class_name: str) -> ast.FunctionDef:
    """``def __defn_traced__`` with the rewritten body of ``node`` and its bare parameters."""
    names = parameters(node)
    rewriter = Statements(scope, class_name, names[0].arg if names else None)
    return rewriter.function(node, TRACED, rewriter.bare_arguments(node.args), [])


def _paired(node: ast.FunctionDef, scope: Scope, class_name: str) -> list[ast.stmt]:
    """The twin, the original under one more decorator, and the removal of the twin's name."""
    twin = traced_twin(node, scope, class_name)
    first: ast.expr | ast.stmt = node.decorator_list[0] if node.decorator_list else _header(node)
    twin.lineno = first.lineno
    node.decorator_list.append(runtime_call(first, "function", load(first, TRACED)))
    return [twin, node, delete(_header(node), [TRACED])]


def _header(node: ast.FunctionDef) -> ast.stmt:
    """The place of the ``def`` keyword."""
    place = ast.copy_location(ast.Pass(), node)
    place.end_lineno, place.end_col_offset = node.lineno, node.col_offset + len("def")
    return place


def _import_runtime(tree: ast.Module) -> None:
    """Insert the one import that a rewritten file needs, after docstring and ``__future__`` imports."""
    place = _preamble(tree.body)
    node = ast.ImportFrom(
        module="defnhook.dispatch", names=[ast.alias(name="runtime", asname=RUNTIME)], level=0
    )
    _locate(node, tree.body[place] if place < len(tree.body) else None)
    tree.body.insert(place, node)


def _locate(node: ast.stmt, following: ast.stmt | None) -> None:
    line, column = 1, 0
    if following is not None:
        decorators = getattr(following, "decorator_list", [])
        first = decorators[0] if decorators else following
        line, column = first.lineno, first.col_offset
    for part in ast.walk(node):
        part.lineno = part.end_lineno = line  # type: ignore[attr-defined]
        part.col_offset = part.end_col_offset = column  # type: ignore[attr-defined]


def _preamble(body: list[ast.stmt]) -> int:
    """How many statements come first: the docstring and the ``__future__`` imports."""
    count = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        count = 1 if isinstance(body[0].value.value, str) else 0
    while count < len(body) and _is_future_import(body[count]):
        count += 1
    return count


def _is_future_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
