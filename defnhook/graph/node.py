"""Array types, nodes and graphs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any, Literal, Protocol

import numpy as np

Kind = Literal["array", "scalar", "python"]


class Operation(Protocol):
    """What a node can hold as its op: an entry of the table, or a primitive."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Primitive:
    """An op that the tracer itself needs, beside those of the table."""

    name: str


INPUT = Primitive("input")
CONSTANT = Primitive("constant")
CAST = Primitive("cast")
TRANSPOSE = Primitive("transpose")
RESHAPE = Primitive("reshape")
BROADCAST = Primitive("broadcast")
SLICE = Primitive("slice")
IOTA = Primitive("iota")
CONCATENATE = Primitive("concatenate")
HOST = Primitive("host")
PARAMETER = Primitive("parameter")
LOOP = Primitive("loop")
BRANCH = Primitive("branch")
PICK = Primitive("pick")
UPDATE = Primitive("update")
GATHER = Primitive("gather")
SCATTER = Primitive("scatter")
CHECK = Primitive("check")
ITEM = Primitive("item")
OVERRIDE = Primitive("override")

EFFECTS = (UPDATE, SCATTER, LOOP, BRANCH, CHECK)


class Unforeseen(BaseException):
    """A result of NumPy's has another shape than the graph says, as its elements would have it."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A number of a node's parameters that is known only at run time: operand ``place`` of the node."""

    place: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check raises: an exception class and a message, with ``{0}``, ``{1}``, ... for its operands."""

    error: type[BaseException]
    message: str
    arguments: tuple[Any, ...] | None = None

    def exception(self, values: tuple[Any, ...]) -> BaseException:
        """The exception to raise, given the values of the operands."""
        if self.arguments is not None:
            return self.error(*self.arguments)
        return self.error(self.message.format(*values)) if self.message else self.error()


@dataclass(frozen=True, slots=True)
class ArrayType:
    """Shape, dtype, kind and memory order of a value.

    ``kind`` keeps NumPy's three sorts of number apart: ``array`` (0-d arrays included), ``scalar`` (``np.generic``)
    and ``python`` (int, float, complex, bool). ``order`` lists the axes from the outermost in memory to the
    innermost; C order is ``(0, 1, ...)``.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    kind: Kind = "array"
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.order) != len(self.shape):
            object.__setattr__(self, "order", tuple(range(len(self.shape))))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_c_ordered(self) -> bool:
        return self.order == tuple(range(len(self.shape)))

    def __str__(self) -> str:
        name = self.dtype.name
        if self.kind == "python":
            return {"f": "float", "i": "int", "b": "bool", "c": "complex"}[self.dtype.kind]
        if self.kind == "scalar":
            return name
        order = "" if self.is_c_ordered else f", order {self.order}"
        return f"{name}[{', '.join(map(str, self.shape))}{order}]"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a user's file, as a code object and an instruction; resolved to columns when asked."""

    code: CodeType
    instruction: int

    @property
    def filename(self) -> str:
        return self.code.co_filename

    def position(self) -> tuple[int | None, int | None, int | None, int | None]:
        """Line, end line, column and end column."""
        positions = list(self.code.co_positions())
        place = self.instruction // 2
        return positions[place] if place < len(positions) else (self.code.co_firstlineno, None, None, None)

    @property
    def line(self) -> int | None:
        return self.position()[0]


_NUMBERS = itertools.count()


