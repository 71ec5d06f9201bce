"""Advance: graph files and templates as they are now are taken in; what that affects becomes stale entries.

Nothing is written here: what was taken in is pending in the session until an apply writes it, in one transaction with
the stale entries. A process that dies before that finds the same difference again at its next start.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from regen.dataset.files import FoundFile, Signature, find_graph_files
from regen.dataset.read import graph_file, read_bytes
from regen.dataset.store import Dataset, GraphChange, named_quad
from regen.errors import GraphError
from regen.model.artifact import ArtifactId, Because
from regen.model.change import Change, Origins
from regen.model.delta import Delta, Quad
from regen.model.finding import Finding
from regen.orchestrator.persist import moved_sum
from regen.orchestrator.session import Place, Session, Unit
from regen.orchestrator.stale import every_key, filled
from regen.orchestrator.units import Recorded, difference, read_units, recorded_units
from regen.stages.diff import Settled, find_change, reasons
from regen.stages.load import Version, load
from regen.stages.select import Answers, Probe, probe, resolve
from regen.state.files import FileRow
from regen.telemetry import stage

_SETTLED_NS = 2_000_000_000  # a file younger than this when it was read may change again within one tick of its clock
_PATCH_SHARE = 20  # a change of less than a twentieth of a file is kept as a patch


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that is new or changed: its row, and its version where its bytes are others."""

    row: FileRow
    version: Version | None


async def take_in(session: Session) -> None:
    """Bring a session up to the files on disk.

    Raises:
        RegenError: a template, a view or a prefix is wrong. Nothing is taken in then, the graph neither: what its
            change affects could not be said of a template that cannot be read.
    """
    with stage("load") as span:
        reads, gone = await _read(session)
        span.set_attribute("regen.files.changed", len(reads))
    rows = {path: row for path, row in session.files.items() if path not in gone}
    rows.update((read.row.path, read.row) for read in reads)
    units = await read_units(session, session.prefixes(rows))
    try:
        _advance(session, reads, gone, units)
        session.units = units
        _stale_units(session)
    except BaseException:
        session.forget()
        raise
    session.findings = tuple(_findings(session))


def _advance(session: Session, reads: list[_Read], gone: list[str], units: Mapping[str, Unit]) -> None:
    """Move the dataset on, and make stale what that affects in templates that stayed as they were."""
    first = session.revision == 0
    changes = _changes(session, reads, gone)
    if changes and not first:
        filled(session)
    _take_rows(session, reads, gone)
    if not changes:
        return
    session.each_rows.clear()
    paths = {session.graph_iri(path): path for path in (*(read.row.path for read in reads), *gone)}
    origins = Origins("api", tuple(sorted(paths.items())))
    with stage("diff") as span:
        change = _first_load(session, reads) if first else _moved(session, changes, _stayed(session, units), origins)
        span.set_attribute("regen.triples.changed", len(change.delta.added) + len(change.delta.removed))
    session.sum = moved_sum(session.sum, change.delta)
    session.pending.changes.append((change, origins))
    session.last_change = None if first else change


def _changes(session: Session, reads: list[_Read], gone: list[str]) -> list[GraphChange]:
    changes = [
        GraphChange(read.version.delta.iri, read.version.delta.added, read.version.delta.removed)
        for read in reads
        if read.version is not None and read.version.delta is not None
    ]
    changes += [GraphChange(session.graph_iri(path), set(), session.quads_of(path)) for path in gone]
    return [change for change in changes if change.added or change.removed]


def _stayed(session: Session, units: Mapping[str, Unit]) -> list[Unit]:
    """Templates that some environment has on record as they are; all artifacts of the others become stale anyway."""
    known = [_known_units(session, place) for place in session.places]
    return [unit for name, unit in units.items() if any(one.get(name, ("",))[0] == unit.digest for one in known)]


async def _read(session: Session) -> tuple[list[_Read], list[str]]:
    """Parse the files that are new or changed, and name those that are gone."""
    project = session.config.project
    found = {file.path: file for file in find_graph_files(session.config.root, project.graphs, project.ignore)}
    reads = []
    for path, file in found.items():
        row = session.files.get(path)
        if row is None or row.loader != session.loader or not _unchanged(row, file.signature):
            read = await _read_one(session, file, row)
            if read is not None:
                reads.append(read)
    return reads, sorted(set(session.files) - set(found))


def _unchanged(row: FileRow, signature: Signature) -> bool:
    """Whether a file is the one that was read; a row without times was read when its file was very young."""
    return (row.size, row.mtime_ns, row.ctime_ns, row.inode) == (
        signature.size,
        signature.mtime_ns,
        signature.ctime_ns,
        signature.inode,
    )


