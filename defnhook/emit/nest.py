"""Loop nests as lines of Python: phases, chunks, blocks, accumulators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from defnhook.emit.collapsing import collapses
from defnhook.emit.expression import (
    LOOP_NAMES,
    Accumulator,
    Scope,
    Writer,
    compensated,
)
from defnhook.emit.library import CALLED
from defnhook.emit.storage import constructor, held
from defnhook.emit.vector_math import FUNCTIONS
from defnhook.graph import Node
from defnhook.ops.kinds import Reduction
from defnhook.schedule.buffers import Buffer
from defnhook.schedule.index import ZERO, Index, Var
from defnhook.schedule.nests import Body, Loop, Stage, source_of
from defnhook.schedule.packing import FEW, WORTH
from defnhook.schedule.phases import chunks, elements, folds, is_single, is_whole

LONG_STEP, LONG_FOLD, VECTOR_OPERATIONS = 12, 20, 10
MANY_STEPS = 256


@dataclass(slots=True)
class Phase:
    """Part of a kernel: whether its units can be split among threads, how many there are, elements in all."""

    parallel: bool
    units: int
    work: int


@dataclass(slots=True)
class Partial:
    """Partial results, one a chunk, at the end of the table from the offset named ``start``."""

    start: str
    phase: int
    accumulator: Accumulator


def indent(lines: list[str]) -> list[str]:
    """Lines one level deeper."""
    return [f"    {line}" for line in lines]


def write_program(writer: Writer, numbers: list[int], parallel: list[bool]) -> list[str]:
    """All phases of a kernel."""
    lines: list[str] = []
    singles = Singles(writer)
    for phase, split in enumerate(parallel):
        items = [item for item, number in zip(writer.plan.items, numbers, strict=True) if number == phase]
        scope = Scope(None)
        _rows(writer, items, scope)
        units, work = 1, sum(elements(writer.plan, item) for item in items)
        done: set[int] = set()
        if split:
            singles.prepare(items[0], scope, done)
            units = _split_loop(writer, items[0], phase, scope, singles)
        else:
            singles.combine_columns(scope)
            for item in items:
                singles.prepare(item, scope, done)
                write_item(writer, item, [scope], None)
            singles.store_results(scope, items)
        writer.phases.append(Phase(split, units, work))
        lines += [f"if phase < 0 or phase == {phase}:", *indent(scope.lines or ["pass"])]
    return lines


class Singles:
    """Single values at the top level, which every phase that needs them computes for itself."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.partials: dict[int, Partial] = {}
        self.stages = {id(s.node): s for s in writer.plan.stages if is_single(writer.plan, s)}
        self.results = {id(node) for node in writer.plan.segment.results}
        self._stored: set[int] = set()
        self.columns: list[tuple[Stage, str]] = []

    def prepare(self, item: Loop | Body, scope: Scope, done: set[int]) -> None:
        """Compute what an item's stages read of single values made elsewhere, but for those that are ``done``."""
        done |= {id(stage.node) for stage in item.stages}
        for stage in item.stages:
            self._needs(stage, scope, done)

    def _needs(self, stage: Stage, scope: Scope, done: set[int]) -> None:
        for read in stage.reads:
            single = self.stages.get(id(source_of(read.node)))
            if single is None or id(single.node) in done:
                continue
            done.add(id(single.node))
            self._needs(single, scope, done)
            self._compute(single, scope)

    def _compute(self, stage: Stage, scope: Scope) -> None:
        partial = self.partials.get(id(stage.node))
        if partial is not None:
            self._combine(partial, stage, scope)
        else:
            _write_stage(self.writer, stage, [scope])

    def _combine(self, partial: Partial, stage: Stage, scope: Scope) -> None:
        """The value of all chunks: at hand where one call does all phases, folded in order otherwise."""
        again = Scope(None)
        accumulator = _restart(self.writer, partial.accumulator, again)
        size = self.writer.numbers.size(("chunks", partial.phase), 0, "u")
        chunk = _unpacked(self.writer, stage.node, f"table[{partial.start} + chunk]")
        again.lines += [f"for chunk in range({size}):", *indent(_take(self.writer, accumulator, chunk))]
        again.lines += _settle(self.writer, accumulator)
        scope.lines += ["if phase >= 0:", *indent(again.lines)]
        _publish(self.writer, accumulator, scope, {})

    def combine_columns(self, scope: Scope) -> None:
        """Combine the partial results that are arrays, chunk after chunk."""
        for stage, count in self.columns:
            parts, whole = (
                self.writer.placement.parts[id(stage.node)],
                self.writer.placement.by_node[id(stage.node)],
            )
            variables = _variables(self.writer, stage)
            index = _kept_index(stage, variables)
            part = self.writer.loaded(self.writer.element(parts, index), parts.dtype)
            before = self.writer.loaded(self.writer.element(whole, index), whole.dtype)
            after = self.writer.step(stage.node, before, part, ordered=True)
            start = self.writer.store(whole, index, self.writer.start_value(stage.node))
            scope.lines += _over_kept(self.writer, stage, start)
            step = _over_kept(self.writer, stage, self.writer.store(whole, index, after))
            scope.lines += [f"for chunk in range({count}):", *indent(step)]
        self.columns = []

    def store_results(self, scope: Scope, items: list[Loop | Body]) -> None:
        """Combine the partial results that are results of the kernel; :func:`_finish` stores them."""
        for key, partial in self.partials.items():
            index = _kept_index(self.stages[key], {})
            if key in self.results and key not in self._stored and (key, index) not in scope.values:
                self._combine(partial, self.stages[key], scope)
            self._stored.add(key)


