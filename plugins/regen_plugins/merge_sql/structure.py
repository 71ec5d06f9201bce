"""Merge: three sides of an SQL script become one by statement; the result is read again, and nothing is printed anew.

Why not sqlglot's trees: what it prints is laid out its own way, and each dialect needs another reader. Tokens are the
same in all, and the lines of the sides stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from regen.lines import merge as lines
from regen.lines.clash import Clashing, clashed, settled_lines
from regen.lines.text import Text, manner, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay
from regen_plugins.merge_sql.blend import same_repetitions, script
from regen_plugins.merge_sql.check import dangling, lost
from regen_plugins.merge_sql.outline import Statement, statements
from regen_plugins.merge_sql.tokens import Unstructured

CONFIDENCE = 0.95  # a clean merge by structure, read again and checked
Statements = tuple[Statement, ...]


def merge(three: ThreeWay) -> Merged | None:
    """Merge three sides of a script; None where that cannot be done by statement, nor be checked."""
    if three.base is None:
        return None
    if three.ours == three.theirs or three.base in (three.ours, three.theirs):
        return lines.merge(three)
    texts = [take_apart(side) for side in (three.base, three.ours, three.theirs)]
    try:
        sides = [_read(text) for text in texts]
        same_repetitions(*sides)
    except (Unstructured, UnicodeDecodeError):
        return None
    by_lines = _by_lines(three, sides)
    if by_lines.content is not None:
        return by_lines
    try:
        return _by_statement(sides, texts) or by_lines
    except Unstructured:
        return by_lines


def _read(text: Text) -> Statements:
    if any(b"\r" in line or b"\0" in line for line in text.lines):
        raise Unstructured("it mixes line ends, or is no text")
    return statements(tuple(line.decode() for line in text.lines))


def _by_statement(sides: Sequence[Statements], texts: Sequence[Text]) -> Merged | None:
    """Merge by statement; None where the result, read again, does not hold what it has to."""
    pieces = script(*sides)
    if any(isinstance(piece, Clashing) for piece in pieces):
        return clashed(pieces, texts[1])
    result = settled_lines(pieces)
    content = bytes(manner(texts[0], texts[1], texts[2], tuple(line.encode() for line in result)))
    four = [*sides, statements(result)]
    hangs = dangling(four)
    if hangs is not None:
        return Merged(None, (Conflict("structure", hangs),), "structure", 0.0, content)
    return Merged(content, (), "structure", CONFIDENCE) if lost(four) is None else None


def _by_lines(three: ThreeWay, sides: Sequence[Statements]) -> Merged:
    """Merge by lines, as people put them; a clean merge is checked as one by statement is."""
    merged = lines.merge(three)
    if merged.content is None:
        return merged
    try:
        four = [*sides, _read(take_apart(merged.content))]
        wrong = lost(four) or dangling(four)
    except Unstructured as error:
        wrong = str(error)
    if wrong is None:
        return replace(merged, how="structure", confidence=CONFIDENCE)
    conflict = Conflict("structure", f"your edit and the template do not fit together: {wrong}")
    return Merged(None, (conflict,), "lines", 0.0, merged.content)
