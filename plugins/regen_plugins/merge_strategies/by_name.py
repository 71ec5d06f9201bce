"""By name: what each strategy does with a file that both sides changed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal as OneOf

from regen.errors import ConfigError
from regen.hooks.protocols import Strategy
from regen.lines.marked import Marked, pieces
from regen.lines.merge import mark, merge, regions
from regen.lines.text import Text, is_binary, manner, take_apart
from regen.model.merge import Conflict, Merged, MergeRule, ThreeWay

Ordinary = Callable[[ThreeWay], Awaitable[Merged | None]]


def strategy(name: str, rules: tuple[MergeRule, ...]) -> Strategy | None:
    """The strategy of that name; None for another's. `rules` are for `priority`."""
    if name == "priority":
        for rule in rules:
            _check(rule)
        return _Priority(rules)
    work = _BY_NAME.get(name)
    return None if work is None else _Simple(work)


def _check(rule: MergeRule) -> None:
    try:
        re.compile(rule.matches or "")
    except re.error as error:
        raise ConfigError(
            f"`matches` of a `[[merge.rule]]` is no regular expression: {error}",
            hint=f"it says {rule.matches!r}; a backslash before a character takes it as it is",
        ) from error


@dataclass(frozen=True, slots=True)
class _Simple:
    work: Callable[[ThreeWay, Ordinary], Awaitable[Merged | None]]

    async def merge(self, three: ThreeWay, ordinary: Ordinary) -> Merged | None:
        return await self.work(three, ordinary)


async def _lines(three: ThreeWay, ordinary: Ordinary) -> Merged | None:
    return merge(three)  # not as an unknown language: a manifest merges by its name


async def _ours(three: ThreeWay, ordinary: Ordinary) -> Merged | None:
    return Merged(three.ours, (), "rule", 1.0)


async def _theirs(three: ThreeWay, ordinary: Ordinary) -> Merged | None:
    return Merged(three.theirs, (), "rule", 1.0)


async def _newest(three: ThreeWay, ordinary: Ordinary) -> Merged | None:
    """The side that was written last; where that is not known, or it was the same moment, both are merged."""
    if three.ours_at is None or three.theirs_at is None or three.ours_at == three.theirs_at:
        return await ordinary(three)
    return await (_ours if three.ours_at > three.theirs_at else _theirs)(three, ordinary)


async def _manual(three: ThreeWay, ordinary: Ordinary) -> Merged | None:
    """A person decides, whatever could be merged; each place that a side changed is marked."""
    if three.ours in (three.theirs, three.base):
        return await ordinary(three)
    message = "this project settles such files by hand: `[merge] strategies` says `manual`"
    if any(is_binary(side) for side in (three.base or b"", three.ours, three.theirs)):
        return Merged(None, (Conflict("content", message),), "rule", 0.0)
    base, ours, theirs = (take_apart(side) for side in (three.base or b"", three.ours, three.theirs))
    shown: list[bytes] = []
    conflicts: list[Conflict] = []
    for found in regions(base.lines, ours.lines, theirs.lines):
        mine, other = ours.lines[slice(*found.ours)], theirs.lines[slice(*found.theirs)]
        if found.who in ("nobody", "both"):
            shown.extend(mine)
            continue
        shown.extend(mark(base.lines[slice(*found.base)], mine, other))
        spans = [(start + 1, end + 1) for start, end in (found.ours, found.base, found.theirs)]
        conflicts.append(Conflict("content", message, *spans))
    text = manner(base, ours, theirs, tuple(shown))
    marked = Text(text.lines, text.bom, text.crlf, newline=True)
    return Merged(None, tuple(conflicts), "rule", 0.0, bytes(marked))


_BY_NAME = {"lines": _lines, "ours": _ours, "theirs": _theirs, "newest": _newest, "manual": _manual}


@dataclass(frozen=True, slots=True)
class _Priority:
    """Merges, and settles each conflict that is left by the rules that apply to it: the heavier side wins."""

    rules: tuple[MergeRule, ...]

    async def merge(self, three: ThreeWay, ordinary: Ordinary) -> Merged | None:
        merged = await ordinary(three)
        if merged is None or not merged.conflicts or merged.marked is None:
            return merged
        shown = list(pieces(take_apart(merged.marked).lines))
        places = [piece for piece in shown if isinstance(piece, Marked)]
        if len(places) != len(merged.conflicts):
            return merged
        weights = [self._weights(three, c, place) for c, place in zip(merged.conflicts, places, strict=True)]
        if any(ours == theirs for ours, theirs in weights):
            return merged
        sides: Iterator[OneOf["ours", "theirs"]] = iter(["ours" if o > t else "theirs" for o, t in weights])
        lines = [line for piece in shown for line in (piece.side(next(sides)) if isinstance(piece, Marked) else piece)]
        text = take_apart(merged.marked)
        content = bytes(Text(tuple(lines), text.bom, text.crlf, text.newline))
        confidence = min(max(pair) / sum(pair) for pair in weights)
        return Merged(content, (), "rule", confidence)

    def _weights(self, three: ThreeWay, conflict: Conflict, place: Marked) -> tuple[float, float]:
        """How much speaks for each side of one conflict."""
        found = {"ours": 0.0, "theirs": 0.0}
        for rule in self.rules:
            if _applies(rule, three, conflict, place):
                found[rule.take] += rule.weight
        return found["ours"], found["theirs"]


def _applies(rule: MergeRule, three: ThreeWay, conflict: Conflict, place: Marked) -> bool:
    files = not rule.files or any(name == three.language or fnmatchcase(three.path, name) for name in rule.files)
    if not files or (rule.kinds and conflict.kind not in rule.kinds):
        return False
    if rule.matches is None:
        return True
    return re.search(rule.matches, b"\n".join(place.side(rule.side)).decode(errors="replace")) is not None