def _rows(writer: Writer, items: list[Any], scope: Scope) -> None:
    """Rows that the loops of a phase share within one step of an outer loop."""
    stages = {id(stage.node) for item in items for stage in item.stages}
    for buffer in writer.placement.buffers:
        if buffer.role == "row" and id(buffer.node) in stages:
            extents = [_extent(writer, name) for name in buffer.extents]
            shape = f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"
            scope.lines.append(f"{buffer.name} = np.empty({shape}, {held(buffer.dtype)})")


def _extent(writer: Writer, name: str | int) -> str:
    return str(name) if isinstance(name, int) else writer.numbers.extent(name)


# -- loops that threads may split


def _split_loop(writer: Writer, loop: Any, phase: int, scope: Scope, singles: Singles) -> int:
    flattened = collapses(writer, loop)
    extents = writer.plan.extents
    length = math.prod(_lengths(writer, loop)) if flattened else extents.values[loop.symbol]
    if flattened:
        size = writer.numbers.size(f"m{phase}", length, "m")
    else:
        size = writer.numbers.extent(loop.symbol)
    writer._flattened = flattened
    try:
        if folds(loop):
            return _chunks(writer, loop, phase, scope, singles, size)
        scope.lines += _bounds(phase, size)
        write_loop(writer, loop, [scope], ("start", "stop"))
        return length
    finally:
        writer._flattened = False


def _lengths(writer: Writer, loop: Loop) -> list[int]:
    lengths = [writer.plan.extents.values[loop.symbol]]
    inner = loop.items[0]
    return lengths + (_lengths(writer, inner) if isinstance(inner, Loop) else [])


def _bounds(phase: int, size: str) -> list[str]:
    return [f"start = first if phase == {phase} else ZERO", f"stop = last if phase == {phase} else {size}"]


