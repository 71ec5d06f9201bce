"""Graphs: files and sources that are new or changed are parsed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyoxigraph import DefaultGraph, NamedNode, Quad

from regen.dataset.files import FoundFile, Signature
from regen.dataset.lines import Lines
from regen.dataset.packed import Packed
from regen.dataset.read import graph_file, read_bytes
from regen.errors import GraphError
from regen.model.graphfile import STATEMENT_FORMATS, GraphFile, graph_iri
from regen.orchestrator.pending import Answer
from regen.orchestrator.session import Session
from regen.orchestrator.sources import error_of, path_of
from regen.orchestrator.stale import filled
from regen.orchestrator.texts import text_of, with_text
from regen.stages.load import Version, load
from regen.state.files import FileRow
from regen.state.sources import Known

_SETTLED_NS = 2_000_000_000  # a file younger than this when it was read may change again within one tick of its clock
_LOOSE_QUADS = 200_000  # of new files; more than that are packed: some 60 MB
_NO_FILE = Signature(-1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Read:
    """A graph that is new or changed.

    Attributes:
        row: of the file or source.
        version: where its bytes are others; None: only the row is.
        known: what a source said of the version; None for a file, and where it is not to be trusted.
        text: what to keep of the text of a version whose quads are packed.
    """

    row: FileRow
    version: Version | None
    known: Known | None = None
    text: bytes | None = None


async def read_graphs(session: Session, files: Iterable[FoundFile]) -> list[Read]:
    """Parse those of the files that are new or changed, and what sources answered."""
    reads: list[Read] = []
    count = 0
    for file in files:
        row = session.files.get(file.path)
        if row is None or row.loader != session.loader or not _unchanged(row, file.signature):
            read = await _read_file(session, file, row)
            if read is not None:
                count += len(read.version.delta.added) if read.version is not None and read.version.delta else 0
                reads.append(read if row is not None or count <= _LOOSE_QUADS else _packed(read))
    for table in session.config.sources:
        answer = session.answers.get(table.name)
        read = await _read_source(session, path_of(table.name), answer) if answer is not None else None
        if read is not None:
            reads.append(read)
    return reads


def _packed(read: Read) -> Read:
    """The same with the quads of a new file packed, where that names no graphs itself."""
    version = read.version
    delta = version.delta if version is not None else None
    if version is None or delta is None or any(type(quad.graph_name) is not DefaultGraph for quad in delta.added):
        return read
    packed = Packed(delta.added)
    quads = delta.quads if isinstance(delta.quads, Lines) else packed  # a text is small, and compared with the next
    version = replace(version, delta=replace(delta, added=packed, quads=quads))
    return replace(read, version=version, text=text_of(read.row, delta.quads))


def _unchanged(row: FileRow, signature: Signature) -> bool:
    """Whether a file is the one that was read; a row without times was read when its file was very young."""
    return (row.size, row.mtime_ns, row.ctime_ns, row.inode) == (
        signature.size,
        signature.mtime_ns,
        signature.ctime_ns,
        signature.inode,
    )


async def _read_file(session: Session, file: FoundFile, row: FileRow | None) -> Read | None:
    try:
        data, digest = read_bytes(session.graph_root, file)
        if row is not None and row.digest == digest and row.loader == session.loader:
            return Read(_stamped(row, file.signature), None)
        source = graph_file(file, data, session.config.project.base)
    except GraphError as error:
        version = Version(None, error=error)
        return Read(_row(session, file.path, file.signature, row, "", version), version)
    if source is None:
        return None
    version = await _load(session, source, row)
    return Read(_row(session, file.path, file.signature, row, digest, version), version)


async def _load(session: Session, source: GraphFile, row: FileRow | None) -> Version:
    """Parse a file or an answer, or what is new in it."""
    if row is None:
        return await load(source, frozenset(), session.hooks, lambda quad: True)
    comparable = not row.warnings and row.loader == session.loader
    old = session.version_of(source.path) if comparable else session.quads_of(source.path)
    old = with_text(session, row, old) if comparable and source.format in STATEMENT_FORMATS else old
    own = NamedNode(graph_iri(source.path))

    def is_new(quad: Quad) -> bool:
        graph = own if quad.graph_name == DefaultGraph() else quad.graph_name
        return Quad(quad.subject, quad.predicate, quad.object, graph) not in filled(session).store

    return await load(source, old, session.hooks, is_new)


async def _read_source(session: Session, path: str, answer: Answer) -> Read | None:
    """What an answer changes; None where that is nothing."""
    row = session.files.get(path)
    if answer.file is None:
        error = error_of(answer.error) if answer.error is not None else None
        return Read(replace(row, error=error), None) if row is not None and row.error != error else None
    same = row is not None and row.error is None and (row.digest, row.loader) == (answer.digest, session.loader)
    if row is not None and same:
        return Read(row, None, answer.known) if answer.known != session.known.get(path_name(path)) else None
    version = await _load(session, answer.file, row)
    if version.error is not None and row is None:
        raise version.error
    # Prefixes of a server bind nothing here: they would quarrel with those of files, and nobody could mend them.
    version = replace(version, prefixes=())
    read = _row(session, path, _NO_FILE, row, answer.digest, version)
    return Read(read, version, answer.known if version.error is None else None)


def path_name(path: str) -> str:
    """The name of the source that a path stands for."""
    return path.partition(":")[2]


def _row(
    session: Session, path: str, signature: Signature, row: FileRow | None, digest: str, version: Version
) -> FileRow:
    error = None if version.error is None else error_of(version.error)
    if version.delta is None:
        empty = FileRow(path, 0, 0, 0, 0, digest, None, 0, (), (), error, session.loader)
        return _stamped(replace(row or empty, digest=digest, error=error, loader=session.loader), signature)
    return _stamped(
        FileRow(
            path,
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
        signature,
    )


def _stamped(row: FileRow, signature: Signature) -> FileRow:
    """A row with the file's stat; without it where the file is so young that its next change may look the same."""
    if time.time_ns() - max(signature.mtime_ns, signature.ctime_ns) < _SETTLED_NS:
        return replace(row, size=-1, mtime_ns=0, ctime_ns=0, inode=0)
    return replace(
        row, size=signature.size, mtime_ns=signature.mtime_ns, ctime_ns=signature.ctime_ns, inode=signature.inode
    )
