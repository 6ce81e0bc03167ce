"""Loops: rolled into one native loop, or unrolled where their body needs numbers while it is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from defnhook.errors import DefnValueError
from defnhook.trace.bodies import STEPS
from defnhook.trace.branches import after, inside, replaced_code, traced_branch
from defnhook.trace.carried import Permuted
from defnhook.trace.cells import Body, Steps, assigned, contents, restore
from defnhook.trace.conditions import known_test
from defnhook.trace.context import Trace, UnrollDemand, require_current
from defnhook.trace.regions import Region
from defnhook.trace.rolling import Rolled
from defnhook.trace.sequences import Count, sequence_of
from defnhook.trace.signals import BREAKS, CONTINUES, FALLS, LEFT, Signal
from defnhook.trace.tensor import Tensor

UNROLL_LIMIT = STEPS


class TooManySteps(DefnValueError):
    """A loop takes more steps while tracing than are traced."""


def for_loop(values: Iterable[Any], body: Callable[[Any], Any], otherwise: Body, rest: Body = None) -> Any:
    """``for item in values: body``, with its ``else`` and the statements after it where it may return."""
    sequence = sequence_of(values)
    if sequence is None:
        return after(unrolled(values, body, otherwise), rest)
    count = sequence.count
    if count.trips == 0:
        return after(after(None, otherwise), rest)
    return after(_rolled_or_unrolled(sequence, count, body, otherwise), rest)


def _rolled_or_unrolled(sequence: Any, count: Count, body: Callable[[Any], Any], otherwise: Body) -> Any:
    trace = require_current()
    cells = assigned(body)
    before = contents(cells)
    loop = Rolled(trace, cells, lambda number: body(sequence.at(number)), count, functions=(body,))
    try:
        signal = loop.run()
        if signal is None and loop.is_number_work():
            restore(cells, before)
            return unrolled(sequence, body, otherwise)
    except Permuted as permuted:
        restore(cells, before)
        return after(_permuted(sequence, count, body, permuted, before), otherwise)
    except UnrollDemand as demand:
        if not loop.answers(demand):
            raise
        restore(cells, before)
        if count.trips is None:
            count.demand("as the number of steps of a loop that is unrolled")
        check_unrolling(count.trips, demand)
        return unrolled(sequence, body, otherwise)
    return _finished(loop, otherwise)


def _finished(loop: Rolled, otherwise: Body) -> Signal | None:
    loop.finish()
    return _leave(loop.signal, otherwise)


def check_unrolling(trips: int | None, demand: UnrollDemand) -> None:
    """Raise where a loop cannot be unrolled although its body needs it."""
    if trips is not None and trips <= UNROLL_LIMIT:
        return
    count = f"it passes {UNROLL_LIMIT} steps" if trips else "how often it runs is known only at run time"
    raise DefnValueError(
        f"this loop has to be unrolled while it is traced, because {demand.reason}, but {count}; write that line with "
        "whole arrays or arrays indexed by the loop variable, or keep the function plain with '# defn: off'."
    )


def _permuted(
    sequence: Any, count: Count, body: Callable[[Any], Any], permuted: Permuted, before: dict[str, Any]
) -> Any:
    """A loop at whose end variables hold each other's arrays: several steps in one, after which each has its own."""
    order, trips = permuted.order, count.trips
    if trips is None:
        return permuted.refuse(count)
    whole = trips // order * order
    last = count.start + whole * count.step

    def several(number: Any) -> Any:
        from defnhook.trace.runtime import add

        for place in range(order):
            body(sequence.at(add(number, place * count.step)))

    signal = None
    if whole:
        longer = Count(count.start, last, count.step * order)
        loop = Rolled(require_current(), assigned(body), several, longer, functions=(body,))
        try:
            signal = loop.run()
            loop.finish()
        except UnrollDemand as demand:
            if not loop.answers(demand):
                raise
            restore(assigned(body), before)
            check_unrolling(trips, demand)
            return unrolled(sequence, body, None)
    for place in range(whole, trips):
        body(sequence.at(count.start + place * count.step))
    return signal


