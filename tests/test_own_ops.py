"""The operations that NumPy lacks: against loops in NumPy, the same in marked files, and errors of arguments."""

from __future__ import annotations

import doctest
import importlib
import itertools
from collections import Counter

import numpy as np
import pytest
from compare import assert_same
from ops.cases import ordinary

from defnhook import ops

RANDOM = np.random.default_rng(5)
DTYPES = [np.dtype(c) for c in ("i1", "u4", "i8", "f2", "f4", "f8")]
REAL = RANDOM.normal(size=(4, 7))
WHOLE = RANDOM.integers(-3, 4, (5, 6)).astype(np.int32)


# -- what windows see, with loops


def dilated(x, gaps, first=0):
    shape = [(n - 1) * gap + 1 if n else 0 for n, gap in zip(x.shape[first:], gaps, strict=True)]
    wide = np.zeros((*x.shape[:first], *shape), x.dtype)
    wide[(..., *[slice(None, None, gap) for gap in gaps])] = x
    return wide


def pairs(padding, shape, reach, strides):
    if padding == "valid":
        return [(0, 0)] * len(shape)
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in zip(shape, reach, strides, strict=True)]
        return [(each // 2, each - each // 2) for each in total]
    return padding


def seen(x, value, window, strides, padding, gaps):
    """The places of a window and what it sees there, one after the other."""
    reach = [(n - 1) * gap + 1 for n, gap in zip(window, gaps, strict=True)]
    x = np.pad(x, pairs(padding, x.shape, reach, strides), constant_values=value)
    counts = [(n - r) // s + 1 for n, r, s in zip(x.shape, reach, strides, strict=True)]
    for place in np.ndindex(*counts):
        starts = [i * s for i, s in zip(place, strides, strict=True)]
        yield place, x[tuple(slice(a, a + r, gap) for a, r, gap in zip(starts, reach, gaps, strict=True))]


WINDOWS = list(
    itertools.product(
        [(2, 3), (1, 1), (4, 2), (3, 5)],
        [(1, 1), (2, 3)],
        ["valid", "same", [(1, 0), (2, 1)]],
        [(1, 1), (1, 2)],
    )
)
FOLDS = [
    (ops.window_sum, np.sum, lambda dtype: 0),
    (ops.window_prod, np.prod, lambda dtype: 1),
    (ops.window_mean, np.mean, lambda dtype: 0),
    (ops.window_max, np.max, lambda dtype: -np.inf if dtype.kind == "f" else np.iinfo(dtype).min),
    (ops.window_min, np.min, lambda dtype: np.inf if dtype.kind == "f" else np.iinfo(dtype).max),
]


@pytest.mark.parametrize(("own", "numpy", "neutral"), FOLDS, ids=[own.__name__ for own, _, _ in FOLDS])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_windows(own, numpy, neutral, dtype):
    x = ordinary(dtype, (5, 9))
    for window, strides, padding, gaps in WINDOWS:
        found = own(x, window, strides, padding, gaps)
        parts = dict(seen(x, neutral(dtype), window, strides, padding, gaps))
        assert found.dtype == numpy(x).dtype
        assert found.shape == tuple(n + 1 for n in max(parts))
        for place, part in parts.items():
            rounding = 1e-5 if found.dtype != np.float16 else 1e-2
            np.testing.assert_allclose(found[place], numpy(part), rtol=rounding, atol=rounding)


@pytest.mark.parametrize("size", range(1, 18))
def test_windows_of_every_size(size):
    x = RANDOM.integers(-9, 9, 40)
    for gap in (1, 2):
        span = (size - 1) * gap + 1
        expected = [x[i : i + span : gap] for i in range(40 - span + 1)]
        assert ops.window_sum(x, size, dilation=gap).tolist() == [part.sum() for part in expected]
        assert ops.window_max(x, size, dilation=gap).tolist() == [part.max() for part in expected]


def test_a_maximum_sees_nan_and_truth_values():
    assert_same(
        ops.window_max(np.array([1, np.nan, 2, 3]), 2, padding="same"), np.array([np.nan, np.nan, 3, 3])
    )
    assert ops.window_min(np.array([True, False, True, True]), 2).tolist() == [False, False, True]


def test_window_reduce():
    x = ordinary(np.dtype("f8"), (5, 9))
    for window, strides, padding, gaps in WINDOWS:
        found = ops.window_reduce(x, 0.5, lambda a, b: 2 * a + b, window, strides, padding, gaps)
        for place, part in seen(x, 0.5, window, strides, padding, gaps):
            expected = 0.5
            for element in part.flat:
                expected = 2 * expected + element
            np.testing.assert_allclose(found[place], expected, rtol=1e-12)


def conv_with_loops(x, kernel, strides, padding, between, gaps, groups):
    x = dilated(x, between, 2)
    each_in, each_out = kernel.shape[1], kernel.shape[0] // groups
    rows = []
    for array in x:
        for out, weights in enumerate(kernel):
            first = out // each_out * each_in
            channels = [
                {place: np.sum(part * w) for place, part in seen(channel, 0, w.shape, strides, padding, gaps)}
                for channel, w in zip(array[first : first + each_in], weights, strict=True)
            ]
            shape = tuple(n + 1 for n in max(channels[0]))
            rows.append(np.reshape([sum(c[place] for c in channels) for place in np.ndindex(*shape)], shape))
    return np.reshape(rows, (len(x), len(kernel), *rows[0].shape))


CONVS = [
    ((2, 3, 8), (4, 3, 3), {}),
    ((1, 4, 9), (6, 2, 2), {"feature_groups": 2, "strides": 2}),
    ((2, 2, 5, 6), (3, 2, 2, 3), {"padding": "same"}),
    ((2, 2, 5, 6), (3, 2, 2, 3), {"padding": "same", "strides": (2, 3)}),
    (
        (1, 3, 7, 6),
        (3, 1, 3, 2),
        {"kernel_dilation": (2, 1), "padding": [(1, 2), (0, 3)], "feature_groups": 3},
    ),
    ((1, 2, 4, 5), (2, 2, 3, 3), {"input_dilation": (2, 3), "strides": 2}),
    ((1, 2, 3, 4, 5), (2, 2, 2, 2, 2), {"padding": "same", "strides": (1, 2, 1)}),
    ((1, 1, 6), (1, 1, 2), {"padding": [(-1, 0)]}),
    ((1, 2, 50), (2, 2, 40), {"strides": 3}),
    ((1, 2, 14, 9), (2, 1, 6, 6), {"feature_groups": 2, "kernel_dilation": (2, 1)}),
]


@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("i4", "f4", "f8", "c16")], ids=str)
@pytest.mark.parametrize(("shape", "window", "keywords"), CONVS, ids=str)
def test_conv(shape, window, keywords, dtype):
    x, kernel = ordinary(dtype, shape), ordinary(dtype, window)[..., ::-1]
    found = ops.conv(x, kernel, **keywords)
    count = len(shape) - 2
    strides, between, gaps = (
        (value,) * count if isinstance(value, int) else value
        for value in (keywords.get(name, 1) for name in ("strides", "input_dilation", "kernel_dilation"))
    )
    padding = keywords.get("padding", "valid")
    if padding == [(-1, 0)]:
        x, padding = x[..., 1:], "valid"
    expected = conv_with_loops(x, kernel, strides, padding, between, gaps, keywords.get("feature_groups", 1))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


# -- places


def padded_with_loops(x, value, padding):
    for axis, (low, high, gap) in enumerate(padding):
        rows = []
        for row in np.moveaxis(x, axis, 0):
            rows += [np.full_like(row, value)] * gap * bool(rows) + [row]
        edge = np.full_like(np.moveaxis(x, axis, 0)[0], value)
        rows = [edge] * low + rows + [edge] * high
        rows = rows[max(0, -low) : len(rows) - max(0, -high)]
        x = np.moveaxis(np.reshape(rows, (len(rows), *edge.shape)), 0, axis)
    return x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_pad(dtype):
    x = ordinary(dtype, (3, 4))
    edges = list(itertools.product((-3, -2, -1, 0, 2), (-2, -1, 0, 1), (0, 1, 2)))
    for edge in edges:
        extent = 4 + 3 * edge[2] + edge[0] + edge[1]
        if extent > 0:
            padding = [(1, 0, 1), edge]
            assert_same(ops.pad(x, 7, padding), np.ascontiguousarray(padded_with_loops(x, 7, padding)))


def test_slices():
    x = np.arange(20).reshape(4, 5)
    for start, length, stride in itertools.product((-2, 0, 1, 3, 9), (1, 2, 4), (1, 2)):
        first = min(max(start, 0), 4 - length)
        assert_same(
            ops.slice_along_axis(x, start, length, 0, stride), x[first : first + length : stride].copy()
        )
        first = min(max(start, 0), 5 - length)
        assert_same(
            ops.slice_along_axis(x, np.asarray(start), length, -1, stride),
            x[:, first : first + length : stride].copy(),
        )
    for starts in ((0, 0), (1, 2), (9, -9)):
        expected = x.astype(float)
        row, column = min(max(starts[0], 0), 2), min(max(starts[1], 0), 2)
        expected[row : row + 2, column : column + 3] = 0.5
        assert_same(ops.put_slice(x, starts, np.full((2, 3), 0.5)), expected)


def test_indexed():
    x, places = np.arange(12.0).reshape(3, 4), np.array([[0, 1], [2, 3], [0, 1]])
    added, put = x.copy(), x.copy()
    for (row, column), value in zip(places, (10.0, 20.0, 30.0), strict=True):
        added[row, column] += value
        put[row, column] = value
    assert_same(ops.indexed_add(x, places, [10.0, 20.0, 30.0]), added)
    assert_same(ops.indexed_put(x, places, [10.0, 20.0, 30.0]), put)
    rows = x.copy()
    rows[1] += [1, 2, 3, 4]
    assert_same(ops.indexed_add(x, [[1]], [1, 2, 3, 4]), rows)
    assert x[0, 1] == 1.0


# -- numbers


@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("i1", "u1", "i2", "u4", "i8", "u8")], ids=str)
def test_bits(dtype):
    info, width = np.iinfo(dtype), 8 * dtype.itemsize
    x = np.array([info.min, info.max, 0, 1, 2, 77, info.max // 3], dtype)
    words = [format(int(each) % 2**width, f"0{width}b") for each in x]
    assert ops.population_count(x).tolist() == [word.count("1") for word in words]
    assert ops.count_leading_zeros(x).tolist() == [len(word) - len(word.lstrip("0")) for word in words]


@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("i4", "f4", "f8")], ids=str)
def test_sigmoid_and_logsumexp(dtype):
    x = ordinary(dtype, (4, 5))
    wide = x.astype(np.longdouble)
    result = np.dtype("f8") if dtype.kind == "i" else dtype
    assert ops.sigmoid(x).dtype == result
    np.testing.assert_allclose(ops.sigmoid(x), 1 / (1 + np.exp(-wide)), rtol=1e-6)
    weights = np.abs(ordinary(np.dtype("f8"), (5,))) + 0.5
    for axis, keepdims in itertools.product((None, 0, -1, (0, 1)), (False, True)):
        for factors in (None, weights):
            found = ops.logsumexp(x, axis, factors, keepdims)
            terms = np.exp(wide) * (1 if factors is None else factors)
            assert found.dtype == result
            np.testing.assert_allclose(
                found,
                np.log(np.sum(terms, axis=axis, keepdims=keepdims)).astype(result),
                rtol=1e-5,
                atol=1e-5,
            )


