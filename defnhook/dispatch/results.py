"""What a plan gives back: views of arguments, fresh arrays, numbers of the right kind, in their containers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from defnhook.backend import eager
from defnhook.dispatch.plan import Plan, converted
from defnhook.dispatch.writing import PlanSource, kept_result, value_name
from defnhook.graph import CONSTANT, INPUT, RESHAPE, SLICE, Node
from defnhook.schedule.segments import VIEWS, strip_views
from defnhook.trace.structure import Chosen, Leaf, children, is_namedtuple, transform
from defnhook.trace.tensor import Tensor


def write_result(out: PlanSource, plan: Plan, values: list[str]) -> str:
    given = set(values)
    texts = []
    for place, node in enumerate(plan.optimized.outputs):
        texts.append(_one_result(out, plan, place, node, values, given))
    template = plan.traced.template
    if isinstance(template, Leaf):
        return texts[0]
    variables = []
    for text in texts:
        name = out.fresh("r")
        out.lines.append(f"{name} = {text}")
        variables.append(name)
    return _structure_text(out, template, variables)


def _structure_text(out: PlanSource, template: Any, variables: list[str]) -> str:
    if isinstance(template, Leaf):
        return variables[template.index]
    if isinstance(template, Chosen):
        choices = {0: template.made} | template.others
        pairs = ", ".join(f"{number}: {variables[place]}" for number, place in choices.items())
        return f"{{{pairs}}}[{variables[template.code]}]"
    if type(template) is tuple:
        items = [_structure_text(out, item, variables) for item in template]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if is_namedtuple(template):
        items = [f"{_structure_text(out, item, variables)}, " for item in template]
        return f"{out.constant('named', type(template)._make)}(({''.join(items)}))"
    if type(template) is list:
        return f"[{', '.join(_structure_text(out, item, variables) for item in template)}]"
    if children(template) is None:
        return out.constant("constant", template)
    build = out.constant("build", _builder(template))
    return f"{build}(({', '.join(variables)}{',' if variables else ''}))"


def _builder(template: Any) -> Callable[[Any], Any]:
    def build_(values: Any) -> Any:
        return transform(template, lambda leaf, path: _filled(leaf, values))

    return build_


def _filled(leaf: Any, values: Any) -> Any:
    if isinstance(leaf, Chosen):
        return values[({0: leaf.made} | leaf.others)[int(values[leaf.code])]]
    return values[leaf.index] if isinstance(leaf, Leaf) else leaf


def _one_result(
    out: PlanSource, plan: Plan, place: int, node: Node, values: list[str], given: set[str]
) -> str:  # fmt: skip
    tensor = plan.traced.tensors[place]
    if tensor.shares is not None:
        position = plan.traced.positions[id(tensor.shares.source)]
        return _shared_text(out, values[position], plan.traced.leaves[position], tensor.shares.recipe)
    base = strip_views(node)
    fresh = _fresh_value(out, tensor, node, base)
    if fresh is not None:
        text = fresh
    elif tensor.kind == "scalar" and id(node) not in out.names and _is_element(node):
        (part,) = node.inputs
        source = kept_result(out, part.inputs[0]) or value_name(out, part.inputs[0])
        places = tuple(start for start, _, _ in part.params["ranges"])
        return f"{source}[{out.constant('place', places)}]"
    else:
        text = name = kept_result(out, node) or value_name(out, node)
        view = node.op in VIEWS or base.op in (INPUT, CONSTANT)
        shared = (view and id(node) not in out.memory) or name in given
        if tensor.kind == "array" and shared and place not in plan.traced.viewed:
            text = f"{out.constant('copied', _copier(tensor.order))}({name})"
        given.add(name)
        if place in plan.traced.viewed:
            return text
    return _of_kind(out, text, tensor, node)


def _shared_text(out: PlanSource, name: str, argument: Any, recipe: Sequence[Callable[[Any], Any]]) -> str:
    """A view of an argument: by one method where it gives the same view as all steps of the recipe."""
    example = as_strided(np.empty(1, argument.dtype), argument.shape, argument.strides)
    wanted = example
    for step in recipe:
        wanted = step(wanted)
    for text in _methods(example, wanted.shape) if recipe else ():
        if _same_view(eval(f"a{text}", {"a": example}), wanted):
            return name + text
    for step in recipe:
        name = f"{out.constant('view', step)}({name})"
    return name


def _methods(array: Any, shape: tuple[int, ...]) -> Iterator[str]:
    if array.ndim > 1:
        yield from (".T", ".diagonal()", ".diagonal(0, -2, -1)")
    if array.flags.c_contiguous and array.size == math.prod(shape) > 0:
        yield f".reshape({', '.join(map(str, shape)) or '()'})"


def _same_view(a: Any, b: Any) -> bool:
    return bool(_seen(a) == _seen(b))


def _seen(a: Any) -> Any:
    return a.dtype, a.shape, a.strides, a.__array_interface__["data"], a.flags.writeable


def _is_element(node: Node) -> bool:
    """Whether a value is the element of an array at a place that is known."""
    if node.op is not RESHAPE or node.ndim or node.inputs[0].op is not SLICE:
        return False
    (part,) = node.inputs
    return len(part.inputs) == 1 and part.type.size == 1 and part.inputs[0].type.kind == "array"


def _copier(order: tuple[int, ...]) -> Callable[[Any], Any]:
    """A copy in a memory order, given by the axes from the outermost."""
    back = tuple(int(axis) for axis in np.argsort(order))

    def copied(value: Any) -> Any:
        return np.array(value.transpose(order), order="C").transpose(back)

    return copied


def _fresh_value(out: PlanSource, tensor: Tensor, node: Node, base: Node) -> str | None:
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


def _of_kind(out: PlanSource, text: str, tensor: Tensor, node: Node) -> str:
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


def eager_run(plan: Plan) -> Callable[..., Any]:
    inputs = [plan.traced.positions[id(node)] for node in plan.optimized.inputs]
    changed = [plan.traced.positions[id(node)] for node, _ in plan.optimized.writes]
    rebuild = _builder(plan.traced.template)
    makers = [_maker(plan, place) for place in range(len(plan.traced.tensors))]

    def run(*values: Any) -> Any:
        arguments = [_operand_value(values[place]) for place in inputs]
        held = list(arguments)
        try:
            results, written = eager.evaluate_with_writes(plan.optimized, arguments, held=held)
        except Exception:
            _write_back(values, changed, [held[inputs.index(place)] for place in changed])
            raise
        _write_back(values, changed, written)
        final = []
        for tensor, make, value in zip(plan.traced.tensors, makers, results, strict=True):
            if tensor.shares is not None:
                value = values[plan.traced.positions[id(tensor.shares.source)]]
                for step in tensor.shares.recipe:
                    value = step(value)
                final.append(value)
            else:
                final.append(make(value))
        return rebuild(final)

    return run


def _maker(plan: Plan, place: int) -> Callable[[Any], Any]:
    """What makes a result of a value: a copy of an array, the right kind of number."""
    tensor = plan.traced.tensors[place]
    if place in plan.traced.viewed or tensor.kind == "python":
        return lambda value: value
    return _copier(tensor.order) if tensor.ndim else _kind_maker(tensor.kind, tensor.dtype)


def _write_back(values: Sequence[Any], places: list[int], contents: list[Any]) -> None:
    for place, content in zip(places, contents, strict=True):
        values[place][...] = content


def _operand_value(value: Any) -> Any:
    return converted(value) if isinstance(value, np.ndarray) else value
