"""``vmap``: functions of many elements made of marked functions of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from defnhook.batching import mapped
from defnhook.dispatch.derived import derive, traced_only

__all__ = ["vmap"]


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None
) -> Any:
    """A function of arrays that calls a marked function for each of their elements and stacks what it gives.

    It gives what ``np.stack([function(x) for x in xs])`` gives, but computes all elements at once: a product of a
    matrix and a vector becomes one product of matrices, a loop one loop over arrays.

    Parameters
    ----------
    function
        A marked function.
    in_axes
        Along which axis the elements of the arguments lie: a number for all of them, or a tuple with one entry for
        each. An entry is a number, None for an argument that is the same for all elements, or a structure of such in
        the structure of the argument. With a number for all, Python numbers are the same for all elements; arguments
        given by name have their elements along the first axis.
    out_axes
        Which axis of the results is to be that of the elements, a number or a structure of numbers in the structure of
        the result. None stands for a result that is the same for all elements.
    axis_size
        How many elements there are, where no argument is mapped over.

    Returns
    -------
    function
        A function with the same arguments.

    Raises
    ------
    ValueError
        When called, if the axes have different lengths or the arguments lack them.
    DefnTypeError
        If the function is not marked, or does what cannot be done for all elements at once.

    Examples
    --------
    >>> import numpy as np, defnhook
    >>> @defnhook.defn
    ... def length(x):
    ...     return np.sqrt(x @ x)
    >>> defnhook.vmap(length)(np.array([[3.0, 4.0], [6.0, 8.0]]))
    array([ 5., 10.])
    """

    def rule(f: Any, args: Any, keywords: Any) -> Any:
        return mapped.vmap(f, args, keywords, in_axes, out_axes, axis_size)

    options = {"in_axes": in_axes, "out_axes": out_axes, "axis_size": axis_size}
    return derive(function, vmap, options, rule)


traced_only(vmap)