def test_extreme_numbers():
    assert_same(
        ops.sigmoid(np.array([-1000.0, 1000.0, np.inf, -np.inf, np.nan])), np.array([0, 1, 1, 0, np.nan])
    )
    with np.errstate(divide="ignore"):
        assert ops.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
    assert ops.logsumexp(np.array([np.inf, 1.0])) == np.inf
    assert ops.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2)


@pytest.mark.parametrize("dtype", [*DTYPES, np.dtype(bool)], ids=str)
def test_mode_and_top_k(dtype):
    x = RANDOM.integers(0, 2 if dtype.kind == "b" else 4, (4, 9)).astype(dtype)
    expected = [min(Counter(row).items(), key=lambda item: (-item[1], item[0]))[0] for row in x.tolist()]
    assert_same(ops.mode(x, 1), np.array(expected, dtype))
    assert_same(ops.mode(x.T, 0, keepdims=True), np.array([expected], dtype))
    assert ops.mode(x.ravel()) == ops.mode(x) == ops.mode(x, keepdims=True)[0, 0]
    for k in (0, 1, 4, 9):
        values, indices = ops.top_k(x, k)
        order = [sorted(range(9), key=lambda place, row=row: (-int(row[place]), place))[:k] for row in x]
        assert_same(indices, np.array(order, np.int64).reshape(4, k))
        assert_same(values, np.take_along_axis(x, indices, -1))
        assert_same(ops.top_k(x.T, k, axis=0)[1], indices.T)


