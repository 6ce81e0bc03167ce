"""Imports go one way: a stage knows the stages before it, and nothing of those after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import defnhook

PACKAGE = Path(defnhook.__file__).parent
ORDER = (
    "errors",
    "config",
    "graph",
    "ops",
    "trace",
    "autodiff",
    "batching",
    "transform",
    "schedule",
    "emit",
    "backend",
    "dispatch",
    "doors",
)
BESIDE = {
    "syntax": {"errors", "config"},
    "hook": {"errors", "config", "syntax"},
    "library": {"hook", "ops"},
    "examples": set(),
}
ABOVE = {"trace": {"library"}, "dispatch": {"syntax"}, "doors": {"syntax", "hook"}}
# Commands of ``python -m defnhook`` that live beside what they run.
COMMANDS = ("hook.run", "syntax.command")


def files():
    return sorted(PACKAGE.rglob("*.py"))


def home(parts):
    """The stage of a module, by its dotted name without the package; None for the package itself."""
    if not parts:
        return None
    return parts[0] if parts[0] in {*ORDER, *BESIDE} else "doors"


def module_parts(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def is_type_checking(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported(tree):
    """The line and the dotted name of everything imported when the file or one of its functions runs."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        waiting += node.orelse if is_type_checking(node) else ast.iter_child_nodes(node)


def may_import(stage):
    """The stages that a stage may import."""
    if stage in BESIDE:
        return {stage, *BESIDE[stage]}
    before = ORDER[: ORDER.index(stage) + 1]
    return {*before, *ABOVE.get(stage, set())}


def violations(stage, tree):
    """Imports of a file of a stage that go the wrong way."""
    allowed = may_import(stage)
    for line, name in imported(tree):
        root, *rest = name.split(".")
        if root != "defnhook" or (len(rest) == 1 and rest[0] in defnhook.__all__):
            continue
        other = home(rest)
        if other is not None and other not in allowed:
            yield f"line {line}: {stage} imports {name}"


@pytest.mark.parametrize("path", files(), ids=lambda path: ".".join(module_parts(path)) or "defnhook")
def test_imports_go_one_way(path):
    parts = module_parts(path)
    stage = "doors" if ".".join(parts) in COMMANDS else home(parts)
    if stage is not None:
        assert list(violations(stage, ast.parse(path.read_bytes()))) == []


def test_only_the_native_backend_imports_numba_and_llvm():
    importers = {
        module_parts(path)[:2]
        for path in files()
        for _, name in imported(ast.parse(path.read_bytes()))
        if name.partition(".")[0] in ("numba", "llvmlite")
    }
    assert importers == {("backend", "numba"), ("backend", "calls"), ("benchmark", "peers")}


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("graph", "from defnhook.ops import OPS"),
        ("trace", "import defnhook.dispatch.plan"),
        ("emit", "def late():\n    from defnhook.backend import numba"),
        ("hook", "from defnhook import trace"),
        ("syntax", "from defnhook.hook import marker"),
        ("dispatch", "import defnhook.ipython"),
        ("ops", "if TYPE_CHECKING:\n    pass\nelse:\n    import defnhook.trace"),
    ],
)
def test_a_wrong_import_is_found(stage, text):
    assert len(list(violations(stage, ast.parse(text)))) == 1


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("trace", "from defnhook.ops import OPS\nfrom defnhook import config"),
        ("hook", "from defnhook import syntax"),
        ("dispatch", "from defnhook import syntax\nimport defnhook, numpy"),
        ("graph", "if TYPE_CHECKING:\n    from defnhook.ops import OPS"),
        ("ops", "from defnhook.ops.kinds import Op"),
    ],
)
def test_a_right_import_passes(stage, text):
    assert list(violations(stage, ast.parse(text))) == []
