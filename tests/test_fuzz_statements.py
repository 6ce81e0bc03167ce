"""Statement programs nobody wrote: branches, loops and writes do the same with the hook and without it.

``DEFNHOOK_FUZZ`` sets how many programs the slow test runs; ``--hypothesis-seed`` chooses which.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import numpy as np
import pytest
from agreeing import COUNTS, REASONS, check, limits_of, written
from compare import Different
from hypothesis import HealthCheck, given, note, settings
from state import State, common, copies, joined, kind_of
from stated import StatementProgram, Tossed, helper, statement_programs, write_program
from stating import WITH_PATHS, Writer, common_kind, may_be_known

MANY = int(os.environ.get("DEFNHOOK_FUZZ", "2000"))
RELAXED = settings(suppress_health_check=list(HealthCheck), max_examples=40)


def run(program, both_ways, mode):
    note(written(program))
    check(program, both_ways(program.plain, mode))


@pytest.mark.property
@settings(RELAXED, derandomize=True)
@given(statement_programs())
def test_random_statements(both_ways, program):
    run(program, both_ways, "interpret")


@pytest.mark.property
@settings(RELAXED, derandomize=True)
@given(statement_programs())
def test_random_statements_in_slices(both_ways, in_slices, program):
    run(program, both_ways, "interpret")


@pytest.mark.property
@settings(RELAXED, max_examples=2, derandomize=True)
@given(statement_programs())
def test_random_statements_compiled(both_ways, program):
    run(program, both_ways, "on")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=MANY)
@given(statement_programs())
def test_many_random_statements(both_ways, program):
    run(program, both_ways, "interpret")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=MANY)
@given(statement_programs())
def test_many_random_statements_in_slices(both_ways, in_slices, program):
    run(program, both_ways, "interpret")


@pytest.mark.slow
@pytest.mark.property
@settings(RELAXED, max_examples=max(1, MANY // 20))
@given(statement_programs())
def test_many_random_statements_compiled(both_ways, program):
    run(program, both_ways, "on")


def test_few_statement_programs_are_refused_or_set_aside(both_ways):
    before = Counter(COUNTS)
    for seed in range(64):
        program = write_program(Tossed(random.Random(seed)))
        check(program, both_ways(program.plain, "interpret"))
    found = COUNTS - before
    assert found["programs"] == 64
    assert found["refused"] <= 8, REASONS.most_common(5)
    assert found["set aside"] <= 4, found
    assert found["plain"] <= 22, found


# -- the tester

HEAD = "# defn\nimport numpy as np\n\n\ndef main(a):\n"
CORRECT = HEAD + "    for i in range(1, len(a)):\n        a[i] += a[i - 1]\n    return a.max()\n"
ROUNDED = HEAD + "    a[0] = np.sum(np.exp(a))\n    return a[0]\n"
DECIDING = HEAD + "    if np.exp(a[0]) == np.exp(a[0] * 1):\n        return 1\n    return 2\n"
GROWING = (
    HEAD + "    s = 0\n    s = common(s, 'scalar', 'd')  #!\n    for x in a:\n        s += x\n    return s\n"
)


def wrong(a):
    a[1] += 1e-9
    return a.max()


def test_a_correct_program_agrees_and_a_wrong_write_is_caught(both_ways):
    program = StatementProgram(CORRECT, [np.array([1.0, 2.0, -1.0])])
    both = both_ways(CORRECT, "eager")
    check(program, both)
    both.hooked.main = wrong
    with pytest.raises(Different):
        check(program, both)


def test_an_error_that_is_not_raised_is_caught(both_ways):
    program = StatementProgram(HEAD + "    a[len(a)] = 1\n", [np.arange(3.0)])
    both = both_ways(program.plain, "eager")
    check(program, both)
    both.hooked.main = lambda a: None
    with pytest.raises(Different):
        check(program, both)


def test_exact_statements_have_no_room_and_rounded_ones_little():
    arguments = [np.linspace(0, 1, 5)]
    assert not any(limit.any() for limit in limits_of(CORRECT, arguments))
    assert all(1e-16 < limit.max() < 1e-12 for limit in limits_of(ROUNDED, arguments))


def test_statements_that_rounding_decides_are_set_aside():
    assert limits_of(DECIDING, [np.arange(1.0, 5.0)]) is None


def test_integers_beyond_64_bits_are_set_aside():
    assert (
        limits_of(HEAD + "    s = 3\n    for x in a:\n        s *= s\n    return s\n", [np.arange(9.0)])
        is None
    )


def test_the_reference_gives_numbers_their_common_type():
    program = StatementProgram(GROWING, [np.arange(3.0)])
    assert program.merges
    assert "common" not in program.plain
    assert joined(("int",), ("float",)) == ("float",)
    assert joined(("int",), ("scalar", "f")) == ("scalar", "f")
    assert type(common(1, "scalar", "d")) is np.float64


def test_copies_share_memory_as_the_originals_do():
    a = np.arange(12.0).reshape(3, 4)
    given = [a, a[1:, ::-2], a, np.broadcast_to(a[0], (2, 4)), np.asfortranarray(a)]
    made = copies(given)
    assert made[0] is made[2]
    assert all(np.array_equal(x, y) and x.strides == y.strides for x, y in zip(made, given, strict=True))
    made[0][1, 3] = -1
    assert made[1][0, 0] == -1
    assert a[1, 3] == 7
    assert not made[3].flags.writeable


def test_statements_that_raise_leave_samples_alone():
    state = State([{"a": np.arange(3.0)}], {"np": np})
    assert not state.run(["a[0] = 5", "a[7] = 1"])
    assert state.samples[0]["a"][0] == 0
    assert state.run(["for i in range(3):", "    a[i] = i * 2", "    if i == 1:", "        break"])
    assert state.samples[0]["a"].tolist() == [0, 2, 2]


def test_statements_after_a_return_are_for_those_who_did_not_return():
    state = State([{"s": 1}, {"s": 3}], {})
    assert state.run(["if s > 2:", "    return s", "s = s + 0.5"])
    assert [sample["s"] for sample in state.samples] == [1.5, 3.5]


def test_what_a_loop_leaves_in_one_of_two_types_is_not_carried():
    state = State([{"a": np.arange(3.0), "s": 1}], {"np": np})
    writer = Writer(Tossed(random.Random(0)), {})
    writer.block = lambda *_: writer.hidden.add("s") or ["pass"]
    assert writer.around(state, state.copy(), ["for k in range(2):"], [], set(), 0) is None


def test_a_number_has_a_common_type_where_all_samples_agree():
    integer, real, scalar = ("int",), ("float",), ("scalar", "f")
    assert common_kind([integer, integer], [real, real]) == real
    assert common_kind([integer, real], [real, real]) == real
    assert common_kind([integer, real], [integer, integer]) is None
    assert common_kind([integer, scalar], [real, real]) is None
    assert common_kind([integer], [None]) is None


def test_helpers_in_which_paths_meet_are_called_with_what_they_were_written_for():
    for seed in range(80):
        space = {"np": np, "n": 2, "x": 0.5, "flag": True}
        text, kinds = helper(Tossed(random.Random(seed)), "h0", space, {})
        writer = Writer(Tossed(random.Random(seed)), {"h0": kinds})
        state = State([{"a": np.arange(3), "b": np.ones(3, np.float32), "s": True, "t": 2}], space)
        array, number = (state.value(part)[0] for part in writer.call(state)[3:-1].split(", "))
        assert bool(kinds) == bool(WITH_PATHS.search(text))
        assert not kinds or (array.dtype.char, *kind_of(number)) in kinds


@pytest.mark.parametrize(
    ("test", "known"),
    [("v1 > 0", True), ("a[v1] > 0", False), ("v1 > 0 and a[v1] > 0", True), ("x < 1", False)],
)
def test_conditions_on_constants_may_be_known(test, known):
    assert may_be_known(State([{"a": np.arange(3.0), "v1": 0}], {"x": 0.5}), test) == known


def test_additions_one_after_another_are_rounded():
    source = HEAD + "    np.add.at(a, [0, 0, -1], 0.1)\n    return a[1]\n"
    assert limits_of(source, [np.ones(3, np.float32)])[0].max() > 1e-8


def test_written_programs_hold_every_kind_of_statement():
    texts = [write_program(Tossed(random.Random(seed))).source for seed in range(60)]
    for words in (
        "while ",
        "break",
        "continue",
        "else:",
        "elif ",
        "assert ",
        "raise ",
        "enumerate(",
        "zip(",
        "def h0",
    ):
        assert any(words in text for text in texts), words
