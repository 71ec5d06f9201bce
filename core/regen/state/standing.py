"""Standing: every file of an environment as it is when its newest release stands."""

from __future__ import annotations

from collections.abc import Iterator

from regen.model.deploy import Content
from regen.state.db import Database


def standing(db: Database, environment: str) -> Iterator[Content]:
    """What stands now, sorted by path; files that wait for a person are in it, without a digest."""
    rows = db.iterate(
        "WITH mine AS (SELECT path FROM artifact INDEXED BY artifact_state"
        "  WHERE environment = ?1 AND state IN ('conflict', 'orphan') AND state <> 'ok' AND path IS NOT NULL"
        " UNION SELECT path FROM conflict WHERE environment = ?1)"
        " SELECT path, content, mode, since = (SELECT max(number) FROM release WHERE environment = ?1) FROM version"
        "  WHERE environment = ?1 AND until IS NULL AND path NOT IN mine"
        " UNION ALL SELECT path, NULL, NULL, 0 FROM mine ORDER BY path",
        (environment,),
    )
    return (Content(path, digest, mode, bool(fresh)) for path, digest, mode, fresh in rows)


def note_tree(db: Database, environment: str, tree: str) -> None:
    """Note in which folder of the project what stands is read, for those who ask no plugin."""
    if tree_of(db, environment) != tree:
        with db.transaction(durable=False):
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"tree {environment}", tree))


def tree_of(db: Database, environment: str) -> str | None:
    """The folder in which what stands is read; None where nobody has opened the project with this environment yet."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (f"tree {environment}",))
    return None if row is None else str(row[0])
