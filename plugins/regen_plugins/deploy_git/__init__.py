"""Deploy: a release is a commit on a branch; nobody's checkout, index, HEAD or stash is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config import DeployerSettings, Key
from regen.hooks import hookimpl
from regen.hooks.protocols import Deployer
from regen_plugins.deploy_git.branch import Branch
from regen_plugins.deploy_git.deployer import GitDeployer


@dataclass(frozen=True, slots=True)
class GitKeys:
    """Keys of an environment with the deployer `git`; its `target` is the folder in the branch, `.` its top."""

    branch: Annotated[str, Key("the branch that releases are committed to; it may not be checked out")] = "generated"
    repository: Annotated[str, Key("a folder inside the project, in the repository that has the branch")] = "."
    author: Annotated[str, Key("who commits, as `Name <mail>`")] = "regen <regen@localhost>"
    message: Annotated[str, Key("of the commits; `{release}` and `{environment}` are filled in")] = (
        "Release {release} of {environment}"
    )
    push: Annotated[str | None, Key("a remote that the branch is pushed to after each release")] = None


@hookimpl
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """The deployer "git"."""
    if name != GitDeployer.name:
        return None
    keys = settings.read(GitKeys)
    branch = Branch(settings.project, keys.repository, keys.branch, keys.author, settings.environment)
    return GitDeployer(
        branch,
        project=settings.project,
        message=keys.message.replace("{environment}", settings.environment),
        push=keys.push,
        folder=settings.folder,
    )
