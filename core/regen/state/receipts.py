"""Receipts of releases: which blob is whose, and what a release's rows say that its receipt has to say."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from regen.model.receipt import Materials
from regen.state.blobs import digest_of
from regen.state.db import Database

_NAMED = 200  # graph files or templates that are named one by one; of more, only the digest of the list is kept


def digest_of_receipt(db: Database, environment: str, number: int) -> str | None:
    """Digest of the blob that holds a release's receipt; None where it has none, or there is no such release."""
    row = db.one("SELECT receipt FROM release WHERE environment = ? AND number = ?", (environment, number))
    return str(row[0]) if row is not None and row[0] is not None else None


def name_receipt(db: Database, environment: str, number: int, digest: str) -> None:
    """Name the blob of a release's receipt, inside a transaction."""
    db.execute("UPDATE release SET receipt = ? WHERE environment = ? AND number = ?", (digest, environment, number))


def begun(db: Database, environment: str, number: int) -> list[tuple[str, str, str]]:
    """(path, digest of the content, digest of the render in it) of what a release brought, sorted by path."""
    rows = db.execute(
        "SELECT path, content, base FROM version INDEXED BY version_since WHERE environment = ? AND since = ?"
        " ORDER BY path",
        (environment, number),
    )
    return [(path, content, base) for path, content, base in rows]


def ended(db: Database, environment: str, number: int) -> list[str]:
    """Paths that a release does not have any more, sorted."""
    rows = db.execute(
        "SELECT path FROM version INDEXED BY version_until WHERE environment = ?1 AND until = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM version AS later WHERE later.environment = ?1 AND later.path = version.path"
        " AND later.since = ?2) ORDER BY path",
        (environment, number),
    )
    return [path for (path,) in rows]


def misfits(db: Database, environment: str) -> list[tuple[str, int]]:
    """(path, since) of versions that no history of releases gives: they overlap, or end where there is no release."""
    rows = db.execute(
        "SELECT path, since FROM (SELECT path, since, until,"
        "  lead(since) OVER (PARTITION BY path ORDER BY since) AS following FROM version WHERE environment = ?1)"
        " WHERE until IS NULL AND following IS NOT NULL OR until > following OR until <= since"
        "  OR until > (SELECT max(number) FROM release WHERE environment = ?1) ORDER BY path, since",
        (environment,),
    )
    return [(path, since) for path, since in rows]


class Listed:
    """Names with their digests, kept in order, so that another digest costs no look at all the others.

    Args:
        found: (name, digest), in any order.
    """

    def __init__(self, found: Iterable[tuple[str, str]]) -> None:
        pairs = sorted(found)
        self._names = [name for name, _ in pairs]
        self._lines = [_line(name, digest) for name, digest in pairs]

    def put(self, name: str, digest: str) -> None:
        """Add a name, or give it another digest."""
        at = bisect_left(self._names, name)
        if self._names[at : at + 1] == [name]:
            self._lines[at] = _line(name, digest)
        else:
            self._names.insert(at, name)
            self._lines.insert(at, _line(name, digest))

    def drop(self, name: str) -> None:
        """Take a name out."""
        at = bisect_left(self._names, name)
        del self._names[at], self._lines[at]

    def materials(self) -> Materials:
        """What a receipt says of them; the digest is that of the lines "DIGEST NAME"."""
        named = zip(self._names, self._lines, strict=True) if len(self._names) <= _NAMED else ()
        files = tuple((name, line.partition(b" ")[0].decode()) for name, line in named)
        return Materials(len(self._names), digest_of(b"".join(self._lines)), files)


def _line(name: str, digest: str) -> bytes:
    return f"{digest} {name}\n".encode()
