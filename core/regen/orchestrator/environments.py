"""Environments: each of a project with the release that stands there and whether it does, read without any plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from regen.config import Config, Environment
from regen.model.release import Release
from regen.orchestrator.outcome import when
from regen.stages.deploy import interrupted
from regen.state import holds, releases
from regen.state.opening import State
from regen.state.stale import count_stale
from regen.state.standing import tree_of

Health = OneOf["nothing yet", "stands", "interrupted", "gone"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """One environment, in a line.

    Attributes:
        target: the folder that it deploys to, relative to the project.
        tree: the folder in which what stands is read, relative to the project.
        automatic: whether a watch deploys there.
        release: the current one; None before the first.
        health: "stands"; "interrupted": a deployment was cut off, and the next command that opens the project ends it;
            "gone": the folder is not there, or a link leads nowhere.
        held: by a rollback, or frozen.
        stale: artifacts that wait to be released there.
    """

    environment: str
    deployer: str
    target: str
    tree: str
    automatic: bool
    release: Release | None
    health: Health
    held: bool
    stale: int

    def __str__(self) -> str:
        """As a person reads it."""
        made = "no release yet" if self.release is None else f"release {self.release.number} ({self.release.state})"
        since = f", {when(self.release.at)}" if self.release is not None else ""
        notes = [
            *([self.health] if self.health != "nothing yet" else []),
            *(["held"] if self.held else []),
            *([f"{self.stale:,} stale"] if self.stale else []),
            *([] if self.automatic else ["by hand"]),
        ]
        told = "".join(f"; {note}" for note in notes)
        return f"{self.environment} → {self.tree} by {self.deployer}: {made}{since}{told}"


def deployed(config: Config, state: State | None) -> Iterator[Deployed]:
    """Every environment that is enabled, in the order of the configuration."""
    for environment in config.environments:
        if environment.enabled:
            yield _one(config, environment, state)


def _one(config: Config, environment: Environment, state: State | None) -> Deployed:
    name = environment.name
    known = (environment.deployer, environment.target)
    if state is None:
        return Deployed(
            name, *known, environment.target, environment.automatic, None, "nothing yet", held=False, stale=0
        )
    tree = tree_of(state.db, name) or environment.target
    release = releases.current(state.db, name)
    held = holds.held(state.db, name) is not None or holds.frozen(state.db, name) is not None
    health: Health = "nothing yet"
    if interrupted(state, name) is not None:
        health = "interrupted"
    elif release is not None:
        health = "stands" if os.path.isdir(config.root / tree) else "gone"  # noqa: PTH112 - a link is followed
    stale = count_stale(state.db, name)
    return Deployed(name, *known, tree, environment.automatic, release, health, held, stale)
