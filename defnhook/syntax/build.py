"""Making tree nodes that carry the span of the source they replace."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

RUNTIME: Final = "__defn__"
TRACED: Final = "__defn_traced__"
CLOSURE: Final = "__defn_closure__"
RESERVED: Final = "__defn"


def load(origin: ast.AST, name: str) -> ast.Name:
    """Reading ``name``, at the place of ``origin``."""
    return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), origin)


def store(origin: ast.AST, name: str) -> ast.Name:
    """Binding ``name``, at the place of ``origin``."""
    return ast.copy_location(ast.Name(id=name, ctx=ast.Store()), origin)


def constant(origin: ast.AST, value: str | int | None) -> ast.Constant:
    """A literal, at the place of ``origin``."""
    return ast.copy_location(ast.Constant(value=value), origin)


def call(
    origin: ast.AST, function: ast.expr, arguments: Iterable[ast.expr], keywords: Iterable[ast.keyword] = ()
) -> ast.Call:
    """``function(*arguments, **keywords)`` with the whole span of ``origin``."""
    node = ast.Call(func=function, args=list(arguments), keywords=list(keywords))
    return ast.copy_location(node, origin)


def runtime(origin: ast.AST, function: str) -> ast.Attribute:
    """``__defn__.function``, which covers the first character of ``origin`` only.

    A call through an attribute that ends on another line than the call begins is located by CPython
    on the attribute's last line, so a function node as long as the call would move the caret.
    """
    point = ast.copy_location(ast.Pass(), origin)
    point.end_lineno = point.lineno
    point.end_col_offset = point.col_offset
    return ast.copy_location(ast.Attribute(value=load(point, RUNTIME), attr=function, ctx=ast.Load()), point)


def runtime_call(
    origin: ast.AST, function: str, *arguments: ast.expr, keywords: Iterable[ast.keyword] = ()
) -> ast.Call:
    """``__defn__.function(*arguments, **keywords)`` with the whole span of ``origin``."""
    return call(origin, runtime(origin, function), arguments, keywords)


def no_arguments() -> ast.arguments:
    """An empty parameter list."""
    return ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def deferred(operand: ast.expr) -> ast.Lambda:
    """``lambda: operand``."""
    return ast.copy_location(ast.Lambda(args=no_arguments(), body=operand), operand)


def walrus(origin: ast.AST, name: str, value: ast.expr) -> ast.NamedExpr:
    """``(name := value)``."""
    return ast.copy_location(ast.NamedExpr(target=store(origin, name), value=value), origin)


def assign(origin: ast.AST, target: ast.expr, value: ast.expr) -> ast.Assign:
    """``target = value``."""
    return ast.copy_location(ast.Assign(targets=[target], value=value), origin)


def expression(origin: ast.AST, value: ast.expr) -> ast.Expr:
    """``value`` as a statement."""
    return ast.copy_location(ast.Expr(value=value), origin)


def delete(origin: ast.AST, names: Iterable[str]) -> ast.Delete:
    """``del name, name``."""
    targets: list[ast.expr] = [ast.copy_location(ast.Name(id=name, ctx=ast.Del()), origin) for name in names]
    return ast.copy_location(ast.Delete(targets=targets), origin)


def mangled(name: str, class_name: str) -> str:
    """``name`` as the compiler spells it inside the class ``class_name`` (empty: no class)."""
    owner = class_name.lstrip("_")
    if not owner or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{owner}{name}"


def definition(name: str, arguments: Iterable[str], body: list[ast.stmt]) -> ast.FunctionDef:
    """``def name(arguments): body`` with the span of ``body``."""
    node = ast.parse(f"def {name}({', '.join(arguments)}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    node.body = body
    node.lineno, node.col_offset = min((part.lineno, part.col_offset) for part in body)
    ends = [(part.end_lineno or part.lineno, part.end_col_offset or part.col_offset) for part in body]
    node.end_lineno, node.end_col_offset = max(ends)
    for argument in node.args.args:
        ast.copy_location(argument, node)
    return node
