"""The kinds of operation: what all entries of a kind share, so that an entry states only its difference.

An entry is built from the NumPy function that it means. Everything that NumPy can be asked (result dtype,
constant folding, expected values in tests) is asked of that function; the kind supplies shape rule, loop
skeleton and vectorization; the entry adds a loop expression and a derivative.

Derivatives are written in plain NumPy. Traced values answer to ``np.cos(x)`` and ``x * y`` through NumPy's
own protocols, so the same lambda gives numbers on arrays and graph nodes on traced values, and differentiates
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

Partials = Callable[..., tuple[Any, ...]]


class Flat:
    """The derivative is zero wherever it exists (floor, sign, comparisons)."""


@dataclass(frozen=True)
class NoGradient:
    """There is no derivative; ``reason`` tells the user why and what to write instead."""

    reason: str


Derivative = Partials | Flat | NoGradient


class Stacks:
    """A call of a matrix that takes a stack of matrices as well and gives the stack of the results."""


class AlongAxis:
    """A call of one array that works along its parameter ``axis``; None stands for all axes."""


Batching = Callable[..., Any] | Stacks | AlongAxis | None


@dataclass(frozen=True)
class Guarded:
    """Operands that NumPy refuses: it raises ``error(message)`` where ``fault(*operands)`` is true of one element."""

    fault: Callable[..., Any]
    error: type[Exception]
    message: str


@dataclass(frozen=True, eq=False)
class Op:
    """What every entry has.

    Attributes
    ----------
    numpy
        The NumPy (or SciPy, or math) function that the entry means.
    aliases
        Other functions with the same meaning and the same parameters (``np.amax`` beside ``np.max``).
    methods
        Names of ``ndarray`` methods that mean it, the array being the first argument.
    domain
        An interval in which the function is smooth; tests and documentation draw arguments from it.
    """

    numpy: Callable[..., Any]
    _: KW_ONLY
    aliases: tuple[Callable[..., Any], ...] = ()
    methods: tuple[str, ...] = ()
    domain: tuple[float, float] = (-3.0, 3.0)

    @property
    def name(self) -> str:
        """The name NumPy gives it."""
        return str(self.numpy.__name__)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


@dataclass(frozen=True, eq=False)
class Elementwise(Op):
    """One result element from one element of each operand, operands broadcast against one another.

    Attributes
    ----------
    loop
        One scalar step as a Python expression over ``{x}``, ``{y}``, ``{z}`` (the operands in order, already
        of the dtype of the loop) and ``{i}`` (the dtype of the result, as ``np.float32``). Either one
        expression for every dtype, or a mapping from groups of dtype kinds (``"b"`` bool, ``"i"`` signed,
        ``"u"`` unsigned, ``"f"`` float, ``"c"`` complex, of the first operand) to expressions. A kind without
        an expression runs as a NumPy step between native parts. Functions named in it are those of the
        emitter's library.
    partials
        ``partials(result, *operands)`` gives the partial derivative with respect to each operand,
        elementwise, without broadcasting; or :class:`Flat`, or :class:`NoGradient`. It holds for real
        operands. A partial derivative of boolean dtype is a mask, the Python numbers 0, 1 and -1 are
        themselves; none of them is of a wider dtype than the operands. In the place of one it may have a
        :class:`NoGradient`, where there is a derivative with respect to the other operands only.
    guarded
        By dtype kind of the loop, the elements at which NumPy raises: they are looked for before it runs.
    cost
        Roughly how many additions one step costs. From 4 on, a value used in several loops is kept, not
        computed again.
    """

    _: KW_ONLY
    loop: str | Mapping[str, str]
    partials: Derivative
    guarded: Mapping[str, Guarded] = field(default_factory=dict)
    cost: int = 1

    @property
    def arity(self) -> int:
        """How many operands it takes."""
        count: int | None = getattr(self.numpy, "nin", None)
        if count is not None:
            return count
        texts = [self.loop] if isinstance(self.loop, str) else list(self.loop.values())
        return 1 + sum(any(name in text for text in texts) for name in ("{y}", "{z}"))

    def loop_for(self, kind: str) -> str | None:
        """The loop expression for operands of a dtype kind, or None where NumPy has to run it."""
        if isinstance(self.loop, str):
            return None if kind == "c" else self.loop
        return next((text for kinds, text in self.loop.items() if kind in kinds), None)


@dataclass(frozen=True, eq=False)
class Reduction(Op):
    """Some axes are folded away: ``np.sum(x, axis, dtype, keepdims=False, initial=..., where=True)``.

    Attributes
    ----------
    start
        The identity as a Python expression, over ``{i}`` (the accumulator's dtype, as ``np.float32``); or
        None where there is none and the first element starts (max, min): then an empty axis raises as NumPy
        does.
    loop
        One step as an expression over ``{acc}`` and ``{x}``, written as for :class:`Elementwise`; None where
        NumPy runs it as a step (argmax). May be a mapping by dtype kind as well.
    keywords
        Which of ``dtype``, ``initial``, ``where`` the NumPy function has beside ``axis`` and ``keepdims``.
    vjp
        ``vjp(g, result, x, axis=, keepdims=)`` gives the adjoint of x: ``g`` has the shape of the result,
        ``axis`` is a tuple of non-negative axes. Linear entries need nothing more.
    jvp
        Where the reduction is not linear, ``jvp(t, result, x, axis=, keepdims=)``: the tangent of the result.
    """

    _: KW_ONLY
    loop: str | Mapping[str, str] | None
    vjp: Derivative
    start: str | Mapping[str, str] | None = None
    jvp: Derivative | None = None
    keywords: tuple[str, ...] = ("dtype", "initial", "where")

    @staticmethod
    def _pick(table: str | Mapping[str, str] | None, kind: str) -> str | None:
        if table is None or isinstance(table, str):
            return table
        return next((text for kinds, text in table.items() if kind in kinds), None)

    def loop_for(self, kind: str) -> str | None:
        """The loop expression for an accumulator of a dtype kind, or None where NumPy has to run it."""
        return self._pick(self.loop, kind)

    def start_for(self, kind: str) -> str | None:
        """The identity for an accumulator of a dtype kind."""
        return self._pick(self.start, kind)


@dataclass(frozen=True, eq=False)
class Composite(Op):
    """A function written in NumPy over other entries: it never becomes a node of its own.

    ``expand`` has NumPy's parameters and must give NumPy's result when called with plain arrays, kind, dtype
    and errors included; with traced values it builds the graph. Its derivative follows from those of its
    parts.

    Attributes
    ----------
    makes
        Whether it makes an array from sizes and numbers alone. Its ``expand`` then takes ``like``: with a
        traced value there, the new array is a traced one.
    ordered
        Whether the result lies in memory as NumPy's does for a small example, and not as its parts do.
    """

    _: KW_ONLY
    expand: Callable[..., Any]
    makes: bool = False
    ordered: bool = False


@dataclass(frozen=True, eq=False)
class Written(Op):
    """A function written in the language itself, with loops and writes: it is traced where it is called.

    Its derivative follows from those of its parts.

    Attributes
    ----------
    source
        The file in ``defnhook/library`` and the function in it, as ``scans.cumsum``. It has NumPy's parameters. With a
        folder, as ``ops/own_windows.conv``, it is the function itself that the entry means.
    arrays
        Whether tuples and lists that hold traced values stand for the arrays that NumPy makes of them.
    """

    _: KW_ONLY
    source: str
    arrays: bool = True


@dataclass(frozen=True, eq=False)
class Structural(Op):
    """A change of shape or the making of an array: handled by the tracer under ``rule``.

    Attributes
    ----------
    rule
        The name of the tracer's primitive (``transpose``, ``reshape``, ``broadcast``, ``slice``, ``full``,
        ``iota``, ``concatenate``).
    vjp
        ``vjp(g, result, *operands, **parameters)``: the adjoint of each operand. All are linear in each
        operand.
    """

    _: KW_ONLY
    rule: str
    vjp: Derivative


@dataclass(frozen=True, eq=False)
class Library(Op):
    """A call of NumPy on whole arrays between native parts (matrix products, argmax, factorizations).

    Attributes
    ----------
    shape
        ``shape(*operand_shapes, **parameters)`` gives the shape of the result, or one for each of several
        results; it raises as NumPy raises.
    vjp
        ``vjp(g, result, *operands, **parameters)``: the adjoint of each operand. Of several results, ``g`` and
        ``result`` are tuples.
    jvp
        ``jvp(tangents, result, *operands, **parameters)``: the tangent of the result; a tangent may be None,
        for an operand that does not vary.
    operands
        The names of the parameters that are arrays, which come first; those that are None are left out. None where
        any number of arrays is taken.
    parameters
        The names of the others, whose values are known while tracing.
    numbers
        The names of those among them that may be numbers known only at run time.
    example
        What gives the types and memory orders of the results on arrays at most two long an axis; the function itself
        where it takes such.
    unsettled
        ``unsettled(*operand_dtypes)`` says what about the types of the results their elements decide; it is
        empty where nothing is.
    varies
        Whether a result may turn out, by the elements, in another shape than ``shape`` says.
    batch
        How it is computed for many operands at once: :class:`Stacks`, :class:`AlongAxis`, or
        ``batch(mapped, *operands, **parameters)``, where the operands that are ``mapped`` have an axis of elements
        first, and so has the result. With None it is called for one element after the other.
    """

    _: KW_ONLY
    shape: Callable[..., Any]
    vjp: Derivative
    jvp: Derivative | None = None
    operands: tuple[str, ...] | None = ("a", "b")
    parameters: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    example: Callable[..., Any] | None = None
    unsettled: Callable[..., str] = lambda *dtypes: ""
    varies: bool = False
    batch: Batching = None


@dataclass(frozen=True, eq=False)
class Plain(Op):
    """A function whose result has a size that depends on elements: what calls it runs as plain Python."""

    _: KW_ONLY
    instead: str
