"""Loops, branches and writes as lines of Python, with loop nests for the whole-array work between them.

The program is written in its own order, as NumPy would run it: a value that reads an array is computed before the
array is written, unless it is never needed after. So every write can be made in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from defnhook.emit.dividing import Indivisible, Nests
from defnhook.emit.expression import Scope, Unplaced, Writer
from defnhook.emit.nest import write_item
from defnhook.emit.numbers import Numbers
from defnhook.emit.storage import held, storage
from defnhook.graph import BROADCAST, CAST, CONSTANT, SLICE, ArrayType, Fault, Node
from defnhook.graph.node import walk
from defnhook.ops.kinds import Reduction
from defnhook.schedule.buffers import Buffer, Placement, place
from defnhook.schedule.conflicts import Conflicts
from defnhook.schedule.effects import Regions, foldable, is_state, relies_on_check
from defnhook.schedule.extents import Extents
from defnhook.schedule.index import Index, Indirect, Var, Zero
from defnhook.schedule.nests import KEEP_COST, Schedule, prepare, schedule
from defnhook.schedule.segments import VIEWS, Segment


@dataclass(slots=True, eq=False)
class Place:
    """Where a value is: a number in a variable (``ndim`` -1), or an array.

    ``order`` are its axes from the outermost in memory, when the array is handed over transposed to C order;
    ``owned`` whether the kernel may change it as it likes; ``argument`` whether it is the caller's, and changed for
    the caller; ``moved`` whether the variable has been exchanged with others.
    """

    name: str
    dtype: np.dtype[Any]
    ndim: int = -1
    order: tuple[int, ...] = ()
    contiguous: bool = True
    owned: bool = False
    argument: bool = False
    moved: bool = False


@dataclass(slots=True)
class RaisedFault:
    """What a kernel reports by a code: the error, where the user wrote what raises it, its operands' dtypes."""

    fault: Fault
    node: Node
    dtypes: tuple[np.dtype[Any], ...]


class ProgramNumbers(Numbers):
    """The numbers of a program: those of the table, and those computed while it runs."""

    def __init__(
        self, extents: Extents, places: Callable[[Node], str | None], sizes: dict[int, Node]
    ) -> None:
        super().__init__(extents)
        self._places = places
        self._sizes = sizes

    def scalar(self, node: Node) -> str:
        """The name of a number computed while the kernel runs, or its text."""
        name = self._places(node)
        if name is not None:
            return name
        if node.op is CONSTANT:
            return f"np.int64({self.size(('number', id(node)), int(node.params['value']), 'k')})"
        raise Unplaced(f"{node!r} is not computed yet")

    def extent(self, name: str) -> str:
        """The name of an axis's length, or what computes it."""
        size = self._sizes.get(self.extents.values[name])
        return super().extent(name) if size is None else f"np.uint64({self.scalar(size)})"


@dataclass(slots=True)
class Later:
    """Which values are needed after which effect of a block, by the states that they read.

    With each value goes whether it is needed inside a loop or a branch, which may not come to it.
    """

    by_state: dict[int, list[tuple[float, Node, bool]]] = field(default_factory=dict)
    arrays: dict[int, float] = field(default_factory=dict)
    reductions: dict[int, float] = field(default_factory=dict)

    def arrays_after(self, position: float) -> set[int]:
        """The arrays, by ``id``, that something later needs whole."""
        return {key for key, last in self.arrays.items() if last > position}

    def reductions_after(self, position: float) -> set[int]:
        """The reductions, by ``id``, that something later is computed from."""
        return {key for key, last in self.reductions.items() if last > position}

    def after(self, state: Node, position: float) -> Iterator[tuple[Node, bool]]:
        """The values reading ``state`` that something later needs, and whether a later loop or branch does."""
        for at, node, inside in self.by_state.get(id(state), ()):
            if at > position:
                yield node, inside and at >= position + 1


