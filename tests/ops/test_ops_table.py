"""The table as a whole: names, methods, what may be written, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from test_ops_loops import by_name

from defnhook.ops import BY_MEANING, ENTRIES, METHODS, OPS, Elementwise, Guarded, Reduction, allowed


def test_names_are_numpys():
    for name, op in OPS.items():
        assert name == op.name == op.numpy.__name__
        assert op in ENTRIES


def test_no_two_entries_mean_the_same():
    functions = [function for op in ENTRIES for function in (op.numpy, *op.aliases)]
    assert len(functions) == len(set(functions))
    assert set(functions) <= set(BY_MEANING)
    methods = [name for op in ENTRIES for name in op.methods]
    assert len(methods) == len(set(methods)) == len(METHODS)
    assert all(hasattr(np.ndarray, name) for name in METHODS)


def test_other_names_of_a_function_are_found_by_identity():
    for name, other in [
        ("absolute", np.abs),
        ("max", np.amax),
        ("deg2rad", np.radians),
        ("round", np.around),
    ]:
        assert BY_MEANING[other] is OPS[name]


def test_allowed_names():
    names = allowed("numpy")
    assert {"exp", "abs", "amax", "mod", "concat", "pow", "where", "zeros", "sort"} <= names
    assert not names & {"random", "array", "ndarray", "float32", "save"}
    assert all(BY_MEANING[getattr(np, name)] for name in names)
    assert {"norm", "svd"} <= allowed("numpy.linalg")
    assert "einsum_path" not in names
    assert allowed("math") == allowed("os") == set()


@pytest.mark.parametrize("op", [op for op in ENTRIES if isinstance(op, Elementwise)], ids=by_name)
def test_arity_is_numpys(op):
    expected = op.numpy.nin if isinstance(op.numpy, np.ufunc) else {"where": 3}.get(op.name, 1)
    assert op.arity == expected


def test_expressions_go_by_the_kind_of_the_operand():
    plain = Elementwise(np.floor, loop="floor({x})", partials=OPS["floor"].partials)
    assert [plain.loop_for(kind) for kind in "bfc"] == ["floor({x})", "floor({x})", None]
    mapped = Reduction(np.sum, start="{i}(0)", loop={"iu": "{acc} + {x}"}, vjp=OPS["sum"].vjp)
    assert [mapped.loop_for(kind) for kind in "iuf"] == ["{acc} + {x}", "{acc} + {x}", None]
    assert mapped.start_for("f") == "{i}(0)"


def test_guards_say_what_numpy_says():
    guards = [(op, kind, guard) for op in ENTRIES for kind, guard in getattr(op, "guarded", {}).items()]
    assert [(op.name, kind) for op, kind, _ in guards] == [("power", "i")]
    guard = guards[0][2]
    assert isinstance(guard, Guarded)
    with pytest.raises(guard.error, match=guard.message):
        np.power(np.array([2]), np.array([-1]))


def test_the_table_does_not_import_numba():
    code = "import sys, defnhook.ops; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