def test_weighted_mean():
    weights = np.abs(REAL) + 1
    assert_same(ops.weighted_mean(REAL, weights, axis=1), np.average(REAL, axis=1, weights=weights))
    np.testing.assert_allclose(ops.weighted_mean(REAL, weights), np.sum(REAL * weights) / np.sum(weights))
    assert ops.weighted_mean(REAL, weights, axis=0, keepdims=True).shape == (1, 7)


# -- functions of functions


def test_reduce():
    for axis, keepdims in itertools.product((None, 0, 1, (0, 1), ()), (False, True)):
        found = ops.reduce(WHOLE, 10, np.add, axis, keepdims)
        assert_same(found, np.sum(WHOLE, axis=axis, keepdims=keepdims, dtype=np.int32) + np.int32(10))
    assert ops.reduce(np.array([1, 2, 3]), 0.5, lambda a, b: 2 * a + b).item() == 15.0


def test_scan():
    (total, count), ys = ops.scan(
        lambda carry, row: ((carry[0] + row, carry[1] + 1), carry[0] * row), (np.zeros(7), 0), REAL
    )
    np.testing.assert_allclose(total, REAL.sum(0))
    assert count == 4
    np.testing.assert_allclose(ys, (np.cumsum(REAL, 0) - REAL) * REAL)


