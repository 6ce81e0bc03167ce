"""What a name stands for, found without running anything.

A *path* is the dotted place a value comes from: ``numpy.linalg.norm``, ``builtins.open``.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeAlias

from defnhook.syntax import allowlist
from defnhook.syntax.build import RESERVED

DEFINED: Final = "<definition>"

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ComprehensionNode: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Source: TypeAlias = str | ast.expr | None
Sources: TypeAlias = dict[str, list[Source]]

_OF_EVERY_MODULE: Final = frozenset("__name__ __doc__ __package__ __loader__ __spec__".split())
_BUILTINS: Final = frozenset(dir(builtins)) - _OF_EVERY_MODULE


class Scope:
    """The names that one block binds, and what is known about each.

    ``kind`` is "module", "free" (a function around the one in question), "function" or "comprehension".
    A source is a path, ``DEFINED``, an expression that the name is an alias of, or None (anything).
    ``shared`` are the variables of a function that its regions bind.
    """

    def __init__(self, kind: str, sources: Sources, parent: Scope | None = None) -> None:
        self.kind = kind
        self.sources = sources
        self.parent = parent
        self.modules: set[str] = parent.modules if parent else set()
        self.has_star_import: bool = parent.has_star_import if parent else False
        self.shared: frozenset[str] = frozenset()
        self._targets: dict[str, str | None] = {}

    def owner(self, name: str) -> Scope | None:
        """The nearest block around here that binds ``name``; None for a builtin or an unknown name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.sources:
            scope = scope.parent
        return scope

    def is_local(self, name: str) -> bool:
        """Whether ``name`` is bound inside the function that is being rewritten."""
        owner = self.owner(name)
        return owner is not None and owner.kind in ("function", "comprehension")

    def target(self, name: str) -> str | None:
        """The path of a name of this block, ``DEFINED``, or None where its bindings disagree."""
        if name not in self._targets:
            self._targets[name] = None
            found = {self._target_of(source) for source in self.sources[name]}
            self._targets[name] = found.pop() if len(found) == 1 else None
        return self._targets[name]

    def _target_of(self, source: Source) -> str | None:
        return self.resolve(source) if isinstance(source, ast.expr) else source

    def is_module(self, path: str | None) -> bool:
        """Whether ``path`` is known to be a module."""
        return path is not None and (path in self.modules or allowlist.is_module(path))

    def resolve(self, node: ast.expr) -> str | None:
        """The path of what ``node`` evaluates to, or None where that cannot be told."""
        match node:
            case ast.Name(id=name):
                return self._resolve_name(name)
            case ast.Attribute(value=base, attr=member):
                return self._member(base, member)
            case ast.NamedExpr(value=value):
                return self.resolve(value)
            case ast.Subscript(value=mapping, slice=ast.Constant(value=str(member))):
                return self._entry(mapping, member)
            case ast.Call(func=function, args=[base, ast.Constant(value=str(member)), *_], keywords=[]):
                return self._member(base, member) if self.resolve(function) == "builtins.getattr" else None
        return None

    def _resolve_name(self, name: str) -> str | None:
        owner = self.owner(name)
        if owner is not None:
            target = owner.target(name)
            return None if target == DEFINED else target
        if name == "__builtins__":
            return "builtins"
        return f"builtins.{name}" if name in _BUILTINS and not self.has_star_import else None

    def _member(self, base: ast.expr, member: str) -> str | None:
        path = self.resolve(base)
        return f"{path}.{member}" if self.is_module(path) else None

    def _entry(self, mapping: ast.expr, member: str) -> str | None:
        """``module.__dict__["member"]`` or ``vars(module)["member"]``."""
        match mapping:
            case ast.Attribute(value=base, attr="__dict__"):
                return self._member(base, member)
            case ast.Call(func=function, args=[base]) if self.resolve(function) == "builtins.vars":
                return self._member(base, member)
        return None


class Scoped:
    """Something that walks a tree and knows in which scope it is."""

    scope: Scope

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[None]:
        """Use ``scope`` for the duration of a ``with`` block."""
        outer, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = outer


