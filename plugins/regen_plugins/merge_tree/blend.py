"""Merge: three outlines become pieces, each either text that is settled or a place where both sides clash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regen.lines.order import Rank, ordered
from regen_plugins.merge_tree.layout import Layout, Sides, line_indent, named, shifted
from regen_plugins.merge_tree.outline import opened
from regen_plugins.merge_tree.pairing import Parts, paired
from regen_plugins.merge_tree.parts import Block, Key, Part, opens
from regen_plugins.merge_tree.pieces import Clashing, Piece, Place, by_lines, clash
from regen_plugins.merge_tree.slots import slots
from regen_plugins.merge_tree.words import name_of
from regen_plugins.tree_source import WORD

_RANKS = {"package": 0, "mark": 0, "word": 1, "import": 2, "field": 3, "property": 3, "constant": 3, "variant": 3}
_RANKS |= {"value": 3, "statement": 4, "members": 9}
_OTHER = 5
Owner = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Blend:
    """One merge of three outlines.

    Attributes:
        needed: names that the merged file uses: an import of them that one side removed stays.
        by_lines: whether what both sides changed may be merged by lines.
    """

    needed: frozenset[bytes] = frozenset()
    by_lines: bool = True

    def block(self, base: Block | None, ours: Block, theirs: Block, owner: Owner = ()) -> list[Piece] | None:
        """Merge parts by their keys; None where their order cannot be told.

        Raises:
            Unstructured: parts cannot be told apart.
        """
        sides = paired(base.parts if base is not None else (), ours.parts, theirs.parts)
        before, mine, other = ({part.key: part for part in side} for side in sides)
        all_three = {key: Sides(before.get(key), mine.get(key), other.get(key)) for key in {*before, *mine, *other}}
        kept = {key for key, parts in all_three.items() if self._stays(parts, owner)}
        by_name = ours.kind in {"members", "named"}
        if _replaced({key: parts for key, parts in all_three.items() if not by_name or key[0] == "item"}):
            return None
        order = self._order(ours, sides, kept)
        if order is None or _ambiguous(ours, order, all_three):
            return None
        layout = Layout(base, ours, theirs, sides, order)
        pieces: list[Piece] = [*layout.opening(owner)]
        for key in order:
            pieces.extend(self._part(all_three[key], layout, owner))
        pieces.extend(layout.closing(owner))
        return pieces

    def _order(self, block: Block, sides: tuple[Parts, Parts, Parts], kept: set[Key]) -> list[Key] | None:
        """The order of the parts; where both sides moved some whose order means nothing, yours."""
        before, mine, other = ([part.key for part in side] for side in sides)
        sequence = {name: at for at, name in enumerate(block.source.structure.sequence, 10)}

        def rank(key: Key) -> Rank:
            if key[0] == "slot":
                return (sequence.get(key[1], _OTHER), "")
            if key[0] in {"mark", "word"}:
                return (_RANKS[key[0]], f"{sequence.get(key[1], 0):03}")
            return (_RANKS.get(key[0], _OTHER), " ".join(key[1:]) if key[0] == "import" else "")

        order = ordered(before, mine, other, kept, rank)
        if order is None and block.kind in {"members", "named"} and not any(_is_ordered(p) for s in sides for p in s):
            order = ordered(other, mine, other, kept, rank)
        return order if order is None else _sorted_imports(order, sides[1], sides[2])

    def _stays(self, parts: Sides, owner: Owner) -> bool:
        """Whether there is something to write: what one side removed stays out if the other left it alone."""
        left = parts.ours or parts.theirs
        if left is None:
            return False
        if parts.base is None or (parts.ours is not None and parts.theirs is not None):
            return True
        if changed(parts.base, left):
            return True
        if not self.needed:
            return False
        names = bound(left) or (frozenset(WORD.findall(left.text)[-1:]) if _in_import(owner) else frozenset())
        return bool(names & self.needed)

    def _part(self, parts: Sides, layout: Layout, owner: Owner) -> list[Piece]:
        base, ours, theirs = parts.base, parts.ours, parts.theirs
        left = ours or theirs
        if left is None:
            return []
        if ours is None or theirs is None:
            imported = left.known is not None and left.known.word == "import"
            if base is None or imported or not changed(base, left):
                return [*layout.lead(parts, owner), layout.text(left, parts), *layout.end(parts, owner)]
            gone, who = ("you", "the template") if ours is None else ("the template", "you")
            message = f"{gone} removed {name_of(base.key, owner)}, which {who} changed"
            return [layout.gap(left), clash("deletion", message, *(_said(part) for part in (base, ours, theirs)))]
        return [*layout.lead(parts, owner), *self._text(base, ours, theirs, owner), *layout.end(parts, owner)]

    def _text(self, base: Part | None, ours: Part, theirs: Part, owner: Owner) -> list[Piece]:
        """Merge what a part says, on two sides or on three."""
        if ours.text == theirs.text:
            return [ours.text]
        if base is not None and base.text in {ours.text, theirs.text} and not self._needed_in(ours, theirs, owner):
            return [theirs.text if base.text == ours.text else ours.text]
        inside = self._inside(base, ours, theirs, owner)
        return inside if inside is not None else self._as_whole(base, ours, theirs, owner)

    def _needed_in(self, ours: Part, theirs: Part, owner: Owner) -> bool:
        """Whether an import has a needed name on one side alone: it is merged by names then."""
        words = [frozenset(WORD.findall(part.text)) for part in (ours, theirs)] if self.needed else []
        return bool(words) and _in_import((*owner, ours.key)) and bool((words[0] ^ words[1]) & self.needed)

    def _inside(self, base: Part | None, ours: Part, theirs: Part, owner: Owner) -> list[Piece] | None:
        """Merge a part by what it is made of; None where that is not known."""
        sides = [_taken_apart(part) for part in (base, ours, theirs) if part is not None]
        blocks = [side for side in sides if side is not None]
        if len(blocks) < len(sides) or len({block.kind for block in blocks}) > 1:
            return None
        if base is None and not _in_import((*owner, ours.key)):
            return None
        return self.block(blocks[0] if base is not None else None, blocks[-2], blocks[-1], (*owner, ours.key))

    def _as_whole(self, base: Part | None, ours: Part, theirs: Part, owner: Owner) -> list[Piece]:
        """Merge a part that is not taken apart: by what it says, by lines, or not at all."""
        name = name_of(ours.key, owner)
        said = [part.said() if part is not None else () for part in (base, ours, theirs)]
        if said[1] == said[2] or (base is not None and said[2] == said[0]):
            return [ours.text]
        if base is None:
            message = f"you and the template both added {name}, and they differ"
            return [clash("content", message, None, _place(ours), _place(theirs))]
        if said[1] == said[0]:
            return [shifted(theirs, theirs.text, (line_indent(theirs), line_indent(ours)))]
        message = f"your edit and the template both changed {name}"
        body = any(part.nodes[-1].type in part.source.structure.bodies for part in (base, ours, theirs))
        if body and self.by_lines and len(ours.nodes) == 1:
            message = f"your edit and the template both changed {named(owner)}"
            return self._body(base, ours, theirs, owner, message)
        if self.by_lines and all(b"\n" in part.text for part in (base, ours, theirs)):
            pieces = by_lines(base, ours, theirs, message)
            if _settled(pieces):
                return pieces
        return [clash("content", message, _place(base), _place(ours), _place(theirs))]

    def _body(self, base: Part, ours: Part, theirs: Part, owner: Owner, message: str) -> list[Piece]:
        """Merge a body by lines; one of a single statement, such as `return` with a literal, else by what it says."""
        pieces = by_lines(base, ours, theirs, message)
        if _settled(pieces):
            return pieces
        if not all(_single(part) for part in (base, ours, theirs)):
            return pieces
        before, mine, other = (opened(part.source, part.nodes[0]) for part in (base, ours, theirs))
        inside = self.block(before, mine, other, owner)
        return inside if inside is not None and _settled(inside) else pieces


def _single(part: Part) -> bool:
    """Whether a body holds one statement; some grammars put a list of statements into the block."""
    parts = opened(part.source, part.nodes[0]).parts
    inner = len(parts) == 1 and parts[0].nodes[0].type in part.source.structure.blocks
    return _single(parts[0]) if inner else len(parts) == 1


def _settled(pieces: Sequence[Piece]) -> bool:
    return not any(isinstance(piece, Clashing) for piece in pieces)


def _sorted_imports(order: list[Key], ours: Parts, theirs: Parts) -> list[Key]:
    """Imports in one run stay sorted where both sides have them so, without blank lines between them."""
    for side in (ours, theirs):
        imports = [part for part in side if part.key[0] == "import"]
        if any(part.lead.count(b"\n") > 1 for part in imports[1:]) or not _is_sorted([part.key for part in imports]):
            return order
    places = [at for at, key in enumerate(order) if key[0] == "import"]
    if not places or places[-1] - places[0] >= len(places):
        return order
    first, last = places[0], places[-1] + 1
    return [*order[:first], *sorted(order[first:last]), *order[last:]]


def _is_sorted(keys: list[Key]) -> bool:
    return keys == sorted(keys)


def changed(base: Part, side: Part) -> bool:
    """Whether a part says something else than the base's, with the comments above and after it."""
    if base.whole.split() == side.whole.split():
        return False
    return _all_said(base) != _all_said(side)


