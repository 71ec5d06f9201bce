"""Java properties files for regen: the language, a merger by key, and a gate for keys that stand twice."""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen.model.language import Language
from regen.model.merge import Conflict, Merged, ThreeWay
from regen_properties.entries import Entry, other_lines, read

NAME = "properties"


@hookimpl
def regen_languages() -> Sequence[Language]:
    """One language: `language: properties` in front matter, or the ending of `to:`."""
    return [Language(NAME, (".properties",), line_comment="#")]


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge key by key; what is more than keys and values is left to the merge by lines."""
    if three.language != NAME or three.base is None:
        return None
    base, ours, theirs = (read(side) for side in (three.base, three.ours, three.theirs))
    if base is None or ours is None or theirs is None or other_lines(three.base) != other_lines(three.theirs):
        return None
    conflicts = tuple(
        _conflict(key, ours, theirs)
        for key in dict.fromkeys([*base, *theirs])
        if _both_changed(key, base, ours, theirs)
    )
    if conflicts:
        return Merged(None, conflicts, "structure", 1.0)
    lines = _kept(three.ours.decode(), base, ours, theirs)
    lines += [entry.text for key, entry in theirs.items() if key not in ours and key not in base]
    return Merged("".join(lines).encode(), (), "structure", 1.0)


@hookimpl
def regen_evaluate_file(file: GeneratedFile) -> Sequence[Finding] | None:
    """Refuse a key that stands twice: Java silently takes the last one."""
    if file.language != NAME:
        return None
    first: dict[str, int] = {}
    findings = []
    for number, line in enumerate(file.content.decode().splitlines(), 1):
        key, equals, _ = line.partition("=")
        if equals and not line.startswith("#") and first.setdefault(key.strip(), number) != number:
            message = f"the key {key.strip()} stands here and on line {first[key.strip()]}"
            findings.append(Finding(NAME, "error", message, file.path, number, hint="give one of them another name"))
    return findings


def _kept(ours: str, base: dict[str, Entry], mine: dict[str, Entry], theirs: dict[str, Entry]) -> list[str]:
    """The lines of the file on disk, each key as the side that changed it has it."""
    kept = []
    by_line = {entry.line: key for key, entry in mine.items()}
    for number, text in enumerate(ours.splitlines(keepends=True)):
        key = by_line.get(number)
        if key is None or key not in base or mine[key].text != base[key].text:
            kept.append(text)
        elif key in theirs:
            kept.append(theirs[key].text)
    return kept


def _both_changed(key: str, base: dict[str, Entry], ours: dict[str, Entry], theirs: dict[str, Entry]) -> bool:
    was, mine, new = (side[key].text if key in side else None for side in (base, ours, theirs))
    return new != was and mine not in (was, new)


def _conflict(key: str, ours: dict[str, Entry], theirs: dict[str, Entry]) -> Conflict:
    message = f"your edit and the template both changed the key {key}"
    return Conflict("content", message, _lines(ours.get(key)), None, _lines(theirs.get(key)))


def _lines(entry: Entry | None) -> tuple[int, int] | None:
    return None if entry is None else (entry.line + 1, entry.line + 2)
