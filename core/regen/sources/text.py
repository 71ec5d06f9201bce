"""Text: what strangers wrote becomes text and addresses that are safe in a graph, in a template and on a terminal."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

from pyoxigraph import NamedNode

# Control characters, what turns the direction of a line around, halves of surrogate pairs, and what is no character.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_TAG = re.compile(r"<[^>]*>")
_LONGEST_HTML = 200_000  # characters of one item; the rest would be cut anyway
_BLANKS = re.compile(r"\s+")
_LONGEST_IRI = 2000
_NOT_IN_AN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\x7f-\x9f]')
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math"})
_BLOCKS = frozenset(
    {"p", "br", "div", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "hr"}
)


def clean(text: str, most: int) -> str:
    """Text on one line, without what is no visible character, at most so many characters long."""
    found = _BLANKS.sub(" ", _UNSAFE.sub(" ", text[: 4 * most])).strip()
    return found if len(found) <= most else f"{found[: most - 1].rstrip()}…"


def plain(html: str) -> str:
    """The text of a piece of HTML; whatever it is, it raises nothing."""
    reader = _Reader()
    try:
        reader.feed(html[:_LONGEST_HTML])
        reader.close()
    except AssertionError:  # Python's way to say that a declaration is none
        return _TAG.sub(" ", html[:_LONGEST_HTML])
    return "".join(reader.pieces)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)


def iri(address: str) -> str | None:
    """An http or https address as an IRI; None where it is none, or holds a name or a password."""
    found = _NOT_IN_AN_IRI.sub(lambda match: quote(match[0]), _UNSAFE.sub("", address.strip()))
    try:
        parts = urlsplit(found)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            return None
        NamedNode(found)
    except ValueError:
        return None
    return found if len(found) <= _LONGEST_IRI else None
