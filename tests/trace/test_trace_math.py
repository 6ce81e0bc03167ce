"""Functions of ``math``: on numbers of every kind, inside loops, with the errors that Python raises."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
from both import Raised
from compare import Different, assert_same

ONE = """
    acos acosh asin asinh atan atanh cbrt ceil cos cosh degrees erf erfc exp exp2 expm1 fabs factorial floor frexp
    gamma isfinite isinf isnan isqrt lgamma log log10 log1p log2 modf radians sin sinh sqrt tan tanh trunc ulp
""".split()
TWO = "atan2 comb copysign fmod gcd hypot isclose lcm ldexp log nextafter perm pow remainder".split()
NATIVE = """
    acos acosh asin asinh atan atanh cos cosh degrees erf erfc exp expm1 fabs isfinite isinf isnan log log10 log1p
    log2 radians sin sinh sqrt tan tanh
""".split()
NATIVE_TWO = "atan2 copysign fmod hypot log pow".split()

OTHERS = """
def sides(x, y):
    return math.hypot(x, y, 1.0), math.hypot(x)

def sides_in_loop(x, y):
    t = np.zeros(len(x))
    for i in range(len(x)):
        t[i] = math.hypot(x[i], y, 1.0) + math.hypot(y)
    return t

def close(x, y):
    return math.isclose(x, y, rel_tol=1e-3), math.isclose(x, y, abs_tol=0.5), math.isclose(x, y)

def close_to_traced(x, y):
    return math.isclose(1.0, 1.0001, rel_tol=x), math.isclose(a=x, b=y)

def product(x):
    return math.prod(x), math.prod(x, start=2)

def distance(p, q):
    return math.dist(p, q)

def many(x):
    return math.gcd(x, 12, 8), math.lcm(x, 3), math.log(x, 2), math.log(100, x)

def of_one_element(x):
    return math.sqrt(x), math.floor(x)

def total(x):
    return math.fsum(x)
"""


def written():
    lines = ["# defn", "import math", "import numpy as np", ""]
    for name, arity in [*((name, 1) for name in ONE), *((name, 2) for name in TWO)]:
        rest = ", y" * (arity - 1)
        lines += [f"def {name}_{arity}(x{rest}):", f"    return math.{name}(x{rest})", ""]
        lines += [
            f"def {name}_{arity}_in_loop(x{rest}):",
            "    t = np.zeros(len(x))",
            "    for i in range(len(x)):",
        ]
        lines += [f"        t[i] = math.{name}(x[i]{rest})", "    return t", ""]
    return "\n".join(lines) + OTHERS


@pytest.fixture(scope="module")
def functions(both_ways):
    return cache(lambda mode: both_ways(written(), mode))


def differences(both, name, calls):
    wrong = []
    for arguments in calls:
        expected, actual = both.call_plain(name, arguments), both.call_hooked(name, arguments)
        try:
            assert_same(actual, expected, path=f"{name}{arguments}")
        except Different as error:
            if "64-bit" not in str(error):
                wrong.append(str(error))
    return wrong


FLOATS = [0.5, 1.5, -0.5, 0.0, 4.0, math.inf, math.nan, 1e300]
NUMBERS = [
    *FLOATS,
    3,
    0,
    -3,
    np.float32(0.5),
    np.array(0.25),
    np.int64(5),
    np.float64(2.5),
    np.array([1.5, 2.5]),
]
PAIRS = [
    (0.5, 2.0), (5, 2), (np.float64(3.5), 2), (0.0, 0.0), (-8.0, 0.5), (np.int64(6), 4), (2.0, 2000), (math.inf, 1.0),
    (0.0, -1.0), (3.0, math.inf), (np.array([1.0, 2.0]), 1.0),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["eager", "interpret"])
def test_functions_of_numbers(mode, functions):
    both = functions(mode)
    wrong = [text for name in ONE for text in differences(both, f"{name}_1", [(x,) for x in NUMBERS])]
    wrong += [text for name in TWO for text in differences(both, f"{name}_2", PAIRS)]
    assert not wrong, "\n".join(wrong)


ROWS = [
    np.array(row)
    for row in ([0.5, 0.25], [1.5, 2.5], [-3.0, 1.0], [math.inf, 1.0], [0.0, 1000.0], [math.nan, 1e300])
]
SECOND = [0.5, -1.0, 2.0, 0.0, math.inf]


@pytest.mark.parametrize("mode", ["eager", "interpret"])
def test_functions_inside_loops(mode, functions):
    both = functions(mode)
    wrong = [
        text for name in ONE for text in differences(both, f"{name}_1_in_loop", [(row,) for row in ROWS])
    ]
    pairs = list(itertools.product(ROWS, SECOND))
    wrong += [text for name in NATIVE_TWO for text in differences(both, f"{name}_2_in_loop", pairs)]
    assert not wrong, "\n".join(wrong)


def test_functions_inside_loops_compiled(functions):
    both, wrong = functions("on"), []
    for name in ("sqrt", "log", "erf", "atanh", "isnan"):
        assert name in NATIVE
        wrong += differences(both, f"{name}_1_in_loop", [(row,) for row in ROWS])
    for name in ("pow", "fmod"):
        wrong += differences(both, f"{name}_2_in_loop", itertools.product(ROWS, SECOND))
    assert not wrong, "\n".join(wrong)


def test_the_common_functions_are_native_inside_loops(both_ways):
    import defnhook

    body = "".join(f"        t[i] += math.{name}(x[i])\n" for name in NATIVE)
    body += "".join(f"        t[i] += math.{name}(x[i], y)\n" for name in NATIVE_TWO)
    text = "# defn\nimport math\nimport numpy as np\n\ndef f(x, y):\n    t = np.zeros(len(x))\n"
    both = both_ways(f"{text}    for i in range(len(x)):\n{body}    return t\n", "interpret")
    first = defnhook.explain(both.hooked.f, np.full(3, 0.5), 2.0).partition("\n")[0]
    assert first.endswith("1 native entry, 0 steps in NumPy or Python")


@pytest.mark.parametrize("mode", ["eager", "interpret"])
def test_functions_of_several_values(mode, functions):
    both, p = functions(mode), np.array([0.5, 0.25, 0.75])
    calls = [
        *(("sides", pair) for pair in [(3.0, 4.0), (math.inf, math.nan), (1e300, 1e300)]),
        ("sides_in_loop", (p, -2.0)),
        *(("close", pair) for pair in [(1.0, 1.0001), (2.0, 2.4), (math.inf, math.inf), (1, 1)]),
        ("close_to_traced", (1e-2, 1e-2)),
        *(("product", (x,)) for x in (p, (1.0, 2.0, 3.5), [1, 2], [])),
        *(
            ("distance", pair)
            for pair in [(p, p[::-1].copy()), ((1.0, 2.0), (3.0, 4.5)), ((1.0,), (1.0, 2.0))]
        ),
        *(("many", (x,)) for x in (6, np.int64(7))),
        ("of_one_element", (np.array(4.5),)),
        ("of_one_element", (np.array([4.5]),)),
    ]
    wrong = [text for name, arguments in calls for text in differences(both, name, [arguments])]
    assert not wrong, "\n".join(wrong)


def test_what_is_refused_says_what_to_write(functions):
    both = functions("interpret")
    for name, arguments, words in [
        ("total", (np.ones(3),), "np.sum"),
        ("distance", (np.ones(50), np.ones(50)), "np.linalg.norm"),
    ]:
        outcome = both.call_hooked(name, arguments)
        assert isinstance(outcome, Raised)
        assert words in str(outcome.error)
