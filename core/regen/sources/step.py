"""Step: what a channel found is put into the file of its source, and then the cursor is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING

from regen.config import LearnTable
from regen.model.learned import Item, Learned
from regen.model.measure import Measure
from regen.sources import files
from regen.sources.merging import Limits, Merged, merged
from regen.sources.reading import blocks_of, written_blocks
from regen.sources.telling import shown
from regen.sources.turtle import Block, Visit, document
from regen.state import faults, learning
from regen.state.blobs import digest_of
from regen.state.db import Database
from regen.state.learning import Row

if TYPE_CHECKING:
    from regen.sources.asking import SourceWeb

DELAY = "learning_delay"
_DAY_S = 86_400.0
_MOST_VALIDATORS = 100  # addresses of one source


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a source's items are kept.

    Attributes:
        db: of its row.
        file: its graph file.
        path: of that, relative to the project.
    """

    db: Database
    table: LearnTable
    file: Path
    path: str
    clock: Callable[[], float] = time.time

    def row(self) -> Row:
        """The row as it counts for the file as it is now: what was cut off is brought to its end first.

        Where the file is not the one that the cursor was kept with, the source is asked from the beginning: it may be
        of another branch, or gone, and whatever the source still has is found or put there again.
        """
        digest = files.digest(files.read(self.file))
        row = learning.settle(self.db, self.table.name, digest)
        asked = _question(self.table)
        if row.digest != digest or row.asked != asked:
            row = replace(row, asked=asked, cursor="", validators={}, begun=None, later=0)
        return row


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step came to.

    Attributes:
        delay_s: the longest from published to integrated among those that count; None: none counts.
    """

    row: Row
    merged: Merged
    delay_s: float | None


def keep(shelf: Shelf, row: Row, found: Learned, web: SourceWeb, fetched: float) -> Kept:
    """Put what a channel found into the file, and keep its cursor; see `regen.state.learning` for the order.

    Args:
        row: as `Shelf.row` gives it, or the step before.
        web: that the channel asked.
        fetched: when it was asked; seconds since the epoch, UTC.

    Raises:
        LearnError, GraphError: the file cannot be read or written; nothing is kept then.
        StateError: the state cannot be written.
    """
    table, now = shelf.table, shelf.clock()
    before = files.read(shelf.file)
    known = _blocks(shelf, before, row) if found.items else {}
    visit = Visit(round(fetched, 3), round(max(now, fetched), 3))
    result = merged(table.name, known, found.items, visit, _limits(table, now))
    begun, row = row.begun, _told(row, found, web, visit)
    if not result.changed:
        if found.items:
            row = replace(row, digest=files.digest(before), items=len(known))
        learning.write(shelf.db, table.name, row)
        return Kept(row, result, None)
    data = document(table.name, shown(table.url) if table.url else None, result.blocks)
    measured = _delays(table.name, result.added, visit, begun)
    delay = max((one.value for one in measured), default=None)
    row = replace(
        row,
        digest=digest_of(data),
        items=len(result.blocks),
        integrated=row.integrated + len(result.added) + len(result.updated),
        later=row.later + (len(result.added) if begun is not None else 0),
        delay_s=measured[-1].value if measured else row.delay_s,
    )
    learning.intend(shelf.db, table.name, row, measured)
    faults.point("learn.intended")
    files.write(shelf.file, data)
    learning.write(shelf.db, table.name, row, measured)
    faults.point("learn.kept")
    return Kept(row, result, delay)


def _blocks(shelf: Shelf, data: bytes | None, row: Row) -> Mapping[str, Block]:
    if data is None:
        return {}
    if files.digest(data) == row.digest:
        found = written_blocks(data, shelf.table.name)
        if len(found) == row.items:  # else another version of regen wrote it
            return found
    return blocks_of(data, shelf.table.name, shelf.path)


def _limits(table: LearnTable, now: float) -> Limits:
    return Limits(table.max_items, now - table.keep_days * _DAY_S) if table.keep_days else Limits(table.max_items)


def _told(row: Row, found: Learned, web: SourceWeb, visit: Visit) -> Row:
    """The row with what an answer says of itself."""
    validators = {**row.validators, **(web.given if found.whole else {})}
    if not found.whole:
        validators = {url: pair for url, pair in validators.items() if url not in web.given}
    return replace(
        row,
        begun=visit.fetched if row.begun is None else row.begun,
        cursor=found.cursor,
        validators=dict(list(validators.items())[-_MOST_VALIDATORS:]),
        fetched=row.fetched + len(found.items) + len(found.refused),
        processed=row.processed + len(found.items),
        refused=row.refused + len(found.refused),
        note=found.note or (found.refused[0] if found.refused else None) if found.items or found.refused else row.note,
    )


def _delays(name: str, added: Sequence[Item], visit: Visit, begun: float | None) -> list[Measure]:
    """How long each new item took from published to integrated, in the order of their publication.

    Those that were published before anybody asked the source for the first time do not count: what they waited for is
    that somebody configures it. Nor do those without a date, and those dated after their coming: their clock is wrong.
    Dates are mostly whole seconds, so one of the same second counts.
    """
    if begun is None:
        return []
    dates = sorted(item.published for item in added if item.published is not None)
    return [
        Measure(DELAY, visit.integrated - at, "s", visit.integrated, label=name)
        for at in dates
        if floor(begun) <= at <= visit.integrated
    ]


def _question(table: LearnTable) -> str:
    """Digest of what a cursor is an answer to."""
    asked = (table.kind, table.url, table.options, table.max_items, table.keep_days)
    return digest_of(f"{asked!r}".encode())
