"""Derivatives of functions of Python numbers: most are those of the function of NumPy or SciPy that means the same."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.errors import NoGradientError
from defnhook.ops import meaning
from defnhook.ops.kinds import Flat


@dataclass(frozen=True)
class Own:
    """A function that NumPy has not, or not of so many numbers."""

    name: str
    partials: Any


def _away_from_zero(x: Any) -> Any:
    return np.where(x == 0, 1.0, x)


def _from_origin(r: Any, *sides: Any) -> tuple[Any, ...]:
    return tuple(side / _away_from_zero(r) for side in sides)


def _from_another_point(r: Any, *numbers: Any) -> tuple[Any, ...]:
    half = len(numbers) // 2
    first = tuple((p - q) / _away_from_zero(r) for p, q in zip(numbers[:half], numbers[half:], strict=True))
    return (*first, *(-each for each in first))


OWN = {
    "complex": lambda r, x, y=0: (1, 1j),
    "dist": _from_another_point,
    "hypot": _from_origin,
    "frexp": lambda r, x: (r / _away_from_zero(x),),
    "ldexp": lambda r, x, i: (2.0**i, 0),
    "modf": lambda r, x: (1,),
    "modf_rest": Flat(),
    "remainder": lambda r, x, y: (1, (r - x) / y),
    "fma": lambda r, x, y, z: (y, x, 1),
}

_NAMES = "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan sinh cosh tanh fabs fmod copysign radians degrees"
_OTHER_NAMES = {
    "pow": "power",
    "atan2": "arctan2",
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
_OF_SCIPY = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
_MEANING: dict[Any, Any] = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.mod: np.remainder,
    operator.pow: np.power,
    operator.neg: np.negative,
    operator.pos: np.positive,
    operator.abs: np.absolute,
    abs: np.absolute,
    pow: np.power,
    max: np.maximum,
    min: np.minimum,
    float: np.positive,
}
for _name, _other in {**{name: name for name in _NAMES.split()}, **_OTHER_NAMES}.items():
    _MEANING[getattr(math, _name)] = getattr(np, _other)
_FLAT = (round, math.floor, math.ceil, math.trunc, operator.floordiv, int)


def partials_of_python(function: Callable[..., Any]) -> Any:
    """What has the partial derivatives of a function of Python numbers."""
    name = getattr(function, "__name__", "this function")
    if function in _FLAT:
        return Own(name, Flat())
    if function in _MEANING:
        return meaning(_MEANING[function])
    if name in OWN:
        return Own(name, OWN[name])
    if name in _OF_SCIPY:
        from scipy import special

        return meaning(getattr(special, _OF_SCIPY[name]))
    raise NoGradientError(f"{name}() of a Python number has no derivative; use the function of NumPy")
