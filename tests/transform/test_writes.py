"""Writes of whole arrays: each row is a chain of writes, what stays of it, and the same values."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from blocks import counted, element, kernel_of, known, of, program, python, run, update, window
from graphs import array

from defnhook.graph import LOOP, UPDATE
from defnhook.transform import optimize

N = 5
X, Y = array("x", N), array("y", N)


def whole(base, value):
    return update(base, value, 0, lengths=(N,))


def draw():
    return np.random.default_rng(3).random(N)


def left(graph, op):
    return [node for node in optimize(graph).nodes() if node.op is op]


def test_only_the_last_of_two_writes_of_the_whole_array_is_made():
    first = whole(X, of(lambda x: x - 1, X))
    last = whole(first, of(np.exp, first))
    graph = program([X], [first, last], [], {0: last})
    assert len(left(graph, UPDATE)) == 1
    mine = draw()
    run(kernel_of(graph), x=mine)
    np.testing.assert_allclose(mine, np.exp(draw() - 1))


def test_what_is_read_between_two_writes_is_the_value_of_the_first():
    first = whole(X, of(lambda x: x - 1, X))
    total = of(lambda x: np.sum(x), first)
    last = whole(first, of(lambda x, s: x / s, first, total))
    graph = program([X], [first, last], [total], {0: last})
    assert len(left(graph, UPDATE)) == 1
    mine = draw()
    (result,), _ = run(kernel_of(graph), x=mine)
    np.testing.assert_allclose(result, np.sum(draw() - 1))
    np.testing.assert_allclose(mine, (draw() - 1) / np.sum(draw() - 1))


def test_a_new_array_that_is_written_is_its_value():
    zeros = of(lambda x: x * 0, Y)
    made = whole(zeros, of(lambda z, x: z + x, zeros, X))
    graph = program([X, Y], [made], [made], {})
    assert left(graph, UPDATE) == []


@pytest.mark.parametrize("what", ["written in part", "read elsewhere", "given back"])
def test_a_write_stays_that_something_looks_at(what):
    first = whole(X, of(lambda x: x - 1, X))
    last = whole(first, of(np.exp, first))
    if what == "written in part":
        last = update(first, of(lambda x: x * 2, window(first, 0)), 0)
    elif what == "read elsewhere":
        last = whole(first, of(lambda x: x[::-1] * x, first))
    outputs = [first] if what == "given back" else []
    assert len(left(program([X], [first, last], outputs, {0: last}), UPDATE)) == 2


def short(steps):
    def body(i, effects, total):
        part = window(Y, i, lengths=(3,))
        effects.append(update(total, of(lambda t, y: t + y, total, part), 0, lengths=(3,)))
        return effects

    zeros = of(lambda y: y[:3] * 0, Y)
    loop, (total,) = counted(0, steps, {"total": zeros}, body)
    return program([Y], [loop], [total], {})


def test_a_short_loop_of_whole_writes_is_one_expression():
    graph = short(3)
    assert left(graph, LOOP) == left(graph, UPDATE) == []


def test_a_long_one_stays_a_loop():
    def body(i, effects, total):
        effects.append(whole(total, of(lambda t, y: t + y, total, Y)))
        return effects

    zeros = of(lambda y: y * 0, Y)
    loop, (total,) = counted(0, 100, {"total": zeros}, body)
    graph = program([Y], [loop], [total], {})
    assert len(left(graph, LOOP)) == 1
    (result,), _ = run(kernel_of(graph), y=draw())
    np.testing.assert_allclose(result, 100 * draw())


def test_a_short_loop_of_single_elements_stays_a_loop():
    def body(i, effects, x):
        effects.append(update(x, of(lambda a: a * 2, element(x, python(operator.add, i, 1))), i))
        return effects

    loop, (x,) = counted(0, 3, {"x": X}, body)
    graph = program([X], [loop], [], {0: x})
    assert len(left(graph, LOOP)) == 1


def test_steps_down_are_written_out_in_their_order():
    def body(i, effects, total):
        value = of(lambda t, e: t * 2 + e, total, element(Y, i))
        effects.append(whole(total, value))
        return effects

    loop, (total,) = counted(4, 1, {"total": X}, body, step=-1)
    graph = program([X, Y], [loop], [], {0: total})
    assert len(left(graph, LOOP)) == 0
    mine, other = draw(), draw()
    run(kernel_of(graph), x=mine, y=draw() + 1)
    for i in range(4, 1, -1):
        other[:] = other * 2 + (draw() + 1)[i]
    np.testing.assert_allclose(mine, other)


def test_known_numbers_are_added_while_compiling():
    part = window(X, python(operator.add, known(1), known(2)))
    graph = optimize(program([X], [], [of(lambda x: x * 2, part)], {}))
    (taken,) = [node for node in graph.nodes() if node.op.name == "slice"]
    assert taken.params["ranges"] == ((3, 1, 1),)
