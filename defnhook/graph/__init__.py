"""The vocabulary of traced programs: array types, nodes, graphs, their printer and their checker."""

from defnhook.graph.check import GraphError, verify
from defnhook.graph.node import (
    BRANCH,
    BROADCAST,
    CAST,
    CHECK,
    CONCATENATE,
    CONSTANT,
    EFFECTS,
    GATHER,
    HOST,
    INPUT,
    IOTA,
    ITEM,
    LOOP,
    OVERRIDE,
    PARAMETER,
    PICK,
    RESHAPE,
    SCATTER,
    SLICE,
    TRANSPOSE,
    UPDATE,
    ArrayType,
    Block,
    Fault,
    Graph,
    Node,
    Operand,
    Primitive,
    Span,
    Unforeseen,
)
from defnhook.graph.printer import format_graph

__all__ = [
    "BRANCH", "BROADCAST", "CAST", "CHECK", "CONCATENATE", "CONSTANT", "EFFECTS", "GATHER", "HOST", "INPUT", "IOTA",
    "ITEM", "LOOP", "OVERRIDE", "PARAMETER", "PICK", "RESHAPE", "SCATTER", "SLICE", "TRANSPOSE", "UPDATE", "ArrayType",
    "Block", "Fault", "Graph", "GraphError", "Node", "Operand", "Primitive", "Span", "Unforeseen", "format_graph",
    "verify",
]  # fmt: skip
