"""Every entry of the table through the front door: marked modules written from the table, run both ways."""

from __future__ import annotations

import ast
from functools import cache

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same, assert_same_sharing, assert_same_ulp, unit_of
from ops import composite_calls, written_calls
from ops.array_calls import CHANGES
from ops.cases import DTYPES, PAIRS, ULP, UNSIGNED_ZERO, ordinary, special_values
from ops.composite_calls import PLACES, calls
from ops.linear_calls import called

from defnhook.ops import ENTRIES, OPS, Composite, Elementwise, Reduction, Written

FUNCTIONS = composite_calls.FUNCTIONS | written_calls.FUNCTIONS

QUICK = [np.dtype(c) for c in ("?", "i1", "u4", "i8", "f2", "f4", "f8", "c8")]
CANCELS = {"logaddexp", "logaddexp2"}  # near 0 by subtraction, in NumPy without a bound on the relative error
RAISES = {"power", "left_shift", "right_shift"}
EXPONENTS = {"ldexp"}  # whose second operand is a whole number


def by_dtype(dtype):
    return dtype.str[1:]


def names_of(kind):
    return [op.name for op in ENTRIES if isinstance(op, kind) and getattr(np, op.name, None) is op.numpy]


@cache
def takes(name, dtype, arity):
    """Whether NumPy has the function for operands of a dtype."""
    operands = [np.ones(1, bool)] * (arity == 3) + [np.ones(1, dtype)] * (arity - (arity == 3))
    try:
        with np.errstate(all="ignore"):
            OPS[name].numpy(*operands)
    except TypeError:
        return False
    return True


def elementwise(dtype, arity):
    """The elementwise entries for operands of a dtype, those that raise for some of them left out."""
    found = [name for name in names_of(Elementwise) if OPS[name].arity == arity and takes(name, dtype, arity)]
    return [name for name in found if not (name in RAISES and dtype.kind == "i")]


def results(names, arguments):
    return "".join(f"        np.{name}({arguments}),\n" for name in names)


ARGUMENTS = {1: "x", 2: "x, y", 3: "c, x, y"}
AXES = ["", "axis=0", "axis=-1, keepdims=True", "axis=(0, 1)", "axis=()", "keepdims=True"]


@pytest.fixture(scope="module")
def elementwise_module(both_ways):
    lines = ["# defn", "import numpy as np", ""]
    for dtype in DTYPES:
        for arity, arguments in ARGUMENTS.items():
            names = elementwise(dtype, arity)
            if names:
                body = results(names, arguments)
                lines += [
                    f"def of_{arity}_{by_dtype(dtype)}({arguments}):",
                    "    return (",
                    body,
                    "    )",
                    "",
                ]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


def arrangements(dtype):
    """One and the same array as arrays come."""
    base = ordinary(dtype, (3, 4))
    yield base
    yield base.T
    yield base[::-1, ::-2]
    yield np.broadcast_to(base[:1], (3, 4))
    yield base[:, :1]
    yield base[:1]
    yield base[1:1]
    yield base[0, 0]
    yield np.array(base[0, 0])
    yield ordinary(dtype, (2, 3, 2)).transpose(1, 0, 2)
    yield special_values(dtype)


def compare_each(names, actual, expected, arguments, others):
    """Compare a tuple of results, each to the accuracy of its entry."""
    if isinstance(actual, Raised) or isinstance(expected, Raised):
        assert_same(actual, expected)
        return
    for name, mine, other in zip(names, actual, expected, strict=True):
        if name in CANCELS:
            assert_same(mine, other, path=name)
        else:
            ulp = max(ULP.get(name, {"": 0}).values())
            assert_same_ulp(mine, other, ulp, name not in UNSIGNED_ZERO, path=name)
    assert_same_sharing(actual, arguments, expected, others)


def check_elementwise(both, dtype, arity, operands):
    names = elementwise(dtype, arity)
    if names:
        function = f"of_{arity}_{by_dtype(dtype)}"
        actual, expected = both.call_hooked(function, operands), both.call_plain(function, operands)
        compare_each(names, actual, expected, operands, operands)


def check_all_arrangements(both, dtype):
    for x in arrangements(dtype):
        check_elementwise(both, dtype, 1, (x,))
        check_elementwise(both, dtype, 2, (x, x[::-1] if np.ndim(x) else x))
        check_elementwise(both, dtype, 3, (x != 0, x, x))
    special = special_values(dtype)
    check_elementwise(both, dtype, 2, (special[:, None], special))
    for left, right in PAIRS:
        check_elementwise(both, dtype, 2, (ordinary(dtype, left, 1), ordinary(dtype, right, 2)))


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", DTYPES, ids=by_dtype)
def test_elementwise_entries(dtype, mode, elementwise_module):
    check_all_arrangements(elementwise_module(mode), dtype)


