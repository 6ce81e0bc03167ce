"""Source in, source out: one row for every form that is rewritten."""

from __future__ import annotations

import ast
import warnings

import pytest
from twins import dedent, twin_text

from defnhook import syntax

HEADER = """
import math
import numpy as np
import other
from elsewhere import thing
W = np.ones(3)
def helper(x): return x  # defn: off
class State: pass
"""

BINARY = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "mod",
    "**": "power",
    "@": "matmul",
    "<<": "left_shift",
    ">>": "right_shift",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
}
COMPARISONS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}

EXPRESSIONS = [
    *[(f"a {symbol} b", f"__defn__.{name}(a, b)") for symbol, name in BINARY.items()],
    *[(f"a {symbol} b", f"__defn__.{name}(a, b)") for symbol, name in COMPARISONS.items()],
    ("-a", "__defn__.negative(a)"),
    ("+a", "__defn__.positive(a)"),
    ("~a", "__defn__.invert(a)"),
    ("not a", "__defn__.not_(a)"),
    ("-1", "-1"),
    ("a in b", "__defn__.contains(b, a)"),
    ("a not in b", "__defn__.not_(__defn__.contains(b, a))"),
    ("a is b", "a is b"),
    ("a is not None", "a is not None"),
    (
        "helper(a) in helper(b)",
        "__defn__.compare(__defn__.call(__defn__.name('helper', helper), a), ('in',), "
        "lambda: __defn__.call(__defn__.name('helper', helper), b))",
    ),
    ("a < b <= c", "__defn__.compare(a, ('<', '<='), lambda: b, lambda: c)"),
    ("a is b not in c", "__defn__.compare(a, ('is', 'not in'), lambda: b, lambda: c)"),
    ("a and b and c", "__defn__.and_(a, lambda: b, lambda: c)"),
    ("a or -b", "__defn__.or_(a, lambda: __defn__.negative(b))"),
    ("a if b else c", "__defn__.if_expression(b, lambda: a, lambda: c)"),
    ("(v := a) and b", "__defn__.and_((v := a), lambda: b)"),
    ("a and (v := b)", "(v := b) if __defn__.truth((__defn_1__ := a)) else __defn_1__"),
    ("a or (v := b)", "__defn_1__ if __defn__.truth((__defn_1__ := a)) else (v := b)"),
    ("(v := a) if b else c", "(v := a) if __defn__.truth(b) else c"),
    ("a and (lambda: (v := b))", "__defn__.and_(a, lambda: lambda: (v := b))"),
    ("helper(a, *b, k=c, **d)", "__defn__.call(__defn__.name('helper', helper), a, *b, k=c, **d)"),
    ("a(b)", "__defn__.call(a, b)"),
    ("a.run(b, k=c)", "__defn__.method(a, 'run', b, k=c)"),
    ("a.b.c", "__defn__.attribute(__defn__.attribute(a, 'b'), 'c')"),
    ("np.pi", "np.pi"),
    ("np.exp(a)", "__defn__.call(np.exp, a)"),
    ("np.linalg.norm", "np.linalg.norm"),
    ("np.add.reduce(a)", "__defn__.method(np.add, 'reduce', a)"),
    ("other.W", "__defn__.attribute(other, 'W')"),
    ("other.run(a)", "__defn__.call(other.run, a)"),
    ("a[b]", "__defn__.getitem(a, b)"),
    ("a[b, 1:c, ...]", "__defn__.getitem(a, (b, slice(1, c, None), ...))"),
    ("a[::-1]", "__defn__.getitem(a, slice(None, None, -1))"),
    ("a[*b]", "__defn__.getitem(a, (*b,))"),
    ("W", "__defn__.name('W', W)"),
    ("thing", "__defn__.name('thing', thing)"),
    ("missing", "__defn__.name('missing', missing)"),
    ("len", "len"),
    ("State", "__defn__.name('State', State)"),
    ("f'{a + 1:>{b}}'", "f'{__defn__.add(a, 1):>{b}}'"),
    ("(a, [b], {c: -d}, {-a})", "(a, [b], {c: __defn__.negative(d)}, {__defn__.negative(a)})"),
    ("(*a, b)", "(*a, b)"),
    ("lambda v, w=W: v + w", "lambda v, w=__defn__.name('W', W): __defn__.add(v, w)"),
    (
        "[v + W for v in a if v for w in v]",
        "[__defn__.add(v, __defn__.name('W', W)) for v in __defn__.iterate(a)"
        " if __defn__.truth(v) for w in __defn__.iterate(v)]",
    ),
    ("{v: W for v in a}", "{v: __defn__.name('W', W) for v in __defn__.iterate(a)}"),
    ("sum(v for v in a)", "__defn__.call(sum, (v for v in __defn__.iterate(a)))"),
]

