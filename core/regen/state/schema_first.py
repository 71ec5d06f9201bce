"""The tables of the first `state.db`, a script that is never edited: what came later is in `regen.state.schema`."""

from __future__ import annotations

from typing import Final

FIRST: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The graph files in force. `blob` holds the normalised quads as N-Quads; `digest` is of the bytes on disk that
-- were last seen, which is not what `blob` was made from while `error` says why they cannot be read.
CREATE TABLE file (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL, digest TEXT NOT NULL, blob TEXT, triples INTEGER NOT NULL, prefixes TEXT NOT NULL,
    warnings TEXT NOT NULL, error TEXT, loader TEXT NOT NULL, written TEXT
) WITHOUT ROWID;

-- Small changes of big files since `blob` was written, oldest first; N-Quads.
CREATE TABLE file_patch (
    number INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, added TEXT NOT NULL, removed TEXT NOT NULL
);
CREATE INDEX file_patch_path ON file_patch (path);

-- One row a revision; `delta` is a blob of N-Quads lines, each behind "A " or "D ".
CREATE TABLE revision (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, origin TEXT NOT NULL, delta TEXT NOT NULL,
    added INTEGER NOT NULL, removed INTEGER NOT NULL
);

-- Events that are no graph deltas: cycles, conflicts, releases, rollbacks, settings.
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, revision INTEGER NOT NULL, at REAL NOT NULL, type TEXT NOT NULL,
    subject TEXT, origin TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX event_revision ON event (revision);

-- Templates as last taken in, with the digests of their views; `selector` is a pickled compiled view by digest.
CREATE TABLE template (
    environment TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, views TEXT NOT NULL,
    PRIMARY KEY (environment, name)
) WITHOUT ROWID;
CREATE TABLE selector (digest TEXT PRIMARY KEY, code BLOB NOT NULL) WITHOUT ROWID;

-- What stands in each environment now. `path` is unique but for artifacts without a file (path NULL: the
-- template said no). `content` is what regen last put on disk or took over, `base` the last render in it.
CREATE TABLE artifact (
    id INTEGER PRIMARY KEY, environment TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL,
    path TEXT, content TEXT, base TEXT, template_digest TEXT NOT NULL, rows TEXT NOT NULL,
    because TEXT NOT NULL, release INTEGER NOT NULL, state TEXT NOT NULL,
    -- The folder with its last slash, "" for the root: what a shard of the lock file covers.
    folder TEXT GENERATED ALWAYS AS (rtrim(path, replace(path, '/', ''))) VIRTUAL,
    UNIQUE (environment, template, key)
);
CREATE INDEX artifact_folder ON artifact (environment, folder);
CREATE UNIQUE INDEX artifact_path ON artifact (environment, path) WHERE path IS NOT NULL;
CREATE INDEX artifact_state ON artifact (environment, state) WHERE state <> 'ok';
-- Traced look-ups, by mask and hash of the bound terms.
CREATE TABLE lookup (hash BLOB NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY (hash, artifact)) WITHOUT ROWID;
CREATE INDEX lookup_artifact ON lookup (artifact);

CREATE TABLE stale (
    environment TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL, because TEXT NOT NULL,
    revision INTEGER NOT NULL, PRIMARY KEY (environment, template, key)
) WITHOUT ROWID;

CREATE TABLE conflict (
    environment TEXT NOT NULL, path TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL,
    base TEXT, ours TEXT, theirs TEXT, marked TEXT, detail TEXT NOT NULL, because TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (environment, path)
) WITHOUT ROWID;

CREATE TABLE release (
    environment TEXT NOT NULL, number INTEGER NOT NULL, parent INTEGER, revision INTEGER NOT NULL,
    inputs TEXT NOT NULL, at REAL NOT NULL, state TEXT NOT NULL, complete INTEGER NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, merged INTEGER NOT NULL, deleted INTEGER NOT NULL,
    note TEXT NOT NULL, restores INTEGER, PRIMARY KEY (environment, number)
) WITHOUT ROWID;
-- The contents of releases as intervals: a row is in every release from `since` up to, not including, `until`.
-- `last` and `after` are what the release `until` found there and left there, `found` what `since` found.
CREATE TABLE version (
    environment TEXT NOT NULL, path TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
    template TEXT NOT NULL, key TEXT NOT NULL, content TEXT NOT NULL, base TEXT NOT NULL,
    template_digest TEXT NOT NULL, rows TEXT NOT NULL, because TEXT NOT NULL,
    mode INTEGER NOT NULL, last TEXT, after TEXT, found TEXT, PRIMARY KEY (environment, path, since)
) WITHOUT ROWID;
CREATE INDEX version_until ON version (environment, until);
CREATE INDEX version_since ON version (environment, since);

-- The commit record: written in the transaction that makes the release, emptied when every path is settled.
-- `kind` says what to do with an edit that came in between: "deploy", "rollback", "undo".
CREATE TABLE commit_record (
    environment TEXT PRIMARY KEY, release INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE commit_change (
    environment TEXT NOT NULL, path TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL, old TEXT, new TEXT,
    base TEXT, parent_base TEXT, theirs TEXT, mode INTEGER, old_mode INTEGER, source TEXT, stage TEXT NOT NULL,
    PRIMARY KEY (environment, path)
) WITHOUT ROWID;
-- Statements that take the transaction of the commit record back, last one first.
CREATE TABLE commit_undo (sequence INTEGER PRIMARY KEY, environment TEXT NOT NULL, statement TEXT NOT NULL);
-- The environment whose commit is being recorded; has a row only inside that transaction.
CREATE TABLE undo_armed (environment TEXT NOT NULL);
-- Folders that regen made, which it removes when they are empty again.
CREATE TABLE folder (environment TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (environment, path)) WITHOUT ROWID;
-- Old files that may still be written to by a process that had them open, by their name in `.regen/trash`.
CREATE TABLE trash (
    name TEXT PRIMARY KEY, environment TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
-- Paths whose lines of the lock are behind, and how many lines the shards of a folder hold.
CREATE TABLE lock_dirty (
    environment TEXT NOT NULL, folder TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (environment, folder, path)
) WITHOUT ROWID;
CREATE TABLE lock_folder (
    environment TEXT NOT NULL, folder TEXT NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY (environment, folder)
) WITHOUT ROWID;
-- Where a blob lies in a pack.
CREATE TABLE packed (
    digest TEXT PRIMARY KEY, pack TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX packed_pack ON packed (pack);

-- A rollback holds its environment and the inputs that it left.
CREATE TABLE hold (
    environment TEXT PRIMARY KEY, inputs TEXT NOT NULL, release INTEGER NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
-- Edits that a rollback or a deletion set aside, kept as blobs.
CREATE TABLE kept_edit (
    environment TEXT NOT NULL, path TEXT NOT NULL, at REAL NOT NULL, content TEXT NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (environment, path, at, content)
) WITHOUT ROWID;
"""
