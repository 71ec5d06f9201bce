"""Deploy: a folder for each release, and a link `current` that leads to the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from regen.config.keys import Key
from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import DeployerSettings
    from regen.hooks.protocols import Deployer


@dataclass(frozen=True, slots=True)
class Shelf:
    """Keys of an environment with the deployer `releases`."""

    keep: Annotated[
        int, Key("old releases whose folders stay; the one that a rollback goes to stays beside them", minimum=0)
    ] = 5


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "releases"; its parts are imported where it is used, for every start imports this module."""
    if name != "releases":
        return None
    from regen_plugins.whole.shelf import ShelfDeployer

    return ShelfDeployer(name, settings.read(Shelf).keep, settings.folder)
