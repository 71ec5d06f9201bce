"""Advance: graph files and templates as they are now are taken in; what that affects becomes stale entries.

Nothing is written here: what was taken in is pending in the session until an apply writes it, in one transaction with
the stale entries. A process that dies before that finds the same difference again at its next start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from regen.dataset.named_lines import file_lines
from regen.dataset.store import GraphChange
from regen.dataset.sums import moved_sum, sum_of
from regen.model.artifact import ArtifactId, Because
from regen.model.change import Change, Origins
from regen.model.finding import Finding
from regen.model.graphfile import SOURCE
from regen.model.release import Standing
from regen.orchestrator.filling import keep, new_dataset
from regen.orchestrator.graphs import Read, path_name, read_graphs
from regen.orchestrator.looking import look
from regen.orchestrator.pending import FirstLoad, Unit
from regen.orchestrator.session import Place, Session
from regen.orchestrator.shared import Shared
from regen.orchestrator.stale import every_key, filled
from regen.orchestrator.units import Recorded, difference, read_units, recorded_units
from regen.stages.diff import Settled, find_change, reasons
from regen.stages.select import Answers, Probe, probe, resolve
from regen.state.envelope import key_file, open_to_others
from regen.telemetry import stage

_FIRST = Because("fact", "the graph had no triples before")
_PATCH_SHARE = 20  # a change of less than a twentieth of a file is kept as a patch


async def take_in(session: Session, changed: Collection[str] | None = None) -> None:
    """Bring a session up to the files on disk, and to what sources have answered.

    Args:
        session: the open project.
        changed: absolute paths of everything that changed since this was called last; None: that is not known.

    Raises:
        RegenError: a template, a view or a prefix is wrong. Nothing is taken in then, the graph neither: what its
            change affects could not be said of a template that cannot be read.
    """
    session.free()
    answers = dict(session.answers)
    try:
        reads, gone, units = await _seen(session, changed)
    except BaseException:
        session.found.clear()  # what was looked at is not taken in, so the next time all files are
        raise
    try:
        first = _advance(session, reads, gone, units)
        session.units = units
        _stale_units(session, first=first)
    except BaseException:
        session.forget()
        raise
    for name, answer in answers.items():
        if session.answers.get(name) is answer:
            del session.answers[name]
    session.findings = tuple(_findings(session))


async def _seen(
    session: Session, changed: Collection[str] | None
) -> tuple[list[Read], tuple[str, ...], dict[str, Unit]]:
    """What is new: files, paths of those that are gone, and the templates as they are now."""
    with stage("load") as span:
        seen = look(session, changed)
        reads = await read_graphs(session, seen.files)
        span.set_attribute("regen.files", len(seen.files))
        span.set_attribute("regen.files.changed", len(reads))
    prefixes = _prefixes(session, reads, seen.gone)
    same = seen.only_graphs and prefixes == session.prefixes()
    units = session.units if same else await read_units(session, prefixes)
    session.prefix_table = prefixes
    return reads, seen.gone, units


def _prefixes(session: Session, reads: Sequence[Read], gone: Sequence[str]) -> dict[str, str]:
    """The prefixes that will be in force."""
    known = session.files
    if not gone and all(r.row.path in known and known[r.row.path].prefixes == r.row.prefixes for r in reads):
        return session.prefixes()
    rows = {path: row for path, row in known.items() if path not in gone}
    rows.update((read.row.path, read.row) for read in reads)
    return session.prefixes(rows)


def _advance(session: Session, reads: Sequence[Read], gone: Sequence[str], units: Mapping[str, Unit]) -> bool:
    """Move the dataset on, and make stale what that affects in templates that stayed as they were.

    Returns:
        Whether these are the first triples of all: what they affect is not looked into.
    """
    first = session.revision == 0
    changes = _changes(session, reads, gone)
    if changes and not first:
        filled(session)
    _take_rows(session, reads, gone)
    if not changes:
        return False
    session.each_rows.clear()
    paths = {session.graph_iri(path): path for path in (*(read.row.path for read in reads), *gone)}
    origins = Origins("api", tuple(sorted(paths.items())))
    with stage("diff") as span:
        if first:
            _first_load(session, reads, origins)
            span.set_attribute("regen.triples.changed", sum(len(change.added) for change in changes))
            return True
        change = _moved(session, changes, _stayed(session, units), origins)
        span.set_attribute("regen.triples.changed", len(change.delta.added) + len(change.delta.removed))
    session.sum = moved_sum(session.sum, change.delta)
    session.pending.changes.append((change, origins))
    session.last_change = change
    return False


def _changes(session: Session, reads: Sequence[Read], gone: Sequence[str]) -> list[GraphChange]:
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


def _first_load(session: Session, reads: Sequence[Read], origins: Origins) -> None:
    deltas = [read.version.delta for read in reads if read.version is not None and read.version.delta is not None]
    files = tuple(sorted((delta.iri, delta.added) for delta in deltas))
    session.rows = Shared()
    session.dataset = new_dataset(session, files)
    session.sum = sum_of(file_lines(files))
    keep(session, session.dataset)
    session.pending.first = FirstLoad(files, origins)
    session.last_change = None


def _moved(session: Session, changes: list[GraphChange], units: list[Unit], origins: Origins) -> Change:
    dataset = filled(session)
    delta = dataset.insert(changes)
    probes: tuple[Probe, ...] = ()
    try:
        with stage("probe", views=sum(len(unit.views.selectors) for unit in units)):
            probes = probe([unit.views for unit in units], dataset.store, delta)
    finally:
        dataset.settle(delta)
    session.rows.follow(probes, {selector.digest for unit in units for _, selector in unit.views.selectors})
    why = reasons(delta, session.prefixes(), origins)
    answers = Answers(dataset.store)
    for place in session.places:
        entries = resolve(probes, answers, delta, place.records, why)
        _add(session, place, ((entry.artifact, entry.because) for entry in entries))
    return find_change(delta, Settled(delta, dataset))


def _take_rows(session: Session, reads: Sequence[Read], gone: Sequence[str]) -> None:
    pending = session.pending
    for read in reads:
        path = read.row.path
        stored = path in session.files and session.files[path].blob is not None and path not in pending.contents
        session.files[path] = pending.files[path] = read.row
        if session.listed is not None:
            session.listed.put(path, read.row.digest)
        session.remark(read.row)
        _take_known(session, read)
        if read.version is None or read.version.delta is None:
            continue
        delta = read.version.delta
        session.remember_quads(path, delta.quads)
        if read.text is not None:
            pending.texts[path] = read.text
        if delta.written or read.row.written is not None:
            pending.written[path] = delta.written
        if stored and (len(delta.added) + len(delta.removed)) * _PATCH_SHARE < len(delta.quads):
            if delta.added or delta.removed:
                pending.patches.append((path, frozenset(delta.added), frozenset(delta.removed)))
        else:
            pending.contents[path] = delta.quads
            pending.patches = [patch for patch in pending.patches if patch[0] != path]
    for path in gone:
        if path.startswith(SOURCE):
            pending.known[path_name(path)] = None
            session.known.pop(path_name(path), None)
        del session.files[path]
        if session.listed is not None:
            session.listed.drop(path)
        session.forget_quads(path)
        session.remarked.discard(path)
        pending.files[path] = None
        pending.contents.pop(path, None)
        pending.patches = [patch for patch in pending.patches if patch[0] != path]


def _take_known(session: Session, read: Read) -> None:
    """What a source said of its version; of one that cannot be parsed it is forgotten, so that it comes again."""
    if not read.row.path.startswith(SOURCE) or (read.known is None and read.version is None):
        return
    name = path_name(read.row.path)
    session.pending.known[name] = read.known
    if read.known is None:
        session.known.pop(name, None)
    else:
        session.known[name] = read.known


def _stale_units(session: Session, *, first: bool) -> None:
    """Templates that came, changed or went make all their artifacts stale; with the first triples, all templates do."""
    for place in session.places:
        recorded = _known_units(session, place)
        # A fresh clone has artifacts of templates that are on no other record.
        standing = place.records.templates() if not recorded else frozenset()
        for name in sorted({*recorded, *session.units, *standing}):
            known, unit = recorded.get(name), session.units.get(name)
            same = known is not None and unit is not None and known[0] == unit.digest
            if same and not first:
                continue
            because = _FIRST if same else difference(name, known, unit)
            records = place.records.of(name).values()
            # An edited file that stayed when its template went has been told of; it is not told of again.
            artifacts = {r.artifact for r in records if unit is not None or r.state != Standing.ORPHAN.value}
            if unit is not None:
                artifacts.update(every_key(session, unit))
            elif known is None and not artifacts:
                continue
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
    for path in sorted(session.remarked):
        row = session.files[path]
        if row.error is not None:
            message, where, hint = row.error
            line, column = _line_column(where or "")
            until = "its last good version stays in force" if row.blob is not None else "the file is left out"
            end = "until it answers" if path.startswith(SOURCE) else "until it is mended"
            yield Finding("load", "error", f"{message}; {until} {end}", path, line, column, hint)
        yield from (Finding("load", "warning", warning, path) for warning in row.warnings)
    key = key_file(session.config.root, session.config.receipts.key)
    if key is not None and open_to_others(key):
        message = "others than you may read or change the key that signs receipts"
        yield Finding("receipts", "warning", message, str(key), hint=f"run `chmod 600 {key}`")


def _line_column(where: str) -> tuple[int | None, int | None]:
    numbers = [int(part) for part in where.split(":")[1:] if part.isdigit()]
    return (numbers[0] if numbers else None), (numbers[1] if len(numbers) > 1 else None)
