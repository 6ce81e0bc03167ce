"""``python -m defnhook check PATH...``: every problem of every marked file, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from defnhook.errors import Problem
from defnhook.syntax import report
from defnhook.syntax.checker import problems_of
from defnhook.syntax.rules import BY_CODE
from defnhook.syntax.source import Source


def check_paths(paths: Iterable[str]) -> int:
    """Print the problems of the marked files at or below ``paths``; 1 where there are any, else 0.

    No file is imported. Comments that were probably meant as a marker count as problems.
    """
    import_module("defnhook.ops")
    found = False
    for path in _files(paths):
        for problem in _problems(path):
            found = True
            sys.stdout.write(report.line_of(problem, str(path)) + "\n")
    return int(found)


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(
                inner
                for inner in path.rglob("*.py")
                if not any(part.startswith(".") for part in inner.relative_to(path).parts)
            )
        else:
            yield path


def _problems(path: Path) -> list[Problem]:
    from defnhook.hook import marker

    try:
        data = path.read_bytes()
    except OSError as error:
        return [_problem("DEFN030", f"The file cannot be read: {error.strerror}.")]
    try:
        mark = marker.find_marker(data, str(path))
    except SyntaxError as error:
        return [_at(error, "DEFN031")]
    if mark is None:
        return [
            _problem("DEFN031", f"{miss.message.removeprefix(f'line {miss.line}: ')}.", miss.line)
            for miss in marker.near_misses(data)
        ]
    return _problems_of_marked(path, data) if mark.active else []


def _problems_of_marked(path: Path, data: bytes) -> list[Problem]:
    try:
        return problems_of(Source(data, str(path)))
    except SyntaxError as error:
        return [_at(error, "DEFN030")]
    except ValueError as error:
        return [_problem("DEFN030", f"{error}.")]


def _at(error: SyntaxError, code: str) -> Problem:
    return _problem(code, f"{error.msg}.", error.lineno or 1, max((error.offset or 1) - 1, 0))


def _problem(code: str, what: str, line: int = 1, column: int = 0) -> Problem:
    rule = BY_CODE[code]
    return Problem(code, line, column, line, column + 1, rule.message(what), rule.way_out)
