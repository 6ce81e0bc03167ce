"""Transformations of functions that are being traced: each calls the function and gives what is derived from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from defnhook.autodiff.adjoints import zeros
from defnhook.autodiff.forward import pushed
from defnhook.autodiff.reverse import swept
from defnhook.autodiff.structures import closed, has_derivative, leaves_of, matching
from defnhook.errors import DefnTypeError
from defnhook.graph import Node
from defnhook.trace import primitives
from defnhook.trace.calls import call
from defnhook.trace.context import transforming
from defnhook.trace.merging import as_value, is_value
from defnhook.trace.structure import children, transform
from defnhook.trace.tensor import Tensor, describe

Arguments = tuple[Any, ...]
Places = int | tuple[int, ...]


class Leaves:
    """The numbers and arrays of some arguments that a function is differentiated by, and stand-ins for them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Node] = []

    def opened(self, value: Any, label: str) -> Any:
        """An argument with a stand-in for each of its leaves that has a derivative."""
        if is_value(value) and not has_derivative(value):
            raise DefnTypeError(
                f"{self.name}: {label} is {describe(as_value(value))}, which has no derivative; pass a float, or "
                "name the arguments to differentiate by with argnums"
            )
        if not is_value(value) and children(value) is None:
            raise DefnTypeError(
                f"{self.name}: {label} is a {type(value).__name__}, which has no derivative; name the arguments to "
                "differentiate by with argnums"
            )
        return self.filled(value)

    def filled(self, value: Any) -> Any:
        """A structure with a stand-in for each of its leaves that has a derivative."""
        return transform(value, lambda leaf, path: self._stand_in(leaf))

    def _stand_in(self, leaf: Any) -> Any:
        if not has_derivative(leaf):
            return leaf
        value = as_value(leaf)
        made = (
            primitives.host(_PYTHON[value.dtype.kind], value)
            if value.kind == "python"
            else primitives.cast(value, value.dtype, copy=True)
        )
        self.nodes.append(made.node)
        return Tensor(made.node)


_PYTHON = {"f": float, "c": complex}


def in_kind(node: Node, value: Tensor | None) -> Tensor:
    """An adjoint or a tangent as a number or an array of the kind of what it belongs to."""
    made = zeros(node) if value is None else value
    if node.type.kind == "python":
        return primitives.host(_PYTHON[node.dtype.kind], made)
    return primitives.cast(made, node.dtype, node.type.kind)


def all_opened(name: str, args: Arguments) -> tuple[Leaves, Arguments, list[Any]]:
    """Stand-ins for all arguments; those that have no derivative stay as they are."""
    leaves = Leaves(name)
    return leaves, args, [leaves.filled(value) for value in args]


def places_of(name: str, args: Sequence[Any], argnums: Places) -> tuple[int, ...]:
    """The places of the arguments that ``argnums`` names."""
    places = (argnums,) if isinstance(argnums, int) else argnums
    for place in places:
        if not -len(args) <= place < len(args):
            raise TypeError(f"{name}: argnums={argnums} names argument {place}, but the call has {len(args)}")
    return tuple(place % len(args) for place in places)


def opened(name: str, args: Arguments, argnums: Places) -> tuple[Leaves, Arguments, list[Any]]:
    """Stand-ins for some arguments: what holds them, those arguments as they were, and all arguments with them."""
    places = places_of(name, args, argnums)
    leaves, given = Leaves(name), list(args)
    for place in places:
        given[place] = leaves.opened(args[place], f"argument {place}")
    return leaves, tuple(args[place] for place in places), given


def _called(function: Callable[..., Any], args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    with transforming():
        return call(function, *args, **keywords)


def value_and_grad(
    function: Callable[..., Any],
    args: Arguments,
    keywords: dict[str, Any],
    argnums: Places = 0,
    has_aux: bool = False,
    name: str = "grad",
) -> tuple[Any, Any]:
    """What a function gives, and its gradient with respect to some of its arguments."""
    leaves, chosen, given = opened(name, args, argnums)
    result = _called(function, given, keywords)
    root = _single(_first(result, name) if has_aux else result, name)
    adjoints = swept([(root.node, _one(root))], leaves.nodes)
    made = closed(chosen, [in_kind(n, a) for n, a in zip(leaves.nodes, adjoints, strict=True)])
    return result, made[0] if isinstance(argnums, int) else made


def _first(result: Any, name: str) -> Any:
    """The first of the two results of a function that gives something beside the number."""
    if isinstance(result, tuple) and len(result) == 2:
        return result[0]
    raise DefnTypeError(
        f"{name}: with has_aux, the function has to give a pair: the number and anything else"
    )


def _one(root: Tensor) -> Tensor:
    one = primitives.constant(root.dtype.type(1))
    return primitives.cast(one, root.dtype, "array") if root.kind == "array" else one


def _single(value: Any, name: str) -> Tensor:
    if not is_value(value):
        raise DefnTypeError(f"{name}: the function has to give one number, not a {type(value).__name__}")
    made = as_value(value)
    if made.ndim or made.dtype.kind != "f":
        way_out = "take its real part" if made.dtype.kind == "c" else "sum it"
        raise DefnTypeError(
            f"{name}: the function has to give one real number, not {describe(made)}; {way_out}, or use jacobian"
        )
    return made


def value(function: Callable[..., Any], primals: Arguments) -> Any:
    """What a function gives for copies of its arguments."""
    copies = [transform(each, lambda leaf, path: _copied(leaf)) for each in primals]
    return call(function, *copies)


def _copied(leaf: Any) -> Any:
    array = isinstance(leaf, Tensor) and leaf.kind == "array"
    return primitives.cast(leaf, leaf.dtype, copy=True) if array else leaf


def vjp(function: Callable[..., Any], primals: Arguments, cotangents: Any) -> Arguments:
    """The adjoints of all arguments, given those of the results."""
    leaves, chosen, given = all_opened("vjp", primals)
    results = leaves_of(_called(function, given, {}))
    values = matching("vjp", "cotangents", cotangents, results)
    adjoints = swept([(r.node, v) for r, v in zip(map(as_value, results), values, strict=True)], leaves.nodes)
    made = closed(chosen, [in_kind(n, a) for n, a in zip(leaves.nodes, adjoints, strict=True)])
    return tuple(made)


def jvp(
    function: Callable[..., Any], primals: Arguments, tangents: Arguments, name: str = "jvp"
) -> tuple[Any, Any]:
    """What a function gives, and how that changes where its arguments move."""
    leaves, chosen, given = all_opened(name, primals)
    values = matching(name, "tangents", tangents, leaves_of(chosen))
    result = _called(function, given, {})
    roots = [as_value(leaf).node for leaf in leaves_of(result)]
    made = pushed(roots, leaves.nodes, values)
    moved = closed(result, [in_kind(n, t) for n, t in zip(roots, made, strict=True)])
    return result, moved
