"""The constructs of Python that are the language: what the checker accepts and the documentation lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Construct:
    """Nodes of the tree by the names of their types, how they are written, and what they mean here."""

    nodes: str
    written: str
    meaning: str


CONSTRUCTS: Final = (
    Construct(
        "If IfExp",
        "`if`, `elif`, `else`, `a if test else b`",
        "A test that is known while tracing picks a side; a test of computed values becomes a native branch, "
        "whose sides agree on their dtypes. A name bound on one side only raises where it is used.",
    ),
    Construct(
        "While",
        "`while`, with `else`",
        "A native loop where the test is computed, else run while tracing.",
    ),
    Construct(
        "For",
        "`for`, with `else`",
        "A native loop over `range`, the first axis of an array, and `enumerate`, `zip` and `reversed` of these; "
        "sequences are run through while tracing. A body that needs its index as a Python number is unrolled.",
    ),
    Construct(
        "Break Continue Return",
        "`break`, `continue`, `return`",
        "As in Python, anywhere, also out of nested native loops and branches.",
    ),
    Construct(
        "BoolOp", "`and`, `or`", "As in Python: later operands are evaluated only where they are needed."
    ),
    Construct(
        "Compare BinOp UnaryOp", "operators, chained comparisons", "The operations of NumPy or of Python."
    ),
    Construct("Match", "`match`", "On values that are known while tracing."),
    Construct(
        "Assign AnnAssign AugAssign NamedExpr",
        "`=`, `+=` and the like, `:=`",
        "As in Python. Annotations of variables are not run.",
    ),
    Construct(
        "Subscript Slice Attribute",
        "`x[i, 1:n]`, `obj.name`, read or written",
        "Arrays are changed in place, views and the caller's arrays included; so are the containers and objects "
        "of the caller, after the call.",
    ),
    Construct("Starred", "`a, *b = c`, `[*a, b]`, `f(*a)`", "As in Python."),
    Construct(
        "Assert Raise",
        "`assert`, `raise`",
        "Raised at run time, at their line, with their message.",
    ),
    Construct(
        "FunctionDef Lambda",
        "`def`, `lambda` inside a function",
        "Part of the function around them, whose variables they read as these are when called.",
    ),
    Construct("Call", "calls", "Of operations, of functions of marked files, and of the names listed below."),
    Construct("ListComp SetComp DictComp", "comprehensions", "Run while tracing, over sequences."),
    Construct(
        "JoinedStr FormattedValue", "f-strings", "Of what is known while tracing, and in `print` and errors."
    ),
    Construct(
        "Tuple List Set Dict Constant Name",
        "names, literals, tuples, lists, sets, dicts",
        "As in Python; containers are built while tracing.",
    ),
    Construct("With", "`with np.errstate(...)`", "Accepted; it has no effect."),
    Construct("Import ImportFrom", "`import` inside a function", "Of the modules listed below."),
    Construct("Expr Pass", "expressions as statements, `pass`", "As in Python."),
)

NODES: Final = frozenset(name for construct in CONSTRUCTS for name in construct.nodes.split())
