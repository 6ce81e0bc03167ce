"""What a new process pays: compilation with an empty store, the first call with a filled one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import defnhook
from defnhook.benchmark.candidates import EXAMPLES
from defnhook.benchmark.measuring import REPEATS
from defnhook.benchmark.rows import Row, Subject

HIDDEN = ("DEFNHOOK", "PYTHONDONTWRITEBYTECODE")
ROOT = str(Path(defnhook.__file__).parent.parent)
PROCESSES = 5
TURNS = 3
LEARNING = 12

COMPILED = """
import defnhook
from defnhook.benchmark import candidates, rows
subject = rows.subject_of({name!r})
candidates.candidate(rows.Row(subject, subject.small, {dtype!r}), candidates.NATIVE)()
"""

FIRST_CALL = """
import time
import numpy as np
x = np.ones(1000, np.float32)
begin = time.perf_counter()
import defnhook
defnhook.install(only="softmax")
sys.path.insert(0, {folder!r})
from softmax import softmax
softmax(x)
seconds = time.perf_counter() - begin
"""

MANY_CALLS = """
from functools import partial
from defnhook.benchmark import candidates, measuring, rows
subject = rows.subject_of({name!r})
call = candidates.candidate(rows.Row(subject, {shape!r}, {dtype!r}), candidates.NATIVE)
times, = measuring.in_turn([partial(measuring.timed, call)], turns={calls})
"""

BUSY = "while True: pass"


def fresh(code: str, result: str, paths: Sequence[str] = (ROOT,), **environment: str) -> Any:
    """The value of an expression after a piece of code, in a new process with settings of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    head = f"import sys\nsys.path[:0] = {list(paths)!r}\n"
    text = f"{head}{code}\nimport json\nsys.stdout.write(json.dumps({result}))"
    done = subprocess.run(
        [sys.executable, "-c", text],
        env=kept | environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def compile_seconds(subject: Subject) -> float:
    """What compiling a function takes where nothing of it is known."""
    code = COMPILED.format(name=subject.name, dtype=subject.dtypes[0])
    with tempfile.TemporaryDirectory() as store:
        return float(fresh(code, "defnhook.stats()['compile_seconds']", DEFNHOOK_CACHE_DIR=store))


def first_call_seconds(processes: int = PROCESSES) -> float:
    """From the import of the package to the first result, NumPy imported and the kernel on disk."""
    code = FIRST_CALL.format(folder=str(EXAMPLES))
    with tempfile.TemporaryDirectory() as store:
        fresh(code, "seconds", DEFNHOOK_CACHE_DIR=store)
        return median(float(fresh(code, "seconds", DEFNHOOK_CACHE_DIR=store)) for _ in range(processes))


def seconds_by_threads(row: Row, counts: Sequence[int]) -> list[float]:
    """The median seconds of a call for each number of threads, in processes of their own that take turns.

    A process learns from its calls whether more threads are faster, so that its first calls do not count.
    """
    code = MANY_CALLS.format(
        name=row.subject.name, shape=row.shape, dtype=row.dtype, calls=LEARNING + REPEATS
    )
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as store:
        for _ in range(TURNS):
            for count, own in seconds.items():
                settings = {"DEFNHOOK_THREADS": str(count), "DEFNHOOK_CACHE_DIR": store}
                own += fresh(code, f"times.seconds[{LEARNING}:]", **settings)
    return [median(own) for own in seconds.values()]


@contextmanager
def busy_core() -> Iterator[None]:
    """Another process that keeps a core busy as long as the block lasts."""
    other = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        other.kill()
        other.wait()
