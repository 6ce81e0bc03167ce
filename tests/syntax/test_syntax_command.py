"""``python -m defnhook check``: what it prints and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from twins import dedent

from defnhook import syntax

BAD = "# defn\nraise SystemExit('imported')\ndef f(x):\n    del x\n    return open(x)\n"
GOOD = "# defn\nraise SystemExit('imported')\ndef f(x):\n    return x + 1\n"


def _check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = syntax.check_paths([str(path)])
    return code, capsys.readouterr().out.splitlines()


def test_check_prints_one_line_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.py"
    path.write_text(BAD)
    code, lines = _check(path, capsys)
    assert code == 1
    assert [line.split(" ", 2)[:2] for line in lines] == [
        [f"{path}:4:5:", "DEFN006"],
        [f"{path}:5:12:", "DEFN020"],
    ]
    assert lines[0] == (
        f"{path}:4:5: DEFN006 'del' is not part of the defn language. Which names and elements exist is "
        "settled while the function is traced. Leave the statement out: memory is reused by itself. To drop "
        "an element, build the list without it."
    )


def test_check_finds_marked_files_in_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {
        "a/bad.py": BAD,
        "a/good.py": GOOD,
        "a/unmarked.py": BAD.replace("# defn", "# other"),
        "a/off.py": BAD.replace("# defn", "# defn: off"),
        "a/notes.txt": BAD,
        "a/.hidden/bad.py": BAD,
        "b/bad.py": BAD,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    code, lines = _check(tmp_path, capsys)
    assert code == 1
    assert {line.split(":")[0] for line in lines} == {
        str(tmp_path / "a" / "bad.py"),
        str(tmp_path / "b" / "bad.py"),
    }


def test_check_is_content_with_good_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "empty.py").write_text("")
    assert _check(tmp_path, capsys) == (0, [])


@pytest.mark.parametrize(
    ("text", "place"),
    [("'doc'\n# defn\n", "2:1"), ("# defn please\nx = 1\n", "1:1"), ("# defn: fast\n", "1:1")],
)
def test_check_reports_near_misses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, place: str
) -> None:
    path = tmp_path / "near.py"
    path.write_text(text)
    code, lines = _check(path, capsys)
    assert code == 1
    (line,) = lines
    assert line.startswith(f"{path}:{place}: DEFN031 ")


def test_check_reports_files_that_are_not_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.py"
    path.write_text("# defn\ndef f(:\n")
    code, (line,) = _check(path, capsys)
    assert code == 1
    assert line.startswith(f"{path}:2:7: DEFN030 invalid syntax.")
    path.write_bytes(b"# defn\nx = '\0'\n")
    code, (line,) = _check(path, capsys)
    assert (code, "DEFN030" in line) == (1, True)
    path.write_bytes(b"# defn\nx = '\xff'\n")
    code, (line,) = _check(path, capsys)
    assert (code, "DEFN030" in line) == (1, True)


def test_check_reports_paths_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = _check(tmp_path / "none.py", capsys)
    assert code == 1
    assert "none.py:1:1: DEFN030 The file cannot be read" in line


def test_command_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(dedent(GOOD))

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "defnhook", "check", str(tmp_path / name)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    bad, good = run("bad.py"), run("good.py")
    assert (bad.returncode, bad.stdout.count("DEFN"), bad.stderr) == (1, 2, "")
    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
