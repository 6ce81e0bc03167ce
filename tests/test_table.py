"""Every entry of the table through the front door: all its calls, all dtypes, arrangements and special values.

The full product runs with ``-m slow``; what runs otherwise is a fixed choice of it.
"""

from __future__ import annotations

import dis
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from both import Both
from ops.agreement import Different, check
from ops.arrangements import labels, operands_of
from ops.calling import HEAD, Call, calls_of, every, every_call
from ops.cases import DTYPES

from defnhook import library
from defnhook.ops import Composite, Op, Written

ENTRIES = every()
NAMES = [f"{op.name}-{place}" for place, op in enumerate(ENTRIES)]

# Of so many cases one, in the order of the calls, dtypes and arrangements.
QUICK = {"interpret": 601, "eager": 1201, "on": 29989}
FULL = {"interpret": 1, "eager": 29, "on": 241}

# Calls and arrangements that every choice takes, with all dtypes.
ALWAYS = {
    ("np.putmask(y, w, 1)", "number"),
    ("np.matvec(m, v, axes=None)", "rows"),
    ("np.matvec(m, v, out=np.zeros_like(np.matvec(m, v)))", "columns"),
    ("np.vecmat(v, m, axis=0, signature='d->d')", "rows"),
    ("np.clip(x, 0, 2, out=np.zeros_like(np.clip(x, 0, 2)))", "number"),
    ("np.packbits(w.T, 1, 'little')", "special pairs"),
    ("np.put_along_axis(y, np.array([0, -1]), [3, 4], None)", "transposed"),
    ("np.pad(x, (1, 9), 'linear_ramp')", "special pairs"),
    ("scipy.special.kl_div(x, y)", "special pairs"),
    ("scipy.linalg.cho_factor(v)", "length one"),
    ("np.nanquantile(x, 0.3, weights=abs(x) + 1, method='inverted_cdf')", "empty"),
    ("np.var(x, out=np.zeros_like(np.var(x)))", "number"),
    ("np.interp(x, [0], [7])", "nan"),
    ("scipy.special.logsumexp(x, axis=-1, return_sign=True)", "special pairs"),
    ("scipy.special.logsumexp(x, keepdims=True, axis=0, return_sign=True)", "special pairs"),
    ("np.digitize(1.5, np.sort(x.ravel()))", "special"),
    ("np.digitize(1.5, np.sort(x.ravel()))", "all nan"),
    ("x.dot(y.T)", "number"),
    ("x.argpartition(99)", "number"),
}

# What differs from NumPy by the call, dtype, arrangement and what is said of it, and why that stays.
KNOWN = {
    r"power\(x, y\[\.\.\., :1\]\)": "for one exponent of 0.5 NumPy takes the square root, unlike the power at -inf",
    r"broadcast: .* lies in memory": "a stated deviation",
    r"(gradient|cumulative_\w+|inner|concatenate|logsumexp)\(.* lies in memory": "strides that NumPy leaves open",
    r"overwrite_input=True.* lies in memory": "NumPy's result depends on the memory that it overwrites",
    r"eigenvalues\.shape|eigvals\(m\)\.shape": "a step whose result nobody reads is not taken",
    r"nan(arg|quant|perc).* raises .*, in NumPy (ValueError|AxisError|it is)": "which of two errors is raised first",
    r"nan(max|min)\(.*complex": "which part of what is not a number is NaN",
    r"(quantile|percentile)\(.* an array float.*\[\], in NumPy a float": "NumPy gives a number where the result is NaN",
    r"(cumsum|cumprod|cumulative_\w+)\(.*out=": "NumPy repeats a result of one element",
    r"partition\(x, 1, kind=None\)": "which of two errors is raised first",
    r"power\(.*where=x\).* raises TypeError.*ValueError": "an error of types comes before one of values",
    r"round\(.*-[12]\), uint32, (special|extreme)": "a float past the range becomes what the processor makes of it",
    r"einsum\(.*, (inf|extreme): .*inf\), in NumPy .*nan": "a stated deviation",
    r"einsum\('i,j,k'.* extreme: .*inf": "a stated deviation",
    r"einsum\('ij->ij'.* columns: .* share memory": "a view is given for C order alone",
    r"linalg.*float16.* raises .*, in NumPy TypeError\('array type": "which of two errors is raised first",
    r"unpackbits\(.*5\), .*empty": "NumPy gives memory that it has not written",
    r"overwrite_input=True\), .*, broadcast: .* read-only": "nothing is overwritten here",
    r"cho_factor\(s\)\[1\]": "a step whose result nobody reads is not taken",
    r"mean\(.*out=.*float16, special pairs": "NumPy rounds the sum to the dtype of out before it divides",
    r"cosm1\(.*float32.* np.float32\(0.0\), in NumPy np.float32\(-0.0\)": "the sign of what is less than any float32",
    r"gradient\(.*np.arange.* (nan|all nan|inf|both inf|extreme|special.*): ": "even places count as places here",
    r"sliding_window_view\(.*, (no axis|number): ": "a view of a number is a number here",
    r"qr\(.*'raw'.* lies in memory": "the order of LAPACK's own array",
    r"special.beta(ln)?\(.*int32, (special|extreme).* in NumPy .*inf": "SciPy's sum of whole numbers overflows",
    r"special.beta\(.*(int|float)16, (special|extreme)": "differences of large logarithms lose digits",
    r"matrix_power\(.*, 0\).* lies in memory": "NumPy keeps the order of a matrix that it does not read",
    r"copyto\(.*where=x\), .*, number: .* in NumPy it is": "NumPy takes numbers for truth values there",
    r"indexed_add\(.* empty": "which of two errors is raised first",
    r"logsumexp\(.* empty": "SciPy fails on arrays of no elements, or gives one",
    r"bin_edges\(.*weights.* empty": "weights of another shape matter nothing there",
    r"complex.*, (nan|inf|all nan|both inf|special|special pairs|extreme): .*\(-?(nan|inf)": "a stated deviation",
    r"round\(.*complex.* (nan|inf|special)": "a part that is not finite makes the other NaN",
    r"einsum\('ii->i'.* raises DefnTypeError": "a view that may be written is given for C order alone",
    r"roll\(x, 1, axis=\(\)\)": "NumPy fails to unpack no axes",
    r"like=x\), .* number": "NumPy takes no numbers there",
}


