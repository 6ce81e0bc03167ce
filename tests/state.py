"""What a program in the making knows: sample values of its variables, and what is the same in all samples."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from shaking import Hand, shaken

ALLOWED = "?bBhHiIlLqQfdFD"
LARGEST = 400
LONGEST = 24
LARGEST_INTEGER = 1000
MOST_AXES = 4
MOST_SAMPLES = 4
Kind = tuple[Any, ...]


def kind_of(value: Any) -> Kind:
    """All that is static about a value."""
    if isinstance(value, np.ndarray):
        packed = (value.flags.c_contiguous, value.flags.f_contiguous)
        return "array", value.dtype.char, value.shape, packed
    if isinstance(value, np.generic):
        return "scalar", value.dtype.char
    if isinstance(value, tuple | list):
        return type(value).__name__, *map(kind_of, value)
    return (type(value).__name__,)


def is_number(kind: Kind) -> bool:
    return kind[0] in ("scalar", "bool", "int", "float", "complex")


def joined(first: Kind, other: Kind) -> Kind | None:
    """The common kind of two numbers: Python's for Python's, NumPy's where one of them is."""
    if first == other:
        return first
    if not (is_number(first) and is_number(other)):
        return None
    if "scalar" in (first[0], other[0]):
        types = [np.dtype(kind[1]) if kind[0] == "scalar" else kind[0] for kind in (first, other)]
        python = {"bool": np.bool_(False), "int": 0, "float": 0.0, "complex": 0j}
        return "scalar", np.result_type(*[python.get(t, t) for t in types]).char  # type: ignore[arg-type]
    order = ["bool", "int", "float", "complex"]
    return (order[max(order.index(first[0]), order.index(other[0]))],)


def common(value: Any, *kind: Any) -> Any:
    """A number as the kind that all paths agree on."""
    if kind[0] == "scalar":
        return np.asarray(value).astype(kind[1])[()]
    return {"bool": bool, "int": int, "float": float, "complex": complex}[kind[0]](value)


def copied(values: dict[str, Any]) -> dict[str, Any]:
    """Copies of variables in which the same arrays share memory."""
    return dict(zip(values, copies(list(values.values())), strict=True))


def copies(values: Iterable[Any]) -> list[Any]:
    """Copies of values in which the same arrays share memory, in the same layout."""
    roots: dict[int, Any] = {}
    made: dict[int, Any] = {}
    return [_copied(value, roots, made) for value in values]


def _copied(value: Any, roots: dict[int, Any], made: dict[int, Any]) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_copied(item, roots, made) for item in value)
    if not isinstance(value, np.ndarray):
        return value
    if id(value) not in made:
        made[id(value)] = _copied_array(value, roots)
    return made[id(value)]


def _copied_array(value: Any, roots: dict[int, Any]) -> Any:
    root = value
    while isinstance(root.base, np.ndarray):
        root = root.base
    low, high = np.lib.array_utils.byte_bounds(root)
    if id(root) not in roots:
        flat = np.zeros(high - low, np.uint8)
        inner = np.ndarray(root.shape, root.dtype, flat, 0, root.strides)
        inner[...] = root
        roots[id(root)] = flat
    offset = value.__array_interface__["data"][0] - low
    result = np.ndarray(value.shape, value.dtype, roots[id(root)], offset if value.size else 0, value.strides)
    result.flags.writeable = value.flags.writeable
    return result


class State:
    """The variables of a program at one place, in one or several samples of how it may get there."""

    def __init__(self, samples: list[dict[str, Any]], space: dict[str, Any]) -> None:
        self.samples = samples
        self.space = {"__hand__": Hand(), **space}

    def copy(self) -> State:
        return State([copied(sample) for sample in self.samples], self.space)

    def kinds(self, name: str) -> list[Kind | None]:
        """The kind of a variable in each sample."""
        return [kind_of(sample[name]) if name in sample else None for sample in self.samples]

    def kind(self, name: str) -> Kind | None:
        """The kind of a variable where it is the same in all samples."""
        kinds = self.kinds(name)
        return kinds[0] if all(kind == kinds[0] for kind in kinds) else None

    def names(self, condition: Callable[[Any], bool]) -> list[str]:
        """Variables whose values fulfil a condition in all samples."""
        first, *others = self.samples
        return [
            name
            for name, value in first.items()
            if condition(value) and all(name in s and condition(s[name]) for s in others)
        ]

    def value(self, text: str) -> list[Any] | None:
        """What an expression gives in each sample; None where it raises."""
        results = []
        self.space["__hand__"].steps = 0
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for sample in self.samples:
                try:
                    results.append(eval(text, {**self.space, **sample}))
                except Exception:
                    return None
        return results

    def raises(self, lines: list[str]) -> bool:
        """Whether statements end in an error, and not in numbers that grow too large."""
        code = shaken(_runnable(lines))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            sample = copied(self.samples[0])
            return not _executed(code, self.space, sample) and all(map(acceptable, sample.values()))

    def run(self, lines: list[str]) -> bool:
        """Execute statements on the samples; False, and nothing has happened, where one raises or grows too large."""
        code = shaken(_runnable(lines))
        after = [copied(sample) for sample in self.samples]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for sample in after:
                if not _executed(code, self.space, sample):
                    return False
                sample.pop("once", None)
        if not all(acceptable(value) for sample in after for value in sample.values()):
            return False
        self.samples = after
        return True


def _executed(code: Any, space: dict[str, Any], sample: dict[str, Any]) -> bool:
    own = {"common": common, "range": short_range, "__hand__": Hand()}
    space["__hand__"].steps = 0
    try:
        exec(code, {**space, **own}, sample)
    except Exception:
        return False
    return True


def short_range(*bounds: int) -> range:
    """A range that programs may run through."""
    result = range(*bounds)
    if len(result) > LONGEST:
        raise ValueError("too long")
    return result


def _runnable(lines: list[str]) -> str:
    """Lines of a function's body as a program of its own; leaving a loop around them leaves them, a return does not.

    What is written after a return is for the path on which nothing was returned.
    """
    texts = [_without_return(line) for line in lines]
    return "for once in (0,):\n" + textwrap.indent("\n".join(texts), "    ")


def _without_return(line: str) -> str:
    text = line.lstrip()
    if not text.startswith("return "):
        return line
    return line[: len(line) - len(text)] + "pass"


def acceptable(value: Any) -> bool:
    """Whether a value is of the language and small."""
    if isinstance(value, tuple | list):
        return all(acceptable(item) for item in value)
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.char in ALLOWED and value.size <= LARGEST and value.ndim <= MOST_AXES
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    return isinstance(value, float | complex)