def test_cond_computes_one_side():
    called = []
    assert ops.cond(np.array(True), lambda x: x + 1, called.append, 1) == 2
    assert ops.cond(0.0, called.append, lambda x, y: x * y, 3, 4) == 12
    assert not called


def test_while_loop():
    assert ops.while_loop(lambda x: x < 100, lambda x: 2 * x + 1, 1) == 127
    assert ops.while_loop(lambda a, b: b != 0, lambda a, b: (b, a % b), 84, 36) == (12, 0)


# -- the same in marked files

MARKED = """
# defn
import numpy as np
from defnhook import ops


def larger(a, b):
    return np.maximum(a, b)


def numbers(x, i, v, t):
    return [
        ops.population_count(i), ops.count_leading_zeros(i), ops.sigmoid(x), ops.sigmoid(v),
        ops.logsumexp(x), ops.logsumexp(x, axis=1, keepdims=True), ops.logsumexp(x, (0, 1), weights=x * 0 + 2),
        ops.weighted_mean(x, x * x + 5, axis=0), ops.mode(i), ops.mode(i, axis=0), ops.mode(i, 1, keepdims=True),
        ops.top_k(x, 2), ops.top_k(i, 3, axis=0),
    ]


def places(x, i, v, t):
    where = np.abs(i[:3, :2]) % 4
    return [
        ops.pad(x, 2, [(1, -1, 0), (-2, 3, 1)]), ops.slice_along_axis(x, t, 2),
        ops.slice_along_axis(x, 1, 3, axis=1, stride=2), ops.put_slice(x, [t, 1], np.ones((2, 2))),
        ops.indexed_add(x, where, np.arange(3.0)), ops.indexed_put(x, where, 7), ops.indexed_add(i, where, v),
    ]


def windows(x, i, v, t):
    return [
        ops.window_sum(x, (2, 3), padding="same"), ops.window_max(x, 2, strides=2), ops.window_sum(i, 2),
        ops.window_min(i, 2, padding=[(1, 1), (0, 2)]), ops.window_mean(x, (1, 3), dilation=2),
        ops.window_prod(x, 3, padding="same"), ops.window_reduce(x, -9, larger, 2, 2),
        ops.window_reduce(x, 0, lambda a, b: a + b * v, (2, 3), padding="same"),
    ]


def convs(x, i, v, t):
    y, kernel = np.reshape(x[:, :6], (1, 2, 3, 4)), np.reshape(x[:2, :6], (3, 2, 1, 2))
    return [
        ops.conv(y, kernel), ops.conv(y, kernel, 2, "same"),
        ops.conv(np.tile(x, 7)[None], np.ones((2, 4, 40)) + v, 2),
        ops.conv(y, i[:2, :2].reshape(4, 1, 1, 1), feature_groups=2),
        ops.conv(y, kernel, input_dilation=2, kernel_dilation=(1, 2), padding=[(1, 2), (3, 0)]),
    ]


def control(x, i, v, t):
    return [
        ops.reduce(x, 0, lambda a, b: 2 * a + b, 0), ops.reduce(i, 1, np.add), ops.reduce(x, v, larger, keepdims=True),
        ops.cond(v > 0.2, lambda y: y + 1, lambda y: y * 2, x), ops.cond(v > 5, np.sin, np.cos, v),
        ops.scan(lambda c, row: (c + row, c * row), x[0] * 0, x),
        ops.scan(lambda c, row: ((c[0] + row, c[1] * v), np.sum(row)), (x[0], 1.0), x),
        ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s * 2), 0, v),
        ops.while_loop(lambda s: s < 100, lambda s: s * 2 + 1, v),
    ]


def scalars(x, i, v, t):
    total, bits = 0.0, 0
    for row in range(len(x)):
        for column in range(x.shape[1]):
            total += ops.sigmoid(x[row, column]) * ops.cond(x[row, column] > 0, np.sqrt, np.square, x[row, column])
    for row in range(len(i)):
        bits += int(ops.population_count(i[row, 0])) + int(ops.count_leading_zeros(i[row, 1]))
        total += ops.while_loop(lambda s: s < 10, lambda s: s * 2 + 1, v)
    return total, bits
"""
GROUPS = ("numbers", "places", "windows", "convs", "control", "scalars")


