"""One function of an unmarked file or a notebook -> its traced twin, ready to be compiled."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from defnhook.errors import Problem
from defnhook.syntax import report
from defnhook.syntax.build import CLOSURE, RUNTIME, TRACED, mangled
from defnhook.syntax.checker import problems_of_function
from defnhook.syntax.names import ComprehensionNode, FunctionNode, Scope, comprehension_scope, function_scope
from defnhook.syntax.rewrite import traced_twin
from defnhook.syntax.rules import BY_CODE
from defnhook.syntax.source import Source

Around: TypeAlias = tuple[FunctionNode | ComprehensionNode | ast.ClassDef, ...]
Found: TypeAlias = tuple[ast.FunctionDef | ast.Lambda, Around]


def rewritten_function(
    text: bytes | str, path: str, name: str, first_line: int, environment: Mapping[str, object]
) -> ast.Module:
    """The module whose only statement holds the twin of one function, inside the blocks around it."""
    modules = {key: value.__name__ for key, value in environment.items() if isinstance(value, ModuleType)}
    source = Source(text, path, modules)
    node, around = _find(source, name, first_line)
    scope = source.scope
    class_name = ""
    for block in around:
        if isinstance(block, ast.ClassDef):
            class_name = block.name
        elif isinstance(block, ComprehensionNode):
            scope = comprehension_scope(block, scope, "free")
        else:
            scope = function_scope(block, scope, "free")
    problems = problems_of_function(node, source.lines, scope)
    if problems:
        raise report.error(problems, path, source.lines)
    twin = traced_twin(_as_definition(node), scope, class_name)
    first = getattr(node, "decorator_list", None) or [node]
    twin.lineno = first[0].lineno
    return ast.Module(body=[_enclosed(twin, scope, class_name)], type_ignores=[])


def bind(tree: ast.Module, path: str, function: FunctionType, runtime: object) -> FunctionType:
    """Compile a tree from :func:`rewritten_function` and give the twin the closure of ``function``."""
    code = _code_of_twin(compile(tree, path, "exec", dont_inherit=True))
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells[RUNTIME] = _cell(runtime)
    closure = tuple(cells[name] for name in code.co_freevars)
    return FunctionType(code, function.__globals__, function.__name__, None, closure)


def _cell(value: object) -> Any:
    cells = (lambda: value).__closure__
    assert cells is not None
    return cells[0]


def _code_of_twin(code: CodeType) -> CodeType:
    """The code object named ``__defn_traced__`` somewhere inside ``code``."""
    for inner in _codes(code):
        if inner.co_name == TRACED:
            return inner
    raise AssertionError("the tree holds no traced twin")


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant_ in code.co_consts:
        if isinstance(constant_, CodeType):
            yield from _codes(constant_)


def _find(source: Source, name: str, first_line: int) -> Found:
    """The one function of that name that begins on that line, and the blocks around it."""
    found = [
        candidate
        for candidate in _functions(source.tree, ())
        if _name(candidate[0]) == name and _first_line(candidate[0]) == first_line
    ]
    if len(found) == 1:
        return found[0]
    rule = BY_CODE["DEFN032"]
    line = min(max(first_line, 1), len(source.lines))
    width = len(source.lines[line - 1])
    problem = Problem(rule.code, line, 0, line, width, rule.message(name), rule.way_out)
    raise report.error([problem], source.path, source.lines)


def _functions(node: ast.AST, around: Around) -> Iterator[Found]:
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        yield node, around
    if isinstance(node, FunctionNode | ComprehensionNode | ast.ClassDef):
        around = (*around, node)
    for child in ast.iter_child_nodes(node):
        yield from _functions(child, around)


def _name(node: ast.FunctionDef | ast.Lambda) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators: Sequence[ast.expr] = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return decorators[0].lineno if decorators else node.lineno


def _as_definition(node: ast.FunctionDef | ast.Lambda) -> ast.FunctionDef:
    """A lambda as the function definition that means the same."""
    if isinstance(node, ast.FunctionDef):
        return node
    body = ast.copy_location(ast.Return(value=node.body), node.body)
    definition = ast.parse("def function(): pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.args, definition.body = node.args, [body]
    return ast.copy_location(definition, node)


def _enclosed(twin: ast.FunctionDef, scope: Scope, class_name: str) -> ast.stmt:
    """The twin inside a function that binds what is free in it, and inside its class.

    The class gives private names their spelling and ``super()`` its ``__class__``.
    """
    names = [RUNTIME]
    around: Scope | None = scope
    while around is not None and around.kind == "free":
        names.extend(mangled(name, class_name) for name in around.sources)
        around = around.parent
    bindings = " = ".join([*dict.fromkeys(names), "None"])
    inner = f"class {class_name}: pass" if class_name else "pass"
    tree = ast.parse(f"def {CLOSURE}():\n {bindings}\n {inner}")
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            ast.copy_location(node, twin)
    holder = next(
        node for node in reversed([*ast.walk(tree)]) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )
    holder.body[-1:] = [twin]
    return tree.body[0]
