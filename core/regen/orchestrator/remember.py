"""Remember: a conflict that a person settled once is settled in the same way where it comes again.

Each place is remembered by its two sides, whatever stands around it: in another file, or beside other places. Where a
person's text does not tell which lines settle which place, all places of the file are remembered together, as git's
rerere does it: what the person made of the text with markers is merged, as a change of that text, onto the other one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from regen.lines import merge as lines_merge
from regen.lines.marked import Marked, pieces
from regen.lines.text import Text, take_apart
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import Merged, ThreeWay
from regen.model.plan import Action
from regen.orchestrator.chunk import Made, read_disk
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
    text = session.state.blobs.read(marked)
    kept = list(_settled_places(text, content)) or [(name, text, content) for name in _whole(text)]
    put = session.state.blobs.put
    with session.state.db.transaction():
        session.state.db.many(
            "INSERT OR REPLACE INTO resolution (name, marked, content, path, at) VALUES (?, ?, ?, ?, ?)",
            [(name, put(before), put(after), path, time.time()) for name, before, after in kept],
        )
    names = {name for name, _, _ in kept}
    because = Because("edited", "the same conflict was settled", where=path)
    same = [a for a, other in others if other is not None and names & _names(session.state.blobs.read(other))]
    add_stale(session.state.db, place.name, dict.fromkeys(same, because), session.revision)


_Open = tuple[ArtifactId, str | None]


def _parts(marked: bytes) -> list[Marked | tuple[bytes, ...]]:
    return list(pieces(take_apart(marked).lines))


def _name(place: Marked) -> str:
    """What tells the conflict at one place from others."""
    return digest_of(b"place\0" + b"\0".join((b"\n".join(place.ours), b"\n".join(place.theirs))))


def _whole(marked: bytes) -> list[str]:
    """What tells all conflicts of a text from others, as one name; none where it has no markers."""
    names = [_name(part) for part in _parts(marked) if isinstance(part, Marked)]
    return [digest_of("".join(names).encode())] if names else []


def _names(marked: bytes) -> set[str]:
    return {*_whole(marked), *(_name(part) for part in _parts(marked) if isinstance(part, Marked))}


def _settled_places(marked: bytes, content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Name, marked lines and settled lines of each place; none where the content does not tell them apart."""
    parts, lines = _parts(marked), take_apart(content).lines
    found: list[tuple[str, bytes, bytes]] = []
    at = 0
    for number, part in enumerate(parts):
        if isinstance(part, Marked):
            continue
        last = number == len(parts) - 1
        starts = [i for i in range(at, len(lines) - len(part) + 1) if lines[i : i + len(part)] == part]
        starts = starts[-1:] if last else starts[:1] if number == 0 else starts
        if len(starts) != 1 or (not part and not last and number) or (number == 0 and starts[0] != 0):
            return
        if last and starts[0] + len(part) != len(lines):
            return
        if number:
            place = parts[number - 1]
            if not isinstance(place, Marked):
                return
            shown = b"\n".join(lines_merge.mark(place.base, place.ours, place.theirs))
            found.append((_name(place), shown, b"".join(line + b"\n" for line in lines[at : starts[0]])))
        at = starts[0] + len(part)
    yield from found


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
    places = sum(isinstance(part, Marked) for part in _parts(decision.marked))
    if places != len(decision.conflicts):
        return None  # something beside the places does not fit together
    content = _by_places(session, decision.marked) or _by_whole(session, made.path, decision.marked)
    if content is None or has_markers(content):
        return None
    language = session.languages.get("." + made.path.rpartition(".")[2])
    sides = Sides(made.path, language, decision.render, None, disk)
    three = ThreeWay(made.path, language, None, disk, decision.render)
    answer = Merged(content, (), "rule", _CONFIDENCE)
    found = await settled(sides, three, answer, session.hooks, session.config.merge.threshold)
    return None if found.action is Action.CONFLICT else found


def _by_places(session: Session, marked: bytes) -> bytes | None:
    """The text with each place as it was settled once; None where one of them never was, or there is none."""
    text = take_apart(marked)
    parts = _parts(marked)
    if not any(isinstance(part, Marked) for part in parts):
        return None  # a merge in doubt: it was never settled
    kept: list[bytes] = []
    for part in parts:
        if not isinstance(part, Marked):
            kept.extend(part)
            continue
        row = session.state.db.one("SELECT content FROM resolution WHERE name = ?", (_name(part),))
        if row is None:
            return None
        kept.extend(session.state.blobs.read(row[0]).split(b"\n")[:-1])
    return bytes(Text(tuple(kept), text.bom, text.crlf, text.newline))


def _by_whole(session: Session, path: str, marked: bytes) -> bytes | None:
    """What a person made of a text with the same places, merged onto this one; None where nobody has, or it fails."""
    for name in _whole(marked):
        row = session.state.db.one("SELECT marked, content FROM resolution WHERE name = ?", (name,))
        if row is not None:
            known, content = (session.state.blobs.read(digest) for digest in row)
            return lines_merge.merge(ThreeWay(path, None, known, marked, content)).content
    return None