STATEMENTS = [
    ("a[b] = c", "__defn__.setitem(a, b, c)"),
    ("a[1:, b] = c + d", "__defn__.setitem(a, (slice(1, None, None), b), __defn__.add(c, d))"),
    ("a[b] += c", "__defn__.augment_item(a, b, '+', c)"),
    (
        "a[1:] += helper(c)",
        "__defn__.augment_item(a, slice(1, None, None), '+', __defn__.call(__defn__.name('helper', helper), c))",
    ),
    ("a.b = c", "__defn__.setattribute(a, 'b', c)"),
    ("a.b **= c", "__defn__.augment_attribute(a, 'b', '**', c)"),
    *[(f"a {symbol}= b", f"a = __defn__.augment('{symbol}', a, b)") for symbol in BINARY],
    ("a = b = c + 1", "a = b = __defn__.add(c, 1)"),
    ("a, *b = c", "a, *b = c"),
    (
        "a[0], b = c, d",
        """
        __defn_1__, __defn_2__ = (c, d)
        __defn__.setitem(a, 0, __defn_1__)
        b = __defn_2__
        del __defn_1__, __defn_2__
        """,
    ),
    (
        "a = b[0] = c",
        """
        __defn_1__ = c
        a = __defn_1__
        __defn__.setitem(b, 0, __defn_1__)
        del __defn_1__
        """,
    ),
    (
        "a.b[0] = helper(a)",
        """
        __defn_1__ = __defn__.call(__defn__.name('helper', helper), a)
        __defn__.setitem(__defn__.attribute(a, 'b'), 0, __defn_1__)
        del __defn_1__
        """,
    ),
    ("a.b[0] = np.exp(a)", "__defn__.setitem(__defn__.attribute(a, 'b'), 0, __defn__.call(np.exp, a))"),
    (
        "a[b] += helper(c)",
        """
        __defn_1__ = a
        __defn_2__ = b
        __defn_3__ = __defn__.getitem(__defn_1__, __defn_2__)
        __defn_3__ = __defn__.augment('+', __defn_3__, __defn__.call(__defn__.name('helper', helper), c))
        __defn__.setitem(__defn_1__, __defn_2__, __defn_3__)
        del __defn_1__, __defn_2__, __defn_3__
        """,
    ),
    (
        "a.b -= helper(c)",
        """
        __defn_1__ = a
        __defn_2__ = __defn__.attribute(__defn_1__, 'b')
        __defn_2__ = __defn__.augment('-', __defn_2__, __defn__.call(__defn__.name('helper', helper), c))
        __defn__.setattribute(__defn_1__, 'b', __defn_2__)
        del __defn_1__, __defn_2__
        """,
    ),
    ("v: int", "pass"),
    ("v: list[int] = a", "v = a"),
    ("a.b: int = c", "__defn__.setattribute(a, 'b', c)"),
    ("assert a", "__defn__.assert_true(a, None)"),
    ("assert a > b, -b", "__defn__.assert_true(__defn__.greater(a, b), lambda: __defn__.negative(b))"),
    ("raise ValueError(a) from b", "__defn__.raise_error(lambda: __defn__.call(ValueError, a), lambda: b)"),
    ("raise ValueError\na = b", "__defn__.raise_error(lambda: ValueError, None)"),
    (
        "with np.errstate(all='ignore'): a = -b",
        "with np.errstate(all='ignore'):\n    pass\na = __defn__.negative(b)",
    ),
    ("import numpy as xp\na = xp.exp", "import numpy as xp\na = xp.exp"),
    ("from math import exp as e\na = e(b)", "from math import exp as e\na = __defn__.call(e, b)"),
    (
        """
        @helper
        def inner(v: int, w: int = -a) -> int:
            return v + w + b
        """,
        """
        @lambda __defn_function__: __defn__.call(__defn__.name('helper', helper), __defn_function__)
        def inner(v, w=__defn__.negative(a)):
            return __defn__.add(__defn__.add(v, w), b)
        """,
    ),
]


