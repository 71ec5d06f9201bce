"""Command that merges three files of anybody's: by hand, or as the merge driver of git."""

from __future__ import annotations

import sys
from pathlib import Path

from regen.cli import document, show
from regen.errors import UsageError

_MOST = 127  # conflicts that an exit code can say, as with `git merge-file`


def merge_file(
    base: Path,
    ours: Path,
    theirs: Path,
    output: Path | None = None,
    path: str | None = None,
    language: str | None = None,
    json: bool = False,
) -> int:
    """Merge three versions of one file by structure, or by lines; exits with the number of conflicts."""
    from regen.cli.running import run
    from regen.orchestrator.outside import merge_file as merge_outside

    sides = [_read(side) for side in (base, ours, theirs)]
    path = path or ours.name
    done = run(lambda: merge_outside(*sides, path=path, language=language))
    if output is not None:
        _write(output, done.content)
    elif not json:
        sys.stdout.buffer.write(done.content)
        sys.stdout.buffer.flush()
    if json:
        document.write(done)
    else:
        show.merge_conflicts(show.err(), path, done.conflicts)
    return min(len(done.conflicts), _MOST)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="-o names a file to write") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="regen merge-file BASE OURS THEIRS takes three files"
        ) from error