class _Bindings(ast.NodeVisitor):
    """Collects what one block binds, without entering the blocks inside it."""

    def __init__(self) -> None:
        self.sources: Sources = {}
        self.modules: set[str] = set()
        self.has_star_import = False

    def add(self, name: str, source: Source) -> None:
        self.sources.setdefault(name, []).append(source)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.add(node.id, None)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.add(target.id, value)
        elif _pairs_up(target, value):
            for part, piece in zip(target.elts, value.elts, strict=True):  # type: ignore[attr-defined]
                self._bind(part, piece)
        else:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            self.visit(node.target)
        else:
            self.visit(node.value)
            self._bind(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.add(node.target.id, node.value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            parts = alias.name.split(".")
            self.modules.update(".".join(parts[: count + 1]) for count in range(len(parts)))
            self.add(alias.asname or parts[0], alias.name if alias.asname else parts[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.has_star_import = True
            else:
                self.add(alias.asname or alias.name, f"{base}.{alias.name}")

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.add(node.name, DEFINED)
        for decorator in node.decorator_list:
            self.visit(decorator)
        if not isinstance(node, ast.ClassDef):
            self._defaults(node)

    def _defaults(self, node: FunctionNode) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition
    visit_Lambda = _defaults

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for part in (node.iter, *node.ifs):
            self.visit(part)

    def _pattern(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.add(node.name, None)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = _pattern

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self.add(node.rest, None)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.add(node.name, None)
        self.generic_visit(node)


def _pairs_up(target: ast.expr, value: ast.expr) -> bool:
    return (
        isinstance(target, ast.Tuple | ast.List)
        and isinstance(value, ast.Tuple | ast.List)
        and len(target.elts) == len(value.elts)
        and not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
    )


def bound_names(nodes: Iterable[ast.AST]) -> list[str]:
    """The names of the user's that ``nodes`` bind, without the blocks inside them."""
    bindings = _Bindings()
    for node in nodes:
        bindings.visit(node)
    return [name for name in bindings.sources if not name.startswith(RESERVED)]


def parameters(node: FunctionNode) -> list[ast.arg]:
    """Every parameter, in the order of the signature."""
    arguments = node.args
    variadic = [arguments.vararg] if arguments.vararg else []
    keywords = [arguments.kwarg] if arguments.kwarg else []
    return [*arguments.posonlyargs, *arguments.args, *variadic, *arguments.kwonlyargs, *keywords]


def module_scope(tree: ast.Module, environment: Mapping[str, str] | None = None) -> Scope:
    """The names of a whole file; ``environment`` gives the paths of names bound outside its text."""
    bindings = _Bindings()
    bindings.visit(tree)
    for name, path in (environment or {}).items():
        if name not in bindings.sources:
            bindings.add(name, path)
            bindings.modules.add(path)
    for name in _declared_global(tree):
        bindings.add(name, None)
    scope = Scope("module", bindings.sources)
    scope.modules |= bindings.modules
    scope.has_star_import = bindings.has_star_import
    return scope


def _declared_global(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names


def function_scope(node: FunctionNode, parent: Scope, kind: str = "function") -> Scope:
    """The names that a function or lambda binds."""
    bindings = _Bindings()
    for parameter in parameters(node):
        bindings.add(parameter.arg, None)
    for statement in [node.body] if isinstance(node, ast.Lambda) else node.body:
        bindings.visit(statement)
    scope = Scope(kind, bindings.sources, parent)
    scope.modules |= bindings.modules
    return scope


def comprehension_scope(node: ComprehensionNode, parent: Scope, kind: str = "comprehension") -> Scope:
    """The names that the ``for`` parts of a comprehension bind."""
    bindings = _Bindings()
    for generator in node.generators:
        bindings.visit(generator.target)
    return Scope(kind, bindings.sources, parent)


def contains(node: ast.AST, wanted: Callable[[ast.AST], bool]) -> bool:
    """Whether ``node`` or something evaluated with it (not inside a lambda) is ``wanted``."""
    if wanted(node):
        return True
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.Lambda):
        children = [value for value in (*node.args.defaults, *node.args.kw_defaults) if value is not None]
    return any(contains(child, wanted) for child in children)
