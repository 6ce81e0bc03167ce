"""Programs nobody wrote: random marked modules give the same with the hook and without it.

``DEFNHOOK_FUZZ`` sets how many programs the slow test runs.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same, assert_same_sharing, children
from hypothesis import HealthCheck, given, note, settings
from noise import bounds
from written import Program, programs

from defnhook.dispatch.tracing import trace_call
from defnhook.trace.calls import MARK
from defnhook.trace.structure import Leaf

MANY = int(os.environ.get("DEFNHOOK_FUZZ", "2000"))
COUNTS: Counter[str] = Counter()
RELAXED = settings(suppress_health_check=list(HealthCheck), max_examples=40)


def run(program, both_ways, mode):
    note(program.source)
    note("\n".join(f"{a!r} {getattr(a, 'dtype', '')} {getattr(a, 'strides', '')}" for a in program.arguments))
    check(program, both_ways(program.source, mode))


def check(program, both):
    """Compare both ways of running a program, floats within what rounding may do to them."""
    expected = both.call_plain("main", program.arguments)
    actual = both.call_hooked("main", program.arguments)
    COUNTS["programs"] += 1
    if isinstance(actual, Raised) or isinstance(expected, Raised):
        COUNTS["raised"] += 1
        assert_same(actual, expected)
        return
    limits = limits_of(both, program.arguments)
    if limits is None:
        COUNTS["set aside"] += 1
        return
    compare(actual, expected, limits, "result")
    assert_same_sharing(actual, program.arguments, expected, program.arguments)


def limits_of(both, arguments):
    """The bounds of each result, in the structure of the results."""
    dispatcher = getattr(both.hooked.main, MARK)
    dispatcher.register()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = trace_call(dispatcher, dispatcher.bind(*arguments))
    values = [traced.leaves[traced.positions[id(node)]] for node in traced.graph.inputs]
    found = bounds(traced.graph, values)
    return None if found is None else placed(traced.template, found)


def placed(template, found):
    if isinstance(template, Leaf):
        return found[template.index]
    if isinstance(template, dict):
        return {key: placed(item, found) for key, item in template.items()}
    return [placed(item, found) for item in template] if isinstance(template, tuple | list) else None


def compare(actual, expected, limits, path):
    assert_same(actual, expected, np.inf, path=path)
    parts = children(expected)
    if parts is not None:
        inner = list(limits.values()) if isinstance(limits, dict) else limits
        for (step, mine), (_, other), limit in zip(children(actual), parts, inner, strict=True):
            compare(mine, other, limit, path + step)
        return
    mine, other = np.asarray(actual), np.asarray(expected)
    if other.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            same = (mine == other) | ((mine != mine) & (other != other))
            near = np.abs(mine.astype(np.complex128) - other) <= (0.0 if limits is None else limits)
        if not np.all(same | (np.isfinite(other) & near)):
            raise Different(f"{path} is\n{mine!r}\nin NumPy\n{other!r}\nwithin\n{limits!r}")


@pytest.mark.property
@RELAXED
@given(programs())
def test_random_programs(both_ways, program):
    run(program, both_ways, "interpret")


@pytest.mark.property
@RELAXED
@given(programs())
def test_random_programs_in_slices(both_ways, in_slices, program):
    run(program, both_ways, "interpret")


@pytest.mark.property
@settings(RELAXED, max_examples=5)
@given(programs())
def test_random_programs_compiled(both_ways, program):
    run(program, both_ways, "on")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=MANY)
@given(programs())
def test_many_random_programs(both_ways, program):
    run(program, both_ways, "interpret")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=MANY)
@given(programs())
def test_many_random_programs_in_slices(both_ways, in_slices, program):
    run(program, both_ways, "interpret")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=max(1, MANY // 10))
@given(programs())
def test_many_random_programs_compiled(both_ways, program):
    run(program, both_ways, "on")


def test_few_programs_are_set_aside():
    if not COUNTS["programs"]:
        pytest.skip("no programs were run")
    assert COUNTS["set aside"] <= COUNTS["programs"] // 3, COUNTS


# -- the tester

EXACT = "# defn\nimport numpy as np\n\n\ndef main(a):\n    return (a * 2 + 1) / 3\n"
ROUNDED = "# defn\nimport numpy as np\n\n\ndef main(a):\n    return np.exp(a).sum() - 2\n"
DECIDING = "# defn\nimport numpy as np\n\n\ndef main(a):\n    return np.floor(np.log(np.exp(a)))\n"


def test_exact_programs_have_no_room(both_ways):
    both, a = both_ways(EXACT, "eager"), np.linspace(0, 1, 5)
    limits = limits_of(both, [a])
    assert not limits.any()
    expected = both.call_plain("main", [a])
    with pytest.raises(Different):
        compare(np.nextafter(expected, 9), expected, limits, "result")


def test_rounded_programs_have_little_room(both_ways):
    limits = limits_of(both_ways(ROUNDED, "eager"), [np.linspace(0, 1, 5)])
    assert 1e-16 < limits < 1e-12


def test_what_rounding_decides_is_set_aside(both_ways):
    assert limits_of(both_ways(DECIDING, "eager"), [np.arange(5.0)]) is None
    assert limits_of(both_ways(DECIDING, "eager"), [np.arange(5.0) + 0.5]) is not None


def test_a_wrong_program_is_caught(both_ways):
    both = both_ways(ROUNDED, "eager")
    both.plain.main = lambda a: np.exp(a).sum() - 2 + 1e-9
    with pytest.raises(Different):
        check(Program(ROUNDED, [np.linspace(0, 1, 5)]), both)
