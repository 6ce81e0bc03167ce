"""What fuses and what does not, as the loop nests of small graphs."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import array, examples, kernel, loops, number, results, run, traced

from defnhook.graph import Graph


def softmax(t):
    return np.exp(t) / np.sum(np.exp(t))


def softmax_of_rows(t):
    e = np.exp(t - np.max(t, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def layer_norm(x, scale, shift):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5) * scale + shift


def log_sum_exp(x):
    top = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0]


# Function, inputs, loop nests, then what lies where.
NESTS = {
    "softmax is two loops": (
        softmax,
        [array("t", 100)],
        """
        for n0 = 100:
            compute exp
            fold sum
        for n0 = 100:
            compute divide
        """,
        ["out"],
    ),
    "softmax of rows is one outer loop": (
        softmax_of_rows,
        [array("t", 10, 20)],
        """
        for n0 = 10:
            for n1 = 20:
                fold max
            for n1 = 20:
                compute exp
                fold sum
            for n1 = 20:
                compute divide
        """,
        ["out"],
    ),
    "layer norm is one outer loop": (
        layer_norm,
        [array("x", 10, 20), array("scale", 20), array("shift", 20)],
        """
        for n0 = 10:
            for n1 = 20:
                fold sum
            compute divide
            for n1 = 20:
                compute subtract
                fold sum
            compute sqrt
            for n1 = 20:
                compute add
        """,
        ["out"],
    ),
    "log-sum-exp keeps no matrix": (
        log_sum_exp,
        [array("x", 10, 20)],
        """
        for n0 = 10:
            for n1 = 20:
                fold max
            for n1 = 20:
                fold sum
            compute add
        """,
        ["out"],
    ),
    "independent results share a loop": (
        lambda x: (np.sin(x), x * 2, np.sum(x)),
        [array("x", 30)],
        """
        for n0 = 30:
            compute sin
            compute multiply
            fold sum
        """,
        ["out", "out_1", "out_2"],
    ),
    "results over different arrays do not": (
        lambda x, y: (np.sin(x), np.sin(y)),
        [array("x", 30), array("y", 30)],
        """
        for n0 = 30:
            compute sin
        for n1 = 30:
            compute sin
        """,
        ["out", "out_1"],
    ),
    "sums over rows and over columns of one matrix": (
        lambda x: (np.sum(x, axis=0), np.sum(x, axis=1)),
        [array("x", 10, 20)],
        """
        for n0 = 10:
            for n1 = 20:
                fold sum
                fold sum
        """,
        ["out", "out_1"],
    ),
    "a chain is one loop": (
        lambda x: np.exp(np.sin(x) * 2 + 1).astype("f4"),
        [array("x", 30)],
        """
        for n0 = 30:
            compute cast
        """,
        ["out"],
    ),
    "a chain over a broadcast": (
        lambda x, y: x[:, None] * 2 + y,
        [array("x", 10), array("y", 20)],
        """
        for n0 = 10:
            for n1 = 20:
                compute add
        """,
        ["out"],
    ),
    "views fold into places": (
        lambda x: x.T[1:, ::-1] + 1,
        [array("x", 10, 20)],
        """
        for n0 = 10:
            for n1 = 19:
                compute add
        """,
        ["out"],
    ),
    "a cheap value is computed twice rather than kept": (
        lambda x: (x + 1) / np.sum(x + 1),
        [array("x", 30)],
        """
        for n0 = 30:
            fold sum
        for n0 = 30:
            compute divide
        """,
        ["out"],
    ),
    "parts of a join of one array share a loop": (
        lambda x: np.concatenate([x * 2, x + 1]),
        [array("x", 10)],
        """
        for n0 = 10:
            join concatenate
            join concatenate
        """,
        ["out"],
    ),
    "parts of parts are joined at once": (
        lambda x, y, z: np.concatenate([np.concatenate([x, y], axis=1), z], axis=0),
        [array("x", 5, 3), array("y", 5, 1), array("z", 6, 4)],
        """
        for n0 = 5:
            for n1 = 3:
                join concatenate
            join concatenate
        for n2 = 6:
            for n3 = 4:
                join concatenate
        """,
        ["out"],
    ),
    "a reshape of an array without gaps is no copy": (
        lambda x: np.reshape(x, -1)[1:] + np.reshape(x, -1)[:-1],
        [array("x", 10, 20)],
        """
        for n0 = 199:
            compute add
        """,
        ["out"],
    ),
    "a result in another shape is no copy": (
        lambda x: np.reshape(np.concatenate([x[1:], x[:1]]), (4, 5)),
        [array("x", 20)],
        """
        for n0 = 19:
            join concatenate
        join concatenate
        """,
        ["out"],
    ),
    "a number needs no loop": (
        lambda s: np.sin(s) + 1,
        [number("s", kind="scalar")],
        """
        compute add
        """,
        ["out"],
    ),
}


def test_a_reshape_of_an_array_with_gaps_is_a_copy():
    graph = traced(lambda x: np.reshape(x, -1)[1:] + 1, array("x", 10, 20))
    assert [buffer.role for buffer in kernel(graph, ("x",)).placement.buffers] == ["temporary", "result"]
    turned = traced(lambda x: np.reshape(x, -1)[1:] + 1, array("x", 10, 20, order=(1, 0)))
    assert [buffer.role for buffer in kernel(turned).placement.buffers] == ["temporary", "result"]
    assert_agrees(turned)


def dedented(text):
    return [line.removeprefix("        ") for line in text.strip("\n").splitlines()[:-1]]


@pytest.mark.parametrize("name", NESTS)
def test_loop_nests(name):
    function, inputs, nests, buffers = NESTS[name]
    graph = traced(function, *inputs)
    made = kernel(graph)
    assert loops(made) == dedented(nests)
    assert [buffer.name for buffer in made.placement.buffers] == buffers


@pytest.mark.parametrize("name", NESTS)
def test_the_nests_compute_what_numpy_computes(name):
    graph = traced(*[NESTS[name][0], *NESTS[name][1]])
    assert_agrees(graph)


def assert_agrees(graph: Graph, **options):
    values = dict(zip([node.params["name"] for node in graph.inputs], examples(graph), strict=True))
    actual = run(kernel(graph), values, **options)
    for mine, other in zip(actual, results(graph, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


# -- a producer under a broadcast that widens it is not computed again


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x, y: np.exp(x) * y, [array("x", 20), array("y", 10, 20)]),
        (lambda x, y: np.exp(x)[None] * y, [array("x", 20), array("y", 10, 20)]),
        (lambda x, y: np.sum(np.exp(x) * y, axis=1), [array("x", 20), array("y", 10, 20)]),
    ],
)
def test_costly_work_is_not_repeated_for_each_row(function, inputs):
    made = kernel(traced(function, *inputs))
    first, *rest = loops(made)
    assert first == "for n0 = 20:"
    assert rest[0] == "    compute exp"
    assert not any("exp" in line for line in rest[1:])
    assert_agrees(traced(function, *inputs))


def test_work_of_one_row_is_done_outside_its_inner_loop():
    made = kernel(traced(lambda x, y: np.exp(x)[:, None] * y, array("x", 10), array("y", 10, 20)))
    lines = made.source.splitlines()
    (exp,) = [line for line in lines if "exp_f64" in line]
    (multiply,) = [line for line in lines if "multiply_0 =" in line]
    assert len(exp) - len(exp.lstrip()) < len(multiply) - len(multiply.lstrip())


@pytest.mark.parametrize(
    ("function", "kept"),
    [
        (lambda x: np.exp(x) + np.exp(x)[::-1], True),
        (lambda x: np.exp(x)[1:] - np.exp(x)[:-1], True),
        (lambda x: np.exp(x)[1:], False),
        (lambda x: (x * 3)[1:] - (x * 3)[:-1], False),
        (lambda x: np.sqrt(x * x)[1:] - np.sqrt(x * x)[:-1], False),
    ],
)
def test_costly_work_that_is_read_at_several_places_is_kept(function, kept):
    graph = traced(function, array("x", 9))
    assert any(buffer.role == "temporary" for buffer in kernel(graph).placement.buffers) == kept
    assert_agrees(graph)


def test_cheap_work_may_be_repeated():
    made = kernel(traced(lambda x, y: (x + 1) * y, array("x", 20), array("y", 10, 20)))
    assert loops(made) == ["for n0 = 10:", "    for n1 = 20:", "        compute multiply"]


# -- reductions over leading axes


def test_a_reduction_of_columns_adds_whole_rows():
    made = kernel(traced(lambda x: np.sum(x, axis=0), array("x", 10, 20)))
    assert loops(made) == ["for n0 = 10:", "    for n1 = 20:", "        fold sum"]
    source = made.source.splitlines()
    (step,) = [number for number, line in enumerate(source) if "out[j] = out[j] + " in line]
    assert source[step - 2].strip() == "for j in range(ZERO, n1):"
    assert source[step - 3].strip() == "for i in range(ZERO, n0):"


def test_a_reduction_walks_memory_in_order():
    made = kernel(traced(lambda x: np.sum(x, axis=0), array("x", 10, 20, order=(1, 0))))
    assert loops(made)[:2] == ["for n0 = 20:", "    for n1 = 10:"]


# -- what memory serves twice


def test_a_value_is_kept_in_the_memory_of_the_result_that_replaces_it():
    made = kernel(traced(softmax, array("t", 100)))
    assert made.placement.notes == ["exp is kept in the memory of out"]


@pytest.mark.parametrize(
    "function",
    [
        lambda t: (np.exp(t) / np.sum(np.exp(t))).astype("f4"),
        lambda t: np.exp(t)[::-1] / np.sum(np.exp(t)),
        lambda t: (np.exp(t)[:, None] / np.sum(np.exp(t)))[:, 0] + np.exp(t)[::-1],
    ],
)
def test_memory_is_not_shared_where_the_value_does_not_fit_or_is_needed_elsewhere(function):
    graph = traced(function, array("t", 100))
    made = kernel(graph)
    assert [buffer.role for buffer in made.placement.buffers] == ["temporary", "result"]
    assert made.placement.notes == []
    assert_agrees(graph) if made.placement.buffers[1].dtype == np.float64 else None


def test_a_row_that_only_its_own_loop_reads_is_one_row_long():
    def function(x, y):
        e = np.exp(x)
        return np.sum(e / np.sum(e, axis=1, keepdims=True) * y, axis=1)

    made = kernel(traced(function, array("x", 10, 20), array("y", 10, 20)))
    rows = [buffer for buffer in made.placement.buffers if buffer.role == "row"]
    assert [(row.axes, row.extents) for row in rows] == [((1,), ("n1",))]
    assert "row_exp = np.empty((n1,), np.float64)" in made.source


# -- sizes


def sizes(function, *inputs):
    return kernel(traced(function, *inputs)).schedule.extents.values


def test_sizes_that_must_be_equal_are_one():
    assert sizes(lambda x, y: x + y, array("x", 7), array("y", 7)) == {"n0": 7}


def test_sizes_that_happen_to_be_equal_are_two():
    assert sizes(lambda x, y: np.sin(x)[:, None] * y, array("x", 7), array("y", 7)) == {"n0": 7, "n1": 7}


def test_a_square_matrix_has_two_sizes():
    assert sizes(lambda x: x * 2 + np.sum(x, axis=1)[:, None], array("x", 7, 7)) == {"n0": 7, "n1": 7}


def test_a_matrix_plus_its_transpose_has_one():
    assert sizes(lambda x: x + x.T, array("x", 7, 7)) == {"n0": 7}


def test_a_slice_has_a_size_of_its_own():
    assert sizes(lambda x: x[1:-1] + x[2:], array("x", 9)) == {"n0": 7}


def test_parts_of_a_join_have_sizes_of_their_own():
    values = sizes(lambda x, y: np.concatenate([x, y]) + 1, array("x", 4), array("y", 4))
    assert sorted(values.values()) == [4, 4, 8]


# -- why things did not fuse


@pytest.mark.parametrize(
    ("function", "inputs", "note"),
    [
        (
            softmax,
            [array("t", 9)],
            "sum and divide do not share a loop: the whole of it has to be known first",
        ),
        (
            lambda x: np.exp(x) + np.exp(x)[::-1],
            [array("x", 9)],
            "exp and add do not share a loop: it is read at other positions",
        ),
        (
            lambda x: np.concatenate([x, x]) * 2,
            [array("x", 9)],
            "concatenate and multiply do not share a loop: they walk different sizes",
        ),
    ],
)
def test_what_does_not_fuse_says_why(function, inputs, note):
    assert note in kernel(traced(function, *inputs)).schedule.notes
