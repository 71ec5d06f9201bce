"""Blobs: bytes become digests, and digests the same bytes again.

Why three forms: a file for each blob costs 0.1 ms, which 10,000 new artifacts would feel, and a pack for each blob
would need its index written and flushed for the one file that a watch saves. So many at once are one pack,
`blobs/packs/....pack`, with its index in `state.db`. A few that belong to a person are files, `blobs/ab/cdef...`, each
flushed: nothing else has them, and they outlive `state.db`. A few that regen made, renders and deltas, are rows of
`state.db` first: they are flushed with the transaction that speaks of them, and packed when they have become many.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard
from blake3 import blake3

from regen.errors import StateError
from regen.state import faults
from regen.state.db import Database
from regen.state.durably import write_durably
from regen.state.packs import MAGIC, Place, Stored, pack, places_in, stored_at

_PLAIN, _ZSTD = 0, 1
_COMPRESS_FROM = 512  # bytes; below it compressing saves no disk block
_PACK_FROM = 24  # blobs at once
_SMALL = 256 * 1024  # bytes of blobs at once that become rows
_ROWS = 500  # small blobs before they are packed
_KNOWN = "SELECT digest FROM (SELECT digest FROM packed UNION ALL SELECT digest FROM small_blob) WHERE digest IN"


def digest_of(data: bytes) -> str:
    """BLAKE3 in hex."""
    return blake3(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `prune` did.

    Attributes:
        blobs: how many were removed.
        bytes: of disk that they took, before and after packs were written anew.
    """

    blobs: int
    bytes: int


