"""Files: the graph files in force, with what was read of each.

Why patches: a file's quads are kept as one blob, and a small change of a big file would write all of it again in the
middle of a cycle. So a small change is kept as a patch beside the blob, until the next full writing, or
`regen prune`, folds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from regen.state.db import Database


@dataclass(frozen=True, slots=True)
class FileRow:
    """One graph file.

    Attributes:
        path: relative to the project, with forward slashes.
        size, mtime_ns, ctime_ns, inode: as the file system gave them when `digest` was taken.
        digest: BLAKE3 of the bytes on disk.
        blob: digest of the quads in force as N-Quads, without the patches; None: never read well.
        quads: how many are in force.
        prefixes: (prefix, namespace), sorted.
        warnings: what a person should know of how it was read.
        error: why the bytes on disk cannot be read, as (message, where, hint); None: `blob` is what they say.
        loader: version of what parsed it: a file is parsed anew when that changes.
        written: digest of what the file spells otherwise than the store; None: nothing.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: str
    blob: str | None
    quads: int
    prefixes: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    error: tuple[str, str | None, str | None] | None
    loader: str
    written: str | None = None


_COLUMNS = "path, size, mtime_ns, ctime_ns, inode, digest, blob, triples, prefixes, warnings, error, loader, written"


def read_files(database: Database) -> dict[str, FileRow]:
    """Every graph file by path."""
    found = {}
    for row in database.iterate(f"SELECT {_COLUMNS} FROM file ORDER BY path"):  # noqa: S608 - a constant
        path, size, mtime, ctime, inode, digest, blob, quads, prefixes, warnings, error, loader, written = row
        found[path] = FileRow(
            path,
            size,
            mtime,
            ctime,
            inode,
            digest,
            blob,
            quads,
            tuple((prefix, iri) for prefix, iri in json.loads(prefixes)),
            tuple(json.loads(warnings)),
            tuple(json.loads(error)) if error else None,
            loader,
            written,
        )
    return found


def write_file(database: Database, row: FileRow) -> None:
    """Insert or replace one row."""
    database.execute(
        f"INSERT OR REPLACE INTO file ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            row.path,
            row.size,
            row.mtime_ns,
            row.ctime_ns,
            row.inode,
            row.digest,
            row.blob,
            row.quads,
            json.dumps(row.prefixes, ensure_ascii=False),
            json.dumps(row.warnings, ensure_ascii=False),
            json.dumps(row.error, ensure_ascii=False) if row.error is not None else None,
            row.loader,
            row.written,
        ),
    )


def drop_file(database: Database, path: str) -> None:
    """Forget a file and its patches."""
    database.execute("DELETE FROM file WHERE path = ?", (path,))
    database.execute("DELETE FROM file_patch WHERE path = ?", (path,))


def add_patch(database: Database, path: str, added: str, removed: str) -> None:
    """Keep a change beside a file's blob; both texts are N-Quads."""
    database.execute("INSERT INTO file_patch (path, added, removed) VALUES (?, ?, ?)", (path, added, removed))


def read_patches(database: Database, path: str) -> list[tuple[str, str]]:
    """Changes since a file's blob was written, oldest first, as (added, removed)."""
    rows = database.execute("SELECT added, removed FROM file_patch WHERE path = ? ORDER BY number", (path,))
    return [(added, removed) for added, removed in rows]


def drop_patches(database: Database, path: str) -> None:
    """Forget the changes of a file: its blob was written anew."""
    database.execute("DELETE FROM file_patch WHERE path = ?", (path,))


def patches(database: Database, path: str) -> int:
    """How many changes of a file stand beside its blob."""
    row = database.one("SELECT count(*) FROM file_patch WHERE path = ?", (path,))
    return int(row[0]) if row is not None else 0
