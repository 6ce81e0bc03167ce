"""The page of the operations: every entry of the table, what it is called elsewhere, and how it runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from defnhook import library, ops
from defnhook.dispatch.function import Dispatcher
from defnhook.dispatch.signature import Foreign
from defnhook.dispatch.tracing import Traced, trace_call
from defnhook.emit.library import lacks
from defnhook.errors import DefnTypeError
from defnhook.names import array_api, nx
from defnhook.ops.kinds import (
    Composite,
    Elementwise,
    Flat,
    Library,
    NoGradient,
    Op,
    Plain,
    Reduction,
    Written,
)
from defnhook.schedule.segments import why_step
from defnhook.trace.calls import MARK
from defnhook.trace.context import PlainDemand

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from both import Both, import_both
from ops.calling import MATRICES, Call, calls_of, matrices

DTYPES = {
    "bool": "bool",
    "int": "int64",
    "uint": "uint64",
    "float16": "float16",
    "float32": "float32",
    "float64": "float64",
    "complex": "complex128",
}
OPERATORS = {
    np.add: "x + y", np.subtract: "x - y", np.multiply: "x * y", np.divide: "x / y", np.floor_divide: "x // y",
    np.remainder: "x % y", np.power: "x ** y", np.matmul: "x @ y", np.left_shift: "x << y", np.right_shift: "x >> y",
    np.bitwise_and: "x & y", np.bitwise_or: "x | y", np.bitwise_xor: "x ^ y", np.negative: "-x", np.positive: "+x",
    np.invert: "~x", np.less: "x < y", np.less_equal: "x <= y", np.equal: "x == y", np.not_equal: "x != y",
    np.greater: "x > y", np.greater_equal: "x >= y", np.absolute: "abs(x)",
}  # fmt: skip
PREFIXES = {"numpy": "np", "numpy.linalg": "np.linalg", "numpy.fft": "np.fft"} | {
    "numpy.lib.stride_tricks": "np.lib.stride_tricks",
}
MODULES = (*ops.MODULES, *ops.OPTIONAL)


def numpy_version() -> str:
    """The NumPy whose names these are."""
    return f"NumPy {'.'.join(np.__version__.split('.')[:2])}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


# -- names


def spellings(op: Op) -> list[str]:
    """How an operation may be written: its name in NumPy or SciPy first."""
    functions = (op.numpy, *op.aliases)
    names = [
        f"{PREFIXES.get(module, module)}.{name}"
        for module in MODULES
        for name in sorted(ops.allowed(module), key=lambda name: (name != op.name, name))
        if any(getattr(importlib.import_module(module), name) is function for function in functions)
    ]
    operators = [OPERATORS[function] for function in functions if function in OPERATORS]
    methods = [f"x.{name}()" for name in op.methods]
    return [*names, *operators, *methods] or [op.name]


@cache
def elsewhere() -> dict[Callable[..., Any], list[str]]:
    """The names of the functions in the array API and in Nx."""
    found: dict[Callable[..., Any], list[str]] = {}
    for place in ("numpy", "numpy.linalg", "numpy.fft"):
        for name in array_api.NAMES[place]:
            prefix = place.removeprefix("numpy").removeprefix(".")
            function = getattr(importlib.import_module(place), name, None)
            if callable(function):
                found.setdefault(function, []).append(f"xp.{prefix}.{name}".replace("..", "."))
    for name, expression in nx.SPELLINGS.items():
        tree = ast.parse(expression, mode="eval").body
        if isinstance(tree, ast.Call) and _is_bare(tree):
            function = _named(ast.unparse(tree.func))
            if callable(function):
                found.setdefault(function, []).append(name)
    return found


def _is_bare(call: ast.Call) -> bool:
    """Whether the operands of a call are as they come, not computed for it."""
    inner = (part for part in ast.walk(call) if part is not call)
    return not any(isinstance(part, ast.Call | ast.Subscript | ast.BinOp) for part in inner)


def _named(path: str) -> Any:
    """What a dotted name stands for; None where it is not of a module."""
    place, _, name = path.rpartition(".")
    module = {short: full for full, short in PREFIXES.items()}.get(place, place)
    try:
        return getattr(importlib.import_module(module), name, None)
    except (ImportError, ValueError):
        return None


def names_elsewhere(op: Op) -> list[str]:
    """The names of an operation in the array API and in Nx."""
    found = elsewhere()
    return [name for function in (op.numpy, *op.aliases) for name in found.get(function, ())]


# -- parameters


def parameters(op: Op) -> str:
    """The parameters that are taken."""
    if isinstance(op, Elementwise):
        return ("x", "x, y", "x, y, z" if op.numpy is not np.where else "condition, x, y")[op.arity - 1]
    if isinstance(op, Reduction):
        return ", ".join(["x", "axis", "out", "keepdims", *op.keywords])
    if isinstance(op, Library):
        return ", ".join([*(op.operands or ("*arrays",)), *op.parameters])
    try:
        taken = inspect.signature(_meaning(op)).parameters.values()
    except ValueError:
        return "those of NumPy"
    return ", ".join(_parameter(each) for each in taken if each.name not in ("like", "subok"))


def _meaning(op: Op) -> Callable[..., Any]:
    if isinstance(op, Composite):
        return op.expand
    return inspect.unwrap(library.function(op.source)) if isinstance(op, Written) else op.numpy


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return f"{stars.get(parameter.kind, '')}{parameter.name}"


# -- what runs where


def examples(op: Op) -> list[Call]:
    """Calls of an operation."""
    path = spellings(op)[0]
    if isinstance(op, Elementwise):
        return [Call(f"{path}({('x', 'x, x', 'w, x, x')[op.arity - 1]})")]
    if isinstance(op, Reduction):
        return [Call(f"{path}(x)")]
    if op.numpy in EXAMPLES:
        return [EXAMPLES[op.numpy]]
    return calls_of(op) or [Call(f"{path}(x)"), Call(f"{path}(x, x)")]


EXAMPLES: dict[Callable[..., Any], Call] = {
    np.arange: Call("np.arange(6)"),
    np.argpartition: Call("np.argpartition(x, 1)"),
    np.broadcast_to: Call("np.broadcast_to(x[:1], x.shape)"),
    np.concatenate: Call("np.concatenate([x, x])"),
    np.dsplit: Call("np.dsplit(x.reshape(-1, 2, 2), 2)"),
    np.empty: Call("np.empty(3)"),
    np.empty_like: Call("np.empty_like(x)"),
    np.full: Call("np.full(x.shape, x.ravel()[0])"),
    np.ndarray.put: Call("y.put([0, 1], 1)", changes=True),
    np.reshape: Call("np.reshape(x, -1)"),
    np.transpose: Call("np.transpose(x)"),
}


def operands(call: Call, dtype: str, shape: tuple[int, ...]) -> list[Any]:
    """Small arguments of a call."""
    if call.among is MATRICES:
        found = {name: array.astype(dtype) for name, array in matrices(9, np.random.default_rng(0)).items()}
    else:
        x = np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
        found = {"x": (x if np.dtype(dtype).kind in "fc" else x * 9).astype(dtype), "w": x > 0.5}
        found["y"] = found["x"][::-1].copy()
    return [found[name] for name in call.parameters]


HEAD = "import numpy as np\nimport scipy.linalg\nimport scipy.special\n\n"
SHAPES = ((3, 4), (6,))


@cache
def chosen(op: Op, dtype: str) -> tuple[Call, tuple[int, ...]] | None:
    """The first call that NumPy takes for a dtype, and the shape of its operand."""
    for call in examples(op):
        for shape in SHAPES:
            scope: dict[str, Any] = {}
            exec(HEAD + call.function("call"), scope)
            try:
                scope["call"](*operands(call, dtype, shape))
            except Exception:
                continue
            return call, shape
    return None


@cache
def marked() -> tuple[Both, dict[Call, str]]:
    """A marked module of the calls of all operations, and the names of its functions."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        picked = [found[0] for op in every() for dtype in DTYPES.values() if (found := chosen(op, dtype))]
    names = {call: f"call_{number}" for number, call in enumerate(dict.fromkeys(picked))}
    text = "".join(["# defn\n", HEAD, *(call.function(name) for call, name in names.items())])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls_of_operations.py"
        path.write_text(text, "utf-8")
        return import_both(path), names


