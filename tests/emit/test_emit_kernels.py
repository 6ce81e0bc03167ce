"""The emitted source: it runs as plain Python, its text holds structure only, its parts can run apart."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest
from graphs import array, example, examples, kernel, number, results, run, traced

from defnhook.emit.kernel import RESERVED
from defnhook.emit.module import kernel_text, signature
from defnhook.trace.building import iota


def softmax(t):
    return np.exp(t) / np.sum(np.exp(t))


def values_of(graph):
    return dict(zip([node.params["name"] for node in graph.inputs], examples(graph), strict=True))


# -- plain Python


CASES = {
    "softmax": (softmax, [array("t", 40)]),
    "rows": (lambda t: softmax(t) / np.max(t, axis=1, keepdims=True), [array("t", 4, 5)]),
    "columns": (lambda t: t - np.mean(t, axis=0), [array("t", 4, 5)]),
    "both": (lambda t: (np.sum(t, axis=0), np.sum(t, axis=1), np.sum(t)), [array("t", 4, 5)]),
    "order": (lambda a, b: a * 2 + b, [array("a", 4, 5, order=(1, 0)), array("b", 4, 5)]),
    "orders": (lambda a: np.exp(a), [array("a", 2, 3, 4, order=(1, 2, 0))]),
    "slices": (lambda a: a[1:-1] * a[::-1][2:] - a[:-2], [array("a", 9)]),
    "steps": (lambda a: a[1::3] + a[-2::-3], [array("a", 9)]),
    "transposed": (lambda a: a.T + a.T[::-1], [array("a", 4, 5)]),
    "reshaped": (lambda a: np.sum((a * 2).T.reshape(4, 5), axis=1), [array("a", 4, 5)]),
    "joined": (lambda a, b: np.concatenate([a, b + 1, a[:, :1]], axis=1), [array("a", 3, 4), array("b", 3, 2)]),
    "stacked": (lambda a, b: np.stack([a, b * 2]), [array("a", 5), array("b", 5)]),
    "iota": (lambda a: a + iota(5) * 2, [array("a", 5)]),
    "constant array": (lambda a: a + np.arange(5), [array("a", 5)]),
    "numbers": (lambda a, s: a * np.float32(3.7) + s, [array("a", 5, dtype="f4"), number("s", "f4", "scalar")]),
    "integers": (lambda a: (a * 7 + 1) // 3 % 5, [array("a", 5, dtype="i4")]),
    "unsigned": (lambda a: a - np.uint8(9), [array("a", 5, dtype="u1")]),
    "logic": (lambda a, b: np.where(a & ~b, 1.5, -0.0), [array("a", 5, dtype="?"), array("b", 5, dtype="?")]),
    "complex": (lambda a: a * np.conj(a) + 2j, [array("a", 5, dtype="c16")]),
    "any": (lambda a: (np.any(a > 0, axis=1), np.all(a > 0)), [array("a", 4, 5)]),
    "extremes": (lambda a: (np.max(a), np.min(a, axis=0)), [array("a", 4, 5)]),
    "products": (lambda a: np.prod(a, axis=1), [array("a", 4, 5)]),
    "single": (lambda a: np.sum(a * 2), [array("a", 1, 1)]),
    "of nothing": (lambda a: a + 1, [array("a")]),
    "argument named like a loop": (lambda i: i + np.sum(i), [array("i", 5)]),
    "argument named like a function": (lambda select: np.where(select > 0, select, 0), [array("select", 5)]),
    "argument named like a keyword": (lambda lam: lam * 2, [array("lambda", 5)]),
    "argument in a container": (lambda a: a * 2, [array("state['u'][0]", 5)]),
    "arguments that clean up to the same": (lambda a, b: a - b, [array("s.a", 5), array("s[a]", 5)]),
}  # fmt: skip


def polynomial(x):
    for term in range(8):
        x = x * x + term
    return x


RANGES = {
    "a long step": (polynomial, [array("x", 9)], ["interleaved"]),
    "vector math": (lambda x: np.exp(x) + 1, [array("x", 9)], ["interleaved"]),
    "a short step": (lambda x: x * x + 1, [array("x", 9)], ["range"]),
    "a wide inner loop": (
        lambda x, y: np.exp(x + y),
        [array("x", 4, 300), array("y", 300)],
        ["range", "interleaved"],
    ),
    "a narrow inner loop": (
        lambda x, y: np.exp(x + y),
        [array("x", 4, 30), array("y", 30)],
        ["range", "range"],
    ),
    "a short step that folds": (lambda x: np.max(np.exp(x)), [array("x", 9)], ["range"]),
    "a long step that folds": (lambda x: np.sum(np.exp(x) * np.sin(x)), [array("x", 9)], ["interleaved"]),
}


@pytest.mark.parametrize("name", RANGES)
def test_long_steps_are_interleaved(name):
    function, arguments, ranges = RANGES[name]
    source = kernel(traced(function, *arguments)).source
    assert re.findall(r"for \w in (\w+)\(", source) == ranges


@pytest.mark.parametrize("name", CASES)
def test_the_source_runs_as_plain_python(name):
    graph = traced(CASES[name][0], *CASES[name][1])
    values = values_of(graph)
    for mine, other in zip(run(kernel(graph), values), results(graph, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6 if mine.dtype == "f4" else 1e-12)


@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("name", CASES)
def test_the_phases_in_slices_give_the_same_bits(name, slices):
    graph = traced(CASES[name][0], *CASES[name][1])
    values = values_of(graph)
    made = kernel(graph)
    for apart, whole in zip(run(made, values, phases=True, slices=slices), run(made, values), strict=True):
        assert apart.tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", CASES)
def test_names_are_distinct_and_free(name):
    made = kernel(traced(CASES[name][0], *CASES[name][1]))
    names = [argument.name for argument in made.arguments]
    assert len(set(names)) == len(names)
    assert all(each.isidentifier() and each not in RESERVED for each in names)


def test_strided_operands_are_read_where_they_are():
    graph = traced(lambda a: np.sum(a * 2, axis=1), array("a", 4, 5))
    base = np.arange(40.0).reshape(4, 10)
    made = kernel(graph, strided=("a",))
    np.testing.assert_array_equal(run(made, {"a": base[:, ::2]})[0], np.sum(base[:, ::2] * 2, axis=1))
    assert "float64[:, :], " in signature(made)


def test_contiguous_operands_become_one_loop():
    graph = traced(lambda a, b: a * 2 + b, array("a", 4, 5, 6), array("b", 4, 5, 6))
    assert kernel(graph).source.count("for ") == 1
    assert kernel(graph, strided=("b",)).source.count("for ") == 3
    values = values_of(graph)
    np.testing.assert_allclose(run(kernel(graph), values)[0], values["a"] * 2 + values["b"])


# -- chunks and blocks


def test_a_long_sum_is_made_of_chunks_of_blocks():
    graph = traced(lambda a: np.sum(a), array("a", 40_000, dtype="f4"))
    made = kernel(graph)
    assert made.phases[0].parallel
    assert made.phases[0].units == 3
    assert made.parts == 3
    assert "for chunk in range(start, stop):" in made.source
    assert "for block in range(lower, upper, BLOCK):" in made.source


@pytest.mark.parametrize("length", [1, 511, 512, 513, 16383, 16384, 16385])
def test_chunks_and_blocks_end_where_the_array_ends(length):
    graph = traced(lambda a: (np.sum(a), np.max(a)), array("a", length, dtype="i4"))
    values = values_of(graph)
    made = kernel(graph)
    expected = [np.sum(values["a"]), np.max(values["a"])]
    for phases in (False, True):
        assert [int(each) for each in run(made, values, phases=phases, slices=2)] == expected


@pytest.mark.parametrize("axis", [2, (1, 2)])
def test_a_sum_of_a_few_elements_can_be_unrolled(axis):
    graph = traced(lambda x: np.sum(x, axis=axis), array("x", 1100, 4, 4))
    made = kernel(graph)
    assert "in range(ZERO, np.uint64(4)):" in made.source
    assert "BLOCK" not in made.source
    values = values_of(graph)
    np.testing.assert_allclose(run(made, values)[0], np.sum(values["x"], axis=axis), rtol=1e-14, atol=1e-14)


def test_a_sum_of_many_elements_or_of_all_is_made_of_blocks():
    for shape, axis in (((6, 4), 1), ((6000, 17), 1), ((900, 5, 5), (1, 2)), ((40_000,), 0)):
        made = kernel(traced(lambda x, axis=axis: np.sum(x, axis=axis), array("x", *shape)))
        assert "BLOCK" in made.source


COLUMNS = {
    "softmax": lambda t: np.exp(t - np.max(t, axis=0)) / np.sum(np.exp(t - np.max(t, axis=0)), axis=0),
    "kept axes": lambda t: t / np.sum(t, axis=0, keepdims=True),
    "outer and inner": lambda t: np.sum(t.reshape(130, 20, 20), axis=(0, 2)),
    "all as well": lambda t: (np.sum(t, axis=0), np.sum(t), np.max(t)),
    "several": lambda t: (np.min(t, axis=0), np.mean(t, axis=0), np.all(t > 0, axis=0)),
    "integers": lambda t: np.sum(t.astype(np.int64), axis=0) + np.prod(t.astype(np.int8), axis=0),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_long_columns_are_folded_in_chunks(name):
    graph = traced(COLUMNS[name], array("t", 130, 400))
    values = values_of(graph)
    made = kernel(graph)
    assert any(phase.parallel and phase.units == 3 for phase in made.phases)
    whole = run(made, values)
    for mine, other in zip(whole, results(graph, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)
    for apart, at_once in zip(run(made, values, phases=True, slices=2), whole, strict=True):
        assert apart.tobytes() == at_once.tobytes()


@pytest.mark.parametrize(
    ("function", "dtype", "rows"),
    [
        (lambda t: np.sum(t, axis=0), "f8", 64),  # too few rows
        (lambda t: np.prod(t, axis=0), "f8", 130),  # may overflow on the way
        (lambda t: np.sum(t, axis=0), "f2", 130),  # rounded to 16 bits on the way
    ],
)
def test_columns_whose_order_counts_are_folded_row_by_row(function, dtype, rows):
    made = kernel(traced(function, array("t", rows, 400, dtype=dtype)))
    assert [phase.parallel for phase in made.phases] == [False]
    assert "chunk" not in made.source


# -- the text is structure


def text(function, *inputs, **options):
    return kernel_text(kernel(traced(function, *inputs), **options))


SAME = {
    "another length": ((softmax, array("t", 10)), (softmax, array("t", 1_000_000))),
    "another shape": (
        (lambda x: np.mean(x, axis=1), array("x", 3, 40)),
        (lambda x: np.mean(x, axis=1), array("x", 500, 70)),
    ),
    "lengths that are equal": (
        (lambda x, y: np.outer(x, y), array("x", 3), array("y", 4)),
        (lambda x, y: np.outer(x, y), array("x", 5), array("y", 5)),
    ),
    "a square": ((lambda x: np.sum(x, axis=0), array("x", 3, 4)), (lambda x: np.sum(x, axis=0), array("x", 5, 5))),
    "another constant": ((lambda x: x * 3.7, array("x", 5)), (lambda x: x * 4.1, array("x", 5))),
    "another integer": (
        (lambda x: x * 11, array("x", 5, dtype="i4")),
        (lambda x: x * -300, array("x", 5, dtype="i4")),
    ),
    "half of the length": (
        (lambda x: x[: len(x) // 2] + 1, array("x", 10)),
        (lambda x: x[: len(x) // 2] + 1, array("x", 30)),
    ),
    "other bounds": ((lambda x: x[1:7] + 1, array("x", 10)), (lambda x: x[3:9] + 1, array("x", 12))),
    "bounds from the end": ((lambda x: x[1:-1] + 1, array("x", 10)), (lambda x: x[2:-3] + 1, array("x", 99))),
    "another step": ((lambda x: x[::2] + 1, array("x", 10)), (lambda x: x[::3] + 1, array("x", 10))),
    "another length of range": (
        (lambda x: x + iota(5), array("x", 5, dtype="i8")),
        (lambda x: x + iota(9), array("x", 9, dtype="i8")),
    ),
    "other lengths of parts": (
        (lambda x, y: np.concatenate([x, y]), array("x", 3), array("y", 4)),
        (lambda x, y: np.concatenate([x, y]), array("x", 30), array("y", 2)),
    ),
    "another way to say it": (
        (lambda x: x.T + 1, array("x", 3, 4)),
        (lambda x: np.transpose(x) + 1, array("x", 3, 4)),
    ),
    "another picked row": ((lambda x: x[1] + 1, array("x", 10, 4)), (lambda x: x[7] + 1, array("x", 10, 4))),
}  # fmt: skip
OTHER = {
    "another dtype": ((softmax, array("t", 10)), (softmax, array("t", 10, dtype="f4"))),
    "an axis of one": ((lambda x: x + 1, array("x", 10)), (lambda x: x + 1, array("x", 1))),
    "another rank": ((lambda x: np.sum(x), array("x", 10)), (lambda x: np.sum(x), array("x", 10, 2))),
    "a constant that is structure": ((lambda x: x * 3.7, array("x", 5)), (lambda x: x * 2.0, array("x", 5))),
    "minus zero": ((lambda x: x + 0.0, array("x", 5)), (lambda x: x + -0.0, array("x", 5))),
    "another direction": ((lambda x: x[::2] + 1, array("x", 10)), (lambda x: x[::-2] + 1, array("x", 10))),
    "another memory order": (
        (lambda x: np.sum(x, axis=0), array("x", 3, 4)),
        (lambda x: np.sum(x, axis=0), array("x", 3, 4, order=(1, 0))),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_no_structure_leaves_the_text_alone(name):
    first, second = SAME[name]
    assert text(*first) == text(*second)


@pytest.mark.parametrize("name", OTHER)
def test_what_is_structure_changes_the_text(name):
    first, second = OTHER[name]
    assert text(*first) != text(*second)


def test_the_numbers_are_in_the_table():
    made = kernel(traced(lambda x: x * 3.7 + 1.0, array("x", 5)))
    assert sorted(made.table) == [5, int(np.float64(3.7).view(np.uint64))]
    assert "3.7" not in made.source
    assert "np.float64(1.0)" in made.source


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 1.7e308])
def test_special_numbers_arrive_as_they_are(value):
    graph = traced(lambda x: x * 0 + value if value == value else x + value, array("x", 3))
    values = values_of(graph)
    (actual,) = run(kernel(graph), values)
    np.testing.assert_array_equal(actual, results(graph, values)[0])


def test_a_strided_operand_has_another_signature():
    function = (lambda x: np.sum(x, axis=0), array("x", 3, 4))
    assert text(*function) != text(*function, strided=("x",))


# -- the text is a program


@pytest.mark.parametrize("name", CASES)
def test_the_module_is_python_that_imports_what_it_uses(name):
    made = kernel(traced(CASES[name][0], *CASES[name][1]))
    tree = ast.parse(kernel_text(made).replace("{name}", "kernel"))
    imported = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {
        n.func.id for n in ast.walk(function) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert called <= imported | {"range", "min", "complex"}
    assert imported - {"BLOCK", "ZERO"} <= called


def test_the_signature_follows_the_arguments():
    graph = traced(
        lambda a, b, c, d: a + b + c + d,
        array("a", 3, 4, dtype="f4"),
        array("b", 4, dtype="?"),
        number("c", "f4", "scalar"),
        array("d", dtype="f4"),
    )
    inside = "boolean[::1], float32[:, ::1], float32, Array(float32, 0, 'C'), float32[:, ::1], uint64[::1]"
    assert signature(kernel(graph)) == f"void({inside}, int64, uint64, uint64)"


def test_kernels_are_the_same_from_run_to_run():
    assert example(array("t", 3)).tolist() == example(array("t", 3)).tolist()
    assert len({text(softmax, array("t", 10)) for _ in range(5)}) == 1
