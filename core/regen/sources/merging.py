"""Merging: items that a source tells of are put into those that its file holds; each is there once.

What is one item: the same id; an item without one is known by its link, and without a link by what it says. Told again
with other content it replaces what it said before; told again with the same it changes nothing.

Which items go: the file holds the newest `max_items`, by the date of publication, or by when they came where they have
none. An undated item that the source still lists stays before all others: it would only come back as new. A dated one
that is too old to stay is not taken at all, so that it does not come and go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regen.model.learned import Item
from regen.sources.turtle import Block, Visit, made, subject


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file holds.

    Attributes:
        items: at most.
        oldest: those that were published before go; seconds since the epoch, UTC.
    """

    items: int
    oldest: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it.

    Attributes:
        blocks: of the file, by subject.
        added, updated: items as they were told.
        dropped: how many went.
    """

    blocks: dict[str, Block]
    added: tuple[Item, ...]
    updated: tuple[Item, ...]
    dropped: int

    @property
    def changed(self) -> bool:
        """Whether the file has to be written."""
        return bool(self.added or self.updated or self.dropped)


def merged(name: str, known: Mapping[str, Block], items: Sequence[Item], visit: Visit, limits: Limits) -> Merged:
    """Put items in.

    Args:
        name: of the source.
        known: what its file holds, by subject.
        items: as it lists them; of two with one id the one that was updated last counts, else the first.
        visit: that brought them.
    """
    told: dict[str, Item] = {}
    for item in items:
        key = subject(name, item)
        if key not in told or (item.updated or 0.0) > (told[key].updated or 0.0):
            told[key] = item
    blocks, new, other = dict(known), set(), set()
    for key, item in told.items():
        block = made(name, item, visit)
        before = known.get(key)
        if before is None:
            new.add(key)
        elif before.content != block.content:
            other.add(key)
        else:
            continue
        blocks[key] = block
    places = {key: place for place, key in enumerate(told)}

    def rank(key: str) -> tuple[int, float, str]:
        block = blocks[key]
        if key in places and not block.dated:
            return 1, -places[key], key
        return 0, block.order, key

    kept = [key for key in blocks if (blocks[key].order >= limits.oldest or rank(key)[0])]
    if len(kept) > limits.items:
        kept = sorted(kept, key=rank, reverse=True)[: limits.items]
    stay = set(kept)
    new, other = new & stay, other & stay
    return Merged(
        {key: blocks[key] for key in kept},
        tuple(item for key, item in told.items() if key in new),
        tuple(item for key, item in told.items() if key in other),
        len(known.keys() - stay),
    )
