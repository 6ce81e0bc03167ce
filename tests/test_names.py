"""Every public name of the libraries is part of the language or has a reason why not."""

from __future__ import annotations

import ast

import pytest

from defnhook import names, ops, syntax
from defnhook.__main__ import main
from defnhook.names import array_api, nx
from defnhook.syntax import absent, allowlist, forbidden
from defnhook.syntax.checker import problems_of
from defnhook.syntax.source import Source

LOOK_UP = {"numpy.ndarray": names.of_array, "numpy.ufunc": names.of_ufunc}


def looked_up(path):
    return LOOK_UP.get(path.rpartition(".")[0], names.of_module)(path)


def superfluous(paths):
    """The names with a reason that are part of the language all the same."""
    return [path for path in paths if looked_up(path).standing in (names.OPERATION, names.LANGUAGE)]


@pytest.mark.parametrize("library", names.LIBRARIES)
def test_every_name_is_there_or_has_a_reason(library):
    rows = names.names(library)
    assert len(rows) > 10
    assert [row.path for row in rows if not row.explained] == []


def test_no_reason_is_given_for_what_is_there():
    assert superfluous(absent.BY_PATH) == []


def test_a_name_has_one_row():
    listed = [f"{row.module}.{name}" for row in absent.ABSENCES for name in row.names.split()]
    assert len(listed) == len(set(listed))
    absences = [f"{module}.{name}" for module, text, _, _ in nx.REASONS for name in text.split()]
    assert len(absences) == len({*absences} - nx.SPELLINGS.keys())
    assert sum(path.count(".") == 1 for path in [*nx.SPELLINGS, *absences]) == 210 + 5  # functions and macros


def test_what_to_write_instead_stands_in_one_place():
    for path, row in absent.BY_PATH.items():
        name = path.rpartition(".")[2]
        elsewhere = path in forbidden.NAMES or (row.module == "numpy.ndarray" and name in forbidden.METHODS)
        assert bool(row.instead) != elsewhere, path
        assert row.reason.endswith("."), path
        assert absent.instead(path).endswith("."), path


@pytest.mark.parametrize("path", ["numpy.unheard", "numpy.ndarray.unheard", "numpy.ufunc.unheard"])
def test_a_name_without_a_reason_is_found(path):
    row = looked_up(path)
    assert row.standing == names.UNKNOWN
    assert not row.explained


def test_a_reason_for_an_entry_is_found():
    entries = ["numpy.exp", "numpy.ndarray.sum", "numpy.ndarray.T", "numpy.ufunc.at", "scipy.special.erf"]
    assert superfluous([*entries, "numpy.save"]) == entries


def test_names_of_the_array_api_are_those_of_numpy():
    names_there = array_api.NAMES["numpy.linalg"]
    assert {"cholesky", "vector_norm"} <= {*names_there} <= ops.allowed("numpy.linalg")
    assert {"take_along_axis", "bitwise_invert", "concat"} <= {*array_api.NAMES["numpy"]}


def problems_of_expression(text):
    """What the checker has against a marked function of the names in an expression."""
    tree = ast.parse(text, mode="eval")
    free = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {
        "np",
        "scipy",
        "defnhook",
        "range",
    }
    modules = ("numpy as np", "scipy.special", "scipy.linalg", "defnhook.random", "defnhook.ops")
    head = "# defn\n" + "".join(f"import {module}\n" for module in modules)
    return problems_of(
        Source(f"{head}def f({', '.join(sorted(free))}):\n    return {text}\n".encode(), "nx.py")
    )


@pytest.mark.parametrize("path", nx.SPELLINGS)
def test_spellings_of_nx_are_of_the_language(path):
    syntax.load()
    assert problems_of_expression(nx.SPELLINGS[path]) == []


def test_a_spelling_outside_the_language_is_found():
    syntax.load()
    assert [problem.code for problem in problems_of_expression("np.polyfit(x, y, n)")] == ["DEFN021"]


def test_the_reason_is_in_the_refusal():
    refusal = allowlist.refusal("numpy.polyfit")
    assert refusal.way_out.endswith("Use np.linalg.lstsq(np.vander(x, degree + 1), y)[0].")
    assert allowlist.refusal("numpy.linalg.nrom").way_out == "Did you mean np.linalg.norm?"


def test_the_command(capsys):
    assert main(["names", "numpy.fft", "ufunc"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].endswith("names, 0 of them not part of the language")
    assert (
        "  numpy.ufunc.nin: It describes a function and computes nothing. Ask outside this module;"
        in printed[4]
    )
    with pytest.raises(SystemExit):
        main(["names", "cupy"])


def test_the_command_fails_for_a_name_without_a_reason(capsys, monkeypatch):
    rows = [names.Name("numpy.unheard", names.UNKNOWN), names.Name("numpy.exp", names.OPERATION)]
    monkeypatch.setitem(names.LIBRARIES, "numpy", lambda: iter(rows))
    assert main(["names", "numpy"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "numpy: 2 names, 1 of them not part of the language",
        "  numpy.unheard: No reason. ",
    ]
