"""The benchmark suite is whole: asv reads it and runs it, and the tables of the documentation can be made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import defnhook

BENCH = Path(__file__).parent.parent / "asv_bench"
PACKAGE_ROOT = Path(defnhook.__file__).parent.parent


def run(tmp_path, *arguments):
    """What a command in the folder of the benchmarks prints; machine file and results go elsewhere."""
    settings = {"ASV_PYTHONPATH": str(PACKAGE_ROOT), "PYTHONPATH": str(PACKAGE_ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=BENCH,
        env={**os.environ, **settings},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_asv_check(tmp_path):
    pytest.importorskip("asv")
    assert "No problems found" in run(tmp_path, "-m", "asv", "check", "-E", "existing")


@pytest.mark.slow
def test_asv_run(tmp_path):
    pytest.importorskip("asv")
    run(tmp_path, "-m", "asv", "machine", "--yes")
    chosen = ("-b", "kernels.CallOverhead", "-b", "start.FirstCall", "-b", "start.Compilation")
    printed = run(tmp_path, "-m", "asv", "run", "--quick", "--python=same", "--show-stderr", *chosen)
    assert "kernels.CallOverhead.time_increment" in printed
    assert "failed" not in printed


@pytest.mark.slow
def test_the_tables_of_the_documentation(tmp_path):
    printed = run(tmp_path, "compare.py", "overhead", "memory")
    assert printed.count("\n| --- |") == 2
    assert "| `x + 1` in defnhook | " in printed
