"""The Python function that runs a plan: steps, kernels and results as readable text."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Callable
from textwrap import indent
from types import CodeType
from typing import Any

import numpy as np

from defnhook import config
from defnhook.backend import eager
from defnhook.backend.blas import alone
from defnhook.backend.interpret import interpreted
from defnhook.dispatch import store
from defnhook.dispatch.function import Dispatcher, locate
from defnhook.dispatch.memory import LEAST
from defnhook.dispatch.plan import Plan, converted, is_step, needs_conversion, plain_run, runs_eagerly, varies
from defnhook.dispatch.results import eager_run, write_result
from defnhook.dispatch.shortcut import Shortcut
from defnhook.dispatch.statistics import register_counter
from defnhook.dispatch.threads import SLICES, Choice, thread_count
from defnhook.dispatch.tracing import call_text
from defnhook.dispatch.writing import PlanSource, keep_results, keep_states, value_name
from defnhook.emit.kernel import Argument, Kernel, team_state
from defnhook.emit.module import kernel_text
from defnhook.emit.program import RaisedFault
from defnhook.emit.storage import storage
from defnhook.graph import CAST, CONSTANT, ITEM, Node, Unforeseen
from defnhook.ops.kinds import Elementwise, Library, Reduction
from defnhook.schedule.segments import VIEWS, strip_views

THREAD_WORK = 200_000
BRIEF_WORK = 4_000


def compile_plan(plan: Plan, dispatcher: Dispatcher) -> None:
    """Load or compile the kernels and make the runnable function."""
    if runs_eagerly(plan):
        run = _fitting(plan, dispatcher, eager_run(plan))
        plan.run = _printing(plan, _guarded(plan, dispatcher, run))
        plan.source = "# every step of the graph runs in NumPy\n"
        return
    out = PlanSource(plan, dispatcher.name)
    values = [f"a{i}" for i in range(len(plan.traced.leaves))]
    _guard_writes(out, plan, dispatcher, values)
    for node in plan.optimized.inputs:
        out.names[id(node)] = _input(out, node, values[plan.traced.positions[id(node)]])
    keep_results(out, plan)
    for group, segment in itertools.zip_longest(
        range(len(plan.division.steps)), range(len(plan.division.segments))
    ):
        for node in plan.division.steps[group]:
            _write_step(out, node)
        if segment is not None:
            _write_kernel(out, plan, segment, dispatcher)
    _write_back(out, plan, values)
    result = write_result(out, plan, values)
    counted = _count_calls(plan, out)
    head = f"def {identifier(dispatcher.name)}({', '.join(values)}):"
    body = [*counted, *out.lines, f"return {result}"]
    plan.source = "\n".join([head, *(indent(line, "    ") for line in body)]) + "\n"
    namespace = dict(out.constants)
    exec(_at_the_users_lines(plan, dispatcher, out), namespace)
    plan.run = namespace[identifier(dispatcher.name)]
    namespace.update(out.constants)  # one of them may have the name of the function
    if len(plan.loaded) == 1:
        shortcut = Shortcut(plan.source, namespace, plan.loaded[0], _is_brief(plan))
        namespace[identifier(dispatcher.name)].shortcut = shortcut
    if out.step_count:
        plan.run = _quiet(plan.run)
    plan.run = _fitting(plan, dispatcher, plan.run)
    plan.run = _printing(plan, plan.run)


def _at_the_users_lines(plan: Plan, dispatcher: Dispatcher, out: PlanSource) -> CodeType:
    """The plan's code, whose steps stand where the user wrote them: a traceback shows the user's expression."""
    plain = dispatcher.plain.__code__
    tree = ast.parse(plan.source)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    first = len(function.body) - 1 - len(out.lines)
    start = (plain.co_firstlineno, plain.co_firstlineno, 0, 0)
    for part in ast.walk(function):
        locate(part, start)
    for number, span in out.spans.items():
        line, end_line, column, end_column = span.position()
        if span.filename == plain.co_filename and line is not None:
            place = (line, end_line or line, column or 0, end_column or 0)
            for part in ast.walk(function.body[number + first]):
                locate(part, place)
    return compile(tree, plain.co_filename, "exec")


def identifier(name: str) -> str:
    """The name of a function as part of Python names: ``grad(f)`` is ``grad_f``."""
    return re.sub(r"\W+", "_", name).strip("_") or "plan"


def _quiet(run: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*values: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*values)

    return quiet


def _fitting(plan: Plan, dispatcher: Dispatcher, run: Callable[..., Any]) -> Callable[..., Any]:
    """A run that leaves to the plain function what comes out in another shape than the plan says."""
    if not any(map(varies, plan.optimized.nodes())):
        return run

    def fitting(*values: Any) -> Any:
        try:
            return run(*values)
        except Unforeseen as reason:
            return plain_run(dispatcher, plan.traced.arguments, str(reason))(*values)

    return fitting


def _printing(plan: Plan, run: Callable[..., Any]) -> Callable[..., Any]:
    """A run that prints what the function prints, before it gives its result."""
    if not plan.traced.prints:
        return run

    def printing(*values: Any) -> Any:
        result, *prints = run(*values)
        for arguments, keywords in prints:
            print(*arguments, **keywords)  # noqa: T201
        return result

    return printing


def _count_calls(plan: Plan, out: PlanSource) -> list[str]:
    """Count the plan's calls with an iterator, which needs no lock; views alone are not counted."""
    if not any(plan.kernels) and not any(plan.division.steps):
        return []
    counter = itertools.count()
    out.constants["count_call"] = counter.__next__

    def read() -> int:
        return int(repr(counter)[6:-1])

    if any(kernel is not None for kernel in plan.kernels):
        register_counter("native_calls", read)
    if any(plan.division.steps):
        register_counter("step_calls", read)
    return ["count_call()"]


