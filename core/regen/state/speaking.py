"""Speaking: what the system says of a file becomes an error that names it and the way out."""

from __future__ import annotations

import errno
from types import TracebackType

from regen.errors import DeployError

_HINTS = {
    errno.ENOSPC: "free some space, then run it again",
    errno.EDQUOT: "free some space, then run it again",
    errno.EROFS: "the file system is mounted read-only: mount it for writing, then run it again",
    errno.ENAMETOOLONG: "give the template a shorter `to:`",
}


class Speaking:
    """Turn an OSError of the block into a DeployError about `path`; a generator would cost ten times as much."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise DeployError(
                f"cannot be written: {error.strerror or error}",
                where=self._path,
                hint=_HINTS.get(error.errno or 0, "free space or permissions, then run it again"),
            ) from error