class Program:
    """The text of one program while it is written.

    Attributes
    ----------
    written
        The states of arrays that are changed for the caller, by ``id``.
    where
        The place of each value that is known at this point of the text, by ``id`` of its node.
    head
        Lines at the beginning of the kernel: memory that is used again and again.
    memory
        Buffers that the plan allocates.
    nests
        The loop nests, where threads are to divide them; all arrays are then the plan's.
    """

    def __init__(
        self,
        segment: Segment,
        where: dict[int, Place],
        sizes: dict[int, Node],
        written: set[int],
        taken: set[str],
        nests: Nests | None = None,
    ) -> None:
        self.segment = segment
        self.nests = nests
        self.written = written
        self.where = where
        self.sizes = sizes
        self.taken = taken
        self.regions = Regions(sizes)
        self.nodes = list(deep_nodes(segment))
        self.numbers = ProgramNumbers(Extents(self.nodes), self._name_of, sizes)
        self._constants = {id(node) for node in self.nodes if node.op is CONSTANT and not node.ndim}
        self._results = {id(node) for node in segment.results}
        self.picks: dict[tuple[int, int], list[Node]] = {}
        for node in self.nodes:
            if node.op.name == "pick":
                self.picks.setdefault((id(node.inputs[0]), node.params["index"]), []).append(node)
        self.functions: set[str] = set()
        self.faults: list[RaisedFault] = []
        self.head: list[str] = []
        self.memory: list[Buffer] = []
        self.notes: list[str] = []
        self.outline: list[tuple[int, Any]] = []
        self.given: set[str] = set()
        self.depth = 0
        self.hole: tuple[tuple[int, int], ...] = ()
        self._counts: dict[str, int] = {}
        self._limits: dict[Any, Node] = {}

    def _name_of(self, node: Node) -> str | None:
        found = self.where.get(id(node))
        return None if found is None else found.name

    # -- names and memory

    def fresh(self, stem: str) -> str:
        """A name nobody has."""
        number = self._counts.get(stem, 0)
        while f"{stem}_{number}" in self.taken:
            number += 1
        self._counts[stem] = number + 1
        return f"{stem}_{number}"

    def allocate(self, buffer: Buffer, lines: list[str]) -> None:
        """Memory for a value made inside the kernel: once, or where its size is known."""
        dtype = held(buffer.dtype)
        buffer.name = self.fresh(buffer.name)
        if self.nests is not None and buffer.role != "row":
            self.memory.append(buffer)
            return
        runtime = any(self._is_runtime(extent) for extent in buffer.extents)
        extents = [str(e) if isinstance(e, int) else self.numbers.extent(e) for e in buffer.extents]
        shape = f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"
        (lines if runtime else self.head).append(f"{buffer.name} = np.empty({shape}, {dtype})")

    def _is_runtime(self, extent: str | int) -> bool:
        return isinstance(extent, str) and self.numbers.extents.values[extent] in self.sizes

    def buffer(self, node: Node, stem: str, order: tuple[int, ...] | None = None) -> Buffer:
        """Memory for a whole array, not allocated yet."""
        axes = node.type.order if order is None else order
        extents = tuple(1 if node.shape[a] == 1 else self.numbers.extents.name(node, a) for a in axes)
        return Buffer(stem, node, "window", node.dtype, axes, extents, window=whole_window(node))

    def own(self, node: Node, stem: str, lines: list[str]) -> tuple[Buffer, Place]:
        """New memory for a whole array that the kernel may change."""
        buffer = self.buffer(node, stem)
        if any(self._is_runtime(extent) for extent in buffer.extents):
            self.allocate(buffer, lines)
        else:
            buffer.name = self.fresh(stem)
            self.memory.append(buffer)
        return buffer, Place(buffer.name, node.dtype, node.ndim, buffer.axes, True, True)

    # -- blocks

    def later(self, effects: tuple[Node, ...], outputs: Iterable[Node]) -> Later:
        """What the effects and the outputs of a block need, and where."""
        found = Later()
        for position, effect in enumerate(effects):
            during = position + 0.5 if effect.op.name == "loop" else position
            free = self.regions.free(effect) if effect.blocks else []
            rows = [(float(position), node, False) for node in effect.inputs]
            self._enter(found, rows + [(during, node, True) for node in free])
        self._enter(found, [(float(len(effects)), node, False) for node in outputs])
        if len(effects) > 1 or (effects and outputs):
            for position, needs in enumerate([*map(self.regions.needs, effects), list(outputs)]):
                below = (node for node in self.regions.expressions(needs) if isinstance(node.op, Reduction))
                found.reductions.update((id(node), float(position)) for node in below)
        return found

    def _enter(self, found: Later, rows: list[tuple[float, Node, bool]]) -> None:
        for position, node, inside in rows:
            if node.ndim and not foldable(node):
                found.arrays[id(node)] = position
            for state in self.regions.states(node):
                found.by_state.setdefault(state, []).append((position, node, inside))

    def block(self, effects: tuple[Node, ...], outputs: Iterable[Node]) -> list[str]:
        """The lines of the effects of a block."""
        from defnhook.emit.statements import STATEMENTS

        lines: list[str] = []
        outputs = list(outputs)
        later = self.later(effects, outputs)
        last = self._last_uses(effects, outputs)
        for position, effect in enumerate(effects):
            self._compute_shared(effect, position, later, lines)
            copies = self._secure(effect, position, later, lines)
            with self._keeping({key for key, at in last.items() if at > position}):
                STATEMENTS[effect.op.name](self, effect, lines)
            self.where |= copies
        return lines

    def _last_uses(self, effects: tuple[Node, ...], outputs: list[Node]) -> dict[int, int]:
        """The number of the last effect that needs an array which an expression gives; the outputs come after all."""
        found: dict[int, int] = {}
        for position, needs in enumerate([*map(self.regions.needs, effects), outputs]):
            arrays = (node for node in self.regions.expressions(needs) if node.ndim and not is_state(node))
            found.update((id(node), position) for node in arrays)
        return found

    @contextmanager
    def _keeping(self, needed: set[int]) -> Iterator[None]:
        """Let nobody take the memory of arrays that are needed after the block."""
        kept = {key: self.where[key] for key in needed & self.where.keys() if self.where[key].owned}
        held = {key: replace(place, owned=False) for key, place in kept.items()}
        self.where |= held
        yield
        self.where |= {key: place for key, place in kept.items() if self.where.get(key) is held[key]}

    def _compute_shared(self, effect: Node, position: int, later: Later, lines: list[str]) -> None:
        """Compute once what is costly and needed by an effect as well as after it."""
        wanted = later.arrays_after(position)
        if not effect.blocks:
            wanted |= later.reductions_after(position)
        if wanted:
            inside = self.regions.expressions(self.regions.needs(effect), self.where)
            found = [node for node in inside if id(node) in wanted and self._is_costly(node)]
            self.compute(self._unguarded(found, effect), lines)

    def _unguarded(self, nodes: list[Node], effect: Node) -> list[Node]:
        """The values that rely on no check that a loop or a branch has yet to make."""
        passed = {id(each.node.inputs[0]) for each in self.faults if id(each.node) in self.where}
        tested = self.regions.waiting(effect, passed) if nodes else set()
        return [n for n in nodes if not tested or not self.regions.relies_on(n, tested, self.where)]

    def _is_costly(self, node: Node) -> bool:
        """Whether computing an array again costs more than keeping it."""
        for below in self.regions.expressions([node], self.where):
            if isinstance(below.op, Reduction) or getattr(below.op, "cost", 0) >= KEEP_COST:
                return True
        return False

    def _secure(self, effect: Node, position: int, later: Later, lines: list[str]) -> dict[int, Place]:
        """Compute what is needed later of the arrays that an effect changes; the copies of whole arrays."""
        wanted: dict[int, Node] = {}
        copied: dict[int, Node] = {}
        for state, after in self.regions.overwritten(effect):
            if not self.takes(state, after):
                continue
            for needed, inside in later.after(state, position):
                for part in self._parts(needed, state):
                    node = state if inside and self._may_miss(part) else part
                    (copied if is_state(node) else wanted)[id(node)] = node
        self.compute(list(wanted.values()), lines)
        return {key: self.copy(node, lines) for key, node in copied.items() if key in self.where}

    def _may_miss(self, node: Node) -> bool:
        """Whether a value is read at a place that may lie outside an array."""
        return any(map(relies_on_check, self.regions.expressions([node], self.where)))

    def _parts(self, needed: Node, state: Node) -> Iterator[Node]:
        """The largest parts of an expression that read a state and that can be computed now."""
        stack = [needed]
        while stack:
            node = stack.pop()
            states = self.regions.states(node)
            if id(state) not in states or (id(node) in self.where and not is_state(node)):
                continue
            if node.op in VIEWS and not node.inputs[0].ndim:
                stack.append(node.inputs[0])
            elif is_state(node) or all(key in self.where or key in self._constants for key in states):
                yield node
            else:
                stack.extend(self.regions.operands(node))

    def copy(self, node: Node, lines: list[str]) -> Place:
        """A copy of an array in memory of its own."""
        self.notes.append(f"{node.op.name} is copied: it is needed after it is changed")
        buffer, made = self.own(node, f"copy_{node.op.name}", lines)
        self.write(node, buffer, lines)
        return made

    # -- values

    def text(self, node: Node, lines: list[str]) -> str:
        """A number as text, computed here where it is not known."""
        if node.op is CONSTANT:
            return self.numbers.constant(node)
        if id(node) not in self.where:
            self.compute([node], lines)
        found = self.where[id(node)]
        return found.name if found.ndim < 0 else self._through(storage(node.dtype).load, f"{found.name}[()]")

    def put(self, place: Place, node: Node, lines: list[str]) -> None:
        """Store a number to an array without axes."""
        value = self._through(storage(node.dtype).store, self.text(node, lines))
        lines.append(f"{place.name}[()] = {value}")

    def _through(self, function: str, text: str) -> str:
        if not function:
            return text
        self.functions.add(function)
        return f"{function}({text})"

    def keep_pick(self, region: Node, number: int, place: Place) -> None:
        """Make known where a value picked from a loop or a branch is."""
        for pick in self.picks.get((id(region), number), ()):
            self.where[id(pick)] = place

    def takes(self, node: Node, after: Node) -> bool:
        """Whether the memory of a state may become that of the state after it."""
        found = self.where.get(id(node))
        if found is None:
            return False
        return found.owned or (found.argument and id(after) in self.written)

    def target(
        self, node: Node, after: Node, lines: list[str], hole: tuple[tuple[int, int], ...] = ()
    ) -> Place:
        """Memory that holds an array and may be changed; what was known of the old value is forgotten.

        What lies in a ``hole``, with a beginning and an end along each axis, will be written, and is not copied: what
        is written may read the array where it was.
        """
        found = self.where.get(id(node))
        if found is None or not self.takes(node, after):
            if found is not None:
                self.notes.append(f"{node.op.name} is copied before it is changed")
            buffer, made = self.own(node, "kept" if is_state(node) else node.op.name, lines)
            self.hole = hole if found is not None else ()
            self.write(node, buffer, lines)
            self.hole = ()
            return made
        self.where.pop(id(node))
        return found

    def settle(self, node: Node, place: Place, lines: list[str]) -> None:
        """Bring an array to the memory where it is expected, if it is not there."""
        found = self.where.get(id(node))
        if found is None or found.name != place.name:
            window = whole_window(node)
            buffer = Buffer(place.name, node, "window", node.dtype, place.order, (), window=window)
            self.write(node, buffer, lines)

    def compute(self, wanted: list[Node], lines: list[str]) -> None:
        """Make values known: numbers in variables, arrays in memory inside the kernel."""
        wanted = [n for n in wanted if id(n) not in self.where and not is_state(n)]
        for node in wanted:
            if node.ndim and id(node) in self._results:
                buffer, made = self.own(node, "out", lines)
                self.write(node, buffer, lines)
                self.where[id(node)] = made
        rest = [node for node in wanted if id(node) not in self.where]
        if rest:
            self._write_segment(rest, [], lines)

    def write(self, value: Node, buffer: Buffer, lines: list[str], base: Node | None = None,
              owner: Node | None = None) -> None:  # fmt: skip
        """Store a value to a window of memory, which holds ``base`` now."""
        if "blank" in value.params:
            return
        order = tuple(axis for axis in buffer.axes if axis < value.ndim)
        order = order if len(order) == value.ndim else tuple(range(value.ndim))
        target = Node(
            CAST,
            (value,),
            ArrayType(value.shape, value.dtype, "array", order),
            {"into": buffer.name},
            value.span,
        )
        self._write_segment([], [(target, buffer, base, owner)], lines)

    def _write_segment(self, wanted: list[Node], targets: list[Any], lines: list[str]) -> None:
        roots = [*wanted, *(target for target, *_ in targets)]
        self._numbers_first(roots, targets, lines)
        wanted = [node for node in wanted if id(node) not in self.where]
        roots = [*wanted, *(target for target, *_ in targets)]
        nodes = [n for n in self.regions.expressions(roots, self.where) if not is_state(n)]
        plan, placement = self._scheduled(nodes, roots, targets)
        conflict = next((t for t in targets if self._collides(plan, placement, *t)), None)
        if conflict is not None:
            self._write_apart(conflict, plan, lines)
            return
        self._emit(plan, placement, roots, wanted, targets, lines)

    def _numbers_first(self, roots: list[Node], targets: list[Any], lines: list[str]) -> None:
        """Compute the starts of slices, the steps of broadcasts and the sizes that only run time knows."""
        needed: dict[int, Node] = {}
        for node in self.regions.expressions(roots, self.where):
            found = [*(node.inputs[1:] if node.op in (SLICE, BROADCAST) else ())]
            found += [self.sizes[extent] for extent in node.shape if extent in self.sizes]
            needed |= {id(n): n for n in found if id(n) not in self.where and n.op is not CONSTANT}
        for _, _, _, owner in targets:
            if owner is not None:
                found = list(owner.inputs[2:])
                needed |= {id(n): n for n in found if id(n) not in self.where and n.op is not CONSTANT}
        if needed:
            self.compute(list(needed.values()), lines)

    def _scheduled(
        self, nodes: list[Node], roots: list[Node], targets: list[Any]
    ) -> tuple[Schedule, Placement]:
        inside = {id(node) for node in nodes}
        outside = {id(n): n for node in nodes for n in self.regions.operands(node) if id(n) not in inside}
        plain = {key for key in outside if self._is_plain(key)}
        segment = prepare(Segment(nodes, list(outside.values()), roots), plain)
        self.numbers.extents.add(segment.nodes)
        plan = schedule(segment, self.numbers.extents)
        given: dict[int, Buffer | None] = {}
        for result, (_, buffer, _, _) in zip(
            segment.results[len(roots) - len(targets) :], targets, strict=True
        ):
            given[id(result)] = buffer
        for result in segment.results[: len(roots) - len(targets)]:
            if not result.ndim:
                given[id(result)] = None
        return plan, place(plan, dict.fromkeys(range(len(plan.items)), 0), given)

    def _is_plain(self, key: int) -> bool:
        """Whether an array lies in memory in C order without gaps."""
        found = self.where.get(key)
        return found is not None and found.contiguous and found.order == tuple(range(found.ndim))

    def _collides(
        self, plan: Schedule, placement: Placement, target: Node, buffer: Buffer, base: Node | None, owner: Node | None
    ) -> bool:  # fmt: skip
        if base is None or buffer.window is None:
            return False
        writer = next(s for s in plan.stages if placement.by_node.get(id(s.node)) is buffer)
        owners = {id(node): node for node in plan.segment.nodes}
        if owner is not None:
            owners[id(owner)] = owner
        return Conflicts(plan, writer, buffer.window, owners).any(base)

    def _write_apart(self, conflict: Any, plan: Schedule, lines: list[str]) -> None:
        """Compute before the write what would be overwritten while it is read: small parts, or the whole value."""
        target, buffer, base, owner = conflict
        (value,) = target.inputs
        small = [
            node
            for node in self._views_of(value, base)
            if 2 * node.type.size <= value.type.size and id(node) not in self.where
        ]
        if small:
            self.compute_copies(small, lines)
            self.write(value, buffer, lines, base, owner)
            return
        self.notes.append(f"{value.op.name} is computed before the array that it reads is written")
        self.compute_copies([value], lines)
        self.write(value, buffer, lines, None, owner)

    def _views_of(self, value: Node, base: Node) -> list[Node]:
        """The largest views of a state that an expression reads."""
        found: dict[int, Node] = {}
        stack = [value]
        while stack:
            node = stack.pop()
            if id(node) in self.where and node is not base:
                continue
            if foldable(node):
                if id(base) in self.regions.states(node):
                    found[id(node)] = node
            else:
                stack.extend(self.regions.operands(node))
        return list(found.values())

    def compute_copies(self, nodes: list[Node], lines: list[str]) -> None:
        """Values, views among them, each in memory of its own."""
        for node in nodes:
            if not node.ndim or not (is_state(node) or id(node) in self.where):
                self.compute([node], lines)
            else:
                buffer, made = self.own(node, "kept", lines)
                self.write(node, buffer, lines)
                self.where[id(node)] = made

    def _emit(self, plan: Schedule, placement: Placement, roots: list[Node], wanted: list[Node],
              targets: list[Any], lines: list[str]) -> None:  # fmt: skip
        for buffer in placement.buffers:
            self.allocate(buffer, lines)
        writer = Writer(plan, placement, self.where, self.numbers)
        writer.taken, writer._counts, writer.functions = self.taken, self._counts, self.functions
        writer._limits, writer.hole = self._limits, () if wanted else self.hole
        writer.nodes |= {id(owner): owner for *_, owner in targets if owner is not None}
        places = [
            at.indices for _, buffer, *_ in targets for at in buffer.window or () if isinstance(at, Indirect)
        ]
        writer.nodes |= {id(node): node for node in self.regions.expressions(places, self.where)}
        scope = Scope(None)
        if self.nests is None:
            for item in plan.items:
                write_item(writer, item, [scope], None)
            lines += [*writer.prelude, *scope.lines]
        else:
            if not all(node.ndim for node in wanted):
                raise Indivisible
            self.nests.add(writer)
            self.head += writer.prelude
        self.notes += plan.notes
        self.outline.append((self.depth, plan.items))
        self._keep_numbers(plan, scope)
        for node, result in zip(wanted, plan.segment.results, strict=False):
            if not node.ndim:
                name = scope.values[id(result), ()]
                if not name.isidentifier():
                    fresh = self.fresh("value")
                    lines.append(f"{fresh} = {name}")
                    name = fresh
                self.where[id(node)] = Place(name, node.dtype)
            else:
                buffer = placement.by_node[id(result)]
                self.where[id(node)] = Place(buffer.name, node.dtype, node.ndim, buffer.axes, True, True)

    def _keep_numbers(self, plan: Schedule, scope: Scope) -> None:
        """Remember the numbers computed on the way."""
        for node in plan.segment.nodes:
            name = scope.values.get((id(node), ())) if not node.ndim else None
            if name is not None and name.isidentifier():
                self.where.setdefault(id(node), Place(name, node.dtype))


def whole_window(node: Node) -> tuple[Index, ...]:
    """The window that is a whole array."""
    return tuple(Zero() if extent == 1 else Var(axis) for axis, extent in enumerate(node.shape))


def deep_nodes(segment: Segment) -> Iterator[Node]:
    """Every node of a segment, those inside blocks included."""
    return walk([*segment.effects, *segment.results, *segment.nodes])
