"""Keyed: three data files become one by key; the result is read again and has to say what the sides say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from regen.lines import merge as lines
from regen.lines.merge import Who, regions
from regen.lines.text import Text, is_binary, manner, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay
from regen_plugins.keyed import comments
from regen_plugins.keyed.blend import Blend, Side
from regen_plugins.keyed.data import Clashing, three_way
from regen_plugins.keyed.node import FIXED, Data, Node, Unstructured, data, trivia, write
from regen_plugins.keyed.rules import Rules
from regen_plugins.keyed.words import called

CONFIDENCE = 0.95  # a clean merge by structure, read again and checked
_AGREED: frozenset[Who] = frozenset(("nobody", "both"))
_SIDES: tuple[Side, ...] = ("base", "ours", "theirs")


@dataclass(frozen=True, slots=True)
class Format:
    """A language of data files.

    Attributes:
        tree: text → what stands before the tree, the tree, what follows; raises Unstructured.
        parsed: text → what it says, by a parser that knows no places; raises Unstructured.
        says: tree → what it says.
    """

    tree: Callable[[str], tuple[str, Node, str]]
    parsed: Callable[[str], Data]
    says: Callable[[Node], Data] = data


@dataclass(frozen=True, slots=True)
class _Side:
    text: str
    head: str
    node: Node
    foot: str
    data: Data

    def texts(self) -> list[str]:
        """Every text between the data."""
        return [self.head, *trivia(self.node), self.foot]


def merge(three: ThreeWay, form: Format, rules: Rules) -> Merged | None:
    """Merge three sides of a data file; None where that cannot be done by key, nor be checked."""
    if three.base is None:
        return None
    if three.ours == three.theirs or three.base in (three.ours, three.theirs):
        return lines.merge(three)
    if any(is_binary(side) for side in (three.base, three.ours, three.theirs)):
        return None
    texts = [take_apart(side) for side in (three.base, three.ours, three.theirs)]
    try:
        sides = [_read(_joined(text), form) for text in texts]
    except (Unstructured, UnicodeDecodeError):
        return None
    try:
        merged = _by_key(sides, texts, form, rules)
    except Unstructured:
        merged = None
    return merged or _by_lines(three, sides, form, rules)


def _joined(text: Text) -> str:
    if any(b"\r" in line for line in text.lines):
        raise Unstructured("it mixes line ends")
    joined = b"".join(line + b"\n" for line in text.lines).decode()
    if FIXED in joined:
        raise Unstructured("it is no text")
    return joined


def _read(text: str, form: Format) -> _Side:
    head, node, foot = form.tree(text)
    said = form.parsed(text)
    if form.says(node) != said:
        raise Unstructured("it is not understood")
    return _Side(text, head, node, foot, said)


def _by_key(sides: list[_Side], texts: list[Text], form: Format, rules: Rules) -> Merged | None:
    """Merge by key; None where the result does not hold what it has to."""
    text, conflicts = _blended(sides, rules, "ours")
    if conflicts:
        shown = [_blended(sides, rules, side)[0] for side in _SIDES]
        return Merged(None, tuple(conflicts), "structure", 0.0, _marked(shown, texts, len(conflicts)))
    try:
        expected = three_way(sides[0].data, sides[1].data, sides[2].data, rules)
    except Clashing as clashing:  # the values clash though no entry does, as tables inside of each other may
        message = f"your file and the template differ at {called(clashing.path)}: {clashing.clash.message}"
        marked = _marked([side.text for side in sides], texts, 1)
        return Merged(None, (Conflict(clashing.clash.kind, message),), "structure", 0.0, marked)
    if _wrong(text, expected, sides, form) is not None:
        return None
    return Merged(bytes(_dressed(text, texts)), (), "structure", CONFIDENCE)


def _dressed(text: str, texts: list[Text]) -> Text:
    return manner(texts[0], texts[1], texts[2], tuple(text.encode().removesuffix(b"\n").split(b"\n")) if text else ())


def _blended(sides: list[_Side], rules: Rules, favour: Side) -> tuple[str, list[Conflict]]:
    base, ours, theirs = sides
    blend = Blend(rules, favour)
    node = blend.root(base.node, ours.node, theirs.node)
    around = []
    for before, mine, other in ((base.head, ours.head, theirs.head), (base.foot, ours.foot, theirs.foot)):
        settled = comments.blend(before, mine, other)
        if settled is None:
            message = "your edit and the template both changed the comments at the start or the end of the file"
            blend.conflicts.append(Conflict("content", message))
            settled = {"base": before, "ours": mine, "theirs": other}[favour]
        around.append(settled)
    return around[0] + write(node) + around[1], blend.conflicts


def _wrong(text: str, expected: Data, sides: list[_Side], form: Format) -> str | None:
    """What a merge lost, doubled or made up, in one phrase; None where it is right."""
    base, ours, theirs = sides
    try:
        result = _read(text, form)
    except Unstructured as error:
        return str(error)
    if result.data != expected:
        return "the merged values are not those that the two sides come to"
    lost = comments.lost(base.texts(), ours.texts(), theirs.texts(), result.texts())
    return None if lost is None else f"the comment `{lost}` is lost or doubled"


def _marked(shown: list[str], texts: list[Text], conflicts: int) -> bytes:
    """The file with markers where three texts differ: merges, each in favour of one side, or the sides themselves.

    Conflicts in lines beside each other get markers each, if that makes as many as there are `conflicts`.
    """
    sides = [[line.encode() for line in text.removesuffix("\n").split("\n")] for text in shown]
    found = [
        (
            region.who,
            [side[slice(*span)] for side, span in zip(sides, (region.base, region.ours, region.theirs), strict=True)],
        )
        for region in regions(*sides)
    ]
    apart = [
        (who, list(lines_of))
        for who, three in found
        for lines_of in (_apart(three) if who not in _AGREED and len({len(side) for side in three}) == 1 else [three])
    ]
    if _count(found) < conflicts == _count(apart):
        found = apart
    marked: list[bytes] = []
    for who, (base, ours, theirs) in found:
        marked.extend(ours if who in _AGREED else lines.mark(base, ours, theirs))
    return bytes(Text(tuple(marked), texts[1].bom, texts[1].crlf))


def _count(found: list[tuple[Who, list[list[bytes]]]]) -> int:
    return sum(who not in _AGREED for who, _ in found)


def _apart(three: list[list[bytes]]) -> Iterator[list[list[bytes]]]:
    """Each line of three sides by itself."""
    return ([[line] for line in row] for row in zip(*three, strict=True))


def _by_lines(three: ThreeWay, sides: list[_Side], form: Format, rules: Rules) -> Merged:
    """Merge by lines what has no tree to go by; a clean merge is checked as one by key is."""
    merged = lines.merge(three)
    if merged.content is None:
        return merged
    try:
        expected = three_way(sides[0].data, sides[1].data, sides[2].data, rules)
        wrong = _wrong(_joined(take_apart(merged.content)), expected, sides, form)
    except Clashing as clashing:
        wrong = f"{called(clashing.path)}: {clashing.clash.message}"
    except (Unstructured, UnicodeDecodeError) as error:
        wrong = str(error)
    if wrong is None:
        return merged
    conflict = Conflict("structure", f"your edit and the template do not fit together: {wrong}")
    return Merged(None, (conflict,), "lines", 0.0, merged.content)