def _all_said(part: Part) -> tuple[object, ...]:
    return (part.lead.split(), part.said(), part.tail.split())


def bound(part: Part) -> frozenset[bytes]:
    """Names that an import, or an item of one, binds."""
    names: set[bytes] = set()
    waiting = list(part.nodes)
    while waiting:
        node = waiting.pop()
        known = part.source.structure.declarations.get(node.type)
        if known is not None and known.word == "import":
            texts = [part.source.of(found) for path in known.binds for found in part.source.found(node, path)]
            names.update(found[-1] for found in map(WORD.findall, texts) if found)
        waiting.extend(node.named_children)
    return frozenset(names)


def _in_import(owner: Owner) -> bool:
    return any(key[0] == "import" for key in owner)


def _replaced(parts: dict[Key, Sides]) -> bool:
    """Whether both sides put something in the place of one thing, and not alike."""
    gone = any(side.base is not None and side.ours is None and side.theirs is None for side in parts.values())
    mine = any(side.base is None and side.theirs is None for side in parts.values())
    other = any(side.base is None and side.ours is None for side in parts.values())
    return gone and mine and other


def _ambiguous(block: Block, order: Sequence[Key], parts: dict[Key, Sides]) -> bool:
    """Whether both sides added something in one place where the order means something."""
    adding: set[str] = set()
    for sides in (parts[key] for key in order):
        if sides.ours is not None and sides.theirs is not None:
            adding = set()
        elif sides.base is None and (block.kind in {"ordered", "placed"} or _is_ordered(sides.ours or sides.theirs)):
            adding.add("ours" if sides.theirs is None else "theirs")
        if len(adding) == 2:
            return True
    return False


def _is_ordered(part: Part | None) -> bool:
    if part is None:
        return False
    if part.known is None:
        return part.key[0] == "statement"
    path = part.known.ordered_unless
    return path is not None and not any(part.source.found(node, path) for node in part.nodes)


def _taken_apart(part: Part) -> Block | None:
    if len(part.nodes) == 1 and opens(part.source, part.nodes[0]):
        return opened(part.source, part.nodes[0])
    if len(part.nodes) == 1 and part.nodes[0].type in part.source.structure.bodies:
        return None
    block = slots(part)
    return None if [inner.nodes for inner in block.parts] == [part.nodes] else block


def _place(part: Part | None) -> Place | None:
    return None if part is None else (part.source, part.start, part.end)


def _said(part: Part | None) -> Place | None:
    """A part with the comments above it, from the start of their line."""
    if part is None:
        return None
    lead = part.lead
    space = lead[: len(lead) - len(lead.lstrip())]
    return (part.source, part.at + space.rfind(b"\n") + 1, part.tailed)