class Node:
    """One operation on values of known type. Nodes are immutable and compared by identity.

    ``number`` is greater than those of all nodes made before.
    """

    __slots__ = ("inputs", "number", "op", "params", "span", "type")

    def __init__(
        self,
        op: Operation,
        inputs: tuple[Node, ...],
        type: ArrayType,
        params: dict[str, Any] | None = None,
        span: Span | None = None,
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.type = type
        self.params = params or {}
        self.span = span
        self.number = next(_NUMBERS)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.type.shape)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks inside a loop or a branch."""
        return tuple(value for value in self.params.values() if isinstance(value, Block))

    def operands(self) -> Iterator[Node]:
        """Everything that has to be known before the node: its inputs, and what its blocks compute."""
        yield from self.inputs
        for block in self.blocks:
            yield from block.parameters
            yield from block.effects
            yield from block.outputs

    def rebuild(self, inputs: tuple[Node, ...]) -> Node:
        """This node over other inputs of the same types; itself where nothing changes."""
        if all(new is old for new, old in zip(inputs, self.inputs, strict=True)):
            return self
        return Node(self.op, inputs, self.type, self.params, self.span)

    def renewed(self, new: Callable[[Node], Node]) -> Node:
        """This node over the new nodes of its operands, those inside its blocks included."""
        node = self.rebuild(tuple(map(new, self.inputs)))
        if not self.blocks:
            return node
        blocks = {name: value.renewed(new) for name, value in self.params.items() if isinstance(value, Block)}
        if all(self.params[name] is block for name, block in blocks.items()):
            return node
        return Node(node.op, node.inputs, node.type, {**node.params, **blocks}, node.span)

    def key(self) -> tuple[Any, ...]:
        """Equal for nodes that compute the same from the same inputs."""
        return (
            id(self.op),
            tuple(map(id, self.inputs)),
            self.type,
            tuple((name, _hashable(value)) for name, value in sorted(self.params.items())),
        )

    def __repr__(self) -> str:
        return f"<Node {self.op.name}: {self.type}>"


def _hashable(value: Any) -> Any:
    if isinstance(value, np.generic):
        return (value.dtype.str, value.tobytes())
    if isinstance(value, np.ndarray):
        return id(value)
    if isinstance(value, float):
        return ("float", value.hex())
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value).__name__, value)


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """The inside of a loop or of one side of a branch.

    ``parameters`` stand for what the loop hands in: its index and the values carried round it. ``effects`` are the
    nodes that act (:data:`EFFECTS`), in the order of the program. ``outputs`` are what the block hands on. Nodes
    from outside are used directly.
    """

    parameters: tuple[Node, ...]
    effects: tuple[Node, ...]
    outputs: tuple[Node, ...]

    def renewed(self, new: Callable[[Node], Node]) -> Block:
        """The block over new nodes; itself where nothing changes."""
        made = Block(
            tuple(map(new, self.parameters)), tuple(map(new, self.effects)), tuple(map(new, self.outputs))
        )
        pairs = zip(
            (*made.parameters, *made.effects, *made.outputs),
            (*self.parameters, *self.effects, *self.outputs),
            strict=True,
        )
        return self if all(a is b for a, b in pairs) else made


@dataclass(frozen=True, slots=True)
class Graph:
    """A traced program: named inputs and the nodes that are its results.

    ``effects`` are the nodes that act, in the order of the program. ``writes`` pairs inputs that the program changes
    with the nodes that hold their last value. ``sizes`` gives the nodes that compute extents known only at run time;
    such an extent stands in shapes as a number that no array has.
    """

    name: str
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    filename: str = "<unknown>"
    notes: tuple[str, ...] = field(default=())
    effects: tuple[Node, ...] = ()
    writes: tuple[tuple[Node, Node], ...] = ()
    sizes: dict[int, Node] = field(default_factory=dict)

    @property
    def roots(self) -> tuple[Node, ...]:
        """The nodes that have to be computed."""
        return (*self.effects, *self.outputs, *(last for _, last in self.writes), *self.sizes.values())

    def nodes(self) -> list[Node]:
        """Every node that a result or an effect needs, those inside blocks included, operands first."""
        return list(walk(self.roots))

    def renewed(self, new: Callable[[Node], Node]) -> Graph:
        """The graph over new nodes."""
        return replace(
            self,
            effects=tuple(map(new, self.effects)),
            outputs=tuple(map(new, self.outputs)),
            writes=tuple((given, new(last)) for given, last in self.writes),
            sizes={size: new(node) for size, node in self.sizes.items()},
        )


def walk(roots: Iterable[Node]) -> Iterator[Node]:
    """The nodes below the roots, operands before what uses them, without recursion."""
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((operand, False) for operand in reversed([*node.operands()]))


def rewrite(graph: Graph, rule: Callable[[Node], Node]) -> Graph:
    """The graph with ``rule`` applied to every node, operands first."""
    done: dict[int, Node] = {}
    for node in graph.nodes():
        done[id(node)] = rule(node.renewed(lambda operand: done[id(operand)]))
    return graph.renewed(lambda node: done[id(node)])
