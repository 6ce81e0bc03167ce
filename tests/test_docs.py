"""The examples of README and docs run and print what the pages say."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from run_page import Block, blocks, examples, run_block, with_outputs

import defnhook

ROOT = Path(__file__).parent.parent
PACKAGE_ROOT = Path(defnhook.__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_EXAMPLES = [page for page in PAGES if any(examples(page.read_text("utf-8")))]


def outputs(page, folder):
    """What each example of a page prints, in an interpreter of its own."""
    hidden = ("DEFNHOOK", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {"PYTHONPATH": str(PACKAGE_ROOT), "PYTHONIOENCODING": "utf-8"}
    store = os.environ.get("DEFNHOOK_CACHE_DIR")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "run_page.py"), str(page)],
        env=environment | ({"DEFNHOOK_CACHE_DIR": store} if store else {}),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_print_what_the_page_says(page, tmp_path, request):
    printed = outputs(page, tmp_path)
    text = page.read_text("utf-8")
    if request.config.getoption("--update-golden"):
        text = with_outputs(text, printed)
        page.write_text(text, "utf-8")
    for (block, expected), actual in zip(examples(text), printed, strict=True):
        place = f"{page.name}, line {block.line}"
        if expected is not None:
            assert actual.strip("\n") == expected.strip("\n"), place
        else:
            assert "Error" not in actual, f"{place}\n{actual}"


def test_the_two_commands_of_the_readme_are_those_of_the_checks():
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = next(block.text for block in blocks(readme) if block.language == "bash").splitlines()
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert len(commands) == 2
    for command in commands:
        assert f'step "{command}"' in script


def test_the_readme_names_every_page():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []


PAGE = """
```python
# made.py
# defn
def one(x):
    return x + 1
```
```python
from made import one; print(one(1))
```
It prints
```text
2
```
```python
1 / 0
```
"""


def test_the_runner(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert outputs(page, tmp_path) == ["", "2\n", "ZeroDivisionError: division by zero\n"]
    assert [output for _, output in examples(PAGE)] == [None, "2\n", None]
    assert [block.line for block in blocks(PAGE)] == [3, 9, 13, 16]
    assert with_outputs(PAGE.replace("2\n```", "3\n```"), ["", "2\n", ""]) == PAGE
    assert run_block(Block("python", "print(x + 1)", 1), "page", {"x": 2}) == "3\n"


@pytest.fixture(scope="module")
def generate():
    path = ROOT / "docs" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def operations(generate):
    return sys.modules["operations"]


def test_generated_pages_are_current(generate, operations, request):
    if request.config.getoption("--update-golden"):
        generate.main([])
    if operations.numpy_version() not in (generate.FOLDER / "ops.md").read_text("utf-8"):
        pytest.skip(
            "the pages were made with the names of another NumPy; python docs/generate.py makes them anew"
        )
    assert generate.stale() == [], "python docs/generate.py makes them anew"


def test_a_stale_page_is_found_and_mended(generate, tmp_path, monkeypatch):
    text = (generate.FOLDER / "language.md").read_text("utf-8")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    (tmp_path / "language.md").write_text(text.replace("| DEFN012 | try |", "| DEFN012 | attempt |"), "utf-8")
    assert generate.stale() == ["ops.md", "errors.md", "language.md"]
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.stale() == []
    assert (tmp_path / "language.md").read_text("utf-8") == text


def test_what_the_operations_page_says(operations):
    found = {operations.spellings(op)[0]: operations.row(op) for op in operations.every()}
    assert found["np.exp"][2:] == [
        "`xp.exp`, `Nx.exp`",
        "`x`",
        "bool, int, uint, float16, float32, float64",
        "complex",
        "yes",
    ]
    assert found["np.argmax"][4:6] == ["none", "all"]
    assert found["np.argmax"][6].startswith("none: its result is an index")
    assert found["np.floor"][6] == "zero"
    assert found["np.absolute"][1] == "`np.abs`, `abs(x)`"
    assert found["np.sort"][4:6] == ["none", "all"]
    assert found["np.isclose"][6] == "zero"
    assert found["np.mean"][3] == "`a, axis, dtype, out, keepdims, where`"
    assert found["scipy.special.expit"][2] == "`Nx.sigmoid`"
    assert found["np.unique"][6] == "none: it runs as plain Python."


def test_every_operation_that_the_page_names_runs(operations):
    ways = {op: {operations.standing(op, dtype) for dtype in operations.DTYPES} for op in operations.every()}
    never = [op.name for op, found in ways.items() if not found & {"native", "step"}]
    assert sorted(never) == sorted(op.name for op in ways if isinstance(op, operations.Plain))
