"""Merge: comments above a part, and what stands around the parts of a block, become one text of three."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.lines.merge import regions
from regen_plugins.merge_tree.pieces import Piece, Place, clash

if TYPE_CHECKING:
    from regen_plugins.merge_tree.parts import Part

_OF_ONE_LINE = (b"//", b"#", b"--", b";")
_DOC = (b"/**", b"///", b"//!")  # what documents what follows: two such texts of different authors are a conflict


def around(base: Place | None, ours: Place, theirs: Place, what: str) -> list[Piece]:
    """What stands before or after the parts of a block: brackets, and comments beside them."""
    texts = [_text(place) for place in (base, ours, theirs)]
    settled = _settled(*texts)
    if settled is None:
        settled = _by_lines(*(text.splitlines(keepends=True) for text in texts))
    if settled is not None:
        return [settled]
    return [clash("content", f"your edit and the template both changed {what}", base, ours, theirs)]


def above(base: Part | None, ours: Part, theirs: Part, name: str) -> list[Piece]:
    """Comments above a part that both sides have."""
    texts = [comment_of(part) if part is not None else b"" for part in (base, ours, theirs)]
    settled = _settled(*texts)
    if settled is None:
        indent = texts[1][len(texts[1].rstrip(b" \t")) :]
        lines = [[_outdented(line) for line in text.rstrip(b" \t").splitlines(keepends=True)] for text in texts]
        blend = _by_lines(*lines)
        settled = None if blend is None else _indented(blend, indent)
    if settled is not None:
        return [settled]
    places = [None if part is None else _commented(part) for part in (base, ours, theirs)]
    message = f"your edit and the template both changed the comment above {name}"
    rest = texts[1][len(texts[1].rstrip(b" \t")) :] if texts[1].rstrip(b" \t").endswith(b"\n") else b""
    return [clash("content", message, *places), rest]


def comment_of(part: Part) -> bytes:
    """The comments above a part, up to where it starts."""
    return part.lead.lstrip()


def _commented(part: Part) -> Place:
    lead = part.lead
    start = part.at + len(lead) - len(lead.lstrip())
    indent = len(lead) - len(lead.rstrip(b" \t")) if lead.rstrip(b" \t").endswith(b"\n") else 0
    return (part.source, start, max(start, part.start - indent))


def _text(place: Place | None) -> bytes:
    return b"" if place is None else place[0].text[place[1] : place[2]]


def _settled(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The text of the side that changed it, by more than space; None where both did, and not alike."""
    said = [text.split() for text in (base, ours, theirs)]
    if said[1] == said[2]:
        return theirs if ours == base else ours
    if said[2] == said[0]:
        return ours
    return theirs if said[1] == said[0] else None


def _by_lines(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> bytes | None:
    """Merge by lines; remarks that both sides added in one place both stay."""
    lines: list[bytes] = []
    for found in regions(base, ours, theirs):
        mine, other = ours[slice(*found.ours)], theirs[slice(*found.theirs)]
        if found.who != "conflict":
            lines.extend(other if found.who == "theirs" else mine)
        elif found.base[0] == found.base[1] and _remarks(mine, other):
            lines.extend((*other, *mine))
        else:
            return None
    return b"".join(lines)


def _remarks(mine: list[bytes], other: list[bytes]) -> bool:
    """Whether lines of both sides are comments by themselves, and not both a documentation."""
    return all(map(_whole, (mine, other))) and not all(
        any(line.lstrip().startswith(_DOC) for line in side) for side in (mine, other)
    )


def _whole(lines: list[bytes]) -> bool:
    """Whether lines are whole comments, and not lines inside of one."""
    texts = [line.strip() for line in lines if line.strip()]
    if not texts or not all(line.endswith(b"\n") for line in lines):
        return False
    of_one_line = all(text.startswith(_OF_ONE_LINE) for text in texts)
    return of_one_line or (
        texts[0].startswith(b"/*") and b"*/" not in b"".join(texts)[:-2] and texts[-1].endswith(b"*/")
    )


def _outdented(line: bytes) -> bytes:
    """A line of a comment without its indentation, but for the space before the star of a block."""
    text = line.lstrip(b" \t")
    return b" " + text if text.startswith(b"*") else text


def _indented(text: bytes, indent: bytes) -> bytes:
    return text.replace(b"\n", b"\n" + indent) if text.endswith(b"\n") else text
