"""A rewritten module is the module: docstrings, names, lines, warnings, errors and tracebacks stay."""

from __future__ import annotations

import inspect
import json
import linecache
import sys
import traceback
import warnings
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from types import CodeType

import pytest

import defnhook
from defnhook import syntax
from defnhook.hook.loader import DefnLoader


def functions(code: CodeType) -> Iterator[tuple[str, int, list[int | None]]]:
    """Each function and class that the user wrote: name, first line, and the lines of its statements."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and not constant.co_name.startswith("__defn_"):
            lines = sorted({line for _, _, line in constant.co_lines() if line is not None})
            yield constant.co_qualname, constant.co_firstlineno, lines
            yield from functions(constant)


def test_a_module_named_like_one_of_python_is_compiled(hooked, monkeypatch):
    monkeypatch.delitem(sys.modules, "queue", raising=False)
    hooked.write("queue.py", "x = 1\n", marked=True)
    module = hooked.load("queue")
    hooked.forget("queue")
    assert isinstance(module.__loader__, DefnLoader)


def test_unmarked_modules_are_left_alone(hooked, plain_code, written_bytecode):
    path = hooked.write("unmarked.py", "def f(a):\n    return a / 2\n")
    module = hooked.load("unmarked")
    assert type(module.__loader__) is SourceFileLoader
    assert hooked.bytecode() == [f"unmarked.{sys.implementation.cache_tag}.pyc"]
    assert module.__cached__.endswith(hooked.bytecode()[0])
    assert module.f.__code__ == plain_code(path).co_consts[0]


@pytest.mark.parametrize(
    ("text", "doc"),
    [
        ('"""doc"""\nfrom __future__ import annotations\nx: no_such_name = 1\n', "doc"),
        ("from __future__ import annotations\nx: no_such_name = 1\n", None),
        ("1\nx = 2\n", None),
        ("b'bytes'\nx = 2\n", None),
        ("f'{1}'\nx = 2\n", None),
        ('"""doc"""', "doc"),
        ('"a" "b"\nx = 1\n', "ab"),
    ],
)
def test_docstrings_and_future_imports_survive(hooked, text, doc):
    hooked.write("opening.py", text, marked=True)
    module = hooked.load("opening")
    assert module.__doc__ == doc
    assert "__defn__" in vars(module)


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n    pass\n",
        "x = (\n",
        "def f():\n    x = 1\n  y = 2\n",
        "x = 1 +\n",
        "return 1\n",
        "def f(a, a):\n    return a\n",
        "break\n",
        "def f():  # defn: off\n    nonlocal missing\n",
        "def f(a):  # defn: off\n    global a\n    return a\n",
        "'abc\n",
        "x = 08\n",
        "from __future__ import no_such_feature\n",
        "é = $\n",
    ],
)
def test_syntax_errors_are_those_of_a_plain_import(hooked, plain_code, written_bytecode, text):
    path = hooked.write("broken.py", text, marked=True)
    with pytest.raises(SyntaxError) as plain:
        plain_code(path)
    with pytest.raises(SyntaxError) as ours:
        hooked.load("broken")
    assert type(ours.value) is type(plain.value)
    assert ours.value.args == plain.value.args
    assert ours.value.filename == str(path)
    assert hooked.bytecode() == []


WARNS = """
x = "\\d"
def f(a):
    assert (a, "always true")
    y = "\\w"
    return a is 1
class C:
    z = "\\s"
"""


def test_syntax_warnings_come_once_and_where_python_gives_them(hooked, plain_code):
    path = hooked.write("warns.py", WARNS, marked=True)

    def noted(action):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            action()
        return sorted(
            (each.category.__name__, str(each.message), each.filename, each.lineno) for each in caught
        )

    plain = noted(lambda: plain_code(path))
    assert len(plain) == 5
    assert noted(lambda: hooked.load("warns")) == plain


def test_a_syntax_warning_made_an_error_stops_the_import(hooked, plain_code, written_bytecode):
    path = hooked.write("warns.py", WARNS, marked=True)
    with pytest.raises(SyntaxError) as plain:
        plain_code(path)
    with pytest.raises(SyntaxError) as ours:
        hooked.load("warns")
    assert ours.value.args == plain.value.args
    assert hooked.bytecode() == []


FAILS = """
import sys

