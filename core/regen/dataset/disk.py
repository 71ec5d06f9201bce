"""Disk: the store of a large dataset lasts between runs, with a marker that says which dataset it holds.

Why a journal: the store is moved on before the state is written, and a process may die, or change its mind, between the
two. So what is about to be inserted and removed is written down first. It is not flushed, for that would take longer
than the rest of a cycle: a killed process leaves it whole, and after a power cut the marker, which says in which boot
the journal was open, is not believed. Where the system does not tell its boots apart, each step is flushed. Whoever
opens the store then brings it to the dataset that the state speaks of, forwards or back, whatever part of that the
store had kept: inserting and removing quads may be done twice. The marker is written rarely, after a flush of the
store, and names the journal that goes on from it. What does not fit together is thrown away: `state.db` and the blobs
hold the same quads.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from blake3 import blake3

from regen.dataset.packed import in_graph, nquads
from regen.state import faults
from regen.state.durably import sync_folders, write_all, write_durably

_FORMAT = 1  # of labels, normal forms and the files here; a store of another one is made anew
_MARKER = "marker.json"
_COMPACT_FROM = 1 << 20  # bytes of journal; reading that many at the start costs some 20 ms


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the store.

    Attributes:
        before, after: sums of the dataset (`regen.dataset.sums`).
        added, removed: quads as the store has them, none of the first there before, all of the second.
    """

    before: int
    after: int
    added: tuple[ox.Quad, ...]
    removed: tuple[ox.Quad, ...]

    def reversed(self) -> Step:
        """The step back."""
        return Step(self.after, self.before, self.removed, self.added)


class DiskStore:
    """A store below a folder that belongs to it alone.

    Use `open_store` or `make_store`.

    Attributes:
        store: Oxigraph's, on RocksDB.
        sum: of the dataset that it holds now.
    """

    def __init__(self, folder: Path, name: str, number: int, token: str) -> None:
        self.store = ox.Store(folder / name)
        self.sum = number
        self._folder = folder
        self._name = name
        self._token = token
        self._base = number
        self._boot: str | None = None
        self._lost = False
        self._journal: int | None = None
        self._size = 0
        self._steps: list[Step] = []

    def note(self, step: Step) -> None:
        """Write a step down before it is taken. Raises OSError on a full disk; nothing changed then."""
        record = _record(step)
        if self._journal is None:
            self._journal = self._open_journal()
        try:
            faults.point("dataset.journal")
            write_all(self._journal, record)
            if self._boot is None:
                os.fdatasync(self._journal)
        except OSError:
            os.ftruncate(self._journal, self._size)
            raise
        self._size += len(record)
        self._steps.append(step)
        self.sum = step.after

    def settle(self, number: int) -> bool:
        """Bring the store to the dataset of a sum that it passed, or is at; False where it never was there."""
        sums = [step.before for step in self._steps[:1]] + [step.after for step in self._steps]
        if not sums:
            return number == self.sum
        if number not in sums:
            return False
        last = len(sums) - 1 - sums[::-1].index(number)
        for step in (*self._steps[:last], *(step.reversed() for step in reversed(self._steps[last:]))):
            self.store.extend(step.added)
            for quad in step.removed:
                self.store.remove(quad)
        if last < len(self._steps):
            self.mark(number)  # the steps that were taken back must not come after it in the journal
        return True

    def mark(self, number: int) -> None:
        """Say that the store, flushed, holds the dataset of this sum; starts a new journal."""
        self.sum = number
        self.store.flush()
        faults.point("dataset.marker")
        self._close_journal()
        old, self._token = _journal_of(self._folder, self._token), secrets.token_hex(8)
        self._base, self._lost = self.sum, False
        self._write_marker(None)
        old.unlink(missing_ok=True)
        self._size, self._steps = 0, []

    def _write_marker(self, boot: str | None) -> None:
        """`boot`: in which the journal is open; None: what there is of it was flushed."""
        if self._lost:
            return
        value = {
            "format": _FORMAT,
            "engine": ox.__version__,
            "store": self._name,
            "sum": f"{self._base:032x}",
            "journal": self._token,
            "boot": boot,
        }
        write_durably(self._folder / _MARKER, json.dumps(value).encode())
        self._boot = boot

    def unmark(self) -> None:
        """Let the next start make the store anew. Raises OSError."""
        self._lost = True
        (self._folder / _MARKER).unlink(missing_ok=True)

    def settled(self, number: int) -> None:
        """The state has recorded the dataset of this sum; a long journal is folded now."""
        if number == self.sum and self._size > _COMPACT_FROM:
            self.mark(number)

    def close(self) -> None:
        """Flush the journal and let go of the files; of the store's, when nothing refers to it any more."""
        if self._journal is not None and self._boot is not None:
            with suppress(OSError):  # else the next boot does not believe the marker
                os.fdatasync(self._journal)
                self._write_marker(None)
        self._close_journal()
        self.store = ox.Store()

    def _close_journal(self) -> None:
        if self._journal is not None:
            os.close(self._journal)
        self._journal = None

    def read_journal(self) -> None:
        """Take in what was written down since the marker, without taking the steps."""
        path = _journal_of(self._folder, self._token)
        with suppress(FileNotFoundError):
            for step, self._size in _steps_in(path.read_bytes()):
                self._steps.append(step)
                self.sum = step.after
            os.truncate(path, self._size)

    def _open_journal(self) -> int:
        if self._boot is None:
            self._write_marker(boot_id())
        found = os.open(
            _journal_of(self._folder, self._token), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666
        )
        if not self._size:
            sync_folders([self._folder])
        return found


