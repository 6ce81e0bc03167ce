"""The vector math is accurate, right at the edges, vectorized, and the same compiled as plain."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from vector_samples import (
    arity,
    base,
    dtype,
    error_in_ulp,
    errors_in_ulp,
    exact,
    hard_points,
    over_exponents,
    pairs,
    reference,
    size_of_terms,
    special_values,
)

from defnhook.backend import numba as native
from defnhook.emit.vector_math import FUNCTIONS, source_of, sources
from defnhook.emit.vector_math.lowering import lower

# Largest error in ULP. Of float32 functions of one argument over all arguments, of the others over samples.
# Of functions that add, in ULP of the greater of their result and their terms: a result may be zero where they are not.
MAXIMAL_ERROR: dict[str, tuple[float, float]] = {
    # name: (float32, float64)
    "arccos": (1.25, 1.3),
    "arccosh": (1.6, 1.4),
    "arcsin": (1.75, 1.8),
    "arcsinh": (1.6, 1.6),
    "arctan": (1.3, 1.3),
    "arctan2": (1.6, 1.6),
    "arctanh": (1.45, 1.4),
    "beta": (0.55, 6),
    "betaln": (0.55, 10),
    "cbrt": (0.85, 0.8),
    "cos": (1.25, 1.2),
    "cosh": (1.45, 1.4),
    "erf": (1.25, 1.2),
    "erfc": (0.6, 1.9),
    "erfcinv": (0.55, 5),
    "erfinv": (0.55, 5),
    "exp": (1, 1),
    "exp2": (1, 0.9),
    "expit": (1.7, 1.6),
    "expm1": (1.45, 1.5),
    "gamma": (0.55, 5),
    "gammaln": (0.55, 3.5),
    "hypot": (0.55, 1.2),
    "i0": (0.55, 3.5),
    "i0e": (0.55, 3.5),
    "i1": (0.55, 4),
    "i1e": (0.55, 3.5),
    "log": (1.05, 0.9),
    "log10": (1.3, 1),
    "log1p": (1.6, 1.5),
    "log2": (1.2, 1.1),
    "logaddexp": (0.55, 2.2),
    "log_ndtr": (0.55, 3.5),
    "ndtr": (0.6, 2),
    "ndtri": (0.55, 4.5),
    "power": (1.2, 2),
    "psi": (0.55, 4.5),
    "rgamma": (0.55, 5.5),
    "sin": (1.25, 1.3),
    "sinh": (1.55, 1.6),
    "tan": (2.0, 1.7),
    "tanh": (1.65, 1.6),
}

ADDS = ("betaln", "logaddexp")

# How far products that are not contracted may take a function, in ULP, where that is more than 2.
CONTRACTION = {"beta": 10000, "betaln": 10000, "erfcinv": 6, "erfinv": 6, "ndtri": 6}

NAMES = sorted(FUNCTIONS)
NAMES_F32 = [name for name in NAMES if name.endswith("_f32")]
NAMES_F64 = [name for name in NAMES if name.endswith("_f64")]


@cache
def kernel(name: str) -> Any:
    """A loop over arrays that calls one function of the vector math."""
    parameters = ", ".join(("x", "y")[: arity(name)])
    items = ", ".join(("x[i]", "y[i]")[: arity(name)])
    text = (
        f"def loop({parameters}, out):\n    for i in range(np.uint64(x.size)):\n        out[i] = f({items})\n"
    )
    namespace = {"np": np, "f": getattr(native, name)}
    exec(text, namespace)
    array = f"float{name[-2:]}[::1]"
    return native.native(f"void({', '.join([array] * (arity(name) + 1))})")(namespace["loop"])


def compiled(name: str, *arguments: Any) -> Any:
    """The results of the compiled function over arrays."""
    out = np.empty_like(arguments[0])
    kernel(name)(*arguments, out)
    return out


def plain(name: str, *arguments: Any) -> list[Any]:
    """The results of the plain Python function, one by one."""
    with np.errstate(all="ignore"):
        return [FUNCTIONS[name](*items) for items in zip(*arguments, strict=True)]


def allowed(name: str) -> float:
    """The error a function may have, in ULP."""
    return MAXIMAL_ERROR[base(name)][name.endswith("_f64")]


def worst_f32(name: str, *arguments: Any) -> float:
    """The largest error of a float32 function over arrays, against NumPy or SciPy in float64."""
    with np.errstate(all="ignore"):
        wide = reference(name)(*(argument.astype(np.float64) for argument in arguments))
        if base(name) in ADDS:
            size = np.maximum(np.abs(wide), size_of_terms(name, *arguments)).astype(np.float32)
            return float(np.nanmax(np.abs(compiled(name, *arguments) - wide) / np.spacing(size)))
        return float(np.max(errors_in_ulp(compiled(name, *arguments), wide)))


@pytest.mark.parametrize("name", NAMES_F32)
def test_float32_is_accurate(name: str) -> None:
    random = np.random.default_rng(1)
    if arity(name) == 2:
        arguments = pairs(name, np.dtype("f4"), 100_000, random)
    else:
        arguments = (over_exponents(np.dtype("f4"), 200_000, random),)
    assert worst_f32(name, *arguments) <= allowed(name)


ERRORS = """
def loop(first, out):
    for i in range(np.uint64(out.size)):
        x = np.uint32(first + i).view(np.float32)
        got = narrow(x)
        exact = wide(np.float64(x))
        expected = np.float32(exact)
        exponent = np.int64(np.float32(exact).view(np.int32) >> 23) & 255
        exponent = exponent if exponent > 1 else 1
        ulp = np.int64((exponent + 873) << 52).view(np.float64)
        same = (got == expected) | ((got != got) & (expected != expected))
        error = abs(np.float64(got) - exact) / ulp
        out[i] = np.inf if error != error else error
        out[i] = 0.0 if same & ~(error < np.inf) else out[i]
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES_F32 if arity(name) == 1])
def test_float32_is_accurate_for_every_argument(name: str) -> None:
    """Against the function's own float64 version, whose error is below 2**-28 of these ULP."""
    namespace = {"np": np, "narrow": getattr(native, name), "wide": getattr(native, base(name) + "_f64")}
    exec(ERRORS, namespace)
    loop = native.native("void(uint64, float64[::1])")(namespace["loop"])
    errors = np.empty(1 << 20)
    worst = 0.0
    for first in range(0, 1 << 32, errors.size):
        loop(first, errors)
        worst = max(worst, float(errors.max()))
    assert worst <= allowed(name)


