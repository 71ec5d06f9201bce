"""Cache: what gates keep from one evaluation to the next, a file each; it may be deleted at any time."""

from __future__ import annotations

import contextlib
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


def keep(state: Path, name: str, data: bytes) -> None:
    """Keep bytes under a name; a disk that refuses costs a later run its time, and nothing else."""
    place = state / _FOLDER / name
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        new = place.with_name(f"{name}.new")
        new.write_bytes(digest_of(data).encode() + b"\n" + data)
        new.replace(place)
