"""``python -m defnhook demo``, as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import defnhook

ROOT = Path(defnhook.__file__).parent.parent


def demo(folder, **environment):
    """What the command printed, and its exit code; nothing of it depends on the folder it runs in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEFNHOOK")}
    settings = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "defnhook", "demo"],
        env={**kept, "DEFNHOOK_CACHE_DIR": str(folder / "kernels"), **settings},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr, done.returncode


def test_the_table_has_every_candidate_at_both_sizes(tmp_path):
    text, status = demo(tmp_path)
    assert status == 0, text
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    for candidate in ("NumPy", "defn eager", "defn native"):
        row = re.compile(rf"[ \d,]*   {candidate} +[\d,.]+ [nµm]s .* (\d+\.\d) ULP *")
        errors = [float(match[1]) for match in map(row.fullmatch, lines) if match]
        assert len(errors) == 2, text
        assert max(errors) < 10
    assert "One kernel serves both sizes: compiled in " in text
    assert "One kernel serves both sizes: loaded from disk" in demo(tmp_path)[0]


@pytest.mark.parametrize("mode", ["off", "eager"])
def test_other_modes_have_nothing_to_show(mode, tmp_path):
    text, status = demo(tmp_path, DEFNHOOK=mode)
    assert status == 2
    assert f"DEFNHOOK={mode}" in text
