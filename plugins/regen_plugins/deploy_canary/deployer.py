"""Canary: a release goes to a share of targets first, and to all of them when it has proved itself.

The environment's own folder is a shelf of releases, as `releases` makes it; each target that is a folder is a shelf of
its own, so that who reads there sees one release whole. Other targets are hosts, and a command brings it to them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio.to_thread
from blake3 import blake3

from regen.commands import run_beside
from regen.config import DeployerSettings, Key
from regen.errors import ConfigError, DeployError
from regen.hooks.protocols import Journal
from regen.model.rollout import Analysis, Pause, SetWeight, Step
from regen.state.commands import MOST, variables
from regen_plugins.whole.shelf import ShelfDeployer

_HINT = "targets are folders of their own; each step has one of `set_weight`, `pause`, `pause_s`, `analysis`"
NAME = "canary"


@dataclass(frozen=True, slots=True)
class StepTable:
    """One step; exactly one of `set_weight`, `pause`, `pause_s` and `analysis`."""

    set_weight: Annotated[int | None, Key("so many targets of a hundred get the release", minimum=0, maximum=100)] = (
        None
    )
    pause: Annotated[bool, Key("wait for `regen rollout promote`")] = False
    pause_s: Annotated[float | None, Key("wait so many seconds", minimum=0)] = None
    analysis: Annotated[tuple[str, ...], Key("ask these `[[probe]]`", one_or_many=True)] = ()
    count: Annotated[int, Key("how often an analysis asks", minimum=1)] = 1
    interval_s: Annotated[float, Key("seconds between two rounds of an analysis", minimum=0)] = 5.0
    failure_limit: Annotated[int, Key("rounds that may fail; one more aborts the rollout", minimum=0)] = 0
    inconclusive_limit: Annotated[int, Key("rounds that may say nothing; one more waits for a person", minimum=0)] = 0
    consecutive_success_limit: Annotated[
        int | None, Key("as many good rounds in a row are enough", minimum=1, shown="all `count` are asked")
    ] = None
    dry_run: Annotated[bool, Key("what an analysis says is told, and changes nothing")] = False


@dataclass(frozen=True, slots=True)
class Canary:
    """Keys of an environment with the deployer `canary`."""

    targets: Annotated[tuple[str, ...], Key("folders, or with `push` names of hosts, that get the releases")]
    steps: Annotated[tuple[StepTable, ...], Key("the way of a release to all targets", shown="to all at once")] = ()
    push: Annotated[
        str | None,
        Key("a command that brings the folder `REGEN_TREE` to the host `REGEN_TARGET`, such as `rsync` in a script"),
    ] = None
    push_timeout_s: Annotated[float, Key("how long `push` may take for one host", minimum=0.001)] = 300.0
    salt: Annotated[str | None, Key("decides which targets come first", shown="drawn once and kept")] = None
    keep: Annotated[
        int, Key("old releases whose folders stay; the one that a rollback goes to stays beside them", minimum=0)
    ] = 5


class CanaryDeployer(ShelfDeployer):
    """Keeps releases, and brings them to targets.

    Raises ConfigError for targets or steps that cannot be meant.
    """

    def __init__(self, canary: Canary, settings: DeployerSettings) -> None:
        super().__init__(NAME, canary.keep, settings.folder / "own")
        self._canary = canary
        self._settings = settings
        self.targets = canary.targets
        self.salt = canary.salt
        self.steps = tuple(self._step(number, table) for number, table in enumerate(canary.steps, start=1))
        self._check_targets()

    def _step(self, number: int, table: StepTable) -> Step:
        meant: list[Step] = []
        if table.set_weight is not None:
            meant.append(SetWeight(table.set_weight))
        if table.pause or table.pause_s is not None:
            meant.append(Pause(table.pause_s))
        if table.analysis:
            meant.append(
                Analysis(
                    table.analysis,
                    table.count,
                    table.interval_s,
                    table.failure_limit,
                    table.consecutive_success_limit,
                    table.inconclusive_limit,
                    table.dry_run,
                )
            )
        if len(meant) != 1:
            raise self._wrong(f"step {number} does {'nothing' if not meant else 'more than one thing'}")
        for name in table.analysis:
            if name not in self._settings.probes:
                what = f"step {number} asks the probe {name!r}, and there is none of that name"
                raise self._wrong(what, f"known: {', '.join(sorted(self._settings.probes)) or 'none'}")
        return meant[0]

    def _check_targets(self) -> None:
        if not self.targets:
            raise self._wrong("it has no targets")
        twice = next((one for number, one in enumerate(self.targets) if one in self.targets[:number]), None)
        if twice is not None:
            raise self._wrong(f"the target {twice!r} is named twice")
        if self._canary.push is not None and not self._canary.push.strip():
            raise self._wrong("`push` is empty")
        if self._canary.push is None:
            places = [(target, self._place_of(target).resolve()) for target in self.targets]
            inputs = [place.resolve() for place in self._settings.occupied]
            for number, (target, place) in enumerate(places):
                near = [other for other in (*inputs, *(p for _, p in places[:number])) if _overlap(place, other)]
                if near:
                    raise self._wrong(f"the target {target!r} overlaps {near[0]}")

    def _wrong(self, what: str, hint: str = _HINT) -> ConfigError:
        return self._settings.error(f"the environment {self._settings.environment!r}: {what}", hint)

    def _place_of(self, target: str) -> Path:
        return self._settings.project / Path(target).expanduser()

    def tree_of(self, target: str) -> Path | None:
        """The link to the release that a folder has; None for a host."""
        return self.tree(self._place_of(target)) if self._canary.push is None else None

    async def bring(self, root: Path, target: str, journal: Journal) -> None:
        """Let a target have a release."""
        if self._canary.push is not None:
            await self._push(root, target, journal, self._canary.push)
            return
        memory = self._settings.folder / "targets" / blake3(target.encode()).hexdigest()[:32]
        await anyio.to_thread.run_sync(
            _put, ShelfDeployer(NAME, self._canary.keep, memory), self._place_of(target), journal
        )

    async def _push(self, root: Path, target: str, journal: Journal, command: str) -> None:
        told = variables(self._settings.environment, journal.release, self.folder_of(root, journal.release))
        limit = self._canary.push_timeout_s
        try:
            ran = await run_beside(
                shlex.split(command),
                folder=self._settings.project,
                variables={**told, "REGEN_TARGET": target},
                timeout_s=limit,
                reaped=True,
                most=MOST,
            )
        except OSError as error:
            raise DeployError(f"`push` cannot be run: {error.strerror or error}", where=target) from error
        if ran.code != 0:
            how = f"took more than {limit:g} s" if ran.code is None else f"ended with exit code {ran.code}"
            raise DeployError(f"`push` {how}{f': {ran.last_line[:200]}' if ran.last_line else ''}", where=target)


def _put(shelf: ShelfDeployer, place: Path, journal: Journal) -> None:
    shelf.refuse_unknown(place, journal.release)
    shelf.switch(place, (), journal, folders=frozenset(), resumed=True)
    shelf.finish(place, (), journal)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