@pytest.fixture(scope="module")
def marked(both_ways):
    made = {}

    def find(mode):
        if mode not in made:
            made[mode] = both_ways(MARKED, mode)
        return made[mode]

    return find


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("group", GROUPS)
def test_marked(group, mode, marked):
    check(marked(mode), group)


@pytest.mark.parametrize("group", ["windows", "control", "scalars"])
def test_marked_and_compiled(group, marked):
    check(marked("on"), group)


def check(both, group):
    args = (REAL, WHOLE, 0.3, 5)
    expected = both.call_plain(group, args)
    assert isinstance(expected, list | tuple), expected
    actual = both.call_hooked(group, args)
    close = group in ("convs", "scalars", "numbers")
    assert_same(actual, expected, **({"unit": 8 * np.finfo(float).eps} if close else {}))


# -- errors

WRONG = [
    (lambda: ops.conv(REAL, REAL), ValueError, "x"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((1, 3, 1))), ValueError, "kernel"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((3, 1, 1)), feature_groups=2), ValueError, "kernel"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((3, 2, 1)), strides=0), ValueError, "strides"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((3, 2, 1)), padding="full"), ValueError, "padding"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((3, 2, 1)), kernel_dilation=1.5), TypeError, "kernel_dilation"),
    (lambda: ops.window_sum(REAL, (2, 2, 2)), ValueError, "window"),
    (lambda: ops.window_sum(REAL, 2, padding=[(1, 1)]), ValueError, "padding"),
    (lambda: ops.window_sum(REAL, 9), ValueError, "window"),
    (lambda: ops.window_reduce(REAL, 0, np.add, 9), ValueError, "window"),
    (lambda: ops.window_max(REAL * 1j, 2), TypeError, "x"),
    (lambda: ops.window_reduce(REAL, 0, 3, 2), TypeError, "f"),
    (lambda: ops.conv(np.zeros((1, 2, 3)), np.zeros((3, 2, 5))), ValueError, "kernel"),
    (lambda: ops.top_k(REAL, 8), ValueError, "k"),
    (lambda: ops.top_k(REAL, 2.5), TypeError, "k"),
    (lambda: ops.mode(np.zeros((0,))), ValueError, "x"),
    (lambda: ops.sigmoid(1j), TypeError, "x"),
    (lambda: ops.population_count(1.5), TypeError, "x"),
    (lambda: ops.pad(REAL, 0, [(1, 1)]), ValueError, "padding"),
    (lambda: ops.pad(REAL, 0, [(1, 1, -1), (0, 0, 0)]), ValueError, "interior"),
    (lambda: ops.slice_along_axis(REAL, 0, 5), ValueError, "length"),
    (lambda: ops.put_slice(REAL, [0], np.ones((1, 1))), ValueError, "start_indices"),
    (lambda: ops.put_slice(REAL, [0, 0], np.ones((9, 1))), ValueError, "values"),
    (lambda: ops.indexed_add(REAL, [0.5], 1), TypeError, "indices"),
    (lambda: ops.indexed_put(REAL, [[0, 0, 0]], 1), ValueError, "indices"),
    (lambda: ops.scan(lambda c, x: (c, x), 0, np.zeros(0)), ValueError, "xs"),
    (lambda: ops.cond(True, 1, np.sin), TypeError, "f"),
    (lambda: ops.while_loop(lambda: True, lambda: 0), ValueError, "state"),
    (lambda: ops.reduce(REAL, 0, None), TypeError, "f"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "name"), WRONG)
def test_errors_name_the_argument(call, error, name):
    with pytest.raises(error, match=rf"^{name} .*pass|^{name} .*must|^{name} .*reshape|^{name} .*give"):
        call()


@pytest.mark.parametrize("module", ["own_numbers", "own_places", "own_windows", "own_control"])
def test_examples_of_the_docstrings(module):
    found = doctest.testmod(importlib.import_module(f"defnhook.ops.{module}"))
    assert found.attempted
    assert not found.failed


def test_every_public_function_is_found():
    names = {op.name for op in ops.load("defnhook.ops")}
    assert names <= set(dir(ops))
    assert all(getattr(ops, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="no attribute 'convolute'"):
        _ = ops.convolute
