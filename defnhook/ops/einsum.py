"""``np.einsum``: subscripts read in Python, then products of two operands at a time."""

from __future__ import annotations

import math
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.kinds import Composite
from defnhook.ops.shaping import folding_dtype, operand, refuse_keyword, refuse_out

Labels = tuple[Any, ...]


@dataclass(frozen=True)
class Term:
    """An operand with one label for each of its axes, each once."""

    value: Any
    labels: Labels


# -- reading


def _from_text(text: str, shapes: Sequence[tuple[int, ...]]) -> tuple[list[list[Any]], list[Any] | None]:
    """The labels of the operands and of the result, ``Ellipsis`` among them."""
    text = text.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(
            "more operands provided to einstein sum function than specified in the subscripts string"
            if len(terms) < len(shapes)
            else "fewer operands provided to einstein sum function than specified in the subscripts string"
        )
    return [_characters(term) for term in terms], _characters(right) if arrow else None


def _characters(term: str) -> list[Any]:
    before, dots, after = term.partition("...")
    if any(letter not in string.ascii_letters for letter in before + after):
        raise ValueError(f"invalid subscript in {term!r}: only letters and one '...' are valid")
    return [*before, *([...] if dots else []), *after]


def _from_lists(arguments: Sequence[Any]) -> tuple[list[Any], list[list[Any]], list[Any] | None]:
    """Operands and labels from ``a, [0, 1], b, [1, 2], [0, 2]``."""
    result = arguments[-1] if len(arguments) % 2 else None
    pairs = arguments[: len(arguments) - len(arguments) % 2]
    labels = [_letters(each) for each in pairs[1::2]]
    return list(pairs[::2]), labels, None if result is None else _letters(result)


_ALPHABET = string.ascii_uppercase + string.ascii_lowercase


def _letters(numbers: Any) -> list[Any]:
    for number in numbers:
        if number is not ... and not 0 <= int(number) < len(_ALPHABET):
            raise ValueError(f"subscript is not within the valid range [0, {len(_ALPHABET)})")
    return [number if number is ... else _ALPHABET[int(number)] for number in numbers]


def _spelled(labels: list[Any], ndim: int) -> list[Any]:
    """The labels of one operand; the axes of an ellipsis are numbered from the last one."""
    named = len(labels) - labels.count(...)
    if ... not in labels:
        if named != ndim:
            few = "contains too many subscripts" if named > ndim else "has more dimensions than subscripts"
            raise ValueError(f"operand {few} given in einstein sum, but no '...' ellipsis")
        return labels
    if named > ndim:
        raise ValueError("einstein sum subscripts string contains too many subscripts for an operand")
    place = labels.index(...)
    return labels[:place] + list(range(ndim - named, 0, -1)) + labels[place + 1 :]


def _result_labels(terms: Sequence[Sequence[Any]], given: list[Any] | None) -> Labels:
    """The labels of the result: as given, or those that occur once in alphabetic order."""
    everything = [label for labels in terms for label in labels]
    rest = sorted({label for label in everything if isinstance(label, int)}, reverse=True)
    if given is None:
        once = sorted(x for x in set(everything) if isinstance(x, str) and everything.count(x) == 1)
        return (*rest, *once)
    if rest and ... not in given:
        raise ValueError("output has fewer dimensions than the ellipsis of the operands broadcast to")
    place = given.index(...) if ... in given else len(given)
    result = (*given[:place], *rest, *given[place + 1 :])
    for label in result:
        if label not in everything:
            raise ValueError(
                f"einstein sum subscripts string included output subscript {label!r} which never appeared in an input"
            )
        if result.count(label) > 1:
            raise ValueError(
                f"einstein sum subscripts string includes output subscript {label!r} multiple times"
            )
    return result


