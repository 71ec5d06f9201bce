"""Edges: a hub's own record of each edge; every message of theirs counts once.

Why the id of a message and its effect in one transaction: the edge sends again what it has no answer to, and then the
row of the first time says that nothing is left to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from regen.errors import PathError
from regen.model.fleet import Ack, EdgeEdit, Message, Node, Report
from regen.state.blobs import digest_of
from regen.state.db import Database
from regen.state.tree import refuse_strange

_NODE = (
    "name, substr(id, 1, 8), environment, release, first, seen, pending, version, latency_s, messages, healthy,"
    " (SELECT count(*) FROM edge_edit WHERE edge = name AND outcome = 'waits')"
)
_EDIT = "number, edge, environment, path, release, base, digest, at, received, outcome"


def meet(db: Database, report: Report, now: float) -> str | None:
    """Note that an edge came; gives why not, where another one has its name."""
    with db.transaction():
        if (taken := _taken(db, report.edge, report.id)) is not None:
            return taken
        db.execute(
            "INSERT INTO edge_node (name, id, environment, release, released, first, seen, pending, version, latency_s,"
            " messages) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5, ?6, ?7, ?8, 0) ON CONFLICT DO UPDATE SET"
            " environment = ?3, release = ?4, seen = ?5, pending = ?6, version = ?7, latency_s = ?8",
            (
                report.edge,
                report.id,
                report.environment,
                report.release,
                now,
                report.pending,
                report.version,
                report.latency_s,
            ),
        )
    return None


def _taken(db: Database, name: str, known: str) -> str | None:
    row = db.one("SELECT id FROM edge_node WHERE name = ?", (name,))
    if row is None or row[0] == known:
        return None
    return f"another edge is called {name!r}; give one of them another name, or `regen edge forget {name}` on the hub"


def receive(db: Database, edge: str, known: str, messages: Sequence[Message], now: float) -> list[Ack] | str:
    """Apply messages that were not applied before, durably; gives an answer for each, or why the edge is refused."""
    with db.transaction():
        if (taken := _taken(db, edge, known)) is not None:
            return taken
        db.execute(
            "INSERT INTO edge_node (name, id, environment, released, first, seen, pending, version, messages)"
            " VALUES (?1, ?2, '', 0, ?3, ?3, 0, '', 0) ON CONFLICT DO UPDATE SET seen = ?3",
            (edge, known, now),
        )
        acks = [_receive(db, edge, message, now) for message in messages]
        done = sum(ack.status < 300 for ack in acks)
        db.execute("UPDATE edge_node SET pending = max(pending - ?, 0) WHERE name = ?", (done, edge))
        return acks


def _receive(db: Database, edge: str, message: Message, now: float) -> Ack:
    if db.one("SELECT 1 FROM edge_message WHERE edge = ? AND id = ?", (edge, message.id)) is not None:
        return Ack(message.id, 200, "it was here already")
    data = json.loads(message.data)
    if message.kind == "edit":
        why = _edit(db, edge, message, data, now)
        if why is not None:
            return Ack(message.id, 422, why)
    db.execute(
        "INSERT INTO edge_message (edge, id, sequence, kind, at, received, release, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (edge, message.id, message.sequence, message.kind, message.at, now, message.release, message.data),
    )
    db.execute("UPDATE edge_node SET messages = messages + 1 WHERE name = ?", (edge,))
    if message.kind in ("deployed", "rolled back"):
        # Messages may come in any order: the edge's own says which is the last.
        db.execute(
            "UPDATE edge_node SET release = ?, released = ?, healthy = NULL WHERE name = ? AND released < ?",
            (message.release, message.sequence, edge, message.sequence),
        )
    if message.kind == "health" and isinstance(data.get("healthy"), bool):
        db.execute(
            "UPDATE edge_node SET healthy = ? WHERE name = ? AND released < ? AND release IS ?",
            (data["healthy"], edge, message.sequence, message.release),
        )
    return Ack(message.id, 200)


def _edit(db: Database, edge: str, message: Message, data: dict[str, Any], now: float) -> str | None:
    """Keep a hand edit; gives why not, where it is none."""
    path, base, digest = data.get("path"), data.get("base"), data.get("digest")
    environment = data.get("environment")
    if not isinstance(path, str) or not path or not isinstance(base, str | None) or not isinstance(digest, str | None):
        return "an edit names its `path`, `base` and `digest`"
    try:
        refuse_strange(path)
    except PathError:
        return "the path of an edit is a plain one below the root of its environment"
    if digest is not None and (message.content is None or digest_of(message.content) != digest):
        return f"the bytes of {path} are not those of its digest"
    row = db.one("SELECT environment FROM edge_node WHERE name = ?", (edge,))
    where = environment if isinstance(environment, str) else str(row[0]) if row is not None else ""
    later = db.one(
        "SELECT 1 FROM edge_edit WHERE edge = ? AND environment = ? AND path = ? AND sequence > ?",
        (edge, where, path, message.sequence),
    )
    db.execute(
        "UPDATE edge_edit SET outcome = 'superseded' WHERE edge = ? AND environment = ? AND path = ?"
        " AND sequence < ? AND outcome = 'waits'",
        (edge, where, path, message.sequence),
    )
    db.execute(
        "INSERT INTO edge_edit (edge, message, sequence, environment, path, release, base, digest, content, at,"
        " received, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            edge,
            message.id,
            message.sequence,
            where,
            path,
            message.release,
            base,
            digest,
            message.content if digest is not None else None,
            message.at,
            now,
            "superseded" if later is not None else "waits",
        ),
    )
    return None


def nodes(db: Database) -> list[Node]:
    """Every edge that ever came, by name."""
    rows = db.execute(f"SELECT {_NODE} FROM edge_node ORDER BY name")  # noqa: S608 - a constant
    return [Node(*_flagged(row, 10)) for row in rows]


def _flagged(row: tuple[Any, ...], at: int) -> list[Any]:
    """The row with true and false in the place of a number."""
    return [value if index != at or value is None else bool(value) for index, value in enumerate(row)]


def forget(db: Database, name: str) -> bool:
    """Forget an edge, so that another one may have its name; its messages and edits stay. False: there is none."""
    with db.transaction():
        found = db.one("SELECT 1 FROM edge_node WHERE name = ?", (name,))
        db.execute("DELETE FROM edge_node WHERE name = ?", (name,))
    return found is not None


def edits(db: Database, *, edge: str | None = None, everything: bool = False) -> list[EdgeEdit]:
    """Hand edits that came from edges, the newest first.

    Args:
        edge: those of one only.
        everything: those too that nobody has to look at any more.
    """
    rows = db.execute(
        f"SELECT {_EDIT} FROM edge_edit WHERE (?1 IS NULL OR edge = ?1) AND (?2 OR outcome = 'waits')"  # noqa: S608
        " ORDER BY number DESC",
        (edge, everything),
    )
    return [EdgeEdit(*row) for row in rows]


def edit(db: Database, number: int) -> tuple[EdgeEdit, bytes | None] | None:
    """One of them with its bytes; None where there is none of that number."""
    row = db.one(f"SELECT {_EDIT}, content FROM edge_edit WHERE number = ?", (number,))  # noqa: S608 - a constant
    return None if row is None else (EdgeEdit(*row[:-1]), row[-1])


def settle_edit(db: Database, number: int, outcome: str) -> None:
    """Note what a person made of an edit."""
    with db.transaction():
        db.execute("UPDATE edge_edit SET outcome = ? WHERE number = ?", (outcome, number))


def messages(db: Database, edge: str, *, limit: int = 100) -> list[tuple[str, int, str, float, int | None, str]]:
    """(id, sequence, kind, at, release, data) of an edge's messages, the newest first by its own order."""
    rows = db.execute(
        "SELECT id, sequence, kind, at, release, data FROM edge_message WHERE edge = ? ORDER BY sequence DESC LIMIT ?",
        (edge, limit),
    )
    return [(name, sequence, kind, at, release, data) for name, sequence, kind, at, release, data in rows]
