"""Errors at call time: the user's line with a caret, the same class as in NumPy, and what to write instead."""

from __future__ import annotations

import re
import traceback

import numpy as np
import pytest

import defnhook

TEXT = """
TOOLS = {"load": np.load, "print": print}


def add(a, b):
    c = a * 2
    return c + b


def outer(a, b):
    return add(a, b) * 2


def through(function, x):
    return function(x)


def from_table(x):
    return TOOLS["load"](x)


def by_name(x, name):
    return getattr(np, name)(x)


def of_array(x, name):
    return getattr(x, name)()


def branch(x):
    if x > 0:
        return x
    return -x


def by_element(x):
    return np.zeros(x[0])


GATHERED = [1.0]


def module_list(x):
    GATHERED.append(x)
    return x


def own_list(x):
    values = []
    values.append(x)
    values.append(x * 2)
    return values


def masked(x):
    total = 0.0
    for i in range(len(x)):
        total += np.flip(x[x > i])[0]
    return total


def picked(x, i):
    return x[i]


def endless(x):
    return endless(x + 1)


def countdown(x, n):
    return x if n == 0 else countdown(x + 1, n - 1)


def long_loop(x):
    kept = []
    for i in range(5000):
        kept.append(x + i)
    return kept


def raising(x, n):
    if n > 2:
        raise KeyError(f"n is {n}")
    return x * n


def asserting(x):
    assert x.ndim == 2, "two axes"
    return x


def divide_numbers(a, b):
    return a / b


def reduce_nothing(x):
    return np.max(x, axis=0)


def axis(x, n):
    return np.sum(x, axis=n)


def text(x, n):
    return f"{n} of {x.shape} {n!r} {str(n)}"


def text_of_array(x):
    return f"{x}"
"""


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


def raised(function, *args):
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def shown(error):
    return "".join(traceback.format_exception(error))


def test_the_users_line_has_a_caret(module):
    lines = shown(raised(module.add, np.ones(3), np.ones(4))).splitlines()
    place = lines.index("    return c + b")
    assert lines[place + 1].strip() == "~~^~~" or lines[place + 1].strip() == "^^^^^"
    line = next(n for n, each in enumerate(TEXT.splitlines(), 3) if each == "    return c + b")
    assert lines[place - 1].startswith(f'  File "{module.__file__}", line {line - 1}') or lines[
        place - 1
    ].startswith(f'  File "{module.__file__}", line {line}')
    assert lines[place - 1].endswith("in add")
    assert "operands could not be broadcast together with shapes (3,) (4,)" in lines[-2]


def test_a_note_names_the_call(module):
    error = raised(module.add, np.ones(3, "f4"), np.ones(4))
    assert error.__notes__ == ["while tracing add(a: float32[3], b: float64[4])"]


def test_every_marked_frame_is_shown_and_none_of_the_tracers(module):
    lines = shown(raised(module.outer, np.ones(3), np.ones(4)))
    assert "return add(a, b) * 2" in lines
    assert "return c + b" in lines
    assert "runtime.py" not in lines
    assert "primitives.py" not in lines


def test_a_failed_call_leaves_nothing_behind(module):
    raised(module.add, np.ones(3), np.ones(4))
    assert module.add(np.ones(3), np.ones(3)).tolist() == [3, 3, 3]
    raised(module.add, np.ones(3), np.ones(4))


REFUSED = [
    ("through", (np.load, np.ones(2)), r"np\.load\(\) is not part of the defn language.*pass the result in"),
    (
        "through",
        (np.random.rand, 3),
        r"rand\(\) is not part of the defn language. Use defnhook.random with a key",
    ),
    ("through", (np.random.default_rng(0).normal, 3), "Use defnhook.random with a key"),
    ("through", (open, "x"), r"open\(\) is not part of the defn language"),
    ("through", (sorted.__class__, "x"), "cannot be called|not part of"),
    ("through", (np.vectorize, np.ones(2)), "Call the function on the whole array"),
    ("through", (np.linalg.__dict__["qr"].__class__, 1), "cannot be called|not part of"),
    ("from_table", (np.ones(2),), r"np\.load\(\) is not part of the defn language"),
    ("by_name", (np.ones(2), "save"), r"np\.save\(\) is not part of the defn language"),
    ("of_array", (np.ones(2), "tolist"), r"attribute \.tolist of an array of shape \(2,\)"),
    ("module_list", (np.ones(2),), "this list belongs to the module"),
    ("masked", (np.ones(2),), "depends on the elements"),
    ("long_loop", (np.ones(2),), "changes a list, but it passes 1024 steps"),
    ("text_of_array", (np.ones(2),), "this text needs the value of an array of shape"),
]


