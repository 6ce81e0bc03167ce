"""Every refusal: an example each, with its code and its place."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest
from twins import dedent

from defnhook import syntax
from defnhook.errors import DefnSyntaxError
from defnhook.syntax import allowlist, forbidden
from defnhook.syntax.rules import BY_CODE, RULES

HEADER = "import math, os, numpy as np, numpy.random as r\nf = np.load\n"
LINES = HEADER.count("\n") + 1

# (code, body of `def run(x, y, *rest)`, the words that the caret covers)
BODIES = [
    ("DEFN001", "__defn_x__ = 1", "__defn_x__"),
    ("DEFN001", "return lambda __defn: 1", "__defn"),
    ("DEFN001", "import math as __defn__", "math as __defn__"),
    ("DEFN002", "import os", "os"),
    ("DEFN002", "import numpy, json as j", "json as j"),
    ("DEFN002", "from elsewhere import thing", "thing"),
    ("DEFN002", "from . import thing", "thing"),
    ("DEFN003", "class C: pass", "class C:"),
    ("DEFN004", "global x1\nx1 = 2", "global"),
    ("DEFN005", "def g():\n    nonlocal y\n    y = 1", "nonlocal"),
    ("DEFN006", "del x", "del"),
    ("DEFN006", "del x[0]", "del"),
    ("DEFN007", "async def g(): pass", "async def"),
    ("DEFN007", "return [v async for v in x]", "x"),
    ("DEFN008", "yield x", "yield"),
    ("DEFN008", "y = yield", "yield"),
    ("DEFN008", "yield from x", "yield from"),
    ("DEFN009", "return (v for v in x)", "(v for v in x)"),
    ("DEFN009", "return np.exp(v for v in x)", "(v for v in x)"),
    ("DEFN010", "return x(*{1, 2})", "*{1, 2}"),
    ("DEFN010", "return x(*{v for v in y})", "*{v for v in y}"),
    ("DEFN011", "with x as v: pass", "with x"),
    ("DEFN011", "with np.errstate(all='ignore') as v: pass", "with np.errstate(all='ignore')"),
    ("DEFN012", "try: pass\nfinally: pass", "try:"),
    ("DEFN012", "try: pass\nexcept* ValueError: pass", "try:"),
    ("DEFN013", "return [0 for x[0] in y]", "x[0]"),
    ("DEFN013", "return {0 for x.a, b in y}", "x.a"),
    ("DEFN020", "return np.load(x)", "np.load"),
    ("DEFN020", "return f(x)", "f"),
    ("DEFN020", "g = np.load", "np.load"),
    ("DEFN020", "g = np.save; g(x)", "np.save"),
    ("DEFN020", "g, h = np.exp, np.save; g(x), h(x)", "np.save"),
    ("DEFN020", "return (g := np.save)(x)", "np.save"),
    ("DEFN020", "return getattr(np, 'load')(x)", "getattr(np, 'load')"),
    ("DEFN020", "return getattr(np, 'load', None)(x)", "getattr(np, 'load', None)"),
    ("DEFN020", "return np.__dict__['load'](x)", "np.__dict__['load']"),
    ("DEFN020", "return vars(np)['load'](x)", "vars(np)['load']"),
    ("DEFN020", "from numpy import load as g\nreturn g(x)", "load as g"),
    ("DEFN020", "import numpy as xp\nreturn xp.load(x)", "xp.load"),
    ("DEFN020", "return x if y else lambda v=np.load: v", "np.load"),
    ("DEFN015", "if x: raise", "raise"),
    ("DEFN020", "return open(x)", "open"),
    ("DEFN020", "np.trim_zeros(x)", "np.trim_zeros"),
    ("DEFN020", "return np.lib.stride_tricks.as_strided(x)", "np.lib.stride_tricks.as_strided"),
    ("DEFN022", "return np.lib.array_utils.byte_bounds(x)", "np.lib.array_utils"),
    ("DEFN024", "x.resize(3)", "x.resize(3)"),
    ("DEFN020", "return eval('x')", "eval"),
    ("DEFN020", "x = locals()", "locals"),
    ("DEFN020", "@np.vectorize\ndef g(v): return v", "np.vectorize"),
    ("DEFN021", "return np.sofmax(x)", "np.sofmax"),
    ("DEFN021", "return np.linalg.nrom(x)", "np.linalg.nrom"),
    ("DEFN021", "return math.sqr(x)", "math.sqr"),
    ("DEFN021", "from functools import cached_property", "cached_property"),
    ("DEFN020", "from functools import partial, reduce", "reduce"),
    ("DEFN022", "return np.random.rand(3)", "np.random.rand"),
    ("DEFN022", "return r.rand(3)", "r.rand"),
    ("DEFN022", "g = np.random; g.rand(3)", "np.random"),
    ("DEFN022", "return os.environ['x']", "os.environ"),
    ("DEFN022", "return os.path.join(x, y)", "os.path.join"),
    ("DEFN022", "return x(os)", "os"),
    ("DEFN023", "return copyright()", "copyright"),
    ("DEFN024", "return x.tolist()", "x.tolist()"),
    ("DEFN024", "return (x + 1).sum().item()", "(x + 1).sum().item()"),
    ("DEFN025", "return x.__dict__", "x.__dict__"),
    ("DEFN025", "return np.exp.__class__.__subclasses__", "np.exp.__class__.__subclasses__"),
]
BY_OTHER_MEANS = {
    "DEFN014": "test_syntax_unknown_to_the_language_is_refused",
    "DEFN030": "test_check_reports_files_that_are_not_python (test_syntax_command)",
    "DEFN031": "test_check_reports_near_misses (test_syntax_command)",
    "DEFN032": "test_ambiguous_source_is_refused (test_syntax_function)",
}
ALLOWED = [
    "return np.exp(x) + math.pi * np.linalg.norm(x) - np.float32(1)",
    "with np.errstate(divide='ignore'): return 1 / x",
    "from numpy import errstate\nwith errstate(all='ignore'): return 1 / x",
    "import numpy as xp\nreturn xp.exp(x)",
    "from numpy.linalg import norm\nreturn norm(x)",
    "return sum(v for v in x), tuple(v for v in x), min((v for v in x), default=0)",
    "return ', '.join(str(v) for v in x)",
    "return x(*rest), x(*y.shape), x(*[1, 2]), x(*y[1:]), x(**y)",
    "match x:\n    case 1: return 2",
    "assert x > 0, f'{x}'\nraise ValueError(x)",
    "return getattr(np, 'exp')(x)",
    "g = lambda v: v\ndef h(v=1): return g(v)\nreturn [h(v) for v in x if (w := v)]",
    "return print(len(x), isinstance(y, np.ndarray), range(3), zip(x, y))",
    "np = x\nreturn np.load(y)",
    "open = x\nreturn open(y)",
    "return [open(y) for open in x]",
    "return (lambda open: open(y))(x)",
    "return unknown(x) + os2.path(y)",
    "return x.items(), x.item, x.shape",
    "return __name__, __doc__",
    "if x: raise ValueError(f'{y!r:>3}') from None",
    "a, *(b, *c) = x\n[d, e] = *a, b",
    "return sorted([3, 1], key=lambda v: -v), [*sorted(x)], {**y}, x(*y, **{'k': 1})",
    "p = Pair(x, y)\nq = p._replace(a=1)\np.a = q.a\nreturn Pair(*q), isinstance(p, Pair)",
    "x[...] = y; x[y > 0] += 1; x[1:, None][0] = 2; x += y; x.fill(0)\nnp.add.at(x, y, 1)",
    "while x:\n    x -= 1\n    if x < 3: break\n    continue\nelse: assert x, y",
    "for i, (a, y[0]) in enumerate(zip(x, y)): print(i, a, sep='')",
    "with np.errstate(all='ignore'), np.errstate(over='raise'):\n    return x\nreturn y",
    "match x:\n    case Pair(a=1) | 'b': return 2\n    case [0, *v]: raise KeyError(v)",
    "return hasattr(x, 'a'), getattr(x, 'b'), divmod(x, 2), pow(x, 2), bool(x), complex(x)",
    "v: np.random.Generator = x\nreturn v",
]


def _program(body: str) -> str:
    return HEADER + "def run(x, y, *rest):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def _words(source: str, problem: object) -> str:
    line = source.splitlines()[problem.line - 1]
    return line[problem.column : problem.end_column]


@pytest.mark.parametrize(("code", "body", "words"), BODIES)
def test_refused(code: str, body: str, words: str) -> None:
    source = _program(body)
    (problem,) = syntax.check(source, "model.py")
    assert (problem.code, _words(source, problem)) == (code, words)
    assert problem.way_out
    place = next(number for number, line in enumerate(body.splitlines()) if words in line)
    assert problem.line == LINES + 1 + place


@pytest.mark.parametrize("body", ALLOWED)
def test_allowed(body: str) -> None:
    assert syntax.check(_program(body), "model.py") == []


def test_every_rule_has_an_example() -> None:
    shown = {code for code, _, _ in BODIES} | set(BY_OTHER_MEANS)
    assert shown == set(BY_CODE)
    assert len(BY_CODE) == len(RULES)


def test_syntax_unknown_to_the_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from defnhook.syntax import checker

    monkeypatch.setattr(checker, "_LANGUAGE", checker._LANGUAGE - {"While", "Dict"})
    problems = syntax.check(_program("while x: pass\nreturn {1: 2}"), "model.py")
    assert [(problem.code, problem.message.split(" is ")[0]) for problem in problems] == [
        ("DEFN014", "'while'"),
        ("DEFN014", "'{1: 2}'"),
    ]


OF_GENERATORS = {"GeneratorExp"}  # depends on where it stands: DEFN009
OF_NEWER_PYTHONS = {"TypeAlias", "TemplateStr", "Interpolation"}  # DEFN014


def test_every_node_of_python_is_in_the_language_or_refused() -> None:
    from defnhook.syntax import checker, constructs

    nodes = {node.__name__ for node in (*ast.stmt.__subclasses__(), *ast.expr.__subclasses__())}
    refused = set(checker._REFUSED)
    assert nodes - OF_NEWER_PYTHONS == (constructs.NODES | refused | OF_GENERATORS) & nodes
    assert not constructs.NODES & refused


def test_only_marked_functions_are_checked() -> None:
    source = """
    import random, os
    data = np.load("x")
    with open("y") as file: pass
    def host(): return open("x")  # defn: off
    class Store:  # defn: off
        def read(self): return open("x")
    async def wait(): await host()
    g = lambda: open("x")
    @open
    def run(x: open = open("x")) -> open: return x
    class Model:
        path = open("z")
        def run(self): return self
    if __name__ == "__main__":
        def main(): return open("x")
    """
    assert syntax.check(dedent(source), "model.py") == []


def test_methods_and_nested_functions_are_checked() -> None:
    source = """
    class Model:
        class Inner:
            def run(self):
                def inner(): return [open(v) for v in (lambda: open)()]
                return inner
    """
    assert [problem.code for problem in syntax.check(dedent(source), "model.py")] == ["DEFN020"] * 2


def test_reserved_names_are_refused_everywhere() -> None:
    source = """
    __defn__ = 1
    class __defn_c__: pass
    for __defn_i__ in (): pass
    async def __defn_a__(): pass
    try: pass
    except ValueError as __defn_e__: pass
    match 1:
        case [__defn_m__, *__defn_r__]: pass
        case {"a": 1, **__defn_k__}: pass
    def f():  # defn: off
        global __defn_g__
    """
    problems = syntax.check(dedent(source), "model.py")
    assert [problem.code for problem in problems] == ["DEFN001"] * 9


TEN = """
import numpy as np
def run(x, é):
    try:
        del x
    finally:
        pass
    global y; w = "ü"; np.load(x)
    class C: pass
    return x.tolist(), (v for v in x), np.nosuch, open