def _input(out: PlanSource, node: Node, name: str) -> str:
    value = out.plan.traced.leaves[int(name[1:])]
    if isinstance(value, np.ndarray) and needs_conversion(value):
        native = out.fresh("native")
        out.constants["converted"] = converted
        out.lines.append(f"{native} = converted({name})")
        return native
    return name


def _write_step(out: PlanSource, node: Node) -> None:
    before = len(out.lines)
    _write_step_text(out, node)
    if node.span is not None:
        out.spans |= dict.fromkeys(range(before, len(out.lines)), node.span)


def _write_step_text(out: PlanSource, node: Node) -> None:
    name = out.fresh("v")
    if node.op is CAST and node.inputs[0].type.kind == "python" and _passes_as_it_is(out, node):
        out.names[id(node)] = value_name(out, node.inputs[0])
        return
    operands = ", ".join(value_name(out, operand) for operand in node.inputs)
    if node.op is ITEM and node.type.is_c_ordered and not varies(node):
        out.lines.append(f"{name} = {operands}[{node.params['index']}]")
    elif isinstance(node.op, Library) and not node.params and node.type.is_c_ordered:
        call = out.constant(node.op.name, alone(node.op.numpy))
        out.lines.append(f"{name} = {call}({operands})")
    elif node.op.name == "host":
        call = out.constant(
            identifier(getattr(node.params["function"], "__name__", "host")), node.params["function"]
        )
        out.lines.append(f"{name} = {call}({operands})")
    else:
        call = out.constant(node.op.name, _apply(node))
        out.lines.append(f"{name} = {call}({operands})")
        out.step_count += isinstance(node.op, Elementwise | Reduction)
    out.names[id(node)] = name


def _apply(node: Node) -> Callable[..., Any]:
    order = node.type.order
    back = tuple(int(axis) for axis in np.argsort(order))

    def apply(*operands: Any) -> Any:
        result = eager.apply(node, operands)
        return np.ascontiguousarray(result.transpose(order)).transpose(back) if len(order) > 1 else result

    return apply


def _passes_as_it_is(out: PlanSource, node: Node) -> bool:
    """Whether only kernels take a converted Python number: they convert it themselves."""
    if node.dtype.kind != "f" or storage(node.dtype).rounded or node.inputs[0].dtype.kind not in "fi":
        return False
    if any(strip_views(output) is node for output in out.plan.optimized.outputs):
        return False
    return not any(
        strip_views(operand) is node
        for group in out.plan.division.steps
        for step in group
        for operand in step.inputs
    )


