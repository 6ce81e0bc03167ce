"""Which files are marked: the marker's shape, the header it stands in, its options, and near misses."""

from __future__ import annotations

import sys
import warnings
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec

import pytest

import defnhook
from defnhook.hook.loader import DefnLoader
from defnhook.hook.marker import BLOCK, find_marker, near_misses, read_head


def is_marked(data: bytes) -> bool:
    marker = find_marker(data, "file.py")
    return marker is not None and marker.active


@pytest.mark.parametrize(
    "line", [b"# defn", b"#defn", b"#   defn  ", b"  # defn", b"\t# defn", b"\f# defn", b"#\tdefn\t"]
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
def test_spellings_of_the_marker(line, end):
    assert is_marked(line + end)
    assert is_marked(line + (end or b"\n") + b"x = 1\n")


@pytest.mark.parametrize(
    "line",
    [
        b"# Defn",
        b"# DEFN",
        b"# defnx",
        b"#!defn",
        b"# defn please",
        b"## defn",
        b"defn",
        b"# def n",
        b"# xdefn",
    ],
)
def test_what_is_not_the_marker(line):
    assert not is_marked(line + b"\nx = 1\n")


def test_the_marker_follows_shebang_and_encoding():
    assert is_marked(b"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n# defn\nx = 1\n")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("lines", [3, 400, 3000])
def test_the_marker_follows_a_licence_of_any_length(tmp_path, end, lines):
    licence = b"# Redistribution and use in source and binary forms, with or without" + end
    path = tmp_path / "licensed.py"
    path.write_bytes(licence * lines + b"# defn" + end + b"x = 1" + end)
    assert (lines * len(licence) > BLOCK) == (lines > 3)
    assert is_marked(read_head(str(path)))


@pytest.mark.parametrize("length", range(BLOCK - 8, BLOCK + 9))
def test_the_marker_on_the_edge_of_a_block(tmp_path, length):
    path = tmp_path / "edge.py"
    path.write_bytes(b"#" * (length - 1) + b"\n" + b"# defn\n" + b"x = 1\n" * BLOCK)
    assert is_marked(read_head(str(path)))


def test_only_the_header_is_read(tmp_path):
    path = tmp_path / "large.py"
    path.write_bytes(b"x = 1\n" + b"# comment\n" * BLOCK)
    assert len(read_head(str(path))) == BLOCK


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf# defn\nx = 1\n",
        b"\xef\xbb\xbf# coding: utf-8\n# defn\n",
        b"# coding: latin-1\n# caf\xe9\n# defn\nx = 1\n",
        b"# an odd byte \xe9\n# defn\n",
        b"# form feed \x0c vertical tab \x0b separators \x1c\x1d\x1e\x85\n# defn\n",
    ],
)
def test_byte_order_marks_and_encodings(data):
    assert is_marked(data)


@pytest.mark.parametrize(
    "data",
    [
        b'"""\n# defn\n"""\n',
        b'"""doc"""\n# defn\n',
        b"x = 1\n# defn\n",
        b"x = 1  # defn\n",
        b"s = '# defn'\n",
        b"# -*- coding: utf-8 -*- # defn\n",
        b"# \xc2\x85# defn\n",
        b"# a\x0b# defn\n",
        b"\\\n# defn\n",
    ],
)
def test_the_marker_counts_only_in_the_header(data):
    assert not is_marked(data)


@pytest.mark.parametrize(
    ("data", "line", "way_out"),
    [
        (b'"""doc"""\n# defn\n', 2, "move it above line 1"),
        (b"# licence\nimport os\n\n  # Defn\n", 4, "move it above line 2"),
        (b"import os  # defn\n", 1, "line of its own above line 1"),
        (b"# defn compile this\n", 1, "alone on its line"),
        (b"#  DEFN\nx = 1\n", 1, "alone on its line"),
        (b"#!/bin/python\n# coding: utf-8 # defn\n", 2, "alone on its line"),
    ],
)
def test_near_misses_name_the_line_and_the_way_out(data, line, way_out):
    (miss,) = near_misses(data)
    assert miss.line == line
    assert way_out in miss.message


