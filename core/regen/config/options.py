"""Options: keys of a table that belong to the plugin that it names, checked as the others are."""

from __future__ import annotations

import json
from typing import TypeVar

from regen.config.check import Place, keys_of, read_table
from regen.config.learning import LearnTable
from regen.config.lines import KeyPath
from regen.config.settings import Environment

S = TypeVar("S")


def read_options(kind: type[S], owner: Environment | LearnTable, place: Place, at: KeyPath) -> S:
    """Make a plugin's settings of the keys that `[[environment]]` leaves to its deployer, `[[learn]]` to its channel.

    Args:
        kind: a frozen dataclass; each field is annotated with a `regen.config.Key`.
        owner: the table.
        place: of the configuration's file.
        at: where the table stands in it.

    Raises:
        ConfigError: with file, line and key.
    """
    table = {name: json.loads(value) for name, value in owner.options}
    beside = [name for name, (_, _, key) in keys_of(type(owner)).items() if not key.rest]
    return read_table(kind, table, place, at, beside=beside)
