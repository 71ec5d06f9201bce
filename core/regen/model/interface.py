"""Interface: what programs may use of generated files, and how it differs between two versions of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from regen.model.semver import Bump
from regen.model.structure import Structure

ChangeKind = OneOf["added", "removed", "changed"]
_SHOWN: Final = 160

COMPATIBILITY: Final = "compatibility"
"""The gate that looks at these changes."""


def short(text: str) -> str:
    """The beginning of a declaration or a reason, as people are shown it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class TwoVersions:
    """One path in two releases.

    Attributes:
        path: relative to the environment's root.
        before, after: the bytes; None where the release has no file there. Never both None, never equal.
    """

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Files of one language that differ between two releases: what moved within one of them is seen in all.

    Attributes:
        language: its name, as plugins register it.
        files: sorted by path.
        structure: how files of the language are built, as a plugin describes it; None where none does.
    """

    language: str
    files: tuple[TwoVersions, ...]
    structure: Structure | None = None


@dataclass(frozen=True, slots=True)
class InterfaceChange:
    """One thing that programs may use, and that is not the same in both releases.

    Attributes:
        kind: what became of it.
        breaking: whether a program that used it as it was may have to change.
        path: the file, relative to the environment's root: of the newer release, for "removed" of the older one.
        line: in that file, from 1; None for the file as a whole.
        symbol: its name in the file, such as "Person.name"; the path for the file as a whole.
        what: what it is, such as "class" or "column".
        before, after: how it is declared, on one line; None where it is not there.
        why: what makes the difference, in words; None where kind and declarations say it.
        because: the reason behind the file's change, such as a triple; None where it is not known.
    """

    kind: ChangeKind
    breaking: bool
    path: str
    line: int | None
    symbol: str
    what: str
    before: str | None = None
    after: str | None = None
    why: str | None = None
    because: str | None = None

    @classmethod
    def unread(cls, path: str, why: str) -> InterfaceChange:
        """What is said of a file that changed and cannot be read."""
        return cls("changed", False, path, None, path, "file", why=why)

    @property
    def sort_key(self) -> tuple[bool, str, int, str, str]:
        """Breaking ones first, then by place."""
        return (not self.breaking, self.path, self.line or 0, self.symbol, self.kind)

    def mirrored(self) -> tuple[ChangeKind, str, str, str | None, str | None]:
        """What the change is, seen from the newer release: kind, symbol, what, before, after."""
        kinds: dict[ChangeKind, ChangeKind] = {"added": "removed", "removed": "added", "changed": "changed"}
        return (kinds[self.kind], self.symbol, self.what, self.after, self.before)

    def __str__(self) -> str:
        if self.kind == "changed":
            said = short(self.why or "") or f"`{short(self.before or '')}` became `{short(self.after or '')}`"
            return f"{self.what} `{self.symbol}` changed: {said}"
        return f"{self.what} `{self.symbol}` was {self.kind}" + (f": {self.why}" if self.why else "")


def bump_of(changes: tuple[InterfaceChange, ...]) -> Bump:
    """The part of a semantic version that has to grow: major for what breaks, minor for what is new, else patch."""
    if any(change.breaking for change in changes):
        return "major"
    return "minor" if any(change.kind == "added" for change in changes) else "patch"