@pytest.mark.parametrize(
    "data",
    [
        b"x = 'defn'\n",
        b'"""The marker is\n# defn\nand stands first."""\n',
        b"# about defn modules\n",
        b"defn = 1\n# definitions\n",
        b"#!defn\n#defnx\n",
        b"def plot():  # defn: off\n    pass\n",
        b"",
    ],
)
def test_a_file_that_contains_the_word_is_no_near_miss(data):
    assert near_misses(data) == []


def test_near_misses_in_a_file_cut_anywhere():
    data = b'# coding: utf-8\n"""a\nb\xc3\xa9"""\n# defn\nx = (1,\n     2)\n'
    assert [miss.line for miss in near_misses(data)] == [4]
    for length in range(len(data)):
        assert {miss.line for miss in near_misses(data[:length])} <= {4}


def test_a_near_miss_warns_once_and_the_module_runs_plain(hooked):
    path = hooked.write("almost.py", '"""doc"""\n# defn\nx = 1\n')
    with pytest.warns(defnhook.DefnMarkerWarning, match="line 2") as caught:
        module = hooked.load("almost")
    assert [(warning.filename, warning.lineno) for warning in caught] == [(str(path), 2)]
    assert type(module.__loader__) is SourceFileLoader
    hooked.forget("almost")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hooked.load("almost")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# defn: turbo", "no option 'turbo'"),
        ("#defn:off=1", "does not take the value '1'"),
        ("# defn: off, =", "wants an option"),
        ("# defn:", "wants an option"),
    ],
)
def test_an_unknown_option_is_a_syntax_error_where_it_stands(hooked, line, message):
    path = hooked.write("wrong.py", f"# licence\n{line}\nx = 1\n")
    spec = find_spec("wrong")
    assert spec is not None
    assert isinstance(spec.loader, DefnLoader)
    with pytest.raises(SyntaxError, match=message) as caught:
        hooked.load("wrong")
    error = caught.value
    assert isinstance(error, defnhook.DefnSyntaxError)
    assert (error.filename, error.lineno, error.offset, error.text) == (str(path), 2, 1, line)
    assert "wrong" not in sys.modules


def test_markers_may_repeat_but_not_disagree():
    assert is_marked(b"# defn\n# defn\n")
    assert not is_marked(b"# defn: off\n#defn:off\n")
    with pytest.raises(SyntaxError, match="disagrees with the one in line 1") as caught:
        find_marker(b"# defn\n\n# defn: off\n", "file.py")
    assert caught.value.lineno == 3


def test_an_option_switches_the_marker_off(hooked):
    hooked.write("switched.py", "# defn: off\nx = 1\n")
    module = hooked.load("switched")
    assert type(module.__loader__) is SourceFileLoader
    assert "__defn__" not in vars(module)


@pytest.mark.parametrize("text", ["", '"""doc"""\n', "\n\n", "# only a comment"])
def test_small_files_load(hooked, text):
    hooked.write("small.py", text, marked=True)
    module = hooked.load("small")
    assert isinstance(module.__loader__, DefnLoader)
    assert module.__doc__ == ("doc" if "doc" in text else None)


def test_an_empty_file_is_unmarked(hooked):
    hooked.write("empty.py", "")
    assert type(hooked.load("empty").__loader__) is SourceFileLoader


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf# coding: latin-1\n# defn\nx = 1\n",
        b"# coding: no-such-encoding\n# defn\nx = 1\n",
        b"# defn\nx = '\xe9'\n",
        b"# coding: ascii\n# defn\nx = '\xe9'\n",
    ],
)
def test_encoding_errors_are_those_of_a_plain_import(hooked, plain_code, data):
    path = hooked.write("encoded.py", data)
    with pytest.raises(SyntaxError) as plain:
        plain_code(path)
    with pytest.raises(SyntaxError) as ours:
        hooked.load("encoded")
    assert type(ours.value) is type(plain.value)
    assert ours.value.args == plain.value.args


def test_a_latin_1_file_keeps_its_text(hooked):
    hooked.write("latin.py", b"# coding: latin-1\n# caf\xe9\n# defn\nname = 'caf\xe9'\n")
    module = hooked.load("latin")
    assert module.name == "café"
    assert "__defn__" in vars(module)