@pytest.mark.parametrize("name", NAMES_F64)
def test_float64_is_accurate(name: str) -> None:
    arguments = hard_points(name, 300, np.random.default_rng(2))
    worst = worst_f64(name, *arguments)
    assert worst <= allowed(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES_F64)
def test_float64_is_accurate_at_many_points(name: str) -> None:
    arguments = hard_points(name, 20_000, np.random.default_rng(3))
    assert worst_f64(name, *arguments) <= allowed(name)


def worst_f64(name: str, *arguments: Any) -> float:
    """The largest error of a float64 function over arrays, against mpmath."""
    worst = 0.0
    for got, *items in zip(compiled(name, *arguments), *arguments, strict=True):
        expected = exact(name, *items)
        if expected is None:
            assert np.isnan(got) or np.isinf(got), (name, items)
            continue
        worst = max(worst, error_in_ulp(got, expected, size_of_terms(name, *items)))
    return worst


def test_the_measure_sees_an_error() -> None:
    x = np.linspace(0.5, 1.0, 1000, dtype=np.float32)
    exactly = np.exp(x.astype(np.float64))
    rounded = exactly.astype(np.float32)
    assert np.max(errors_in_ulp(rounded, exactly)) <= 0.5
    assert np.max(errors_in_ulp(np.nextafter(rounded, np.float32(9)), exactly)) > 1.0
    assert np.isinf(np.max(errors_in_ulp(np.where(x > 0.9, np.float32(np.nan), rounded), exactly)))
    assert error_in_ulp(np.nextafter(np.exp(0.7), 9), exact("exp_f64", 0.7)) > 0.5
    assert error_in_ulp(np.exp(0.7), exact("exp_f64", 0.7)) < 0.6
    assert np.isinf(error_in_ulp(np.nan, exact("exp_f64", 0.7)))


def test_gamma_of_whole_numbers_is_exact() -> None:
    factorials = np.cumprod([1.0, *range(1, 23)])
    for kind in ("f4", "f8"):
        x = np.arange(1, 24, dtype=kind)
        np.testing.assert_array_equal(compiled(f"gamma_f{8 * x.itemsize}", x), factorials.astype(kind))


