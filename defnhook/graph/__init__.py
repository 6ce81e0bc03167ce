"""The vocabulary of traced programs: array types, nodes, graphs, their printer and their checker."""

from defnhook.graph.check import GraphError, verify
from defnhook.graph.node import (
    BROADCAST,
    CAST,
    CONCATENATE,
    CONSTANT,
    HOST,
    INPUT,
    IOTA,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    ArrayType,
    Graph,
    Node,
    Primitive,
    Span,
)
from defnhook.graph.printer import format_graph

__all__ = [
    "BROADCAST",
    "CAST",
    "CONCATENATE",
    "CONSTANT",
    "HOST",
    "INPUT",
    "IOTA",
    "RESHAPE",
    "SLICE",
    "TRANSPOSE",
    "ArrayType",
    "Graph",
    "GraphError",
    "Node",
    "Primitive",
    "Span",
    "format_graph",
    "verify",
]
