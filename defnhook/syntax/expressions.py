"""Rewriting expressions: each operator, call and access becomes a call on the injected runtime."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

from defnhook.syntax import allowlist
from defnhook.syntax.build import (
    call,
    constant,
    deferred,
    load,
    mangled,
    runtime_call,
    walrus,
)
from defnhook.syntax.names import (
    DEFINED,
    ComprehensionNode,
    Scope,
    Scoped,
    comprehension_scope,
    contains,
    function_scope,
    parameters,
)

Node = TypeVar("Node", bound=ast.AST)

BINARY: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("subtract", "-"),
    ast.Mult: ("multiply", "*"),
    ast.Div: ("divide", "/"),
    ast.FloorDiv: ("floor_divide", "//"),
    ast.Mod: ("mod", "%"),
    ast.Pow: ("power", "**"),
    ast.MatMult: ("matmul", "@"),
    ast.LShift: ("left_shift", "<<"),
    ast.RShift: ("right_shift", ">>"),
    ast.BitAnd: ("bitwise_and", "&"),
    ast.BitOr: ("bitwise_or", "|"),
    ast.BitXor: ("bitwise_xor", "^"),
}

UNARY: Final[dict[type[ast.unaryop], str]] = {
    ast.USub: "negative",
    ast.UAdd: "positive",
    ast.Invert: "invert",
    ast.Not: "not_",
}

COMPARISON: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Lt: ("less", "<"),
    ast.LtE: ("less_equal", "<="),
    ast.Gt: ("greater", ">"),
    ast.GtE: ("greater_equal", ">="),
    ast.Eq: ("equal", "=="),
    ast.NotEq: ("not_equal", "!="),
    ast.In: ("", "in"),
    ast.NotIn: ("", "not in"),
    ast.Is: ("", "is"),
    ast.IsNot: ("", "is not"),
}


def binds_names(node: ast.AST) -> bool:
    """Whether evaluating ``node`` binds a name of the function around it."""
    return contains(node, lambda part: isinstance(part, ast.NamedExpr))


def _reads_places(node: ast.AST) -> bool:
    """Whether the value of ``node`` depends on more than local names."""
    return contains(node, lambda part: isinstance(part, ast.Attribute | ast.Subscript | ast.Call))


def _is_literal(node: ast.expr) -> bool:
    """Whether the compiler warns of ``is`` with this operand; it has warned of the original already."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, bool | type(None) | type(Ellipsis))


