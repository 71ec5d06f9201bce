"""Ancestry: the releases that a release came from, and the one that a rollback goes to.

Why not the number below: a release that was made after a rollback has the restored one as its ancestor, and those
between the two were rolled back from. Numbers say when a release was made, parents what it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from regen.model.release import Release, ReleaseState
from regen.state import evaluations
from regen.state.db import Database
from regen.state.releases import current, history


def same_contents(db: Database, release: Release) -> tuple[Release, ...]:
    """A release, and behind it those whose contents it has: the one that it restored, the one that this restored, …"""
    found = [release]
    while (restored := _find(db, release.environment, found[-1].restores)) is not None:
        found.append(restored)
    return tuple(found)


def ancestors(db: Database, release: Release) -> Iterator[Release]:
    """The releases that a release came from, the nearest first, as far back as they are kept."""
    above = _parent(db, release)
    while above is not None:
        yield above
        above = _parent(db, above)


def marked_bad(db: Database, release: Release) -> Release | None:
    """The release that makes this one bad: itself, or the bad one whose contents it has; None where it is good."""
    return next((one for one in same_contents(db, release) if one.state is ReleaseState.BAD), None)


def way_back(db: Database, environment: str, *, complete: bool = False) -> int | None:
    """The release that a rollback without a number goes to: the nearest good ancestor; None where none is left.

    Args:
        complete: go past those that conflicts left incomplete, unless there are no others.
    """
    now = current(db, environment)
    good = [one for one in ancestors(db, now) if marked_bad(db, one) is None] if now is not None else []
    whole = [one for one in good if one.complete] if complete else []
    return next((one.number for one in (*whole, *good)), None)


def last_figure(db: Database, environment: str, number: int | None, gate: str, name: str) -> float | None:
    """A figure of a gate in a release, or in the nearest ancestor that has it; None where none has.

    What was rolled back from is no ancestor: a figure is held against releases that proved good.
    """
    start = _find(db, environment, number)
    for release in () if start is None else chain(same_contents(db, start), ancestors(db, start)):
        for result in evaluations.of_release(db, environment, release.number):
            for figure in result.figures:
                if result.gate == gate and figure.name == name:
                    return figure.value
    return None


def _parent(db: Database, release: Release) -> Release | None:
    return _find(db, release.environment, same_contents(db, release)[-1].parent)


def _find(db: Database, environment: str, number: int | None) -> Release | None:
    """A release; None where there is none of that number, or none any more."""
    if number is None:
        return None
    found = next(iter(history(db, environment, limit=1, before=number + 1)), None)
    return found if found is not None and found.number == number else None
