"""One function of an unmarked file: its twin has its closure, its class and its lines."""

from __future__ import annotations

import ast
import inspect
import math
from types import FunctionType
from typing import Any

import plain_runtime
import pytest
from twins import dedent

from defnhook import syntax
from defnhook.errors import DefnSyntaxError

CASES = {
    "module level": ("def f(x, *, k=2): return x + k * W\nW = 3\n", "f", (1,)),
    "closure": (
        """
        def outer(k, n=3):
            def other(): return n + 100
            def f(x):
                return x * k if x < n else f(x - 1) + other()
            return f
        f = outer(5)
        """,
        "f",
        (7,),
    ),
    "deep closure": (
        """
        def one(a):
            def two(b):
                def three(c): return a + b * c
                return three
            return two
        f = one(2)(3)
        """,
        "f",
        (4,),
    ),
    "method": (
        """
        class Base:
            def run(self, x): return x * 10
        class Child(Base):
            __scale = 4
            def run(self, x, *rest):
                self.__seen = super().run(x) + self.__scale
                return self.__seen or super().run(0), __class__.__name__, rest
        f = Child.run
        child = Child()
        """,
        "f",
        ("child", 2, 3),
    ),
    "private names around": (
        """
        class C:
            def make(self):
                __k = 7
                def inner(__x): return __x + __k
                return inner
        f = C().make()
        """,
        "f",
        (1,),
    ),
    "lambda": ("f = [\n    lambda x, i=i: x + i * k\n    for i in range(3) for k in [i]][2]\n", "f", (1,)),
    "lambda in a comprehension": ("f = [lambda x: x + i for i in range(3)][0]\n", "f", (1,)),
    "decorated": ("def keep(f): return f\n@keep\n@keep\ndef f(x): return -x\n", "f", (1,)),
    "no free names": ("def f(): return None\n", "f", ()),
}


def _run(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "cell"}
    exec(compile(source, "cell.py", "exec", dont_inherit=True), namespace)
    return namespace


def _twin(source: str, function: FunctionType, environment: dict[str, Any] | None = None) -> FunctionType:
    tree = syntax.rewrite_function(
        source, "cell.py", function.__name__, function.__code__.co_firstlineno, environment
    )
    return syntax.bind(tree, "cell.py", function, plain_runtime)


@pytest.mark.parametrize("name", CASES)
def test_twin_of_one_function(name: str) -> None:
    source, function_name, arguments = CASES[name]
    source = dedent(source)
    namespace = _run(source)
    function = namespace[function_name]
    values = [namespace[a] if isinstance(a, str) else a for a in arguments]
    bound = inspect.signature(function).bind(*values)
    bound.apply_defaults()
    twin = _twin(source, function)
    assert twin(*bound.args, **bound.kwargs) == function(*values)
    assert twin.__code__.co_firstlineno == function.__code__.co_firstlineno
    assert twin.__globals__ is function.__globals__
    assert "__defn__" not in namespace


def test_twin_uses_the_runtime() -> None:
    source = "def f(x): return x + 1\n"
    twin = _twin(source, _run(source)["f"])
    assert twin.__code__.co_freevars == ("__defn__",)
    assert twin.__code__.co_names == ("add",)


def test_variables_of_the_closure_stay_shared() -> None:
    source = dedent(
        """
        def outer():
            k = 1
            def f(x): return x + k
            def change():
                nonlocal k
                k = 5
            return f, change
        f, change = outer()
        """
    )
    namespace = _run(source)
    twin = _twin(source, namespace["f"])
    namespace["change"]()
    assert twin(1) == namespace["f"](1) == 6


def test_free_names_are_looked_at_when_run() -> None:
    source = "def outer(k):\n    def f(x): return x + k\n    return f\n"
    text = ast.unparse(syntax.rewrite_function(source, "cell.py", "f", 2))
    assert "__defn__.add(x, __defn__.name('k', k))" in text


def test_modules_of_other_cells_are_known() -> None:
    source = "def f(x): return m.sqrt(x)\n"
    assert "__defn__.call(m.sqrt, x)" in ast.unparse(
        syntax.rewrite_function(source, "cell.py", "f", 1, {"m": math, "x": 3})
    )
    import os

    with pytest.raises(DefnSyntaxError, match="DEFN022"):
        syntax.rewrite_function("def f(x): return m.path", "cell.py", "f", 1, {"m": os})


def test_problems_of_the_one_function_are_reported() -> None:
    source = "def g():\n    yield open('x')\n\ndef f(x):\n    del x\n    return open(x)\n"
    with pytest.raises(DefnSyntaxError) as raised:
        syntax.rewrite_function(source, "cell.py", "f", 4)
    assert [(problem.code, problem.line) for problem in raised.value.problems] == [
        ("DEFN006", 5),
        ("DEFN020", 6),
    ]


@pytest.mark.parametrize(("name", "line"), [("<lambda>", 1), ("f", 2), ("g", 1)])
def test_ambiguous_source_is_refused(name: str, line: int) -> None:
    source = "f = (lambda x: x, lambda y: y)\ndef g(x): return x\n"
    with pytest.raises(DefnSyntaxError, match="DEFN032") as raised:
        syntax.rewrite_function(source, "cell.py", name, line)
    assert (raised.value.code, raised.value.lineno) == ("DEFN032", line)
