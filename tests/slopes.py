"""The slopes of a function of arrays in random directions, by each mode and by differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import defnhook
from defnhook.autodiff.forward import pushed
from defnhook.autodiff.levels import Level
from defnhook.autodiff.reverse import swept
from defnhook.ops import Library
from defnhook.trace import primitives
from defnhook.trace.calls import call
from defnhook.trace.merging import as_value, is_value

Arrays = Sequence[Any]

STEP = 1e-5
MET: set[str] = set()  # the steps that derivatives were taken of


def numbers(result):
    """The parts of a result that have derivatives."""
    if is_value(result) or isinstance(result, np.ndarray | np.generic):
        dtype = getattr(result, "dtype", None)
        return [result] if dtype is not None and dtype.kind in "fc" else []
    return [part for each in result for part in numbers(each)] if isinstance(result, tuple | list) else []


def weighted(result):
    """One real number of a result: its parts times fixed weights."""
    total = 0.0
    for place, part in enumerate(numbers(result)):
        size = int(np.prod(part.shape))
        weights = np.cos(1.0 + place + np.arange(size)).reshape(part.shape)
        if part.dtype.kind == "c":
            total = total + np.sum(weights * np.real(part)) + np.sum(np.sin(3 * weights) * np.imag(part))
        else:
            total = total + np.sum(weights * part)
    return total


def along(adjoints, ways):
    """How much a number changes along directions, by its adjoints."""
    total = 0.0
    for adjoint, way in zip(adjoints, ways, strict=True):
        if adjoint is not None:
            total = total + np.sum(np.real(adjoint * way))
    return total


def steps_of(root, sources):
    """The names of the steps that a number is made in."""
    order = Level([root], sources).order
    return {node.op.name for node in order if isinstance(node.op, Library)}


@defnhook.transform
def slopes(function, arguments, first, second):
    """The change of ``weighted`` along a direction forwards and backwards, and that of the latter along another."""
    moved = [primitives.cast(as_value(value), as_value(value).dtype, copy=True) for value in arguments]
    nodes = [value.node for value in moved]
    total = as_value(weighted(call(function, *moved)))
    if not hasattr(total, "node"):
        return total, 0.0, 0.0, 0.0, 0.0
    MET.update(steps_of(total.node, nodes))
    (forward,) = pushed([total.node], nodes, list(first))
    adjoints = swept([(total.node, primitives.constant(np.float64(1)))], nodes)
    change = as_value(along(adjoints, first))
    if not hasattr(change, "node") or forward is None:
        return total, 0.0, 0.0, 0.0, 0.0
    MET.update(steps_of(change.node, nodes))
    (twice,) = pushed([change.node], nodes, list(second))
    back = swept([(change.node, primitives.constant(np.float64(1)))], nodes)
    return total, forward, change, 0.0 if twice is None else twice, along(back, second)


def directions(values: dict[str, Any], seed: int) -> dict[str, Any]:
    """A direction for each array; that called s is symmetric and stays so."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, value in values.items():
        way = rng.normal(size=value.shape) + (
            1j * rng.normal(size=value.shape) if value.dtype.kind == "c" else 0
        )
        made[name] = way + way.conj().T if name == "s" else way
    return made


def shifted(values: Arrays, ways: Arrays, step: float) -> tuple[Any, ...]:
    return tuple(value + step * way for value, way in zip(values, ways, strict=True))


def central(function: Callable[[Arrays], float], values: Arrays, ways: Arrays, step: float = STEP) -> float:
    """The derivative of a number along directions, by differences."""
    return (function(shifted(values, ways, step)) - function(shifted(values, ways, -step))) / (2 * step)
