"""Rewriting control flow: the parts of a statement become functions that the runtime calls.

They share the variables of the function around them. Such a *region* returns None where control falls
through its end, else a signal, which says how it left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from defnhook.syntax.build import (
    assign,
    call,
    constant,
    deferred,
    definition,
    expression,
    load,
    runtime,
    runtime_call,
    store,
)
from defnhook.syntax.expressions import binds_names
from defnhook.syntax.flow import Compound, Jump, leaves, shared_names
from defnhook.syntax.names import Scope, bound_names, function_scope, parameters
from defnhook.syntax.writes import Writes


@dataclass
class _Form:
    """One statement of control flow: its regions, and the call of the runtime that runs them."""

    origin: ast.expr
    function: str
    arguments: list[ast.expr]
    regions: list[ast.stmt]


class Statements(Writes):
    """Rewrites statements, each into one or more at the same place."""

    def __init__(self, scope: Scope, class_name: str, first: str | None) -> None:
        super().__init__(scope, class_name, first)
        self._in_region = False
        self._regions = 0

    def block(self, body: Iterable[ast.stmt]) -> list[ast.stmt]:
        """A rewritten body. What follows a statement that may be left by a jump becomes part of it."""
        statements: list[ast.stmt] = []
        pending = list(body)
        while pending:
            statement = pending.pop(0)
            if isinstance(statement, Compound):
                departs = leaves(statement)
                following = pending if departs else []
                statements.extend(self._compound(statement, following, departs=departs))
            else:
                departs = isinstance(statement, Jump)
                new = self.visit(statement)
                statements.extend(new if isinstance(new, list) else [new])
                if isinstance(statement, ast.With):
                    pending = [*statement.body, *pending]
            if departs:
                break
        return statements

    # ----------------------------------------------------------- control flow

    def _compound(self, node: Compound, following: Sequence[ast.stmt], *, departs: bool) -> list[ast.stmt]:
        self._regions += 1
        number = self._regions
        form: _Form = getattr(self, f"_form_{type(node).__name__}")(node, number)
        if following:
            self._add(form, "rest", number, following)
        if form.function == "sequence" and not departs:
            done: ast.expr = call(form.origin, form.arguments[0], [])
        else:
            done = runtime_call(form.origin, form.function, *form.arguments)
        if not departs:
            return [*form.regions, expression(form.origin, done)]
        if not self._in_region:
            done = runtime_call(form.origin, "result", done)
        return [*form.regions, ast.copy_location(ast.Return(value=done), form.origin)]

    def _form_If(self, node: ast.If, number: int) -> _Form:
        form = _Form(node.test, "branch", [self.expr(node.test)], [])
        self._add(form, "then", number, node.body)
        self._add(form, "else", number, node.orelse)
        return form

    def _form_While(self, node: ast.While, number: int) -> _Form:
        test = ast.copy_location(ast.Return(value=self.expr(node.test)), node.test)
        region = self._function(f"__defn_test_{number}", [test], [])
        form = _Form(node.test, "while_loop", [load(node.test, region.name)], [region])
        self._add(form, "body", number, node.body)
        self._add(form, "else", number, node.orelse)
        return form

    def _form_For(self, node: ast.For, number: int) -> _Form:
        item = f"__defn_item_{number}"
        origin = ast.copy_location(ast.Pass(), node.target)
        first = self.bind(node.target, load(node.target, item), origin)
        form = _Form(node.iter, "for_loop", [self.expr(node.iter)], [])
        self._add(form, "body", number, node.body, first, [item])
        self._add(form, "else", number, node.orelse)
        return form

    def _form_Match(self, node: ast.Match, number: int) -> _Form:
        subject = runtime_call(node.subject, "static", self.expr(node.subject))
        outer, self._in_region = self._in_region, True
        cases = [
            ast.match_case(
                pattern=case.pattern,
                guard=case.guard and self.truth(case.guard),
                body=self.block(case.body),
            )
            for case in node.cases
        ]
        self._in_region = outer
        match = ast.copy_location(ast.Match(subject=subject, cases=cases), node)
        region = self._function(f"__defn_match_{number}", [match], [])
        return _Form(node.subject, "sequence", [load(node.subject, region.name)], [region])

    def _add(
        self,
        form: _Form,
        kind: str,
        number: int,
        body: Sequence[ast.stmt],
        first: Sequence[ast.stmt] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        """Hand the statement one more region, or None where there is nothing to do."""
        if not body:
            form.arguments.append(constant(form.origin, None))
            return
        outer, self._in_region = self._in_region, True
        statements = [*first, *self.block(body)]
        self._in_region = outer
        region = self._function(f"__defn_{kind}_{number}", statements, arguments)
        form.regions.append(region)
        form.arguments.append(load(form.origin, region.name))

    def _function(
        self, name: str, statements: Sequence[ast.stmt], arguments: Sequence[str]
    ) -> ast.FunctionDef:
        """``def name(arguments): nonlocal ...; statements``."""
        names = bound_names(statements)
        shared: list[ast.stmt] = (
            [ast.copy_location(ast.Nonlocal(names=names), statements[0])] if names else []
        )
        return definition(name, arguments, [*shared, *statements])

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        value = node.value and self.expr(node.value)
        if self._in_region:
            value = runtime_call(node, "return_value", value or constant(node, None))
        return ast.copy_location(ast.Return(value=value), node)

    def _signal(self, node: ast.Break | ast.Continue) -> ast.stmt:
        signal = runtime(node, type(node).__name__.upper())
        return ast.copy_location(ast.Return(value=signal), node)

    visit_Break = visit_Continue = _signal

    def visit_Raise(self, node: ast.Raise) -> list[ast.stmt]:
        regions: list[ast.stmt] = []
        parts = [self._thunk(part, node, regions) for part in (node.exc, node.cause)]
        raised = runtime_call(node, "raise_error", *parts)
        if self._in_region:
            return [*regions, ast.copy_location(ast.Return(value=raised), node)]
        return [*regions, expression(node, raised)]

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        regions: list[ast.stmt] = []
        test, message = self.expr(node.test), self._thunk(node.msg, node, regions)
        return [*regions, expression(node, runtime_call(node, "assert_true", test, message))]

    def _thunk(self, node: ast.expr | None, origin: ast.stmt, regions: list[ast.stmt]) -> ast.expr:
        """A function that yields ``node``: a lambda where possible, else one that joins ``regions``."""
        if node is None:
            return constant(origin, None)
        value = self.expr(node)
        if not binds_names(node):
            return deferred(value)
        self._regions += 1
        body = ast.copy_location(ast.Return(value=value), node)
        region = self._function(f"__defn_value_{self._regions}", [body], [])
        regions.append(region)
        return load(node, region.name)

    def visit_With(self, node: ast.With) -> ast.stmt:
        """``with np.errstate(...)``: the context itself stays NumPy's; what it holds follows it."""
        items = [
            ast.withitem(context_expr=self._context(item.context_expr), optional_vars=item.optional_vars)
            for item in node.items
        ]
        nothing = ast.copy_location(ast.Pass(), node.items[-1].context_expr)
        return ast.copy_location(ast.With(items=items, body=[nothing]), node)

    def _context(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Call):
            return self.expr(node)
        arguments = [self.expr(argument) for argument in node.args]
        new = ast.Call(func=node.func, args=arguments, keywords=self.keywords(node.keywords))
        return ast.copy_location(new, node)

    # -------------------------------------------------------------- functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        """A function inside a marked one is a part of it."""
        arguments = self.arguments(node.args)
        decorators = [self._decorator(decorator) for decorator in node.decorator_list]
        return self.function(node, node.name, arguments, decorators)

    def _decorator(self, decorator: ast.expr) -> ast.expr:
        """``lambda function: __defn__.call(decorator, function)``."""
        name = "__defn_function__"
        applied = deferred(runtime_call(decorator, "call", self.expr(decorator), load(decorator, name)))
        applied.args.args = [ast.copy_location(ast.arg(arg=name), decorator)]
        return applied

    def function(
        self, node: ast.FunctionDef, name: str, arguments: ast.arguments, decorators: list[ast.expr]
    ) -> ast.FunctionDef:
        """``node`` with a rewritten body and the name, parameters and decorators given."""
        names = parameters(node)
        scope = function_scope(node, self.scope)
        scope.shared = shared_names(node).intersection(scope.sources)
        outer = self.first, self._in_region
        self.first, self._in_region = names[0].arg if names else None, False
        with self.inside(scope):
            body = self.block(node.body)
        self.first, self._in_region = outer
        start = 1 if ast.get_docstring(node, clean=False) is not None else 0
        body[start:start] = self._unbound(node, scope)
        new = copy(node)
        new.name, new.args, new.body = name, arguments, body
        new.decorator_list, new.returns, new.type_comment = decorators, None, None
        return new

    def _unbound(self, node: ast.FunctionDef, scope: Scope) -> list[ast.stmt]:
        """``name = __defn__.undefined("name")`` for the shared variables, which so belong to ``node``."""
        given = {parameter.arg for parameter in parameters(node)}
        origin = node.body[0]
        return [
            assign(
                origin, store(origin, name), runtime_call(origin, "undefined", self._spelled(origin, name))
            )
            for name in scope.sources
            if name in scope.shared and name not in given
        ]
