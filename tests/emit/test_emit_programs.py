"""Loops, branches and writes: the emitted text computes what NumPy does, in place, and copies only where it must."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from blocks import (
    check,
    chosen,
    counted,
    element,
    kernel_of,
    known,
    of,
    program,
    python,
    repeated,
    run,
    update,
    window,
)
from graphs import array, number

from defnhook.graph import GATHER, SCATTER, ArrayType, Fault, Node
from defnhook.ops import OPS
from defnhook.trace.context import Trace, tracing
from defnhook.trace.primitives import reduce
from defnhook.trace.tensor import Tensor

N = 6
X, Y = array("x", N), array("y", N)
A, B = array("A", N, N), array("B", N, N)


def draw(*shape):
    return np.random.default_rng(7).random(shape)


def total(node):
    with tracing(Trace()):
        return reduce(OPS["sum"], Tensor(node)).node


# -- writes


def test_a_recurrence_is_a_loop_over_the_elements():
    def body(i, effects, s, x):
        value = of(lambda a, b: a * 0.5 + b, element(x, python(operator.sub, i, 1)), element(x, i))
        effects.append(update(x, value, i))
        return [of(lambda a, b: a + b, s, value), effects[-1]]

    zero = of(lambda x: np.sum(x) * 0, X)
    loop, (s, x) = counted(1, N, {"s": zero, "x": X}, body)
    kernel = kernel_of(program([X], [loop], [s], {0: x}))
    mine, other = draw(N), draw(N)
    (result,), _ = run(kernel, x=mine)
    for i in range(1, N):
        other[i] = other[i - 1] * 0.5 + other[i]
    np.testing.assert_allclose(mine, other)
    np.testing.assert_allclose(result, other[1:].sum())
    assert kernel.source.count("for ") == 3  # the sum in blocks, the loop
    assert "empty" not in kernel.source


def laplace(s):
    return 0.2 * (s[1:-1, 1:-1] + s[1:-1, :-2] + s[1:-1, 2:] + s[2:, 1:-1] + s[:-2, 1:-1])


def test_stencils_write_each_others_arrays_without_a_copy():
    def body(i, effects, a, b):
        effects.append(update(b, of(laplace, a), 1, 1, lengths=(N - 2, N - 2)))
        effects.append(update(a, of(laplace, effects[0]), 1, 1, lengths=(N - 2, N - 2)))
        return effects[::-1]

    loop, (a, b) = counted(0, 3, {"A": A, "B": B}, body)
    kernel = kernel_of(program([A, B], [loop], [], {0: a, 1: b}))
    mine, other = [draw(N, N), draw(N, N) + 1], [draw(N, N), draw(N, N) + 1]
    run(kernel, A=mine[0], B=mine[1])
    for _ in range(3):
        other[1][1:-1, 1:-1] = laplace(other[0])
        other[0][1:-1, 1:-1] = laplace(other[1])
    np.testing.assert_allclose(mine, other)
    assert kernel.source.count("for ") == 5
    assert not kernel.placement.notes
    assert [a.name for a in kernel.arguments] == ["A", "B"]


def in_place(value, lengths=(N, N), starts=(0, 0)):
    """A loop that writes one value of k and the array to it."""

    def body(k, effects, a):
        effects.append(update(a, value(k, a), *starts, lengths=lengths))
        return effects

    loop, (a,) = counted(0, N - 2, {"A": A}, body)
    kernel = kernel_of(program([A], [loop], [], {0: a}))
    mine = draw(N, N)
    run(kernel, A=mine)
    return kernel, mine


def test_only_the_row_and_the_column_are_kept_where_all_is_written():
    def value(k, a):
        row, column = window(a, k, 0, lengths=(1, N)), window(a, 0, k, lengths=(N, 1))
        return of(lambda a, r, c: np.minimum(a, r + c), a, row, column)

    kernel, mine = in_place(value)
    other = draw(N, N)
    for k in range(N - 2):
        other[:] = np.minimum(other, other[k] + other[:, k, None])
    np.testing.assert_array_equal(mine, other)
    assert kernel.source.count("np.empty((1, ") == kernel.source.count(", 1), np.float64)") == 1


@pytest.mark.parametrize(
    ("value", "lengths", "starts", "numpy", "apart"),
    [
        (lambda a: a[::-1] + 1, (N, N), (0, 0), np.index_exp[:], True),
        (lambda a: (a[:-2] + a[2:]) / 2, (N - 2, N), (1, 0), np.index_exp[1:-1], True),
        (lambda a: a.T * 2, (N, N), (0, 0), np.index_exp[:], True),
        (lambda a: a[:3] + a[:3, ::-1], (3, N), (3, 0), np.index_exp[3:], False),
        (lambda a: a * 2 + 1, (N, N), (0, 0), np.index_exp[:], False),
        (lambda a: a / np.sum(a, axis=1, keepdims=True), (N, N), (0, 0), np.index_exp[:], False),
        (lambda a: a / np.sum(a, axis=0), (N, N), (0, 0), np.index_exp[:], False),
    ],
)
def test_what_is_read_elsewhere_is_computed_before_it_is_written(value, lengths, starts, numpy, apart):
    kernel, mine = in_place(lambda k, a: of(value, a), lengths, starts)
    other = draw(N, N)
    for _ in range(N - 2):
        other[numpy] = value(other)
    np.testing.assert_allclose(mine, other)
    assert any("computed before" in note for note in kernel.placement.notes) is apart


def test_a_value_of_before_is_computed_before_the_write():
    first = of(lambda x: x * 2, X)
    written = update(X, of(lambda x: x + 1, window(X, 0, lengths=(N,))), 0, lengths=(N,))
    late = of(lambda a, b: a - b, first, written)
    kernel = kernel_of(program([X], [written], [late], {0: written}))
    mine = draw(N)
    (result,), _ = run(kernel, x=mine)
    np.testing.assert_allclose(mine, draw(N) + 1)
    np.testing.assert_allclose(result, draw(N) * 2 - (draw(N) + 1))


def test_an_array_changed_beside_its_original_is_a_copy():
    mine = update(X, of(lambda x: x * 0, window(X, 0)), 0)
    kernel = kernel_of(program([X], [mine], [mine], {}))
    given = draw(N)
    (result,), _ = run(kernel, x=given)
    np.testing.assert_array_equal(given, draw(N))
    np.testing.assert_array_equal(result[1:], given[1:])
    assert result[0] == 0


@pytest.mark.parametrize("mode", ["set", "add", "maximum"])
def test_scattered_elements_are_written_in_order(mode):
    index, value = array("index", 5, dtype="i8"), array("value", 5)
    taken = Node(GATHER, (X, index), ArrayType((5,), X.dtype), {"axes": (0,)})
    change = of(lambda a, b: a * b, taken, value)
    scatter = Node(SCATTER, (X, change, index), X.type, {"axes": (0,), "mode": mode})
    kernel = kernel_of(program([X, index, value], [scatter], [], {0: scatter}))
    mine, other, places = draw(N), draw(N), np.array([0, 3, 3, 1, 0])
    run(kernel, x=mine, index=places, value=draw(5))
    values = other[places] * draw(5)
    if mode == "set":
        other[places] = values
    else:
        getattr(np, mode).at(other, places, values)
    np.testing.assert_array_equal(mine, other)


# -- loops and branches


def test_slices_as_long_as_the_loop_has_come():
    sizes = {}

    def extent(node):
        return next((size for size, known in sizes.items() if known is node), None) or (
            sizes.setdefault(2**40 + len(sizes) * 1000003, node)
            and next(size for size, known in sizes.items() if known is node)
        )

    def body(i, effects, x):
        part = window(x, 0, lengths=(extent(i),))
        effects.append(update(x, of(lambda a, b: a + b, element(x, i), total(part)), i))
        return effects

    loop, (x,) = counted(0, N, {"x": X}, body)
    kernel = kernel_of(program([X], [loop], [], {0: x}, sizes=sizes))
    mine, other = draw(N), draw(N)
    run(kernel, x=mine)
    for i in range(N):
        other[i] += other[:i].sum()
    np.testing.assert_allclose(mine, other)


def test_arrays_handed_on_exchange_their_memory():
    def body(i, effects, u, v):
        return [of(lambda u, v: u[::-1] + v, u, v), u]

    loop, (u, v) = counted(0, 5, {"u": X, "v": Y}, body)
    kernel = kernel_of(program([X, Y], [loop], [u, v], {}))
    mine = draw(N), draw(N) + 1
    results, _ = run(kernel, x=mine[0], y=mine[1])
    a, b = mine
    for _ in range(5):
        a, b = a[::-1] + b, a
    np.testing.assert_allclose(results, [a, b])
    np.testing.assert_array_equal(mine, [draw(N), draw(N) + 1])


def test_while_with_a_check_and_a_branch_after_it():
    y = number("y")

    def test(v):
        distance = python(
            abs, python(operator.sub, python(operator.mul, v, v, gives=float), y, gives=float), gives=float
        )
        return python(operator.gt, distance, 1e-12, gives=bool)

    def body(effects, v):
        effects.append(
            check(python(operator.lt, v, 0.0, gives=bool), Fault(ValueError, "{0} is negative"), v)
        )
        twice = python(operator.add, v, python(operator.truediv, y, v, gives=float), gives=float)
        return [python(operator.truediv, twice, 2.0, gives=float)]

    loop, (root,) = repeated({"v": known(1.0)}, test, body)
    large = python(operator.gt, root, 2.0, gives=bool)
    branch, (result,) = chosen(large, lambda _: [python(operator.neg, root, gives=float)], lambda _: [root])
    kernel = kernel_of(program([y], [loop, branch], [result], {}))
    for value, expected in ((9.0, -3.0), (2.25, 1.5)):
        (found,), fault = run(kernel, y=value)
        assert abs(found - expected) < 1e-9
        assert not fault[0]
    _, fault = run(kernel, y=-1.0)
    assert fault[0] == 1
    operand = fault[1:2].view(np.float64)[0]
    assert str(kernel.faults[0].fault.exception((operand,))) == f"{operand} is negative"


def test_a_branch_writes_an_array_on_one_side():
    def body(i, effects, x):
        value = element(x, i)

        def then(inner):
            inner.append(update(x, of(lambda v: v * 0, value), i))
            return inner

        small = of(lambda v: v < 0.5, value)
        branch, (after,) = chosen(small, then, lambda _: [x])
        effects.append(branch)
        return [after]

    loop, (x,) = counted(0, N, {"x": X}, body)
    kernel = kernel_of(program([X], [loop], [], {0: x}))
    mine, other = draw(N), draw(N)
    run(kernel, x=mine)
    other[other < 0.5] = 0
    np.testing.assert_array_equal(mine, other)


def test_a_loop_is_left_after_the_step_that_asks_for_it():
    def body(i, effects, s):
        after = python(operator.add, s, i)
        return [after, python(operator.gt, after, 5, gives=bool)]

    loop, (s,) = counted(0, 100, {"s": known(0)}, body)
    (result,), _ = run(kernel_of(program([], [loop], [s], {})))
    assert result == 6


def test_what_a_loop_does_not_change_is_computed_once_before_it():
    table = of(np.exp, Y)

    def body(i, effects, x):
        effects.append(update(x, of(lambda a, b: a * b, element(x, i), element(table, i)), i))
        return effects

    loop, (x,) = counted(0, N, {"x": X}, body)
    kernel = kernel_of(program([X, Y], [loop], [], {0: x}))
    mine = draw(N)
    run(kernel, x=mine, y=draw(N) + 1)
    np.testing.assert_allclose(mine, draw(N) * np.exp(draw(N) + 1))
    assert kernel.source.index("exp_f64(") < kernel.source.index("_at in range(")
