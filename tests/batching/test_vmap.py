"""``vmap`` gives what a Python loop over the elements gives, stacked: for every kind of statement and call."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from both import mode_of
from compare import assert_same

import defnhook
from defnhook.trace.structure import children, with_children

PROGRAMS = Path(__file__).parent / "programs.py"
RANDOM = np.random.default_rng(7)


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape)


def whole(low: int, high: int, *shape: int) -> Any:
    return RANDOM.integers(low, high, size=shape)


def element(value: Any, axes: Any, place: int) -> Any:
    """An element of an argument."""
    if axes is None:
        return value
    if isinstance(axes, int):
        parts = children(value)
        if parts is not None:
            return with_children(value, [element(item, axes, place) for _, item in parts])
        return np.moveaxis(value, axes, 0)[place] if isinstance(value, np.ndarray) else value
    pairs = zip(children(value), children(axes), strict=True)
    return with_children(value, [element(item, each, place) for (_, item), (_, each) in pairs])


def stacked(rows: list[Any], axes: Any) -> Any:
    """The results of several calls in one."""
    parts = children(rows[0])
    if parts is None:
        return rows[0] if axes is None else np.stack(rows, axis=axes)
    own = (
        [axes] * len(parts) if axes is None or isinstance(axes, int) else [each for _, each in children(axes)]
    )
    columns = zip(*[[item for _, item in children(row)] for row in rows], strict=True)
    return with_children(rows[0], [stacked(list(c), axis) for c, axis in zip(columns, own, strict=True)])


def looped(function: Any, in_axes: Any, size: int, out_axes: Any = 0) -> Any:
    """What ``vmap`` is to give, as a Python loop."""

    def run(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        pairs = list(zip(args, axes, strict=True))
        with np.errstate(all="ignore"):
            rows = [function(*copy.deepcopy([element(a, x, i) for a, x in pairs])) for i in range(size)]
        return stacked(rows, out_axes)

    return run


@pytest.fixture(scope="module")
def both(both_ways: Any) -> Any:
    return both_ways(PROGRAMS, "interpret")


S = 5
WIDE = np.ones((S, 3))
SQUARE = normal(S, 3, 3) + 3 * np.eye(3)
# (function, in_axes, arguments): the elements are S.
CASES: list[tuple[str, Any, tuple[Any, ...]]] = [
    ("arithmetic", 0, (normal(S), normal(S))),
    ("arithmetic", (0, None), (normal(S, 3), normal(3))),
    ("arithmetic", (None, 1), (normal(3), normal(3, S))),
    ("arithmetic", (0, None), (normal(S).astype("f4"), 2.0)),
    ("softmax", 0, (normal(S, 4),)),
    ("softmax", 1, (normal(3, S, 4),)),
    ("reductions", 0, (normal(S, 3, 4),)),
    ("reductions", -1, (normal(3, 4, S),)),
    ("reductions", 0, (whole(-9, 9, S, 3, 4),)),
    ("shapes", 0, (normal(S, 2, 3),)),
    ("shapes", 2, (normal(2, 3, S),)),
    ("shapes", 0, (np.asfortranarray(normal(S, 2, 3)),)),
    ("mixed_ranks", 0, (normal(S, 2, 3), normal(S, 3))),
    ("mixed_ranks", (None, 0), (normal(3, 3), normal(S, 3))),
    ("mixed_ranks", (0, None), (normal(S, 3, 3), normal(3, 3))),
    ("casts", 0, (normal(S, 2),)),
    ("numbers", 0, (normal(S),)),
    ("logic", 0, (normal(S),)),
    ("uncommon_numbers", 0, (normal(S),)),
    ("complex_numbers", 0, (normal(S, 2) + 1j * normal(S, 2),)),
    ("aranges", (0, None), (normal(S), normal(4))),
    ("element", (0, None), (normal(S, 4, 4), 2)),
    ("element", (None, 0), (normal(4, 4), whole(-4, 4, S))),
    ("element", 0, (normal(S, 4, 4), whole(-4, 4, S))),
    ("window", 0, (normal(S, 4, 4), whole(-4, 4, S))),
    ("window", (None, 0), (normal(4, 4), whole(0, 4, S))),
    ("tuple_of_places", (0, 0, 0), (normal(S, 4, 4), whole(0, 3, S), whole(-4, 4, S))),
    ("tuple_of_places", (None, None, 0), (normal(4, 4), 1, whole(-4, 4, S))),
    ("gathered", 0, (normal(S, 4, 4), whole(-4, 4, S, 3))),
    ("gathered", (None, 0), (normal(4, 4), whole(-4, 4, S, 2, 2))),
    ("gathered", (0, None), (normal(S, 4, 4), whole(-4, 4, 3))),
    ("written", 0, (normal(S, 3), whole(-4, 4, S))),
    ("written", (0, None), (normal(S, 3), 2)),
    ("written", (None, 0), (normal(3), whole(-4, 4, S))),
    ("column_written", 0, (normal(S, 3), whole(-2, 3, S))),
    ("scattered", 0, (normal(S, 3), whole(0, 4, S, 3))),
    ("scattered", (0, None), (normal(S, 3), np.array([1, 1, 3]))),
    ("scattered", (None, 0), (normal(3), whole(0, 4, S, 3))),
    ("masked", 0, (normal(S, 6),)),
    ("branch", 0, (normal(9) * 2,)),
    ("branch_of_all", (0, None), (normal(S), 4)),
    ("branch_of_all", (None, 0), (2.0, whole(0, 5, S))),
    ("written_branch", 0, (normal(S, 3),)),
    ("branch_with_loop", 0, (normal(S),)),
    ("branch_with_loop", 0, (-np.abs(normal(S)),)),
    ("early_return", 0, (normal(8, 2),)),
    ("guarded_division", 0, (np.array([0, 3, -2, 5, 7]),)),
    ("raising", 0, (np.abs(normal(S)),)),
    ("nested_branches", (0, None), (normal(S), 2)),
    ("nested_branches", 0, (normal(S), whole(0, 4, S))),
    ("power", 0, (normal(S),)),
    ("cumulative", 0, (normal(S, 4),)),
    ("collatz", 0, (whole(1, 30, 9),)),
    ("newton", 0, (np.array([1.0, 2.0, 100.0, 1e6]),)),
    ("first_above", (0, None), (normal(9, 6), 0.7)),
    ("first_above", (None, 0), (np.sort(normal(6)), normal(S))),
    ("found_else", 0, (normal(9, 4),)),
    ("counted", 0, (whole(0, 6, S),)),
    ("counted_between", 0, (whole(0, 6, S), whole(0, 9, S))),
    ("counted_between", (None, 0), (1, whole(0, 9, S))),
    ("counted_down", 0, (normal(S, 6), whole(0, 6, S))),
    ("skipping", 0, (normal(S, 5),)),
    ("written_ragged", 0, (normal(S), whole(0, 7, S))),
    ("written_ragged", (0, None), (normal(S), 4)),
    ("bisected", (None, 0), (np.sort(normal(20)), normal(S))),
    ("bisected", 0, (np.sort(normal(S, 20)), normal(S))),
    ("insertion_sort", 0, (normal(S, 6),)),
    ("double_loop", 0, (normal(S, 3),)),
    ("escape", 0, (normal(S),)),
    ("swapping", 0, (normal(S, 6),)),
    ("products", 0, (normal(S, 3, 3), normal(S, 3))),
    ("products", (None, 0), (normal(3, 3), normal(S, 3))),
    ("products", (0, None), (normal(S, 3, 3), normal(3))),
    ("stacked_products", 0, (normal(S, 2, 3, 3), normal(S, 2, 3, 3))),
    ("stacked_products", (0, None), (normal(S, 2, 3, 3), normal(2, 3, 3))),
    ("stacked_products", (None, 0), (normal(2, 3, 3), normal(S, 2, 3, 3))),
    ("solved", 0, (normal(S, 3, 3), normal(S, 3))),
    ("solved", (None, 0), (normal(3, 3), normal(S, 3))),
    ("solved", (0, None), (normal(S, 3, 3), normal(3, 2))),
    ("solved_alone", (None, 0), (SQUARE[0], normal(S, 3, 2))),
    ("solved_alone", 0, (SQUARE, normal(S, 3, 2))),
    ("factored", 0, (normal(S, 3, 3),)),
    ("triangular", 0, (np.tril(SQUARE), normal(S, 3))),
    ("triangular", (None, 0), (np.tril(SQUARE[0]), normal(S, 3))),
    ("least_squares", 0, (normal(S, 4, 2), normal(S, 4))),
    ("sorted_", 0, (normal(S, 6),)),
    ("sorted_along", 0, (normal(S, 4, 3),)),
    ("searched", (None, 0), (np.sort(normal(6)), normal(S, 3))),
    ("interpolated", (None, None, 0), (normal(6), normal(6), normal(S))),
    ("interpolated", (None, None, 0), (normal(6), normal(6), normal(S, 2))),
    ("interpolated", 0, (normal(S, 6), normal(S, 6), normal(S))),
    ("searched", 0, (np.sort(normal(S, 6)), normal(S, 3))),
    ("transformed", 0, (normal(S, 6),)),
    ("special_functions", 0, (normal(S),)),
    ("polynomial", 0, (normal(S), normal(S, 3))),
    ("structure", 0, ({"a": normal(S), "b": (normal(S), normal(S))}, normal(S, 2))),
    ("structure", ({"a": 0, "b": (None, 1)}, None), ({"a": normal(S), "b": (2.0, normal(2, S))}, normal(2))),
    ("scale_of", 0, (normal(S, 3).astype("f4"),)),
    ("growing_parts", 0, (normal(S, 4),)),
    ("energy", 0, (normal(S, 3),)),
    ("newton_energy", 0, (normal(S, 2) * 3,)),
]


def size_of(args: Any, in_axes: Any) -> int:
    """How many elements the arguments of a case have."""
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)

    def found(value: Any, axis: Any) -> Any:
        if isinstance(axis, int) and isinstance(value, np.ndarray):
            return value.shape[axis]
        parts = children(value)
        own = (
            [axis] * len(parts or ()) if isinstance(axis, int) else [each for _, each in children(axis) or ()]
        )
        sizes = (found(item, each) for (_, item), each in zip(parts or (), own, strict=False))
        return next((n for n in sizes if n is not None), None)

    return next(n for n in map(found, args, axes) if n is not None)


def idents() -> list[str]:
    return [f"{number}-{name}" for number, (name, *_) in enumerate(CASES)]


@pytest.mark.parametrize(("name", "in_axes", "args"), CASES, ids=idents())
def test_vmap_is_a_loop_over_the_elements(both: Any, name: str, in_axes: Any, args: Any) -> None:
    expected = looped(getattr(both.plain, name), in_axes, size_of(args, in_axes))(*args)
    given = copy.deepcopy(args)
    with mode_of("interpret"):
        actual = defnhook.vmap(getattr(both.hooked, name), in_axes)(*given)
    assert_same(actual, expected, rounding=200)
    assert_same(given, args)


@pytest.fixture(scope="module")
def module(both: Any) -> Any:
    """The marked module, run by Python itself."""
    with mode_of("interpret"):
        yield both.hooked


# -- compositions

GRADIENTS: list[tuple[str, tuple[Any, ...]]] = [
    ("energy", (normal(S, 3),)),
    ("newton_energy", (normal(S, 2) * 3,)),
    ("scale_of", (normal(S, 3),)),
    ("power", (normal(S),)),
    ("nested_branches", (normal(S), whole(0, 4, S))),
    ("skipping", (normal(S, 4),)),
    ("recomputed_energy", (normal(S, 3),)),
    ("growing_parts", (normal(S, 4),)),
    ("square_root", (normal(S, 2),)),
    ("interpolated_sum", (normal(S, 4),)),
]


@pytest.mark.parametrize(("name", "args"), GRADIENTS, ids=[name for name, _ in GRADIENTS])
def test_vmap_of_a_gradient(module: Any, name: str, args: Any) -> None:
    gradient = defnhook.grad(getattr(module, name))
    assert_same(defnhook.vmap(gradient)(*args), looped(gradient, 0, S)(*args), rounding=200)


@pytest.mark.parametrize(
    ("total", "name", "width"), [("summed_energy", "energy", 3), ("summed_newton_energy", "newton_energy", 2)]
)
def test_gradient_of_vmap(module: Any, total: str, name: str, width: int) -> None:
    x = normal(S, width) * 2
    expected = defnhook.vmap(defnhook.grad(getattr(module, name)))(x)
    assert_same(defnhook.grad(getattr(module, total))(x), expected, rounding=200)


def test_gradient_by_what_is_the_same_for_all_elements(module: Any) -> None:
    w, x = normal(3), normal(S, 2, 3)
    expected = sum(defnhook.grad(module.fitted)(w, each) for each in x)
    np.testing.assert_allclose(defnhook.grad(module.shared_energy)(w, x), expected)


def test_a_rule_by_hand_holds_for_each_element(module: Any) -> None:
    a, x = normal(S), normal(S, 3)
    gradient = defnhook.grad(module.through_a_rule, (0, 1))
    found = defnhook.vmap(gradient)(a, x)
    np.testing.assert_allclose(found[0], 3 * np.sum(x**2, axis=1))
    np.testing.assert_allclose(found[1], 10 * a[:, None] * x)
    alone = defnhook.vmap(gradient, (None, 0))(2.0, x)
    np.testing.assert_allclose(alone[0], 3 * np.sum(x**2, axis=1))
    np.testing.assert_allclose(alone[1], 20 * x)
    total = defnhook.grad(module.summed_by_a_rule, (0, 1))(a, x)
    np.testing.assert_allclose(total[0], 3 * np.sum(x, axis=1))
    np.testing.assert_allclose(total[1], np.broadcast_to(5 * a[:, None], x.shape))
    shared = defnhook.grad(module.shared_by_a_rule, (0, 1))(2.0, x)
    np.testing.assert_allclose(shared[0], 3 * np.sum(x))
    np.testing.assert_allclose(shared[1], np.full(x.shape, 10.0))


@pytest.mark.parametrize("name", ["softmax", "newton_energy", "insertion_sort", "energy", "double_loop"])
def test_vmap_of_vmap(module: Any, name: str) -> None:
    x = normal(2, S, 3)
    function = getattr(module, name)
    expected = np.stack([np.stack([function(row) for row in rows]) for rows in x])
    assert_same(defnhook.vmap(defnhook.vmap(function))(x), expected, rounding=200)
    turned = np.ascontiguousarray(np.swapaxes(expected, 0, 1))
    assert_same(defnhook.vmap(defnhook.vmap(function), 1)(x), turned, rounding=200)


def test_second_derivatives(module: Any) -> None:
    x = normal(S, 3)
    hessian = defnhook.hessian(module.energy)
    assert_same(defnhook.vmap(hessian)(x), looped(hessian, 0, S)(x), rounding=200)
    hessian = defnhook.hessian(module.doubled)
    assert_same(defnhook.vmap(hessian)(x), looped(hessian, 0, S)(x), rounding=200)
    jacobian = defnhook.jacobian(module.softmax)
    assert_same(defnhook.vmap(jacobian)(x), looped(jacobian, 0, S)(x), rounding=200)


def test_inside_marked_functions(module: Any) -> None:
    x, y = normal(S, 3), normal(4, 3)
    distances = np.sum((x[:, None] - y) ** 2, axis=-1)
    np.testing.assert_allclose(module.pairs(x, y), distances)
    np.testing.assert_allclose(module.mapped_in_loop(x), 2 * x.sum(axis=1))
    np.testing.assert_allclose(module.mapped_call(SQUARE), np.linalg.inv(SQUARE))


def test_a_search_for_many_keys_is_one_call(module: Any) -> None:
    text = defnhook.explain(defnhook.vmap(module.interpolated, (None, None, 0)), *normal(2, 6), normal(S))
    assert "interpolate_in_numpy(" in text
    assert "search_in_numpy(" in text
    assert "= loop(" not in text


def test_random_numbers_of_many_keys(module: Any) -> None:
    keys = defnhook.random.split(defnhook.random.key(3), S)
    assert_same(defnhook.vmap(module.drawn)(keys), looped(module.drawn, 0, S)(keys), rounding=50)


# -- axes

OUT: list[tuple[str, Any, Any, tuple[Any, ...]]] = [
    ("softmax", 0, 1, (normal(S, 4),)),
    ("softmax", 1, -1, (normal(4, S),)),
    ("shapes", 0, -1, (normal(S, 2, 3),)),
    ("branch", 0, (0, -1), (normal(S),)),
    ("nothing_mapped", (0, None), (None, 1), (normal(S, 2), normal(3))),
    ("nothing_mapped", (0, None), 0, (normal(S, 2), normal(3))),
]


@pytest.mark.parametrize(("name", "in_axes", "out_axes", "args"), OUT)
def test_where_the_axis_of_the_elements_goes(
    both: Any, module: Any, name: str, in_axes: Any, out_axes: Any, args: Any
) -> None:
    expected = looped(getattr(both.plain, name), in_axes, S, out_axes)(*args)
    assert_same(defnhook.vmap(getattr(module, name), in_axes, out_axes)(*args), expected, rounding=50)


def test_how_many_where_nothing_is_mapped(module: Any) -> None:
    x = normal(3)
    found = defnhook.vmap(module.softmax, None, axis_size=4)(x)
    np.testing.assert_allclose(found, np.stack([module.softmax(x)] * 4))


def test_defaults_and_names(module: Any) -> None:
    x, scale = normal(S, 2), normal(S)
    mapped = defnhook.vmap(module.with_default)
    np.testing.assert_allclose(mapped(x), x * 2 + 1)
    np.testing.assert_allclose(mapped(x, scale), x * scale[:, None] + 1)
    np.testing.assert_allclose(mapped(x, scale=scale, shift=3.0), x * scale[:, None] + 3)
    np.testing.assert_allclose(defnhook.vmap(module.with_default, (0,))(x), x * 2 + 1)
    np.testing.assert_allclose(mapped(x, shift=scale), x * 2 + scale[:, None])


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("softmax", (4,)), ("insertion_sort", (4,)), ("sorted_", (4,)), ("solved", ((3, 3), (3,)))],
)
def test_no_elements(module: Any, name: str, shapes: Any) -> None:
    shapes = shapes if isinstance(shapes[0], tuple) else (shapes,)
    function = getattr(module, name)
    some = function(*[np.ones(shape) for shape in shapes])
    none = defnhook.vmap(function)(*[np.ones((0, *shape)) for shape in shapes])
    for one, found in zip(
        some if isinstance(some, tuple) else (some,),
        none if isinstance(none, tuple) else (none,),
        strict=True,
    ):
        assert found.shape == (0, *np.shape(one))
        assert found.dtype == np.asarray(one).dtype


def test_writes_into_elements_are_writes_into_the_array(both: Any, module: Any) -> None:
    given = normal(S, 3)
    expected = given.copy()
    sums = np.stack([both.plain.in_place(row) for row in expected])
    assert_same(defnhook.vmap(module.in_place)(given), sums, rounding=50)
    assert_same(given, expected)


# -- what is refused, and what is raised

TWO = np.array([1, 2])
CUBE = np.ones((S, 3, 3))
FAR = np.array([0, 1, 2, -7, 9])
PARTS = {"a": WIDE, "b": 1.0}
WRONG, REFUSED = ValueError, defnhook.DefnTypeError
UNLIKE = "axis 0 of argument 0 has the length 5, but axis 0 of argument 1 has 4"
ERRORS: list[tuple[str, dict[str, Any], tuple[Any, ...], type[BaseException], str]] = [
    ("arithmetic", {}, (WIDE, np.ones((4, 3))), WRONG, UNLIKE),
    (
        "arithmetic",
        {"in_axes": (0, 0)},
        (WIDE, 2.0),
        WRONG,
        "argument 1 is a Python float, which has no axis",
    ),
    ("arithmetic", {"in_axes": (0,)}, (WIDE, WIDE), WRONG, "say None for those that are not mapped over"),
    ("arithmetic", {"in_axes": (0, 0, 0)}, (WIDE, WIDE), WRONG, "3 entries, but the call has 2 arguments"),
    (
        "softmax",
        {"in_axes": 2},
        (WIDE,),
        WRONG,
        "in_axes says axis 2 for argument 0, which is an array of shape",
    ),
    ("softmax", {"in_axes": "a"}, (WIDE,), TypeError, "in_axes='a' has to be a number, None, or a tuple"),
    ("softmax", {"in_axes": None}, (WIDE,), WRONG, "say how many elements there are with axis_size"),
    ("softmax", {"axis_size": 3}, (WIDE,), WRONG, "axis_size is 3, but axis 0 of argument 0 has 5"),
    ("softmax", {"out_axes": None}, (WIDE,), REFUSED, "differs from element to element"),
    ("softmax", {"out_axes": 2}, (WIDE,), WRONG, "out_axes says axis 2 for the result, which has 2 axes"),
    ("branch", {"out_axes": (0, 0, 0)}, (WIDE[:, 0],), WRONG, "which is a tuple"),
    ("structure", {"in_axes": ({"a": 0}, 0)}, (PARTS, WIDE), WRONG, "for argument 0, which is a dict"),
    ("raising", {}, (-WIDE[:, 0],), WRONG, "^negative$"),
    ("element", {}, (CUBE, FAR), IndexError, "index -7 is out of bounds for axis 0"),
    ("element_writer", {}, (np.ones((2, S, 3)),), REFUSED, "writes into an array"),
    ("printing", {}, (WIDE,), REFUSED, "the function prints"),
    ("of_own_size", {}, (WIDE,), REFUSED, "depends on its elements"),
    ("of_any_size", {}, (TWO,), REFUSED, "the size of an array depends on the element"),
]


@pytest.mark.parametrize(
    ("name", "options", "args", "error", "message"), ERRORS, ids=[f"{i}-{e[0]}" for i, e in enumerate(ERRORS)]
)
def test_what_is_raised(module: Any, name: str, options: Any, args: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        defnhook.vmap(getattr(module, name), **options)(*args)


def test_a_function_that_is_not_marked() -> None:
    with pytest.raises(defnhook.DefnTypeError, match="vmap takes a marked function, and sum is none"):
        defnhook.vmap(np.sum)(WIDE)
    with pytest.raises(defnhook.DefnTypeError, match="vmap takes a function, not 3"):
        defnhook.vmap(3)


def test_vmap_is_a_function_like_others(module: Any) -> None:
    mapped = defnhook.vmap(module.softmax, (0,))
    assert mapped is defnhook.vmap(module.softmax, (0,))
    assert mapped is not defnhook.vmap(module.softmax, 0)
    assert repr(mapped) == "<vmap(softmax)>"
    assert mapped.__wrapped__ is module.softmax
    assert str(inspect.signature(mapped)) == "(x)"
    remake, parts = mapped.__reduce__()
    assert remake(*parts) is mapped


# -- what is computed


COUNTS: list[tuple[str, Any, tuple[Any, ...], dict[str, int]]] = [
    ("product", (None, 0), (normal(3, 3), normal(S, 3)), {"matmul": 1, "loop": 0}),
    ("product", 0, (normal(S, 3, 3), normal(S, 3)), {"matmul": 1, "loop": 0}),
    ("solved_alone", 0, (SQUARE, normal(S, 3)), {"solve": 1, "loop": 0}),
    ("solved_alone", (None, 0), (SQUARE[0], normal(S, 3)), {"solve": 1, "loop": 0}),
    ("softmax", 0, (normal(S, 4),), {"max": 1, "sum": 1, "loop": 0}),
    ("branch", 0, (normal(S),), {"branch": 0, "where": 4}),
    ("cumulative", 0, (normal(S, 4),), {"loop": 1, "where": 0, "gather": 0}),
    ("first_above", (0, None), (normal(S, 4), 0.5), {"loop": 1, "gather": 0}),
    ("written_ragged", 0, (normal(S), whole(0, 7, S)), {"loop": 1, "gather": 0}),
    ("bisected", (None, 0), (np.sort(normal(9)), normal(S)), {"loop": 1, "gather": 2}),
]


@pytest.mark.parametrize(
    ("name", "in_axes", "args", "counts"), COUNTS, ids=[f"{i}-{c[0]}" for i, c in enumerate(COUNTS)]
)
def test_how_many_operations_all_elements_take(
    module: Any, name: str, in_axes: Any, args: Any, counts: dict[str, int]
) -> None:
    text = defnhook.explain(defnhook.vmap(getattr(module, name), in_axes), *args, stage="graph")
    assert {op: text.count(f" = {op}(") for op in counts} == counts


NATIVE = ["newton", "branch", "insertion_sort", "products"]


@pytest.mark.parametrize("name", NATIVE)
def test_compiled(both_ways: Any, name: str) -> None:
    case = next(case for case in CASES if case[0] == name)
    both = both_ways(PROGRAMS)
    expected = looped(getattr(both.plain, name), case[1], size_of(case[2], case[1]))(*case[2])
    with mode_of("on"):
        assert_same(defnhook.vmap(getattr(both.hooked, name), case[1])(*case[2]), expected, rounding=200)


@pytest.mark.parametrize("wrong", [np.zeros(S), np.ones((S, 3))])
def test_the_comparison_finds_differences(wrong: Any) -> None:
    with pytest.raises(Exception, match="result"):
        assert_same(wrong, looped(lambda x: x, 0, S)(np.ones(S)))
