"""Deploy: two slots, of which the idle one is brought to a release, asked whether it is well, and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.errors import ConfigError
from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import DeployerSettings
    from regen.hooks.protocols import Deployer


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "bluegreen"; its parts are imported where it is used, for every start imports this module."""
    if name != "bluegreen":
        return None
    from regen_plugins.whole.slots import BlueGreenDeployer, Slots

    slots = settings.read(Slots)
    if slots.health is not None and not slots.health.strip():
        raise ConfigError(f"`health` of the environment {settings.environment!r} is empty", hint="name a command")
    return BlueGreenDeployer(slots, settings.environment, settings.folder)
