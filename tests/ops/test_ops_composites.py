"""Every composite of the table gives on plain arrays what NumPy gives, and can be traced."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from array_calls import CHANGES, MAKING
from cases import COMPOSITE_TOLERANCE, ordinary
from composite_calls import FUNCTIONS as CALLS
from composite_calls import METHODS as METHOD_CALLS
from composite_calls import calls
from linear_calls import called
from test_ops_loops import by_name
from watched import Watched, unwrap

from defnhook.errors import DefnTypeError
from defnhook.ops import BY_MEANING, ENTRIES, METHODS, OPS, Composite

SHAPES = [(), (0,), (1,), (5,), (3, 4), (1, 4), (0, 3), (2, 3, 4), (2, 1, 3)]
FIXED = {"linspace", "eye", "identity", "tri", "zeros", "ones", *MAKING} - {"diag", "diagflat", "vander"}
DTYPES = [np.dtype(c) for c in "?bBilefdD"]


def outcome(function, text, x):
    names = {"f": function, "x": x, "np": np, "w": mask_of(x)}
    try:
        return eval(f"f({text})", names)
    except Exception as error:
        return error


def mask_of(x):
    shape = np.shape(unwrap(x))
    mask = np.arange(math.prod(shape)).reshape(shape) % 3 != 1
    return Watched(mask) if isinstance(x, Watched) else mask


def kind_of(value):
    return next(kind for kind in (np.ndarray, np.generic, tuple, list, object) if isinstance(value, kind))


def memory_order(array):
    return sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))


def assert_same(actual, expected, x, traced=False):
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception), f"NumPy raises {expected!r}"
        # NumPy's own subclasses of an error are private, hence either way.
        ours, theirs = type(actual), type(expected)
        assert issubclass(theirs, ours) or issubclass(ours, theirs), (actual, expected)
        return
    assert not isinstance(actual, Exception), repr(actual)
    assert kind_of(actual) is kind_of(expected), (actual, expected)
    if isinstance(expected, tuple | list):
        assert len(actual) == len(expected)
        for a, e in zip(actual, expected, strict=True):
            assert_same(a, e, x, traced)
        return
    if not isinstance(expected, np.ndarray | np.generic):
        assert actual == expected or actual != actual
        return
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert_values_same(actual, expected)
    if isinstance(expected, np.ndarray) and expected.size and not traced:
        assert_memory_same(actual, expected, x)


def assert_values_same(actual, expected):
    tolerance = COMPOSITE_TOLERANCE.get(expected.dtype.char, 0)
    if not tolerance:
        np.testing.assert_array_equal(actual, expected)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(actual), finite)
    largest = np.max(np.abs(expected[finite]), initial=1)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * largest)


def assert_memory_same(actual, expected, x):
    assert np.may_share_memory(actual, x) == np.may_share_memory(expected, x)
    if min(actual.shape, default=0) > 1:
        assert memory_order(actual) == memory_order(expected)


def arguments(name):
    for shape in [(3, 4)] if name in FIXED else SHAPES:
        for dtype in DTYPES:
            yield ordinary(dtype, shape)


def check_calls(name, op, function, texts):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for x in arguments(name):
            for text in texts:
                expected = outcome(function, text, x)
                actual = outcome(op.expand, text, x)
                if isinstance(actual, DefnTypeError):
                    assert x.dtype.kind == "c"
                    continue
                try:
                    assert_same(actual, expected, x)
                except AssertionError as error:
                    raise AssertionError(f"{name}({text}) for {x.dtype} {x.shape}: {error}") from None


@pytest.mark.parametrize("name", CHANGES)
def test_function_changes_what_numpy_changes(name):
    op, texts = OPS[name], calls(CHANGES[name])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for x in arguments(name):
            for text in texts:
                expected, actual = changed(op.numpy, text, x), changed(op.expand, text, x)
                try:
                    assert_same(actual, expected, x)
                except AssertionError as error:
                    raise AssertionError(f"{name}({text}) for {x.dtype} {x.shape}: {error}") from None


def changed(function, text, x):
    """What a function that gives nothing leaves in a copy of an array, or the error that it raises."""
    names = {"f": function, "x": x, "y": np.copy(x), "np": np, "w": mask_of(x)}
    try:
        assert eval(f"f({text})", names) is None
    except Exception as error:
        return error
    return names["y"]


@pytest.mark.parametrize("name", CALLS)
def test_function_gives_numpys_results(name):
    check_calls(name, OPS[name], OPS[name].numpy, calls(CALLS[name]))


@pytest.mark.parametrize("name", METHOD_CALLS)
def test_method_gives_numpys_results(name):
    texts = [text for text in calls(METHOD_CALLS[name]) if "correction" not in text]
    check_calls(name, METHODS[name], getattr(np.ndarray, name), texts)


@pytest.mark.parametrize("name", CALLS)
def test_function_can_be_traced(name):
    """With watched arrays: only entries of the table are called, no element is looked at."""
    x = ordinary(np.dtype(float), (3, 4))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for text in calls(CALLS[name]):
            expected = outcome(OPS[name].numpy, text, x)
            if (
                "weights" in text
                or "np.mean" in text
                or "np.arange" in text
                or isinstance(expected, Exception)
            ):
                continue
            actual = outcome(OPS[name].expand, text, Watched(x))
            assert_same(unwrap(actual), expected, x, traced=True)


BINARY = {"divmod", "inner", "outer", "vdot", "tensordot"}
SCALARS = [3, 2.5, True, 1j, np.float64(1.5), np.int32(3), [1.0, 2.0, 4.0], [[1, 2], [3, 4]]]


@pytest.mark.parametrize("name", sorted(set(CALLS) - FIXED))
def test_function_takes_numbers_and_lists(name):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for x in SCALARS:
            for text in ("x, x",) if name in BINARY else ("x", "x, 0", "x, axis=0", "x, -1"):
                expected, actual = outcome(OPS[name].numpy, text, x), outcome(OPS[name].expand, text, x)
                if not isinstance(actual, DefnTypeError):
                    assert_same(actual, expected, x, traced=True)


NUMBERS = {
    "fftfreq": (5,),
    "rfftfreq": (5,),
    "linspace": (0.0, 1.0, 5),
    "logspace": (0.0, 1.0, 5),
    "geomspace": (1.0, 2.0, 5),
    "indices": ((2, 3),),
}
MAKERS = [op for op in ENTRIES if isinstance(op, Composite) and op.makes]


@pytest.mark.parametrize("op", MAKERS, ids=by_name)
def test_new_arrays_are_traced_on_request(op):
    arguments = NUMBERS.get(op.name, (3,))
    actual = op.expand(*arguments, like=Watched(np.float64(0.0)))
    assert isinstance(actual, Watched)
    if op.name != "empty":
        np.testing.assert_array_equal(actual.value, op.numpy(*arguments))


def test_an_empty_array_like_another_has_its_shape_and_dtype():
    x = np.ones((2, 3), np.float32).T
    actual = OPS["empty_like"].expand(x)
    assert (actual.shape, actual.dtype, actual.flags.f_contiguous) == ((3, 2), np.float32, True)


def test_what_the_language_lacks_is_refused_by_name():
    x = np.ones((3, 4))
    for name, text, word in [
        ("mean", "x, out=x", "out="),
        ("pad", "x, 1, np.sum", "function as mode"),
        ("sliding_window_view", "x, 2, 0, writeable=True", "writeable=True"),
        ("take", "x, 0, out=x", "out="),
    ]:
        with pytest.raises(TypeError, match=word):
            eval(f"f({text})", {"f": OPS[name].expand, "x": x, "np": np})


@pytest.mark.parametrize("op", [op for op in ENTRIES if isinstance(op, Composite)], ids=by_name)
def test_every_composite_has_calls_in_this_file(op):
    assert op.numpy in called() or op.name in {*CALLS, *METHOD_CALLS, *CHANGES, "empty", "empty_like"}
    assert BY_MEANING[op.numpy] is op


WRONG = [
    Composite(np.mean, expand=lambda x, *a, **k: np.mean(np.asarray(x, float), *a, **k)),
    Composite(np.mean, expand=lambda x, *a, **k: np.asarray(np.mean(x, *a, **k))),
    Composite(np.mean, expand=lambda x, axis=None, **k: np.mean(x, axis=0 if axis == 5 else axis, **k)),
    Composite(np.mean, expand=lambda x, *a, **k: np.mean(x, *a, **k) * (1 + 1e-5)),
]


@pytest.mark.parametrize("op", WRONG)
def test_a_wrong_composite_is_caught(op):
    with pytest.raises(AssertionError):
        check_calls("mean", op, np.mean, calls(CALLS["mean"]))


def test_a_composite_that_looks_at_elements_is_caught():
    assert isinstance(outcome(lambda x: float(x), "x", Watched(np.float64(1.0))), TypeError)
    assert isinstance(outcome(lambda x: x if x > 0 else -x, "x", Watched(np.float64(1.0))), TypeError)
    assert isinstance(outcome(np.poly, "x", Watched(np.ones(3))), TypeError)
