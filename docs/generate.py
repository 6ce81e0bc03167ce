"""Write the pages that come from tables: ``python docs/generate.py``; ``--check`` only tells whether they are current.

``ops.md`` and ``errors.md`` are written whole; in ``language.md``, what stands between the lines
``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from defnhook import errors, ops, syntax
from defnhook.emit.library import lacks
from defnhook.graph import Graph
from defnhook.ops.kinds import Composite, Elementwise, Flat, NoGradient, Op
from defnhook.schedule.segments import why_step
from defnhook.syntax import allowlist, forbidden
from defnhook.syntax.constructs import CONSTRUCTS
from defnhook.syntax.rules import PLAIN, RULES
from defnhook.trace.context import Trace, tracing
from defnhook.trace.invoke import invoke_op
from defnhook.trace.primitives import supported
from defnhook.trace.tensor import Tensor

FOLDER = Path(__file__).parent
DTYPES = {
    "bool": "bool",
    "int": "int64",
    "uint": "uint64",
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


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


# -- operations


def ops_page() -> str:
    """Every operation of the table."""
    parts = [OPS_HEAD.format(numpy=numpy_version())]
    for title, text, kind in SECTIONS:
        public = (
            op for op in ops.ENTRIES if not str(getattr(op.numpy, "__module__", "")).startswith("defnhook")
        )
        entries = sorted((op for op in public if type(op).__name__ in kind), key=lambda op: op.name)
        head = ["operation", "also written", *_columns(kind)]
        parts.append(f"## {title}\n\n{text}\n\n{table(head, [_row(op) for op in entries])}")
    return "\n\n".join([*parts, special_section(), matrices_section()]) + "\n"


def special_section() -> str:
    """The operations of ``scipy.special``, each with its own name first."""
    entries = [op for op in ops.load("scipy.special") if not op.name.startswith("_")]
    elementwise = [op for op in entries if isinstance(op, Elementwise)]
    made = [op.name for op in entries if isinstance(op, Composite)]
    rows = [
        [f"`{op.name}`", native_dtypes(op), derivative(op)]
        for op in sorted(elementwise, key=lambda op: op.name)
    ]
    return SPECIAL.format(
        made=code(sorted(made)), table=table(["operation", "native for", "derivative"], rows)
    )


def matrices_section() -> str:
    """The operations of ``scipy.linalg``."""
    entries = [op for op in ops.load("scipy.linalg") if not op.numpy.__module__.startswith("defnhook")]
    made = [op.name for op in entries if isinstance(op, Composite)]
    steps = sorted((op for op in entries if not isinstance(op, Composite)), key=lambda op: op.name)
    rows = [[f"`{op.name}`", derivative(op)] for op in steps]
    return MATRICES.format(made=code(sorted(made)), table=table(["operation", "derivative"], rows))


MATRICES = """## scipy.linalg

Part of the language in files that import `scipy.linalg`, as steps in SciPy between native parts. Made of steps and the
operations above: {made}.

{table}"""


SPECIAL = """## scipy.special

Part of the language in files that import `scipy.special`. What has no native loop runs as a step in SciPy between
native parts. Made of the others: {made}.

{table}"""


OPS_HEAD = """# Operations

What marked code may call, from the table that the tracer, the emitter, the tests and this page read. Names are found
by identity: `np.abs` is `np.absolute` under whatever name it was imported. Functions of `math` take and give Python
numbers, as they do in Python. The names are those of {numpy}.

*Native for* names the dtypes whose loops are compiled; other dtypes that NumPy takes run as a step in NumPy between
native parts, which `defnhook.explain` lists. *Derivative* is what the table knows of the operation's derivative: *yes*,
*zero* where it is zero wherever it exists, or why there is none.

