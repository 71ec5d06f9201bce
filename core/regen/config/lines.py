"""Lines: the text of a TOML file becomes the line of each of its keys.

Why a scan of our own: `tomllib` gives values without places, and a library that gives both costs 78 ms of import
at every start. The scan runs only when an error has to name a line, on text that `tomllib` has already accepted,
so it skips values and never judges them.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ONE_LINE_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_LONG_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of each key and each element of an array; a path is made of keys and indexes.

    Args:
        text: TOML that `tomllib` accepts.
    """
    return _Scan(text).document()


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # arrays of tables, with the index of their last element

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            table = self._header() if self._text[self._at] == "[" else self._assignment(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> KeyPath:
        line, array = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        self._skip(_BLANK)
        *parents, last = self._dotted()
        self._skip(_BLANK)
        self._at += 2 if array else 1
        path: KeyPath = ()
        for part in parents:
            path = self._element((*path, part), line)
        path = (*path, last)
        if array:
            self._tables[path] = self._tables.get(path, -1) + 1
        return self._element(path, line)

    def _element(self, path: KeyPath, line: int) -> KeyPath:
        """The path of a table, with the index where it is an array's last element."""
        self._lines.setdefault(path, line)
        if path in self._tables:
            path = (*path, self._tables[path])
            self._lines.setdefault(path, line)
        return path

    def _assignment(self, table: KeyPath) -> KeyPath:
        """Read `key = value` of a table; returns the table."""
        line, path = self._line(), table
        for part in self._dotted():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._skip(_BLANK)
        self._at += 1
        self._skip(_BLANK)
        self._value(path)
        return table

    def _dotted(self) -> list[str]:
        parts = [self._key()]
        self._skip(_BLANK)
        while self._text[self._at] == ".":
            self._at += 1
            self._skip(_BLANK)
            parts.append(self._key())
            self._skip(_BLANK)
        return parts

    def _key(self) -> str:
        start = self._at
        if self._text[start] not in "\"'":
            self._skip(_BARE_KEY)
            return self._text[start : self._at]
        self._skip(_ONE_LINE_STRING)
        return str(tomllib.loads(f"key = {self._text[start : self._at]}")["key"])

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_LONG_STRING if self._text.startswith(('"""', "'''"), self._at) else _ONE_LINE_STRING)
            case _:
                self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] != "]":
            self._lines[(*path, index)] = self._line()
            self._value((*path, index))
            self._comma()
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._text[self._at] != "}":
            self._assignment(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)
