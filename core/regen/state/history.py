"""History: deltas and events go into `state.db`, and come out as the events that were published.

Why deltas are kept and graph events are not: the events of a delta follow from it, but for one thing, which subjects
came and which are gone. So a blob has the quads as lines "A …" and "D …" (quads without a graph are of the merge), and
subjects as lines "+ …" and "- …".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from regen.errors import StateError
from regen.events import Position
from regen.model.change import Change, Origins, graph_events
from regen.model.cloudevent import data_json, payload_from
from regen.model.event import Event, Other, Payload, name_of
from regen.state.change_lines import decode, encode, encode_first
from regen.state.db import Database

_DAY_S = 86_400
_EVENT = "sequence, revision, at, type, subject, origin, data"
# Events of which a watch makes some each second, though no revision comes.
_PASSING = "type LIKE 'cycle.%' OR type LIKE 'learning.%'"
_PASSING_KEPT = 100_000  # events among which those are kept
_LOOK = 1000  # events between two looks at what may go
_FIRST = "history_first"  # the row of `meta` that names the first revision kept


class Blobs(Protocol):
    """Where the bytes of deltas are, compressed."""

    def put_soon(self, blobs: Sequence[bytes]) -> list[str]:
        """Keep bytes, durable with the next durable transaction; returns their digests."""

    def read(self, digest: str) -> bytes:
        """The bytes of a digest."""


class StateHistory:
    """The history of one project, on the tables `revision` and `event`.

    Whole revisions are kept, with their events: the newest `keep_revisions` of them, none older than `keep_days`,
    and always the last one. Events of cycles go sooner: only those among the newest 100,000 events are kept. A call
    joins the transaction that is open; without one, it is one of its own.

    Args:
        database: `state.db`.
        blobs: where deltas are kept.
        keep_revisions, keep_days: see `[history]` of the configuration.
    """

    def __init__(
        self, database: Database, blobs: Blobs, *, keep_revisions: int = 10_000, keep_days: float = 90.0
    ) -> None:
        self._database, self._blobs = database, blobs
        self._keep_revisions, self._keep_days = keep_revisions, keep_days

    def position(self) -> Position:
        """How far the history goes; revision 0 before the first."""
        return self._database.known("position", self._position)

    def _position(self) -> Position:
        row = self._database.one(
            "SELECT (SELECT max(number) FROM revision), (SELECT seq FROM sqlite_sequence WHERE name = 'event')"
        )
        revision, event = row if row is not None else (None, None)
        return Position(int(revision or 0), int(event or 0))

    def first(self) -> int:
        """The first revision that can be replayed; 0 while nothing was dropped."""
        kept = self._number("SELECT value FROM meta WHERE name = ?", _FIRST)
        oldest = self._number("SELECT min(number) FROM revision")
        return max(kept, oldest if oldest > 1 else 0)

    def advance(self, change: Change, origins: Origins, at: float) -> int:
        """Record the next revision, and drop what is past the retention.

        Args:
            change: the delta and the subjects that came and are gone.
            origins: where each of its graphs comes from.
            at: seconds since the epoch, UTC.

        Returns:
            The revision's number; hand its events over with `GraphChangeNotifier.announce`.
        """
        delta = change.delta
        return self._record(encode(change), (len(delta.merged_added), len(delta.merged_removed)), origins, at)

    def begin(self, lines: Iterable[str], origins: Origins, at: float) -> int:
        """Record the first revision: all quads came, as lines of N-Quads without their ends, and so did all subjects.

        For the rest see `advance`.
        """
        return self._record(encode_first(lines), (0, 0), origins, at)

    def _record(self, data: bytes, merged: tuple[int, int], origins: Origins, at: float) -> int:
        (digest,) = self._blobs.put_soon([data])
        number = self.position().revision + 1
        origin = json.dumps([origins.default, dict(origins.files)], ensure_ascii=False, sort_keys=True)
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO revision (number, at, origin, delta, added, removed) VALUES (?, ?, ?, ?, ?, ?)",
                (number, at, origin, digest, *merged),
            )
            self._drop_old(number, at)
        return number

    def append(self, payloads: Sequence[Payload], revision: int, at: float, origin: str) -> list[Event]:
        """Keep events that are no graph events, and put them in their envelopes.

        Not durably: a power cut may take the last ones. What they tell of is durable by itself, and a sync for each
        cycle's events would double what a small cycle waits for the disk.
        """
        start = self.position().event
        events = [
            Event(data, revision, at, origin, f"e{start + count}") for count, data in enumerate(payloads, start=1)
        ]
        rows = [
            (start + count, revision, at, name_of(data), data.about, origin, data_json(data))
            for count, data in enumerate(payloads, start=1)
        ]
        with self._database.transaction(durable=False):
            self._database.many(
                "INSERT INTO event (sequence, revision, at, type, subject, origin, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            if (start + len(rows)) // _LOOK > start // _LOOK:
                self._database.execute(
                    f"DELETE FROM event WHERE sequence <= ? AND ({_PASSING})",  # noqa: S608 - a constant
                    (start - _PASSING_KEPT,),
                )
        return events

    def replay(self, from_revision: int, until: Position | None = None) -> Iterator[Event]:
        """The events of `from_revision` and later, in the order in which they were published.

        Args:
            from_revision: the first whose events are wanted; 0 for those before the first revision too.
            until: where to stop; None: at the end as it is now.

        Raises:
            StateError: the history does not go back that far, or a revision cannot be read.
        """
        first = self.first()
        if from_revision < first:
            raise StateError(
                f"the history starts at revision {first}; revision {from_revision} is not kept any more",
                hint=f"replay from {first}, after reading the dataset as it is; [history] says how much is kept",
            )
        return self._replay(max(from_revision, 0), until or self.position())

    def change(self, revision: int) -> Change:
        """What a revision changed.

        Raises:
            StateError: the revision is not kept, or its blob cannot be read.
        """
        return self._read(revision)[0]

    def graph_events(self, revision: int) -> list[Event]:
        """The graph events of one revision. Raises StateError where it is not kept or cannot be read."""
        change, origins, at = self._read(revision)
        return graph_events(change, origins, revision, at)

    def others(self, after: int, until: int, types: Sequence[str] = (), *, limit: int) -> list[tuple[int, Event]]:
        """(Number, event) of those that are no graph events and match one of the globs, the oldest first.

        Args:
            after, until: numbers; the first is not included, the last is.
            types: globs of dotted names; empty: all.
            limit: the first so many.
        """
        return self._numbered("sequence > ? AND sequence <= ?", (after, until), types, "ASC", limit)

    def last_others(self, types: Sequence[str] = (), *, limit: int) -> list[tuple[int, Event]]:
        """The same of the last so many, the oldest first."""
        return self._numbered("1", (), types, "DESC", limit)[::-1]

    def _numbered(
        self, where: str, bound: tuple[int, ...], types: Sequence[str], order: str, limit: int
    ) -> list[tuple[int, Event]]:
        matching = " OR ".join(["type GLOB ?"] * len(types)) or "1"
        query = f"SELECT {_EVENT} FROM event WHERE {where} AND ({matching}) ORDER BY sequence {order} LIMIT ?"  # noqa: S608 - constants
        rows = self._database.execute(query, (*bound, *types, limit))
        return [
            (sequence, Event(_payload(name, subject, data), revision, at, origin, f"e{sequence}"))
            for sequence, revision, at, name, subject, origin, data in rows
        ]

    def _replay(self, start: int, until: Position) -> Iterator[Event]:
        for number in range(start, until.revision + 1):
            if number >= 1:
                change, origins, at = self._read(number)
                yield from graph_events(change, origins, number, at)
            yield from self._others(number, until.event)

    def _others(self, revision: int, last: int) -> list[Event]:
        rows = self._database.execute(
            "SELECT sequence, at, type, subject, origin, data FROM event"
            " WHERE revision = ? AND sequence <= ? ORDER BY sequence",
            (revision, last),
        )
        try:
            return [
                Event(payload_from(name, subject, data), revision, at, origin, f"e{sequence}")
                for sequence, at, name, subject, origin, data in rows
            ]
        except ValueError as error:
            raise StateError(
                f"an event of revision {revision} cannot be read: {error}",
                hint="a plugin changed the fields of its events; give the new form a new name",
            ) from error

    def _read(self, number: int) -> tuple[Change, Origins, float]:
        row = self._database.one("SELECT at, origin, delta FROM revision WHERE number = ?", (number,))
        if row is None:
            raise StateError(
                f"revision {number} is not in the history",
                hint=f"the first revision that can be replayed is {self.first()}",
            )
        at, origin, digest = row
        default, files = json.loads(origin)
        try:
            return decode(self._blobs.read(digest)), Origins(default, tuple(sorted(files.items()))), at
        except (ValueError, OSError) as error:
            raise StateError(
                f"the delta of revision {number} cannot be read: {error}",
                hint=f"replay from revision {number + 1}, after reading the dataset as it is",
            ) from error

    def _drop_old(self, newest: int, now: float) -> None:
        oldest = now - self._keep_days * _DAY_S
        row = self._database.one("SELECT number, at FROM revision ORDER BY number LIMIT 1")
        if row is not None and row[0] > newest - self._keep_revisions and row[1] >= oldest:
            return
        young = self._number("SELECT min(number) FROM revision WHERE at >= ?", oldest)
        first = min(newest, max(newest - self._keep_revisions + 1, young))
        if first > max(1, self.first()):
            self._database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_FIRST, str(first)))
            self._database.execute("DELETE FROM revision WHERE number < ?", (first,))
            self._database.execute("DELETE FROM event WHERE revision < ?", (first,))

    def _number(self, query: str, *bound: str | float) -> int:
        row = self._database.one(query, bound)
        return int(row[0]) if row is not None and row[0] is not None else 0


def _payload(name: str, subject: str | None, data: str) -> Payload:
    """As far as its class is known here and still fits."""
    try:
        return payload_from(name, subject, data)
    except ValueError:
        return Other(name, subject, data)