class Expressions(Scoped):
    """Rewrites expressions; statements are added by the subclass.

    Trees are built anew: nothing of the original is changed, though leaves are shared with it.
    ``first`` names the first parameter of the function around, which ``super()`` refers to.
    """

    def __init__(self, scope: Scope, class_name: str, first: str | None) -> None:
        self.scope = scope
        self.class_name = class_name
        self.first = first
        self._temporaries = 0

    def temporary(self) -> str:
        """A fresh name for a value that is needed twice."""
        self._temporaries += 1
        return f"__defn_{self._temporaries}__"

    def visit(self, node: ast.AST) -> Any:
        """The rewritten form of ``node``: a node, or a list of them for a statement."""
        return getattr(self, f"visit_{type(node).__name__}", self.rebuild)(node)

    def expr(self, node: ast.expr) -> ast.expr:
        """The rewritten form of an expression."""
        return cast(ast.expr, self.visit(node))

    def rebuild(self, node: Node) -> Node:
        """The same form over rewritten children."""
        if not node._fields:
            return node
        fields = {name: self._child(value) for name, value in ast.iter_fields(node)}
        return ast.copy_location(type(node)(**fields), node)

    def _child(self, value: object) -> object:
        if isinstance(value, ast.AST):
            return self.visit(value)
        if not isinstance(value, list):
            return value
        children: list[object] = []
        for item in value:
            new = self._child(item)
            children.extend(new if isinstance(new, list) else [new])
        return children

    # ------------------------------------------------------------------ names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        owner = self.scope.owner(node.id)
        if owner is not None and node.id in owner.shared:
            return runtime_call(node, "bound", node)
        if not self._comes_from_outside(node.id):
            return node
        return runtime_call(node, "name", self._spelled(node, node.id), node)

    def _spelled(self, origin: ast.AST, name: str) -> ast.Constant:
        """A name as a literal, private ones as the compiler would spell them."""
        return constant(origin, mangled(name, self.class_name))

    def _comes_from_outside(self, name: str) -> bool:
        if self.scope.is_local(name) or (name == "__class__" and self.class_name):
            return False
        name = mangled(name, self.class_name)
        owner = self.scope.owner(name)
        if owner is not None and (owner.kind == "free" or owner.target(name) == DEFINED):
            return True
        path = self.scope.resolve(ast.Name(id=name, ctx=ast.Load()))
        return not (self.scope.is_module(path) or allowlist.is_allowed(path))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        base = self.scope.resolve(node.value)
        if allowlist.is_module(base):
            return self.member_of_module(node)
        return runtime_call(node, "attribute", self.expr(node.value), self.attribute_name(node))

    def member_of_module(self, node: ast.Attribute) -> ast.expr:
        """``module.name``, left as it is but for the expression that yields the module."""
        return self.rebuild(node)

    def attribute_name(self, node: ast.Attribute) -> ast.Constant:
        """The attribute's name as a literal."""
        return self._spelled(node, node.attr)

    # -------------------------------------------------------------- operators

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return runtime_call(node, BINARY[type(node.op)][0], self.expr(node.left), self.expr(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.operand, ast.Constant) and not isinstance(node.op, ast.Not):
            return node
        return runtime_call(node, UNARY[type(node.op)], self.expr(node.operand))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        if len(node.ops) == 1:
            return self._comparison(node, node.left, node.ops[0], node.comparators[0])
        if any(map(binds_names, node.comparators)):
            return self._chain_in_place(node, node.left, node.ops, node.comparators)
        symbols = [constant(node, COMPARISON[type(operator)][1]) for operator in node.ops]
        operators = ast.copy_location(ast.Tuple(elts=list(symbols), ctx=ast.Load()), node)
        operands = [deferred(self.expr(operand)) for operand in node.comparators]
        return runtime_call(node, "compare", self.expr(node.left), operators, *operands)

    def _comparison(
        self, node: ast.expr, left: ast.expr, operator: ast.cmpop, right: ast.expr, *, done: bool = False
    ) -> ast.expr:
        """One comparison; ``done`` says that ``left`` has been rewritten."""
        first = left if done else self.expr(left)
        if isinstance(operator, ast.Is | ast.IsNot) and (_is_literal(left) or _is_literal(right)):
            return self._deferred_comparison(node, first, operator, right)
        if isinstance(operator, ast.Is | ast.IsNot):
            both = ast.Compare(left=first, ops=[operator], comparators=[self.expr(right)])
            return ast.copy_location(both, node)
        if isinstance(operator, ast.In | ast.NotIn):
            found = self._membership(node, left, first, right)
            return runtime_call(node, "not_", found) if isinstance(operator, ast.NotIn) else found
        return runtime_call(node, COMPARISON[type(operator)][0], first, self.expr(right))

    def _membership(self, node: ast.expr, left: ast.expr, first: ast.expr, container: ast.expr) -> ast.expr:
        """``left in container``: the runtime takes the container first, Python evaluates it last."""
        if self.commute(left, container):
            return runtime_call(node, "contains", self.expr(container), first)
        if not binds_names(container):
            return self._deferred_comparison(node, first, ast.In(), container)
        name = self.temporary()
        found = runtime_call(node, "contains", self.expr(container), load(node, name))
        steps = ast.copy_location(ast.Tuple(elts=[walrus(left, name, first), found], ctx=ast.Load()), node)
        last = ast.Subscript(value=steps, slice=constant(node, 1), ctx=ast.Load())
        return ast.copy_location(last, node)

    def _deferred_comparison(
        self, node: ast.expr, first: ast.expr, operator: ast.cmpop, right: ast.expr
    ) -> ast.expr:
        """One comparison in the form of a chain, in which the right operand is evaluated last."""
        symbol: ast.expr = constant(node, COMPARISON[type(operator)][1])
        operators = ast.copy_location(ast.Tuple(elts=[symbol], ctx=ast.Load()), node)
        return runtime_call(node, "compare", first, operators, deferred(self.expr(right)))

    def _chain_in_place(
        self,
        node: ast.expr,
        left: ast.expr,
        operators: list[ast.cmpop],
        comparators: list[ast.expr],
        *,
        done: bool = False,
    ) -> ast.expr:
        """``a < b < c`` without lambdas, since a walrus inside one would bind the lambda's own name."""
        if len(operators) == 1:
            return self._comparison(node, left, operators[0], comparators[0], done=done)
        middle = self.temporary()
        named = walrus(comparators[0], middle, self.expr(comparators[0]))
        first = self._compare_named(node, left if done else self.expr(left), operators[0], named)
        rest = self._chain_in_place(
            node, load(comparators[0], middle), operators[1:], comparators[1:], done=True
        )
        return self._choose(node, first, rest, when=True)

    def _compare_named(
        self, node: ast.expr, left: ast.expr, operator: ast.cmpop, named: ast.NamedExpr
    ) -> ast.expr:
        """A comparison whose operands have been rewritten already."""
        name, symbol = COMPARISON[type(operator)]
        if name:
            return runtime_call(node, name, left, named)
        if symbol.startswith("is"):
            return ast.copy_location(ast.Compare(left=left, ops=[operator], comparators=[named]), node)
        steps = ast.Tuple(elts=[walrus(node, self.temporary(), left), named], ctx=ast.Load())
        held = cast(ast.NamedExpr, steps.elts[0]).target.id
        found: ast.expr = runtime_call(node, "contains", load(node, named.target.id), load(node, held))
        if symbol == "not in":
            found = runtime_call(node, "not_", found)
        steps.elts.append(found)
        last = ast.Subscript(value=ast.copy_location(steps, node), slice=constant(node, 2), ctx=ast.Load())
        return ast.copy_location(last, node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        is_and = isinstance(node.op, ast.And)
        if any(map(binds_names, node.values[1:])):
            return self._operands_in_place(node, node.values, is_and)
        operands = [deferred(self.expr(operand)) for operand in node.values[1:]]
        return runtime_call(node, "and_" if is_and else "or_", self.expr(node.values[0]), *operands)

    def _operands_in_place(self, node: ast.expr, operands: list[ast.expr], is_and: bool) -> ast.expr:
        first = self.expr(operands[0])
        if len(operands) == 1:
            return first
        rest = self._operands_in_place(node, operands[1:], is_and)
        return self._choose(node, first, rest, when=is_and)

    def _choose(self, node: ast.expr, first: ast.expr, rest: ast.expr, *, when: bool) -> ast.expr:
        """``rest`` where the truth of ``first`` is ``when``, else the value of ``first``."""
        name = self.temporary()
        test = runtime_call(node, "truth", walrus(node, name, first))
        kept = load(node, name)
        chosen = (
            ast.IfExp(test=test, body=rest, orelse=kept)
            if when
            else ast.IfExp(test=test, body=kept, orelse=rest)
        )
        return ast.copy_location(chosen, node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test, body, orelse = (self.expr(part) for part in (node.test, node.body, node.orelse))
        if binds_names(node.body) or binds_names(node.orelse):
            test = runtime_call(node.test, "truth", test)
            return ast.copy_location(ast.IfExp(test=test, body=body, orelse=orelse), node)
        return runtime_call(node, "if_expression", test, deferred(body), deferred(orelse))

    # ------------------------------------------------------- calls and access

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if not node.args and isinstance(function, ast.Name) and self._is_builtin_super(function):
            return self._super(node)
        arguments = [self.expr(argument) for argument in node.args]
        keywords = self.keywords(node.keywords)
        if not isinstance(function, ast.Attribute):
            return runtime_call(node, "call", self.expr(function), *arguments, keywords=keywords)
        if self.scope.is_module(self.scope.resolve(function.value)):
            member = self.member_of_module(function)
            return runtime_call(node, "call", member, *arguments, keywords=keywords)
        name = self.attribute_name(function)
        return runtime_call(node, "method", self.expr(function.value), name, *arguments, keywords=keywords)

    def _is_builtin_super(self, function: ast.Name) -> bool:
        return function.id == "super" and self.scope.owner("super") is None

    def _super(self, node: ast.Call) -> ast.expr:
        """``super()`` reads the frame that calls it, so inside a lambda it has to name both arguments."""
        if self.first is None:
            return node
        return call(node, node.func, [load(node, "__class__"), load(node, self.first)])

    def keywords(self, keywords: Iterable[ast.keyword]) -> list[ast.keyword]:
        """Keyword arguments over rewritten values."""
        return [self.rebuild(keyword) for keyword in keywords]

    def may_run_code(self, node: ast.AST) -> bool:
        """Whether evaluating ``node`` may run code of the user's, or binds a name."""
        return contains(node, self._runs_code)

    def commute(self, one: ast.expr, other: ast.expr) -> bool:
        """Whether the two give the same values whichever is evaluated first."""
        if binds_names(one) or binds_names(other):
            return False
        return not (
            (self.may_run_code(one) and _reads_places(other))
            or (self.may_run_code(other) and _reads_places(one))
        )

    def _runs_code(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return not allowlist.is_allowed(self.scope.resolve(node.func))
        return isinstance(node, ast.NamedExpr)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return runtime_call(node, "getitem", self.expr(node.value), self.index(node.slice))

    def index(self, node: ast.expr) -> ast.expr:
        """An index as a value: slices become calls of ``slice``."""
        if isinstance(node, ast.Slice):
            return self._slice(node)
        if isinstance(node, ast.Tuple):
            elements = [self.index(element) for element in node.elts]
            return ast.copy_location(ast.Tuple(elts=elements, ctx=ast.Load()), node)
        return self.expr(node)

    def _slice(self, node: ast.Slice) -> ast.expr:
        bounds = [
            constant(node, None) if bound is None else self.expr(bound)
            for bound in (node.lower, node.upper, node.step)
        ]
        name = ast.Name(id="slice", ctx=ast.Load())
        if self.scope.resolve(name) == "builtins.slice":
            return call(node, load(node, "slice"), bounds)
        return runtime_call(node, "slice", *bounds)

    # ----------------------------------------------------------------- scopes

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        arguments = self.arguments(node.args)
        names = parameters(node)
        outer, self.first = self.first, names[0].arg if names else None
        with self.inside(function_scope(node, self.scope)):
            body = self.expr(node.body)
        self.first = outer
        return ast.copy_location(ast.Lambda(args=arguments, body=body), node)

    def arguments(self, node: ast.arguments) -> ast.arguments:
        """A parameter list without annotations, over rewritten defaults."""
        new = self.bare_arguments(node)
        new.defaults = [self.expr(default) for default in node.defaults]
        new.kw_defaults = [default and self.expr(default) for default in node.kw_defaults]
        return new

    @staticmethod
    def bare_arguments(node: ast.arguments) -> ast.arguments:
        """A parameter list without annotations and defaults."""

        def bare(argument: ast.arg) -> ast.arg:
            return ast.copy_location(ast.arg(arg=argument.arg), argument)

        return ast.arguments(
            posonlyargs=[bare(argument) for argument in node.posonlyargs],
            args=[bare(argument) for argument in node.args],
            vararg=node.vararg and bare(node.vararg),
            kwonlyargs=[bare(argument) for argument in node.kwonlyargs],
            kw_defaults=[None] * len(node.kwonlyargs),
            kwarg=node.kwarg and bare(node.kwarg),
            defaults=[],
        )

    def _comprehension(self, node: ComprehensionNode) -> ast.expr:
        outermost = self._iterable(node.generators[0])
        with self.inside(comprehension_scope(node, self.scope)):
            generators = [
                self._generator(generator, self._iterable(generator) if place else outermost)
                for place, generator in enumerate(node.generators)
            ]
            if isinstance(node, ast.DictComp):
                key, value = self.expr(node.key), self.expr(node.value)
                new: ast.expr = ast.DictComp(key=key, value=value, generators=generators)
            else:
                new = type(node)(elt=self.expr(node.elt), generators=generators)
        return ast.copy_location(new, node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _iterable(self, generator: ast.comprehension) -> ast.expr:
        return runtime_call(generator.iter, "iterate", self.expr(generator.iter))

    def _generator(self, generator: ast.comprehension, iterable: ast.expr) -> ast.comprehension:
        tests = [self.truth(test) for test in generator.ifs]
        return ast.comprehension(
            target=generator.target, iter=iterable, ifs=tests, is_async=generator.is_async
        )

    def truth(self, test: ast.expr) -> ast.expr:
        """``test`` asked for its truth."""
        return runtime_call(test, "truth", self.expr(test))