def again(x):
    with x:
        yield np.random
"""
EXPECTED = [
    ("DEFN012", 3, 5),
    ("DEFN006", 4, 9),
    ("DEFN004", 7, 5),
    ("DEFN020", 7, 24),
    ("DEFN003", 8, 5),
    ("DEFN024", 9, 12),
    ("DEFN009", 9, 24),
    ("DEFN021", 9, 40),
    ("DEFN020", 9, 51),
    ("DEFN011", 11, 5),
    ("DEFN008", 12, 9),
    ("DEFN022", 12, 15),
]


def test_all_problems_are_reported_at_once() -> None:
    source = TEN.lstrip()
    with pytest.raises(DefnSyntaxError) as raised:
        syntax.rewrite(source.encode(), "model.py")
    error = raised.value
    assert [(p.code, p.line, p.column + 1) for p in error.problems] == EXPECTED
    assert (error.code, error.filename, error.lineno, error.offset) == ("DEFN012", "model.py", 3, 5)
    assert (error.text, error.end_lineno, error.end_offset) == ("    try:\n", 3, 9)
    lines = source.splitlines()
    for code, line, column in EXPECTED:
        place = f'  File "model.py", line {line}, column {column}\n    {lines[line - 1].lstrip()}\n'
        carets = re.escape(place) + r"    ( *)(\^+)\n" + re.escape(f"[{code}] ")
        found = re.search(carets, error.msg)
        assert found is not None, (code, error.msg)
        indentation = len(lines[line - 1]) - len(lines[line - 1].lstrip())
        assert len(found[1]) + indentation == column - 1


def test_one_problem_reads_as_the_manual_says() -> None:
    with pytest.raises(DefnSyntaxError) as raised:
        syntax.rewrite("def f(x):\n    try:\n        return x\n    finally:\n        pass\n", "model.py")
    assert raised.value.msg == (
        "[DEFN012] 'try' is not part of the defn language.\n"
        "A defn function is traced once and has no run-time exceptions to catch. Test the condition with\n"
        "np.where or an if on the arguments, or move the try around the call, outside this module.\n"
        "A function whose def line ends in the comment '# defn: off' stays plain Python."
    )


def test_alias_is_named_with_what_it_stands_for() -> None:
    (problem,) = syntax.check(_program("return f(x)"), "model.py")
    assert problem.message.startswith("'f', which is np.load, is not part of the defn language.")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("np.maximun", "np.maximum"), ("np.linalg.exp", "np.exp"), ("np.norm", "np.linalg.norm")],
)
def test_nearest_name_is_offered(name: str, hint: str) -> None:
    if allowlist.refusal(hint.replace("np.", "numpy.", 1)) is not None:
        pytest.skip(f"{hint} is not in the table of operations")
    (problem,) = syntax.check(_program(f"return {name}(x)"), "model.py")
    assert problem.way_out == f"Did you mean {hint}?"


def test_python_errors_stay_what_they_are() -> None:
    with pytest.raises(SyntaxError) as raised:
        syntax.rewrite(b"# defn\ndef f(:\n", "model.py")
    assert not isinstance(raised.value, DefnSyntaxError)
    with pytest.raises(SyntaxError, match="unknown encoding"):
        syntax.rewrite(b"# coding: nonsense\n", "model.py")


@pytest.mark.parametrize(
    "source", [b"\xef\xbb\xbf# defn\r\ndef f(x):\r\n    del x\r\n", b"# defn\rdef f(x):\r    del x\r"]
)
def test_lines_of_other_systems_are_counted(source: bytes) -> None:
    with pytest.raises(DefnSyntaxError) as raised:
        syntax.rewrite(source, "model.py")
    assert (raised.value.lineno, raised.value.text) == (3, "    del x\n")


def test_latin_source_is_read_in_its_encoding() -> None:
    source = "# coding: latin-1\n# defn\ndef f(é):\n    é = 'ü'; del é\n".encode("latin-1")
    with pytest.raises(DefnSyntaxError) as raised:
        syntax.rewrite(source, "model.py")
    assert (raised.value.text, raised.value.offset) == ("    é = 'ü'; del é\n", 14)


# --------------------------------------------------------------------- tables


def test_forbidden_names_of_numpy_exist() -> None:
    gone = {"numpy.fromregex", "numpy.info"}
    for path in forbidden.NAMES:
        module, _, name = path.rpartition(".")
        if module == "numpy" and path not in gone:
            assert hasattr(np, name), path


def test_allowed_names_of_numpy_exist() -> None:
    assert [name for name in allowlist.allowed("numpy") if not hasattr(np, name)] == []


def test_no_name_is_both_allowed_and_forbidden() -> None:
    for path in forbidden.NAMES:
        module, _, name = path.rpartition(".")
        assert name not in allowlist.allowed(module), path
    assert not allowlist.MODULES & set(forbidden.MODULES)


def test_every_forbidden_name_says_what_to_write() -> None:
    for way_out in [*forbidden.NAMES.values(), *forbidden.MODULES.values(), *forbidden.METHODS.values()]:
        assert way_out.endswith("."), way_out


def test_digest_follows_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = syntax.digest()
    assert before == syntax.digest()
    assert re.fullmatch(r"[0-9a-f]{16}", before)
    known = allowlist.allowed
    monkeypatch.setattr(allowlist, "allowed", lambda module: known(module) | {"new"})
    syntax.digest.cache_clear()
    assert syntax.digest() != before
    syntax.digest.cache_clear()
