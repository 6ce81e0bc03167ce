"""Statements of a kernel: values at a loop's position, accumulators, stores, loops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from defnhook.emit.host import host_text
from defnhook.emit.library import CALLED, resolve
from defnhook.emit.numbers import Numbers
from defnhook.emit.storage import constructor, storage
from defnhook.graph import CAST, CONSTANT, HOST, INPUT, IOTA, PARAMETER, RESHAPE, ArrayType, Node, Operand
from defnhook.ops.kinds import Elementwise, Reduction
from defnhook.schedule.buffers import Buffer, Placement
from defnhook.schedule.index import Affine, Index, Indirect, Stretched, Var, Zero, operand_indices, pointwise
from defnhook.schedule.nests import Schedule, Stage

WIDE = 4
LOOP_NAMES = "ijklmqrstuvw"


class Unplaced(LookupError):
    """A value is needed where nothing holds it any more."""


@dataclass(slots=True)
class Scope:
    """Lines at one loop level and the values already computed there."""

    variable: str | None
    lines: list[str] = field(default_factory=list)
    values: dict[Any, str] = field(default_factory=dict)


@dataclass(slots=True)
class Accumulator:
    """A reduction in a register, with the rounding error of a float sum beside it."""

    stage: Stage
    name: str
    error: str | None
    part: str | None = None


def gathers(arrays: Sequence[Any]) -> bool:
    """Whether vectors gain from elements with gaps between them: those of narrow numbers cost more than they save."""
    return any(array.dtype.itemsize >= WIDE and _has_axes(array) for array in arrays)


def _has_axes(array: Any) -> bool:
    return bool(array.axes) if isinstance(array, Buffer) else array.ndim > 0


class Writer:
    """Writes the body of one kernel."""

    def __init__(
        self, plan: Schedule, placement: Placement, operands: dict[int, Any], numbers: Numbers
    ) -> None:
        self.plan = plan
        self.placement = placement
        self.operands = operands
        self.numbers = numbers
        self.wide = gathers([*operands.values(), *placement.buffers])
        self.prelude: list[str] = []
        self.partials: list[tuple[str, int]] = []
        self.phases: list[Any] = []
        self.functions: set[str] = set()
        self.nodes = {id(slice_): slice_ for slice_ in plan.segment.nodes}
        self._counts: dict[str, int] = {}
        self.taken = {a.name for a in operands.values()} | {b.name for b in placement.buffers}
        self._shaped: dict[Any, str] = {}
        self._limits: dict[Any, Node] = {}
        self._flattened = False
        self.hole: tuple[tuple[int, int], ...] = ()
        self._vector = ""  # the loop around one that is unrolled
        self._accumulators: dict[int, Accumulator] = {}
        self._rows: list[Buffer] = [b for b in placement.buffers if b.role == "row"]

    # -- program and phases

    def program(self, numbers: Sequence[int], parallel: Sequence[bool]) -> list[str]:
        """The kernel's body, phase by phase."""
        from defnhook.emit.nest import write_program

        return write_program(self, list(numbers), list(parallel))

    # -- names

    def fresh(self, stem: str) -> str:
        """A name nobody has."""
        number = self._counts.get(stem, 0)
        while f"{stem}_{number}" in self.taken:
            number += 1
        self._counts[stem] = number + 1
        return f"{stem}_{number}"

    def called(self, text: str, dtype: np.dtype[Any]) -> str:
        """An expression with its functions named for a dtype."""

        def name(match: Any) -> str:
            full = resolve(match.group(1), dtype)
            if full is None or full in ("not", "and", "or", "in", "if", "else"):
                return str(match.group(0))
            self.functions.add(full)
            return f"{full}("

        return CALLED.sub(name, text)

    # -- what memory holds

    def loaded(self, place: str, dtype: np.dtype[Any]) -> str:
        """The value of an element in memory."""
        return self._through(storage(dtype).load, place)

    def stored(self, value: str, dtype: np.dtype[Any]) -> str:
        """What memory holds for a value."""
        return self._through(storage(dtype).store, value)

    def rounded(self, value: str, dtype: np.dtype[Any]) -> str:
        """A value as memory would give it back."""
        return self._through(storage(dtype).rounded, value)

    def _through(self, function: str, text: str) -> str:
        if not function:
            return text
        self.functions.add(function)
        return f"{function}({text})"

    # -- index texts

    def index_text(self, index: Index, variables: dict[int, str]) -> str:
        """A place along an axis as text."""
        if isinstance(index, Zero):
            return "0"
        if isinstance(index, Var):
            return variables[index.axis]
        if isinstance(index, Indirect):
            raise TypeError("an index that is looked up is no expression of positions")
        if isinstance(index, Stretched):
            return self.stretched_text(index, self.index_text(index.inner, variables))
        return self.affine_text(index, self.index_text(index.inner, variables))

    def affine_text(self, index: Affine, inner: str) -> str:
        """A place along an axis, given the text of the place within the slice."""
        node = self.nodes[index.owner]
        start, step, _ = node.params["ranges"][index.axis]
        if index.has_step and inner != "0":
            inner = f"{inner} * {self.numbers.step((index.owner, index.axis, 'step'), abs(step), self.wide)}"
        if not index.has_start:
            return inner
        if isinstance(start, Operand):
            offset = f"np.uint64({self.numbers.scalar(node.inputs[start.place])})"
        else:
            offset = self.numbers.start(start)
        if offset == "ZERO" and not index.down:
            return inner
        if inner == "0":
            return offset
        return f"({offset} - {inner})" if index.down else f"({offset} + {inner})"

    def stretched_text(self, index: Stretched, inner: str) -> str:
        """A place along an axis that may have length one, given the text of the place were it longer."""
        return "0" if inner == "0" else f"({inner} * np.uint64({self.numbers.scalar(index.step)}))"

    # -- values

    def value(self, node: Node, index: tuple[str, ...], abstract: tuple[Index, ...], scopes: list[Scope],
              variables: dict[int, str]) -> str:  # fmt: skip
        """The name (or literal) of a node's element at a place, computed in the outermost scope that can."""
        if node.op is CONSTANT and not node.ndim:
            return self.numbers.constant(node)
        key = (id(node), index)
        for scope in scopes:
            if key in scope.values:
                return scope.values[key]
        text = self._expression(node, index, abstract, scopes, variables)
        if text.isidentifier():
            self._home(text, scopes).values[key] = text
            return text
        scope = self._home(text, scopes)
        name = self.fresh(_stem(node))
        scope.lines.append(f"{name} = {text}")
        scope.values[key] = name
        return name

    def _home(self, text: str, scopes: list[Scope]) -> Scope:
        """The outermost scope in which everything that the text names exists."""
        words = set(_words(text))
        words |= {LOOP_NAMES[row.depth - 1] for row in self._rows if row.name in words}
        for depth in range(len(scopes) - 1, 0, -1):
            scope = scopes[depth]
            if scope.variable in words or words & set(scope.values.values()):
                return scope
        return scopes[0]

    def _expression(self, node: Node, index: tuple[str, ...], abstract: tuple[Index, ...], scopes: list[Scope],
                    variables: dict[int, str]) -> str:  # fmt: skip
        given = id(node) in self.placement.by_node or id(node) in self.operands
        if given or not pointwise(node):
            return self.load(node, index, abstract)
        operands = []
        for operand, place in operand_indices(node, abstract):
            texts = tuple(self._place_text(at, scopes, variables) for at in place)
            operands.append(self.value(operand, texts, place, scopes, variables))
        if node.op is HOST:
            return self.called(host_text(node, operands), np.dtype(np.float64))
        if node.op is CAST:
            return self.cast(operands[0], node.inputs[0].dtype, node.dtype)
        if not isinstance(node.op, Elementwise):
            return operands[0]
        return self.apply(node, operands)

    def _place_text(self, index: Index, scopes: list[Scope], variables: dict[int, str]) -> str:
        """A place along an axis as text, looked up where it is indirect."""
        if isinstance(index, Affine):
            return self.affine_text(index, self._place_text(index.inner, scopes, variables))
        if isinstance(index, Stretched):
            return self.stretched_text(index, self._place_text(index.inner, scopes, variables))
        if not isinstance(index, Indirect):
            return self.index_text(index, variables)
        texts = tuple(self._place_text(at, scopes, variables) for at in index.inner)
        return f"np.uint64({self.value(index.indices, texts, index.inner, scopes, variables)})"

    def apply(self, node: Node, operands: list[str]) -> str:
        """One elementwise step as an expression."""
        assert isinstance(node.op, Elementwise)
        dtype = node.inputs[0].dtype
        template = node.op.loop_for(dtype.kind)
        assert template is not None
        text = template.format(**dict(zip("xyz", operands, strict=False)), i=constructor(node.dtype))
        text = self.called(text, dtype)
        if text in operands:
            return text
        if storage(node.dtype).rounded:
            return self.rounded(text, node.dtype)
        return f"{constructor(node.dtype)}({text})" if _needs_cast(node, text) else text

    def cast(self, text: str, source: np.dtype[Any], target: np.dtype[Any]) -> str:
        """A value in another dtype."""
        if source == target:
            return text
        if storage(target).rounded:
            wide = source.itemsize > 4 and source.kind in "fc"
            part = f"{text}.real" if source.kind == "c" else text
            return self.rounded(part if wide else f"{constructor(target)}({part})", target)
        if storage(source).rounded and target.kind in "iu":
            return f"{constructor(target)}(np.int64({text}))"
        if target.kind == "b":
            return f"{text} != {constructor(source)}(0)"
        if source.kind == "c" and target.kind != "c":
            return f"{constructor(target)}({text}.real)"
        return f"{constructor(target)}({text})"

    # -- memory

    def load(self, node: Node, index: tuple[str, ...], abstract: tuple[Index, ...]) -> str:
        """An element of an operand, of a buffer, or of one of them in another shape."""
        if node.op is IOTA:
            return self._iota(node, index)
        if id(node) in self.placement.by_node:
            buffer = self.placement.by_node[id(node)]
            text = self.element(buffer, index)
            return self.loaded(text if buffer.role == "row" else self._across(text), node.dtype)
        argument = self.operands.get(id(node))
        if argument is None and node.op is RESHAPE:
            place = f"{self._array(self._reshaped(node), index)}[{self._place(range(node.ndim), index)}]"
            return self.loaded(place, node.dtype)
        if argument is None:
            raise Unplaced(f"{node!r} at {index} is neither stored nor an operand")
        if argument.ndim < 0:
            return str(argument.name)
        place = f"{self._array(argument.name, index)}[{self._place(argument.order, index)}]"
        return self.loaded(self._across(place), node.dtype)

    def _across(self, element: str) -> str:
        """An element as it is read: where the innermost loop goes across the rows of its array, strides are unknown."""
        name, _, place = element.partition("[")
        if self._vector and not any(self._vector in _words(part) for part in place.split(", ")[:-1]):
            return element
        depths = [
            max((LOOP_NAMES.index(word) for word in _words(part) if word in set(LOOP_NAMES)), default=-1)
            for part in place.split(", ")
        ]
        if self._flattened or not self.wide or depths[-1] == max(depths):
            return element
        return f"{self._view('across', name, 'strided')}[{place}"

    def _view(self, key: str, name: str, function: str) -> str:
        if (key, name) not in self._shaped:
            view = self._shaped[key, name] = self.fresh(f"{name}_{key}")
            self.prelude.append(f"{view} = {function}({name})")
            self.functions.add(function)
        return self._shaped[key, name]

    def _array(self, name: str, index: tuple[str, ...]) -> str:
        if not self._flattened or not any(text != "0" for text in index):
            return name
        return self._view("flat", name, "flat")

    def _place(self, axes: Sequence[int], index: tuple[str, ...]) -> str:
        if self._flattened and any(text != "0" for text in index):
            return next(text for text in index if text != "0")
        return ", ".join(index[axis] for axis in axes) or "()"

    def element(self, buffer: Buffer, index: tuple[str, ...]) -> str:
        """The place of an element in a buffer."""
        name = buffer.name
        walked = self._flattened and any(text != "0" for text in index)
        if buffer.shape is not None and not walked:
            name = self._in_shape(buffer.node, name)
        place = self._place(buffer.axes, index)
        return f"{self._array(name, index)}[{f'chunk, {place}' if buffer.chunked else place}]"

    def _reshaped(self, node: Node) -> str:
        source = node
        while source.op is RESHAPE and id(source) not in self.placement.by_node:
            source = source.inputs[0]
        held = self.placement.by_node.get(id(source)) or self.operands[id(source)]
        return self._in_shape(node, held.name)

    def _in_shape(self, node: Node, array: str) -> str:
        """An array in C order in the shape of a value."""
        key = ("reshape", id(node))
        if key not in self._shaped:
            name = self._shaped[key] = self.fresh(f"{array}_reshaped")
            extents = [
                "1" if n == 1 else self.numbers.extent(self.plan.extents.name(node, axis))
                for axis, n in enumerate(node.shape)
            ]
            shape = f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"
            self.prelude.append(f"{name} = reshaped({array}, {shape})")
            self.functions.add("reshaped")
        return self._shaped[key]

    def _iota(self, node: Node, index: tuple[str, ...]) -> str:
        make = constructor(node.dtype)
        start, step = (self.numbers.constant(operand) for operand in node.inputs)
        return self.rounded(f"{make}({start} + {make}({index[0]}) * {step})", node.dtype)

    def store(
        self, buffer: Buffer, index: tuple[str, ...], value: str, scopes: list[Scope] | None = None
    ) -> str:
        """An assignment to a buffer's element; places that are looked up are computed in the scopes."""
        if buffer.window is not None:
            inside = [self._window_text(at, index, scopes or []) for at in buffer.window]
            place = f"{buffer.name}[{', '.join(inside[axis] for axis in buffer.axes) or '()'}]"
            value = buffer.combine.format(old=self.loaded(place, buffer.dtype), new=value)
            return f"{place} = {self.stored(value, buffer.dtype)}"
        return f"{self.element(buffer, index)} = {self.stored(value, buffer.dtype)}"

    def _window_text(self, at: Index, index: tuple[str, ...], scopes: list[Scope]) -> str:
        """A place along an axis of what a window is part of, given the place in the window."""
        if isinstance(at, Var):
            return index[at.axis]
        if isinstance(at, Affine):
            return self.affine_text(at, self._window_text(at.inner, index, scopes))
        if isinstance(at, Indirect):
            texts = tuple(self._window_text(inner, index, scopes) for inner in at.inner)
            if id(at.indices) in self.operands:
                return f"np.uint64({self.load(at.indices, texts, at.inner)})"
            variables = {
                each.axis: text for each, text in zip(at.inner, texts, strict=True) if isinstance(each, Var)
            }
            return f"np.uint64({self.value(at.indices, texts, at.inner, scopes, variables)})"
        return "0"

    # -- reductions

    def start_value(self, node: Node) -> str:
        """Where an accumulator begins."""
        assert isinstance(node.op, Reduction)
        make = constructor(node.dtype)
        text = node.op.start_for(node.dtype.kind)
        if text is not None:
            return text.format(i=make)
        high = node.op.name in ("min", "amin")
        if node.dtype.kind == "f":
            return f"{make}({'' if high else '-'}np.inf)"
        if node.dtype.kind == "b":
            return f"{make}({high})"
        limits = np.iinfo(node.dtype)
        bound = int(limits.max if high else limits.min)
        return self.numbers.constant(self._limit(node, bound))

    def _limit(self, node: Node, bound: int) -> Node:
        """The constant node of an integer limit, one for each dtype: names go by the identity of nodes."""
        value = node.dtype.type(bound)
        made = Node(CONSTANT, (), ArrayType((), node.dtype, "scalar"), {"value": value})
        return self._limits.setdefault((node.dtype, bound), made)

    def step(self, node: Node, accumulator: str, value: str, ordered: bool = False) -> str:
        """One step of a reduction as an expression; ``ordered`` where the order of a sum must stay."""
        assert isinstance(node.op, Reduction)
        template = node.op.loop_for(node.dtype.kind)
        assert template is not None
        if ordered:
            template = template.replace("fast_add({acc}, {x})", "{acc} + {x}")
        text = template.format(acc=accumulator, x=value, i=constructor(node.dtype))
        text = self.called(text, node.dtype)
        return f"{constructor(node.dtype)}({text})" if node.dtype.kind in "iub" else text


def compensated(node: Node) -> bool:
    """Whether a reduction is a float sum, whose blocks are added with their rounding errors."""
    return isinstance(node.op, Reduction) and "fast_add" in (node.op.loop_for(node.dtype.kind) or "")


def _stem(node: Node) -> str:
    name = node.op.name if node.op is not CAST else node.dtype.name
    if node.op in (INPUT, PARAMETER):
        name = str(node.params.get("name", name))
    elif node.op is HOST:
        name = str(getattr(node.params["function"], "__name__", name))
    return re.sub(r"\W+", "_", name).strip("_")


def _words(text: str) -> list[str]:
    return [
        word
        for word in "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
        if not word[0].isdigit()
    ]


def _needs_cast(node: Node, text: str) -> bool:
    if text.startswith(f"{constructor(node.dtype)}("):
        return False
    return node.dtype.kind in "iu" or node.dtype.name == "complex64"


__all__ = [
    "LOOP_NAMES", "Accumulator", "Scope", "Unplaced", "Writer", "compensated", "gathers",
]  # fmt: skip
