"""Files: where what was learned stands, and how it gets there: all of it or nothing, whenever the process ends."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from regen.config import Config
from regen.dataset.files import first_folder, ignores
from regen.errors import LearnError
from regen.state import faults
from regen.state.blobs import digest_of

FOLDER = "learned"


def path_of(config: Config, name: str) -> str:
    """The graph file of a source, relative to the project.

    Raises:
        LearnError: no folder of graphs is configured.
    """
    folder = first_folder(config.root, config.project.graphs)
    if folder is None:
        raise LearnError(
            "what is learned needs a graph folder to be kept in",
            where=f"learn:{name}",
            hint='add a folder to `graphs` under [project], such as "graphs"',
        )
    return f"{PurePosixPath(folder) / FOLDER / name}.ttl"


def refuse_ignored(config: Config, path: str) -> None:
    """Raise LearnError for a file that no cycle would read."""
    if ignores(config.root, config.project.ignore, path):
        raise LearnError(
            "what is learned would be kept here, and this file is ignored",
            where=path,
            hint="look at `ignore` under [project], and at .regenignore",
        )


def read(file: Path) -> bytes | None:
    """The bytes of a file; None where there is none.

    Raises:
        LearnError: it cannot be read, or is a link.
    """
    if file.is_symlink() or file.parent.is_symlink():
        raise LearnError("this is a link, and would be replaced", where=str(file), hint="put a file or folder there")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LearnError(f"this cannot be read: {error.strerror}", where=str(file), hint="mend that first") from error


def digest(data: bytes | None) -> str | None:
    """Of a file; None where there is none."""
    return None if data is None else digest_of(data)


def write(file: Path, data: bytes) -> None:
    """Put bytes in the place of a file, durably: who reads sees the old ones or the new ones.

    Raises:
        LearnError: the disk says no; the old ones stand.
    """
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        faults.point("learn.staged")
        temporary.replace(file)
        faults.point("learn.placed")
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        hint = "free some space or mend the permissions; it is fetched again"
        raise LearnError(f"this cannot be written: {error.strerror}", where=str(file), hint=hint) from error
