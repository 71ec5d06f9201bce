"""Checkup: how the probes of a project stand, as a watch saw them last or as they are asked now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import anyio

from regen.config import Config, find_root, load_config
from regen.config.health import probes
from regen.health import ask, read_memory
from regen.health.own import Own
from regen.holder import STATE_FOLDER
from regen.model.alert import Alert
from regen.model.probe import Probe, Reading
from regen.state import alerts, cycles, rescues
from regen.state.opening import read_state
from regen.state.rescues import Rescue


@dataclass(frozen=True, slots=True)
class Checked:
    """One probe.

    Attributes:
        readings: the last ones, the newest first; none where it was never asked.
    """

    probe: Probe
    readings: tuple[Reading, ...]

    @property
    def failed(self) -> bool:
        """Whether it fails now."""
        return bool(self.readings) and self.readings[0].outcome == "fail"


@dataclass(frozen=True, slots=True)
class Checkup:
    """The health of environments.

    Attributes:
        probes: in the order of the configuration.
        alerts: those that are open.
        rescues: the last automatic rollback of each environment that had one.
    """

    probes: tuple[Checked, ...]
    alerts: tuple[Alert, ...] = ()
    rescues: tuple[Rescue, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a probe fails."""
        return any(one.failed for one in self.probes)


async def check_up(folder: Path, environment: str | None, *, now: bool) -> Checkup:
    """Look at the probes; the project may be held by another process meanwhile.

    Args:
        folder: the project's, or one inside it.
        environment: only its probes; None: all.
        now: ask each of them once, here; else what a watch saw last is given.

    Raises:
        RegenError: the folder is no project, has no such environment, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    names = [config.environment(environment).name] if environment is not None else _enabled(config)
    wanted = [probe for probe in probes(config) if probe.environment in names]
    memory = read_memory(config.root / STATE_FOLDER)
    if now:
        found = await _asked(config, wanted)
    else:
        known = memory.probes
        found = [tuple(reversed(known[one.name].readings)) if one.name in known else () for one in wanted]
    checked = tuple(Checked(probe, readings) for probe, readings in zip(wanted, found, strict=True))
    with read_state(config.root / STATE_FOLDER) as state:
        if state is None:
            return Checkup(checked)
        opened = tuple(alert for name in names for alert in alerts.open_alerts(state.db, name))
        last = tuple(done for name in names if (done := rescues.last(state.db, name)) is not None)
        return Checkup(checked, opened, last)


def _enabled(config: Config) -> list[str]:
    return [environment.name for environment in config.environments if environment.enabled]


async def _asked(config: Config, wanted: list[Probe]) -> list[tuple[Reading, ...]]:
    """All at the same time, so that it takes as long as the slowest."""
    found: list[tuple[Reading, ...]] = [()] * len(wanted)

    async def one(index: int, probe: Probe) -> None:
        found[index] = (await ask(probe, config.root, lambda: own_figures(config, probe.environment)),)

    async with anyio.create_task_group() as group:
        for index, probe in enumerate(wanted):
            group.start_soon(one, index, probe)
    return found


def own_figures(config: Config, environment: str) -> Own:
    """What a watch knows of itself, as it left it."""
    folder = config.root / STATE_FOLDER
    with read_state(folder) as state:
        ended = cycles.ends(state.db, environment, time.time() - cycles.WINDOW_S) if state is not None else ()
    return Own(time.time(), ended, read_memory(folder).alive)