def _chunks(writer: Writer, loop: Loop, phase: int, scope: Scope, singles: Singles, size: str) -> int:
    """A loop that folds its own axis: partial results of fixed chunks, the same for any number of threads."""
    rows, count = chunks(writer.plan, loop, writer._flattened)
    chunk = writer.numbers.size(("chunk", phase), rows, "h")
    units = writer.numbers.size(("chunks", phase), count, "u")
    scope.lines += _bounds(phase, units)
    folding = [stage for stage in loop.stages if stage.loops[loop.depth] in stage.folded and is_whole(stage)]
    totals = {id(stage): _begin(writer, stage, scope) for stage in folding}
    inside = Scope("chunk")
    inside.lines += [f"lower = chunk * {chunk}", f"upper = min(lower + {chunk}, {size})"]
    write_loop(writer, loop, [scope, inside], ("lower", "upper"))
    after: list[str] = []
    stored: list[str] = []
    for stage in folding:
        total = totals[id(stage)]
        place = writer.numbers.size(("parts", id(stage)), 0, "p")
        partial = Partial(place, phase, total)
        writer.partials.append((place, count))
        singles.partials[id(stage.node)] = partial
        value = inside.values[id(stage.node), _kept_index(stage, {})]
        inside.lines += _take(writer, total, value)
        stored.append(f"table[{place} + chunk] = {_packed(writer, stage.node, value)}")
        after += _settle(writer, total)
    inside.lines += [f"if phase == {phase}:", *indent(stored)] if stored else []
    singles.columns += [(stage, units) for stage in loop.stages if id(stage.node) in writer.placement.parts]
    scope.lines += ["for chunk in range(start, stop):", *indent(inside.lines), *after]
    return count


def _packed(writer: Writer, node: Node, value: str) -> str:
    """A partial result as an entry of the table."""
    if node.dtype.kind == "f":
        writer.functions.add("to_bits")
        return f"to_bits(np.float64({value}))"
    return f"np.uint64({value})"


def _unpacked(writer: Writer, node: Node, entry: str) -> str:
    """A partial result out of an entry of the table."""
    if node.dtype.kind == "f":
        writer.functions.add("from_bits")
        return f"{constructor(node.dtype)}(from_bits({entry}))"
    return f"{constructor(node.dtype)}({entry})"


def _take(writer: Writer, accumulator: Accumulator, value: str) -> list[str]:
    """One more partial result into an accumulator."""
    if accumulator.error:
        return [f"part = {value}", *_add_part(accumulator, "part", writer)]
    return [f"{accumulator.name} = {writer.step(accumulator.stage.node, accumulator.name, value)}"]


# -- loops in general


def write_item(
    writer: Writer, item: Loop | Body, scopes: list[Scope], bounds: tuple[str, str] | None
) -> None:
    """A loop, or stages at one position."""
    if isinstance(item, Loop):
        write_loop(writer, item, scopes, bounds)
    else:
        for stage in item.stages:
            _write_stage(writer, stage, scopes)


def write_loop(writer: Writer, loop: Loop, scopes: list[Scope], bounds: tuple[str, str] | None) -> None:
    """A loop, over all its steps or those within bounds."""
    outer = scopes[-1]
    variable = LOOP_NAMES[loop.depth]
    beginning = [stage for stage in loop.stages if stage.folded and _first_folded(stage) == loop.depth]
    registers = []
    for stage in beginning:
        if _inner_kept(stage):
            _clear(writer, stage, scopes)
        else:
            registers.append(_begin(writer, stage, outer))
    inside = Scope(variable)
    items = _innermost(loop).items if writer._flattened else loop.items
    innermost = all(isinstance(item, Body) for item in items)
    blocked = _blocked(writer, loop, innermost)
    for accumulator in blocked:
        accumulator.part = writer.fresh("part")
    few = _folds_few(writer, loop)
    outside, writer._vector = writer._vector, (writer._vector or LOOP_NAMES[loop.depth - 1]) if few else ""
    for item in items:
        write_item(writer, item, [*scopes, inside], None)
    writer._vector = outside
    length = f"np.uint64({writer.plan.extents.values[loop.symbol]})" if few else ""
    start, stop = bounds or ("ZERO", length or writer.numbers.extent(loop.symbol))
    vectors = all(isinstance(item, Body) or _folds_few(writer, item) for item in items)
    steps = _steps(writer, loop, inside.lines) if vectors and not writer.hole else "range"
    if blocked:
        outer.lines += _block_lines(writer, variable, start, stop, steps, inside.lines, blocked)
    elif writer.hole:
        outer.lines += _around_hole(writer, loop, variable, (start, stop), inside.lines, innermost)
    else:
        outer.lines += [f"for {variable} in {steps}({start}, {stop}):", *indent(inside.lines)]
    for accumulator in registers:
        _finish(writer, accumulator, outer, _variables(writer, accumulator.stage))


