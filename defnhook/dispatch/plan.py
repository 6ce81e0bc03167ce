"""A trace made into a plan: a generated Python function that runs steps and kernels in order."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from defnhook import config
from defnhook.backend import eager
from defnhook.backend.interpret import interpreted
from defnhook.dispatch import store
from defnhook.dispatch.function import Dispatcher, pruned
from defnhook.dispatch.signature import argument_template, describe, stand_in
from defnhook.dispatch.statistics import count, logger, register_counter
from defnhook.dispatch.threads import run_phases, thread_count
from defnhook.emit.kernel import Argument, Kernel, emit
from defnhook.emit.library import lacks
from defnhook.errors import DefnError
from defnhook.graph import CAST, CONSTANT, INPUT, RESHAPE, SLICE, TRANSPOSE, Graph, Node
from defnhook.ops.kinds import Elementwise, Library, Reduction
from defnhook.schedule.segments import VIEWS, Division, divide, strip_views, where_it_runs
from defnhook.trace.calls import scope
from defnhook.trace.context import StaticDemand, Trace, tracing
from defnhook.trace.structure import Leaf, transform
from defnhook.trace.tensor import Tensor
from defnhook.transform import optimize

MOST_RETRACES = 64
THREAD_WORK = 200_000


@dataclass(slots=True)
class Traced:
    """A finished trace: the graph, the shape of the result, and how it is made of the graph's outputs."""

    graph: Graph
    template: Any
    tensors: list[Tensor]
    positions: dict[int, int]
    leaves: list[Any]
    key: tuple[Any, ...]
    notes: list[str]
    arguments: Callable[[Any], Any]


@dataclass(slots=True)
class Plan:
    """Everything behind one signature, kept for ``explain``."""

    traced: Traced
    optimized: Graph
    division: Division
    kernels: list[Kernel]
    source: str = ""
    loaded: list[Any] = field(default_factory=list)
    run: Callable[..., Any] | None = None


# -- tracing


def trace_call(dispatcher: Dispatcher, args: tuple[Any, ...]) -> Traced:
    """Trace a call, again with more inputs static where the trace asked for their values."""
    notes: list[str] = []
    for _ in range(MOST_RETRACES):
        trace = Trace(static=dispatcher.static, cells=dispatcher.cells)
        try:
            return _trace_once(dispatcher, args, trace, notes)
        except StaticDemand as demand:
            notes += trace.notes
            dispatcher.static |= demand.names
            logger.info("%s is traced again: %s", dispatcher.name, trace.notes[-1])
    raise DefnError(
        f"{dispatcher.name}() needs more than {MOST_RETRACES} numbers as values; pass some of them as one"
    )


def _trace_once(dispatcher: Dispatcher, args: tuple[Any, ...], trace: Trace, notes: list[str]) -> Traced:
    count("traces")
    with tracing(trace), np.errstate(all="ignore"):
        values = [stand_in(value, path, trace) for path, value in zip(dispatcher.names, args, strict=True)]
        own = len(trace.inputs)
        try:
            with scope(trace, dispatcher.cells):
                result = dispatcher.call_twin(tuple(values))
        except Exception as error:
            raise error.with_traceback(pruned(error)) from error.__cause__
    tensors: list[Tensor] = []
    template = transform(result, lambda leaf, path: _output(leaf, tensors))
    for guard, _ in trace.guards.values():
        if all(guard.key != known.key for known in dispatcher.guards):
            dispatcher.guards.append(guard)
    key, leaves = dispatcher.key_of(args)
    inputs = tuple(trace.inputs)
    positions = _positions(dispatcher, trace, own)
    graph = Graph(
        dispatcher.name, inputs, tuple(t.node for t in tensors), dispatcher.plain.__code__.co_filename
    )  # type: ignore[attr-defined]
    arguments = argument_template(args, dispatcher.names, dispatcher.static)
    return Traced(graph, template, tensors, positions, leaves, key, notes, arguments)


def _output(leaf: Any, tensors: list[Tensor]) -> Any:
    if isinstance(leaf, np.ndarray):
        from defnhook.trace.primitives import constant

        leaf = constant(leaf)
    if not isinstance(leaf, Tensor):
        return leaf
    for place, known in enumerate(tensors):
        if known is leaf:
            return Leaf(place)
    tensors.append(leaf)
    return Leaf(len(tensors) - 1)


