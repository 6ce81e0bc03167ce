"""The tracer's primitives: each asks NumPy for shape, dtype, kind and order, and makes one node."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from defnhook.errors import DefnTypeError
from defnhook.graph import (
    BROADCAST,
    CAST,
    CONSTANT,
    HOST,
    ITEM,
    OVERRIDE,
    RESHAPE,
    TRANSPOSE,
    ArrayType,
    Node,
)
from defnhook.graph.node import Operation
from defnhook.ops.kinds import Elementwise, Reduction
from defnhook.trace.context import current, require_current, user_span
from defnhook.trace.layout import (
    arranged,
    is_arranged,
    is_c_ordered,
    keep_byte_order,
    part_order,
    result_order,
    tiny,
    view_in_shape,
    view_of,
)
from defnhook.trace.storage import Fixed, Levels, Storage, permuted, read_only, regrouped
from defnhook.trace.tensor import Alias, Tensor, describe, order_of

_MAY_FAIL = (operator.truediv, operator.floordiv, operator.mod, operator.pow, int, round)
PYTHON_NUMBERS = (bool, int, float, complex)
SUPPORTED_KINDS = "biufc"
_DTYPE_OF = {
    bool: np.dtype(np.bool_),
    int: np.dtype(np.int64),
    float: np.dtype(np.float64),
    complex: np.dtype(np.complex128),
}
View = tuple[Storage | None, Levels]
_SAMPLES = {"b": True, "i": 1, "u": 1, "f": 1.0, "c": 1j}


def make(
    op: Operation,
    inputs: tuple[Tensor, ...],
    type: ArrayType,
    alias: Alias | None = None,
    view: View | None = None,
    **params: Any,
) -> Tensor:
    """A traced value computed by a new node at the user's line; a view of the array that ``view`` tells."""
    return Tensor(Node(op, tuple(t.node for t in inputs), type, params, user_span()), alias, view)


