"""All commands, in the order of the help page."""

from regen.cli.command import Command
from regen.cli.commands import cycles, fleet, merging, releases, serving, tuning, upkeep

COMMANDS: tuple[Command, ...] = (
    *cycles.COMMANDS,
    *releases.COMMANDS,
    *merging.COMMANDS,
    *serving.COMMANDS,
    *fleet.COMMANDS,
    *tuning.COMMANDS,
    *upkeep.COMMANDS,
)

__all__ = ["COMMANDS"]
