"""Where in the program the trace is: the whole function, inside a loop, on a side of a branch, in a function apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from defnhook.errors import DefnValueError
from defnhook.graph import INPUT, PARAMETER, PICK, SCATTER, UPDATE, Node

if TYPE_CHECKING:
    from defnhook.trace.storage import Storage

RegionKind = Literal["whole", "loop", "branch", "apart"]


def called(node: Node) -> str:
    """What to call an array inside a loop: as the argument that it began as, or after the op that made it."""
    while node.op in (UPDATE, SCATTER):
        node = node.inputs[0]
    if node.op in (INPUT, PARAMETER):
        return str(node.params["name"])
    return "carried" if node.op is PICK else node.op.name


class Region:
    """A part of the program that becomes a graph or a block of its own.

    One of the kind ``"apart"`` holds a function that is traced only for something else to be made of what it does.

    Attributes
    ----------
    effects
        The nodes that act, in the order of the program.
    values
        What each array known here holds now.
    parameters, initials
        Of a loop, what stands for each array that it carries, and what that array holds before the loop.
    written
        Arrays that were written here.
    owned
        Containers from outside, which the trace cannot change in here.
    loop
        The loop whose body this is.
    """

    __slots__ = ("effects", "initials", "kind", "loop", "owned", "parameters", "parent", "values", "written")

    def __init__(self, kind: RegionKind, parent: Region | None = None) -> None:
        self.kind = kind
        self.parent = parent
        self.effects: list[Node] = []
        self.values: dict[Storage, Node] = {}
        self.parameters: dict[Storage, Node] = {}
        self.initials: dict[Storage, Node] = {}
        self.written: dict[Storage, None] = {}
        self.owned: frozenset[int] = frozenset()
        self.loop: Any = None

    def read(self, storage: Storage) -> Node:
        """What an array holds here."""
        node = self.values.get(storage)
        if node is not None:
            return node
        if self.parent is None:
            raise DefnValueError(
                "this array was made inside a loop or a branch that has ended; assign it to a variable there"
            )
        node = self.parent.read(storage)
        if self.kind == "loop":
            self.initials[storage] = node
            node = self.parameters[storage] = Node(PARAMETER, (), node.type, {"name": called(node)})
        self.values[storage] = node
        return node

    def write(self, storage: Storage, node: Node) -> None:
        """Let an array hold something else from here on."""
        self.read(storage)
        self.values[storage] = node
        self.written[storage] = None

    def holds(self, storage: Storage) -> bool:
        """Whether an array was made here, or in a region around it that has not ended."""
        region: Region | None = self
        while region is not None:
            if storage in region.values:
                return True
            region = region.parent
        return False

    @property
    def inside(self) -> bool:
        """Whether this is part of a loop or a branch."""
        if self.kind == "apart" and self.parent is not None:
            return self.parent.inside
        return self.parent is not None

    @property
    def apart(self) -> bool:
        """Whether this is part of a function that is traced for something else to be made of it."""
        return self.kind == "apart" or (self.parent is not None and self.parent.apart)

    @property
    def checks(self) -> bool:
        """Whether what Python would raise has to be told by checks in the graph."""
        return self.parent is not None
