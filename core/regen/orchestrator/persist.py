"""Persist: what a session took in becomes the state's next revision, with the stale entries, in one transaction."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace

from pyoxigraph import Quad

from regen.dataset.lines import Lines
from regen.dataset.named_lines import file_lines
from regen.dataset.packed import nquads
from regen.dataset.terms import BLANK
from regen.dataset.version import Quads
from regen.orchestrator.pending import Pending
from regen.orchestrator.selectors import write_compiled
from regen.orchestrator.session import Session
from regen.orchestrator.stale import filled
from regen.orchestrator.stored import stored_lines
from regen.orchestrator.texts import forget_text, keep_text
from regen.orchestrator.units import write_unit
from regen.state import files
from regen.state.db import Database
from regen.state.sources import write_known
from regen.state.stale import add_stale
from regen.telemetry import stage

_SUM = "dataset_sum"  # the row of `meta` with the sum of the hashes of all quads
_BLANK = re.compile(f"<{BLANK}([0-9a-zA-Z]+)>")
_BATCH = 1 << 24  # bytes of files that are written anew at a time
_FOLD_FROM = 20  # patches; reading that many costs less than writing a file of 10,000 quads anew


def persist(session: Session) -> None:
    """Write what is pending; afterwards a process that starts anew goes on from here.

    The caller announces the revision on the bus, once others may work on the session again.

    Why not durable: after a power cut the transaction may be gone as a whole, and the next start finds the same
    difference between files and state again. What has to last is flushed with the release.
    """
    pending = session.pending
    if not pending:
        if session.compiled:
            with session.state.db.transaction(durable=False):
                write_compiled(session)
        return
    with stage("advance", files=len(pending.files)):
        _write_contents(session, pending)
        with session.state.db.transaction(durable=False):
            _write_files(session, pending)
            if pending.first is not None:
                session.history.begin(file_lines(pending.first.files), pending.first.origins, time.time())
            for change, origins in pending.changes:
                session.history.advance(change, origins, time.time())
            revision = session.history.position().revision
            for environment, name, unit in pending.units:
                write_unit(session.state.db, environment, name, unit)
            for environment, entries in pending.stale.items():
                add_stale(session.state.db, environment, entries, revision)
            write_compiled(session)
            session.state.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_SUM, f"{session.sum:032x}"))
        _keep_texts(session, pending)
        session.pending = Pending()
        if session.dataset is not None:
            session.dataset.recorded(session.sum)
        _fold(session, {path for path, _, _ in pending.patches})


def _write_contents(session: Session, pending: Pending) -> None:
    """Store the quads of files that are written anew, and let go of them: of a first load they are most of the memory.

    Before the transaction, for what is taken back with that could not be stored a second time.
    """
    for batch in _batches(pending.contents.items()):
        digests = session.state.blobs.put_soon([data for _, data in batch])
        for (path, _), digest in zip(batch, digests, strict=True):
            session.files[path] = pending.files[path] = replace(session.files[path], blob=digest)
            pending.rewritten.add(path)
    pending.contents.clear()


def _batches(contents: Iterable[tuple[str, Quads]]) -> Iterator[list[tuple[str, bytes]]]:
    """Files as N-Quads, some 16 MB at a time."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for path, quads in contents:
        batch.append((path, content(quads)))
        size += len(batch[-1][1])
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _write_files(session: Session, pending: Pending) -> None:
    database, blobs = session.state.db, session.state.blobs
    for path in pending.rewritten:
        files.drop_patches(database, path)
    for path, written in pending.written.items():
        if path in session.files:
            spelt = blobs.put(written_text(written)) if written else None
            session.files[path] = pending.files[path] = replace(session.files[path], written=spelt)
    for path, row in pending.files.items():
        if row is None:
            files.drop_file(database, path)
        else:
            files.write_file(database, row)
    for name, known in pending.known.items():
        write_known(database, name, known)
    for path, added, removed in pending.patches:
        files.add_patch(database, path, nquads(added).decode(), nquads(removed).decode())


def _keep_texts(session: Session, pending: Pending) -> None:
    """Those in memory wait for a quiet time: a change of a big file does not."""
    for path, text in pending.texts.items():
        keep_text(session, path, text)
    for path, row in pending.files.items():
        if row is None:
            forget_text(session, path)
        elif path not in pending.texts:
            session.unkept.add(path)


def _fold(session: Session, paths: Set[str]) -> None:
    """Write files anew that have gathered many patches: their blobs take these in."""
    for path in sorted(paths):
        if files.patches(session.state.db, path) > _FOLD_FROM and path in session.files:
            row = replace(session.files[path], blob=session.state.blobs.put(content(session.version_of(path))))
            with session.state.db.transaction():
                files.write_file(session.state.db, row)
                files.drop_patches(session.state.db, path)
            session.files[path] = row


def content(quads: Quads) -> bytes:
    """What is stored of a version: N-Quads, each quad once."""
    plain = isinstance(quads, Lines) and not quads.added and not quads.removed
    return quads.text if isinstance(quads, Lines) and plain else nquads(quads)


def written_text(written: Mapping[Quad, tuple[str, ...]]) -> bytes:
    """Triples as the store has them, each with the objects as its file spells them, as JSON."""
    rows = sorted([str(quad.triple), list(spellings)] for quad, spellings in written.items())
    return json.dumps(rows, ensure_ascii=False).encode()


def written_ntriples(session: Session) -> bytes:
    """The merge as N-Triples with literals as the files spell them.

    Why not the store's: it folds the datatypes derived from `xsd:integer` into it, and a shape that asks for
    `xsd:nonNegativeInteger` would refuse what the file states.
    """
    spelt: dict[str, set[str]] = {}
    for row in session.files.values():
        for triple, spellings in json.loads(session.state.blobs.read(row.written)) if row.written else ():
            spelt.setdefault(f"{triple} .", set()).update(spellings)
    lines: list[str] = []
    for line in filled(session).ntriples().decode().splitlines():
        start = " ".join(line.split(" ", 2)[:2])
        lines += [f"{start} {spelling} ." for spelling in sorted(spelt.get(line, ()))] or [line]
    return with_blanks("\n".join([*lines, ""])).encode()


def with_blanks(text: str) -> str:
    """A text of the store's, with blank nodes for the IRIs that stand for them there."""
    return _BLANK.sub(r"_:\1", text)


def stored_version(session: Session, path: str) -> Quads:
    """A file's quads as its blob and patches have them; none for a file that was never read well."""
    row = session.files.get(path)
    if row is None or row.blob is None:
        return frozenset()
    pending = [(added, removed) for name, added, removed in session.pending.patches if name == path]
    return stored_lines(session.state, row, row.blob, pending)


def read_sum(database: Database) -> int:
    """The sum of the hashes of all quads, as it was written last; 0 before the first time."""
    row = database.one("SELECT value FROM meta WHERE name = ?", (_SUM,))
    return int(row[0], 16) if row is not None else 0
