"""Each function of the emitter's library: the native version gives what the plain one gives, bit for bit."""

from __future__ import annotations

import ctypes
import itertools
import re

import numpy as np
import pytest

from defnhook.backend.posting import AWAKE, DONE, JOB, MEMBER_BITS, OPEN, PLACES, TURN, WORK
from defnhook.emit.library import PLAIN, namespace
from defnhook.emit.vector_math import FUNCTIONS

numba_backend = pytest.importorskip("defnhook.backend.numba")

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
OF_INTEGERS = ["int_floor_divide", "int_mod", "int_fmod", "shift_left", "shift_right", "maximum", "minimum"]
OF_INTEGERS += ["int_gcd", "int_lcm"]
OF_ONE_INTEGER = ["bits_set"]
OF_ONE_FLOAT = ["ceil", "floor", "trunc", "rint", "fabs", "sqrt", "isnan", "isinf", "isfinite", "signbit"]
OF_ONE_FLOAT += ["mantissa", "exponent", "spacing"]
OF_TWO_FLOATS = [
    "copysign", "maximum", "minimum", "fmaximum", "fminimum", "fmod", "floor_mod_f", "floor_divide_f", "fast_add",
    "fast_multiply", "nextafter", "weighted",
]  # fmt: skip
OVERFLOWS = ["add_overflows", "subtract_overflows", "multiply_overflows"]
OF_COMPLEX = ["real", "imag", "conj"]
OF_HALVES = ["from_half", "to_half", "rounded_half"]
ELSEWHERE = {
    "select",
    "from_bits",
    "to_bits",
    "flat",
    "reshaped",
    "int_power",
    "interleaved",
    "next_slice",
    "strided",
    "in_rows",
}
TESTED = {
    *OF_INTEGERS,
    *OF_ONE_INTEGER,
    *OVERFLOWS,
    *OF_ONE_FLOAT,
    *OF_TWO_FLOATS,
    *OF_COMPLEX,
    *OF_HALVES,
    *ELSEWHERE,
}


def both(names, signature, expressions, operands, results):
    """What the expressions give natively and in plain Python, one array an expression."""
    outs = [f"out_{number}" for number in range(len(expressions))]
    lines = [f"        {out}[i] = {text}" for out, text in zip(outs, expressions, strict=True)]
    source = f"def kernel({', '.join([*operands, *outs])}):\n    for i in range(out_0.size):\n" + "\n".join(
        lines
    )
    made = []
    for native in (True, False):
        surroundings = {name: getattr(numba_backend, name) for name in names} | {"np": np}
        surroundings = surroundings if native else namespace()
        exec(source, surroundings)
        kernel = surroundings["kernel"]
        kernel = numba_backend.native(signature)(kernel) if native else kernel
        arrays = [np.empty(next(iter(operands.values())).shape, dtype) for dtype in results]
        with np.errstate(all="ignore"):
            kernel(*operands.values(), *arrays)
        made.append(arrays)
    return made


def assert_same(names, operands, native, plain):
    for name, mine, other in zip(names, native, plain, strict=True):
        nan = (mine != mine) & (other != other)
        bad = (bits(mine) != bits(other)) & ~nan
        shown = [tuple(o[bad][0] for o in operands.values())] if bad.any() else []
        assert not bad.any(), f"{name}{shown}: {mine[bad][0]!r}, plainly {other[bad][0]!r}"


def bits(array):
    return array.view(f"u{array.itemsize}") if array.dtype.kind == "f" else array


def pairs(values, dtype):
    """All pairs of some values, as two arrays."""
    table = np.array(list(itertools.product(values, values)), dtype)
    return {"x": np.ascontiguousarray(table[:, 0]), "y": np.ascontiguousarray(table[:, 1])}


def integers(dtype):
    info = np.iinfo(dtype)
    bits_ = info.bits
    near = {
        0,
        1,
        2,
        3,
        5,
        7,
        100,
        bits_ - 1,
        bits_,
        bits_ + 1,
        info.max,
        info.max - 1,
        info.min,
        info.min + 1,
    }
    near |= {-n for n in near}
    return sorted(n for n in near if info.min <= n <= info.max)