@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_those_of_numpy(name: str) -> None:
    values = special_values(dtype(name))
    arguments: tuple[Any, ...] = (values,)
    if arity(name) == 2:
        arguments = np.repeat(values, values.size), np.tile(values, values.size)
    with np.errstate(all="ignore"):
        expected = reference(name)(*arguments)
    got = compiled(name, *arguments)
    special = ~np.isfinite(expected) | (expected == 0)
    if arity(name) == 1:
        special |= ~np.isfinite(values) | (values == 0)
    if name == "expit_f32":
        special &= values != -100.0  # subnormal; SciPy gives 0
    np.testing.assert_array_equal(got[special], expected[special])
    kept = special & ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got[kept]), np.signbit(expected[kept]))


@pytest.mark.parametrize("name", NAMES)
def test_plain_python_gives_what_is_compiled(name: str) -> None:
    random = np.random.default_rng(4)
    kind = dtype(name)
    if arity(name) == 2:
        x, y = pairs(name, kind, 20, random)
        specials = special_values(kind)
        arguments: tuple[Any, ...] = np.append(x, specials), np.append(y, specials[::-1])
    else:
        x = np.concatenate(
            [over_exponents(kind, 40, random), random.uniform(0.3, 3, 40), special_values(kind)]
        )
        arguments = (x.astype(kind),)
    results = plain(name, *arguments)
    assert {type(result) for result in results} == {kind.type}
    expected = np.array(results)
    got = compiled(name, *arguments)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    difference = np.abs(got[finite] - expected[finite])
    scale = np.abs(expected)
    if base(name) in ADDS:
        scale = np.maximum(scale, size_of_terms(name, *arguments))
    ulp = np.spacing(np.minimum(scale[finite], np.finfo(kind).max / 4))
    assert np.all(difference <= CONTRACTION.get(base(name), 2) * ulp)


@pytest.mark.parametrize("name", NAMES)
def test_the_loop_is_vectorized(name: str) -> None:
    text = native.llvm_text(kernel(name))
    assert re.search(r"= f(add|mul|div) contract <\d+ x (float|double)>|= call <\d+ x \w+> @llvm\.fma", text)


def test_a_far_argument_does_not_disturb_its_neighbours() -> None:
    x = np.linspace(0.0, 3.0, 64, dtype=np.float32)
    alone = compiled("sin_f32", x)
    for lane in range(64):
        mixed = x.copy()
        mixed[lane] = 3e38
        together = compiled("sin_f32", mixed)
        assert together[lane] == np.float32(np.sin(np.float64(mixed[lane])))
        np.testing.assert_array_equal(np.delete(together, lane), np.delete(alone, lane))


@pytest.mark.parametrize("name", ["power_f32", "power_f64"])
def test_an_unusual_power_does_not_disturb_its_neighbours(name: str) -> None:
    kind = dtype(name)
    x = np.linspace(0.1, 3.0, 64).astype(kind)
    y = np.linspace(-3.0, 4.0, 64).astype(kind)
    alone = compiled(name, x, y)
    cases = [
        (-2, 3, -8),
        (-2, 2, 4),
        (0, 3, 0),
        (-0.0, 3, -0.0),
        (np.inf, -1, 0),
        (np.nan, 0, 1),
        (-8, 0.5, np.nan),
    ]
    for lane, (number, times, expected) in enumerate(cases):
        mixed, exponents = x.copy(), y.copy()
        mixed[9 * lane], exponents[9 * lane] = number, times
        together = compiled(name, mixed, exponents)
        np.testing.assert_equal(together[9 * lane], kind.type(expected))
        np.testing.assert_array_equal(np.delete(together, 9 * lane), np.delete(alone, 9 * lane))


@pytest.mark.parametrize("name", NAMES)
def test_the_source_of_a_function_is_complete(name: str) -> None:
    namespace: dict[str, Any] = {"np": np}
    text = source_of(name)
    exec(text, namespace)
    arguments = [dtype(name).type(value) for value in (1.25, 0.75)[: arity(name)]]
    with np.errstate(all="ignore"):
        np.testing.assert_equal(namespace[name](*arguments), FUNCTIONS[name](*arguments))
    assert "Any" not in text


def test_sources_define_everything_once() -> None:
    defined = re.findall(r"^(?:def (\w+)|(\w+) = )", sources(NAMES), re.MULTILINE)
    names = [function or table for function, table in defined]
    assert len(names) == len(set(names))
    assert set(NAMES) <= set(names)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_fused_multiply_add_none_is_emitted(name: str) -> None:
    assert "llvm.fma" not in lower(FUNCTIONS[name], fused=False)
