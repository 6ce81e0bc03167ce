"""One writer for each effect: what a write, a loop, a branch and a check become."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from defnhook.emit.nest import indent
from defnhook.emit.program import Place, Program, RaisedFault
from defnhook.emit.storage import constructor
from defnhook.graph import BROADCAST, CAST, CONSTANT, IOTA, RESHAPE, SLICE, TRANSPOSE, Block, Node
from defnhook.ops.kinds import Elementwise
from defnhook.schedule.buffers import Buffer
from defnhook.schedule.effects import foldable, is_state, relies_on_check, root_in
from defnhook.schedule.index import Index, Indirect, Var, Zero, affine, pointwise
from defnhook.schedule.nests import KEEP_COST

COMBINE = {
    "set": "{new}",
    "add": "{old} + {new}",
    "subtract": "{old} - {new}",
    "multiply": "{old} * {new}",
    "maximum": "maximum({old}, {new})",
    "minimum": "minimum({old}, {new})",
}


def write_update(program: Program, effect: Node, lines: list[str]) -> None:
    """``base[window] = value``."""
    base, value = effect.inputs[:2]
    target = program.target(base, effect, lines, _hole(effect))
    own = [Zero() if extent == 1 else Var(axis) for axis, extent in enumerate(value.shape)]
    window = tuple(affine(effect, axis, at) for axis, at in enumerate(own))
    taken = id(base) not in program.where
    buffer = Buffer(target.name, value, "window", effect.dtype, target.order, (), window=window)
    if taken:
        program.where[id(base)] = target
    program.write(value, buffer, lines, base if taken and value.type.size != 1 else None, effect)
    if taken:
        program.where.pop(id(base))
    program.where[id(effect)] = target


def _hole(effect: Node) -> tuple[tuple[int, int], ...]:
    """Where along each axis a write begins and ends, if it is of one block that is most of its array."""
    ranges = effect.params["ranges"]
    if not all(type(start) is int and step == 1 and type(count) is int for start, step, count in ranges):
        return ()
    written = math.prod(count for _, _, count in ranges)
    if not all(type(extent) is int for extent in effect.shape) or 2 * written < effect.type.size:
        return ()
    return tuple((start, start + count) for start, _, count in ranges)


def write_scatter(program: Program, effect: Node, lines: list[str]) -> None:
    """``base[indices] = value``, or ``np.add.at(base, indices, value)``, element by element in order."""
    base, value, *indices = effect.inputs
    apart = [
        n for n in indices if id(n) not in program.where and not _found_on_the_way(program, n, base, value)
    ]
    program.compute_copies(apart, lines)
    if id(base) in program.regions.states(value) and not is_state(value):
        program.compute_copies([value], lines)
    target = program.target(base, effect, lines)
    axes, count = effect.params["axes"], indices[0].ndim
    first = axes[0]
    own: list[Index] = [Zero() if extent == 1 else Var(axis) for axis, extent in enumerate(value.shape)]
    inner = tuple(own[first : first + count])
    window = (*own[:first], *(Indirect(each, inner) for each in indices), *own[first + count :])
    combine = COMBINE[effect.params["mode"]]
    if combine.startswith(("maximum", "minimum")):
        if effect.dtype.kind == "f":
            program.functions.add(effect.params["mode"])
        else:
            combine = combine.replace("imum", "", 1)
    if effect.dtype.kind in "iub" and effect.params["mode"] != "set":
        combine = f"{constructor(effect.dtype)}({combine})"
    buffer = Buffer(
        target.name, value, "window", effect.dtype, target.order, (), window=window, combine=combine
    )
    program.write(value, buffer, lines, None, None)
    program.where[id(effect)] = target


def _found_on_the_way(program: Program, index: Node, base: Node, value: Node) -> bool:
    """Whether each place can be computed where it is written to, from what the write does not change."""
    if id(base) in program.regions.states(index):
        return False
    elsewhere = {id(node) for node in program.regions.expressions([value], program.where)}
    nodes = list(program.regions.expressions([index], program.where))
    return all(_is_simple(node) and id(node) not in elsewhere for node in nodes)


def _is_simple(node: Node) -> bool:
    if node.op is CONSTANT:
        return not node.ndim
    if node.op is IOTA:
        return all(operand.op is CONSTANT for operand in node.inputs)
    if isinstance(node.op, Elementwise):
        return node.op.cost < KEEP_COST
    return node.op is CAST or (
        node.op in (TRANSPOSE, BROADCAST, SLICE, RESHAPE) and len(node.inputs) == 1 and pointwise(node)
    )


def write_check(program: Program, effect: Node, lines: list[str]) -> None:
    """A return with a code where the condition holds; only there is computed what the message says."""
    condition, *operands = effect.inputs
    test = program.text(condition, lines)
    program.faults.append(RaisedFault(effect.params["fault"], effect, tuple(n.dtype for n in operands)))
    inside = [f"fault[0] = {len(program.faults)}"]
    outside = dict(program.where)
    for place, node in enumerate(operands):
        text = program.text(node, inside)
        if node.dtype.kind == "f":
            program.functions.add("to_bits")
            text = f"np.int64(to_bits(np.float64({text})))"
        inside.append(f"fault[{place + 1}] = {text}")
    inside.append("return")
    program.where = outside
    program.where[id(effect)] = Place("passed", effect.dtype)
    known = condition.op is CONSTANT and bool(condition.params["value"])
    lines += inside if known else [f"if {test}:", *indent(inside)]


# -- loops


class _Carried:
    """One value carried round a loop: its variable, and whether the loop changes it in place."""

    def __init__(self, place: Place, output: Node, in_place: bool = False) -> None:
        self.place = place
        self.output = output
        self.in_place = in_place


def write_loop(program: Program, effect: Node, lines: list[str]) -> None:
    """A native loop: ``for`` over a range, or ``while``."""
    counted = effect.params["kind"] == "for"
    body: Block = effect.params["body"]
    program.compute([n for n in program.regions.free(effect) if _goes_before(program, n)], lines)
    bounds = [program.text(node, lines) for node in effect.inputs[:2]] if counted else []
    parameters = body.parameters[1:] if counted else body.parameters
    initial = effect.inputs[2:] if counted else effect.inputs
    rows = list(zip(initial, parameters, body.outputs, strict=False))
    carried = _entered(program, body, rows, lines)
    outside = dict(program.where)
    # The next step needs the same values again: none of their memory may be taken.
    program.where = {key: replace(place, owned=False) for key, place in outside.items()}
    program.depth += 1
    program.outline.append((program.depth - 1, _headline(effect)))
    inside: list[str] = []
    if not counted:
        inside += _test(program, effect, carried)
    for parameter, each in zip(parameters, carried, strict=True):
        program.where[id(parameter)] = each.place
    if counted:
        index = body.parameters[0]
        step = effect.params["step"]
        variable = program.fresh(str(index.params.get("name", "index")))
        program.where[id(index)] = Place(variable, index.dtype)
        steps = "" if step == 1 else f", {step}"
        head = f"for {variable}_at in range({bounds[0]}, {bounds[1]}{steps}):"
        inside.insert(0, f"{variable} = np.int64({variable}_at)")
    else:
        head = "while True:"
    inside += program.block(body.effects, body.outputs)
    inside += _hand_on(program, effect, carried)
    program.depth -= 1
    lines += [head, *indent(inside or ["pass"])]
    program.where = outside
    for number, each in enumerate(carried):
        each.place.moved = each.place.moved or not each.in_place
        program.keep_pick(effect, number, each.place)


def _goes_before(program: Program, node: Node) -> bool:
    """Whether a value that a loop does not change is computed before it.

    One that looks up a place, or relies on sizes that fit, is not: a check inside the loop may have to come first.
    """
    if node.op is CONSTANT or (node.ndim and foldable(node)):
        return False
    below = program.regions.expressions([node], program.where)
    return not any(map(relies_on_check, below))


def _headline(effect: Node) -> str:
    return f"native {effect.params['kind']} loop{_line(effect)}"


def _line(effect: Node) -> str:
    return f"  # line {effect.span.line}" if effect.span else ""


def _entered(
    program: Program, body: Block, rows: list[tuple[Node, Node, Node]], lines: list[str]
) -> list[_Carried]:
    """The values carried round a loop; where several begin with one array, the last that may takes its memory."""
    takers = {
        id(before): place
        for place, (before, _, output) in sorted(
            enumerate(rows), key=lambda row: id(row[1][2]) in program.written
        )
    }
    found: dict[int, _Carried] = {}
    taking = {place for place in takers.values() if id(rows[place][0]) in program.where}
    for place in sorted(range(len(rows)), key=taking.__contains__):
        before, parameter, output = rows[place]
        takes = takers[id(before)] == place
        found[place] = _enter(program, body, before, parameter, output, takes, lines)
    return [found[place] for place in range(len(rows))]


def _enter(
    program: Program,
    body: Block,
    before: Node,
    parameter: Node,
    output: Node,
    takes: bool,
    lines: list[str],
) -> _Carried:
    """Memory for a carried value, which holds what it begins with."""
    stem = re.sub(r"\W+", "_", str(parameter.params.get("name", "carried"))).strip("_")
    if not parameter.ndim:
        name = program.fresh(stem)
        lines.append(f"{name} = {program.text(before, lines)}")
        return _Carried(Place(name, parameter.dtype), output)
    in_place = root_in(body, output) is parameter
    found = program.where.get(id(before))
    if takes and (in_place or (found is not None and found.owned and is_slot(program, found))):
        place = program.target(before, output, lines)
    else:
        buffer, place = program.own(parameter, stem, lines)
        program.write(before, buffer, lines)
    return _Carried(place, output, in_place)


def is_slot(program: Program, place: Place) -> bool:
    """Whether memory was made by the plan for this kernel, all of one type."""
    return any(buffer.name == place.name for buffer in program.memory) and place.contiguous


def _test(program: Program, effect: Node, carried: list[_Carried]) -> list[str]:
    test: Block = effect.params["test"]
    saved = dict(program.where)
    for parameter, each in zip(test.parameters, carried, strict=True):
        program.where[id(parameter)] = each.place
    lines = program.block(test.effects, test.outputs)
    condition = program.text(test.outputs[0], lines)
    program.where = saved
    return [*lines, f"if not {condition}:", "    break"]


def _hand_on(program: Program, effect: Node, carried: list[_Carried]) -> list[str]:
    """The values for the next step, all computed before any is taken over."""
    lines: list[str] = []
    leaving = effect.params["body"].outputs[len(carried) :]
    program.compute([each.output for each in carried if not each.output.ndim] + list(leaving), lines)
    leave = [program.text(node, lines) for node in leaving]
    numbers = [each for each in carried if not each.output.ndim]
    new = [(each.place.name, program.text(each.output, lines)) for each in numbers]
    for each in carried:
        if each.output.ndim and each.in_place:
            program.settle(each.output, each.place, lines)
    new += _new_arrays(program, [each for each in carried if each.output.ndim and not each.in_place], lines)
    new = [(name, text) for name, text in new if name != text]
    if new:
        lines.append(f"{', '.join(name for name, _ in new)} = {', '.join(text for _, text in new)}")
    if leave:
        lines += [f"if {leave[0]}:", "    break"]
    return lines


def _new_arrays(program: Program, carried: list[_Carried], lines: list[str]) -> list[tuple[str, str]]:
    """The variables to exchange so that each carried array has its next value, and each memory one variable."""
    names = [each.place.name for each in carried]
    sources: list[str] = []
    spares: list[str] = []
    for each in carried:
        found = program.where.get(id(each.output)) if is_state(each.output) else None
        if found is not None and found.name in names and found.name not in sources:
            sources.append(found.name)
            continue
        spare, _ = program.own(each.output, f"{each.place.name}_next", lines)
        program.write(each.output, spare, lines)
        sources.append(spare.name)
        spares.append(spare.name)
    free = [name for name in (*names, *spares) if name not in sources]
    return [*zip(names, sources, strict=True), *zip(spares, free, strict=True)]


# -- branches


def write_branch(program: Program, effect: Node, lines: list[str]) -> None:
    """A native ``if``, both of whose sides give values of the same types."""
    condition = program.text(effect.inputs[0], lines)
    then, otherwise = effect.params["then"], effect.params["otherwise"]
    roots = _roots(program, effect)
    kept: dict[int, Place] = {}
    for root, output in zip(roots, _changed(effect, roots), strict=True):
        if root is not None and output is not None:
            place = program.target(root, output, lines)
            if id(root) in program.where:
                kept[id(root)] = program.where[id(root)]
            program.where[id(root)] = place
    places = [_chosen(program, output, root, lines) for output, root in zip(then.outputs, roots, strict=True)]
    outside = dict(program.where)
    program.outline.append((program.depth, f"native branch{_line(effect)}"))
    program.depth += 1
    sides = [_side(program, block, places) for block in (then, otherwise)]
    program.depth -= 1
    program.where = outside
    lines += [f"if {condition}:", *indent(sides[0] or ["pass"])]
    if sides[1]:
        lines += ["else:", *indent(sides[1])]
    for root in filter(None, roots):
        program.where.pop(id(root), None)
    program.where |= kept
    for number, (place, _) in enumerate(places):
        program.keep_pick(effect, number, place)


def _chosen(
    program: Program, output: Node, root: Node | None, lines: list[str]
) -> tuple[Place, Buffer | None]:
    """Where both sides leave a value; a buffer where it is a new array."""
    if not output.ndim:
        return Place(program.fresh("chosen"), output.dtype), None
    if root is not None:
        return program.where[id(root)], None
    buffer, place = program.own(output, "chosen", lines)
    return place, buffer


def _changed(effect: Node, roots: list[Node | None]) -> list[Node | None]:
    """For each array that is changed in place, what the side that changes it makes of it."""
    found: list[Node | None] = []
    for number, root in enumerate(roots):
        outputs = [block.outputs[number] for block in effect.blocks]
        found.append(next((output for output in outputs if output is not root), None) if root else None)
    return found


def _roots(program: Program, effect: Node) -> list[Node | None]:
    """The array that each value is made in: one for the caller first, and each array for one value only."""
    roots = [_root(effect, number) for number in range(len(effect.params["then"].outputs))]

    def rank(number: int) -> bool:
        return not any(id(pick) in program.written for pick in program.picks.get((id(effect), number), ()))

    taken: set[int] = set()
    for number in sorted(range(len(roots)), key=rank):
        if id(roots[number]) in taken:
            roots[number] = None
        taken.add(id(roots[number]))
    return roots


def _root(effect: Node, number: int) -> Node | None:
    """The array that both sides change in place, if they do."""
    outputs = [block.outputs[number] for block in effect.blocks]
    if not outputs[0].ndim:
        return None
    found = [root_in(block, output) for block, output in zip(effect.blocks, outputs, strict=True)]
    changed = any(output is not root for output, root in zip(outputs, found, strict=True))
    return found[0] if changed and found[0] is not None and found[0] is found[1] else None


def _side(program: Program, block: Block, places: list[tuple[Place, Buffer | None]]) -> list[str]:
    saved = dict(program.where)
    lines = program.block(block.effects, block.outputs)
    program.compute([output for output in block.outputs if not output.ndim], lines)
    for output, (place, buffer) in zip(block.outputs, places, strict=True):
        if not output.ndim:
            lines.append(f"{place.name} = {program.text(output, lines)}")
        elif buffer is not None:
            program.write(output, buffer, lines)
    for output, (place, buffer) in zip(block.outputs, places, strict=True):
        if output.ndim and buffer is None:
            program.settle(output, place, lines)
    program.where = saved
    return lines


STATEMENTS: dict[str, Callable[[Program, Node, list[str]], None]] = {
    "update": write_update,
    "scatter": write_scatter,
    "check": write_check,
    "loop": write_loop,
    "branch": write_branch,
}