# Statements of control flow: the body of f(a, b, c, d), and the whole body of its twin.
REGIONS = [
    (
        "if a: pass\nelif b: c = -d",
        """
        def __defn_then_1():
            pass
        def __defn_else_1():
            def __defn_then_2():
                nonlocal c
                c = __defn__.negative(d)
            __defn__.branch(b, __defn_then_2, None)
        __defn__.branch(a, __defn_then_1, __defn_else_1)
        """,
    ),
    (
        """
        if a < b: v = a
        return v + a
        """,
        """
        v = __defn__.undefined('v')
        def __defn_then_1():
            nonlocal v
            v = a
        __defn__.branch(__defn__.less(a, b), __defn_then_1, None)
        return __defn__.add(__defn__.bound(v), a)
        """,
    ),
    (
        """
        if a: return b
        v = c
        return [v for v in d]
        """,
        """
        v = __defn__.undefined('v')
        def __defn_then_1():
            return __defn__.return_value(b)
        def __defn_rest_1():
            nonlocal v
            v = c
            return __defn__.return_value([v for v in __defn__.iterate(d)])
        return __defn__.result(__defn__.branch(a, __defn_then_1, None, __defn_rest_1))
        """,
    ),
    (
        "while a < b:\n    a += 1\n    continue\n    c = 1\nelse: pass\nb = c",
        """
        def __defn_test_1():
            return __defn__.less(__defn__.bound(a), b)
        def __defn_body_1():
            nonlocal a
            a = __defn__.augment('+', __defn__.bound(a), 1)
            return __defn__.CONTINUE
        def __defn_else_1():
            pass
        __defn__.while_loop(__defn_test_1, __defn_body_1, __defn_else_1)
        b = __defn__.bound(c)
        """,
    ),
    (
        """
        for v, a[0] in b:
            for w in v:
                if w: break
                a.append(w)
            else: return
        """,
        """
        v = __defn__.undefined('v')
        w = __defn__.undefined('w')
        def __defn_body_1(__defn_item_1):
            nonlocal v
            __defn_1__, __defn_2__ = __defn_item_1
            v = __defn_1__
            __defn__.setitem(a, 0, __defn_2__)
            del __defn_1__, __defn_2__
            def __defn_body_2(__defn_item_2):
                nonlocal w
                w = __defn_item_2
                def __defn_then_3():
                    return __defn__.BREAK
                def __defn_rest_3():
                    __defn__.method(a, 'append', __defn__.bound(w))
                return __defn__.branch(__defn__.bound(w), __defn_then_3, None, __defn_rest_3)
            def __defn_else_2():
                return __defn__.return_value(None)
            return __defn__.for_loop(__defn__.bound(v), __defn_body_2, __defn_else_2)
        return __defn__.result(__defn__.for_loop(b, __defn_body_1, None))
        """,
    ),
    (
        """
        while (v := a):
            assert v, (w := v)
            raise (w := v)
        """,
        """
        v = __defn__.undefined('v')
        w = __defn__.undefined('w')
        def __defn_test_1():
            nonlocal v
            return (v := a)
        def __defn_body_1():
            def __defn_value_2():
                nonlocal w
                return (w := __defn__.bound(v))
            __defn__.assert_true(__defn__.bound(v), __defn_value_2)
            def __defn_value_3():
                nonlocal w
                return (w := __defn__.bound(v))
            return __defn__.raise_error(__defn_value_3, None)
        return __defn__.result(__defn__.while_loop(__defn_test_1, __defn_body_1, None))
        """,
    ),
    (
        """
        with np.errstate(all='ignore'):
            if a: return b
            c = a
        return c
        """,
        """
        with np.errstate(all='ignore'): pass
        def __defn_then_1():
            return __defn__.return_value(b)
        def __defn_rest_1():
            nonlocal c
            c = a
            return __defn__.return_value(__defn__.bound(c))
        return __defn__.result(__defn__.branch(a, __defn_then_1, None, __defn_rest_1))
        """,
    ),
    (
        """
        match a:
            case [v, 0] if v: b = v
            case other.NAME: pass
        return b
        """,
        """
        v = __defn__.undefined('v')
        def __defn_match_1():
            nonlocal v, b
            match __defn__.static(a):
                case [v, 0] if __defn__.truth(__defn__.bound(v)):
                    b = __defn__.bound(v)
                case other.NAME:
                    pass
        __defn_match_1()
        return __defn__.bound(b)
        """,
    ),
    (
        """
        match a:
            case 1: return 2
            case _: pass
        return b
        """,
        """
        def __defn_match_1():
            match __defn__.static(a):
                case 1:
                    return __defn__.return_value(2)
                case _:
                    pass
        def __defn_rest_1():
            return __defn__.return_value(b)
        return __defn__.result(__defn__.sequence(__defn_match_1, __defn_rest_1))
        """,
    ),
    (
        """
        def inner(v):
            if v: w = v
            return lambda b: w + b + u
        if a: u = a
        """,
        """
        u = __defn__.undefined('u')
        def inner(v):
            w = __defn__.undefined('w')
            def __defn_then_1():
                nonlocal w
                w = v
            __defn__.branch(v, __defn_then_1, None)
            return lambda b: __defn__.add(__defn__.add(__defn__.bound(w), b), __defn__.bound(u))
        def __defn_then_2():
            nonlocal u
            u = a
        __defn__.branch(a, __defn_then_2, None)
        """,
    ),
    (
        """
        v: int
        return v
        """,
        """
        v = __defn__.undefined('v')
        pass
        return __defn__.bound(v)
        """,
    ),
    ("return a\nv = b\nreturn v", "v = __defn__.undefined('v')\nreturn a"),
]


