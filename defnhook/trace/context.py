"""The trace in progress: one ContextVar, entered and left by one context manager."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CellType, CodeType
from typing import Any

from defnhook import library
from defnhook.graph import INPUT, ArrayType, Node, Span
from defnhook.trace.regions import Region


@dataclass(frozen=True, slots=True)
class Guard:
    """A variable from outside that the traced function read: a global, a closure variable, an attribute.

    ``place`` is the globals dictionary, the cell or the object; ``name`` is what the user calls it.
    """

    place: Any
    name: str

    def read(self) -> Any:
        """The value it has now; a name that is gone reads as the builtin of that name, or as a sentinel."""
        if isinstance(self.place, dict):
            return self.place.get(self.name, MISSING)
        if not isinstance(self.place, CellType):
            return getattr(self.place, self.name, MISSING)
        try:
            return self.place.cell_contents
        except ValueError:
            return MISSING

    @property
    def is_attribute(self) -> bool:
        """Whether it is the attribute of an object."""
        return not isinstance(self.place, dict | CellType)

    @property
    def key(self) -> tuple[int, str]:
        return (id(self.place), self.name)


class _Missing:
    def __repr__(self) -> str:
        return "<missing>"


MISSING = _Missing()


class StaticDemand(BaseException):
    """The trace needs Python numbers as values: it is started again with these inputs static."""

    def __init__(self, names: frozenset[str], reason: str) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names
        self.reason = reason


class PlainDemand(BaseException):
    """The trace meets something that only the plain function does as NumPy does it."""


class UnrollDemand(BaseException):
    """The body of a loop needs numbers while it is traced.

    ``parameters`` are identities of the nodes behind the number that is needed; or ``region`` is the loop to unroll.
    """

    def __init__(self, parameters: frozenset[int], region: Region | None, reason: str) -> None:
        super().__init__(reason)
        self.parameters = parameters
        self.region = region
        self.reason = reason


@dataclass(slots=True)
class Trace:
    """What one trace has gathered so far.

    Attributes
    ----------
    inputs
        The input nodes, in the order in which the plan receives their values.
    static
        Names of inputs that are static in this trace although they are numbers.
    guards
        Global and closure variables read, with the value each had.
    prints
        Arguments of each ``print`` met, which every call of the plan prints.
    caller_containers
        Identities of containers rebuilt from the caller's, which the trace must not change.
    refusal
        What to write instead of a call of an object that is refused by name, or nothing.
    root, region
        The whole function, and the loop or branch in which the trace is now.
    constants
        Arrays given or made while tracing, by identity, with their traced stand-ins.
    given
        The inputs that are arrays of the caller's, with their boxes.
    places
        Where among the arguments each container and object stands, by the identity of its stand-in.
    changed, attributes
        Stand-ins of the caller's containers that the trace has changed, and new attributes of the caller's objects.
    intervals
        Between which bounds whole numbers lie.
    alternatives
        Arrays from before a branch, and views of the caller's, that it may choose, by their numbers less one.
    risky
        Arithmetic of Python numbers that may raise, which takes place even where nobody needs the result.
    elements
        What nodes hold that constants alone decide, and None for others, as far as somebody asked.
    overrides
        Whether derivatives were given by hand, which only derivatives look at.
    transformed
        How many derivatives or maps are made of what is being traced.
    sizes, size_numbers, size_keys
        The nodes of extents known only at run time, by what stands for them in shapes; that by expression.
    """

    static: frozenset[str] = frozenset()
    inputs: list[Node] = field(default_factory=list)
    guards: dict[tuple[int, str], tuple[Guard, Any]] = field(default_factory=dict)
    guard_values: dict[tuple[int, str], Any] = field(default_factory=dict)
    caller_containers: dict[int, Any] = field(default_factory=dict)
    cells: dict[str, Any] = field(default_factory=dict)
    guard_inputs: dict[tuple[int, str], list[Node]] = field(default_factory=dict)
    refusal: Callable[[Any], str] = lambda callee: ""
    depth: int = 0
    prints: list[tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    root: Region = field(default_factory=lambda: Region("whole"))
    region: Region = field(init=False)
    constants: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    given: list[tuple[Node, Any]] = field(default_factory=list)
    places: dict[int, tuple[tuple[str, Any], ...]] = field(default_factory=dict)
    changed: dict[int, Any] = field(default_factory=dict)
    attributes: dict[tuple[int, str], Any] = field(default_factory=dict)
    intervals: dict[Node, tuple[int, int]] = field(default_factory=dict)
    alternatives: list[Any] = field(default_factory=list)
    risky: list[Any] = field(default_factory=list)
    elements: dict[Node, Any] = field(default_factory=dict)
    overrides: bool = False
    transformed: int = 0
    sizes: dict[int, Node] = field(default_factory=dict)
    size_numbers: dict[Any, int] = field(default_factory=dict)
    size_keys: dict[Node, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.region = self.root

    def add_input(self, name: str, type: ArrayType) -> Node:
        """A new input node."""
        node = Node(INPUT, (), type, {"name": name, "index": len(self.inputs)})
        self.inputs.append(node)
        return node


_CURRENT: ContextVar[Trace | None] = ContextVar("defnhook_trace", default=None)


def current() -> Trace | None:
    """The trace in progress in this thread or task, if any."""
    return _CURRENT.get()


def require_current() -> Trace:
    """The trace in progress.

    Raises
    ------
    RuntimeError
        If nothing is being traced.
    """
    trace = _CURRENT.get()
    if trace is None:
        raise RuntimeError(
            "this value belongs to a trace that has ended; return it from the marked function instead"
        )
    return trace


@contextmanager
def transforming() -> Iterator[None]:
    """Trace the block for a derivative or a map to be made of it."""
    trace = require_current()
    trace.transformed += 1
    try:
        yield
    finally:
        trace.transformed -= 1


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Make ``trace`` the current one for the block."""
    token = _CURRENT.set(trace)
    try:
        yield trace
    finally:
        _CURRENT.reset(token)


_TWINS: set[CodeType] = set()


def register_twin(code: CodeType) -> None:
    """Remember the code of a rewritten function and of all functions nested in it."""
    if code in _TWINS:
        return
    _TWINS.add(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            register_twin(constant)


def is_twin(code: CodeType) -> bool:
    """Whether the code was made by the rewriter."""
    return code in _TWINS


def user_span() -> Span | None:
    """Where in the user's file the operation being traced stands."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code in _TWINS and not library.holds(frame.f_code):
            return Span(frame.f_code, frame.f_lasti)
        frame = frame.f_back  # type: ignore[assignment]
    return None
