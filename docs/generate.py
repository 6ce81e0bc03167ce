"""Write the pages that come from tables: ``python docs/generate.py``; ``--check`` only tells whether they are current.

``ops.md`` and ``errors.md`` are written whole; in ``language.md``, what stands between the lines
``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from operations import code, ops_page, table

from defnhook import errors, ops, syntax
from defnhook.syntax import allowlist, forbidden
from defnhook.syntax.constructs import CONSTRUCTS
from defnhook.syntax.rules import PLAIN, RULES

FOLDER = Path(__file__).parent
# -- errors


def errors_page() -> str:
    """Every code, and every class of error."""
    parts = [ERRORS_HEAD]
    for rule in RULES:
        headline = rule.headline.format(what="...")
        way_out = (
            rule.way_out or "What to write instead depends on the name: see [the language](language.md)."
        )
        parts.append(f"### {rule.code}: {rule.name}\n\n{headline} {rule.reason}\n\n*Instead:* {way_out}")
    parts.append(CALLS_HEAD)
    rows = [[f"`{name}`", code(bases(value)), first_paragraph(value)] for name, value in error_classes()]
    parts.append(table(["class", "is also", "when"], rows))
    return "\n\n".join(parts) + "\n"


ERRORS_HEAD = f"""# Errors

## When a marked file is imported

A file that holds something outside the language is refused with a `DefnSyntaxError`, which lists every problem of the
file: its place, a code, the reason, and what to write instead. `python -m defnhook check PATH` prints the same, one
problem a line, without importing anything. A code keeps its meaning for good.

{PLAIN}"""

CALLS_HEAD = """## When a marked function is called

What only the arguments reveal is refused at the call, with the traceback ending at the line of the marked file. What
NumPy itself would raise, for shapes that do not fit for instance, is raised with NumPy's class and words."""


def filled(text: str) -> str:
    """A paragraph in lines of readable length."""
    return textwrap.fill(text.strip(), 119, break_long_words=False, break_on_hyphens=False)


def error_classes() -> list[tuple[str, type]]:
    """The classes that defnhook raises or warns with."""
    return [
        (name, value)
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__
    ]


def bases(value: type) -> list[str]:
    """The built-in classes under which an error is caught, the common ones left out."""
    return [base.__name__ for base in value.__bases__ if base is not Exception]


def first_paragraph(value: type) -> str:
    text = inspect.getdoc(value) or ""
    return re.sub(r"``", "`", " ".join(text.partition("\n\n")[0].split()))


# -- the language


def names_in() -> str:
    """What may be named, beside the operations."""
    rows = [
        ["built-in functions", code(sorted(name for name in allowlist.BUILTINS if _is_function_name(name)))]
    ]
    rows.append(["exceptions, to raise", "all that are built in"])
    for module in ("numpy", "numpy.linalg"):
        listed = sorted(allowlist.allowed(module) - ops.allowed(module))
        rows.append([f"`{module}`, beside the operations", code(listed)])
    rows += [["`math`", "everything"], ["`functools`", "`partial`"]]
    rows.append(["modules that may be imported", code(sorted(allowlist.MODULES))])
    return table(["from", "names"], rows)


def _is_function_name(name: str) -> bool:
    value = getattr(builtins, name, None)
    return not (isinstance(value, type) and issubclass(value, BaseException))


def statements_in() -> str:
    """The constructs of Python that are the language."""
    return table(["construct", "here"], [[construct.written, construct.meaning] for construct in CONSTRUCTS])


def statements_refused() -> str:
    """The constructs of Python that are refused."""
    refused = [rule for rule in RULES if rule.way_out and rule.code < "DEFN020"]
    rows = [[rule.code, rule.name, rule.reason, rule.way_out] for rule in refused]
    return table(["code", "what", "why", "instead"], rows)


def names_refused() -> str:
    """The names that are refused, by what to write instead."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, way_out in forbidden.NAMES.items():
        groups.setdefault(("DEFN020", way_out), []).append(allowlist.display(name))
    for name, way_out in forbidden.MODULES.items():
        groups.setdefault(("DEFN022", way_out), []).append(name)
    for name, way_out in forbidden.METHODS.items():
        groups.setdefault(("DEFN024", way_out), []).append(f"x.{name}()")
    rows = [[number, code(names), way_out] for (number, way_out), names in groups.items()]
    rows.append(["DEFN025", code(sorted(forbidden.ATTRIBUTES)), "Name the value itself."])
    return table(["code", "names", "instead"], rows)


FRAGMENTS: dict[str, Callable[[], str]] = {
    "names": names_in,
    "statements": statements_in,
    "statements refused": statements_refused,
    "names refused": names_refused,
}
FRAGMENT = re.compile(r"(<!-- generated: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def language_page() -> str:
    """The page as it is, with the generated parts made anew."""
    text = (FOLDER / "language.md").read_text("utf-8")
    return FRAGMENT.sub(lambda match: f"{match[1]}\n{FRAGMENTS[match['name']]()}\n\n{match[3]}", text)


PAGES: dict[str, Callable[[], str]] = {
    "ops.md": ops_page,
    "errors.md": errors_page,
    "language.md": language_page,
}


def stale() -> list[str]:
    """The pages that are not what the tables say."""
    syntax.load()
    return [
        name
        for name, make in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != make()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    names = stale()
    for name in names:
        if "--check" not in arguments:
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
        sys.stdout.write(f"{name}\n")
    return int("--check" in arguments and bool(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