@pytest.mark.parametrize("dtype", [np.dtype("f4"), np.dtype("i4")], ids=by_dtype)
def test_elementwise_entries_compiled(dtype, elementwise_module):
    both, special = elementwise_module("on"), special_values(dtype)
    check_elementwise(both, dtype, 1, (special,))
    check_elementwise(both, dtype, 2, (special[:, None], special))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES, ids=by_dtype)
def test_every_elementwise_entry_compiled(dtype, elementwise_module):
    check_all_arrangements(elementwise_module("on"), dtype)


# -- one entry a function: numbers of every kind beside an array, and operands that NumPy refuses


@pytest.fixture(scope="module")
def single_module(both_ways):
    lines = ["# defn", "import numpy as np", ""]
    for name in names_of(Elementwise):
        arguments = ARGUMENTS[OPS[name].arity]
        lines += [f"def {name}({arguments}):", f"    return np.{name}({arguments})", ""]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


NUMBERS = [
    3,
    -1,
    0,
    300,
    2.5,
    True,
    1 + 2j,
    np.float32(1.5),
    np.int8(3),
    np.float64(2.0),
    np.array(2),
    [1, 2, 3],
]


def check_numbers(both, dtype, name, wrong):
    x = ordinary(dtype, 3)
    operands = [(x, n) for n in NUMBERS] + [(n, x) for n in NUMBERS[::2]]
    if OPS[name].arity == 1:
        operands = [(n,) for n in NUMBERS]
    elif OPS[name].arity == 3:
        operands = [(np.array([True, False, True]), *pair) for pair in operands] + [(x, x, 1), (True, x, 2)]
    for arguments in operands:
        actual, expected = both.call_hooked(name, arguments), both.call_plain(name, arguments)
        ulp = max(ULP.get(name, {"": 0}).values())
        try:
            assert_same_ulp(actual, expected, ulp, name not in UNSIGNED_ZERO, path=f"{name}{arguments}")
        except Different as error:
            wrong.append(str(error))


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", QUICK, ids=by_dtype)
def test_numbers_beside_arrays(dtype, mode, single_module):
    wrong = []
    for name in names_of(Elementwise):
        check_numbers(single_module(mode), dtype, name, wrong)
    assert not wrong, "\n".join(wrong)


# -- reductions


@pytest.fixture(scope="module")
def reduction_module(both_ways):
    lines = ["# defn", "import numpy as np", ""]
    for name in names_of(Reduction):
        single = name.startswith("arg")
        variants = [text for text in AXES if not (single and "(" in text)]
        body = "".join(f"        np.{name}(x{', ' if text else ''}{text}),\n" for text in variants)
        lines += [f"def {name}(x):", "    return (", body, "    )", ""]
        lines += [f"def {name}_one(x, *, keywords):", f"    return np.{name}(x, **keywords)", ""]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


def reduced_arrays(dtype):
    base = ordinary(dtype, (3, 4))
    yield from (base, base.T, base[::-1, ::-2], base[:, :1], np.broadcast_to(base[:1], (3, 4)))
    yield ordinary(dtype, (2, 3, 4)).transpose(2, 0, 1)
    yield special_values(dtype)[:12].reshape(-1, 2) if dtype.kind != "b" else base[:, :2]


def check_reduction(both, name, dtype):
    for x in reduced_arrays(dtype):
        actual, expected = both.call_hooked(name, (x,)), both.call_plain(name, (x,))
        assert_same(actual, expected, path=f"{name} of {x.dtype}{x.shape}")


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", DTYPES, ids=by_dtype)
def test_reductions(dtype, mode, reduction_module):
    for name in names_of(Reduction):
        if not (dtype.kind == "c" and name in ("max", "min")):
            check_reduction(reduction_module(mode), name, dtype)


@pytest.mark.parametrize("name", ["sum", "max", "argmax"])
def test_reductions_compiled(name, reduction_module):
    check_reduction(reduction_module("on"), name, np.dtype("f4"))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES, ids=by_dtype)
def test_every_reduction_compiled(dtype, reduction_module):
    for name in names_of(Reduction):
        if not (dtype.kind == "c" and name in ("max", "min")):
            check_reduction(reduction_module("on"), name, dtype)


