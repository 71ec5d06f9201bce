"""Keyed: what a merge is told of a file: which items of a list are the same thing, and how two values settle."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from regen.lines.order import ordered
from regen.model.merge import ConflictKind
from regen_plugins.keyed.node import Data, Path
from regen_plugins.keyed.texts import is_long

# What says which object an item of a list is, the surest first; the last one names documents of Kubernetes.
ID_PATHS = (("id",), ("@id",), ("name",), ("key",), ("kind", "metadata.namespace", "metadata.name"))
ABSENT: Data = None  # no data is None: what a file leaves empty is ("plain", "null") or the like
Items = tuple[Data, ...]
Names = list[Hashable]


class Dotted(tuple[str, ...]):
    """A key of several parts, such as TOML's `a.b`."""

    __slots__ = ()


class Table(Dotted):
    """The key of a table under a header: it comes after all keys that have none."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Clash:
    """What both sides did to one value, for a person to settle; `message` is a whole sentence."""

    kind: ConflictKind
    message: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The value that two changed values come to."""

    value: Data


class Rules:
    """The rules of data files of which nothing more is known; manifests know more."""

    def names(self, path: Path, sides: Sequence[Items]) -> list[Names] | None:
        """A name for each item of a list on each side; None where its items are known by their place alone."""
        for keys in ID_PATHS:
            named = [[_named(item, keys) for item in items] for items in sides]
            if all(None not in side and len(set(side)) == len(side) for side in named) and any(named):
                return named
        return [list(items) for items in sides] if _only_added(*sides) else None

    def settle(self, path: Path, base: Data, ours: Data, theirs: Data) -> Settled | Clash | None:
        """What becomes of a value that both sides changed, or added; None for a conflict like any other."""
        return None

    def lifted(self, path: Path) -> str | None:
        """The key that a text here stands for where the other sides have a mapping; None where it stands for none."""
        return None


def _only_added(base: Items, ours: Items, theirs: Items) -> bool:
    """Whether a list is one of words, each another one, to which both sides only added some: a word is its own name.

    Not so with blanks in a text or a dash before it: steps of a script and arguments are in an order.
    """
    for side in (base, ours, theirs):
        words = [item[-1] for item in side if isinstance(item, tuple) and item[0] == "str"]
        if len(set(words)) < len(side) or any(not _is_word(word) for word in words):
            return False
    return set(base) <= set(ours) and set(base) <= set(theirs)


def _is_word(text: Data) -> bool:
    return isinstance(text, str) and bool(text) and not text.startswith("-") and not any(map(str.isspace, text))


def _named(item: Data, keys: Sequence[str]) -> Hashable:
    """What an object has at these keys, of which the last one has to be there; None where it has none."""
    found = [_at(item, key.split(".")) for key in keys]
    return None if found[-1] is None else found[0] if len(found) == 1 else tuple(found)


def _at(item: Data, keys: Sequence[str]) -> Hashable:
    """The text or number at a path of keys; None where there is none."""
    for key in keys:
        match item:
            case ("{}", frozenset() as pairs, *_):
                item = next((value for name, value in pairs if _called(name) == key), None)
            case _:
                return None
    return item if isinstance(item, tuple) and item[0] not in {"{}", "[]"} else None


def _called(key: Hashable) -> Hashable:
    """A key as it is written: YAML's keys are values with a tag, TOML's are paths."""
    return key[-1] if isinstance(key, tuple) and key else key


def inside(path: Path, key: Hashable) -> Path:
    """The path of an entry."""
    return (*path, *key) if isinstance(key, Dotted) else (*path, key)


def in_places(base: Items, ours: Items, theirs: Items) -> bool:
    """Whether items that both sides changed are the same ones in their places: one alone, or each changed by one side.

    Only long ones: of short ones, two changes beside each other are a conflict, as they are of lines.
    """
    if not len(base) == len(ours) == len(theirs) or not all(is_long(item) for item in (*base, *ours, *theirs)):
        return False
    return len(base) == 1 or all(old in (mine, other) for old, mine, other in zip(base, ours, theirs, strict=True))


def order(base: Names, ours: Names, theirs: Names, kept: set[Hashable]) -> Names | None:
    """One order of the kept names; None where both sides moved them, and not alike.

    Where both sides added at one place, the template's come first; files that are sorted stay so.
    """
    is_sorted = all(side == sorted(side, key=str) for side in (base, ours, theirs))
    return ordered(base, ours, theirs, kept, lambda name: (isinstance(name, Table), str(name) if is_sorted else ""))
