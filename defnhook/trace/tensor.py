"""Traced values: what the variables of a rewritten function hold while it is traced."""

from __future__ import annotations

import builtins
import math
import operator
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from defnhook.errors import DefnTypeError, StaticValueError
from defnhook.graph import (
    BRANCH,
    CONSTANT,
    INPUT,
    LOOP,
    PARAMETER,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    ArrayType,
    Node,
)
from defnhook.graph.node import walk
from defnhook.trace.context import StaticDemand, UnrollDemand, is_twin, require_current, user_span
from defnhook.trace.storage import Levels, Storage, new_storage, rebuilt, starts_of, written

FIRST = 2**29  # no smaller number stands for an extent known only at run time
Recipe = tuple[Callable[[Any], Any], ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """A value that is a view: of which argument, through which steps, and how that view looks now.

    A view of a computed value has no source, and ``view`` no elements: it tells strides only.
    """

    source: Node | None
    recipe: Recipe
    view: Any

    def then(self, step: Callable[[Any], Any]) -> Alias | None:
        """The alias behind one more NumPy operation, or None where NumPy makes a copy."""
        view = step(self.view)
        if not isinstance(view, np.ndarray) or not _shares(self.view, view):
            return None
        return Alias(self.source, (*self.recipe, step), view)


def order_of(array: Any) -> tuple[int, ...]:
    """The axes of an array from the outermost in memory to the innermost."""
    if not isinstance(array, np.ndarray) or array.flags.c_contiguous:
        return tuple(range(np.ndim(array)))
    return tuple(sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis)))


def _shares(parent: Any, view: Any) -> bool:
    if view.size == 0:
        return view.base is not None
    return bool(np.may_share_memory(parent, view))


