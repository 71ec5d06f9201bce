"""Versions: graph files that are new or changed are read, each with what it changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from regen.dataset.files import FoundFile, Signature
from regen.dataset.read import graph_file, read_bytes
from regen.errors import GraphError
from regen.orchestrator.session import Session
from regen.stages.load import Version, load
from regen.state.files import FileRow

_SETTLED_NS = 2_000_000_000  # a file younger than this when it was read may change again within one tick of its clock


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that is new or changed: its row, and its version where its bytes are others."""

    row: FileRow
    version: Version | None


async def read_files(session: Session, files: Iterable[FoundFile]) -> list[FileRead]:
    """Parse those of the files that are new or changed."""
    reads = []
    for file in files:
        row = session.files.get(file.path)
        if row is None or row.loader != session.loader or not _unchanged(row, file.signature):
            read = await _read_one(session, file, row)
            if read is not None:
                reads.append(read)
    return reads


def _unchanged(row: FileRow, signature: Signature) -> bool:
    """Whether a file is the one that was read; a row without times was read when its file was very young."""
    return (row.size, row.mtime_ns, row.ctime_ns, row.inode) == (
        signature.size,
        signature.mtime_ns,
        signature.ctime_ns,
        signature.inode,
    )


async def _read_one(session: Session, file: FoundFile, row: FileRow | None) -> FileRead | None:
    try:
        data, digest = read_bytes(session.config.root, file)
        if row is not None and row.digest == digest and row.loader == session.loader:
            return FileRead(_stamped(row, file.signature), None)
        source = graph_file(file, data, session.config.project.base)
    except GraphError as error:
        version = Version(None, error=error)
        return FileRead(_row(session, file, row, "", version), version)
    if source is None:
        return None
    version = await load(source, session.quads_of(file.path) if row is not None else frozenset(), session.hooks)
    return FileRead(_row(session, file, row, digest, version), version)


def _row(session: Session, file: FoundFile, row: FileRow | None, digest: str, version: Version) -> FileRow:
    error = None if version.error is None else (version.error.message, version.error.where, version.error.hint)
    if version.delta is None:
        empty = FileRow(file.path, 0, 0, 0, 0, digest, None, 0, (), (), error, session.loader)
        return _stamped(replace(row or empty, digest=digest, error=error, loader=session.loader), file.signature)
    return _stamped(
        FileRow(
            file.path,
            0,
            0,
            0,
            0,
            digest,
            row.blob if row is not None else None,
            len(version.delta.quads),
            version.prefixes,
            version.warnings,
            None,
            session.loader,
        ),
        file.signature,
    )


def _stamped(row: FileRow, signature: Signature) -> FileRow:
    """A row with the file's stat; without it where the file is so young that its next change may look the same."""
    if time.time_ns() - max(signature.mtime_ns, signature.ctime_ns) < _SETTLED_NS:
        return replace(row, size=-1, mtime_ns=0, ctime_ns=0, inode=0)
    return replace(
        row, size=signature.size, mtime_ns=signature.mtime_ns, ctime_ns=signature.ctime_ns, inode=signature.inode
    )
