"""What runs natively together, and what runs as a step between."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import array, number, traced

from defnhook.emit.library import lacks
from defnhook.schedule.segments import divide
from defnhook.trace import runtime
from defnhook.transform import optimize


def division(function, *inputs):
    divided = divide(optimize(traced(function, *inputs)), lacks)
    steps = [[node.op.name for node in group] for group in divided.steps]
    segments = [[node.op.name for node in segment.nodes] for segment in divided.segments]
    return divided, steps, segments


X = array("x", 6)
M = array("m", 3, 3)


def test_all_native():
    _, steps, segments = division(lambda x: np.exp(x) + 1, X)
    assert (steps, segments) == ([[], []], [["exp", "add"]])


def test_a_library_call_splits():
    divided, steps, segments = division(lambda m: np.exp(np.exp(m) @ m), M)
    assert segments == [["exp"], ["exp"]]
    assert steps == [[], ["matmul"], []]
    first, second = divided.segments
    assert [node.op.name for node in first.results] == ["exp"]
    assert [node.op.name for node in second.operands] == ["matmul"]


def test_a_library_call_on_an_argument_comes_first():
    _, steps, segments = division(lambda m: np.exp(m @ m), M)
    assert [group for group in steps if group] == [["matmul"]]
    assert [segment for segment in segments if segment] == [["exp"]]
    assert next(step or segment for step, segment in zip(steps, segments, strict=False)) == ["matmul"]


def test_native_work_moves_to_the_segment_that_reads_it():
    divided, _, segments = division(lambda m: np.exp(m @ m) + np.sin(m), M)
    assert [segment for segment in segments if segment] == [["exp", "sin", "add"]]
    assert [node.op.name for s in divided.segments for node in s.results] == ["add"]


def test_a_result_of_an_early_segment_stays_there():
    divided, _, segments = division(lambda m: (np.sin(m), np.exp(np.exp(m) @ m)), M)
    assert segments[0] == ["sin", "exp"]
    assert {node.op.name for node in divided.segments[0].results} == {"sin", "exp"}


def test_pythons_own_arithmetic_is_a_step_before():
    _, steps, segments = division(lambda x, n: x * runtime.add(n, 1.0), X, number("n"))
    assert steps[0] == ["host", "cast"]
    assert segments == [["multiply"]]


def test_views_that_only_steps_read_are_left_to_numpy():
    divided, _, _ = division(lambda m: m.T @ m, M)
    assert all(not segment.nodes for segment in divided.segments)


@pytest.mark.parametrize(
    ("function", "inputs", "reasons"),
    [
        (lambda m: m @ m, [M], ["matmul: a library call on whole arrays"]),
        (lambda x: np.argmax(x) + x, [X], ["argmax: no native loop for float64"]),
        (
            lambda x, n: x * n,
            [array("x", 6, dtype="f4"), number("n", "i8")],
            ["cast: a Python number becomes a NumPy scalar"],
        ),
        (lambda x: np.sin(x), [array("x", 6, dtype="c16")], ["sin: no native loop for complex128"]),
        (lambda x: x + 1, [X], []),
    ],
)
def test_each_step_says_why(function, inputs, reasons):
    divided, _, _ = division(function, *inputs)
    assert divided.reasons(lacks) == reasons
