"""First and second derivatives of calls, both ways through, against central differences in random directions.

Every row of the table is a call over the arrays that :func:`operands` makes. What a call gives is made one number
with fixed weights. Forward mode, reverse mode, and each of them through reverse mode have to agree with differences.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from both import Raised
from derivative_calls import CALLS, COMPLEX, REFUSED
from slopes import MET, central, directions, weighted

from defnhook.ops import BY_MEANING, OPS, Library, load

TOLERANCE = 2e-6
MATRICES = 4 * np.diag([1.0, 2.0, 3.0])


def operands(kind, seed=0):
    """Arrays by name: m, s and t are regular, s is symmetric, v has no two elements alike, u lies in (0.2, 0.9)."""
    rng = np.random.default_rng(seed)

    def drawn(*shape):
        return rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if kind == "c" else 0)

    m = drawn(3, 3) + MATRICES
    return {
        "m": m,
        "s": m @ m.conj().T,
        "t": drawn(2, 3, 3) + MATRICES,
        "b": drawn(3, 2),
        "x": drawn(5, 3),
        "v": drawn(3),
        "w": drawn(7),
        "u": rng.uniform(0.2, 0.9, 4),
        "z": np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.5]]),
    }


def names_in(text):
    code = compile(text, "call", "eval")
    used = set(code.co_names)
    for inner in code.co_consts:
        used |= set(getattr(inner, "co_names", ()))
    return [name for name in operands("f") if name in used]


def source(calls):
    lines = [
        "# defn",
        "import numpy as np",
        "import scipy.linalg as sl",
        "import scipy.special as sp",
        "from defnhook import ops",
        "from slopes import slopes",
        "",
    ]
    for number, text in enumerate(calls):
        names = ", ".join(names_in(text))
        lines += [f"def value_{number}({names}):", f"    return {text}", ""]
        lines += [f"def slopes_{number}(arguments, first, second):"]
        lines += [f"    return slopes(value_{number}, arguments, first, second)", ""]
    return "\n".join(lines)


def chosen(values, names):
    return tuple(values[name] for name in names)


def run(both, name, given):
    found = both.call_hooked(name, given)
    if isinstance(found, Raised):
        raise found.error
    return [float(np.real(each)) for each in found]


def check(both, kind, number, text):
    """Raise where a derivative of a call differs from differences."""
    names = names_in(text)
    values = chosen(operands(kind), names)
    first, second = (chosen(directions(operands(kind), seed), names) for seed in (1, 2))
    plain = partial(plain_value, both, number)
    total, forward, change, twice, back = run(both, f"slopes_{number}", (values, first, second))
    difference = central(plain, values, first)
    np.testing.assert_allclose(total, plain(values), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose([forward, change], difference, rtol=TOLERANCE, atol=TOLERANCE)
    difference = central(lambda at: run(both, f"slopes_{number}", (at, first, second))[2], values, second)
    np.testing.assert_allclose([twice, back], difference, rtol=TOLERANCE, atol=TOLERANCE)


def plain_value(both, number, at):
    found = both.call_plain(f"value_{number}", at)
    if isinstance(found, Raised):
        raise found.error
    return float(weighted(found))


LISTS = {"f": CALLS, "c": COMPLEX}


def wrong_calls(both, kind, calls):
    wrong = []
    for number, text in enumerate(calls):
        try:
            check(both, kind, number, text)
        except Exception as error:
            wrong.append(f"{text}: {str(error).strip()[:300]}")
    return wrong


def test_derivatives(both_ways):
    wrong = []
    for kind, calls in LISTS.items():
        wrong += wrong_calls(both_ways(source(calls), "eager"), kind, calls)
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    for name in ("scipy.special", "scipy.linalg", "defnhook.ops", "defnhook.random"):
        load(name)
    steps = {op.name for op in BY_MEANING.values() if isinstance(op, Library) and callable(op.vjp)}
    assert steps - MET == set(), "no call of the table reaches these"


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_what_has_no_derivative_says_so(text, message, both_ways):
    both = both_ways(source([text]), "eager")
    names = names_in(text)
    values = chosen(operands("f"), names)
    found = both.call_hooked("slopes_0", (values, values, values))
    assert isinstance(found, Raised)
    assert isinstance(found.error, TypeError)
    assert message in str(found.error)


def test_a_wrong_derivative_is_caught(both_ways, monkeypatch):
    both = both_ways(source(["np.exp(v)"]), "eager")
    check(both, "f", 0, "np.exp(v)")
    both = both_ways(source(["np.sinh(v)"]), "eager")
    monkeypatch.setitem(vars(OPS["sinh"]), "partials", lambda r, x: (np.cosh(x) * 1.0001,))
    with pytest.raises(AssertionError):
        check(both, "f", 0, "np.sinh(v)")
