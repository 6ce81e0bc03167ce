"""Functions of ``math`` and ``cmath`` on traced numbers: Python's own, run by Python or as native arithmetic."""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.trace import folds, primitives
from defnhook.trace.selections import Selection
from defnhook.trace.tensor import Tensor

_MATH = frozenset(f for f in [*vars(math).values(), *vars(cmath).values()] if callable(f))
DIST_LIMIT = 16


def is_math(callee: Any) -> bool:
    """Whether a callable is one of these functions."""
    try:
        return callee in _MATH
    except TypeError:
        return False


def holds_array(value: Any) -> bool:
    """Whether a value is traced or an array, or holds one."""
    if isinstance(value, Tensor | np.ndarray | Selection):
        return True
    if isinstance(value, dict):
        return any(map(holds_array, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_array, value))


def call_math(callee: Any, args: Any, keywords: Any) -> Any:
    """A function of numbers called with values of which one at least may be traced."""
    if not holds_array((args, keywords)):
        return callee(*args, **keywords)
    special = _SPECIAL.get(callee)
    if special is not None:
        return special(*args, **keywords)
    return _of_numbers(callee, *args)


def _of_numbers(callee: Callable[..., Any], *args: Any) -> Any:
    return primitives.host(callee, *[single(value) for value in args])


def single(value: Any) -> Any:
    """A number, or an array that Python converts to one."""
    if isinstance(value, Tensor) and value.type.size != 1:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return value


def _logarithm(x: Any, base: Any = None) -> Any:
    """With a base, the quotient of two logarithms, as in Python."""
    if base is None:
        return _of_numbers(math.log, x)
    over, under = (call_math(math.log, (value,), {}) for value in (x, base))
    return primitives.host(operator.truediv, over, under)


def _hypotenuse(*sides: Any) -> Any:
    if len(sides) == 2 or not primitives.in_block():
        return _of_numbers(math.hypot, *sides)
    length = _of_numbers(math.fabs, sides[0])
    for side in sides[1:]:
        length = _of_numbers(math.hypot, length, side)
    return length


def _distance(p: Any, q: Any) -> Any:
    first, second = _coordinates(p), _coordinates(q)
    if len(first) != len(second):
        raise ValueError("both points must have the same number of dimensions")
    count = len(first)

    def dist(*numbers: float) -> float:
        return math.dist(numbers[:count], numbers[count:])

    return _of_numbers(dist, *first, *second)


def _coordinates(point: Any) -> list[Any]:
    length = len(point)
    if length > DIST_LIMIT:
        raise DefnTypeError(
            f"math.dist() takes up to {DIST_LIMIT} coordinates here; use np.linalg.norm(p - q)"
        )
    return [point[place] for place in range(length)]


def _refuse_sum(values: Any) -> Any:
    raise DefnTypeError("math.fsum() is not part of the defn language; use np.sum, which adds in pairs")


def _is_close(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    def isclose(a: float, b: float, rel_tol: float, abs_tol: float) -> bool:
        return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)

    return _of_numbers(isclose, a, b, rel_tol, abs_tol)


def _parts(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """Both parts of a number."""

    def part(place: int) -> Callable[[Any], Any]:
        def of(x: Any) -> Any:
            return function(x)[place]

        of.__name__ = f"{function.__name__}_rest" if place else function.__name__
        return of

    first, second = part(0), part(1)
    return lambda x: (_of_numbers(first, x), _of_numbers(second, x))


def _truncated(x: Any) -> Any:
    """Of NumPy's scalars, only those that are Python floats as well have whole parts."""
    if not isinstance(x, Tensor) or x.kind == "python":
        return _of_numbers(math.trunc, x)
    if x.kind == "array" or x.dtype != np.float64:
        kind = "ndarray" if x.kind == "array" else x.dtype.name
        raise TypeError(f"type numpy.{kind} doesn't define __trunc__ method")
    return _of_numbers(math.trunc, _of_numbers(float, x))


_SPECIAL: dict[Any, Callable[..., Any]] = {
    math.dist: _distance,
    math.frexp: _parts(math.frexp),
    math.fsum: _refuse_sum,
    math.hypot: _hypotenuse,
    math.isclose: _is_close,
    math.log: _logarithm,
    math.modf: _parts(math.modf),
    math.prod: folds.product,
    math.trunc: _truncated,
}
