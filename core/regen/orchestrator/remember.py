"""Remember: a conflict that a person settled once is settled in the same way where it comes again.

As git's rerere does it: conflicts are the same where both sides of each of their places are, whatever stands around
them. What the person made of the text with markers is then merged, as a change of that text, onto the other one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from regen.lines import merge as lines
from regen.lines.marked import Marked, pieces
from regen.lines.text import take_apart
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
    name = None if marked is None else _name(session.state.blobs.read(marked))
    if name is None or content is None or not session.config.merge.remember:
        return
    with session.state.db.transaction():
        session.state.db.execute(
            "INSERT OR REPLACE INTO resolution (name, marked, content, path, at) VALUES (?, ?, ?, ?, ?)",
            (name, marked, session.state.blobs.put(content), path, time.time()),
        )
    because = Because("edited", "the same conflict was settled", where=path)
    same = [a for a, other in others if other is not None and _name(session.state.blobs.read(other)) == name]
    add_stale(session.state.db, place.name, dict.fromkeys(same, because), session.revision)


_Open = tuple[ArtifactId, str | None]


def _name(marked: bytes) -> str | None:
    """What tells a text's conflicts from others: both sides of each; None where it has no markers."""
    found = [piece for piece in pieces(take_apart(marked).lines) if isinstance(piece, Marked)]
    if not found:
        return None
    return digest_of(b"\0\0".join(b"\0".join((b"\n".join(one.ours), b"\n".join(one.theirs))) for one in found))


async def as_before(session: Session, place: Place, made: Made, before: str | None) -> Decision | None:
    """The decision about an artifact in conflict, by what a person decided once; None where nobody has, or it fails.

    Args:
        made: of the artifact; its decision is a conflict.
        before: where its file stands; None: where it will.
    """
    decision = made.decision
    if decision is None or decision.action is not Action.CONFLICT or decision.marked is None or made.path is None:
        return None
    name = _name(decision.marked)
    row = session.state.db.one("SELECT marked, content FROM resolution WHERE name = ?", (name,)) if name else None
    disk = read_disk(place.root, before or made.path)
    if row is None or disk is None or decision.render is None or not session.config.merge.remember:
        return None
    marked, content = (session.state.blobs.read(digest) for digest in row)
    merged = lines.merge(ThreeWay(made.path, None, marked, decision.marked, content))
    if merged.content is None or has_markers(merged.content):
        return None
    language = session.languages.get("." + made.path.rpartition(".")[2])
    sides = Sides(made.path, language, decision.render, None, disk)
    three = ThreeWay(made.path, language, None, disk, decision.render)
    answer = Merged(merged.content, (), "rule", _CONFIDENCE)
    found = await settled(sides, three, answer, session.hooks, session.config.merge.threshold)
    return None if found.action is Action.CONFLICT else found
