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
    LOOP,
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
)
from defnhook.graph.printer import format_graph

__all__ = [
    "BRANCH", "BROADCAST", "CAST", "CHECK", "CONCATENATE", "CONSTANT", "EFFECTS", "GATHER", "HOST", "INPUT", "IOTA",
    "LOOP", "PARAMETER", "PICK", "RESHAPE", "SCATTER", "SLICE", "TRANSPOSE", "UPDATE", "ArrayType", "Block", "Fault",
    "Graph", "GraphError", "Node", "Operand", "Primitive", "Span", "format_graph", "verify",
]  # fmt: skip
