"""Rewriting assignments: names stay names, everything else becomes a call on the runtime."""

from __future__ import annotations

import ast

from defnhook.syntax.build import assign, constant, delete, expression, load, runtime_call, store
from defnhook.syntax.expressions import BINARY, Expressions
from defnhook.syntax.names import contains


def _is_view(index: ast.expr) -> bool:
    """Whether the index surely selects a view, whose elements are read late anyway."""
    elements = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(isinstance(element, ast.Slice) for element in elements)


class Writes(Expressions):
    """Rewrites the statements that bind names or store to elements and attributes."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None:
            return [ast.copy_location(ast.Pass(), node)]
        return self._assign(node, [node.target], node.value)

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        return self._assign(node, node.targets, node.value)

    def _assign(self, node: ast.stmt, targets: list[ast.expr], value: ast.expr) -> list[ast.stmt]:
        if all(map(_is_plain, targets)):
            return [ast.copy_location(ast.Assign(targets=targets, value=self.expr(value)), node)]
        if len(targets) == 1 and self._in_order(targets[0], value):
            return [self._write(targets[0], self.expr(value), node)]
        if len(targets) == 1 and not isinstance(targets[0], ast.Subscript | ast.Attribute):
            return self.bind(targets[0], self.expr(value), node)
        held = self.temporary()
        steps: list[ast.stmt] = [assign(node, store(value, held), self.expr(value))]
        for target in targets:
            steps.extend(self.bind(target, load(value, held), node))
        return [*steps, delete(node, [held])]

    def _in_order(self, target: ast.expr, value: ast.expr) -> bool:
        """Whether evaluating the parts of ``target`` before ``value`` makes no difference."""
        if not isinstance(target, ast.Subscript | ast.Attribute):
            return False
        parts = [target.value, target.slice] if isinstance(target, ast.Subscript) else [target.value]
        return all(self.commute(part, value) for part in parts)

    def _write(self, target: ast.expr, value: ast.expr, origin: ast.stmt) -> ast.stmt:
        """The statement that stores the rewritten ``value`` to ``target``."""
        if isinstance(target, ast.Subscript):
            place = (self.expr(target.value), self.index(target.slice))
            return expression(origin, runtime_call(origin, "setitem", *place, value))
        if isinstance(target, ast.Attribute):
            base = self.expr(target.value)
            name = self.attribute_name(target)
            return expression(origin, runtime_call(origin, "setattribute", base, name, value))
        return assign(origin, target, value)

    def bind(self, target: ast.expr, value: ast.expr, origin: ast.stmt) -> list[ast.stmt]:
        """Statements that store the rewritten ``value`` to any target, in Python's order."""
        if isinstance(target, ast.Subscript | ast.Attribute) or _is_plain(target):
            return [self._write(target, value, origin)]
        unpacked, stores = self._target(target)
        return [assign(origin, unpacked, value), *stores]

    def _target(self, target: ast.expr) -> tuple[ast.expr, list[ast.stmt]]:
        """A target of names only, and the statements that bring the values to where they belong."""
        if _is_plain(target):
            return target, []
        leaves: list[tuple[str, ast.expr]] = []
        names = self._named(target, leaves)
        stores: list[ast.stmt] = []
        for name, leaf in leaves:
            origin = ast.copy_location(ast.Pass(), leaf)
            stores.append(self._write(leaf, load(leaf, name), origin))
        origin = ast.copy_location(ast.Pass(), target)
        return names, [*stores, delete(origin, [name for name, _ in leaves])]

    def _named(self, target: ast.expr, leaves: list[tuple[str, ast.expr]]) -> ast.expr:
        if isinstance(target, ast.Tuple | ast.List):
            elements = [self._named(element, leaves) for element in target.elts]
            return ast.copy_location(ast.Tuple(elts=elements, ctx=ast.Store()), target)
        if isinstance(target, ast.Starred):
            value = self._named(target.value, leaves)
            return ast.copy_location(ast.Starred(value=value, ctx=ast.Store()), target)
        name = self.temporary()
        leaves.append((name, target))
        return store(target, name)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        symbol = constant(node, BINARY[type(node.op)][1])
        target = node.target
        if isinstance(target, ast.Name):
            before = self.expr(load(target, target.id))
            value = runtime_call(node, "augment", symbol, before, self.expr(node.value))
            return [assign(node, target, value)]
        if isinstance(target, ast.Subscript):
            return self._augment_item(node, target, symbol)
        return self._augment_attribute(node, target, symbol)

    def _augment_item(
        self, node: ast.AugAssign, target: ast.Subscript, symbol: ast.Constant
    ) -> list[ast.stmt]:
        base, index = self.expr(target.value), self.index(target.slice)
        if _is_view(target.slice) or not self.may_run_code(node.value):
            written = runtime_call(node, "augment_item", base, index, symbol, self.expr(node.value))
            return [expression(node, written)]
        names = [self.temporary() for _ in range(3)]
        place = [load(target, name) for name in names[:2]]
        return [
            assign(node, store(target, names[0]), base),
            assign(node, store(target, names[1]), index),
            assign(node, store(target, names[2]), runtime_call(target, "getitem", *place)),
            assign(
                node,
                store(target, names[2]),
                runtime_call(node, "augment", symbol, load(target, names[2]), self.expr(node.value)),
            ),
            expression(node, runtime_call(node, "setitem", *place, load(target, names[2]))),
            delete(node, names),
        ]

    def _augment_attribute(
        self, node: ast.AugAssign, target: ast.Attribute, symbol: ast.Constant
    ) -> list[ast.stmt]:
        base, name = self.expr(target.value), self.attribute_name(target)
        if not self.may_run_code(node.value):
            written = runtime_call(node, "augment_attribute", base, name, symbol, self.expr(node.value))
            return [expression(node, written)]
        held, value = self.temporary(), self.temporary()
        place = [load(target, held), name]
        return [
            assign(node, store(target, held), base),
            assign(node, store(target, value), runtime_call(target, "attribute", *place)),
            assign(
                node,
                store(target, value),
                runtime_call(node, "augment", symbol, load(target, value), self.expr(node.value)),
            ),
            expression(node, runtime_call(node, "setattribute", *place, load(target, value))),
            delete(node, [held, value]),
        ]


def _is_plain(target: ast.expr) -> bool:
    """Whether a target binds names only."""
    return not contains(target, lambda part: isinstance(part, ast.Subscript | ast.Attribute))
