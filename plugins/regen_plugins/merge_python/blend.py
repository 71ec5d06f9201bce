"""Merge: three outlines become pieces, each either lines that are settled or a place where both sides clash."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from regen.lines.clash import Clashing, Piece
from regen.lines.merge import regions
from regen.lines.order import ordered
from regen.lines.touching import together
from regen.model.merge import Conflict, ConflictKind
from regen_plugins.merge_python import statement
from regen_plugins.merge_python.meaning import only_written
from regen_plugins.merge_python.outline import Key, Lines, Member, Opened, Unstructured, opened
from regen_plugins.merge_python.pairing import first, paired, rank, renamed, same_repetitions, told_apart
from regen_plugins.merge_python.signature import function_head
from regen_plugins.merge_python.words import name_of

Members = tuple[Member, ...]


class Blend:
    """One merge of three outlines.

    Args:
        needed: names that the merged file uses: an import that one side removed stays for them.
    """

    def __init__(self, needed: frozenset[str] = frozenset()) -> None:
        self.needed = needed

    def members(self, base: Members, ours: Members, theirs: Members, owner: tuple[Key, ...] = ()) -> list[Piece]:
        """Merge the members of one block.

        Raises:
            Unstructured: their order cannot be told.
        """
        ours, theirs = paired(base, ours), paired(base, theirs)
        ours, theirs = renamed(base, ours, theirs), renamed(base, theirs, ours)
        same_repetitions(base, ours, theirs)
        before, mine, other = ({member.key: member for member in side} for side in (base, ours, theirs))
        kept = {key for key in {*mine, *other} if self._stays(before.get(key), mine.get(key), other.get(key))}
        order = ordered(list(before), list(mine), list(other), kept, rank)
        if order is None:
            raise Unstructured("both sides moved members")
        order.sort(key=first)
        told_apart(order, before, mine, other)
        pieces: list[Piece] = []
        for key in order:
            pieces.extend(self._member(before.get(key), mine.get(key), other.get(key), owner))
        return pieces

    def _stays(self, base: Member | None, ours: Member | None, theirs: Member | None) -> bool:
        """Whether there is something to write: what one side removed stays out if the other left it alone."""
        left = ours or theirs
        if base is None or left is None or (ours is not None and theirs is not None):
            return True
        if left.kind in {"from", "import"}:
            return bool(self._names(base, ours, theirs))
        return left.lines != base.lines

    def _names(self, base: Member | None, ours: Member | None, theirs: Member | None) -> list[str]:
        sides = [statement.imported(side.node) if side is not None else () for side in (base, ours, theirs)]
        return statement.settle_names(sides[0], sides[1], sides[2], self.needed)

    def _member(
        self, base: Member | None, ours: Member | None, theirs: Member | None, owner: tuple[Key, ...]
    ) -> list[Piece]:
        if ours is None or theirs is None:
            return self._one_sided(base, ours, theirs, owner)
        lead = _lead(base, ours, theirs)
        if lead is None:
            sides = [side if side is None else _with_lead(side) for side in (base, ours, theirs)]
            return _by_lines(sides[0], sides[1] or ours, sides[2] or theirs, (), owner)
        names_needed = ours.kind == "from" and bool(self.needed)
        if ours.lines == theirs.lines or (base is not None and theirs.lines == base.lines and not names_needed):
            return [lead + ours.lines]
        if base is not None and ours.lines == base.lines and not names_needed:
            return [lead + theirs.lines]
        if ours.kind == "from":
            lines = self._imports(base, ours, theirs)
            return [lead + lines] if lines is not None else _by_lines(base, ours, theirs, lead, owner)
        if base is not None:
            inside = self._parts(base, ours, theirs, owner)
            if inside is not None:
                return [lead, *inside]
        return _by_lines(base, ours, theirs, lead, owner)

    def _one_sided(
        self, base: Member | None, ours: Member | None, theirs: Member | None, owner: tuple[Key, ...]
    ) -> list[Piece]:
        left = ours or theirs
        if left is None:
            return []
        if base is None:
            return [left.text]
        if left.kind in {"from", "import"}:
            names = self._names(base, ours, theirs)
            if not isinstance(left.node, ast.ImportFrom) or set(names) == set(statement.imported(left.node)):
                return [left.text]
            return [left.lead + statement.import_lines(left.lines, left.node, names)]
        gone, changed = ("you", "the template") if ours is None else ("the template", "you")
        message = f"{gone} removed {name_of(base.key, owner)}, which {changed} changed"
        return [_clash("deletion", message, base, ours, theirs)]

    def _imports(self, base: Member | None, ours: Member, theirs: Member) -> Lines | None:
        if not isinstance(ours.node, ast.ImportFrom) or any("#" in line for line in (*ours.lines, *theirs.lines)):
            return None
        names = self._names(base, ours, theirs)
        for side in (ours, theirs):
            if set(names) == set(statement.imported(side.node)):
                return side.lines
        like = theirs.lines if len(theirs.lines) > len(ours.lines) else ours.lines
        return statement.import_lines(like, ours.node, names) if names else ()

    def _parts(self, base: Member, ours: Member, theirs: Member, owner: tuple[Key, ...]) -> list[Piece] | None:
        """Merge a member by what it is made of; None where that is not known."""
        if ours.kind == "field":
            try:
                return [statement.field(base.lines, ours.lines, theirs.lines)]
            except statement.Clash:
                return None
        sides = [opened(member) for member in (base, ours, theirs)]
        before, mine, other = sides
        if before is None or mine is None or other is None or not before.indent == mine.indent == other.indent:
            return None
        inner = (*owner, ours.key)
        pieces = self.members(before.decorators, mine.decorators, other.decorators, inner)
        pieces.extend(_head(before, mine, other, ours.key, owner))
        body = self.members(before.members, mine.members, other.members, inner)
        return [*pieces, *body, *_filled(body, mine.indent)]


def _head(base: Opened, ours: Opened, theirs: Opened, key: Key, owner: tuple[Key, ...]) -> list[Piece]:
    try:
        return [statement.settle(base.head, ours.head, theirs.head)]
    except statement.Clash:
        pass
    settle = {"class": statement.class_head, "function": function_head}.get(key[0])
    if settle is not None:
        try:
            return [settle(base.head, ours.head, theirs.head)]
        except statement.Clash:
            pass
    what = "signature" if key[0] == "function" else "first line"
    message = f"your edit and the template both changed the {what} of {name_of(key, owner)}"
    spans = [(side.head_first, side.head_first + len(side.head)) for side in (ours, base, theirs)]
    return [Clashing(Conflict("content", message, *spans), base.head, ours.head, theirs.head)]


def _filled(body: Iterable[Piece], indent: str) -> list[Piece]:
    """A block that lost its last statement gets a `pass`."""
    for piece in body:
        if isinstance(piece, Clashing) or any(line.strip() and not line.lstrip().startswith("#") for line in piece):
            return []
    return [(f"{indent}pass",)]


def _by_lines(base: Member | None, ours: Member, theirs: Member, lead: Lines, owner: tuple[Key, ...]) -> list[Piece]:
    """Merge the text of a member; of a body each place that clashes by itself, of others the whole."""
    name = name_of(ours.key, owner)
    if base is None:
        message = f"you and the template both added {name}, and they differ"
        return [lead, _clash("content", message, base, ours, theirs)]
    message = f"your edit and the template both changed {name}"
    pieces: list[Piece] = [lead]
    # A body ends before the blank line that follows it: without it two changes at its end would seem to touch.
    end = ("",) if ours.kind == "body" else ()
    before, mine, other = (side.lines + end for side in (base, ours, theirs))
    for found in regions(before, mine, other):
        if found.who != "conflict":
            pieces.append(other[slice(*found.theirs)] if found.who == "theirs" else mine[slice(*found.ours)])
            continue
        settled = together(before[slice(*found.base)], mine[slice(*found.ours)], other[slice(*found.theirs)])
        if settled is not None:
            pieces.append(settled)
            continue
        rewritten = only_written(base, ours, theirs)
        if rewritten is not None:
            return [lead, rewritten.lines]
        if not end:
            return [lead, _clash("content", message, base, ours, theirs)]
        spans = [
            (side.first + start, side.first + min(stop, len(side.lines)))
            for side, (start, stop) in ((ours, found.ours), (base, found.base), (theirs, found.theirs))
        ]
        sides = [text[slice(*span)] for text, span in ((before, found.base), (mine, found.ours), (other, found.theirs))]
        pieces.append(Clashing(Conflict("content", message, *spans), *sides))
    return _without_end(pieces) if end else pieces


def _without_end(pieces: list[Piece]) -> list[Piece]:
    """Take the blank line off again that stood after all sides."""
    last = next(at for at in range(len(pieces) - 1, -1, -1) if pieces[at] != ())
    piece = pieces[last]
    if isinstance(piece, Clashing):
        sides = [side[:-1] if side[-1:] == ("",) else side for side in (piece.base, piece.ours, piece.theirs)]
        pieces[last] = Clashing(piece.conflict, *sides)
    else:
        pieces[last] = piece[:-1]
    return pieces


def _clash(
    kind: ConflictKind, message: str, base: Member | None, ours: Member | None, theirs: Member | None
) -> Clashing:
    spans = [(side.first, side.first + len(side.lines)) if side else None for side in (ours, base, theirs)]
    lines = [side.lines if side is not None else () for side in (base, ours, theirs)]
    return Clashing(Conflict(kind, message, *spans), *lines)


def _with_lead(member: Member) -> Member:
    """A member that has what stands above it as part of it."""
    return replace(member, lead=(), lines=member.text, first=member.first - len(member.lead), node=None)


def _lead(base: Member | None, ours: Member, theirs: Member) -> Lines | None:
    """What stands above a member; of comments that both added all, and the wider gap; None where both changed one."""
    try:
        return statement.settle(base.lead if base is not None else (), ours.lead, theirs.lead)
    except statement.Clash:
        pass
    before = base.lead if base is not None else ()
    found = list(regions(before, ours.lead, theirs.lead))
    lines: list[str] = []
    for region in found:
        mine, other = ours.lead[slice(*region.ours)], theirs.lead[slice(*region.theirs)]
        if region.who != "conflict":
            lines.extend(other if region.who == "theirs" else mine)
            continue
        if any(line.strip() for line in before[slice(*region.base)]):
            return None
        blank = max(sum(not line.strip() for line in side) for side in (mine, other))
        comments = [line for line in other if line.strip()]
        comments += [line for line in mine if line.strip() and line not in comments]
        lines.extend((*[""] * blank, *comments))
    return tuple(lines)
