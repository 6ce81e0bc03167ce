"""A marked file: its text, its tree, and which of its functions are rewritten."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, TypeGuard, cast

from defnhook.syntax.names import Scope, module_scope

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_OFF: Final = re.compile(r"#[ \t]*defn:[ \t]*off[ \t]*$")
_LEFT_ALONE: Final = frozenset({"defnhook.transform", "typing.overload"})
HOST_METHODS: Final = frozenset(
    "__init__ __new__ __post_init__ __del__ __init_subclass__ __set_name__ __class_getitem__ __prepare__ "
    "__repr__ __str__ __format__ __hash__ __bool__ __len__ __iter__ __next__ __dir__ __sizeof__ "
    "__enter__ __exit__ __getattr__ __getattribute__ __setattr__ __delattr__ "
    "__get__ __set__ __delete__ __setitem__ __delitem__ "
    "__copy__ __deepcopy__ __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__".split()
)


class Source:
    """One file, parsed. ``environment`` gives the paths of names that its text does not bind."""

    def __init__(self, source: bytes | str, path: str, environment: Mapping[str, str] | None = None) -> None:
        self.path = path
        tree = compile(source, path, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
        self.tree = cast(ast.Module, tree)
        self.text = _decoded(source)
        self.lines = self.text.split("\n")
        self.scope: Scope = module_scope(self.tree, environment)
        self._off_lines = _off_lines(self.text)

    def blocks(self) -> list[tuple[list[ast.stmt], str]]:
        """Every block in which functions are rewritten, and the class that it is in (or "")."""
        return list(self._blocks(self.tree.body, ""))

    def functions(self) -> Iterator[tuple[ast.FunctionDef, str]]:
        """Every function that is rewritten, in the order of the text, and its class (or "")."""
        for block, class_name in self.blocks():
            for statement in block:
                if self.is_marked(statement):
                    yield statement, class_name

    def is_marked(self, statement: ast.stmt) -> TypeGuard[ast.FunctionDef]:
        """Whether ``statement``, of one of the blocks, is a function to rewrite.

        The methods by which Python makes, shows and keeps objects stay plain: they work on the object itself.
        """
        return (
            isinstance(statement, ast.FunctionDef)
            and statement.name not in HOST_METHODS
            and not self._is_off(statement)
            and not any(map(self._leaves_alone, statement.decorator_list))
        )

    def _blocks(self, block: list[ast.stmt], class_name: str) -> Iterator[tuple[list[ast.stmt], str]]:
        yield block, class_name
        for statement in block:
            if isinstance(statement, ast.ClassDef):
                if not self._is_off(statement):
                    yield from self._blocks(statement.body, statement.name)
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in _inner_blocks(statement):
                    yield from self._blocks(inner, class_name)

    def _is_off(self, node: Definition) -> bool:
        """Whether a line of the ``def`` or ``class`` header ends in ``# defn: off``."""
        last = max(node.lineno, node.body[0].lineno - 1)
        return not self._off_lines.isdisjoint(range(node.lineno, last + 1))

    def _leaves_alone(self, decorator: ast.expr) -> bool:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        return self.scope.resolve(function) in _LEFT_ALONE


def _decoded(source: bytes | str) -> str:
    if isinstance(source, str):
        return io.IncrementalNewlineDecoder(None, True).decode(source, final=True)
    return importlib.util.decode_source(source)


def _off_lines(text: str) -> frozenset[int]:
    """The lines on which ``# defn: off`` follows code."""
    if not re.search(r"#[ \t]*defn:[ \t]*off", text):
        return frozenset()
    return frozenset(
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
        and _OFF.search(token.string)
        and token.line[: token.start[1]].strip()
    )


def _inner_blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name, value in ast.iter_fields(statement):
        if not isinstance(value, list) or (name == "body" and _is_script_guard(statement)):
            continue
        if value and isinstance(value[0], ast.stmt):
            yield value
        for part in value:
            if isinstance(part, ast.ExceptHandler | ast.match_case):
                yield part.body


def _is_script_guard(statement: ast.stmt) -> bool:
    """``if __name__ == "__main__":``, either way round."""
    if not isinstance(statement, ast.If):
        return False
    return ast.unparse(statement.test) in ("__name__ == '__main__'", "'__main__' == __name__")
