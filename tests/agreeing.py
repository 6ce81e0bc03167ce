"""Whether a random statement program does the same with the hook and without it."""

from __future__ import annotations

import ast
import linecache
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from both import Raised, outcome
from compare import Different, assert_same, assert_same_sharing, children
from shaking import SAMPLES, Hand, TooLarge, shaken_module, spread, with_floor
from state import common, copies, is_number, joined, kind_of

import defnhook
from defnhook.errors import DefnError, DefnInternalError

COUNTS: Counter[str] = Counter()
REASONS: Counter[str] = Counter()


@dataclass
class Run:
    """What a call gave or raised, and the arguments after it."""

    outcome: Any
    arguments: list[Any]

    @property
    def parts(self) -> list[Any]:
        """The arguments and what was returned, one after another."""
        result = [] if isinstance(self.outcome, Raised) else leaves(self.outcome)
        return [*self.arguments, *result]


def leaves(value: Any) -> list[Any]:
    inner = children(value)
    return [value] if inner is None else [leaf for _, item in inner for leaf in leaves(item)]


def run(function: Any, arguments: list[Any]) -> Run:
    given = copies(arguments)
    return Run(outcome(function, given, {}), given)


def shaken(source: str, arguments: list[Any], seed: int | None) -> Run:
    """A run of the plain program with rounding errors, or none."""
    rng = None if seed is None else np.random.default_rng(seed)
    return run(shaken_module(source, SPACE, Hand(rng))["main"], arguments)


def limits_of(source: str, arguments: list[Any]) -> list[Any] | None:
    """How far each part of a run may be off; None where rounding or the size of an integer decides something."""
    first = shaken(source, arguments, None)
    if isinstance(first.outcome, Raised) and isinstance(first.outcome.error, TooLarge):
        return None
    bounds = [np.zeros(np.shape(part)) for part in first.parts]
    for seed in range(SAMPLES):
        other = shaken(source, arguments, seed)
        if _name_of(first.outcome) != _name_of(other.outcome) or len(first.parts) != len(other.parts):
            return None
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [spread(a, b) for a, b in zip(first.parts, other.parts, strict=True)]
        if any(each is None for each in found):
            return None
        bounds = [np.maximum(a, b) for a, b in zip(bounds, found, strict=True)]
    return [with_floor(bound, part) for bound, part in zip(bounds, first.parts, strict=True)]


def _name_of(result: Any) -> str:
    return type(result.error).__name__ if isinstance(result, Raised) else ""


def check(program: Any, both: Any) -> None:
    """Raise :class:`Different` unless both ways of running a program agree, or a stated deviation says otherwise."""
    COUNTS["programs"] += 1
    with np.errstate(all="ignore"):
        expected = run(both.plain.main, program.arguments)
    before = defnhook.stats()["plain_calls"]
    actual = hooked(both, program.arguments)
    COUNTS["plain"] += defnhook.stats()["plain_calls"] - before
    if is_refusal(actual.outcome, expected.outcome):
        COUNTS["refused"] += 1
        REASONS[reason(actual.outcome.error)] += 1
        return
    if isinstance(expected.outcome, Raised) and isinstance(expected.outcome.error, UnboundLocalError):
        COUNTS["unassigned"] += 1
        return
    try:
        agree(program.plain, program.arguments, actual, expected)
    except Different:
        if puts_out_of_range(expected.outcome) and not isinstance(actual.outcome, Raised):
            COUNTS["deviating as stated"] += 1
            return
        source = reading_first(program.reference)
        space = dict(SPACE)
        exec(source, space)
        expected = run(space["main"], program.arguments)
        returns = re.findall(r"^ +return ", program.plain.partition("def main")[2], re.MULTILINE)
        if len(returns) > 1 or re.search(r"\b(and|or)\b", program.plain):
            expected.outcome = as_promoted(expected.outcome, actual.outcome)
        agree(source, program.arguments, actual, expected)
        COUNTS["deviating as stated"] += 1


def puts_out_of_range(outcome: Any) -> bool:
    """Whether a float was put into an element of an integer array that cannot hold it."""
    if not isinstance(outcome, Raised) or not isinstance(outcome.error, OverflowError | ValueError):
        return False
    step = outcome.error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    line = "" if step is None else linecache.getline(step.tb_frame.f_code.co_filename, step.tb_lineno)
    known = re.search("cannot convert float|out of bounds for|too large to convert", str(outcome.error))
    return known is not None and re.search(r"\] \S*= ", line) is not None


