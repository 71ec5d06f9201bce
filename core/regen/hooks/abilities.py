"""Abilities: what the objects that hooks answer with may offer beside their protocol; regen looks whether they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from regen.model.delta import Quad
from regen.model.rows import Rows
from regen.model.term import Term

if TYPE_CHECKING:
    from pyoxigraph import Store

    from regen.hooks.protocols import Journal, Pattern
    from regen.model.rollout import Step


@runtime_checkable
class Explains(Protocol):
    """What a selector may offer beside: which changes lead to keys, for `regen why --view`."""

    def explain(self) -> Sequence[Pattern]:
        """The parts of the view."""

    def examples(self, store: Store) -> Iterable[Quad | None]:
        """For each part a quad of the store that matches it, None where there is none."""


@runtime_checkable
class Spares(Protocol):
    """What a selector may offer beside: to stop reading all rows where few of them are wanted."""

    def rows_if_most(self, store: Store, keys: Set[Term]) -> Mapping[Term, Rows] | None:
        """Rows of all keys; None where most are of other keys than these, which are better asked for by `rows`."""


@runtime_checkable
class Resizes(Protocol):
    """What an executor may offer beside: the number of its workers changes while it is open."""

    name: str
    workers: int

    def resize(self, workers: int) -> None:
        """Have so many workers from now on, in the midst of a `map`, too; what they do now they end."""


@runtime_checkable
class Spreads(Protocol):
    """What a deployer may offer beside: to bring releases to targets of its own, step by step.

    Attributes:
        targets: as the configuration names them.
        steps: on the way of a release to all of them.
        salt: the order of targets follows from it; None: from one that is drawn once and kept.
    """

    @property
    def targets(self) -> tuple[str, ...]:
        """As the configuration names them."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """On the way of a release to all of the targets."""

    @property
    def salt(self) -> str | None:
        """The order of targets follows from it; None: from one that is drawn once and kept."""

    def tree_of(self, target: str) -> Path | None:
        """The folder in which a target's files are read; None where that is not on this machine."""

    async def bring(self, root: Path, target: str, journal: Journal) -> None:
        """Let a target have `journal.release`, whole or not at all; again is always right.

        Args:
            root: of the environment, which has the release.
            target: one of `targets`.
            journal: `contents` is all that the release holds, `restores` the release that the target has now.

        Raises DeployError, PathError where that is not possible; the target then has what it had.
        """


@runtime_checkable
class Follows(Protocol):
    """What a deployer may offer beside, where people change what stands without touching the folder that is read."""

    def follow(self, root: Path) -> None:
        """Bring that folder to what stands; called before each plan. Raises DeployError."""
