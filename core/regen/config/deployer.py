"""Deployer settings: what a deployer is told of the environment that it works for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from regen.config.load import place_of
from regen.config.options import read_options
from regen.config.settings import Config, Environment, NoOptions
from regen.errors import ConfigError
from regen.holder import STATE_FOLDER

S = TypeVar("S")


class DeployerSettings:
    """An environment, for the plugin that is its deployer.

    Attributes:
        environment: its name.
        project: the project's folder.
        folder: a folder inside `.regen/` that belongs to this deployer alone; it is made by whoever writes there.
        probes: names of the project's probes.
        occupied: folders in which others write or read: graphs, templates, every environment, the state.
    """

    def __init__(self, config: Config, environment: Environment, folder: Path) -> None:
        self._config = config
        self._environment = environment
        self._read = not environment.options
        self.environment = environment.name
        self.project = config.root
        self.folder = folder
        self.probes = tuple(probe.name for probe in config.probes)
        self.occupied = tuple(self._occupied())

    def _occupied(self) -> Iterator[Path]:
        """Folders in which others write or read."""
        yield self.project / STATE_FOLDER
        for environment in self._config.environments:
            yield self.project / environment.target
        for pattern in (*self._config.project.graphs, *self._config.project.templates):
            if not pattern.startswith("pack:"):
                yield self.project / pattern

    def error(self, message: str, hint: str) -> ConfigError:
        """An error of the environment as a whole, with file and line."""
        index = self._config.environments.index(self._environment)
        return place_of(self._config).error(("environment", index), message, hint)

    def read(self, kind: type[S]) -> S:
        """The deployer's own keys of `[[environment]]`.

        Args:
            kind: a frozen dataclass; each field is annotated with a `regen.config.Key`, and one without a default is
                a key that has to be there.

        Raises:
            ConfigError: an unknown or missing key, a wrong type, a value out of bounds; with file and line.
        """
        self._read = True
        index = self._config.environments.index(self._environment)
        return read_options(kind, self._environment, place_of(self._config), ("environment", index))

    def refuse_unread(self) -> None:
        """Raise ConfigError for the first key that the deployer did not ask for."""
        if not self._read:
            self.read(NoOptions)
