"""The marker: a file's leading comment lines -> whether it is a defn file, and with which options.

The header of a file is its longest prefix of lines that are blank or hold only a comment. The marker is a
line of the header that reads ``# defn``, alone, or ``# defn: options``. Bytes are scanned, since every
encoding that Python accepts for source is ASCII-compatible and an odd byte in a licence must not hide the
marker.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from defnhook.errors import DefnSyntaxError

BLOCK = 8192

# Each option and the values it takes; the empty text stands for the bare key.
OPTIONS: Mapping[str, frozenset[str]] = {"off": frozenset({""})}

_HEADER_LINES = re.compile(rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*")
_COMMENT_LINE = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?")
_MARKER = re.compile(rb"[ \t\f]*#[ \t]*defn[ \t\f]*(?::(?P<options>.*))?", re.DOTALL)
_WORD = re.compile(rb"#[ \t]*defn", re.IGNORECASE)
_OPENING = re.compile(r"#\s*defn\b", re.IGNORECASE)
_CLOSING = re.compile(r"#\s*defn\s*$", re.IGNORECASE)
_PLAIN_DEFINITION = re.compile(r"#\s*defn:\s*off\b")


@dataclass(frozen=True)
class Marker:
    """Where the marker stands and what it asks for."""

    line: int
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """False where the marker reads ``# defn: off``."""
        return "off" not in self.options


@dataclass(frozen=True)
class NearMiss:
    """A comment that looks like the marker but is not one, and what to do about it."""

    line: int
    message: str


def read_head(path: str) -> bytes:
    """The first bytes of the file at ``path``: a block, and more while all of it is header."""
    with io.open_code(path) as file:
        data = file.read(BLOCK)
        while len(data) % BLOCK == 0 and _header_goes_on(data):
            more = file.read(max(len(data), BLOCK))
            if not more:
                break
            data += more
    return data


def find_marker(data: bytes, path: str) -> Marker | None:
    """The marker in the header of ``data``, or None.

    Raises DefnSyntaxError where an option is unknown or two markers disagree.
    """
    found: Marker | None = None
    for number, line, match in _marker_lines(data):
        text = line.decode("utf-8", "replace")
        marker = Marker(number, _options(match, text, path, number))
        if found is not None and found.options != marker.options:
            raise _problem(f"this marker disagrees with the one in line {found.line}", path, number, text)
        found = found or marker
    return found


def is_claimed(data: bytes, path: str) -> bool:
    """True where the loader has to see the file: it is marked, or its marker is in error."""
    try:
        marker = find_marker(data, path)
    except DefnSyntaxError:
        return True
    return marker is not None and marker.active


def near_misses(data: bytes) -> list[NearMiss]:
    """Comments of an unmarked file that were probably meant as the marker."""
    if _WORD.search(data) is None:
        return []
    first_statement = _first_statement_line(data)
    misses = (_near_miss(token, first_statement) for token in _comments(data))
    return [miss for miss in misses if miss is not None]


def _without_mark(data: bytes) -> bytes:
    return data[len(codecs.BOM_UTF8) :] if data.startswith(codecs.BOM_UTF8) else data


def _header_goes_on(data: bytes) -> bool:
    data = _without_mark(data)
    match = _HEADER_LINES.match(data)
    return match is not None and _COMMENT_LINE.fullmatch(data, match.end()) is not None


def _header_end(data: bytes) -> int:
    """Where the header's last complete line ends."""
    match = _HEADER_LINES.match(data)
    return match.end() if match is not None else 0


def _first_statement_line(data: bytes) -> int:
    data = _without_mark(data)
    return len(data[: _header_end(data)].splitlines()) + 1


def _marker_lines(data: bytes) -> Iterator[tuple[int, bytes, re.Match[bytes]]]:
    data = _without_mark(data)
    end = _header_end(data)
    if _COMMENT_LINE.fullmatch(data, end):
        end = len(data)
    lines = data[:end].splitlines()
    for number, line in enumerate(lines, start=1):
        match = _MARKER.fullmatch(line)
        if match is not None:
            yield number, line, match


def _options(match: re.Match[bytes], text: str, path: str, number: int) -> dict[str, str]:
    if match["options"] is None:
        return {}
    options: dict[str, str] = {}
    for item in match["options"].decode("utf-8", "replace").split(","):
        key, _, value = (part.strip() for part in item.partition("="))
        if value not in OPTIONS.get(key, ()):
            raise _problem(_unknown_option(key, value), path, number, text)
        options[key] = value
    return options


def _unknown_option(key: str, value: str) -> str:
    known = ", ".join(f"'{name}'" for name in OPTIONS)
    if not key:
        return f"the marker's colon wants an option after it (known: {known}); write '# defn' for none"
    if key in OPTIONS:
        return f"the marker's option '{key}' does not take the value '{value}'"
    return f"the marker has no option '{key}' (known: {known})"


def _problem(message: str, path: str, number: int, text: str) -> DefnSyntaxError:
    offset = text.index("#") + 1
    return DefnSyntaxError(message, (path, number, offset, text, number, len(text) + 1))


def _comments(data: bytes) -> Iterator[tokenize.TokenInfo]:
    """The comments of a file as far as it can be read (``data`` may end anywhere)."""
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return


def _near_miss(token: tokenize.TokenInfo, first_statement: int) -> NearMiss | None:
    comment, line = token.string, token.start[0]
    in_header = line < first_statement
    if not in_header and _PLAIN_DEFINITION.match(comment) and token.line[: token.start[1]].strip():
        return None
    if not _OPENING.match(comment) and not _CLOSING.search(comment):
        return None
    if not in_header:
        return NearMiss(line, f"line {line}: '{comment}' is ignored here; {_way_out(token, first_statement)}")
    return NearMiss(line, f"line {line}: '{comment}' is not the marker; write '# defn' alone on its line")


def _way_out(token: tokenize.TokenInfo, first_statement: int) -> str:
    place = (
        "move it above"
        if not token.line[: token.start[1]].strip()
        else "write '# defn' on a line of its own above"
    )
    return f"{place} line {first_statement}, the file's first statement"