@pytest.mark.parametrize(("source", "expected"), REGIONS)
def test_control_flow_becomes(source: str, expected: str) -> None:
    text = twin_text(_in_function(source))
    assert _dense(text) == _dense(ast.unparse(ast.parse(dedent(expected))))


def _dense(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line)


def test_shared_variables_come_after_the_docstring() -> None:
    source = 'def f(a):\n    "what it does"\n    if a: b = a\n'
    assert twin_text(source).startswith("'what it does'\nb = __defn__.undefined('b')")


def _in_function(body: str) -> str:
    lines = dedent(body).splitlines()
    return "\n".join([HEADER, "def f(a, b, c, d):", *(f"    {line}" for line in lines)]) + "\n"


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS)
def test_expression_becomes(source: str, expected: str) -> None:
    assert twin_text(_in_function(f"return {source}")) == f"return {ast.unparse(ast.parse(expected))}"


@pytest.mark.parametrize(("source", "expected"), STATEMENTS)
def test_statement_becomes(source: str, expected: str) -> None:
    assert twin_text(_in_function(source)) == ast.unparse(ast.parse(dedent(expected)))


def _module(source: str) -> str:
    return ast.unparse(syntax.rewrite(dedent(source), "m.py"))


def test_function_is_paired_with_its_twin() -> None:
    source = '''
    """doc"""
    from __future__ import annotations
    import numpy as np

    @decorate
    def f(t: float, /, u: int = 1, *rest, axis: int = -1, **more) -> float:
        """what it does"""
        return t / 2
    '''
    expected = '''
    """doc"""
    from __future__ import annotations
    from defnhook.dispatch import runtime as __defn__
    import numpy as np

    def __defn_traced__(t, /, u, *rest, axis, **more):
        """what it does"""
        return __defn__.divide(t, 2)

    @decorate
    @__defn__.function(__defn_traced__)
    def f(t: float, /, u: int = 1, *rest, axis: int = -1, **more) -> float:
        """what it does"""
        return t / 2
    del __defn_traced__
    '''
    assert _module(source) == ast.unparse(ast.parse(dedent(expected)))


def test_original_keeps_its_tree() -> None:
    source = _in_function("a[0] += b; return [v.w for v in a if v > 0 and helper(v)]")
    (before,) = [node for node in ast.parse(source).body if getattr(node, "name", "") == "f"]
    (after,) = [node for node in syntax.rewrite(source, "m.py").body if getattr(node, "name", "") == "f"]
    after.decorator_list.pop()
    assert ast.dump(after, include_attributes=True) == ast.dump(before, include_attributes=True)