def _positions(dispatcher: Dispatcher, trace: Trace, own: int) -> dict[int, int]:
    """Where among the plan's values each input of the trace stands."""
    positions = {id(node): place for place, node in enumerate(trace.inputs[:own])}
    place = own
    for guard in dispatcher.guards:
        key: list[Any] = []
        leaves: list[Any] = []
        describe(guard.read(), guard.name, key, leaves, dispatcher.static)
        for offset, node in enumerate(trace.guard_inputs.get(guard.key, ())):
            positions[id(node)] = place + offset
        place += len(leaves)
    return positions


# -- planning


def make_plan(dispatcher: Dispatcher, args: tuple[Any, ...]) -> tuple[Any, list[Any], Callable[..., Any]]:
    """The key, the values and the runnable plan of a call."""
    traced = trace_call(dispatcher, args)
    plan = build(dispatcher, traced)
    compile_plan(plan, dispatcher)
    count("plans")
    assert plan.run is not None
    run = plan.run
    if config.mode() == "check":
        from defnhook.dispatch.checking import checked

        run = checked(run, dispatcher, traced)
    return traced.key, traced.leaves, run


def build(dispatcher: Dispatcher, traced: Traced) -> Plan:
    """The passes, the schedule and the source of a trace; nothing is compiled."""
    graph = optimize(traced.graph, check=config.mode() == "check")
    division = divide(graph, lacks)
    plan = Plan(traced, graph, division, [])
    layouts = _layouts(plan)
    if runs_eagerly(plan):
        return plan
    for number, segment in enumerate(division.segments):
        if segment.results:
            plan.kernels.append(emit(segment, "{name}", layouts))
        else:
            plan.kernels.append(None)  # type: ignore[arg-type]
        del number
    return plan


def runs_eagerly(plan: Plan) -> bool:
    """Empty arrays are not worth a kernel, and ``DEFNHOOK=eager`` wants none."""
    if config.mode() == "eager":
        return True
    nodes = plan.optimized.nodes()
    return any(0 in node.shape for node in nodes)


def _layouts(plan: Plan) -> dict[int, tuple[tuple[int, ...], bool]]:
    """How each value that a kernel can take lies in memory."""
    layouts: dict[int, tuple[tuple[int, ...], bool]] = {}
    for node in plan.optimized.nodes():
        if node.op is INPUT and node.type.kind == "array":
            value = plan.traced.leaves[plan.traced.positions[id(node)]]
            order = node.type.order
            contiguous = _converted(value).transpose(order).flags.c_contiguous
            layouts[id(node)] = (order, bool(contiguous))
        elif _is_step(node) or node.op is CONSTANT:
            layouts[id(node)] = (tuple(range(node.ndim)), True)
        else:
            layouts[id(node)] = (node.type.order, True)
    return layouts


def _is_step(node: Node) -> bool:
    return where_it_runs(node, lacks) == "step"


def _needs_conversion(value: Any) -> bool:
    return not value.dtype.isnative


def _converted(value: Any) -> Any:
    """An array in native byte order."""
    return value.astype(value.dtype.newbyteorder("=")) if _needs_conversion(value) else value


# -- the plan's own source


class _Source:
    """Writes the Python function that runs a plan."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan = plan
        self.name = name
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.memory: dict[int, str] = {}
        self.constants: dict[str, Any] = {"np": np, "empty": np.empty, "run_phases": run_phases}
        self._count = itertools.count()
        self.step_count = 0

    def constant(self, stem: str, value: Any) -> str:
        name = f"{stem}_{next(self._count)}"
        self.constants[name] = value
        return name

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self._count)}"


def compile_plan(plan: Plan, dispatcher: Dispatcher) -> None:
    """Load or compile the kernels and make the runnable function."""
    if runs_eagerly(plan):
        plan.run = _eager_run(plan)
        plan.source = "# every step of the graph runs in NumPy\n"
        return
    out = _Source(plan, dispatcher.name)
    values = [f"a{i}" for i in range(len(plan.traced.leaves))]
    for node in plan.optimized.inputs:
        out.names[id(node)] = _input(out, node, values[plan.traced.positions[id(node)]])
    for group, segment in itertools.zip_longest(
        range(len(plan.division.steps)), range(len(plan.division.segments))
    ):
        for node in plan.division.steps[group]:
            _write_step(out, node)
        if segment is not None and plan.kernels[segment] is not None:
            _write_kernel(out, plan, segment, dispatcher)
    result = _write_result(out, plan, values)
    _count_calls(plan, out)
    head = f"def {_identifier(dispatcher.name)}({', '.join(values)}):"
    body = ["count_call()", *out.lines, f"return {result}"]
    plan.source = "\n".join([head, *(f"    {line}" for line in body)]) + "\n"
    filename = f"<defnhook plan {dispatcher.name} {next(_PLAN_NUMBERS)}>"
    linecache.cache[filename] = (len(plan.source), None, plan.source.splitlines(keepends=True), filename)
    namespace = dict(out.constants)
    exec(compile(plan.source, filename, "exec"), namespace)
    plan.run = namespace[_identifier(dispatcher.name)]
    if out.step_count:
        plan.run = _quiet(plan.run)


_PLAN_NUMBERS = itertools.count()


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "plan"


def _quiet(run: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*values: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*values)

    return quiet


def _count_calls(plan: Plan, out: _Source) -> None:
    """Count the plan's calls with an iterator, which needs no lock."""
    counter = itertools.count()
    out.constants["count_call"] = counter.__next__

    def read() -> int:
        return int(repr(counter)[6:-1])

    if any(kernel is not None for kernel in plan.kernels):
        register_counter("native_calls", read)
    if any(plan.division.steps):
        register_counter("step_calls", read)