class BlobStore:
    """Content-addressed bytes below `folder`, which is made when needed."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self._packs = folder / "packs"
        self._db = db
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._quick = zstandard.ZstdCompressor(level=1)  # for what is stored while somebody waits for a file
        self._decompressor = zstandard.ZstdDecompressor()
        self._rows: int | None = None

    def put(self, data: bytes) -> str:
        """Keep `data`, durably when this returns, and give its digest. Raises StateError on a full disk."""
        return self.put_many([data])[0]

    def put_many(self, blobs: Sequence[bytes]) -> list[str]:
        """Keep all, durably when this returns, and give their digests in the same order. Raises StateError."""
        digests = [digest_of(data) for data in blobs]
        new = self._unknown(digests, blobs)
        with self._plain_words():
            if len(new) < _PACK_FROM:
                for digest, data in new.items():
                    self._write_file(digest, data)
            else:
                self._write_pack([self._stored(digest, data) for digest, data in new.items()])
        return digests

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                f"{self.folder} cannot be written: {error.strerror}",
                hint="free some space or make it writable; run it again",
            ) from error

    def put_soon(self, blobs: Sequence[bytes]) -> list[str]:
        """As `put_many`, but durable with the next durable transaction at the latest: for what regen made itself."""
        digests = [digest_of(data) for data in blobs]
        new = self._unknown(digests, blobs)
        if sum(map(len, new.values())) > _SMALL:
            self.put_many(list(new.values()))
        elif new:
            stored = [self._stored(digest, data, self._quick) for digest, data in new.items()]
            with self._db.transaction(durable=False):
                self._db.many("INSERT INTO small_blob (digest, codec, data) VALUES (?, ?, ?)", stored)
            self._rows = self._count_rows() if self._rows is None else self._rows + len(new)
            if self._rows > _ROWS:
                self._pack_rows()
        return digests

    def _count_rows(self) -> int:
        row = self._db.one("SELECT count(*) FROM small_blob")
        return int(row[0]) if row is not None else 0

    def _pack_rows(self) -> None:
        """Write the small blobs into a pack. Raises StateError."""
        stored = [Stored(*row) for row in self._db.execute("SELECT digest, codec, data FROM small_blob")]
        with self._plain_words(), self._db.transaction():
            self._write_pack(stored)
            self._db.execute("DELETE FROM small_blob")
        self._rows = 0

    def _unknown(self, digests: Sequence[str], blobs: Sequence[bytes]) -> dict[str, bytes]:
        """What is not here yet, by digest."""
        new = dict(zip(digests, blobs, strict=True))
        for digest in self._known(new):
            del new[digest]
        return new

    def has(self, digest: str) -> bool:
        """Whether the blob is here; its bytes are not looked at."""
        return bool(self._known([digest]))

    def _known(self, digests: Iterable[str]) -> list[str]:
        """Those of `digests` that are here."""
        listed = list(digests)
        rows = {row[0] for row in self._db.among(_KNOWN, (), listed)}
        folder = str(self.folder)
        return [d for d in listed if d in rows or os.path.exists(f"{folder}/{d[:2]}/{d[2:]}")]  # noqa: PTH110

    def read(self, digest: str) -> bytes:
        """The bytes of a digest, checked against it. Raises StateError where they are missing or damaged."""
        stored = self._find(digest)
        if stored is None:
            raise StateError(
                f"the stored bytes {digest[:12]} are missing from {self.folder}",
                hint="`regen verify` says what needs them; `regen apply --full` makes what templates can make",
            )
        try:
            data = self._plain(stored)
        except zstandard.ZstdError:
            data = b""
        if digest_of(data) != digest:
            raise StateError(
                f"the stored bytes {digest[:12]} in {self.folder} are damaged",
                hint="restore `.regen/` from a backup, or delete it: that loses history, never a file of yours",
            )
        return data

    def _plain(self, stored: Stored) -> bytes:
        if stored.codec != _ZSTD:
            return stored.data
        return self._decompressor.decompress(stored.data, allow_extra_data=False)

    def _find(self, digest: str) -> Stored | None:
        try:
            data = self._file(digest).read_bytes()
        except FileNotFoundError:
            found = self._place(digest)
            return stored_at(self._packs / found[0], found[1]) if found is not None else self._row(digest)
        if data[:1] == b"z":
            return Stored(digest, _ZSTD, data[1:])
        return Stored(digest, _PLAIN, data[1:])

    def _file(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:]

    def _place(self, digest: str) -> tuple[str, Place] | None:
        row = self._db.one("SELECT pack, start, length FROM packed WHERE digest = ?", (digest,))
        return (row[0], Place(digest, row[1], row[2])) if row is not None else None

    def _row(self, digest: str) -> Stored | None:
        row = self._db.one("SELECT digest, codec, CAST(data AS BLOB) FROM small_blob WHERE digest = ?", (digest,))
        return Stored(*row) if row is not None else None

    def _stored(self, digest: str, data: bytes, compressor: zstandard.ZstdCompressor | None = None) -> Stored:
        if len(data) >= _COMPRESS_FROM:
            small = (compressor or self._compressor).compress(data)
            if len(small) < len(data):
                return Stored(digest, _ZSTD, small)
        return Stored(digest, _PLAIN, data)

    def _write_file(self, digest: str, data: bytes) -> None:
        stored = self._stored(digest, data)
        target = self._file(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, (b"z" if stored.codec == _ZSTD else b"p") + stored.data)

    def _write_pack(self, blobs: Sequence[Stored]) -> None:
        data, places = pack(blobs)
        self._packs.mkdir(parents=True, exist_ok=True)
        name = f"{secrets.token_hex(12)}.pack"
        write_durably(self._packs / name, data)
        faults.point("blobs.pack")
        with self._db.transaction():
            self._index(name, places)

    def _index(self, name: str, places: Iterable[Place]) -> None:
        rows = [(place.digest, name, place.start, place.length) for place in places]
        self._db.many("INSERT OR REPLACE INTO packed (digest, pack, start, length) VALUES (?, ?, ?, ?)", rows)

    def index_packs(self) -> int:
        """Put every pack that a new `state.db` beside old blobs does not know into it; gives how many."""
        found = 0
        for path in sorted(self._packs.glob("*.pack")):
            if self._db.one("SELECT 1 FROM packed WHERE pack = ? LIMIT 1", (path.name,)) is None:
                with self._db.transaction():
                    self._index(path.name, places_in(path))
                found += 1
        return found

    def prune(self, reachable: Iterable[str]) -> Pruned:
        """Remove every blob that `reachable` does not name; nothing may be put meanwhile.

        A pack of which less than half is reachable is written anew without the rest.
        """
        keep = set(reachable)
        before = self._disk_bytes()
        removed = self._prune_rows(keep)
        for file in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if file.parent.name + file.name not in keep:
                removed += not file.name.startswith(".")
                file.unlink()
        for path in sorted(self._packs.glob("*")):
            removed += self._prune_pack(path, keep)
        return Pruned(removed, before - self._disk_bytes())

    def _prune_rows(self, keep: set[str]) -> int:
        gone = [row for row in self._db.execute("SELECT digest FROM small_blob") if row[0] not in keep]
        with self._db.transaction():
            self._db.many("DELETE FROM small_blob WHERE digest = ?", gone)
        self._rows = None
        return len(gone)

    def _prune_pack(self, path: Path, keep: set[str]) -> int:
        rows = self._db.execute("SELECT digest, start, length FROM packed WHERE pack = ?", (path.name,))
        places = [Place(*row) for row in rows]
        kept = [place for place in places if place.digest in keep]
        if places and sum(place.size for place in kept) * 2 >= path.stat().st_size - len(MAGIC):
            return 0
        blobs = [stored for place in kept if (stored := stored_at(path, place)) is not None]
        with self._db.transaction():
            self._db.execute("DELETE FROM packed WHERE pack = ?", (path.name,))
            if blobs:
                self._write_pack(blobs)
        path.unlink()
        return len(places) - len(kept)

    def _disk_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