PLAIN = [
    "def f(x): return x + 1  # defn: off",
    "def f(  #  defn: off\n    x,\n): return x + 1",
    "def f(\n    x,\n):  # defn: off\n    return x + 1",
    "class C:  # defn: off\n    def f(self): return self + 1",
    "async def f(x): return x + 1",
    "f = lambda x: x + 1",
    "if __name__ == '__main__':\n    def f(x): return x + 1",
    "if '__main__' == __name__:\n    def f(x): return x + 1",
    "import defnhook\n@defnhook.transform\ndef f(x): return x + 1",
    "import defnhook as d\n@d.transform\ndef f(x): return x + 1",
    "from defnhook import transform as host\n@host\ndef f(x): return x + 1",
    "from typing import overload\n@overload\ndef f(x): ...",
    "total = 1 + 2",
    "def f(x):  # defn: off\n    def g(y): return y + 1\n    return g",
]
MARKED = [
    "def f(x): return x + 1",
    "def f(x):\n    # defn: off\n    return x + 1",
    "def f(x): return x + 1  # defn: offhand",
    "class C:\n    def f(self): return self + 1",
    "class C:\n    class D:\n        def f(self): return self + 1",
    "if True:\n    def f(x): return x + 1",
    "if __name__ == '__main__':\n    pass\nelse:\n    def f(x): return x + 1",
    "for i in range(2):\n    def f(x): return x + 1",
    "try:\n    import fast\nexcept ImportError:\n    def f(x): return x + 1",
    "with open(path):\n    def f(x): return x + 1",
    "match version:\n    case 1:\n        def f(x): return x + 1",
    "transform = print\n@transform\ndef f(x): return x + 1",
]


@pytest.mark.parametrize("source", PLAIN)
def test_stays_plain(source: str) -> None:
    assert "__defn_traced__" not in _module(source)


@pytest.mark.parametrize("source", MARKED)
def test_is_rewritten(source: str) -> None:
    assert _module(source).count("def __defn_traced__") == 1


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("", 0),
        ("'doc'", 1),
        ("'doc'\nfrom __future__ import annotations\nx = 1", 2),
        ("12\nx = 1", 0),
        ("from __future__ import annotations\nfrom __future__ import division\n'text'", 2),
    ],
)
def test_runtime_is_imported_after_the_preamble(source: str, place: int) -> None:
    tree = syntax.rewrite(source, "m.py")
    assert ast.unparse(tree.body[place]) == "from defnhook.dispatch import runtime as __defn__"
    assert sum("defnhook" in ast.unparse(node) for node in tree.body) == 1
    compile(tree, "m.py", "exec")


def test_import_stands_on_the_first_decorators_line() -> None:
    tree = syntax.rewrite("\n\n@decorate\n@again\nclass C:\n    pass\n", "m.py")
    assert tree.body[0].lineno == 3


def test_private_names_are_spelled_as_the_compiler_does() -> None:
    source = """
    __scale = 2
    class _Model:
        def f(self, __x):
            self.__total = self.__run(__x) * __scale
            self.__total += self.__dict
            return self.__len__()
    """
    text = twin_text(dedent(source))
    assert "'_Model__total'" in text
    assert "__defn__.method(self, '_Model__run', __x)" in text
    assert "__defn__.name('_Model__scale', __scale)" in text
    assert "'__len__'" in text


def test_slice_of_another_meaning_is_not_used() -> None:
    source = "def f(x, slice): return x[1:]"
    assert twin_text(source) == "return __defn__.getitem(x, __defn__.slice(1, None, None))"


def test_compiler_warns_once_of_a_comparison_with_a_literal() -> None:
    tree = syntax.rewrite(
        "def f(x):\n    return x is 1, 1.0 is not x, x is None, x is True, x is ...", "m.py"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile(tree, "m.py", "exec")
    assert len(caught) == 2


def test_names_after_a_star_import_are_looked_at_when_run() -> None:
    assert twin_text("from numpy import *\ndef f(x): return sum(x)") == (
        "return __defn__.call(__defn__.name('sum', sum), x)"
    )


def test_rebound_definitions_are_looked_at_when_run() -> None:
    source = "def g(x): return x  # defn: off\ng = wrap(g)\ndef f(x): return g(x)"
    assert twin_text(source) == "return __defn__.call(__defn__.name('g', g), x)"


def test_super_names_its_arguments() -> None:
    source = "class C:\n    def f(self, x): return x and super().f(x)"
    assert twin_text(source) == (
        "return __defn__.and_(x, lambda: __defn__.method(super(__class__, self), 'f', x))"
    )


def test_super_of_another_meaning_is_called_like_any_function() -> None:
    assert twin_text("def f(self, super): return super()") == "return __defn__.call(super)"


def test_super_without_a_first_argument_stays_as_it_is() -> None:
    source = "class C:\n    def f(self): return lambda: super().x"
    assert twin_text(source) == "return lambda: __defn__.attribute(super(), 'x')"
