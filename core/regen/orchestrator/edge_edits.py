"""Edge edits: what persons changed on edges comes into the project as an edit that is handed back."""

from __future__ import annotations

from dataclasses import replace

from regen.errors import UsageError
from regen.model.fleet import EdgeEdit
from regen.model.release import KeptEdit
from regen.orchestrator.edits import HandedBack, HowBack, hand_back
from regen.orchestrator.session import Session
from regen.state import edges
from regen.state.ledger import keep_edits


def _found(session: Session, number: int) -> tuple[EdgeEdit, bytes | None]:
    found = edges.edit(session.state.db, number)
    if found is None:
        raise UsageError(f"no edge sent an edit {number}", hint="`regen edge edits` lists them")
    return found


async def take(session: Session, number: int, how: HowBack) -> tuple[EdgeEdit, HandedBack]:
    """Merge an edit onto its file here, on the bytes that the edge had received. See `hand_back`.

    Raises UsageError: there is no such edit, or the file was deleted there.
    """
    edit, content = _found(session, number)
    place = session.place(edit.environment)
    if content is None or edit.digest is None:
        raise UsageError(
            f"{edit.path} was deleted on {edit.edge}: there is nothing to merge",
            hint=f"delete it here, too, or list it no more: `regen edge take {number} --drop`",
        )
    why = f"edited on the edge {edit.edge}, on release {edit.release}"
    kept = KeptEdit(edit.path, edit.at, session.state.blobs.put(content), why, edit.base)
    with session.state.db.transaction():
        keep_edits(session.state.db, place.name, [kept])
    done = await hand_back(session, place, edit.path, kept.content, how, start=place.root)
    if done.outcome != "conflict":
        edges.settle_edit(session.state.db, number, "taken")
        edit = replace(edit, outcome="taken")
    return edit, done


def drop(session: Session, number: int) -> EdgeEdit:
    """List an edit no more. Raises UsageError: there is none of that number."""
    edit, _ = _found(session, number)
    edges.settle_edit(session.state.db, number, "dropped")
    return replace(edit, outcome="dropped")
