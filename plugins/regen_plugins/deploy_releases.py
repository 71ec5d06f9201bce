"""Deploy: a folder for each release, and a link `current` that leads to the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config import DeployerSettings, Key
from regen.hooks import hookimpl
from regen.hooks.protocols import Deployer
from regen_plugins.whole.shelf import ShelfDeployer

_NAME = "releases"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Keys of an environment with the deployer `releases`."""

    keep: Annotated[
        int, Key("old releases whose folders stay; the one that a rollback goes to stays beside them", minimum=0)
    ] = 5


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "releases"."""
    return ShelfDeployer(_NAME, settings.read(Shelf).keep, settings.folder) if name == _NAME else None
