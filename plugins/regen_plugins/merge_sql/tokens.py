"""Merge: the text of an SQL script becomes tokens, in a way that holds in every dialect; else it is left to lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
      | (?P<word>\w+)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_HASH = re.compile(r"(?m)^\s*[#\\]")  # a comment of MySQL, an order to psql
_CLIENT = re.compile(r"(?im)^\s*(?:delimiter|go)\b\s*\S{0,2}\s*$")


class Unstructured(Exception):  # noqa: N818 - not an error: lines are merged then
    """The script has a shape that is not merged by statement; the message says which."""


class Token(NamedTuple):
    """A word, a sign, a text or a comment.

    Attributes:
        kind: "word", "quoted", "text", "sign" or "comment".
        said: as it counts: words in small letters, names without quotes, comments without layout.
        start, end: offsets in the text.
    """

    kind: str
    said: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Every token of a script.

    Raises:
        Unstructured: dialects differ in how they read it.
    """
    if _HASH.search(text) or _CLIENT.search(text):
        raise Unstructured("it speaks to a client, or has comments that start with `#`")
    for found in _TOKEN.finditer(text):
        kind, word = found.lastgroup or "text", found[0]
        if kind == "tag":
            kind = "text"
        if kind == "space":
            continue
        if (kind == "sign" and word in "'\"`") or (word.startswith("/*") and "/*" in word[2:]):
            raise Unstructured("a text or a comment does not end")
        if kind == "text" and word.startswith("'") and "\\'" in word:
            raise Unstructured("a backslash stands before a quote")
        yield Token(kind, _said(kind, word), found.start(), found.end())


def _said(kind: str, word: str) -> str:
    match kind:
        case "word":
            return word.lower()
        case "quoted":
            return word[1:-1]
        case "comment":
            return " ".join(word.split())
    return word