def _write_kernel(out: PlanSource, plan: Plan, number: int, dispatcher: Dispatcher) -> None:
    kernel, segment = plan.kernels[number], plan.division.segments[number]
    if kernel is None:
        return
    entry = out.constant("kernel", _entry(plan, kernel, dispatcher))
    shared = bool(kernel.table) and any(phase.parallel for phase in kernel.phases)
    threaded = shared and _work(kernel) >= THREAD_WORK and thread_count() > 1
    values = [_argument(out, kernel, argument) for argument in kernel.arguments]
    if kernel.table:
        values.append(_table(out, kernel, threaded))
    if kernel.faults:
        values.append(_fault(out, kernel))
    arguments = ", ".join(values)
    if threaded:
        phases = out.constant("phases", tuple((p.parallel, p.units) for p in kernel.phases))
        choice = out.constant("threads", Choice())
        out.lines.append(f"{choice}({entry}, ({arguments},), {phases})")
    else:
        out.lines.append(f"{entry}({arguments}, -1, 0, 0)")
    for code, raised in enumerate(kernel.faults, 1):
        _write_fault(out, code, raised)
    for result, name in zip(segment.results, kernel.results, strict=True):
        _name_result(out, result, name, kernel)
    keep_states(out, plan, segment.results)


def _fault(out: PlanSource, kernel: Kernel) -> str:
    """Room for a code and operands, for a kernel that may report an error."""
    count_ = 1 + max(len(raised.dtypes) for raised in kernel.faults)
    out.constants["zeros"], out.constants["int64"] = np.zeros, np.dtype(np.int64)
    out.lines.append(f"fault = zeros({count_}, int64)")
    return "fault"


def _write_fault(out: PlanSource, code: int, raised: RaisedFault) -> None:
    """Raise the error of a code at the user's line."""
    if code == 1:
        out.lines.append("code = fault.item(0)")

    def error(fault: Any) -> BaseException:
        operands = [_operand_of(bits, dtype) for bits, dtype in zip(fault[1:], raised.dtypes, strict=False)]
        return raised.fault.exception(tuple(operands))

    made = out.constant("error", error)
    if raised.node.span is not None:
        out.spans[len(out.lines)] = raised.node.span
    out.lines.append(f"if code == {code}: raise {made}(fault)")


def _operand_of(bits: Any, dtype: np.dtype[Any]) -> Any:
    value = bits.view(np.float64) if dtype.kind == "f" else bits
    return bool(value) if dtype.kind == "b" else value.item()


def _guard_writes(out: PlanSource, plan: Plan, dispatcher: Dispatcher, values: list[str]) -> None:
    """Leave arguments that may not be written, or share memory with one that is, to the plain function."""
    for test, reason in _guards(plan):
        plain = out.constant("plain", plain_run(dispatcher, plan.traced.arguments, reason))
        out.lines.append(f"if {test}: return {plain}({', '.join(values)})")
    out.constants["share"] = np.may_share_memory


def _guards(plan: Plan) -> list[tuple[str, str]]:
    """Tests of the arguments that a plan cannot take, as expressions, and why not."""
    places = [plan.traced.positions[id(node)] for node, _ in plan.optimized.writes]
    leaves = plan.traced.leaves
    known = [leaves[place] for place in places]
    others = [
        number
        for number, leaf in enumerate(leaves)
        if isinstance(leaf, np.ndarray) and all(leaf is not one for one in known)
    ]
    pairs = [*itertools.combinations(places, 2), *itertools.product(places, others)]
    fixed = " or ".join(f"not a{place}.flags.writeable" for place in places)
    shared = " or ".join(f"share(a{a}, a{b})" for a, b in pairs)
    rows = [(fixed, "an array that is written is read-only")] if fixed else []
    return rows + ([(shared, "arguments share memory with one that is written")] if shared else [])


def _guarded(plan: Plan, dispatcher: Dispatcher, run: Callable[..., Any]) -> Callable[..., Any]:
    """A run in NumPy that leaves to the plain function what a kernel would leave to it."""
    rows = _guards(plan)
    if not rows:
        return run
    names = ", ".join(f"a{place}" for place in range(len(plan.traced.leaves)))
    surroundings = {"share": np.may_share_memory}
    tests = [(eval(f"lambda {names}: {test}", surroundings), reason) for test, reason in rows]

    def guarded(*values: Any) -> Any:
        for test, reason in tests:
            if test(*values):
                return plain_run(dispatcher, plan.traced.arguments, reason)(*values)
        return run(*values)

    return guarded


