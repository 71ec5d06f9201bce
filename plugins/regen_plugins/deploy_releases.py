"""Deploy: a folder for each release, and a link `current` that leads to the one that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import DeployerSettings
    from regen.hooks.protocols import Deployer


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "releases"; its parts are imported where it is used, for every start imports this module."""
    if name != "releases":
        return None
    from regen_plugins.whole.shelf import Shelf, ShelfDeployer

    return ShelfDeployer(name, settings.read(Shelf).keep, settings.folder)
