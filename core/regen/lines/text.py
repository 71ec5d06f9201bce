"""Text: bytes become lines and the manner in which they were written (byte order mark, line ends, last newline)."""

from __future__ import annotations

from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 8000  # bytes in which git, too, looks for a NUL (buffer_is_binary)


@dataclass(frozen=True, slots=True)
class Text:
    """A text file, taken apart.

    Attributes:
        lines: without their line ends; a file that mixes line ends keeps its carriage returns inside the lines.
        bom: whether a UTF-8 byte order mark stands first.
        crlf: whether every line ends with CRLF; None where no line ends at all.
        newline: whether the last line ends; True for an empty file.
    """

    lines: tuple[bytes, ...]
    bom: bool = False
    crlf: bool | None = False
    newline: bool = True

    def __bytes__(self) -> bytes:
        end = b"\r\n" if self.crlf else b"\n"
        ends = self.newline or self.lines[-1:] == (b"",)  # an empty line is none without its end
        body = end.join(self.lines) + (end if ends and self.lines else b"")
        return BOM + body if self.bom else body


def is_binary(content: bytes) -> bool:
    """Whether these bytes are no text, by git's own test: a NUL near the start."""
    return b"\0" in content[:_LOOKED_AT]


def mixed(text: Text) -> bool:
    """Whether a file has lines with either end."""
    return text.crlf is False and any(line.endswith(b"\r") for line in text.lines)


def take_apart(content: bytes, *, ends_count: bool = False) -> Text:
    """Split a file into lines; `bytes()` of the answer gives the very bytes back.

    Args:
        content: of the file.
        ends_count: whether carriage returns belong to the lines though every line has one.
    """
    bom = content.startswith(BOM)
    body = content[len(BOM) :] if bom else content
    ends = body.count(b"\n")
    crlf: bool | None = None if not ends else not ends_count and body.count(b"\r\n") == ends
    lines = body.replace(b"\r\n", b"\n").split(b"\n") if crlf else body.split(b"\n")
    newline = lines[-1] == b""
    if newline:
        lines.pop()
    return Text(tuple(lines), bom, crlf, newline)


def manner(base: Text, ours: Text, theirs: Text, lines: tuple[bytes, ...]) -> Text:
    """Dress merged lines: mark and last newline as the side that changed them says, line ends as ours has them."""
    bom = theirs.bom if ours.bom == base.bom else ours.bom
    newline = theirs.newline if ours.newline == base.newline else ours.newline
    crlf = next((text.crlf for text in (ours, theirs, base) if text.crlf is not None), False)
    return Text(lines, bom, crlf, newline)
