"""Merge: three sides of a file become one by structure, as the description of its language says.

Why lines are asked first: as in `merge_python`; they also keep blank lines and the order of members as people put them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from regen.lines import merge as lines
from regen.lines.marked import with_side
from regen.lines.text import Text, is_binary, manner, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay
from regen.model.structure import Structure
from regen_plugins.merge_tree.blend import Blend
from regen_plugins.merge_tree.check import dangling, lost, needed
from regen_plugins.merge_tree.declared import declared
from regen_plugins.merge_tree.outline import outline
from regen_plugins.merge_tree.parts import Block
from regen_plugins.merge_tree.pieces import Clashing, Piece, joined, marked, on_lines
from regen_plugins.tree_source import Source, Unstructured

CONFIDENCE = 0.95  # a clean merge by structure, read again and checked
Blocks = tuple[Block, Block, Block]
"""The outlines of base, ours and theirs."""


def merge(three: ThreeWay) -> Merged | None:
    """Merge three sides of a file; None where that cannot be done by structure, nor be checked."""
    if three.structure is None or three.base is None:
        return None
    if three.ours == three.theirs or three.base in (three.ours, three.theirs):
        return lines.merge(three)
    texts = [take_apart(side) for side in (three.base, three.ours, three.theirs)]
    try:
        base, ours, theirs = (_read(text, three.structure) for text in texts)
        by_lines = _by_lines(three, (base, ours, theirs))
        if by_lines.content is not None:
            return by_lines
        try:
            return _by_structure((base, ours, theirs), texts) or by_lines
        except Unstructured:
            return by_lines
    except (Unstructured, UnicodeDecodeError, RecursionError):
        return None


def _read(text: Text, structure: Structure) -> Block:
    if any(b"\r" in line for line in text.lines):
        raise Unstructured("it mixes line ends")
    if is_binary(bytes(text)):
        raise Unstructured("it is no text")
    body = b"\n".join(text.lines) + b"\n"
    body.decode()
    return outline(Source(body, structure))


def _by_structure(sides: Blocks, texts: Sequence[Text]) -> Merged | None:
    """Merge by members; None where the result does not hold what it has to."""
    structure = sides[0].source.structure
    for by_lines in (True, False):  # lines that do not fit together are conflicts, in their declarations alone
        pieces = _pieces(sides, Blend(by_lines=by_lines))
        if any(isinstance(piece, Clashing) for piece in pieces):
            return _and_beside(_clashed(pieces, texts), sides)
        try:
            result = outline(Source(joined(pieces), structure))
            found = declared((*sides, result))
            names = needed(found)
            if names:
                result = outline(Source(joined(_pieces(sides, Blend(names, by_lines=by_lines))), structure))
                found = declared((*sides, result))
        except Unstructured:
            continue
        content = bytes(manner(texts[0], texts[1], texts[2], tuple(result.source.text[:-1].split(b"\n"))))
        hangs = dangling(found)
        if hangs is not None:
            return Merged(None, (Conflict("structure", hangs),), "structure", 0.0, content)
        if lost(found) is None:
            return Merged(content, (), "structure", CONFIDENCE)
    return None


def _pieces(sides: Blocks, blend: Blend) -> list[Piece]:
    pieces = blend.block(*sides)
    if pieces is None:
        raise Unstructured("the order of its members cannot be told")
    return pieces


def _clashed(pieces: Sequence[Piece], texts: Sequence[Text]) -> Merged:
    pieces = on_lines(pieces)
    conflicts = tuple(piece.conflict for piece in pieces if isinstance(piece, Clashing))
    return Merged(None, conflicts, "structure", 0.0, bytes(Text(marked(pieces), texts[1].bom, texts[1].crlf)))


def _and_beside(merged: Merged, sides: Blocks) -> Merged:
    """With what does not fit together though your side is taken in each place: settling these would not show it."""
    text = take_apart(merged.marked or b"")
    try:
        rest = _read(replace(text, lines=tuple(with_side(text.lines, "ours"))), sides[0].source.structure)
    except (Unstructured, UnicodeDecodeError):
        return merged
    hangs = dangling(declared((*sides, rest)))
    return merged if hangs is None else replace(merged, conflicts=(*merged.conflicts, Conflict("structure", hangs)))


def _by_lines(three: ThreeWay, sides: Blocks) -> Merged:
    """Merge by lines what has no structure to go by; a clean merge is checked as one by structure is."""
    merged = lines.merge(three)
    if merged.content is None:
        return merged
    wrong = _wrong(merged.content, sides)
    if wrong is None:
        return replace(merged, how="structure", confidence=CONFIDENCE)
    return Merged(None, (Conflict("structure", wrong),), "lines", 0.0, merged.content)


def _wrong(content: bytes, sides: Blocks) -> str | None:
    """What is wrong with a merge by lines, in one sentence; None where nothing is."""
    try:
        found = declared((*sides, _read(take_apart(content), sides[0].source.structure)))
        wrong = lost(found)
    except Unstructured as error:
        wrong = str(error)
    else:
        if wrong is None and needed(found):
            wrong = "an import is gone that is used"
        if wrong is None:
            return dangling(found)
    return f"your edit and the template do not fit together: {wrong}"
