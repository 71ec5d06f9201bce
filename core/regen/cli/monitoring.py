"""The command that prints what Grafana and Prometheus need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import show
from regen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from regen.model.objective import Objective


def telemetry(what: str, directory: Path = Path()) -> int:
    """Print the dashboard or the rules, for the objectives of the project; outside of one for those that ship."""
    from regen.telemetry.shipped import dashboard, rules

    made = {"grafana": dashboard, "rules": rules}[what]
    show.plain(made(_objectives(directory)).removesuffix("\n"))
    return ExitCode.DONE


def _objectives(directory: Path) -> tuple[Objective, ...]:
    from regen.config import find_root, load_config
    from regen.config.objectives import objectives
    from regen.model.objective import OBJECTIVES

    try:
        root = find_root(directory)
    except UsageError:
        if directory != Path():
            raise
        return OBJECTIVES
    return objectives(load_config(root))
