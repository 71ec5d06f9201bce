"""Figures: those of a project on disk, read beside whoever holds it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from regen.config import Config, find_root, load_config
from regen.config.objectives import objectives
from regen.figures.compliance import compliance
from regen.figures.facts import Facts, Up, read_facts
from regen.figures.stats import stats
from regen.figures.table import Price
from regen.health import read_memory, read_served
from regen.holder import STATE_FOLDER
from regen.model.figure import Compliances, Stats
from regen.model.window import Window, parse_window
from regen.state.opening import read_state

DEFAULT_WINDOW = "24h"


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a project for its figures."""

    config: Config
    environment: str | None
    facts: Facts

    @property
    def price(self) -> Price:
        """What work costs there."""
        return Price(self.config.cost.processor_hour, self.config.cost.currency)

    def stats(self) -> Stats:
        """Every figure."""
        return stats(self.facts, self.price, self.environment)

    def compliance(self) -> Compliances:
        """How the objectives are kept."""
        return compliance(self.facts, objectives(self.config), self.price, self.environment)


def read_figures(
    folder: Path, window: str = DEFAULT_WINDOW, environment: str | None = None, *, now: float | None = None
) -> Read:
    """Read what the figures of a window follow from.

    Args:
        folder: the project's, or one inside it.
        window: see `regen.model.window.parse_window`.
        environment: only of this one; None: of all.
        now: seconds since the epoch; None: the clock's.

    Raises:
        UsageError: the window is none, or there is no such environment.
        RegenError: the folder is no project, or its state cannot be read.
    """
    found = parse_window(window, time.time() if now is None else now)
    config = load_config(find_root(folder))
    name = config.environment(environment).name if environment is not None else None
    enabled = [one.name for one in config.environments if one.enabled]
    return Read(config, name, facts_of(config.root / STATE_FOLDER, found, name, enabled))


def facts_of(
    folder: Path,
    window: Window,
    environment: str | None,
    environments: Sequence[str],
    *,
    only: Collection[str] | None = None,
) -> Facts:
    """The facts of a state folder; of one that is not there yet, none.

    Args:
        folder: `.regen`.
        window: of these.
        environment: only of this one; None: of all.
        environments: those that are enabled, where they are of all.
        only: names of the figures that it is about; None: of all.
    """
    with read_state(folder) as state:
        if state is None:
            return Facts(window)
        names = environments if environment is None else (environment,)
        return read_facts(
            state.db, window, environment, Up(read_memory(folder).alive, read_served(folder), names), only=only
        )
