"""How the inside of a branch or a loop ends: it falls through, leaves, goes on, returns or raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defnhook.errors import DefnTypeError

FALLS, BREAKS, CONTINUES, RETURNS, RAISES, LEFT = range(6)


@dataclass(frozen=True, eq=False, slots=True)
class Signal:
    """A jump out of a region: which one, as a number or a traced one of ``possible``, and what is returned."""

    code: Any
    possible: frozenset[int]
    value: Any = None

    @property
    def is_static(self) -> bool:
        """Whether the jump is known while tracing."""
        return isinstance(self.code, int)


def jump(code: int, value: Any = None) -> Signal:
    """A jump that is known while tracing."""
    return Signal(code, frozenset((code,)), value)


BREAK = jump(BREAKS)
CONTINUE = jump(CONTINUES)
RAISED = jump(RAISES)


def return_value(value: Any) -> Signal:
    """``return value`` inside a branch or a loop."""
    return jump(RETURNS, value)


def code_of(signal: Signal | None) -> Any:
    """The number of a jump; 0 where a region falls through."""
    return FALLS if signal is None else signal.code


def possible(signal: Signal | None) -> frozenset[int]:
    """The numbers that a jump may have."""
    return frozenset((FALLS,)) if signal is None else signal.possible


def result(signal: Signal | None) -> Any:
    """What a function returns whose last statement gave a signal."""
    if signal is None or signal.possible == {RAISES}:
        return None
    if FALLS in signal.possible and signal.value is not None:
        raise DefnTypeError(
            "the function returns a value on some paths and None on others, which only the compiled code could "
            "tell apart; return a value on every path"
        )
    return signal.value