class Tensor(NDArrayOperatorsMixin):
    """An array or a number whose elements are known only when the compiled code runs.

    Shape, dtype and number of axes are known. Answers to NumPy's protocols, so that the table's composites and
    derivatives, which are plain NumPy, trace as well.
    """

    __slots__ = ("_base", "_node", "alias", "levels", "storage")
    __array_priority__ = 1000.0

    def __init__(
        self, node: Node, alias: Alias | None = None, view: tuple[Storage | None, Levels] | None = None
    ) -> None:
        self._node = node
        self.alias = alias
        self.levels: Levels = ()
        if view is None:
            self.storage = new_storage(node)
            self._base = node
        else:
            self.storage, self.levels = view
            self._base = node if self.storage is None else self.storage.read()

    @property
    def node(self) -> Node:
        """What the array holds where the trace is now."""
        if self.storage is None:
            return self._node
        base = self.storage.read()
        if base is not self._base:
            self._base, self._node = base, rebuilt(base, self.levels)
        return self._node

    def write(self, value: Node) -> None:
        """Give the array, and with it everything that shares its memory, other elements."""
        assert self.storage is not None
        self.storage.write(written(self.storage.read(), self.levels, value))

    # -- what is known

    @property
    def type(self) -> ArrayType:
        return self._node.type

    @property
    def kind(self) -> str:
        return self._node.type.kind

    @property
    def shape(self) -> tuple[int, ...]:
        shape = self._node.type.shape
        if not shape or max(shape) < FIRST:
            return shape
        from defnhook.trace.sizes import shown

        return shown(shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._node.type.dtype

    @property
    def ndim(self) -> int:
        return len(self._node.type.shape)

    @property
    def size(self) -> Any:
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        return int(self._node.type.dtype.itemsize)

    @property
    def nbytes(self) -> Any:
        return self.size * self.itemsize

    @property
    def shares(self) -> Alias | None:
        """How the value looks at an argument's memory, if it does."""
        return self.alias if self.alias is not None and self.alias.source is not None else None

    @property
    def order(self) -> tuple[int, ...]:
        """The axes from the outermost in memory to the innermost."""
        return self._node.type.order if self.alias is None else order_of(self.alias.view)

    @property
    def strides(self) -> tuple[int, ...]:
        """The strides of a view; otherwise those of a dense array in this memory order."""
        if self.alias is not None:
            return tuple(self.alias.view.strides)
        result = [0] * self.ndim
        step = self.itemsize
        for axis in reversed(self._node.type.order):
            result[axis] = step
            step *= self._node.type.shape[axis]
        return tuple(result)

    @property
    def in_block(self) -> bool:
        """Whether the trace is inside a loop or a branch."""
        return require_current().region.inside

    @property
    def is_argument(self) -> bool:
        """Whether it is an argument of what is being traced or a view of one: reading it computes nothing."""
        node = self.node
        while node.op in (RESHAPE, SLICE, TRANSPOSE):
            node = node.inputs[0]
        return node.op is INPUT

    @property
    def is_transformed(self) -> bool:
        """Whether a derivative or a map is made of what is being traced."""
        return require_current().transformed > 0

    @property
    def held(self) -> Tensor:
        """The value, a constant for derivatives."""
        if not self.is_transformed:
            return self
        from defnhook.trace.primitives import held

        return held(self)

    @property
    def is_mapped(self) -> bool:
        """Whether what is being traced is computed for many elements at once."""
        return require_current().region.apart

    @property
    def T(self) -> Tensor:
        return self._invoke(np.transpose)

    @property
    def mT(self) -> Tensor:
        return self._invoke(np.matrix_transpose)

    @property
    def real(self) -> Any:
        return self._invoke(np.real)

    @property
    def imag(self) -> Any:
        return self._invoke(np.imag)

    def __getattr__(self, name: str) -> Any:
        from defnhook.trace.invoke import METHODS, invoke_method

        if name.startswith("__") or name not in METHODS:
            raise AttributeError(name)
        if self.kind == "scalar" and not hasattr(np.generic, name):
            raise AttributeError(f"'numpy.{self.dtype.name}' object has no attribute {name!r}")
        return partial(invoke_method, self, name)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> Any:
        from defnhook.trace.selections import element

        return element(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from defnhook.trace.writing import set_item

        set_item(self, index, value)

    def __repr__(self) -> str:
        if is_twin(sys._getframe(1).f_code):
            return repr(self._for_text())
        return f"<traced {self.type}>"

    def __str__(self) -> str:
        return str(self._for_text())

    def __format__(self, form: str) -> str:
        return format(self._for_text(), form)

    # -- NumPy's protocols

    def _invoke(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Tensor:
        from defnhook.trace.invoke import invoke

        return cast(Tensor, invoke(function, (self, *args), keywords))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        from defnhook.trace.invoke import invoke
        from defnhook.trace.ufunc_methods import ufunc_method

        if method != "__call__":
            return ufunc_method(ufunc, method, inputs, keywords)
        return invoke(ufunc, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        from defnhook.trace.invoke import invoke

        return invoke(function, args, keywords)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise DefnTypeError(
            f"this code wants the elements of {self.type}, but they are known only when the compiled code runs. "
            "Pass the array to functions of the language only, or mark the helper with @defnhook.transform and "
            "use its shape and dtype."
        )

    # -- conversions that need the value now

    def __bool__(self) -> bool:
        if self.type.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            )
        if not self.type.size:
            return bool(np.empty(self.shape))
        if self.is_demandable or (self.is_number and self.kind == "python"):
            return bool(self.demanded("to choose a branch"))
        raise StaticValueError(
            f"this condition is {describe(self)}, whose value is known only when the compiled code runs. "
            "Choose between values with np.where(condition, a, b); an if may test shapes, dtypes and arguments "
            "that are not arrays."
        )

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.ndim:
            return operator.index(np.empty(self.shape, self.dtype)[()])
        if not self.is_number:
            raise StaticValueError(
                f"a size, an axis or an index of a tuple is needed here as a Python number, but it is "
                f"{describe(self)}, computed from the elements of an array. Pass it as an argument of its own."
            )
        return operator.index(self.demanded("as a number"))

    @property
    def elements(self) -> Any:
        """The elements as NumPy has them, where constants alone decide them; otherwise None."""
        from defnhook.trace.known import elements_of

        return elements_of(self.node)

    def known(self, purpose: str) -> Any:
        """The elements, for what has to have them while it is traced."""
        from defnhook.trace.known import known

        return known(self, purpose)

    def lift(self, value: Any) -> Tensor:
        """The traced stand-in of an array that was made while tracing."""
        from defnhook.trace.primitives import boxed

        return boxed(value)

    def forbid(self, error: builtins.type[Exception], message: str) -> None:
        """Raise at run time where this single truth value holds."""
        from defnhook.trace.conditions import check

        check(self, error, message)

    def _for_text(self) -> Any:
        if self.kind == "python" and self.is_number and self.dtype.kind == "i":
            return self.demanded("as text")
        raise StaticValueError(
            f"this text needs the value of {describe(self)}, which is known only when the compiled code runs. "
            "Its shape and dtype are known; or return it and format it outside."
        )

    @property
    def is_number(self) -> bool:
        """Whether the value depends only on numbers among the arguments and on steps of loops."""
        return self._node.op is CONSTANT or bool(_origins(self._node))

    @property
    def is_demandable(self) -> bool:
        """Whether the value depends only on whole numbers among the arguments, which can become static."""
        origins = _origins(self._node, "iu")
        return origins is not None and bool(origins) and all(node.op is INPUT for node in origins)

    @property
    def is_fixed_view(self) -> bool:
        """Whether the value is an array, or a part of it that is the same in every step of a loop."""
        return all(isinstance(start, int) for start in starts_of(self.levels))

    def demanded(self, purpose: str) -> Any:
        """The number itself; or start the trace, or the loops it depends on, again with it static."""
        if self._node.op is CONSTANT:
            return self._node.params["value"]
        origins = _origins(self._node) or []
        span = user_span()
        line = f"line {span.line}" if span else "a line outside marked code"
        steps = frozenset(id(node) for node in origins if node.op is PARAMETER)
        if steps:
            raise UnrollDemand(steps, None, f"{line} needs a number of its steps {purpose}")
        names = frozenset(node.params["name"] for node in origins)
        require_current().notes.append(f"{', '.join(sorted(names))} became static: {line} needs it {purpose}")
        raise StaticDemand(names, line)

    __hash__ = None  # type: ignore[assignment]


def _origins(node: Node, kinds: str = "biufc") -> list[Node] | None:
    """The numbers a value depends on; None where it depends on an array, on other kinds, or on a loop's result."""
    origins: list[Node] = []
    for below in walk([node]):
        if below.op in (LOOP, BRANCH) or below.type.kind == "array":
            return None
        if below.op is INPUT or below.op is PARAMETER:
            if below.type.dtype.kind not in kinds:
                return None
            origins.append(below)
    return origins


def describe(value: Any) -> str:
    """A value in words, for error messages."""
    if not isinstance(value, Tensor):
        return f"a value of type {type(value).__name__}"
    if value.kind == "python":
        return f"a Python {value.type}"
    if not value.ndim:
        return f"a single {value.dtype.name}"
    extents = ["?" if extent > FIRST else str(extent) for extent in value.type.shape]
    shape = f"({', '.join(extents)}{',' * (len(extents) == 1)})"
    return f"an array of shape {shape} and dtype {value.dtype.name}"
