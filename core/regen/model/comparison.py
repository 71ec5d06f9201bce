"""Comparison: one release held against another, and whether the newer one is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.interface import ChangeKind, InterfaceChange
from regen.model.release import Release
from regen.model.semver import Bump

PointKind = OneOf["performance", "accuracy", "reliability", "security"]
Direction = OneOf["better", "worse", "equal", "changed", "new", "gone"]
Ready = OneOf["ready", "not ready", "inconclusive"]


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One path that is not the same in both releases.

    Attributes:
        kind: what became of the file.
        path: relative to the environment's root.
        template: of its artifact.
        because: why it differs, as the later release knows it; None where it went with that one.
    """

    kind: ChangeKind
    path: str
    template: str
    because: str | None


@dataclass(frozen=True, slots=True)
class Feature:
    """A thing of the graph for which there are files in one of the releases only.

    Attributes:
        name: the key, as N-Triples; the template's name for files without a key.
        files: how many there are of it, where there are.
    """

    name: str
    files: int


@dataclass(frozen=True, slots=True)
class FigureDifference:
    """One figure in both releases.

    Attributes:
        name: such as "accuracy", or a gate's own.
        unit: "share" (0..1), "s", or a gate's own.
        before, after: None where it was not measured.
        direction: of the change; "changed" where nobody knows which way is better.
    """

    name: str
    unit: str
    before: float | None
    after: float | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Point:
    """Something that could be better in the newer release.

    Attributes:
        kind: the class.
        text: what, with figures.
        way: what to do about it.
    """

    kind: PointKind
    text: str
    way: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the newer release may go further.

    Attributes:
        verdict: "inconclusive" where something that it hangs on was not measured.
        reasons: what the verdict rests on, those that speak against it first.
        unmeasured: metrics of the objectives that nobody measured for this release.
    """

    verdict: Ready
    reasons: tuple[str, ...]
    unmeasured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseComparison:
    """What makes the second release of the first one.

    Attributes:
        older, newer: as they were named: the first and the second.
        files: by path.
        features_added, features_removed: by name.
        interface: breaking changes first, then by place.
        suggests: the part of a version that has to grow; None where no file differs.
        figures: by name.
        points: by class.
        readiness: of the second release.
    """

    environment: str
    older: Release
    newer: Release
    files: tuple[FileDifference, ...]
    features_added: tuple[Feature, ...]
    features_removed: tuple[Feature, ...]
    interface: tuple[InterfaceChange, ...]
    suggests: Bump | None
    figures: tuple[FigureDifference, ...]
    points: tuple[Point, ...]
    readiness: Readiness

    @property
    def breaking(self) -> tuple[InterfaceChange, ...]:
        """The changes that break users of the older release."""
        return tuple(change for change in self.interface if change.breaking)
