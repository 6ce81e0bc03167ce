"""Cholesky's factor of a matrix: what is solved with it, and its diagonal, need no adjoint of a whole factor.

What `cho_solve` gives is a function of the matrix, which gets the adjoint past the factor: `-(u v.T + v u.T) / 2` for a
solution `v` and the solution `u` of its adjoint. An adjoint that is zero beside the diagonal, as that of the logarithm
of a determinant, spares a product of matrices. Both are most of what the likelihood of a Gaussian process needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defnhook.autodiff.adjoints import Adjoints, number_in
from defnhook.graph import RESHAPE, TRANSPOSE, UPDATE, Node
from defnhook.ops.linear import product
from defnhook.ops.steps import leave
from defnhook.trace.tensor import Tensor


def pull(node: Node, g: Any, adjoints: Adjoints, moving: set[int]) -> bool:
    """Hand on the adjoint of a real Cholesky factor or of what it solves; False where it is to go the usual way."""
    rule = _RULES.get(node.op.name)
    return rule is not None and node.dtype.kind == "f" and rule(node, g, adjoints, moving)


def _pull_solution(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> bool:
    factor, b = node.inputs
    lower = node.params["lower"]
    if not _is_factor(factor, lower) or id(factor) not in moving or id(factor) in adjoints.ends:
        return False
    (matrix,) = factor.inputs
    for_b = leave(node.op, Tensor(factor), g, lower=lower, check_finite=False)  # type: ignore[arg-type]
    if id(b) in moving:
        adjoints.add(b, for_b)
    if id(matrix) in moving:
        u, v = (each[:, None] if each.ndim == 1 else each for each in (for_b, Tensor(node)))
        both = product(u, np.transpose(v)) + product(v, np.transpose(u))
        adjoints.add(matrix, both * -0.5)
    return True


def _is_factor(node: Node, lower: bool) -> bool:
    """Whether a node is the factor of a matrix, in this triangle."""
    return _RULES.get(node.op.name) is _pull_factor and node.ndim == 2 and _is_lower(node) == lower


def _is_lower(factor: Node) -> bool:
    """Whether a factor is the lower one: NumPy's has ``upper``, SciPy's ``lower``."""
    return bool(factor.params.get("lower", not factor.params.get("upper", False)))


def _pull_factor(node: Node, g: Tensor, adjoints: Adjoints, moving: set[int]) -> bool:
    if node.ndim != 2 or not _is_diagonal(g.node):
        return False
    from defnhook.ops.matrices import twice_divided

    (matrix,) = node.inputs
    factor = Tensor(node)
    inner = factor * g * 0.5
    adjoints.add(matrix, leave(twice_divided, inner, factor if _is_lower(node) else np.transpose(factor)))
    return True


def _is_diagonal(node: Node) -> bool:
    """Whether a square matrix is known to be zero beside its diagonal: one made of zeros and a write into that."""
    while node.op is TRANSPOSE:
        (node,) = node.inputs
    if node.op is not RESHAPE or node.inputs[0].op is not UPDATE:
        return False
    update, n = node.inputs[0], node.shape[0]
    base = update.inputs[0]
    return (
        node.shape == (n, n)
        and update.shape == (n * n,)
        and len(update.inputs) == 2
        and tuple(update.params["ranges"]) == ((0, n + 1, n),)
        and number_in(base) == 0
    )


_RULES = {"cholesky": _pull_factor, "cholesky_factor": _pull_factor, "cholesky_solution": _pull_solution}