RAN: Counter[int] = Counter()


@pytest.fixture(scope="module", autouse=True)
def numbers():
    """The number of cases, at the end."""
    yield
    sys.stdout.write(f"\n{RAN.total()} cases of {len(RAN)} entries ran\n")


def product(place: int) -> Iterator[tuple[Call, Any, str]]:
    """All cases of an entry: a call, a dtype, an arrangement."""
    for call in every_call(ENTRIES[place]):
        for dtype in DTYPES:
            yield from ((call, dtype, label) for label in labels(call, dtype))


def run(both_ways: Callable[..., Both], place: int, mode: str, one_in: int) -> None:
    """Compare every so many cases of an entry, in a module with a function for each call."""
    chosen = [
        case
        for number, case in enumerate(product(place), 31 * place)
        if not number % one_in or (case[0].text, case[2]) in ALWAYS
    ]
    names = {
        call: f"call_{number}" for number, call in enumerate(dict.fromkeys(call for call, _, _ in chosen))
    }
    functions = "".join(call.function(name) for call, name in names.items())
    both, wrong = both_ways(f"# defn\n{HEAD}{functions}def unused():\n    pass\n", mode), []
    for call, dtype, label in chosen:
        try:
            compare(both, ENTRIES[place], names[call], call, dtype, label)
        except Different as error:
            line = f"{call.text}, {dtype}, {label}: {error}".partition("\n")[0]
            wrong += [] if any(re.search(known, line) for known in KNOWN) else [line]
        RAN[place] += 1
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def compare(both: Both, op: Op, name: str, call: Call, dtype: Any, label: str) -> None:
    """One case, both ways."""
    given, taken = (operands_of(call, dtype, label) for _ in range(2))
    expected = both.call_plain(name, taken)
    actual = both.call_hooked(name, given)
    check(op, call, actual, expected, given, taken)


@pytest.mark.parametrize("mode", QUICK)
@pytest.mark.parametrize("place", range(len(ENTRIES)), ids=NAMES)
def test_entry(place, mode, both_ways):
    run(both_ways, place, mode, QUICK[mode])


@pytest.mark.slow
@pytest.mark.parametrize("mode", FULL)
@pytest.mark.parametrize("place", range(len(ENTRIES)), ids=NAMES)
def test_every_case(place, mode, both_ways):
    run(both_ways, place, mode, FULL[mode])


# -- what is called


@pytest.mark.parametrize("op", ENTRIES, ids=NAMES)
def test_every_entry_is_called(op):
    assert calls_of(op)


# What a function may take and leave aside, because it changes no result here.
WITHOUT_EFFECT = {
    "subok": "no subclasses of arrays",
    "overwrite_input": "it only permits",
    "overwrite_a": "it only permits",
    "overwrite_b": "it only permits",
    "check_finite": "it only permits",
    "optimize": "it only permits; the memory order of the result is asked of NumPy",
    "assume_unique": "it only permits",
    "out": "the tracer writes the result into it",
}


@pytest.mark.parametrize(
    "op", [op for op in ENTRIES if isinstance(op, Composite | Written)], ids=lambda op: op.name
)
def test_no_keyword_is_left_aside(op):
    """What the entry's function takes it also reads."""
    function = op.expand if isinstance(op, Composite) else library.function(op.source)
    code = getattr(function, "__wrapped__", function).__code__
    taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    read = {name for each in dis.get_instructions(code) for name in _names(each.argval)}
    assert set(taken) - read <= WITHOUT_EFFECT.keys()


def _names(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
