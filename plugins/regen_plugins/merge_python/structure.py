"""Merge: three sides of a Python file become one by structure: members by name, imports as sets, bodies by lines.

Why lines are asked first: people committed what a clean merge of lines gave in 99 of 100 merges (`bench.merge_replay`),
and it follows code into new names, which members by name do not. The structure says whether it may stand, and merges
what clashes.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regen.lines import merge as lines
from regen.lines.clash import Clashing, clashed, settled_lines
from regen.lines.marked import with_side
from regen.lines.text import Text, manner, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay
from regen_plugins.merge_python.blend import Blend
from regen_plugins.merge_python.check import dangling, lost, misordered, torn, unbalanced
from regen_plugins.merge_python.imports import needed_imports
from regen_plugins.merge_python.outline import Member, Unstructured, outline, parsed

CONFIDENCE = 0.95  # a clean merge by structure, read again and checked


@dataclass(frozen=True, slots=True)
class _Side:
    """One side, read: its lines as text, its members, its tree."""

    lines: tuple[str, ...]
    members: tuple[Member, ...]
    tree: ast.Module


def merge(three: ThreeWay) -> Merged | None:
    """Merge three sides of a Python file; None where that cannot be done by structure, nor be checked."""
    if three.language != "python" or three.base is None:
        return None
    if three.ours == three.theirs or three.base in (three.ours, three.theirs):
        return lines.merge(three)
    texts = [take_apart(side) for side in (three.base, three.ours, three.theirs)]
    try:
        base, ours, theirs = (_read(_decoded(text)) for text in texts)
    except (Unstructured, UnicodeDecodeError):
        return None
    merged = _by_lines(three, base, ours, theirs)
    if merged.content is not None:
        return merged
    try:
        structured = _by_structure(base, ours, theirs, texts)
    except Unstructured:
        structured = None
    return structured or merged


def _decoded(text: Text) -> tuple[str, ...]:
    if any(b"\r" in line for line in text.lines):
        raise Unstructured("it mixes line ends")
    return tuple(line.decode() for line in text.lines)


def _read(text: Sequence[str]) -> _Side:
    tree = parsed(text)
    return _Side(tuple(text), outline(text, tree), tree)


def _by_structure(base: _Side, ours: _Side, theirs: _Side, texts: Sequence[Text]) -> Merged | None:
    """Merge by members; None where the result does not hold what it has to."""
    blend = Blend()
    pieces = blend.members(base.members, ours.members, theirs.members)
    if any(isinstance(piece, Clashing) for piece in pieces):
        return _and_beside(clashed(pieces, texts[1]), base, ours, theirs)
    result = _read(settled_lines(pieces))
    needed = needed_imports(ours.tree, theirs.tree, result.tree)
    if needed:
        blend = Blend(needed)
        result = _read(settled_lines(blend.members(base.members, ours.members, theirs.members)))
    hangs = dangling(base.tree, ours.tree, theirs.tree, result.tree) or misordered(ours.tree, theirs.tree, result.tree)
    content = bytes(manner(texts[0], texts[1], texts[2], tuple(line.encode() for line in result.lines)))
    if hangs is not None:
        return Merged(None, (Conflict("structure", hangs),), "structure", 0.0, content)
    if lost(base.members, ours.members, theirs.members, result.members) is not None:
        return None
    if unbalanced(base.lines, ours.lines, theirs.lines, result.lines) is not None:
        return None
    if torn(base.members, ours.members, theirs.members, (base.lines, ours.lines, theirs.lines)) is not None:
        return None
    return Merged(content, (), "structure", CONFIDENCE)


def _and_beside(merged: Merged, base: _Side, ours: _Side, theirs: _Side) -> Merged:
    """With what does not fit together though your side is taken in each place: settling these would not show it."""
    try:
        rest = _read([line.decode() for line in with_side(take_apart(merged.marked or b"").lines, "ours")])
    except Unstructured:
        return merged
    hangs = dangling(base.tree, ours.tree, theirs.tree, rest.tree)
    return merged if hangs is None else replace(merged, conflicts=(*merged.conflicts, Conflict("structure", hangs)))


def _by_lines(three: ThreeWay, base: _Side, ours: _Side, theirs: _Side) -> Merged:
    """Merge by lines what has no structure to go by; a clean merge is checked as one by structure is."""
    merged = lines.merge(three)
    if merged.content is None:
        return merged
    try:
        result = _read(_decoded(take_apart(merged.content)))
        wrong = (
            lost(base.members, ours.members, theirs.members, result.members)
            or dangling(base.tree, ours.tree, theirs.tree, result.tree)
            or misordered(ours.tree, theirs.tree, result.tree)
        )
        if wrong is None and needed_imports(ours.tree, theirs.tree, result.tree):
            wrong = "an import is gone that is used"
    except Unstructured as error:
        wrong = str(error)
    if wrong is None:
        return replace(merged, how="structure", confidence=CONFIDENCE)
    conflict = Conflict("structure", f"your edit and the template do not fit together: {wrong}")
    return Merged(None, (conflict,), "lines", 0.0, merged.content)
