"""Arguments outside the language run the plain function: counted, and said once."""

from __future__ import annotations

import logging
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import defnhook


class Sub(np.ndarray):
    pass


@pytest.fixture(scope="module")
def module(marked):
    return marked("def double(x):\n    return x + x\n\n\ndef first(x, y=0):\n    return x[0] + x[1]\n")


FOREIGN = {
    "a subclass": (np.ones(2).view(Sub), "x is a test_dispatch_arguments.Sub"),
    "a masked array": (np.ma.masked_array([1.0, 2.0], [True, False]), "x is a numpy.ma.MaskedArray"),
    "objects": (np.array([1, "a"], object), "x has dtype object"),
    "dates": (
        np.array(["2020-01-01"], "M8[D]") - np.array(["2019-01-01"], "M8[D]"),
        "x has dtype timedelta64[D]",
    ),
    "text": (np.array([["a"]], "U1").astype(object), "x has dtype object"),
    "records": (np.zeros(2, [("a", "f8")])["a"].astype("O"), "x has dtype object"),
    "a fraction": (Fraction(1, 3), "x is a fractions.Fraction"),
    "a decimal": (Decimal("1.5"), "x is a decimal.Decimal"),
}
if np.dtype(np.longdouble).itemsize > 8:
    FOREIGN["long double"] = (np.ones(2, np.longdouble), f"x has dtype {np.dtype(np.longdouble)}")
    FOREIGN["long complex"] = (np.ones(2, np.clongdouble), f"x has dtype {np.dtype(np.clongdouble)}")


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_arguments_run_plainly(name, marked, counts, caplog):
    module = marked("def double(x):\n    return x + x\n")
    value, reason = FOREIGN[name]
    with counts() as grown, caplog.at_level(logging.INFO, "defnhook"):
        results = [module.double(value) for _ in range(3)]
    expected = value + value
    assert type(results[0]) is type(expected)
    assert getattr(results[0], "dtype", None) == getattr(expected, "dtype", None)
    assert (grown.plain_calls, grown.native_calls, grown.plans) == (3, 0, 0)
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"double runs as plain Python: {reason}"]


def test_foreign_parts_of_a_structure_are_named(marked, caplog):
    module = marked("def first(x):\n    return x['a'][0]\n")
    with caplog.at_level(logging.INFO, "defnhook"):
        assert module.first({"a": [Fraction(1, 2)]}) == Fraction(1, 2)
    assert "x['a'][0] is a fractions.Fraction" in caplog.text


def test_a_mask_is_never_stripped(module):
    result = module.double(np.ma.masked_array([1.0, 2.0], [True, False]))
    assert result.mask.tolist() == [True, False]


def test_native_and_foreign_calls_alternate(module, counts):
    with counts() as grown:
        for _ in range(2):
            assert module.double(np.ones(2)).tolist() == [2, 2]
            assert type(module.double(np.ones(2).view(Sub))) is Sub
    assert (grown.native_calls, grown.plain_calls) == (2, 2)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_native(module, counts, order):
    with counts() as grown:
        result = module.double(np.arange(3).astype(f"{order}f8"))
    assert result.tolist() == [0, 2, 4]
    assert result.dtype.isnative
    assert grown.native_calls == 1


def test_unaligned_and_read_only_arrays_are_native(module, counts):
    unaligned = np.frombuffer(b"x" + np.arange(3.0).tobytes(), "f8", offset=1)
    assert not unaligned.flags.aligned
    with counts() as grown:
        assert module.double(unaligned).tolist() == [0, 2, 4]
    assert grown.native_calls == 1


@pytest.mark.parametrize(
    "array",
    [np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0, 2), "i4"), np.array(2.0), np.broadcast_to(1.5, (3, 2))],
    ids=["empty", "no rows", "no columns", "0-d", "repeated"],
)
def test_unusual_arrays(module, array):
    result, expected = module.double(array), array + array
    assert type(result) is type(expected)
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("value", [np.ones(2, "f2"), np.float16(1.5)], ids=["array", "scalar"])
def test_half_precision_is_native(module, counts, value):
    with counts() as grown:
        result = module.double(value)
    assert grown.native_calls == 1
    assert type(result) is type(value)
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result, value + value)


def test_explain_says_why_a_call_is_plain(module):
    with pytest.raises(defnhook.DefnTypeError, match="this call runs as plain Python: x has dtype object"):
        defnhook.explain(module.double, np.array([1], object))