def _steps(writer: Writer, loop: Loop, body: list[str]) -> str:
    """The kind of range an innermost loop goes over: interleaved where steps are many and long."""
    operations = len(body) + VECTOR_OPERATIONS * sum(
        name in FUNCTIONS for name in CALLED.findall("\n".join(body))
    )
    many = loop.depth == 0 or writer.plan.extents.values[loop.symbol] >= MANY_STEPS
    folds = any(stage.loops[loop.depth] in stage.folded for stage in loop.stages)
    if not many or operations < (LONG_FOLD if folds else LONG_STEP):
        return "range"
    writer.functions.add("interleaved")
    return "interleaved"


def _around_hole(
    writer: Writer, loop: Loop, variable: str, bounds: tuple[str, str], lines: list[str], innermost: bool
) -> list[str]:
    """A loop of a nest that leaves out a block: the innermost one has two parts where the others are within it."""
    (start, stop), (stage,) = bounds, loop.stages
    low, high = (writer.numbers.start(place) for place in writer.hole[stage.loops[loop.depth]])
    around = f"within_{LOOP_NAMES[loop.depth - 1]}" if loop.depth else ""
    if not innermost:
        within = f"{low} <= {variable} and {variable} < {high}" + f" and {around}" * bool(around)
        inside = [f"within_{variable} = {within}", *lines]
        return [f"for {variable} in range({start}, {stop}):", *indent(inside)]
    if around:
        low, high = f"{low} if {around} else {stop}", f"{high} if {around} else {stop}"
    else:
        low, high = f"min({low}, {stop})", f"max({high}, {start})"
    return [
        f"for {variable} in range({start}, {low}):",
        *indent(lines),
        f"for {variable} in range({high}, {stop}):",
        *indent(lines),
    ]


def _folds_few(writer: Writer, loop: Loop) -> bool:
    """Whether a loop folds a few elements and nothing else; then its length is a literal, and it is unrolled."""
    return all(folds_few(writer, stage) and stage.loops[loop.depth] in stage.folded for stage in loop.stages)


def folds_few(writer: Writer, stage: Stage) -> bool:
    """Whether a reduction folds its innermost axes alone, of a few elements together, below a long loop.

    Their number becomes part of the text, so the work has to be worth a kernel of its own.
    """
    kept, folded = len(stage.kept), len(stage.folded)
    if not kept or not folded or set(stage.loops[kept:]) != stage.folded:
        return False
    values = writer.plan.extents.values
    few = math.prod(values[stage.extents[axis]] for axis in stage.folded) <= FEW
    return few and stage.space.type.size >= WORTH


def _innermost(loop: Loop) -> Loop:
    inner = loop.items[0]
    return _innermost(inner) if isinstance(inner, Loop) else loop


def _first_folded(stage: Stage) -> int:
    return min(depth for depth, axis in enumerate(stage.loops) if axis in stage.folded)


def _inner_kept(stage: Stage) -> list[int]:
    """The kept axes inside the outermost folded loop: then the accumulator is an array."""
    return [axis for axis in stage.loops[_first_folded(stage) :] if axis not in stage.folded]


def _blocked(writer: Writer, loop: Loop, innermost: bool) -> list[Accumulator]:
    """The float sums whose innermost loop this is."""
    found = []
    for stage in loop.stages:
        accumulator = writer._accumulators.get(id(stage))
        last = writer._flattened or stage.loops[-1] == stage.loops[min(loop.depth, len(stage.loops) - 1)]
        if innermost and last and stage.folded and accumulator is not None and accumulator.error:
            found.append(accumulator)
    return found


