"""Programs with state, as graphs in NumPy and as kernels: the same results and the same writes as in plain Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from both import Raised
from compare import assert_same, unit_of

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("mode", ["eager", "interpret"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_means_the_same(path, mode, both_ways):
    both = both_ways(path, mode)
    assert both.plain.CASES
    for (name, args), (_, others) in zip(both.hooked.CASES, both.plain.CASES, strict=True):
        expected = both.call_plain(name, others)
        actual = both.call_hooked(name, args)
        if isinstance(actual, Raised) and not isinstance(expected, Raised):
            raise actual.error
        unit = unit_of((others, {}))
        assert_same(actual, expected, unit=unit, path=name)
        assert_same(list(args), list(others), unit=unit, path=f"arguments of {name}")
