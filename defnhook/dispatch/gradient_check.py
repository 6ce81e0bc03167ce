"""Derivatives compared with differences: what tests of functions that are differentiated call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from defnhook.dispatch.transformations import jvp, pull_of, vjp
from defnhook.trace.structure import transform

__all__ = ["check_grads"]

STEP = 1e-3
Make = Callable[[tuple[int, ...]], Any]


def check_grads(
    function: Callable[..., Any], *args: Any, order: int = 2, rtol: float = 1e-5, seed: int = 0
) -> None:
    """Compare the derivatives of a marked function with differences of its results, in a random direction.

    Parameters
    ----------
    function
        A marked function, smooth around the arguments.
    args
        Its arguments: numbers and arrays of float64, or structures of them.
    order
        1 for first derivatives, 2 for second derivatives as well.
    rtol
        How far a derivative may be from the differences, relative to their size.
    seed
        Which random direction.

    Raises
    ------
    AssertionError
        Where they differ; it says which derivative, and gives both numbers.
    TypeError
        If there is no float among the arguments.

    Notes
    -----
    Differences are of fourth order, (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h with h = 0.001, along a direction of
    length one: see Abramowitz and Stegun, *Handbook of Mathematical Functions*, section 25.3.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def f(x):
    ...     return np.sum(np.sin(x) * x)
    >>> defnhook.check_grads(f, np.array([0.5, 1.5]))
    """
    if order not in (1, 2):
        raise ValueError(f"order={order} has to be 1 or 2")
    name = getattr(function, "__name__", "function")
    random = np.random.default_rng(seed)
    if not _leaves(args):
        raise TypeError(f"check_grads: the arguments of {name} hold no floats, by which to differentiate")
    normal = random.standard_normal
    direction, other = (_direction(args, normal) for _ in range(2))
    result, tangent = jvp(function, args, direction)
    weights = _like(result, normal)
    expected = _difference(lambda t: _product(weights, function(*_moved(args, direction, t))))
    _compare(f"the jvp of {name}", _product(weights, tangent), expected, rtol)
    _, pull = vjp(function, *args)
    _compare(f"the vjp of {name}", _product(direction, pull(weights)), expected, rtol)
    if order == 2:
        pulled = pull_of(function)
        expected = _difference(lambda t: _product(direction, pulled(_moved(args, other, t), weights)))
        zero = _like(weights, np.zeros)
        forward = jvp(pulled, (args, weights), (other, zero))[1]
        _compare(f"the jvp of the vjp of {name}", _product(direction, forward), expected, rtol)
        reverse = vjp(pulled, args, weights)[1](direction)[0]
        _compare(f"the vjp of the vjp of {name}", _product(other, reverse), expected, rtol)


def _leaves(value: Any) -> list[Any]:
    found: list[Any] = []
    transform(value, lambda leaf, path: found.append(leaf) if np.asarray(leaf).dtype.kind in "fc" else None)
    return found


def _like(value: Any, make: Make) -> Any:
    """A structure of new numbers in the places of floats, None in the others."""

    def made(leaf: Any, path: str) -> Any:
        array = np.asarray(leaf)
        if array.dtype.kind not in "fc":
            return None
        imaginary = 1j * make(array.shape) if array.dtype.kind == "c" else 0.0
        return np.asarray(make(array.shape) + imaginary).astype(array.dtype)[()]

    return transform(value, made)


def _direction(args: Any, make: Make) -> Any:
    direction = _like(args, make)
    length = np.sqrt(sum(float(np.sum(np.abs(leaf) ** 2)) for leaf in _leaves(direction)))
    return transform(direction, lambda leaf, path: None if leaf is None else leaf / length)


def _moved(args: Any, direction: Any, t: float) -> Any:
    steps = iter(_leaves(direction))
    return transform(
        args, lambda leaf, path: leaf + t * next(steps) if np.asarray(leaf).dtype.kind in "fc" else leaf
    )


def _product(a: Any, b: Any) -> float:
    pairs = zip(_leaves(a), _leaves(b), strict=True)
    return sum(float(np.sum(x * y).real) for x, y in pairs)


def _difference(function: Callable[[float], float]) -> float:
    """The derivative at 0 by differences of fourth order."""
    near = function(STEP) - function(-STEP)
    far = function(2 * STEP) - function(-2 * STEP)
    return (8 * near - far) / (12 * STEP)


def _compare(what: str, actual: float, expected: float, rtol: float) -> None:
    if not abs(actual - expected) <= rtol * max(abs(expected), abs(actual), 1e-3):
        raise AssertionError(f"{what} is {actual!r} along a direction, and differences give {expected!r}")
