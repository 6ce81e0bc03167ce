# defn
"""Functions that NumPy lacks: loops, branches and folds as functions of functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.ops.kinds import Written
from defnhook.ops.own_static import axes_of, checked_callable, common_dtype, kept_shape, product


def reduce(x: Any, initial: Any, f: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Fold the elements along axes with a function, the first ones first.

    Parameters
    ----------
    x
        An array.
    initial
        The first value of the fold: one number.
    f
        ``f(folded, elements)``: it combines two arrays of one shape element by element.
    axis
        An axis or several; all of them for None.
    keepdims
        Whether the axes stay, with the length 1.

    Returns
    -------
    folded
        The axes folded away; of the dtype to which ``x`` and ``initial`` promote.

    Raises
    ------
    TypeError
        Where ``f`` is no function.
    numpy.exceptions.AxisError
        Where ``x`` has no such axis.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.reduce([[1, 2], [3, 4]], 0, lambda a, b: 10 * a + b, axis=1).tolist()
    [12, 34]
    """
    x = np.asarray(x)
    checked_callable("f", f)
    axes = axes_of(axis, x.ndim)
    dtype = common_dtype(x, initial)
    others = tuple(place for place in range(x.ndim) if place not in axes)
    rest = tuple(x.shape[place] for place in others)
    rows = np.reshape(np.transpose(x, (*axes, *others)), (product([x.shape[place] for place in axes]), *rest))
    folded = np.full(rest, initial, dtype)
    for place in range(rows.shape[0]):
        folded = np.asarray(f(folded, rows[place].astype(dtype, copy=False))).astype(dtype, copy=False)
    return np.reshape(folded, kept_shape(x.shape, axes)) if keepdims else folded[()]


def scan(f: Any, initial: Any, xs: Any) -> Any:
    """Carry a value from row to row and collect what each row gives.

    Parameters
    ----------
    f
        ``f(carry, row)`` gives ``(carry, y)``. The carry keeps its shapes and dtypes.
    initial
        The first carry: a number, an array, or a tuple of such.
    xs
        An array, whose rows along axis 0 are taken one after the other.

    Returns
    -------
    carry, ys
        The last carry, and all ``y`` along a new axis 0.

    Raises
    ------
    TypeError, ValueError
        Where ``f`` is no function, or ``xs`` has no rows.

    Examples
    --------
    >>> import numpy as np
    >>> from defnhook import ops
    >>> total, sums = ops.scan(lambda total, x: (total + x, total + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(total), sums.tolist()
    (6.0, [1.0, 3.0, 6.0])
    """
    xs = np.asarray(xs)
    checked_callable("f", f)
    if xs.ndim == 0 or xs.shape[0] == 0:
        raise ValueError("xs must have at least one row; pass an array that is not empty along axis 0")
    carry, y = f(initial, xs[0])
    first = np.asarray(y)
    ys = np.empty((xs.shape[0], *first.shape), first.dtype)
    ys[0] = first
    for place in range(1, xs.shape[0]):
        carry, y = f(carry, xs[place])
        ys[place] = y
    return carry, ys


def cond(test: Any, f: Any, g: Any, *operands: Any) -> Any:
    """``f(*operands)`` where the test is true, otherwise ``g(*operands)``; only one of them is computed.

    Parameters
    ----------
    test
        One number or truth value.
    f, g
        Functions of the operands, whose results have the same structure, shapes and dtypes.
    *operands
        What they are called with.

    Returns
    -------
    result
        What the function gives.

    Raises
    ------
    TypeError
        Where ``f`` or ``g`` is no function.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.cond(3 > 2, lambda x: x + 1, lambda x: x - 1, 10)
    11
    """
    checked_callable("f", f)
    checked_callable("g", g)
    if test:
        found = f(*operands)
    else:
        found = g(*operands)
    return found


def while_loop(test: Any, body: Any, *state: Any) -> Any:
    """Change a state as long as a test of it is true.

    Parameters
    ----------
    test
        ``test(*state)``: one number or truth value.
    body
        ``body(*state)`` gives the next state: a tuple, or the value itself where the state is one. It keeps its shapes
        and dtypes.
    *state
        The first state.

    Returns
    -------
    state
        The last state: a tuple, or the value itself where the state is one.

    Raises
    ------
    TypeError, ValueError
        Where ``test`` or ``body`` is no function, or there is no state.

    Examples
    --------
    >>> from defnhook import ops
    >>> ops.while_loop(lambda i, total: i < 5, lambda i, total: (i + 1, total + i), 0, 0)
    (5, 10)
    """
    checked_callable("test", test)
    checked_callable("body", body)
    if not state:
        raise ValueError("state is empty; pass the values that the loop changes after test and body")
    if len(state) == 1:
        value = state[0]
        while test(value):
            value = body(value)
        return value
    while test(*state):
        state = body(*state)
    return state


_FILE = "ops/own_control"
REDUCE = Written(reduce, source=f"{_FILE}.reduce")
SCAN = Written(scan, source=f"{_FILE}.scan", arrays=False)
COND = Written(cond, source=f"{_FILE}.cond", arrays=False)
WHILE_LOOP = Written(while_loop, source=f"{_FILE}.while_loop", arrays=False)