def helper(values):  # defn: off
    return sys.no_such_name(values)

class Table:
    rows = helper([1, 2]) + 1
"""


def test_an_error_in_the_module_body_shows_the_users_lines_only(folder):
    path = folder.write("fails.py", FAILS, marked=True)

    def shown():
        try:
            folder.load("fails")
        except AttributeError:
            linecache.checkcache()
            return traceback.format_exc()
        raise AssertionError("no error")

    plain = shown()
    with defnhook.install():
        ours = shown()
    head, _, tail = ours.partition(str(path))
    assert "rows = helper([1, 2]) + 1" in tail
    assert "^^^^" in tail
    assert "defnhook" not in head.replace(__file__, "")
    assert plain.partition(str(path))[2] == tail


CALLS = """
def half(a):
    return a / 2

def outer(a):
    b = half(
        a
    ) + 1
    return b

class Table:
    def method(self, a):
        return [half(x) for x in a]
"""


@pytest.mark.parametrize(
    "call", [lambda module: module.outer("text"), lambda module: module.Table().method([1, "text"])]
)
def test_an_error_in_a_function_points_at_the_users_expression(folder, call):
    path = folder.write("calls.py", CALLS, marked=True)

    def last_frame():
        with pytest.raises(TypeError) as caught:
            call(folder.load("calls"))
        folder.forget("calls")
        frames = [frame for frame in traceback.extract_tb(caught.tb) if frame.filename == str(path)]
        return frames[-1].lineno, frames[-1].line, frames[-1].colno, frames[-1].end_colno

    plain = last_frame()
    with defnhook.install():
        assert last_frame() == plain == (4, "return a / 2", 11, 16)


DEFINITIONS = """\
import functools

def decorate(function):  # defn: off
    return function

@decorate
@functools.wraps(
    decorate
)
def first(a, *, axis=-1):
    \"\"\"First.\"\"\"
    return (
        a
        / 2
    )

@decorate
class Table:
    size: int = 3

    @staticmethod
    @decorate
    def half(a): return a / 2

    def method(self, a):
        def inner(b):
            return b / a
        return inner(a) if a else [x / 2 for x in (a,)]

if functools:
    @decorate
    def guarded(a):
        return lambda b: a / b
