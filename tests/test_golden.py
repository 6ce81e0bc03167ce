"""The text of kernels, kept in files: what a change does to emitted code is seen in the difference.

``pytest tests/test_golden.py --update-golden`` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from defnhook.dispatch.plan import build
from defnhook.dispatch.tracing import trace_call
from defnhook.emit.module import kernel_text
from defnhook.trace.calls import MARK

FOLDER = Path(__file__).parent / "golden"

SOURCE = """# defn
import numpy as np


def softmax(t):
    e = np.exp(t - np.max(t, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def layernorm(x, gain, bias):
    mean = np.mean(x, axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5) * gain + bias


def jacobi(a):
    inner = (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]) * 0.2
    return inner, np.sum(inner)


def columns(x, w):
    return np.sum(x * w, axis=0), np.max(x, axis=0)


def joined(x, y):
    return np.concatenate([x[1:], y * 2, np.zeros(3)])
"""

ARGUMENTS = {
    "softmax": (np.zeros((5, 27), "f4"),),
    "layernorm": (np.zeros((5, 27), "f4"), np.zeros(27, "f4"), np.zeros(27, "f4")),
    "jacobi": (np.zeros((6, 7)),),
    "columns": (np.zeros((5, 7)), np.zeros((5, 1))),
    "joined": (np.zeros(5), np.zeros(4, "f4")),
}


def emitted(both, name, arguments):
    """The kernels of one call, named without their hash."""
    dispatcher = getattr(getattr(both.hooked, name), MARK)
    dispatcher.register()
    plan = build(dispatcher, trace_call(dispatcher, dispatcher.bind(*arguments)))
    return "\n\n".join(kernel_text(kernel).replace("{name}", name) for kernel in plan.kernels if kernel)


@pytest.fixture(scope="module")
def both(both_ways):
    return both_ways(SOURCE)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_emitted_code_is_as_it_was(name, both, request):
    file, text = FOLDER / f"{name}.py", emitted(both, name, ARGUMENTS[name])
    if request.config.getoption("--update-golden"):
        file.write_text(text)
    assert text == file.read_text()


def test_every_golden_file_is_tested():
    assert {file.stem for file in FOLDER.glob("*.py")} == set(ARGUMENTS)


def test_sizes_do_not_show(both):
    wide = (np.zeros((50, 70), "f4"),)
    assert emitted(both, "softmax", wide) == emitted(both, "softmax", ARGUMENTS["softmax"])


def test_structure_shows(both):
    for other in (
        np.zeros((5, 27)),
        np.zeros((5, 27), "f4").T,
        np.zeros((1, 27), "f4"),
        np.zeros((5, 54), "f4")[:, ::2],
        np.zeros((5000, 7), "f4"),
    ):
        assert emitted(both, "softmax", (other,)) != emitted(both, "softmax", ARGUMENTS["softmax"])
