"""Gradients of functions that are being traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from defnhook.autodiff.adjoints import zeros
from defnhook.autodiff.reverse import swept
from defnhook.errors import DefnTypeError
from defnhook.graph import Node
from defnhook.trace import primitives
from defnhook.trace.calls import call
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.structure import transform
from defnhook.trace.tensor import Tensor, describe


class Leaves:
    """The numbers and arrays of some arguments that a function is differentiated by, and stand-ins for them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Node] = []

    def opened(self, value: Any, label: str) -> Any:
        """An argument with a stand-in for each of its leaves that has a derivative."""
        if is_value(value) and not self._has_derivative(value):
            raise DefnTypeError(
                f"{self.name}: {label} is {describe(as_value(value))}, which has no derivative; pass a float, or name "
                "the arguments to differentiate by with argnums"
            )
        return transform(value, lambda leaf, path: self._stand_in(leaf))

    @staticmethod
    def _has_derivative(value: Any) -> bool:
        return is_value(value) and as_value(value).dtype.kind in "fc"

    def _stand_in(self, leaf: Any) -> Any:
        if not self._has_derivative(leaf):
            return leaf
        value = as_value(leaf)
        made = (
            primitives.host(complex if value.dtype.kind == "c" else float, value)
            if value.kind == "python"
            else primitives.cast(value, value.dtype, copy=True)
        )
        self.nodes.append(made.node)
        return Tensor(made.node)

    def closed(self, value: Any, adjoints: Sequence[Tensor | None]) -> Any:
        """An argument with the adjoint of each leaf in its place, None where it has no derivative."""
        remaining = iter(zip(self.nodes, adjoints, strict=True))

        def rule(leaf: Any, path: str) -> Any:
            if not self._has_derivative(leaf):
                return None
            return _of_kind(*next(remaining))

        return transform(value, rule)


def _of_kind(node: Node, adjoint: Tensor | None) -> Tensor:
    """An adjoint as a number or an array of the kind of what it belongs to."""
    value = zeros(node) if adjoint is None else adjoint
    if node.type.kind == "python":
        return primitives.host(complex if node.dtype.kind == "c" else float, value)
    return primitives.cast(value, node.dtype, node.type.kind)


def value_and_grad(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    name: str = "grad",
) -> tuple[Any, Any]:
    """What a function gives, and its gradient with respect to some of its arguments."""
    places = (argnums,) if isinstance(argnums, int) else argnums
    chosen = tuple(_argument(args, place, name) for place in places)
    leaves = Leaves(name)
    given = list(args)
    for place, value in zip(places, chosen, strict=True):
        given[place] = leaves.opened(value, f"argument {place}")
    result = call(function, *given, **keywords)
    value = result[0] if has_aux else result
    root = _scalar(value, name)
    one = primitives.constant(root.dtype.type(1))
    seed = one if root.kind != "array" else primitives.cast(one, root.dtype, "array")
    adjoints = swept([(root.node, seed)], leaves.nodes)
    made = leaves.closed(chosen, adjoints)
    return result, made[0] if isinstance(argnums, int) else made


def _argument(args: tuple[Any, ...], place: int, name: str) -> Any:
    try:
        return args[place]
    except IndexError:
        raise TypeError(f"{name}: argnums names argument {place}, but there are {len(args)}") from None


def _scalar(value: Any, name: str) -> Tensor:
    if not is_value(value):
        raise DefnTypeError(f"{name}: the function has to give one number, not a {type(value).__name__}")
    made = as_value(value)
    if made.ndim or made.dtype.kind != "f":
        raise DefnTypeError(
            f"{name}: the function has to give one real number, not {describe(made)}; sum it, or use jacobian"
        )
    return made
