"""The benchmark suite is whole: asv reads it and runs it, and the tables of the documentation can be made."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
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
    printed = run(tmp_path, "compare.py", "memory", "imports")
    assert printed.count("\n| --- |") == 2
    assert "| marked | " in printed


@pytest.mark.slow
def test_the_table_of_the_operations(tmp_path):
    printed = run(tmp_path, "compare.py", "--ops", "exp", "sum")
    assert "| `np.exp(x)` | native | " in printed
    assert "| `np.sum(x)` | native | " in printed
    assert printed.startswith("Geometric mean of elementwise entries and reductions")


@pytest.fixture(scope="module")
def operations():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        yield importlib.import_module("benchmarks.operations")


def test_every_native_operation_has_a_call(operations):
    called = {entry.op for entry in operations.entries()}
    kinds = (operations.Composite, operations.Written, operations.Reduction)
    left = [op.name for op in operations.ops.ENTRIES if isinstance(op, kinds) and op not in called]
    assert sorted(name for name in left if not name.startswith("_")) == sorted(WITHOUT_CALL)
    assert {"exp", "erf", "left_shift", "where"} <= {op.name for op in called}


# Steps alone, what the elements do not matter to, and what takes neither one axis nor two.
WITHOUT_CALL = ["argmax", "argmin", "argpartition", "dsplit"]


def test_what_is_told_of_ratios(operations):
    fast, slow = (
        operations.Entry(operations.ops.OPS[name], operations.Call(f"np.{name}(x)"), ratios=ratios)
        for name, ratios in {
            "exp": {"10": 0.5, "1000000": 8.0},
            "sum": {"1000000": 2.0, "strided": 0.5},
        }.items()
    )
    assert operations.mean_ratio([fast, slow]) == pytest.approx(4.0)
    assert operations.slower([fast, slow]) == [("np.sum", {"strided": 0.5})]
    slow.runs = "with steps"
    assert operations.slower([fast, slow]) == []


@pytest.mark.parametrize(("name", "fits"), [("exp", True), ("outer", False), ("unstack", False)])
def test_calls_that_grow_too_fast_are_left_out(name, fits, operations):
    if not hasattr(np, name):
        pytest.skip("NumPy has it from 2.1 on")
    (entry,) = (entry for entry in operations.entries() if entry.label == f"np.{name}")
    scope = {}
    exec(operations.HEAD + entry.call.function("call"), scope)
    assert operations.small_enough(scope["call"], entry) is fits