def _block_lines(
    writer: Writer,
    variable: str,
    start: str,
    stop: str,
    steps: str,
    body: list[str],
    blocked: list[Accumulator],
) -> list[str]:
    lines = [f"block_stop = min(block + BLOCK, {stop})"]
    lines += [f"{a.part} = {constructor(a.stage.node.dtype)}(0.0)" for a in blocked]
    lines += [f"for {variable} in {steps}(block, block_stop):", *indent(body)]
    for accumulator in blocked:
        lines += _add_part(accumulator, str(accumulator.part), writer)
        accumulator.part = None
    return [f"for block in range({start}, {stop}, BLOCK):", *indent(lines)]


def _add_part(accumulator: Accumulator, part: str, writer: Writer) -> list[str]:
    """Add a block's sum and keep what rounding lost (the two-sum of Knuth and Moller)."""
    name, error = accumulator.name, accumulator.error
    return [
        f"total = {name} + {part}",
        f"head = total - {part}",
        f"{error} = {error} + (({name} - head) + ({part} - (total - head)))",
        f"{name} = total",
    ]


def _variables(writer: Writer, stage: Stage) -> dict[int, str]:
    """The loop variable of each axis of a stage's space."""
    if writer._flattened:
        return dict.fromkeys(stage.loops, LOOP_NAMES[0])
    return {axis: LOOP_NAMES[depth] for depth, axis in enumerate(stage.loops)}


def _kept_index(stage: Stage, variables: dict[int, str]) -> tuple[str, ...]:
    """Where in the value a reduction's stage is, as texts; folded axes that stay are at 0."""
    index = ["0"] * stage.node.ndim
    for axis in stage.kept:
        index[stage.node_axis(axis)] = variables[axis]
    return tuple(index)


# -- accumulators


def _begin(writer: Writer, stage: Stage, scope: Scope) -> Accumulator:
    name = writer.fresh(stage.node.op.name)
    error = f"{name}_error" if compensated(stage.node) and not folds_few(writer, stage) else None
    accumulator = writer._accumulators[id(stage)] = Accumulator(stage, name, error)
    return _restart(writer, accumulator, scope)


def _restart(writer: Writer, accumulator: Accumulator, scope: Scope) -> Accumulator:
    node = accumulator.stage.node
    scope.lines.append(f"{accumulator.name} = {writer.start_value(node)}")
    if accumulator.error:
        scope.lines.append(f"{accumulator.error} = {constructor(node.dtype)}(0.0)")
    return accumulator


def _finish(writer: Writer, accumulator: Accumulator, scope: Scope, variables: dict[int, str]) -> None:
    scope.lines += _settle(writer, accumulator)
    _publish(writer, accumulator, scope, variables)


def _settle(writer: Writer, accumulator: Accumulator) -> list[str]:
    """Add what rounding lost, unless the sum is infinite or NaN."""
    name, error = accumulator.name, accumulator.error
    if not error:
        return []
    writer.functions |= {"select", "isfinite"}
    return [f"{name} = select(isfinite({error}), {name} + {error}, {name})"]


def _publish(writer: Writer, accumulator: Accumulator, scope: Scope, variables: dict[int, str]) -> None:
    """Make a finished value known, and store it where it has a buffer."""
    stage, name = accumulator.stage, accumulator.name
    index = _kept_index(stage, variables)
    scope.values[id(stage.node), index] = name
    if scope.variable == "chunk":
        return
    rounded = writer.rounded(name, stage.node.dtype)
    scope.lines += [f"{name} = {rounded}"] if rounded != name else []
    buffer = writer.placement.by_node.get(id(stage.node))
    if buffer is not None:
        scope.lines.append(writer.store(buffer, index, name))


def _clear(writer: Writer, stage: Stage, scopes: list[Scope]) -> None:
    """Start an accumulator that is an array."""
    index = _kept_index(stage, _variables(writer, stage))
    line = writer.store(_summed_in(writer, stage), index, writer.start_value(stage.node))
    scopes[-1].lines += _over_kept(writer, stage, line)


