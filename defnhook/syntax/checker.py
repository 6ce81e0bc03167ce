"""Finding what in a marked function is not part of the language: tree -> problems."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from defnhook.errors import Problem
from defnhook.syntax import allowlist, constructs, forbidden, report
from defnhook.syntax.build import RESERVED
from defnhook.syntax.names import (
    ComprehensionNode,
    FunctionNode,
    Scope,
    Scoped,
    comprehension_scope,
    function_scope,
)
from defnhook.syntax.source import Source

_LANGUAGE: Final = constructs.NODES
_REFUSED: Final = {
    "Global": "DEFN004",
    "Nonlocal": "DEFN005",
    "Delete": "DEFN006",
    "AsyncFunctionDef": "DEFN007",
    "AsyncFor": "DEFN007",
    "AsyncWith": "DEFN007",
    "Await": "DEFN007",
    "Yield": "DEFN008",
    "YieldFrom": "DEFN008",
    "Try": "DEFN012",
    "TryStar": "DEFN012",
    "ClassDef": "DEFN003",
}
_CONSUMERS: Final = frozenset(
    f"builtins.{name}" for name in "sum tuple list set frozenset dict any all min max sorted".split()
)
_WORDS: Final = re.compile(r"(async\s+\w+|class\s+\w+|yield\s+from|\w+):?")


def problems_of(source: Source) -> list[Problem]:
    """Everything in the marked functions of a file that is not part of the language, in its order."""
    found = [*_reserved_names(source)]
    for function, _ in source.functions():
        checker = Checker(source.lines, source.scope)
        checker.function_body(function)
        found.extend(checker.problems)
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def problems_of_function(
    node: ast.FunctionDef | ast.Lambda, lines: Sequence[str], scope: Scope
) -> list[Problem]:
    """The same for one function on its own."""
    checker = Checker(lines, scope)
    checker.function_body(node)
    return sorted(checker.problems, key=lambda problem: (problem.line, problem.column))


class Checker(ast.NodeVisitor, Scoped):
    """Visits the body of one marked function and gathers problems."""

    def __init__(self, lines: Sequence[str], scope: Scope) -> None:
        self.lines = lines
        self.scope = scope
        self.problems: list[Problem] = []

    def refuse(
        self,
        node: report.Located,
        code: str,
        what: str = "",
        way_out: str = "",
        width: int | None = None,
    ) -> None:
        """Note a problem at ``node``."""
        self.problems.append(report.problem(self.lines, node, code, what, way_out, width))

    def function_body(self, node: FunctionNode) -> None:
        """Check a function without its decorators, defaults and annotations."""
        with self.inside(function_scope(node, self.scope)):
            for statement in [node.body] if isinstance(node, ast.Lambda) else node.body:
                self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        name = type(node).__name__
        if isinstance(node, ast.stmt | ast.expr):
            if name in _REFUSED:
                self._refuse_syntax(node, _REFUSED[name])
            elif name not in _LANGUAGE and not hasattr(self, f"visit_{name}"):
                self._refuse_syntax(node, "DEFN014")
        super().visit(node)

    def _refuse_syntax(self, node: ast.stmt | ast.expr, code: str) -> None:
        """Refuse ``node`` for its form; the caret covers the words that it begins with."""
        line = self.lines[node.lineno - 1].encode()[node.col_offset :].decode(errors="replace")
        match = _WORDS.match(line)
        if match is None:
            self.refuse(node, code, ast.unparse(node))
        else:
            self.refuse(node, code, match[1], width=len(match[0]))

    # ------------------------------------------------------------- statements

    def visit_With(self, node: ast.With) -> None:
        if not all(map(self._is_errstate, node.items)):
            first, last = node.lineno, node.items[-1].context_expr
            width = None
            if last.end_lineno == first:
                width = (last.end_col_offset or 0) - node.col_offset
            self.refuse(node, "DEFN011", width=width or len("with"))
        self.generic_visit(node)

    def _is_errstate(self, item: ast.withitem) -> bool:
        context = item.context_expr
        return (
            isinstance(context, ast.Call)
            and item.optional_vars is None
            and self.scope.resolve(context.func) == "numpy.errstate"
        )

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name not in allowlist.MODULES:
                self.refuse(alias, "DEFN002", f"import {alias.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            path = f"{module}.{alias.name}"
            if path not in allowlist.MODULES and module not in allowlist.MODULES:
                self.refuse(alias, "DEFN002", f"from {module} import {alias.name}")
            else:
                self._judge(alias, path, path)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)
        self.function_body(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.function_body(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """What is inside a refused class is not looked at."""

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is None:
            self.refuse(node, "DEFN015")
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_match_case(self, node: ast.match_case) -> None:
        for part in (*filter(None, [node.guard]), *node.body):
            self.visit(part)

    # ------------------------------------------------------------ expressions

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        self.function_body(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._judge_expression(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self._judge_expression(node):
            return
        if isinstance(node.ctx, ast.Load) and node.attr in forbidden.ATTRIBUTES:
            self.refuse(node, "DEFN025", node.attr)
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not (isinstance(node.ctx, ast.Load) and self._judge_refused(node)):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if self._judge_refused(node):
            return
        function = node.func
        if isinstance(function, ast.Attribute) and self.scope.resolve(function) is None:
            if function.attr in forbidden.METHODS:
                self.refuse(node, "DEFN024", function.attr, forbidden.METHODS[function.attr])
        self.visit(function)
        takes_generator = self._takes_generator(function)
        for argument in node.args:
            if isinstance(argument, ast.GeneratorExp) and takes_generator:
                self._comprehension(argument)
            elif isinstance(argument, ast.Starred):
                self._starred(argument)
            else:
                self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def _takes_generator(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Attribute) and function.attr == "join":
            return True
        return self.scope.resolve(function) in _CONSUMERS

    def _starred(self, node: ast.Starred) -> None:
        if isinstance(node.value, ast.Set | ast.SetComp | ast.Dict | ast.DictComp):
            self.refuse(node, "DEFN010")
        self.visit(node.value)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.refuse(node, "DEFN009")
        self._comprehension(node)

    def _comprehension(self, node: ComprehensionNode) -> None:
        self.visit(node.generators[0].iter)
        with self.inside(comprehension_scope(node, self.scope)):
            for place, generator in enumerate(node.generators):
                if generator.is_async:
                    self.refuse(generator.iter, "DEFN007", "async for")
                self._comprehension_target(generator.target)
                for part in (*([generator.iter] if place else []), *generator.ifs):
                    self.visit(part)
            for name, value in ast.iter_fields(node):
                if name != "generators":
                    self.visit(value)

    visit_ListComp = visit_SetComp = visit_DictComp = _comprehension

    def _comprehension_target(self, target: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Subscript | ast.Attribute):
                self.refuse(part, "DEFN013", ast.unparse(part))
                return

    # ------------------------------------------------------------------ names

    def _judge_expression(self, node: ast.expr) -> bool:
        """Whether the path of ``node`` is known; if it is a refused one, that is noted."""
        path = self.scope.resolve(node)
        if path is None:
            return False
        if not self._was_refused_where_bound(node):
            self._judge(node, path, ast.unparse(node))
        return True

    def _judge_refused(self, node: ast.expr) -> bool:
        """The same, but an allowed path counts as unknown, so that its parts are looked at."""
        path = self.scope.resolve(node)
        return path is not None and allowlist.refusal(path) is not None and self._judge_expression(node)

    def _judge(self, node: ast.expr | ast.alias, path: str, written: str) -> None:
        refusal = allowlist.refusal(path)
        if refusal is None:
            return
        what = f"'{refusal.name}'"
        if written not in (refusal.name, path):
            what = f"'{written}', which is {refusal.name},"
        self.refuse(node, refusal.code, what, refusal.way_out)

    def _was_refused_where_bound(self, node: ast.expr) -> bool:
        """Whether ``node`` begins with a local alias whose binding has been refused already."""
        root = node
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if not isinstance(root, ast.Name) or not self.scope.is_local(root.id):
            return False
        path = self.scope.resolve(root)
        return path is not None and allowlist.refusal(path) is not None


def _reserved_names(source: Source) -> Iterator[Problem]:
    """Every place of the file that binds a name which rewritten code uses."""
    if RESERVED not in source.text:
        return
    for node in ast.walk(source.tree):
        for name in _bound_names(node):
            if name.startswith(RESERVED) and isinstance(node, report.Located):
                yield report.problem(source.lines, node, "DEFN001", name)


def _bound_names(node: ast.AST) -> Sequence[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.alias(name=name, asname=renamed):
            return [renamed or name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
            return [name]
        case ast.Global(names=names):
            return names
    return []
