"""Past: a base whose bytes are in no blob is rendered again, from the inputs at the git revision that locked it.

Why after the first decision: only then is it known which artifacts need it, those with edits and another render. Why
the digest is compared: another engine, another plugin, inputs that were never committed together give other bytes, and
a merge on a wrong base would be a guess.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from regen.errors import RegenError
from regen.model.artifact import ArtifactId
from regen.model.finding import Finding
from regen.model.plan import Action
from regen.orchestrator.advance import take_in
from regen.orchestrator.assemble import Work
from regen.orchestrator.chunk import Chunk, Job, Made, produce
from regen.orchestrator.pending import Unit
from regen.orchestrator.production import workshop_of
from regen.orchestrator.revisions import Repository, repository
from regen.orchestrator.rows import evaluated
from regen.orchestrator.session import Place, Session
from regen.orchestrator.sources import carried
from regen.orchestrator.stale import filled
from regen.state.blobs import digest_of
from regen.state.lockfile import lock_of
from regen.telemetry import stage

_REVISIONS = 20  # each is parsed and compiled as a whole; who asks for more has changed everything
_NO_BASE = frozenset({Action.NOTHING, Action.ADOPT, Action.KEEP, Action.DELETE})


async def with_lost_bases(
    session: Session, work: Work, jobs: Mapping[str, Sequence[Job]], made: Mapping[ArtifactId, Made]
) -> tuple[dict[str, list[Job]], tuple[Finding, ...]]:
    """Jobs to do again, for the bytes of their bases are known now, and what is said of that.

    Costs nothing where no base is lost. A base that was not found is not looked for again while the session is open.
    """
    lost = {
        ArtifactId(template, job.key): job
        for template, mine in jobs.items()
        for job in mine
        if _needs(session, session.units[template], job, made.get(ArtifactId(template, job.key)))
    }
    if not lost:
        return {}, ()
    with stage("past", artifacts=len(lost)) as span:
        found = await _found(session, work, lost)
        span.set_attribute("regen.found", len(found))
    again: dict[str, list[Job]] = {}
    for artifact, job in lost.items():
        if artifact in found:
            again.setdefault(artifact.template, []).append(job)
    return again, tuple(_says(found))


def _needs(session: Session, unit: Unit, job: Job, made: Made | None) -> bool:
    """Whether a decision was made without a base that is on record, and might be another one with it."""
    if job.base is None or job.base in session.unfound or made is None or made.decision is None:
        return False
    if made.old is None or job.base in (made.old, made.render) or unit.template.force:
        return False
    return made.decision.action not in _NO_BASE and not session.state.blobs.has(job.base)


async def _found(session: Session, work: Work, lost: Mapping[ArtifactId, Job]) -> dict[ArtifactId, str]:
    """The revision at which each base was rendered; its bytes are a blob now."""
    place = work.place
    wanted = {artifact: str(job.base) for artifact, job in lost.items()}
    session.unfound.update(wanted.values())
    git = await repository(session.config.root)
    if git is None:
        return {}
    lock = lock_of(session.state.lock_folder, place.name).relative_to(session.config.root).as_posix()
    revisions = await git.holding(wanted.values(), lock)
    found: dict[ArtifactId, str] = {}
    for revision, bases in list(revisions.items())[:_REVISIONS]:
        # What took a file over has its base from the artifact that had the file then.
        asked = {_origin(work, artifact): base for artifact, base in wanted.items() if base in bases}
        renders = await _renders(session, place, git, revision, asked)
        session.state.blobs.put_many(list(renders.values()))
        found.update((artifact, revision) for artifact in wanted if _origin(work, artifact) in renders)
    session.unfound.difference_update(wanted[artifact] for artifact in found)
    return found


def _origin(work: Work, artifact: ArtifactId) -> ArtifactId:
    heir_of = work.inherited.get(artifact)
    return artifact if heir_of is None else heir_of.artifact


async def _renders(
    session: Session, place: Place, git: Repository, revision: str, bases: Mapping[ArtifactId, str]
) -> dict[ArtifactId, bytes]:
    """The bytes of those artifacts that come out with the digest of their base at a revision."""
    from regen.orchestrator.opening import open_session

    with tempfile.TemporaryDirectory(prefix="regen-") as folder:
        try:
            project = await git.take_out(revision, Path(folder))
            if project is None:
                return {}
            async with open_session(project, command="past", wait_s=0.0, plugins=session.extra) as past:
                past.answers |= carried(session, {table.name for table in past.config.sources})
                await take_in(past)
                names = {one.name for one in past.places}
                there = past.place(place.name if place.name in names else None)
                return await _rendered(past, there, bases)
        except (RegenError, OSError):
            return {}  # what was committed then cannot be read, or not by this engine


async def _rendered(past: Session, place: Place, bases: Mapping[ArtifactId, str]) -> dict[ArtifactId, bytes]:
    found: dict[ArtifactId, bytes] = {}
    for artifact, base in bases.items():
        unit = past.units.get(artifact.template)
        rows = evaluated(past, place, unit, artifact.key) if unit is not None else ()
        if unit is None or unit.template.needs or (unit.views.each and not rows):
            continue  # what others were called then is on no record
        chunk = Chunk(workshop_of(past, place), unit.template, (Job(artifact.key, rows, vacant=True),))
        (made,) = (await produce(chunk, filled(past), past.hooks)).made
        render = made.decision.render if made.decision is not None else None
        if render is not None and digest_of(render) == base:
            found[artifact] = render
    return found


def _says(found: Mapping[ArtifactId, str]) -> Iterable[Finding]:
    for revision in dict.fromkeys(found.values()):
        artifacts = [artifact for artifact, at in found.items() if at == revision]
        more = f" and {len(artifacts) - 1} more" if len(artifacts) > 1 else ""
        yield Finding(
            "merge", "note", f"the last render of {artifacts[0]}{more} was made again from git {revision[:12]}"
        )
