"""The calls that the lists of the tests hold, by entry of the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ops import composite_calls, linear_calls, written_calls
from ops.array_calls import CHANGES
from ops.composite_calls import PLACES, calls

from defnhook.ops import Op

ARRAY = ("x", "w")  # an array and a mask of its shape
MATRICES = ("m", "s", "t", "b", "v", "x")  # the operands of linear_calls


@dataclass(frozen=True)
class Call:
    """An expression over arrays; ``changes`` says that it writes into ``y``, a copy of ``x``, and gives nothing."""

    text: str
    among: tuple[str, ...] = ARRAY
    changes: bool = False

    @property
    def parameters(self) -> list[str]:
        """The operands that it reads."""
        read = " ".join(self.body)
        return [name for name in self.among if re.search(rf"\b{name}\b", read)]

    @property
    def body(self) -> list[str]:
        """The statements of a function that makes the call."""
        return ["y = np.copy(x)", self.text, "return y"] if self.changes else [f"return {self.text}"]

    def function(self, name: str) -> str:
        """The source of such a function."""
        return "\n    ".join([f"def {name}({', '.join(self.parameters)}):", *self.body]) + "\n\n"


def calls_of(op: Op) -> list[Call]:
    """The calls of a composite or written entry, in the order of the lists."""
    return [*_of_function(op), *_of_methods(op), *_of_matrices(op)]


def _means(op: Op, name: str) -> bool:
    place = np.linalg if PLACES.get(name) == "np.linalg" else np
    return name == "sliding_window_view" or getattr(place, name, None) in (op.numpy, *op.aliases)


def _of_function(op: Op) -> Iterator[Call]:
    functions = composite_calls.FUNCTIONS | written_calls.FUNCTIONS
    if op.name in functions and _means(op, op.name):
        place = PLACES.get(op.name, "np")
        yield from (Call(f"{place}.{op.name}({text})") for text in calls(functions[op.name]))
    if op.name in CHANGES and _means(op, op.name):
        yield from (Call(f"np.{op.name}({text})", changes=True) for text in calls(CHANGES[op.name]))


def _of_methods(op: Op) -> Iterator[Call]:
    methods = composite_calls.METHODS | written_calls.METHODS
    for name in op.methods:
        for text in calls(methods[name]) if name in methods else ():
            call = ast.parse(f"f({text})", mode="eval").body
            assert isinstance(call, ast.Call)
            call.func = ast.Attribute(call.args.pop(0), name)
            yield Call(ast.unparse(call))


def _of_matrices(op: Op) -> Iterator[Call]:
    written = [name for function, name in linear_calls.called().items() if function is op.numpy]
    lists = linear_calls.LINEAR + linear_calls.EINSUM + linear_calls.FOURIER + linear_calls.SCIPY
    for text in linear_calls.listed(lists) if written else ():
        if text.startswith(f"{written[0]}("):
            yield Call(text, MATRICES)


def matrices(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Operands of the calls over matrices, each matrix of about n elements."""
    k = max(2, round(n**0.5))
    eye = np.eye(k)
    m = rng.uniform(-2, 2, (k, k)) + 2 * k * eye
    t = rng.uniform(-2, 2, (2, k, k)) + 2 * k * eye
    b, v, x = (rng.uniform(-2, 2, shape) for shape in ((k, 2), k, (k + 1, k)))
    return {"m": m, "s": m @ m.T + eye, "t": t, "b": b, "v": v, "x": x}