@cache
def traced(op: Op, dtype: str) -> Traced | str:
    """What the tracer makes of a call for a dtype; ``plain`` where it leaves it, ``none`` where it is refused."""
    found = chosen(op, DTYPES[dtype])
    if found is None:
        return "none"
    both, names = marked()
    dispatcher: Dispatcher = getattr(getattr(both.hooked, names[found[0]]), MARK)
    dispatcher.register()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            bound = dispatcher.bind(*operands(found[0], DTYPES[dtype], found[1]))
            dispatcher.key_of(bound)
            return trace_call(dispatcher, bound)
        except (Foreign, PlainDemand):
            return "plain"
        except (DefnTypeError, TypeError):
            return "none"


def standing(op: Op, dtype: str) -> str:
    """How a call for a dtype runs: ``native``, with a ``step``, as ``plain`` Python, or not at all (``none``)."""
    made = traced(op, dtype)
    if isinstance(made, str):
        return made
    return "step" if any(why_step(node, lacks) for node in made.graph.nodes()) else "native"


def dtypes(op: Op, wanted: str) -> str:
    """The dtypes for which a call runs in one of these ways."""
    found = [dtype for dtype in DTYPES if standing(op, dtype) == wanted]
    return "all" if len(found) == len(DTYPES) else ", ".join(found) or "none"