def as_promoted(expected: Any, actual: Any) -> Any:
    """What several returns, or both operands of ``and`` and ``or``, give: numbers as the kind that they agree on."""
    mine, other = children(actual), children(expected)
    if (
        isinstance(expected, tuple | list | dict)
        and type(expected) is type(actual)
        and len(mine) == len(other)
    ):
        items = [as_promoted(b, a) for (_, b), (_, a) in zip(other, mine, strict=True)]
        return (
            dict(zip(expected, items, strict=True)) if isinstance(expected, dict) else type(expected)(items)
        )
    kinds = kind_of(expected), kind_of(actual)
    return (
        common(expected, *kinds[1]) if all(map(is_number, kinds)) and joined(*kinds) == kinds[1] else expected
    )


class _ReadingFirst(ast.NodeTransformer):
    """Assignments to parts of arrays whose value is a copy, so that it is read before anything is written."""

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        if isinstance(node.targets[0], ast.Subscript):
            node.value = ast.Call(ast.Name("apart", ast.Load()), [node.value], [])
        return node


def reading_first(source: str) -> str:
    """A program in which an array is read as it was before the assignment, parts that overlap or not."""
    return ast.unparse(ast.fix_missing_locations(_ReadingFirst().visit(ast.parse(source))))


def apart(value: Any) -> Any:
    """A copy of an array; any other value itself."""
    return value.copy() if isinstance(value, np.ndarray) else value


SPACE: dict[str, Any] = {"common": common, "apart": apart}


def hooked(both: Any, arguments: list[Any]) -> Run:
    given = copies(arguments)
    return Run(both.call_hooked("main", given), given)


def is_refusal(actual: Any, expected: Any) -> bool:
    """Whether defnhook says that it does not compile this, where Python raises nothing of the kind."""
    if not isinstance(actual, Raised) or isinstance(actual.error, DefnInternalError):
        return False
    if isinstance(expected, Raised) and isinstance(actual.error, type(expected.error)):
        return False
    return isinstance(actual.error, DefnError) or "has a value only in the branch" in str(actual.error)


def reason(error: BaseException) -> str:
    """A refusal without the names and numbers of its program."""
    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return re.sub(r"'[^']*'|\\b[a-z]\\d+\\b|\\d+", "_", line)[:160]


def agree(source: str, arguments: list[Any], actual: Run, expected: Run) -> None:
    actual, expected = (Run(plain_truth(each.outcome), each.arguments) for each in (actual, expected))
    limits = limits_of(source, arguments)
    if limits is None:
        COUNTS["set aside"] += 1
        return
    if isinstance(actual.outcome, Raised) or isinstance(expected.outcome, Raised):
        COUNTS["raised"] += 1
    assert_same(actual.outcome, expected.outcome, np.inf)
    for place, (mine, other, limit) in enumerate(zip(actual.parts, expected.parts, limits, strict=True)):
        path = f"argument {place}" if place < len(arguments) else f"part {place - len(arguments)}"
        assert_near(mine, other, limit, path)
    if isinstance(actual.outcome, Raised):
        return
    assert_same_sharing(actual.outcome, actual.arguments, expected.outcome, expected.arguments)


def plain_truth(value: Any) -> Any:
    """A result whose truth values are Python's: 'and' and 'or' may give either kind."""
    if isinstance(value, tuple | list):
        return type(value)(plain_truth(item) for item in value)
    if isinstance(value, dict):
        return {key: plain_truth(item) for key, item in value.items()}
    return bool(value) if isinstance(value, np.bool_) else value


def assert_near(actual: Any, expected: Any, limit: Any, path: str) -> None:
    assert_same(actual, expected, np.inf, path=path)
    mine, other = np.asarray(actual), np.asarray(expected)
    if other.dtype.kind not in "fc":
        return
    with np.errstate(all="ignore"):
        same = (mine == other) | ((mine != mine) & (other != other))
        near = np.abs(mine.astype(np.complex128) - other) <= limit
    if not np.all(same | (np.isfinite(other) & near)):
        raise Different(f"{path} is\n{mine!r}\nin NumPy\n{other!r}\nwithin\n{limit!r}")


def written(program: Any) -> str:
    """A program with its arguments, to be read."""
    texts = [
        f"{a.tolist()} {a.dtype} {a.strides}" if isinstance(a, np.ndarray) else repr(a)
        for a in program.arguments
    ]
    return "\n".join([program.source, *texts])
