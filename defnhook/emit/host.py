"""Python's arithmetic on numbers of 64 bits, as expressions of emitted code."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from defnhook.emit.storage import constructor
from defnhook.graph import Node
from defnhook.trace.numbers import (
    counted_from_front,
    difference_overflows,
    is_outside,
    product_overflows,
    select,
    sum_overflows,
)

HOST: dict[Callable[..., Any], dict[str, str] | str] = {
    operator.add: dict.fromkeys("ifc", "{x} + {y}"),
    operator.sub: dict.fromkeys("ifc", "{x} - {y}"),
    operator.mul: dict.fromkeys("ifc", "{x} * {y}"),
    operator.truediv: {"f": "{x} / {y}"},
    operator.floordiv: {"i": "int_floor_divide({x}, {y})", "f": "floor_divide_f({x}, {y})"},
    operator.mod: {"i": "int_mod({x}, {y})", "f": "floor_mod_f({x}, {y})"},
    operator.pow: {"i": "int_power({x}, {y})", "f": "power({x}, {y})"},
    operator.neg: dict.fromkeys("ifc", "-{x}"),
    operator.pos: dict.fromkeys("ifc", "+{x}"),
    operator.invert: {"i": "~{x}"},
    operator.and_: {"b": "{x} & {y}", "i": "{x} & {y}"},
    operator.or_: {"b": "{x} | {y}", "i": "{x} | {y}"},
    operator.xor: {"b": "{x} ^ {y}", "i": "{x} ^ {y}"},
    operator.lshift: {"i": "shift_left({x}, {y})"},
    operator.rshift: {"i": "shift_right({x}, {y})"},
    operator.lt: "{x} < {y}",
    operator.le: "{x} <= {y}",
    operator.gt: "{x} > {y}",
    operator.ge: "{x} >= {y}",
    operator.eq: dict.fromkeys("ifc", "{x} == {y}"),
    operator.ne: dict.fromkeys("ifc", "{x} != {y}"),
    operator.not_: {"b": "not {x}", "i": "{x} == 0", "f": "{x} == 0.0"},
    abs: {"i": "abs({x})", "f": "fabs({x})", "c": "hypot(real({x}), imag({x}))"},
    complex: {"f": "complex({x}, {y})", "c": "{x}"},
    is_outside: {"i": "np.uint64({x} + {y}) >= np.uint64({y} + {y})"},
    counted_from_front: {"i": "select({x} < 0, {x} + {y}, {x})"},
    sum_overflows: {"i": "add_overflows({x}, {y})"},
    difference_overflows: {"i": "subtract_overflows({x}, {y})"},
    product_overflows: {"i": "multiply_overflows({x}, {y})"},
    select: dict.fromkeys("bifc", "select({x}, {y}, {z})"),
    min: "select({y} < {x}, {y}, {x})",
    max: "select({y} > {x}, {y}, {x})",
    int: "np.int64({x})",
    float: "np.float64({x})",
    bool: {"b": "{x}", "i": "{x} != 0", "f": "{x} != 0.0"},
    operator.index: "{x}",
    math.sqrt: {"f": "sqrt({x})"},
    math.fabs: {"f": "fabs({x})"},
    math.floor: {"f": "np.int64(floor({x}))", "i": "{x}"},
    math.ceil: {"f": "np.int64(ceil({x}))", "i": "{x}"},
    math.trunc: {"f": "np.int64(trunc({x}))", "i": "{x}"},
    round: {"f": "np.int64(rint({x}))", "i": "{x}"},
    math.hypot: {"f": "hypot({x}, {y})"},
    math.atan2: {"f": "arctan2({x}, {y})"},
    math.pow: {"f": "power({x}, {y})"},
    math.copysign: {"f": "copysign({x}, {y})"},
    math.fmod: {"f": "fmod({x}, {y})"},
    math.isnan: {"f": "isnan({x})"},
    math.isinf: {"f": "isinf({x})"},
    math.isfinite: {"f": "isfinite({x})"},
    math.degrees: {"f": "{x} * 57.29577951308232"},
    math.radians: {"f": "{x} * 0.017453292519943295"},
    **{
        getattr(math, name): {"f": f"{loop}({{x}})"}
        for name, loop in {
            "exp": "exp", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
            "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
            "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh",
            "atanh": "arctanh", "erf": "erf", "erfc": "erfc", "cbrt": "cbrt",
        }.items()
        if hasattr(math, name)
    },
}  # fmt: skip


def host_loop(node: Node) -> tuple[str, str] | None:
    """The expression of a node of Python arithmetic and the kind its operands take; None where there is none."""
    function = node.params["function"]
    kinds = [operand.dtype.kind for operand in node.inputs]
    kind = _common_kind(kinds[1:] if function is select else kinds)
    if isinstance(function, operator.attrgetter):
        return (_PARTS.get(function.__reduce__()[1][0], ""), "c") if kind == "c" else None
    row = HOST.get(function) if getattr(function, "__hash__", None) else None
    if row is None or (function is math.hypot and len(kinds) != 2):
        return None
    if isinstance(row, str):
        return None if kind == "c" else (row, "i" if kind == "b" and len(node.inputs) > 1 else kind)
    for candidate in {"b": "bif", "i": "if", "f": "f", "c": "c"}[kind]:
        if candidate in row:
            return row[candidate], candidate
    return None


def _common_kind(kinds: Sequence[str]) -> str:
    if "c" in kinds:
        return "c"
    if "f" in kinds:
        return "f"
    return "i" if "i" in kinds or "u" in kinds else "b"


_OPERAND = {"b": "{0}", "i": "np.int64({0})", "f": "np.float64({0})", "c": "np.complex128({0})"}
_PARTS = {"real": "real({x})", "imag": "imag({x})"}


def host_text(node: Node, operands: list[str]) -> str:
    """A node of Python arithmetic as an expression over the texts of its operands."""
    found = host_loop(node)
    assert found is not None
    template, kind = found
    texts = [
        text
        if (operand.type.kind == "python" and operand.dtype.kind == kind)
        or (node.params["function"] is select and not place)
        else _OPERAND[kind].format(text)
        for place, (text, operand) in enumerate(zip(operands, node.inputs, strict=True))
    ]
    text = template.format(**dict(zip("xyz", texts, strict=False)))
    return f"{constructor(node.dtype)}({text})" if node.dtype.kind != "b" else text


def lacks_loop(node: Node) -> str:
    """Why a node of Python arithmetic cannot be compiled; empty where it can."""
    if host_loop(node) is not None:
        return ""
    name = getattr(node.params["function"], "__name__", "this function")
    return f"{name}() of Python numbers has no native form"


__all__ = ["HOST", "host_loop", "host_text", "lacks_loop"]
