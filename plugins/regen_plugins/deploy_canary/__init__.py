"""Deploy: a release goes to a share of targets first, and to all of them when it has proved itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import DeployerSettings
    from regen.hooks.protocols import Deployer


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "canary"; its parts are imported where it is used, for every start imports this module."""
    if name != "canary":
        return None
    from regen_plugins.deploy_canary.deployer import Canary, CanaryDeployer

    return CanaryDeployer(settings.read(Canary), settings)
