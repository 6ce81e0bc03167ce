"""Whether two results are the same: kind, dtype, shape, memory order, values, and what they share with arguments."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from both import Raised

# How far floats may be apart, in units of the rounding error of the dtype at the largest value of the result.
ROUNDING = 64
# How far a float sum may be from the exact one, in units of the rounding error at the sum of magnitudes.
SUM_ROUNDING = 16


class Different(AssertionError):
    """Two results are not the same."""


def assert_same(
    actual: Any,
    expected: Any,
    rounding: float = ROUNDING,
    unit: float = 0.0,
    path: str = "result",
    scale: float = 0.0,
) -> None:
    """Raise :class:`Different` unless ``actual`` is what NumPy gives, ``expected``.

    Floats are measured in the rounding error of their dtype, or in ``unit`` where that is greater; at their largest
    value, or at ``scale`` where that is greater.
    """
    if isinstance(actual, Raised) or isinstance(expected, Raised):
        _same_error(actual, expected, path)
        return
    if _kind(actual) != _kind(expected):
        raise Different(f"{path} is {_shown(actual)}, in NumPy {_shown(expected)}")
    parts, others = children(actual), children(expected)
    if parts is not None and others is not None:
        if [step for step, _ in parts] != [step for step, _ in others]:
            raise Different(
                f"{path} has the parts {[s for s, _ in parts]}, in NumPy {[s for s, _ in others]}"
            )
        for (step, part), (_, other) in zip(parts, others, strict=True):
            assert_same(part, other, rounding, unit, path + step, scale)
    elif isinstance(expected, np.ndarray | np.generic):
        _same_type(actual, expected, path)
        _same_values(actual, expected, rounding, (unit, scale), path)
    elif isinstance(expected, float | complex):
        _same_values(np.asarray(actual), np.asarray(expected), rounding, (unit, scale), path)
    elif actual != expected and not _same_function(actual, expected):
        raise Different(f"{path} is {actual!r}, in NumPy {expected!r}")


def _same_function(actual: Any, expected: Any) -> bool:
    """Whether both are the function of one name, each of its own import."""
    return callable(expected) and getattr(actual, "__qualname__", None) == expected.__qualname__


def _same_error(actual: Any, expected: Any, path: str) -> None:
    if not isinstance(expected, Raised):
        raise Different(
            f"{path} raises {actual.error!r}, in NumPy it is {_shown(expected)}"
        ) from actual.error
    if not isinstance(actual, Raised):
        raise Different(f"{path} is {_shown(actual)}, in NumPy it raises {expected.error!r}")
    if not isinstance(actual.error, _public(type(expected.error))):
        raise Different(f"{path} raises {actual.error!r}, in NumPy {expected.error!r}") from actual.error


def _public(error: type[BaseException]) -> type[BaseException]:
    """The nearest class of an error that a caller can name."""
    return next(each for each in error.__mro__ if not each.__module__.startswith("numpy._"))


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _shown(value: Any) -> str:
    if isinstance(value, Raised):
        return f"raised {value.error!r}"
    if isinstance(value, np.ndarray):
        return f"an array {value.dtype}{list(value.shape)}"
    return f"a {type(value).__name__}, {value!r}"


def _same_type(actual: Any, expected: Any, path: str) -> None:
    if actual.dtype.str != expected.dtype.str or actual.shape != expected.shape:
        raise Different(f"{path} is {_shown(actual)}, in NumPy {_shown(expected)}")
    if isinstance(expected, np.ndarray) and memory(actual) != memory(expected):
        packed, *others = _packed(expected)
        if packed == memory(expected) or memory(actual) not in (packed, *others):
            raise Different(f"{path} lies in memory as {memory(actual)}, in NumPy as {memory(expected)}")


def _packed(view: Any) -> list[dict[str, Any]]:
    """How a copy of a view may lie in memory: as NumPy copies it, in rows, or as a function's result does."""
    like = np.empty_like(np.logical_not(view), dtype=view.dtype)
    return [memory(np.array(view, order="K")), memory(np.array(view, order="C")), memory(like)]


def memory(array: Any) -> dict[str, Any]:
    """What is the same for two arrays of the same memory order.

    A view of a value computed in the same call may come packed: in the same order, without gaps.
    """
    steps = [
        step for step, extent in zip(array.strides, array.shape, strict=True) if extent > 1 and array.size
    ]
    return {"C": array.flags.c_contiguous, "F": array.flags.f_contiguous, "strides": steps}


def _same_values(
    actual: Any, expected: Any, rounding: float, measure: tuple[float, float], path: str
) -> None:
    if expected.dtype.kind in "fc":
        bad = ~close(actual, expected, rounding, *measure)
    else:
        bad = np.asarray(actual != expected)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise Different(
            f"{path} has {np.count_nonzero(bad)} of {bad.size} values wrong; at {place} it is "
            f"{actual[place]!r}, in NumPy {expected[place]!r}\n{actual!r}\n{expected!r}"
        )


