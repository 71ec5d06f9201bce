"""Heirs: artifacts that take over a file with its base: renamed subjects, and new owners of a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from regen.errors import StateError
from regen.model.artifact import ArtifactId, Because
from regen.model.delta import Delta
from regen.model.finding import Finding
from regen.model.plan import Action
from regen.model.term import Term
from regen.orchestrator import renames
from regen.orchestrator.assemble import Work
from regen.orchestrator.chunk import Job, Made
from regen.orchestrator.disk import read_disk
from regen.orchestrator.session import Place, Session
from regen.orchestrator.stale import filled
from regen.stages.diff import short
from regen.state import releases
from regen.state.blobs import digest_of
from regen.state.records import Record

Jobs = dict[str, list[Job]]


def follow_renames(session: Session, work: Work, jobs: Jobs) -> tuple[Finding, ...]:
    """Let new artifacts take over those of renamed subjects; gives proposals for what is not certain."""
    came = [a for a, record in work.records.items() if _without_file(record) and a.key is not None]
    templates = {artifact.template for artifact in came}
    gone = {r.artifact: r for r in work.gone if r.artifact.template in templates and _heritable(r)}
    if not gone:
        return ()
    keys = {artifact.key for artifact in gone if artifact.key is not None}
    delta = _since(session, work.place)
    names = renames.derived(filled(session), delta) if delta is not None else {}
    names |= renames.stated(filled(session), sorted(keys, key=lambda k: k.sort_key), {a.key for a in came if a.key})
    for artifact, record in gone.items():
        heir = ArtifactId(artifact.template, names.get(artifact.key)) if artifact.key in names else None
        if heir is not None and heir in work.records and _without_file(work.records[heir]):
            _take_over(work, jobs, heir, record, _renamed(session, work.because[heir], artifact.key, heir.key))
    left = [artifact for artifact, record in gone.items() if record in work.gone and _edited(work.place, record)]
    return tuple(_proposals(session, work, delta, left)) if delta is not None and left else ()


def reconsider(work: Work, jobs: Jobs, made: Mapping[ArtifactId, Made]) -> tuple[Jobs, tuple[Finding, ...]]:
    """Jobs to do again now that paths are known, changed in place in `jobs`, and what a person has to know of them.

    A path whose owner goes in this plan, or says no now, is inherited with its base; one whose owner moves away is
    free. A renamed artifact that would conflict is none: the edited file stays where it is, and the new one is made
    beside it.
    """
    again: Jobs = {}
    unfit: list[Finding] = []
    said_no = [work.records[artifact] for artifact, value in made.items() if value.path is None and value.error is None]
    leaving = [*work.gone, *(record for record in said_no if record is not None)]
    gone = {record.path: record for record in leaving if _heritable(record) and record.state != "orphan"}
    moving = {
        record.path
        for artifact, record in work.records.items()
        if record is not None and artifact in made and made[artifact].path not in (None, record.path)
    }
    for artifact, value in sorted(made.items(), key=lambda pair: pair[0].sort_key):
        heir_of = work.inherited.get(artifact)
        conflict = value.decision is not None and value.decision.action is Action.CONFLICT
        if heir_of is not None and conflict and value.path != heir_of.path:
            unfit.append(_unfit(heir_of, value))
            _let_go(work, jobs, artifact)
        elif _without_file(work.records.get(artifact)) and value.path in gone:
            _take_over(work, jobs, artifact, gone.pop(value.path), work.because[artifact])
        elif _without_file(work.records.get(artifact)) and value.path in moving:
            _change(jobs, artifact, vacant=True)
        else:
            continue
        again.setdefault(artifact.template, []).append(_job(jobs, artifact))
    return again, tuple(unfit)


def _unfit(old: Record, made: Made) -> Finding:
    """That an edited file would have moved with its subject, and why it does not."""
    why = "; ".join(one.message for one in made.decision.conflicts) if made.decision is not None else ""
    message = f"{made.path} is what {old.path} was renamed to, and your edit does not fit there: {why}"
    return Finding("merge", "note", message, old.path, hint=f"take your edit over by hand, then delete {old.path}")


def _without_file(record: Record | None) -> bool:
    """Whether an artifact had no file: it is new, or its template said no so far."""
    return record is None or record.path is None


def _heritable(record: Record) -> bool:
    return record.path is not None and record.base is not None and record.state != "deleted"


def _take_over(work: Work, jobs: Jobs, heir: ArtifactId, record: Record, because: Because) -> None:
    work.inherited[heir] = work.records[heir] = record
    work.because[heir] = because
    if record in work.gone:  # else its template says no: the artifact stays on record, without a file
        work.gone.remove(record)
    earlier = work.place.records.earlier(record)
    _change(jobs, heir, path=record.path, base=record.base, content=record.content, earlier=earlier, adopt=True)


def _let_go(work: Work, jobs: Jobs, heir: ArtifactId) -> None:
    work.gone.append(work.inherited.pop(heir))
    work.records[heir] = None
    _change(jobs, heir, path=None, base=None, content=None, earlier=frozenset(), adopt=False)


def _change(jobs: Jobs, artifact: ArtifactId, **values: object) -> None:
    old = _job(jobs, artifact)
    mine = jobs[artifact.template]
    mine[mine.index(old)] = replace(old, **values)  # type: ignore[arg-type]


def _job(jobs: Jobs, artifact: ArtifactId) -> Job:
    return next(job for job in jobs[artifact.template] if job.key == artifact.key)


def _renamed(session: Session, because: Because, old: Term | None, new: Term | None) -> Because:
    prefixes = session.prefixes()
    if old is None or new is None:
        return because
    return replace(because, text=f"{short(old, prefixes)} is now {short(new, prefixes)}", quad=None)


def _since(session: Session, place: Place) -> Delta | None:
    """What changed since the environment's release; None where the history does not go back that far."""
    release = releases.current(session.state.db, place.name)
    if release is None:
        return None
    stored = session.history.position().revision
    try:
        known = [session.history.change(number).delta for number in range(release.revision + 1, stored + 1)]
    except StateError:
        return None
    return renames.net([*known, *(change.delta for change, _ in session.pending.changes)])


def _edited(place: Place, record: Record) -> bool:
    disk = read_disk(place.root, str(record.path))
    return disk is not None and digest_of(disk) != record.base


def _proposals(session: Session, work: Work, delta: Delta, left: list[ArtifactId]) -> Iterator[Finding]:
    paths = {record.artifact: record.path for record in work.gone}
    came = sorted((a for a, record in work.records.items() if _without_file(record)), key=lambda a: a.sort_key)
    prefixes = session.prefixes()
    for proposal in renames.propose(delta, left, came):
        if proposal.old.key is None or proposal.new.key is None:
            continue
        old, new = short(proposal.old.key, prefixes), short(proposal.new.key, prefixes)
        yield Finding(
            "merge",
            "note",
            f"{old} may be called {new} now ({proposal.share:.0%} of the facts are equal); its file was edited",
            paths[proposal.old],
            hint=f"to take the edits along, state {old} owl:sameAs {new} in the graph before you apply this",
        )
