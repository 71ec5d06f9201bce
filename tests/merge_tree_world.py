"""Merges of described languages, and what holds for every clean one."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from regen.lines.marked import Marked, pieces
from regen.lines.text import take_apart
from regen.model.merge import Merged, ThreeWay
from regen.model.structure import Structure
from regen_plugins.grammars import GRAMMARS, parser
from regen_plugins.merge_tree import regen_merge, regen_structure


@cache
def structure(language: str) -> Structure:
    """The description that regen brings."""
    found = regen_structure(language)
    assert found is not None
    return found


def parses(language: str, text: str) -> bool:
    """Whether the grammar reads a text without an error."""
    return not parser(GRAMMARS[language]).parse(f"{text}\n".encode()).root_node.has_error


def merged(language: str, base: str, ours: str, theirs: str) -> Merged:
    """The merge, which must not be declined."""
    three = ThreeWay("a", language, base.encode(), ours.encode(), theirs.encode(), structure=structure(language))
    answer = regen_merge(three)
    assert answer is not None
    return answer


def clean(language: str, base: str, ours: str, theirs: str) -> str:
    """The merge, which has to be clean, to parse, and to say the same whichever side is ours, and merged again."""
    for side in (base, ours, theirs):
        assert parses(language, side), side
    one, other = merged(language, base, ours, theirs), merged(language, base, theirs, ours)
    assert one.conflicts == (), (one.conflicts, (one.marked or b"").decode())
    assert (one.how, other.how) == ("structure", "structure")
    assert one.content is not None
    assert other.content is not None
    text = one.content.decode()
    assert parses(language, text), text
    assert words(text) == words(other.content.decode())
    assert merged(language, theirs, text, theirs).content == one.content
    return text


def conflict(language: str, base: str, ours: str, theirs: str) -> Merged:
    """The merge, which has to be a conflict that shows every line of both sides, with a place for each conflict."""
    result = merged(language, base, ours, theirs)
    assert result.content is None
    assert result.conflicts
    assert result.marked is not None
    shown = set(words(result.marked.decode()))
    assert set(words(ours)) - set(words(base)) <= shown
    assert set(words(theirs)) - set(words(base)) <= shown
    places = [piece for piece in pieces(take_apart(result.marked).lines) if isinstance(piece, Marked)]
    assert len(places) == len([found for found in result.conflicts if found.kind != "structure"])
    return result


def words(text: str) -> Counter[str]:
    """What a text says, however it is laid out."""
    return Counter(re.findall(r"\w+|[^\w\s,;]", text))


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with replacements, each of which has to find something."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
