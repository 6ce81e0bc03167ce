"""Functions of complex numbers that are linear in the real and the imaginary part alone.

An adjoint of a complex number is that of its real part less 1j times that of its imaginary part, so that the adjoint of
``z`` for a holomorphic ``f(z)`` is that of the result times ``f'(z)``. It is the convention of JAX.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.graph import HOST, Node
from defnhook.trace.invoke import invoke
from defnhook.trace.tensor import Tensor


@dataclass(frozen=True)
class Part:
    """The adjoint of the operand from that of the result, and the tangent of the result from that of the operand."""

    pull: Callable[[Tensor, Tensor], Any]
    push: Callable[[Tensor, Tensor], Any]


def _direction(z: Tensor) -> Any:
    """``conj(z) / |z|``, and 0 at 0."""
    size = invoke(np.absolute, (z,), {})
    safe = invoke(np.where, (invoke(np.equal, (size, 0), {}), size.dtype.type(1), size), {})
    return invoke(np.conjugate, (z,), {}) / safe


PARTS = {
    "real": Part(lambda g, z: g * z.dtype.type(1), lambda t, z: invoke(np.real, (t,), {})),
    "imag": Part(lambda g, z: g * z.dtype.type(-1j), lambda t, z: invoke(np.imag, (t,), {})),
    "conjugate": Part(
        lambda g, z: invoke(np.conjugate, (g,), {}), lambda t, z: invoke(np.conjugate, (t,), {})
    ),
    "absolute": Part(lambda g, z: g * _direction(z), lambda t, z: invoke(np.real, (t * _direction(z),), {})),
}


def part_of(node: Node) -> Part | None:
    """What is known of a node that takes a complex number apart."""
    if not node.inputs or node.inputs[0].dtype.kind != "c":
        return None
    return PARTS.get(_python_part(node.params["function"]) if node.op is HOST else node.op.name)


def _python_part(function: Any) -> str:
    """Which part of a complex number of Python's a function gives: an attribute, a method, or ``abs``."""
    if function is abs or function is operator.abs:
        return "absolute"
    if isinstance(function, operator.attrgetter | operator.methodcaller):
        return str(function.__reduce__()[1][0])
    return ""
