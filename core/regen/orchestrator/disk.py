"""Disk: what stands at the path of an artifact, whoever put it there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from regen.errors import PathError, StateError
from regen.state.tree import read_all


def read_disk(root: Path, path: str) -> bytes | None:
    """The bytes of a file below a root; None where there is none.

    Raises:
        PathError: something is in the way that is no regular file.
        StateError: the file cannot be read.
    """
    try:
        # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
        file = os.open(root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link that leads to itself, a socket
            raise _no_file(path) from error
        raise _unreadable(path, error) from error
    try:
        kind = os.fstat(file).st_mode
        if stat.S_ISDIR(kind):
            raise PathError(f"a folder stands where {path} goes", where=path, hint="move it, or change `to:`")
        if not stat.S_ISREG(kind):
            raise _no_file(path)
        return read_all(file)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(file)


def _no_file(path: str) -> PathError:
    return PathError("a pipe, a device or a link in a circle stands here", where=path, hint="move it away")


def _unreadable(path: str, error: OSError) -> StateError:
    return StateError(f"{path} cannot be read: {error.strerror}", where=path, hint="mend its permissions")
