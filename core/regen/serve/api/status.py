"""Routes: where things stand."""

from __future__ import annotations

from dataclasses import dataclass

from regen.orchestrator.environments import Deployed, deployed
from regen.serve.desk import Desk, Watching
from regen.serve.problems import Problem
from regen.serve.route import Nothing, read
from regen.serve.running import RunningCycle
from regen.state import holds
from regen.state.opening import State
from regen.version import __version__


@dataclass(frozen=True, slots=True)
class StandingEnvironment:
    """Where one environment stands.

    Attributes:
        release, version: that stands there; None: none yet, or it has no version.
        artifacts: that it has.
        stale: artifacts that wait to be released.
        conflicts: that are open.
        held: whether a rollback holds it.
        frozen: why no watch deploys there; None: it does.
        incomplete: whether the release left files out that are in conflict.
        health: "stands", "nothing yet", "interrupted" or "gone".
        automatic: whether a watch deploys there.
    """

    name: str
    deployer: str
    release: int | None
    version: str | None
    artifacts: int
    stale: int
    conflicts: int
    held: bool
    frozen: str | None
    incomplete: bool
    health: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class ServedStatus:
    """Where the project stands.

    Attributes:
        project: name of its folder.
        version: of regen.
        revision: of the dataset as it was last taken in.
        environments: those that are enabled.
        running: the cycle that is under way here; None: none is, or the watch runs in another process.
        started: when the server started; seconds since the epoch, UTC.
    """

    project: str
    version: str
    revision: int
    environments: tuple[StandingEnvironment, ...]
    watch: Watching
    running: RunningCycle | None
    started: float


@dataclass(frozen=True, slots=True)
class Fine:
    """That the server answers.

    Attributes:
        status: "ok".
    """

    status: str


@read("/api/v1/status")
def status(desk: Desk, asked: Nothing) -> ServedStatus:
    """Where things stand: each environment, the watch, and the cycle that is under way."""
    config = desk.config
    with desk.readers.read() as state:
        standing = tuple(_standing(one, state) for one in deployed(config, state))
        row = state.db.one("SELECT max(number) FROM revision") if state is not None else None
    revision = int(row[0] or 0) if row is not None else 0
    return ServedStatus(
        desk.root.name, __version__, revision, standing, desk.watching(), desk.running.cycle, desk.started
    )


def _standing(one: Deployed, state: State | None) -> StandingEnvironment:
    name, release = one.environment, one.release
    held, frozen, artifacts, conflicts = False, None, 0, 0
    if state is not None:
        freeze = holds.frozen(state.db, name)
        frozen = None if freeze is None else freeze.why
        held = holds.held(state.db, name) is not None
        artifacts = _count(state, "SELECT count(*) FROM artifact WHERE environment = ?", name)
        conflicts = _count(state, "SELECT count(*) FROM conflict WHERE environment = ?", name)
    return StandingEnvironment(
        name,
        one.deployer,
        release.number if release is not None else None,
        release.version if release is not None else None,
        artifacts,
        one.stale,
        conflicts,
        held,
        frozen,
        release is not None and not release.complete,
        one.health,
        one.automatic,
    )


def _count(state: State, query: str, name: str) -> int:
    row = state.db.one(query, (name,))
    return int(row[0]) if row is not None else 0


@read("/healthz", right=None)
def healthz(desk: Desk, asked: Nothing) -> Fine:
    """Whether the server answers at all."""
    return Fine("ok")


@read("/readyz", right=None)
def readyz(desk: Desk, asked: Nothing) -> Fine:
    """Whether the project can be asked: its state is readable, and the first cycle of a watch in this process is over.

    A 503 says what is missing.
    """
    if not desk.ready:
        raise Problem(503, "the first cycle of the watch is under way", "ask again", {"Retry-After": "1"})
    with desk.readers.read() as state:
        if state is not None:
            state.db.one("SELECT 1 FROM meta LIMIT 1")
    return Fine("ok")
