"""Problems -> the error that shows them all, and lines for the command line."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from typing import Final, TypeAlias

from defnhook.errors import DefnSyntaxError, Problem
from defnhook.syntax.rules import BY_CODE, PLAIN

_WIDTH: Final = 100

Located: TypeAlias = ast.stmt | ast.expr | ast.arg | ast.alias | ast.pattern | ast.excepthandler


def problem(
    lines: Sequence[str],
    node: Located,
    code: str,
    what: str = "",
    way_out: str = "",
    width: int | None = None,
) -> Problem:
    """The problem of rule ``code`` at ``node``, of which the first ``width`` characters are meant."""
    rule = BY_CODE[code]
    column = _characters(lines, node.lineno, node.col_offset)
    if width is None:
        end_line = node.end_lineno or node.lineno
        end_column = _characters(lines, end_line, node.end_col_offset or node.col_offset)
    else:
        end_line, end_column = node.lineno, column + width
    return Problem(
        code, node.lineno, column, end_line, end_column, rule.message(what), way_out or rule.way_out
    )


def _characters(lines: Sequence[str], line: int, offset: int) -> int:
    """The column in characters of a column in bytes, which is how the tree counts."""
    return len(lines[line - 1].encode()[:offset].decode(errors="replace"))


def error(problems: Sequence[Problem], path: str, lines: Sequence[str]) -> DefnSyntaxError:
    """One error for all problems of a file; tools draw the caret of the first."""
    first = problems[0]
    text = lines[first.line - 1] + "\n"
    place = (path, first.line, first.column + 1, text, first.end_line, first.end_column + 1)
    if len(problems) == 1:
        message = f"[{first.code}] {_explanation(first)}\n{PLAIN}"
    else:
        message = _list(problems, path, lines)
    raised = DefnSyntaxError(message, place)
    raised.code = first.code
    raised.problems = tuple(problems)
    return raised


def _list(problems: Sequence[Problem], path: str, lines: Sequence[str]) -> str:
    parts = [f"{len(problems)} problems in {path}:"]
    for found in problems:
        place = f'  File "{path}", line {found.line}, column {found.column + 1}'
        parts.append(f"{place}\n{_excerpt(found, lines)}\n[{found.code}] {_explanation(found)}")
    return "\n\n".join([*parts, PLAIN])


def _excerpt(found: Problem, lines: Sequence[str]) -> str:
    """The source line and a caret line below it, both without the line's indentation."""
    line = lines[found.line - 1]
    text = line.lstrip()
    shift = len(line) - len(text)
    end = found.end_column if found.end_line == found.line else len(line.rstrip())
    carets = "^" * max(end - found.column, 1)
    lead = "".join("\t" if character == "\t" else " " for character in line[shift : found.column])
    return f"    {text.rstrip()}\n    {lead}{carets}"


def _explanation(found: Problem) -> str:
    headline, _, reason = found.message.partition("\n")
    rest = f"{reason} {found.way_out}"
    return "\n".join([headline, *textwrap.wrap(rest, _WIDTH, break_long_words=False)])


def line_of(found: Problem, path: str) -> str:
    """The problem on one line: ``path:line:column: CODE reason``."""
    message = " ".join(found.message.split("\n"))
    return f"{path}:{found.line}:{found.column + 1}: {found.code} {message} {found.way_out}"