def test_every_function_is_in_this_file():
    assert set(PLAIN) == TESTED
    assert set(numba_backend.LIBRARY) == TESTED | set(FUNCTIONS) | {"linger"}


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers(dtype):
    names = [name for name in OF_INTEGERS if name not in ("maximum", "minimum")]
    operands = pairs(integers(dtype), dtype)
    signature = f"void({', '.join([f'{dtype}[::1]'] * (2 + len(names)))})"
    native, plain = both(
        names, signature, [f"{n}(x[i], y[i])" for n in names], operands, [dtype] * len(names)
    )
    assert_same(names, operands, native, plain)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_bits_of_integers(dtype):
    operands = {"x": np.array(integers(dtype), dtype)}
    signature = f"void({dtype}[::1], uint8[::1])"
    native, plain = both(OF_ONE_INTEGER, signature, ["np.uint8(bits_set(x[i]))"], operands, ["uint8"])
    assert_same(OF_ONE_INTEGER, operands, native, plain)


def test_overflows_of_64_bits():
    operands = pairs([*integers("int64"), 2**31, 2**32 - 1, 3037000499, 3037000500, -(2**62)], "int64")
    signature = "void(int64[::1], int64[::1], boolean[::1], boolean[::1], boolean[::1])"
    expressions = [f"{name}(x[i], y[i])" for name in OVERFLOWS]
    native, plain = both(OVERFLOWS, signature, expressions, operands, ["bool"] * 3)
    assert_same(OVERFLOWS, operands, native, plain)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_powers_wrap(dtype):
    operands = pairs([n for n in integers(dtype)], dtype)
    keep = (operands["y"] >= 0) & (operands["y"] <= 130)
    operands = {name: np.ascontiguousarray(values[keep]) for name, values in operands.items()}
    signature = f"void({dtype}[::1], {dtype}[::1], {dtype}[::1])"
    native, plain = both(["int_power"], signature, ["int_power(x[i], y[i])"], operands, [dtype])
    assert_same(["int_power"], operands, native, plain)


def floats(dtype):
    info = np.finfo(dtype)
    values = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 7.3, 1e10, info.max, info.tiny, info.smallest_subnormal]
    values += [np.inf, 4.5, 0.1, 0.3, 1 - info.epsneg, 1 + info.eps, 2.0 ** (info.nmant + 1) - 1]
    return [*values, *(-value for value in values), np.nan]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_float(dtype):
    operands = {"x": np.array(floats(dtype), dtype)}
    results = ["bool" if name.startswith("is") or name == "signbit" else dtype for name in OF_ONE_FLOAT]
    results[OF_ONE_FLOAT.index("exponent")] = "int32"
    types = ["boolean" if kind == "bool" else kind for kind in [dtype, *results]]
    signature = f"void({', '.join(f'{kind}[::1]' for kind in types)})"
    native, plain = both(OF_ONE_FLOAT, signature, [f"{n}(x[i])" for n in OF_ONE_FLOAT], operands, results)
    assert_same(OF_ONE_FLOAT, operands, native, plain)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_floats(dtype):
    names = OF_TWO_FLOATS
    operands = pairs(floats(dtype), dtype)
    signature = f"void({', '.join([f'{dtype}[::1]'] * (2 + len(names)))})"
    expressions = [f"{name}(x[i], y[i])" for name in names]
    native, plain = both(names, signature, expressions, operands, [dtype] * len(names))
    for name, mine, other in zip(names, native, plain, strict=True):
        if "maximum" in name or "minimum" in name or name.startswith("fast"):
            mine += 0.0  # the sign of a zero out of max, min and sum may differ
            other += 0.0
        assert_same([name], operands, [mine], [other])


@pytest.mark.parametrize(("dtype", "part"), [("complex64", "float32"), ("complex128", "float64")])
def test_parts_of_complex_numbers(dtype, part):
    values = floats(part)
    operands = {"x": np.array([complex(a, b) for a in values for b in values], dtype)}
    signature = f"void({dtype}[::1], {part}[::1], {part}[::1], {dtype}[::1])"
    native, plain = both(
        OF_COMPLEX, signature, [f"{n}(x[i])" for n in OF_COMPLEX], operands, [part, part, dtype]
    )
    for number in range(2):
        assert_same(OF_COMPLEX[number : number + 1], operands, native[number:][:1], plain[number:][:1])
    assert (
        native[2].view(f"u{np.dtype(part).itemsize}").tolist()
        == plain[2].view(f"u{np.dtype(part).itemsize}").tolist()
    )


