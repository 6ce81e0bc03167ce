"""Arrays as boxes: what an array holds changes, the nodes it holds do not. Views are windows on a box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from defnhook.graph import INPUT, RESHAPE, SLICE, TRANSPOSE, UPDATE, ArrayType, Node, Operand
from defnhook.trace.context import PlainDemand, Trace, current, user_span

Range = tuple[Any, int, int]
Literal = tuple[bool, bool]


class Storage:
    """A mutable box over immutable nodes: one array with all views of it.

    ``fixed`` says why it cannot be written, if so. ``watched`` lists arrays that it may be the same as, with the
    version each had: it can be read until one of them is written. ``lost`` says why nobody may look at it any more.
    ``shared`` says that other names may hold the same array. ``chosen`` is the traced number of the array from
    before a branch that it is, 0 where it is a new one.
    """

    __slots__ = ("chosen", "fixed", "lost", "shared", "touched", "trace", "version", "watched")

    def __init__(self, trace: Trace, node: Node) -> None:
        self.trace = trace
        self.version = 0
        self.fixed = ""
        self.lost = ""
        self.shared = False
        self.chosen: Any = None
        self.touched = True
        self.watched: tuple[tuple[Storage, int], ...] = ()
        region = trace.root if node.op is INPUT else trace.region
        region.values[self] = node

    def read(self) -> Node:
        """The node that the array holds where the trace is now."""
        region = self.trace.region
        node = region.values.get(self)
        self.touched = True
        if self.lost:
            raise PlainDemand(self.lost)
        if self.watched and any(other.version != version for other, version in self.watched):
            raise PlainDemand(
                "a variable is one of several arrays, chosen while the compiled code runs, and one of them was "
                "written since; take a copy where it is chosen: x = x.copy()"
            )
        return node if node is not None else region.read(self)

    def write(self, node: Node) -> None:
        """Let the array hold ``node`` from now on."""
        if self.watched:
            raise PlainDemand(
                "a variable is one of several arrays, chosen while the compiled code runs, and is written; take a "
                "copy where it is chosen: x = x.copy()"
            )
        self.trace.region.write(self, node)
        self.version += 1

    @property
    def origins(self) -> set[Storage]:
        """The array and all others that it may be the same as."""
        found, pending = {self}, [self]
        while pending:
            more = {other for other, _ in pending.pop().watched} - found
            found |= more
            pending += more
        return found


def new_storage(node: Node) -> Storage | None:
    """A box for a new array; none outside of a trace, and none for numbers."""
    trace = current()
    return Storage(trace, node) if trace is not None and node.type.kind == "array" else None


class Level(Protocol):
    """One step from an array to a view of it."""

    @property
    def type(self) -> ArrayType: ...

    def read(self, base: Node) -> Node:
        """The view of what the array holds."""
        ...

    def write(self, base: Node, value: Node) -> Node:
        """What the array holds after ``value`` was put in place of the view."""
        ...


Levels = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Slices along the axes, some dropped, some added, in another order.

    ``ranges`` gives start, step and length along each axis of the array; a start may be a node. ``axes`` gives for
    each axis of the view the one it runs along, or None for a new axis.
    """

    ranges: tuple[Range, ...]
    literal: tuple[Literal, ...]
    axes: tuple[int | None, ...]
    type: ArrayType

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(length for _, _, length in self.ranges)

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(axis for axis in self.axes if axis is not None)

    def read(self, base: Node) -> Node:
        node = window_of(base, self.ranges, self.literal)
        lengths, kept = self.lengths, self.kept
        forward = tuple(sorted(kept))
        node = in_shape(node, tuple(lengths[axis] for axis in forward))
        if kept != forward:
            node = _transposed(node, tuple(forward.index(axis) for axis in kept))
        if node.type == self.type:
            return node
        return Node(RESHAPE, (node,), self.type, None, user_span())

    def write(self, base: Node, value: Node) -> Node:
        lengths, kept = self.lengths, self.kept
        forward = tuple(sorted(kept))
        value = in_shape(value, tuple(lengths[axis] for axis in kept))
        if kept != forward:
            value = _transposed(value, tuple(kept.index(axis) for axis in forward))
        return update(base, in_shape(value, lengths), self.ranges, self.literal)


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The same elements in another shape."""

    type: ArrayType

    def read(self, base: Node) -> Node:
        return Node(RESHAPE, (base,), self.type, None, user_span())

    def write(self, base: Node, value: Node) -> Node:
        return Node(RESHAPE, (value,), base.type, None, user_span())


@dataclass(frozen=True, slots=True)
class Fixed:
    """A view that cannot be written: of an array broadcast, of its diagonal, of its real part."""

    step: Callable[[Node], Node]
    type: ArrayType
    refusal: Callable[[], Exception]

    def read(self, base: Node) -> Node:
        return self.step(base)

    def write(self, base: Node, value: Node) -> Node:
        raise self.refusal()


def read_only() -> Exception:
    """What NumPy raises for a write into a view that repeats elements."""
    return ValueError("assignment destination is read-only")


def rebuilt(base: Node, levels: Levels) -> Node:
    """A view of what an array holds now."""
    for level in levels:
        base = level.read(base)
    return base


def written(base: Node, levels: Levels, value: Node) -> Node:
    """What an array holds after a view of it was given other elements."""
    if not levels:
        return update(base, value, *whole(base.shape))
    first, *rest = levels
    if rest:
        value = written(first.read(base), tuple(rest), value)
    return first.write(base, value)


def whole(shape: tuple[int, ...]) -> tuple[tuple[Range, ...], tuple[Literal, ...]]:
    """The ranges and literals that stand for everything."""
    return tuple((0, 1, extent) for extent in shape), tuple((True, True) for _ in shape)


def update(base: Node, value: Node, ranges: tuple[Range, ...], literal: tuple[Literal, ...]) -> Node:
    """The node that replaces a window of an array, entered among the effects."""
    inputs, ranges = _with_operands((base, value), ranges)
    node = Node(UPDATE, inputs, base.type, {"ranges": ranges, "literal": literal}, user_span())
    trace = current()
    if trace is not None:
        trace.region.effects.append(node)
    return node


def window_of(
    base: Node, ranges: tuple[Range, ...], literal: tuple[Literal, ...], whole_too: bool = False
) -> Node:
    """A slice of a node; the node itself where that is everything, unless ``whole_too``."""
    if not whole_too and (ranges, literal) == whole(base.shape):
        return base
    lengths = tuple(length for _, _, length in ranges)
    inputs, ranges = _with_operands((base,), ranges)
    type_ = ArrayType(lengths, base.dtype, "array", base.type.order)
    return Node(SLICE, inputs, type_, {"ranges": ranges, "literal": literal}, user_span())


def _with_operands(
    inputs: tuple[Node, ...], ranges: tuple[Range, ...]
) -> tuple[tuple[Node, ...], tuple[Range, ...]]:
    """Starts known only at run time as operands of the node."""
    operands = list(inputs)
    result = []
    for start, step, length in ranges:
        if isinstance(start, Node):
            operands.append(start)
            start = Operand(len(operands) - 1)
        result.append((start, step, length))
    return tuple(operands), tuple(result)


def in_shape(node: Node, shape: tuple[int, ...]) -> Node:
    """A node with other axes of length one, its memory order kept."""
    if node.shape == shape and node.type.kind == "array":
        return node
    order: tuple[int, ...] = ()
    if not node.type.is_c_ordered:
        targets = iter([axis for axis, extent in enumerate(shape) if extent != 1])
        place = {axis: next(targets) for axis, extent in enumerate(node.shape) if extent != 1}
        moved = [place[axis] for axis in node.type.order if axis in place]
        order = (*moved, *(axis for axis in range(len(shape)) if axis not in moved))
    return Node(RESHAPE, (node,), ArrayType(shape, node.dtype, "array", order), None, user_span())


def _transposed(node: Node, axes: tuple[int, ...]) -> Node:
    inverse = {axis: place for place, axis in enumerate(axes)}
    order = tuple(inverse[axis] for axis in node.type.order)
    type_ = ArrayType(tuple(node.shape[axis] for axis in axes), node.dtype, "array", order)
    return Node(TRANSPOSE, (node,), type_, {"axes": axes}, user_span())


# -- views of views


def narrowed(
    levels: Levels,
    shape: tuple[int, ...],
    ranges: tuple[Range, ...],
    literal: tuple[Literal, ...],
    axes: tuple[int | None, ...],
    type_: ArrayType,
) -> Levels:
    """The levels of a view of a view: one window where that is possible."""
    if not levels or not _extends(levels[-1], ranges):
        return (*levels, Window(ranges, literal, axes, type_))
    last = levels[-1]
    assert isinstance(last, Window)
    merged, texts = list(last.ranges), list(last.literal)
    for place, axis in enumerate(last.axes):
        if axis is not None:
            merged[axis] = _composed(last.ranges[axis], ranges[place])
            texts[axis] = _literal(last.ranges[axis], last.literal[axis], ranges[place], literal[place])
    kept = tuple(None if place is None else last.axes[place] for place in axes)
    return (*levels[:-1], Window(tuple(merged), tuple(texts), kept, type_))


def _extends(last: Level, ranges: tuple[Range, ...]) -> bool:
    """Whether a further slice can be joined to the last level; a new axis has nothing to slice."""
    if not isinstance(last, Window):
        return False
    return all(axis is not None or ranges[place] == (0, 1, 1) for place, axis in enumerate(last.axes))


def _composed(outer: Range, inner: Range) -> Range:
    from defnhook.trace.numbers import affine

    start, step, _ = outer
    begin, stride, length = inner
    return affine(start, step, begin), step * stride, length


def _literal(outer: Range, outer_literal: Literal, inner: Range, inner_literal: Literal) -> Literal:
    if inner_literal == (True, True) and inner[1] == 1:
        return outer_literal
    if outer_literal == (True, True) and outer[1] == 1:
        return inner_literal
    return (False, False)


def regrouped(levels: Levels, shape: tuple[int, ...], type_: ArrayType) -> Levels:
    """The levels of a view in another shape."""
    if [n for n in shape if n != 1] != [n for n in type_.shape if n != 1]:
        return (*levels, Reshaped(type_))
    places = iter([place for place, extent in enumerate(shape) if extent != 1])
    axes = tuple(next(places) if extent != 1 else None for extent in type_.shape)
    return narrowed(levels, shape, *whole(shape), axes, type_)


def permuted(levels: Levels, shape: tuple[int, ...], axes: tuple[int, ...], type_: ArrayType) -> Levels:
    """The levels of a view with its axes in another order."""
    return narrowed(levels, shape, *whole(shape), axes, type_)


def starts_of(levels: Levels) -> list[Any]:
    """Where the windows of a view begin."""
    return [start for level in levels if isinstance(level, Window) for start, _, _ in level.ranges]