"""


@pytest.mark.parametrize("prefix", ["", DEFINITIONS.partition("@decorate")[0]])
def test_line_numbers_of_definitions_are_those_of_a_plain_import(folder, plain_code, prefix):
    body = DEFINITIONS.partition("import functools\n")[2] if not prefix else DEFINITIONS
    path = folder.write("lines.py", body, marked=True)
    with defnhook.install():
        ours = DefnLoader("lines", str(path)).get_code("lines")
    plain = plain_code(path)
    assert ours is not None
    assert dict((name, rest) for name, *rest in functions(ours)) == dict(
        (name, rest) for name, *rest in functions(plain)
    )
    assert ours.co_firstlineno == plain.co_firstlineno
    assert {line for _, _, line in ours.co_lines()} <= {line for _, _, line in plain.co_lines()}


def test_no_line_comes_before_the_decorator_of_a_first_statement(hooked):
    path = hooked.write("decorated.py", "\n@print\n@print\ndef f(a):\n    return a\n", marked=True)
    code = DefnLoader("decorated", str(path)).get_code("decorated")
    assert code is not None
    lines = [line for _, _, line in code.co_lines() if line]
    assert min(lines) == lines[0] == 3


def test_source_text_is_the_users(hooked):
    path = hooked.write("lines.py", DEFINITIONS, marked=True)
    module = hooked.load("lines")
    assert inspect.getsource(module) == path.read_text()
    assert module.__spec__.loader.get_source("lines") == path.read_text()
    first = inspect.getsource(module.Table.half)
    assert first == "    @staticmethod\n    @decorate\n    def half(a): return a / 2\n"
    assert inspect.getsource(module.guarded).startswith("    @decorate\n    def guarded(a):\n")
    assert inspect.getsource(module.Table).startswith("@decorate\nclass Table:\n")
    assert inspect.getsourcefile(module.Table.method) == str(path)


def fail(*arguments):
    raise KeyError("a fault of the rewriter")


@pytest.mark.parametrize(
    "rewrite", [fail, lambda source, path, options: None, lambda source, path, options: 3]
)
def test_a_fault_of_the_rewriter_names_the_file_and_keeps_nothing(
    hooked, written_bytecode, monkeypatch, rewrite
):
    path = hooked.write("innocent.py", "x = 1\n", marked=True)
    with monkeypatch.context() as patch:
        patch.setattr(syntax, "rewrite", rewrite)
        with pytest.raises(defnhook.DefnInternalError) as caught:
            hooked.load("innocent")
    assert str(path) in str(caught.value)
    assert not isinstance(caught.value, SyntaxError)
    assert hooked.bytecode() == []
    assert hooked.load("innocent").x == 1


def test_no_name_of_ours_is_exported_and_private_names_are_the_users(hooked):
    hooked.write(
        "exports.py",
        "class Table:\n"
        "    __size = 3\n"
        "    def __half(self, a):\n        return a / self.__size\n"
        "    def half(self, a):\n        return self.__half(a)\n"
        "def f(a):\n    return a\n",
        marked=True,
    )
    hooked.write("imports.py", "from exports import *\nnames = sorted(globals())\n")
    module = hooked.load("exports")
    assert [name for name in hooked.load("imports").names if not name.startswith("__")] == ["Table", "f"]
    assert {name for name in vars(module) if name.startswith("__defn")} == {"__defn__"}
    attributes = [name for name in vars(module.Table) if not name.endswith("__")]
    assert attributes == ["_Table__size", "_Table__half", "half"]


REFUSED = '''"""doc"""
import numpy as np

def f(a):
    try:
        return np.exp(a)
    except ValueError:
        return a
'''


def test_a_refused_statement_names_its_place_and_keeps_nothing(hooked, written_bytecode):
    path = hooked.write("refused.py", REFUSED, marked=True)
    with pytest.raises(defnhook.DefnSyntaxError) as caught:
        hooked.load("refused")
    error = caught.value
    assert (error.filename, error.lineno, error.offset) == (str(path), 6, 5)
    assert error.text is not None
    assert error.text.strip() == "try:"
    assert "refused" not in sys.modules
    assert hooked.bytecode() == []
    hooked.write("refused.py", "def f(a):\n    return a\n", marked=True)
    assert inspect.isfunction(hooked.load("refused").f)


COVERED = '''\
"""doc"""
from __future__ import annotations
import functools
import numpy as np

LIMIT = (
    1
    + 2
)

def decorate(function):  # defn: off
    if function is None:
        return None
    return function

@decorate
@functools.wraps(
    decorate
)
def scaled(a, *, by=2.0):
    """Scaled."""
    total = (
        a
        * by
    )
    return np.sum(
        total
    )

class Table:
    size: int = 3

    @decorate
    def half(self, a):
        return a / self.size

if LIMIT > 2:
    @decorate
    def guarded(a):
        if a.ndim == 1:
            return a + 1
        return a - 1
else:
    def guarded(a):
        return a

def never(a):
    return a

a = np.ones(3)
scaled(a)
guarded(a)
guarded(np.ones((2, 2)))
Table().half(a)
'''

MEASURE = """
import coverage, json, sys
measured = coverage.Coverage(branch=True, include=["*covered.py"], data_file=None, config_file=False)
measured.start()
import defnhook
defnhook.install()
import covered
measured.stop()
measured.json_report(outfile="report.json")
(report,) = json.load(open("report.json"))["files"].values()
print(json.dumps({key: value for key, value in report.items() if "lines" in key or "branches" in key}))
"""


def test_coverage_by_lines_is_that_of_the_plain_file(folder, python):
    pytest.importorskip("coverage")
    folder.write("covered.py", COVERED, marked=True)
    plain = python("-c", MEASURE, DEFNHOOK="off")
    report = json.loads(plain)
    lines = COVERED.splitlines()
    assert [lines[line - 2].strip() for line in report["missing_lines"]] == [
        "return None",
        "def guarded(a):",
        "return a",
        "return a",
    ]
    hooked = json.loads(python("-c", MEASURE))
    for lines in ("executed_lines", "missing_lines", "excluded_lines"):
        assert hooked[lines] == report[lines]
