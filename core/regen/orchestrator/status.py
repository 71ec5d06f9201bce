"""Status: where things stand, read without holding the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from regen.config import Config, find_root, load_config
from regen.holder import STATE_FOLDER
from regen.model.alert import Alert
from regen.model.graphfile import SOURCE
from regen.model.release import Freeze, Hold, Release
from regen.orchestrator.environments import Deployed, deployed
from regen.orchestrator.outcome import when
from regen.stages.deploy import Interrupted, interrupted
from regen.state import alerts, holds, releases, rescues
from regen.state.files import read_files
from regen.state.opening import State, read_state
from regen.state.records import Records
from regen.state.rescues import Rescue
from regen.state.stale import count_stale


@dataclass(frozen=True, slots=True)
class Status:
    """Where one environment stands.

    Attributes:
        root: the project's folder.
        environment: its name; target: the folder that it deploys to.
        release: the current one; None before the first.
        revision: of the dataset as it was last taken in.
        files, quads: graph files in force, and the quads of files and sources.
        broken: graph files and sources that cannot be read, with the reason.
        artifacts: counts by state: "ok", "conflict", "orphan", "deleted".
        stale: artifacts known to be affected and not yet released.
        conflicts: open ones.
        set_aside: edits that wait to be restored.
        hold: set while a rollback holds the environment.
        freeze: set while no watch deploys there, for no good release was left to go back to.
        rescue: the last automatic rollback; None where none was.
        alerts: those that are open.
        interrupted: set while a deployment was cut off; the next command that opens the project ends it.
        sources: graphs in force that are no files.
        environments: every one that is enabled, where no single one was asked for.
    """

    root: str
    environment: str
    target: str
    release: Release | None
    revision: int
    files: int
    quads: int
    broken: tuple[tuple[str, str], ...]
    artifacts: tuple[tuple[str, int], ...]
    stale: int
    conflicts: int
    set_aside: int
    hold: Hold | None
    freeze: Freeze | None
    interrupted: Interrupted | None
    sources: int = 0
    environments: tuple[Deployed, ...] = ()
    rescue: Rescue | None = None
    alerts: tuple[Alert, ...] = ()

    def rows(self) -> Iterator[tuple[str, str]]:
        """The status for people, as (name, text)."""
        env = "" if self.environments else f" --env {self.environment}"
        yield "project", self.root
        yield "environment", f"{self.environment} → {self.target}"
        if self.release is None:
            yield "release", f"none yet: run `regen apply{env}`"
        else:
            note = f"  {self.release.note}" if self.release.note else ""
            yield "release", f"{self.release.number} ({self.release.state}), {when(self.release.at)}{note}"
        sources = f" and {_many(self.sources, 'source')}" if self.sources else ""
        files = _many(self.files, "file")
        yield "graph", f"{self.quads:,} quads in {files}{sources}, revision {self.revision}"
        for path, reason in self.broken:
            yield "broken", f"{path}: {reason}"
        counts = ", ".join(f"{count:,} {state}" for state, count in self.artifacts)
        yield "artifacts", counts or "none"
        if self.stale:
            yield "stale", f"{self.stale:,} wait to be rendered: run `regen apply{env}`"
        if self.conflicts:
            yield "conflicts", f"{self.conflicts} open: `regen conflicts{env}` lists them"
        if self.set_aside:
            yield "set aside", f"{self.set_aside} edits: `regen restore --list{env}` names them"
        if self.hold is not None:
            yield "held", f"since {when(self.hold.at)}, by a rollback: change the inputs, or run `regen resume{env}`"
        if self.freeze is not None:
            since, bad = when(self.freeze.at), self.freeze.release
            yield "frozen", f"since {since}, at the bad release {bad} ({self.freeze.why}), until `regen resume{env}`"
        for alert in self.alerts:
            yield alert.severity, f"since {when(alert.since)}: {alert.message}"
        if self.rescue is not None:
            left, made = self.rescue.breach.release, self.rescue.release
            yield "rolled back", f"by itself, from release {left} to {made}: {self.rescue.breach}"
        if self.interrupted is not None:
            yield (
                "interrupted",
                (f"release {self.interrupted.release} was cut off; the next `regen apply` brings it to its end"),
            )
        if len(self.environments) > 1:
            for one in self.environments:
                yield "deployed", str(one)


def read_status(folder: Path, environment: str | None) -> Status:
    """Where an environment stands; it may be held by another process meanwhile.

    Args:
        folder: the project, or one inside it.
        environment: its name; None: the first one, and all of them in a line each.

    Raises:
        RegenError: the folder is no project, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    name = config.environment(environment).name
    with read_state(config.root / STATE_FOLDER) as state:
        found = _empty(config, name) if state is None else _status(config, name, state)
        return replace(found, environments=tuple(deployed(config, state)) if environment is None else ())


def _empty(config: Config, name: str) -> Status:
    target = config.environment(name).target
    return Status(str(config.root), name, target, None, 0, 0, 0, (), (), 0, 0, 0, None, None, None)


def _status(config: Config, name: str, state: State) -> Status:
    database = state.db
    files = read_files(database)
    sources = sum(path.startswith(SOURCE) for path in files)
    row = database.one("SELECT max(number) FROM revision")
    conflicts = database.one("SELECT count(*) FROM conflict WHERE environment = ?", (name,))
    return Status(
        root=str(config.root),
        environment=name,
        target=config.environment(name).target,
        release=releases.current(database, name),
        revision=int(row[0] or 0) if row is not None else 0,
        files=len(files) - sources,
        quads=sum(file.quads for file in files.values()),
        broken=tuple((path, file.error[0]) for path, file in files.items() if file.error is not None),
        artifacts=tuple(sorted(Records(database, name).counts().items())),
        stale=count_stale(database, name),
        conflicts=int(conflicts[0]) if conflicts is not None else 0,
        set_aside=len(releases.kept_edits(database, name)),
        hold=holds.held(database, name),
        freeze=holds.frozen(database, name),
        interrupted=interrupted(state, name),
        sources=sources,
        rescue=rescues.last(database, name),
        alerts=alerts.open_alerts(database, name),
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