def unrolled(values: Iterable[Any], body: Callable[[Any], Any], otherwise: Body) -> Signal | None:
    """A loop run while tracing, one step after the other, up to a limit."""
    iterator = enumerate(values)

    def step() -> Signal | None:
        for number, item in iterator:
            check_steps(number)
            signal = continued(body(item))
            if signal is not None:
                return after(signal, Steps(step, (body,)))
        return None

    return _leave(step(), otherwise)


def check_steps(number: int) -> None:
    """Raise where a loop takes too many steps while tracing."""
    if number >= UNROLL_LIMIT:
        raise TooManySteps(
            f"this loop is unrolled while tracing and passes {UNROLL_LIMIT} steps; write it with whole arrays, "
            "or keep the function plain with '# defn: off'."
        )


def continued(signal: Signal | None) -> Signal | None:
    """What the body of a loop says to the next step: ``continue`` means to fall through."""
    return _turned(signal, CONTINUES, FALLS)


def _leave(signal: Signal | None, otherwise: Body) -> Signal | None:
    """What a loop says to the statements after it; its ``else``, which may leave a loop around it, runs where no
    ``break`` did.
    """
    return _turned(after(_turned(signal, BREAKS, LEFT), otherwise), LEFT, FALLS)


def _turned(signal: Signal | None, code: int, into: int) -> Signal | None:
    """A signal with another jump in the place of one that ends here."""
    if signal is None or code not in signal.possible:
        return signal
    left = signal.possible - {code} | {into}
    if left == {FALLS}:
        return None
    number = into if signal.is_static else replaced_code(signal.code, code, into)
    return Signal(number, left, signal.value)


# -- while


def while_loop(test: Callable[[], Any], body: Body, otherwise: Body, rest: Body = None) -> Any:
    """``while test: body``."""
    assert body is not None
    trace = require_current()
    cells = assigned(test, body)
    before = contents(cells)
    if assigned(test):
        steps, checked = _with_test_inside(test, body)
    else:
        steps, checked = body, test
    loop = Rolled(trace, cells, lambda number: steps(), None, checked, functions=(test, body))
    try:
        known = _known_at_entry(trace, test)
        restore(cells, before)
        if known is False:
            return after(after(None, otherwise), rest)
        signal = loop.run()
        if not (signal is None and known and loop.is_number_work()):
            return after(_finished(loop, otherwise), rest)
        restore(cells, before)
        try:
            return after(_while_unrolled(test, body, otherwise), rest)
        except TooManySteps:
            restore(cells, before)
            return after(_finished(loop, otherwise), rest)
    except UnrollDemand as demand:
        if not loop.answers(demand):
            raise
        if known is None:
            check_unrolling(None, demand)
    restore(cells, before)
    return after(_while_unrolled(test, body, otherwise), rest)


def _with_test_inside(test: Callable[[], Any], body: Callable[[], Any]) -> tuple[Any, Any]:
    """A loop whose test assigns variables, as one without end that is left."""
    from defnhook.trace.branches import branch
    from defnhook.trace.signals import BREAK

    return (lambda: branch(test(), body, lambda: BREAK)), (lambda: True)


def _known_at_entry(trace: Trace, test: Callable[[], Any]) -> bool | None:
    """The truth of the test before the first step, where it is known while tracing."""
    with inside(trace, Region("branch", trace.region)):
        value = test()
        if isinstance(value, Tensor) and value.is_demandable:
            return None
        return known_test(value)


def _while_unrolled(test: Callable[[], Any], body: Callable[[], Any], otherwise: Body) -> Signal | None:
    """A ``while`` whose test is known at every step."""

    def step() -> Signal | None:
        for number in range(UNROLL_LIMIT + 1):
            value = test()
            known = known_test(value)
            if known is None:
                return traced_branch(value, step_once, None, None)
            if not known:
                return None
            check_steps(number)
            signal = continued(body())
            if signal is not None:
                return after(signal, Steps(step, (test, body)))
        return None

    def step_once() -> Signal | None:
        raise DefnValueError(
            "the test of this loop is known while tracing at first and later only at run time, and its body needs "
            "numbers while it is traced; keep the function plain with '# defn: off'."
        )

    return _leave(step(), otherwise)


__all__ = ["UNROLL_LIMIT", "for_loop", "unrolled", "while_loop"]