def test_select_computes_both_sides_and_takes_one():
    operands = {
        "c": np.array([True, False, True, False]),
        "x": np.array([1.0, 2.0, np.nan, np.inf]),
        "y": np.array([5.0, np.nan, 7.0, -0.0]),
    }
    signature = "void(boolean[::1], float64[::1], float64[::1], float64[::1])"
    native, plain = both(["select"], signature, ["select(c[i], x[i], y[i])"], operands, ["float64"])
    assert_same(["select"], operands, native, plain)


def test_bits_of_a_float_there_and_back():
    operands = {"x": np.array(floats("float64"))}
    expressions = ["to_bits(x[i])", "from_bits(to_bits(x[i]))"]
    signature = "void(float64[::1], uint64[::1], float64[::1])"
    native, plain = both(["to_bits", "from_bits"], signature, expressions, operands, ["uint64", "float64"])
    assert native[0].tolist() == plain[0].tolist() == operands["x"].view("u8").tolist()
    assert native[1].view("u8").tolist() == operands["x"].view("u8").tolist()


def test_flat_and_reshaped_are_views():
    source = "def kernel(x, n):\n    flat(x)[4] = 40.0\n    reshaped(x, (n, n * 2))[1, 3] = 70.0\n"
    for native in (True, False):
        surroundings = {name: getattr(numba_backend, name) for name in ("flat", "reshaped")}
        surroundings = surroundings if native else namespace()
        exec(source, surroundings)
        kernel = surroundings["kernel"]
        kernel = numba_backend.native("void(float64[:, ::1], uint64)")(kernel) if native else kernel
        x = np.arange(8.0).reshape(4, 2)
        kernel(x, 2)
        assert x.tolist() == [[0, 1], [2, 3], [40, 5], [6, 70]]


def with_gaps():
    """Arrays of two axes: with steps, backwards, with elements at odd places, with dense rows."""
    fields = np.zeros((7, 40), [("before", "i1"), ("value", "f8")])
    yield np.zeros((14, 80))[::2, ::2]
    yield np.zeros((7, 40))[::-1, ::-1]
    yield fields["value"]
    yield np.zeros((9, 60))[1:-1, 3:43]


@pytest.mark.parametrize("name", ["strided", "in_rows"])
def test_strides_that_only_the_call_knows(name):
    source = (
        f"def kernel(x, out):\n    view = {name}(x)\n"
        "    for i in range(x.shape[0]):\n        for j in range(x.shape[1]):\n"
        "            out[i, j] = exp_f64(view[i, j])\n    view[1, 2] = 9.0\n"
    )
    surroundings = {word: getattr(numba_backend, word) for word in (name, "exp_f64")}
    exec(source, surroundings)
    kernel = numba_backend.native("void(float64[:, :], float64[:, ::1])")(surroundings["kernel"])
    for x in with_gaps():
        if name == "in_rows" and x.strides[-1] != x.itemsize:
            continue
        x[...] = np.linspace(-3, 3, x.size).reshape(x.shape)
        expected, out = np.exp(x), np.empty(x.shape)
        kernel(x, out)
        np.testing.assert_allclose(out, expected, rtol=1e-15)
        assert x[1, 2] == 9
    if name == "in_rows":
        assert re.search(r"load <\d+ x double>", numba_backend.llvm_text(kernel))
    elif "+avx512f" in numba_backend.processor():
        assert "llvm.masked.gather" in numba_backend.llvm_text(kernel)


# -- threads that share a kernel


TEAM = """
def kernel(table, role, phase, out):
    number, first, last = next_slice(table, role, np.uint64(2), np.uint64(2), phase)
    out[0], out[1], out[2] = number, np.int64(first), np.int64(last)
"""
STATE = [7, 7, 0, 0, 10, 3, 0, 0, 1, 1, 0, 0]
LEADS, HELPS = -2, -3


