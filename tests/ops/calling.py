"""How an entry of the table is called: from the lists, and from its signature with each of its keywords."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.linalg
import scipy.special
from ops import composite_calls, linear_calls, own_calls, written_calls
from ops.array_calls import CHANGES
from ops.composite_calls import PLACES, calls
from ops.keywords import VALUES

import defnhook.random
from defnhook import ops
from defnhook.ops import Elementwise, Op, Reduction

ARRAY = ("x", "y", "w")  # an array, another of its shape and dtype, and a mask of its shape
MATRICES = ("m", "s", "t", "b", "v", "x")  # the operands of linear_calls

HEAD = """
import numpy as np
import scipy.linalg
import scipy.special
from defnhook import ops, random

"""
SCOPE = {"np": np, "scipy": scipy, "ops": ops, "random": defnhook.random}


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
        return [
            name
            for name in self.among
            if re.search(rf"\b{name}\b", read) and not (self.changes and name == "y")
        ]

    @property
    def body(self) -> list[str]:
        """The statements of a function that makes the call."""
        return ["y = np.copy(x)", self.text, "return y"] if self.changes else [f"return {self.text}"]

    def function(self, name: str) -> str:
        """The source of such a function."""
        return "\n    ".join([f"def {name}({', '.join(self.parameters)}):", *self.body]) + "\n\n"


def every() -> list[Op]:
    """The entries that a file can call, those of the optional modules included."""
    optional = [op for module in ops.OPTIONAL for op in ops.load(module)]
    return [op for op in dict.fromkeys([*ops.ENTRIES, *optional]) if path_of(op)]


@cache
def path_of(op: Op) -> str:
    """The function as it is written in a file; empty for what no file can name."""
    for place in ("np", "np.linalg", "np.fft", "np.lib.stride_tricks", "scipy.special", "scipy.linalg"):
        if getattr(eval(place, SCOPE), op.name, None) is op.numpy:
            return f"{place}.{op.name}"
    for place in ("ops", "random"):
        if op.name in dir(SCOPE[place]) and getattr(SCOPE[place], op.name) is op.numpy:
            return f"{place}.{op.name}"
    return f"np.ndarray.{op.name}" if op.methods and op.numpy is getattr(np.ndarray, op.name, None) else ""


# -- the calls that are listed


def calls_of(op: Op) -> list[Call]:
    """The calls of an entry that the lists hold, in their order."""
    return [*_by_operands(op), *_of_function(op), *_of_methods(op), *_of_matrices(op), *_written_out(op)]


OPERANDS = {
    1: "x | 3 | 2.5 | True | 1 + 2j | np.float32(1.5) | np.array(2) | [1, 2, 3]",
    2: """
        x, y | x, x | x, y[..., :1] | x[..., None], y.ravel() | x, 3 | -1, x | x, 0 | 300, x | x, 2.5 | True, x |
        x, 1 + 2j | x, np.float32(1.5) | np.int8(3), x | x, np.array(2) | x, w | w, x | [2], x | 3, 2.5 |
        x, y.astype(np.float32)
    """,
    3: "w, x, y | w, x, 2 | x, y, x | w, 2.5, x | True, x, y | w, 1, 2.5 | w[..., :1], x, y[..., :1] | w, x, w",
}


def _by_operands(op: Op) -> Iterator[Call]:
    path = path_of(op)
    if isinstance(op, Elementwise) and path:
        special = op.arity == 3 and op.numpy is not np.where
        texts = calls("x, y, x | 1, 2.5, x" if special else OPERANDS[op.arity])
        yield from (Call(f"{path}({text})") for text in texts)
    elif isinstance(op, Reduction):
        yield from (Call(f"{path}({text})") for text in calls("x | x, 0 | x, -1 | x.T | 2.5 | [1, 2]"))
        yield from (Call(f"x.{name}()") for name in op.methods)


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
        if name == "put":
            yield from (
                Call(f"y.put({text[3:]})", changes=True) for text in calls(CHANGES[name]) if text[0] == "y"
            )


def _of_matrices(op: Op) -> Iterator[Call]:
    written = [name for function, name in linear_calls.called().items() if function is op.numpy]
    lists = linear_calls.LINEAR + linear_calls.EINSUM + linear_calls.FOURIER + linear_calls.SCIPY
    for text in linear_calls.listed(lists) if written else ():
        if text.startswith(f"{written[0]}("):
            yield Call(text, MATRICES)


def _written_out(op: Op) -> Iterator[Call]:
    lists = own_calls.ARRAYS + own_calls.SPECIAL + own_calls.SIZED + own_calls.OWN + own_calls.RANDOM
    starts = tuple(f"{path}(" for path in (path_of(op), *(f"x.{name}" for name in op.methods)))
    yield from (Call(text) for text in linear_calls.listed(lists) if text.startswith(starts))


# -- the calls that its signature forms


def forms_of(op: Op) -> list[Call]:
    """One of the listed calls with each keyword of the function, and with each along an axis."""
    base = next((call for call in calls_of(op) if _is_base(call, op)), None)
    if base is None:
        return []
    given = list(_given(op, base))
    if "axis" in free(op, base):
        given += [
            {"axis": axis, **each}
            for axis in ("0", "-1")
            for each in _given(op, base, 2)
            if "axis" not in each
        ]
    if {"axis", "keepdims"} <= free(op, base):
        given += [{"keepdims": "True", **each} for each in given if "axis" in each and "keepdims" not in each]
    return [Call(_with_keywords(base.text, each), base.among, base.changes) for each in given]


def _is_base(call: Call, op: Op) -> bool:
    tree = ast.parse(call.text, mode="eval").body
    if not (isinstance(tree, ast.Call) and not tree.keywords and ast.unparse(tree.func) == path_of(op)):
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(names & {*call.among, "random"}) or op.name in MAKERS


MAKERS = {
    *"zeros ones full empty eye identity tri linspace logspace geomspace indices arange".split(),
    *"bartlett blackman hamming hanning kaiser fftfreq rfftfreq tril_indices triu_indices diag_indices".split(),
    *"mask_indices ravel_multi_index unravel_index".split(),
}


def free(op: Op, base: Call) -> set[str]:
    """The parameters that have a default and that a call does not give."""
    tree = ast.parse(base.text, mode="eval").body
    assert isinstance(tree, ast.Call)
    parameters = list(inspect.signature(op.numpy).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given = {p.name for p in positional[: len(tree.args)]}
    return {
        p.name
        for p in parameters
        if p.default is not p.empty and p.name not in given and p.kind is not p.POSITIONAL_ONLY
    }


def _given(op: Op, base: Call, most: int = 99) -> Iterator[dict[str, str]]:
    """Each keyword of a function with each value that it is given, at most so many of them."""
    for name in sorted(free(op, base)):
        for value in VALUES[name][:most]:
            found = {name: value}
            masked = name == "where" and isinstance(op, Elementwise)
            if masked and base.text.startswith("scipy."):
                continue  # SciPy's own functions write past the end of arrays
            # What an elementwise function leaves out is not set to anything.
            yield {"out": "np.zeros_like(CALL)", **found} if masked else found


def _with_keywords(text: str, keywords: dict[str, str]) -> str:
    """A call with keywords more; an array that is written into has the shape of the result."""
    without = text
    for name, value in keywords.items():
        if name not in ("out", "where"):
            without = f"{without[:-1]}, {name}={value})"
        text = f"{text[:-1]}, {name}={value})"
    return text.replace("CALL", without)


def every_call(op: Op) -> list[Call]:
    """The listed calls and the formed ones, each once."""
    return list(dict.fromkeys([*calls_of(op), *forms_of(op)]))


def matrices(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Operands of the calls over matrices, each matrix of about n elements."""
    k = max(2, round(n**0.5))
    eye = np.eye(k)
    m = rng.uniform(-2, 2, (k, k)) + 2 * k * eye
    t = rng.uniform(-2, 2, (2, k, k)) + 2 * k * eye
    b, v, x = (rng.uniform(-2, 2, shape) for shape in ((k, 2), k, (k + 1, k)))
    return {"m": m, "s": m @ m.T + eye, "t": t, "b": b, "v": v, "x": x}