def _extents(terms: Sequence[Sequence[Any]], shapes: Sequence[tuple[int, ...]]) -> dict[Any, int]:
    """How long each label is; an extent of 1 is stretched."""
    found: dict[Any, int] = {}
    for labels, shape in zip(terms, shapes, strict=True):
        for label, extent in zip(labels, shape, strict=True):
            if found.get(label, 1) == 1:
                found[label] = extent
            elif extent not in (1, found[label]):
                raise ValueError(
                    f"operands could not be broadcast together: the subscript {label!r} is {found[label]} and {extent}"
                )
    return found


# -- computing


def _single(value: Any, labels: Sequence[Any], extents: dict[Any, int]) -> Term:
    """A term whose labels are different, and whose axes are as long as their labels."""
    for label in dict.fromkeys(x for x in labels if labels.count(x) > 1):
        value, labels = _diagonal(value, list(labels), label)
    dropped = [x for x, n in zip(labels, value.shape, strict=True) if n == 1 != extents[x]]
    if dropped:
        value = np.squeeze(value, tuple(labels.index(x) for x in dropped))
    return Term(value, tuple(x for x in labels if x not in dropped))


def _diagonal(value: Any, labels: list[Any], label: Any) -> tuple[Any, list[Any]]:
    while labels.count(label) > 1:
        first = labels.index(label)
        second = labels.index(label, first + 1)
        if value.shape[first] != value.shape[second]:
            raise ValueError(
                f"dimensions in operand for collapsing index {label!r} don't match "
                f"({value.shape[first]} != {value.shape[second]})"
            )
        value = np.diagonal(value, axis1=first, axis2=second)
        labels = [x for place, x in enumerate(labels) if place not in (first, second)] + [label]
    return value, labels


def _diagonal_to_write(value: Any) -> Any:
    """The diagonal of a matrix as a view that may be written, which NumPy gives here."""
    rows, *rest = value.shape
    if rest != [rows] or value.strides[0] != rows * value.strides[1]:
        raise DefnTypeError(
            "np.einsum gives the diagonal of one square matrix in C order only, as a view that may be written. Use "
            "np.diagonal(x)."
        )
    return np.reshape(value, -1)[:: rows + 1]


def _summed(term: Term, keep: Collection[Any]) -> Term:
    """A term without the labels that nothing else needs."""
    axes = tuple(place for place, label in enumerate(term.labels) if label not in keep)
    if not axes:
        return term
    return Term(_sum(term.value, axes), tuple(label for label in term.labels if label in keep))


def _sum(value: Any, axes: tuple[int, ...]) -> Any:
    if value.dtype.kind == "b":
        return np.any(value, axis=axes)
    return np.sum(value, axis=axes, dtype=value.dtype)


def _arranged(term: Term, labels: Sequence[Any]) -> Any:
    """The value of a term with axes for labels in an order, of length 1 for those it lacks."""
    present = [label for label in labels if label in term.labels]
    turned = np.transpose(term.value, [term.labels.index(label) for label in present])
    if len(present) == len(labels):
        return turned
    extents = iter(turned.shape)
    return np.reshape(turned, [next(extents) if label in present else 1 for label in labels])


def _product(a: Term, b: Term, keep: Collection[Any]) -> Term:
    """Two terms multiplied and summed over what nothing else needs."""
    shared = [label for label in a.labels if label in b.labels]
    contracted = [label for label in shared if label not in keep]
    stack = [label for label in shared if label in keep]
    rows = [label for label in a.labels if label not in shared]
    columns = [label for label in b.labels if label not in shared]
    if contracted and rows and columns and a.value.dtype.kind != "b":
        return _matrix_product(a, b, stack, rows, columns, contracted)
    labels = [*stack, *rows, *columns, *contracted]
    both = Term(np.multiply(_arranged(a, labels), _arranged(b, labels)), tuple(labels))
    return _summed(both, keep)


