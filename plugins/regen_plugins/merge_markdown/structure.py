"""Merge: three sides of a Markdown file become one by section; the result is read again and has to hold the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from regen.lines import merge as lines
from regen.lines.clash import Clashing, Piece, clashed, settled_lines
from regen.lines.text import Text, is_binary, manner, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay
from regen_plugins.keyed import comments
from regen_plugins.keyed.formats import format_of
from regen_plugins.keyed.merge import merge as merge_keyed
from regen_plugins.keyed.rules import Rules
from regen_plugins.merge_markdown.blend import Part, Unstructured, section
from regen_plugins.merge_markdown.outline import Document, Lines, outline

CONFIDENCE = 0.95  # a clean merge by structure, read again and checked


def merge(three: ThreeWay) -> Merged | None:
    """Merge three sides of a Markdown file; None where one is no text, or there is no base."""
    if three.base is None:
        return None
    if three.ours == three.theirs or three.base in (three.ours, three.theirs):
        return lines.merge(three)
    if any(is_binary(side) for side in (three.base, three.ours, three.theirs)):
        return None
    texts = [take_apart(side) for side in (three.base, three.ours, three.theirs)]
    try:
        sides = [outline(_decoded(text)) for text in texts]
    except (Unstructured, UnicodeDecodeError):
        return None
    try:
        merged = _by_section(three, sides, texts)
    except Unstructured:
        merged = None
    if merged is not None and merged.content is not None:
        return merged
    # A heading put into the middle of a section moves the lines under it to another one: lines know better then.
    by_lines = _by_lines(three, sides)
    return by_lines if merged is None or by_lines.content is not None else merged


def _decoded(text: Text) -> Lines:
    if any(b"\r" in line for line in text.lines):
        raise Unstructured("it mixes line ends")
    return tuple(line.decode() for line in text.lines)


def _by_section(three: ThreeWay, sides: Sequence[Document], texts: Sequence[Text]) -> Merged | None:
    """Merge by section; None where the result, read again, has others."""
    base, ours, theirs = sides
    front, clashes = _front(three, sides)
    parts = section(base.root, ours.root, theirs.root)
    pieces = [*front, *_joined(parts)]
    end = theirs.end if ours.end == base.end else ours.end
    pieces.append(("",) * end)
    if clashes or any(isinstance(piece, Clashing) for piece in pieces):
        return clashed(pieces, texts[1], clashes)
    result = settled_lines(pieces)
    if not _holds(result, front, parts):
        return None
    content = bytes(manner(texts[0], texts[1], texts[2], tuple(line.encode() for line in result)))
    return Merged(content, (), "structure", CONFIDENCE)


def _joined(parts: Sequence[Part]) -> list[Piece]:
    """Parts one after the other; what ended its file and does no longer gets a blank line."""
    pieces: list[Piece] = []
    for part, following in pairwise((*parts, None)):
        pieces.extend(part.pieces if part is not None else ())
        if part is not None and following is not None and any(part.pieces):
            pieces.append(("",) * (1 if part.gap is None else part.gap))
    return pieces


def _holds(result: Lines, front: Sequence[Piece], parts: Sequence[Part]) -> bool:
    """Whether the merged file has the very sections that were merged: no code block swallows one, say."""
    read = outline(result)
    got = [(depth, _bare(part.heading + part.body)) for depth, part in read.root.deep()]
    wanted = [(part.depth, _bare(settled_lines(part.pieces))) for part in parts]
    has_front = any(front)
    return got == wanted and (read.language is not None) == has_front


def _bare(lines_of: Lines) -> Lines:
    last = len(lines_of)
    while last and not lines_of[last - 1].strip():
        last -= 1
    return lines_of[:last]


def _front(three: ThreeWay, sides: Sequence[Document]) -> tuple[list[Piece], list[Conflict]]:
    """Merge the front matter by key, with the lines that enclose it; with conflicts, its lines have markers.

    Raises:
        Unstructured: it cannot be merged by key.
    """
    base, ours, theirs = sides
    written = [(*side.fence, *side.front, *side.fence) for side in sides]
    if written[2] in (written[1], written[0]):
        return [written[1]], []
    if written[1] == written[0]:
        return [written[2]], []
    if not base.language == ours.language == theirs.language or base.language is None:
        raise Unstructured("the front matter was added or removed")
    texts = ["".join(f"{line}\n" for line in side.front).encode() for side in sides]
    inside = ThreeWay(three.path, base.language, texts[0], texts[1], texts[2])
    merged = merge_keyed(inside, format_of(base.language), Rules())
    shown = None if merged is None else merged.content if merged.content is not None else merged.marked
    if merged is None or shown is None:
        raise Unstructured("the front matter is not understood")
    lines_of = tuple(shown.decode().removesuffix("\n").split("\n"))
    return [ours.fence, lines_of, ours.fence], [_moved(found) for found in merged.conflicts]


def _moved(conflict: Conflict) -> Conflict:
    """A conflict of the front matter at its lines in the file, which has one more before it."""
    spans = [conflict.ours_lines, conflict.base_lines, conflict.theirs_lines]
    ours, base, theirs = ((span[0] + 1, span[1] + 1) if span else None for span in spans)
    return replace(conflict, ours_lines=ours, base_lines=base, theirs_lines=theirs)


def _by_lines(three: ThreeWay, sides: Sequence[Document]) -> Merged:
    """Merge by lines what has no sections to go by; no heading may be lost or doubled."""
    merged = lines.merge(three)
    if merged.content is None:
        return merged
    result = outline(_decoded(take_apart(merged.content)))
    titles = [[section_of.key[0] for section_of in side.root.all()] for side in (*sides, result)]
    lost = comments.lost(*titles)
    if lost is None:
        return merged
    conflict = Conflict(
        "structure", f"your edit and the template do not fit together: section `{lost}` is lost or doubled"
    )
    return Merged(None, (conflict,), "lines", 0.0, merged.content)
