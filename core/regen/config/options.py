"""Options: keys of `[[environment]]` that belong to its deployer, checked as the others are."""

from __future__ import annotations

import json
from typing import TypeVar

from regen.config.check import Place, keys_of, read_table
from regen.config.settings import Environment

S = TypeVar("S")


def read_options(kind: type[S], environment: Environment, place: Place, index: int) -> S:
    """Make a deployer's settings of the keys that `[[environment]]` leaves to it.

    Args:
        kind: a frozen dataclass; each field is annotated with a `regen.config.Key`.
        place: of the configuration's file.
        index: which of the environments it is.

    Raises:
        ConfigError: with file, line and key.
    """
    table = {name: json.loads(value) for name, value in environment.options}
    beside = [name for name, (_, _, key) in keys_of(Environment).items() if not key.rest]
    return read_table(kind, table, place, ("environment", index), beside=beside)
