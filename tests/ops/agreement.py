"""Whether a call of an entry gives what NumPy gives: value, kind, shape, dtype, error, and what memory it shares."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from both import Raised
from compare import Different, assert_same, assert_same_sharing, assert_same_ulp
from ops.calling import Call
from ops.cases import CANCELS, ROUNDING, UNSIGNED_ZERO, ulp_of

from defnhook.errors import DefnError
from defnhook.ops import Elementwise, Op


def check(op: Op, call: Call, actual: Any, expected: Any, given: Any, taken: Any) -> None:
    """Raise :class:`Different` unless a call does with ``given`` what the plain call did with ``taken``."""
    if is_refusal(call, actual):
        return
    assert_near(op, call, actual, expected, taken)
    if not isinstance(expected, Raised):
        assert_same_sharing(actual, given, expected, taken)
    if "overwrite_input" in call.text:
        return
    for place, (mine, other) in enumerate(zip(given, taken, strict=True)):
        assert_same(
            mine, other, 0 if isinstance(op, Elementwise) else ROUNDING, path=f"operand {place} after it"
        )


def assert_near(op: Op, call: Call, actual: Any, expected: Any, taken: Any) -> None:
    """Compare by the tolerance of the kind."""
    if isinstance(op, Elementwise) and "=" not in call.text and op.name not in CANCELS:
        dtype = getattr(expected, "dtype", None)
        assert_same_ulp(actual, expected, ulp_of(op.name, dtype), op.name not in UNSIGNED_ZERO, call.text)
    else:
        assert_same(actual, expected, ROUNDING, rounding_error(taken), call.text, largest(taken))


def rounding_error(taken: Any) -> float:
    """The rounding error of the coarsest floats that the arguments are, or that NumPy computes with them in."""
    dtypes = [np.result_type(a.dtype, np.float16) for a in taken if hasattr(a, "dtype")]
    return max(
        (float(np.finfo(max(dtype, np.dtype("f4"))).eps) for dtype in dtypes if dtype.kind != "O"),
        default=0.0,
    )


def largest(taken: Any) -> float:
    """The largest finite value among the arguments, at which sums and differences of them are rounded."""
    with np.errstate(all="ignore"):
        found = [np.abs(a[np.isfinite(a)].astype(np.complex128)) for a in map(np.asarray, taken)]
        return max((float(np.max(a)) for a in found if a.size), default=0.0)


def is_refusal(call: Call, actual: Any) -> bool:
    """Whether the language has no such call, and says so by the name of a keyword or a value of it."""
    if not (isinstance(actual, Raised) and isinstance(actual.error, DefnError)):
        return False
    return any(name in str(actual.error) for name in [*keyword_names(call), "takes real", "real arrays"])


def keyword_names(call: Call) -> list[str]:
    """The keywords that a call gives."""
    tree = ast.parse(call.text, mode="eval").body
    return [keyword.arg or "" for keyword in getattr(tree, "keywords", ())]


__all__ = ["Different", "check", "is_refusal", "keyword_names"]
