"""Where control leaves a statement, and which names the parts of a function share: tree -> answers."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from defnhook.syntax.names import bound_names, parameters

Compound: TypeAlias = ast.If | ast.While | ast.For | ast.Match
Jump: TypeAlias = ast.Return | ast.Raise | ast.Break | ast.Continue

_JUMPS: Final = (ast.Return, ast.Raise)
_LOOP_JUMPS: Final = (ast.Break, ast.Continue)


def flattened(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block in order, each ``with`` followed by what it holds."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.With):
            yield from flattened(statement.body)


def leaves(statement: ast.stmt, *, in_loop: bool = False) -> bool:
    """Whether a jump inside ``statement`` may lead out of it; ``in_loop`` says that a loop ends there."""
    if isinstance(statement, _JUMPS):
        return True
    if isinstance(statement, _LOOP_JUMPS):
        return not in_loop
    if isinstance(statement, ast.For | ast.While):
        inner = any(leaves(part, in_loop=True) for part in statement.body)
        return inner or any(leaves(part, in_loop=in_loop) for part in statement.orelse)
    return any(leaves(part, in_loop=in_loop) for part in _inner(statement))


def _inner(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside one that is no loop and no definition."""
    if isinstance(statement, ast.If):
        return [*statement.body, *statement.orelse]
    if isinstance(statement, ast.With):
        return statement.body
    if isinstance(statement, ast.Match):
        return [part for case in statement.cases for part in case.body]
    return []


def shared_names(node: ast.FunctionDef) -> frozenset[str]:
    """The names that functions made from parts of ``node`` bind, or may read before they are bound."""
    bound = {parameter.arg for parameter in parameters(node)}
    early: set[str] = set()
    inside: set[str] = set()
    statements = list(flattened(node.body))
    for place, statement in enumerate(statements):
        heads = _heads(statement)
        early |= _loaded(heads) - bound
        inside.update(bound_names(_deferred(statement)))
        if isinstance(statement, Jump) or leaves(statement):
            inside.update(bound_names(statements[place + 1 :]))
            break
        bound.update(bound_names(heads))
    return frozenset(inside | early)


def _heads(statement: ast.stmt) -> list[ast.AST]:
    """What ``statement`` evaluates and binds; what a ``with`` holds is counted on its own."""
    if isinstance(statement, ast.With):
        return [*statement.items]
    return [] if isinstance(statement, ast.AnnAssign) and statement.value is None else [statement]


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        part.id
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _deferred(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that become functions."""
    match statement:
        case ast.If():
            return [*statement.body, *statement.orelse]
        case ast.While():
            return [statement.test, *statement.body, *statement.orelse]
        case ast.For():
            return [statement.target, *statement.body, *statement.orelse]
        case ast.Assert(msg=ast.expr(lineno=_) as message):
            return [message]
        case ast.Raise():
            return [part for part in (statement.exc, statement.cause) if part is not None]
        case ast.Match():
            return [statement]
    return []