The elementwise operations of two operands have the methods `reduce`, `accumulate`, `outer` and `reduceat`, some of them
`at`, as in `np.maximum.accumulate(x)`."""

SECTIONS = (
    (
        "Elementwise",
        "One element of the result from one element of each operand, operands broadcast. They fuse with each other\n"
        "and into the reductions that read them.",
        ("Elementwise",),
    ),
    (
        "Reductions",
        "`axis`, `keepdims` and, where NumPy has them, `dtype` and `initial`.",
        ("Reduction",),
    ),
    (
        "Shapes and creation",
        "Most are views and cost nothing; those that make an array store straight into it.",
        ("Structural",),
    ),
    (
        "Library calls",
        "Run as a step in NumPy between native parts, with NumPy's results, named tuples among them, and its errors.\n"
        "Where elements decide the dtype of a result, as in `np.linalg.eig` of a real matrix, or its shape, as of the\n"
        "residuals of `np.linalg.lstsq`, the call runs as plain Python.",
        ("Library",),
    ),
    (
        "Made of the others",
        "Written in terms of the operations above, and fused as those are.",
        ("Composite",),
    ),
    (
        "Written with loops",
        "Written in the language itself, with loops and writes that become native.",
        ("Written",),
    ),
    (
        "Sizes that the elements decide",
        "A function that calls one of these runs as plain Python, which `defnhook.stats()` counts; in loops and\n"
        "branches they are refused.",
        ("Plain",),
    ),
)


# Kinds whose entries state no derivative of their own.
WITHOUT = ("Composite", "Written", "Plain")


def numpy_version() -> str:
    """The NumPy whose names these are."""
    return f"NumPy {'.'.join(np.__version__.split('.')[:2])}"


def _columns(kind: tuple[str, ...]) -> list[str]:
    if kind[0] in WITHOUT:
        return []
    return ["native for", "derivative"] if kind[0] in ("Elementwise", "Reduction") else ["derivative"]


def _row(op: Op) -> list[str]:
    names = spellings(op)
    row = [f"`{names[0]}`", code(names[1:])]
    if type(op).__name__ in WITHOUT:
        return row
    if type(op).__name__ in ("Elementwise", "Reduction"):
        row.append(native_dtypes(op))
    return [*row, derivative(op)]


def spellings(op: Op) -> list[str]:
    """How an operation may be written: its name in NumPy first."""
    functions = (op.numpy, *op.aliases)
    names = [
        f"{PREFIXES.get(module, module)}.{name}"
        for module in ops.MODULES
        for name in sorted(ops.allowed(module), key=lambda name: (name != op.name, name))
        if any(getattr(importlib.import_module(module), name) is function for function in functions)
    ]
    operators = [OPERATORS[function] for function in functions if function in OPERATORS]
    methods = [f"x.{name}()" for name in op.methods]
    return [*names, *operators, *methods] or [op.name]


PREFIXES = {"numpy": "np", "numpy.linalg": "np.linalg", "numpy.lib.stride_tricks": "np.lib.stride_tricks"}


def native_dtypes(op: Op) -> str:
    """The dtypes for which the loop is compiled."""
    native = [name for name, dtype in DTYPES.items() if runs_natively(op, np.dtype(dtype))]
    return "all" if len(native) == len(DTYPES) else ", ".join(native) or "none"


def runs_natively(op: Op, dtype: np.dtype[Any]) -> bool:
    """Whether a call on arrays of a dtype leaves nothing to NumPy."""
    trace = Trace()
    arity = op.arity if isinstance(op, Elementwise) else 1
    with tracing(trace), np.errstate(all="ignore"):
        values = [argument(trace, f"x{number}", dtype) for number in range(arity)]
        try:
            result = invoke_op(op, values, {})
        except TypeError:
            return False
    graph = Graph(op.name, tuple(trace.inputs), (result.node,))
    return not any(why_step(node, lacks) for node in graph.nodes())


def argument(trace: Trace, name: str, dtype: np.dtype[Any]) -> Tensor:
    """A traced array of three elements."""
    from defnhook.dispatch.signature import stand_in

    assert supported(dtype)
    value: Tensor = stand_in(np.ones(3, dtype), name, trace)
    return value


def derivative(op: Op) -> str:
    """What the table knows of a derivative."""
    rule = getattr(op, "partials", None) or getattr(op, "vjp", None)
    if isinstance(rule, NoGradient):
        return f"none: {rule.reason}"
    return "zero" if isinstance(rule, Flat) else "yes"


# -- errors


def errors_page() -> str:
    """Every code, and every class of error."""
    parts = [ERRORS_HEAD]
    for rule in RULES:
        headline = rule.headline.format(what="...")
        way_out = (
            rule.way_out or "What to write instead depends on the name: see [the language](language.md)."
        )
        parts.append(f"### {rule.code}: {rule.name}\n\n{headline} {rule.reason}\n\n*Instead:* {way_out}")
    parts.append(CALLS_HEAD)
    rows = [[f"`{name}`", code(bases(value)), first_paragraph(value)] for name, value in error_classes()]
    parts.append(table(["class", "is also", "when"], rows))
    return "\n\n".join(parts) + "\n"


ERRORS_HEAD = f"""# Errors