def supported(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of this dtype are part of the language."""
    return (
        dtype.kind in SUPPORTED_KINDS
        and dtype.itemsize <= 8 * (2 if dtype.kind == "c" else 1)
        and dtype.char != "g"
    )


def check_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype itself, refused by name where the language lacks it."""
    if not supported(dtype):
        raise DefnTypeError(
            f"dtype {dtype} is not part of the language; use bool, an integer, a float of up to 64 bits or complex"
        )
    return dtype


# -- constants and conversions


def constant(value: Any) -> Tensor:
    """A constant: an array, a NumPy scalar or a Python number."""
    if isinstance(value, np.generic):
        check_dtype(value.dtype)
        return make(CONSTANT, (), ArrayType((), value.dtype, "scalar"), value=value)
    if isinstance(value, PYTHON_NUMBERS):
        return make(CONSTANT, (), ArrayType((), _DTYPE_OF[type(value)], "python"), value=value)
    array = np.array(value)
    check_dtype(array.dtype)
    array.flags.writeable = False
    if not array.ndim:
        return make(CONSTANT, (), ArrayType((), array.dtype), value=array[()])
    return make(CONSTANT, (), ArrayType(array.shape, array.dtype), value=np.ascontiguousarray(array))


def as_tensor(value: Any) -> Tensor:
    """A traced value of anything ``np.asarray`` takes, lists of traced values included."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor | list | tuple) for item in value):
        return stack_items([as_tensor(item) for item in value])
    if isinstance(value, np.generic):
        return constant(value)
    if isinstance(value, PYTHON_NUMBERS):
        return constant(np.asarray(value)[()])
    if isinstance(value, np.ndarray | list | tuple):
        return constant(np.asarray(value))
    raise DefnTypeError(f"an array or a number is needed here, not {describe(value)}")


def boxed(array: Any) -> Tensor:
    """The one traced stand-in of an array that was made while tracing."""
    if isinstance(array, Tensor):
        return array
    known = require_current().constants
    if id(array) not in known:
        known[id(array)] = (array, constant(array))
    stand_in: Tensor = known[id(array)][1]
    return stand_in


def strong(value: Tensor) -> Tensor:
    """A Python number as the NumPy scalar that ``np.asarray`` would make of it."""
    return cast(value, value.dtype, kind="scalar") if value.kind == "python" else value


def stack_items(items: Sequence[Tensor]) -> Tensor:
    """``np.array([a, b, ...])`` of traced items."""
    shapes = {item.shape for item in items}
    if len(shapes) > 1:
        raise ValueError(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape: "
            f"the items have shapes {', '.join(map(str, sorted(shapes)))}"
        )
    dtype = np.result_type(*[item.dtype for item in items])
    parts = [reshape(cast(strong(item), dtype, kind="array"), (1, *item.shape)) for item in items]
    from defnhook.trace.building import concatenate

    joined = concatenate(parts, 0)
    return cast(joined, dtype, "array", order="C")


def cast(
    value: Tensor, dtype: Any, kind: str | None = None, copy: bool = False, order: str | tuple[int, ...] = "K"
) -> Tensor:
    """The value in another dtype and memory order (``astype``), or the value itself where nothing changes."""
    dtype = check_dtype(np.dtype(dtype))
    kind = kind or ("scalar" if value.kind == "python" else value.kind)
    if dtype == value.dtype and kind == value.kind and not copy and is_arranged(value, order):
        return value
    if dtype == value.dtype:
        keep_byte_order(value)
    type_ = ArrayType(value.type.shape, dtype, kind, arranged(value, order))  # type: ignore[arg-type]
    return make(CAST, (value,), type_, dtype=dtype)


def part(op: Elementwise, value: Any) -> Tensor:
    """``x.real`` or ``x.imag``: a view of a complex array, a real array itself, a number of the same kind."""
    x = value if isinstance(value, Tensor) else as_tensor(value)
    label = op.name
    if x.kind == "python":
        return host(operator.attrgetter(label), x)
    if x.dtype.kind != "c" and label == "real":
        return x
    alias = view_of(x, operator.attrgetter(label)) if x.kind == "array" and x.dtype.kind == "c" else None
    if alias is None:
        keep_byte_order(x)
    order = order_of(alias.view) if alias else part_order(x)
    dtype = op.numpy(np.ones((), x.dtype)).dtype
    type_ = ArrayType(x.shape, dtype, x.type.kind, order)
    step = partial(_part_node, op, type_)
    view = (x.storage, (*x.levels, Fixed(step, type_, partial(_no_part, label)))) if alias else None
    return make(op, (x,), type_, alias, view)


def _part_node(op: Elementwise, type_: ArrayType, base: Node) -> Node:
    return Node(op, (base,), type_, None, user_span())


def _no_part(label: str) -> Exception:
    return DefnTypeError(
        f"writing into the .{label} of an array is not part of the defn language; write x[...] = a + 1j * b"
    )


# -- Python numbers


def is_python(value: Any) -> bool:
    """Whether a value is a Python number, traced or not."""
    if isinstance(value, Tensor):
        return value.kind == "python"
    return isinstance(value, PYTHON_NUMBERS) and not isinstance(value, np.generic)


def host(function: Callable[..., Any], *operands: Any) -> Tensor:
    """A Python function of single numbers: its errors are Python's."""
    from defnhook.trace.numbers import noted

    result = unchecked_host(function, *operands)
    return noted(function, result, operands)


def unchecked_host(function: Callable[..., Any], *operands: Any) -> Tensor:
    """A Python function of single numbers, run by Python between native parts, or natively inside loops."""
    result = _sample_result(function, operands)
    if type(result) not in _DTYPE_OF:
        name = getattr(function, "__name__", "this function")
        raise DefnTypeError(f"{name}() gives a {type(result).__name__}, which cannot be traced")
    tensors = tuple(x if isinstance(x, Tensor) else constant(x) for x in operands)
    if all(t.node.op is CONSTANT and t.kind == "python" for t in tensors):
        return constant(function(*[t.node.params["value"] for t in tensors]))
    made = make(HOST, tensors, ArrayType((), _DTYPE_OF[type(result)], "python"), function=function)
    if function in _MAY_FAIL and not require_current().region.checks:
        require_current().risky.append(made)
    return made


def _sample_result(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """What the function gives for numbers of the types of the operands."""
    try:
        return function(*map(sample, operands))
    except (ValueError, ArithmeticError):
        halves = [0.5 if sample(x) == 1.0 and isinstance(x, Tensor) else x for x in operands]
        return function(*map(sample, halves))


def sample(value: Any) -> Any:
    """A Python number of the same type: what stands for a traced one where only its type matters."""
    return _SAMPLES[value.dtype.kind] if isinstance(value, Tensor) else value


# -- elementwise


def elementwise(
    op: Elementwise, operands: Sequence[Any], dtype: Any = None, casting: Any = "same_kind"
) -> Tensor:
    """One entry of the table applied to operands that broadcast."""
    from defnhook.trace import comparisons
    from defnhook.trace.conditions import check_elements
    from defnhook.trace.stretching import matched

    values = [operand if is_python(operand) else as_tensor(operand) for operand in operands]
    loop = _loop_dtypes(op, values, dtype, casting)
    if op.numpy in _COMPARISONS and loop[0].kind in "iu" and loop[0] != np.int64:
        number = next((v for v in values if isinstance(v, Tensor) and is_python(v)), None)
        if number is not None:
            return comparisons.in_range(op, values, number, loop[0])
    for item in loop:
        check_dtype(item)
    if op.numpy is np.where:
        values = [strong(as_tensor(value)) for value in values]
    try:
        tensors = tuple(number_as(value, want) for value, want in zip(values, loop[:-1], strict=True))
    except OverflowError:
        if op.numpy not in _COMPARISONS:
            raise
        return comparisons.beyond_range(op, values)
    tensors = matched(tensors)
    shape = broadcast_shapes(*[t.shape for t in tensors])
    if loop[0].kind in op.guarded and 0 not in shape:
        check_elements(op.guarded[loop[0].kind], tensors)
    kind = "scalar" if not shape and isinstance(op.numpy, np.ufunc) else "array"
    given = [t if is_python(v) else v for v, t in zip(values, tensors, strict=True)]
    return make(op, tensors, ArrayType(shape, loop[-1], kind, result_order(_typed(op, dtype), given, shape)))  # type: ignore[arg-type]


def _typed(op: Elementwise, dtype: Any) -> Callable[..., Any]:
    """The function, computing in a dtype where one is given."""
    return op.numpy if dtype is None else partial(op.numpy, dtype=dtype, casting="unsafe")


_COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)


def _loop_dtypes(
    op: Elementwise, values: Sequence[Any], dtype: Any, casting: Any
) -> tuple[np.dtype[Any], ...]:
    if isinstance(op.numpy, np.ufunc):
        weak = not all(map(is_python, values))
        kinds = tuple(
            _weak_type(v) if weak and is_python(v) else np.asarray(_sample(v)).dtype for v in values
        )
        if dtype is None:
            return tuple(op.numpy.resolve_dtypes((*kinds, None), casting=casting))
        wanted = (*[None] * len(values), np.dtype(dtype))
        return tuple(op.numpy.resolve_dtypes((*kinds, None), signature=wanted, casting=casting))
    result = op.numpy(*[_sample(v) for v in values]).dtype
    if len(values) == 1:
        return (as_tensor(values[0]).dtype, result)
    first = (np.dtype(np.bool_),) if len(values) == 3 else ()
    return (*first, *[result] * (len(values) - len(first)), result)


def _weak_type(value: Any) -> Any:
    kind = value.dtype.kind if isinstance(value, Tensor) else np.asarray(value).dtype.kind
    if isinstance(value, int) and not isinstance(value, bool):
        kind = "i"
    return {"b": np.dtype(np.bool_), "i": int, "f": float, "c": complex}[kind]


def _sample(value: Any) -> Any:
    if isinstance(value, Tensor):
        return (
            _SAMPLES[value.dtype.kind] if value.kind == "python" else np.ones((1,) * value.ndim, value.dtype)
        )
    return value


def number_as(value: Any, dtype: np.dtype[Any]) -> Tensor:
    """An operand in the dtype of a loop: a Python integer that does not fit raises OverflowError."""
    if not isinstance(value, Tensor):
        return constant(np.asarray(value, dtype)[()])
    if is_python(value) and value.dtype == np.int64 and dtype.kind in "iu" and dtype != np.int64:
        _check_bounds(value, dtype)
    return cast(value, dtype)


def _check_bounds(number: Tensor, dtype: np.dtype[Any]) -> None:
    """Inside loops and branches, raise as NumPy does for a Python integer that an integer dtype does not hold."""
    from defnhook.trace.conditions import check
    from defnhook.trace.numbers import interval_of
    from defnhook.trace.runtime import greater, less

    low, high = interval_of(number)
    limits = np.iinfo(dtype)
    if not require_current().region.checks:
        return
    message = f"Python integer {{0}} out of bounds for {dtype}"
    if low < limits.min:
        check(less(number, int(limits.min)), OverflowError, message, number)
    if high > limits.max:
        check(greater(number, int(limits.max)), OverflowError, message, number)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape, or the error that NumPy's operators raise."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listing = " ".join(str(shape).replace(" ", "") for shape in shapes)
        raise ValueError(f"operands could not be broadcast together with shapes {listing}") from None


def held(value: Tensor) -> Tensor:
    """A value that does not change, as far as derivatives go."""
    require_current().overrides = True
    node, none = value.node, ArrayType((), np.dtype(np.bool_), "scalar")
    whole = Node(OVERRIDE, (node,), none, {"types": (node.type,), "rule": None}, user_span())
    return Tensor(Node(ITEM, (whole,), node.type, {"index": 0}, whole.span))


# -- reductions


def reduce(
    op: Reduction,
    value: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """One entry of the table folded over axes."""
    x = strong(as_tensor(value))
    indices = op.numpy in (np.argmax, np.argmin)
    if indices and in_block():
        from defnhook.trace.products import place_of_extreme

        place = None if axis is None else normalize_axis_tuple(operator.index(axis), x.ndim)[0]
        return place_of_extreme(op, x, place, keepdims)
    if axis is not None:
        axis = operator.index(axis) if indices or not isinstance(axis, list | tuple) else tuple(axis)
    if axis is None or (not x.ndim and axis in (0, -1)):
        axes = tuple(range(x.ndim))
    else:
        axes = tuple(sorted(normalize_axis_tuple(axis, x.ndim)))
    keywords = {} if dtype is None else {"dtype": dtype}
    sample = np.ones((1,) * x.ndim, np.bool_ if dtype is not None and x.dtype.kind == "c" else x.dtype)
    result = check_dtype(np.asarray(op.numpy(sample, **keywords)).dtype)
    if initial is None and any(x.shape[a] == 0 for a in axes):
        op.numpy(np.empty(tuple(min(n, 1) for n in x.shape), x.dtype), axis=axis)
    if initial is None and op.start is None:
        _check_not_empty(op, x, axes)
    operand = x if indices else cast(x, result)
    shape = tuple(1 if a in axes else extent for a, extent in enumerate(x.shape) if keepdims or a not in axes)
    order: tuple[int, ...] = ()
    if not is_c_ordered(x) and len(shape) > 1:
        order = order_of(op.numpy(tiny(x), axis=axes[0] if indices else axes, keepdims=keepdims))
    kind = "array" if shape else "scalar"
    type_ = ArrayType(shape, result, kind, order)  # type: ignore[arg-type]
    return make(op, (operand,), type_, axis=axes, keepdims=bool(keepdims), initial=initial)


def in_block() -> bool:
    """Whether the trace is inside a loop or a branch."""
    trace = current()
    return trace is not None and trace.region.inside


def _check_not_empty(op: Reduction, x: Tensor, axes: tuple[int, ...]) -> None:
    """A fold without an identity over a size known only at run time."""
    from defnhook.trace.conditions import check
    from defnhook.trace.numbers import interval_of
    from defnhook.trace.runtime import equal
    from defnhook.trace.sizes import is_run_time, size_value

    for axis in axes:
        extent = x.type.shape[axis]
        if is_run_time(extent) and interval_of(size_value(extent))[0] <= 0:
            message = f"zero-size array to reduction operation {op.name} which has no identity"
            check(equal(size_value(extent), 0), ValueError, message)


# -- shape


def transpose(value: Any, axes: Any = None) -> Tensor:
    """``np.transpose``: a view."""
    x = strong(as_tensor(value))
    permutation = tuple(reversed(range(x.ndim))) if axes is None else tuple(map(operator.index, axes))
    np.empty((0,) * x.ndim).transpose(permutation)
    permutation = tuple(normalize_axis_tuple(permutation, x.ndim)) if permutation else ()
    inverse = {axis: place for place, axis in enumerate(permutation)}
    order = tuple(inverse[axis] for axis in x.type.order)
    alias = view_of(x, lambda a: a.transpose(permutation))
    type_ = ArrayType(tuple(x.shape[axis] for axis in permutation), x.dtype, _kind_after(value), order)
    view = (x.storage, permuted(x.levels, x.shape, permutation, type_)) if x.storage else None
    return make(TRANSPOSE, (x,), type_, alias, view, axes=permutation)


def _kind_after(value: Any) -> Any:
    """NumPy gives a scalar for a scalar that is only arranged anew."""
    return "scalar" if isinstance(value, Tensor) and value.kind == "scalar" else "array"


def reshape(value: Any, shape: Any) -> Tensor:
    """``np.reshape`` in C order: a view where NumPy can, a copy otherwise."""
    x = strong(as_tensor(value))
    wanted = (
        (operator.index(shape),) if not isinstance(shape, list | tuple) else tuple(map(operator.index, shape))
    )
    final = (
        np.broadcast_to(np.empty((), np.bool_), x.shape).reshape(wanted).shape if -1 not in wanted else None
    )
    final = final if final is not None else _infer_length(x.shape, wanted)
    alias = view_in_shape(x, final)
    if alias is None:
        keep_byte_order(x)
    order = order_of(alias.view) if alias else ()
    type_ = ArrayType(final, x.dtype, "array" if final else _kind_after(value), order)
    view = (x.storage, regrouped(x.levels, x.shape, type_)) if alias and x.storage else None
    return make(RESHAPE, (x,), type_, alias, view)


def _infer_length(shape: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    size = int(np.prod(shape, dtype=object)) if shape else 1
    known = int(np.prod([n for n in wanted if n != -1], dtype=object)) if len(wanted) > 1 else 1
    if wanted.count(-1) > 1:
        raise ValueError("can only specify one unknown dimension")
    if known == 0 or size % known:
        raise ValueError(f"cannot reshape array of size {size} into shape {wanted}".replace(" ", ""))
    return tuple(size // known if n == -1 else n for n in wanted)


def broadcast(value: Any, shape: Any, kind: str = "array") -> Tensor:
    """``np.broadcast_to``: each element many times."""
    x = strong(as_tensor(value))
    shape = (
        (operator.index(shape),) if not isinstance(shape, list | tuple) else tuple(map(operator.index, shape))
    )
    if any(n < 0 for n in shape):
        raise ValueError("all elements of broadcast shape must be non-negative")
    from defnhook.trace.stretching import REMAPPED, Clash, fitted

    x = fitted(x, shape, Clash(REMAPPED, (x.type.shape, shape)))
    try:
        fits = np.broadcast_shapes(x.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"operands could not be broadcast together with remapped shapes [original->remapped]: {x.shape} "
            f"and requested shape {shape}"
        )
    alias = view_of(x, lambda a: np.broadcast_to(a, shape))
    order: tuple[int, ...] = ()
    if not is_c_ordered(x):
        order = order_of(np.logical_not(np.broadcast_to(tiny(x), tuple(min(n, 2) for n in shape))))
    type_ = ArrayType(shape, x.dtype, kind, order)  # type: ignore[arg-type]
    view = (x.storage, (*x.levels, Fixed(partial(_broadcast_node, type_), type_, read_only)))
    return make(BROADCAST, (x,), type_, alias, view if x.storage else None)


def _broadcast_node(type_: ArrayType, base: Node) -> Node:
    return Node(BROADCAST, (base,), type_, None, user_span())
