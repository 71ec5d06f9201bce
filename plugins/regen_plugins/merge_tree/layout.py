"""Merge: what stands around and between merged parts: brackets, space, comments, separators, as the sides have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from regen_plugins.merge_tree.comments import above, around, comment_of
from regen_plugins.merge_tree.parts import Block, Key, Part
from regen_plugins.merge_tree.pieces import Piece, clash
from regen_plugins.merge_tree.words import name_of

if TYPE_CHECKING:
    from regen_plugins.merge_tree.pairing import Parts

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Sides:
    """One part on three sides; None where a side does not have it."""

    base: Part | None
    ours: Part | None
    theirs: Part | None

    def present(self) -> tuple[Part, ...]:
        """The part on the sides that have it: yours, the template's, the base's."""
        return tuple(part for part in (self.ours, self.theirs, self.base) if part is not None)


def settle(base: V, ours: V, theirs: V) -> V:
    """The value of the side that changed it; where both did, yours."""
    return theirs if ours == base else ours


class Layout:
    """How the parts of one block are laid out; it is asked for them in their order.

    Args:
        base, ours, theirs: the block on the three sides.
        sides: their parts, with the keys by which they meet.
        order: keys in the order of the result.
    """

    def __init__(
        self, base: Block | None, ours: Block, theirs: Block, sides: tuple[Parts, Parts, Parts], order: list[Key]
    ) -> None:
        self._blocks = (base, ours, theirs)
        self._kind = ours.kind
        self._places = [{part.key: at for at, part in enumerate(side)} for side in sides]
        self._sides = sides
        self._order = order
        self._following = dict(pairwise(order))
        self._after: Piece = b""  # what was given last: a comment ends with its line

    def opening(self, owner: tuple[Key, ...]) -> list[Piece]:
        """What stands before the parts."""
        base, ours, theirs = self._blocks
        before = None if base is None else (base.source, base.start, base.first)
        what = f"the start of {named(owner)}"
        mine, other = (ours.source, ours.start, ours.first), (theirs.source, theirs.start, theirs.first)
        pieces = around(before, mine, other, what)
        if ours.noted or theirs.noted:
            self._after = pieces[-1]
        return pieces

    def closing(self, owner: tuple[Key, ...]) -> list[Piece]:
        """What stands after the parts."""
        base, ours, theirs = self._blocks
        before = None if base is None else (base.source, base.last, base.end)
        what = f"the end of {named(owner)}"
        pieces = around(before, (ours.source, ours.last, ours.end), (theirs.source, theirs.last, theirs.end), what)
        if self._after and isinstance(pieces[0], bytes) and not pieces[0].startswith(b"\n"):
            pieces.insert(0, b"\n")
        return pieces

    def lead(self, parts: Sides, owner: tuple[Key, ...]) -> list[Piece]:
        """Space and comments before a part."""
        part = parts.present()[0]
        if parts.ours is not None and parts.theirs is not None:
            comments = above(parts.base, parts.ours, parts.theirs, name_of(part.key, owner))
        else:
            comments = [shifted(part, comment_of(part), self._shift(part, parts))]
        return [self._space(parts), *comments]

    def gap(self, part: Part) -> bytes:
        """The line ends before a part that is in conflict, which starts on a line of its own."""
        space = _space_of(part)
        return space[: space.rfind(b"\n") + 1]

    def text(self, part: Part, parts: Sides) -> bytes:
        """The text of a part that one side has, indented as the block is."""
        return shifted(part, part.text, self._shift(part, parts))

    def end(self, parts: Sides, owner: tuple[Key, ...]) -> list[Piece]:
        """The separator and the comment after a part."""
        part = parts.present()[0]
        texts = [b"" if side is None else side.tail for side in (parts.base, parts.ours, parts.theirs)]
        separator = self._separator(part.key, parts)
        if texts[0] != texts[1] != texts[2] != texts[0] and parts.ours is not None and parts.theirs is not None:
            places = [
                None if side is None else (side.source, side.separated, side.tailed)
                for side in (parts.base, parts.ours, parts.theirs)
            ]
            message = f"your edit and the template both changed the comment after {name_of(part.key, owner)}"
            self._after = clash("content", message, *places)
        else:
            both = parts.ours is not None and parts.theirs is not None
            self._after = settle(*texts) if both else part.tail
        return [separator, self._after]

    def _separator(self, key: Key, parts: Sides) -> bytes:
        if self._kind == "slots":
            return b""
        given = [b"" if side is None else side.separator for side in (parts.base, parts.ours, parts.theirs)]
        own = settle(*given) if parts.ours is not None and parts.theirs is not None else parts.present()[0].separator
        following = self._following.get(key)
        if self._kind == "members":
            bare = not own and following is not None and b"\n" not in self._usual_space
            return self._usual_separator if bare else own
        if self._is_alone(key):
            return own
        if following is not None and not self._is_alone(following):
            return own or self._usual_separator or b","
        return (own or b",") if self._trailing else b""

    @cached_property
    def _usual_separator(self) -> bytes:
        return _usual(part.separator for side in self._sides for part in side if part.separator)

    def _is_alone(self, key: Key) -> bool:
        for side, places in zip(self._sides, self._places, strict=True):
            if key in places:
                part = side[places[key]]
                return part.nodes[-1].type in part.source.structure.alone
        return False

    @cached_property
    def _trailing(self) -> bool:
        """Whether the last item has a comma after it, too."""
        ends = []
        for side in self._sides:
            items = [part for part in side if part.nodes[-1].type not in part.source.structure.alone]
            ends.append(bool(items[-1].separator) if items else None)
        known = [end for end in ends[1:] if end is not None]
        if ends[0] is None or len(known) < 2:
            return bool(known and known[0])
        return bool(settle(*ends))

    def _space(self, parts: Sides) -> bytes:
        """Space before a part; the first of a block stands otherwise than those that follow."""
        key = parts.present()[0].key
        first = key == self._order[0]
        fitting = [
            part if part is not None and (places[key] == 0) == first else None
            for part, places in zip((parts.base, parts.ours, parts.theirs), self._places, strict=True)
        ]
        base, ours, theirs = (None if part is None else _space_of(part) for part in fitting)
        if ours is not None and theirs is not None:
            space = ours if base is None else settle(base, ours, theirs)
        elif ours is None and theirs is None:
            space = self._indented(self._first_space() if first else self._following_space(parts), parts)
        else:
            space = ours if ours is not None else theirs or b""
            one_sided = len(parts.present()) == 1
            space = self._as_others(space, parts) if one_sided else self._indented(space, parts)
        if self._after and b"\n" not in space:
            space = b"\n" + space
        return space

    def _indented(self, space: bytes, parts: Sides) -> bytes:
        """The space of one side, indented as the part is where both sides have it."""
        if parts.ours is None or parts.theirs is None or b"\n" not in space:
            return space
        spaces = [_space_of(part) if part is not None else b"" for part in (parts.base, parts.ours, parts.theirs)]
        if not all(b"\n" in each for each in spaces[1:]):
            return space
        return space[: space.rfind(b"\n") + 1] + settle(*(_indent(each) for each in spaces))

    def _as_others(self, space: bytes, parts: Sides) -> bytes:
        """The space before a part that one side added, where the other side laid the block out otherwise."""
        added, other = (1, 2) if parts.ours is not None else (2, 1)
        usual = self._usual_spaces
        if not usual[other] or usual[added] != usual[0] or usual[other] == usual[0]:
            return space
        if b"\n" in usual[other] and b"\n" in space:
            return space[: space.rfind(b"\n") + 1] + _indent(usual[other])
        return usual[other]

    def _first_space(self) -> bytes:
        for side in (self._sides[1], self._sides[2], self._sides[0]):
            if side:
                return _space_of(side[0])
        return b""

    def _following_space(self, parts: Sides) -> bytes:
        """Space before a part that stands first on its side, and not in the result."""
        key = parts.present()[0].key
        for side, places in zip(self._sides, self._places, strict=True):
            if key in places and len(side) > 1:
                return _space_of(side[1])
        return self._usual_space or _space_of(parts.present()[0]) or b" "

    @cached_property
    def _usual_spaces(self) -> list[bytes]:
        return [_usual(_space_of(part) for part in side[1:]) for side in self._sides]

    @cached_property
    def _usual_space(self) -> bytes:
        return _usual(_space_of(part) for side in self._sides for part in side[1:])

    def _shift(self, part: Part, parts: Sides) -> tuple[bytes, bytes] | None:
        """From which indentation to which a part goes that only one side has."""
        if len(parts.present()) != 1 or b"\n" not in _space_of(part):
            return None
        new = self._as_others(_space_of(part), parts)
        return (_indent(_space_of(part)), _indent(new)) if b"\n" in new else None


def named(owner: tuple[Key, ...]) -> str:
    """What a block belongs to."""
    return name_of(owner[-1], owner[:-1]) if owner else "the file"


def _space_of(part: Part) -> bytes:
    lead = part.lead
    return lead[: len(lead) - len(lead.lstrip())]


def _indent(space: bytes) -> bytes:
    return space[space.rfind(b"\n") + 1 :]


def _usual(spaces: Iterable[bytes]) -> bytes:
    """The most frequent one; the first of those that are equally frequent."""
    counted = Counter(spaces).most_common(1)
    return counted[0][0] if counted else b""


def shifted(part: Part, text: bytes, shift: tuple[bytes, bytes] | None) -> bytes:
    """Lines indented otherwise; as they are where a string holds some of them."""
    if shift is None or shift[0] == shift[1] or _holds_lines(part):
        return text
    old, new = shift
    first, *lines = text.split(b"\n")
    return b"\n".join([first, *(new + line[len(old) :] if line.startswith(old) and line else line for line in lines)])


def _holds_lines(part: Part) -> bool:
    waiting = list(part.nodes)
    while waiting:
        node = waiting.pop()
        if node.start_point.row == node.end_point.row or node.type in part.source.structure.comments:
            continue
        if node.child_count == 0 or "string" in node.type:
            return True
        waiting.extend(node.children)
    return False


def line_indent(part: Part) -> bytes:
    """What the line on which a part starts is indented by."""
    text = part.source.text
    line = text[text.rfind(b"\n", 0, part.start) + 1 : part.start]
    return line[: len(line) - len(line.lstrip(b" \t"))]
