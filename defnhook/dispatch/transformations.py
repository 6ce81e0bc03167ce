"""``grad`` and its relatives: functions made of marked functions, which run natively as those do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from defnhook.autodiff import callers, overrides, recomputing
from defnhook.batching import jacobians
from defnhook.dispatch.derived import derive as _derive
from defnhook.dispatch.derived import traced_only as _traced_only
from defnhook.trace.context import current

__all__ = [
    "checkpoint",
    "custom_grad",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "stop_grad",
    "value_and_grad",
    "vjp",
]

Argnums = int | tuple[int, ...]


def _settled(argnums: Any) -> Argnums:
    """``argnums`` as a number or a tuple of numbers."""
    if isinstance(argnums, int) and not isinstance(argnums, bool):
        return argnums
    if isinstance(argnums, tuple | list) and all(isinstance(place, int) for place in argnums):
        return tuple(argnums)
    raise TypeError(f"argnums={argnums!r} has to be a number or a tuple of numbers")


def grad(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """The gradient of a marked function that gives one real number.

    Parameters
    ----------
    function
        A marked function whose result is a real number, or, with ``has_aux``, a pair of one and anything else.
    argnums
        By which arguments, counted from 0; for a tuple, the result is a tuple.
    has_aux
        Whether the function gives something beside the number, which is handed on: ``(gradient, something)``.

    Returns
    -------
    function
        A function with the same arguments. A gradient has the structure, shapes and dtypes of the argument; whole
        numbers and truth values inside a structure have None.

    Raises
    ------
    NoGradientError
        When called, where something on the way has no derivative; it names the line.
    DefnTypeError
        If the function is not marked, an argument is not of floats, or the result is not one real number.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def energy(x):
    ...     return np.sum(x**2) / 2
    >>> defnhook.grad(energy)(np.array([1.0, 2.0]))
    array([1., 2.])
    """
    argnums = _settled(argnums)

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        result, made = callers.value_and_grad(f, args, keywords, argnums, has_aux)
        return (made, result[1]) if has_aux else made

    return _derive(function, grad, {"argnums": argnums, "has_aux": has_aux}, rule)


def value_and_grad(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """A function that gives both what a marked function gives and its gradient, in one native call.

    Parameters are those of :func:`grad`. ``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)`` works as it is.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def energy(x):
    ...     return np.sum(x**2) / 2
    >>> defnhook.value_and_grad(energy)(np.array([1.0, 2.0]))
    (np.float64(2.5), array([1., 2.]))
    """
    argnums = _settled(argnums)

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        return callers.value_and_grad(f, args, keywords, argnums, has_aux, "value_and_grad")

    return _derive(function, value_and_grad, {"argnums": argnums, "has_aux": has_aux}, rule)


def jvp(function: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """The result of a function, and how it changes where the arguments move (forward mode).

    Parameters
    ----------
    function
        A marked function.
    primals, tangents
        Tuples of the arguments, and of the direction in which each moves, of the same structure and shapes.

    Returns
    -------
    (result, tangent)
        The tangent has the structure of the result, None in the places of whole numbers.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def square(x):
    ...     return x * x
    >>> defnhook.jvp(square, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    return push_of(function)(tuple(primals), tuple(tangents))  # type: ignore[no-any-return]


def push_of(function: Any) -> Any:
    """The function of the arguments of a function and their tangents that gives its result and the tangent of that."""

    def like(primals: Any, tangents: Any) -> Any: ...

    return _derive(function, push_of, {}, lambda f, args, keywords: callers.jvp(f, *args), like)


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The result of a function, and a function from the adjoint of the result to those of the arguments (reverse mode).

    The second function runs the first one again, each time it is called, and keeps only the arguments.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def scale(a, x):
    ...     return a * x
    >>> result, pull = defnhook.vjp(scale, 2.0, np.array([1.0, 2.0]))
    >>> pull(np.array([1.0, 1.0]))
    (3.0, array([2., 2.]))
    """
    pull = pull_of(function)
    return value_of(function)(primals), _traced_only(lambda adjoint: pull(primals, adjoint))


def value_of(function: Any) -> Any:
    """The function of a tuple of the arguments of a function that gives its result, and writes into none of them."""

    def like(primals: Any) -> Any: ...

    return _derive(function, value_of, {}, lambda f, args, keywords: callers.value(f, *args), like)


def pull_of(function: Any) -> Any:
    """The function of the arguments of a function and the adjoint of its result that gives those of the arguments."""

    def like(primals: Any, cotangents: Any) -> Any: ...

    return _derive(function, pull_of, {}, lambda f, args, keywords: callers.vjp(f, *args), like)


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The result of a function, and the linear function that is its derivative at these arguments.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def square(x):
    ...     return x * x
    >>> result, derivative = defnhook.linearize(square, 3.0)
    >>> derivative(0.5)
    3.0
    """
    push = push_of(function)
    return value_of(function)(primals), _traced_only(lambda *tangents: push(primals, tangents)[1])


def jacobian(function: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """All derivatives of all results: forward where there are fewer arguments than results, otherwise reverse.

    Returns
    -------
    function
        It gives for each array of the result one of the shape ``(*result.shape, *argument.shape)``, in the structure
        of the result, and in that of the argument inside.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def polar(x):
    ...     return np.array([np.hypot(x[0], x[1]), np.arctan2(x[1], x[0])])
    >>> defnhook.jacobian(polar)(np.array([0.0, 2.0]))
    array([[ 0. ,  1. ],
           [-0.5,  0. ]])
    """
    return _jacobian(function, jacobian, argnums, None)


def jacfwd(function: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """:func:`jacobian` by forward mode: one pass for each element of the arguments."""
    return _jacobian(function, jacfwd, argnums, "forward")


def jacrev(function: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """:func:`jacobian` by reverse mode: one pass for each element of the results."""
    return _jacobian(function, jacrev, argnums, "reverse")


def _jacobian(function: Any, made_by: Any, argnums: Any, mode: str | None) -> Any:
    argnums = _settled(argnums)

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        return jacobians.jacobian(f, args, keywords, argnums, mode)

    return _derive(function, made_by, {"argnums": argnums}, rule)


def hessian(function: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """All second derivatives of a marked function that gives one real number: forward over reverse.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def product(x):
    ...     return x[0] * x[1] ** 2
    >>> defnhook.hessian(product)(np.array([1.0, 3.0]))
    array([[0., 6.],
           [6., 2.]])
    """
    argnums = _settled(argnums)

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        return jacobians.jacobian(grad(f, argnums), args, keywords, argnums, "forward")

    return _derive(function, hessian, {"argnums": argnums}, rule)


def hvp(function: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """The product of the second derivatives with a direction, without the matrix of them.

    Returns
    -------
    function
        It takes the arguments of ``function`` and then the direction, which is like argument ``argnums``; for a tuple
        of them, a tuple.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def quartic(x):
    ...     return np.sum(x**4) / 12
    >>> defnhook.hvp(quartic)(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([1., 4.])
    """
    argnums = _settled(argnums)

    def like(*args: Any, **keywords: Any) -> Any: ...

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        *given, direction = args
        places = callers.places_of("hvp", given, argnums)

        def moved(*values: Any) -> Any:
            filled = list(given)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            return grad(f, argnums)(*filled, **keywords)

        directions = (direction,) if isinstance(argnums, int) else tuple(direction)
        return callers.jvp(_traced_only(moved), tuple(given[place] for place in places), directions, "hvp")[1]

    return _derive(function, hvp, {"argnums": argnums}, rule, like)


def stop_grad(value: Any) -> Any:
    """The value itself, a constant as far as derivatives go.

    Parameters
    ----------
    value
        A number, an array, or a structure of such.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def f(x):
    ...     return x * defnhook.stop_grad(x)
    >>> defnhook.grad(f)(3.0)
    3.0
    """
    return value if current() is None else overrides.stopped(value)


def custom_grad(
    function: Callable[..., Any] | None = None,
    *,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
) -> Any:
    """A function with a derivative written by hand.

    Parameters
    ----------
    function
        A marked function; left out, the result is a decorator.
    vjp
        A marked function ``vjp(adjoint, result, *args)`` that gives a tuple of the adjoints of the arguments (the only
        one itself, where there is one), None for those that have none.
    jvp
        A marked function ``jvp(tangents, result, *args)`` that gives the tangent of the result; ``tangents`` is a
        tuple.

    Returns
    -------
    function
        It gives what ``function`` gives. Each mode of differentiation follows from the other where only one is given.

    Raises
    ------
    TypeError
        If neither ``vjp`` nor ``jvp`` is given.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def clipped(g, result, x):
    ...     return np.clip(g, -1.0, 1.0)
    >>> @defnhook.defn
    ... def identity(x):
    ...     return x * 1.0
    >>> gentle = defnhook.custom_grad(identity, vjp=clipped)
    >>> @defnhook.defn
    ... def loss(x):
    ...     return 100 * gentle(x)
    >>> defnhook.grad(loss)(2.0)
    1.0
    """
    if vjp is None and jvp is None:
        raise TypeError("custom_grad needs a vjp or a jvp")
    if function is None:
        return functools.partial(custom_grad, vjp=vjp, jvp=jvp)

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        return overrides.ruled(f, args, keywords, vjp, jvp)

    return _derive(function, custom_grad, {"vjp": vjp, "jvp": jvp}, rule)


def checkpoint(function: Callable[..., Any]) -> Any:
    """The function itself, whose reverse derivative keeps only the arguments of a call and computes the rest again.

    It takes less memory where a function makes large arrays on the way, and the time of a second call.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def layer(x):
    ...     return np.tanh(x @ x.T) @ x
    >>> @defnhook.defn
    ... def loss(x):
    ...     return np.sum(defnhook.checkpoint(layer)(x))
    >>> defnhook.grad(loss)(np.zeros((2, 2)))
    array([[0., 0.],
           [0., 0.]])
    """
    return _derive(function, checkpoint, {}, recomputing.recomputed)


for _name in __all__:
    _traced_only(globals()[_name])
