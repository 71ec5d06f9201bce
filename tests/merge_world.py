"""What tests of merges by structure have in common: a merge that has to be clean, and one that has to conflict."""

from __future__ import annotations

from regen.model.merge import Conflict, Merged, ThreeWay
from regen_plugins import merge_data, merge_manifest, merge_markdown

LANGUAGES = {"json": "json", "toml": "toml", "yaml": "yaml", "yml": "yaml", "md": "markdown"}


def merged(path: str, base: str | bytes, ours: str | bytes, theirs: str | bytes) -> Merged | None:
    """The first answer of the three plugins, asked in the order of a project."""
    sides = [side.encode() if isinstance(side, str) else side for side in (base, ours, theirs)]
    three = ThreeWay(path, LANGUAGES.get(path.rpartition(".")[2]), *sides)
    for plugin in (merge_manifest, merge_markdown, merge_data):
        answer = plugin.regen_merge(three)
        if answer is not None:
            return answer
    return None


def clean(path: str, base: str, ours: str, theirs: str) -> str:
    """The merge by structure, which has to be clean, for either side as ours, and to change nothing when done again."""
    one, other = merged(path, base, ours, theirs), merged(path, base, theirs, ours)
    assert one is not None
    assert other is not None
    assert one.conflicts == other.conflicts == ()
    assert one.content is not None
    assert other.content is not None
    assert one.how == "structure"
    assert sorted(one.content) == sorted(other.content)
    again = merged(path, theirs, one.content, theirs)
    assert again is not None
    assert again.content == one.content
    return one.content.decode()


def conflicts(path: str, base: str, ours: str, theirs: str) -> tuple[tuple[Conflict, ...], str]:
    """The conflicts of a merge, which are as many for either side as ours, and the file with markers."""
    one, other = merged(path, base, ours, theirs), merged(path, base, theirs, ours)
    assert one is not None
    assert other is not None
    assert one.content is other.content is None
    assert [found.kind for found in one.conflicts] == [found.kind for found in other.conflicts]
    assert one.marked is not None
    return one.conflicts, one.marked.decode()


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each first thing replaced by the second, once."""
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text
