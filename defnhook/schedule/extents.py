"""Names for sizes: two axes share one only where they must be equal, whatever lengths they happen to have now."""

from __future__ import annotations

from collections.abc import Iterable

from defnhook.graph import Node
from defnhook.schedule.index import axis_links, carried


class Extents:
    """The size classes of a set of nodes, by union of axes that must be equally long."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._parent: dict[tuple[int, int], tuple[int, int]] = {}
        self._names: dict[tuple[int, int], str] = {}
        self.values: dict[str, int] = {}
        self.nodes: list[Node] = []
        self.add(nodes)

    def add(self, nodes: Iterable[Node]) -> None:
        """Take in more nodes, whose operands are known already."""
        for node in nodes:
            self.nodes.append(node)
            for axis, operand, other in axis_links(node):
                if node.shape[axis] != 1 and operand.shape[other] != 1:
                    self._union((id(node), axis), (id(operand), other))
            for inside, outside in carried(node):
                for axis in range(inside.ndim):
                    self._union((id(inside), axis), (id(outside), axis))

    def _find(self, key: tuple[int, int]) -> tuple[int, int]:
        path = []
        while (parent := self._parent.get(key, key)) != key:
            path.append(key)
            key = parent
        for step in path:
            self._parent[step] = key
        return key

    def _union(self, a: tuple[int, int], b: tuple[int, int]) -> None:
        self._parent[self._find(a)] = self._find(b)

    def name(self, node: Node, axis: int) -> str:
        """The name of an axis's length: ``n0``, ``n1``, ... in order of first use."""
        root = self._find((id(node), axis))
        if root not in self._names:
            self._names[root] = f"n{len(self._names)}"
            self.values[self._names[root]] = node.shape[axis]
        return self._names[root]