async def _read_one(session: Session, file: FoundFile, row: FileRow | None) -> _Read | None:
    try:
        data, digest = read_bytes(session.config.root, file)
        if row is not None and row.digest == digest and row.loader == session.loader:
            return _Read(_stamped(row, file.signature), None)
        source = graph_file(file, data, session.config.project.base)
    except GraphError as error:
        version = Version(None, error=error)
        return _Read(_row(session, file, row, "", version), version)
    if source is None:
        return None
    version = await load(source, session.quads_of(file.path) if row is not None else frozenset(), session.hooks)
    return _Read(_row(session, file, row, digest, version), version)


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


def _first_load(session: Session, reads: list[_Read]) -> Change:
    session.dataset = Dataset()
    added: set[Quad] = set()
    for read in reads:
        if read.version is not None and read.version.delta is not None:
            session.dataset.load(read.version.delta.iri, read.version.delta.quads)
            added.update(named_quad(quad, read.version.delta.iri) for quad in read.version.delta.quads)
    delta = Delta(frozenset(added))
    return Change(delta, frozenset(quad.subject for quad in added))


def _moved(session: Session, changes: list[GraphChange], units: list[Unit], origins: Origins) -> Change:
    dataset = filled(session)
    delta = dataset.insert(changes)
    probes: tuple[Probe, ...] = ()
    try:
        with stage("probe", views=sum(len(unit.views.selectors) for unit in units)):
            probes = probe([unit.views for unit in units], dataset.store, delta)
    finally:
        dataset.settle(delta)
    why = reasons(delta, session.prefixes(), origins)
    answers = Answers(dataset.store)
    for place in session.places:
        entries = resolve(probes, answers, delta, place.records, why)
        _add(session, place, ((entry.artifact, entry.because) for entry in entries))
    return find_change(delta, Settled(delta, dataset))


def _take_rows(session: Session, reads: list[_Read], gone: list[str]) -> None:
    pending = session.pending
    for read in reads:
        path = read.row.path
        stored = path in session.files and session.files[path].blob is not None and path not in pending.contents
        session.files[path] = pending.files[path] = read.row
        if read.version is None or read.version.delta is None:
            continue
        delta = read.version.delta
        session.remember_quads(path, delta.quads)
        if delta.written or read.row.written is not None:
            pending.written[path] = delta.written
        if stored and (len(delta.added) + len(delta.removed)) * _PATCH_SHARE < len(delta.quads):
            if delta.added or delta.removed:
                pending.patches.append((path, frozenset(delta.added), frozenset(delta.removed)))
        else:
            pending.contents[path] = delta.quads
            pending.patches = [patch for patch in pending.patches if patch[0] != path]
    for path in gone:
        del session.files[path]
        session.quads.pop(path, None)
        pending.files[path] = None
        pending.contents.pop(path, None)
        pending.patches = [patch for patch in pending.patches if patch[0] != path]


def _stale_units(session: Session) -> None:
    """Templates that came, changed or went make all their artifacts stale."""
    for place in session.places:
        recorded = _known_units(session, place)
        # A fresh clone has artifacts of templates that are on no other record.
        standing = place.records.templates() if not recorded else frozenset()
        for name in sorted({*recorded, *session.units, *standing}):
            known, unit = recorded.get(name), session.units.get(name)
            if known is not None and unit is not None and known[0] == unit.digest:
                continue
            because = difference(name, known, unit)
            artifacts = {record.artifact for record in place.records.of(name).values()}
            if unit is not None:
                artifacts.update(every_key(session, unit))
            _add(session, place, ((artifact, because) for artifact in artifacts))
            session.pending.units.append((place.name, name, unit))


def _known_units(session: Session, place: Place) -> dict[str, Recorded]:
    """What an environment's artifacts were last made stale for, by template: recorded, or about to be."""
    known = dict(recorded_units(session.state.db, place.name))
    for environment, name, unit in session.pending.units:
        if environment == place.name:
            known.pop(name, None)
            if unit is not None:
                known[name] = (unit.digest, unit.parts)
    return known


def _add(session: Session, place: Place, entries: Iterable[tuple[ArtifactId, Because]]) -> None:
    waiting = session.pending.stale.setdefault(place.name, {})
    for artifact, because in entries:
        known = waiting.setdefault(artifact, because)
        if because.outweighs(known):
            waiting[artifact] = because


def _findings(session: Session) -> Iterator[Finding]:
    for path in sorted(session.files):
        row = session.files[path]
        if row.error is not None:
            message, where, hint = row.error
            line, column = _line_column(where or "")
            until = "its last good version stays in force" if row.blob is not None else "the file is left out"
            yield Finding("load", "error", f"{message}; {until} until it is mended", path, line, column, hint)
        yield from (Finding("load", "warning", warning, path) for warning in row.warnings)


def _line_column(where: str) -> tuple[int | None, int | None]:
    numbers = [int(part) for part in where.split(":")[1:] if part.isdigit()]
    return (numbers[0] if numbers else None), (numbers[1] if len(numbers) > 1 else None)