def team(native):
    names = {"np": np, "next_slice": numba_backend.next_slice} if native else namespace()
    exec(TEAM, names)
    kernel = names["kernel"]
    return numba_backend.native("void(uint64[::1], int64, int64, int64[::1])")(kernel) if native else kernel


def taken(kernel, table, role, phase=-2):
    out = np.zeros(3, np.int64)
    kernel(table, role, phase, out)
    return tuple(out.tolist())


@pytest.mark.parametrize("native", [True, False])
def test_slices_of_a_team(native):
    kernel, table = team(native), np.array(STATE, np.uint64)
    assert taken(kernel, table, LEADS) == (0, 0, 3)
    assert taken(kernel, table, HELPS) == (0, 6, 10)
    assert taken(kernel, table, LEADS, 0) == (0, 3, 6)
    assert taken(kernel, table, LEADS, 0) == (-1, 0, 0), "the phase ahead is not done"
    assert taken(kernel, table, HELPS, 0) == (1, 0, 1)
    table[-1] += 1
    assert taken(kernel, table, LEADS) == (-1, 0, 0)
    assert taken(kernel, table, HELPS, 1) == (-1, 0, 0)
    assert table[[3, 7]].tolist() == [3, 1]
    assert table[:2].tolist() == [7, 7]


def lingering():
    names = {"linger": numba_backend.linger}
    exec("def kernel(cells, value, table, place, post): linger(cells, value, table, place, post)", names)
    signature = "void(uint64[::1], uint64, uint64[::1], uint64, uint64[::1])"
    return numba_backend.native(signature)(names["kernel"])


def test_lingering_ends():
    kernel = lingering()
    cells, table, post = np.array([5], np.uint64), np.zeros(3, np.uint64), np.zeros(PLACES, np.uint64)
    kernel(cells, 5, table, 2, post)
    kernel(cells, 4, table, 2, post)
    assert table.tolist() == [0, 0, 2]
    assert not post.any()


def test_who_lingers_helps_once_with_a_job():
    taken = []
    work = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(taken.append)
    cells, table, post = np.array([5], np.uint64), np.zeros(3, np.uint64), np.zeros(PLACES, np.uint64)
    post[[WORK, JOB]] = ctypes.cast(work, ctypes.c_void_p).value, 77
    post[TURN] = (3 << MEMBER_BITS) | OPEN
    lingering()(cells, 5, table, 2, post)
    assert taken == [77]
    assert post[TURN] == (3 << MEMBER_BITS) | OPEN | 1
    assert post[[DONE, AWAKE]].tolist() == [1, 0]
    post[TURN] = 4 << MEMBER_BITS
    lingering()(cells, 5, table, 2, post)
    assert taken == [77], "a closed job is left alone"


LONG = """
def kernel(x, y):
    for i in {steps}(x.size):
        a = x[i]
        b = (((((a + 1.5) * a - 2.5) * a + 3.5) * a - 4.5) * a + 5.5) * a - 6.5
        c = (((((b + 1.5) * b - 2.5) * b + 3.5) * b - 4.5) * b + 5.5) * b - 6.5
        a = (((((c + 1.5) * c - 2.5) * c + 3.5) * c - 4.5) * c + 5.5) * c - 6.5
        y[i] = a / b
"""


@pytest.mark.parametrize("inner", ["", "for k in range(2):\n            a = a * a - 1.5\n        "])
def test_interleaved_loops_work_on_several_vectors(inner):
    x, results, stores = np.linspace(-2, 2, 1001), {}, {}
    for steps in ("range", "interleaved"):
        names = {"interleaved": numba_backend.LIBRARY["interleaved"]}
        exec(LONG.format(steps=steps).replace("y[i] =", inner + "y[i] ="), names)
        kernel = numba_backend.native("void(float64[::1], float64[::1])")(names["kernel"])
        stores[steps] = len(re.findall(r"store <\d+ x double>", numba_backend.llvm_text(kernel)))
        results[steps] = np.empty_like(x)
        kernel(x, results[steps])
    assert results["range"].tobytes() == results["interleaved"].tobytes()
    assert stores["interleaved"] >= stores["range"] + 3 > 3
