"""Deploy: a release is a commit on a branch; nobody's checkout, index, HEAD or stash is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import DeployerSettings
    from regen.hooks.protocols import Deployer


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "git"; its parts are imported where it is used, for every start imports this module."""
    if name != "git":
        return None
    from regen_plugins.deploy_git.branch import Branch
    from regen_plugins.deploy_git.deployer import GitDeployer, GitKeys

    keys = settings.read(GitKeys)
    branch = Branch(settings.project, keys.repository, keys.branch, keys.author, settings.environment)
    return GitDeployer(
        branch,
        project=settings.project,
        message=keys.message.replace("{environment}", settings.environment),
        push=keys.push,
        folder=settings.folder,
    )