# -- derivatives


def derivative(op: Op) -> str:
    """What the table knows of a derivative."""
    if isinstance(op, Composite | Written):
        return _of_parts(op)
    if isinstance(op, Plain):
        return "none: it runs as plain Python."
    return _of_rule(op)


def _of_rule(op: Any) -> str:
    rule = getattr(op, "partials", None) or getattr(op, "vjp", None)
    if isinstance(rule, NoGradient):
        return f"none: {rule.reason}"
    return "zero" if isinstance(rule, Flat) else "yes"


def _of_parts(op: Op) -> str:
    """What follows from the operations that a call with float64 consists of."""
    made = traced(op, "float64")
    if isinstance(made, str):
        return "none: it runs as plain Python."
    if not any(output.dtype.kind in "fc" for output in made.graph.outputs):
        return "zero"
    rules = [_of_rule(node.op) for node in made.graph.nodes() if isinstance(node.op, Op)]
    return next((rule for rule in rules if rule.startswith("none")), "yes")


# -- the page


def is_public(op: Op) -> bool:
    """Whether an entry is a name of its library, and not a part of another entry."""
    return not str(getattr(op.numpy, "__module__", "")).startswith("defnhook") and not op.name.startswith("_")


@cache
def every() -> tuple[Op, ...]:
    """The public entries, those of the optional modules included."""
    loaded = [op for module in ops.OPTIONAL for op in ops.load(module)]
    return tuple(op for op in dict.fromkeys([*ops.ENTRIES, *loaded]) if is_public(op))


def ops_page() -> str:
    """Every operation of the table."""
    parts = [OPS_HEAD.format(numpy=numpy_version(), version=array_api.VERSION)]
    for title, text, kind in SECTIONS:
        entries = sorted((op for op in every() if type(op).__name__ == kind), key=_order)
        parts.append(f"## {title}\n\n{text}\n\n{table(HEADINGS, [row(op) for op in entries])}")
    parts.append(OWN_HEAD + table(["operation", "elsewhere", "parameters", "what it gives"], own_rows()))
    return "\n\n".join(parts) + "\n"


def own_rows() -> list[list[str]]:
    """The functions that NumPy lacks."""
    entries = sorted(ops.load("defnhook.ops"), key=lambda op: op.name)
    return [
        [f"`ops.{op.name}`", code(names_elsewhere(op)), f"`{own_parameters(op)}`", first_line(op)]
        for op in entries
    ]


