"""Pack files: many small blobs in one file, written in one go.

A pack is the line `regen pack 1`, then records: digest (32 bytes), codec (1 byte: 0 as it is, 1 zstd), length of what
follows (8 bytes, big-endian), the bytes. A pack describes itself, so its index in `state.db` can be made again from it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MAGIC = b"regen pack 1\n"
_HEAD = struct.Struct(">32sBQ")


class Place(NamedTuple):
    """Where a blob's record begins, and how many bytes of data it has."""

    digest: str
    start: int
    length: int

    @property
    def size(self) -> int:
        """Of the whole record, in bytes."""
        return _HEAD.size + self.length


class Stored(NamedTuple):
    """A blob as it is stored."""

    digest: str
    codec: int
    data: bytes


def pack(blobs: Iterable[Stored]) -> tuple[bytes, list[Place]]:
    """The bytes of a pack and where each blob lies in it."""
    parts = [MAGIC]
    places = []
    offset = len(MAGIC)
    for digest, codec, data in blobs:
        parts += (_HEAD.pack(bytes.fromhex(digest), codec, len(data)), data)
        places.append(Place(digest, offset, len(data)))
        offset += places[-1].size
    return b"".join(parts), places


def places_in(path: Path) -> Iterator[Place]:
    """What a pack holds, by its own account; a pack that was cut off ends early."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return
        offset = len(MAGIC)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            digest, _, length = _HEAD.unpack(head)
            if offset + _HEAD.size + length > size:
                return
            yield Place(digest.hex(), offset, length)
            offset += _HEAD.size + length
            file.seek(offset)


def stored_at(path: Path, place: Place) -> Stored | None:
    """A blob's record; None where the pack does not hold it there, or is gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        record = os.pread(fd, _HEAD.size + place.length, place.start)
    finally:
        os.close(fd)
    if len(record) != _HEAD.size + place.length:
        return None
    digest, codec, length = _HEAD.unpack_from(record)
    if digest.hex() != place.digest or length != place.length:
        return None
    return Stored(place.digest, codec, record[_HEAD.size :])
