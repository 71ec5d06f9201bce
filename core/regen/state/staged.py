"""Staged files: hidden beside their targets, with the permissions, owner and attributes that they will have there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress

from regen.model.deploy import Change, Raced
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.durably import write_all
from regen.state.tree import Tree, parents, read_all


def aside(stage: str) -> str:
    """Where the old file stands for a moment on file systems that cannot exchange names."""
    return f"{stage}.old"


def write_stage(tree: Tree, change: Change, data: bytes, *, sync: bool) -> None:
    """Write the staged file of a change with its permissions, owner and attributes."""
    folder, name = tree.at(change.stage)
    faults.point("stage.open")
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        faults.point("stage.write")
        write_all(fd, data)
        like = tree.open(change.source or change.path) if change.source or change.old is not None else None
        if like is not None:
            try:
                _copy_attributes(like, fd)
            finally:
                os.close(like)
        os.fchmod(fd, change.mode if change.mode is not None else 0o644)
        if sync:
            faults.point("stage.sync")
            os.fsync(fd)
    finally:
        os.close(fd)


def set_permissions(tree: Tree, change: Change) -> Raced | None:
    """Switch a path whose bytes stay: its permissions move, unless somebody has set others meanwhile."""
    fd = tree.open(change.path)
    if fd is None:
        return Raced(change, None)
    try:
        data = read_all(fd)
        if digest_of(data) != change.new:
            return Raced(change, data)
        if change.mode is not None and stat.S_IMODE(os.fstat(fd).st_mode) == change.old_mode:
            os.fchmod(fd, change.mode)
    finally:
        os.close(fd)
    return None


def _copy_attributes(old: int, new: int) -> None:
    """Owner and extended attributes, as far as this user may set them."""
    was, now = os.fstat(old), os.fstat(new)
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        with suppress(PermissionError):
            os.fchown(new, was.st_uid, was.st_gid)
    try:
        names = os.listxattr(old)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(new, name, os.getxattr(old, name))
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA, errno.EINVAL):
                raise


def removable(changes: Sequence[Change], folders: frozenset[str]) -> list[str]:
    """Folders above removed paths that regen made."""
    return sorted({folder for c in changes if c.new is None for folder in parents(c.path) if folder in folders})
