"""Edge: which releases of its hub came to stand on an edge, and what it knows of itself and of the hub."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from regen.state.db import Database
from regen.state.outbox import new_id

_ID = "edge id"  # rows of `meta`; the trigger `edge_edit_kept` knows the first one
_ANEW = "edge anew"
_CONTACT = "edge contact"


@dataclass(frozen=True, slots=True)
class Stands:
    """A release of the hub as it came to stand here.

    Attributes:
        position: counted from 1.
        number: of the release of this edge's own state.
        hub: the number that the hub gave it.
        receipt: digest of the hub's receipt.
        kind: "deployed", or "rolled back": the edge went back to it.
        healthy: what the health command said; None: it was not asked to its end.
    """

    position: int
    number: int
    hub: int
    receipt: str
    at: float
    kind: str
    healthy: bool | None


@dataclass(frozen=True, slots=True)
class Contact:
    """What came of the last round.

    Attributes:
        at: when the hub answered last; seconds since the epoch, UTC. None: it never did.
        tried: when it was asked last; None: it never was.
        reachable: whether it answered then.
        latency_s: of the first answer in the last round that had one; None: none had.
        error: what went wrong in the last round, in a line; None: nothing.
        interval_s: until the next round, where a loop runs; None: none does.
    """

    at: float | None = None
    tried: float | None = None
    reachable: bool = False
    latency_s: float | None = None
    error: str | None = None
    interval_s: float | None = None


def identity(db: Database) -> str:
    """The id of this edge, drawn when it is asked for first."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (_ID,))
    if row is not None:
        return str(row[0])
    drawn = secrets.token_hex(16)
    with db.transaction():
        db.execute("INSERT INTO meta VALUES (?, ?)", (_ID, drawn))
    return drawn


def known_identity(db: Database) -> str | None:
    """The same for those who only read; None where none was drawn."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (_ID,))
    return None if row is None else str(row[0])


_STANDS = "position, number, hub, receipt, at, kind, healthy FROM edge_release"


def _stands(row: tuple[Any, ...] | None) -> Stands | None:
    if row is None:
        return None
    position, number, hub, receipt, at, kind, healthy = row
    return Stands(position, number, hub, receipt, at, kind, None if healthy is None else bool(healthy))


def stands(db: Database) -> Stands | None:
    """What stands now; None before the first."""
    return _stands(db.one(f"SELECT {_STANDS} ORDER BY position DESC LIMIT 1"))


def newest(db: Database) -> Stands | None:
    """The newest release that the hub was believed: nothing older is taken. None where any is."""
    return _stands(
        db.one(
            f"SELECT {_STANDS} WHERE kind = 'deployed' AND position >"  # noqa: S608 - a constant
            " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0) ORDER BY hub DESC LIMIT 1",
            (_ANEW,),
        )
    )


def of_hub(db: Database, number: int) -> list[Stands]:
    """How a release of the hub came to stand here, the last time first."""
    rows = db.execute(f"SELECT {_STANDS} WHERE hub = ? ORDER BY position DESC", (number,))
    return [found for row in rows if (found := _stands(row)) is not None]


def at_number(db: Database, number: int) -> Stands | None:
    """What a release of this edge's own state is of the hub's; None where it is none."""
    return _stands(db.one(f"SELECT {_STANDS} WHERE number = ? ORDER BY position DESC LIMIT 1", (number,)))


def begin_anew(db: Database) -> None:
    """Believe the hub any release once more: it is another one, or its state was made anew."""
    with db.transaction():
        db.execute(
            "INSERT OR REPLACE INTO meta SELECT ?, coalesce(max(position), 0) FROM edge_release",
            (_ANEW,),
        )


def come_to_stand(
    db: Database, *, number: int, hub: int, receipt: str, at: float, kind: str, data: dict[str, Any]
) -> None:
    """Note which release of the hub stands now, inside the transaction that makes it so; the hub will be told."""
    db.execute(
        "INSERT INTO edge_release (number, hub, receipt, at, kind, data, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, hub, receipt, at, kind, json.dumps(data, ensure_ascii=False, sort_keys=True), new_id()),
    )


def note_health(db: Database, position: int, *, healthy: bool) -> None:
    """Note what the health command said of what stands; inside a transaction."""
    db.execute("UPDATE edge_release SET healthy = ? WHERE position = ?", (healthy, position))


def contact(db: Database) -> Contact:
    """What came of the last round."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (_CONTACT,))
    return Contact() if row is None else Contact(**json.loads(row[0]))


def note_contact(db: Database, found: Contact) -> None:
    """Note what came of a round."""
    text = json.dumps(
        {name: getattr(found, name) for name in ("at", "tried", "reachable", "latency_s", "error", "interval_s")}
    )
    with db.transaction(durable=False):
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_CONTACT, text))


def edited(db: Database) -> dict[str, str | None]:
    """Digests of files that persons changed here, as they were last recorded; None: the file was deleted."""
    return dict(db.execute("SELECT path, content FROM edge_edited"))


def note_edited(db: Database, path: str, content: str | None) -> None:
    """Remember that these bytes of a file are recorded; inside a transaction."""
    db.execute("INSERT OR REPLACE INTO edge_edited VALUES (?, ?)", (path, content))


def forget_edited(db: Database, paths: list[str]) -> None:
    """Forget files that are no longer edited."""
    with db.transaction(durable=False):
        db.many("DELETE FROM edge_edited WHERE path = ?", [(path,) for path in paths])
