"""Loops hand on what they change, and programs keep what something needs."""

from __future__ import annotations

import operator

from blocks import check, counted, element, known, of, program, python, update
from graphs import array

from defnhook.graph import LOOP, UPDATE, Fault
from defnhook.transform.regions import carried_parameters, drop_dead, settle_loops

N = 4
X, Y = array("x", N), array("y", N)


def nodes(graph, op):
    return [node for node in graph.nodes() if node.op is op]


def names(loop):
    return [node.params["name"] for node in carried_parameters(loop)]


def nested(i, effects, x, y):
    def body(j, inner, x, y):
        inner.append(update(x, of(lambda a, b: a + b, element(x, j), element(y, j)), j))
        return [inner[0], y]

    loop, (x, y) = counted(0, i, {"x": x, "y": y}, body)
    effects.append(loop)
    return [x, y]


def test_what_no_step_changes_is_not_carried_through_nested_loops():
    loop, (x, _) = counted(0, N, {"x": X, "y": Y}, nested)
    graph = settle_loops(program([X, Y], [loop], [], {0: x}))
    assert [names(each) for each in nodes(graph, LOOP)] == [["x"], ["x"]]
    reads = [node for node in graph.nodes() if Y in node.inputs]
    assert len(reads) == 1


def test_what_comes_out_unchanged_is_what_went_in():
    loop, (_, y) = counted(0, N, {"x": X, "y": Y}, nested)
    graph = settle_loops(program([X, Y], [loop], [y], {}))
    assert graph.outputs == (Y,)


def test_a_carried_value_that_nothing_reads_goes_with_its_writes():
    def body(i, effects, x, y):
        effects.append(update(x, element(x, i), i))
        effects.append(update(y, element(y, i), i))
        return effects

    loop, (x, _) = counted(0, N, {"x": X, "y": Y}, body)
    graph = drop_dead(program([X, Y], [loop], [], {0: x}))
    (kept,) = nodes(graph, LOOP)
    assert names(kept) == ["x"]
    assert len(nodes(graph, UPDATE)) == 1


def test_a_loop_without_results_stays_for_its_check_alone():
    def body(i, effects, s):
        effects.append(check(python(operator.gt, i, 2, gives=bool), Fault(ValueError, "too far")))
        return [python(operator.add, s, i)]

    loop, _ = counted(0, N, {"s": known(0)}, body)
    (kept,) = nodes(drop_dead(program([], [loop], [], {})), LOOP)
    assert names(kept) == []
    silent, _ = counted(0, N, {"s": known(0)}, lambda i, effects, s: [python(operator.add, s, i)])
    assert drop_dead(program([], [silent], [], {})).effects == ()


def test_a_value_needed_by_another_carried_one_stays():
    def body(i, effects, a, b):
        return [python(operator.add, a, b), python(operator.mul, b, 2)]

    loop, (a, _) = counted(0, N, {"a": known(0), "b": known(1)}, body)
    (kept,) = nodes(drop_dead(program([], [loop], [a], {})), LOOP)
    assert names(kept) == ["a", "b"]
