"""Calls of elementwise entries, with the keywords that NumPy's ufuncs have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from defnhook.errors import DefnTypeError
from defnhook.ops.elementwise import where as where_entry
from defnhook.ops.kinds import Elementwise, Flat, NoGradient
from defnhook.trace import primitives
from defnhook.trace.tensor import Tensor
from defnhook.trace.writing import check_loop, store_result

_REFUSED = {"signature": "dtype", "sig": "dtype", "extobj": "np.errstate", "axes": "axis", "axis": "axis"}


@dataclass(frozen=True)
class Options:
    """The keywords of one call."""

    out: Any = None
    where: Any = True
    dtype: Any = None
    casting: str = "same_kind"
    order: str = "K"
    subok: bool = True

    @property
    def is_masked(self) -> bool:
        """Whether some elements are left as they are."""
        return self.where is not True


def call_elementwise(op: Elementwise, args: Any, keywords: dict[str, Any]) -> Any:
    """An elementwise entry on traced values or numbers."""
    if op.numpy in (np.real, np.imag):
        return primitives.part(op, *args, **keywords)
    if op is where_entry and len(args) == 1 and not keywords:
        from defnhook.trace.invoke import invoke

        return invoke(np.nonzero, args, {})
    operands, options = _read(op, args, keywords)
    made = (options.out, options.where, *operands)
    if not any(isinstance(a, Tensor | np.ndarray | list | tuple) for a in made):
        return op.numpy(*args, **keywords)
    if options.out is not None and options.out is not ...:
        check_loop(op.numpy, options.out, operands, options.dtype, options.casting)
    if options.is_masked:
        return _masked(op, operands, options)
    result = _computed(op, operands, options)
    return result if options.out is None else _stored(result, options)


def _read(op: Elementwise, args: Any, keywords: dict[str, Any]) -> tuple[Any, Options]:
    """The operands and the keywords, those that are not for ufuncs of this language refused."""
    count = op.arity
    is_ufunc = isinstance(op.numpy, np.ufunc)
    for name in keywords:
        if is_ufunc and name in _REFUSED:
            raise DefnTypeError(
                f"{op.name}() takes no keyword {name!r} inside a marked function; leave it out, or use {_REFUSED[name]}"
            )
        if not is_ufunc or name not in Options.__dataclass_fields__:
            raise TypeError(f"{op.name}() got an unexpected keyword argument {name!r}")
    if len(args) == count + 1 and is_ufunc:
        if "out" in keywords:
            raise TypeError("cannot specify 'out' as both a positional and keyword argument")
        args, keywords = args[:-1], {**keywords, "out": args[-1]}
    if len(args) != count:
        raise TypeError(
            f"{op.name}() takes {count} arrays inside a marked function, but {len(args)} were given"
        )
    return args, _checked(op, Options(**keywords))


def _checked(op: Elementwise, options: Options) -> Options:
    np.can_cast(np.bool_, np.bool_, options.casting)  # type: ignore[arg-type]
    if options.order not in ("C", "F", "K"):
        raise DefnTypeError(f"{op.name}() takes order 'C', 'F' or 'K' inside a marked function")
    if not isinstance(options.out, tuple):
        return options
    if len(options.out) != 1:
        raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
    return replace(options, out=options.out[0])


def _computed(op: Elementwise, operands: Any, options: Options) -> Tensor:
    result = primitives.elementwise(op, operands, options.dtype, options.casting)
    if options.order == "K" or options.out is not None:
        return result
    return primitives.cast(result, result.dtype, order=options.order)


def _stored(result: Tensor, options: Options, mask: Tensor | None = None) -> Tensor:
    if options.out is ...:
        return primitives.cast(result, result.dtype, "array")
    return store_result(options.out, result, True, options.casting, mask)


# -- where=


def _masked(op: Elementwise, operands: Any, options: Options) -> Tensor:
    """Only the elements where the mask holds; the others are those of ``out``, or zeros where there is none."""
    mask = mask_of(options.where)
    kept = [_harmless(op, operand, mask) for operand in operands]
    result = _computed(op, kept, options)
    if options.out is not None and options.out is not ...:
        return _stored(result, options, mask)
    blank = primitives.elementwise(where_entry, (mask, result, result.dtype.type(0)))
    order: Any = result.order if blank.shape == result.shape else "C"
    kind = result.kind if not blank.ndim and options.out is not ... else "array"
    return primitives.cast(blank, result.dtype, kind, order=order)


def mask_of(where: Any) -> Tensor:
    """What ``where=`` says, which of a single number is its truth."""
    mask = primitives.as_tensor(where if isinstance(where, Tensor | np.ndarray | list) else bool(where))
    if mask.kind in ("scalar", "python"):
        return primitives.cast(mask, np.bool_)
    if mask.dtype.kind != "b":
        raise TypeError(
            f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule 'safe'"
        )
    return mask


def _harmless(op: Elementwise, operand: Any, mask: Tensor) -> Any:
    """An operand with a number at which the entry is smooth where it is not to be computed."""
    example = operand if primitives.is_python(operand) else primitives.as_tensor(operand)
    kind = example.dtype.kind if isinstance(example, Tensor) else np.asarray(example).dtype.kind
    smooth = kind == "f" and not isinstance(op.partials, Flat | NoGradient)
    if not isinstance(example, Tensor) or not (smooth or kind in op.guarded):
        return operand
    low, high = op.domain
    number = 0.25 * low + 0.75 * high if smooth else 1
    chosen = primitives.elementwise(where_entry, (mask, example, number))
    return primitives.cast(chosen, example.dtype, kind=None if example.kind == "python" else "array")
