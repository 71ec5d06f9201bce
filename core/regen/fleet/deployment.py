"""Deployment: a release that is wholly here comes to stand; one that is not well is left again, without any hub."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from regen.commands import run_beside
from regen.errors import DeployError, UsageError
from regen.fleet.edits import Looks, record_edits
from regen.fleet.modes import WithModes, modes_of
from regen.fleet.opening import Held, remerger
from regen.fleet.plan import plan_of
from regen.fleet.pull import Pulled
from regen.model.receipt import Facts
from regen.model.release import Release
from regen.stages import deploy
from regen.state import audit, edge, faults, outbox, releases
from regen.state.commands import variables

_SAID = 2000  # letters of what a command printed
_FAILED = "edge failed"  # the row of `meta` with the receipt of the release that could not be deployed last


@dataclass(frozen=True, slots=True)
class Deployed:
    """What came of a release.

    Attributes:
        hub: the number that the hub gave it.
        number: of the release of this edge's own state that holds it.
        restores: the release that the hub brought back by it; None where it is no rollback.
        conflicts: paths that wait for a person.
        kept: how many edits left the disk and are kept.
    """

    hub: int
    number: int
    restores: int | None = None
    conflicts: tuple[str, ...] = ()
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Back:
    """What came of a rollback: from which release of the hub to which, and why."""

    left: int
    to: int
    why: str
    conflicts: tuple[str, ...] = ()


async def deploy_pulled(work: Held, pulled: Pulled, looks: Looks) -> Deployed:
    """Bring a release to stand, whole or not at all; the hub is told by the same transaction.

    Raises DeployError, PathError, StateError; what stood before then stands again.
    """
    state, ready = work.state, work.ready
    record_edits(work, looks, at=time.time())  # what the plan reads is recorded before
    plan = await plan_of(work, pulled, looks)
    receipt, hub = pulled.receipt, pulled.manifest.number
    at = time.time()
    target = replace(ready.target, deployer=WithModes(ready.target.deployer, modes_of(pulled.manifest.files)))
    faults.point("edge.deploy")
    try:
        with audit.attempting(state.db, "apply", environment=ready.environment, before=plan.parent):
            done = deploy.commit(
                state,
                target,
                plan,
                inputs=receipt.digest,
                at=at,
                remerge=remerger(ready),
                note=f"release {hub} of the hub",
                nothing=plan.nothing,
                within=_comes_to_stand(work, pulled, plan.parent, at),
                facts=_facts(work),
            )
    except DeployError as error:
        _note_failure(work, receipt.digest, hub, error)
        raise
    faults.point("edge.deployed")
    if done.verified is not None and not done.verified.passed and done.release is not None:
        raise deploy.mismatch(ready.environment, done.release.number, done.verified)
    number = done.release.number if done.release is not None else plan.parent or 0
    return Deployed(hub, number, receipt.restores, done.conflicts, len(done.kept))


def _facts(work: Held) -> Facts:
    environment = work.ready.config.environment
    return Facts(environment.deployer, environment.target)


def _comes_to_stand(work: Held, pulled: Pulled, parent: int | None, at: float) -> Callable[[int | None], None]:
    """What the transaction that makes a release says of it beside."""
    state, ready, receipt, hub = work.state, work.ready, pulled.receipt, pulled.manifest.number

    def within(number: int | None) -> None:
        stands = number if number is not None else parent or 0
        told = {"restores": receipt.restores, "signed_by": list(receipt.signed_by), "gap": pulled.gap}
        edge.come_to_stand(state.db, number=stands, hub=hub, receipt=receipt.digest, at=at, kind="deployed", data=told)
        why = f"release {hub} of {ready.config.edge.hub}"
        audit.note(state.db, "apply", environment=ready.environment, why=why, before=parent, after=number)

    return within


def _note_failure(work: Held, receipt: str, hub: int, error: DeployError) -> None:
    """Tell the hub of a release that could not be deployed, once."""
    database = work.state.db
    row = database.one("SELECT value FROM meta WHERE name = ?", (_FAILED,))
    if row is not None and row[0] == receipt:
        return
    with database.transaction():
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_FAILED, receipt))
        outbox.note(database, "failed", {"error": str(error)[:_SAID]}, at=time.time(), release=hub)


async def check_health(work: Held, looks: Looks) -> Back | None:
    """Ask the health command about what stands, if nobody has to its end; go back where it says no.

    Returns:
        What came of the rollback; None where all is well, or there is no such command.

    Raises DeployError, StateError; UsageError where there is nothing good to go back to, which is told to the hub too.
    """
    command, standing = work.ready.config.edge.health, edge.stands(work.state.db)
    if command is None or standing is None or standing.healthy is not None:
        return None
    at, started = time.time(), time.perf_counter()
    healthy, said = await _asked(work, command, standing.hub)
    data = {"healthy": healthy, "said": said, "command": command, "duration_s": time.perf_counter() - started}
    if healthy:
        with work.state.db.transaction():
            edge.note_health(work.state.db, standing.position, healthy=True)
            outbox.note(work.state.db, "health", data, at=at, release=standing.hub)
        return None
    faults.point("edge.unhealthy")
    known = work.state.db.one(
        "SELECT 1 FROM edge_record WHERE kind = 'health' AND release = ? AND at >= ?", (standing.hub, standing.at)
    )
    if known is None:  # else a rollback was cut off after it was told
        outbox.note(work.state.db, "health", data, at=at, release=standing.hub)
    try:
        return roll_back(work, looks, None, why=f"`health` says no: {said}", unhealthy=True)
    except UsageError:
        with work.state.db.transaction():
            edge.note_health(work.state.db, standing.position, healthy=False)
        raise


async def _asked(work: Held, command: str, hub: int) -> tuple[bool, str]:
    """Whether the health command says yes, and what it said."""
    limit = work.ready.config.edge.health_timeout_s
    told = variables(work.ready.environment, hub, work.ready.target.tree)
    try:
        argv = shlex.split(command)
        ran = await run_beside(argv, folder=work.ready.root, variables=told, timeout_s=limit, most=_SAID, reaped=True)
    except OSError as error:
        return False, f"it cannot be run: {error.strerror or error}"
    how = f"no answer in {limit:g} s" if ran.code is None else f"exit code {ran.code}"
    said = ": ".join(part for part in (how, ran.last_line[:200]) if part)
    return ran.code == 0, said


def roll_back(
    work: Held,
    looks: Looks,
    to: int | None,
    *,
    why: str = "",
    discard_edits: bool = False,
    force: bool = False,
    unhealthy: bool = False,
) -> Back:
    """Let an earlier release stand again, as it stood here; no hub is needed.

    Args:
        to: the hub's number; None: the nearest good one before.
        unhealthy: whether the health command asks for it.

    Raises:
        UsageError: no such release stood here, or none is good.
        DeployError, PathError, StateError: as `regen.stages.deploy.rollback`.
    """
    state, name = work.state, work.ready.environment
    record_edits(work, looks, at=time.time())
    standing = edge.stands(state.db)
    if standing is None:
        raise UsageError("nothing stands on this edge yet", hint="`regen edge sync` gets the newest release")
    number = None if to is None else _number_of(work, to)
    at = time.time()

    wanted = deploy.Wanted(number, why, discard_edits=discard_edits, force=force)
    within = _goes_back(work, standing, why, at, unhealthy=unhealthy)
    with (
        audit.attempting(state.db, "rollback", environment=name, before=standing.number),
        _in_words_of_an_edge(standing.hub, to),
    ):
        done = deploy.rollback(
            state, work.ready.target, wanted, at=at, remerge=remerger(work.ready), within=within, facts=_facts(work)
        )
    now = edge.stands(state.db)
    return Back(standing.hub, now.hub if now is not None else 0, why, done.conflicts)


def _goes_back(
    work: Held, standing: edge.Stands, why: str, at: float, *, unhealthy: bool
) -> Callable[[Release, Release], None]:
    """What the transaction of a rollback says of it beside."""
    state, name = work.state, work.ready.environment

    def within(left: Release, made: Release) -> None:
        restored = edge.at_number(state.db, made.restores or 0)
        hub, receipt = (restored.hub, restored.receipt) if restored is not None else (0, "")
        if unhealthy:
            edge.note_health(state.db, standing.position, healthy=False)
        told = {"left": standing.hub, "why": why, "by": "health" if unhealthy else "hand"}
        edge.come_to_stand(state.db, number=made.number, hub=hub, receipt=receipt, at=at, kind="rolled back", data=told)
        current = edge.stands(state.db)
        if restored is not None and restored.healthy and current is not None:
            edge.note_health(state.db, current.position, healthy=True)
        audit.note(state.db, "rollback", environment=name, why=why, before=left.number, after=made.number)

    return within


@contextmanager
def _in_words_of_an_edge(standing: int, to: int | None) -> Iterator[None]:
    """Numbers are the hub's here, and the way out of what cannot be meant is another one than in a project.

    Args:
        standing, to: the hub's numbers of what stands and of what was asked for.
    """
    try:
        yield
    except UsageError as error:
        if to is None:
            message = f"release {standing} stays: there is no good release before it on this edge"
            hint = "`regen edge sync` gets what is newer; `regen edge rollback N --force` goes to a bad one, too"
        elif to == standing:
            message, hint = f"release {to} is what stands now", "`regen edge rollback` goes to the one before"
        else:
            message = f"release {to} is marked bad: this edge went back from it"
            hint = f"choose another, or `regen edge rollback {to} --force`"
        raise UsageError(message, hint=hint) from error


def _number_of(work: Held, hub: int) -> int:
    """The release of this edge's own state that holds a release of the hub."""
    known = edge.of_hub(work.state.db, hub)
    kept = {one.number for one in releases.history(work.state.db, work.ready.environment)}
    found = next((one.number for one in known if one.number in kept), None)
    if found is None:
        rows = work.state.db.execute("SELECT DISTINCT hub, number FROM edge_release ORDER BY hub")
        here = dict.fromkeys(str(one) for one, number in rows if number in kept)
        raise UsageError(
            f"release {hub} of the hub never stood on this edge, or is forgotten", hint=f"there are: {', '.join(here)}"
        )
    return found
