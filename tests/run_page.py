"""Run the examples of a page of documentation: ``python run_page.py PAGE``; prints what each one printed as JSON.

A fenced ``python`` block whose header holds ``# NAME.py`` and ``# defn`` is written to a file of that name in the
working folder; every other one runs, all of a page in one namespace.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"# (?P<name>\w+\.py)\n# defn\b")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int


def blocks(text):
    """The fenced blocks of a page."""
    return [
        Block(match["info"].strip(), match["text"], text.count("\n", 0, match.start()) + 2)
        for match in FENCE.finditer(text)
    ]


def examples(text):
    """Each ``python`` block with the ``text`` block that follows it, or None: what it must print."""
    found = blocks(text)
    for block, following in zip(found, [*found, None][1:], strict=True):
        if block.language == "python":
            output = following.text if following is not None and following.language == "text" else None
            yield block, output


def with_outputs(text, printed):
    """A page with what its examples really print."""
    for (block, expected), actual in reversed(list(zip(examples(text), printed, strict=True))):
        if expected is not None:
            start = text.index("```text\n", text.index(block.text)) + len("```text\n")
            text = f"{text[:start]}{actual.strip(chr(10))}\n{text[start + len(expected) :]}"
    return text


def run(page):
    """What each ``python`` block of a page prints, the error it ends in included."""
    namespace = {"__name__": "__main__"}
    return [run_block(block, page.name, namespace) for block, _ in examples(page.read_text("utf-8"))]


def run_block(block, page, namespace):
    module = MODULE.match(block.text)
    if module is not None:
        Path(module["name"]).write_text(block.text, "utf-8")
        return ""
    filename = f"<{page}, line {block.line}>"
    linecache.cache[filename] = (len(block.text), None, block.text.splitlines(keepends=True), filename)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(block.text, filename, "exec"), namespace)
        except Exception as error:
            output.write("".join(traceback.format_exception_only(error)))
    return output.getvalue().replace(f"{Path.cwd()}/", "")


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]))))