def _write_back(out: PlanSource, plan: Plan, values: list[str]) -> None:
    """Arrays of another byte order that were written in a converted copy."""
    for node, _ in plan.optimized.writes:
        given = values[plan.traced.positions[id(node)]]
        if out.names[id(node)] != given:
            out.lines.append(f"{given}[...] = {out.names[id(node)]}")


def _entry(plan: Plan, kernel: Kernel, dispatcher: Dispatcher) -> Callable[..., Any]:
    """The kernel to call: compiled, or in Python where ``DEFNHOOK=interpret`` asks for it."""
    if config.mode() == "interpret":
        plan.loaded.append(None)
        return interpreted(kernel)
    loaded = store.load(identifier(dispatcher.name), kernel_text(kernel), _reason(dispatcher, plan))
    plan.loaded.append(loaded)
    return loaded.entry


def _work(kernel: Kernel) -> int:
    return sum(phase.work for phase in kernel.phases if phase.parallel)


def _is_brief(plan: Plan) -> bool:
    """Whether a plan's kernels have little to do, and no loops of the user's that may go on."""
    kernels = [kernel for kernel in plan.kernels if kernel is not None]
    return all(not k.outline and sum(phase.work for phase in k.phases) <= BRIEF_WORK for k in kernels)


def _reason(dispatcher: Dispatcher, plan: Plan) -> str:
    return f"first call of {call_text(dispatcher, plan.optimized.inputs)}"


def _table(out: PlanSource, kernel: Kernel, threaded: bool) -> str:
    """The table of a kernel: shared by all calls, but where a team keeps partial results and its state in it."""
    if not threaded:
        return out.constant("table", np.array(kernel.table, np.uint64))
    state = team_state(kernel.phases, SLICES * thread_count())
    table = out.constant("table", np.array([*kernel.table, *[0] * kernel.parts, *state], np.uint64))
    return f"{table}.copy()"


def _argument(out: PlanSource, kernel: Kernel, argument: Argument) -> str:
    if argument.role == "operand":
        return _operand(out, argument)
    name = f"{argument.name}_{len(out.plan.loaded)}"
    extents = kernel.schedule.extents.values
    shape = tuple(n if isinstance(n, int) else extents[n] for n in argument.extents)
    dtype = out.constant(argument.dtype.name, argument.dtype)
    large = math.prod(shape) * argument.dtype.itemsize >= LEAST
    out.lines.append(
        f"{name} = {'reused' if large else 'empty'}({shape[0] if len(shape) == 1 else shape}, {dtype})"
    )
    return name


def _operand(out: PlanSource, argument: Argument) -> str:
    node = argument.node
    if id(node) in out.memory:
        return out.memory[id(node)]
    name = value_name(out, node)
    if argument.ndim < 1:
        return name
    if is_step(node) or node.op is CONSTANT or node.op in VIEWS:
        fixed = out.fresh("dense")
        out.constants["dense"] = np.ascontiguousarray
        out.lines.append(f"{fixed} = dense({name})")
        return fixed
    if argument.order != tuple(range(argument.ndim)):
        return f"{name}.transpose({argument.order})"
    return name


def _name_result(out: PlanSource, result: Node, buffer: str, kernel: Kernel) -> None:
    given = next((a for a in kernel.arguments if a.name == buffer and a.role == "operand"), None)
    if given is not None:
        out.names[id(result)] = value_name(out, given.node)
        return
    memory = f"{buffer}_{len(out.plan.loaded)}"
    out.memory[id(result)] = memory
    order = result.type.order
    if result.type.kind == "python":
        out.names[id(result)] = f"{memory}.item()"
    elif result.type.kind == "scalar":
        out.names[id(result)] = f"{memory}[()]"
    elif order != tuple(range(result.ndim)):
        name = out.fresh("v")
        out.lines.append(f"{name} = {memory}.transpose({tuple(int(i) for i in np.argsort(order))})")
        out.names[id(result)] = name
    else:
        out.names[id(result)] = memory