def close(actual: Any, expected: Any, rounding: float, unit: float = 0.0, scale: float = 0.0) -> Any:
    """Element by element: equal, both NaN, or within ``rounding`` units at the largest value; 0: equal exactly."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    finite = np.isfinite(expected)
    unit = max(unit, float(np.finfo(expected.dtype).eps))
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(expected), where=finite, initial=0).astype(np.float64)
        distance = rounding * unit * max(largest, scale) if rounding else 0.0
        if expected.dtype.kind == "c":
            return _within(actual.real, expected.real, distance) & _within(
                actual.imag, expected.imag, distance
            )
        return _within(actual, expected, distance)


def _within(actual: Any, expected: Any, distance: float) -> Any:
    same = (actual == expected) | ((actual != actual) & (expected != expected))
    return same | (np.isfinite(expected) & (np.abs(actual.astype(np.float64) - expected) <= distance))


def assert_same_ulp(actual: Any, expected: Any, ulp: int, signs: bool = True, path: str = "result") -> None:
    """Raise :class:`Different` unless results are the same, each float to ``ulp`` units in its own last place.

    ``signs``: zeros have the same sign too. Complex numbers that are rounded differently may differ in what is not
    finite about them.
    """
    if isinstance(actual, Raised) or isinstance(expected, Raised) or _kind(actual) != _kind(expected):
        assert_same(actual, expected, path=path)
        return
    if isinstance(expected, np.ndarray | np.generic):
        _same_type(actual, expected, path)
    if getattr(expected, "dtype", np.dtype(int)).kind not in "fc":
        assert_same(actual, expected, path=path)
        return
    with np.errstate(all="ignore"):
        bad = ~_close_ulp(np.asarray(actual), np.asarray(expected), ulp, signs)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise Different(f"{path} at {place} is {actual[place]!r}, in NumPy {expected[place]!r}")


def _close_ulp(actual: Any, expected: Any, ulp: int, signs: bool) -> Any:
    if expected.dtype.kind == "c":
        unit = np.maximum(_spacing(expected.real), _spacing(expected.imag))
        parts = ((actual.real, expected.real), (actual.imag, expected.imag))
        near = np.logical_and(*[_near(a, b, ulp * unit, signs and not ulp) for a, b in parts])
        return near | (bool(ulp) & ~np.isfinite(actual) & ~np.isfinite(expected))
    return _near(actual, expected, ulp * _spacing(expected), signs)


def _spacing(values: Any) -> Any:
    return np.spacing(np.abs(np.where(np.isfinite(values), values, 0)).astype(values.dtype))


def _near(actual: Any, expected: Any, distance: Any, signs: bool) -> Any:
    near = (actual == expected) | (np.isfinite(expected) & (np.abs(actual - expected) <= distance))
    if signs:
        near &= (actual != 0) | (expected != 0) | (np.signbit(actual) == np.signbit(expected))
    return near | ((actual != actual) & (expected != expected))


def assert_sum_is_accurate(actual: Any, values: Any) -> None:
    """Raise :class:`Different` unless a float sum is as near to the exact one as is promised."""
    exact = math.fsum(values.ravel().tolist())
    bound = SUM_ROUNDING * float(np.finfo(values.dtype).eps) * math.fsum(np.abs(values).ravel().tolist())
    if not abs(float(actual) - exact) <= bound:
        raise Different(f"the sum is {actual!r}, exactly {exact!r}: more than {bound:.3g} apart")


def unit_of(arguments: Any) -> float:
    """The rounding error of the coarsest floats among the arguments, which results of finer dtypes inherit."""
    return max(
        (float(np.finfo(a.dtype).eps) for _, a in arrays(arguments) if a.dtype.kind in "fc"), default=0.0
    )


# -- what results share with arguments


def assert_same_sharing(actual: Any, arguments: Any, expected: Any, others: Any) -> None:
    """Raise :class:`Different` unless each result shares memory with the same arguments as NumPy's does."""
    results, references = list(arrays(actual)), list(arrays(expected))
    given, taken = list(arrays(arguments)), list(arrays(others))
    for (path, result), (_, reference) in zip(results, references, strict=True):
        for (place, argument), (_, other) in zip(given, taken, strict=True):
            if (result is argument) != (reference is other):
                verb = "is" if result is argument else "is not"
                raise Different(f"result{path} {verb} the argument{place}, other than in NumPy")
            shared = np.shares_memory(result, argument)
            if shared != np.shares_memory(reference, other):
                verb = "shares" if shared else "does not share"
                raise Different(f"result{path} {verb} memory with the argument{place}, other than in NumPy")
            if shared and (memory(result), writeable(result)) != (memory(reference), writeable(reference)):
                raise Different(f"result{path} is another view than in NumPy of the argument{place}")
    _same_identity([a for _, a in results], [a for _, a in references])


def writeable(array: Any) -> bool:
    """Whether an array can be written; what NumPy warns will be read-only, out of ``np.broadcast_arrays``, is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        try:
            return bool(array.flags.writeable)
        except FutureWarning:
            return False


def _same_identity(results: Sequence[Any], references: Sequence[Any]) -> None:
    for i, (first, other) in enumerate(zip(results, references, strict=True)):
        for j in range(i):
            if (first is results[j]) != (other is references[j]):
                raise Different(f"results {j} and {i} are one object on one side only")


def arrays(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays in a structure with where they are."""
    if isinstance(value, np.ndarray):
        yield path, value
    for step, item in children(value) or ():
        yield from arrays(item, path + step)


def children(value: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container, each with what selects it."""
    if isinstance(value, tuple | list):
        return [(f"[{place}]", item) for place, item in enumerate(value)]
    if isinstance(value, dict):
        return [(f"[{key!r}]", item) for key, item in value.items()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f".{field.name}", getattr(value, field.name)) for field in dataclasses.fields(value)]
    return None
