"""How far rounding may take a plain program: its text run again with errors put into what is rounded in many steps.

Sums of two numbers, products, quotients and comparisons are left alone, so that a program of such steps alone has
to agree exactly. This sees the text only, nothing of what compiles it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

SAMPLES = 3
UNITS = 8
MARGIN = 4
LARGEST_INTEGER = 2**63
LONGEST_SHIFT = 64
MOST_STEPS = 20_000
SUMS = frozenset({"sum", "mean", "cumsum", "trace"})
PRODUCTS = frozenset({"dot", "matmul"})
FUNCTIONS = frozenset({"exp", "log", "sin", "cos", "tanh", "power", "std", "var", "prod"})
EITHER_ZERO = frozenset({"sum", "max", "min", "maximum", "minimum", "clip"})
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}  # fmt: skip


class TooLarge(Exception):
    """A Python integer has left 64 bits, or the program takes too many steps."""


class Shaker(ast.NodeTransformer):
    """Rewrites a program so that calls and operators go through a :class:`Hand`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "abs":
            return _through("call", ast.Constant("abs"), node.func, *node.args)
        if isinstance(node.func, ast.Attribute):
            return _through(
                "call", ast.Constant(node.func.attr), node.func, *node.args, keywords=node.keywords
            )
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _through("binary", ast.Constant(type(node.op).__name__), node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.AST]:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return [node]
        loaded = ast.Name(node.target.id, ast.Load())
        return [node, ast.Expr(_through("watch", loaded))]


def _through(method: str, *arguments: ast.expr, keywords: Any = ()) -> ast.Call:
    hand = ast.Attribute(ast.Name("__hand__", ast.Load()), method, ast.Load())
    return ast.Call(hand, list(arguments), list(keywords))


class Hand:
    """Puts errors into what passes through it; a hand without ``rng`` only watches the integers."""

    def __init__(self, rng: Any = None) -> None:
        self.rng = rng
        self.steps = 0

    def watch(self, value: Any) -> Any:
        self.steps += 1
        if self.steps > MOST_STEPS or (type(value) is int and abs(value) >= LARGEST_INTEGER):
            raise TooLarge
        return value

    def binary(self, name: str, left: Any, right: Any) -> Any:
        if name == "LShift" and type(right) is int and right > LONGEST_SHIFT:
            raise TooLarge
        value = self.watch(OPERATORS[getattr(ast, name)](left, right))
        if name == "MatMult":
            return self.shaken(value, _product(left, right))
        rounded = name == "Pow" or (np.iscomplexobj(value) and name in ("Mult", "Div"))
        return self.shaken(value, np.abs(value)) if rounded else value

    def call(self, name: str, function: Any, *args: Any, **keywords: Any) -> Any:
        value = function(*args, **keywords)
        if name == "at" and self.rng is not None:
            args[0][...] = self.shaken(args[0], np.abs(args[0]))
        if "out" in keywords or value is None or self.rng is None:
            return value
        operands = (function.__self__, *args) if _is_method(function) else args
        if name in EITHER_ZERO:
            value = self.signed(value)
        if name in PRODUCTS:
            return self.shaken(value, _product(*operands[:2]))
        if name in SUMS:
            return self.shaken(value, np.sum(np.abs(operands[0])) if np.size(operands[0]) else 0.0)
        rounded = name in FUNCTIONS or (name == "abs" and np.iscomplexobj(operands[0]))
        return self.shaken(value, np.abs(value)) if rounded else value

    def signed(self, value: Any) -> Any:
        """A zero may have either sign."""
        if not _is_float(value):
            return value
        signs = np.copysign(0.0, self.rng.uniform(-1, 1, np.shape(value)))
        return np.where(value == 0, signs, value).astype(value.dtype)[()]

    def shaken(self, value: Any, magnitude: Any) -> Any:
        """A value with an error of a few units of its magnitude."""
        if self.rng is None or not _is_float(value):
            return value
        size = UNITS * np.finfo(np.asarray(value).dtype).eps * magnitude
        error = self.rng.uniform(-1, 1, np.shape(value)) * size
        result = value + np.where(np.isfinite(error), error, 0)
        return type(value)(result) if isinstance(value, float | complex) else result.astype(value.dtype)[()]


def _is_method(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), np.ndarray | np.generic)


def _is_float(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fc"
    return isinstance(value, float | complex)


def _product(left: Any, right: Any) -> Any:
    return (
        np.matmul(np.abs(left), np.abs(right)) if np.ndim(left) and np.ndim(right) else np.abs(left * right)
    )


def shaken(source: str) -> CodeType:
    """The code of a program whose calls and operators go through ``__hand__``."""
    tree = ast.fix_missing_locations(Shaker().visit(ast.parse(source)))
    return compile(tree, "<shaken>", "exec")


def shaken_module(source: str, space: dict[str, Any], hand: Hand) -> dict[str, Any]:
    """The names of a plain program whose calls go through a hand."""
    names = {**space, "__hand__": hand}
    exec(shaken(source), names)
    return names


def spread(first: Any, other: Any) -> Any:
    """How far two values are apart, element by element; None where rounding decides something."""
    if type(first) is not type(other):
        return None
    a, b = np.asarray(first), np.asarray(other)
    if a.dtype != b.dtype or a.shape != b.shape:
        return None
    if a.dtype.kind not in "fc":
        return np.zeros(a.shape) if np.array_equal(a, b) else None
    finite = np.isfinite(a) & np.isfinite(b)
    same = (a == b) | ((a != a) & (b != b))
    if not np.all(finite | same):
        return None
    distance = np.where(finite, np.abs(a.astype(np.complex128) - b), 0.0)
    return None if _is_large(distance, a) else distance


def _is_large(distance: Any, value: Any) -> bool:
    """Whether an error is no rounding any more."""
    if not value.size:
        return False
    largest = np.max(np.abs(value), where=np.isfinite(value), initial=0)
    return bool(np.max(distance) > np.sqrt(np.finfo(value.dtype).eps) * largest)


def with_floor(bound: Any, value: Any) -> Any:
    """Where anything is rounded at all, a few units of the largest value are allowed."""
    value = np.asarray(value)
    if value.dtype.kind not in "fc" or not (bound.any() or value.dtype.kind == "c"):
        return bound
    largest = np.max(np.abs(value), where=np.isfinite(value), initial=0)
    return np.maximum(MARGIN * bound, UNITS * np.finfo(value.dtype).eps * largest)