def _input(out: _Source, node: Node, name: str) -> str:
    value = out.plan.traced.leaves[int(name[1:])]
    if isinstance(value, np.ndarray) and _needs_conversion(value):
        converted = out.fresh("native")
        out.constants["converted"] = _converted
        out.lines.append(f"{converted} = converted({name})")
        return converted
    return name


def _name(out: _Source, node: Node) -> str:
    """The variable that holds a value, views of it made as needed."""
    if id(node) in out.names:
        return out.names[id(node)]
    if node.op is CONSTANT:
        out.names[id(node)] = out.constant("constant", node.params["value"])
        return out.names[id(node)]
    assert node.op in VIEWS, node
    source = _name(out, node.inputs[0])
    name = out.fresh("view")
    out.lines.append(f"{name} = {_view_text(out, node, source)}")
    out.names[id(node)] = name
    return name


def _view_text(out: _Source, node: Node, source: str) -> str:
    if node.op is TRANSPOSE:
        return f"{source}.transpose({node.params['axes']})"
    if node.op is RESHAPE:
        return f"np.reshape({source}, {node.shape})"
    if node.op is SLICE:
        return f"{source}[{out.constant('index', eager.slices(node))}]"
    return f"np.broadcast_to({source}, {node.shape})"


def _write_step(out: _Source, node: Node) -> None:
    name = out.fresh("v")
    if node.op is CAST and node.inputs[0].type.kind == "python" and _passes_as_it_is(out, node):
        out.names[id(node)] = _name(out, node.inputs[0])
        return
    operands = ", ".join(_name(out, operand) for operand in node.inputs)
    if isinstance(node.op, Library) and not node.params:
        call = out.constant(node.op.name, node.op.numpy)
        out.lines.append(f"{name} = {call}({operands})")
    elif node.op.name == "host":
        call = out.constant(_identifier(node.params["function"].__name__), node.params["function"])
        out.lines.append(f"{name} = {call}({operands})")
    else:
        call = out.constant(node.op.name, _apply(node))
        out.lines.append(f"{name} = {call}({operands})")
        out.step_count += isinstance(node.op, Elementwise | Reduction)
    out.names[id(node)] = name


def _apply(node: Node) -> Callable[..., Any]:
    def apply(*operands: Any) -> Any:
        return eager.apply(node, operands)

    return apply


def _passes_as_it_is(out: _Source, node: Node) -> bool:
    """Whether only kernels take a converted Python number: they convert it themselves."""
    if node.dtype.kind != "f" or node.inputs[0].dtype.kind not in "fi":
        return False
    if any(id(node) == id(t) for t in out.plan.optimized.outputs):
        return False
    return not any(
        strip_views(operand) is node
        for group in out.plan.division.steps
        for step in group
        for operand in step.inputs
    )


def _write_kernel(out: _Source, plan: Plan, number: int, dispatcher: Dispatcher) -> None:
    kernel, segment = plan.kernels[number], plan.division.segments[number]
    entry = out.constant("kernel", _entry(plan, kernel, dispatcher))
    threaded = any(p.parallel for p in kernel.phases) and _work(kernel) >= THREAD_WORK and thread_count() > 1
    values = [_argument(out, kernel, argument) for argument in kernel.arguments]
    if kernel.table:
        values.append(_table(out, kernel, threaded))
    arguments = ", ".join(values)
    if threaded:
        phases = out.constant("phases", tuple((p.parallel, p.units) for p in kernel.phases))
        out.lines.append(f"run_phases({entry}, ({arguments},), {phases})")
    else:
        out.lines.append(f"{entry}({arguments}, -1, 0, 0)")
    for result, node in zip(segment.results, kernel.schedule.segment.results, strict=True):
        _name_result(out, result, kernel.placement.by_node[id(node)].name, kernel, number)