def own_parameters(op: Op) -> str:
    """The parameters with their defaults, without types."""
    found = inspect.signature(op.numpy)
    plain = [each.replace(annotation=each.empty) for each in found.parameters.values()]
    return str(found.replace(parameters=plain, return_annotation=found.empty))[1:-1]


def first_line(op: Op) -> str:
    """What a function says of itself in a line."""
    return (inspect.getdoc(op.numpy) or "").partition("\n")[0].replace("``", "`")


def _order(op: Op) -> tuple[bool, str, str]:
    first = spellings(op)[0]
    return (first.startswith("scipy"), op.name, first)


HEADINGS = (
    "operation",
    "also written",
    "elsewhere",
    "parameters",
    "native for",
    "with steps for",
    "derivative",
)


def row(op: Op) -> list[str]:
    """What the page says of an operation."""
    names = spellings(op)
    return [
        f"`{names[0]}`",
        code(names[1:]),
        code(names_elsewhere(op)),
        f"`{parameters(op)}`",
        dtypes(op, "native"),
        dtypes(op, "step"),
        derivative(op),
    ]


OWN_HEAD = """## Beyond NumPy

`from defnhook import ops` gives what NumPy lacks. These functions are written in the language itself: without the hook
they are NumPy code that runs on arrays, with the same results, and in marked functions they are traced where they are
called. Functions that they take are marked functions, lambdas or operations. `help(ops.conv)` tells shapes, dtypes and
errors, with an example.

"""

OPS_HEAD = """# Operations

What marked code may call, from the table that the tracer, the emitter, the tests and this page read. Names are found
by identity: `np.abs` is `np.absolute` under whatever name it was imported. Functions of `math` take and give Python
numbers, as they do in Python. The names are those of {numpy}; those of `scipy.special` and `scipy.linalg` are part of
the language in files that import these. Those of `defnhook.random` are in [random numbers](random.md). Public
names that are not here have a reason and a way out, which `python -m defnhook names` lists.

*Elsewhere* names the operation in the array API standard {version} (`xp`) and in Nx. *Native for* names the dtypes for
which a call is compiled as a whole, *with steps for* those for which a part of it, or all, is a step in NumPy or SciPy
between native parts, which `defnhook.explain` lists; `int`, `uint` and `complex` stand for all their sizes. Dtypes in
neither column are refused, or the call runs as plain Python. *Derivative* is what follows from the table:
*yes*, *zero* where it is zero wherever it exists, or why there is none. What stands there of operations made of others
is that of one ordinary call.

The elementwise operations of two operands have the methods `reduce`, `accumulate`, `outer` and `reduceat`, some of them
`at`, as in `np.maximum.accumulate(x)`."""

SECTIONS = (
    (
        "Elementwise",
        "One element of the result from one element of each operand, operands broadcast. They fuse with each other\n"
        "and into the reductions that read them. Ufuncs take `out`, `where`, `dtype`, `casting` and `order` as well.",
        "Elementwise",
    ),
    (
        "Reductions",
        "`where` is a mask over the operand, `initial` the value that an empty axis gives.",
        "Reduction",
    ),
    (
        "Shapes and creation",
        "Most are views and cost nothing; those that make an array store straight into it.",
        "Structural",
    ),
    (
        "Library calls",
        "Run as a step between native parts, with NumPy's results, named tuples among them, and its errors.\n"
        "Where elements decide the dtype of a result, as in `np.linalg.eig` of a real matrix, or its shape, as of the\n"
        "residuals of `np.linalg.lstsq`, the call runs as plain Python.",
        "Library",
    ),
    ("Made of the others", "Written in terms of the operations above, and fused as those are.", "Composite"),
    (
        "Written with loops",
        "Written in the language itself, with loops and writes that become native.",
        "Written",
    ),
    (
        "Sizes that the elements decide",
        "A function that calls one of these runs as plain Python, which `defnhook.stats()` counts; in loops and\n"
        "branches they are refused.",
        "Plain",
    ),
)