## When a marked file is imported

A file that holds something outside the language is refused with a `DefnSyntaxError`, which lists every problem of the
file: its place, a code, the reason, and what to write instead. `python -m defnhook check PATH` prints the same, one
problem a line, without importing anything. A code keeps its meaning for good.

{PLAIN}"""

CALLS_HEAD = """## When a marked function is called

What only the arguments reveal is refused at the call, with the traceback ending at the line of the marked file. What
NumPy itself would raise, for shapes that do not fit for instance, is raised with NumPy's class and words."""


def filled(text: str) -> str:
    """A paragraph in lines of readable length."""
    return textwrap.fill(text.strip(), 119, break_long_words=False, break_on_hyphens=False)


def error_classes() -> list[tuple[str, type]]:
    """The classes that defnhook raises or warns with."""
    return [
        (name, value)
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__
    ]


def bases(value: type) -> list[str]:
    """The built-in classes under which an error is caught, the common ones left out."""
    return [base.__name__ for base in value.__bases__ if base is not Exception]


def first_paragraph(value: type) -> str:
    text = inspect.getdoc(value) or ""
    return re.sub(r"``", "`", " ".join(text.partition("\n\n")[0].split()))


# -- the language


def names_in() -> str:
    """What may be named, beside the operations."""
    rows = [
        ["built-in functions", code(sorted(name for name in allowlist.BUILTINS if _is_function_name(name)))]
    ]
    rows.append(["exceptions, to raise", "all that are built in"])
    for module in ("numpy", "numpy.linalg"):
        listed = sorted(allowlist.allowed(module) - ops.allowed(module))
        rows.append([f"`{module}`, beside the operations", code(listed)])
    rows += [["`math`", "everything"], ["`functools`", "`partial`"]]
    rows.append(["modules that may be imported", code(sorted(allowlist.MODULES))])
    return table(["from", "names"], rows)


def _is_function_name(name: str) -> bool:
    value = getattr(builtins, name, None)
    return not (isinstance(value, type) and issubclass(value, BaseException))


def statements_in() -> str:
    """The constructs of Python that are the language."""
    return table(["construct", "here"], [[construct.written, construct.meaning] for construct in CONSTRUCTS])


def statements_refused() -> str:
    """The constructs of Python that are refused."""
    refused = [rule for rule in RULES if rule.way_out and rule.code < "DEFN020"]
    rows = [[rule.code, rule.name, rule.reason, rule.way_out] for rule in refused]
    return table(["code", "what", "why", "instead"], rows)


def names_refused() -> str:
    """The names that are refused, by what to write instead."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, way_out in forbidden.NAMES.items():
        groups.setdefault(("DEFN020", way_out), []).append(allowlist.display(name))
    for name, way_out in forbidden.MODULES.items():
        groups.setdefault(("DEFN022", way_out), []).append(name)
    for name, way_out in forbidden.METHODS.items():
        groups.setdefault(("DEFN024", way_out), []).append(f"x.{name}()")
    rows = [[number, code(names), way_out] for (number, way_out), names in groups.items()]
    rows.append(["DEFN025", code(sorted(forbidden.ATTRIBUTES)), "Name the value itself."])
    return table(["code", "names", "instead"], rows)


FRAGMENTS: dict[str, Callable[[], str]] = {
    "names": names_in,
    "statements": statements_in,
    "statements refused": statements_refused,
    "names refused": names_refused,
}
FRAGMENT = re.compile(r"(<!-- generated: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def language_page() -> str:
    """The page as it is, with the generated parts made anew."""
    text = (FOLDER / "language.md").read_text("utf-8")
    return FRAGMENT.sub(lambda match: f"{match[1]}\n{FRAGMENTS[match['name']]()}\n\n{match[3]}", text)


PAGES: dict[str, Callable[[], str]] = {
    "ops.md": ops_page,
    "errors.md": errors_page,
    "language.md": language_page,
}


def stale() -> list[str]:
    """The pages that are not what the tables say."""
    syntax.load()
    return [
        name
        for name, make in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != make()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    names = stale()
    for name in names:
        if "--check" not in arguments:
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
        sys.stdout.write(f"{name}\n")
    return int("--check" in arguments and bool(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