def open_store(folder: Path, number: int) -> DiskStore | None:
    """The store below a folder, brought to the dataset of a sum; None where it has to be made anew.

    Args:
        folder: of the store; no other process may have it open.
        number: sum of the dataset that the state speaks of.
    """
    try:
        marker = json.loads((folder / _MARKER).read_bytes())
        if (marker["format"], marker["engine"]) != (_FORMAT, ox.__version__):
            return None
        if marker["boot"] not in (None, boot_id()):
            return None
        found = DiskStore(folder, str(marker["store"]), int(marker["sum"], 16), str(marker["journal"]))
        found.read_journal()
        return found if found.settle(number) else None
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):  # the engine says RuntimeError of damaged files
        return None


def is_damage(error: Exception) -> bool:
    """Whether an error of the engine says that files of the store are damaged; it has no class of its own for that."""
    return isinstance(error, OSError | RuntimeError) and "Corruption" in str(error)


def boot_id() -> str | None:
    """What tells this boot of the system from others; None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None


def make_store(folder: Path) -> DiskStore:
    """An empty store below a folder, in place of what is there; it counts once `mark` was called.

    Raises OSError where it cannot be made.
    """
    drop_store(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # A name of its own: what still refers to the old store in this process, as a traceback may, has that locked.
    return DiskStore(folder, f"store-{secrets.token_hex(4)}", 0, secrets.token_hex(8))


def drop_store(folder: Path) -> None:
    """Remove the store, its marker first, so that a half of it is never taken for one."""
    (folder / _MARKER).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _record(step: Step) -> bytes:
    sides = [ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"" for quads in (step.added, step.removed)]
    head = {
        "before": f"{step.before:032x}",
        "after": f"{step.after:032x}",
        "added": len(sides[0]),
        "removed": len(sides[1]),
        "digest": blake3(b"".join(sides)).hexdigest(),
    }
    return b"".join([json.dumps(head).encode(), b"\n", *sides])


def _steps_in(data: bytes) -> Iterator[tuple[Step, int]]:
    """The steps of a journal, each with where it ends; one that was cut off was never taken, and ends it."""
    place = 0
    while (end := data.find(b"\n", place) + 1) > 0:
        try:
            head = json.loads(data[place:end])
            middle = end + int(head["added"])
            place = middle + int(head["removed"])
            sides = data[end:middle], data[middle:place]
            if blake3(b"".join(sides)).hexdigest() != head["digest"]:
                return
            yield Step(int(head["before"], 16), int(head["after"], 16), *map(_quads, sides)), place
        except (ValueError, KeyError, TypeError):
            return


def _journal_of(folder: Path, token: str) -> Path:
    return folder / f"journal-{token}"


def _quads(text: bytes) -> tuple[ox.Quad, ...]:
    return tuple(ox.parse(text, format=ox.RdfFormat.N_QUADS, lenient=True))


def bulk(store: ox.Store, files: Iterable[tuple[str, Iterable[ox.Quad]]]) -> None:
    """Put triples of files into the merge and into the files' graphs, many files at a time.

    Args:
        store: where to.
        files: (IRI of the file's graph, its triples in the default graph).
    """
    batch = bytearray()
    for iri, quads in files:
        text = nquads(quads)
        batch += text
        batch += in_graph(text, iri)
        if len(batch) >= _BATCH:
            _bulk_load(store, batch)
            batch = bytearray()
    _bulk_load(store, batch)


_BATCH = 1 << 24  # bytes; four times as many at once save a twelfth of the time and take three times the memory


def _bulk_load(store: ox.Store, text: bytearray) -> None:
    # Lenient: what a loader took in, with a warning where it had to, is not refused here.
    store.bulk_load(bytes(text), ox.RdfFormat.N_QUADS, lenient=True)
