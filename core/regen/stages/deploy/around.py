"""Around: the commands of an environment, before and after its deployments.

Why a failing one does not stop a rollback: a way back has to work when everything else does not. It is told of.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from regen.errors import DeployError
from regen.model.deploy import Purpose
from regen.state.commands import call, variables

if TYPE_CHECKING:
    from regen.stages.deploy.values import Target

_LOG = logging.getLogger("regen.deploy")


@dataclass(frozen=True, slots=True)
class Commands:
    """What runs around deployments.

    Attributes:
        folder: that the commands work in.
        pre, post: command lines, in their order.
        timeout_s: how long each of them may take, in seconds.
    """

    folder: Path
    pre: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    timeout_s: float = 300.0


class PostError(DeployError):
    """A command failed after the files were switched."""


def before(target: Target, release: int, purpose: Purpose) -> None:
    """Run the commands of `pre`; the tree that they are told of still holds what stood before.

    Raises:
        DeployError: one of them failed, and this is no way back; nothing was written.
    """
    if target.commands is None:
        return
    try:
        _run(target, target.commands, "pre", release, purpose)
    except DeployError as error:
        raise DeployError(f"{error.message}; nothing was written", hint=error.hint) from error


def after(target: Target, release: int, purpose: Purpose) -> None:
    """Run the commands of `post`.

    Raises:
        PostError: one of them failed, and this is no way back.
    """
    if target.commands is None or purpose is Purpose.EDIT:
        return
    try:
        _run(target, target.commands, "post", release, purpose)
    except DeployError as error:
        raise PostError(error.message, hint=error.hint) from error


def _run(target: Target, commands: Commands, name: OneOf["pre", "post"], release: int, purpose: Purpose) -> None:
    told = variables(target.environment, release, target.tree)
    what = f"`{name}` of {target.environment}"
    for command in commands.pre if name == "pre" else commands.post:
        try:
            call(command, what, folder=commands.folder, told=told, timeout_s=commands.timeout_s)
        except DeployError as error:
            if purpose is Purpose.DEPLOY:
                raise
            _LOG.warning("%s; the way back goes on", error.message)
