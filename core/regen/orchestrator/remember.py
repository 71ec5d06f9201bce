"""Remember: a conflict that a person settled once is settled in the same way where it comes again.

Each place is remembered by its two sides, whatever stands around it: in another file, or beside other places. Where a
person's text does not tell which lines settle which place, all places of the file are remembered together, as git's
rerere does it: what the person made of the text with markers is merged, as a change of that text, onto the other one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from regen.lines import merge as lines
from regen.lines.marked import Marked, pieces
from regen.lines.text import take_apart
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import Merged, ThreeWay
from regen.model.plan import Action
from regen.orchestrator.chunk import Made
from regen.orchestrator.disk import read_disk
from regen.orchestrator.session import Place, Session
from regen.orchestrator.survey import has_markers
from regen.stages.merge import Decision, Sides, settled
from regen.state.blobs import digest_of
from regen.state.stale import add_stale

_CONFIDENCE = 0.9  # a person decided, of another file or at another time


def remember(
    session: Session, place: Place, path: str, marked: str | None, content: bytes | None, others: Iterable[_Open]
) -> None:
    """Keep how a conflict was settled, and let the next cycle look at others that are the same.

    Args:
        path: of the file.
        marked: digest of the text with markers; None: there is none, and nothing to remember.
        content: what the person made of it; None: the file is gone.
        others: (artifact, digest of the text with markers) of the other open conflicts.
    """
    if marked is None or content is None or not session.config.merge.remember:
        return
    shown = _Shown(session.state.blobs.read(marked))
    if not shown.places:
        return
    put = session.state.blobs.put
    places = shown.settled_in(take_apart(content).lines)
    kept = [(shown.name, content)] if places is None else [(_name(one), _joined(lines)) for one, lines in places]
    with session.state.db.transaction():
        session.state.db.many(
            "INSERT OR REPLACE INTO resolution (name, marked, content, path, at) VALUES (?, ?, ?, ?, ?)",
            [(name, marked, put(after), path, time.time()) for name, after in kept],
        )
    names = {name for name, _ in kept}
    because = Because("edited", "the same conflict was settled", where=path)
    same = [a for a, other in others if other is not None and names & _Shown(session.state.blobs.read(other)).names]
    add_stale(session.state.db, place.name, dict.fromkeys(same, because), session.revision)


_Open = tuple[ArtifactId, str | None]


class _Shown:
    """A text with conflict markers, taken apart.

    Attributes:
        parts: stretches that are settled, with a place between each two of them.
        places: those alone.
    """

    def __init__(self, marked: bytes) -> None:
        self.marked = marked
        self.text = take_apart(marked)
        self.parts = list(pieces(self.text.lines))
        self.places = [part for part in self.parts if isinstance(part, Marked)]

    @property
    def name(self) -> str:
        """What tells all its places together from others."""
        return digest_of("".join(map(_name, self.places)).encode())

    @property
    def names(self) -> set[str]:
        """That, and what tells each of its places."""
        return {self.name, *map(_name, self.places)}

    def settled_in(self, lines: Sequence[bytes]) -> list[tuple[Marked, Sequence[bytes]]] | None:
        """Each place with the lines that settle it in a later text; None where that does not tell them apart."""
        first, *between, last = [part for part in self.parts if not isinstance(part, Marked)]
        end = len(lines) - len(last)
        if end < len(first) or tuple(lines[: len(first)]) != first or tuple(lines[end:]) != last:
            return None
        rest = lines[len(first) : end]
        found: list[Sequence[bytes]] = []
        for part in between:
            starts = [i for i in range(len(rest)) if part and tuple(rest[i : i + len(part)]) == part]
            if len(starts) != 1:
                return None
            found.append(rest[: starts[0]])
            rest = rest[starts[0] + len(part) :]
        return list(zip(self.places, [*found, rest], strict=True))


def _name(place: Marked) -> str:
    """What tells the conflict at one place from others."""
    return digest_of(b"place\0" + b"\0".join((b"\n".join(place.ours), b"\n".join(place.theirs))))


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


async def as_before(session: Session, place: Place, made: Made, before: str | None) -> Decision | None:
    """The decision about an artifact in conflict, by what a person decided once; None where nobody has, or it fails.

    Args:
        made: of the artifact; its decision is a conflict.
        before: where its file stands; None: where it will.
    """
    decision = made.decision
    if decision is None or decision.action is not Action.CONFLICT or decision.marked is None or made.path is None:
        return None
    disk = read_disk(place.root, before or made.path)
    if disk is None or decision.render is None or not session.config.merge.remember:
        return None
    shown = _Shown(decision.marked)
    if not shown.places or len(shown.places) != len(decision.conflicts):
        return None  # a merge in doubt, or something beside the places that does not fit together
    content = _by_places(session, shown) or _by_whole(session, made.path, shown)
    if content is None or has_markers(content):
        return None
    language = session.languages.get("." + made.path.rpartition(".")[2])
    sides = Sides(made.path, language, decision.render, None, disk)
    three = ThreeWay(made.path, language, None, disk, decision.render)
    answer = Merged(content, (), "rule", _CONFIDENCE)
    found = await settled(sides, three, answer, session.hooks, session.config.merge.threshold)
    return None if found.action is Action.CONFLICT else found


def _by_places(session: Session, shown: _Shown) -> bytes | None:
    """The text with each place as it was settled once; None where one of them never was."""
    kept: list[bytes] = []
    for part in shown.parts:
        if not isinstance(part, Marked):
            kept.extend(part)
            continue
        row = session.state.db.one("SELECT content FROM resolution WHERE name = ?", (_name(part),))
        if row is None:
            return None
        kept.extend(session.state.blobs.read(row[0]).split(b"\n")[:-1])
    return bytes(replace(shown.text, lines=tuple(kept)))


def _by_whole(session: Session, path: str, shown: _Shown) -> bytes | None:
    """What a person made of a text with the same places, merged onto this one; None where nobody has, or it fails."""
    row = session.state.db.one("SELECT marked, content FROM resolution WHERE name = ?", (shown.name,))
    if row is None:
        return None
    known, content = (session.state.blobs.read(digest) for digest in row)
    return lines.merge(ThreeWay(path, None, known, shown.marked, content)).content