def _over_kept(writer: Writer, stage: Stage, line: str) -> list[str]:
    """A line for each element of an accumulator that is an array."""
    variables, lines = _variables(writer, stage), [line]
    for axis in reversed(_inner_kept(stage)):
        symbol = stage.extents[axis]
        lines = [f"for {variables[axis]} in range(ZERO, {writer.numbers.extent(symbol)}):", *indent(lines)]
    return lines


def _summed_in(writer: Writer, stage: Stage) -> Buffer:
    """The accumulator of a stage that is an array: the value itself, or that of a chunk."""
    return writer.placement.parts.get(id(stage.node)) or writer.placement.by_node[id(stage.node)]


# -- one stage at one position


def _write_stage(writer: Writer, stage: Stage, scopes: list[Scope]) -> None:
    variables = _variables(writer, stage)
    own: tuple[Index, ...] = tuple(Var(a) if n != 1 else ZERO for a, n in enumerate(stage.space.shape))
    texts = tuple(writer.index_text(at, variables) for at in own)
    if isinstance(stage.node.op, Reduction):
        _fold_step(writer, stage, texts, own, scopes, variables)
    elif stage.part is not None:
        _write_part(writer, stage, texts, own, scopes, variables)
    else:
        value = _computed(writer, stage.node, texts, own, scopes, variables)
        buffer = writer.placement.by_node.get(id(stage.node))
        if buffer is not None:
            line = writer.store(buffer, texts, value, scopes)
            scopes[-1].lines.append(line)


def _computed(
    writer: Writer, node: Node, texts: tuple[str, ...], own: tuple[Index, ...], scopes: list[Scope],
    variables: dict[int, str],
) -> str:  # fmt: skip
    """The stage's own value, computed here although it has a buffer."""
    buffer = writer.placement.by_node.pop(id(node), None)
    try:
        return writer.value(node, texts, own, scopes, variables)
    finally:
        if buffer is not None:
            writer.placement.by_node[id(node)] = buffer


def _fold_step(
    writer: Writer, stage: Stage, texts: tuple[str, ...], own: tuple[Index, ...], scopes: list[Scope],
    variables: dict[int, str],
) -> None:  # fmt: skip
    value = writer.value(stage.space, texts, own, scopes, variables)
    lines = scopes[-1].lines
    if not stage.folded:
        name = writer.fresh(stage.node.op.name)
        lines.append(
            f"{name} = {writer.step(stage.node, writer.start_value(stage.node), value, ordered=True)}"
        )
        index = _kept_index(stage, variables)
        scopes[-1].values[id(stage.node), index] = name
        buffer = writer.placement.by_node.get(id(stage.node))
        if buffer is not None:
            lines.append(writer.store(buffer, index, name))
        return
    if _inner_kept(stage):
        buffer = _summed_in(writer, stage)
        index = _kept_index(stage, variables)
        before = writer.loaded(writer.element(buffer, index), buffer.dtype)
        lines.append(writer.store(buffer, index, writer.step(stage.node, before, value, ordered=True)))
        return
    accumulator = writer._accumulators[id(stage)]
    target = accumulator.part or accumulator.name
    lines.append(f"{target} = {writer.step(stage.node, target, value)}")


def _write_part(
    writer: Writer, stage: Stage, texts: tuple[str, ...], own: tuple[Index, ...], scopes: list[Scope],
    variables: dict[int, str],
) -> None:  # fmt: skip
    assert stage.part is not None
    value = writer.value(stage.space, texts, own, scopes, variables)
    index = list(texts)
    for axis, before in stage.before.items():
        offset = writer.numbers.size((id(stage.node), stage.part, axis), before, "o")
        index[axis] = offset if texts[axis] == "0" else f"{offset} + {texts[axis]}"
    buffer = writer.placement.by_node[id(stage.node)]
    scopes[-1].lines.append(writer.store(buffer, tuple(index), value))


__all__ = ["Partial", "Phase", "write_item", "write_loop", "write_program"]