def _entry(plan: Plan, kernel: Kernel, dispatcher: Dispatcher) -> Callable[..., Any]:
    """The kernel to call: compiled, or in Python where ``DEFNHOOK=interpret`` asks for it."""
    if config.mode() == "interpret":
        plan.loaded.append(None)
        return interpreted(kernel)
    loaded = store.load(_identifier(dispatcher.name), kernel_text(kernel), _reason(dispatcher, plan))
    plan.loaded.append(loaded)
    return loaded.entry  # type: ignore[no-any-return]


def _work(kernel: Kernel) -> int:
    return sum(phase.work for phase in kernel.phases if phase.parallel)


def _reason(dispatcher: Dispatcher, plan: Plan) -> str:
    inputs = ", ".join(f"{node.params['name']}: {node.type}" for node in plan.optimized.inputs)
    return f"first call of {dispatcher.name}({inputs})"


def _table(out: _Source, kernel: Kernel, threaded: bool) -> str:
    """The table of a kernel: shared by all calls, but where phases leave partial results in it."""
    table = out.constant("table", np.array(kernel.table + [0] * (kernel.parts * threaded), np.uint64))
    return f"{table}.copy()" if kernel.parts and threaded else table


def _argument(out: _Source, kernel: Kernel, argument: Argument) -> str:
    if argument.role == "operand":
        return _operand(out, argument)
    name = f"{argument.name}_{len(out.plan.loaded)}"
    extents = kernel.schedule.extents.values
    shape = tuple(n if isinstance(n, int) else extents[n] for n in argument.extents)
    dtype = out.constant(argument.dtype.name, argument.dtype)
    out.lines.append(f"{name} = empty({shape}, {dtype})")
    return name


def _operand(out: _Source, argument: Argument) -> str:
    node = argument.node
    if id(node) in out.memory:
        return out.memory[id(node)]
    name = _name(out, node)
    if argument.ndim < 1:
        return name
    if _is_step(node) or node.op is CONSTANT or node.op in VIEWS:
        fixed = out.fresh("dense")
        out.constants["dense"] = np.ascontiguousarray
        out.lines.append(f"{fixed} = dense({name})")
        return fixed
    if argument.order != tuple(range(argument.ndim)):
        return f"{name}.transpose({argument.order})"
    return name


def _name_result(out: _Source, result: Node, buffer: str, kernel: Kernel, number: int) -> None:
    memory = f"{buffer}_{len(out.plan.loaded)}"
    out.memory[id(result)] = memory
    order = result.type.order
    if result.type.kind == "scalar":
        out.names[id(result)] = f"{memory}[()]"
    elif order != tuple(range(result.ndim)):
        name = out.fresh("v")
        out.lines.append(f"{name} = {memory}.transpose({tuple(int(i) for i in np.argsort(order))})")
        out.names[id(result)] = name
    else:
        out.names[id(result)] = memory


# -- results


def _write_result(out: _Source, plan: Plan, values: list[str]) -> str:
    given: set[str] = set()
    texts = []
    for tensor, node in zip(plan.traced.tensors, plan.optimized.outputs, strict=True):
        texts.append(_one_result(out, plan, tensor, node, values, given))
    template = plan.traced.template
    if isinstance(template, Leaf):
        return texts[0]
    variables = []
    for text in texts:
        name = out.fresh("r")
        out.lines.append(f"{name} = {text}")
        variables.append(name)
    return _structure_text(out, template, variables)


def _structure_text(out: _Source, template: Any, variables: list[str]) -> str:
    if isinstance(template, Leaf):
        return variables[template.index]
    if type(template) is tuple:
        items = [_structure_text(out, item, variables) for item in template]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if type(template) is list:
        return f"[{', '.join(_structure_text(out, item, variables) for item in template)}]"
    build = out.constant("build", _builder(template))
    return f"{build}(({', '.join(variables)}{',' if variables else ''}))"


def _builder(template: Any) -> Callable[[Any], Any]:
    def build_(values: Any) -> Any:
        return transform(template, lambda leaf, path: values[leaf.index] if isinstance(leaf, Leaf) else leaf)

    return build_


def _one_result(
    out: _Source, plan: Plan, tensor: Tensor, node: Node, values: list[str], given: set[str]
) -> str:  # fmt: skip
    if tensor.alias is not None:
        text = values[plan.traced.positions[id(tensor.alias.source)]]
        for step in tensor.alias.recipe:
            text = f"{out.constant('view', step)}({text})"
        return text
    base = strip_views(node)
    text = _fresh_value(out, tensor, node, base)
    if text is None:
        name = _name(out, node)
        text = name
        shared = node.op in VIEWS or base.op in (INPUT, CONSTANT) or name in given
        if tensor.kind == "array" and shared:
            text = f"{out.constant('copied', _copier(tensor.type.order))}({name})"
        given.add(name)
    return _of_kind(out, text, tensor, node)


