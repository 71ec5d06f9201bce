"""Texts: the last texts of files with many blank nodes are kept, so that a new process compares texts, too.

A file of which one is kept is told from its last version without reading it as a whole, which labels all its blank
nodes. Each is one file of the state's cache: any of them may be damaged or deleted, and the graph file is read.
"""

from __future__ import annotations

from regen.dataset.kept import kept_bytes, kept_version, worth_keeping
from regen.dataset.lines import Lines
from regen.dataset.version import Quads
from regen.orchestrator.session import Session
from regen.state import cache
from regen.state.blobs import digest_of
from regen.state.files import FileRow

_PREFIX = "text-"
_MOST = 1 << 26  # bytes of all texts, compressed: those of some 300 files with 20,000 blank nodes each


def with_text(session: Session, row: FileRow, old: Quads) -> Quads:
    """A version as it was stored, with its text where that was kept."""
    if not isinstance(old, Lines) or row.error is not None:
        return old
    data = cache.recall(session.state.folder, _name(row.path))
    return old if data is None else kept_version(data, _of(row), old.quads()) or old


def text_of(row: FileRow, quads: Quads) -> bytes | None:
    """What is kept of a version; None for nothing."""
    version = worth_keeping(quads)
    return None if version is None else kept_bytes(version, _of(row))


def keep_texts(session: Session) -> None:
    """Keep the texts of files that changed since they were kept; takes milliseconds each, so at a quiet time."""
    for path in sorted(session.unkept - session.pending.files.keys()):
        row = session.files.get(path)
        version = worth_keeping(session.quads.get(path, frozenset()))
        if row is not None and row.error is None and version is not None:
            session.quads[path] = version
            keep_text(session, path, kept_bytes(version, _of(row)))
    session.unkept.clear()


def keep_text(session: Session, path: str, text: bytes) -> None:
    """Keep one text, and no longer those that were kept first where they have become many."""
    cache.keep(session.state.folder, _name(path), text, most=(_PREFIX, _MOST))


def forget_text(session: Session, path: str) -> None:
    """The file is gone."""
    cache.forget(session.state.folder, {_name(path)})


def prune_texts(session: Session) -> None:
    """Forget texts of files that are no graph files any more."""
    known = {_name(path) for path in session.files}
    cache.forget(session.state.folder, set(cache.names(session.state.folder, _PREFIX)) - known)


def _name(path: str) -> str:
    return f"{_PREFIX}{digest_of(path.encode())[:32]}"


def _of(row: FileRow) -> str:
    return f"{row.digest} {row.loader} {row.path}"