def _matrix_product(
    a: Term, b: Term, stack: list[Any], rows: list[Any], columns: list[Any], inner: list[Any]
) -> Term:
    left, right = _arranged(a, [*stack, *rows, *inner]), _arranged(b, [*stack, *inner, *columns])
    heights = left.shape[len(stack) : len(stack) + len(rows)]
    widths = right.shape[len(stack) + len(inner) :]
    lead, length = left.shape[: len(stack)], math.prod(left.shape[len(stack) + len(rows) :])
    left = np.reshape(left, (*lead, math.prod(heights), length))
    right = np.reshape(right, (*lead, length, math.prod(widths)))
    return Term(np.reshape(np.matmul(left, right), (*lead, *heights, *widths)), (*stack, *rows, *columns))


def _path(terms: Sequence[Term], extents: dict[Any, int], result: Labels) -> list[tuple[int, int]]:
    """In which order NumPy would contract pairs of terms, found without their elements."""
    if len(terms) < 3:
        return [(0, 1)] if len(terms) == 2 else []
    letter = dict(zip(extents, _ALPHABET, strict=False))
    text = ",".join("".join(letter[label] for label in term.labels) for term in terms)
    shapes = [[extents[label] for label in term.labels] for term in terms]
    empty = [np.broadcast_to(0.0, shape) for shape in shapes]
    subscripts = f"{text}->{''.join(letter[label] for label in result)}"
    found = np.einsum_path(subscripts, *empty, optimize=("greedy", 2.0**62))[0][1:]
    return [pair for step in found for pair in _pairs(step, len(terms))]


def _pairs(step: Sequence[int], terms: int) -> list[tuple[int, int]]:
    """A contraction of several terms as contractions of two, each result coming last."""
    if len(step) == 2:
        return [(min(step), max(step))]
    return [(0, 1)] * (len(step) - 1)


def _contracted(terms: list[Term], extents: dict[Any, int], result: Labels) -> Term:
    for pair in _path(terms, extents, result):
        later, former = terms.pop(pair[1]), terms.pop(pair[0])
        keep = {*result, *(label for term in terms for label in term.labels)}
        terms.append(
            _product(_summed(former, {*keep, *later.labels}), _summed(later, {*keep, *former.labels}), keep)
        )
    return _summed(terms[0], result)


def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **rest: Any) -> Any:
    refuse_out(out)
    _check(rest)
    if not operands:
        raise ValueError("np.einsum needs subscripts and at least one operand")
    if isinstance(operands[0], str):
        values = [operand(each) for each in operands[1:]]
        labels, given = _from_text(operands[0], [each.shape for each in values])
    else:
        values, labels, given = _from_lists(operands)
        values = [operand(each) for each in values]
    values = _converted(values, **rest)
    shapes = [tuple(each.shape) for each in values]
    spelled = [_spelled(each, len(shape)) for each, shape in zip(labels, shapes, strict=True)]
    result = _result_labels(spelled, given)
    extents = _extents(spelled, shapes)
    if len(values) == 1 and len(set(spelled[0])) == len(result) < len(spelled[0]):
        return _diagonal_to_write(values[0])
    common = values[0].dtype
    if len(values) > 1:
        values = [each.astype(folding_dtype(common), copy=False) for each in values]
    terms = [_single(v, each, extents) for v, each in zip(values, spelled, strict=True)]
    last = _contracted(terms, extents, result)
    return _arranged(last, result).astype(common, copy=False)


def _check(rest: dict[str, Any]) -> None:
    for name in rest:
        if name not in ("dtype", "order", "casting"):
            raise TypeError(f"Did not understand the following kwargs: {[name]}")
    refuse_keyword("order", rest.get("order", "K"), ("K",), "Leave it out.")


def _converted(values: list[Any], dtype: Any = None, casting: Any = "safe", order: str = "K") -> list[Any]:
    """The operands in the dtype of the result."""
    common = np.result_type(*[each.dtype for each in values]) if dtype is None else np.dtype(dtype)
    for each in values:
        if not np.can_cast(each.dtype, common, casting):
            raise TypeError(
                f"Iterator operand dtype {each.dtype} cannot be cast to {common} according to {casting!r}"
            )
    return [each if each.dtype == common else each.astype(common) for each in values]


einsum = Composite(np.einsum, expand=_einsum, ordered=True)