def _copier(order: tuple[int, ...]) -> Callable[[Any], Any]:
    """A copy in a memory order, given by the axes from the outermost."""
    back = tuple(int(axis) for axis in np.argsort(order))

    def copied(value: Any) -> Any:
        return np.array(value.transpose(order), order="C").transpose(back)

    return copied


def _fresh_value(out: _Source, tensor: Tensor, node: Node, base: Node) -> str | None:
    """An array filled with one constant."""
    if tensor.kind == "array" and base.op is CONSTANT and not base.ndim and node.ndim:
        value = base.params["value"]
        dtype = out.constant("dtype", tensor.dtype)
        order = tensor.type.order
        shape = tuple(tensor.shape[axis] for axis in order)
        made = "zeros" if not value and not np.signbit(np.real(value)) else ""
        text = (
            f"np.zeros({shape}, {dtype})"
            if made
            else f"np.full({shape}, {out.constant('fill', value)}, {dtype})"
        )
        back = tuple(int(i) for i in np.argsort(order))
        return text if back == tuple(range(node.ndim)) else f"{text}.transpose({back})"
    return None


def _of_kind(out: _Source, text: str, tensor: Tensor, node: Node) -> str:
    """The value as the kind of number that NumPy gives."""
    if tensor.kind == "python":
        if node.op is CONSTANT:
            return out.constant("number", node.params["value"])
        return text
    if tensor.ndim or (text.endswith("[()]") and tensor.kind == "scalar"):
        return text
    made = out.constant("kind", _kind_maker(tensor.kind, tensor.dtype))
    return f"{made}({text})"


def _kind_maker(kind: str, dtype: np.dtype[Any]) -> Callable[[Any], Any]:
    def scalar(value: Any) -> Any:
        return np.asarray(value, dtype)[()]

    def array(value: Any) -> Any:
        return np.array(value, dtype)

    return scalar if kind == "scalar" else array


def _eager_run(plan: Plan) -> Callable[..., Any]:
    inputs = [plan.traced.positions[id(node)] for node in plan.optimized.inputs]
    rebuild = _builder(plan.traced.template)
    makers = [
        _kind_maker(t.kind, t.dtype)
        if not t.ndim and t.kind != "python"
        else _copier(t.type.order)
        if t.ndim
        else (lambda v: v)
        for t in plan.traced.tensors
    ]

    def run(*values: Any) -> Any:
        results = eager.evaluate(plan.optimized, [_operand_value(values[place]) for place in inputs])
        final = []
        for tensor, make, value in zip(plan.traced.tensors, makers, results, strict=True):
            if tensor.alias is not None:
                value = values[plan.traced.positions[id(tensor.alias.source)]]
                for step in tensor.alias.recipe:
                    value = step(value)
                final.append(value)
            else:
                final.append(make(value))
        return rebuild(final)

    return run


def _operand_value(value: Any) -> Any:
    return _converted(value) if isinstance(value, np.ndarray) else value


# -- the kernel's file


def kernel_text(kernel: Kernel) -> str:
    """A kernel as a module: what it imports, its signature, its source."""
    names = sorted({"BLOCK", "ZERO", "native", *kernel.functions})
    imports = _wrapped("from defnhook.backend.numba import ", names)
    header = "import numpy as np\n" + imports
    return f'{header}\n\n@native("{signature(kernel)}")\n{kernel.source}'


def _wrapped(head: str, names: list[str]) -> str:
    line = head + ", ".join(names)
    if len(line) <= 100:
        return line + "\n"
    return head + "(\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def signature(kernel: Kernel) -> str:
    """The types a kernel takes, as Numba writes them."""
    parts = [_type_text(argument) for argument in kernel.arguments]
    parts += ["uint64[::1]"] * bool(kernel.table)
    return f"void({', '.join([*parts, 'int64', 'uint64', 'uint64'])})"


def _type_text(argument: Argument) -> str:
    name = "boolean" if argument.dtype.kind == "b" else argument.dtype.name
    if argument.ndim < 0:
        return name
    if argument.ndim == 0:
        return f"Array({name}, 0, 'C')"
    if not argument.contiguous:
        return f"{name}[{', '.join([':'] * argument.ndim)}]"
    return f"{name}[{', '.join([':'] * (argument.ndim - 1) + ['::1'])}]"