KEYWORDS = [
    {"axis": 0, "dtype": np.float64}, {"dtype": np.int16}, {"axis": 1, "initial": 3}, {"initial": 2.5},
    {"where": np.array([True, False, True, True])}, {"axis": 0, "where": np.array([[True], [False], [True]])},
    {"where": np.array([True, False, True, True]), "initial": 1}, {"axis": 7}, {"axis": (0, 0)}, {"axis": 1.5},
    {"axis": None, "keepdims": True}, {"axis": np.int64(1)}, {"axis": -3}, {"other": 1}, {"dtype": bool},
]  # fmt: skip


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("dtype", QUICK, ids=by_dtype)
def test_keywords_of_reductions(dtype, mode, reduction_module):
    both, wrong = reduction_module(mode), []
    for name in names_of(Reduction):
        for keywords in KEYWORDS:
            for x in (
                ordinary(dtype, (3, 4)),
                ordinary(dtype, 4),
                ordinary(dtype, (0, 4)),
                ordinary(dtype, ()),
            ):
                call = (f"{name}_one", (x,), {"keywords": keywords})
                actual, expected = both.call_hooked(*call), both.call_plain(*call)
                if dtype.kind == "c" and name in ("max", "min"):
                    continue
                try:
                    assert_same(actual, expected, path=f"{name}({x.dtype}{x.shape}, {keywords})")
                except Different as error:
                    wrong.append(str(error).partition("\n")[0])
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


# -- composites


def listed_calls():
    """Each call of the lists for composites and written entries as an expression over x and w."""
    for name, text in FUNCTIONS.items():
        yield from (f"{PLACES.get(name, 'np')}.{name}({arguments})" for arguments in calls(text))
    for name, text in [*composite_calls.METHODS.items(), *written_calls.METHODS.items()]:
        for arguments in calls(text):
            call = ast.parse(f"f({arguments})", mode="eval").body
            call.func = ast.Attribute(call.args.pop(0), name)
            yield ast.unparse(call)


CHANGING = [f"np.{name}({arguments})" for name, text in CHANGES.items() for arguments in calls(text)]
CALLS = list(dict.fromkeys(listed_calls()))


@pytest.fixture(scope="module")
def composite_module(both_ways):
    lines = ["# defn", "import numpy as np", ""]
    for number, call in enumerate(CALLS):
        lines += [f"def call_{number}(x, w):", f"    return {call}", ""]
    for number, call in enumerate(CHANGING):
        lines += [f"def change_{number}(x, w):", "    y = np.copy(x)", f"    {call}", "    first = y"]
        lines += ["    y = x", f"    {call}", "    return first", ""]
    return cache(lambda mode: both_ways("\n".join(lines), mode))


SHAPES = [(3, 4), (6,), (2, 3, 4)]


def check_composites(both, dtype, shape):
    wrong, x = [], ordinary(dtype, shape)
    mask = ordinary(np.dtype(bool), shape)
    for number, call in enumerate(CALLS):
        actual = both.call_hooked(f"call_{number}", (x, mask))
        expected = both.call_plain(f"call_{number}", (x, mask))
        try:
            assert_same(actual, expected, unit=unit_of(x), path=call)
            assert_same_sharing(actual, (x,), expected, (x,))
        except Different as error:
            wrong.append(f"{call}: {error}".partition("\n")[0])
    assert not wrong, f"{len(wrong)} of {len(CALLS)}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("f2", "f4", "i4", "c16", "?")], ids=by_dtype)
def test_composites(dtype, shape, mode, composite_module):
    check_composites(composite_module(mode), dtype, shape)


def check_changes(both, dtype, shape):
    wrong = []
    mask = ordinary(np.dtype(bool), shape)
    for number, call in enumerate(CHANGING):
        x, y = ordinary(dtype, shape), ordinary(dtype, shape)
        actual, expected = (
            both.call_hooked(f"change_{number}", (x, mask)),
            both.call_plain(f"change_{number}", (y, mask)),
        )
        try:
            assert_same(actual, expected, path=call)
            assert_same(x, y, path=f"x after {call}")
        except Different as error:
            wrong.append(f"{call}: {error}".partition("\n")[0])
    assert not wrong, f"{len(wrong)} of {len(CHANGING)}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.dtype(c) for c in ("f4", "i4", "c16", "?")], ids=by_dtype)
def test_functions_that_change_an_array(dtype, shape, mode, composite_module):
    check_changes(composite_module(mode), dtype, shape)


def test_every_composite_and_written_entry_is_called():
    listed = called()
    entries = [op for op in ENTRIES if isinstance(op, Composite | Written) and op.numpy not in listed]
    named = {op.name for op in entries}
    assert named <= {*FUNCTIONS, *composite_calls.METHODS, *CHANGES, "empty", "empty_like"}
