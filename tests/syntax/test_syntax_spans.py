"""Rewritten code stands where its source stands: carets, lines, names of errors."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Iterator
from types import CodeType, FunctionType

import pytest
from test_syntax_meaning import PROGRAMS
from twins import dedent, twinned

from defnhook import syntax

# A failing expression marked by «», inside a function of x = 1.
FAILING = [
    "return «1 / (x - 1)»",
    "return 2 + («1\n        / (x - 1)») * 3",
    "return -«x.nothing»",
    "return «x.nothing(1)»",
    "return len([1,\n        «x(1)»])",
    "return «len(\n        x)»",
    "return [v for v in [1] if «v + 'é'»]",
    "return «[][x]»",
    "return 0 < («x\n        + ''») < 3",
    "return x and «x - ''»",
    "return «x < ''»",
    "return 'é' and «x in 3»",
    "return 1 if «x @ 1» else 2",
    "«x[0] = 3»",
    "x.y = «x // 0»",
    "«x += ''»",
    "«x.y += 1»",
    "x, y = «x % 0», 1",
    "return «super()».x",
    "return (lambda: «x / 0»)()",
    "for v in «x ** ''»: pass",
    "while «~'a'»: pass",
    "if «not_here»: pass",
]


def _source(body: str) -> str:
    return "def run(x):\n" + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize("body", FAILING)
def test_error_points_at_its_expression(body: str) -> None:
    marked = _source(body)
    start, end = marked.index("«"), marked.index("»") - 1
    source = marked.replace("«", "").replace("»", "")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        twinned(source).run(1)
    frames = traceback.TracebackException.from_exception(raised.value).stack
    frame = next(frame for frame in reversed(list(frames)) if frame.filename == "program.py")
    assert (frame.lineno, frame.colno) == _place(source, start)
    assert (frame.end_lineno, frame.end_colno) == _place(source, end)


def _place(source: str, offset: int) -> tuple[int, int]:
    """Line and column, the column in bytes as tracebacks of 3.11 to 3.14 keep it."""
    line = source.count("\n", 0, offset) + 1
    before = source[source.rfind("\n", 0, offset) + 1 : offset]
    return line, len(before.encode())


def _spans(tree: ast.AST) -> set[tuple[int | None, ...]]:
    return {
        (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt)
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_runtime_call_has_the_span_of_source(name: str) -> None:
    source = dedent(PROGRAMS[name][0])
    original = _spans(ast.parse(source))
    for node in ast.walk(syntax.rewrite(source, "program.py")):
        if isinstance(node, ast.Call) and _is_rewritten(node.func):
            assert _span(node) in original, ast.unparse(node)


def _is_rewritten(function: ast.expr) -> bool:
    text = ast.unparse(function)
    return text.startswith("__defn__.") and text != "__defn__.function"


def _span(node: ast.expr) -> tuple[int | None, ...]:
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _lines(code: CodeType) -> set[int]:
    return {line for inner in _codes(code) for _, _, line in inner.co_lines() if line is not None}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_statement_has_an_instruction_on_its_line(name: str) -> None:
    source = dedent(PROGRAMS[name][0])
    statements = {node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)}
    codes = list(_codes(compile(syntax.rewrite(source, "program.py"), "program.py", "exec")))
    twins = {code.co_firstlineno: code for code in codes if code.co_name == "__defn_traced__"}
    assert twins
    for code in codes:
        twin = twins.get(code.co_firstlineno)
        if twin is not None and code.co_name != "<module>" and not _is_class(code, source):
            assert _lines(code) & statements <= _lines(twin), code.co_name


def _is_class(code: CodeType, source: str) -> bool:
    return any(
        isinstance(node, ast.ClassDef) and node.lineno == code.co_firstlineno
        for node in ast.walk(ast.parse(source))
    )


def test_first_lines_are_those_of_the_source() -> None:
    source = dedent(
        """
        def decorate(f): return f  # defn: off
        @decorate
        @decorate
        def run(x):
            return x
        """
    )
    tree = syntax.rewrite(source, "program.py")
    codes = {code.co_name: code for code in _codes(compile(tree, "program.py", "exec"))}
    assert codes["run"].co_firstlineno == codes["__defn_traced__"].co_firstlineno == 2
    run = twinned(source).run
    assert isinstance(inspect.unwrap(run), FunctionType)
    assert inspect.unwrap(run).__code__.co_firstlineno == 2


def test_no_line_is_added_before_a_decorator() -> None:
    source = "\n\n@property\ndef run(x):\n    return x\n"
    code = compile(syntax.rewrite(source, "program.py"), "program.py", "exec")
    lines = [line for _, _, line in code.co_lines() if line]
    assert lines[0] == min(lines) == 3 or (lines[0], lines[1]) == (0, 3)
    assert set(lines) <= {3, 4}