@pytest.mark.parametrize(("name", "args", "words"), REFUSED)
def test_what_is_refused_says_what_to_write(module, name, args, words):
    error = raised(getattr(module, name), *args)
    assert isinstance(error, defnhook.DefnError), shown(error)
    assert re.search(words, str(error)), str(error)
    assert f'File "{module.__file__}"' in shown(error)


SAME = [
    ("add", (np.ones(3), np.ones(4))),
    ("branch", (np.ones(2),)),
    ("picked", (np.ones(3), 3)),
    ("picked", (np.ones(3), -4)),
    ("picked", (np.ones(3), 1.5)),
    ("picked", (np.ones(3), "a")),
    ("divide_numbers", (1, 0)),
    ("divide_numbers", (1.0, 0.0)),
    ("reduce_nothing", (np.ones((0, 2)),)),
    ("axis", (np.ones(3), 2)),
    ("raising", (np.ones(2), 3)),
    ("asserting", (np.ones(2),)),
    ("through", (np.ones(2), 1)),
    ("through", (3, 1)),
]


@pytest.mark.parametrize(("name", "args"), SAME)
def test_errors_are_of_the_class_that_numpy_raises(module, name, args):
    function = getattr(module, name)
    mine, other = raised(function, *args), raised(function.__wrapped__, *args)
    assert isinstance(mine, type(other)), shown(mine)


def test_the_users_own_error_keeps_its_text(module):
    assert raised(module.raising, np.ones(2), 3).args == ("n is 3",)
    assert raised(module.raising, np.ones(2), 4).args == ("n is 4",)
    assert module.raising(np.ones(2), 2).tolist() == [2, 2]
    assert raised(module.asserting, np.ones(2)).args == ("two axes",)


def test_text_of_numbers(module):
    assert module.text(np.ones(2), 3) == "3 of (2,) 3 3"
    assert module.text(np.ones(2), 4) == "4 of (2,) 4 4"


def test_own_lists_may_change(module):
    assert [each.tolist() for each in module.own_list(np.ones(1))] == [[1], [2]]


def test_recursion_ends_on_static_values(module):
    assert module.countdown(np.zeros(1), 5).tolist() == [5]
    error = raised(module.endless, np.ones(1))
    assert isinstance(error, RecursionError)
    assert "more than 150 deep" in str(error)


def test_one_element_may_be_a_condition(module):
    for value in (1.0, -1.0):
        x = np.full(1, value)
        assert module.branch(x) == module.branch.__wrapped__(x)


def test_a_value_that_outlives_its_trace_is_refused():
    kept = []

    @defnhook.transform
    def keep(x):
        kept.append(x)
        return x

    @defnhook.defn
    def f(x):
        return keep(x) + 1

    f(np.ones(2))
    with pytest.raises((TypeError, RuntimeError)):
        f(kept[0])
    with pytest.raises(defnhook.DefnTypeError, match="wants the elements"):
        np.asarray(kept[0])


def test_an_internal_failure_is_not_hidden(marked, monkeypatch):
    from defnhook.graph import GraphError
    from defnhook.transform import pipeline

    def broken(graph):
        raise GraphError("after broken: a node")

    module = marked("def f(x):\n    return x + 1\n")
    monkeypatch.setattr(pipeline, "PIPELINE", (broken,))
    with pytest.raises(GraphError, match="after broken"):
        module.f(np.ones(2))
