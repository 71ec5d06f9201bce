"""Cache: what a later process is spared work by, a file each; any of them may be deleted at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from regen.state.blobs import digest_of

_FOLDER = "cache"


def recall(state: Path, name: str) -> bytes | None:
    """The bytes that were kept under a name; None where there are none, or not the ones that were written.

    Args:
        state: the folder of the state.
        name: letters, digits, `-` and `_`.
    """
    try:
        digest, _, data = (state / _FOLDER / name).read_bytes().partition(b"\n")
    except OSError:
        return None
    return data if digest == digest_of(data).encode() else None


def keep(state: Path, name: str, data: bytes, *, most: tuple[str, int] | None = None) -> None:
    """Keep bytes under a name; a disk that refuses costs a later run its time, and nothing else.

    Args:
        state: the folder of the state.
        name: as for `recall`.
        data: any.
        most: how names begin that may take so many bytes together; those that were written first are forgotten.
    """
    place = state / _FOLDER / name
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        new = place.with_name(f"{name}.new")
        new.write_bytes(digest_of(data).encode() + b"\n" + data)
        new.replace(place)
        if most is not None:
            _shrink(state, *most)


def names(state: Path, prefix: str) -> list[str]:
    """Names that begin so, sorted."""
    return sorted(path.name for path in (state / _FOLDER).glob(f"{prefix}*"))


def forget(state: Path, gone: Iterable[str]) -> None:
    """Keep these names no longer, where they are kept."""
    for name in gone:
        with contextlib.suppress(OSError):
            (state / _FOLDER / name).unlink()


def _shrink(state: Path, prefix: str, size: int) -> None:
    found = [(name, (state / _FOLDER / name).stat()) for name in names(state, prefix)]
    left = sum(status.st_size for _, status in found)
    for name, status in sorted(found, key=lambda one: one[1].st_mtime_ns):
        if left <= size:
            return
        forget(state, [name])
        left -= status.st_size
